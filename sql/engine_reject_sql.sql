-- Rows that do not fit where only SQL inserts them (triggers, policies, inheritance) and into partitioned tables.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_sluice;
CREATE EXTENSION IF NOT EXISTS postgres_fdw;
CREATE SCHEMA engine_reject_sql;
SET search_path = engine_reject_sql, public;
SELECT split_part(current_setting('unix_socket_directories'), ', ', 1) AS socket, current_setting('port') AS port,
	current_database() AS database, current_user AS role \gset
CREATE SERVER engine_reject_sql FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host :'socket', port :'port', dbname :'database');
CREATE USER MAPPING FOR CURRENT_USER SERVER engine_reject_sql OPTIONS (user :'role');
CREATE VIEW counts AS SELECT pipeline_name AS name, status, records_read AS read, records_inserted AS inserted,
	records_filtered AS filtered, records_failed AS failed, error_sqlstate AS error,
	CASE WHEN status = 'success' THEN records_read = records_inserted + records_updated + records_unchanged + records_duplicate + records_failed + records_filtered END AS adds_up
FROM pipeline_runs ORDER BY id DESC LIMIT 1;
CREATE VIEW why AS SELECT position, column_name, sqlstate, reason, detail, original FROM rejected_rows
WHERE run = (SELECT id FROM pipeline_runs ORDER BY id DESC LIMIT 1) ORDER BY position;
\set ask '{"on_reject": "quarantine"}'
CREATE TABLE src AS SELECT i AS id, i AS key, i % 7 AS parent, 'name ' || i AS name FROM generate_series(1, 5000) AS i;
CREATE TABLE parent AS SELECT i AS id FROM generate_series(0, 6) AS i;
ALTER TABLE parent ADD PRIMARY KEY (id);

-- A trigger that raises, divides by zero, changes a key, leaves rows out; with all that a table refuses beside it.
CREATE TABLE told (what text, row_count bigint);
CREATE TABLE watched (id int NOT NULL, key int UNIQUE, parent int REFERENCES parent, name varchar(9) CHECK (name <> 'name 13'));
CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF NEW.id = 1500 THEN RAISE EXCEPTION 'not this one' USING ERRCODE = 'check_violation', DETAIL = 'It is not liked.', COLUMN = 'name', CONSTRAINT = 'liked'; END IF;
	IF NEW.id = 2500 THEN NEW.parent := 1 / (NEW.id - 2500); END IF;
	IF NEW.id = 3500 THEN NEW.key := 1; END IF;
	IF NEW.id % 1000 = 0 THEN RETURN NULL; END IF;
	IF NEW.id = 9001 THEN RAISE EXCEPTION 'of no class of a row'; END IF;
	RETURN NEW;
END $$;
CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO told SELECT 'statement', count(*) FROM fresh; RETURN NULL; END $$;
CREATE TRIGGER look BEFORE INSERT ON watched FOR EACH ROW EXECUTE FUNCTION look();
CREATE TRIGGER tell AFTER INSERT ON watched REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION tell();
CREATE FUNCTION rows_of(at int) RETURNS SETOF src LANGUAGE sql AS $$
	SELECT id, CASE id WHEN 4001 THEN 4000 + 2 ELSE key END, CASE id WHEN 17 THEN 99 ELSE parent END,
		CASE id WHEN 4500 THEN 'much too long' ELSE name END FROM engine_reject_sql.src ORDER BY id $$;
