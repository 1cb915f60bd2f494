-- Every hint can be followed: makes the error, compares its hint, does what the hint says, and makes the same call again, or the
-- one that the hint tells. scripts/lint.sh compares the hints here, between $h$ and with % for what is filled in, with the sources.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_sluice;
CREATE EXTENSION IF NOT EXISTS postgres_fdw;
CREATE ROLE hint_owner LOGIN;
CREATE ROLE hint_other LOGIN;
CREATE ROLE hint_group NOLOGIN;
SELECT allow_pipelines('hint_owner'), allow_pipelines('hint_other');
CREATE SCHEMA hints AUTHORIZATION hint_owner;
SET search_path = hints, public;
SET SESSION AUTHORIZATION hint_owner;
CREATE TABLE src (id int, t text);
INSERT INTO src SELECT n, 'row ' || n FROM generate_series(1, 3) n;
CREATE TABLE dst (id int, t text);
SELECT create_pipeline('p', source_table => 'src', destination_table => 'dst', load => 'replace') AS p \gset
RESET SESSION AUTHORIZATION;

-- setup, what fails, what the hint says, and what succeeds then; without it, what failed. All of it is undone.
CREATE FUNCTION walk(hint text, fails text, follow text, again text DEFAULT NULL, setup text DEFAULT NULL) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	said text;
	message text;
	step text := 'setup';
