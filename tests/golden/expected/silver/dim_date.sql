WITH days AS (
    SELECT unnest(range(DATE '2005-01-01', DATE '2008-01-01', INTERVAL 1 DAY))::DATE AS d
)
SELECT
    strftime(d, '%Y%m%d')::INT AS date_key,
    d AS date_day,
    d - 1 AS prior_day,
    d + 1 AS next_day,
    (d - INTERVAL 1 YEAR)::DATE AS prior_year_day,
    isodow(d)::INT AS day_of_week,
    dayname(d) AS day_name,
    isodow(d) || ' ' || strftime(d, '%a') AS day_label,
    dayname(d) IN ('Saturday', 'Sunday') AS is_weekend,
    day(d)::INT AS day_of_month,
    dayofyear(d)::INT AS day_of_year,
    strftime(d, '%V')::INT AS iso_week,
    strftime(d, '%G')::INT AS iso_year,
    d - (isodow(d) - 1)::INT AS week_start,
    d - (isodow(d) - 1)::INT + 6 AS week_end,
    month(d)::INT AS month_number,
    monthname(d) AS month_name,
    make_date(year(d), month(d), 1) AS month_start,
    last_day(d) AS month_end,
    quarter(d)::INT AS quarter_number,
    make_date(year(d), quarter(d) * 3 - 2, 1) AS quarter_start,
    last_day(make_date(year(d), quarter(d) * 3, 1)) AS quarter_end,
    year(d)::INT AS year_number,
    make_date(year(d), 1, 1) AS year_start,
    make_date(year(d), 12, 31) AS year_end,
    CASE WHEN month(d) >= 7 THEN year(d) + 1 ELSE year(d) END::INT AS fiscal_year,
    CASE quarter(d) WHEN 3 THEN 1 WHEN 4 THEN 2 WHEN 1 THEN 3 ELSE 4 END AS fiscal_quarter,
    CASE WHEN month(d) >= 7 THEN month(d) - 6 ELSE month(d) + 6 END::INT AS fiscal_month
FROM days
