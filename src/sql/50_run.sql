-- Functions that start, await and stop runs.

CREATE FUNCTION @extschema@.trigger_pipeline(
	pipeline text,
	context jsonb DEFAULT '{}',
	if_running text DEFAULT 'error',
	dependents boolean DEFAULT NULL,
	if_paused text DEFAULT 'error')
	RETURNS uuid
	LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'sluice_trigger_pipeline';
CREATE FUNCTION @extschema@.trigger_pipeline(
	pipeline uuid,
	context jsonb DEFAULT '{}',
	if_running text DEFAULT 'error',
	dependents boolean DEFAULT NULL,
	if_paused text DEFAULT 'error')
	RETURNS uuid
	LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'sluice_trigger_pipeline_by_id';
CREATE FUNCTION @extschema@.trigger_pipeline(
	pipeline sluice.pipeline_argument,
	context sluice.json_argument DEFAULT '{}',
	if_running text DEFAULT 'error',
	dependents boolean DEFAULT NULL,
	if_paused text DEFAULT 'error')
	RETURNS uuid
	LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'sluice_trigger_pipeline_of_texts';
COMMENT ON FUNCTION @extschema@.trigger_pipeline(text, jsonb, text, boolean, text) IS
'Queues a run and returns its id; a worker starts it as soon as this transaction commits, and not at all if it rolls back.
context: JSON object that run_context() shows inside the run. if_running: error, skip (a run with status skipped is recorded) or queue (wait for its turn) when a run of this pipeline is queued or running. dependents: whether the pipelines that depend on this one follow; NULL: they do, unless this one depends on others itself. if_paused: error, or skip (a run with status skipped is recorded, and its id returned).
Needs the rights of the owner. Errors: 55006 a run is in the way, SL002 paused, SL008 parked, SL003 not preloaded, 55000 inactive or switched off, 42704, 22023.';
COMMENT ON FUNCTION @extschema@.trigger_pipeline(uuid, jsonb, text, boolean, text) IS
'Queues a run of the pipeline with this id; see trigger_pipeline(text, jsonb, text, boolean, text).';
COMMENT ON FUNCTION @extschema@.trigger_pipeline(sluice.pipeline_argument, sluice.json_argument, text, boolean, text) IS
'The same for drivers that send the context as text, varchar or json; see trigger_pipeline(text, jsonb, text, boolean, text).';

CREATE FUNCTION @extschema@.backfill_pipeline(
	pipeline text,
	range_start text,
	range_end text,
	slice text DEFAULT NULL,
	newest_first boolean DEFAULT false)
	RETURNS uuid
	LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'sluice_backfill_pipeline';
CREATE FUNCTION @extschema@.backfill_pipeline(
	pipeline uuid,
	range_start text,
	range_end text,
	slice text DEFAULT NULL,
	newest_first boolean DEFAULT false)
	RETURNS uuid
	LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'sluice_backfill_pipeline_by_id';
COMMENT ON FUNCTION @extschema@.backfill_pipeline(text, text, text, text, boolean) IS
'Queues runs that load a range of the cursor''s values again, a run a slice, and returns the id of the first, which is that of their batch: batch_status and wait_for_batch tell how far they are. The watermark stays where it is.
range_start is part of the range, range_end is not. slice: an interval where cursor_column is a time, by the calendar of the pipeline''s time zone, a number where it is one; NULL: all in one run. newest_first: the last slice begins. One slice at a time; other runs of the pipeline go between them. Pipelines that depend on this one do not follow. An append loads rows that are there a second time, and refuses a range beyond the watermark.
Needs the rights of the owner. Errors: 55000 no cursor_column, inactive, switched off, or beyond the watermark of an append, SL002 paused, SL003 not preloaded, SL008 parked, 54000 more than 10,000 slices, 42704, 22023, and others of class 22.';
COMMENT ON FUNCTION @extschema@.backfill_pipeline(uuid, text, text, text, boolean) IS
'Backfills the pipeline with this id; see backfill_pipeline(text, text, text, text, boolean).';

CREATE FUNCTION @extschema@.repair_pipeline(pipeline text, delete_extra boolean DEFAULT false) RETURNS uuid
	LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'sluice_repair_pipeline';
