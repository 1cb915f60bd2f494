-- Functions that define pipelines. Each that takes a pipeline exists for text (a name, owner/name or an
-- id) and for uuid, so that it can be applied to the rows of the view pipelines.

CREATE FUNCTION @extschema@.create_pipeline(
	name text,
	source name DEFAULT NULL,
	source_table text DEFAULT NULL,
	source_query text DEFAULT NULL,
	destination name DEFAULT NULL,
	destination_table text DEFAULT NULL,
	mode text DEFAULT 'batch',
	load text DEFAULT NULL,
	key_columns text[] DEFAULT NULL,
	cursor_column text DEFAULT NULL,
	columns text DEFAULT NULL,
	filter text DEFAULT NULL,
	schedule text DEFAULT NULL,
	timezone text DEFAULT NULL,
	depends_on text[] DEFAULT NULL,
	on_failure text DEFAULT NULL,
	description text DEFAULT NULL,
	tags text[] DEFAULT NULL,
	status text DEFAULT 'active',
	owner name DEFAULT CURRENT_USER,
	options jsonb DEFAULT '{}',
	command text DEFAULT NULL)
	RETURNS uuid
	LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'sluice_create_pipeline';
COMMENT ON FUNCTION @extschema@.create_pipeline(text, name, text, text, name, text, text, text, text[], text, text, text, text, text, text[], text, text, text[], text, name, jsonb, text) IS
'Defines a pipeline and returns its id. Connects nowhere.
name: unique among the owner''s pipelines. source: foreign server, NULL for this database. source_table or source_query: one of them. destination_table: local table, created by the first run if it does not exist.
destination: foreign server of postgres_fdw, then load must be given; NULL: this database. load: append, replace or merge; without it merge with key_columns, append with a cursor_column alone, else replace, if the destination does not exist yet. key_columns: of the destination, they say which row is meant. cursor_column: of the source, it says what is new. columns: SQL select list. filter: SQL condition. schedule: cron or an interval, see describe_schedule. timezone: IANA name, default pg_sluice.timezone. depends_on: pipelines that you may use and that run before this one, which then has no schedule; the option depends_rule says how they must end. on_failure: a pipeline that stands in when a run of this one has failed for good, so that dependents go on; no alarm. status: active, or inactive, which may be incomplete. options: see the view pipeline_options. command: SQL statements that a run executes here as the owner, in place of all that says what is loaded.
Errors: 42710 the owner has a pipeline of this name, SL001 incomplete, 22023 a bad value, 42501 no right to the owner, or the owner has none to what it needs, 42704 depends_on or on_failure names no pipeline, or there is no server or user mapping, 42P17 it would depend on itself, 42P01, 42703, 42804, 23502 and others of class 42: source, columns and filter in this database are not there or do not fit the destination, 0A000 not supported yet, or not possible in a command, 42601 a command is no SQL, 25001 a statement of it cannot be in one transaction with others as its option says.';

CREATE FUNCTION @extschema@.create_pipelines(
	source name,
	tables text[],
	name_pattern text DEFAULT '{table}',
	destination_schema text DEFAULT NULL,
	destination_pattern text DEFAULT '{table}',
	cursor_candidates text[] DEFAULT NULL,
	destination name DEFAULT NULL,
	load text DEFAULT NULL,
	schedule text DEFAULT NULL,
	timezone text DEFAULT NULL,
	description text DEFAULT NULL,
	tags text[] DEFAULT NULL,
	status text DEFAULT 'active',
	owner name DEFAULT CURRENT_USER,
	options jsonb DEFAULT '{}',
	dry_run boolean DEFAULT false,
	OUT id uuid, OUT name text, OUT load text, OUT note text)
	RETURNS SETOF record
	LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'sluice_create_pipelines';
COMMENT ON FUNCTION @extschema@.create_pipelines(name, text[], text, text, text, text[], name, text, text, text, text, text[], text, name, jsonb, boolean) IS
'Defines a pipeline for each of many tables of a source, and tells of each what was chosen. All of them or none. Connects to the source, as the owner.
source: foreign server of postgres_fdw or mysql_fdw. tables: names, or patterns with * and ?, of tables there, such as public.* or shop.order_*; with - before it what to leave out. name_pattern, destination_schema, destination_pattern: {schema} and {table} are filled in. A primary key becomes the key_columns, unless load is append or replace. cursor_candidates: the first of these columns that a table has becomes its cursor_column, where it has a key or load is append. dry_run: write nothing. All other arguments are those of create_pipeline. A pipeline of that name that exists already stays as it is: call again to add tables that are new.
id: NULL with dry_run, and where the table cannot be read. Errors: 42P01 no table fits, 42P09 a name fits several, 42602 not a name, 42710 two tables would have one pipeline or one destination, 0A000 the tables of the source cannot be listed, 22023, 54000 too many tables, 42501, and those of create_pipeline.';

