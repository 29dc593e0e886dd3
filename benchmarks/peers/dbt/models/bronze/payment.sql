{{ raw('payment', 'payment_id INT, customer_id INT, staff_id INT, rental_id INT, amount DECIMAL(5,2), payment_date TIMESTAMP') }}
