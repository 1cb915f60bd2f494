-- Which pipeline a name means, and who may see that there is one.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_sluice;
CREATE ROLE naming_team LOGIN;
CREATE ROLE naming_ann LOGIN IN ROLE naming_team;
CREATE ROLE naming_bob LOGIN;
CREATE SCHEMA naming;
GRANT ALL ON SCHEMA naming TO naming_team, naming_ann, naming_bob;
SELECT allow_pipelines('naming_team'), allow_pipelines('naming_ann'), allow_pipelines('naming_bob');
CREATE FUNCTION naming.make(name, text) RETURNS bool LANGUAGE sql AS
	$$ SELECT public.create_pipeline($2, status => 'inactive', owner => $1, description => $1::text) IS NOT NULL $$;
SELECT naming.make('naming_team', 'both'), naming.make('naming_ann', 'both'), naming.make('naming_bob', 'both');
SELECT naming.make('naming_team', 'team only'), naming.make('naming_bob', 'bobs');

-- The caller's own first.
SET SESSION AUTHORIZATION naming_ann;
SELECT get_pipeline('both') #>> '{definition,owner}' AS owner;
SELECT get_pipeline('naming_team/both') #>> '{definition,owner}' AS owner;
SELECT get_pipeline('team only') #>> '{definition,owner}' AS owner;
SELECT owner, name FROM pipelines WHERE owner LIKE 'naming%' ORDER BY 1, 2;
-- What one has no right to looks as if it were not there, by name, owner/name and id.
SELECT get_pipeline('bobs');
\echo :LAST_ERROR_SQLSTATE
SELECT get_pipeline('naming_bob/bobs');
SELECT get_pipeline('nobody/bobs');
RESET SESSION AUTHORIZATION;
SELECT id AS bobs FROM pipelines WHERE name = 'bobs' \gset
SET SESSION AUTHORIZATION naming_ann;
\set VERBOSITY sqlstate
SELECT get_pipeline(:'bobs');
SELECT get_pipeline(:'bobs'::uuid);
SELECT trigger_pipeline(:'bobs');
SELECT alter_pipeline(:'bobs'::uuid, description => 'mine');
SELECT drop_pipeline(:'bobs');
SELECT pause_pipeline(:'bobs');
SELECT stop_pipeline(:'bobs');
SELECT rename_pipeline(:'bobs', 'x');
SELECT explain_pipeline(:'bobs');
CALL run_pipeline(:'bobs');
CALL trigger_and_wait(:'bobs');
SELECT get_pipeline('0190a3b4-0000-7000-8000-000000000000');
\set VERBOSITY default
RESET SESSION AUTHORIZATION;

-- A superuser sees all three; two that fit are an error that lists them.
\set VERBOSITY sqlstate
SELECT get_pipeline('both');
\set VERBOSITY default
SELECT get_pipeline('naming_bob/both') #>> '{definition,owner}' AS owner;

-- Owners are found by what they are called now.
ALTER ROLE naming_bob RENAME TO "naming/robert";
SELECT get_pipeline('naming/robert/bobs') #>> '{definition,owner}' AS owner;
SELECT owner FROM pipelines WHERE name = 'bobs';
SELECT owner FROM pipeline_status WHERE name = 'bobs';

SELECT drop_pipeline(id) FROM pipelines WHERE name IN ('both', 'team only', 'bobs');
SELECT disallow_pipelines('naming_team'), disallow_pipelines('naming_ann'), disallow_pipelines('naming/robert');
DROP SCHEMA naming CASCADE;
DROP OWNED BY naming_team, naming_ann, "naming/robert";
DROP ROLE naming_ann, naming_team, "naming/robert";
