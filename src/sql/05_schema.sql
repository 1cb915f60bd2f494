-- Tables have a schema of their own, in which nobody but the extension's owner may create anything. USAGE is for
-- pg_dump, which locks all tables that there are, and for looking; rows are a matter of row-level security.
CREATE FUNCTION @extschema@.pipeline_check_schemas() RETURNS void
	LANGUAGE C AS 'MODULE_PATHNAME', 'sluice_check_schemas';
SELECT @extschema@.pipeline_check_schemas();
DROP FUNCTION @extschema@.pipeline_check_schemas();
CREATE SCHEMA sluice;
REVOKE ALL ON SCHEMA sluice FROM PUBLIC;
GRANT USAGE ON SCHEMA sluice TO PUBLIC;
COMMENT ON SCHEMA sluice IS 'Tables of pg_sluice; read them through the views in the schema of the extension';

