{{ raw('country', 'country_id INT, country STRING, last_update TIMESTAMP') }}