BEGIN
	IF setup IS NOT NULL THEN
		EXECUTE setup;
	END IF;
	BEGIN
		EXECUTE fails;
		RAISE SQLSTATE 'ZZ000' USING MESSAGE = 'no error';
	EXCEPTION WHEN SQLSTATE 'ZZ000' THEN RAISE; WHEN OTHERS THEN
		GET STACKED DIAGNOSTICS said = PG_EXCEPTION_HINT, message = MESSAGE_TEXT;
	END;
	IF said NOT LIKE '%' || replace(replace(hint, '\', '\\'), '_', '\_') || '%' THEN
		RAISE SQLSTATE 'ZZ000' USING MESSAGE = format('another hint: %s, of: %s', said, message);
	END IF;
	step := 'follow';
	IF follow IS NOT NULL THEN
		EXECUTE follow;
	END IF;
	step := 'again';
	EXECUTE coalesce(again, fails);
	RAISE SQLSTATE 'ZZ000' USING MESSAGE = 'followed';
EXCEPTION
	WHEN SQLSTATE 'ZZ000' THEN RETURN SQLERRM;
	WHEN OTHERS THEN
		GET STACKED DIAGNOSTICS said = PG_EXCEPTION_HINT;
		RETURN format('%s: %s (%s)', step, SQLERRM, said);
END $$;
-- Warnings of other statements are not what is compared here.
SET client_min_messages = error;
CREATE TABLE walks (n int GENERATED ALWAYS AS IDENTITY, hint text, fails text, follow text, again text, setup text);

-- Defining: arguments.
INSERT INTO walks (hint, fails, follow, again, setup) VALUES
($h$% is one or several SQL statements, separated by semicolons.$h$, $$SELECT create_pipeline('a', source_table => 'src', destination_table => 'new', options => '{"before_sql": "SELCT 1"}')$$, NULL,
	$$SELECT create_pipeline('a', source_table => 'src', destination_table => 'new', options => '{"before_sql": "SELECT 1; SELECT 2;"}')$$, NULL),
($h$Correct %: it is part of the run's transaction, and nothing was loaded.$h$, $$CALL run_pipeline('a')$$, $$SELECT alter_pipeline('a', options => '{"after_sql": "DELETE FROM hints.dst"}')$$, NULL,
	$$SELECT create_pipeline('a', source_table => 'src', destination_table => 'new', options => '{"after_sql": "DELETE FROM nothing"}')$$),
($h$Make it the command of a pipeline of its own, which depends on this one or the other way round.$h$, $$SELECT create_pipeline('a', source_table => 'src', destination_table => 'new', options => '{"after_sql": "VACUUM dst"}')$$, NULL,
	$$SELECT create_pipeline('a', source_table => 'src', destination_table => 'new'), create_pipeline('b', command => 'VACUUM dst', depends_on => '{a}')$$, NULL),
($h$Rows are counted in the snapshot that they are read from: by a PostgreSQL or MySQL server that pg_sluice reads by itself. Leave verify out.$h$,
	$$SELECT create_pipeline('a', source_table => 'src', destination_table => 'new', options => '{"verify": "count"}')$$, NULL, $$SELECT create_pipeline('a', source_table => 'src', destination_table => 'new')$$, NULL),
($h$A transform computes over all rows of a run, of which a chunk has a part: set one of them to null.$h$,
	$$SELECT create_pipeline('a', source_table => 'src', destination_table => 'dst', load => 'append', cursor_column => 'id', options => '{"commit_every": 100, "transform": "SELECT * FROM source"}')$$, NULL,
	$$SELECT create_pipeline('a', source_table => 'src', destination_table => 'dst', load => 'append', cursor_column => 'id', options => '{"commit_every": 100, "transform": null}'), create_pipeline('b', source_table => 'src', destination_table => 'dst', load => 'append', cursor_column => 'id', options => '{"commit_every": null, "transform": "SELECT * FROM source"}')$$, NULL),
($h$Rows that are read again are found by their keys: use load => 'merge' or 'history' with both, or set late_rows to auto or lag.$h$,
	$$SELECT create_pipeline('a', source_table => 'src', destination_table => 'dst', load => 'append', cursor_column => 'id', options => '{"late_rows": "xmin"}')$$, NULL,
	$$SELECT create_pipeline('a', source_table => 'src', destination_table => 'dst', load => 'merge', key_columns => '{id}', cursor_column => 'id', options => '{"late_rows": "xmin"}'),
		create_pipeline('b', source_table => 'src', destination_table => 'history', load => 'history', key_columns => '{id}', cursor_column => 'id', options => '{"late_rows": "xmin"}'),
		create_pipeline('c', source_table => 'src', destination_table => 'dst', load => 'append', cursor_column => 'id', options => '{"late_rows": "auto"}')$$, NULL),
($h$A query has no xmin: name the table in source_table, or set late_rows to auto or lag.$h$,
	$$SELECT create_pipeline('a', source_query => 'TABLE hints.src', destination_table => 'dst', key_columns => '{id}', cursor_column => 'id', options => '{"late_rows": "xmin"}')$$, NULL,
	$$SELECT create_pipeline('a', source_table => 'src', destination_table => 'dst', key_columns => '{id}', cursor_column => 'id', options => '{"late_rows": "xmin"}'),
		create_pipeline('b', source_query => 'TABLE hints.src', destination_table => 'dst', key_columns => '{id}', cursor_column => 'id', options => '{"late_rows": "auto"}')$$, NULL),
($h$Each chunk would read the same late rows again: set commit_every to 0, or late_rows to auto or lag.$h$,
	$$SELECT create_pipeline('a', source_table => 'src', destination_table => 'dst', key_columns => '{id}', cursor_column => 'id', options => '{"late_rows": "xmin", "commit_every": 5}')$$, NULL,
	$$SELECT create_pipeline('a', source_table => 'src', destination_table => 'dst', key_columns => '{id}', cursor_column => 'id', options => '{"late_rows": "xmin", "commit_every": 0}'),
		create_pipeline('b', source_table => 'src', destination_table => 'dst', key_columns => '{id}', cursor_column => 'id', options => '{"late_rows": "auto", "commit_every": 5}')$$, NULL),
($h$Set the option late_rows to auto or lag; or read a table of a PostgreSQL, over a server of postgres_fdw or in this database.$h$,
	$$CALL run_pipeline('a')$$, $$SELECT alter_pipeline('a', source_table => 'hints.src')$$, NULL,
	$$CREATE VIEW late_view AS TABLE src; SELECT create_pipeline('a', source_table => 'late_view', destination_table => 'dst', key_columns => '{id}', cursor_column => 'id', options => '{"late_rows": "xmin"}')$$),
($h$Its values say from where a run goes on that was cut short: give it one, with load => 'append' or 'merge', or set commit_every to 0.$h$,
	$$SELECT create_pipeline('a', source_table => 'src', destination_table => 'dst', load => 'append', options => '{"commit_every": 100}')$$, NULL,
	$$SELECT create_pipeline('a', source_table => 'src', destination_table => 'dst', load => 'append', cursor_column => 'id', options => '{"commit_every": 100}'), create_pipeline('b', source_table => 'src', destination_table => 'dst', load => 'merge', key_columns => '{id}', cursor_column => 'id', options => '{"commit_every": 100}'),
		create_pipeline('c', source_table => 'src', destination_table => 'dst', load => 'append', options => '{"commit_every": 0}')$$, NULL),
($h$It says what "*" leaves out: write "*" in columns, or leave exclude_columns out.$h$,
	$$SELECT create_pipeline('a', source_table => 'src', destination_table => 'new', columns => 'id', options => '{"exclude_columns": ["t"]}')$$, NULL,
	$$SELECT create_pipeline('a', source_table => 'src', destination_table => 'new', columns => '*', options => '{"exclude_columns": ["t"]}'), create_pipeline('b', source_table => 'src', destination_table => 'new', columns => 'id')$$, NULL),
($h$Its columns are %.$h$, $$SELECT create_pipeline('a', source_table => 'src', destination_table => 'new', options => '{"exclude_columns": ["something"]}')$$, NULL,
	$$SELECT create_pipeline('a', source_table => 'src', destination_table => 'new', options => '{"exclude_columns": ["t"]}')$$, NULL),
($h$Name in columns what is to be loaded, without "*".$h$, $$SELECT create_pipeline('a', source_table => 'src', destination_table => 'new', options => '{"exclude_columns": ["id", "t"]}')$$, NULL,
	$$SELECT create_pipeline('a', source_table => 'src', destination_table => 'new', columns => 'id')$$, NULL),
($h$The option takes a list of texts: such as ["email", "phone"].$h$, $$SELECT create_pipeline('a', source_table => 'src', destination_table => 'new', options => '{"exclude_columns": [1]}')$$, NULL,
	$$SELECT create_pipeline('a', source_table => 'src', destination_table => 'new', options => '{"exclude_columns": ["t"]}')$$, NULL),
($h$A replace reads everything. Use load => 'append' or 'merge' to load what is new, or leave cursor_column out.$h$,
	$$SELECT create_pipeline('a', source_table => 'src', destination_table => 'dst', load => 'replace', cursor_column => 'id')$$, NULL,
	$$SELECT create_pipeline('a', source_table => 'src', destination_table => 'dst', load => 'append', cursor_column => 'id'), create_pipeline('b', source_table => 'src', destination_table => 'dst', load => 'merge', key_columns => '{id}', cursor_column => 'id'),
	create_pipeline('c', source_table => 'src', destination_table => 'dst', load => 'replace')$$, NULL),
($h$What is gone shows only where everything is read. Use load => 'merge' to load what has changed, or leave cursor_column out.$h$,
	$$SELECT create_pipeline('a', source_table => 'src', destination_table => 'new', load => 'mirror', key_columns => '{id}', cursor_column => 'id')$$, NULL,
	$$SELECT create_pipeline('a', source_table => 'src', destination_table => 'dst', load => 'merge', key_columns => '{id}', cursor_column => 'id'), create_pipeline('b', source_table => 'src', destination_table => 'new', load => 'mirror', key_columns => '{id}')$$, NULL),
($h$Say which rows are this one's by a condition on the destination's columns: {"scope": "region = 'eu'"} in options.$h$,
	$$SELECT create_pipeline('a', source_table => 'src', destination_table => 'dst', load => 'mirror', key_columns => '{id}')$$, NULL,
	$$SELECT create_pipeline('a', source_table => 'src', destination_table => 'dst', load => 'mirror', key_columns => '{id}', options => '{"scope": "t LIKE ''row%''"}')$$, NULL),
($h$Use load => 'merge' to update the rows that are there, or leave key_columns out.$h$, $$SELECT create_pipeline('a', source_table => 'src', destination_table => 'dst', load => 'append', key_columns => '{id}')$$, NULL,
	$$SELECT create_pipeline('a', source_table => 'src', destination_table => 'dst', load => 'merge', key_columns => '{id}'), create_pipeline('b', source_table => 'src', destination_table => 'dst', load => 'append')$$, NULL),
($h$Name the columns of the destination that say which row is meant, such as its primary key.$h$, $$SELECT create_pipeline('a', source_table => 'src', destination_table => 'dst', load => 'merge')$$, NULL,
	$$SELECT create_pipeline('a', source_table => 'src', destination_table => 'dst', load => 'merge', key_columns => '{id}')$$, NULL),
($h$key_columns name columns of the destination.$h$, $$SELECT create_pipeline('a', source_table => 'src', destination_table => 'dst', load => 'merge', key_columns => '{quux}')$$, NULL,
	$$SELECT create_pipeline('a', source_table => 'src', destination_table => 'dst', load => 'merge', key_columns => '{id}')$$, NULL),
($h$Load into the table behind it, or use load => 'append' or 'replace'.$h$, $$SELECT create_pipeline('a', source_table => 'src', destination_table => 'over_dst', load => 'merge', key_columns => '{id}')$$, NULL,
	$$SELECT create_pipeline('a', source_table => 'src', destination_table => 'dst', load => 'merge', key_columns => '{id}'), create_pipeline('b', source_table => 'src', destination_table => 'over_dst', load => 'append'),
	create_pipeline('c', source_table => 'src', destination_table => 'over_dst', load => 'replace')$$, $$CREATE VIEW over_dst AS SELECT * FROM dst$$),
($h$Each run is one transaction there: set commit_every to 0, or load into a table of this database.$h$,
	$$SELECT create_pipeline('a', source_table => 'src', destination => 'elsewhere', destination_table => 'far.dst', load => 'append', cursor_column => 'id', options => '{"commit_every": 100}')$$, NULL,
	$$SELECT create_pipeline('a', source_table => 'src', destination_table => 'dst', load => 'append', cursor_column => 'id', options => '{"commit_every": 100}'),
	create_pipeline('b', source_table => 'src', destination => 'elsewhere', destination_table => 'far.dst', load => 'append', cursor_column => 'id', options => '{"commit_every": 0}')$$,
	$$CREATE SERVER elsewhere FOREIGN DATA WRAPPER postgres_fdw; CREATE USER MAPPING FOR CURRENT_USER SERVER elsewhere$$),
($h$Alter the table there when a run asks for it.$h$,
	$$SELECT create_pipeline('a', source_table => 'src', destination => 'elsewhere', destination_table => 'far.dst', load => 'append', options => '{"on_new_column": "evolve"}')$$, NULL,
	$$SELECT create_pipeline('a', source_table => 'src', destination => 'elsewhere', destination_table => 'far.dst', load => 'append')$$,
	$$CREATE SERVER elsewhere FOREIGN DATA WRAPPER postgres_fdw; CREATE USER MAPPING FOR CURRENT_USER SERVER elsewhere$$),
($h$Rows are put aside, not thrown away: add {"on_reject": "quarantine"} to options.$h$,
	$$SELECT create_pipeline('a', source_table => 'src', destination_table => 'dst', load => 'append', options => '{"on_new_column": "discard_row"}')$$, NULL,
	$$SELECT create_pipeline('a', source_table => 'src', destination_table => 'dst', load => 'append', options => '{"on_new_column": "discard_row", "on_reject": "quarantine"}')$$, NULL),
($h$Only then a value that its column would round or cut does not fit: add {"on_loss": "fail"} to options.$h$,
	$$SELECT create_pipeline('a', source_table => 'src', destination_table => 'dst', load => 'append', options => '{"on_changed_type": "discard_row", "on_reject": "quarantine"}')$$, NULL,
	$$SELECT create_pipeline('a', source_table => 'src', destination_table => 'dst', load => 'append', options => '{"on_changed_type": "discard_row", "on_reject": "quarantine", "on_loss": "fail"}')$$, NULL),
($h$alter_pipeline(..., cursor_column => ...) gives it one.$h$, $$SELECT reset_watermark('p')$$, $$SELECT alter_pipeline('p', load => 'append', cursor_column => 'id')$$, NULL, NULL),
($h$At most % bytes are allowed.$h$, $$SELECT set_watermark('a', repeat('1', 2000))$$, NULL, $$SELECT set_watermark('a', repeat('1', 1000))$$,
	$$SELECT create_pipeline('a', source_table => 'src', destination_table => 'dst', load => 'append', cursor_column => 'id')$$),
($h$The option takes an object of texts: such as {"id": "bigint"}.$h$, $$SELECT alter_pipeline('p', options => '{"column_types": {"id": 1}}')$$, NULL, $$SELECT alter_pipeline('p', options => '{"column_types": {"id": "bigint"}}')$$, NULL),
($h$Write a type as CREATE TABLE takes it, such as numeric(12,2), with its schema where the pipeline's search_path does not have it.$h$,
	$$SELECT alter_pipeline('hint_owner/p', options => '{"column_types": {"t": "rank"}}')$$, NULL, $$SELECT alter_pipeline('hint_owner/p', options => '{"column_types": {"id": "numeric(12,2)", "t": "beside.rank"}}')$$, $$CREATE SCHEMA beside; GRANT USAGE ON SCHEMA beside TO hint_owner; CREATE DOMAIN beside.rank AS text$$),
($h$Name columns as the destination has them: %.$h$, $$SELECT alter_pipeline('p', options => '{"column_types": {"ID": "bigint"}}')$$, NULL, $$SELECT alter_pipeline('p', options => '{"column_types": {"id": "bigint"}}')$$, NULL),
($h$Make such a value in columns, or leave the column out of column_types.$h$, $$SELECT alter_pipeline('p', options => '{"column_types": {"id": "date"}}')$$, NULL,
	$$SELECT create_pipeline('a', source_table => 'src', destination_table => 'new', columns => 'date ''2026-01-01'' + id AS id', options => '{"column_types": {"id": "date"}}'); SELECT alter_pipeline('p', options => '{"column_types": {}}')$$, NULL),
($h$A command runs in place of a load; alter_pipeline(..., reset => '{%}') clears the other.$h$, $$SELECT alter_pipeline('c', command => 'SELECT 1')$$, NULL, $$SELECT alter_pipeline('c', command => 'SELECT 1', reset => '{source_table}')$$,
	$$SELECT create_pipeline('c', source_table => 'src', status => 'inactive')$$),
($h$Use mode => 'batch'.$h$, $$SELECT create_pipeline('c', command => 'SELECT 1', mode => 'realtime')$$, NULL, $$SELECT create_pipeline('c', command => 'SELECT 1', mode => 'batch')$$, NULL),
($h$% is one or several SQL statements, separated by semicolons.$h$, $$SELECT create_pipeline('c', command => 'SELECT 1 SELECT FROM')$$, NULL, $$SELECT create_pipeline('c', command => 'SELECT 1; SELECT 2')$$, NULL),
($h$Leave the option command_transaction out, or set it to false.$h$, $$SELECT create_pipeline('c', command => 'VACUUM dst', options => '{"command_transaction": true}')$$, NULL,
	$$SELECT create_pipeline('c', command => 'VACUUM dst'); SELECT create_pipeline('d', command => 'VACUUM dst', options => '{"command_transaction": false}')$$, NULL),
($h$Perhaps you meant "%".$h$, $$SELECT alter_pipeline('p', reset => '{descripton}')$$, NULL, $$SELECT alter_pipeline('p', reset => '{description}')$$, NULL),
($h$Perhaps you meant "%".$h$, $$SELECT alter_pipeline('p', options => '{"max_retris": 1}')$$, NULL, $$SELECT alter_pipeline('p', options => '{"max_retries": 1}')$$, NULL),
($h$Perhaps you meant "%".$h$, $$SELECT alter_pipeline('p', load => 'repace')$$, NULL, $$SELECT alter_pipeline('p', load => 'replace')$$, NULL),
($h$Perhaps you meant "%".$h$, $$SELECT apply_pipeline('{"name": "p", "sauce_table": "src"}')$$, NULL,
	$$SELECT apply_pipeline('{"name": "a", "source_table": "src", "destination_table": "dst", "load": "append"}')$$, NULL),
($h$Perhaps you meant "%".$h$, $$SELECT alter_pipeline('p', schedule => '@hourli')$$, NULL, $$SELECT alter_pipeline('p', schedule => '@hourly')$$, NULL),
($h$Perhaps you meant "%".$h$, $$SELECT alter_pipeline('p', schedule => 'every 5 minuts')$$, NULL, $$SELECT alter_pipeline('p', schedule => 'every 5 minutes')$$, NULL),
($h$Perhaps you meant "%".$h$, $$SELECT make_schedule('weak')$$, NULL, $$SELECT make_schedule('week')$$, NULL),
($h$These can: %.$h$, $$SELECT alter_pipeline('p', reset => '{quux}')$$, NULL, $$SELECT alter_pipeline('p', reset => '{description,schedule,tags,filter}')$$, NULL),
($h$Do one or the other.$h$, $$SELECT alter_pipeline('p', description => 'x', reset => '{description}')$$, NULL,
	$$SELECT alter_pipeline('p', description => 'x'); SELECT alter_pipeline('p', reset => '{description}')$$, NULL),
($h$It can be %.$h$, $$SELECT alter_pipeline('p', load => 'quux')$$, NULL, $$SELECT alter_pipeline('p', load => 'append')$$, NULL),
($h$It can be refuse, wait, stop.$h$, $$SELECT drop_pipeline('p', running => 'quux')$$, NULL, $$SELECT drop_pipeline('p', running => 'stop')$$, NULL),
($h$It can be delete, keep.$h$, $$SELECT drop_pipeline('p', history => 'quux')$$, NULL, $$SELECT drop_pipeline('p', history => 'keep')$$, NULL),
($h$It can be error, skip, queue.$h$, $$SELECT trigger_pipeline('p', if_running => 'quux')$$, NULL, $$SELECT trigger_pipeline('p', if_running => 'queue')$$, NULL),
($h$It can be error, skip.$h$, $$SELECT trigger_pipeline('p', if_paused => 'quux')$$, NULL, $$SELECT trigger_pipeline('p', if_paused => 'skip')$$, NULL),
($h$It can be % to %.$h$, $$SELECT preview_schedule('@daily', n => -1)$$, NULL, $$SELECT preview_schedule('@daily', n => 0)$$, NULL),
($h$Give a point in time, such as now().$h$, $$SELECT preview_schedule('@daily', after => 'infinity')$$, NULL, $$SELECT preview_schedule('@daily', after => now())$$, NULL),
($h$There are: %.$h$, $$SELECT apply_pipeline('{"name": "p", "quux": 1}')$$, NULL,
	$$SELECT apply_pipeline('{"name": "a", "source_table": "src", "destination_table": "dst", "load": "append"}')$$, NULL),
($h$Give it as the key "name".$h$, $$SELECT apply_pipeline('{"source_table": "src"}')$$, NULL,
	$$SELECT apply_pipeline('{"name": "a", "source_table": "src", "destination_table": "dst", "load": "append"}')$$, NULL),
($h$Write it as '{"key": "value"}'.$h$, $$SELECT trigger_pipeline('p', '[]')$$, NULL, $$SELECT trigger_pipeline('p', '{"key": "value"}')$$, NULL),
($h$pg_sluice.max_context_size allows % bytes. Put the data into a table and pass its key.$h$,
	$$SELECT trigger_pipeline('p', jsonb_build_object('ids', repeat('1,', 1000000)))$$, $$CREATE TABLE keys AS SELECT 7 AS key, repeat('1,', 1000000) AS ids$$,
	$$SELECT trigger_pipeline('p', '{"key": 7}')$$, NULL),
($h$Give it, or keep the pipeline with status => 'inactive' until it is complete.$h$, $$SELECT create_pipeline('a', source_table => 'src')$$, NULL,
	$$SELECT create_pipeline('a', source_table => 'src', destination_table => 'dst', load => 'append'); SELECT create_pipeline('b', source_table => 'src', status => 'inactive')$$, NULL),
($h$Give one of them; alter_pipeline(..., reset => '%') clears the other.$h$, $$SELECT alter_pipeline('p', source_query => 'SELECT 1 AS id, NULL AS t')$$, NULL,
	$$SELECT alter_pipeline('p', source_query => 'SELECT 1 AS id, NULL AS t', reset => '{source_table}')$$, NULL),
($h$source_table without source is a table of this database; name a foreign server as source to read from elsewhere.$h$,
	$$SELECT create_pipeline('a', source_table => 'nowhere', destination_table => 'new')$$, $$CREATE SERVER elsewhere FOREIGN DATA WRAPPER postgres_fdw; CREATE USER MAPPING FOR CURRENT_USER SERVER elsewhere$$,
	$$SELECT create_pipeline('a', source => 'elsewhere', source_table => 'nowhere', destination_table => 'new')$$, NULL),
($h$A run has a session of its own, which does not see it: name a permanent table.$h$,
	$$SELECT create_pipeline('a', source_table => 'src', destination_table => 'mine')$$, $$CREATE TABLE permanent (LIKE src)$$,
	$$SELECT create_pipeline('a', source_table => 'src', destination_table => 'permanent', load => 'append')$$, $$CREATE TEMPORARY TABLE mine (LIKE src)$$),
($h$Say load => 'append' to add the rows of every run to it, or load => 'replace' to replace all rows that are in it.$h$,
	$$SELECT create_pipeline('a', source_table => 'src', destination_table => 'dst')$$, NULL,
	$$SELECT create_pipeline('a', source_table => 'src', destination_table => 'dst', load => 'append'), create_pipeline('b', source_table => 'src', destination_table => 'dst', load => 'replace')$$, NULL),
($h$A pipeline name has 1 to 255 characters that can be seen, no slash, and does not look like a uuid.$h$,
	$$SELECT rename_pipeline('p', 'a/b')$$, NULL, $$SELECT rename_pipeline('p', 'a b')$$, NULL),
($h$The view pipeline_options lists all options.$h$, $$SELECT alter_pipeline('p', options => '{"quux": 1}')$$, NULL,
	$$DO 'BEGIN PERFORM alter_pipeline(''p'', options => jsonb_build_object((SELECT min(key) FROM pipeline_options WHERE key = ''max_retries''), 1)); END'$$, NULL),
($h$The option takes %.$h$, $$SELECT alter_pipeline('p', options => '{"max_retries": "many"}')$$, NULL, $$SELECT alter_pipeline('p', options => '{"max_retries": 3}')$$, NULL),
($h$The option takes %: %.$h$, $$SELECT alter_pipeline('p', options => '{"on_loss": "quux"}')$$, NULL, $$SELECT alter_pipeline('p', options => '{"on_loss": "fail"}')$$, NULL),
($h$It can have % bytes.$h$, $$SELECT alter_pipeline('p', description => repeat('x', 2000000))$$, NULL, $$SELECT alter_pipeline('p', description => repeat('x', 1000))$$, NULL),
($h$It can have %.$h$, $$SELECT alter_pipeline('p', tags => array_fill('x'::text, '{5000}'))$$, NULL, $$SELECT alter_pipeline('p', tags => '{x}')$$, NULL),
($h$It cannot be seen, or changes how others are shown.$h$, $$SELECT alter_pipeline('p', tags => ARRAY[U&'a\202Eb'])$$, NULL, $$SELECT alter_pipeline('p', tags => '{ab}')$$, NULL),
($h$Of control characters it can have tabs and line breaks.$h$, $$SELECT alter_pipeline('p', description => E'a\x01b')$$, NULL, $$SELECT alter_pipeline('p', description => E'a\tb\n')$$, NULL),
($h$Choose another name, or alter the existing pipeline with alter_pipeline.$h$,
	$$SELECT create_pipeline('q', source_table => 'src', destination_table => 'dst', load => 'append')$$, NULL,
	$$SELECT create_pipeline('r', source_table => 'src', destination_table => 'dst', load => 'append'); SELECT alter_pipeline('q', load => 'replace')$$,
	$$SELECT create_pipeline('q', source_table => 'src', destination_table => 'dst', load => 'append')$$),
($h$SELECT name, owner FROM pipelines shows those that you may see.$h$, $$SELECT pause_pipeline('quux')$$, NULL, $$SELECT pause_pipeline(owner || '/' || name) FROM (SELECT name, owner FROM pipelines) shown$$, NULL),
($h$Write it as owner/name, or use the id.$h$, $$SELECT pause_pipeline('p')$$, NULL, $$SELECT pause_pipeline('hint_owner/p'); SELECT pause_pipeline(id) FROM pipelines WHERE name = 'p'$$,
	$$SET LOCAL SESSION AUTHORIZATION hint_other; SELECT create_pipeline('p', source_query => 'SELECT 1 AS a', destination_table => 'elsewhere.d', status => 'inactive'); SET LOCAL SESSION AUTHORIZATION DEFAULT$$),
($h$SELECT * FROM recent_runs() shows those that you may see.$h$, $$SELECT wait_for_run('00000000-0000-0000-0000-000000000000')$$, NULL, $$SELECT * FROM recent_runs()$$, NULL),
($h$The view pipeline_sources shows those that could not be reached.$h$, $$SELECT retry_source('quux')$$, NULL, $$SELECT retry_source(source) FROM pipeline_sources$$, NULL);
UPDATE walks SET setup = concat_ws('; ', 'SET LOCAL SESSION AUTHORIZATION hint_owner', setup)
WHERE fails ~ '''p''' AND hint NOT LIKE 'Write it as owner/name%';

-- Schedules.
INSERT INTO walks (hint, fails, follow, again, setup) VALUES
($h$A schedule has five fields: minute, hour, day of month, month, day of week, as in "0 2 * * *", or six with the second first; or it is one of @yearly, @monthly, @weekly, @daily, @hourly, or an interval such as "every 15 minutes".$h$,
	$$SELECT describe_schedule('0 2 *')$$, NULL, $$SELECT describe_schedule(s) FROM unnest('{0 2 * * *,0 0 2 * * *,@yearly,@monthly,@weekly,@daily,@hourly,every 15 minutes}'::text[]) s$$, NULL),
($h$A schedule names times, and the start of the server is none. Use @hourly, @daily or five fields; after a start, what was due meanwhile is found by itself.$h$,
	$$SELECT describe_schedule('@reboot')$$, NULL, $$SELECT describe_schedule('@hourly'), describe_schedule('@daily')$$, NULL),
($h$Write an interval without the @, as in "every 15 minutes".$h$, $$SELECT describe_schedule('@every 15 minutes')$$, NULL, $$SELECT describe_schedule('every 15 minutes')$$, NULL),
($h$A schedule has at most % characters.$h$, $$SELECT describe_schedule(repeat('1,', 20000) || '1 * * * *')$$, NULL, $$SELECT describe_schedule(repeat('1,', 20) || '1 * * * *')$$, NULL),
($h$No day fits its day of the month, its month and its day of the week.$h$, $$SELECT describe_schedule('0 0 30 2 *')$$, NULL, $$SELECT describe_schedule('0 0 29 2 *')$$, NULL),
($h$The % field "%" %. It takes *, values from %, ranges such as %, steps such as */%, %and lists of these with commas.$h$,
	$$SELECT describe_schedule('61 * * * *')$$, NULL, $$SELECT describe_schedule(s) FROM unnest('{* * * * *,59 * * * *,10-20 * * * *,*/15 * * * *,"1,2 * * * *"}'::text[]) s$$, NULL),
($h$An interval is a number of seconds, minutes, hours, days or weeks, as in "every 30 seconds", "every 15 minutes", "every hour".$h$,
	$$SELECT describe_schedule('every')$$, NULL, $$SELECT describe_schedule(s) FROM unnest('{every 30 seconds,every 15 minutes,every hour,every 2 days,every week}'::text[]) s$$, NULL),
($h$An interval has at most % characters.$h$, $$SELECT describe_schedule('every ' || repeat('1', 2000) || ' days')$$, NULL, $$SELECT describe_schedule('every 1 day')$$, NULL),
($h$An interval is at most % days long.$h$, $$SELECT describe_schedule('every 99999999 days')$$, NULL, $$SELECT describe_schedule('every 30 days')$$, NULL),
($h$Days follow the calendar, hours do not: write it in one of both, as in "every 36 hours".$h$, $$SELECT describe_schedule('every 1 day 12 hours')$$, NULL, $$SELECT describe_schedule('every 36 hours')$$, NULL),
($h$Months and years have no fixed length: use cron, as in "0 0 1 * *", or @monthly or @yearly; make_schedule writes the cron of a month, a quarter or a year.$h$,
	$$SELECT describe_schedule('every 2 months')$$, NULL, $$SELECT describe_schedule(s) FROM unnest('{0 0 1 * *,@monthly,@yearly}'::text[]) s; SELECT make_schedule('month'), make_schedule('quarter'), make_schedule('year')$$, NULL),
($h$An interval has no time of day and no days: use cron, as in "0 2 * * *", or let make_schedule write it, as in make_schedule('day', '02:00').$h$,
	$$SELECT describe_schedule('every day at 02:00')$$, NULL, $$SELECT describe_schedule('0 2 * * *'), describe_schedule(make_schedule('day', '02:00'))$$, NULL),
($h$%It can be %; any other interval is a schedule as it stands, such as "every 20 minutes".$h$, $$SELECT make_schedule('20 minutes')$$, NULL, $$SELECT describe_schedule('every 20 minutes')$$, NULL),
($h$A schedule knows whole seconds.$h$, $$SELECT make_schedule('day', '02:00:00.5')$$, NULL, $$SELECT make_schedule('day', '02:00:01')$$, NULL),
($h$It is a time of day from 00:00 to 23:59:59.$h$, $$SELECT make_schedule('day', '24:00')$$, NULL, $$SELECT make_schedule('day', '23:59:59')$$, NULL),
($h$Every minute has no time of day; only its seconds can be given, as in '00:00:30'.$h$, $$SELECT make_schedule('minute', '02:00')$$, NULL, $$SELECT make_schedule('minute', '00:00:30')$$, NULL),
($h$Say how far into each % it runs, less than that: '00:00' to '00:%'.$h$, $$SELECT make_schedule('15 minutes', '00:15')$$, NULL, $$SELECT make_schedule('15 minutes', '00:14')$$, NULL),
($h$Name days of the week, as in '%' or '%'.$h$, $$SELECT make_schedule('week', on_days => '{quux}')$$, NULL, $$SELECT make_schedule('week', on_days => '{mon,friday}')$$, NULL),
($h$Name days of the week, as in '%', or leave it out: Monday.$h$, $$SELECT make_schedule('week', on_days => '{}')$$, NULL, $$SELECT make_schedule('week', on_days => '{monday}'), make_schedule('week')$$, NULL),
($h$Only every => 'week' runs on days of the week.$h$, $$SELECT make_schedule('day', on_days => '{monday}')$$, NULL, $$SELECT make_schedule(every => 'week', on_days => '{monday}')$$, NULL),
($h$Only month, quarter and year have a day of the month.$h$, $$SELECT make_schedule('day', day_of_month => 3)$$, NULL, $$SELECT make_schedule('month', day_of_month => 3)$$, NULL),
($h$It is a day from 1 to 31, or -1 for the last day of the month.$h$, $$SELECT make_schedule('month', day_of_month => 32)$$, NULL, $$SELECT make_schedule('month', day_of_month => -1)$$, NULL),
($h$Both are read in the pipeline's time zone where they have no offset.$h$,
	$$SELECT alter_pipeline('hint_owner/p', options => '{"start_at": "2026-02-01 00:00", "end_at": "2026-01-01 00:00"}')$$, NULL,
	$$SELECT alter_pipeline('hint_owner/p', options => '{"start_at": "2026-01-01 00:00", "end_at": "2026-02-01 00:00"}')$$, NULL),
($h$Use a full name such as "Europe/Berlin" or "UTC", as the view pg_timezone_names lists them; abbreviations and offsets are not accepted, for they know no daylight saving time.$h$,
	$$SELECT alter_pipeline('hint_owner/p', timezone => 'CEST')$$, NULL, $$SELECT alter_pipeline('hint_owner/p', timezone => 'Europe/Berlin')$$, NULL),
($h$Use a full name as the view pg_timezone_names lists them; abbreviations and offsets are not accepted.$h$,
	$$SET LOCAL pg_sluice.timezone = 'CEST'$$, NULL, $$SET LOCAL pg_sluice.timezone = 'Europe/Berlin'$$, NULL);

-- Chains, names of others, rights.
INSERT INTO walks (hint, fails, follow, again, setup) VALUES
($h$Take one of them out of depends_on, or out of on_failure.$h$, $$SELECT alter_pipeline('c1', depends_on => '{c2}')$$, $$SELECT alter_pipeline('c2', reset => '{depends_on}')$$, NULL,
	$$SELECT create_pipeline('c1', source_table => 'src', destination_table => 'dst', load => 'append'); SELECT create_pipeline('c2', source_table => 'src', destination_table => 'dst', load => 'append', depends_on => '{c1}')$$),
($h$A fallback has no fallback: choose another pipeline, or reset its on_failure.$h$, $$SELECT alter_pipeline('c1', on_failure => 'c2')$$, $$SELECT alter_pipeline('c2', reset => '{on_failure}')$$, NULL,
	$$SELECT create_pipeline('c3', source_table => 'src', destination_table => 'dst', load => 'append'); SELECT create_pipeline('c1', source_table => 'src', destination_table => 'dst', load => 'append'); SELECT create_pipeline('c2', source_table => 'src', destination_table => 'dst', load => 'append', on_failure => 'c3')$$),
($h$A fallback runs at once: choose another pipeline, or reset its depends_on.$h$, $$SELECT alter_pipeline('c1', on_failure => 'c2')$$, $$SELECT alter_pipeline('c2', reset => '{depends_on}')$$, NULL,
	$$SELECT create_pipeline('c3', source_table => 'src', destination_table => 'dst', load => 'append'); SELECT create_pipeline('c1', source_table => 'src', destination_table => 'dst', load => 'append'); SELECT create_pipeline('c2', source_table => 'src', destination_table => 'dst', load => 'append', depends_on => '{c3}')$$),
($h$When it starts, that one has run already: choose another pipeline as on_failure.$h$, $$SELECT alter_pipeline('c2', on_failure => 'c1')$$, NULL, $$SELECT alter_pipeline('c2', on_failure => 'c3')$$,
	$$SELECT create_pipeline('c3', source_table => 'src', destination_table => 'dst', load => 'append'); SELECT create_pipeline('c1', source_table => 'src', destination_table => 'dst', load => 'append'); SELECT create_pipeline('c2', source_table => 'src', destination_table => 'dst', load => 'append', depends_on => '{c1}')$$),
($h$A fallback runs at once and has no fallback itself.$h$, $$SELECT alter_pipeline('c1', depends_on => '{c3}')$$, $$SELECT alter_pipeline('c2', reset => '{on_failure}')$$, NULL,
	$$SELECT create_pipeline('c3', source_table => 'src', destination_table => 'dst', load => 'append'); SELECT create_pipeline('c1', source_table => 'src', destination_table => 'dst', load => 'append'); SELECT create_pipeline('c2', source_table => 'src', destination_table => 'dst', load => 'append', on_failure => 'c1')$$),
($h$It starts when the pipelines that it depends on are over: give the first of them the schedule, and reset one of the two here.$h$,
	$$SELECT alter_pipeline('c2', schedule => '@daily')$$, $$SELECT alter_pipeline('c1', schedule => '@daily')$$, $$SELECT alter_pipeline('c2', schedule => '@daily', reset => '{depends_on}'); SELECT alter_pipeline('c2', depends_on => '{c1}', reset => '{schedule}')$$,
	$$SELECT create_pipeline('c1', source_table => 'src', destination_table => 'dst', load => 'append'); SELECT create_pipeline('c2', source_table => 'src', destination_table => 'dst', load => 'append', depends_on => '{c1}')$$),
($h$Drop those first, or change them with alter_pipeline.$h$, $$SELECT drop_pipeline('c1')$$, $$SELECT drop_pipeline('c3'); SELECT alter_pipeline('c2', reset => '{depends_on}')$$, NULL,
	$$SELECT create_pipeline('c1', source_table => 'src', destination_table => 'dst', load => 'append'); SELECT create_pipeline('c2', source_table => 'src', destination_table => 'dst', load => 'append', depends_on => '{c1}'); SELECT create_pipeline('c3', source_table => 'src', destination_table => 'dst', load => 'append', depends_on => '{c1}')$$),
($h$Ask the role that ran CREATE EXTENSION, or a superuser.$h$, $$SELECT allow_pipelines('hint_group')$$, $$SET LOCAL SESSION AUTHORIZATION DEFAULT$$, NULL, $$GRANT EXECUTE ON FUNCTION allow_pipelines TO hint_owner; SET LOCAL SESSION AUTHORIZATION hint_owner$$),
($h$It decides for the pipelines of all roles. Ask the owner of the database, or a superuser.$h$, $$SELECT adopt_pipelines()$$, $$SET LOCAL SESSION AUTHORIZATION DEFAULT$$, NULL, $$SET LOCAL SESSION AUTHORIZATION hint_owner$$),
($h$SET ROLE to its owner, role "%", first.$h$, $$SELECT apply_pipeline('{"name": "p", "owner": "hint_owner", "source_table": "src", "destination_table": "dst", "load": "append"}')$$, $$SET LOCAL ROLE hint_owner$$, NULL,
	$$ALTER ROLE hint_other NOINHERIT; GRANT hint_owner TO hint_other; SET LOCAL SESSION AUTHORIZATION hint_other$$),
($h$A pipeline runs as its owner, so only those who can become that role may give it one.$h$, $$SELECT alter_pipeline('p', owner => 'hint_other')$$,
	$$SET LOCAL SESSION AUTHORIZATION DEFAULT; GRANT hint_other TO hint_owner; GRANT USAGE ON SCHEMA hints TO hint_other; GRANT ALL ON ALL TABLES IN SCHEMA hints TO hint_other; SET LOCAL SESSION AUTHORIZATION hint_owner$$, NULL, $$SET LOCAL SESSION AUTHORIZATION hint_owner$$),
($h$Complete it and set status => 'active' with alter_pipeline.$h$, $$SELECT trigger_pipeline('i')$$, $$SELECT alter_pipeline('i', destination_table => 'dst', load => 'append', status => 'active')$$, NULL,
	$$SELECT create_pipeline('i', source_table => 'src', status => 'inactive')$$),
($h$End the pause with resume_pipeline.$h$, $$SELECT trigger_pipeline('hint_owner/p')$$, $$SELECT resume_pipeline('hint_owner/p')$$, NULL, $$SELECT pause_pipeline('hint_owner/p')$$),
($h$Use trigger_pipeline: a worker runs it as its owner, whoever triggers it.$h$, $$CALL run_pipeline('hint_owner/p')$$, NULL, $$SELECT trigger_pipeline('hint_owner/p')$$, NULL),
($h$trigger_pipeline starts one.$h$, $$SELECT retry_run('never')$$, NULL, $$SELECT trigger_pipeline('never')$$, $$SELECT create_pipeline('never', source_table => 'src', destination_table => 'dst', load => 'replace')$$);

-- Runs: values, rows and tables of this database.
CREATE FUNCTION pipe(name text, source_table text, destination_table text, load text DEFAULT 'append', columns text DEFAULT NULL, options jsonb DEFAULT '{}') RETURNS uuid
LANGUAGE sql AS 'SELECT create_pipeline(name, source_table => source_table, destination_table => destination_table, load => load, columns => columns, options => options)';
CREATE FUNCTION merge(name text, source_table text, key_columns text[]) RETURNS uuid
LANGUAGE sql AS 'SELECT create_pipeline(name, source_table => source_table, destination_table => ''d'', load => ''merge'', key_columns => key_columns)';
CREATE FUNCTION mirror(name text, options jsonb DEFAULT '{}') RETURNS uuid
LANGUAGE sql AS 'SELECT create_pipeline(name, source_table => ''src'', destination_table => ''d'', load => ''mirror'', key_columns => ''{id}'', options => options)';
CREATE FUNCTION fails_for_two(i int) RETURNS int LANGUAGE plpgsql AS 'BEGIN IF i = 2 THEN RAISE ''no two'' USING ERRCODE = ''22023''; END IF; RETURN i; END';
CREATE FUNCTION quiet() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TABLE numbers (n numeric(10,4));
INSERT INTO numbers VALUES (1.2549);
CREATE TABLE texts (t text);
INSERT INTO texts VALUES ('abcdef');
CREATE TABLE with_null AS SELECT NULL::int AS id;
INSERT INTO walks (hint, fails, follow, again, setup)
SELECT hint, $$CALL run_pipeline('x')$$, follow, NULL, setup FROM (VALUES
($h$Widen the column of the destination; or say that it is meant with a cast in columns (::%); or set the option on_loss to 'warn'.$h$,
	$$CREATE TABLE d (n numeric(10,2)); SELECT pipe('x', 'numbers', 'd', options => '{"on_loss": "fail"}')$$,
	ARRAY[$$ALTER TABLE d ALTER n TYPE numeric(10,4)$$, $$SELECT alter_pipeline('x', columns => 'n::numeric(10,2) AS n')$$, $$SELECT alter_pipeline('x', options => '{"on_loss": "warn"}')$$]),
($h$Leave on_reject out, or put that part of columns into source_query.$h$,
	$$CREATE TABLE d (id bigint); SELECT pipe('x', 'src', 'd', columns => 'count(*) AS id', options => '{"on_reject": "quarantine"}')$$,
	ARRAY[$$SELECT alter_pipeline('x', options => '{"on_reject": null}')$$, $$SELECT alter_pipeline('x', source_query => 'SELECT count(*) AS id FROM hints.src', reset => '{source_table,columns}')$$]),
($h$Look into rejected_rows for what is wrong with them: mend it, or let more of them be rejected with max_rejects.$h$,
	$$CREATE TABLE d (id int, t text); SELECT pipe('x', 'src', 'd', columns => 'hints.fails_for_two(id) AS id', options => '{"on_reject": "quarantine", "max_rejects": 0}')$$,
	ARRAY[$$UPDATE src SET id = 5 WHERE id = 2$$, $$SELECT alter_pipeline('x', options => '{"max_rejects": 1}')$$]),
($h$A value is too large for its column: widen the column.$h$, $$CREATE TABLE s AS SELECT 100000 AS id; CREATE TABLE d (id smallint); SELECT pipe('x', 's', 'd')$$, ARRAY[$$ALTER TABLE d ALTER id TYPE int$$]),
($h$A value is too long for its column: widen the column.$h$, $$CREATE TABLE d (t varchar(3)); SELECT pipe('x', 'texts', 'd')$$, ARRAY[$$ALTER TABLE d ALTER t TYPE varchar(10)$$]),
($h$Correct such values in the source, or by an expression in columns.$h$, $$CREATE TABLE d (t int); SELECT pipe('x', 'texts', 'd', columns => 't::int AS t')$$,
	ARRAY[$$UPDATE texts SET t = '5'$$, $$SELECT alter_pipeline('x', columns => 'CASE WHEN t ~ ''^[0-9]+$'' THEN t::int END AS t')$$]),
($h$Correct such values in the source, or by an expression in columns.$h$, $$CREATE TABLE d (id int); SELECT pipe('x', 'src', 'd', columns => '1 / (id - 2) AS id')$$,
	ARRAY[$$DELETE FROM src WHERE id = 2$$, $$SELECT alter_pipeline('x', columns => '1 / nullif(id - 2, 0) AS id')$$]),
($h$Give it a value with COALESCE in columns.$h$, $$CREATE TABLE d (id int NOT NULL); SELECT pipe('x', 'with_null', 'd')$$, ARRAY[$$SELECT alter_pipeline('x', columns => 'COALESCE(id, 0) AS id')$$]),
($h$The source has a row twice, or it was loaded before: load with replace, or select what is new with filter.$h$, $$CREATE TABLE d (id int PRIMARY KEY, t text); INSERT INTO d VALUES (1), (2), (3); SELECT pipe('x', 'src', 'd')$$,
	ARRAY[$$SELECT alter_pipeline('x', load => 'replace')$$, $$SELECT alter_pipeline('x', filter => 'id > 3')$$]),
($h$Correct such rows in the source, or by expressions in columns.$h$, $$CREATE TABLE d (id int CHECK (id <> 2)); SELECT pipe('x', 'src', 'd', columns => 'id')$$,
	ARRAY[$$DELETE FROM src WHERE id = 2$$, $$SELECT alter_pipeline('x', columns => 'CASE id WHEN 2 THEN 4 ELSE id END AS id')$$]),
($h$Correct such rows in the source, or by expressions in columns.$h$, $$CREATE TABLE d (id int, EXCLUDE (id WITH =)); INSERT INTO d VALUES (2); SELECT pipe('x', 'src', 'd', columns => 'id')$$,
	ARRAY[$$DELETE FROM src WHERE id = 2$$, $$SELECT alter_pipeline('x', columns => 'id + 10 AS id')$$]),
($h$Load the referenced rows first.$h$, $$CREATE TABLE parent (id int PRIMARY KEY); CREATE TABLE d (id int REFERENCES parent); SELECT pipe('x', 'src', 'd', columns => 'id')$$, ARRAY[$$INSERT INTO parent SELECT id FROM src$$]),
($h$Load the referenced rows first, or both tables in one transaction: a list in CALL run_pipelines, with the constraint deferred.$h$,
	$$CREATE TABLE parent (id int PRIMARY KEY); CREATE TABLE d (id int REFERENCES parent DEFERRABLE); SELECT pipe('fill', 'src', 'parent', columns => 'id'), pipe('x', 'src', 'd', 'replace', 'id')$$,
	ARRAY[$$INSERT INTO parent SELECT id FROM src$$, $$SET CONSTRAINTS ALL DEFERRED; CALL run_pipelines('{x,fill}'); SET CONSTRAINTS ALL IMMEDIATE$$]),
($h$The source no longer has a row that another table refers to.$h$, $$CREATE TABLE d (id int PRIMARY KEY); INSERT INTO d VALUES (9); CREATE TABLE child (id int REFERENCES d); INSERT INTO child VALUES (9); SELECT pipe('x', 'src', 'd', 'replace', 'id')$$,
	ARRAY[$$INSERT INTO src VALUES (9)$$, $$DELETE FROM child WHERE id = 9$$]),
($h$Load with append, or declare that foreign key with ON DELETE NO ACTION.$h$, $$CREATE TABLE d (id int PRIMARY KEY); CREATE TRIGGER fill AFTER TRUNCATE ON d FOR EACH STATEMENT EXECUTE FUNCTION quiet(); INSERT INTO d VALUES (9); CREATE TABLE child (id int, CONSTRAINT child_d FOREIGN KEY (id) REFERENCES d ON DELETE CASCADE); SELECT pipe('x', 'src', 'd', 'replace', 'id')$$,
	ARRAY[$$SELECT alter_pipeline('x', load => 'append')$$, $$ALTER TABLE child DROP CONSTRAINT child_d, ADD FOREIGN KEY (id) REFERENCES d ON DELETE NO ACTION$$]),
($h$It was raised inside a function, which the context names: a trigger of the destination, or one that the pipeline's SQL calls.$h$, $$CREATE TABLE d (id int); SELECT pipe('x', 'src', 'd', columns => 'hints.fails_for_two(id) AS id')$$,
	ARRAY[$$CREATE OR REPLACE FUNCTION fails_for_two(i int) RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN i; END'$$]),
($h$It is the pipeline's source in this database: create it, or change source_table.$h$, $$CREATE TABLE gone (id int); CREATE TABLE d (id int, t text); SELECT pipe('x', 'gone', 'd'); DROP TABLE gone$$,
	ARRAY[$$CREATE TABLE gone (id int)$$, $$SELECT alter_pipeline('x', source_table => 'src')$$]),
($h$Bring it back; or say in columns what % is to hold from now on; or accept the source as it is now, which leaves it without values: %.$h$, $$CREATE TABLE d (id int, t text); SELECT pipe('x', 'src', 'd'); CALL run_pipeline('x'); ALTER TABLE src DROP t$$,
	ARRAY[$$ALTER TABLE src ADD t text$$, $$SELECT alter_pipeline('x', columns => 'id, ''?'' AS t')$$, $$SELECT alter_pipeline('x', reset => '{columns}')$$]),
($h$Widen the destination: ALTER TABLE ... ALTER % TYPE %; or say that it is meant with a cast in columns: %::% AS %; or accept the source as it is now: %.$h$, $$CREATE TABLE d (n numeric(10,4)); SELECT pipe('x', 'numbers', 'd'); CALL run_pipeline('x'); ALTER TABLE numbers ALTER n TYPE numeric(10,6)$$,
	ARRAY[$$ALTER TABLE d ALTER n TYPE numeric(10,6)$$, $$SELECT alter_pipeline('x', columns => 'n::numeric(10,4) AS n')$$, $$SELECT alter_pipeline('x', reset => '{columns}')$$]),
($h$Say alter_pipeline(..., load => 'append') to add the rows of every run to it, or load => 'replace' to replace all rows that are in it.$h$, $$SELECT create_pipeline('x', source_table => 'src', destination_table => 'later'); CREATE TABLE later (id int, t text)$$,
	ARRAY[$$SELECT alter_pipeline('x', load => 'append')$$, $$SELECT alter_pipeline('x', load => 'replace')$$]),
($h$Add % to the table with ALTER TABLE ... ADD COLUMN, or say in columns what is to be loaded; the option on_new_column can be evolve or discard_value.$h$, $$CREATE TABLE d (id int, t text); CREATE TABLE s (id int, t text); SELECT pipe('x', 's', 'd'); ALTER TABLE s ADD extra int$$,
	ARRAY[$$ALTER TABLE d ADD COLUMN extra int$$, $$SELECT alter_pipeline('x', columns => 'id, t')$$, $$SELECT alter_pipeline('x', options => '{"on_new_column": "evolve"}')$$, $$SELECT alter_pipeline('x', options => '{"on_new_column": "discard_value"}')$$]),
($h$Give it a value in columns, for example: *, 0 AS %; or give the table a default.$h$, $$CREATE TABLE d (id int, t text); SELECT pipe('x', 'src', 'd'); ALTER TABLE d ADD needed int NOT NULL$$,
	ARRAY[$$SELECT alter_pipeline('x', columns => '*, 0 AS needed')$$, $$ALTER TABLE d ALTER needed SET DEFAULT 0$$]),
($h$Give the table that is named a primary key or run ALTER TABLE ... REPLICA IDENTITY FULL; or publish no deletes of it.$h$, $$CREATE TABLE d (id int, t text); INSERT INTO d VALUES (9); CREATE PUBLICATION hint_publication FOR TABLE d; SELECT pipe('x', 'src', 'd', 'replace')$$,
	ARRAY[$$ALTER TABLE d ADD PRIMARY KEY (id)$$, $$ALTER TABLE d REPLICA IDENTITY FULL$$, $$ALTER PUBLICATION hint_publication SET (publish = 'insert, update')$$]),
($h$A key says which row is meant: leave such rows out with a filter, or take other key_columns.$h$, $$INSERT INTO src VALUES (NULL, 'none'); CREATE TABLE d (id int, t text UNIQUE); SELECT merge('x', 'src', '{id}')$$,
	ARRAY[$$SELECT alter_pipeline('x', filter => 'id IS NOT NULL')$$, $$SELECT alter_pipeline('x', key_columns => '{t}')$$]),
($h$Where the source may be empty, allow it: {"on_empty": "load"} in options.$h$, $$CREATE TABLE d (id int PRIMARY KEY, t text); SELECT mirror('x'); CALL run_pipeline('x'); TRUNCATE src$$,
	ARRAY[$$SELECT alter_pipeline('x', options => '{"on_empty": "load"}')$$]),
($h$Where that is meant, allow it for this run: {"max_deletes": "%"} in options.$h$, $$CREATE TABLE d (id int PRIMARY KEY, t text); SELECT mirror('x', '{"max_deletes": 1}'); CALL run_pipeline('x'); DELETE FROM src WHERE id > 1$$,
	ARRAY[$$SELECT alter_pipeline('x', options => '{"max_deletes": "2"}')$$]),
($h$Leave one of them, or take other key_columns; a unique index on the keys prevents it.$h$, $$CREATE TABLE d (id int, t text); INSERT INTO d VALUES (1, 'a'), (1, 'b'); SELECT mirror('x')$$,
	ARRAY[$$DELETE FROM d WHERE t = 'b'$$, $$SELECT alter_pipeline('x', key_columns => '{id,t}')$$]),
($h$Leave such rows out with a filter, or widen scope: a load changes no row outside of it.$h$, $$CREATE TABLE d (id int PRIMARY KEY, t text); INSERT INTO d VALUES (1, 'other'); SELECT mirror('x', '{"scope": "t LIKE ''row%''"}')$$,
	ARRAY[$$SELECT alter_pipeline('x', filter => 'id > 1')$$, $$SELECT alter_pipeline('x', options => '{"scope": "true"}')$$]),
($h$Leave such rows out with a filter, or widen scope: a load writes no row outside of it.$h$, $$CREATE TABLE d (id int PRIMARY KEY, t text); SELECT mirror('x', '{"scope": "id > 1"}')$$,
	ARRAY[$$SELECT alter_pipeline('x', filter => 'id > 1')$$, $$SELECT alter_pipeline('x', options => '{"scope": "id > 0"}')$$]),
($h$scope is a condition on the destination's columns; functions are found by the pipeline's search_path.$h$, $$CREATE TABLE d (id int PRIMARY KEY, t text); SELECT mirror('x', '{"scope": "region = 1"}')$$,
	ARRAY[$$SELECT alter_pipeline('x', options => '{"scope": "id > 0"}')$$]),
($h$Add it: ALTER TABLE % ADD COLUMN % %; or let the option % name another one.$h$, $$CREATE TABLE d (id int PRIMARY KEY, t text, gone bool); SELECT mirror('x', '{"soft_delete_column": "lost"}')$$,
	ARRAY[$$ALTER TABLE d ADD COLUMN lost timestamptz$$, $$SELECT alter_pipeline('x', options => '{"soft_delete_column": "gone"}')$$]),
($h$Its type must be %.$h$, $$CREATE TABLE d (id int PRIMARY KEY, t text, gone int); SELECT mirror('x', '{"soft_delete_column": "gone"}')$$, ARRAY[$$ALTER TABLE d ALTER gone TYPE bool USING false$$]),
($h$The source's clock went back, or the versions are of another clock: run the pipeline again when that time has passed.$h$,
	$$SELECT create_pipeline('x', source_table => 'src', destination_table => 'd', load => 'history', key_columns => '{id}'); CALL run_pipeline('x'); UPDATE d SET valid_from = 'infinity'; UPDATE src SET t = 'new'$$,
	ARRAY[$$UPDATE d SET valid_from = 'epoch'$$]),
($h$Give it a value in columns, or take other key_columns: they name columns of the destination.$h$, $$CREATE TABLE d (id int, t text, extra int); SELECT merge('x', 'src', '{extra}')$$,
	ARRAY[$$SELECT alter_pipeline('x', columns => '*, id AS extra')$$, $$SELECT alter_pipeline('x', key_columns => '{id}')$$]),
($h$Take a cursor_column that tells them apart, or key_columns that do; or let the row win that was read last: {"on_tie": "last"} in options.$h$,
	$$CREATE TABLE s AS SELECT 1 AS id, n AS at, n AS v FROM generate_series(1, 2) n; CREATE TABLE d (id int, at int, v int); SELECT merge('x', 's', '{id}')$$,
	ARRAY[$$SELECT alter_pipeline('x', cursor_column => 'at')$$, $$SELECT alter_pipeline('x', key_columns => '{id,v}')$$, $$SELECT alter_pipeline('x', options => '{"on_tie": "last"}')$$]),
($h$cursor_column names a column of source_table or source_query, exactly as it is called there.$h$, $$CREATE TABLE d (id int, t text); SELECT create_pipeline('x', source_table => 'src', destination_table => 'd', load => 'append', cursor_column => 'ID')$$,
	ARRAY[$$SELECT alter_pipeline('x', cursor_column => 'id')$$]),
($h$A cursor is an integer, a numeric, a date, a timestamp or a uuid: values that are ordered in the same way everywhere. Cast the column in source_query.$h$,
	$$CREATE TABLE d (id int, t text); SELECT create_pipeline('x', source_table => 'src', destination_table => 'd', load => 'append', cursor_column => 't')$$,
	ARRAY[$$SELECT alter_pipeline('x', source_query => 'SELECT id, substr(t, 5)::int AS t FROM hints.src', reset => '{source_table}')$$]),
($h$Aggregates, DISTINCT and functions that return sets belong into source_query; or leave cursor_column out.$h$,
	$$CREATE TABLE d (id int, t text); SELECT create_pipeline('x', source_table => 'src', destination_table => 'd', load => 'append', cursor_column => 'id', columns => 'max(id) AS id')$$,
	ARRAY[$$SELECT alter_pipeline('x', source_query => 'SELECT max(id) AS id FROM hints.src', reset => '{source_table,columns}')$$, $$SELECT alter_pipeline('x', reset => '{cursor_column}')$$]),
($h$It is a key or the cursor, which always stops the pipeline: bring it back, or say in columns what % is to hold from now on.$h$,
	$$CREATE TABLE d (id int, t text); SELECT merge('x', 'src', '{id}'); CALL run_pipeline('x'); ALTER TABLE src DROP id$$,
	ARRAY[$$ALTER TABLE src ADD id int; UPDATE src SET id = substr(t, 5)::int$$, $$SELECT alter_pipeline('x', columns => 't, substr(t, 5)::int AS id')$$]),
($h$Set the option on_null_cursor to exclude, and they are never read, or to include, and they are read by each run.$h$, $$CREATE TABLE d (id int); SELECT create_pipeline('x', source_table => 'with_null', destination_table => 'd', load => 'append', cursor_column => 'id', options => '{"on_null_cursor": "error"}')$$,
	ARRAY[$$SELECT alter_pipeline('x', options => '{"on_null_cursor": "exclude"}')$$, $$SELECT alter_pipeline('x', options => '{"on_null_cursor": "include"}')$$]),
($h$Leave such rows out in source_query, or take another cursor.$h$, $$CREATE TABLE s AS SELECT 1 AS id, timestamp 'infinity' AS at; SELECT create_pipeline('x', source_table => 's', destination_table => 'made', cursor_column => 'at', load => 'append')$$,
	ARRAY[$$SELECT alter_pipeline('x', source_query => 'SELECT * FROM hints.s WHERE isfinite(at)', reset => '{source_table}')$$, $$SELECT alter_pipeline('x', cursor_column => 'id')$$]),
($h$Give another one with set_watermark, or read everything again after reset_watermark.$h$,
	$$CREATE TABLE d (id int, t text); SELECT create_pipeline('x', source_table => 'src', destination_table => 'd', load => 'append', cursor_column => 'id'); CALL run_pipeline('x'); SELECT set_watermark('x', 'quux')$$,
	ARRAY[$$SELECT set_watermark('x', '2')$$, $$SELECT reset_watermark('x')$$]),
($h$Set lag to 0, or take another cursor.$h$, $$CREATE TABLE s AS SELECT 1 AS id, gen_random_uuid() AS u; SELECT create_pipeline('x', source_table => 's', destination_table => 'made', load => 'append', cursor_column => 'u'); CALL run_pipeline('x'); SELECT alter_pipeline('x', options => '{"lag": "1 min"}')$$,
	ARRAY[$$SELECT alter_pipeline('x', options => '{"lag": "0"}')$$, $$SELECT alter_pipeline('x', cursor_column => 'id', options => '{"lag": null}'); SELECT reset_watermark('x')$$]),
($h$Take a finer cursor, a shorter lag, or key_columns with load => 'merge', which recognizes rows by their keys.$h$,
	$$CREATE TABLE s AS SELECT n AS id, 1 AS batch FROM generate_series(1, 10001) n; CREATE TABLE d (id int, batch int); SELECT create_pipeline('x', source_table => 's', destination_table => 'd', load => 'append', cursor_column => 'batch')$$,
	ARRAY[$$SELECT alter_pipeline('x', cursor_column => 'id')$$, $$SELECT alter_pipeline('x', load => 'merge', key_columns => '{id}')$$]),
($h$Take a finer cursor, a shorter lag, or key_columns with load => 'merge', which recognizes rows by their keys.$h$,
	$$CREATE TABLE s AS SELECT n AS id FROM generate_series(1, 10001) n; CREATE TABLE d (id int); SELECT create_pipeline('x', source_table => 's', destination_table => 'd', load => 'append', cursor_column => 'id', options => '{"lag": 20000}')$$,
	ARRAY[$$SELECT alter_pipeline('x', options => '{"lag": 100}')$$]),
($h$What the source's table has is not fit for these rows: the option create_indexes => 'none' loads them without it.$h$,
	$$CREATE TABLE s (id int PRIMARY KEY); CREATE FUNCTION spoil() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN IF EXISTS (SELECT FROM pg_event_trigger_ddl_commands() WHERE object_identity = ''hints.made'') THEN INSERT INTO hints.made VALUES (1), (1); END IF; END';
	CREATE EVENT TRIGGER hint_spoil ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION spoil(); SELECT create_pipeline('x', source_table => 's', destination_table => 'made')$$,
	ARRAY[$$SELECT alter_pipeline('x', options => '{"create_indexes": "none"}')$$]),
($h$Use trigger_pipeline or CALL trigger_and_wait: a worker runs it outside that transaction.$h$, $$SELECT create_pipeline('x', command => 'VACUUM hints.dst')$$, ARRAY[$$SELECT trigger_pipeline('x')$$]),
($h$Use trigger_pipeline: a worker runs it outside the caller's transaction.$h$, $$SELECT create_pipeline('x', command => 'DO ''BEGIN COMMIT; END''')$$, ARRAY[$$SELECT trigger_pipeline('x')$$]),
($h$This session itself still uses the table: close its cursors first.$h$, $$CREATE TABLE d (id int, t text); INSERT INTO d VALUES (9); SELECT pipe('x', 'src', 'd', 'replace'); DECLARE still_open CURSOR FOR SELECT * FROM d$$, ARRAY[$$CLOSE still_open$$])
) w (hint, setup, follows), unnest(follows) follow;
UPDATE walks SET again = 'SELECT 1' WHERE hint LIKE 'Use trigger_pipeline%';

-- What is found when a pipeline is made, or when it first runs.
CREATE INDEX src_id ON src (id);
CREATE MATERIALIZED VIEW seen AS SELECT 7 AS id, 'seen' AS t;
INSERT INTO walks (hint, fails, follow, again, setup) VALUES
($h$Create the schema, or name another one in destination_table.$h$, $$SELECT pipe('x', 'src', 'nowhere.d'); CALL run_pipeline('x')$$, $$CREATE SCHEMA nowhere$$, NULL, NULL),
($h$Create the schema, or name another one in destination_table.$h$, $$SELECT pipe('x', 'src', 'nowhere.d'); CALL run_pipeline('x')$$, NULL, $$SELECT pipe('x', 'src', 'hints.d'); CALL run_pipeline('x')$$, NULL),
($h$columns and filter are SQL over the source's columns, also as source.name; what they make together is shown.$h$, $$SELECT pipe('x', 'src', 'dst', columns => 'quux AS id')$$, NULL, $$SELECT pipe('x', 'src', 'dst', columns => 'source.id AS id'); CALL run_pipeline('x')$$, NULL),
($h$source_query is run as the owner, with the search_path that is stored in the pipeline.$h$, $$SELECT create_pipeline('x', source_query => 'SELECT * FROM unpathed', destination_table => 'dst', load => 'append')$$, $$SET LOCAL search_path = hints, beside, public$$,
	$$SELECT create_pipeline('x', source_query => 'SELECT * FROM unpathed', destination_table => 'dst', load => 'append'); CALL run_pipeline('x')$$, $$CREATE SCHEMA beside; CREATE TABLE beside.unpathed (id int)$$),
($h$A source is a table, a view, a materialized view or a foreign table.$h$, $$SELECT pipe('x', 'src_id', 'dst'); CALL run_pipeline('x')$$, NULL, $$SELECT pipe('x', 'seen', 'dst'); CALL run_pipeline('x')$$, NULL),
($h$A destination is a table, a partitioned table, a view or a foreign table.$h$, $$SELECT pipe('x', 'src', 'seen'); CALL run_pipeline('x')$$, $$CREATE VIEW over_dst AS SELECT * FROM dst$$, $$SELECT pipe('x', 'src', 'over_dst'); CALL run_pipeline('x')$$, NULL),
($h$Name a table of your own.$h$, $$SELECT pipe('x', 'src', 'sluice.pipeline_runs'); CALL run_pipeline('x')$$, NULL, $$SELECT pipe('x', 'src', 'dst'); CALL run_pipeline('x')$$, NULL),
($h$Name a table of your own.$h$, $$SELECT pipe('x', 'src', 'pg_catalog.pg_class'); CALL run_pipeline('x')$$, NULL, $$SELECT pipe('x', 'src', 'dst'); CALL run_pipeline('x')$$, NULL),
($h$Name each expression in columns with AS, after the destination's column.$h$, $$SELECT pipe('x', 'src', 'made', columns => 'id + 1'); CALL run_pipeline('x')$$, NULL, $$SELECT pipe('x', 'src', 'made', columns => 'id + 1 AS id'); CALL run_pipeline('x')$$, NULL),
($h$Name the columns to load in columns, each under a name of its own.$h$, $$SELECT pipe('x', 'src', 'made', columns => 'id, id'); CALL run_pipeline('x')$$, NULL, $$SELECT pipe('x', 'src', 'made', columns => 'id, id AS again'); CALL run_pipeline('x')$$, NULL),
($h$Cast it in columns, for example: % AS %.$h$, $$SELECT pipe('x', 'src', 'dst', columns => 't AS id')$$, NULL, $$SELECT pipe('x', 'src', 'dst', columns => 'substr(t, 5)::integer AS id'); CALL run_pipeline('x')$$, NULL),
($h$Cast it in columns, for example: %::text AS %.$h$, $$SELECT pipe('x', 'src', 'made', columns => 'ROW(id, t) AS r'); CALL run_pipeline('x')$$, NULL, $$SELECT pipe('x', 'src', 'made', columns => 'ROW(id, t)::text AS r'); CALL run_pipeline('x')$$, NULL),
($h$Leave out columns, or load them into several tables.$h$, $$CALL run_pipeline('x')$$, $$SELECT alter_pipeline('x', columns => (SELECT string_agg(format('c%s', i), ', ') FROM generate_series(1, 400) i))$$, NULL,
	$$DO 'BEGIN EXECUTE (SELECT format(''CREATE TABLE wide AS SELECT %s'', string_agg(format(''gen_random_uuid() AS c%s'', i), '', '')) FROM generate_series(1, 500) i); EXCEPTION WHEN program_limit_exceeded THEN CREATE TABLE wide (); END';
	SELECT create_pipeline('x', source_query => (SELECT format('SELECT %s', string_agg(format('gen_random_uuid() AS c%s', i), ', ')) FROM generate_series(1, 600) i), destination_table => 'made', load => 'replace')$$),
($h$Grant it to the owner of the pipeline: GRANT CREATE ON SCHEMA % TO %.$h$, $$SELECT pipe('x', 'src', 'hints.made')$$,
	$$SET LOCAL SESSION AUTHORIZATION DEFAULT; GRANT CREATE ON SCHEMA hints TO hint_other; SET LOCAL SESSION AUTHORIZATION hint_other$$, NULL, $$GRANT USAGE ON SCHEMA hints TO hint_other; GRANT SELECT ON src TO hint_other; SET LOCAL SESSION AUTHORIZATION hint_other$$),
($h$SET ROLE and SET SESSION AUTHORIZATION do not do, because the code that runs could take them back. Connect as the owner, or use trigger_pipeline: a worker runs it as its owner.$h$, $$CALL run_pipeline('p')$$, NULL, $$SELECT trigger_pipeline('p')$$,
	$$SET LOCAL SESSION AUTHORIZATION hint_owner$$),
($h$Grant it to the owner of the pipeline: GRANT USAGE ON FOREIGN SERVER % TO %.$h$, $$SELECT create_pipeline('x', source => 'elsewhere', source_table => 'a.b', destination_table => 'dst', load => 'append')$$,
	$$SET LOCAL SESSION AUTHORIZATION DEFAULT; GRANT USAGE ON FOREIGN SERVER elsewhere TO hint_owner; SET LOCAL SESSION AUTHORIZATION hint_owner$$, NULL,
	$$CREATE SERVER elsewhere FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1'); CREATE USER MAPPING FOR hint_owner SERVER elsewhere OPTIONS (user 'reader', password 'secret'); SET LOCAL SESSION AUTHORIZATION hint_owner$$),
($h$Run CREATE USER MAPPING FOR % SERVER % OPTIONS (% '...', password '...').$h$, $$SELECT create_pipeline('x', source => 'elsewhere', source_table => 'a.b', destination_table => 'dst', load => 'append')$$,
	$$CREATE USER MAPPING FOR CURRENT_USER SERVER elsewhere OPTIONS (user 'reader', password 'secret')$$, NULL, $$CREATE SERVER elsewhere FOREIGN DATA WRAPPER postgres_fdw$$),
($h$Leave on_reject out, or load into a plain table.$h$,
	$$SELECT create_pipeline('x', source_table => 'src', destination_table => 'd', load => 'append', options => '{"on_reject": "quarantine"}')$$,
	$$DROP TABLE d; CREATE TABLE d (LIKE dst)$$, NULL, $$CREATE TABLE d (id int, t text); CREATE RULE also AS ON INSERT TO d DO ALSO SELECT 1$$),
($h$Leave on_reject out, or transform.$h$, $$SELECT alter_pipeline('p', options => '{"on_reject": "quarantine", "transform": "SELECT * FROM source"}')$$, NULL,
	$$SELECT alter_pipeline('p', options => '{"transform": "SELECT * FROM source"}')$$, NULL),
($h$Give a number of rows up to 1000000, or a percentage of those that are read: 5%.$h$, $$SELECT alter_pipeline('p', options => '{"max_rejects": "few"}')$$, NULL,
	$$SELECT alter_pipeline('p', options => '{"max_rejects": "5%"}')$$, NULL),
($h$Use mode => 'batch', with a schedule as often as every second.$h$, $$SELECT create_pipeline('x', mode => 'realtime', source_table => 'src', destination_table => 'dst', load => 'append')$$, NULL,
	$$SELECT create_pipeline('x', mode => 'batch', schedule => 'every second', source_table => 'src', destination_table => 'dst', load => 'replace')$$, NULL),
($h$Say load => 'append' to add the rows of every run to it, or load => 'replace' to replace all rows that are in it.$h$,
	$$SELECT create_pipeline('x', source_table => 'src', destination => 'elsewhere', destination_table => 'far.dst')$$, NULL,
	$$SELECT create_pipeline('x', source_table => 'src', destination => 'elsewhere', destination_table => 'far.dst', load => 'append')$$, $$CREATE SERVER elsewhere FOREIGN DATA WRAPPER postgres_fdw; CREATE USER MAPPING FOR CURRENT_USER SERVER elsewhere$$),
($h$Use trigger_pipeline or CALL trigger_and_wait: a worker commits there and here one right after the other.$h$, $$CALL run_pipeline('x')$$, NULL, $$SELECT trigger_pipeline('x')$$,
	$$CREATE SERVER elsewhere FOREIGN DATA WRAPPER postgres_fdw; CREATE USER MAPPING FOR CURRENT_USER SERVER elsewhere; SELECT create_pipeline('x', source_table => 'src', destination => 'elsewhere', destination_table => 'far.dst', load => 'append')$$);

-- Another server, which is this one.
SELECT split_part(current_setting('unix_socket_directories'), ', ', 1) AS socket, current_setting('port') AS port, current_database() AS database \gset
CREATE SERVER loop FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host :'socket', port :'port', dbname :'database');
CREATE USER MAPPING FOR CURRENT_USER SERVER loop OPTIONS (user 'hint_owner');
CREATE SCHEMA aside AUTHORIZATION hint_owner;
CREATE TABLE aside.faraway AS SELECT 1 AS id;
CREATE TABLE aside."Mixed" AS SELECT 1 AS id;
CREATE TABLE aside.closed AS SELECT 1 AS id;
ALTER TABLE aside.faraway OWNER TO hint_owner;
ALTER TABLE aside."Mixed" OWNER TO hint_owner;
CREATE TABLE aside."MIXED" AS SELECT 1 AS id;
ALTER TABLE aside."MIXED" OWNER TO hint_owner;
CREATE FUNCTION far(source_table text, source_query text DEFAULT NULL) RETURNS uuid
LANGUAGE sql AS 'SELECT create_pipeline(''x'', source => ''loop'', source_table => source_table, source_query => source_query, destination_table => ''made'')';
INSERT INTO walks (hint, fails, follow, again, setup) VALUES
($h$Write schema.table; the database is an option of the server.$h$, $$CALL run_pipeline('x')$$, $$SELECT alter_pipeline('x', source_table => 'aside.faraway')$$, NULL, $$SELECT far('postgres.aside.faraway')$$),
($h$Write table, schema.table or "Schema"."Table"; double a double quote within quotes.$h$, $$CALL run_pipeline('x')$$, $$SELECT alter_pipeline('x', source_table => '"aside"."Mixed"')$$, NULL, $$SELECT far('aside."Mixed')$$),
($h$Write the exact name, in double quotes.$h$, $$CALL run_pipeline('x')$$, $$SELECT alter_pipeline('x', source_table => 'aside."MIXED"')$$, NULL,
	$$SELECT far('aside.mixed')$$),
($h$It was looked for in the remote user's search_path (%); write schema.table for another schema.$h$, $$CALL run_pipeline('x')$$, $$SELECT alter_pipeline('x', source_table => 'aside.faraway')$$, NULL, $$SELECT far('faraway')$$),
($h$Check the spelling, the server's dbname and the remote user's rights on the schema.$h$, $$CALL run_pipeline('x')$$, $$SELECT alter_pipeline('x', source_table => 'aside.faraway')$$, NULL, $$SELECT far('aside.farawy')$$),
($h$Grant what is missing at server "%" to the role that the user mapping names; where row-level security hides rows from it, it needs BYPASSRLS there.$h$, $$CALL run_pipeline('x')$$,
	$$SELECT alter_pipeline('x', source_table => 'aside.faraway')$$, NULL, $$SELECT far('aside.closed')$$),
($h$% is read at server "%" by the role that the user mapping names: try it there as that role.$h$, $$CALL run_pipeline('x')$$, $$SELECT alter_pipeline('x', source_query => 'SELECT id FROM aside.faraway')$$, NULL, $$SELECT far(NULL, 'SELECT id FROM aside.nowhere')$$),
($h$Nothing was loaded. A table without transactions (MyISAM), or a source_query with random(), gives others each time; else run it again, and report it if that says the same.$h$, $$CALL run_pipeline('x')$$,
	$$SELECT alter_pipeline('x', source_query => 'SELECT id FROM aside.faraway')$$, NULL, $$SELECT far(NULL, 'SELECT generate_series(1, (random() * 1000000)::int) AS id'), alter_pipeline('x', options => '{"verify": "count"}')$$),
($h$Something follows its semicolon: leave out one of the statements.$h$, $$SELECT far(NULL, 'SELECT 1 AS id; SELECT 2 AS id')$$, NULL, $$SELECT far(NULL, 'SELECT 1 AS id'); CALL run_pipeline('x')$$, NULL),
($h$Check that the % is up, the options of the server and the user mapping.$h$, $$CALL run_pipeline('x')$$, (SELECT format('ALTER SERVER loop OPTIONS (SET port %L)', current_setting('port'))), NULL, $$ALTER SERVER loop OPTIONS (SET port '1'); SELECT far('aside.faraway')$$),
($h$Set the server's option host: only superusers may connect through a local socket.$h$, $$SELECT create_pipeline('x', source => 'unset', source_table => 'aside.faraway', destination_table => 'made')$$, $$ALTER SERVER unset OPTIONS (ADD host '127.0.0.1')$$, NULL,
	$$CREATE SERVER unset FOREIGN DATA WRAPPER postgres_fdw; ALTER SERVER unset OWNER TO hint_owner; CREATE USER MAPPING FOR hint_owner SERVER unset OPTIONS (user 'hint_owner', password 'x'); SET LOCAL SESSION AUTHORIZATION hint_owner$$),
($h$Let a superuser own the pipeline, or name a host that is reached over TCP: only superusers may connect through a local socket.$h$, $$SELECT create_pipeline('x', source => 'loop', source_table => 'aside.faraway', destination_table => 'made')$$, $$SET LOCAL SESSION AUTHORIZATION DEFAULT$$, $$SELECT create_pipeline('x', source => 'loop', source_table => 'aside.faraway', destination_table => 'made'); CALL run_pipeline('x')$$,
	$$GRANT USAGE ON FOREIGN SERVER loop TO hint_owner; CREATE USER MAPPING FOR hint_owner SERVER loop OPTIONS (user 'hint_owner', password 'x'); SET LOCAL SESSION AUTHORIZATION hint_owner$$),
($h$Let a superuser own the pipeline, or name a host that is reached over TCP: only superusers may connect through a local socket.$h$, $$SELECT create_pipeline('x', source => 'loop', source_table => 'aside.faraway', destination_table => 'made')$$, $$SET LOCAL SESSION AUTHORIZATION DEFAULT; ALTER SERVER loop OPTIONS (SET host '127.0.0.1'); SET LOCAL SESSION AUTHORIZATION hint_owner$$, NULL,
	$$GRANT USAGE ON FOREIGN SERVER loop TO hint_owner; CREATE USER MAPPING FOR hint_owner SERVER loop OPTIONS (user 'hint_owner', password 'x'); SET LOCAL SESSION AUTHORIZATION hint_owner$$),
($h$Let a superuser own the pipeline, or remove the option.$h$, $$SELECT create_pipeline('x', source => 'loop', source_table => 'aside.faraway', destination_table => 'made')$$, $$SET LOCAL SESSION AUTHORIZATION DEFAULT$$, $$SELECT create_pipeline('x', source => 'loop', source_table => 'aside.faraway', destination_table => 'made')$$,
	$$GRANT USAGE ON FOREIGN SERVER loop TO hint_owner; ALTER SERVER loop OPTIONS (SET host '127.0.0.1', ADD options '-c geqo=off'); CREATE USER MAPPING FOR hint_owner SERVER loop OPTIONS (user 'hint_owner', password 'x'); SET LOCAL SESSION AUTHORIZATION hint_owner$$),
($h$Let a superuser own the pipeline, or remove the option.$h$, $$SELECT create_pipeline('x', source => 'loop', source_table => 'aside.faraway', destination_table => 'made')$$, $$SET LOCAL SESSION AUTHORIZATION DEFAULT; ALTER SERVER loop OPTIONS (DROP options); SET LOCAL SESSION AUTHORIZATION hint_owner$$, NULL,
	$$GRANT USAGE ON FOREIGN SERVER loop TO hint_owner; ALTER SERVER loop OPTIONS (SET host '127.0.0.1', ADD options '-c geqo=off'); CREATE USER MAPPING FOR hint_owner SERVER loop OPTIONS (user 'hint_owner', password 'x'); SET LOCAL SESSION AUTHORIZATION hint_owner$$),
($h$NULL, the default, waits until the run is over.$h$, $$SELECT wait_for_run(id, '-1 s') FROM pipeline_runs WHERE pipeline_name = 'p'$$, NULL, $$SELECT wait_for_run(id, NULL), wait_for_run(id) FROM pipeline_runs WHERE pipeline_name = 'p'$$, NULL),
($h$trigger_pipeline starts another run.$h$, $$SELECT retry_run('hint_owner/p')$$, NULL, $$SELECT trigger_pipeline('hint_owner/p')$$, NULL),
($h$The wrapper % cannot import tables: run CREATE FOREIGN TABLE ... SERVER % and name that table in source_table.$h$, $$SELECT create_pipeline('x', source => 'files', source_table => 'd.f', destination_table => 'made')$$,
	$$CREATE FOREIGN TABLE f (id int) SERVER files OPTIONS (program 'echo 1')$$, $$SELECT create_pipeline('x', source => 'files', source_table => 'hints.f', destination_table => 'made'); CALL run_pipeline('x')$$, NULL),
($h$Name a table in source_table and use columns and filter; or create foreign tables and query them with source left out.$h$, $$SELECT create_pipeline('x', source => 'files', source_query => 'SELECT 1', destination_table => 'made')$$,
	$$CREATE FOREIGN TABLE f (id int) SERVER files OPTIONS (program 'echo 1')$$,
	$$SELECT create_pipeline('x', source => 'files', source_table => 'hints.f', destination_table => 'made', columns => 'id + 1 AS id'); CALL run_pipeline('x'); SELECT create_pipeline('y', source_query => 'SELECT id FROM hints.f', destination_table => 'made_too'); CALL run_pipeline('y')$$, NULL);
CALL trigger_and_wait('hint_owner/p', run => NULL, status => NULL) \gset
CREATE EXTENSION IF NOT EXISTS file_fdw;
CREATE SERVER files FOREIGN DATA WRAPPER file_fdw;

-- What depends on the version is taken as followed by the others.
INSERT INTO walks (hint, fails, follow, again, setup) VALUES
($h$On this version of PostgreSQL a run's worker connects as the owner. ALTER ROLE % LOGIN CONNECTION LIMIT 0 PASSWORD NULL lets workers in, but no client.$h$, $$SELECT alter_pipeline('hint_owner/p', owner => 'hint_group')$$,
	$$ALTER ROLE hint_group LOGIN CONNECTION LIMIT 0 PASSWORD NULL$$, NULL, $$GRANT USAGE ON SCHEMA hints TO hint_group; GRANT ALL ON src, dst TO hint_group; SELECT allow_pipelines('hint_group')$$),
($h$Changing it needs the right to SET ROLE to its owner, role "%".$h$, $$SELECT pause_pipeline('hint_owner/p')$$, $$SET LOCAL SESSION AUTHORIZATION DEFAULT; GRANT hint_owner TO hint_other WITH SET TRUE; SET LOCAL SESSION AUTHORIZATION hint_other$$, NULL,
	$$GRANT hint_owner TO hint_other WITH SET FALSE, INHERIT TRUE; SET LOCAL SESSION AUTHORIZATION hint_other$$),
($h$Set it with alter_pipeline.$h$, $$SELECT explain_pipeline('i')$$, $$SELECT alter_pipeline('i', destination_table => 'dst')$$, NULL, $$SELECT create_pipeline('i', source_table => 'src', load => 'append', status => 'inactive')$$),
($h$Set one of them with alter_pipeline.$h$, $$SELECT explain_pipeline('i')$$, $$SELECT alter_pipeline('i', source_table => 'src')$$, NULL, $$SELECT create_pipeline('i', destination_table => 'dst', load => 'append', status => 'inactive')$$),
($h$Retry the run of the batch that failed or was stopped; or start a new one with trigger_pipeline.$h$, $$SELECT retry_run(id) FROM pipeline_runs WHERE status = 'skipped' AND pipeline_name = 'p'$$, NULL, $$SELECT trigger_pipeline('hint_owner/p')$$,
	$$SELECT pause_pipeline('hint_owner/p'); SELECT trigger_pipeline('hint_owner/p', if_paused => 'skip'); SELECT resume_pipeline('hint_owner/p')$$),
($h$Commit first, or use CALL trigger_and_wait, which commits and waits.$h$, $$SELECT wait_for_run(trigger_pipeline('hint_owner/p'))$$, NULL, 'SELECT 1', NULL),
($h$Create a foreign table of that server and name it as destination_table, without destination: its wrapper writes the rows.$h$, $$SELECT create_pipeline('x', source_table => 'src', destination => 'files', destination_table => 'f', load => 'append')$$,
	$$CREATE FOREIGN TABLE f (id int, t text) SERVER files OPTIONS (filename '/f')$$, $$SELECT create_pipeline('x', source_table => 'src', destination_table => 'f', load => 'append')$$, NULL);

-- A run that goes on for as long as we hold its lock.
SELECT pg_advisory_lock(77002);
SELECT create_pipeline('slow', source_query => 'SELECT 1 AS id FROM pg_advisory_xact_lock(77002)', destination_table => 'slow_made') IS NOT NULL AS made;
SELECT trigger_pipeline('slow') AS slow \gset
DO $$ BEGIN
	FOR i IN 1..600 LOOP
		EXIT WHEN EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = 77002 AND NOT granted);
		PERFORM pg_sleep(0.05), pg_stat_clear_snapshot();
	END LOOP;
END $$;
INSERT INTO walks (hint, fails, follow, again, setup) VALUES
($h$Wait for it with wait_for_run, stop it with stop_run, or say if_running => 'queue' or 'skip'.$h$, $$SELECT trigger_pipeline('slow')$$, NULL, $$SELECT trigger_pipeline('slow', if_running => 'queue'), trigger_pipeline('slow', if_running => 'skip')$$, NULL),
($h$Wait for it with wait_for_run, or stop it with stop_run.$h$, $$CALL run_pipeline('slow')$$, $$SELECT wait_for_run(id, '0 s') FROM pipeline_runs WHERE pipeline_name = 'slow'$$, $$SELECT 1$$, NULL),
($h$Say running => 'wait' to wait for its end, or running => 'stop' to stop it.$h$, $$SELECT drop_pipeline('slow')$$, NULL, $$SELECT drop_pipeline('slow', running => 'stop')$$, NULL);
INSERT INTO walks (hint, fails, follow, again, setup) VALUES
($h$Leave on_reject out, or load those columns as well.$h$, $$CALL run_pipeline('x')$$, $$ALTER TABLE src ADD n int$$, NULL,
	$$CREATE TABLE checked (id int PRIMARY KEY, t text, n int, CHECK (id > n)); SELECT create_pipeline('x', source_table => 'src', destination_table => 'checked', key_columns => '{id}', options => '{"on_reject": "quarantine"}')$$),
($h$Name tables, such as 'public.*', before those to leave out.$h$, $$SELECT create_pipelines('loop', '{-hints.dst}')$$, NULL, $$SELECT create_pipelines('loop', '{hints.sr*, -hints.dst}', destination_pattern => 'new_{table}')$$, NULL),
($h$Write schema.table, or database.table for MySQL, and check what the user of the mapping may see there.$h$, $$SELECT create_pipelines('loop', '{elsewhere}')$$, NULL, $$SELECT create_pipelines('loop', '{hints.src}', destination_pattern => 'new_{table}')$$, NULL),
($h$% and % are filled in.$h$, $$SELECT create_pipelines('loop', '{hints.src}', '{tabel}')$$, NULL, $$SELECT create_pipelines('loop', '{hints.src}', '{schema} {table}', destination_pattern => 'new_{table}')$$, NULL),
($h$Use name_pattern => '%_%'.$h$, $$SELECT create_pipelines('loop', '{hints.src, aside.faraway}', 'one')$$, NULL,
	$$SELECT create_pipelines('loop', '{hints.src, aside.faraway}', name_pattern => '{schema}_{table}', destination_pattern => 'new_{table}')$$, $$GRANT USAGE ON SCHEMA aside TO hint_owner$$),
($h$Use destination_pattern => '%_%', or destination_schema => '%'.$h$, $$SELECT create_pipelines('loop', '{hints.src, hints.dst}', destination_pattern => 'one')$$, NULL,
	$$SELECT create_pipelines('loop', '{hints.src, hints.dst}', destination_pattern => '{schema}_{table}')$$, NULL),
($h$Define its pipelines one by one, with create_pipeline.$h$, $$SELECT create_pipelines('files', '{hints.f}')$$, $$CREATE FOREIGN TABLE f (id int) SERVER files OPTIONS (program 'echo 1')$$,
	$$SELECT create_pipeline('x', source => 'files', source_table => 'hints.f', destination_table => 'made'); CALL run_pipeline('x')$$, NULL);
INSERT INTO walks (hint, fails, follow, again, setup) VALUES
($h$Give an interval such as '1 day' where the cursor is a time, a number where it is one.$h$, $$SELECT backfill_pipeline('x', '1', '3', '0')$$, NULL, $$SELECT backfill_pipeline('x', '1', '3', '1')$$,
	$$SELECT create_pipeline('x', source_table => 'src', destination_table => 'filled', key_columns => '{id}', cursor_column => 'id')$$),
($h$range_start is part of the range, range_end is not.$h$, $$SELECT backfill_pipeline('x', '3', '3')$$, NULL, $$SELECT backfill_pipeline('x', '3', '4')$$,
	$$SELECT create_pipeline('x', source_table => 'src', destination_table => 'filled', key_columns => '{id}', cursor_column => 'id')$$),
($h$Make the slices larger, or backfill a part of the range.$h$, $$SELECT backfill_pipeline('x', '1', '100000', '1')$$, NULL, $$SELECT backfill_pipeline('x', '1', '100000', '1000'), backfill_pipeline('x', '1', '10', '1')$$,
	$$SELECT create_pipeline('x', source_table => 'src', destination_table => 'filled', key_columns => '{id}', cursor_column => 'id')$$),
($h$A backfill reads ranges of it. Without one each run reads everything: use trigger_pipeline.$h$, $$SELECT backfill_pipeline('x', '1', '3')$$, NULL, $$SELECT trigger_pipeline('x')$$,
	$$SELECT create_pipeline('x', source_table => 'src', destination_table => 'filled', load => 'replace')$$),
($h$Run it once, and then backfill what is before its watermark.$h$, $$SELECT backfill_pipeline('x', '1', '3')$$, $$CALL run_pipeline('x')$$, NULL, $$SELECT create_pipeline('x', source_table => 'src', destination_table => 'filled', cursor_column => 'id')$$),
($h$End the backfill at the watermark, which the view pipelines shows, less the option lag; or give the pipeline key_columns.$h$, $$SELECT backfill_pipeline('x', '1', '9')$$, NULL,
	$$SELECT backfill_pipeline('x', '1', '3'); SELECT alter_pipeline('x', load => 'merge', key_columns => '{id}'); SELECT backfill_pipeline('x', '1', '9')$$,
	$$SELECT create_pipeline('x', source_table => 'src', destination_table => 'filled', cursor_column => 'id'); CALL run_pipeline('x')$$);
INSERT INTO walks (hint, fails, follow, again, setup) VALUES
($h$trigger_pipeline makes a run of it, which compares all rows where it reads all.$h$, $$SELECT repair_pipeline('x')$$, NULL, $$SELECT trigger_pipeline('x')$$,
	$$SELECT create_pipeline('x', source_table => 'src', destination_table => 'filled', load => 'mirror', key_columns => '{id}')$$),
($h$Give it key_columns and load => 'merge'; then rows that the next run reads again are found by their keys.$h$, $$SELECT repair_pipeline('x')$$,
	$$SELECT alter_pipeline('x', load => 'merge', key_columns => '{id}')$$, NULL,
	$$SELECT create_pipeline('x', source_table => 'src', destination_table => 'filled', cursor_column => 'id')$$),
($h$Run the pipeline first: its first run creates it.$h$, $$SELECT diff_pipeline('x')$$, $$CALL run_pipeline('x')$$, NULL,
	$$SELECT create_pipeline('x', source_table => 'src', destination_table => 'filled', key_columns => '{id}')$$),
($h$Give the destination a primary key.$h$, $$SELECT diff_pipeline('x')$$, $$ALTER TABLE filled ADD PRIMARY KEY (id)$$, NULL,
	$$SELECT create_pipeline('x', source_table => 'src', destination_table => 'filled', load => 'replace'); CALL run_pipeline('x')$$);

ALTER TABLE walks ADD COLUMN outcome text;
UPDATE walks SET outcome = 'followed'
WHERE CASE WHEN current_setting('server_version_num')::int < 160000 THEN hint LIKE 'Changing it needs%' ELSE hint LIKE 'On this version%' END;
DO $do$
DECLARE
	w walks;
BEGIN
	FOR w IN SELECT * FROM walks WHERE outcome IS NULL ORDER BY n LOOP
		UPDATE walks SET outcome = walk(w.hint, w.fails, w.follow, w.again, w.setup) WHERE n = w.n;
	END LOOP;
END $do$;
SELECT n, hint, fails, outcome FROM walks WHERE outcome <> 'followed' ORDER BY n;
SELECT count(*) AS followed FROM walks WHERE outcome = 'followed';
SELECT wait_for_run(:'slow', '1 min');
SELECT pg_advisory_unlock(77002);
CALL trigger_and_wait('slow', run => NULL, status => NULL) \gset

-- pipeline_health: the row with the hint, and none when it was followed.
CREATE FUNCTION walk_health(hint text, setup text, follow text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	told text;
BEGIN
	EXECUTE setup;
	SELECT format('%s: %s', h.check_name, h.message) INTO told FROM pipeline_health() h WHERE h.hint = walk_health.hint;
	IF told IS NULL THEN
		RAISE SQLSTATE 'ZZ000' USING MESSAGE = 'not told';
	END IF;
	EXECUTE follow;
	SELECT 'still told' INTO told FROM pipeline_health() h WHERE h.hint = walk_health.hint;
	RAISE SQLSTATE 'ZZ000' USING MESSAGE = coalesce(told, 'followed');
EXCEPTION
	WHEN SQLSTATE 'ZZ000' THEN RETURN SQLERRM;
END $$;
SELECT walk_health($h$resume_pipeline ends a pause.$h$, $$SELECT pause_pipeline('hint_owner/p')$$, $$SELECT resume_pipeline('hint_owner/p')$$),
	walk_health($h$Ask as a member of pg_monitor, or of the role that owns them.$h$, $$SET LOCAL SESSION AUTHORIZATION hint_other$$,
		$$SET LOCAL SESSION AUTHORIZATION DEFAULT; GRANT pg_monitor TO hint_other; SET LOCAL SESSION AUTHORIZATION hint_other$$),
	walk_health($h$Its role is gone; give it another one with alter_pipeline(..., owner => 'role').$h$, $$CREATE ROLE hint_gone LOGIN; GRANT USAGE ON SCHEMA hints TO hint_gone; GRANT ALL ON src, dst TO hint_gone;
		SELECT alter_pipeline('hint_owner/p', owner => 'hint_gone'); DROP OWNED BY hint_gone; DROP ROLE hint_gone$$, $$SELECT alter_pipeline(id, owner => 'hint_owner') FROM pipelines WHERE name = 'p'$$);

-- Notices and warnings: with the hint, and without when it was followed.
SET client_min_messages = notice;
-- $h$Widen the column of the destination, or cast it in columns where that is meant; or let a run fail where it would change a value: {"on_loss": "fail"} in options.$h$
-- $h$The option on_loss is 'fail': a value that would be changed fails the run.$h$
CREATE TABLE narrow (n numeric(10,2));
SELECT pipe('lossy', 'numbers', 'narrow', 'replace') IS NOT NULL AS made;
SELECT alter_pipeline('lossy', options => '{"on_loss": "fail"}');
CALL run_pipeline('lossy');
SELECT alter_pipeline('lossy', columns => 'n::numeric(10,2) AS n', options => '{"on_loss": null}');
SELECT alter_pipeline('lossy', reset => '{columns}');
ALTER TABLE narrow ALTER n TYPE numeric(10,4);
SELECT alter_pipeline('lossy', options => '{"max_retries": 1}', source_table => 'numbers');
-- $h$Give it a cursor_column, use load => 'replace', or a filter that selects what is new.$h$
SELECT create_pipeline('again', source_table => 'src', destination_table => 'dst', load => 'append', schedule => '@yearly', timezone => 'UTC', options => '{"end_at": "2000-01-01"}') IS NOT NULL AS made;
SELECT alter_pipeline('again', cursor_column => 'id');
SELECT alter_pipeline('again', reset => '{cursor_column}', filter => 'id > 2');
SELECT alter_pipeline('again', load => 'replace', reset => '{filter}', options => '{"end_at": "2000-01-02"}');
-- $h$Grant it to the owner of the pipeline: GRANT SELECT ON % TO %.$h$
CREATE TABLE unread (id int);
SELECT create_pipeline('reads', owner => 'hint_owner', source_table => 'unread', destination_table => 'dst', load => 'append') IS NOT NULL AS made;
GRANT SELECT ON hints.unread TO hint_owner;
SELECT alter_pipeline('hint_owner/reads', filter => 'id > 0');
-- $h$Grant it to the owner of the pipeline: GRANT SELECT, INSERT% ON % TO %.$h$
CREATE TABLE merged (id int);
GRANT INSERT ON merged TO hint_owner;
SELECT create_pipeline('merges', owner => 'hint_owner', source_table => 'unread', destination_table => 'merged', key_columns => '{id}') IS NOT NULL AS made;
GRANT SELECT, INSERT, UPDATE ON hints.merged TO hint_owner;
SELECT alter_pipeline('hint_owner/merges', filter => 'id > 0');
-- $h$Set the option end_at to a later time, or to null.$h$
SELECT alter_pipeline('again', options => '{"end_at": "2000-01-03"}');
SET client_min_messages = warning;
SELECT alter_pipeline('again', options => '{"end_at": null}');
SELECT count(next_due) AS due_again FROM pipeline_status WHERE name = 'again';
SET client_min_messages = notice;
-- $h$day_of_month => -1 is the last day of every month.$h$
SELECT make_schedule('month', day_of_month => 31);
SELECT make_schedule('month', day_of_month => -1);
-- $h$A pipeline that it depends on may create it.$h$
SELECT create_pipeline('second', source_table => 'hints.first_table', destination_table => 'second_table', load => 'append', columns => 'id', depends_on => '{again}') IS NOT NULL AS made;
SELECT create_pipeline('first', source_table => 'src', destination_table => 'first_table', load => 'replace') IS NOT NULL AS made;
SELECT alter_pipeline('second', depends_on => '{first}');
CALL trigger_and_wait('first', run => NULL, status => NULL) \gset
SELECT wait_for_batch(:'run');
-- $h$Others may create objects there, which would then run as the owner. Write the functions that you need from there with their schema.$h$
SET search_path = aside, public, hints;
CREATE FUNCTION aside.twice(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 2 * $1';
SELECT public.create_pipeline('path', source_query => 'SELECT twice(id) AS id FROM hints.src', destination_table => 'hints.dst', load => 'append') IS NOT NULL AS made;
SELECT public.create_pipeline('path', source_query => 'SELECT aside.twice(id) AS id FROM hints.src', destination_table => 'hints.dst', load => 'append') IS NOT NULL AS made;
CALL run_pipeline('path') \gset

-- $h$Start the transaction with BEGIN ISOLATION LEVEL READ COMMITTED, or use trigger_pipeline.$h$
BEGIN ISOLATION LEVEL SERIALIZABLE;
CALL run_pipeline('first');
ROLLBACK;
BEGIN ISOLATION LEVEL READ COMMITTED;
CALL run_pipeline('first') \gset
COMMIT;
-- $h$It has to commit before a worker can start. Call it by itself, or call trigger_pipeline, COMMIT, and then wait_for_run.$h$
BEGIN;
CALL trigger_and_wait('first');
ROLLBACK;
CALL trigger_and_wait('first', run => NULL, status => NULL) \gset
BEGIN;
SELECT trigger_pipeline('first') AS run \gset
COMMIT;
SELECT wait_for_run(:'run', '1 min');

SET client_min_messages = warning;
SELECT drop_pipeline('second', running => 'wait');
SELECT count(drop_pipeline(id)) AS dropped FROM pipelines WHERE owner IN (current_user, 'hint_owner');
DROP SERVER loop CASCADE;
DROP SERVER files CASCADE;
DROP SCHEMA hints, aside CASCADE;
SELECT disallow_pipelines('hint_owner'), disallow_pipelines('hint_other');
DROP OWNED BY hint_owner, hint_other;
DROP ROLE hint_owner, hint_other, hint_group;
