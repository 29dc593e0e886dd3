WITH counted AS (
    SELECT
        home.country,
        f.category,
        count(*) AS rental_count,
        sum(r.amount)::DECIMAL(20,2) AS revenue
    FROM expected.rental AS r
    JOIN expected.film AS f USING (film_id)
    JOIN source.customer AS c USING (customer_id)
    JOIN expected.place AS home ON home.address_id = c.address_id
    GROUP BY ALL
)
SELECT
    country,
    category,
    rental_count,
    revenue,
    (rental_count / sum(rental_count) OVER (PARTITION BY country))::DECIMAL(9,6) AS share_of_country,
    rank() OVER (PARTITION BY country ORDER BY rental_count DESC)::INT AS rank_in_country
FROM counted
