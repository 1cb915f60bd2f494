-- validate_pipeline: whether a run would work, check by check, and no error whatever is wrong.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_sluice;
CREATE EXTENSION IF NOT EXISTS postgres_fdw;
CREATE ROLE sluice_validate_owner LOGIN;
CREATE ROLE sluice_validate_other LOGIN;
CREATE ROLE sluice_validate_remote LOGIN;
SELECT allow_pipelines(role) FROM unnest('{sluice_validate_owner, sluice_validate_other}'::name[]) AS role;
CREATE SCHEMA engine_validate;
GRANT ALL ON SCHEMA engine_validate TO sluice_validate_owner;
GRANT USAGE ON SCHEMA engine_validate TO sluice_validate_remote;
SET search_path = engine_validate, public;
SELECT split_part(current_setting('unix_socket_directories'), ', ', 1) AS socket, current_setting('port') AS port,
	current_database() AS database, current_user AS role \gset
CREATE SERVER engine_validate FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host :'socket', port :'port', dbname :'database');
CREATE USER MAPPING FOR CURRENT_USER SERVER engine_validate OPTIONS (user 'sluice_validate_remote');
CREATE TABLE src (id int, name text, amount numeric(12, 3));
INSERT INTO src SELECT i, 'name ' || i, i / 8.0 FROM generate_series(1, 10) AS i;
GRANT SELECT ON src TO sluice_validate_remote, sluice_validate_owner;
CREATE TABLE dst (id int, name varchar(5), amount int, more text DEFAULT 'x');
-- Times, versions and numbers of this server aside.
CREATE FUNCTION checks(pipeline text, which text DEFAULT '') RETURNS TABLE (check_name text, verdict text, message text, hint text) LANGUAGE sql AS $$
	SELECT v.check_name, v.verdict, replace(regexp_replace(regexp_replace(regexp_replace(v.message, 'PostgreSQL [0-9.]+', 'PostgreSQL'), '[0-9.]+ ms', 'N ms'),
		'on socket.*FATAL', '... FATAL'), session_user, 'me'), replace(replace(v.hint, session_user, 'me'), current_database(), 'here')
	FROM validate_pipeline(pipeline) AS v WHERE v.check_name !~ '^(preload|enabled|worker_slots)$' AND (which = '' OR v.verdict || v.check_name ~ which)
$$;
\pset format unaligned

-- All is well.
SELECT create_pipeline('local', source_table => 'engine_validate.src', destination_table => 'engine_validate.new') IS NOT NULL;
SELECT check_name FROM validate_pipeline('local') WHERE check_name ~ '^(preload|enabled|worker_slots)$';
SELECT * FROM checks('local');
SELECT create_pipeline('far', source => 'engine_validate', source_table => 'engine_validate.src', destination_table => 'engine_validate.dst', load => 'append',
	columns => 'id, name, amount', filter => 'id > 3 AND upper(name) <> ''X''', schedule => '0 2 * * *', timezone => 'UTC', options => '{"end_at": "2020-01-01"}') IS NOT NULL;
SELECT * FROM checks('far');
SELECT count(*) = 0 AS nothing_loaded, to_regclass('new') IS NULL AS nothing_made FROM dst;
BEGIN READ ONLY;
SELECT verdict, count(*) FROM validate_pipeline((SELECT id FROM pipelines WHERE name = 'far')) GROUP BY verdict ORDER BY verdict;
COMMIT;

-- A run, and then the source changes.
CALL run_pipeline('local') \gset
SELECT * FROM checks('local', 'destination|load|drift|path');
ALTER TABLE src RENAME amount TO amounts;
SELECT * FROM checks('local', 'error|warning');
SELECT * FROM checks('far', 'error|warning');
ALTER TABLE src RENAME amounts TO amount;

-- One thing at a time; what does not depend on it is checked nevertheless.
SELECT alter_pipeline('far', reset => '{schedule}', options => '{"end_at": null}');
CREATE PROCEDURE with_change(change text, back text, pipeline text DEFAULT 'far') LANGUAGE plpgsql AS $$
DECLARE
	line record;
BEGIN
	EXECUTE change;
	COMMIT;
	RAISE INFO '%', change;
	FOR line IN SELECT * FROM checks(pipeline, 'error|warning') LOOP
		RAISE INFO '  % %: % %', line.check_name, line.verdict, line.message, coalesce('HINT: ' || line.hint, '');
	END LOOP;
	COMMIT;
	EXECUTE back;
	COMMIT;
