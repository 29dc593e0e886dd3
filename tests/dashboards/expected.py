"""What each chart has to show, asked anew: gold as Delta holds it, the ledger as it is, by SQL that shares nothing with
metrics.yml or the dashboard. A row is what tells groups apart, and then the values."""

R, C, D, V = "gold.rental_obt", "gold.inventory_status", "gold.overdue_rentals", "gold.customer_value"
LATE = "avg(CASE WHEN return_date > due_date THEN 1 WHEN return_date <= due_date THEN 0 END)"
WEEKDAY = "isodow(rental_date) || strftime(rental_date, ' %a')"
MONTH = "strftime(rental_date, '%Y-%m')"
LAST = "SELECT * FROM ops.step QUALIFY row_number() OVER (PARTITION BY table_name ORDER BY started_at DESC) = 1"
CHECKED = LAST.replace("ops.step", "ops.step WHERE len(checks) > 0")
CHECKS = f"(SELECT table_name, unnest(checks, recursive := true) FROM ({CHECKED}))"
TAKEN_IN = "WHERE status <> 'failed'"
DAYS = "(SELECT strftime(started_at, '%Y-%m-%d') AS day, * FROM ops.step)"

KPIS = {
    "total_rentals": f"SELECT count(*) FROM {R}",
    "active_customers": f"SELECT count(DISTINCT customer_id) FROM {R} WHERE is_active_customer",
    "revenue": f"SELECT sum(amount) FROM {R}",
    "revenue_per_rental": f"SELECT sum(amount) / count(*) FROM {R}",
    "late_return_rate": f"SELECT {LATE} FROM {R}",
    "open_rentals": f"SELECT count(*) FROM {R} WHERE return_date IS NULL",
    "average_days_out": f"SELECT avg(date_diff('day', rental_date, return_date)) FROM {R}",
    "paid_rental_rate": f"SELECT avg((number_of_payments > 0)::INT) FROM {R}",
    "available_copies": f"SELECT count(*) FROM {C} WHERE status = 'available'",
    "value_at_risk": f"SELECT coalesce(sum(replacement_cost), 0) FROM {R} WHERE return_date IS NULL",
    "data_as_of": f"SELECT max(rental_date) FROM {R}",
    "loaded_at": f"SELECT max(_loaded_at) FROM {R}",
    "customers": f"SELECT count(*) FROM {V}",
    "renting_customers": f"SELECT count(DISTINCT customer_id) FROM {R}",
    "revenue_per_customer": f"SELECT sum(revenue) / count(*) FROM {V}",
    "overdue_rentals": f"SELECT count(*) FROM {D}",
    "overdue_value": f"SELECT coalesce(sum(replacement_cost), 0) FROM {D}",
    "late_return_rate_calendar": f"""SELECT avg((date_diff('day', rental_date, return_date) > rental_duration)::INT)
        FROM {R}""",
    "last_load": "SELECT max(started_at) FROM ops.step",
    "newest_landing": f"SELECT max(landed_at) FROM ops.step {TAKEN_IN}",
    "rows_landed": f"SELECT coalesce(sum(rows_landed), 0) FROM ({LAST}) {TAKEN_IN}",
    "rows_quarantined": f"SELECT coalesce(sum(rows_quarantined), 0) FROM ({LAST}) {TAKEN_IN}",
    "failed_loads": f"SELECT count(*) FROM ({LAST}) WHERE status = 'failed'",
    "results": f"SELECT count(*) FROM {CHECKS}",
    "failed_checks": f"SELECT count(*) FROM {CHECKS} WHERE status <> 'pass'",
}

TOTALS = f"count(*), sum(amount), avg(date_diff('day', rental_date, return_date)), {LATE}"

