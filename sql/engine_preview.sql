-- preview_pipeline: the rows of a run as they would be loaded, without loading any.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_sluice;
CREATE EXTENSION IF NOT EXISTS postgres_fdw;
CREATE ROLE sluice_preview_owner LOGIN;
CREATE ROLE sluice_preview_member LOGIN IN ROLE sluice_preview_owner;
CREATE ROLE sluice_preview_other LOGIN;
SELECT allow_pipelines(role) FROM unnest('{sluice_preview_owner, sluice_preview_member, sluice_preview_other}'::name[]) AS role;
CREATE SCHEMA engine_preview;
GRANT ALL ON SCHEMA engine_preview TO sluice_preview_owner;
SET search_path = engine_preview, public;
SELECT split_part(current_setting('unix_socket_directories'), ', ', 1) AS socket, current_setting('port') AS port,
	current_database() AS database, current_user AS role \gset
CREATE SERVER engine_preview FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host :'socket', port :'port', dbname :'database');
CREATE USER MAPPING FOR CURRENT_USER SERVER engine_preview OPTIONS (user :'role');
\set VERBOSITY default

CREATE TYPE feeling AS ENUM ('fine', 'sad');
CREATE DOMAIN short AS varchar(8) CHECK (value <> 'name 7');
CREATE TABLE src (id int, name text, amount numeric(12,3), at timestamptz, ok bool, data jsonb, mood feeling, bytes bytea);
INSERT INTO src SELECT i, 'name ' || i, i / 8.0, '2026-01-01 UTC'::timestamptz + i * interval '1 hour', i % 2 = 0,
	jsonb_build_object('i', i), CASE WHEN i % 3 = 0 THEN 'sad' ELSE 'fine' END::feeling, '\xfe' FROM generate_series(1, 3000) AS i;
CREATE FUNCTION pipe(name text, destination_table text DEFAULT 'new', source text DEFAULT NULL, columns text DEFAULT NULL, filter text DEFAULT NULL,
	source_query text DEFAULT NULL, load text DEFAULT 'append', destination text DEFAULT NULL, options jsonb DEFAULT '{}') RETURNS void LANGUAGE sql AS $$
	SELECT create_pipeline(name, source => source, source_table => CASE WHEN source_query IS NULL THEN 'engine_preview.src' END,
		source_query => source_query, destination => destination, destination_table => destination_table, load => load,
		columns => columns, filter => filter, timezone => 'Europe/Berlin', options => options)
$$;

-- A table that does not exist yet, and none is made. As many as there are or as are wanted, in the pipeline's zone.
SELECT pipe('new');
SELECT pipe('far', source => 'engine_preview');
SELECT preview_pipeline('new', 1);
SELECT preview_pipeline('far', 1);
SELECT count(*), count(DISTINCT preview_pipeline -> 'id') FROM preview_pipeline('new', 10000);
SELECT count(*), count(DISTINCT preview_pipeline -> 'id') FROM preview_pipeline('far', 10000);
SELECT count(*) FROM preview_pipeline('new');
SELECT count(*) FROM preview_pipeline((SELECT id FROM pipelines WHERE name = 'far'));
SELECT to_regclass('new') AS made, count(*) AS runs FROM pipeline_runs WHERE pipeline_name IN ('new', 'far');

