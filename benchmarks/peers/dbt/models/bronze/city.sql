{{ raw('city', 'city_id INT, city STRING, country_id INT, last_update TIMESTAMP') }}
