# What loads in several streams are cut by, and where they put the rows: every row of every kind of source exactly once.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../perl";
use PostgreSQL::Test::Utils;
use SluiceNode;
use Test::More;

$PostgreSQL::Test::Cluster::use_tcp = 1;
$PostgreSQL::Test::Cluster::test_pghost = '127.0.0.1';

my $node = SluiceNode->create('stream_sources', "listen_addresses = '127.0.0.1'\nmax_worker_processes = 12");
my $port = $node->port;
unlink($node->data_dir . '/pg_hba.conf');
$node->append_conf('pg_hba.conf', "host all reader 127.0.0.1/32 scram-sha-256\nhost all all 127.0.0.1/32 trust\n");
$node->reload;
$node->sql("CREATE DATABASE origin");
$node->sql(qq{
	CREATE ROLE reader LOGIN PASSWORD 'secret';
	CREATE ROLE etl LOGIN;
	GRANT CREATE, USAGE ON SCHEMA public TO etl;
	CREATE EXTENSION postgres_fdw;
	CREATE SERVER src FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port '$port', dbname 'origin');
	GRANT USAGE ON FOREIGN SERVER src TO etl;
	GRANT USAGE ON FOREIGN DATA WRAPPER postgres_fdw TO etl;
	CREATE USER MAPPING FOR etl SERVER src OPTIONS (user 'reader', password 'secret');
	SELECT allow_pipelines('etl')});

