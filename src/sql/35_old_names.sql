-- Tables that people read, under the names that they had when they lay in this schema.

CREATE VIEW @extschema@.pipeline_runs WITH (security_invoker = true) AS
SELECT
	id, pipeline_id, pipeline_name, pipeline_version, owner, owner_oid, root_run, batch, status, reason, cause,
	if_running, triggered_by, context, metadata, attempt, due_at, queued_at, start_time, end_time, duration, phase,
	records_read, records_processed, records_failed, bytes_processed, batches, watermark_before, watermark_after,
	error_message, error_sqlstate, error_detail, error_hint, error_context, error_phase,
	(SELECT string_agg(CASE WHEN l.length <= 65536 THEN l.text ELSE E'...\n' END, '' ORDER BY l.line)
		FROM (SELECT e.line, e.text, sum(octet_length(e.text)) OVER (ORDER BY e.line) AS length
			FROM (SELECT g.line, g.level || ' [' || COALESCE(g.phase, '') || '] ' || g.message || E'\n' AS text
				FROM sluice.pipeline_run_log g WHERE g.run_id = r.id) e) l
		WHERE l.length - octet_length(l.text) <= 65536) AS log,
	source, priority,
	records_inserted, records_updated, records_deleted, records_unchanged, records_duplicate, records_filtered
FROM sluice.pipeline_runs r;
COMMENT ON VIEW @extschema@.pipeline_runs IS 'Every run of every pipeline: one row per attempt';
COMMENT ON COLUMN @extschema@.pipeline_runs.id IS 'names it in run_log, stop_run, retry_run and wait_for_run';
COMMENT ON COLUMN @extschema@.pipeline_runs.pipeline_id IS 'of the pipeline; stays when that is renamed';
COMMENT ON COLUMN @extschema@.pipeline_runs.pipeline_name IS 'of the pipeline when the run was queued';
COMMENT ON COLUMN @extschema@.pipeline_runs.pipeline_version IS 'the definition that it was made with; see pipeline_versions';
COMMENT ON COLUMN @extschema@.pipeline_runs.owner IS 'the role as which it ran';
COMMENT ON COLUMN @extschema@.pipeline_runs.owner_oid IS 'the same as the role''s OID';
COMMENT ON COLUMN @extschema@.pipeline_runs.root_run IS 'the first attempt; the run itself, unless it is a retry';
COMMENT ON COLUMN @extschema@.pipeline_runs.batch IS 'the run that began the batch; its own id where no other did';
COMMENT ON COLUMN @extschema@.pipeline_runs.status IS 'pending, running, success, failed, stopped, skipped';
COMMENT ON COLUMN @extschema@.pipeline_runs.reason IS 'why it has that status; of a pending run what it waits for';
COMMENT ON COLUMN @extschema@.pipeline_runs.cause IS 'manual, schedule, retry, dependency (a pipeline of its batch that it depends on), fallback (it stands in for one that failed)';
COMMENT ON COLUMN @extschema@.pipeline_runs.if_running IS 'what it was to do if a run of the pipeline was in the way: error, skip or queue';
COMMENT ON COLUMN @extschema@.pipeline_runs.triggered_by IS 'the role that triggered it or the run that began its batch; NULL: the scheduler';
COMMENT ON COLUMN @extschema@.pipeline_runs.context IS 'JSON object that run_context() gave';
COMMENT ON COLUMN @extschema@.pipeline_runs.metadata IS 'what the scheduler notes for itself; not for use in programs';
COMMENT ON COLUMN @extschema@.pipeline_runs.attempt IS '1, and one more with each retry';
COMMENT ON COLUMN @extschema@.pipeline_runs.due_at IS 'the due time of its schedule, or when a retry is to start; NULL: at once';
COMMENT ON COLUMN @extschema@.pipeline_runs.queued_at IS 'when it was triggered, or the scheduler queued it';
COMMENT ON COLUMN @extschema@.pipeline_runs.start_time IS 'when it began; NULL: not yet, or never';
COMMENT ON COLUMN @extschema@.pipeline_runs.end_time IS 'when it was over; NULL: it is pending or running';
COMMENT ON COLUMN @extschema@.pipeline_runs.duration IS 'from start_time to end_time';
COMMENT ON COLUMN @extschema@.pipeline_runs.phase IS 'in which it is or was last; pipeline_progress names them all';
COMMENT ON COLUMN @extschema@.pipeline_runs.records_read IS 'rows that the source sent';
COMMENT ON COLUMN @extschema@.pipeline_runs.records_processed IS 'rows that were written to the destination, inserted, updated and deleted ones together; they are there only if status is success; of a command those that its statements count';
COMMENT ON COLUMN @extschema@.pipeline_runs.records_failed IS '1 where a row that could not be loaded has failed the run, else 0';
COMMENT ON COLUMN @extschema@.pipeline_runs.bytes_processed IS 'bytes that the source sent';
COMMENT ON COLUMN @extschema@.pipeline_runs.batches IS 'ranges that a source read in several streams was cut into and that are loaded; 0: one stream';
COMMENT ON COLUMN @extschema@.pipeline_runs.watermark_before IS 'of a pipeline with a cursor_column: the greatest value that was loaded before';
COMMENT ON COLUMN @extschema@.pipeline_runs.watermark_after IS 'the same with what it loaded';
COMMENT ON COLUMN @extschema@.pipeline_runs.error_message IS 'of a failed run: the error, as the source or this server said it';
COMMENT ON COLUMN @extschema@.pipeline_runs.error_sqlstate IS 'its SQLSTATE, by which retries are decided';
COMMENT ON COLUMN @extschema@.pipeline_runs.error_detail IS 'its detail, which may hold data';
COMMENT ON COLUMN @extschema@.pipeline_runs.error_hint IS 'what to do about it';
COMMENT ON COLUMN @extschema@.pipeline_runs.error_context IS 'where it was, the number of the row among it';
COMMENT ON COLUMN @extschema@.pipeline_runs.error_phase IS 'the phase in which it came';
COMMENT ON COLUMN @extschema@.pipeline_runs.log IS 'its lines as one text, of 64 kB at most; put together when it is read, see pipeline_log for them';
COMMENT ON COLUMN @extschema@.pipeline_runs.source IS 'foreign server that it read; NULL: this database';
COMMENT ON COLUMN @extschema@.pipeline_runs.priority IS 'the option of that name when it was queued: greater ones start first among those of one owner';
COMMENT ON COLUMN @extschema@.pipeline_runs.records_inserted IS 'rows that were committed as new ones of the destination; a replace counts all that it puts in';
COMMENT ON COLUMN @extschema@.pipeline_runs.records_updated IS 'rows of the destination that were changed';
COMMENT ON COLUMN @extschema@.pipeline_runs.records_deleted IS 'rows of the destination that were deleted one by one; what a replace takes away is not counted';
COMMENT ON COLUMN @extschema@.pipeline_runs.records_unchanged IS 'rows that the destination had already as they are, and that were not written';
COMMENT ON COLUMN @extschema@.pipeline_runs.records_duplicate IS 'rows that were read although another row stands for them: loaded by an earlier run, or overtaken by a later one of the same key';
COMMENT ON COLUMN @extschema@.pipeline_runs.records_filtered IS 'rows that were read and that columns, filter or a trigger of the destination left out; what the source itself left out was never read';

