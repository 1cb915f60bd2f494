-- What drivers send that take no literals: typed text where a pipeline, JSON or an interval is meant, or json where it is
-- jsonb. Functions have a form of their own for these, and types of its arguments that such values become by themselves. A
-- literal, or a parameter without a type, never becomes one of them, so that it is jsonb and interval as before, also to drivers
-- that ask for the types of parameters: see decision 133.
CREATE TYPE sluice.pipeline_argument;
CREATE FUNCTION sluice.pipeline_argument_in(cstring) RETURNS sluice.pipeline_argument
	LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'textin';
CREATE FUNCTION sluice.pipeline_argument_out(sluice.pipeline_argument) RETURNS cstring
	LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'textout';
CREATE TYPE sluice.pipeline_argument (INPUT = sluice.pipeline_argument_in, OUTPUT = sluice.pipeline_argument_out, LIKE = text, CATEGORY = 'U');
CREATE CAST (text AS sluice.pipeline_argument) WITHOUT FUNCTION AS IMPLICIT;
CREATE CAST (varchar AS sluice.pipeline_argument) WITHOUT FUNCTION AS IMPLICIT;
CREATE CAST (uuid AS sluice.pipeline_argument) WITH INOUT AS IMPLICIT;
REVOKE USAGE ON TYPE sluice.pipeline_argument FROM PUBLIC;
COMMENT ON TYPE sluice.pipeline_argument IS 'An argument that is a pipeline, given as text, varchar or uuid';
COMMENT ON FUNCTION sluice.pipeline_argument_in(cstring) IS 'internal: of the type sluice.pipeline_argument';
COMMENT ON FUNCTION sluice.pipeline_argument_out(sluice.pipeline_argument) IS 'internal: of the type sluice.pipeline_argument';

CREATE TYPE sluice.json_argument;
CREATE FUNCTION sluice.json_argument_in(cstring) RETURNS sluice.json_argument
	LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'textin';
CREATE FUNCTION sluice.json_argument_out(sluice.json_argument) RETURNS cstring
	LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'textout';
CREATE TYPE sluice.json_argument (INPUT = sluice.json_argument_in, OUTPUT = sluice.json_argument_out, LIKE = text, CATEGORY = 'U');
CREATE CAST (text AS sluice.json_argument) WITHOUT FUNCTION AS IMPLICIT;
CREATE CAST (varchar AS sluice.json_argument) WITHOUT FUNCTION AS IMPLICIT;
CREATE CAST (json AS sluice.json_argument) WITHOUT FUNCTION AS IMPLICIT;
CREATE CAST (jsonb AS sluice.json_argument) WITH INOUT AS IMPLICIT;
REVOKE USAGE ON TYPE sluice.json_argument FROM PUBLIC;
COMMENT ON TYPE sluice.json_argument IS 'An argument that is JSON, given as text, varchar, json or jsonb';
COMMENT ON FUNCTION sluice.json_argument_in(cstring) IS 'internal: of the type sluice.json_argument';
COMMENT ON FUNCTION sluice.json_argument_out(sluice.json_argument) IS 'internal: of the type sluice.json_argument';

CREATE TYPE sluice.interval_argument;
CREATE FUNCTION sluice.interval_argument_in(cstring) RETURNS sluice.interval_argument
	LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'textin';
CREATE FUNCTION sluice.interval_argument_out(sluice.interval_argument) RETURNS cstring
	LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'textout';
CREATE TYPE sluice.interval_argument (INPUT = sluice.interval_argument_in, OUTPUT = sluice.interval_argument_out, LIKE = text, CATEGORY = 'T');
CREATE CAST (text AS sluice.interval_argument) WITHOUT FUNCTION AS IMPLICIT;
CREATE CAST (varchar AS sluice.interval_argument) WITHOUT FUNCTION AS IMPLICIT;
CREATE CAST (interval AS sluice.interval_argument) WITH INOUT AS IMPLICIT;
REVOKE USAGE ON TYPE sluice.interval_argument FROM PUBLIC;
COMMENT ON TYPE sluice.interval_argument IS 'An argument that is an interval, given as text, varchar or interval';
COMMENT ON FUNCTION sluice.interval_argument_in(cstring) IS 'internal: of the type sluice.interval_argument';
COMMENT ON FUNCTION sluice.interval_argument_out(sluice.interval_argument) IS 'internal: of the type sluice.interval_argument';