-- What a run would put aside, or fail at, is shown with its reason, and counts.
SELECT pipe('bad here', columns => 'id, CASE WHEN id % 3 = 0 THEN name ELSE id::text END::int AS n', filter => 'id > 4');
SELECT pipe('bad far', source => 'engine_preview', columns => 'id, CASE WHEN id % 3 = 0 THEN name ELSE id::text END::int AS n', filter => 'id > 4');
SELECT pipe('all bad', source => 'engine_preview', columns => 'id, name::int AS n');
SELECT preview_pipeline('bad far', 1), preview_pipeline('bad here', 1);
SET client_min_messages = notice;
SELECT preview_pipeline('bad far', 1);
SELECT preview_pipeline('bad far', 3);
SET client_min_messages = warning;
SELECT preview_pipeline('bad here', 3);
SELECT name, alter_pipeline(name, options => '{"on_reject": "quarantine"}') FROM unnest('{bad here, bad far, all bad}'::text[]) AS name;
SELECT preview_pipeline('bad far', 4);
SELECT count(*), count(*) FILTER (WHERE a ? '_rejected') AS rejected, bool_and(a #- '{_rejected,original}' = b #- '{_rejected,original}') AS same FROM
	(SELECT row_number() OVER (), a FROM preview_pipeline('bad far', 3000) AS a) AS a JOIN (SELECT row_number() OVER (), b FROM preview_pipeline('bad here', 3000) AS b) AS b USING (row_number);
SELECT count(*) AS shown, count(*) FILTER (WHERE p ? '_rejected') AS rejected, min(p -> '_rejected' ->> 'reason') AS reason FROM preview_pipeline('all bad', 700) AS p;
SELECT count(*) FROM rejected_rows WHERE pipeline = 'all bad';
SELECT count(drop_pipeline(name)) FROM unnest('{bad here, bad far, all bad}'::text[]) AS name;

-- What the destination's own rules refuse, with the reason that the run would keep, whoever reads and whatever on_reject says.
CREATE SEQUENCE numbers;
CREATE TABLE ruled (id int NOT NULL, name text CONSTRAINT not_five CHECK (name <> 'name 5'), total int GENERATED ALWAYS AS (id * 2) STORED CONSTRAINT not_double CHECK (total <> 12),
	state text NOT NULL DEFAULT 'new' CONSTRAINT is_new CHECK (state = 'new'), key bigint NOT NULL DEFAULT nextval('numbers') CONSTRAINT key_is_set CHECK (key > 0 AND id > 0), gone int);
ALTER TABLE ruled DROP gone;
SELECT pipe('ruled here', 'ruled', columns => 'name, nullif(id, 3) AS id', filter => 'id > 1');
SELECT pipe('ruled far', 'ruled', source => 'engine_preview', columns => 'name, nullif(id, 3) AS id', filter => 'id > 1');
SELECT preview_pipeline('ruled here', 6);
SELECT count(*) AS same FROM (SELECT row_number() OVER (), p FROM preview_pipeline('ruled here', 2000) AS p) AS a JOIN (SELECT row_number() OVER (), p FROM preview_pipeline('ruled far', 2000) AS p) AS b USING (row_number, p);
SELECT name, alter_pipeline(name, options => '{"on_reject": "quarantine"}') FROM unnest('{ruled here, ruled far}'::text[]) AS name;
SELECT preview_pipeline('ruled far', 5);
SELECT count(*) AS shown, count(*) FILTER (WHERE p ? '_rejected') AS rejected FROM preview_pipeline('ruled here', 3000) AS p;
CALL run_pipeline('ruled here') \gset
SELECT position, column_name, reason FROM rejected_rows WHERE pipeline = 'ruled here' ORDER BY position;
SELECT count(*) AS same FROM rejected_rows AS r JOIN preview_pipeline('ruled here', 3000) AS p ON p -> '_rejected' = jsonb_build_object('position', r.position, 'column_name', r.column_name, 'sqlstate', r.sqlstate, 'reason', r.reason, 'original', r.original)
	WHERE r.pipeline = 'ruled here';
SELECT last_value FROM numbers;
-- several in one batch, at its ends as well; where all rows are read first; a transform
SELECT pipe('refused', 'ruled', columns => 'CASE WHEN id % 3 = 1 THEN id END AS id, name');
SELECT row ? '_rejected' AS rejected, count(*) FROM preview_pipeline('refused', 1500) AS row GROUP BY 1 ORDER BY 1;
SELECT preview_pipeline('refused', 3);
SELECT pipe('refused by sql', 'ruled', source => 'engine_preview', columns => 'nullif(id, 2)::int AS id, (SELECT name) AS name');
SELECT preview_pipeline('refused by sql', 2);
SELECT pipe('refused by transform', 'ruled', columns => 'id, name', options => '{"transform": "SELECT nullif(id, 2) AS id, name FROM source"}');
SELECT preview_pipeline('refused by transform', 2);
-- a domain and a length are part of the conversion
CREATE TABLE shaped (name short, brief varchar(6));
SELECT pipe('shaped', 'shaped', columns => 'name, name AS brief', filter => 'id BETWEEN 7 AND 12', options => '{"on_reject": "quarantine"}');
SELECT p #- '{_rejected,original}' FROM preview_pipeline('shaped') AS p;
SELECT alter_pipeline('shaped', options => '{"on_reject": "fail"}');
SELECT p #- '{_rejected,original}' FROM preview_pipeline('shaped') AS p;
-- where it cannot be told which row it is, and where the whole row may not be read, it is an error, as in the run
SELECT pipe('all of it', 'shaped', columns => 'max(name) AS name, max(name) AS brief');
SELECT preview_pipeline('all of it');
SELECT drop_pipeline('all of it');
CREATE ROLE preview_owner LOGIN;
SELECT allow_pipelines('preview_owner');
GRANT USAGE ON SCHEMA engine_preview TO preview_owner;
GRANT SELECT (id, name) ON src TO preview_owner;
GRANT INSERT, SELECT ON shaped TO preview_owner;
SET SESSION AUTHORIZATION preview_owner;
SELECT create_pipeline('part', source_table => 'engine_preview.src', destination_table => 'engine_preview.shaped', load => 'append', columns => 'name, name AS brief', filter => 'id > 8') IS NOT NULL;
SELECT preview_pipeline('part', 1);
SELECT preview_pipeline('part', 2);
SELECT drop_pipeline('part');
RESET SESSION AUTHORIZATION;
SELECT disallow_pipelines('preview_owner');
DROP OWNED BY preview_owner;
DROP ROLE preview_owner;
-- a merge: keys, and no rule about columns that it leaves as they are
CREATE TABLE merged (id int PRIMARY KEY, n int DEFAULT 1, name text, CONSTRAINT in_order CHECK (id > n), CONSTRAINT not_two CHECK (name <> 'name 2'));
SELECT create_pipeline('merged', source_table => 'engine_preview.src', destination_table => 'engine_preview.merged', key_columns => '{id}', columns => 'nullif(id, 1) AS id, name') IS NOT NULL;
SELECT preview_pipeline('merged', 3);
-- what a trigger makes of a row nobody knows; a partitioned table has rules as well
CREATE TABLE triggered (LIKE ruled INCLUDING ALL);
CREATE FUNCTION mends() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.id := 1; RETURN NEW; END $$;
CREATE TRIGGER mends BEFORE INSERT ON triggered FOR EACH ROW EXECUTE FUNCTION mends();
SELECT pipe('triggered', 'triggered', columns => 'nullif(id, 1) AS id');
SELECT preview_pipeline('triggered', 1);
CREATE TABLE parted (id int NOT NULL, name text CHECK (name <> 'name 2')) PARTITION BY LIST (id);
SELECT pipe('parted', 'parted', columns => 'nullif(id, 1) AS id, name');
SELECT preview_pipeline('parted', 3);
-- a check that writes
CREATE FUNCTION counts_calls(int) RETURNS bool LANGUAGE sql AS $$ SELECT nextval('engine_preview.numbers') > 0 $$;
CREATE TABLE watched (id int CHECK (counts_calls(id)));
SELECT pipe('watched', 'watched', columns => 'id');
SELECT preview_pipeline('watched', 1);
SELECT count(drop_pipeline(name)) FROM unnest('{ruled here, ruled far, refused, refused by sql, refused by transform, shaped, merged, triggered, parted, watched}'::text[]) AS name;

-- What a run would alter before it loads: columns that come, types that become wider, a NOT NULL that goes.
CREATE TABLE grows (id int PRIMARY KEY, amount numeric(4,1) NOT NULL CONSTRAINT not_much CHECK (amount < 100), name text NOT NULL);
CREATE TABLE grown (id int PRIMARY KEY, amount numeric(4,1), name text);
INSERT INTO grown VALUES (1, 1.5, 'one'), (2, 2.5, 'two');
SELECT create_pipeline('grows', source_table => 'engine_preview.grown', destination_table => 'engine_preview.grows', load => 'replace',
	options => '{"on_new_column": "evolve", "on_changed_type": "evolve", "on_missing_column": "evolve"}') IS NOT NULL;
CALL run_pipeline('grows') \gset
ALTER TABLE grown ADD note varchar(5) DEFAULT 'n', ALTER amount TYPE numeric(8,3), DROP name;
UPDATE grown SET amount = 2.625 WHERE id = 2;
INSERT INTO grown VALUES (3, NULL);
SELECT preview_pipeline('grows');
SELECT attname FROM pg_attribute WHERE attrelid = 'grows'::regclass AND attnum > 0 ORDER BY attnum;
DELETE FROM grown WHERE id = 3;
CALL run_pipeline('grows') \gset
SELECT count(*) FROM (SELECT to_jsonb(g) - 'name' FROM grows AS g EXCEPT SELECT preview_pipeline('grows')) AS d;
SELECT drop_pipeline('grows');

-- As the columns of the destination, those that are fed.
CREATE SEQUENCE taken;
CREATE TABLE fed (day date, amount int, id bigint DEFAULT nextval('taken'), twice bigint GENERATED ALWAYS AS (amount * 2) STORED,
	mood feeling, at timestamp, unfed int, name short);
SELECT pipe('local', 'fed', columns => 'at, at AS day, amount, name, mood');
SELECT pipe('wire', 'fed', source => 'engine_preview', columns => 'at, at AS day, amount, name, mood');
SELECT preview_pipeline('local', 2);
SELECT preview_pipeline('wire', 2);
SELECT count(*) FROM fed;
SELECT is_called FROM taken;
-- a row that does not fit is an error where it is looked at
SELECT count(*) FROM preview_pipeline('local', 6);
SELECT count(*) FROM preview_pipeline('wire', 6);
SELECT preview_pipeline('local', 7);
SELECT preview_pipeline('wire', 7);
SELECT pipe('exact', 'fed', columns => 'amount', options => '{"on_loss": "fail"}');
SELECT preview_pipeline('exact', 7);
SELECT pipe('extra', 'fed', columns => 'id, 1 AS none');
SELECT pipe('extra', 'fed', source => 'engine_preview', columns => 'id, 1 AS none');
SELECT preview_pipeline('extra');

-- Not more is read or computed than is shown.
SELECT pipe('stops', columns => '10 / (id - 20) AS id');
SELECT pipe('far stops', source => 'engine_preview', columns => '10 / (id - 20) AS id');
SELECT pipe('far filtered', source => 'engine_preview', columns => '10 / (id - 20) AS id', filter => 'upper(name) <> ''NAME 1''');
SELECT pipe('there', source => 'engine_preview', source_query => 'SELECT 10 / (i - 2000) AS id FROM generate_series(1, 100000) AS i');
SELECT name, count(*), min(row ->> 'id') FROM unnest('{stops, far stops, far filtered, there}'::text[]) AS name, preview_pipeline(name, 15) AS row GROUP BY name ORDER BY name;
SELECT count(*) FROM preview_pipeline('far filtered', 19);
SELECT count(*) FROM preview_pipeline('there', 2000);

-- The filter, by the source and here; more rows than a batch has.
SELECT pipe('pushed', source => 'engine_preview', columns => 'id', filter => 'id > 2990');
SELECT preview_pipeline('pushed', 3);
SELECT pipe('kept', source => 'engine_preview', columns => 'id', filter => 'data ->> ''i'' <> ''7''');
SELECT count(*) FROM preview_pipeline('kept', 10000);
SELECT count(*) FROM preview_pipeline('kept', 1500);

-- What needs all rows.
SELECT pipe('sums', source => 'engine_preview', columns => 'ok, count(*) AS n, sum(amount) AS amount, (SELECT max(id) FROM source) AS last', filter => 'id <= 2000');
SELECT alter_pipeline('sums', columns => 'count(*) AS n, sum(amount) AS amount, (SELECT max(id) FROM source) AS last, array_agg(DISTINCT mood) AS moods');
SELECT preview_pipeline('sums');
SELECT pipe('ranks', source => 'engine_preview', columns => 'id, rank() OVER (ORDER BY id DESC) AS place');
SELECT count(*), max((row ->> 'id')::int + (row ->> 'place')::int) FROM preview_pipeline('ranks', 2500) AS row;
SELECT pipe('series', columns => 'id, generate_series(1, id) AS part');
SELECT preview_pipeline('series', 3);
SELECT pipe('far series', source => 'engine_preview', columns => 'id, generate_series(1, id) AS part, mood');
SELECT preview_pipeline('far series', 3);
-- spilled
SET work_mem = '64kB';
SELECT preview_pipeline('sums');
RESET work_mem;
-- the same as a run loads
CALL run_pipeline('sums') \gset
SELECT to_jsonb(new) = (SELECT preview_pipeline('sums')) AS same FROM new;
DROP TABLE new;

-- By a cursor what is new; rows that were read before and come again are not shown.
SELECT create_pipeline('new rows', source_table => 'engine_preview.src', destination_table => 'engine_preview.seen', load => 'append', cursor_column => 'id', columns => 'id') IS NOT NULL;
SELECT create_pipeline('far new rows', source => 'engine_preview', source_table => 'engine_preview.src', destination_table => 'engine_preview.far_seen', load => 'append', cursor_column => 'id', columns => 'id') IS NOT NULL;
SELECT count(*) FROM unnest('{new rows, far new rows}'::text[]) AS name, preview_pipeline(name, 10000);
CALL run_pipeline('new rows') \gset
CALL run_pipeline('far new rows') \gset
INSERT INTO src (id) VALUES (3000), (3001);
SELECT name, row FROM unnest('{new rows, far new rows}'::text[]) AS name, preview_pipeline(name) AS row ORDER BY name, row;
CALL run_pipeline('new rows') \gset
CALL run_pipeline('far new rows') \gset
SELECT count(*) FROM seen UNION ALL SELECT count(*) FROM far_seen;
SELECT count(*) FROM unnest('{new rows, far new rows}'::text[]) AS name, preview_pipeline(name);
-- Neither are they where all rows are read before any is computed.
SELECT alter_pipeline('far new rows', columns => '(SELECT id) AS id');
SELECT count(*) FROM preview_pipeline('far new rows');
INSERT INTO src (id) VALUES (3001), (3002);
SELECT row FROM preview_pipeline('far new rows') AS row ORDER BY row;
DELETE FROM src WHERE name IS NULL;
-- A command has none.
SELECT create_pipeline('command', command => 'SELECT 1') IS NOT NULL;
SELECT preview_pipeline('command');
SELECT drop_pipeline('command');

-- No columns, no rows.
SELECT pipe('no columns', source => 'engine_preview', source_query => 'SELECT FROM generate_series(1, 3)');
SELECT preview_pipeline('no columns', 2);
SELECT pipe('no rows', source => 'engine_preview', filter => 'id < 0');
SELECT preview_pipeline('no rows');

-- At another server.
SELECT pipe('out', 'engine_preview.fed', columns => 'at, at AS day, amount, mood', destination => 'engine_preview');
SELECT preview_pipeline('out', 2);
SELECT pipe('out new', 'engine_preview.out_new', source => 'engine_preview', columns => 'id, mood', destination => 'engine_preview');
SELECT preview_pipeline('out new', 2);
SELECT to_regclass('out_new') AS made, to_regclass('pg_sluice_ledger') AS ledger;

-- The context.
SELECT pipe('context', columns => 'id, run_context() ->> ''a'' AS a', filter => 'id = (run_context() ->> ''id'')::int');
SELECT preview_pipeline('context', 2, '{"id": 5, "a": "x"}');
SELECT preview_pipeline('context', 2);
SELECT pipe('far context', source => 'engine_preview', source_query => 'SELECT run_context() ->> ''a'' AS a');
SELECT preview_pipeline('far context', context => '{"a": "it''s"}');
SELECT run_context();
SELECT preview_pipeline('context', 2, '[]');

-- It writes nothing, and asks for no more.
SELECT pipe('writes', columns => 'nextval(''engine_preview.taken'') AS id');
SELECT preview_pipeline('writes');
CREATE FUNCTION leaves_a_trace() RETURNS int LANGUAGE plpgsql AS $$ BEGIN INSERT INTO engine_preview.fed (id) VALUES (1); RETURN 1; END $$;
SELECT pipe('traces', columns => 'engine_preview.leaves_a_trace() AS id');
SELECT preview_pipeline('traces', 1);
SELECT pipe('far traces', source => 'engine_preview', columns => 'engine_preview.leaves_a_trace() AS id');
DO $$ BEGIN PERFORM preview_pipeline('far traces', 1); EXCEPTION WHEN read_only_sql_transaction THEN INSERT INTO engine_preview.fed (id) VALUES (-1); END $$;
SELECT id FROM fed;
SELECT is_called FROM taken;
BEGIN TRANSACTION READ ONLY;
SELECT count(*) FROM preview_pipeline('sums');
SELECT count(*) FROM preview_pipeline('new');
COMMIT;
BEGIN;
SELECT count(*) FROM preview_pipeline('local', 5);
SELECT count(*) FROM preview_pipeline('wire', 5);
SELECT DISTINCT mode FROM pg_locks WHERE relation::regclass::text IN ('src', 'fed') ORDER BY 1;
CREATE TABLE still_writes (a int);
COMMIT;

SELECT preview_pipeline('new', 0);
SELECT preview_pipeline('new', 10001);
SELECT preview_pipeline('new', NULL);
SELECT preview_pipeline('none');
SELECT create_pipeline('unfinished', source_table => 'engine_preview.src', status => 'inactive') IS NOT NULL;
SELECT preview_pipeline('unfinished');

-- As the owner, for those who may become it.
CREATE TABLE who (seen text);
GRANT ALL ON who TO sluice_preview_owner;
INSERT INTO who VALUES ('x');
CREATE FUNCTION i_am() RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	BEGIN
		RESET ROLE;
	EXCEPTION WHEN OTHERS THEN
		RETURN current_user || ', ' || SQLERRM;
	END;
	RETURN current_user;
END $$;
SET SESSION AUTHORIZATION sluice_preview_owner;
SELECT create_pipeline('whose', source_table => 'engine_preview.who', destination_table => 'engine_preview.whose', columns => 'engine_preview.i_am() AS seen') IS NOT NULL;
SELECT preview_pipeline('whose');
SET SESSION AUTHORIZATION sluice_preview_member;
SELECT preview_pipeline('sluice_preview_owner/whose');
SET SESSION AUTHORIZATION sluice_preview_other;
SELECT preview_pipeline('sluice_preview_owner/whose');
RESET SESSION AUTHORIZATION;
SELECT preview_pipeline('sluice_preview_owner/whose');
-- rights without SET ROLE do not do, nor does a superuser's session at the owner's server
CREATE SERVER engine_preview_tcp FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port '1', dbname 'x');
GRANT USAGE ON FOREIGN SERVER engine_preview_tcp TO sluice_preview_owner;
CREATE USER MAPPING FOR sluice_preview_owner SERVER engine_preview_tcp OPTIONS (user 'sluice_preview_owner', password 'x');
SELECT create_pipeline('whose far', source => 'engine_preview_tcp', source_table => 'engine_preview.src', destination_table => 'engine_preview.whose',
	load => 'append', owner => 'sluice_preview_owner') IS NOT NULL;
SELECT preview_pipeline('sluice_preview_owner/whose far');
SET SESSION AUTHORIZATION sluice_preview_owner;
SELECT preview_pipeline('whose far');
RESET SESSION AUTHORIZATION;
REVOKE ALL ON who FROM sluice_preview_owner;
SELECT preview_pipeline('sluice_preview_owner/whose');
SELECT disallow_pipelines('sluice_preview_owner');
SET SESSION AUTHORIZATION sluice_preview_owner;
SELECT preview_pipeline('whose');
RESET SESSION AUTHORIZATION;

SELECT count(drop_pipeline(id)) FROM pipelines WHERE source_table LIKE 'engine_preview.%' OR source LIKE 'engine_preview%';
DROP SCHEMA engine_preview CASCADE;
DROP SERVER engine_preview, engine_preview_tcp CASCADE;
DROP OWNED BY sluice_preview_owner, sluice_preview_member, sluice_preview_other;
DROP ROLE sluice_preview_owner, sluice_preview_member, sluice_preview_other;