CREATE VIEW @extschema@.pipeline_versions WITH (security_invoker = true) AS
SELECT
	pipeline_id, version, owner, owner_oid, definition, created_at, created_by
FROM sluice.pipeline_versions;
COMMENT ON VIEW @extschema@.pipeline_versions IS 'Every definition that a pipeline has had';

CREATE VIEW @extschema@.pipeline_sources WITH (security_invoker = true) AS
SELECT
	source, owner_oid, failures_in_a_row, waits_until, last_failure_at, last_error
FROM sluice.pipeline_sources;
COMMENT ON VIEW @extschema@.pipeline_sources IS 'Data sources that could not be reached the last time with the user mapping of an owner: from a number of failures in a row on, that owner''s pipelines wait';
COMMENT ON COLUMN @extschema@.pipeline_sources.waits_until IS 'no run of this source starts before, then one tries; NULL: none waits';

CREATE VIEW @extschema@.pipeline_definitions WITH (security_invoker = true) AS
SELECT
	id, name, description, tags, owner, owner_oid, source, source_table, source_query, destination,
	destination_table, mode, load, key_columns, cursor_column, columns, filter, schedule, timezone, depends_on,
	on_failure, options, status, search_path, version, paused_at, paused_by, paused_reason, created_by, created_at,
	updated_at, home, home_database
FROM sluice.pipeline_definitions;
COMMENT ON VIEW @extschema@.pipeline_definitions IS 'internal: takes the rows of dumps that were made before version 0.3; read it through the view pipelines';
GRANT SELECT ON @extschema@.pipeline_runs, @extschema@.pipeline_versions, @extschema@.pipeline_sources, @extschema@.pipeline_definitions TO PUBLIC;

-- A dump of an older version copies into the names of that time. Only who may write the tables may write here.
CREATE FUNCTION sluice.pipeline_restore_row() RETURNS trigger
	LANGUAGE C AS 'MODULE_PATHNAME', 'sluice_restore_row';
COMMENT ON FUNCTION sluice.pipeline_restore_row() IS
	'internal: a row that a dump of an older version puts into a view goes to the table of that name';
CREATE TRIGGER restore_row INSTEAD OF INSERT ON @extschema@.pipeline_definitions
	FOR EACH ROW EXECUTE FUNCTION sluice.pipeline_restore_row();
CREATE TRIGGER restore_row INSTEAD OF INSERT ON @extschema@.pipeline_versions
	FOR EACH ROW EXECUTE FUNCTION sluice.pipeline_restore_row();
