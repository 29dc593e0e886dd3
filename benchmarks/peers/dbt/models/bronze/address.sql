{{ raw('address', 'address_id INT, address STRING, address2 STRING, district STRING, city_id INT, postal_code STRING, phone STRING, last_update TIMESTAMP') }}
