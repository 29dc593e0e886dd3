{{ raw('category', 'category_id INT, name STRING, last_update TIMESTAMP') }}
