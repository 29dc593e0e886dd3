SELECT
    address_id,
    address,
    address2,
    district,
    city_id,
    city,
    country_id,
    country,
    postal_code,
    phone,
    CASE
        WHEN address_id IN (SELECT address_id FROM source.staff) THEN 'staff'
        WHEN address_id IN (SELECT address_id FROM source.store) THEN 'store'
        WHEN address_id IN (SELECT address_id FROM source.customer) THEN 'customer'
    END AS address_type,
    last_update
FROM expected.place