SELECT create_pipeline('watched', source => 'engine_reject_sql', source_query => 'SELECT * FROM engine_reject_sql.rows_of(1)', destination_table => 'watched', load => 'append', options => :'ask') IS NOT NULL AS made;
CALL trigger_and_wait('watched') \g /dev/null
TABLE counts;
TABLE why;
SELECT count(*), count(DISTINCT key), sum(id) FROM watched;
-- It was one statement to those who look at statements.
TABLE told;
SELECT message FROM pipeline_log WHERE message ~ '^(path|transform|rejects)' ORDER BY line;
SELECT line FROM explain_pipeline('watched') AS line WHERE line ~ '^(path|transform|rejects)';
-- What is mended is loaded.
INSERT INTO parent VALUES (99);
ALTER TABLE watched ALTER name TYPE varchar(20);
SELECT replay_rejects('watched') AS run \gset
SELECT wait_for_run(:'run', '1 min');
TABLE counts;
SELECT original ->> 'id' AS id, sqlstate FROM rejected_rows WHERE pipeline = 'watched' ORDER BY position;
-- The same from here, in place of the rows that are there
SELECT create_pipeline('again', source_query => 'SELECT * FROM rows_of(1)', destination_table => 'watched', load => 'replace', options => :'ask') IS NOT NULL AS made;
CALL trigger_and_wait('again') \g /dev/null
TABLE counts;
SELECT position, sqlstate FROM why;
SELECT count(*) FROM watched;
-- No row: the guard of a replace
SELECT alter_pipeline('again', source_query => 'SELECT * FROM rows_of(1) WHERE false');
CALL trigger_and_wait('again', raise_error => false) \g /dev/null
TABLE counts;
-- An error of another class fails the run.
SELECT create_pipeline('other', source_query => 'SELECT i AS id, -i AS key, 1 AS parent, ''n'' AS name FROM generate_series(8990, 9010) AS i', destination_table => 'watched', load => 'append', options => :'ask') IS NOT NULL AS made;
CALL trigger_and_wait('other', raise_error => false) \g /dev/null
TABLE counts;
-- None may be; all are; many are, and each is found
SELECT alter_pipeline('watched', options => '{"max_rejects": 2}');
CALL trigger_and_wait('watched', raise_error => false) \g /dev/null
TABLE counts;
SELECT count(*), bool_and(is_lost), max(position) FROM rejected_rows WHERE run = (SELECT id FROM pipeline_runs ORDER BY id DESC LIMIT 1);
SELECT alter_pipeline('watched', options => '{"max_rejects": 0}');
CALL trigger_and_wait('watched', raise_error => false) \g /dev/null
TABLE counts;
SELECT create_pipeline('all', source_query => 'SELECT id, key, 77 AS parent, ''n'' AS name FROM src WHERE id <= 1200', destination_table => 'watched', load => 'append', options => '{"on_reject": "quarantine", "max_rejects": "100%"}') IS NOT NULL AS made;
TRUNCATE watched;
CALL trigger_and_wait('all') \g /dev/null
TABLE counts;
SELECT count(*), count(DISTINCT position), min(reason) FROM rejected_rows WHERE pipeline = 'all';
SELECT alter_pipeline('all', source_query => 'SELECT id, key, CASE WHEN id % 3 = 0 THEN 77 ELSE 1 END AS parent, ''n'' AS name FROM src ORDER BY id');
CALL trigger_and_wait('all') \g /dev/null
TABLE counts;
SELECT count(*), count(*) FILTER (WHERE position % 3 = 0), count(*) FILTER (WHERE position::text = original ->> 'id') FROM rejected_rows WHERE run = (SELECT id FROM pipeline_runs ORDER BY id DESC LIMIT 1);
SELECT count(*), count(*) FILTER (WHERE id % 3 = 0) FROM watched;

-- A constraint trigger and a unique constraint that wait for the end of a transaction: a worker's run has them checked at once.
CREATE TABLE patient (id int, n int UNIQUE DEFERRABLE INITIALLY DEFERRED, parent int REFERENCES parent DEFERRABLE INITIALLY DEFERRED);
CREATE FUNCTION small() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.id = 5 THEN RAISE integrity_constraint_violation USING MESSAGE = 'five'; END IF; RETURN NULL; END $$;
CREATE CONSTRAINT TRIGGER small AFTER INSERT ON patient DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION small();
SELECT create_pipeline('patient', source_query => 'SELECT i AS id, CASE i WHEN 9 THEN 2 ELSE i END AS n, CASE i WHEN 4 THEN 88 ELSE 1 END AS parent FROM generate_series(1, 10) AS i', destination_table => 'patient', load => 'append', options => :'ask') IS NOT NULL AS made;
CALL trigger_and_wait('patient') \g /dev/null
TABLE counts;
SELECT position, sqlstate, reason FROM why;
SELECT array_agg(id ORDER BY id) FROM patient;
TRUNCATE patient;
BEGIN;
CALL run_pipeline('patient') \g /dev/null
TABLE counts;
COMMIT;
TABLE patient;

-- A run is stopped while the row to blame is looked for: nothing of it stays.
CREATE TABLE slow (id int);
CREATE SEQUENCE tries;
CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF NEW.id = 990 THEN RAISE check_violation; END IF;
	IF nextval('engine_reject_sql.tries') > 1500 THEN PERFORM pg_advisory_xact_lock(7707); END IF;
	RETURN NEW;