# Tables of every kind, each with rows id, at, note, part: nulls in all but id, infinite times, texts that need quotes.
my $rows = q{SELECT i AS id, CASE WHEN i % 17 <> 0 THEN CASE WHEN i % 500 = 1 THEN 'infinity' ELSE timestamptz '2020-01-01' + i * interval '1 hour' END END AS at,
	CASE WHEN i % 19 <> 0 THEN chr(65 + i % 57) || '''\\' || md5(i::text) END AS note, i % 40 AS part FROM generate_series(1, 20000) i};
$node->sql(qq{
	CREATE TABLE plain AS $rows;
	CREATE TABLE split (id int, at timestamptz, note text, part int) PARTITION BY LIST (part);
	CREATE TABLE "sp""lit's 0" PARTITION OF split FOR VALUES IN (0, 1, 2, 3, 4) PARTITION BY RANGE (id);
	CREATE TABLE split_0_a PARTITION OF "sp""lit's 0" FOR VALUES FROM (0) TO (10000);
	CREATE TABLE "a ""b' c" PARTITION OF "sp""lit's 0" FOR VALUES FROM (10000) TO (30000);
	CREATE TABLE other_order (part int, note text, gone int, at timestamptz, id int);
	ALTER TABLE other_order DROP COLUMN gone;
	ALTER TABLE split ATTACH PARTITION other_order FOR VALUES IN (5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
	CREATE TABLE split_rest PARTITION OF split DEFAULT;
	SELECT format('CREATE TABLE tiny_%s PARTITION OF split FOR VALUES IN (%1\$s)', i) FROM generate_series(20, 39) i \\gexec
	INSERT INTO split $rows;
	CREATE TABLE parent (id int, at timestamptz, note text, part int);
	CREATE TABLE child_1 (more text) INHERITS (parent);
	CREATE TABLE child_2 () INHERITS (parent);
	CREATE TABLE grandchild () INHERITS (child_1, child_2);
	INSERT INTO parent SELECT * FROM plain WHERE id % 4 = 0;
	INSERT INTO child_1 SELECT *, 'x' FROM plain WHERE id % 4 = 1;
	INSERT INTO child_2 SELECT * FROM plain WHERE id % 4 = 2;
	INSERT INTO grandchild SELECT * FROM plain WHERE id % 4 = 3;
	CREATE VIEW seen AS SELECT * FROM plain;
	CREATE MATERIALIZED VIEW kept AS SELECT * FROM plain;
	CREATE TABLE hidden (LIKE plain) PARTITION BY HASH (id);
	CREATE TABLE hidden_0 PARTITION OF hidden FOR VALUES WITH (MODULUS 2, REMAINDER 0);
	CREATE TABLE hidden_1 PARTITION OF hidden FOR VALUES WITH (MODULUS 2, REMAINDER 1);
	INSERT INTO hidden SELECT * FROM plain;
	CREATE TABLE shapes AS SELECT *, point(id, id) AS place FROM plain;
	CREATE TABLE nothing (LIKE plain);
	CREATE TABLE mixed (LIKE plain) PARTITION BY HASH (id);
	CREATE EXTENSION postgres_fdw;
	CREATE SERVER self FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port '$port', dbname 'origin');
	CREATE USER MAPPING FOR reader SERVER self OPTIONS (user 'reader', password 'secret');
	CREATE TABLE far (LIKE plain);
	CREATE TABLE mixed_0 PARTITION OF mixed FOR VALUES WITH (MODULUS 2, REMAINDER 0);
	CREATE FOREIGN TABLE far_away PARTITION OF mixed FOR VALUES WITH (MODULUS 2, REMAINDER 1) SERVER self OPTIONS (table_name 'far');
	INSERT INTO mixed_0 SELECT * FROM plain WHERE satisfies_hash_partition('mixed'::regclass, 2, 0, id);
	INSERT INTO far SELECT * FROM plain WHERE satisfies_hash_partition('mixed'::regclass, 2, 1, id);
	ANALYZE hidden, plain, split, parent;
	GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader;
	REVOKE ALL ON hidden_0, hidden_1 FROM reader;
	GRANT CREATE ON SCHEMA public TO reader}, db => 'origin');

sub etl
{
	my ($sql) = @_;
	return $node->safe_psql('postgres', "SET client_min_messages = warning;\n$sql", extra_params => [ '-U', 'etl' ]);
}

sub load
{
	my ($name, $expected) = @_;
	my $run = etl("SELECT trigger_pipeline('$name')");
	my $status = $node->sql("SELECT wait_for_run('$run', '60 s')");
	is($status, $expected // 'success', "$name: the run's end");
	diag($node->sql("SELECT error_message, error_detail, error_context, log FROM pipeline_runs WHERE id = '$run'"))
	  if $status ne ($expected // 'success');
	return $run;
}

sub told
{
	my ($run, $pattern, $name) = @_;
	like($node->sql("SELECT message FROM run_log('$run')"), $pattern, $name);
	return;
}

my $content = q{SELECT count(*), count(DISTINCT id), md5(string_agg(t::text, '|' ORDER BY id)) FROM (SELECT id, at, note, part FROM %s) t};
my $expected = $node->sql(sprintf($content, 'plain'), db => 'origin');

# A table that the run makes, one that is empty with and without indexes, one that is replaced.
etl(q{
	CREATE TABLE bare (id int, at timestamptz, note text, part int);
	CREATE TABLE keyed (id int PRIMARY KEY, at timestamptz, note text, part int, CHECK (part < 100));
	CREATE TABLE replaced (LIKE keyed INCLUDING ALL)});
sub pipeline
{
	my ($name, $source, $destination, $load, $options) = @_;
	etl(qq{SELECT create_pipeline('$name', source => 'src', $source, destination_table => '$destination', load => '$load',
		options => '{"streams": 3$options}')});
	return;
}
pipeline("into_$_->[0]", q{source_table => 'plain'}, $_->[0], $_->[1], $_->[2])
  for ([ 'made', 'append', '' ], [ 'made_new', 'replace', ', "direct": "off"' ], [ 'bare', 'append', '' ], [ 'keyed', 'append', '' ]);
my $explained = etl(q{SELECT string_agg(e, E'\n') FROM explain_pipeline('into_bare') e});
like($explained, qr/streams: 3 streams over 12 ranges of pages, because/, 'explain_pipeline of an append to an empty table');
for my $name (qw(made made_new bare keyed))
{
	my $run = load("into_$name");
	told($run, qr/3 streams over 12 ranges of pages, because the option streams says so/, "$name: in three streams");
	told($run, qr/direct load: pages are built/, "$name: directly") if $name ne 'made_new';
	told($run, qr/direct load is not used, because the option direct is off/, "$name: not directly") if $name eq 'made_new';
	is($node->sql(sprintf($content, $name)), $expected, "$name: every row once");
}
is($node->sql("SELECT relallvisible = relpages AND relpages > 100 AND reltuples = 20000 FROM pg_class WHERE oid = '$_'::regclass"), 't', "$_: its sizes")
  for qw(made bare keyed);
is($node->sql("SELECT count(*) FROM pg_stats WHERE tablename = 'made' AND histogram_bounds IS NOT NULL"), '3', 'a new table is analyzed');
is($node->sql("SELECT relowner::regrole, relnamespace::regnamespace, reloptions IS NULL FROM pg_class WHERE oid = 'made'::regclass"), 'etl|public|t',
	'and is what one stream would have made');
etl('INSERT INTO made VALUES (-1, NULL, repeat(md5(random()::text), 20000), 1); DELETE FROM made WHERE id = -1; INSERT INTO keyed VALUES (-1); DELETE FROM keyed WHERE id < 0');
told(load('into_bare'), qr/one stream, because the destination has rows already/, 'a second append');
is($node->sql('SELECT count(*) FROM bare'), '40000', 'goes beside the rows');

# Somebody else is about to write to the empty table.
etl('TRUNCATE bare');
my $writer = $node->background_psql('postgres');
$writer->query_safe('BEGIN; LOCK TABLE bare IN ROW EXCLUSIVE MODE');
told(load('into_bare'), qr/one stream, because the empty destination cannot be filled by a swap: another session is about to write to it/,
	'another writer');
$writer->quit;
is($node->sql(sprintf($content, 'bare')), $expected, 'another writer: every row once');

# Somebody reads the empty table all the time: the rows are copied into it.
etl('TRUNCATE keyed');
my $reader = $node->background_psql('postgres');
$reader->query_safe('BEGIN; SELECT count(*) FROM keyed');
told(load('into_keyed'), qr/the rows are appended to public.keyed with its indexes kept up row by row, because the table is in use/, 'a reader');
$reader->quit;
is($node->sql(sprintf($content, 'keyed')), $expected, 'a reader: every row once');

# Not a run that failed: nothing is left of a table that it would have made.
pipeline('into_failed', q{source_table => 'plain', columns => 'id, at, note, 100 / (id - 19000) AS part'}, 'failed', 'append', '');
my $failed = load('into_failed', 'failed');
like($node->sql("SELECT error_message, error_context FROM pipeline_runs WHERE id = '$failed'"),
	qr/division by zero\|.*pages \d+ to .* of public.plain/s, 'an error names the part of the source');
is($node->sql("SELECT to_regclass('failed') IS NULL"), 't', 'and no table is left');

# Each kind of source.
my %sources = (
	split => [ q{source_table => 'split'}, '', qr/3 streams over \d+ ranges of pages of 24 tables, because/ ],
	parent => [ q{source_table => 'parent'}, '', qr/3 streams over \d+ ranges of pages of 4 tables, because/ ],
	kept => [ q{source_table => 'kept'}, '', qr/3 streams over 12 ranges of pages, because/ ],
	hidden_by_id => [ q{source_table => 'hidden'}, ', "stream_key": "id"', qr/3 streams over 12 ranges of "id" by its statistics, because/ ],
	hidden_by_note => [ q{source_table => 'hidden'}, ', "stream_key": "note"', qr/3 streams over 12 ranges of "note" by its statistics, because/ ],
	view_by_id => [ q{source_table => 'seen'}, ', "stream_key": "id"', qr/3 streams over 12 ranges of "id" between its least and greatest value/ ],
	view_by_at => [ q{source_table => 'seen'}, ', "stream_key": "at"', qr/3 streams over 12 ranges of "at" between its least and greatest value/ ],
	query_by_day => [ q{source_query => 'SELECT *, at::date AS day FROM plain WHERE id > 0 -- all', columns => 'id, at, note, part'}, ', "stream_key": "day"',
		qr/3 streams over 12 ranges of "day" between/ ],
	filtered => [ q{source_table => 'split', filter => $$part >= 0 AND length(coalesce(note, '')) >= 0$$}, '', qr/3 streams over \d+ ranges of pages of 24 tables/ ],
	filtered_key => [ q{source_table => 'seen', filter => $$part >= 0$$}, ', "stream_key": "id"', qr/filter is applied by the source.*3 streams over 12 ranges of "id"/s ],
	pages_before_key => [ q{source_table => 'plain'}, ', "stream_key": "id"', qr/3 streams over 12 ranges of pages/ ]);
for my $name (sort keys %sources)
{
	my ($source, $options, $pattern) = @{ $sources{$name} };
	pipeline("from_$name", $source, 'replaced', 'replace', $options);
	etl('TRUNCATE replaced');
	my $run = load("from_$name");
	told($run, $pattern, "$name: how it is cut");
	is($node->sql(sprintf($content, 'replaced')), $expected, "$name: every row once");
}

# One stream where it cannot be cut, with the reason and the rows all the same.
my %alone = (
	hidden => [ q{source_table => 'hidden'}, '', qr/one stream, because the source's user has no right to read all of public.hidden_\d by itself, and the option stream_key names no column/ ],
	view => [ q{source_table => 'seen'}, '', qr/one stream, because the source is not a table, and the option stream_key names no column/ ],
	no_column => [ q{source_table => 'seen'}, ', "stream_key": "Id"', qr/one stream, because .*, and it has no column "Id", which the option stream_key names/ ],
	no_bounds => [ q{source_table => 'seen'}, ', "stream_key": "note"', qr/one stream, because .* its column "note" has no statistics/ ],
	few => [ q{source_query => 'SELECT *, 7 AS same FROM plain', columns => 'id, at, note, part'}, ', "stream_key": "same"', qr/its column "same" has no statistics, and is no integer, date or timestamp with several values/ ],
	no_order => [ q{source_query => 'SELECT * FROM shapes', columns => 'id, at, note, part'}, ', "stream_key": "place"', qr/its column "place" / ],
	foreign => [ q{source_table => 'mixed'}, ', "stream_key": "id"', qr/one stream, because foreign table public.far_away is part of the source, and reads foreign tables/ ],
	elsewhere => [ q{source_table => 'public.plain'}, ', "on_empty": "load"', qr/one stream, because the source is not read from another PostgreSQL/ ]);
$node->sql(q{CREATE EXTENSION file_fdw; CREATE SERVER files FOREIGN DATA WRAPPER file_fdw; GRANT USAGE ON FOREIGN SERVER files TO etl;
	CREATE FOREIGN TABLE some_file (id int, at timestamptz, note text, part int) SERVER files OPTIONS (filename '/dev/null'); GRANT SELECT ON some_file TO etl});
$alone{elsewhere}[0] = q{source_table => 'public.some_file'};
for my $name (sort keys %alone)
{
	my ($source, $options, $pattern) = @{ $alone{$name} };
	my $server = $name eq 'elsewhere' ? 'files' : 'src';
	etl(qq{SELECT create_pipeline('alone_$name', source => '$server', $source, destination_table => 'replaced', load => 'replace',
		options => '{"streams": 3$options}')});
	my $run = load("alone_$name");
	told($run, $pattern, "$name: why one stream");
	is($node->sql(sprintf($content, 'replaced')), $expected, "$name: every row once") if $name ne 'elsewhere';
}

# A key of any type is compared in the order of its own btree operator class, not by what a search_path makes of the names
# of operators: those of citext and ltree are in no path here, and the reader's own path begins with a trap for each
# operator of pg_catalog.
my @keys = ([ ci => 'citext' ], [ mail => 'email' ], [ lt => 'ltree' ], [ v => 'varchar(20)' ], [ bp => 'char(9)' ], [ nm => 'name' ],
	[ en => 'shade' ], [ arr => 'int[]' ], [ net => 'cidr' ], [ u => 'uuid' ], [ num => 'numeric' ], [ de => 'text COLLATE "de-x-icu"' ],
	[ rng => 'int4range' ], [ f => 'float4' ], [ ts => 'timestamp' ], [ d => 'date' ], [ n => 'int8' ], [ b => 'bytea' ]);
my $columns = join(', ', map { "$_->[0] $_->[1]" } @keys);
$node->sql(qq{
	CREATE SCHEMA ext; CREATE EXTENSION citext SCHEMA ext; CREATE EXTENSION ltree SCHEMA ext;
	SET search_path = public, ext;
	CREATE DOMAIN email AS citext;
	CREATE TYPE shade AS ENUM ('z', 'y', 'x', 'w', 'v', 'u', 't', 's', 'r', 'q', 'p', 'o', 'n', 'm');
	CREATE TABLE keys (q int, $columns) PARTITION BY HASH (q);
	CREATE TABLE keys_0 PARTITION OF keys FOR VALUES WITH (MODULUS 2, REMAINDER 0);
	CREATE TABLE keys_1 PARTITION OF keys FOR VALUES WITH (MODULUS 2, REMAINDER 1);
	INSERT INTO keys SELECT i, w, w, w::ltree, w, w, w, chr(ascii('m') + i % 14)::shade, ARRAY[i % 7, i], ('10.' || i % 256 || '.0.0/16')::cidr,
		md5(w)::uuid, i * 0.1, w, int4range(i % 50, i), i / 3.0, '2020-01-01'::timestamp + i * interval '1 h', '2020-01-01'::date + i, i, decode(md5(w), 'hex')
		FROM (SELECT i, (ARRAY['a', 'B', 'c', 'D', 'Ä', 'z'])[1 + i % 6] || i AS w FROM generate_series(100, 3099) i) s;
	INSERT INTO keys (q) VALUES (3100);
	ANALYZE keys;
	GRANT SELECT ON keys, keys_0 TO reader;
	GRANT USAGE ON SCHEMA ext TO reader;
	CREATE SCHEMA trap; GRANT USAGE ON SCHEMA trap TO reader;
	DO \$do\$ DECLARE o record; BEGIN
		FOR o IN SELECT oid, oprname, oprleft::regtype l, oprright::regtype r, oprresult::regtype x FROM pg_operator
			WHERE oprnamespace = 'pg_catalog'::regnamespace AND oprkind = 'b'
			AND oprname IN ('=', '<>', '<', '>', '<=', '>=', '+', '-', '*', '/', '||', '->', '->>', '&', '~~')
			AND oprleft NOT IN (SELECT oid FROM pg_type WHERE typtype = 'p') AND oprright NOT IN (SELECT oid FROM pg_type WHERE typtype = 'p')
		LOOP
			EXECUTE format(\$f\$CREATE FUNCTION trap.f%s(%s, %s) RETURNS %s LANGUAGE plpgsql AS 'BEGIN RAISE ''trapped by operator %s(%s, %s)''; END'\$f\$, o.oid, o.l, o.r, o.x, o.oprname, o.l, o.r);
			EXECUTE format('CREATE OPERATOR trap.%s (LEFTARG = %s, RIGHTARG = %s, FUNCTION = trap.f%s)', o.oprname, o.l, o.r, o.oid);
		END LOOP;
	END \$do\$;
	ALTER ROLE reader IN DATABASE origin SET search_path = trap, pg_catalog, public}, db => 'origin');
etl('CREATE TABLE numbers (q int)');
for my $key ('', map { $_->[0] } @keys)
{
	my $source = $key eq 'n' ? q{source_query => 'SELECT * FROM public.keys'} : q{source_table => 'keys'};
	pipeline("by_key_$key", "$source, columns => 'q'", 'numbers', 'replace', $key eq '' ? '' : qq{, "stream_key": "$key"});
	my $run = load("by_key_$key");
	told($run, qr/3 streams over \d+ ranges of "$key" (by its statistics|between)/, "$key: in ranges of the key") if $key !~ /^(|en|rng)$/;
	is($node->sql('SELECT count(*), count(DISTINCT q) FROM numbers'), '3001|3001', "$key: every row once");
}
pipeline('by_pages', q{source_table => 'plain', columns => 'id AS q'}, 'numbers', 'replace', '');
told(load('by_pages'), qr/ranges of pages/, 'pages behind a trap');
is($node->sql('SELECT count(*), count(DISTINCT q) FROM numbers'), '20000|20000', 'every row once');

pipeline('from_nothing', q{source_table => 'nothing'}, 'replaced', 'replace', ', "on_empty": "load"');
told(load('from_nothing'), qr/one stream, because the source can be cut into 0 pieces only/, 'an empty source');
is($node->sql('SELECT count(*) FROM replaced'), '0', 'no row');

$node->sql('CREATE EXTENSION amcheck');
is($node->sql("SELECT count(*) FROM verify_heapam('$_')"), '0', "$_: the heap is sound") for qw(made bare keyed made_new);
is($node->sql("SELECT count(*) FROM bt_index_check('keyed_pkey', true)"), '1', 'and fits its index');

# Right after a load the server dies: what was committed is there.
$node->sql('CHECKPOINT');
etl('TRUNCATE bare');
load('into_bare');
$node->stop('immediate');
$node->start;
is($node->sql(sprintf($content, 'bare')), $expected, 'after a crash: every row once');
is($node->sql("SELECT count(*) FROM verify_heapam('bare')"), '0', 'in a sound heap');
is($node->sql("SELECT count(*) FROM pg_class WHERE relnamespace = 'sluice_staging'::regnamespace"), '0', 'nothing is left');

$node->stop;
done_testing();
