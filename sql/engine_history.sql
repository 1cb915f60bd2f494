-- Histories: each change of a row is another version of it.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_sluice;
CREATE EXTENSION IF NOT EXISTS postgres_fdw;
CREATE SCHEMA engine_history;
SET search_path = engine_history, public;
SET timezone = 'UTC';
SELECT split_part(current_setting('unix_socket_directories'), ', ', 1) AS socket, current_setting('port') AS port,
	current_database() AS database, current_user AS role \gset
CREATE SERVER engine_history FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host :'socket', port :'port', dbname :'database');
CREATE USER MAPPING FOR CURRENT_USER SERVER engine_history OPTIONS (user :'role');
\set counts 'SELECT status, records_read AS read, records_inserted AS inserted, records_updated AS updated, records_deleted AS deleted, records_unchanged AS unchanged, records_duplicate AS duplicate FROM pipeline_runs WHERE id = :''run'';'
\set told 'SELECT level, regexp_replace(message, ''from [0-9T:.+-]+,'', ''from then,'') AS message FROM run_log(:''run'') WHERE message ~ ''^(path|lock|keys|history|scope|guards|compared|the destination|CREATE|[0-9]+ (of [0-9]+ )?rows)|unique index'';'
-- Versions by their order, for times are never the same.
\set versions 'SELECT id, val, dense_rank() OVER w AS since, valid_to IS NULL AS open, is_current, count(*) FILTER (WHERE valid_to IS NOT NULL) OVER (PARTITION BY id) AS closed FROM dst WINDOW w AS (ORDER BY valid_from) ORDER BY id, valid_from;'
\set VERBOSITY terse

CREATE TABLE src (id int, val text);
INSERT INTO src SELECT i, 'v' || i FROM generate_series(1, 5) AS i;
SELECT create_pipeline('history', source => 'engine_history', source_table => 'engine_history.src', destination_table => 'dst', load => 'history', key_columns => '{id}') IS NULL AS missing;
SELECT line FROM explain_pipeline('history') AS line WHERE line !~ '^source';
CALL run_pipeline('history') \gset
:counts
SELECT level, regexp_replace(regexp_replace(message, 'from [0-9T:.+-]+,', 'from then,'), ', in [0-9].*', '') AS message FROM run_log(:'run') WHERE message ~ '^(path|lock|keys|history|scope|guards|compared|the destination|CREATE|[0-9]+ rows)|unique index';
\d dst
UPDATE src SET val = 'w' || id WHERE id = 2;
DELETE FROM src WHERE id = 3;
INSERT INTO src VALUES (6, 'v6'), (6, 'v6');
SELECT line FROM explain_pipeline('history') AS line WHERE line !~ '^source';
SELECT ctid, xmin FROM dst WHERE id = 1 \gset before_
CALL run_pipeline('history') \gset
:counts
:told
:versions
SELECT ctid = :'before_ctid' AND xmin = :'before_xmin' AS untouched FROM dst WHERE id = 1;
-- The end of a version is the beginning of the next; all changes of a run have one instant.
SELECT count(DISTINCT valid_to) AS instants, bool_and(valid_to = (SELECT max(valid_from) FROM dst)) AS meet FROM dst WHERE NOT is_current;
CALL run_pipeline('history') \gset
:counts
-- A row that comes back.
INSERT INTO src VALUES (3, 'back');
CALL run_pipeline('history') \gset
:counts
SELECT val, is_current, valid_to IS NULL AS open FROM dst WHERE id = 3 ORDER BY valid_from;
SELECT check_name, verdict, message FROM validate_pipeline('history') WHERE check_name IN ('load', 'temporary', 'destination_rights');
-- The instant is the source's: of the transaction in which it was read. Here there is none.
SELECT create_pipeline('local', source_table => 'src', destination_table => 'local', load => 'history', key_columns => '{id}',
	options => '{"valid_from_column": "since", "valid_to_column": "until", "current_column": "is now"}') IS NULL AS missing;
BEGIN;
CALL run_pipeline('local') \gset
UPDATE src SET val = 'again' WHERE id = 1;
CALL run_pipeline('local') \gset
:counts
:told
SELECT id, val, since > now() AS later, until IS NULL AS open, "is now" FROM local WHERE id = 1 ORDER BY since;
COMMIT;

-- The clock of a source that went back.
UPDATE dst SET valid_from = 'infinity' WHERE id = 1 AND is_current;
\set VERBOSITY default
\set SHOW_CONTEXT never
DO $$
DECLARE
	this_run uuid;
BEGIN
	CALL run_pipeline('history', run => this_run);
EXCEPTION WHEN OTHERS THEN
	DECLARE
		detail text;
		hint text;
	BEGIN
		GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
		RAISE INFO '% %: % %', SQLSTATE, SQLERRM, regexp_replace(detail, 'from .*', 'from ...'), hint;
	END;
