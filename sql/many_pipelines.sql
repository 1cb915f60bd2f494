-- create_pipelines: one pipeline for each of many tables of a source.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_sluice;
CREATE EXTENSION IF NOT EXISTS postgres_fdw;
CREATE SCHEMA many_shop;
CREATE SCHEMA "Many Odd";
CREATE SCHEMA many;
CREATE SCHEMA many_copy;
CREATE SCHEMA many_copy_b;
SET search_path = many, public;
SET timezone = 'UTC';
SELECT split_part(current_setting('unix_socket_directories'), ', ', 1) AS socket, current_setting('port') AS port,
	current_database() AS database, current_user AS role \gset
CREATE SERVER many FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host :'socket', port :'port', dbname :'database');
CREATE USER MAPPING FOR CURRENT_USER SERVER many OPTIONS (user :'role');

CREATE TABLE many_shop.orders (id int PRIMARY KEY, total numeric, updated_at timestamptz NOT NULL DEFAULT '2026-01-01');
CREATE TABLE many_shop.order_items (item int, "order" int, changed date, PRIMARY KEY ("order", item) INCLUDE (changed));
CREATE TABLE many_shop.events (at timestamp, what text);
CREATE TABLE many_shop.notes (id int PRIMARY KEY, updated_at text, changed date);
CREATE TABLE many_shop.tmp_orders (id int);
CREATE TABLE many_shop.parts (id int PRIMARY KEY, at date) PARTITION BY RANGE (id);
CREATE TABLE many_shop.parts_1 PARTITION OF many_shop.parts FOR VALUES FROM (0) TO (1000);
CREATE VIEW many_shop.order_view AS SELECT id FROM many_shop.orders;
CREATE TABLE "Many Odd"."Orders.*" ("Key" uuid PRIMARY KEY);
CREATE TABLE "Many Odd".orders (id int);
INSERT INTO many_shop.orders SELECT n, n FROM generate_series(1, 3) n;
INSERT INTO many_shop.order_items SELECT n, 1, '2026-01-01' FROM generate_series(1, 3) n;
INSERT INTO many_shop.events VALUES ('2026-01-01', 'begin');
INSERT INTO many_shop.parts VALUES (7, '2026-01-01');

-- What it would do; then it does it.
SELECT * FROM create_pipelines('many', '{many_shop.*, -many_shop.tmp_*}', destination_schema => 'many_copy', dry_run => true);
SELECT count(*) FROM pipelines WHERE source = 'many';
SELECT name, load, note, id IS NOT NULL AS made FROM create_pipelines('many', '{many_shop.*, -many_shop.tmp_*}', destination_schema => 'many_copy',
	cursor_candidates => '{updated_at, changed}', tags => '{shop}', description => 'the shop');
SELECT name, source, source_table, destination_table, load, key_columns, cursor_column, tags, description, status, schedule FROM pipelines WHERE source = 'many' ORDER BY name;
CALL run_pipeline('order_items') \g /dev/null
CALL run_pipeline('events') \g /dev/null
CALL run_pipeline('orders') \g /dev/null
CALL run_pipeline('parts') \g /dev/null
SELECT pipeline_name, r.status, records_inserted, watermark_after FROM pipeline_runs r JOIN pipelines p ON p.id = pipeline_id WHERE p.source = 'many' ORDER BY pipeline_name;
SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'many_copy.order_items'::regclass AND contype = 'p';
-- Called again it adds what is new. Without a key there is no cursor, unless an append is asked for.
CREATE TABLE many_shop.added (id int PRIMARY KEY);
SELECT name, load, note FROM create_pipelines('many', '{many_shop.*, -many_shop.tmp_*}', destination_schema => 'many_copy');
SELECT name, load, note FROM create_pipelines('many', '{"\"Many Odd\".orders"}', destination_schema => 'many_copy_b');
SELECT name, load, note FROM create_pipelines('many', '{many_shop.events}', 'log of {table}', 'many_copy_b', cursor_candidates => '{AT}', load => 'append');
SELECT name, load, note FROM create_pipelines('many', '{many_shop.events}', 'all {table}', 'many_copy_b', 'all_{table}', cursor_candidates => '{at}', load => 'replace');
SELECT name, load, note FROM create_pipelines('many', '{many_shop.parts}', 'dated {table}', 'many_copy_b', 'dated_{table}', cursor_candidates => '{none, at}');
-- Views and parts of other tables only by their names; quoted names are no patterns; case matters in them alone.
SELECT name, load FROM create_pipelines('many', '{MANY_SHOP.ORDER_VIEW, many_shop.parts_1, "\"Many Odd\".\"Orders.*\""}', '{schema}: {table}', 'many_copy_b',
	options => '{"column_case": "snake"}', status => 'inactive');
