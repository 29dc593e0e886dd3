{{ raw('language', 'language_id INT, name STRING, last_update TIMESTAMP') }}
