{{ raw('actor', 'actor_id INT, first_name STRING, last_name STRING, last_update TIMESTAMP') }}
