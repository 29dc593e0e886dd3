-- The schema of one integration test, with everything in it.
DROP SCHEMA IF EXISTS IDENTIFIER({{schema}}) CASCADE
