SELECT actor_id, first_name, last_name, first_name || ' ' || last_name AS full_name, last_update FROM source.actor
UNION ALL
SELECT DISTINCT actor_id, NULL, NULL, NULL, NULL::TIMESTAMP FROM source.film_actor
WHERE actor_id NOT IN (SELECT actor_id FROM source.actor)
