"""gold.preset_rental_obt: view with the 20 columns and names that the first Preset dashboard was built on."""

from dvdrental.gold import rental_obt
from dvdrental.table import View

VIEW = View(
    layer="gold",
    name="preset_rental_obt",
    comment="One row per live rental: the columns of the first Preset dashboard, from rental_obt",
    source=rental_obt.TABLE,
    columns={
        "rental_key": "rental_key",
        "rental_date": "rental_date",
        "rental_year": "rental_year",
        "rental_month": "rental_month",
        "rental_day": "rental_day",
        "rental_day_of_week": "rental_day_of_week",
        "customer_key": "customer_key",
        "is_active_customer": "is_active_customer",
        "store_key": "store_key",
        "store_city": "store_city",
        "store_country": "store_country",
        "store_district": "store_district",
        "film_key": "film_key",
        "title": "title",
        "release_year": "release_year",
        "language": "language",
        "rating": "rating",
        "rental_duration": "rental_duration",
        "category_key": "category_key",
        "name": "category",
    },
)
