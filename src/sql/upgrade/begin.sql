\echo Use "ALTER EXTENSION pg_sluice UPDATE" to load this file. \quit
-- Steps from version to version change tables, row-level security, and functions that are gone or take other
-- arguments. After them the assembled script makes indexes, policies, views and functions as they are now; see the
-- Makefile. No name is looked up where others may create objects, as in the install script.
SET LOCAL search_path = pg_catalog, pg_temp;

-- What roles were granted on functions. A function that takes other arguments now is another one; see the end.
CREATE TEMPORARY TABLE sluice_granted AS
SELECT p.oid, p.proname, p.proargtypes[0] AS first_type, g.grantee, g.is_grantable
FROM pg_depend d
JOIN pg_proc p ON p.oid = d.objid
CROSS JOIN aclexplode(p.proacl) g
WHERE d.classid = 'pg_proc'::regclass AND d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
	AND d.refobjid = (SELECT e.oid FROM pg_extension e WHERE e.extname = 'pg_sluice')
	AND g.grantee <> 0 AND g.grantee <> p.proowner;

-- Whoever was allowed to define and run pipelines, as allow_pipelines does it, is allowed to use what is new as well; see
-- the end. Who was granted a few functions by hand keeps those.
CREATE TEMPORARY TABLE sluice_allowed AS
SELECT g.grantee
FROM pg_depend d
JOIN pg_proc p ON p.oid = d.objid
CROSS JOIN aclexplode(p.proacl) g
WHERE d.classid = 'pg_proc'::regclass AND d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
	AND d.refobjid = (SELECT e.oid FROM pg_extension e WHERE e.extname = 'pg_sluice')
	AND (p.proname = 'create_pipeline' OR p.proname = 'trigger_pipeline' AND p.proargtypes[0] = 'uuid'::regtype)
	AND g.grantee <> p.proowner
GROUP BY g.grantee HAVING count(DISTINCT p.oid) = 2;

