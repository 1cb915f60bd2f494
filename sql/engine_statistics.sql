-- What a direct load stores about its table's columns is what ANALYZE would store.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_sluice;
CREATE SCHEMA engine_statistics;
SET search_path = engine_statistics, public;
CREATE TYPE mood AS ENUM ('glad', 'sad');
CREATE TABLE src (id int, same int, few text, some_null int, no_value text, amount numeric(12, 2), at timestamptz, flag bool, doc jsonb,
	tags int[], words tsvector, span int4range, key uuid, blank char(20), long text, feeling mood);
INSERT INTO src SELECT n, 7, (ARRAY['red', 'green', 'blue'])[1 + n % 3], CASE WHEN n % 4 > 0 THEN n % 100 END, NULL, n / 7.0,
	'2026-01-01 00:00+00'::timestamptz + n * interval '1 minute', n % 5 = 0, jsonb_build_object('n', n % 50), ARRAY[n % 10, n % 3],
	to_tsvector('simple', 'w' || n % 30 || ' x' || n % 4), int4range(n, n + n % 20), md5(n::text)::uuid, 'b' || n % 2,
	CASE WHEN n % 100 = 0 THEN (SELECT string_agg(md5((n + i)::text), '') FROM generate_series(1, 300) i) END, (enum_range(NULL::mood))[1 + n % 2]
	FROM generate_series(1, 5000) n;
\set columns 'id, same, few, some_null, no_value, amount, at, flag, doc, tags, words, span, key, blank, long'
CREATE VIEW statistics AS SELECT tablename AS table_name, to_jsonb(s) - 'tablename' AS statistics FROM pg_stats s WHERE schemaname = 'engine_statistics';
CREATE TABLE remembered (LIKE statistics);
CREATE FUNCTION compare(text) RETURNS TABLE (columns bigint, as_analyze bigint) LANGUAGE plpgsql AS $$
BEGIN
	DELETE FROM remembered;
	INSERT INTO remembered SELECT * FROM statistics WHERE table_name = $1;
	EXECUTE 'ANALYZE engine_statistics.' || quote_ident($1);
	RETURN QUERY SELECT count(*), count(*) FILTER (WHERE r = s) FROM statistics s LEFT JOIN remembered r USING (table_name, statistics)
		WHERE s.table_name = $1;
END $$;

-- a created table
SELECT create_pipeline('make', source_table => 'engine_statistics.src', columns => :'columns', destination_table => 'made', load => 'replace') \g /dev/null
CALL run_pipeline('make') \g /dev/null
SELECT pg_stat_force_next_flush();
SELECT count(*) > 0 AS analyzed, bool_and(n_live_tup = 5000 AND last_analyze IS NOT NULL) AS reported FROM pg_stat_user_tables
	WHERE relid = 'made'::regclass AND pg_stat_get_analyze_count(relid) = 1;
SELECT * FROM compare('made');

-- a replaced one: targets, a column without statistics, an overridden number of values, a dropped column, a generated one
CREATE TABLE kept (gone int, id int PRIMARY KEY, same int, few text, some_null int, no_value text, amount numeric(12, 2), at timestamptz, flag bool, doc jsonb,
	tags int[], words tsvector, span int4range, key uuid, blank char(20), long text, twice int GENERATED ALWAYS AS (id * 2) STORED);
ALTER TABLE kept DROP COLUMN gone, ALTER COLUMN few SET STATISTICS 0, ALTER COLUMN id SET STATISTICS 20, ALTER COLUMN key SET (n_distinct = 42);
CREATE INDEX ON kept (few) WHERE flag;
SELECT create_pipeline('keep', source_table => 'engine_statistics.src', columns => :'columns', destination_table => 'kept', load => 'replace') \g /dev/null
CALL run_pipeline('keep') \g /dev/null
SELECT * FROM compare('kept');
SELECT attname, n_distinct, array_length(histogram_bounds::text::text[], 1) AS bounds FROM pg_stats
	WHERE schemaname = 'engine_statistics' AND tablename = 'kept' AND attname IN ('id', 'few', 'key', 'twice') ORDER BY 1;
CALL run_pipeline('keep') \g /dev/null
SELECT * FROM compare('kept');
-- no rows, no statistics of rows that are gone
SELECT alter_pipeline('keep', filter => 'false', options => '{"on_empty": "load"}');
CALL run_pipeline('keep') \g /dev/null
SELECT count(*) FROM statistics WHERE table_name = 'kept';
SELECT alter_pipeline('keep', filter => NULL);

