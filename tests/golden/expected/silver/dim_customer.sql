SELECT
    c.customer_id,
    c.store_id,
    c.first_name,
    c.last_name,
    c.first_name || ' ' || c.last_name AS full_name,
    c.email,
    c.address_id,
    p.district,
    p.city_id,
    p.city,
    p.country_id,
    p.country,
    c.active = 1 AS is_active_customer,
    c.create_date,
    c.last_update,
    TIMESTAMP '1970-01-01' AS valid_from,
    NULL::TIMESTAMP AS valid_to,
    true AS is_current,
    false AS is_inferred
FROM source.customer AS c
JOIN expected.place AS p USING (address_id)
UNION ALL BY NAME
SELECT -1 AS customer_id, TIMESTAMP '1970-01-01' AS valid_from, true AS is_current, true AS is_inferred
