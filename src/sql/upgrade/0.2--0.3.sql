-- From 0.2 to 0.3: tables move to a schema of their own. What was stored with them by names that were looked up where
-- others may create (conditions of indexes, policies) is made again.
ALTER TABLE @extschema@.pipeline_definitions SET SCHEMA sluice;
ALTER TABLE @extschema@.pipeline_identity SET SCHEMA sluice;
ALTER TABLE @extschema@.pipeline_due SET SCHEMA sluice;
ALTER TABLE @extschema@.pipeline_state SET SCHEMA sluice;
ALTER TABLE @extschema@.pipeline_versions SET SCHEMA sluice;
ALTER TABLE @extschema@.pipeline_runs SET SCHEMA sluice;
ALTER TABLE @extschema@.pipeline_run_log SET SCHEMA sluice;
ALTER TABLE @extschema@.pipeline_ended SET SCHEMA sluice;
ALTER TABLE @extschema@.pipeline_batch_nodes SET SCHEMA sluice;
ALTER TABLE @extschema@.pipeline_sources SET SCHEMA sluice;
DROP POLICY see ON sluice.pipeline_definitions;
DROP POLICY see ON sluice.pipeline_identity;
DROP POLICY see ON sluice.pipeline_due;
DROP POLICY see ON sluice.pipeline_state;
DROP POLICY see ON sluice.pipeline_versions;
DROP POLICY see ON sluice.pipeline_runs;
DROP POLICY see ON sluice.pipeline_run_log;
DROP POLICY see ON sluice.pipeline_ended;
DROP POLICY see ON sluice.pipeline_batch_nodes;
DROP POLICY see ON sluice.pipeline_sources;
ALTER FUNCTION @extschema@.pipeline_bind_owner() SET SCHEMA sluice;
DROP INDEX
	sluice.pipeline_definitions_by_name,
	sluice.pipeline_definitions_by_parent,
	sluice.pipeline_definitions_by_fallback,
	sluice.pipeline_definitions_one_name_per_owner,
	sluice.pipeline_definitions_by_home,
	sluice.pipeline_due_queue,
	sluice.pipeline_runs_by_pipeline,
	sluice.pipeline_runs_pending,
	sluice.pipeline_runs_retries,
	sluice.pipeline_runs_active,
	sluice.pipeline_runs_running,
	sluice.pipeline_runs_by_end,
	sluice.pipeline_runs_over,
	sluice.pipeline_runs_failed,
	sluice.pipeline_runs_active_batch,
	sluice.pipeline_runs_attempts,
	sluice.pipeline_ended_by_batch,
	sluice.pipeline_batch_nodes_waiting,
	sluice.pipeline_run_log_by_pipeline;

-- Who chose a load was not written down. Where the pipeline created its table, or has not loaded yet, replacing more than
-- what it creates must be asked for.
ALTER TABLE sluice.pipeline_definitions ADD COLUMN load_chosen boolean NOT NULL DEFAULT true;
UPDATE sluice.pipeline_definitions d SET load_chosen = false
WHERE d.load = 'replace' AND d.destination IS NULL AND NOT EXISTS (SELECT FROM sluice.pipeline_state s
	WHERE s.pipeline_id = d.id AND s.created_relation IS NULL AND s.last_success_at IS NOT NULL);

ALTER TABLE sluice.pipeline_state ADD COLUMN loaded_shape jsonb, ADD COLUMN watermark text, ADD COLUMN watermark_rows jsonb;
COMMENT ON COLUMN sluice.pipeline_state.watermark IS 'how far it is loaded: a value of the cursor, or words of a source that goes on';
COMMENT ON COLUMN sluice.pipeline_state.watermark_rows IS 'hashes of the rows that the next run reads again; NULL: they are not remembered';

-- Due times are computed again where the clock has been set back since.
ALTER TABLE sluice.pipeline_due ADD COLUMN planned_at timestamptz, ADD COLUMN served_until timestamptz,
	ADD COLUMN served_anew boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN sluice.pipeline_due.planned_at IS 'the clock when next_due was computed; one that is later than now was ahead then';
COMMENT ON COLUMN sluice.pipeline_due.served_until IS 'the clock was ahead: due times up to here may have had their runs';
COMMENT ON COLUMN sluice.pipeline_due.served_anew IS 'it was set back so far that they are served again, and their runs say so';

-- A batch goes on slice by slice.
ALTER TABLE sluice.pipeline_ended ADD COLUMN drawn boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN sluice.pipeline_ended.drawn IS 'drawn for the run itself; what waits for it is looked at slice by slice';
ALTER TABLE sluice.pipeline_batch_nodes ADD COLUMN followed uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000';
COMMENT ON COLUMN sluice.pipeline_batch_nodes.followed IS 'once it is over: of what waits for it, pipelines up to this one have been looked at';
UPDATE sluice.pipeline_batch_nodes SET followed = 'ffffffff-ffff-ffff-ffff-ffffffffffff' WHERE state = 'done';

