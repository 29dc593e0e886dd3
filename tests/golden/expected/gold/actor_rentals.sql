WITH counted AS (
    SELECT
        a.actor_id,
        a.first_name || ' ' || a.last_name AS full_name,
        (SELECT count(*) FROM source.film_actor AS fa WHERE fa.actor_id = a.actor_id) AS film_count,
        count(r.rental_id) AS rental_count,
        coalesce(sum(r.amount), 0)::DECIMAL(20,2) AS revenue
    FROM source.actor AS a
    LEFT JOIN source.film_actor AS fa USING (actor_id)
    LEFT JOIN expected.rental AS r USING (film_id)
    GROUP BY a.actor_id, full_name
)
SELECT *, rank() OVER (ORDER BY rental_count DESC)::INT AS rental_rank
FROM counted
