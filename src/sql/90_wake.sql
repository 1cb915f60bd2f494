-- Tells the launcher, once this transaction commits, that there is a database to look after.

CREATE FUNCTION sluice.pipeline_wake() RETURNS void
	LANGUAGE C VOLATILE AS 'MODULE_PATHNAME', 'sluice_wake';
SELECT sluice.pipeline_wake();
DROP FUNCTION sluice.pipeline_wake();
