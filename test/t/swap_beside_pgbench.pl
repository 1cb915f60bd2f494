# A table is replaced again and again while an application reads and writes it all the time, somebody reads it slowly and
# autovacuum works: no run fails, no transaction of the application does, and what it wrote after a replace is there.
# BUSY_SECONDS=60 goes on for longer than the few seconds of a plain test run.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../perl";
use SluiceNode;
use IPC::Run;
use List::Util qw(max);
use PostgreSQL::Test::Utils;
use Test::More;

use constant ROWS => 2000; # the application updates the first half and deletes from the second
my $seconds = $ENV{BUSY_SECONDS} // 8;

my $node = SluiceNode->create('busy', <<'CONF');
autovacuum_naptime = 1s
autovacuum_vacuum_threshold = 20
autovacuum_vacuum_scale_factor = 0
autovacuum_vacuum_cost_delay = 0
log_lock_waits = on
CONF
$node->sql(<<'SQL');
CREATE TABLE round (value int);
INSERT INTO round VALUES (1);
CREATE TABLE plain (id int PRIMARY KEY, round int, n int);
CREATE INDEX ON plain (round);
CREATE TABLE parts (LIKE plain INCLUDING INDEXES) PARTITION BY RANGE (id);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (700);
CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM (700) TO (1500);
CREATE TABLE parts_3 PARTITION OF parts FOR VALUES FROM (1500) TO (MAXVALUE);
CREATE SEQUENCE own_id START 1000000;
CREATE TABLE written (of_table text, what text, id int, round int);
SQL

# What the application did is written down with the replace that it saw: no replace is between the two statements, because
# the first one's lock keeps it out.
my %scripts = (
	update => [ 6, <<'SQL' ],
\set id random(1, 1000)
BEGIN;
SELECT n FROM TABLE WHERE id = :id;
UPDATE TABLE SET n = n + 1 WHERE id = :id;
INSERT INTO written SELECT 'TABLE', 'update', :id, max(round) FROM TABLE;
COMMIT;
SQL
	insert => [ 2, <<'SQL' ],
BEGIN;
SELECT count(*) FROM TABLE WHERE id > 1000000;
INSERT INTO TABLE (id, n) VALUES (nextval('own_id'), 0);
INSERT INTO written SELECT 'TABLE', 'insert', currval('own_id'), max(round) FROM TABLE;
COMMIT;
SQL
	delete => [ 1, <<'SQL' ],
\set id random(1001, 2000)
BEGIN;
DELETE FROM TABLE WHERE id = :id;
INSERT INTO written SELECT 'TABLE', 'delete', :id, max(round) FROM TABLE;
COMMIT;
SQL
	read => [ 4, "SELECT sum(n), count(*) FROM TABLE;\n" ],
	linger => [ 1, <<'SQL' ],
BEGIN;
SELECT count(*) FROM TABLE;
\sleep 200 ms
SELECT count(*) FROM TABLE;
COMMIT;
SQL
);

sub start_application
{
	my ($table) = @_;
	my $folder = $node->basedir . "/pgbench_$table";
	mkdir $folder or die "$folder: $!";
	my @files;
	for my $name (sort keys %scripts)
	{
		my ($weight, $text) = @{ $scripts{$name} };
		append_to_file("$folder/$name.sql", $text =~ s/TABLE/$table/gr);
		push @files, '-f', "$folder/$name.sql\@$weight";
	}
	my %application = (table => $table, folder => $folder, names => [ sort keys %scripts ]);
	$application{process} = IPC::Run::start(
		[ 'pgbench', '-n', '-c', 4, '-T', $seconds, '--log', '--log-prefix', "$folder/took", @files, $node->connstr('postgres') ],
		'>', \$application{out}, '2>', \$application{err});
	return \%application;
}

