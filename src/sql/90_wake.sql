-- Tells the launcher, once this transaction commits, that there is a database to look after.

CREATE FUNCTION pipeline_wake() RETURNS void
	LANGUAGE C VOLATILE AS 'MODULE_PATHNAME', 'sluice_wake';
SELECT pipeline_wake();
DROP FUNCTION pipeline_wake();
