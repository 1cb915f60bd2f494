-- The search_path that a pipeline keeps: what the definer had, without what the owner cannot trust.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_sluice;
CREATE ROLE path_ann LOGIN;
CREATE ROLE path_team LOGIN;
CREATE ROLE path_bob LOGIN;
CREATE ROLE path_carol LOGIN;
GRANT path_team TO path_ann;
CREATE SCHEMA path_own AUTHORIZATION path_ann;
CREATE SCHEMA path_team AUTHORIZATION path_team;
CREATE ROLE path_alone;
CREATE ROLE path_shared;
CREATE ROLE path_inner;
GRANT path_alone, path_shared TO path_ann;
GRANT path_inner TO path_bob;
GRANT path_shared TO path_inner;
CREATE SCHEMA path_alone AUTHORIZATION path_alone;
CREATE SCHEMA path_shared AUTHORIZATION path_shared;
CREATE SCHEMA path_granted AUTHORIZATION path_ann;
GRANT CREATE ON SCHEMA path_granted TO path_shared;
GRANT path_ann TO path_carol;
CREATE SCHEMA path_open;
GRANT CREATE, USAGE ON SCHEMA path_open TO PUBLIC;
CREATE SCHEMA path_bob AUTHORIZATION path_bob;
CREATE SCHEMA path_admin;
CREATE SCHEMA path_ann AUTHORIZATION path_ann;
CREATE SCHEMA "Path ""x""" AUTHORIZATION path_ann;
SELECT allow_pipelines('path_ann');
RESET client_min_messages;

SET SESSION AUTHORIZATION path_ann;
SET search_path = "$user", path_own, path_team, pg_temp, no_such, path_admin, "Path ""x""", public;
SELECT public.create_pipeline('p', status => 'inactive') IS NOT NULL AS created;
SELECT search_path FROM public.pipelines WHERE name = 'p';
-- A group that nobody else is in is as good as the role itself; those who can act as the owner are no others.
SET search_path = path_alone, path_shared, path_granted;
SELECT public.create_pipeline('group', status => 'inactive') IS NOT NULL AS created;
SELECT search_path FROM public.pipelines WHERE name = 'group';
SET search_path = path_open, path_own, path_bob;
SELECT public.create_pipeline('q', status => 'inactive') IS NOT NULL AS created;
SELECT search_path FROM public.pipelines WHERE name = 'q';
SET search_path = '';
SELECT public.create_pipeline('r', status => 'inactive') IS NOT NULL AS created;
SELECT search_path FROM public.pipelines WHERE name = 'r';
-- Altering leaves it as it was made.
SET search_path = path_own;
SELECT public.alter_pipeline('p', description => 'x', filter => 'true');
SELECT search_path FROM public.pipelines WHERE name = 'p';
RESET SESSION AUTHORIZATION;
-- Another owner trusts other schemas. A superuser does not trust those of everybody.
SELECT public.alter_pipeline('path_ann/p', owner => 'path_team');
SELECT search_path FROM public.pipelines WHERE name = 'p';
SET search_path = path_own, path_open, path_admin, public;
SELECT public.create_pipeline('s', status => 'inactive') IS NOT NULL AS created;
SELECT search_path FROM public.pipelines WHERE name = 's';
-- "$user" is who runs it.
SET search_path = "$user", path_admin, public;
SELECT public.create_pipeline('u', owner => 'path_ann', status => 'inactive') IS NOT NULL AS created;
SELECT search_path FROM pipelines WHERE name = 'u';
SELECT differences -> 'search_path' AS search_path FROM public.apply_pipeline('{"name": "u", "owner": "path_ann", "status": "inactive", "search_path": "path_own, \"$user\""}');
SELECT public.alter_pipeline('path_ann/u', owner => 'path_team');
SELECT search_path FROM pipelines WHERE name = 'u';
-- It is what the pipeline's SQL runs in.
SET search_path = path_admin, public;
CREATE FUNCTION path_admin.here() RETURNS text LANGUAGE sql AS $$ SELECT current_setting('search_path') $$;
SELECT create_pipeline('t', source_query => 'SELECT here() AS a', destination_table => 't_dst') IS NOT NULL AS created;
SET search_path = public;
CALL trigger_and_wait('t', run => NULL, status => NULL) \gset
SELECT a FROM path_admin.t_dst;
-- Somebody may be let into one of its schemas later: then it is left out by each run, until he is out again.
SET search_path = path_admin, public;
SELECT create_pipeline('v', source_query => 'SELECT path_admin.here() AS a', destination_table => 'path_admin.v_dst') IS NOT NULL AS created;
SET search_path = public;
GRANT CREATE ON SCHEMA path_admin TO path_bob;
CALL trigger_and_wait('v', run => NULL, status => NULL) \gset
SELECT a FROM path_admin.v_dst;
SELECT level, message FROM run_log(:'run') WHERE message LIKE '%search_path%';
SELECT search_path FROM pipelines WHERE name = 'v';
REVOKE CREATE ON SCHEMA path_admin FROM path_bob;
CALL trigger_and_wait('v', run => NULL, status => NULL) \gset
SELECT count(*) FROM run_log(:'run') WHERE message LIKE '%search_path%';
SELECT a FROM path_admin.v_dst;

SET client_min_messages = warning;
SELECT drop_pipeline(id) FROM pipelines WHERE name IN ('p', 'group', 'q', 'r', 's', 't', 'u', 'v');
SELECT disallow_pipelines('path_ann');
DROP SCHEMA path_own, path_alone, path_shared, path_granted, path_team, path_open, path_bob, path_admin, path_ann, "Path ""x""" CASCADE;
DROP OWNED BY path_ann, path_team, path_bob;
DROP ROLE path_ann, path_team, path_bob, path_carol, path_alone, path_shared, path_inner;
