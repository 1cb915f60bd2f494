-- Pipelines that follow each other: one trigger, a failure half-way, and the batch resumed from there.
CREATE EXTENSION pg_sluice;
\pset tuples_only on
\pset format unaligned
SET client_min_messages = warning;

CREATE TABLE orders (id int, amount text);
INSERT INTO orders VALUES (1, '10'), (2, '20'), (3, 'thirty');

SELECT create_pipeline('raw', source_table => 'orders', destination_table => 'raw_orders') IS NOT NULL;
SELECT create_pipeline('typed', source_query => 'SELECT id, amount::numeric FROM raw_orders', destination_table => 'typed_orders',
    depends_on => '{raw}', status => 'inactive') IS NOT NULL;
SELECT create_pipeline('total', source_query => 'SELECT sum(amount) AS total FROM typed_orders', destination_table => 'order_total',
    depends_on => '{typed}', status => 'inactive') IS NOT NULL;
-- An alarm: it runs however the others ended, and changes nothing about how the batch ends, as a fallback would.
SELECT create_pipeline('alarm', depends_on => '{total}', options => '{"depends_rule": "all_done"}',
    source_query => $$SELECT n.pipeline, n.state, n.reason, now() AS at FROM pipeline_runs r, batch_nodes(r.batch) n
        WHERE r.pipeline_name = 'alarm' AND r.status = 'running' AND n.state IN ('failed', 'success by fallback')$$,
    destination_table => 'failures', load => 'append') IS NOT NULL;
-- Their sources do not exist before the first run: now they do.
SELECT trigger_pipeline('raw', dependents => false) AS first \gset
SELECT wait_for_run(:'first', '1 minute');
CREATE TABLE typed_orders (id int, amount numeric);
SELECT alter_pipeline('typed', status => 'active', load => 'replace'), alter_pipeline('total', status => 'active');

SELECT trigger_pipeline('raw') AS run \gset
SELECT wait_for_batch(:'run', '1 minute');
SELECT pipeline, state, reason FROM batch_nodes(:'run');
SELECT pipeline, state FROM failures;

-- "typed" is mended and tried again; "raw" is not repeated.
SELECT alter_pipeline('typed', filter => 'true', source_query => $$SELECT id, replace(amount, 'thirty', '30')::numeric AS amount FROM raw_orders$$);
SELECT retry_run(run_id) IS NOT NULL FROM batch_nodes(:'run') WHERE state = 'failed';
SELECT wait_for_batch(:'run', '1 minute');
SELECT pipeline, state FROM batch_nodes(:'run');
SELECT * FROM order_total;