-- What a transaction that deferred foreign keys still has to check.
CREATE UNLOGGED TABLE sluice.pipeline_deferred_checks (
	constraint_oid oid NOT NULL,
	table_oid oid NOT NULL,
	loaded_by oid NOT NULL,
	partitions oid[],
	files oid[],
	first_blocks bigint[],
	written_by xid
);
COMMENT ON TABLE sluice.pipeline_deferred_checks IS 'Foreign keys that a transaction still has to check; a row is gone before others could see it';
COMMENT ON COLUMN sluice.pipeline_deferred_checks.table_oid IS 'the table that was loaded';
COMMENT ON COLUMN sluice.pipeline_deferred_checks.partitions IS 'where the load added rows, each with its file then and the first block; NULL: all rows are looked at';
CREATE FUNCTION sluice.pipeline_check_deferred() RETURNS trigger
	LANGUAGE C AS 'MODULE_PATHNAME', 'sluice_check_deferred';
COMMENT ON FUNCTION sluice.pipeline_check_deferred() IS 'internal: checks a foreign key when the transaction that deferred it ends';
CREATE CONSTRAINT TRIGGER pipeline_deferred_check AFTER INSERT ON sluice.pipeline_deferred_checks
	DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION sluice.pipeline_check_deferred();
ALTER TABLE sluice.pipeline_deferred_checks ENABLE ALWAYS TRIGGER pipeline_deferred_check;

-- The view puts the log together from its lines.
ALTER TABLE sluice.pipeline_runs DROP COLUMN log;

-- Pipelines that are commands.
ALTER TABLE sluice.pipeline_definitions ADD COLUMN command text;
DROP FUNCTION IF EXISTS @extschema@.create_pipeline;
DROP FUNCTION IF EXISTS
	@extschema@.alter_pipeline(text, name, text, text, name, text, text, text, text[], text, text, text, text, text, text[], text, text, text[], text, name, jsonb, text[]),
	@extschema@.alter_pipeline(uuid, name, text, text, name, text, text, text, text[], text, text, text, text, text, text[], text, text, text[], text, name, jsonb, text[]);

-- It tells the whole error as well.
DROP FUNCTION @extschema@.recent_runs(integer);

-- One name for one thing. In 0.1 there is no pipeline_progress.
ALTER VIEW @extschema@.pipeline_status RENAME COLUMN records TO records_processed;
DROP VIEW IF EXISTS @extschema@.pipeline_progress;
DROP FUNCTION IF EXISTS @extschema@.run_progress();

-- Functions that take more arguments now.
DROP FUNCTION @extschema@.trigger_pipeline(text, jsonb, text, boolean), @extschema@.trigger_pipeline(uuid, jsonb, text, boolean);
DROP PROCEDURE @extschema@.trigger_and_wait(text, jsonb, interval, uuid, text),
	@extschema@.trigger_and_wait(uuid, jsonb, interval, uuid, text);

-- What became of the rows of a run.
ALTER TABLE sluice.pipeline_runs
	ADD COLUMN records_inserted bigint NOT NULL DEFAULT 0,
	ADD COLUMN records_updated bigint NOT NULL DEFAULT 0,
	ADD COLUMN records_deleted bigint NOT NULL DEFAULT 0,
	ADD COLUMN records_unchanged bigint NOT NULL DEFAULT 0,
	ADD COLUMN records_duplicate bigint NOT NULL DEFAULT 0,
	ADD COLUMN records_filtered bigint NOT NULL DEFAULT 0;
UPDATE sluice.pipeline_runs SET records_inserted = records_processed WHERE status = 'success';

-- Rows that did not fit into their destination: they exist nowhere else.
CREATE TABLE sluice.pipeline_rejected_rows (
	id uuid PRIMARY KEY,
	pipeline_id uuid NOT NULL,
	run_id uuid NOT NULL,
	at timestamptz NOT NULL,
	position bigint NOT NULL,
	column_name text,
	sqlstate text NOT NULL,
	reason text NOT NULL,
	detail text,
	hint text,
	original jsonb NOT NULL,
	escaped text[],
	is_cut boolean NOT NULL DEFAULT false,
	is_lost boolean NOT NULL DEFAULT false
);
COMMENT ON TABLE sluice.pipeline_rejected_rows IS 'Rows that did not fit into the destination; read them through the view rejected_rows';
COMMENT ON COLUMN sluice.pipeline_rejected_rows.is_lost IS 'the run failed: it loaded nothing, and the next one reads the row again';

-- Runs of a backfill, of rejected rows, and of a repair.
ALTER TABLE sluice.pipeline_runs
	DROP CONSTRAINT pipeline_runs_cause_check,
	ADD CONSTRAINT pipeline_runs_cause_check CHECK (cause IN ('manual', 'schedule', 'retry', 'dependency', 'fallback', 'backfill', 'replay', 'repair'));
