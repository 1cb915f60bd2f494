-- Functions that show.

CREATE FUNCTION @extschema@.list_pipelines() RETURNS SETOF @extschema@.pipeline_status
	LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT * FROM @extschema@.pipeline_status ORDER BY name, owner;
END;
COMMENT ON FUNCTION @extschema@.list_pipelines() IS 'The rows of pipeline_status, by name';

CREATE FUNCTION @extschema@.get_pipeline(pipeline text) RETURNS jsonb
	LANGUAGE C STABLE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'sluice_get_pipeline';
CREATE FUNCTION @extschema@.get_pipeline(pipeline uuid) RETURNS jsonb
	LANGUAGE C STABLE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'sluice_get_pipeline_by_id';
COMMENT ON FUNCTION @extschema@.get_pipeline(text) IS
'All about one pipeline: {"definition", "state", "runs": the last ten}. Errors: 42704.';
COMMENT ON FUNCTION @extschema@.get_pipeline(uuid) IS 'All about the pipeline with this id; see get_pipeline(text).';

CREATE FUNCTION @extschema@.export_pipelines(owner name DEFAULT NULL) RETURNS SETOF text
	LANGUAGE C STABLE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'sluice_export_pipelines';
COMMENT ON FUNCTION @extschema@.export_pipelines(name) IS
'The pipelines that you may see, of one owner or of all, as a script for psql: for each a SELECT apply_pipeline(...) that sets it up as it is, dependencies first. Errors: 42704 no such role.';

CREATE FUNCTION @extschema@.recent_runs(days integer DEFAULT 2)
	RETURNS TABLE (run uuid, pipeline text, owner name, status text, reason text, cause text, triggered_by name,
		due_at timestamptz, queued_at timestamptz, start_time timestamptz, end_time timestamptz, duration interval,
		records_processed bigint, error_message text, error_hint text, error text)
	LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT r.run, r.pipeline, r.owner, r.status, r.reason, r.cause, r.triggered_by,
		r.due_at, r.queued_at, r.start_time, r.end_time, r.duration,
		r.records_processed, r.error_message, r.error_hint, r.error
	FROM sluice.watched_runs r
	WHERE r.queued_at >= pg_catalog.now() - pg_catalog.make_interval(days => days)
	ORDER BY r.run DESC;
END;
COMMENT ON FUNCTION @extschema@.recent_runs(integer) IS
'The runs that were queued in the last days (default 2), newest first; for pg_monitor those of all roles. error: message, detail and context together; pg_monitor gets the message.';

CREATE FUNCTION @extschema@.run_log(run uuid, OUT at timestamptz, OUT level text, OUT phase text, OUT message text, OUT data jsonb)
	RETURNS SETOF record
	LANGUAGE C STABLE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'sluice_run_log';
COMMENT ON FUNCTION @extschema@.run_log(uuid) IS 'What a run said, in order. Errors: 42704 no such run.';

CREATE FUNCTION @extschema@.pipeline_health(OUT check_name text, OUT verdict text, OUT message text, OUT hint text)
	RETURNS SETOF record
	LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'sluice_pipeline_health';
COMMENT ON FUNCTION @extschema@.pipeline_health() IS
'Whether runs can start here: one row for each check, verdict ok, warning or error, with what to do. Counts the pipelines that you may see.';

CREATE FUNCTION @extschema@.explain_pipeline(pipeline text) RETURNS SETOF text
	LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'sluice_explain_pipeline';
CREATE FUNCTION @extschema@.explain_pipeline(pipeline uuid) RETURNS SETOF text
	LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'sluice_explain_pipeline_by_id';
COMMENT ON FUNCTION @extschema@.explain_pipeline(text) IS
'What a run would do: what it asks the source, which path the rows take and why, the DDL it would run. Connects to the source as the owner, writes nothing. Those who may not SET ROLE to the owner get the definition only. Errors: 42704, SL001.';
COMMENT ON FUNCTION @extschema@.explain_pipeline(uuid) IS 'What a run of the pipeline with this id would do; see explain_pipeline(text).';

CREATE FUNCTION @extschema@.preview_pipeline(pipeline text, n integer DEFAULT 10, context jsonb DEFAULT '{}') RETURNS SETOF jsonb
	LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'sluice_preview_pipeline';
CREATE FUNCTION @extschema@.preview_pipeline(pipeline uuid, n integer DEFAULT 10, context jsonb DEFAULT '{}') RETURNS SETOF jsonb
	LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'sluice_preview_pipeline_by_id';
