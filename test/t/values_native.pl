# Values that the decoder makes without their types' receive functions are stored bit by bit as the server stores them.
use strict;
use warnings;
use utf8;
use FindBin;
use lib "$FindBin::RealBin/../perl";
use SluiceProxy;
use RandomJson;
use DataTemplate;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

$PostgreSQL::Test::Cluster::use_tcp = 1;
$PostgreSQL::Test::Cluster::test_pghost = '127.0.0.1';

my $node = PostgreSQL::Test::Cluster->new('both');
$node->init(extra => [ '--encoding=UTF8', '--locale=C' ]);
$node->append_conf('postgresql.conf', "listen_addresses = '127.0.0.1'");
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION postgres_fdw; CREATE EXTENSION pageinspect; CREATE EXTENSION pg_sluice;
	CREATE FUNCTION heap_bytes(relation text) RETURNS TABLE (bytes bytea) LANGUAGE sql AS $$
		SELECT t_data FROM generate_series(0, pg_relation_size(relation) / 8192 - 1) block, heap_page_items(get_raw_page(relation, block)) $$');

sub load_through
{
	my ($port, $from, $to) = @_;
	my ($code, $out, $err) = $node->psql('postgres', "SET client_min_messages = warning;
		CREATE SERVER s_$to FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port '$port', dbname 'postgres');
		CREATE USER MAPPING FOR CURRENT_USER SERVER s_$to;
		SELECT create_pipeline('$to', source => 's_$to', source_table => '$from', destination_table => '$to', load => 'append');
		CALL run_pipeline('$to', '{}', NULL);", on_error_stop => 1);
	is($code, 0, "$from is loaded into $to") or diag($err);
	return;
}

