{{ raw('film_category', 'film_id INT, category_id INT, last_update TIMESTAMP') }}
