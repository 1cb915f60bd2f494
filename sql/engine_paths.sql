-- Which way rows enter the destination, and that each way does what plain SQL would do.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_sluice;
CREATE SCHEMA engine_paths;
SET search_path = engine_paths, public;
\set log 'SELECT level, regexp_replace(message, ''built in .*seconds?'', ''built'') AS message FROM pipeline_log WHERE run = :''run'' AND message NOT LIKE ''reads %'' ORDER BY line;'

CREATE TABLE src (id int, val text, ref int);
INSERT INTO src SELECT i, 'v' || i, i % 3 FROM generate_series(1, 1200) AS i;
CREATE FUNCTION pipe(name text, destination_table text, load text, source_query text DEFAULT NULL) RETURNS void LANGUAGE sql AS $$
	SELECT create_pipeline(name, source_table => CASE WHEN source_query IS NULL THEN 'src' END, source_query => source_query,
		destination_table => destination_table, load => load)
$$;

-- A replaced table keeps its OID, views, grants, comments and indexes; its file is another one.
CREATE TABLE kept (id int PRIMARY KEY, val text, ref int CHECK (ref < 10));
CREATE INDEX kept_val ON kept (val);
INSERT INTO kept VALUES (-1, 'old', 0);
CREATE VIEW kept_view AS SELECT count(*) AS n, max(val) AS val FROM kept;
CREATE MATERIALIZED VIEW kept_matview AS SELECT count(*) AS n FROM kept;
GRANT SELECT ON kept TO PUBLIC;
COMMENT ON TABLE kept IS 'mine';
SELECT 'kept'::regclass::oid AS oid, pg_relation_filenode('kept') AS file \gset
SELECT pipe('replace', 'kept', 'replace');
CALL run_pipeline('replace') \gset
:log
SELECT 'kept'::regclass::oid = :oid AS same_oid, pg_relation_filenode('kept') <> :file AS new_file,
	has_table_privilege('public', 'kept', 'SELECT') AS granted, obj_description('kept'::regclass) AS comment;
SELECT * FROM kept_view;
REFRESH MATERIALIZED VIEW kept_matview;
SELECT * FROM kept_matview;
SET enable_seqscan = off;
SELECT val FROM kept WHERE id = 77;
SELECT id FROM kept WHERE val = 'v78';
RESET enable_seqscan;
SELECT relpages > 0 AS pages, reltuples FROM pg_class WHERE oid = 'kept'::regclass;
SELECT pg_stat_force_next_flush();
SELECT n_live_tup, n_dead_tup, n_tup_ins FROM pg_stat_user_tables WHERE relid = 'kept'::regclass;
SELECT indisvalid, indisready FROM pg_index WHERE indrelid = 'kept'::regclass;
-- and rolls back as a whole
BEGIN;
TRUNCATE src;
SELECT alter_pipeline('replace', options => '{"on_empty": "load"}');
CALL run_pipeline('replace') \gset
SELECT count(*) FROM kept;
ROLLBACK;
SELECT count(*) FROM kept;
-- an open cursor of the same session is in the way
BEGIN;
DECLARE c CURSOR FOR SELECT * FROM kept;
FETCH 1 FROM c;
CALL run_pipeline('replace') \gset
ROLLBACK;

-- Indexes are kept up row by row on append; a duplicate is an error and nothing is loaded.
SELECT pipe('append', 'kept', 'append', 'SELECT id + 5000 AS id, val FROM src');
CALL run_pipeline('append') \gset
SELECT count(*) FROM kept;
CALL run_pipeline('append') \gset
\echo :LAST_ERROR_SQLSTATE
SELECT count(*) FROM kept;

-- Identity, generated columns, defaults, partial and expression indexes, exclusion.
CREATE TABLE made (
	id int GENERATED ALWAYS AS IDENTITY,
	val text,
	doubled int GENERATED ALWAYS AS (ref * 2) STORED,
	ref int,
	at int DEFAULT 7,
	dropped int,
	EXCLUDE USING btree (id WITH =)
);
ALTER TABLE made DROP dropped;
CREATE UNIQUE INDEX ON made (upper(val)) WHERE ref = 1;
SELECT pipe('made', 'made', 'append', 'SELECT id, val, ref, 5 AS doubled FROM src');
CALL run_pipeline('made') \gset
:log
SELECT count(*), min(id), max(id), sum(doubled) = 2 * sum(ref) AS doubled, min(at) FROM made;
SELECT pipe('made_without', 'made', 'replace', 'SELECT val, ref FROM src');
CALL run_pipeline('made_without') \gset
SELECT count(*), min(id), max(id), sum(doubled) = 2 * sum(ref) AS doubled FROM made;

