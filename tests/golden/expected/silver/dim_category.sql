SELECT
    category_id,
    name,
    last_update,
    TIMESTAMP '1970-01-01' AS valid_from,
    NULL::TIMESTAMP AS valid_to,
    true AS is_current,
    false AS is_inferred
FROM source.category
UNION ALL BY NAME
SELECT -1 AS category_id, TIMESTAMP '1970-01-01' AS valid_from, true AS is_current, true AS is_inferred
