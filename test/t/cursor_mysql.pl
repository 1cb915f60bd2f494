# Runs that read by a cursor from a real MariaDB: only what is new, no row twice, none left out, whatever the column's type.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../perl";
use SluiceMariaDB;
use SluiceNode;
use Test::More;

my $sharedir = `pg_config --sharedir`;
chomp $sharedir;
# Without the package a wrapper of that name serves to name servers.
my $has_fdw = -e "$sharedir/extension/mysql_fdw.control";

my $maria = SluiceMariaDB->new;
$maria->sql(qq{SET GLOBAL time_zone = '+05:00'; CREATE DATABASE shop CHARACTER SET utf8mb4;
	CREATE USER reader\@'127.0.0.1' IDENTIFIED BY 'secret'; GRANT SELECT ON shop.* TO reader\@'127.0.0.1'});
my $table = q{(id int, small smallint, big bigint, huge bigint unsigned, amount decimal(20, 6), day date, at datetime(6), changed timestamp(6) NULL, plain datetime, word varchar(20))};
$maria->sql("USE shop; CREATE TABLE typed $table; CREATE TABLE odd (ratio double, born year, word varchar(20), key_ uuid)");

# mysql_fdw takes a bigint unsigned for a bigint.
my $huge = '18446744073709550000';

# Rows from..to, each later than the one before in every column; copies of the last.
sub add
{
	my ($from, $to, $copies) = @_;
	$maria->sql(qq{USE shop; SET time_zone = '+00:00'; INSERT INTO typed SELECT seq, seq, seq * 1000000007, $huge + seq, seq * 0.000001, '2026-01-31' + INTERVAL seq DAY,
		'2026-03-29 00:59:59.999995' + INTERVAL seq MICROSECOND, '2026-10-25 00:59:59.999995' + INTERVAL seq MICROSECOND, '2026-01-01' + INTERVAL seq SECOND, seq
		FROM seq_${from}_to_$to});
	$maria->sql("USE shop; INSERT INTO typed SELECT * FROM typed WHERE id = $to LIMIT 1") for 1 .. $copies;
	return;
}

my $node = SluiceNode->create('target');
my $port = $maria->port;
$node->sql(($has_fdw ? 'CREATE EXTENSION mysql_fdw' : 'CREATE FOREIGN DATA WRAPPER mysql_fdw')
	. qq{; CREATE SERVER m FOREIGN DATA WRAPPER mysql_fdw OPTIONS (host '127.0.0.1', port '$port');
	CREATE USER MAPPING FOR CURRENT_USER SERVER m OPTIONS (username 'reader', password 'secret')});

my $counts = q{SELECT records_read || '/' || records_inserted || '/' || records_duplicate FROM pipeline_runs WHERE pipeline_name = '%s' ORDER BY id DESC LIMIT 1};

sub run_counts
{
	my $name = shift;
	$node->sql("CALL run_pipeline('$name', NULL, NULL)");
	return $node->sql(sprintf $counts, $name);
}

my @ways = ([ 'own', q{source_table => 'shop.typed'} ], [ 'query', q{source_query => 'SELECT * FROM shop.typed -- all of it'} ]);
push @ways, [ 'fdw', q{source_table => 'shop.typed', options => '{"mysql_source": "fdw"}'} ] if $has_fdw;
for my $way (@ways)
{
	my ($how, $source) = @$way;
	$huge = '1000' if $how eq 'fdw';
	for my $column (qw(id small big huge amount day at changed plain))
	{
		# The wrapper does not read it as an instant.
		next if $how eq 'fdw' && $column eq 'changed';
		my $name = "${how}_$column";
		$maria->sql('TRUNCATE shop.typed');
		$node->sql("SELECT create_pipeline('$name', source => 'm', $source, destination_table => '$name', cursor_column => '$column', columns => 'id, word', timezone => 'Europe/Berlin')");
		is(run_counts($name), '0/0/0', "$name: an empty table");
		add(1, 4, 1);
		is(run_counts($name), '5/5/0', "$name: all that there is");
		is(run_counts($name), '2/0/2', "$name: what is at the watermark is known");
		add(5, 8, 0);
		$maria->sql("USE shop; INSERT INTO typed SELECT * FROM typed WHERE id = 4 LIMIT 1");
		is(run_counts($name), '7/5/2', "$name: what is new, and what came late with the value of the watermark");
		is(run_counts($name), '1/0/1', "$name: and nothing again");
		is($node->sql("SELECT string_agg(id::text, ' ' ORDER BY id) FROM $name"), '1 2 3 4 4 4 5 6 7 8', "$name: the destination is what the source is");
	}
}
# The rows that pg_sluice itself has read.
$maria->sql('TRUNCATE shop.typed');
$huge = '18446744073709550000';
add(1, 8, 0);
like($node->sql("SELECT string_agg(l, E'\\n') FROM explain_pipeline('own_changed') AS l"), qr/SELECT .* FROM `shop`\.`typed` WHERE `changed` >= '2026-10-25 01:00:00\.000003' AND `changed` <= '2026-10-25 01:00:00\.000003'/,
	'explain_pipeline shows the condition');
