with sales as (
    select store_id, cast(trunc(payment_date, 'month') as date) as month_start, sum(amount) as revenue,
        count(*) as number_of_sales
    from {{ ref('payment') }} join {{ ref('staff') }} using (staff_id)
    group by 1, 2
),

rentals as (
    select store_id, cast(trunc(rental_date, 'month') as date) as month_start, count(*) as number_of_rentals
    from {{ ref('fact_rentals') }}
    group by 1, 2
),

span as (
    select min(month_start) as first_month, max(month_start) as last_month
    from (select month_start from sales union all select month_start from rentals)
),

months as (select explode(sequence(first_month, last_month, interval 1 month)) as month_start from span)

select
    store.store_id, months.month_start, cast(coalesce(sales.revenue, 0) as decimal(20,2)) as revenue,
    coalesce(sales.number_of_sales, 0) as number_of_sales,
    coalesce(rentals.number_of_rentals, 0) as number_of_rentals
from {{ ref('store') }} as store
cross join months
left join sales on sales.store_id = store.store_id and sales.month_start = months.month_start
left join rentals on rentals.store_id = store.store_id and rentals.month_start = months.month_start
