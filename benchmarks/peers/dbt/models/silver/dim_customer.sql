select customer_id, store_id, first_name, last_name, active, create_date, last_update from {{ ref('customer') }}
