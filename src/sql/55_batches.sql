-- Functions for runs that follow each other.

CREATE FUNCTION @extschema@.retry_run(run uuid) RETURNS uuid
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'sluice_retry_run';
CREATE FUNCTION @extschema@.retry_run(pipeline text) RETURNS uuid
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'sluice_retry_pipeline';
COMMENT ON FUNCTION @extschema@.retry_run(text) IS
'Queues another attempt of the last run of a pipeline if that failed or was stopped, or makes one that waits for a retry due now; returns the attempt''s id. pipeline: a name, owner/name or id, or the id of a run. Runs that were skipped do not count.
Its batch goes on from there: what was skipped because of it waits again, what succeeded is not repeated. Of a run that may have been committed at another server, and whose pipeline is paused or inactive, the attempt only looks whether it was. Needs the rights of the owner.
Errors: 55000 the run succeeded, was skipped, or is not over, or there is none, or its pipeline is inactive or runs are switched off, SL002 paused, SL008 parked, SL003 not preloaded, 42704 no such run or pipeline.';
COMMENT ON FUNCTION @extschema@.retry_run(uuid) IS
'Queues another attempt of the run with this id, any of its attempts, or of the last run of the pipeline with this id; see retry_run(text).';

CREATE FUNCTION @extschema@.batch_status(run uuid, OUT batch uuid, OUT status text, OUT completed integer, OUT total integer,
	OUT current text[], OUT failed text[], OUT started_at timestamptz, OUT ended_at timestamptz,
	OUT estimated_completion timestamptz)
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'sluice_batch_status';
COMMENT ON FUNCTION @extschema@.batch_status(uuid) IS
'How far a batch is: a root run and the runs of all pipelines that depend on it. run: any run of the batch.
status: running, or how it ended: success, success by fallback, failed, stopped, skipped (nothing failed, but not everything ran). completed, total: pipelines. current, failed: names of those that are queued or running, and of those that failed, as far as you may see them. estimated_completion: from the median duration of the last successful runs, along the longest path; NULL when a pipeline that is still to run never succeeded.
Errors: 42704 no such run.';

CREATE FUNCTION @extschema@.batch_nodes(run uuid, OUT pipeline text, OUT pipeline_id uuid, OUT state text, OUT reason text, OUT depends_on text[],
	OUT rule text, OUT run_id uuid, OUT fallback_run uuid, OUT start_time timestamptz, OUT end_time timestamptz)
	RETURNS SETOF record
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'sluice_batch_nodes';
COMMENT ON FUNCTION @extschema@.batch_nodes(uuid) IS
'The pipelines of a batch that you may see, in the order in which they run. run: any run of the batch.
state: waiting, queued, running, retrying, or how it ended: success, success by fallback, failed, stopped, skipped. depends_on: pipelines of this batch. run_id, start_time, end_time: of its last attempt.
Errors: 42704 no such run.';

CREATE FUNCTION @extschema@.wait_for_batch(run uuid, timeout interval DEFAULT NULL) RETURNS text
	LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'sluice_wait_for_batch';
CREATE FUNCTION @extschema@.wait_for_batch(run uuid, timeout sluice.interval_argument) RETURNS text
	LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'sluice_wait_for_batch_of_texts';
COMMENT ON FUNCTION @extschema@.wait_for_batch(uuid, interval) IS
'Waits for the end of a batch and returns how it ended, as batch_status does; NULL when the timeout came first (NULL: none). run: any run of the batch.
Errors: 42704 no such run, 55000 triggered by this very transaction, SL003 no worker can ever make it, 22023 a negative timeout.';
COMMENT ON FUNCTION @extschema@.wait_for_batch(uuid, sluice.interval_argument) IS
'The same for drivers that send the timeout as text or varchar; see wait_for_batch(uuid, interval).';