CREATE FUNCTION @extschema@.repair_pipeline(pipeline uuid, delete_extra boolean DEFAULT false) RETURNS uuid
	LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'sluice_repair_pipeline_by_id';
COMMENT ON FUNCTION @extschema@.repair_pipeline(text, boolean) IS
'Queues a run that reads all rows of the source and writes those that diff_pipeline tells to be missing or different, and no others; returns its id. delete_extra: rows that only the destination has are deleted, as a mirror does, within the options max_deletes and on_empty. Rows are found by key_columns, or the destination''s primary key. The watermark stays where it is, and pipelines that depend on this one do not follow.
Needs the rights of the owner. Errors: 0A000 a load or destination that cannot be repaired, 55000 inactive or switched off, SL002 paused, SL003 not preloaded, SL008 parked, 42704.';
COMMENT ON FUNCTION @extschema@.repair_pipeline(uuid, boolean) IS
'Repairs what the pipeline with this id has loaded; see repair_pipeline(text, boolean).';

CREATE PROCEDURE @extschema@.trigger_and_wait(
	pipeline text,
	context jsonb DEFAULT '{}',
	timeout interval DEFAULT NULL,
	INOUT run uuid DEFAULT NULL,
	INOUT status text DEFAULT NULL,
	raise_error boolean DEFAULT true)
	LANGUAGE C AS 'MODULE_PATHNAME', 'sluice_trigger_and_wait';
CREATE PROCEDURE @extschema@.trigger_and_wait(
	pipeline uuid,
	context jsonb DEFAULT '{}',
	timeout interval DEFAULT NULL,
	INOUT run uuid DEFAULT NULL,
	INOUT status text DEFAULT NULL,
	raise_error boolean DEFAULT true)
	LANGUAGE C AS 'MODULE_PATHNAME', 'sluice_trigger_and_wait_by_id';
CREATE PROCEDURE @extschema@.trigger_and_wait(
	pipeline sluice.pipeline_argument,
	context sluice.json_argument DEFAULT '{}',
	timeout sluice.interval_argument DEFAULT NULL,
	INOUT run uuid DEFAULT NULL,
	INOUT status text DEFAULT NULL,
	raise_error boolean DEFAULT true)
	LANGUAGE C AS 'MODULE_PATHNAME', 'sluice_trigger_and_wait_of_texts';
COMMENT ON PROCEDURE @extschema@.trigger_and_wait(text, jsonb, interval, uuid, text, boolean) IS
'Triggers a pipeline, commits, and waits for the end of the run, of its last attempt if it is tried again. Holds no lock and no snapshot while it waits.
A run that did not succeed, be it failed, stopped or skipped, is an error with the run''s message, its id and its SQLSTATE in the detail; so is a timeout that comes first (NULL: none). raise_error => false: no error, status is success, failed, stopped or skipped, and NULL at a timeout.
Errors: SL012 the run did not succeed, SL013 the timeout came first, 25001 inside a transaction block or function, 42704 the run''s history was deleted meanwhile, 22023 a negative timeout, and those of trigger_pipeline.';
COMMENT ON PROCEDURE @extschema@.trigger_and_wait(uuid, jsonb, interval, uuid, text, boolean) IS
'Triggers the pipeline with this id and waits; see trigger_and_wait(text, jsonb, interval, uuid, text, boolean).';
COMMENT ON PROCEDURE @extschema@.trigger_and_wait(sluice.pipeline_argument, sluice.json_argument, sluice.interval_argument, uuid, text, boolean) IS
'The same for drivers that send context or timeout as text, varchar or json; see trigger_and_wait(text, jsonb, interval, uuid, text, boolean).';

CREATE FUNCTION @extschema@.wait_for_run(run uuid, timeout interval DEFAULT NULL) RETURNS text
	LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'sluice_wait_for_run';
CREATE FUNCTION @extschema@.wait_for_run(run uuid, timeout sluice.interval_argument) RETURNS text
	LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'sluice_wait_for_run_of_texts';
COMMENT ON FUNCTION @extschema@.wait_for_run(uuid, interval) IS
'Waits for the end of a run and returns its status (of the last attempt): success, failed, stopped or skipped; NULL when the timeout came first (NULL: none).
Errors: 42704 no such run, 55000 triggered by this very transaction, SL003 no worker can ever make it, 22023 a negative timeout.';
COMMENT ON FUNCTION @extschema@.wait_for_run(uuid, sluice.interval_argument) IS
'The same for drivers that send the timeout as text or varchar; see wait_for_run(uuid, interval).';

