-- The wide shape: every common type, some text of length, a nullable column. Reproducible.
CREATE TABLE wide (
	id bigint,
	quantity int,
	ratio float8,
	amount numeric(12, 2),
	updated_at timestamptz,
	day date,
	name text,
	city text,
	remark text,
	flag bool,
	key uuid,
	attributes jsonb,
	nickname text
);
INSERT INTO wide
SELECT n, n % 1000, n / 7.0, (n % 1000000) / 100.0, timestamptz '2026-01-01 00:00+00' + n * interval '7 seconds',
	date '2020-01-01' + (n % 2000)::int, 'customer number ' || n, (ARRAY['Wien', 'Zürich', 'Paris', 'Lima', 'Oslo'])[1 + n % 5],
	repeat(md5(n::text), 2), n % 3 = 0, md5(n::text)::uuid,
	jsonb_build_object('a', n, 'tags', jsonb_build_array('x', n % 10), 'note', 'row ' || n), CASE WHEN n % 4 = 0 THEN 'nick' || n END
FROM generate_series(1, :rows) n;
