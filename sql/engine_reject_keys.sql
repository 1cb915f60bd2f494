-- Rows that do not fit into a table with foreign keys: what they refer to is not there.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_sluice;
CREATE EXTENSION IF NOT EXISTS postgres_fdw;
CREATE SCHEMA engine_reject_keys;
SET search_path = engine_reject_keys, public;
SELECT split_part(current_setting('unix_socket_directories'), ', ', 1) AS socket, current_setting('port') AS port,
	current_database() AS database, current_user AS role \gset
CREATE SERVER engine_reject_keys FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host :'socket', port :'port', dbname :'database');
CREATE USER MAPPING FOR CURRENT_USER SERVER engine_reject_keys OPTIONS (user :'role');
CREATE VIEW counts AS SELECT pipeline_name AS name, status, records_read AS read, records_inserted AS inserted, records_updated AS updated,
	records_filtered AS filtered, records_failed AS failed,
	CASE WHEN status = 'success' THEN records_read = records_inserted + records_updated + records_unchanged + records_duplicate + records_failed + records_filtered END AS adds_up
FROM pipeline_runs ORDER BY id DESC LIMIT 1;
CREATE VIEW why AS SELECT position, sqlstate, reason, detail, original FROM rejected_rows
WHERE run = (SELECT id FROM pipeline_runs ORDER BY id DESC LIMIT 1) ORDER BY position;
\set ask '{"on_reject": "quarantine"}'

CREATE TABLE customer (id int PRIMARY KEY, name text);
INSERT INTO customer SELECT i, 'customer ' || i FROM generate_series(1, 100) AS i;
CREATE TABLE kind (code text, part numeric, PRIMARY KEY (code, part));
INSERT INTO kind VALUES ('a', 1), ('b', 2);
-- Of another type than what it refers to; of two columns, by both rules about NULL.
CREATE TABLE orders (id int PRIMARY KEY, customer bigint REFERENCES customer, code text, part int, own text, own_part numeric,
	FOREIGN KEY (code, part) REFERENCES kind, CONSTRAINT whole FOREIGN KEY (own, own_part) REFERENCES kind MATCH FULL);
CREATE TABLE src AS SELECT i AS id, i % 100 + 1 AS customer, CASE WHEN i % 2 = 0 THEN 'a' END AS code, 1 AS part, NULL::text AS own, NULL::int AS own_part
FROM generate_series(1, 2500) AS i;
UPDATE src SET customer = 101 WHERE id IN (7, 2000);
UPDATE src SET customer = NULL WHERE id = 8;
UPDATE src SET code = 'c' WHERE id = 9;
UPDATE src SET code = 'c', part = NULL WHERE id = 10;
UPDATE src SET own = 'b' WHERE id = 11;
UPDATE src SET own = 'b', own_part = 2 WHERE id = 12;
-- The first of one key refers to nothing, so the next one is the first that fits.
INSERT INTO src VALUES (2600, 999, 'a', 1), (2600, 1, 'a', 1), (2600, 2, 'a', 1);

-- From here, and over the wire: appended, and in place of the rows that are there
SELECT create_pipeline('here', source_query => 'SELECT * FROM src ORDER BY id, customer DESC', destination_table => 'orders', load => 'append', options => :'ask') IS NOT NULL AS made;
CALL trigger_and_wait('here') \g /dev/null
TABLE counts;
TABLE why;
SELECT count(*), count(*) FILTER (WHERE customer IS NULL OR customer <= 100), count(*) FILTER (WHERE own = 'b') FROM orders;
SELECT message FROM pipeline_log WHERE message ~ '^(path|foreign keys|rejects|foreign key ")' ORDER BY line;
SELECT create_pipeline('there', source => 'engine_reject_keys', source_query => 'SELECT * FROM engine_reject_keys.src ORDER BY id, customer DESC',
	destination_table => 'orders', load => 'replace', options => :'ask') IS NOT NULL AS made;
CALL trigger_and_wait('there') \g /dev/null
TABLE counts;
SELECT count(*) FROM rejected_rows a JOIN rejected_rows b USING (position, sqlstate, reason, detail, original) WHERE a.pipeline = 'here' AND b.pipeline = 'there';
SELECT count(*), sum(customer) FROM orders;
-- Once it is there, they are loaded.
INSERT INTO customer VALUES (101, 'late');
SELECT replay_rejects('there') AS run \gset
SELECT wait_for_run(:'run', '1 min');
TABLE counts;
SELECT original ->> 'id' AS id, reason FROM rejected_rows WHERE pipeline = 'there' ORDER BY id, position;
DELETE FROM orders WHERE customer = 101;
DELETE FROM customer WHERE id = 101;

-- A merge: a row whose new version refers to nothing stays as it was
SELECT create_pipeline('merge', source => 'engine_reject_keys', source_query => 'SELECT * FROM engine_reject_keys.src WHERE id < 2600 ORDER BY id', destination_table => 'orders',
	key_columns => '{id}', options => :'ask') IS NOT NULL AS made;