CREATE PROCEDURE @extschema@.run_pipeline(pipeline text, context jsonb DEFAULT '{}', INOUT run uuid DEFAULT NULL)
	LANGUAGE C AS 'MODULE_PATHNAME', 'sluice_run_pipeline';
CREATE PROCEDURE @extschema@.run_pipeline(pipeline uuid, context jsonb DEFAULT '{}', INOUT run uuid DEFAULT NULL)
	LANGUAGE C AS 'MODULE_PATHNAME', 'sluice_run_pipeline_by_id';
CREATE PROCEDURE @extschema@.run_pipeline(pipeline sluice.pipeline_argument, context sluice.json_argument DEFAULT '{}',
	INOUT run uuid DEFAULT NULL)
	LANGUAGE C AS 'MODULE_PATHNAME', 'sluice_run_pipeline_of_texts';
COMMENT ON PROCEDURE @extschema@.run_pipeline(text, jsonb, uuid) IS
'Runs a pipeline here and now, in this session and transaction, without a worker; its row and its rows live and die with the transaction. context: as of trigger_pipeline.
Errors: 42501 unless connected as the owner, 55006 a run is in the way, SL002 paused, SL008 parked, 55000 inactive or switched off, and those of the run.';
COMMENT ON PROCEDURE @extschema@.run_pipeline(uuid, jsonb, uuid) IS
'Runs the pipeline with this id here and now; see run_pipeline(text, jsonb, uuid).';
COMMENT ON PROCEDURE @extschema@.run_pipeline(sluice.pipeline_argument, sluice.json_argument, uuid) IS
'The same for drivers that send the context as text, varchar or json; see run_pipeline(text, jsonb, uuid).';

CREATE PROCEDURE @extschema@.run_pipelines(pipelines text[], context jsonb DEFAULT NULL, INOUT runs uuid[] DEFAULT NULL)
	LANGUAGE C AS 'MODULE_PATHNAME', 'sluice_run_pipelines';
COMMENT ON PROCEDURE @extschema@.run_pipelines(text[], jsonb, uuid[]) IS
'Runs pipelines here and now, one after the other in the order of the list, as run_pipeline does: in one transaction, so that all of them load or none. Deferred constraints between their tables are checked at its end. pipelines: names, owner/name or ids; that each may start is looked up before the first one loads. context: one for all. runs: the ids of the runs, in the same order.
Errors: 22004 a null in the list, and those of run_pipeline; the context of an error names the pipeline.';

CREATE FUNCTION @extschema@.run_context() RETURNS jsonb
	LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'sluice_run_context';
COMMENT ON FUNCTION @extschema@.run_context() IS
'The context of the run that this session is making, as it was given to trigger_pipeline, run_pipeline or run_pipelines; {} outside a run. For columns, filter and source_query.';

CREATE FUNCTION @extschema@.stop_pipeline(pipeline text) RETURNS boolean
	LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'sluice_stop_pipeline';
CREATE FUNCTION @extschema@.stop_pipeline(pipeline uuid) RETURNS boolean
	LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'sluice_stop_pipeline_by_id';
COMMENT ON FUNCTION @extschema@.stop_pipeline(text) IS
'Stops the running and the queued runs of a pipeline, at once, like pg_cancel_backend: a rollback does not undo it. Returns whether there was anything to stop. Needs the rights of the owner.
Errors: 42704, SL003.';
COMMENT ON FUNCTION @extschema@.stop_pipeline(uuid) IS 'Stops the runs of the pipeline with this id; see stop_pipeline(text).';
CREATE FUNCTION @extschema@.stop_run(run uuid) RETURNS boolean
	LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'sluice_stop_run';
COMMENT ON FUNCTION @extschema@.stop_run(uuid) IS
'Stops one run, queued or running, at once, like pg_cancel_backend: a rollback does not undo it. Returns false when it was over already. Needs the rights of the owner.
Errors: 42704 no such run, SL003.';

