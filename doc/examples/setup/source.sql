CREATE TABLE sales_orders (id bigint PRIMARY KEY, customer text NOT NULL, amount numeric(12, 2) NOT NULL, ordered_at timestamptz NOT NULL);
INSERT INTO sales_orders
SELECT i, 'customer ' || i % 50, i * 1.25, timestamptz '2026-01-01 00:00+00' + i * interval '7 minutes'
FROM generate_series(1, 10000) i;
