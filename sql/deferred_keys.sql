-- Foreign keys that are deferred in the transaction of CALL run_pipeline: one check for a load, when the server would check
-- its rows one by one.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_sluice;
CREATE SCHEMA late;
SET search_path = late, public;
CREATE TABLE new_store (id int, manager int);
CREATE TABLE new_staff (id int, store int);
INSERT INTO new_store VALUES (1, 1), (2, 2);
INSERT INTO new_staff VALUES (1, 1), (2, 2), (3, 1);
CREATE TABLE store (id int PRIMARY KEY, manager int NOT NULL);
CREATE TABLE staff (id int PRIMARY KEY, store int NOT NULL CONSTRAINT staff_store REFERENCES store DEFERRABLE INITIALLY DEFERRED);
ALTER TABLE store ADD CONSTRAINT store_manager FOREIGN KEY (manager) REFERENCES staff DEFERRABLE INITIALLY DEFERRED;
CREATE FUNCTION pipe(name text, load text) RETURNS boolean LANGUAGE sql AS
$$SELECT create_pipeline(name || '_' || load, source_table => 'late.new_' || name, destination_table => 'late.' || name, load => load) IS NOT NULL$$;
SELECT pipe('store', 'append'), pipe('staff', 'append'), pipe('store', 'replace'), pipe('staff', 'replace');
CREATE FUNCTION told(run uuid) RETURNS SETOF text LANGUAGE sql AS
$$SELECT message FROM run_log(run) WHERE message ~ '^(path|foreign key)'$$;
CREATE PROCEDURE call(name text) LANGUAGE plpgsql AS $$ DECLARE run uuid; BEGIN CALL run_pipeline(name, run => run); END $$;
CREATE VIEW there AS SELECT (SELECT count(*) FROM store) AS stores, (SELECT count(*) FROM staff) AS staff,
	(SELECT count(*) FROM sluice.pipeline_deferred_checks) AS checks;

-- A run by a worker has its own transaction, and so an end that no other row can come before.
CALL trigger_and_wait('staff_append', run => NULL, status => NULL, raise_error => false) \gset
SELECT status, error_sqlstate, error_message, error_hint FROM pipeline_runs WHERE id = :'run';
-- A list, in any order, into empty tables and over rows that are there.
CALL run_pipelines('{store_append, staff_append}', runs => NULL) \gset
SELECT told(r) FROM unnest(:'runs'::uuid[]) r;
TABLE there;
CALL run_pipelines('{staff_replace, store_replace}', runs => NULL) \gset
SELECT told(r) FROM unnest(:'runs'::uuid[]) r;
TABLE there;
TRUNCATE store, staff;
CALL run_pipelines('{staff_append, store_append}', runs => NULL) \gset
TRUNCATE new_store, new_staff;
INSERT INTO new_store VALUES (3, 5);
INSERT INTO new_staff VALUES (4, 3), (5, 3);
CALL run_pipelines('{staff_append}', runs => NULL);
CALL run_pipelines('{staff_append, store_append}', runs => NULL) \gset
SELECT told(r) FROM unnest(:'runs'::uuid[]) r;
TABLE there;
-- What is left open fails the COMMIT, as it does for SQL.
BEGIN;
CALL call('store_replace');
COMMIT;
\echo :LAST_ERROR_SQLSTATE
TRUNCATE store, staff;
BEGIN;
CALL call('store_append');
TABLE there;
COMMIT;
-- SQL after it counts, and so does what SQL takes away again.
BEGIN;
CALL call('store_append');
INSERT INTO staff VALUES (5, 3);
COMMIT;
TABLE there;
TRUNCATE store, staff;
BEGIN;
CALL call('store_append');
DELETE FROM store;
COMMIT;
BEGIN;
CALL call('store_append');
UPDATE store SET manager = 6;
INSERT INTO staff VALUES (6, 3);
COMMIT;
TABLE there;
TRUNCATE store, staff;
BEGIN;
CALL call('store_append');
TRUNCATE store, staff;
COMMIT;
-- Written anew by then, the rows are elsewhere.
BEGIN;
CALL call('store_append');
CLUSTER store USING store_pkey;
COMMIT;
BEGIN;
CALL call('store_append');
CLUSTER store USING store_pkey;
INSERT INTO staff VALUES (5, 3);
COMMIT;
TABLE there;
-- Savepoints.
TRUNCATE store, staff;
BEGIN;
SAVEPOINT a;
CALL call('store_append');
ROLLBACK TO a;
COMMIT;
TABLE there;
BEGIN;
SAVEPOINT a;
CALL call('store_append');
RELEASE a;
SAVEPOINT b;
INSERT INTO staff VALUES (5, 3);
ROLLBACK TO b;
COMMIT;
-- A COMMIT in a procedure.
DO $$
BEGIN
	CALL late.call('store_append');
	CALL late.call('staff_append');
	COMMIT;
	TRUNCATE late.store, late.staff;
	CALL late.call('store_append');
	COMMIT;
