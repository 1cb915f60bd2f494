
-- The end of an update.
SELECT @extschema@.allow_pipelines(CASE grantee WHEN 0 THEN 'public' ELSE pg_get_userbyid(grantee) END)
FROM pg_temp.sluice_allowed;
DROP TABLE pg_temp.sluice_allowed;
CREATE FUNCTION sluice.pipeline_grant(routine regprocedure, role name, grantable boolean) RETURNS void
	LANGUAGE C AS 'MODULE_PATHNAME', 'sluice_grant';
SELECT sluice.pipeline_grant(p.oid, pg_get_userbyid(g.grantee), g.is_grantable)
FROM pg_temp.sluice_granted g
JOIN pg_proc p ON p.proname = g.proname AND p.proargtypes[0] = g.first_type
JOIN pg_depend d ON d.objid = p.oid AND d.classid = 'pg_proc'::regclass AND d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
	AND d.refobjid = (SELECT e.oid FROM pg_extension e WHERE e.extname = 'pg_sluice')
WHERE NOT EXISTS (SELECT FROM pg_proc o WHERE o.oid = g.oid);
DROP FUNCTION sluice.pipeline_grant(regprocedure, name, boolean);
DROP TABLE pg_temp.sluice_granted;
