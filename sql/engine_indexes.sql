-- A replaced table's indexes are built on the new file before the swap: all kinds, with everything that belongs to them.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_sluice;
CREATE EXTENSION IF NOT EXISTS amcheck;
CREATE SCHEMA engine_indexes;
SET search_path = engine_indexes, public;
\set log 'SELECT level, phase, regexp_replace(message, ''built in .*seconds?'', ''built'') AS message FROM pipeline_log WHERE run = :''run'' AND message NOT LIKE ''reads %'' ORDER BY line;'
CREATE TABLE src (id int, val text, n int, span int4range, words tsvector, spot point, note text);
INSERT INTO src SELECT i, 'v' || i, i % 7, int4range(i * 10, i * 10 + 5), to_tsvector('simple', 'word' || i % 50), point(i, -i),
	CASE WHEN i % 500 = 0 THEN (SELECT string_agg(md5((i + j)::text), '') FROM generate_series(1, 500) AS j) END
	FROM generate_series(1, 3000) AS i;
CREATE FUNCTION pipe(name text, destination_table text, load text, source_query text DEFAULT NULL) RETURNS void LANGUAGE sql AS $$
	SELECT create_pipeline(name, source_table => CASE WHEN source_query IS NULL THEN 'engine_indexes.src' END, source_query => source_query,
		destination_table => destination_table, load => load)
$$;