COMMENT ON FUNCTION @extschema@.preview_pipeline(text, integer, jsonb) IS
'The first rows of a run as they would be loaded: one object a row, of the destination''s columns that the source feeds. A row that does not fit by its values, NOT NULL or CHECK is there as {"_rejected": {...}}; without on_reject => quarantine one that cannot be converted is an error. Reads the source as the owner; writes nothing. n: how many, 1 to 10000. context: what run_context() gives. Caller: who may SET ROLE to the owner. Errors: 42704, 42501, 22023 n, 25006 something would write, SL001, and those of the run.';
COMMENT ON FUNCTION @extschema@.preview_pipeline(uuid, integer, jsonb) IS
'The first rows of a run of the pipeline with this id as they would be loaded; see preview_pipeline(text, integer, jsonb).';

CREATE FUNCTION @extschema@.diff_pipeline(pipeline text, samples integer DEFAULT 10, OUT kind text, OUT count bigint, OUT samples jsonb)
	RETURNS SETOF record
	LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'sluice_diff_pipeline';
CREATE FUNCTION @extschema@.diff_pipeline(pipeline uuid, samples integer DEFAULT 10, OUT kind text, OUT count bigint, OUT samples jsonb)
	RETURNS SETOF record
	LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'sluice_diff_pipeline_by_id';
COMMENT ON FUNCTION @extschema@.diff_pipeline(text, integer) IS
'What the destination has not as the source has it now, by key_columns, or by the primary key of the destination: a row each for missing (the source has it), extra (the destination has it) and different, with their number and samples. Reads all rows of the source, as the owner, into a temporary table, whatever the watermark; loads nothing. samples: at most so many of each, 0 to 1000. Caller: the owner itself.
Errors: 42704, 42501, 22023 samples, SL001 no keys, 42P01 there is no destination yet, 23502 a key without a value, 0A000 a command or a destination at another server, and those of a run.';
COMMENT ON FUNCTION @extschema@.diff_pipeline(uuid, integer) IS
'What the destination of the pipeline with this id has not as the source has it now; see diff_pipeline(text, integer).';

CREATE FUNCTION @extschema@.validate_pipeline(pipeline text, OUT check_name text, OUT verdict text, OUT message text, OUT hint text)
	RETURNS SETOF record
	LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'sluice_validate_pipeline';
CREATE FUNCTION @extschema@.validate_pipeline(pipeline uuid, OUT check_name text, OUT verdict text, OUT message text, OUT hint text)
	RETURNS SETOF record
	LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'sluice_validate_pipeline_by_id';
COMMENT ON FUNCTION @extschema@.validate_pipeline(text) IS
'Whether a run would work: a row or several for each check, verdict ok, warning or error, with what to do. Connects as the owner to source and destination, writes nothing. What is wrong with the pipeline is a row and no error. Caller: who may SET ROLE to the owner. Errors: 42704, 42501.';
COMMENT ON FUNCTION @extschema@.validate_pipeline(uuid) IS 'Whether a run of the pipeline with this id would work; see validate_pipeline(text).';

CREATE FUNCTION @extschema@.describe_schedule(schedule text) RETURNS text
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'sluice_describe_schedule';
COMMENT ON FUNCTION @extschema@.describe_schedule(text) IS
'What a schedule says, in plain English: "every day at 02:00". Errors: 22023 no schedule.';

CREATE FUNCTION @extschema@.preview_schedule(schedule text, timezone text DEFAULT NULL, n integer DEFAULT 5,
	after timestamptz DEFAULT pg_catalog.now(), OUT due_at timestamptz, OUT local_time text)
	RETURNS SETOF record
	LANGUAGE C STABLE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'sluice_preview_schedule';
COMMENT ON FUNCTION @extschema@.preview_schedule(text, text, integer, timestamptz) IS
'The next due instants of a schedule. timezone: IANA name, default pg_sluice.timezone. n: how many, up to 10000. after: the instant after which they lie.
due_at is shown in the session''s time zone as any timestamptz; local_time is the clock of the schedule''s zone, with its offset from UTC. Errors: 22023 no schedule, zone or n, or never due; 22004.';

CREATE FUNCTION @extschema@.make_schedule(every text DEFAULT 'day', at time DEFAULT '00:00', on_days text[] DEFAULT NULL,
	day_of_month integer DEFAULT NULL) RETURNS text
	LANGUAGE C STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'sluice_make_schedule';
COMMENT ON FUNCTION @extschema@.make_schedule(text, time, text[], integer) IS
'Writes a schedule for those who do not write cron. every: minute, 5 minutes, 10 minutes, 15 minutes, 30 minutes, hour, day, weekday (Monday to Friday), week, month, quarter or year.
at: time of day, whole seconds; with minutes and hours, how far into each. on_days, with week: names of days, default Monday. day_of_month, with month, quarter and year: 1 to 31, default 1, -1 for the last day; of a quarter or year its first month, for -1 its last. Errors: 22023, 22004.';
