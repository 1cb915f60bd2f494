-- What became of the rows of a run: read = inserted + updated + unchanged + duplicate + filtered, processed = inserted + updated + deleted.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_sluice;
CREATE EXTENSION IF NOT EXISTS postgres_fdw;
CREATE SCHEMA engine_counts;
SET search_path = engine_counts, public;
SELECT split_part(current_setting('unix_socket_directories'), ', ', 1) AS socket, current_setting('port') AS port,
	current_database() AS database, current_user AS role \gset
CREATE SERVER engine_counts FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host :'socket', port :'port', dbname :'database');
CREATE USER MAPPING FOR CURRENT_USER SERVER engine_counts OPTIONS (user :'role');
CREATE TABLE src AS SELECT i AS id, 'v' || i AS val FROM generate_series(1, 100) AS i;
CREATE TABLE kept (id int CHECK (id <> 1000), val text);
CREATE TABLE watched (LIKE kept);
CREATE FUNCTION only_even() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN CASE WHEN new.id % 2 = 0 THEN new END; END $$;
CREATE TRIGGER only_even BEFORE INSERT ON watched FOR EACH ROW EXECUTE FUNCTION only_even();
CREATE VIEW counts AS SELECT pipeline_name AS name, status, records_read AS read, records_processed AS processed, records_inserted AS inserted,
	records_updated AS updated, records_deleted AS deleted, records_unchanged AS unchanged, records_duplicate AS duplicate, records_filtered AS filtered,
	records_failed AS failed FROM pipeline_runs WHERE pipeline_name LIKE 'count %';
CREATE PROCEDURE counted(name text, destination_table text, load text DEFAULT 'append', columns text DEFAULT NULL, filter text DEFAULT NULL,
	source text DEFAULT 'engine_counts', destination text DEFAULT NULL, options jsonb DEFAULT '{}') LANGUAGE plpgsql AS $$
DECLARE
	this_run uuid;
	status text;
	counts record;
	told text;
BEGIN
	PERFORM create_pipeline('count ' || name, source => source, source_table => 'engine_counts.src', destination => destination,
		destination_table => destination_table, load => load, columns => columns, filter => filter, options => options);
	COMMIT;
	CALL trigger_and_wait('count ' || name, run => this_run, status => status, raise_error => false);
	SELECT * INTO counts FROM engine_counts.counts c WHERE c.name = 'count ' || counted.name;
	SELECT l.message INTO told FROM pipeline_log l WHERE l.run = this_run AND l.message ~ 'rows loaded into';
	RAISE INFO '%: read %, processed %, inserted %, filtered %, failed %: %', counts.name, counts.read, counts.processed, counts.inserted,
		counts.filtered, counts.failed, coalesce(told, counts.status);
END $$;
CALL counted('all', 'engine_counts.kept');
CALL counted('filtered there', 'engine_counts.kept', filter => 'id > 90');
CALL counted('filtered here', 'engine_counts.kept', filter => 'id > 90 AND random() < 2');
CALL counted('filtered by SQL', 'engine_counts.kept', filter => 'id > (SELECT 95)');
CALL counted('filtered by the executor', 'engine_counts.kept', filter => 'id > 90', source => NULL);
CALL counted('by a trigger', 'engine_counts.watched');
CALL counted('by a trigger, executor', 'engine_counts.watched', source => NULL);
CALL counted('by a trigger, filtered here', 'engine_counts.watched', filter => 'id > 90 AND random() < 2');
CALL counted('aggregate', 'engine_counts.kept', columns => 'count(*) AS id');
CALL counted('replaced', 'engine_counts.kept', 'replace', filter => 'id > 40 AND random() < 2');
CALL counted('streams', 'engine_counts.kept', 'replace', filter => 'id > 40', options => '{"streams": 2}');
CALL counted('elsewhere', 'engine_counts.kept', filter => 'id > 40 AND random() < 2', destination => 'engine_counts');
CALL counted('failed', 'engine_counts.kept', columns => 'id * 10 AS id');
CALL counted('failed in a value', 'engine_counts.kept', columns => '1 / (id - 50) AS id');
CALL counted('failed before a row', 'engine_counts.kept', columns => 'id AS unknown', options => '{"max_retries": 0}');
SELECT name FROM counts WHERE status = 'success' AND (processed <> inserted + updated + deleted
	OR name NOT LIKE '%aggregate' AND read <> inserted + updated + unchanged + duplicate + filtered);
SELECT get_pipeline('count all') #> '{runs,0}' ->> 'records_inserted' AS inserted;
SELECT count(drop_pipeline(id)) FROM pipelines WHERE name LIKE 'count %';
DROP SCHEMA engine_counts CASCADE;
DROP SERVER engine_counts CASCADE;