CREATE ROLE regress_index_owner;
CREATE ROLE regress_index_reader LOGIN CONNECTION LIMIT 0;
GRANT USAGE, CREATE ON SCHEMA engine_indexes TO regress_index_owner;
-- As in REINDEX, functions in indexes run as the table's owner.
CREATE FUNCTION as_owner(n int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$
BEGIN
	IF current_user <> 'regress_index_owner' AND current_setting('application_name') <> 'filling' THEN
		RAISE EXCEPTION 'called as %', current_user;
	END IF;
	RETURN n + 1;
END $$;
CREATE TABLE kinds (
	gone int,
	id int NOT NULL,
	val text,
	n int,
	span int4range,
	words tsvector,
	spot point,
	note text,
	CONSTRAINT kinds_key PRIMARY KEY (id) WITH (fillfactor = 70),
	CONSTRAINT late UNIQUE (id, n) DEFERRABLE INITIALLY DEFERRED,
	CONSTRAINT apart EXCLUDE USING gist (span WITH &&),
	CONSTRAINT apart_too EXCLUDE (val WITH =)
);
ALTER TABLE kinds DROP gone;
CREATE UNIQUE INDEX kinds_once ON kinds (val) NULLS NOT DISTINCT;
CREATE INDEX kinds_sorted ON kinds (val COLLATE "C" DESC NULLS LAST, n) INCLUDE (spot);
CREATE INDEX kinds_pattern ON kinds (val text_pattern_ops);
CREATE INDEX kinds_hash ON kinds USING hash (val);
CREATE INDEX kinds_gin ON kinds USING gin (words) WITH (fastupdate = off);
CREATE INDEX kinds_gist ON kinds USING gist (spot);
CREATE INDEX kinds_signature ON kinds USING gist (words tsvector_ops (siglen = 64));
CREATE INDEX kinds_brin ON kinds USING brin (id int4_minmax_multi_ops (values_per_range = 16)) WITH (pages_per_range = 4);
CREATE INDEX kinds_spgist ON kinds USING spgist (spot);
CREATE INDEX kinds_part ON kinds (n) WHERE n = 3;
CREATE INDEX kinds_made ON kinds (as_owner(n), upper(val)) WHERE as_owner(n) > 2;
ALTER INDEX kinds_made ALTER COLUMN 2 SET STATISTICS 200;
ALTER TABLE kinds CLUSTER ON kinds_sorted, REPLICA IDENTITY USING INDEX kinds_key;
CREATE STATISTICS kinds_stats ON n, val FROM kinds;
COMMENT ON INDEX kinds_hash IS 'a hash';
COMMENT ON CONSTRAINT apart ON kinds IS 'apart';
GRANT SELECT ON kinds TO regress_index_reader;
GRANT USAGE ON SCHEMA engine_indexes TO regress_index_reader;
CREATE VIEW kinds_view AS SELECT id, val FROM kinds GROUP BY id;
CREATE TABLE pointing (id int REFERENCES kinds);
CREATE TABLE pointing_too (id int, n int, FOREIGN KEY (id) REFERENCES kinds ON DELETE CASCADE);
SET application_name = filling;
INSERT INTO kinds VALUES (1, 'old', 1, '[1,2)', NULL, NULL), (2, 'older', 1, '[2,3)', NULL, NULL);
RESET application_name;
INSERT INTO pointing VALUES (1), (2);
GRANT SELECT ON pointing, pointing_too TO regress_index_owner;
ALTER TABLE kinds OWNER TO regress_index_owner;
-- what a CREATE INDEX CONCURRENTLY that failed leaves behind
CREATE INDEX kinds_failed ON kinds (n);
UPDATE pg_index SET indisvalid = false, indisready = false WHERE indexrelid = 'kinds_failed'::regclass;

CREATE TABLE other (id int);
CREATE VIEW definitions AS
	SELECT c.oid::regclass::text AS name, md5(ROW(c.oid, pg_get_indexdef(c.oid), c.reloptions, c.relowner, i.indisprimary, i.indisunique, i.indisexclusion,
		i.indimmediate, i.indisclustered, i.indisreplident, i.indislive, obj_description(c.oid, 'pg_class'),
		(SELECT array_agg(ROW(a.attname, a.attoptions, nullif(a.attstattarget, -1))::text ORDER BY attnum) FROM pg_attribute AS a WHERE a.attrelid = c.oid),
		(SELECT array_agg(ROW(d.classid, d.objid, d.refclassid, d.refobjid, d.refobjsubid, d.deptype)::text ORDER BY d::text) FROM pg_depend AS d
			WHERE c.oid IN (d.objid, d.refobjid)),
		(SELECT array_agg(ROW(s.oid, pg_get_constraintdef(s.oid), obj_description(s.oid, 'pg_constraint'))::text ORDER BY s.oid)
			FROM pg_constraint AS s WHERE s.conindid = c.oid))::text) AS definition,
		pg_relation_filenode(c.oid) AS file
	FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid WHERE i.indrelid IN ('kinds'::regclass, 'other'::regclass);
CREATE TABLE before AS SELECT * FROM definitions;
SELECT pipe('kinds', 'kinds', 'replace');
SELECT * FROM explain_pipeline('kinds') WHERE explain_pipeline ~ '^(indexes|path)';
CALL run_pipeline('kinds') \gset
:log
SELECT name, definitions.definition = before.definition AS same, definitions.file <> before.file AS new_file FROM definitions JOIN before USING (name) ORDER BY name COLLATE "C";
SELECT count(*) AS definitions FROM definitions;
SELECT indexrelid::regclass, indisvalid, indisready, indcheckxmin FROM pg_index WHERE indexrelid = 'kinds_failed'::regclass;
-- nothing is left of the way there
SELECT relname FROM pg_class WHERE relnamespace = 'engine_indexes'::regnamespace AND relname ~ '^pg_';
SELECT t.relname = 'pg_toast_' || c.oid AS toast, i.relname = 'pg_toast_' || c.oid || '_index' AS toast_index, t.relrewrite, c.relrewrite
	FROM pg_class AS c JOIN pg_class AS t ON t.oid = c.reltoastrelid JOIN pg_index AS x ON x.indrelid = t.oid JOIN pg_class AS i ON i.oid = x.indexrelid
	WHERE c.oid = 'kinds'::regclass;
SELECT count(*) AS no_relation FROM pg_depend AS d WHERE d.classid = 'pg_class'::regclass AND NOT EXISTS (SELECT FROM pg_class WHERE oid = d.objid);
-- every index finds every row
SELECT bool_and(bt_index_check(c.oid, true) IS NOT NULL) AS checked FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid
	JOIN pg_am AS a ON a.oid = c.relam WHERE i.indrelid = 'kinds'::regclass AND a.amname = 'btree';
SELECT count(*) AS corrupt FROM verify_heapam('kinds');
CREATE FUNCTION uses(query text, index text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	plan text;
	result bigint;
BEGIN
	FOR plan IN EXECUTE 'EXPLAIN (COSTS OFF, FORMAT JSON) ' || query LOOP
		IF plan NOT LIKE '%"' || index || '"%' THEN
			RAISE WARNING '% is not used: %', index, plan;
		END IF;
	END LOOP;
	EXECUTE query INTO result;
	RETURN result;
END $$;
SET enable_seqscan = off;
SET application_name = filling;
SELECT uses('SELECT count(*) FROM kinds WHERE spot <@ box(point(0, 0), point(100, -100))', 'kinds_spgist') AS spgist,
	uses('SELECT count(*) FROM (SELECT FROM kinds ORDER BY spot <-> point(0, 0) LIMIT 10) AS near', 'kinds_gist') AS gist,
	uses('SELECT count(*) FROM kinds WHERE span && int4range(100, 200)', 'apart') AS apart,
	uses('SELECT count(*) FROM kinds WHERE as_owner(n) > 2 AND as_owner(n) = 5', 'kinds_made') AS made;
SET enable_indexscan = off;
SET enable_indexonlyscan = off;
SELECT count(*) FROM kinds WHERE words @@ 'word7';
RESET enable_indexscan;
RESET enable_indexonlyscan;
BEGIN;
ALTER TABLE kinds DROP CONSTRAINT apart_too, DROP CONSTRAINT kinds_key CASCADE, DROP CONSTRAINT late;
DROP INDEX kinds_pattern, kinds_once, kinds_sorted;
SELECT uses('SELECT count(*) FROM kinds WHERE val = ''v77''', 'kinds_hash') AS hash,
	uses('SELECT count(*) FROM kinds WHERE id BETWEEN 500 AND 600', 'kinds_brin') AS brin;
ROLLBACK;
RESET enable_seqscan;
-- constraints work as before
INSERT INTO kinds VALUES (1, 'twice');
INSERT INTO kinds VALUES (-1, 'v1');
SELECT count(note), sum(length(note)) FROM kinds;
INSERT INTO kinds VALUES (-1, 'overlap', 1, '[12,13)');
INSERT INTO pointing VALUES (4000);
RESET application_name;
SELECT count(*) FROM kinds_view;
SET ROLE regress_index_reader;
SELECT count(*) FROM kinds;
RESET ROLE;
-- statistics of expressions and CREATE STATISTICS are there
SELECT count(*) FROM pg_stats WHERE schemaname = 'engine_indexes' AND tablename = 'kinds_made';
SELECT count(*) FROM pg_stats_ext WHERE statistics_name = 'kinds_stats' AND n_distinct IS NOT NULL;
SELECT c.reltuples, c.relpages > 0 AS pages, count(*) FILTER (WHERE i.reltuples BETWEEN 1 AND 3000 AND i.relpages > 0) = count(*) AS indexes
	FROM pg_class AS c JOIN pg_index AS x ON x.indrelid = c.oid JOIN pg_class AS i ON i.oid = x.indexrelid
	JOIN pg_am AS a ON a.oid = i.relam AND a.amname <> 'brin' WHERE c.oid = 'kinds'::regclass GROUP BY c.oid;

-- the same by several processes
SET min_parallel_table_scan_size = 0;
SET maintenance_work_mem = '128MB';
CALL run_pipeline('kinds') \gset
RESET maintenance_work_mem;
RESET min_parallel_table_scan_size;
SELECT bool_and(bt_index_check(c.oid, true) IS NOT NULL) AS checked FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid
	JOIN pg_am AS a ON a.oid = c.relam WHERE i.indrelid = 'kinds'::regclass AND a.amname = 'btree';

-- A violation is told in the names that users know, and changes nothing.
SELECT pipe('twice', 'kinds', 'replace', 'SELECT 1 + i % 2 AS id, i::text AS val FROM generate_series(1, 3) AS i');
SELECT pipe('overlap', 'kinds', 'replace', 'SELECT i AS id, i::text AS val, int4range(1, i + 1) AS span FROM generate_series(1, 3) AS i');
SELECT pipe('late', 'kinds', 'replace', 'SELECT i AS id, ''same'' AS val FROM generate_series(1, 3) AS i');
SELECT pipe('long', 'kinds', 'replace', 'SELECT 1 AS id, string_agg(md5(i::text), '''') AS val FROM generate_series(1, 1000) AS i');
CALL run_pipeline('twice') \gset
\echo :LAST_ERROR_SQLSTATE
CALL run_pipeline('overlap') \gset
\echo :LAST_ERROR_SQLSTATE
CALL run_pipeline('late') \gset
CALL run_pipeline('long') \gset
DO $$
DECLARE
	run uuid;
	told_schema text;
	told_table text;
	told_constraint text;
BEGIN
	CALL run_pipeline('twice', run => run);
EXCEPTION WHEN unique_violation THEN
	GET STACKED DIAGNOSTICS told_schema = SCHEMA_NAME, told_table = TABLE_NAME, told_constraint = CONSTRAINT_NAME;
	RAISE WARNING '%, %, %, as %', told_schema, told_table, told_constraint, current_user;
END $$;
SELECT count(*), count(DISTINCT id) FROM kinds;
-- a subtransaction that is undone takes the swap with it
BEGIN;
SAVEPOINT before_swap;
TRUNCATE pointing, pointing_too;
SELECT pg_relation_filenode('kinds_key') AS file \gset
CREATE TABLE few AS SELECT * FROM src LIMIT 10;
SELECT pipe('few', 'kinds', 'replace', 'SELECT * FROM engine_indexes.few');
CALL run_pipeline('few') \gset
SELECT count(*) FROM kinds;
ROLLBACK TO before_swap;
SELECT count(*), pg_relation_filenode('kinds_key') = :file AS same_file FROM kinds;
COMMIT;
SELECT bt_index_check('kinds_key', true);

-- A column added later, and dropped ones; unlogged tables; no rows at all.
ALTER TABLE other ADD a int DEFAULT 5, ADD b text DEFAULT 'b';
INSERT INTO other VALUES (1);
ALTER TABLE other ADD c int DEFAULT 6;
CREATE INDEX other_c ON other (c);
CREATE INDEX other_half ON other ((id / 2));
ALTER TABLE other ALTER a SET STATISTICS 0, ALTER id SET (n_distinct = -0.5);
ALTER INDEX other_half ALTER COLUMN 1 SET STATISTICS 3;
ALTER TABLE other SET UNLOGGED;
SELECT pipe('other', 'other', 'replace', 'SELECT i AS id FROM generate_series(1, 10) AS i');
CALL run_pipeline('other') \gset
SELECT count(*), min(a), min(b), max(c), min(c) FROM other;
SELECT atthasmissing FROM pg_attribute WHERE attrelid = 'other'::regclass AND attname = 'c';
SELECT relname, relpersistence FROM pg_class WHERE relname LIKE 'other%' AND relnamespace = 'engine_indexes'::regnamespace ORDER BY 1;
SELECT bt_index_check('other_c', true);
-- analyzed before the swap, with the targets that were set
SELECT tablename, attname, n_distinct, array_length(histogram_bounds::text::int[], 1) <= 4 AS few FROM pg_stats WHERE tablename LIKE 'other%' ORDER BY 1, 2;
SELECT pg_stat_force_next_flush();
SELECT n_live_tup, n_dead_tup, last_analyze IS NOT NULL AS analyzed FROM pg_stat_user_tables WHERE relid = 'other'::regclass;
CALL run_pipeline('other') \gset
SELECT count(*) AS statistics FROM pg_statistic WHERE starelid IN ('other'::regclass, 'other_half'::regclass);
SELECT count(*) AS of_nothing FROM pg_statistic WHERE NOT EXISTS (SELECT FROM pg_class WHERE oid = starelid);
CREATE TABLE empty (id int PRIMARY KEY);
INSERT INTO empty VALUES (1);
SELECT pipe('empty', 'empty', 'replace', 'SELECT 1 AS id WHERE false');
SELECT alter_pipeline('empty', options => '{"on_empty": "load"}');
CALL run_pipeline('empty') \gset
SELECT count(*), pg_relation_size('empty') AS bytes FROM empty;
INSERT INTO empty VALUES (1);
INSERT INTO empty VALUES (1);
SELECT bt_index_check('empty_pkey', true);
-- An append to an empty table builds the indexes after the load, too; the second one keeps them up.
TRUNCATE empty;
SELECT pipe('fill', 'empty', 'append', 'SELECT i + (SELECT count(*) FROM engine_indexes.empty) AS id FROM generate_series(1, 1500) AS i');
SELECT * FROM explain_pipeline('fill') WHERE explain_pipeline ~ '^(indexes|path)';
CALL run_pipeline('fill') \gset
:log
SELECT * FROM explain_pipeline('fill') WHERE explain_pipeline ~ '^(indexes|path)';
CALL run_pipeline('fill') \gset
:log
SELECT count(*), count(DISTINCT id) FROM empty;
SELECT bt_index_check('empty_pkey', true);
SELECT pg_stat_force_next_flush();
SELECT n_live_tup, n_dead_tup FROM pg_stat_user_tables WHERE relid = 'empty'::regclass;
-- a user may choose that it never makes writers wait
TRUNCATE empty;
SELECT alter_pipeline('fill', options => '{"indexes": "keep"}');
SELECT * FROM explain_pipeline('fill') WHERE explain_pipeline ~ '^(indexes|path)';
CALL run_pipeline('fill') \gset
:log
SELECT count(*) FROM empty;
TRUNCATE empty;
SELECT pipe('fill_twice', 'empty', 'append', 'SELECT 1 AS id FROM generate_series(1, 2)');
CALL run_pipeline('fill_twice') \gset
SELECT count(*) FROM empty;
CREATE TABLE tree (id int PRIMARY KEY, parent int REFERENCES tree);
CREATE TABLE leaves (tree int REFERENCES tree ON DELETE CASCADE);
SELECT pipe('tree', 'tree', 'append', 'SELECT i AS id, nullif(i / 2, 0) AS parent FROM generate_series(1, 100) AS i');
CALL run_pipeline('tree') \gset
:log
-- without the right to TRUNCATE it is the ordinary way
TRUNCATE empty;
GRANT USAGE ON SCHEMA engine_indexes TO regress_index_reader;
GRANT SELECT ON src TO regress_index_reader;
GRANT SELECT, INSERT ON empty TO regress_index_reader;
SELECT allow_pipelines('regress_index_reader');
SET ROLE regress_index_reader;
SELECT create_pipeline('guest', source_query => 'SELECT id FROM engine_indexes.src', destination_table => 'engine_indexes.empty', load => 'append') IS NOT NULL AS ok;
SELECT * FROM explain_pipeline('guest') WHERE explain_pipeline ~ '^(indexes|path)';
SELECT drop_pipeline('guest');
RESET ROLE;
SELECT disallow_pipelines('regress_index_reader');
INSERT INTO empty VALUES (1);
-- a cursor over an index of the same session is in the way
BEGIN;
SET LOCAL enable_seqscan = off;
DECLARE c CURSOR FOR SELECT * FROM empty WHERE id = 1;
FETCH 1 FROM c;
CALL run_pipeline('empty') \gset
ROLLBACK;
SELECT count(drop_pipeline(id)) FROM pipelines WHERE destination_table LIKE 'engine\_indexes.%';
DROP SCHEMA engine_indexes CASCADE;
DROP OWNED BY regress_index_reader;
DROP ROLE regress_index_owner, regress_index_reader;
