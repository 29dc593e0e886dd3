"""The 15 tables of DVD Rental: keys and columns in order, with the types as PostgreSQL names them."""

from dataclasses import dataclass

_NAME = "character varying(45)"
_TIMESTAMP = "timestamp without time zone"


@dataclass(frozen=True)
class SourceTable:
    key: tuple[str, ...]
    columns: dict[str, str]


TABLES = {
    "actor": SourceTable(
        ("actor_id",),
        {"actor_id": "integer", "first_name": _NAME, "last_name": _NAME, "last_update": _TIMESTAMP},
    ),
    "address": SourceTable(
        ("address_id",),
        {
            "address_id": "integer",
            "address": "character varying(50)",
            "address2": "character varying(50)",
            "district": "character varying(20)",
            "city_id": "smallint",
            "postal_code": "character varying(10)",
            "phone": "character varying(20)",
            "last_update": _TIMESTAMP,
        },
    ),
    "category": SourceTable(
        ("category_id",),
        {"category_id": "integer", "name": "character varying(25)", "last_update": _TIMESTAMP},
    ),
    "city": SourceTable(
        ("city_id",),
        {
            "city_id": "integer",
            "city": "character varying(50)",
            "country_id": "smallint",
            "last_update": _TIMESTAMP,
        },
    ),
    "country": SourceTable(
        ("country_id",),
        {"country_id": "integer", "country": "character varying(50)", "last_update": _TIMESTAMP},
    ),
    "customer": SourceTable(
        ("customer_id",),
        {
            "customer_id": "integer",
            "store_id": "smallint",
            "first_name": _NAME,
            "last_name": _NAME,
            "email": "character varying(50)",
            "address_id": "smallint",
            "activebool": "boolean",
            "create_date": "date",
            "last_update": _TIMESTAMP,
            "active": "integer",
        },
    ),
    "film": SourceTable(
        ("film_id",),
        {
            "film_id": "integer",
            "title": "character varying(255)",
            "description": "text",
            "release_year": "year",
            "language_id": "smallint",
            "rental_duration": "smallint",
            "rental_rate": "numeric(4,2)",
            "length": "smallint",
            "replacement_cost": "numeric(5,2)",
            "rating": "mpaa_rating",
            "last_update": _TIMESTAMP,
            "special_features": "text[]",
            "fulltext": "tsvector",
        },
    ),
    "film_actor": SourceTable(
        ("actor_id", "film_id"),
        {"actor_id": "smallint", "film_id": "smallint", "last_update": _TIMESTAMP},
    ),
    "film_category": SourceTable(
        ("film_id", "category_id"),
        {"film_id": "smallint", "category_id": "smallint", "last_update": _TIMESTAMP},
    ),
    "inventory": SourceTable(
        ("inventory_id",),
        {"inventory_id": "integer", "film_id": "smallint", "store_id": "smallint", "last_update": _TIMESTAMP},
    ),
    "language": SourceTable(
        ("language_id",),
        {"language_id": "integer", "name": "character(20)", "last_update": _TIMESTAMP},
    ),
    "payment": SourceTable(
        ("payment_id",),
        {
            "payment_id": "integer",
            "customer_id": "smallint",
            "staff_id": "smallint",
            "rental_id": "integer",
            "amount": "numeric(5,2)",
            "payment_date": _TIMESTAMP,
        },
    ),
    "rental": SourceTable(
        ("rental_id",),
        {
            "rental_id": "integer",
            "rental_date": _TIMESTAMP,
            "inventory_id": "integer",
            "customer_id": "smallint",
            "return_date": _TIMESTAMP,
            "staff_id": "smallint",
            "last_update": _TIMESTAMP,
        },
    ),
    "staff": SourceTable(
        ("staff_id",),
        {
            "staff_id": "integer",
            "first_name": _NAME,
            "last_name": _NAME,
            "address_id": "smallint",
            "email": "character varying(50)",
            "store_id": "smallint",
            "active": "boolean",
            "username": "character varying(16)",
            "password": "character varying(40)",
            "last_update": _TIMESTAMP,
            "picture": "bytea",
        },
    ),
    "store": SourceTable(
        ("store_id",),
        {
            "store_id": "integer",
            "manager_staff_id": "smallint",
            "address_id": "smallint",
            "last_update": _TIMESTAMP,
        },
    ),
}
