-- Indexes of the tables. ALTER EXTENSION UPDATE makes them again as they are here.

CREATE INDEX pipeline_definitions_by_name ON sluice.pipeline_definitions (name);
-- What depends on a pipeline, and whose fallback it is.
CREATE INDEX pipeline_definitions_by_parent ON sluice.pipeline_definitions USING gin (depends_on) WITH (fastupdate = off)
	WHERE depends_on <> '{}';
CREATE INDEX pipeline_definitions_by_fallback ON sluice.pipeline_definitions (on_failure) WHERE on_failure IS NOT NULL;
-- 0: restored from a dump into a cluster that lacks the role; several such owners may share a name.
CREATE UNIQUE INDEX pipeline_definitions_one_name_per_owner ON sluice.pipeline_definitions (owner_oid, name)
	WHERE owner_oid <> 0;
-- Its first and its last entry tell whether all pipelines are at home.
CREATE INDEX pipeline_definitions_by_home ON sluice.pipeline_definitions (home_database, home);

CREATE INDEX pipeline_due_queue ON sluice.pipeline_due (next_due) WHERE next_due IS NOT NULL;

-- While the statistics of a table that is just being filled say that nothing is there, a plan that reads all of a partial
-- index costs no more than a probe of another one. So no condition of ours fits two partial indexes: those on pipeline
-- and batch of active runs are hash indexes, which cannot be read as a whole, and a queued retry is said in words
-- that a queued run is not.
CREATE INDEX pipeline_runs_by_pipeline ON sluice.pipeline_runs (pipeline_id, id DESC);
CREATE INDEX pipeline_runs_pending ON sluice.pipeline_runs (owner_oid, priority DESC, (COALESCE(due_at, queued_at)), id)
	WHERE status = 'pending';
CREATE INDEX pipeline_runs_retries ON sluice.pipeline_runs (due_at) WHERE status || '' = 'pending' AND cause = 'retry';
CREATE INDEX pipeline_runs_active ON sluice.pipeline_runs USING hash (pipeline_id)
	WHERE status IN ('pending', 'running');
CREATE INDEX pipeline_runs_running ON sluice.pipeline_runs (id) WHERE status = 'running';
CREATE INDEX pipeline_runs_by_end ON sluice.pipeline_runs (end_time);
-- For the purge of old runs, which looks at either kind and leaves alone what belongs to an active one.
CREATE INDEX pipeline_runs_over ON sluice.pipeline_runs (pipeline_id, id DESC)
	WHERE status IN ('success', 'skipped', 'stopped');
-- What was passed over since the last run; few are, so that pipeline_status looks into little.
CREATE INDEX pipeline_runs_passed_over ON sluice.pipeline_runs (pipeline_id, id DESC)
	WHERE status = 'skipped' AND cause = 'dependency';
CREATE INDEX pipeline_runs_failed ON sluice.pipeline_runs (pipeline_id, id DESC) WHERE status = 'failed';
CREATE INDEX pipeline_runs_active_batch ON sluice.pipeline_runs USING hash (batch)
	WHERE status IN ('pending', 'running');
CREATE INDEX pipeline_runs_attempts ON sluice.pipeline_runs (root_run) WHERE attempt > 1;

CREATE INDEX pipeline_ended_by_batch ON sluice.pipeline_ended (batch);

CREATE INDEX pipeline_batch_nodes_waiting ON sluice.pipeline_batch_nodes (pipeline_id) WHERE state = 'waiting';

CREATE INDEX pipeline_run_log_by_pipeline ON sluice.pipeline_run_log (pipeline_id, at DESC);

CREATE INDEX pipeline_rejected_rows_by_pipeline ON sluice.pipeline_rejected_rows (pipeline_id, run_id, position);
CREATE INDEX pipeline_rejected_rows_lost ON sluice.pipeline_rejected_rows (run_id) WHERE is_lost;