END
$$;
TABLE there;
TRUNCATE store, staff;
-- SET CONSTRAINTS: what is made immediate is checked then, all or by its name, and nothing twice.
BEGIN;
CALL call('store_append');
SET CONSTRAINTS ALL IMMEDIATE;
ROLLBACK;
BEGIN;
CALL call('store_append');
SET CONSTRAINTS staff_store IMMEDIATE;
SET CONSTRAINTS store_manager IMMEDIATE;
ROLLBACK;
BEGIN;
CALL call('store_append');
INSERT INTO staff VALUES (5, 3);
SAVEPOINT a;
SET CONSTRAINTS store_manager IMMEDIATE;
TABLE there;
ROLLBACK TO a;
TABLE there;
COMMIT;
TABLE there;
TRUNCATE store, staff;
BEGIN;
SET CONSTRAINTS store_manager IMMEDIATE;
CALL call('store_append');
ROLLBACK;
BEGIN;
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS store_manager, staff_store DEFERRED;
CALL call('store_append');
CALL call('staff_append');
COMMIT;
TABLE there;
TRUNCATE store, staff;
BEGIN;
SAVEPOINT a;
SET CONSTRAINTS ALL IMMEDIATE;
ROLLBACK TO a;
CALL call('store_append');
CALL call('staff_append');
COMMIT;
TABLE there;
-- One that is not INITIALLY DEFERRED is checked at once, unless somebody says otherwise.
ALTER TABLE store ALTER CONSTRAINT store_manager DEFERRABLE INITIALLY IMMEDIATE;
TRUNCATE store, staff;
CALL run_pipelines('{store_append, staff_append}', runs => NULL);
BEGIN;
SET CONSTRAINTS store_manager DEFERRED;
CALL run_pipelines('{store_append, staff_append}', runs => NULL) \gset
COMMIT;
TABLE there;
SELECT told(r) FROM unnest(:'runs'::uuid[]) r;
-- A prepared transaction has checked before.
BEGIN;
SET CONSTRAINTS ALL DEFERRED;
DELETE FROM new_staff;
SELECT alter_pipeline('staff_replace', options => '{"on_empty": "load"}');
CALL call('staff_replace');
PREPARE TRANSACTION 'late';
TRUNCATE store, staff;
BEGIN;
SET CONSTRAINTS ALL DEFERRED;
CALL call('store_append');
CALL call('staff_append');
PREPARE TRANSACTION 'late';
COMMIT PREPARED 'late';
TABLE there;
-- Constraints and tables that are gone by then.
TRUNCATE store, staff;
BEGIN;
SET CONSTRAINTS ALL DEFERRED;
CALL call('store_append');
ALTER TABLE store DROP CONSTRAINT store_manager;
COMMIT;
TABLE there;
BEGIN;
TRUNCATE store, staff;
CALL call('staff_append');
DROP TABLE staff CASCADE;
COMMIT;
SELECT count(*) FROM sluice.pipeline_deferred_checks;
SELECT drop_pipeline(id) FROM pipelines WHERE destination_table ~ '^late\.';
DROP TABLE store;

