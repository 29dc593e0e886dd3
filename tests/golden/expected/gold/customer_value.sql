WITH rented AS (
    SELECT
        customer_id,
        count(*) AS rental_count,
        count(*) FILTER (return_date IS NULL) AS open_rentals,
        count(*) FILTER (return_date > due_date) AS late_returns,
        min(rental_date) AS first_rental,
        max(rental_date) AS last_rental
    FROM expected.rental
    GROUP BY customer_id
),
-- By who paid, not by who rented: four payments were made for a rental of somebody else.
paid AS (
    SELECT customer_id, count(*) AS payment_count, sum(amount) AS revenue
    FROM source.payment
    GROUP BY customer_id
)
SELECT
    c.customer_id,
    c.active = 1 AS is_active_customer,
    home.city_id,
    home.city,
    home.country,
    coalesce(r.rental_count, 0) AS rental_count,
    coalesce(r.open_rentals, 0) AS open_rentals,
    coalesce(r.late_returns, 0) AS late_returns,
    r.first_rental,
    r.last_rental,
    coalesce(p.payment_count, 0) AS payment_count,
    coalesce(p.revenue, 0)::DECIMAL(20,2) AS revenue,
    CASE
        WHEN r.rental_count IS NULL THEN 'never'
        WHEN r.rental_count = 1 THEN 'once'
        WHEN r.rental_count BETWEEN 2 AND 30 THEN 'repeat'
        ELSE 'very frequent'
    END AS frequency_band,
    (1 + (SELECT count(*) FROM paid AS better WHERE better.revenue > coalesce(p.revenue, 0)))::INT AS revenue_rank
FROM source.customer AS c
JOIN expected.place AS home USING (address_id)
LEFT JOIN rented AS r USING (customer_id)
LEFT JOIN paid AS p USING (customer_id)
