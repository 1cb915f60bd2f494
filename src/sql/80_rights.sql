-- Who may call what. Reading is for everybody, row-level security decides; what writes or runs must be
-- granted, because a pipeline is code that runs later.

CREATE FUNCTION @extschema@.allow_pipelines(role name) RETURNS void
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'sluice_allow_pipelines';
COMMENT ON FUNCTION @extschema@.allow_pipelines(name) IS
'Lets a role define and run pipelines of its own: grants EXECUTE on the functions of pg_sluice, and USAGE on their schema. Caller: the owner of the extension. role: "public" means everybody. Errors: 42704 no such role, 42501.';
CREATE FUNCTION @extschema@.disallow_pipelines(role name) RETURNS void
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'sluice_disallow_pipelines';
COMMENT ON FUNCTION @extschema@.disallow_pipelines(name) IS
'Takes back what allow_pipelines gave, but for USAGE on the schema, which other objects may need. The role''s pipelines stay as they are: pause or drop them. Errors: 42704 no such role, 42501.';

REVOKE EXECUTE ON FUNCTION
	@extschema@.create_pipeline,
	@extschema@.alter_pipeline(text, name, text, text, name, text, text, text, text[], text, text, text, text, text, text[], text, text, text[], text, name, jsonb, text[]),
	@extschema@.alter_pipeline(uuid, name, text, text, name, text, text, text, text[], text, text, text, text, text, text[], text, text, text[], text, name, jsonb, text[]),
	@extschema@.rename_pipeline(text, text), @extschema@.rename_pipeline(uuid, text),
	@extschema@.drop_pipeline(text, text, text, boolean), @extschema@.drop_pipeline(uuid, text, text, boolean),
	@extschema@.pause_pipeline(text, text), @extschema@.pause_pipeline(uuid, text),
	@extschema@.resume_pipeline(text), @extschema@.resume_pipeline(uuid),
	@extschema@.trigger_pipeline(text, jsonb, text, boolean), @extschema@.trigger_pipeline(uuid, jsonb, text, boolean),
	@extschema@.stop_pipeline(text), @extschema@.stop_pipeline(uuid), @extschema@.stop_run(uuid), @extschema@.retry_run(uuid),
	@extschema@.explain_pipeline(text), @extschema@.explain_pipeline(uuid),
	@extschema@.allow_pipelines(name), @extschema@.disallow_pipelines(name)
	FROM PUBLIC;
REVOKE EXECUTE ON PROCEDURE
	@extschema@.trigger_and_wait(text, jsonb, interval, uuid, text), @extschema@.trigger_and_wait(uuid, jsonb, interval, uuid, text),
	@extschema@.run_pipeline(text, jsonb, uuid), @extschema@.run_pipeline(uuid, jsonb, uuid)
	FROM PUBLIC;