END $$;
CALL with_change('REVOKE SELECT ON src FROM sluice_validate_remote; GRANT SELECT (id) ON src TO sluice_validate_remote', 'GRANT SELECT ON src TO sluice_validate_remote');
CALL with_change('ALTER TABLE src RENAME TO gone', 'ALTER TABLE gone RENAME TO src');
CALL with_change('ALTER TABLE dst ADD needed int NOT NULL', 'ALTER TABLE dst DROP needed');
CALL with_change('ALTER TABLE dst ALTER id TYPE date USING NULL', 'ALTER TABLE dst ALTER id TYPE int USING NULL');
CALL with_change('ALTER USER MAPPING FOR CURRENT_USER SERVER engine_validate OPTIONS (SET user ''sluice_nobody'')', 'ALTER USER MAPPING FOR CURRENT_USER SERVER engine_validate OPTIONS (SET user ''sluice_validate_remote'')');
CALL with_change('DROP USER MAPPING FOR CURRENT_USER SERVER engine_validate', 'CREATE USER MAPPING FOR CURRENT_USER SERVER engine_validate OPTIONS (user ''sluice_validate_remote'')');
CALL with_change('ALTER ROLE CURRENT_USER SET role = sluice_validate_other', 'ALTER ROLE CURRENT_USER RESET role');
CALL with_change('ALTER ROLE ALL SET role = sluice_validate_other', 'ALTER ROLE ALL RESET role');
DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET role = sluice_validate_other', current_database()); END $$;
SELECT * FROM checks('far', 'role_setting');
DO $$ BEGIN EXECUTE format('ALTER DATABASE %I RESET role', current_database()); END $$;
CALL with_change('SELECT pause_pipeline(''far'', ''for a while'')', 'SELECT resume_pipeline(''far'')');
CALL with_change('CREATE PUBLICATION engine_validate FOR TABLE dst; SELECT alter_pipeline(''far'', load => ''replace'')', 'DROP PUBLICATION engine_validate; SELECT alter_pipeline(''far'', load => ''append'')');
CREATE FUNCTION immutable_writer() RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN INSERT INTO engine_validate.dst (id) VALUES (1); RETURN 1; END $$;
SELECT create_pipeline('planned', source_table => 'engine_validate.src', destination_table => 'engine_validate.new', load => 'append', columns => 'engine_validate.immutable_writer() AS id') IS NOT NULL;
SELECT * FROM checks('planned', 'error|warning');
SELECT count(*) FROM dst;
SELECT create_pipeline('unfinished', columns => 'id, name', status => 'inactive') IS NOT NULL;
SELECT * FROM checks('unfinished');
SELECT create_pipeline('follows', source_table => 'engine_validate.later', destination_table => 'engine_validate.dst', load => 'append', depends_on => '{far, unfinished}') IS NOT NULL;
SELECT * FROM checks('follows', 'error|warning|depends|schedule');
SELECT create_pipeline('sums', source => 'engine_validate', source_table => 'engine_validate.src', destination_table => 'engine_validate.sums', columns => 'count(*) AS n') IS NOT NULL;
SELECT * FROM checks('sums', 'temporary|transform|path');

SELECT create_pipeline('by cursor', source => 'engine_validate', source_table => 'engine_validate.src', destination_table => 'engine_validate.cursor', load => 'append', cursor_column => 'name') IS NOT NULL;
SELECT * FROM checks('by cursor', 'error|warning|transform');
SELECT create_pipeline('command', command => 'VACUUM engine_validate.src; SELECT 1') IS NOT NULL;
SELECT * FROM checks('command');
SELECT create_pipeline('again', source_table => 'engine_validate.src', destination_table => 'engine_validate.again', load => 'append', schedule => '0 2 * * *') IS NOT NULL;
SELECT * FROM checks('again', 'load');

-- At another server.
SELECT create_pipeline('out', source_table => 'engine_validate.src', destination => 'engine_validate', destination_table => 'engine_validate.dst', load => 'replace') IS NOT NULL;
SELECT * FROM checks('out', 'destination|ledger|column_match|path|error|warning');
GRANT INSERT, DELETE ON dst TO sluice_validate_remote;
SELECT * FROM checks('out', 'destination|error');
SELECT alter_pipeline('out', destination_table => 'engine_validate.made_there', load => 'append');
SELECT * FROM checks('out', 'destination|error|column');

-- Rights: those of the owner.
SET SESSION AUTHORIZATION sluice_validate_owner;
SELECT create_pipeline('own', source_table => 'engine_validate.src', destination_table => 'engine_validate.own') IS NOT NULL;
RESET SESSION AUTHORIZATION;
SELECT * FROM checks('sluice_validate_owner/own', 'error|warning|owner|rights');
REVOKE CREATE ON SCHEMA engine_validate FROM sluice_validate_owner;
REVOKE SELECT ON src FROM sluice_validate_owner;
SELECT * FROM checks('sluice_validate_owner/own', 'error|warning');
ALTER ROLE sluice_validate_owner NOLOGIN;
-- From 17 on workers need no LOGIN.
SELECT verdict = CASE WHEN current_setting('server_version_num')::int < 170000 THEN 'error' ELSE 'ok' END AS right FROM checks('sluice_validate_owner/own', 'owner');
SET SESSION AUTHORIZATION sluice_validate_other;
SELECT * FROM validate_pipeline('sluice_validate_owner/own');
RESET SESSION AUTHORIZATION;
SELECT * FROM validate_pipeline('none');
CREATE SERVER engine_validate_tcp FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port '1', dbname 'x');
GRANT USAGE ON FOREIGN SERVER engine_validate_tcp TO sluice_validate_owner;
CREATE USER MAPPING FOR sluice_validate_owner SERVER engine_validate_tcp OPTIONS (user 'x', password 'y');
GRANT CREATE ON SCHEMA engine_validate TO sluice_validate_owner;
ALTER ROLE sluice_validate_owner LOGIN;
SELECT alter_pipeline('sluice_validate_owner/own', source => 'engine_validate_tcp');
SELECT * FROM checks('sluice_validate_owner/own');

-- A merge stages whatever its source is.
SELECT create_pipeline('merged', source_table => 'engine_validate.src', destination_table => 'engine_validate.merged', key_columns => '{id}') IS NOT NULL;
SELECT * FROM checks('merged', 'temporary|load');

SELECT count(drop_pipeline(id)) FROM pipelines WHERE name IN ('follows', 'own', 'out', 'sums', 'planned', 'by cursor', 'command', 'again', 'merged');
SELECT count(drop_pipeline(id)) FROM pipelines WHERE name IN ('local', 'far', 'unfinished');
DROP SCHEMA engine_validate CASCADE;
DROP SERVER engine_validate, engine_validate_tcp CASCADE;
DROP OWNED BY sluice_validate_owner, sluice_validate_other, sluice_validate_remote;
DROP ROLE sluice_validate_owner, sluice_validate_other, sluice_validate_remote;
