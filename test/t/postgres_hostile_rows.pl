# A source that lies: wrong counts and lengths, messages that end too early, silence in the middle of a row, values that
# are not of their type, and bytes changed at random. Each is a clear error that changes nothing, and no process dies.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../perl";
use SluiceProxy;
use DataTemplate;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

$PostgreSQL::Test::Cluster::use_tcp = 1;
$PostgreSQL::Test::Cluster::test_pghost = '127.0.0.1';

my $source = PostgreSQL::Test::Cluster->new('source');
$source->init;
$source->append_conf('postgresql.conf', "listen_addresses = '127.0.0.1'");
$source->start;
my $target = PostgreSQL::Test::Cluster->new('target');
$target->init;
$target->append_conf('postgresql.conf', "shared_preload_libraries = 'pg_sluice'");
$target->start;

$source->safe_psql('postgres', q{CREATE TABLE honest AS SELECT i AS a, 'text ' || i AS b, i * 1.25 AS c, ARRAY[i, i + 1] AS d,
	jsonb_build_object('k', i) AS e, timestamptz '2020-01-01' + i * interval '1 h' AS f, i % 2 = 0 AS g, md5(i::text)::uuid AS h, inet '10.0.0.1' + i AS i
	FROM generate_series(1, 300) i});
# The header comes in one message with the first row: message 5 holds row 6.
$target->safe_psql('postgres', q{CREATE EXTENSION postgres_fdw; CREATE EXTENSION pg_sluice;
	CREATE TABLE kept (a int, b text, c numeric, d int[], e jsonb, f timestamptz, g bool, h uuid, i inet); INSERT INTO kept (a) VALUES (-1)});

my $number = 0;

# The error of a run whose rows come through that lie; '' when it worked.
sub run_through
{
	my ($lie, $options) = @_;
	my $proxy = SluiceProxy->new($source->port, SluiceProxy::lying($lie));
	my $port = $proxy->port;
	++$number;
	my ($code, $out, $err) = $target->psql('postgres', "\\set VERBOSITY verbose\nSET client_min_messages = warning;
		CREATE SERVER s$number FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port '$port', dbname 'postgres');
		CREATE USER MAPPING FOR CURRENT_USER SERVER s$number;
		SELECT create_pipeline('p$number', source => 's$number', source_table => 'honest', destination_table => 'kept', load => 'append', options => '$options');
		CALL run_pipeline('p$number', '{}', NULL);", on_error_stop => 1);
	$proxy->stop;
	return $code == 0 ? '' : $err;
}

