{{ raw('staff', 'staff_id INT, first_name STRING, last_name STRING, address_id INT, email STRING, store_id INT, active BOOLEAN, username STRING, last_update TIMESTAMP') }}
