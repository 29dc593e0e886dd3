from dvdrental.gold import preset_rental_obt, rental_obt
from dvdrental.lake import Lake
from tests.rows import collect, rows

DASHBOARD = {
    "rental_key": 900,
    "rental_date": "2005-05-24 22:53:30",
    "rental_year": 2005,
    "rental_month": 5,
    "rental_day": 24,
    "rental_day_of_week": "Tuesday",
    "customer_key": 11,
    "is_active_customer": True,
    "store_key": 1001,
    "store_city": "Lethbridge",
    "store_country": "Canada",
    "store_district": "Alberta",
    "film_key": 101,
    "title": "ACADEMY DINOSAUR",
    "release_year": 2006,
    "language": "English",
    "rating": "PG",
    "rental_duration": 6,
    "category_key": 51,
    "name": "Documentary",
}
"""One row of the first dashboard's data set, its 20 columns in order."""


def test_view_has_the_20_columns_of_the_first_dashboard_under_their_names(lake: Lake) -> None:
    values = {name: value for name, value in DASHBOARD.items() if name != "name"}
    others = dict(customer_city="Leeds", inventory_store_city="Woodridge", category="Documentary")
    table = rows(lake.spark, rental_obt.TABLE, values | others)
    table.write.format("delta").saveAsTable(lake.name("gold", "rental_obt"))

    lake.create_view(preset_rental_obt.VIEW)
    view = lake.table(preset_rental_obt.VIEW)
    assert view.columns == list(DASHBOARD)
    assert len(view.columns) == 20
    assert collect(view) == [DASHBOARD]