-- A replaced table loses what others refer to, and they are replaced after it; an action is never deferred.
CREATE TABLE new_kind (id int);
CREATE TABLE new_item (id int, kind int);
INSERT INTO new_kind VALUES (1), (2);
INSERT INTO new_item VALUES (1, 1), (2, 2);
CREATE TABLE kind (id int PRIMARY KEY);
CREATE TABLE item (id int PRIMARY KEY, kind int CONSTRAINT item_kind REFERENCES kind DEFERRABLE INITIALLY DEFERRED);
SELECT pipe('kind', 'replace'), pipe('item', 'replace'), pipe('item', 'append');
CALL run_pipelines('{kind_replace, item_replace}', runs => NULL) \gset
DELETE FROM new_kind WHERE id = 2;
CALL run_pipelines('{kind_replace, item_replace}', runs => NULL);
CALL run_pipelines('{kind_replace}', runs => NULL);
UPDATE new_item SET kind = 1;
CALL run_pipelines('{kind_replace, item_replace}', runs => NULL) \gset
SELECT told(r) FROM unnest(:'runs'::uuid[]) r;
SELECT string_agg(id || '>' || kind, ' ' ORDER BY id) FROM item;
ALTER TABLE item DROP CONSTRAINT item_kind, ADD CONSTRAINT item_kind FOREIGN KEY (kind) REFERENCES kind ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED;
UPDATE new_kind SET id = 3;
UPDATE new_item SET kind = 3;
CALL run_pipelines('{kind_replace, item_replace}', runs => NULL);
CALL run_pipelines('{item_replace, kind_replace}', runs => NULL) \gset
ALTER TABLE item DROP CONSTRAINT item_kind, ADD CONSTRAINT item_kind FOREIGN KEY (kind) REFERENCES kind DEFERRABLE INITIALLY DEFERRED;
CALL run_pipelines('{item_replace, kind_replace}', runs => NULL) \gset
SELECT string_agg(id || '>' || kind, ' ' ORDER BY id) FROM item;
-- Where SQL has left triggers on the table that wait, only SQL replaces its rows; what it deferred stays deferred.
BEGIN;
INSERT INTO item VALUES (7, 70);
CALL run_pipeline('item_replace', run => NULL) \gset
SELECT told(:'run');
COMMIT;
-- Rows that were there, under a constraint that nobody has validated, are nobody's business.
ALTER TABLE item DROP CONSTRAINT item_kind;
INSERT INTO item VALUES (8, 80);
ALTER TABLE item ADD CONSTRAINT item_kind FOREIGN KEY (kind) REFERENCES kind DEFERRABLE INITIALLY DEFERRED NOT VALID;
UPDATE new_item SET id = id + 10;
CALL run_pipelines('{item_append}', runs => NULL) \gset
SELECT string_agg(id || '>' || kind, ' ' ORDER BY id) FROM item;
-- Whoever fires no triggers: a load checks all the same.
UPDATE new_item SET id = id + 10, kind = 90;
SET session_replication_role = replica;
CALL run_pipelines('{item_append}', runs => NULL);
RESET session_replication_role;
SELECT drop_pipeline(id) FROM pipelines WHERE destination_table ~ '^late\.';

-- A table that refers to itself.
CREATE TABLE new_node (id int, up int);
INSERT INTO new_node VALUES (1, 2), (2, 3);
CREATE TABLE node (id int PRIMARY KEY, up int CONSTRAINT node_up REFERENCES node DEFERRABLE INITIALLY DEFERRED);
SELECT pipe('node', 'append'), pipe('node', 'replace');
CALL run_pipelines('{node_append}', runs => NULL);
BEGIN;
CALL run_pipeline('node_append', run => NULL) \gset
INSERT INTO node VALUES (3, 1);
COMMIT;
SELECT told(:'run');
BEGIN;
CALL run_pipeline('node_replace', run => NULL) \gset
INSERT INTO node VALUES (3, NULL);
COMMIT;
SELECT told(:'run');
SELECT string_agg(id || '>' || coalesce(up, 0), ' ' ORDER BY id) FROM node;
SELECT drop_pipeline(id) FROM pipelines WHERE destination_table ~ '^late\.';