-- more rows than the sample takes: from all of the table alike, and in its order
CREATE TABLE large (n int, part int, gap int);
ALTER TABLE large ALTER n SET STATISTICS 10, ALTER part SET STATISTICS 10, ALTER gap SET STATISTICS 10;
SELECT create_pipeline('load_large', source_query => 'SELECT n, n / 10000 AS part, CASE WHEN n % 4 > 0 THEN n END AS gap FROM generate_series(0, 59999) n',
	destination_table => 'large', load => 'replace') \g /dev/null
CALL run_pipeline('load_large') \g /dev/null
SELECT attname, n_distinct < -0.7 AS distinct, null_frac BETWEEN 0.2 AND 0.3 AS quarter, correlation > 0.99 AS ordered, array_length(histogram_bounds::text::int[], 1) AS bounds,
	(histogram_bounds::text::int[])[1] < 200 AND (histogram_bounds::text::int[])[11] > 59800 AS all_of_it,
	(histogram_bounds::text::int[])[6] BETWEEN 27000 AND 33000 AS even
	FROM pg_stats WHERE schemaname = 'engine_statistics' AND tablename = 'large' AND attname <> 'part' ORDER BY 1;
SELECT array_length(most_common_vals::text::int[], 1) AS parts, (SELECT bool_and(f BETWEEN 0.12 AND 0.22) FROM unnest(most_common_freqs) f) AS alike
	FROM pg_stats WHERE schemaname = 'engine_statistics' AND tablename = 'large' AND attname = 'part';

-- what the sample cannot do is left to ANALYZE: types and functions of users, extended statistics, rows that are too wide together
CREATE TABLE feelings (id int, feeling mood);
SELECT create_pipeline('feel', source_table => 'engine_statistics.src', columns => 'id, feeling', destination_table => 'feelings', load => 'replace') \g /dev/null
CALL run_pipeline('feel') \g /dev/null
SELECT * FROM compare('feelings');
CREATE TABLE expressions (id int, few text);
CREATE INDEX expressions_upper ON expressions (upper(few));
SELECT create_pipeline('express', source_table => 'engine_statistics.src', columns => 'id, few', destination_table => 'expressions', load => 'replace') \g /dev/null
CALL run_pipeline('express') \g /dev/null
SELECT count(*) FROM statistics WHERE table_name = 'expressions_upper';
SELECT * FROM compare('expressions');
CREATE TABLE extended (id int, few text);
CREATE STATISTICS extended_both ON id, few FROM extended;
SELECT create_pipeline('extend', source_table => 'engine_statistics.src', columns => 'id, few', destination_table => 'extended', load => 'replace') \g /dev/null
CALL run_pipeline('extend') \g /dev/null
SELECT count(*) FROM pg_stats_ext WHERE statistics_name = 'extended_both' AND n_distinct IS NOT NULL;
SELECT * FROM compare('extended');
-- Statistics that cannot be made do not cost the rows.
CREATE TABLE unanalyzed (a int);
CREATE STATISTICS unanalyzed_inverse ON (1 / a) FROM unanalyzed;
SELECT create_pipeline('no_statistics', source_query => 'SELECT 0 AS a', destination_table => 'unanalyzed', load => 'replace') \g /dev/null
CALL run_pipeline('no_statistics') \g /dev/null
SELECT * FROM unanalyzed;
SELECT level, message FROM pipeline_log WHERE pipeline = 'no_statistics' AND phase = 'analyzing' ORDER BY at;
SELECT create_pipeline('fatten', source_query => 'SELECT n, repeat(md5(n::text), 50) AS fat FROM generate_series(1, 15000) n', destination_table => 'fat', load => 'replace') \g /dev/null
CREATE TABLE fat (n int, fat text);
ALTER TABLE fat ALTER fat SET STORAGE PLAIN;
CALL run_pipeline('fatten') \g /dev/null
SELECT * FROM compare('fat');
SELECT count(*) FROM pipeline_log l JOIN pipeline_runs r ON r.id = l.run WHERE l.message LIKE 'engine_statistics.% analyzed';

DROP SCHEMA engine_statistics CASCADE;
SELECT drop_pipeline(name) IS NOT NULL AS dropped FROM pipelines ORDER BY name \g /dev/null
