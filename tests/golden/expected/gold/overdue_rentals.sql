SELECT
    r.rental_id,
    r.customer_id,
    till.city AS store_city,
    shelf.city AS inventory_store_city,
    f.title,
    r.rental_date,
    r.due_date,
    as_of,
    date_sub('day', r.due_date, as_of)::INT AS days_overdue,
    (1.00 * date_sub('day', r.due_date, as_of))::DECIMAL(20,2) AS late_fee,
    f.replacement_cost,
    CASE
        WHEN date_sub('day', r.due_date, as_of) > 2 * f.rental_duration THEN 'lost'
        ELSE 'overdue'
    END AS status
FROM expected.rental AS r
JOIN expected.film AS f USING (film_id)
JOIN source.store AS handed_out ON handed_out.store_id = r.store_id
JOIN expected.place AS till ON till.address_id = handed_out.address_id
JOIN source.store AS owner ON owner.store_id = r.inventory_store_id
JOIN expected.place AS shelf ON shelf.address_id = owner.address_id
CROSS JOIN expected.clock
WHERE r.return_date IS NULL AND r.due_date < as_of
