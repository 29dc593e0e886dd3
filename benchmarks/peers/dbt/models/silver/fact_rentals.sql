with paid as (select rental_id, sum(amount) as amount from {{ ref('payment') }} group by rental_id)

select
    rental.rental_id, rental.rental_date, rental.return_date, rental.customer_id, rental.inventory_id,
    inventory.film_id, rental.staff_id, staff.store_id, rental.last_update, coalesce(paid.amount, 0) as amount
from {{ ref('rental') }} as rental
left join {{ ref('staff') }} as staff using (staff_id)
left join {{ ref('inventory') }} as inventory using (inventory_id)
left join paid using (rental_id)
