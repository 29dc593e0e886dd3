{{ raw('store', 'store_id INT, manager_staff_id INT, address_id INT, last_update TIMESTAMP') }}