CHARTS = KPIS | {
    "rentals_by_week_and_store": f"""SELECT date_trunc('week', rental_date), store_city, count(*) FROM {R}
        GROUP BY ALL""",
    "rentals_of_the_newest_month": f"SELECT date_trunc('month', rental_date), count(*) FROM {R} GROUP BY ALL",
    "revenue_and_rentals_by_month": f"SELECT {MONTH}, sum(amount), count(*) FROM {R} GROUP BY ALL",
    "revenue_by_category": f"SELECT category, sum(amount) FROM {R} GROUP BY ALL",
    "rentals_by_store": f"SELECT store_city, count(*) FROM {R} GROUP BY ALL",
    "rentals_by_owner": f"SELECT inventory_store_city, count(*) FROM {R} GROUP BY ALL",
    "rentals_by_hour_and_weekday": f"""SELECT hour(rental_date), {WEEKDAY}, count(*)
        FROM {R} WHERE return_date IS NOT NULL GROUP BY ALL""",
    "titles": f"SELECT title, category, {TOTALS} FROM {R} GROUP BY ALL",
    "top_titles_by_revenue": f"SELECT title, sum(amount) FROM {R} GROUP BY ALL",
    "rentals_by_month_and_rating": f"SELECT {MONTH}, rating, count(*) FROM {R} GROUP BY ALL",
    "rentals_by_rating": f"SELECT rating, count(*) FROM {R} GROUP BY ALL",
    "title_cloud": f"SELECT title, count(*) FROM {R} GROUP BY ALL",
    "rentals_by_weekday_and_category": f"""SELECT {WEEKDAY}, category, count(*)
        FROM {R} GROUP BY ALL""",
    "rentals_by_category_and_store": f"SELECT category, store_city, count(*) FROM {R} GROUP BY ALL",
    "rentals_by_category": f"SELECT category, count(*) FROM {R} GROUP BY ALL",
    "rentals_per_copy_by_category": f"SELECT category, sum(rental_count) / count(*) FROM {C} GROUP BY ALL",
    "copies_by_status": f"SELECT category, status, count(*) FROM {C} GROUP BY ALL",
    "dead_stock": f"""SELECT title, category, inventory_store_city, inventory_id, rental_count, last_rental,
        days_since_last_rental, revenue, replacement_cost FROM {C} WHERE is_available AND rental_count <= 2""",
    "world_map": f"SELECT customer_country_iso3, sum(amount), count(*) FROM {R} GROUP BY ALL",
    "countries": f"SELECT customer_country, {TOTALS} FROM {R} GROUP BY ALL",
    "top_cities_by_revenue": f"""SELECT customer_city || ', ' || customer_country, sum(amount) FROM {R}
        GROUP BY ALL""",
    "customers_by_frequency": f"SELECT frequency_band, count(*) FROM {V} GROUP BY ALL",
    "weekdays": f"""SELECT {WEEKDAY}, count(*), sum(amount),
        count(*) / (SELECT count(*) FROM {R}) FROM {R} GROUP BY 1""",
    "rentals_by_month": f"SELECT {MONTH}, count(*) FROM {R} GROUP BY ALL",
    "rentals_by_month_and_status": f"""SELECT {MONTH}, CASE WHEN return_date IS NULL THEN 'out'
        WHEN return_date > due_date THEN 'returned late' WHEN return_date <= due_date THEN 'returned in time'
        ELSE 'returned, due date unknown' END, count(*) FROM {R} GROUP BY ALL""",
    "days_out": f"""SELECT date_diff('day', rental_date, return_date), count(*) FROM {R} WHERE return_date IS NOT NULL
        GROUP BY ALL""",
    "overdue_list": f"""SELECT title, store_city, inventory_store_city, customer_id, rental_id, rental_date, due_date,
        days_overdue, status, late_fee, replacement_cost FROM {D}""",
    "loads": f"""SELECT table_name, status, started_at, seconds, rows_landed, rows_quarantined, rows_inserted,
        rows_updated, rows_deleted, rows_after, len(checks), len([c FOR c IN checks IF c.status <> 'pass'])
        FROM ({LAST})""",
    "checks": f"SELECT status, severity, table_name, rule, failed FROM {CHECKS}",
    "checks_by_table": f"SELECT table_name, status, count(*) FROM {CHECKS} GROUP BY ALL",
    "rows_by_day": f"""SELECT day, coalesce(sum(rows_landed) FILTER ({TAKEN_IN}), 0),
        coalesce(sum(rows_quarantined) FILTER ({TAKEN_IN}), 0) FROM {DAYS} GROUP BY ALL""",
    "checks_by_day": f"""SELECT day, coalesce(sum(len(checks)), 0),
        coalesce(sum(len([c FOR c IN checks IF c.status <> 'pass'])), 0) FROM {DAYS} GROUP BY ALL""",
}

TOP = {"top_titles_by_revenue": 10, "title_cloud": 30, "rentals_by_category": 10, "top_cities_by_revenue": 15}
"""Charts that show only so many of these rows, the largest."""