CREATE FUNCTION @extschema@.alter_pipeline(
	pipeline text,
	source name DEFAULT NULL,
	source_table text DEFAULT NULL,
	source_query text DEFAULT NULL,
	destination name DEFAULT NULL,
	destination_table text DEFAULT NULL,
	mode text DEFAULT NULL,
	load text DEFAULT NULL,
	key_columns text[] DEFAULT NULL,
	cursor_column text DEFAULT NULL,
	columns text DEFAULT NULL,
	filter text DEFAULT NULL,
	schedule text DEFAULT NULL,
	timezone text DEFAULT NULL,
	depends_on text[] DEFAULT NULL,
	on_failure text DEFAULT NULL,
	description text DEFAULT NULL,
	tags text[] DEFAULT NULL,
	status text DEFAULT NULL,
	owner name DEFAULT NULL,
	options jsonb DEFAULT NULL,
	command text DEFAULT NULL,
	reset text[] DEFAULT NULL)
	RETURNS void
	LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'sluice_alter_pipeline';
CREATE FUNCTION @extschema@.alter_pipeline(
	pipeline uuid,
	source name DEFAULT NULL,
	source_table text DEFAULT NULL,
	source_query text DEFAULT NULL,
	destination name DEFAULT NULL,
	destination_table text DEFAULT NULL,
	mode text DEFAULT NULL,
	load text DEFAULT NULL,
	key_columns text[] DEFAULT NULL,
	cursor_column text DEFAULT NULL,
	columns text DEFAULT NULL,
	filter text DEFAULT NULL,
	schedule text DEFAULT NULL,
	timezone text DEFAULT NULL,
	depends_on text[] DEFAULT NULL,
	on_failure text DEFAULT NULL,
	description text DEFAULT NULL,
	tags text[] DEFAULT NULL,
	status text DEFAULT NULL,
	owner name DEFAULT NULL,
	options jsonb DEFAULT NULL,
	command text DEFAULT NULL,
	reset text[] DEFAULT NULL)
	RETURNS void
	LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'sluice_alter_pipeline_by_id';
COMMENT ON FUNCTION @extschema@.alter_pipeline(text, name, text, text, name, text, text, text, text[], text, text, text, text, text, text[], text, text, text[], text, name, jsonb, text, text[]) IS
'Changes a pipeline; a run that is under way goes on as it began. Arguments as of create_pipeline.
NULL leaves a column as it is; reset names columns to clear, or to set to their defaults. options are merged key by key, a null clears that key. Needs the right to SET ROLE to the owner, to both when the owner changes.
Errors: 42704 no such pipeline, 42501 no right, SL001 incomplete, 22023 a bad value, or a column both set and reset, 42P17 it would depend on itself, and those of create_pipeline.';
COMMENT ON FUNCTION @extschema@.alter_pipeline(uuid, name, text, text, name, text, text, text, text[], text, text, text, text, text, text[], text, text, text[], text, name, jsonb, text, text[]) IS
'Changes the pipeline with this id; see alter_pipeline(text, ...).';

CREATE FUNCTION @extschema@.apply_pipeline(definition jsonb, dry_run boolean DEFAULT false,
	OUT id uuid, OUT action text, OUT differences jsonb)
	LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'sluice_apply_pipeline';
COMMENT ON FUNCTION @extschema@.apply_pipeline(jsonb, boolean) IS
'Makes the pipeline of this name and owner be what the definition says, and tells what that took. action: created, altered or unchanged. differences: {"column": {"old", "new"}}. A second call with the same definition writes nothing.
definition: keys as the arguments of create_pipeline, and search_path. What it leaves out, or is null, becomes the default; but owner is the current user, a search_path that is stored stays, and so does a load that was chosen. depends_on, on_failure: names, owner/name or ids. A pause is no part of it. dry_run: write nothing; the id of a new pipeline is NULL.
Errors: 22023 an unknown key or a bad value, 42501 no right to SET ROLE to the owner, and those of create_pipeline and alter_pipeline.';

CREATE FUNCTION @extschema@.rename_pipeline(pipeline text, new_name text) RETURNS void
	LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'sluice_rename_pipeline';
