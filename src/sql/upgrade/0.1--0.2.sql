\echo Use "ALTER EXTENSION pg_sluice UPDATE" to load this file. \quit
-- From 0.1 to 0.2, first part: tables, row-level security, and functions that are gone or take other arguments.
-- What follows in the assembled script makes all views and functions as they are now; see the Makefile.

-- Whoever was allowed to use pg_sluice is allowed to use what is new as well; see the end.
CREATE TEMPORARY TABLE sluice_allowed AS
SELECT DISTINCT g.grantee
FROM pg_catalog.pg_proc p, pg_catalog.aclexplode(p.proacl) g
WHERE p.oid = 'trigger_pipeline(uuid, jsonb, text, boolean)'::regprocedure AND g.grantee <> p.proowner;
