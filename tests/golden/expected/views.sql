-- Joins that several expectations share, over the rows of the dump only.

CREATE VIEW expected.place AS
SELECT a.*, ci.city, ci.country_id, co.country
FROM source.address AS a
JOIN source.city AS ci USING (city_id)
JOIN source.country AS co USING (country_id);

CREATE VIEW expected.film AS
SELECT
    f.* REPLACE (
        -- '{Trailers,"Deleted Scenes"}': no element holds a comma or a quotation mark.
        string_split(translate(f.special_features, '{}"', ''), ',') AS special_features
    ),
    rtrim(l.name) AS language,
    c.category_id,
    c.name AS category,
FROM source.film AS f
JOIN source.language AS l USING (language_id)
JOIN source.film_category AS fc USING (film_id)
JOIN source.category AS c USING (category_id);

-- Payments are added up per rental first: rental 4591 has five.
CREATE VIEW expected.rental AS
WITH paid AS (
    SELECT rental_id, sum(amount) AS amount, count(*)::INT AS payments
    FROM source.payment
    GROUP BY rental_id
)
SELECT
    r.rental_id,
    r.rental_date,
    r.return_date,
    r.rental_date + to_days(f.rental_duration) AS due_date,
    r.return_date::DATE - r.rental_date::DATE AS days_out,
    r.customer_id,
    r.staff_id,
    s.store_id,
    r.inventory_id,
    i.store_id AS inventory_store_id,
    i.film_id,
    coalesce(p.amount, 0)::DECIMAL(10,2) AS amount,
    coalesce(p.payments, 0) AS number_of_payments,
    r.last_update
FROM source.rental AS r
JOIN source.staff AS s USING (staff_id)
JOIN source.inventory AS i USING (inventory_id)
JOIN source.film AS f USING (film_id)
LEFT JOIN paid AS p USING (rental_id);

-- The newest moment in the data, in place of today.
CREATE VIEW expected.clock AS
SELECT max(moment) AS as_of
FROM (
    SELECT unnest([rental_date, return_date]) AS moment FROM source.rental
    UNION ALL
    SELECT payment_date FROM source.payment
);

CREATE VIEW expected.iso3 AS SELECT * FROM (VALUES
    ('Afghanistan', 'AFG'), ('Algeria', 'DZA'), ('American Samoa', 'ASM'), ('Angola', 'AGO'), ('Anguilla', 'AIA'),
    ('Argentina', 'ARG'), ('Armenia', 'ARM'), ('Australia', 'AUS'), ('Austria', 'AUT'), ('Azerbaijan', 'AZE'),
    ('Bahrain', 'BHR'), ('Bangladesh', 'BGD'), ('Belarus', 'BLR'), ('Bolivia', 'BOL'), ('Brazil', 'BRA'),
    ('Brunei', 'BRN'), ('Bulgaria', 'BGR'), ('Cambodia', 'KHM'), ('Cameroon', 'CMR'), ('Canada', 'CAN'),
    ('Chad', 'TCD'), ('Chile', 'CHL'), ('China', 'CHN'), ('Colombia', 'COL'),
    ('Congo, The Democratic Republic of the', 'COD'), ('Czech Republic', 'CZE'), ('Dominican Republic', 'DOM'),
    ('Ecuador', 'ECU'), ('Egypt', 'EGY'), ('Estonia', 'EST'), ('Ethiopia', 'ETH'), ('Faroe Islands', 'FRO'),
    ('Finland', 'FIN'), ('France', 'FRA'), ('French Guiana', 'GUF'), ('French Polynesia', 'PYF'), ('Gambia', 'GMB'),
    ('Germany', 'DEU'), ('Greece', 'GRC'), ('Greenland', 'GRL'), ('Holy See (Vatican City State)', 'VAT'),
    ('Hong Kong', 'HKG'), ('Hungary', 'HUN'), ('India', 'IND'), ('Indonesia', 'IDN'), ('Iran', 'IRN'),
    ('Iraq', 'IRQ'), ('Israel', 'ISR'), ('Italy', 'ITA'), ('Japan', 'JPN'), ('Kazakstan', 'KAZ'), ('Kenya', 'KEN'),
    ('Kuwait', 'KWT'), ('Latvia', 'LVA'), ('Liechtenstein', 'LIE'), ('Lithuania', 'LTU'), ('Madagascar', 'MDG'),
    ('Malawi', 'MWI'), ('Malaysia', 'MYS'), ('Mexico', 'MEX'), ('Moldova', 'MDA'), ('Morocco', 'MAR'),
    ('Mozambique', 'MOZ'), ('Myanmar', 'MMR'), ('Nauru', 'NRU'), ('Nepal', 'NPL'), ('Netherlands', 'NLD'),
    ('New Zealand', 'NZL'), ('Nigeria', 'NGA'), ('North Korea', 'PRK'), ('Oman', 'OMN'), ('Pakistan', 'PAK'),
    ('Paraguay', 'PRY'), ('Peru', 'PER'), ('Philippines', 'PHL'), ('Poland', 'POL'), ('Puerto Rico', 'PRI'),
    ('Romania', 'ROU'), ('Runion', 'REU'), ('Russian Federation', 'RUS'),
    ('Saint Vincent and the Grenadines', 'VCT'), ('Saudi Arabia', 'SAU'), ('Senegal', 'SEN'), ('Slovakia', 'SVK'),
    ('South Africa', 'ZAF'), ('South Korea', 'KOR'), ('Spain', 'ESP'), ('Sri Lanka', 'LKA'), ('Sudan', 'SDN'),
    ('Sweden', 'SWE'), ('Switzerland', 'CHE'), ('Taiwan', 'TWN'), ('Tanzania', 'TZA'), ('Thailand', 'THA'),
    ('Tonga', 'TON'), ('Tunisia', 'TUN'), ('Turkey', 'TUR'), ('Turkmenistan', 'TKM'), ('Tuvalu', 'TUV'),
    ('Ukraine', 'UKR'), ('United Arab Emirates', 'ARE'), ('United Kingdom', 'GBR'), ('United States', 'USA'),
    ('Venezuela', 'VEN'), ('Vietnam', 'VNM'), ('Virgin Islands, U.S.', 'VIR'), ('Yemen', 'YEM'),
    ('Yugoslavia', 'SRB'), ('Zambia', 'ZMB')
) AS code (country, iso3);
