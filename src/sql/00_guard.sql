\echo Use "CREATE EXTENSION pg_sluice" to load this file. \quit
-- Others may create objects in the schema that was chosen for the extension, so no name is looked up there: what is
-- not pg_catalog's is written with its schema, here and in whatever is stored.
SET LOCAL search_path = pg_catalog, pg_temp;