# The longest transaction that did not sleep, in milliseconds.
sub longest_stall
{
	my ($application) = @_;
	my @took = (0);
	for my $file (glob "$application->{folder}/took*")
	{
		for my $line (split /\n/, slurp_file($file))
		{
			my (undef, undef, $microseconds, $script) = split / /, $line;
			push @took, $microseconds / 1000 if $application->{names}[$script] ne 'linger';
		}
	}
	return int(max(@took));
}

for my $table (qw(plain parts))
{
	my $pipeline = "replace_$table";
	$node->sql("INSERT INTO $table SELECT i, 0, 0 FROM generate_series(1, " . ROWS . ") i;
		SELECT create_pipeline('$pipeline', source_query => 'SELECT i AS id, (SELECT value FROM public.round) AS round, 0 AS n FROM generate_series(1, "
		  . ROWS . ") i', destination_table => '$table', load => 'replace')");
	my $application = start_application($table);
	my $process = $application->{process};
	while ($process->pumpable)
	{
		$node->sql("UPDATE round SET value = value + 1; CALL trigger_and_wait('$pipeline', raise_error => false)");
		$process->pump_nb;
	}
	$process->finish;
	is($process->full_result(0), 0, "$table: pgbench ends well") or diag($application->{err});
	like($application->{out}, qr/number of failed transactions: 0 /, "$table: no transaction of the application failed");
	unlike($application->{err}, qr/deadlock|ERROR|aborted/, "$table: nor was one the victim of a deadlock");

	my $runs = $node->sql("SELECT count(*) FROM pipeline_runs WHERE pipeline_name = '$pipeline'");
	cmp_ok($runs, '>', 1, "$table: $runs replaces beside it");
	is( $node->sql("SELECT string_agg(DISTINCT concat_ws(' ', status, error_sqlstate, error_message), '; ') FROM pipeline_runs WHERE pipeline_name = '$pipeline'"),
		'success', "$table: all of them succeed");
	my ($swapped, $in_place) = split /\|/, $node->sql(<<SQL);
SELECT count(*) FILTER (WHERE swap AND NOT deleted), count(*) FILTER (WHERE swap AND deleted) FROM (
	SELECT bool_or(message LIKE 'path: rows % swapped in%') AS swap, bool_or(message LIKE '%are deleted and the new ones inserted in place of a swap%') AS deleted
	FROM pipeline_log WHERE pipeline = '$pipeline' GROUP BY run) r
SQL
	is($swapped + $in_place, $runs, "$table: the log of each says which way it took");
	note("$table: $swapped swapped in, $in_place in place, longest stall " . longest_stall($application) . ' ms');

	# Only what was written after the last replace is there, and all of it.
	my $last = $node->sql('SELECT value FROM round');
	my $written = "(SELECT count(DISTINCT id) FROM written WHERE of_table = '$table' AND round = $last AND what =";
	is($node->sql("SELECT string_agg(DISTINCT round::text, ' ') FROM $table WHERE id <= " . ROWS), $last, "$table: all rows are of the last replace");
	is( $node->sql("SELECT (SELECT sum(n) FROM $table) = (SELECT count(*) FROM written WHERE of_table = '$table' AND what = 'update' AND round = $last),
			(SELECT count(*) FROM $table WHERE id > " . ROWS . ") = $written 'insert'),
			(SELECT " . ROWS . " - count(*) FROM $table WHERE id <= " . ROWS . ") = $written 'delete'),
			(SELECT count(*) > 0 FROM written WHERE of_table = '$table' AND round < $last)"),
		't|t|t|t', "$table: with what the application did after it");
}
is($node->sql("SELECT deadlocks FROM pg_stat_database WHERE datname = 'postgres'"), '0', 'no deadlock was resolved by force');
unlike(slurp_file($node->logfile), qr/deadlock detected/, 'the log knows of none');
is($node->sql("SELECT count(*) FROM pg_class WHERE relname ~ '^pg_(temp|sluice)_[0-9]'"), '0', 'nothing is left over');
$node->stop;
done_testing();
