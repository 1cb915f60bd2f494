-- apply_pipeline and export_pipelines: a script that sets up pipelines, as often as it is run.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_sluice;
CREATE EXTENSION IF NOT EXISTS postgres_fdw;
CREATE SERVER apply_server FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', dbname 'x');
CREATE ROLE apply_team LOGIN;
CREATE ROLE apply_ann LOGIN IN ROLE apply_team;
CREATE ROLE apply_bob LOGIN;
CREATE ROLE apply_nina LOGIN NOINHERIT IN ROLE apply_team;
CREATE SCHEMA apply;
CREATE SCHEMA "apply, too";
GRANT USAGE ON FOREIGN SERVER apply_server TO apply_ann, apply_team;
CREATE USER MAPPING FOR apply_ann SERVER apply_server OPTIONS (user 'a', password 'b');
GRANT USAGE, CREATE ON SCHEMA apply TO apply_ann, apply_team, apply_bob;
SELECT allow_pipelines('apply_ann'), allow_pipelines('apply_team'), allow_pipelines('apply_bob'), allow_pipelines('apply_nina');
CREATE TABLE apply.src (a int, b text);
CREATE TABLE apply.there (a int, b text);
GRANT SELECT ON apply.src TO apply_ann, apply_team;
GRANT ALL ON apply.there TO apply_ann, apply_team;
RESET client_min_messages;
SET SESSION AUTHORIZATION apply_ann;
SET search_path = apply, public;

-- Created, unchanged, altered; what is left out goes back to its default. A dry run tells the same and writes nothing.
SELECT id, action, jsonb_pretty(differences) FROM apply_pipeline('{"name": "orders", "source_table": "src", "destination_table": "there", "load": "append", "filter": "a > 0", "tags": ["x", "y z"]}', true);
SELECT count(*) FROM pipelines;
SELECT id IS NOT NULL AS has_id, action FROM apply_pipeline('{"name": "orders", "source_table": "src", "destination_table": "there", "load": "append", "filter": "a > 0", "tags": ["x", "y z"]}');
SELECT action, differences FROM apply_pipeline('{"name": "orders", "source_table": "src", "destination_table": "there", "load": "append", "filter": "a > 0", "tags": ["x", "y z"], "columns": null}');
SELECT action, differences FROM apply_pipeline('{"name": "orders", "source_table": "src", "destination_table": "there", "load": "append", "options": {"jit": true}, "tags": ["x"]}', dry_run => true);
SELECT version, filter, tags, options FROM pipelines;
SELECT action, differences FROM apply_pipeline('{"name": "orders", "source_table": "src", "destination_table": "there", "load": "append", "options": {"jit": true}, "tags": ["x"]}');
SELECT version, filter, tags, options FROM pipelines;
-- Options are those of the definition, not merged.
SELECT action, differences FROM apply_pipeline('{"name": "orders", "source_table": "src", "destination_table": "there", "load": "append", "options": {"fetch_size": 5, "jit": null}, "tags": ["x"]}');
-- A pause is no part of it.
SELECT pause_pipeline('orders', 'for now');
SELECT action, differences FROM apply_pipeline('{"name": "orders", "source_table": "src", "destination_table": "there", "load": "append"}');
SELECT version, paused, paused_reason FROM pipelines;
SELECT resume_pipeline('orders');
-- A dry run needs no right to write.
BEGIN READ ONLY;
SELECT action, differences FROM apply_pipeline('{"name": "orders", "source_table": "src", "destination_table": "there", "load": "replace"}', true);
ROLLBACK;

-- A load that was chosen stays, and saying it is a change; one that is no longer said is chosen anew, or asked for.
SELECT action, differences FROM apply_pipeline('{"name": "chosen", "source_table": "src", "destination_table": "fresh"}');
SELECT action FROM apply_pipeline('{"name": "chosen", "source_table": "src", "destination_table": "fresh"}');
SELECT action, differences FROM apply_pipeline('{"name": "chosen", "source_table": "src", "destination_table": "fresh", "load": "replace"}');
SELECT action, differences FROM apply_pipeline('{"name": "chosen", "source_table": "src", "destination_table": "fresh"}');
SELECT load, load_chosen FROM pipelines WHERE name = 'chosen';
SELECT action FROM apply_pipeline('{"name": "orders", "source_table": "src", "destination_table": "there"}');
\echo :LAST_ERROR_SQLSTATE

