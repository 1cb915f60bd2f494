-- A replace whose source gives no row: an error where the destination has some (on_empty), on every path.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_sluice;
CREATE EXTENSION IF NOT EXISTS postgres_fdw;
CREATE SCHEMA engine_empty;
SET search_path = engine_empty, public;
SELECT split_part(current_setting('unix_socket_directories'), ', ', 1) AS socket, current_setting('port') AS port,
	current_database() AS database, current_user AS role \gset
CREATE SERVER engine_empty FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host :'socket', port :'port', dbname :'database');
CREATE USER MAPPING FOR CURRENT_USER SERVER engine_empty OPTIONS (user :'role');
CREATE TABLE src (id int, t text);

CREATE TABLE swapped (id int PRIMARY KEY, t text);
CREATE TABLE parted (id int, t text) PARTITION BY RANGE (id);
CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM (1) TO (5);
CREATE TABLE parted_2 PARTITION OF parted FOR VALUES FROM (5) TO (10);
CREATE TABLE keyed (id int UNIQUE, t text);
CREATE TABLE triggered (id int, t text);
CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TRIGGER nothing BEFORE INSERT ON triggered FOR EACH ROW EXECUTE FUNCTION nothing();
CREATE TABLE below (id int, t text);
CREATE VIEW viewed AS SELECT * FROM below WHERE id < 100;
CREATE TABLE far_off (id int, t text);
CREATE TABLE streamed (id int, t text);
CREATE TABLE reshaped (id int, t text);

CREATE PROCEDURE load(name text) LANGUAGE plpgsql AS $$
DECLARE
	this_run uuid;
	reached text;
	ended record;
BEGIN
	CALL trigger_and_wait(name, run => this_run, status => reached, raise_error => false);
	SELECT r.status, r.error_sqlstate, r.error_message, r.records_inserted INTO ended FROM pipeline_runs AS r WHERE r.id = this_run;
	RAISE INFO '%: %', name, CASE ended.status WHEN 'success' THEN format('%s rows', ended.records_inserted) ELSE ended.error_sqlstate || ' ' || ended.error_message END;
END $$;
SELECT create_pipeline(name, source => source::name, source_table => 'engine_empty.src', destination => destination::name, destination_table => 'engine_empty.' || target,
	load => 'replace', filter => 'id < 90', options => options::jsonb) IS NOT NULL AS ok
FROM (VALUES ('a swap', 'swapped', NULL, NULL, '{}'),
	('b partitions', 'parted', NULL, NULL, '{}'),
	('c in place', 'keyed', NULL, NULL, '{"on_reject": "quarantine"}'),
	('d trigger', 'triggered', 'engine_empty', NULL, '{}'),
	('e view', 'viewed', NULL, NULL, '{}'),
	('f remote', 'far_off', NULL, 'engine_empty', '{}'),
	('g streams', 'streamed', 'engine_empty', NULL, '{"streams": "2"}'),
	('h transform', 'reshaped', NULL, NULL, '{"transform": "SELECT id, max(t) AS t FROM source GROUP BY id"}')) AS p (name, target, source, destination, options);
CREATE VIEW held AS SELECT (SELECT count(*) FROM swapped) AS swapped, (SELECT count(*) FROM parted) AS parted, (SELECT count(*) FROM keyed) AS keyed,
	(SELECT count(*) FROM triggered) AS triggered, (SELECT count(*) FROM below) AS below, (SELECT count(*) FROM far_off) AS far_off,
	(SELECT count(*) FROM streamed) AS streamed, (SELECT count(*) FROM reshaped) AS reshaped;
\set load_all 'SELECT format(''CALL load(%L)'', name) FROM pipelines WHERE destination_table LIKE ''engine\\_empty.%'' ORDER BY name \\gexec'

-- What is empty stays so; a row that the filter takes away, or that nobody sees any more, is none.
INSERT INTO src VALUES (95, 'not for us');
INSERT INTO below VALUES (100, 'not in the view');
INSERT INTO swapped VALUES (1, 'gone');
DELETE FROM swapped;
:load_all
TABLE held;
INSERT INTO src SELECT i, 'row ' || i FROM generate_series(1, 9) AS i;
:load_all
TABLE held;
-- Then nothing is lost,
DELETE FROM src WHERE id < 90;
:load_all
TABLE held;
-- not to rows either none of which fits,
INSERT INTO src VALUES (1, NULL);
ALTER TABLE keyed ALTER t SET NOT NULL;
CALL load('c in place');
SELECT count(*) FROM keyed;
DELETE FROM src WHERE id < 90;
-- but for whoever allows it.
SELECT line FROM explain_pipeline('a swap') AS line WHERE line LIKE 'guards%';
SELECT name, alter_pipeline(id, options => '{"on_empty": "load"}') FROM pipelines WHERE destination_table LIKE 'engine\_empty.%' ORDER BY name;
SELECT line FROM explain_pipeline('a swap') AS line WHERE line LIKE 'guards%';
:load_all
TABLE held;

SELECT count(drop_pipeline(id)) FROM pipelines WHERE destination_table LIKE 'engine\_empty.%';
DROP SERVER engine_empty CASCADE;
DROP SCHEMA engine_empty CASCADE;