UPDATE orders SET customer = 5 WHERE id = 2000;
INSERT INTO orders VALUES (2000, 5) ON CONFLICT DO NOTHING;
UPDATE src SET customer = 6 WHERE id = 1;
CALL trigger_and_wait('merge') \g /dev/null
TABLE counts;
TABLE why;
SELECT id, customer FROM orders WHERE id IN (1, 7, 2000) ORDER BY id;

-- All rows are bad; none may be; more than are allowed
CREATE TABLE lines (id int, orders int REFERENCES orders);
SELECT create_pipeline('all', source_query => 'SELECT id, -id AS orders FROM src', destination_table => 'lines', load => 'append', options => '{"on_reject": "quarantine", "max_rejects": "100%"}') IS NOT NULL AS made;
CALL trigger_and_wait('all') \g /dev/null
TABLE counts;
SELECT count(*), count(DISTINCT position) FROM rejected_rows WHERE pipeline = 'all';
SELECT alter_pipeline('all', options => '{"max_rejects": 0}');
CALL trigger_and_wait('all', raise_error => false) \g /dev/null
TABLE counts;
SELECT error_sqlstate, error_message FROM pipeline_runs ORDER BY id DESC LIMIT 1;
SELECT count(*), bool_and(is_lost) FROM rejected_rows WHERE run = (SELECT id FROM pipeline_runs ORDER BY id DESC LIMIT 1);
TABLE lines;

-- A generated column that refers, a partitioned table that is referred to, a key that is not valid for older rows
CREATE TABLE region (id int, year int, PRIMARY KEY (id, year)) PARTITION BY RANGE (year);
CREATE TABLE region_old PARTITION OF region FOR VALUES FROM (2000) TO (2020);
CREATE TABLE region_new PARTITION OF region DEFAULT;
INSERT INTO region VALUES (1, 2010), (1, 2020), (2, 2021);
CREATE TABLE sales (id int, region int, at date, year int GENERATED ALWAYS AS (extract(year FROM at)) STORED, FOREIGN KEY (region, year) REFERENCES region, customer int);
INSERT INTO sales (customer) VALUES (-1);
ALTER TABLE sales ADD FOREIGN KEY (customer) REFERENCES customer NOT VALID;
SELECT create_pipeline('sales', source_query => $$SELECT * FROM (VALUES (1, 1, date '2010-05-05', 1), (2, 1, '2020-05-05', 1), (3, 2, '2020-05-05', 1), (4, 2, '2021-01-01', 500)) AS v (id, region, at, customer)$$,
	destination_table => 'sales', load => 'append', options => :'ask') IS NOT NULL AS made;
CALL trigger_and_wait('sales') \g /dev/null
TABLE counts;
TABLE why;

-- In the caller's transaction: what is checked at its end may come yet; what is checked now may have come in it
CREATE TABLE late (id int, customer int REFERENCES customer DEFERRABLE INITIALLY DEFERRED, kept int REFERENCES customer);
BEGIN;
INSERT INTO customer VALUES (200, 'of this transaction');
SELECT create_pipeline('late', source_query => 'VALUES (1, 300, 200), (2, 1, 300)', destination_table => 'late', load => 'append', options => :'ask', columns => 'column1 AS id, column2 AS customer, column3 AS kept') IS NOT NULL AS made;
CALL run_pipeline('late') \g /dev/null
TABLE why;
INSERT INTO customer VALUES (300, 'later');
COMMIT;
TABLE late;
CALL trigger_and_wait('late') \g /dev/null
TABLE counts;

-- What others refer to is no matter of the rows that come: the run fails, as without.
DROP TABLE sales, late;
SELECT create_pipeline('customer', source_query => 'SELECT id, ''again '' || id AS name FROM generate_series(1, 50) AS id', destination_table => 'customer', load => 'replace', options => :'ask') IS NOT NULL AS made;
CALL trigger_and_wait('customer', raise_error => false) \g /dev/null
SELECT error_sqlstate, error_message FROM pipeline_runs ORDER BY id DESC LIMIT 1;

-- What it cannot do is refused
CREATE TABLE part_loaded (id int PRIMARY KEY, customer int DEFAULT -1 REFERENCES customer);
SELECT create_pipeline('part loaded', source_table => 'src', columns => 'id', destination_table => 'part_loaded', key_columns => '{id}', options => :'ask') IS NOT NULL AS made;
CALL trigger_and_wait('part loaded', raise_error => false) \g /dev/null
SELECT error_sqlstate, error_message, error_hint FROM pipeline_runs ORDER BY id DESC LIMIT 1;
CREATE TABLE tree (id int PRIMARY KEY, parent int REFERENCES tree);
SELECT create_pipeline('tree', source_query => 'VALUES (1, 1)', destination_table => 'tree', load => 'append', options => :'ask');

SET client_min_messages = error;
SELECT count(drop_pipeline(id)) > 0 FROM pipelines WHERE destination_table LIKE 'engine_reject_keys.%';
DROP SCHEMA engine_reject_keys CASCADE;
DROP SERVER engine_reject_keys CASCADE;
