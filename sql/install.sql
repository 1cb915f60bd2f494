-- What CREATE EXTENSION makes, and what it leaves open.
CREATE EXTENSION IF NOT EXISTS pg_sluice;

-- Everything has a comment.
SELECT pg_describe_object(classid, objid, objsubid) AS without_comment
FROM pg_depend
WHERE refclassid = 'pg_extension'::regclass AND deptype = 'e'
	AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'pg_sluice')
	AND classid IN ('pg_proc'::regclass, 'pg_class'::regclass)
	AND obj_description(objid, classid::regclass::name) IS NULL
ORDER BY 1;

-- The functions, how they may be planned, and which of them everybody may call.
SELECT p.oid::regprocedure AS routine, p.provolatile AS volatility, p.proparallel AS parallel, p.proisstrict AS strict,
	has_function_privilege('public', p.oid, 'EXECUTE') AS for_all
FROM pg_depend d JOIN pg_proc p ON p.oid = d.objid
WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e' AND d.classid = 'pg_proc'::regclass
	AND d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'pg_sluice')
ORDER BY p.oid::regprocedure::text COLLATE "C";

-- That is: these, which read, and adopt_pipelines, which asks whether the caller owns the database.
SELECT string_agg(DISTINCT p.proname, ' ' ORDER BY p.proname) AS for_all FROM pg_depend d JOIN pg_proc p ON p.oid = d.objid
WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e' AND d.classid = 'pg_proc'::regclass
	AND d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'pg_sluice')
	AND has_function_privilege('public', p.oid, 'EXECUTE');

-- None of them has a SET clause or runs as its owner, and none but those of the API writes.
SELECT p.oid::regprocedure FROM pg_depend d JOIN pg_proc p ON p.oid = d.objid
WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e' AND d.classid = 'pg_proc'::regclass
	AND d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'pg_sluice')
	AND (p.prosecdef OR p.proconfig IS NOT NULL);

-- Tables and views: SELECT for all, nothing else; row-level security on every table, for SELECT only.
SELECT c.oid::regclass AS relation, c.relkind, c.relrowsecurity AS rls, c.reloptions, c.relacl
FROM pg_depend d JOIN pg_class c ON c.oid = d.objid
WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e' AND d.classid = 'pg_class'::regclass
	AND d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'pg_sluice')
	AND has_table_privilege('public', c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER');
SELECT c.oid::regclass AS relation, c.relkind, c.relrowsecurity AS rls, has_table_privilege('public', c.oid, 'SELECT') AS readable,
	(SELECT string_agg(polcmd::text, '') FROM pg_policy WHERE polrelid = c.oid) AS policies
FROM pg_depend d JOIN pg_class c ON c.oid = d.objid
WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e' AND d.classid = 'pg_class'::regclass
	AND d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'pg_sluice')
ORDER BY c.oid::regclass::text COLLATE "C";
-- Views run as who asks, but for those that show pg_monitor what becomes of everybody's runs.
SELECT c.relname, c.reloptions FROM pg_depend d JOIN pg_class c ON c.oid = d.objid
WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e' AND d.classid = 'pg_class'::regclass
	AND d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'pg_sluice')
	AND c.relkind = 'v' AND NOT c.reloptions @> '{security_invoker=true}' ORDER BY 1;

-- A dump carries definitions and versions, not what is due, queued or done.
SELECT unnest(extconfig)::regclass FROM pg_extension WHERE extname = 'pg_sluice';

-- The columns that the design promises, in its order.
SELECT string_agg(attname, ' ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 'pipelines'::regclass AND attnum > 0;
SELECT string_agg(attname, ' ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 'pipeline_runs'::regclass AND attnum > 0;
SELECT string_agg(attname, ' ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 'pipeline_status'::regclass AND attnum > 0;