END $$;
\set VERBOSITY terse
UPDATE dst SET valid_from = 'epoch' WHERE id = 1 AND is_current;
UPDATE dst SET valid_to = 'infinity' WHERE id = 3 AND NOT is_current;
DELETE FROM src WHERE id = 3;
INSERT INTO src VALUES (3, 'third');
CALL run_pipeline('history');
UPDATE dst SET valid_to = valid_from WHERE id = 3 AND NOT is_current;
CALL run_pipeline('history') \gset
:counts

-- Keys and guards.
INSERT INTO src VALUES (6, 'other');
CALL run_pipeline('history');
DELETE FROM src WHERE id = 6;
INSERT INTO src VALUES (NULL, 'nobody');
CALL run_pipeline('history');
TRUNCATE src;
\set VERBOSITY default
CALL run_pipeline('history');
INSERT INTO src VALUES (2, 'only');
SELECT alter_pipeline('history', options => '{"max_deletes": 1}');
CALL run_pipeline('history');
\set VERBOSITY terse
SELECT alter_pipeline('history', options => '{"max_deletes": "50%"}');
CALL run_pipeline('history') \gset
:counts
SELECT alter_pipeline('history', options => '{"on_empty": "load"}');
TRUNCATE src;
CALL run_pipeline('history') \gset
:counts
CALL run_pipeline('history') \gset
:counts
SELECT count(*) FILTER (WHERE is_current) AS current, count(*) > 5 AS versions FROM dst;

-- With a cursor only changed rows come, and nothing is taken for gone.
CREATE TABLE changes (id int, at int, val text);
INSERT INTO changes VALUES (1, 1, 'a'), (2, 1, 'b'), (3, 2, 'c');
SELECT create_pipeline('cursor', source => 'engine_history', source_table => 'engine_history.changes', destination_table => 'by_cursor', load => 'history', key_columns => '{id}', cursor_column => 'at') IS NULL AS missing;
CALL run_pipeline('cursor') \gset
SELECT line FROM explain_pipeline('cursor') AS line WHERE line ~ '^(history|guards|keys)';
DELETE FROM changes WHERE id = 1;
INSERT INTO changes VALUES (2, 3, 'old'), (2, 4, 'new'), (4, 4, 'd');
CALL run_pipeline('cursor') \gset
:counts
:told
SELECT id, at, val, is_current FROM by_cursor ORDER BY id, valid_from;
CALL run_pipeline('cursor') \gset
:counts

-- Into tables that are there.
CREATE TABLE lacks (id int, val text, valid_from timestamptz, valid_to timestamptz);
SELECT create_pipeline('there', source_query => 'SELECT 1 AS id, ''x''::text AS val', destination_table => 'lacks', load => 'history', key_columns => '{id}') IS NULL AS missing;
\set VERBOSITY default
CALL run_pipeline('there');
ALTER TABLE lacks ADD is_current int;
CALL run_pipeline('there');
\set VERBOSITY terse
ALTER TABLE lacks ALTER is_current TYPE bool USING true;
CALL run_pipeline('there') \gset
:counts
:told
INSERT INTO lacks VALUES (1, 'x', 'epoch', NULL, true);
\set VERBOSITY default
CALL run_pipeline('there');
\set VERBOSITY terse
DELETE FROM lacks WHERE valid_from = 'epoch';
SELECT alter_pipeline('there', source_query => 'SELECT 1 AS id, ''x''::text AS val, now() AS valid_from');
SELECT create_pipeline('other', source_query => 'SELECT 2 AS id, ''x''::text AS val', destination_table => 'lacks', load => 'history', key_columns => '{id}');
SELECT create_pipeline('other', source_query => 'SELECT 2 AS id, ''y''::text AS val', destination_table => 'lacks', load => 'history', key_columns => '{id}', options => '{"scope": "val = ''y''"}') IS NULL AS missing;
CALL run_pipeline('other') \gset
:counts
SELECT id, val, is_current FROM lacks ORDER BY 1;
SELECT create_pipeline('bad', source_table => 'src', destination_table => 'new', load => 'history');

-- Random histories: what is current is the source; what was at any run is what was loaded then.
CREATE TABLE story (id int, part int, val int, at int, more text, PRIMARY KEY (id, part));
CREATE TABLE truth (step int, id int, part int, val int, at int, more text);
CREATE TABLE instants (step int, at timestamptz);
CREATE PROCEDURE stories(seed float8, source text, destination_table text, steps int, by_cursor bool DEFAULT false, options jsonb DEFAULT '{}') LANGUAGE plpgsql AS $$
DECLARE
	clock int := 0;
	differ bigint;
	this_run uuid;
	total record;