-- What a definition may not say.
SELECT apply_pipeline('{"name": "orders", "filtre": "a > 0"}');
\echo :LAST_ERROR_SQLSTATE
SELECT apply_pipeline('{"name": "orders", "paused": true}');
SELECT apply_pipeline('{"source_table": "src"}');
SELECT apply_pipeline('{"name": null}');
SELECT apply_pipeline('{"name": 1}');
SELECT apply_pipeline('{"name": "a/b"}');
SELECT apply_pipeline('{"name": "x", "tags": "x"}');
SELECT apply_pipeline('{"name": "x", "tags": ["x", 1]}');
SELECT apply_pipeline('{"name": "x", "options": []}');
SELECT apply_pipeline('{"name": "x", "options": {"fetch_sise": 1}}');
SELECT apply_pipeline('{"name": "x", "filter": {"a": 1}}');
SELECT apply_pipeline('{"name": "x", "load": "mirror"}');
\echo :LAST_ERROR_SQLSTATE
SELECT apply_pipeline('{"name": "x", "depends_on": ["nobody"]}');
\echo :LAST_ERROR_SQLSTATE
SELECT apply_pipeline('{"name": "x", "search_path": "a,,b", "status": "inactive"}');
SELECT apply_pipeline(('{"name": "x", "search_path": "' || repeat('x', 70000) || '"}')::jsonb);
\echo :LAST_ERROR_SQLSTATE
SELECT apply_pipeline('[]');
SELECT apply_pipeline(NULL);
-- Rights are those of create and alter.
SELECT apply_pipeline('{"name": "trojan", "owner": "apply_bob", "status": "inactive"}');
\echo :LAST_ERROR_SQLSTATE
SELECT apply_pipeline('{"name": "trojan", "owner": "apply_zoe", "status": "inactive"}');
\echo :LAST_ERROR_SQLSTATE
SELECT drop_pipeline(id) FROM pipelines;

-- All there is, quotes and backslashes, a graph whose names are in the other order, another owner with the same names.
SET client_min_messages = warning;
SELECT action FROM apply_pipeline($$ {"name": "z first", "source": "apply_server", "source_query": "SELECT 1 AS a, 'it''s \\' || $pipeline$x$pipeline$\n\tAS \"q\"",
	"destination_table": "there", "load": "replace", "columns": "a, 'x' AS b", "filter": "a > 0", "schedule": "0 2 * * *",
	"timezone": "europe/berlin", "description": "Größe: 'n' \\ x", "tags": ["it's", "a,b", "\"", "NULL"],
	"options": {"jit": true, "work_mem": "64MB", "max_retries": 3}} $$);
SELECT action FROM apply_pipeline('{"name": "z fallback", "source_table": "src", "destination_table": "made"}');
SELECT action FROM apply_pipeline('{"name": "z first", "owner": "apply_team", "status": "inactive", "description": "of the team"}');
SELECT action FROM apply_pipeline('{"name": "m", "owner": "apply_team", "status": "inactive", "depends_on": ["apply_team/z first", "apply_ann/z first"]}');
SELECT action FROM apply_pipeline('{"name": "a last", "source_table": "src", "destination_table": "there", "load": "append", "depends_on": ["apply_team/m", "z first"], "on_failure": "z fallback"}');
SELECT action FROM apply_pipeline('{"name": "remote", "source_table": "src", "destination": "apply_server", "destination_table": "far.away", "load": "append"}');
RESET client_min_messages;
SELECT export_pipelines AS script FROM export_pipelines();
-- Of one owner.
SELECT count(*) FROM export_pipelines('apply_team');
SELECT export_pipelines('apply_zoe');
\echo :LAST_ERROR_SQLSTATE

