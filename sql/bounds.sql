-- What users may make us store has a bound.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_sluice;
\set SHOW_CONTEXT never
SELECT create_pipeline('b', source_query => 'SELECT 1 AS a', destination_table => 'bounds_dst') IS NOT NULL AS created;

-- Refused, each with its bound.
DO $$
DECLARE
	attempt text;
	state text;
	message text;
	hint text;
BEGIN
	FOREACH attempt IN ARRAY ARRAY[
		$a$source_query => repeat('x', 1048577)$a$,
		$a$source_table => repeat('x', 1025)$a$,
		$a$destination_table => repeat('x', 1025)$a$,
		$a$columns => repeat('x', 1048577)$a$,
		$a$filter => repeat('x', 1048577)$a$,
		$a$schedule => repeat('x', 1025)$a$,
		$a$timezone => repeat('x', 256)$a$,
		$a$options => jsonb_build_object('priority', repeat('1', 524288))$a$,
		$a$depends_on => array_fill('b'::text, ARRAY[1001])$a$,
		$a$description => repeat('x', 65537)$a$,
		$a$description => E'\x1B[2Jgone'$a$,
		$a$tags => array_fill('x'::text, ARRAY[101])$a$,
		$a$tags => ARRAY[repeat('x', 256)]$a$,
		$a$tags => ARRAY[U&'gpj\202Eexe']$a$]
	LOOP
		BEGIN
			EXECUTE 'SELECT alter_pipeline(''b'', ' || attempt || ')';
			RAISE WARNING 'accepted: %', attempt;
		EXCEPTION WHEN OTHERS THEN
			GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, hint = PG_EXCEPTION_HINT;
			RAISE WARNING '% % (%)', state, message, hint;
		END;
	END LOOP;
END $$;
SELECT pause_pipeline('b', repeat('x', 4097));
SELECT pause_pipeline('b', E'bell \x07');
SELECT trigger_pipeline('b', jsonb_build_object('k', repeat('x', 1048576)));
-- A name that looks like another.
SELECT create_pipeline(U&'b\200B', status => 'inactive');
SELECT rename_pipeline('b', U&'\202Eb');
-- As much as there may be.
SELECT alter_pipeline('b', filter => 'true' || repeat(' ', 1048572), description => repeat('x', 65535) || E'\n',
	tags => array_fill(repeat('x', 255), ARRAY[100]));
SELECT pause_pipeline('b', repeat('x', 4096));
SELECT resume_pipeline('b');
-- What an error says is cut when it is stored, and ends at a whole character.
SELECT create_pipeline('loud', source_query => $$SELECT ('x' || repeat('ä', 100000))::int AS a$$, destination_table => 'loud_dst') IS NOT NULL AS created;
CALL trigger_and_wait('loud', run => NULL, status => NULL, raise_error => false) \gset
SELECT octet_length(error_message), right(error_message, 5) FROM pipeline_runs WHERE pipeline_name = 'loud';
SELECT max(octet_length(message)) FROM pipeline_log WHERE run = :'run';

SELECT drop_pipeline(name) FROM pipelines WHERE name IN ('b', 'loud');
DROP TABLE IF EXISTS bounds_dst, loud_dst;
