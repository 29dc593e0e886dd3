select
    fact.rental_id, fact.rental_date, fact.return_date, year(fact.rental_date) as rental_year,
    month(fact.rental_date) as rental_month, day(fact.rental_date) as rental_day,
    date_format(fact.rental_date, 'EEEE') as rental_day_of_week, fact.customer_id,
    customer.active = 1 as is_active_customer, fact.store_id, store.city as store_city, store.country as store_country,
    fact.film_id, film.title, film.release_year, film.language, film.rating, film.category, fact.amount
from {{ ref('fact_rentals') }} as fact
left join {{ ref('dim_customer') }} as customer on customer.customer_id = fact.customer_id
left join {{ ref('dim_store') }} as store on store.store_id = fact.store_id
left join {{ ref('dim_film') }} as film on film.film_id = fact.film_id
