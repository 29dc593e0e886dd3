{{ raw('rental', 'rental_id INT, rental_date TIMESTAMP, inventory_id INT, customer_id INT, return_date TIMESTAMP, staff_id INT, last_update TIMESTAMP') }}
