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
	source, priority
FROM sluice.pipeline_runs r;
COMMENT ON VIEW @extschema@.pipeline_runs IS 'Every run of every pipeline: one row per attempt';
COMMENT ON COLUMN @extschema@.pipeline_runs.log IS 'its lines as one text, of 64 kB at most; put together when it is read, see pipeline_log for them';

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
