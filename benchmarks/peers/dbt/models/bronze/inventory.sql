{{ raw('inventory', 'inventory_id INT, film_id INT, store_id INT, last_update TIMESTAMP') }}