sub lie_fails
{
	my ($lie, $pattern, $name, $options) = @_;
	like(run_through($lie, $options // '{}'), $pattern, $name);
	return;
}

is(run_through(sub { return $_[0] }, '{}'), '', 'an honest proxy changes nothing');
is($target->safe_psql('postgres', 'SELECT count(*), sum(a) FROM kept'), '301|45149', 'all rows arrive');
$target->safe_psql('postgres', 'DELETE FROM kept WHERE a > 0');

my $malformed = qr/08P01: server "s\d+" sent a malformed row/;
lie_fails(sub { my ($row, $n) = @_; return $n == 0 ? 'x' x length $row : $row }, qr/$malformed.*signature is missing/s, 'no signature');
lie_fails(sub { my ($row, $n) = @_; substr($row, 15, 4) = pack('N', 0x7fffffff) if $n == 0; return $row }, qr/$malformed.*header is not understood/s,
	'a header extension that is not there');
lie_fails(sub { my ($row, $n) = @_; substr($row, 0, 2) = pack('n', 30000) if $n == 5; return $row }, qr/$malformed.*another number of fields/s, 'too many fields');
lie_fails(sub { my ($row, $n) = @_; return $n == 5 ? substr($row, 0, -3) : $row }, qr/$malformed.*longer than its row.*row 6, column "i"/s, 'a row cut short');
lie_fails(sub { my ($row, $n) = @_; substr($row, 2, 4) = pack('N', 0x7ffffff0) if $n == 5; return $row }, qr/$malformed.*longer than its row.*row 6, column "a"/s,
	'a length of two gigabytes');
lie_fails(sub { my ($row, $n) = @_; substr($row, 2, 4) = pack('N', 0xfffffff0) if $n == 5; return $row }, qr/$malformed.*longer than its row/s, 'a negative length');
lie_fails(sub { my ($row, $n) = @_; return $n == 5 ? $row . 'x' : $row }, qr/$malformed.*goes on after its last field/s, 'a row that goes on');
lie_fails(sub { my ($row, $n) = @_; return $n == 5 ? '' : $row }, qr/$malformed.*another number of rows than arrived/s, 'an empty message');
lie_fails(sub { my ($row, $n) = @_; return $n == 5 ? () : $row }, qr/$malformed.*another number of rows than arrived/s, 'a row that is kept back');
lie_fails(sub { my ($row, $n) = @_; return $n == 5 ? ($row, $row) : $row }, qr/$malformed.*another number of rows than arrived/s, 'a row that comes twice');
lie_fails(sub { my ($row, $n) = @_; return $n == 5 ? pack('n', 0xffff) : $row }, qr/$malformed.*data after the end/s, 'an end before the end');
lie_fails(sub { my ($row) = @_; return $row eq pack('n', 0xffff) ? () : $row }, qr/$malformed.*without the end mark/s, 'no end');
lie_fails(sub { my ($row, $n) = @_; return $n == 5 ? substr($row, 0, 2) . pack('N', 8) . ("\0" x 8) . substr($row, 10) : $row },
	qr/22P03: incorrect binary data format.*row 6, column "a"/s, 'an int4 of eight bytes');
lie_fails(sub { my ($row, $n) = @_; $row =~ s/text 6/te\xff\xfe 5/ if $n == 5; return $row }, qr/22021: invalid byte sequence.*row 6, column "b"/s, 'text that is none');
lie_fails(sub { my ($row, $n) = @_; $row =~ s/text 6/te\0\0 5/ if $n == 5; return $row }, qr/22021: invalid byte sequence.*row 6, column "b"/s, 'zero bytes in a text');
lie_fails(sub { my ($row, $n) = @_; $row =~ s/\x01\{"k"/\x07{"k"/ if $n == 5; return $row }, qr/ERROR:.*row 6, column "e"/s, 'a jsonb of another version');
lie_fails(sub { my ($row, $n) = @_; $row =~ s/\x01\{"k": 6/\x01{"k" 66/ if $n == 5; return $row }, qr/22P02: invalid input syntax for type json.*row 6, column "e"/s, 'a jsonb that is none');
# An int4[] of two elements: dimensions, flags, type, length, first index.
my $array = pack('N5', 1, 0, 23, 2, 1);
lie_fails(sub { my ($row, $n) = @_; $row =~ s/\Q$array\E/pack('N5', 1, 0, 23, 0x10000000, 1)/se if $n == 5; return $row }, qr/ERROR:.*row 6, column "d"/s,
	'an array of more elements than there are');
lie_fails(sub { my ($row, $n) = @_; $row =~ s/\Q$array\E/pack('N5', 1, 0, 25, 2, 1)/se if $n == 5; return $row }, qr/ERROR:.*row 6, column "d"/s, 'an array of another type');
lie_fails(sub { my ($row, $n) = @_; $row =~ s/\Q$array\E\0\0\0\x04/$array . pack('N', 5)/se if $n == 5; return $row }, qr/ERROR:.*row 6, column "d"/s,
	'an element that reaches into the next one');
lie_fails(sub { my ($row, $n) = @_; $row =~ s/\x02\x20\0\x04\x0a/\x02\x21\0\x04\x0a/ if $n == 5; return $row }, qr/22P03: invalid bits.*row 6, column "i"/s, 'an inet of 33 bits');
lie_fails(sub { my ($row, $n) = @_; return $n == 5 ? undef : $row }, qr/08006: connection to server "s\d+" was lost/, 'a source that hangs up');
lie_fails(sub { my ($row, $n) = @_; return $n == 5 ? \'silent' : $row }, qr/SL005: server "s\d+" sent nothing for 1 second/, 'silence in the middle of a row',
	'{"source_idle_timeout": 1}');

# Any bytes: an error or other values, never more.
my $seed = $ENV{SLUICE_TEST_SEED} // 4711;
my %seen;
for my $round (1 .. 15)
{
	srand($seed + $round);
	my $target_row = 1 + int rand 290;
	my $error = run_through(
		sub {
			my ($row, $n) = @_;
			return $row if $n != $target_row;
			srand($seed * 1000 + $round);
			substr($row, int rand length $row, 1) = chr int rand 256 for 0 .. int rand 3;
			$row = substr($row, 0, int rand length $row) if rand() < 0.2;
			return $row;
		}, '{}');
	$seen{ $error eq '' ? 'loaded' : $error =~ /ERROR:  (\w{5})/ ? $1 : $error }++;
}
note("seed $seed: " . join(', ', map { "$_ $seen{$_}" } sort keys %seen));
is_deeply([ grep { !/^(loaded|08P01|22\w{3}|54000|XX000)$/ } keys %seen ], [], 'bytes changed at random: other values, or an error that says what they are');
unlike(slurp_file($target->logfile), qr/terminated by signal|PANIC|TRAP/, 'no process died');
is($target->safe_psql('postgres', 'SELECT count(*) FROM kept') % 300, 1, 'a run that failed loaded nothing');

$target->stop;
$source->stop;
done_testing();
