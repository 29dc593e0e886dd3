{{ raw('film_actor', 'actor_id INT, film_id INT, last_update TIMESTAMP') }}
