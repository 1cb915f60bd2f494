-- Rows of another PostgreSQL, reshaped on the way.
CREATE EXTENSION postgres_fdw;
CREATE EXTENSION pg_sluice;
CREATE SERVER shop FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port :'source_port', dbname 'shop');
CREATE USER MAPPING FOR CURRENT_USER SERVER shop OPTIONS (user 'reader', password 'secret');
\pset tuples_only on
\pset format unaligned

SELECT create_pipeline('daily_sales', source => 'shop', source_table => 'sales_orders',
    columns => 'id, customer, round(amount * 1.19, 2) AS gross, (ordered_at AT TIME ZONE ''UTC'')::date AS day',
    filter => 'amount > 100', destination_table => 'daily_sales') IS NOT NULL;

-- Now, and wait for the end.
CALL trigger_and_wait('daily_sales') \gset
\echo :status
SELECT count(*), min(gross), max(day) FROM daily_sales;

-- It created the table, so it may replace it: running it again does not double the rows.
CALL trigger_and_wait('daily_sales') \gset
\echo :status
SELECT count(*) FROM daily_sales;
SELECT name, state, records_processed FROM pipeline_status;
SELECT status, cause, records_read, records_processed FROM pipeline_runs ORDER BY id;