is($node->sql(q{SELECT watermark FROM pipelines WHERE name = 'own_huge'}), '18446744073709550008', 'a watermark beyond bigint');

$node->sql(q{SELECT create_pipeline('bad', source => 'm', source_table => 'shop.odd', destination_table => 'bad', cursor_column => 'ratio')});
for my $case ([ 'ratio', qr/column "ratio" cannot be a cursor: its type is double/ ], [ 'word', qr/cannot be a cursor/ ], [ 'born', qr/MySQL compares a year/ ], [ 'key_', qr/MariaDB orders a uuid/ ],
	[ 'gone', qr/has no column "gone"/ ])
{
	$node->sql("SELECT alter_pipeline('bad', cursor_column => '$case->[0]')");
	$node->sql_fails("CALL run_pipeline('bad')", $case->[1], "$case->[0] is no cursor");
}
$maria->sql('USE shop; INSERT INTO typed (id) VALUES (9)');
$node->sql_fails("CALL run_pipeline('own_at')", qr/23502.*cursor column "at" has rows without a value/s, 'a row without a value');
$node->sql(q{SELECT alter_pipeline('own_at', options => '{"on_null_cursor": "include"}')});
is(run_counts('own_at'), '2/1/1', 'or it is read');
is(run_counts('own_at'), '2/0/2', 'once');
$node->sql(q{SELECT alter_pipeline('own_plain', options => '{"lag": "3 seconds", "on_null_cursor": "exclude"}')});
is(run_counts('own_plain'), '1/0/1', 'a lag counts from the next watermark on');
add(9, 12, 0);
is(run_counts('own_plain'), '5/4/1', 'and reads again');
$maria->sql(q{USE shop; INSERT INTO typed (id, plain) VALUES (13, '2026-01-01 00:00:10')});
is(run_counts('own_plain'), '5/1/4', 'what comes late within it');

# In chunks, which end where the source says; five rows share a value.
$maria->sql('TRUNCATE shop.typed');
$huge = '1000';
add(1, 3, 4);
add(4, 12, 1);
for my $way (@ways)
{
	my ($how, $source) = @$way;
	for my $column ('amount', 'day', 'at', 'plain', $how eq 'fdw' ? () : qw(huge changed))
	{
		my $name = "chunks_${how}_$column";
		$node->sql("SELECT create_pipeline('$name', source => 'm', $source, destination_table => '$name', cursor_column => '$column', columns => 'id, word', timezone => 'Europe/Berlin')");
		$node->sql(qq{SELECT alter_pipeline('$name', options => '{"commit_every": 3}')});
		like($node->sql("CALL trigger_and_wait('$name')"), qr/\|success$/, "$name: loaded");
		is($node->sql("SELECT string_agg(id::text, ' ' ORDER BY id) FROM $name"), '1 2 3 3 3 3 3 4 5 6 7 8 9 10 11 12 12', "$name: all rows, once each");
		# The wrapper gives no end behind the watermark where it loses digits of it: then the chunk is the last.
		is($node->sql("SELECT count(DISTINCT xmin::text) FROM $name"), '4', "$name: in four transactions") if $how ne 'fdw';
	}
}

done_testing();
