-- Only triggers of events that a load fires keep it from the fast path: an insert, and a delete or a truncate where rows
-- are replaced; by event, and not those that are disabled.
SET client_min_messages = warning;
CREATE SCHEMA engine_triggers;
SET search_path = engine_triggers, public;
CREATE TABLE t (a int);
CREATE TABLE fired (what text);
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS
	$$BEGIN INSERT INTO engine_triggers.fired VALUES (TG_OP || ' ' || TG_LEVEL); RETURN COALESCE(NEW, OLD); END$$;
SELECT create_pipeline('tr_append', source_query => 'SELECT 1 AS a', destination_table => 't', load => 'append') IS NULL AS created;
SELECT create_pipeline('tr_replace', source_query => 'SELECT 1 AS a', destination_table => 't', load => 'replace') IS NULL AS created;
CREATE FUNCTION way_of(pipeline text) RETURNS text LANGUAGE sql AS
	$$SELECT substring(line FROM 'by SQL|fast path|swapped in') FROM explain_pipeline(pipeline) line WHERE line LIKE 'path: %'$$;

DO $do$
DECLARE
	event text;
	level text;
BEGIN
	FOREACH event IN ARRAY '{INSERT,UPDATE,DELETE,TRUNCATE,INSERT OR UPDATE,UPDATE OR DELETE}'::text[] LOOP
		FOREACH level IN ARRAY '{ROW,STATEMENT}'::text[] LOOP
			CONTINUE WHEN event = 'TRUNCATE' AND level = 'ROW';
			EXECUTE format('CREATE TRIGGER note AFTER %s ON t FOR EACH %s EXECUTE FUNCTION note()', event, level);
			RAISE WARNING '% %: append %, replace %', event, level, way_of('tr_append'), way_of('tr_replace');
			ALTER TABLE t DISABLE TRIGGER note;
			IF way_of('tr_append') <> 'fast path' OR way_of('tr_replace') <> 'swapped in' THEN
				RAISE EXCEPTION 'a disabled trigger counts';
			END IF;
			DROP TRIGGER note ON t;
		END LOOP;
	END LOOP;
END
$do$;

-- What is said is what is done.
CREATE TRIGGER note AFTER UPDATE ON t FOR EACH ROW EXECUTE FUNCTION note();
CREATE TRIGGER note_delete AFTER DELETE ON t FOR EACH ROW EXECUTE FUNCTION note();
CALL run_pipeline('tr_append', '{}', NULL) \gset
SELECT * FROM fired;
UPDATE t SET a = 2;
CALL run_pipeline('tr_replace', '{}', NULL) \gset
SELECT what, count(*) FROM fired GROUP BY what ORDER BY what;
SELECT tgname FROM pg_trigger WHERE tgrelid = 't'::regclass ORDER BY 1;
DROP TRIGGER note_delete ON t;
CALL run_pipeline('tr_replace', '{}', NULL) \gset
UPDATE t SET a = 3;
SELECT what, count(*) FROM fired GROUP BY what ORDER BY what;

-- Of partitioned tables each member counts.
CREATE TABLE parted (a int) PARTITION BY LIST (a);
CREATE TABLE parted_1 PARTITION OF parted FOR VALUES IN (1);
CREATE TRIGGER note AFTER UPDATE ON parted FOR EACH ROW EXECUTE FUNCTION note();
CREATE TRIGGER note_delete BEFORE DELETE ON parted_1 FOR EACH ROW EXECUTE FUNCTION note();
SELECT create_pipeline('tr_parted', source_query => 'SELECT 1 AS a', destination_table => 'parted', load => 'append') IS NULL AS created;
SELECT line FROM explain_pipeline('tr_parted') line WHERE line LIKE 'path: %';
SELECT alter_pipeline('tr_parted', load => 'replace');
SELECT line FROM explain_pipeline('tr_parted') line WHERE line LIKE 'path: %';
DROP TRIGGER note_delete ON parted_1;
CALL run_pipeline('tr_parted', '{}', NULL) \gset
SELECT * FROM parted;
SELECT line FROM explain_pipeline('tr_parted') line WHERE line LIKE 'path: %';
DROP SCHEMA engine_triggers CASCADE;
SELECT drop_pipeline(name) FROM pipelines WHERE name LIKE 'tr\_%' ORDER BY name;
