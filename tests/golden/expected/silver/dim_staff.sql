SELECT
    staff_id,
    first_name,
    last_name,
    first_name || ' ' || last_name AS full_name,
    email,
    address_id,
    store_id,
    active AS is_active,
    last_update,
    TIMESTAMP '1970-01-01' AS valid_from,
    NULL::TIMESTAMP AS valid_to,
    true AS is_current,
    false AS is_inferred
FROM source.staff
UNION ALL BY NAME
SELECT -1 AS staff_id, TIMESTAMP '1970-01-01' AS valid_from, true AS is_current, true AS is_inferred
