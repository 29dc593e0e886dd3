select
    film.film_id, film.title, cast(film.release_year as int) as release_year, film.rating, film.rental_duration,
    film.rental_rate, film.length, film.last_update, rtrim(language.name) as language,
    film_category.category_id, category.name as category
from {{ ref('film') }} as film
left join {{ ref('language') }} as language using (language_id)
left join {{ ref('film_category') }} as film_category using (film_id)
left join {{ ref('category') }} as category using (category_id)
