-- Who sees which rows. There is no policy for writing and no grant either: only functions write.

ALTER TABLE sluice.pipeline_definitions ENABLE ROW LEVEL SECURITY;
ALTER TABLE sluice.pipeline_identity ENABLE ROW LEVEL SECURITY;
ALTER TABLE sluice.pipeline_due ENABLE ROW LEVEL SECURITY;
ALTER TABLE sluice.pipeline_state ENABLE ROW LEVEL SECURITY;
ALTER TABLE sluice.pipeline_versions ENABLE ROW LEVEL SECURITY;
ALTER TABLE sluice.pipeline_runs ENABLE ROW LEVEL SECURITY;
ALTER TABLE sluice.pipeline_run_log ENABLE ROW LEVEL SECURITY;
ALTER TABLE sluice.pipeline_ended ENABLE ROW LEVEL SECURITY;
ALTER TABLE sluice.pipeline_sources ENABLE ROW LEVEL SECURITY;
ALTER TABLE sluice.pipeline_batch_nodes ENABLE ROW LEVEL SECURITY;
ALTER TABLE sluice.pipeline_rejected_rows ENABLE ROW LEVEL SECURITY;
ALTER TABLE sluice.pipeline_deferred_checks ENABLE ROW LEVEL SECURITY;

CREATE POLICY see ON sluice.pipeline_definitions FOR SELECT USING (pg_catalog.pg_has_role(owner_oid, 'USAGE'));
CREATE POLICY see ON sluice.pipeline_identity FOR SELECT USING (true);
CREATE POLICY see ON sluice.pipeline_due FOR SELECT USING (pipeline_id IN (SELECT id FROM sluice.pipeline_definitions));
CREATE POLICY see ON sluice.pipeline_state FOR SELECT USING (pipeline_id IN (SELECT id FROM sluice.pipeline_definitions));
CREATE POLICY see ON sluice.pipeline_versions FOR SELECT USING (pg_catalog.pg_has_role(owner_oid, 'USAGE'));
CREATE POLICY see ON sluice.pipeline_runs FOR SELECT USING (pg_catalog.pg_has_role(owner_oid, 'USAGE'));
CREATE POLICY see ON sluice.pipeline_run_log FOR SELECT USING (pg_catalog.pg_has_role(owner_oid, 'USAGE'));
CREATE POLICY see ON sluice.pipeline_rejected_rows FOR SELECT USING (pipeline_id IN (SELECT id FROM sluice.pipeline_definitions));

CREATE POLICY see ON sluice.pipeline_ended FOR SELECT USING (run_id IN (SELECT id FROM sluice.pipeline_runs));
CREATE POLICY see ON sluice.pipeline_batch_nodes FOR SELECT USING (pg_catalog.pg_has_role(owner_oid, 'USAGE'));
CREATE POLICY see ON sluice.pipeline_sources FOR SELECT USING (pg_catalog.pg_has_role(owner_oid, 'USAGE'));

GRANT SELECT ON sluice.pipeline_definitions, sluice.pipeline_identity, sluice.pipeline_due, sluice.pipeline_state, sluice.pipeline_versions, sluice.pipeline_runs, sluice.pipeline_run_log,
	sluice.pipeline_ended, sluice.pipeline_rejected_rows, sluice.pipeline_sources, sluice.pipeline_batch_nodes TO PUBLIC;

-- A dump carries the definitions, never what is due or queued, nor the identity of the database: a restored copy
-- starts nothing until adopt_pipelines(). Roles have other numbers in another cluster, so each row finds its owner
-- by name; one that is not there leaves the pipeline without an owner, and so without runs.
CREATE FUNCTION sluice.pipeline_bind_owner() RETURNS trigger
	LANGUAGE C AS 'MODULE_PATHNAME', 'sluice_bind_owner';
COMMENT ON FUNCTION sluice.pipeline_bind_owner() IS
	'internal: sets owner_oid from the owner''s name when a dump is restored';
CREATE TRIGGER bind_owner BEFORE INSERT ON sluice.pipeline_definitions
	FOR EACH ROW EXECUTE FUNCTION sluice.pipeline_bind_owner();
CREATE TRIGGER bind_owner BEFORE INSERT ON sluice.pipeline_versions
	FOR EACH ROW EXECUTE FUNCTION sluice.pipeline_bind_owner();
SELECT pg_catalog.pg_extension_config_dump('sluice.pipeline_definitions', '');
SELECT pg_catalog.pg_extension_config_dump('sluice.pipeline_versions', '');
-- Which tables the pipelines created themselves; adopt_pipelines() finds them again by their names. And what the
-- sources were like.
SELECT pg_catalog.pg_extension_config_dump('sluice.pipeline_state', 'WHERE created_relation IS NOT NULL OR loaded_shape IS NOT NULL OR watermark IS NOT NULL OR watermark_rows IS NOT NULL');
SELECT pg_catalog.pg_extension_config_dump('sluice.pipeline_rejected_rows', 'WHERE NOT is_lost');