END $$;
CREATE TRIGGER wait BEFORE INSERT ON slow FOR EACH ROW EXECUTE FUNCTION wait();
SELECT create_pipeline('slow', source_query => 'SELECT id FROM src WHERE id <= 1000 ORDER BY id', destination_table => 'slow', load => 'append', options => :'ask') IS NOT NULL AS made;
SELECT pg_advisory_lock(7707);
SELECT trigger_pipeline('slow') AS run \gset
DO $$ BEGIN FOR i IN 1..6000 LOOP EXIT WHEN EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = 7707 AND NOT granted); PERFORM pg_sleep(0.01); END LOOP; END $$;
SELECT stop_run(:'run');
SELECT wait_for_run(:'run', '1 min');
SELECT pg_advisory_unlock(7707);
SELECT count(*) FROM slow;
SELECT count(*) FROM rejected_rows WHERE pipeline = 'slow';
CALL trigger_and_wait('slow') \g /dev/null
TABLE counts;

-- A partitioned table: no partition, a partition's own CHECK and unique key, a generated column, other columns in one of them
CREATE TABLE parted (id int NOT NULL, key int, parent int REFERENCES parent, name text, half int GENERATED ALWAYS AS (100 / (key - 300)) STORED, UNIQUE (id, key)) PARTITION BY RANGE (key);
CREATE TABLE parted_low PARTITION OF parted (CHECK (name <> 'name 13')) FOR VALUES FROM (0) TO (1000);
CREATE TABLE parted_high (gone int, name text, half int GENERATED ALWAYS AS (100 / (key - 300)) STORED, key int, parent int, id int NOT NULL UNIQUE);
ALTER TABLE parted_high DROP gone;
ALTER TABLE parted ATTACH PARTITION parted_high FOR VALUES FROM (1000) TO (4990);
SELECT create_pipeline('parted', source => 'engine_reject_sql', source_query => 'SELECT CASE id WHEN 2000 THEN 1999 WHEN 20 THEN NULL ELSE id END AS id, key, CASE id WHEN 30 THEN 66 ELSE parent END AS parent, name FROM engine_reject_sql.src ORDER BY src.id',
	destination_table => 'parted', load => 'append', options => :'ask') IS NOT NULL AS made;
CALL trigger_and_wait('parted') \g /dev/null
TABLE counts;
SELECT position, sqlstate, reason, detail FROM why;
SELECT count(*), count(DISTINCT tableoid) FROM parted;
SELECT message FROM pipeline_log WHERE message ~ '^(path|transform|rejects)' AND run = (SELECT id FROM pipeline_runs ORDER BY id DESC LIMIT 1) ORDER BY line;
CREATE TABLE parted_rest PARTITION OF parted DEFAULT;
SELECT alter_pipeline('parted', load => 'replace');
CALL trigger_and_wait('parted') \g /dev/null
TABLE counts;
SELECT position, sqlstate FROM why;
SELECT count(*), count(DISTINCT tableoid) FROM parted;

-- What it cannot do is refused.
CREATE FOREIGN TABLE far (id int, key int, parent int, name text) SERVER engine_reject_sql OPTIONS (schema_name 'engine_reject_sql', table_name 'watched');
CREATE TABLE spread (id int, key int, parent int, name text) PARTITION BY LIST (id);
CREATE FOREIGN TABLE spread_far PARTITION OF spread DEFAULT SERVER engine_reject_sql OPTIONS (schema_name 'engine_reject_sql', table_name 'watched');
CREATE TABLE tree (id int, key int, parent int, name text, PRIMARY KEY (id, key), FOREIGN KEY (parent, key) REFERENCES tree) PARTITION BY LIST (key);
CREATE TABLE ruled (id int, key int, parent int, name text);
CREATE RULE twice AS ON INSERT TO ruled DO ALSO INSERT INTO told VALUES ('rule', NEW.id);
SELECT create_pipeline('no', source_table => 'src', destination_table => 'far', load => 'append', options => :'ask');
SELECT create_pipeline('no', source_table => 'src', destination_table => 'spread', load => 'append', options => :'ask');
SELECT create_pipeline('no', source_table => 'src', destination_table => 'tree', load => 'append', options => :'ask');
SELECT create_pipeline('no', source_table => 'src', destination_table => 'ruled', load => 'append', options => :'ask');
SELECT create_pipeline('no', source_table => 'src', destination_table => 'parted', key_columns => '{id,key}', options => :'ask');

SET client_min_messages = error;
SELECT count(drop_pipeline(id)) > 0 FROM pipelines WHERE destination_table LIKE 'engine_reject_sql.%';
DROP SCHEMA engine_reject_sql CASCADE;
DROP SERVER engine_reject_sql CASCADE;