-- Partitions, on either side.
CREATE TABLE new_day (id int);
CREATE TABLE new_sale (id int, day int);
INSERT INTO new_day SELECT generate_series(1, 20, 3);
INSERT INTO new_sale SELECT i, i FROM generate_series(1, 20, 3) i;
CREATE TABLE day (id int PRIMARY KEY) PARTITION BY RANGE (id);
CREATE TABLE day_low PARTITION OF day FOR VALUES FROM (0) TO (10);
CREATE TABLE day_high PARTITION OF day FOR VALUES FROM (10) TO (30);
CREATE TABLE sale (id int, day int CONSTRAINT sale_day REFERENCES day DEFERRABLE INITIALLY DEFERRED) PARTITION BY RANGE (id);
CREATE TABLE sale_low (id int, day int CONSTRAINT low_day REFERENCES day DEFERRABLE INITIALLY DEFERRED);
ALTER TABLE sale ATTACH PARTITION sale_low FOR VALUES FROM (0) TO (15);
CREATE TABLE sale_high PARTITION OF sale FOR VALUES FROM (15) TO (30);
SELECT pipe('sale', 'append'), pipe('sale', 'replace'), pipe('day', 'append'), pipe('day', 'replace');
INSERT INTO day VALUES (0);
INSERT INTO sale VALUES (0, 0);
CALL run_pipelines('{sale_append}', runs => NULL);
CALL run_pipelines('{sale_append, day_append}', runs => NULL) \gset
SELECT told(r) FROM unnest(:'runs'::uuid[]) r;
INSERT INTO new_day VALUES (0);
DELETE FROM new_day WHERE id = 19;
CALL run_pipelines('{sale_replace, day_replace}', runs => NULL);
DELETE FROM new_sale WHERE day = 19;
CALL run_pipelines('{day_replace, sale_replace}', runs => NULL) \gset
SELECT told(r) FROM unnest(:'runs'::uuid[]) r;
SELECT tableoid::regclass, count(*) FROM sale GROUP BY 1 ORDER BY 1;
-- The share of one partition has a name of its own.
BEGIN;
SET CONSTRAINTS low_day IMMEDIATE;
CALL run_pipeline('sale_append', run => NULL) \gset
SELECT told(:'run');
ROLLBACK;
BEGIN;
CALL call('sale_append');
ALTER TABLE sale DETACH PARTITION sale_low;
COMMIT;
BEGIN;
CALL call('sale_append');
DROP TABLE sale_low;
COMMIT;
SELECT tableoid::regclass, count(*) FROM sale GROUP BY 1 ORDER BY 1;
SELECT drop_pipeline(id) FROM pipelines WHERE destination_table ~ '^late\.';

-- Nobody else writes to the table or uses its trigger; and rows that the loader may not read are not shown.
CREATE ROLE late_writer;
GRANT ALL ON SCHEMA late TO late_writer;
SET ROLE late_writer;
INSERT INTO sluice.pipeline_deferred_checks (constraint_oid, table_oid, loaded_by) VALUES (1, 1, 1);
TABLE sluice.pipeline_deferred_checks;
CREATE TABLE mine (constraint_oid oid);
CREATE TRIGGER check_mine AFTER INSERT ON mine FOR EACH ROW EXECUTE FUNCTION sluice.pipeline_check_deferred();
RESET ROLE;
CREATE TRIGGER check_mine AFTER INSERT ON mine FOR EACH ROW EXECUTE FUNCTION sluice.pipeline_check_deferred();
INSERT INTO mine VALUES (1);
SELECT count(*) FROM sluice.pipeline_deferred_checks;
CREATE ROLE late_loader LOGIN;
SELECT allow_pipelines('late_loader');
GRANT USAGE ON SCHEMA late TO late_loader;
GRANT SELECT ON new_item TO late_loader;
GRANT INSERT ON item TO late_loader;
\set superuser :USER
\c - late_loader
SET client_min_messages = error;
SELECT create_pipeline('item', source_table => 'late.new_item', destination_table => 'late.item', load => 'append') IS NOT NULL AS created;
BEGIN;
CALL run_pipeline('item', run => NULL) \gset
COMMIT;
SELECT drop_pipeline('item');
\c - :superuser
SET client_min_messages = error;
DROP SCHEMA late CASCADE;
DROP OWNED BY late_loader, late_writer;
DROP ROLE late_writer, late_loader;
