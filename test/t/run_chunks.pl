# A run is a session that commits chunks: rows, counters, watermark and log of each together. A source of the test module
# gives rows for as long as the test says; whatever ends the run, the next one goes on behind what was committed.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../perl";
use PostgreSQL::Test::Utils;
use SluiceNode;
use Test::More;
use Cwd qw(abs_path);

my $module_dir = abs_path("$FindBin::RealBin/../module");
my $node = SluiceNode->create('chunks',
	"shared_preload_libraries = 'pg_sluice,sluice_test'\ndynamic_library_path = '\$libdir:$module_dir'\nrestart_after_crash = on");
$node->sql(q{CREATE FOREIGN DATA WRAPPER sluice_generated; CREATE SERVER made FOREIGN DATA WRAPPER sluice_generated;
	CREATE TABLE taken (number bigint PRIMARY KEY, word text);
	SELECT create_pipeline('feed', source => 'made', source_table => 'feed', destination_table => 'taken', load => 'append', mode => 'realtime')});

# So many rows there are by now.
sub offer
{
	my ($content, $file) = @_;
	$file = $node->data_dir . '/' . ($file // 'feed');
	append_to_file("$file.new", "$content\n");
	rename "$file.new", $file or die $!;
	return;
}

# No row twice, none missing.
sub await_rows
{
	my ($rows, $name) = @_;
	$node->await("SELECT count(*) = $rows AND coalesce(max(number), 0) = $rows FROM taken", $name);
	return;
}

sub row_of { return $node->sql("SELECT $_[1] FROM pipeline_runs WHERE id = '$_[0]'"); }

offer(2500);
my $run = $node->sql(q{SELECT trigger_pipeline('feed')});
await_rows(2500, 'the first chunk is committed while the run goes on');
$node->await("SELECT phase = 'waiting for rows' FROM pipeline_progress WHERE run = '$run'", 'the run waits for more');
is(row_of($run, 'status, records_processed, records_read, watermark_before, watermark_after'), 'running|2500|2500||2500',
	'counters and watermark are committed with it');
cmp_ok($node->sql("SELECT count(*) FROM run_log('$run')"), '>', 5, 'and the log');
offer(2550);
await_rows(2550, 'a second chunk');
is(row_of($run, 'records_processed, watermark_after'), '2550|2550', 'counters are of the whole run');
my $lines = $node->sql("SELECT count(*) FROM run_log('$run')");
offer(2600);
await_rows(2600, 'a third one');
is($node->sql("SELECT string_agg(message, '; ' ORDER BY line) FROM sluice.pipeline_run_log WHERE run_id = '$run' AND line > $lines"),
	'50 rows loaded into public.taken', 'the log says of it only what is new');

# Others keep out.
$node->sql_fails(q{CALL run_pipeline('feed')}, qr/55006: pipeline "feed" already has a queued or running run: $run/, 'a CALL beside it');
my $skipped = $node->sql(q{SELECT trigger_pipeline('feed', if_running => 'skip')});
is(row_of($skipped, 'status'), 'skipped', 'a trigger beside it');
is($node->sql(q{SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 31 AND mode = 'ExclusiveLock'}), '1',
	'between two chunks the session holds the pipeline');

# A chunk that fails takes nothing else with it.
$node->sql(q{ALTER TABLE taken ADD CHECK (number <> 2700)});
offer(2750);
$node->await("SELECT status = 'failed' FROM pipeline_runs WHERE id = '$run'", 'a chunk fails');
is(row_of($run, 'error_sqlstate, records_processed, watermark_after'), '23514|2600|2600', 'the run tells what stays');
await_rows(2600, 'which is what was committed before');
$node->sql(q{ALTER TABLE taken DROP CONSTRAINT taken_number_check});
$run = $node->sql(q{SELECT trigger_pipeline('feed')});
await_rows(2750, 'the next run goes on behind it');
is(row_of($run, 'watermark_before'), '2600', 'and says from where');

# A stop ends it.
is($node->sql("SELECT stop_run('$run')"), 't', 'a run that waits is stopped');
$node->await("SELECT status = 'stopped' AND records_processed = 150 FROM pipeline_runs WHERE id = '$run'", 'at once, and its rows stay');
await_rows(2750, 'all of them');
is($node->sql(q{SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 31}), '0', 'the pipeline is free again');

# Whatever dies.
for my $terror (
	[ 'its process terminated', sub { $node->sql('SELECT pg_terminate_backend(' . $node->pid_of('run') . ')') } ],
	[ 'kill -9 of its process', sub { kill 'KILL', $node->pid_of('run') } ],
	[ 'a restart of the server', sub { $node->restart } ])
{
	my ($name, $end) = @$terror;
	my $rows = $node->sql('SELECT count(*) FROM taken');
	$run = $node->sql(q{SELECT trigger_pipeline('feed')});
	offer($rows + 10);
	await_rows($rows + 10, "$name: rows arrive");
	$end->();
	offer($rows + 20);
	$node->await("SELECT status = 'failed' FROM pipeline_runs WHERE id = '$run'", "$name: the run has ended");
	like(row_of($run, 'error_hint'), qr/^What it had committed stays: the next run goes on behind it\./, "$name: what that means");
	my $next = $node->sql(q{SELECT trigger_pipeline('feed')});
	await_rows($rows + 20, "$name: the next goes on");
	is(row_of($next, 'watermark_before'), $rows + 10, "$name: behind what was committed");
	$node->sql("SELECT stop_run('$next')");
	$node->await("SELECT status = 'stopped' FROM pipeline_runs WHERE id = '$next'", "$name: stopped");
}

# The end of the source is the end of the run, written with the last rows.
offer('2900 end');
like($node->sql(q{CALL trigger_and_wait('feed')}), qr/\|success$/, 'a source that ends');
await_rows(2900, 'all is there');
is($node->sql(q{SELECT watermark FROM sluice.pipeline_state}), '2900', 'how far it is loaded stays');

# Another source, or another table, begins at the beginning.
offer('30 end', 'other');
$node->sql(q{SELECT alter_pipeline('feed', source_table => 'other', destination_table => 'taken_too')});
is($node->sql(q{SELECT watermark IS NULL FROM sluice.pipeline_state}), 't', 'altered: nothing of it is loaded');
$node->sql(q{CALL trigger_and_wait('feed')});
is($node->sql(q{SELECT count(*), max(number) FROM taken_too}), '30|30', 'it is loaded from its beginning, into a table that is created');

# The same while it runs, by a transaction that is open when a chunk is to be committed.
offer('40', 'other');
$run = $node->sql(q{SELECT trigger_pipeline('feed')});
$node->await('SELECT count(*) = 40 FROM taken_too', 'the run goes on behind it');
my $altering = $node->background_psql('postgres');
$altering->query_safe(q{BEGIN; SELECT alter_pipeline('feed', source_table => 'another')});
offer('50', 'other');
$node->await("SELECT count(*) = 1 FROM pg_stat_activity WHERE backend_type LIKE 'pg_sluice run%' AND wait_event_type = 'Lock'", 'a chunk waits');
$altering->query_safe('COMMIT');
$altering->quit;
$node->await("SELECT status = 'failed' FROM pipeline_runs WHERE id = '$run'", 'it is not committed');
is(row_of($run, 'error_message, records_processed'), 'pipeline "feed" reads from or loads into something else now|10', 'and the run tells why');
is($node->sql(q{SELECT watermark IS NULL, (SELECT count(*) FROM taken_too) FROM sluice.pipeline_state}), 't|40', 'nothing is loaded of the new source');

# The log of a run that never ends keeps its beginning and its last lines; its memory is bounded.
$node->sql(q{SELECT alter_pipeline('feed', source_table => 'many', destination_table => 'taken')});
$node->sql(q{TRUNCATE taken});
offer('1000 slowly', 'many');
$run = $node->sql(q{SELECT trigger_pipeline('feed')});
$node->await('SELECT count(*) >= 200 FROM taken', 'many chunks');
my $memory = memory_of($node->pid_of('run'));
await_rows(1000, 'all of them');
cmp_ok(memory_of($node->pid_of('run')) - $memory, '<', 2048, 'kB of memory more than after the first 130');
$node->sql("SELECT stop_run('$run')");
$node->await("SELECT status = 'stopped' FROM pipeline_runs WHERE id = '$run'", 'stopped');
my ($count, $first, $last) = split /\|/, $node->sql("SELECT count(*), count(*) FILTER (WHERE line <= 100), max(line) FROM sluice.pipeline_run_log WHERE run_id = '$run'");
is($first, 100, 'the beginning of its log stays');
cmp_ok($last, '>', 600, 'of more lines');
cmp_ok($count, '<=', 502, 'than are kept');

sub memory_of
{
	my $status = slurp_file("/proc/$_[0]/status");
	return $status =~ /^VmRSS:\s+(\d+) kB/m ? $1 : die $status;
}

# What has no end has no place in a caller's transaction, nor where the source ends.
$node->sql_fails(q{CALL run_pipeline('feed')}, qr/0A000: pipeline "feed" cannot run in the caller's transaction, because its mode is realtime/, 'CALL');
$node->sql_fails(q{SELECT create_pipeline('x', source_query => 'SELECT 1 AS i', destination_table => 'x', load => 'append', mode => 'realtime')},
	qr/0A000: mode "realtime" is not supported yet/, 'a source of this database');
$node->sql_fails(q{SELECT create_pipeline('x', source => 'made', source_table => 'x', destination_table => 'x', load => 'replace', mode => 'realtime')},
	qr/0A000: mode "realtime" appends rows only/, 'a replace');

done_testing();
