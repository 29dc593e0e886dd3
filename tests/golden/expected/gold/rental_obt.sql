SELECT
    r.rental_id,
    r.rental_date,
    year(r.rental_date)::INT AS rental_year,
    quarter(r.rental_date)::INT AS rental_quarter,
    month(r.rental_date)::INT AS rental_month,
    date_trunc('month', r.rental_date)::DATE AS rental_month_start,
    date_trunc('week', r.rental_date)::DATE AS rental_week_start,
    day(r.rental_date)::INT AS rental_day,
    dayname(r.rental_date) AS rental_day_of_week,
    isodow(r.rental_date) || ' ' || strftime(r.rental_date, '%a') AS rental_weekday,
    hour(r.rental_date)::INT AS rental_hour,
    year(r.rental_date + INTERVAL 6 MONTH)::INT AS fiscal_year,
    quarter(r.rental_date + INTERVAL 6 MONTH)::INT AS fiscal_quarter,
    r.return_date,
    r.due_date,
    r.days_out::INT AS days_out,
    r.return_date IS NULL AS is_open,
    r.return_date > r.due_date AS is_late,
    r.days_out > f.rental_duration AS is_late_calendar,
    r.amount,
    r.number_of_payments,
    r.customer_id,
    c.active = 1 AS is_active_customer,
    home.district AS customer_district,
    home.city_id AS customer_city_id,
    home.city AS customer_city,
    home.country AS customer_country,
    code.iso3 AS customer_country_iso3,
    r.store_id,
    till.city AS store_city,
    till.country AS store_country,
    till.district AS store_district,
    r.inventory_store_id,
    shelf.city AS inventory_store_city,
    r.film_id,
    f.title,
    f.release_year,
    f.language,
    f.rating,
    f.length,
    f.rental_duration,
    f.rental_rate,
    f.replacement_cost,
    f.category_id,
    f.category
FROM expected.rental AS r
JOIN expected.film AS f USING (film_id)
JOIN source.customer AS c USING (customer_id)
JOIN expected.place AS home ON home.address_id = c.address_id
JOIN expected.iso3 AS code ON code.country = home.country
JOIN source.store AS handed_out ON handed_out.store_id = r.store_id
JOIN expected.place AS till ON till.address_id = handed_out.address_id
JOIN source.store AS owner ON owner.store_id = r.inventory_store_id
JOIN expected.place AS shelf ON shelf.address_id = owner.address_id