CREATE FUNCTION @extschema@.retry_source(source name) RETURNS integer
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'sluice_retry_source';
COMMENT ON FUNCTION @extschema@.retry_source(name) IS
'Says that a data source is back: what waits for it starts as soon as this transaction commits, as far as there are places, retries after an error that said that it could not be reached as well; its failures are counted anew. Returns how many queued runs that lets start. For the pipelines of owners whose rights you have.
Errors: 42704 no such server, SL003.';

CREATE FUNCTION sluice.assign_exactly(value "any", like_value anyelement, modifier integer, column_name text) RETURNS anyelement
	LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'sluice_assign_exactly';
COMMENT ON FUNCTION sluice.assign_exactly("any", anyelement, integer, text) IS
'What a run with the option on_loss = fail puts around a value: what assigning it to a column of the type of like_value (NULL will do) and that modifier gives. Errors where that would change the value: 22000, 22001, 22003, 22008.';

-- How far a pipeline with a cursor has loaded.
CREATE FUNCTION @extschema@.set_watermark(pipeline text, value text) RETURNS void
	LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'sluice_set_watermark';
CREATE FUNCTION @extschema@.set_watermark(pipeline uuid, value text) RETURNS void
	LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'sluice_set_watermark_by_id';
COMMENT ON FUNCTION @extschema@.set_watermark(text, text) IS
'Sets the value of cursor_column that the next run begins at: rows that have it are read, too, and none of them is taken for loaded. A run that is under way fails when it is over. Needs the right to change the pipeline.
value: as the column''s type is written; the next run looks at it. Errors: 42704, 55000 no cursor_column, 22004, 54000.';
COMMENT ON FUNCTION @extschema@.set_watermark(uuid, text) IS 'Sets where the next run of the pipeline with this id begins; see set_watermark(text, text).';
CREATE FUNCTION @extschema@.reset_watermark(pipeline text) RETURNS void
	LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'sluice_reset_watermark';
CREATE FUNCTION @extschema@.reset_watermark(pipeline uuid) RETURNS void
	LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'sluice_reset_watermark_by_id';
COMMENT ON FUNCTION @extschema@.reset_watermark(text) IS
'Forgets how far a pipeline with a cursor_column has loaded: the next run reads everything. What is in the destination stays, so an append adds the same rows again. Needs the right to change the pipeline.
Errors: 42704, 55000 no cursor_column.';
COMMENT ON FUNCTION @extschema@.reset_watermark(uuid) IS 'Forgets how far the pipeline with this id has loaded; see reset_watermark(text).';

-- Rows that did not fit.
CREATE FUNCTION @extschema@.discard_rejects(pipeline text, run uuid DEFAULT NULL) RETURNS bigint
	LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'sluice_discard_rejects';
CREATE FUNCTION @extschema@.discard_rejects(pipeline uuid, run uuid DEFAULT NULL) RETURNS bigint
	LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'sluice_discard_rejects_by_id';
COMMENT ON FUNCTION @extschema@.discard_rejects(text, uuid) IS
'Forgets the rows of a pipeline that did not fit, those of one run or of all. Returns how many. Needs the right to change the pipeline.
Errors: 42704.';
COMMENT ON FUNCTION @extschema@.discard_rejects(uuid, uuid) IS 'Forgets the rejected rows of the pipeline with this id; see discard_rejects(text, uuid).';
CREATE FUNCTION @extschema@.replay_rejects(pipeline text) RETURNS uuid
	LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'sluice_replay_rejects';
CREATE FUNCTION @extschema@.replay_rejects(pipeline uuid) RETURNS uuid
	LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'sluice_replay_rejects_by_id';
COMMENT ON FUNCTION @extschema@.replay_rejects(text) IS
'Queues a run that loads the rejected rows of a pipeline again, once the cause is mended, and returns its id; NULL when there are none. Those that fit now leave rejected_rows, the others stay there with the reason as it is now. Nothing else is read from the source, a watermark does not move, and pipelines that depend on it do not start. It starts at COMMIT, behind a run that is under way.
Errors: 42704, 55000 inactive, SL002 paused, SL003, SL008.';
COMMENT ON FUNCTION @extschema@.replay_rejects(uuid) IS 'Queues a run that loads the rejected rows of the pipeline with this id again; see replay_rejects(text).';