SELECT name, source_table, destination_table, key_columns FROM pipelines WHERE name ~ ':' ORDER BY name;
-- Along the search_path of the user there.
SET search_path = many_copy, public;
SELECT name, note FROM create_pipelines('many', '{ext*}', dry_run => true);
ALTER DATABASE :"database" SET search_path = many_shop, public;
SELECT name, note FROM create_pipelines('many', '{ord*}', 'found {table}', 'many_copy_b', 'found_{table}', dry_run => true);
ALTER DATABASE :"database" RESET search_path;

-- Nothing at all is made where one cannot be.
SELECT create_pipelines('many', '{many_shop.ordrs}');
SELECT create_pipelines('many', '{many_shp.*}');
SELECT create_pipelines('many', '{nothing.like.it}');
SELECT create_pipelines('many', '{zzz}');
SELECT create_pipelines('many', '{-many_shop.*}');
SELECT create_pipelines('many', '{}');
SELECT create_pipelines('many', NULL);
SELECT create_pipelines(NULL, '{a}');
SELECT create_pipelines('no_such', '{a}');
SELECT create_pipelines('many', '{many_shop.orders, "\"Many Odd\".orders"}', 'x {table}');
SELECT create_pipelines('many', '{many_shop.orders, "\"Many Odd\".orders"}', '{schema}_{table}', 'many_copy_b', 'y_{table}');
SELECT create_pipelines('many', '{many_shop.orders}', '{tabel}');
SELECT create_pipelines('many', '{many_shop.orders}', 'a/{table}');
SELECT create_pipelines('many', '{many_shop.orders}', 'x {table}', 'no_such_schema');
SELECT create_pipelines('many', '{many_shop.orders}', 'x {table}', tags => '{shop}', schedule => 'now and then');
SET search_path = many, public;
CREATE TABLE notes (id int PRIMARY KEY, updated_at text, changed date);
CREATE TABLE events (at timestamp, what text);
SELECT create_pipelines('many', '{many_shop.*}', 'x {table}');
SELECT count(*) FROM pipelines WHERE name LIKE 'x %';
SELECT create_pipelines('many', '{many_shop.*}', 'x {table}', load => 'merge');
CREATE FOREIGN DATA WRAPPER many_wrapper;
CREATE SERVER many_other FOREIGN DATA WRAPPER many_wrapper;
SELECT create_pipelines('many_other', '{many_shop.*}');

-- What cannot be read is left out, and told.
CREATE ROLE many_limited LOGIN;
GRANT USAGE ON SCHEMA many_shop TO many_limited;
GRANT SELECT ON many_shop.orders TO many_limited;
GRANT SELECT (id) ON many_shop.parts TO many_limited;
ALTER USER MAPPING FOR CURRENT_USER SERVER many OPTIONS (SET user 'many_limited');
SELECT name, load, note FROM create_pipelines('many', '{many_shop.*, -*.tmp*, -*.e*, "\"Many Odd\".orders"}', 'limited {schema} {table}', 'many_copy_b', 'limited_{schema}_{table}');
ALTER USER MAPPING FOR CURRENT_USER SERVER many OPTIONS (SET user :'role');
-- As the owner: its mapping, its rights there and here; never in a superuser's session.
CREATE ROLE many_owner LOGIN;
CREATE ROLE many_reader LOGIN;
GRANT USAGE ON FOREIGN SERVER many TO many_owner;
CREATE SCHEMA many_own AUTHORIZATION many_owner;
SELECT create_pipelines('many', '{many_shop.*}', owner => 'many_owner');
SELECT allow_pipelines('many_owner');
SET SESSION AUTHORIZATION many_owner;
SELECT create_pipelines('many', '{many_shop.orders}');
SELECT create_pipelines('many', '{many_shop.orders}', owner => 'many_reader');
RESET SESSION AUTHORIZATION;
SELECT disallow_pipelines('many_owner');
SELECT count(drop_pipeline(id)) FROM pipelines WHERE source = 'many';
DROP SERVER many CASCADE;
DROP SERVER many_other;
DROP FOREIGN DATA WRAPPER many_wrapper;
DROP SCHEMA many, many_shop, "Many Odd", many_copy, many_copy_b, many_own CASCADE;
DROP OWNED BY many_owner, many_limited;
DROP ROLE many_owner, many_reader, many_limited;
