SELECT
    film_id,
    title,
    description,
    release_year,
    language,
    category_id,
    category,
    rating,
    rental_duration,
    rental_rate,
    length,
    replacement_cost,
    special_features,
    last_update,
    TIMESTAMP '1970-01-01' AS valid_from,
    NULL::TIMESTAMP AS valid_to,
    true AS is_current,
    false AS is_inferred
FROM expected.film
UNION ALL BY NAME
SELECT -1 AS film_id, TIMESTAMP '1970-01-01' AS valid_from, true AS is_current, true AS is_inferred