-- Foreign keys from the table, checked by one query. NULL passes, MATCH FULL does not mix.
CREATE TABLE parent (a int, b text, PRIMARY KEY (a, b));
INSERT INTO parent VALUES (1, 'x'), (2, 'y');
CREATE TABLE child (n int, a int, b text, FOREIGN KEY (a, b) REFERENCES parent);
INSERT INTO child VALUES (0, 1, 'x');
SELECT pipe('child', 'child', 'append', 'SELECT n, n AS a, CASE n WHEN 1 THEN ''x'' WHEN 2 THEN ''y'' END AS b FROM generate_series(1, 3) AS n');
CALL run_pipeline('child') \gset
:log
SELECT * FROM child ORDER BY n;
SELECT pipe('orphan', 'child', 'append', 'SELECT 4 AS n, 4 AS a, ''z'' AS b');
CALL run_pipeline('orphan') \gset
\echo :LAST_ERROR_SQLSTATE
ALTER TABLE child DROP CONSTRAINT child_a_b_fkey, ADD CONSTRAINT whole FOREIGN KEY (a, b) REFERENCES parent MATCH FULL NOT VALID;
CALL run_pipeline('child') \gset
SELECT count(*) FROM child;
ALTER TABLE child DROP CONSTRAINT whole;
-- a reference to itself
CREATE TABLE tree (id bigint PRIMARY KEY, parent int REFERENCES tree);
SELECT pipe('tree', 'tree', 'replace', 'SELECT i AS id, nullif(i / 2, 0) AS parent FROM generate_series(1, 100) AS i');
CALL run_pipeline('tree') \gset
:log
SELECT count(*) FROM tree;
SELECT pipe('no_tree', 'tree', 'replace', 'SELECT 1 AS id, 2 AS parent');
CALL run_pipeline('no_tree') \gset
SELECT count(*) FROM tree;
-- Foreign keys to the table hold after it was replaced, whatever they do on DELETE.
CREATE TABLE code (id int PRIMARY KEY, val text);
INSERT INTO code VALUES (1, 'one'), (2, 'two');
CREATE TABLE uses (code int REFERENCES code ON DELETE CASCADE);
INSERT INTO uses VALUES (1), (2), (NULL);
SELECT pipe('code', 'code', 'replace', 'SELECT id, val FROM src WHERE id < 5');
CALL run_pipeline('code') \gset
:log
SELECT count(*) FROM code;
SELECT count(*) FROM uses;
DELETE FROM src WHERE id = 2;
CALL run_pipeline('code') \gset
\echo :LAST_ERROR_SQLSTATE
SELECT count(*) FROM code;
SELECT pipe('no_code', 'code', 'replace', 'SELECT 1 AS id WHERE false');
SELECT alter_pipeline('no_code', options => '{"on_empty": "load"}');
CALL run_pipeline('no_code') \gset
SELECT count(*) FROM code;

-- By SQL: triggers, also statement ones; rules; partitions; views; row-level security; inheritance; deferrable keys.
CREATE TABLE triggered (id int, val text, ref int NOT NULL);
CREATE FUNCTION fill() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.ref := 42; RETURN NEW; END $$;
CREATE TRIGGER fill BEFORE INSERT ON triggered FOR EACH ROW EXECUTE FUNCTION fill();
SELECT pipe('triggered', 'triggered', 'append', 'SELECT id, val FROM src');
CALL run_pipeline('triggered') \gset
:log
SELECT count(*), sum(ref) FROM triggered;
SELECT pipe('triggered_replace', 'triggered', 'replace', 'SELECT id, max(val) OVER () AS val FROM triggered WHERE id <= 10');
CALL run_pipeline('triggered_replace') \gset
:log
SELECT count(*), sum(ref) FROM triggered;
CREATE TABLE parted (id int, val text, ref int) PARTITION BY RANGE (id);
CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM (0) TO (600);
CREATE TABLE parted_2 PARTITION OF parted FOR VALUES FROM (600) TO (2000);
SELECT pipe('parted', 'parted', 'replace');
CALL run_pipeline('parted') \gset
:log
SELECT tableoid::regclass, count(*) FROM parted GROUP BY 1 ORDER BY 1;
SELECT pipe('partition', 'parted_1', 'append', 'SELECT * FROM src WHERE id < 100');
CALL run_pipeline('partition') \gset
:log
SELECT pipe('outside', 'parted_1', 'append', 'SELECT * FROM src WHERE id = 700');
CALL run_pipeline('outside') \gset
CREATE VIEW parted_view AS SELECT id, val FROM parted WHERE id < 5 WITH CHECK OPTION;
SELECT pipe('view', 'parted_view', 'replace', 'SELECT id, ''seen'' AS val FROM src WHERE id < 5');
CALL run_pipeline('view') \gset
:log
SELECT * FROM parted_view ORDER BY id;
CREATE TABLE ruled (id int, val text);
CREATE RULE copy AS ON INSERT TO ruled DO ALSO INSERT INTO triggered VALUES (NEW.id, 'by rule');
SELECT pipe('ruled', 'ruled', 'append', 'SELECT id, val FROM src WHERE id < 4');
CALL run_pipeline('ruled') \gset
:log
SELECT count(*) FROM triggered WHERE val = 'by rule';
CREATE TABLE ancestor (id int, val text);
CREATE TABLE heir () INHERITS (ancestor);
SELECT pipe('ancestor', 'ancestor', 'append', 'SELECT id, val FROM src WHERE id < 4');
CALL run_pipeline('ancestor') \gset
:log
CREATE TABLE deferred (id int UNIQUE DEFERRABLE, val text);
SELECT pipe('deferred', 'deferred', 'append', 'SELECT id, val FROM src WHERE id < 4');
CALL run_pipeline('deferred') \gset
:log
CREATE TABLE to_parted (id int, val text);
TRUNCATE parted;
INSERT INTO parted SELECT * FROM src;
ALTER TABLE parted ADD PRIMARY KEY (id);
ALTER TABLE to_parted ADD CONSTRAINT into_parts FOREIGN KEY (id) REFERENCES parted;
SELECT pipe('to_parted', 'to_parted', 'append', 'SELECT id, val FROM src WHERE id = 700');
CALL run_pipeline('to_parted') \gset
:log
CREATE ROLE regress_engine_guest;
CREATE TABLE guarded (id int, val text);
ALTER TABLE guarded OWNER TO regress_engine_guest;
ALTER TABLE guarded ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
SELECT pipe('guarded', 'guarded', 'append', 'SELECT id, val FROM src WHERE id < 4');
CALL run_pipeline('guarded') \gset
:log
-- a referenced table that the destination's owner may not read
CREATE TABLE secret (id int PRIMARY KEY);
CREATE TABLE pointing (id int REFERENCES secret);
ALTER TABLE pointing OWNER TO regress_engine_guest;
INSERT INTO secret VALUES (1);
SELECT pipe('pointing', 'pointing', 'append', 'SELECT 1 AS id');
CALL run_pipeline('pointing') \gset
:log
-- a staged replace never deletes in other tables
CREATE TABLE held (id int PRIMARY KEY);
CREATE TRIGGER fill AFTER TRUNCATE ON held FOR EACH STATEMENT EXECUTE FUNCTION fill();
CREATE TABLE holder (id int REFERENCES held ON DELETE SET NULL);
SELECT pipe('held', 'held', 'replace', 'SELECT id FROM src');
CALL run_pipeline('held') \gset
\echo :LAST_ERROR_SQLSTATE

