SELECT
    payment_id,
    strftime(payment_date, '%Y%m%d')::INT AS payment_date_key,
    rental_id,
    customer_id,
    staff_id,
    store_id,
    payment_date,
    amount
FROM source.payment
JOIN (SELECT staff_id, store_id FROM source.staff) USING (staff_id)
