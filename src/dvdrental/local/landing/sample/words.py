"""The words of the sample: people, titles, streets and cities are invented, countries and languages real."""


def _words(text: str) -> list[str]:
    return text.split()


# The first two are where the stores are.
CITIES = [
    ("Maplecross", "Canada"),
    ("Gumtree Flats", "Australia"),
    ("Northhaven", "Canada"),
    ("Northhaven", "United Kingdom"),
    ("Abbotsmere", "United Kingdom"),
    ("Lantern Bay", "United States"),
    ("Cedar Junction", "United States"),
    ("Saltmarsh Falls", "United States"),
    ("Two Rivers Landing", "United States"),
    ("Devgarh Pur", "India"),
    ("Suryanagar Kot", "India"),
    ("Chandivali Ganj", "India"),
    ("Meghpur", "India"),
    ("Qinglu", "China"),
    ("Baihe Zhen", "China"),
    ("Yunshan Kou", "China"),
    ("Hoshizaki", "Japan"),
    ("Minamikaze", "Japan"),
    ("Porto Belmar", "Brazil"),
    ("Vila Serena Nova", "Brazil"),
    ("San Aurelio", "Mexico"),
    ("Puerto Lindero", "Mexico"),
    ("Belozersk Novy", "Russian Federation"),
    ("Krasny Yarovoy", "Russian Federation"),
    ("Tagumay", "Philippines"),
    ("Isla Marikit", "Philippines"),
    ("Gölpinar", "Turkey"),
    ("Sukamandi", "Indonesia"),
    ("Côte-Verte", "France"),
    ("Lindenbruck", "Germany"),
    ("Montefiorito", "Italy"),
    ("Rio Claro Alto", "Argentina"),
    ("Okemba", "Nigeria"),
    ("Van Rooyensdrift", "South Africa"),
    ("Kanyama Mbele", "Congo, The Democratic Republic of the"),
    ("Santa Colomba", "Holy See (Vatican City State)"),
    ("Coral Anchorage", "Virgin Islands, U.S."),
    ("Wysokie Brzegi", "Poland"),
    ("Al Nakhla Gharb", "Egypt"),
    ("Valdemora Real", "Spain"),
    ("Waterhoven", "Netherlands"),
    ("Thanh Lam", "Vietnam"),
]
COUNTRY_WITHOUT_CUSTOMERS = "New Zealand"
DISTRICTS = ["North Shire", "South Shire", "Lake District", "Coast", "Highlands", "Central", ""]
STREETS = _words("Harbour Juniper Quarry Sparrow Mill Chestnut Foundry Meadow Beacon Orchard")
STREET_KINDS = _words("Street Lane Avenue Drive Parkway Boulevard")

FIRST_NAMES = _words("""
    Ada Bruno Celia Dario Edith Felix Greta Hugo Ines Jonas Karla Leon Mira Nils Olga Pavel Rosa
    Simon Tessa Viktor
""")
LAST_NAMES = _words("""
    Ashgrove Bellwick Corvane Dunmarsh Elderfield Fenwater Garrowby Hollinworth Inglemoor Jessamy
    Kettlewood Larkspur Mossgrave Nettlebay Oxmere Pennystone Quillfeather Ravensby Silverbeck
    Thornquist Underhay Vellacott Windlesham
""")

TITLE_STARTS = _words("""
    Amber Borrowed Crooked Distant Electric Forgotten Golden Hollow Invisible Jagged Lonely Midnight
    Northern Paper Quiet Restless Scarlet Tangled Velvet Wandering
""")
TITLE_ENDS = _words("""
    Anchor Bridge Compass Detour Echo Ferry Garden Horizon Island Journey Kettle Lantern Mirror
    Notebook Orchestra Postcard Railway Signal Tide Umbrella
""")
TONES = _words("gentle furious puzzling tender noisy solemn")
HEROES = _words("baker pilot librarian boxer gardener detective violinist sailor")
DEEDS = _words("finds steals repairs loses guards paints")
THINGS = _words("lighthouse painting robot recipe submarine letter circus")
STOP_WORDS = frozenset(_words("a about and the who"))

CATEGORIES = _words("""
    Action Animation Children Classics Comedy Documentary Drama Family Foreign Games Horror Music
    New Sci-Fi Sports Travel
""")
RATINGS = ["G", "PG", "PG-13", "R", "NC-17"]
FEATURES = ["Trailers", "Commentaries", "Deleted Scenes", "Behind the Scenes"]
LANGUAGES = _words("English Italian Japanese Mandarin French German")
