-- Who may call what. Reading is for everybody, row-level security decides; what writes or runs must be
-- granted, because a pipeline is code that runs later.

CREATE FUNCTION allow_pipelines(role name) RETURNS void
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'sluice_allow_pipelines';
COMMENT ON FUNCTION allow_pipelines(name) IS
'Lets a role define and run pipelines of its own: grants EXECUTE on the functions of pg_sluice, and USAGE on their schema. Caller: the owner of the extension. role: "public" means everybody. Errors: 42704 no such role, 42501.';
CREATE FUNCTION disallow_pipelines(role name) RETURNS void
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'sluice_disallow_pipelines';
COMMENT ON FUNCTION disallow_pipelines(name) IS
'Takes back what allow_pipelines gave, but for USAGE on the schema, which other objects may need. The role''s pipelines stay as they are: pause or drop them. Errors: 42704 no such role, 42501.';

REVOKE EXECUTE ON FUNCTION
	create_pipeline,
	alter_pipeline(text, name, text, text, name, text, text, text, text[], text, text, text, text, text, text[], text, text, text[], text, name, jsonb, text[]),
	alter_pipeline(uuid, name, text, text, name, text, text, text, text[], text, text, text, text, text, text[], text, text, text[], text, name, jsonb, text[]),
	rename_pipeline(text, text), rename_pipeline(uuid, text),
	drop_pipeline(text, text, text, boolean), drop_pipeline(uuid, text, text, boolean),
	pause_pipeline(text, text), pause_pipeline(uuid, text),
	resume_pipeline(text), resume_pipeline(uuid),
	trigger_pipeline(text, jsonb, text, boolean), trigger_pipeline(uuid, jsonb, text, boolean),
	stop_pipeline(text), stop_pipeline(uuid), stop_run(uuid), retry_run(uuid),
	explain_pipeline(text), explain_pipeline(uuid),
	allow_pipelines(name), disallow_pipelines(name)
	FROM PUBLIC;
REVOKE EXECUTE ON PROCEDURE
	trigger_and_wait(text, jsonb, interval, uuid, text), trigger_and_wait(uuid, jsonb, interval, uuid, text),
	run_pipeline(text, jsonb, uuid), run_pipeline(uuid, jsonb, uuid)
	FROM PUBLIC;