sub same_bytes
{
	my ($to, $expected, $name) = @_;
	my $counts = $node->safe_psql('postgres', "SELECT (SELECT count(*) FROM heap_bytes('$to')), (SELECT count(*) FROM heap_bytes('$expected')),
		(SELECT count(*) FROM heap_bytes('$to') a JOIN heap_bytes('$expected') b USING (bytes))");
	like($counts, qr/^(\d+)\|\1\|\1$/, $name);
	return $counts;
}

# Values from this server, in its own form.
$node->safe_psql('postgres', q{CREATE TABLE plain AS SELECT n AS id, (n::bigint * 12345678) * interval '1 us' - n * interval '1 month 3 days' AS a, '10:11:12.5+03'::timetz + n * interval '1 s' AS b,
	('10.0.0.0'::inet + n * 7)::inet AS c, set_masklen('2001:db8::/32'::inet + n, 1 + n % 128) AS d, set_masklen('10.1.0.0/16'::cidr, n % 33) AS e,
	set_masklen('2001:db8:ffff:ffff::'::cidr, n % 129) AS f, ('08:00:2b:' || substr(md5(n::text), 1, 2) || ':01:02')::macaddr AS g,
	json_build_object('n', n, 'b', json_build_array(1.50, 'ü', NULL))::json AS h,
	ARRAY[n, NULL, -n] AS i, ARRAY['eins', n::text, '', NULL, 'Zürich'] AS j, ARRAY[n * 1.25, 'NaN', 0] AS k, ARRAY[n % 2 = 0, NULL] AS l, '{}'::int8[] AS m,
	ARRAY[md5(n::text)::uuid] AS n, ARRAY[[n, 1], [2, 3]] AS o, ('[3:4]={' || n || ',7}')::int4[] AS p, ARRAY['2020-01-01'::timestamptz + n * interval '1 h'] AS q,
	ARRAY[n::varchar(5), 'äö'::varchar(5)]::varchar(5)[] AS r, ARRAY['a'::char(3)]::char(3)[] AS s, ARRAY[jsonb_build_object('k', n)] AS t, ARRAY[n::int2] AS u, ARRAY[n / 7.0::float8, 'Infinity'] AS v,
	ARRAY['10.0.0.1'::inet + n] AS w, ARRAY['\x00ff'::bytea] AS x, ARRAY['1 h'::interval] AS y, '1 day 02:03:04.567'::interval(1) AS z, '10:11:12.3456+01'::timetz(2) AS aa
	FROM generate_series(1, 2000) n;
	CREATE TABLE plain_loaded (LIKE plain); CREATE TABLE plain_expected (LIKE plain); INSERT INTO plain_expected SELECT * FROM plain});
load_through($node->port, 'plain', 'plain_loaded');
same_bytes('plain_loaded', 'plain_expected', 'and holds the same bytes');

# Texts of all shapes, which a proxy puts in place of the values that the server has made of them.
my $seed = $ENV{SLUICE_TEST_SEED} // 4711;
note("seed $seed");
srand $seed;
my @small = map { random_json(3, 6) } 1 .. 4000;
push @small, map { '[' x $_ . ']' x $_ } 60 .. 70;
my @large = map { '{"list": [' . join(',', map { random_json(4, 40) } 1 .. 20) . '], "wide": ' . random_json(2, 300) . '}' } 1 .. 60;
push @large, '[' . join(',', 1 .. 9000) . ']', '["' . 'x' x 70000 . '"]', '["' . 'y' x 60000 . '"]', '{' . join(',', map { "\"k$_\":$_" } 1 .. 4000) . '}';

sub texts
{
	my ($table, @texts) = @_;
	my $file = "$PostgreSQL::Test::Utils::tmp_check/$table.copy";
	open my $handle, '>:utf8', $file or die $!;
	my $id = 0;
	print {$handle} ++$id, "\t", copy_text($_), "\n" for @texts;
	close $handle;
	$node->safe_psql('postgres', "CREATE TABLE $table (id int, raw text, doc jsonb DEFAULT 'null', plain json DEFAULT 'null', docs jsonb[]);
		CREATE TABLE ${table}_loaded (LIKE $table); CREATE TABLE ${table}_expected (LIKE $table)");
	for my $copy ("${table}_loaded", "${table}_expected")
	{
		$node->safe_psql('postgres', "ALTER TABLE $copy ALTER raw SET STORAGE EXTERNAL, ALTER doc SET STORAGE EXTERNAL, ALTER plain SET STORAGE EXTERNAL, ALTER docs SET STORAGE EXTERNAL");
	}
	# Rows that are compared on their page are not taken apart.
	$node->safe_psql('postgres', "COPY $table (id, raw) FROM '$file' ENCODING 'UTF8';
		DELETE FROM $table WHERE '$table' = 'small' AND 2 * pg_column_size(raw) + 2 * pg_column_size(raw::jsonb) > 1800;
		INSERT INTO ${table}_expected SELECT id, raw || '', raw::jsonb, raw::json, ARRAY[raw::jsonb] FROM $table ORDER BY id");
	# In the order of the columns: id, raw, doc, plain, docs.
	my $proxy = SluiceProxy->new(
		$node->port,
		SluiceProxy::lying(sub {
			my ($row, $number) = @_;
			my $head = $number == 0 ? substr($row, 0, 19, '') : '';
			return $head . $row if $row eq pack('n', 0xffff);
			my $raw = substr($row, 14, unpack('N', substr($row, 10, 4)));
			my $doc = pack('N', 1 + length $raw) . "\x01" . $raw;
			return $head . substr($row, 0, 14) . $raw . $doc . pack('N', length $raw) . $raw . pack('N', 20 + length $doc) . pack('N5', 1, 0, 3802, 1, 1) . $doc;
		}));
	load_through($proxy->port, $table, "${table}_loaded");
	$proxy->stop;
	return;
}

texts('small', @small);
my $rows = same_bytes('small_loaded', 'small_expected', 'small documents hold the same bytes');
like($rows, qr/^[234]\d\d\d\|/, 'thousands of them');

texts('large', @large);
sub toasted
{
	my ($table) = @_;
	return $node->safe_psql('postgres', "SELECT reltoastrelid::regclass FROM pg_class WHERE oid = '$table'::regclass");
}

my ($loaded, $expected) = (toasted('large_loaded'), toasted('large_expected'));
is($node->safe_psql('postgres', "SELECT count(*), md5(string_agg(md5(chunk_data), '' ORDER BY chunk_id, chunk_seq)) FROM $loaded"),
	$node->safe_psql('postgres', "SELECT count(*), md5(string_agg(md5(chunk_data), '' ORDER BY chunk_id, chunk_seq)) FROM $expected"),
	'large documents hold the same bytes');
is($node->safe_psql('postgres', q{SELECT count(*) FROM large_loaded a JOIN large_expected b USING (id) WHERE a.doc = b.doc AND a.doc::text = b.doc::text
	AND jsonb_hash_extended(a.doc, 0) = jsonb_hash_extended(b.doc, 0) AND pg_column_size(a.doc) = pg_column_size(b.doc) AND a.plain::text = b.plain::text}),
	scalar(@large), 'and are equal in every other respect');

$node->stop;
done_testing();