BEGIN
	PERFORM setseed(seed);
	TRUNCATE engine_history.story, engine_history.truth, engine_history.instants;
	INSERT INTO engine_history.story SELECT i, i % 3, 0, 0 FROM generate_series(100, 103) AS i;
	PERFORM create_pipeline('story', source => source, source_table => 'engine_history.story', destination_table => destination_table, load => 'history', key_columns => '{id,part}',
		cursor_column => CASE WHEN by_cursor THEN 'at' END, options => options);
	COMMIT;
	FOR step IN 1..steps LOOP
		FOR i IN 1..floor(random() * 8)::int LOOP
			clock := clock + 1;
			CASE floor(random() * 5)::int
				WHEN 0, 1 THEN
					INSERT INTO engine_history.story VALUES (floor(random() * 20), floor(random() * 3), floor(random() * 3), clock, CASE WHEN random() < 0.5 THEN 'x' END) ON CONFLICT (id, part) DO UPDATE SET val = EXCLUDED.val, at = EXCLUDED.at;
				WHEN 2 THEN
					UPDATE engine_history.story SET val = floor(random() * 3), at = clock WHERE id = floor(random() * 20);
				WHEN 3 THEN
					UPDATE engine_history.story SET id = id + 20, at = clock WHERE id = floor(random() * 20) AND NOT by_cursor AND NOT EXISTS (SELECT FROM engine_history.story s WHERE s.id = story.id + 20);
				ELSE
					DELETE FROM engine_history.story WHERE id = floor(random() * 20) AND NOT by_cursor;
			END CASE;
		END LOOP;
		COMMIT;
		CALL run_pipeline('story', run => this_run);
		COMMIT;
		INSERT INTO engine_history.truth SELECT step, id, part, val, at, more FROM engine_history.story;
		INSERT INTO engine_history.instants VALUES (step, clock_timestamp());
		COMMIT;
	END LOOP;
	EXECUTE format('WITH seen AS (SELECT i.step, h.id, h.part, h.val, h.at, h.more FROM engine_history.instants i JOIN %1$s h ON h.valid_from <= i.at AND (h.valid_to IS NULL OR h.valid_to > i.at))
		SELECT count(*) FROM ((TABLE seen EXCEPT ALL TABLE engine_history.truth) UNION ALL (TABLE engine_history.truth EXCEPT ALL TABLE seen)) d', destination_table) INTO differ;
	IF differ > 0 THEN
		RAISE EXCEPTION '% rows of the past differ with seed %', differ, seed;
	END IF;
	EXECUTE format('SELECT count(*) FROM %1$s h WHERE is_current <> (valid_to IS NULL) OR valid_to <= valid_from OR EXISTS (SELECT FROM %1$s o WHERE (o.id, o.part) = (h.id, h.part) AND o.valid_from < h.valid_from AND (o.valid_to IS NULL OR o.valid_to > h.valid_from))
		OR EXISTS (SELECT FROM %1$s o WHERE (o.id, o.part) = (h.id, h.part) AND o.valid_from = h.valid_to AND (o.val, o.at, o.more) IS NOT DISTINCT FROM (h.val, h.at, h.more))', destination_table) INTO differ;
	IF differ > 0 THEN
		RAISE EXCEPTION '% versions overlap or are the same with seed %', differ, seed;
	END IF;
	SELECT bool_and(records_read = records_inserted + records_updated + records_unchanged + records_duplicate) AS reconciled, sum(records_inserted) > 0 AS inserted,
		sum(records_updated) > 0 AS updated, sum(records_deleted) > 0 AS deleted, sum(records_unchanged) > 0 AS unchanged INTO total FROM pipeline_runs WHERE pipeline_name = 'story';
	RAISE INFO '% % %: %', source, destination_table, options, total;
	PERFORM drop_pipeline('story');
	COMMIT;
END $$;
CREATE TABLE thirds (more text, id int, part int, val int, at int, valid_to timestamptz, valid_from timestamptz NOT NULL, is_current bool NOT NULL, PRIMARY KEY (part, id, valid_from)) PARTITION BY LIST (part);
CREATE TABLE thirds_0 PARTITION OF thirds FOR VALUES IN (0);
CREATE TABLE thirds_1 PARTITION OF thirds DEFAULT;
CREATE UNIQUE INDEX ON thirds (id, part) WHERE is_current;
CREATE TABLE loose (val int, at int, more text, id int, part int, is_current bool, valid_from timestamptz, valid_to timestamptz);
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN COALESCE(new, old); END $$;
CREATE TRIGGER touch BEFORE INSERT OR UPDATE OR DELETE ON loose FOR EACH ROW EXECUTE FUNCTION touch();
CALL stories(0.1, 'engine_history', 'engine_history.made', 25);
CALL stories(0.2, NULL, 'engine_history.made_here', 25);
CALL stories(0.3, 'engine_history', 'engine_history.thirds', 25);
CALL stories(0.4, 'engine_history', 'engine_history.loose', 25);
CALL stories(0.5, 'engine_history', 'engine_history.made_by_cursor', 25, by_cursor => true);
CALL stories(0.6, NULL, 'engine_history.stamped', 25, options => '{"load_columns": true}');

SELECT count(drop_pipeline(id)) FROM pipelines WHERE destination_table LIKE 'engine_history.%';
DROP SCHEMA engine_history CASCADE;
DROP SERVER engine_history CASCADE;
