SELECT
    s.store_id,
    p.address,
    p.address2,
    p.district,
    p.city_id,
    p.city,
    p.country_id,
    p.country,
    p.postal_code,
    s.manager_staff_id,
    m.first_name || ' ' || m.last_name AS manager_name,
    s.last_update,
    TIMESTAMP '1970-01-01' AS valid_from,
    NULL::TIMESTAMP AS valid_to,
    true AS is_current,
    false AS is_inferred
FROM source.store AS s
JOIN expected.place AS p USING (address_id)
JOIN source.staff AS m ON m.staff_id = s.manager_staff_id
UNION ALL BY NAME
SELECT -1 AS store_id, TIMESTAMP '1970-01-01' AS valid_from, true AS is_current, true AS is_inferred