CREATE FUNCTION @extschema@.rename_pipeline(pipeline uuid, new_name text) RETURNS void
	LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'sluice_rename_pipeline_by_id';
COMMENT ON FUNCTION @extschema@.rename_pipeline(text, text) IS
'Gives a pipeline another name; its id, history and schedule stay. Needs the right to SET ROLE to the owner.
Errors: 42710 the owner has a pipeline of this name, 42602 not a name for a pipeline, 42704, 42501.';
COMMENT ON FUNCTION @extschema@.rename_pipeline(uuid, text) IS 'Renames the pipeline with this id; see rename_pipeline(text, text).';

CREATE FUNCTION @extschema@.drop_pipeline(
	pipeline text,
	running text DEFAULT 'refuse',
	history text DEFAULT 'delete',
	if_exists boolean DEFAULT false)
	RETURNS void
	LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'sluice_drop_pipeline';
CREATE FUNCTION @extschema@.drop_pipeline(
	pipeline uuid,
	running text DEFAULT 'refuse',
	history text DEFAULT 'delete',
	if_exists boolean DEFAULT false)
	RETURNS void
	LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'sluice_drop_pipeline_by_id';
COMMENT ON FUNCTION @extschema@.drop_pipeline(text, text, text, boolean) IS
'Removes a pipeline, never its destination; queued runs are skipped. Needs the right to SET ROLE to the owner.
running: what to do about a run that is under way: refuse, wait for its end, or stop it. history: delete the runs and logs, or keep them. if_exists: a NOTICE instead of an error.
Errors: 55006 a run is under way, 2BP01 other pipelines depend on it or use it as their on_failure, 42704, 42501, 22023.';
COMMENT ON FUNCTION @extschema@.drop_pipeline(uuid, text, text, boolean) IS
'Removes the pipeline with this id; see drop_pipeline(text, text, text, boolean).';

CREATE FUNCTION @extschema@.pause_pipeline(pipeline text, reason text DEFAULT NULL) RETURNS void
	LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'sluice_pause_pipeline';
CREATE FUNCTION @extschema@.pause_pipeline(pipeline uuid, reason text DEFAULT NULL) RETURNS void
	LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'sluice_pause_pipeline_by_id';
COMMENT ON FUNCTION @extschema@.pause_pipeline(text, text) IS
'Stops all starts of a pipeline until resume_pipeline. A run that is under way goes on, queued ones are skipped, due times that pass meanwhile are not made up for. reason: shown in pipeline_status. Needs the right to SET ROLE to the owner.
Errors: 42704, 42501.';
COMMENT ON FUNCTION @extschema@.pause_pipeline(uuid, text) IS 'Pauses the pipeline with this id; see pause_pipeline(text, text).';

CREATE FUNCTION @extschema@.resume_pipeline(pipeline text) RETURNS void
	LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'sluice_resume_pipeline';
CREATE FUNCTION @extschema@.resume_pipeline(pipeline uuid) RETURNS void
	LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'sluice_resume_pipeline_by_id';
COMMENT ON FUNCTION @extschema@.resume_pipeline(text) IS
'Ends a pause: the schedule goes on with the next due time from now. Needs the right to SET ROLE to the owner.
Errors: 42704, 42501.';
COMMENT ON FUNCTION @extschema@.resume_pipeline(uuid) IS 'Resumes the pipeline with this id; see resume_pipeline(text).';

CREATE FUNCTION @extschema@.adopt_pipelines() RETURNS bigint
	LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'sluice_adopt_pipelines';
COMMENT ON FUNCTION @extschema@.adopt_pipelines() IS
'Lets the parked pipelines of this database run here, and returns how many they were. Pipelines are parked in a restored dump and in a database made from a template, so that a copy does not do the work of the original. Schedules go on with their next due time from now; runs that were queued when the database was copied are skipped.
Needs to be the owner of the database. Errors: 42501.';

CREATE FUNCTION @extschema@.import_cron_jobs(OUT jobid bigint, OUT pipeline text, OUT action text, OUT note text)
	RETURNS SETOF record
	LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'sluice_import_cron_jobs';
COMMENT ON FUNCTION @extschema@.import_cron_jobs() IS
'Makes an inactive pipeline with a command of each job that pg_cron has for this database, owned by the role that the job runs as and named as the job. A row for each job: pipeline as owner/name; action created or skipped; note: what differs, or why it was skipped. Jobs stay as they are; a second call makes what is new.
Needs the right to SET ROLE to the owners; sees the jobs that cron.job shows to the caller. Errors: 42P01 there is no table cron.job here, 42809 it is not pg_cron''s.';
