SELECT film_id, actor_id, last_update FROM source.film_actor
