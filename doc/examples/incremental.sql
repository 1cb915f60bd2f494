-- The first run brings everything, each one after it what is new or has changed since.
CREATE EXTENSION postgres_fdw;
CREATE EXTENSION pg_sluice;
CREATE SERVER shop FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port :'source_port', dbname 'shop');
CREATE USER MAPPING FOR CURRENT_USER SERVER shop OPTIONS (user 'reader', password 'secret');
\pset tuples_only on
\pset format unaligned
\set warehouse 'host=' :HOST ' port=' :PORT ' user=' :USER ' dbname=' :DBNAME
\set shop 'host=127.0.0.1 port=' :source_port ' user=reader password=secret dbname=shop'

\connect :"shop"
CREATE TABLE tickets (id int PRIMARY KEY, state text NOT NULL, updated_at timestamptz NOT NULL);
INSERT INTO tickets SELECT i, 'open', timestamptz '2026-11-01 08:00+00' + i * interval '1 minute' FROM generate_series(1, 500) i;

\connect :"warehouse"
SELECT create_pipeline('tickets', source => 'shop', source_table => 'tickets', destination_table => 'tickets',
    key_columns => '{id}', cursor_column => 'updated_at') IS NOT NULL;
CALL trigger_and_wait('tickets') \gset
\echo :status

-- Two tickets are changed, and one is new.
\connect :"shop"
UPDATE tickets SET state = 'closed', updated_at = '2026-11-02 09:00+00' WHERE id IN (3, 77);
INSERT INTO tickets VALUES (501, 'open', '2026-11-02 09:30+00');

\connect :"warehouse"
CALL trigger_and_wait('tickets') \gset
\echo :status
SELECT state, count(*) FROM tickets GROUP BY state ORDER BY state;
SELECT records_read, records_inserted, records_updated, records_unchanged, watermark_after FROM pipeline_runs ORDER BY id;
SELECT message FROM pipeline_log WHERE message LIKE 'cursor:%' ORDER BY at;
