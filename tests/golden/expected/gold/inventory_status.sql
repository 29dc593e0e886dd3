WITH usage AS (
    SELECT
        inventory_id,
        count(*) AS rental_count,
        sum(amount) AS revenue,
        max(rental_date) AS last_rental,
        -- At most one rental of a copy is open in this data.
        max(due_date) FILTER (return_date IS NULL) AS due_date
    FROM expected.rental
    GROUP BY inventory_id
)
SELECT
    i.inventory_id,
    i.film_id,
    f.title,
    f.category,
    i.store_id,
    shelf.city AS inventory_store_city,
    CASE
        WHEN u.due_date IS NULL THEN 'available'
        WHEN u.due_date >= as_of THEN 'on loan'
        WHEN date_sub('day', u.due_date, as_of) > 2 * f.rental_duration THEN 'lost'
        ELSE 'overdue'
    END AS status,
    u.due_date IS NULL AS is_available,
    coalesce(u.rental_count, 0) AS rental_count,
    coalesce(u.revenue, 0)::DECIMAL(20,2) AS revenue,
    u.last_rental,
    date_sub('day', u.last_rental, as_of)::INT AS days_since_last_rental,
    f.replacement_cost,
    as_of
FROM source.inventory AS i
JOIN expected.film AS f USING (film_id)
JOIN source.store AS owner ON owner.store_id = i.store_id
JOIN expected.place AS shelf ON shelf.address_id = owner.address_id
LEFT JOIN usage AS u USING (inventory_id)
CROSS JOIN expected.clock
