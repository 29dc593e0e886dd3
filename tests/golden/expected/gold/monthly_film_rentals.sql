SELECT
    r.film_id,
    last_day(r.rental_date) AS month_end,
    f.title,
    f.category,
    count(*) AS rental_count,
    sum(r.amount)::DECIMAL(20,2) AS revenue
FROM expected.rental AS r
JOIN expected.film AS f USING (film_id)
GROUP BY ALL
