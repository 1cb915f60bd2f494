-- Loads by keys beside a walk through the heap, against the same by SQL, which a scope of true or a child makes: random rows in random orders, with all that the walk may meet.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_sluice;
CREATE SCHEMA engine_walk;
SET search_path = engine_walk, public;

CREATE SEQUENCE ticks;
CREATE TABLE src (n bigint DEFAULT nextval('ticks'), a numeric, b text, val text, doc jsonb, ratio float8, code char(3), pad text);
-- Some pages; a column that was dropped, columns in another order, one that is computed.
CREATE TABLE walked (gone int, n bigint, pad text, ratio float8, a numeric, code char(3), twice float8 GENERATED ALWAYS AS (ratio * 2) STORED,
	doc jsonb, val text, own text DEFAULT 'own', b text, removed_at timestamptz);
ALTER TABLE walked DROP COLUMN gone, ADD PRIMARY KEY (b, a);
CREATE TABLE staged (LIKE walked INCLUDING ALL);
CREATE TABLE walked_history (LIKE walked INCLUDING DEFAULTS, valid_from timestamptz, valid_to timestamptz, is_current bool);
CREATE UNIQUE INDEX ON walked_history (b, a) WHERE is_current;
CREATE TABLE staged_history (LIKE walked_history INCLUDING ALL);
CREATE TABLE walked_merge (LIKE walked INCLUDING ALL);
CREATE TABLE staged_merge (LIKE walked INCLUDING ALL);
CREATE TABLE child_merge () INHERITS (staged_merge);
CREATE TABLE walked_cursor (LIKE walked INCLUDING ALL);
CREATE TABLE staged_cursor (LIKE walked INCLUDING ALL);
CREATE TABLE child_cursor () INHERITS (staged_cursor);

SELECT create_pipeline(way || name, source_query => 'SELECT * FROM src', destination_table => way || name, load => load, key_columns => '{a,b}',
		options => CASE WHEN load = 'merge' THEN '{}' ELSE '{"max_deletes": 1000}' END::jsonb || CASE WHEN load <> 'merge' AND way = 'staged' THEN '{"scope": "true"}' ELSE '{}' END::jsonb,
		cursor_column => CASE WHEN name = '_cursor' THEN 'n' END) IS NULL AS missing
	FROM (VALUES ('', 'mirror'), ('_history', 'history'), ('_merge', 'merge'), ('_cursor', 'merge')) AS p (name, load), (VALUES ('walked'), ('staged')) AS w (way);

CREATE FUNCTION one_row() RETURNS src LANGUAGE sql VOLATILE AS $$
	SELECT nextval('ticks'), (1 + random() * 40)::int::numeric * CASE WHEN random() < 0.1 THEN 1.0 ELSE 1 END, chr(97 + (random() * 8)::int),
		'v' || (random() * 3)::int, CASE WHEN random() < 0.7 THEN jsonb_build_object('n', (random() * 2)::int) END,
		CASE WHEN random() < 0.8 THEN (random() * 3)::int::float8 ELSE 'NaN' END, 'c' || (random() * 2)::int,
		repeat('x', CASE WHEN random() < 0.02 THEN 9000 ELSE 300 END)
$$;

