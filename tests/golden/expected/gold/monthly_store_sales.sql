WITH months AS (
    SELECT unnest(range(DATE '2005-05-01', DATE '2007-06-01', INTERVAL 1 MONTH))::DATE AS month_start
)
SELECT
    s.store_id,
    m.month_start,
    p.city AS store_city,
    (
        SELECT coalesce(sum(amount), 0)
        FROM source.payment JOIN source.staff AS taker USING (staff_id)
        WHERE taker.store_id = s.store_id AND date_trunc('month', payment_date) = m.month_start
    )::DECIMAL(20,2) AS revenue,
    (
        SELECT count(*)
        FROM source.payment JOIN source.staff AS taker USING (staff_id)
        WHERE taker.store_id = s.store_id AND date_trunc('month', payment_date) = m.month_start
    ) AS number_of_sales,
    (
        SELECT count(*)
        FROM expected.rental AS r
        WHERE r.store_id = s.store_id AND date_trunc('month', r.rental_date) = m.month_start
    ) AS number_of_rentals,
    m.month_start BETWEEN DATE '2006-06-01' AND DATE '2007-05-01' AS is_last_12_months
FROM source.store AS s
JOIN expected.place AS p USING (address_id)
CROSS JOIN months AS m
