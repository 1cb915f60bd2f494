-- Who sees which rows. There is no policy for writing and no grant either: only functions write.

ALTER TABLE pipeline_definitions ENABLE ROW LEVEL SECURITY;
ALTER TABLE pipeline_identity ENABLE ROW LEVEL SECURITY;
ALTER TABLE pipeline_due ENABLE ROW LEVEL SECURITY;
ALTER TABLE pipeline_state ENABLE ROW LEVEL SECURITY;
ALTER TABLE pipeline_versions ENABLE ROW LEVEL SECURITY;
ALTER TABLE pipeline_runs ENABLE ROW LEVEL SECURITY;
ALTER TABLE pipeline_run_log ENABLE ROW LEVEL SECURITY;
ALTER TABLE pipeline_ended ENABLE ROW LEVEL SECURITY;
ALTER TABLE pipeline_sources ENABLE ROW LEVEL SECURITY;
ALTER TABLE pipeline_batch_nodes ENABLE ROW LEVEL SECURITY;

CREATE POLICY see ON pipeline_definitions FOR SELECT USING (pg_catalog.pg_has_role(owner_oid, 'USAGE'));
CREATE POLICY see ON pipeline_identity FOR SELECT USING (true);
CREATE POLICY see ON pipeline_due FOR SELECT USING (pipeline_id IN (SELECT id FROM pipeline_definitions));
CREATE POLICY see ON pipeline_state FOR SELECT USING (pipeline_id IN (SELECT id FROM pipeline_definitions));
CREATE POLICY see ON pipeline_versions FOR SELECT USING (pg_catalog.pg_has_role(owner_oid, 'USAGE'));
CREATE POLICY see ON pipeline_runs FOR SELECT USING (pg_catalog.pg_has_role(owner_oid, 'USAGE'));
CREATE POLICY see ON pipeline_run_log FOR SELECT USING (pg_catalog.pg_has_role(owner_oid, 'USAGE'));

CREATE POLICY see ON pipeline_ended FOR SELECT USING (run_id IN (SELECT id FROM pipeline_runs));
CREATE POLICY see ON pipeline_batch_nodes FOR SELECT USING (pg_catalog.pg_has_role(owner_oid, 'USAGE'));
CREATE POLICY see ON pipeline_sources FOR SELECT USING (pg_catalog.pg_has_role(owner_oid, 'USAGE'));

GRANT SELECT ON pipeline_definitions, pipeline_identity, pipeline_due, pipeline_state, pipeline_versions, pipeline_runs, pipeline_run_log,
	pipeline_ended, pipeline_sources, pipeline_batch_nodes TO PUBLIC;

-- A dump carries the definitions, never what is due or queued, nor the identity of the database: a restored copy
-- starts nothing until adopt_pipelines(). Roles have other numbers in another cluster, so each row finds its owner
-- by name; one that is not there leaves the pipeline without an owner, and so without runs.
CREATE FUNCTION pipeline_bind_owner() RETURNS trigger
	LANGUAGE C AS 'MODULE_PATHNAME', 'sluice_bind_owner';
COMMENT ON FUNCTION pipeline_bind_owner() IS
	'internal: sets owner_oid from the owner''s name when a dump is restored';
REVOKE EXECUTE ON FUNCTION pipeline_bind_owner() FROM PUBLIC;
CREATE TRIGGER bind_owner BEFORE INSERT ON pipeline_definitions
	FOR EACH ROW EXECUTE FUNCTION pipeline_bind_owner();
CREATE TRIGGER bind_owner BEFORE INSERT ON pipeline_versions
	FOR EACH ROW EXECUTE FUNCTION pipeline_bind_owner();
SELECT pg_catalog.pg_extension_config_dump('pipeline_definitions', '');
SELECT pg_catalog.pg_extension_config_dump('pipeline_versions', '');
