SELECT actor_id, first_name, last_name, first_name || ' ' || last_name AS full_name, last_update FROM source.actor
