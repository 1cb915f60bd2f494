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

-- Whatever there is, whoever added it: nobody may call or write anything but what is granted here or by
-- allow_pipelines. What a role was granted on a function stays, also through an update.
CREATE FUNCTION sluice.pipeline_close() RETURNS void
	LANGUAGE C AS 'MODULE_PATHNAME', 'sluice_close';
SELECT sluice.pipeline_close();
DROP FUNCTION sluice.pipeline_close();

-- Those that read what row-level security lets the caller see, or nothing.
GRANT EXECUTE ON FUNCTION
	@extschema@.adopt_pipelines(),
	@extschema@.batch_nodes(uuid), @extschema@.batch_status(uuid),
	@extschema@.describe_schedule(text), @extschema@.make_schedule(text, time, text[], integer),
	@extschema@.preview_schedule(text, text, integer, timestamptz),
	@extschema@.export_pipelines(name), @extschema@.get_pipeline(text), @extschema@.get_pipeline(uuid), @extschema@.list_pipelines(),
	@extschema@.pipeline_health(), @extschema@.pipeline_option_list(),
	@extschema@.recent_runs(integer), @extschema@.run_context(), @extschema@.run_log(uuid), @extschema@.run_progress(),
	@extschema@.wait_for_batch(uuid, interval), @extschema@.wait_for_batch(uuid, sluice.interval_argument),
	@extschema@.wait_for_run(uuid, interval), @extschema@.wait_for_run(uuid, sluice.interval_argument),
	-- compute, and are called in the statements and views of everybody
	sluice.assign_exactly("any", anyelement, integer, text), sluice.error_text(text, text, text),
	sluice.pipeline_argument_in(cstring), sluice.pipeline_argument_out(sluice.pipeline_argument),
	sluice.json_argument_in(cstring), sluice.json_argument_out(sluice.json_argument),
	sluice.interval_argument_in(cstring), sluice.interval_argument_out(sluice.interval_argument)
	TO PUBLIC;