-- What a run did, without names and times.
CREATE FUNCTION outcome(pipeline text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	found text;
	this_run uuid;
BEGIN
	BEGIN
		CALL run_pipeline(pipeline, run => this_run);
		SELECT concat_ws(' ', status, records_read, records_inserted, records_updated, records_deleted, records_unchanged, records_duplicate)
			INTO found FROM pipeline_runs WHERE id = this_run;
	EXCEPTION WHEN OTHERS THEN
		GET STACKED DIAGNOSTICS found = PG_EXCEPTION_DETAIL;
		found := SQLSTATE || ' ' || SQLERRM || ' ' || found;
	END;
	RETURN replace(replace(found, 'staged', 'walked'), pipeline, 'x');
END
$$;

CREATE FUNCTION differences(of text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	columns text := 'n, a::text, b, val, doc, ratio, twice, code, pad, own, removed_at IS NULL'
		|| CASE WHEN of = '_history' THEN ', valid_to IS NULL, is_current' ELSE '' END;
	found bigint;
BEGIN
	EXECUTE format('SELECT count(*) FROM ((SELECT %1$s FROM walked%2$s EXCEPT ALL SELECT %1$s FROM staged%2$s) UNION ALL
		(SELECT %1$s FROM staged%2$s EXCEPT ALL SELECT %1$s FROM walked%2$s)) AS d', columns, of) INTO found;
	RETURN found;
END
$$;

CREATE PROCEDURE compare(steps int, of text) LANGUAGE plpgsql AS $$
DECLARE
	step int;
	by_walk text;
	by_sql text;
	outcomes text[] := '{}';
	options jsonb;
	query text;
BEGIN
	TRUNCATE src;
	FOR step IN 1 .. steps LOOP
		DELETE FROM src WHERE random() < 0.1;
		UPDATE src SET val = 'w' || step, n = nextval('ticks') WHERE random() < 0.05;
		UPDATE src SET a = CASE WHEN scale(a) = 0 THEN a * 1.0 ELSE trim_scale(a) END, n = nextval('ticks') WHERE random() < 0.05;
		INSERT INTO src SELECT (one_row()).* FROM generate_series(1, (random() * 60)::int);
		IF random() < 0.7 THEN
			DELETE FROM src AS s USING src AS t WHERE s.a = t.a AND s.b = t.b AND s.ctid > t.ctid;
		END IF;
		IF random() < 0.4 THEN
			INSERT INTO src SELECT * FROM src WHERE random() < 0.05;
		END IF;
		IF random() < 0.05 THEN
			INSERT INTO src (b) VALUES ('nobody');
		ELSE
			DELETE FROM src WHERE a IS NULL;
		END IF;
		query := 'SELECT * FROM engine_walk.src' || CASE (random() * 2)::int WHEN 0 THEN ' ORDER BY md5(a::text || b)' WHEN 1 THEN ' ORDER BY ctid' ELSE ' ORDER BY b, a' END;
		options := jsonb_build_object('on_tie', CASE WHEN random() < 0.6 THEN 'last' END);
		IF of = '' THEN
			options := options || jsonb_build_object('soft_delete_column', CASE WHEN random() < 0.6 THEN 'removed_at' END);
		ELSIF of <> '_history' THEN
			options := options || jsonb_build_object('merge_strategy', (ARRAY['upsert', 'insert_only', 'delete_insert'])[1 + (random() * 2)::int]);
		END IF;
		PERFORM alter_pipeline('walked' || of, source_query => query, options => options);
		PERFORM alter_pipeline('staged' || of, source_query => query, options => options);
		by_walk := outcome('walked' || of);
		by_sql := outcome('staged' || of);
		IF by_walk IS DISTINCT FROM by_sql THEN
			RAISE WARNING 'step %: % in place of %', step, by_walk, by_sql;
		END IF;
		IF differences(of) > 0 THEN
			RAISE EXCEPTION 'step %: % rows are not alike, %', step, differences(of), by_sql;
		END IF;
		outcomes := array_append(outcomes, left(by_walk, 7));
		IF random() < 0.3 THEN
			EXECUTE format('DELETE FROM walked%s WHERE hashtext(a::text || b || %L) %% 10 = 0', of, step);
			EXECUTE format('DELETE FROM staged%s WHERE hashtext(a::text || b || %L) %% 10 = 0', of, step);
		END IF;
	END LOOP;
	RAISE INFO '%: most succeed: %', of, (SELECT count(*) > steps / 2 FROM unnest(outcomes) AS o WHERE o = 'success');
END
$$;

SELECT setseed(0.5) IS NULL AS missing;
CALL compare(40, '');
CALL compare(40, '_history');
CALL compare(40, '_merge');
CALL compare(40, '_cursor');
SELECT count(*) > 3 AS pages FROM generate_series(0, pg_relation_size('walked') / current_setting('block_size')::int) AS p;
SELECT message LIKE 'path: rows are compared%' AS walks FROM pipeline_runs AS r, run_log(r.id) AS l
	WHERE r.pipeline_name = 'walked' AND message LIKE 'path: %' LIMIT 1;