-- Unlogged tables stay so; a literal and a cast by text reach the staged path too.
CREATE UNLOGGED TABLE unlogged (id int, day date);
SELECT pipe('unlogged', 'unlogged', 'replace', 'SELECT id FROM src');
CALL run_pipeline('unlogged') \gset
SELECT relpersistence FROM pg_class WHERE oid = 'unlogged'::regclass;
CREATE TABLE days (id int, day date) PARTITION BY LIST (id);
CREATE TABLE days_all PARTITION OF days DEFAULT;
SELECT create_pipeline('days', source_table => 'src', columns => 'id, ''2026-05-06'' AS day', filter => 'id < 3',
	destination_table => 'days', load => 'append') IS NOT NULL AS ok;
CALL run_pipeline('days') \gset
SELECT * FROM days ORDER BY id;
SELECT alter_pipeline('days', load => 'replace');
CALL run_pipeline('days') \gset
SELECT * FROM days ORDER BY id;

-- Published tables are replaced in place, so that subscribers see it.
CREATE PUBLICATION engine_paths FOR TABLE kept;
SELECT current_setting('wal_level') = 'logical' AS logical \gset
SELECT pg_relation_filenode('kept') AS file \gset
CALL run_pipeline('replace') \gset
:log
SELECT count(*), pg_relation_filenode('kept') = :file AS same_file FROM kept;
ALTER TABLE kept REPLICA IDENTITY NOTHING;
CALL run_pipeline('replace') \gset
INSERT INTO src VALUES (2, 'two', 2);
ALTER PUBLICATION engine_paths ADD TABLE code, child;
CALL run_pipeline('code') \gset
:log
SELECT count(*) FROM code;
SELECT count(*) FROM uses;
CALL run_pipeline('no_code') \gset
SELECT count(*) FROM code;
DROP PUBLICATION engine_paths;

-- analyze => 'off'
SELECT alter_pipeline('replace', options => '{"analyze": "off"}');
CALL run_pipeline('replace') \gset
:log

-- direct => 'off'
SELECT bool_or(line ~ '^direct load: ') AS direct FROM explain_pipeline('replace') AS line;
SELECT alter_pipeline('replace', options => '{"direct": "never"}');
SELECT alter_pipeline('replace', options => '{"direct": "off"}');
SELECT bool_or(line ~ '^direct load: ') AS direct FROM explain_pipeline('replace') AS line;
CALL run_pipeline('replace') \gset
:log
SELECT alter_pipeline('replace', options => '{"direct": null}');

SELECT * FROM explain_pipeline('replace');
SELECT * FROM explain_pipeline('parted');
SELECT count(drop_pipeline(id)) FROM pipelines WHERE destination_table LIKE 'engine\_paths.%';
DROP SCHEMA engine_paths CASCADE;
DROP ROLE regress_engine_guest;