-- The script changes nothing, wherever it is run.
CREATE TEMP TABLE before AS SELECT export_pipelines AS script FROM export_pipelines();
CREATE FUNCTION apply.apply_pipeline(text, dry_run boolean DEFAULT true) RETURNS text LANGUAGE sql AS $$ SELECT 'not ours' $$;
CREATE FUNCTION apply.apply_pipeline(jsonb, dry_run boolean DEFAULT true) RETURNS text LANGUAGE sql AS $$ SELECT 'not ours' $$;
SET search_path = apply, public;
SET standard_conforming_strings = off;
SELECT regexp_replace(script, 'SELECT (.*);$', E'SELECT action, differences FROM \\1') FROM before \gexec
SET standard_conforming_strings = on;
SET search_path = public;
DROP FUNCTION apply.apply_pipeline(text, boolean), apply.apply_pipeline(jsonb, boolean);
SELECT name, version FROM pipelines ORDER BY name, owner;
-- After a drop it makes the same ones again.
SELECT drop_pipeline('a last');
SELECT drop_pipeline('m');
SELECT drop_pipeline(id) FROM pipelines;
SET client_min_messages = warning;
SELECT regexp_replace(script, 'SELECT (.*);$', 'SELECT action FROM \1') FROM before \gexec
RESET client_min_messages;
CREATE TEMP TABLE after AS SELECT export_pipelines AS script FROM export_pipelines();
SELECT count(*), count(*) FILTER (WHERE b.script = a.script) AS same
FROM (SELECT script, row_number() OVER () FROM before) b FULL JOIN (SELECT script, row_number() OVER () FROM after) a USING (row_number);

-- The graph is checked as by create and alter, in a dry run too.
SELECT action FROM apply_pipeline('{"name": "m", "owner": "apply_team", "status": "inactive", "depends_on": ["a last"]}', true);
SELECT action FROM apply_pipeline('{"name": "m", "owner": "apply_team", "status": "inactive", "depends_on": ["a last"]}');
\echo :LAST_ERROR_SQLSTATE
-- Who may SET ROLE to an owner, but has not its rights, is not told what its pipelines say.
SET SESSION AUTHORIZATION apply_nina;
SELECT action FROM apply_pipeline('{"name": "m", "owner": "apply_team", "status": "inactive"}', true);
\echo :LAST_ERROR_SQLSTATE
SET ROLE apply_team;
SELECT action, differences - 'depends_on' AS others FROM apply_pipeline('{"name": "m", "status": "inactive"}', true);
SET SESSION AUTHORIZATION apply_ann;

-- The search_path that is stored stays, unless the definition says another one, of which the owner must be able to trust each schema.
SELECT search_path FROM pipelines WHERE name = 'z fallback';
SELECT action, differences FROM apply_pipeline('{"name": "z fallback", "source_table": "apply.src", "destination_table": "apply.made"}');
SELECT action, differences FROM apply_pipeline('{"name": "z fallback", "source_table": "apply.src", "destination_table": "apply.made", "search_path": "\"apply, too\", apply, nowhere"}');
SELECT action, differences FROM apply_pipeline('{"name": "z fallback", "source_table": "apply.src", "destination_table": "apply.made", "search_path": "\"apply, too\", apply, nowhere"}');

-- Who sees nothing exports nothing; a dependency that one may not see is named by its id.
SET SESSION AUTHORIZATION apply_bob;
SELECT count(*) FROM export_pipelines();
SELECT count(*) FROM export_pipelines('apply_ann');
SET SESSION AUTHORIZATION apply_team;
SELECT regexp_replace(export_pipelines, '[0-9a-f-]{36}', 'an id') AS script FROM export_pipelines();
RESET SESSION AUTHORIZATION;

-- A role that was renamed is written as it is called now.
ALTER ROLE apply_team RENAME TO "apply team's";
SELECT export_pipelines AS script FROM export_pipelines('apply team''s');
SELECT action, differences FROM apply_pipeline('{"name": "m", "owner": "apply team''s", "status": "inactive", "depends_on": ["apply team''s/z first", "apply_ann/z first"]}');
-- Who may export need not be allowed to apply.
SELECT disallow_pipelines('apply_ann'), disallow_pipelines('apply team''s');
SET SESSION AUTHORIZATION apply_ann;
SELECT count(*) FROM export_pipelines('apply_ann');
SELECT apply_pipeline('{"name": "x", "status": "inactive"}');
RESET SESSION AUTHORIZATION;

SET client_min_messages = warning;
SELECT drop_pipeline('a last');
SELECT drop_pipeline('m');
SELECT drop_pipeline(id) FROM pipelines WHERE name LIKE 'z %' OR name = 'remote';
SELECT disallow_pipelines('apply_bob'), disallow_pipelines('apply_nina');
DROP SCHEMA apply CASCADE;
DROP SCHEMA "apply, too";
DROP SERVER apply_server CASCADE;
DROP OWNED BY apply_ann, "apply team's", apply_bob, apply_nina;
DROP ROLE apply_ann, apply_nina, "apply team's", apply_bob;
