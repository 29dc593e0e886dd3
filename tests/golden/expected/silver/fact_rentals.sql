SELECT
    r.rental_id,
    strftime(r.rental_date, '%Y%m%d')::INT AS rental_date_key,
    strftime(r.return_date, '%Y%m%d')::INT AS return_date_key,
    r.customer_id,
    r.inventory_id,
    r.staff_id,
    r.film_id,
    fc.category_id,
    r.store_id,
    r.inventory_store_id,
    r.rental_date,
    r.return_date,
    r.due_date,
    r.amount AS rental_amount,
    r.number_of_payments,
    r.days_out::INT AS rental_duration_days,
    r.return_date IS NOT NULL AS is_returned,
    r.return_date > r.due_date AS is_late,
    r.days_out > f.rental_duration AS is_late_calendar,
    r.last_update
FROM expected.rental AS r
JOIN source.film AS f USING (film_id)
JOIN source.film_category AS fc USING (film_id)
