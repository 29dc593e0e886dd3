{{ raw('customer', 'customer_id INT, store_id INT, first_name STRING, last_name STRING, email STRING, address_id INT, activebool BOOLEAN, create_date DATE, last_update TIMESTAMP, active INT') }}
