# One tenant never stops the others: bounds on what users store, turns among owners, large settlements in slices.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../perl";
use SluiceNode;
use Test::More;

my $node = SluiceNode->create('tenants', "max_prepared_transactions = 2\npg_sluice.max_concurrent_runs = 1\npg_sluice.max_context_size = 64kB");
my $gate;

# In kB.
sub peak_memory
{
	my ($pid) = @_;
	open(my $status, '<', "/proc/$pid/status") or die "no process $pid";
	my ($peak) = map { /^VmHWM:\s+(\d+)/ ? $1 : () } <$status>;
	close $status;
	return $peak;
}

sub all_over
{
	my ($name) = @_;
	return $node->await("SELECT count(*) = 0 FROM pipeline_runs WHERE status IN ('pending', 'running')", $name);
}

$node->pipeline('gated', SluiceNode::gated_query());
$node->pipeline('quick', "SELECT length(public.run_context()->>'k')::bigint AS i");

# What a trigger may carry has a bound.
$node->sql_fails("SELECT trigger_pipeline('quick', jsonb_build_object('k', repeat('x', 65536)))",
	qr/54000: context is too large: 65545 bytes.*max_context_size/s, 'a large context');
$node->sql_fails("CALL trigger_and_wait('quick', jsonb_build_object('k', repeat('x', 65536)))",
	qr/54000: context is too large/, 'a large context and a wait');
$node->sql_fails("CALL run_pipeline('quick', jsonb_build_object('k', repeat('x', 65536)))",
	qr/54000: context is too large/, 'a large context of one\'s own session');
is($node->sql('SELECT count(*) FROM pipeline_runs'), '0', 'nothing was queued');
$node->sql("SELECT trigger_pipeline('quick', jsonb_build_object('k', repeat('x', 65000)))");
all_over('one of nearly the greatest size');
is($node->sql('SELECT i FROM dst_quick'), '65000', 'its run sees it whole');

# A queue of contexts, also of a time when nothing was bounded, is nothing to the scheduler.
$gate = $node->close_gate;
$node->sql("SELECT alter_pipeline('gated', options => '{\"priority\": 1000}'); SELECT trigger_pipeline('gated')");
$node->await_gated(1, 'the only place is taken');
my $scheduler = $node->pid_of('scheduler', 'postgres');
my $before = peak_memory($scheduler);
$node->sql("SELECT count(trigger_pipeline('quick', jsonb_build_object('k', repeat('x', 65000)), if_running => 'queue')) "
	  . "FROM generate_series(1, 2000)");
$node->sql("UPDATE sluice.pipeline_runs SET context = jsonb_build_object('k', repeat('x', 8000000)), priority = 999 WHERE id IN "
	  . "(SELECT id FROM pipeline_runs WHERE status = 'pending' ORDER BY id LIMIT 40)");
my $look = $node->sql("SELECT trigger_pipeline('gated', if_running => 'queue')");
$node->sql("UPDATE sluice.pipeline_runs SET if_running = 'skip' WHERE id = '$look'");
$node->sql("SELECT trigger_pipeline('quick', if_running => 'queue')");
$node->await("SELECT status = 'skipped' FROM pipeline_runs WHERE id = '$look'", 'the scheduler has read its queue');
my $growth = peak_memory($scheduler) - $before;
cmp_ok($growth, '<', 40_000, "contexts of 8 MB do not grow the scheduler: $growth kB");
my $large = $node->sql("SELECT id FROM pipeline_runs WHERE status = 'pending' ORDER BY priority DESC, queued_at, id LIMIT 1");
$node->sql("UPDATE sluice.pipeline_runs SET status = 'stopped', end_time = now() WHERE status = 'pending' AND id <> '$large'");
$gate->quit;
all_over('what was too large before there was a bound ends');
like($node->sql("SELECT error_sqlstate || ' ' || error_message FROM pipeline_runs WHERE id = '$large'"),
	qr/^54000 context of run .* is too large: \d+ bytes/, 'as a failure that says why');

# Turns are fair among owners; priority counts within one. A turn is half a second long.
$node->sql("CREATE ROLE rich LOGIN; CREATE ROLE poor LOGIN; GRANT CREATE, USAGE ON SCHEMA public TO rich, poor;"
	  . "SELECT allow_pipelines('rich'); SELECT allow_pipelines('poor')");
for my $owner ('rich', 'poor')
{
	$node->sql("SET ROLE $owner; SELECT create_pipeline('$owner' || i, source_query => \$q\$SELECT 1 AS i FROM pg_sleep(0.1)\$q\$, destination_table => 'public.dst_$owner' || i, "
		  . "load => 'replace', options => '{\"priority\": 1000}') FROM generate_series(1, 20) i");
}
$node->sql("SELECT alter_pipeline(name, options => '{\"priority\": -1000}') FROM pipelines WHERE owner = 'poor'");
$gate = $node->close_gate;
$node->sql("SELECT trigger_pipeline('gated')");
$node->await_gated(1, 'the only place is taken again');
$node->sql("SELECT trigger_pipeline(name) FROM pipelines WHERE owner = 'rich'");
$node->sql("SELECT trigger_pipeline(name) FROM pipelines WHERE owner = 'poor' LIMIT 3");
$node->sql("SELECT alter_pipeline('rich20', options => '{\"priority\": 5}')");
$gate->quit;
all_over('all are made');
is($node->sql("SELECT count(*) FROM (SELECT owner FROM pipeline_runs WHERE owner IN ('rich', 'poor') ORDER BY start_time LIMIT 12) f WHERE owner = 'poor'"),
	'3', 'a few runs of low priority have their turns beside many of a high one');

# One place stays for others, unless the settings say otherwise.
$node->append_conf('postgresql.conf', 'pg_sluice.max_concurrent_runs = 3');
$node->reload;
$node->poll_query_until('postgres', "SELECT setting = '3' FROM pg_settings WHERE name = 'pg_sluice.max_concurrent_runs'");
for my $n (1 .. 3)
{
	$node->sql("SET ROLE rich; SELECT create_pipeline('slow$n', destination_table => 'public.dst_slow$n', load => 'replace', source_query => \$q\$"
		  . SluiceNode::gated_query() . '$q$)');
}
$gate = $node->close_gate;
$node->sql("SELECT trigger_pipeline('slow' || i) FROM generate_series(1, 3) i");
$node->await_gated(2, 'one owner has two of three places');
$node->await("SELECT reason LIKE '2 runs of role \"rich\" are under way and one of the 3 places of pg_sluice.max_concurrent_runs stays for other owners' "
	  . "FROM pipeline_runs WHERE status = 'pending'", 'and is told why not the third');
$node->sql("SELECT trigger_pipeline('poor1')");
$node->await("SELECT count(*) = 1 FROM pipeline_runs WHERE pipeline_name = 'poor1' AND status = 'success' AND start_time > "
	  . "(SELECT min(start_time) FROM pipeline_runs WHERE status = 'running')", 'another owner goes on at once');
$gate->quit;
all_over('and all end');

# A session that never ends its transaction holds single_run only so long.
$node->append_conf('postgresql.conf', "pg_sluice.single_run = on\npg_sluice.single_run_limit = 0");
$node->reload;
$node->poll_query_until('postgres', "SELECT setting = 'on' FROM pg_settings WHERE name = 'pg_sluice.single_run'");
my $holder = $node->background_psql('postgres', on_error_stop => 0);
$holder->query_safe("BEGIN; CALL run_pipeline('quick', '{\"k\": \"x\"}')");
my $pid = $node->sql("SELECT pid FROM pg_stat_activity WHERE state = 'idle in transaction' AND query LIKE '%run_pipeline%'");
$node->pipeline('second', 'SELECT 1::bigint AS i');
like(($node->psql('postgres', "CALL run_pipeline('second', '{}')"))[2],
	qr/another pipeline is running.*DETAIL:  pg_sluice.single_run is on and the transaction of a CALL run_pipeline is open in the session with PID $pid, without a limit/s,
	'a second CALL is told for whom it would wait, and how long');
my @held = map { $node->sql("SELECT trigger_pipeline('$_', if_running => 'queue')") } ('poor1', 'quick');
$node->await("SELECT count(*) > 0 FROM pipeline_runs WHERE status = 'pending' AND reason LIKE "
	  . "'%CALL run_pipeline is open in the session with PID $pid, without a limit (pg_sluice.single_run_limit)'", 'who waits is told for whom');
is($node->sql("SELECT count(*) FROM pipeline_runs WHERE status = 'pending'"), '2', 'without a limit they wait');
$node->pipeline('ticks', 'SELECT 1::bigint AS i', "schedule => 'every 1 second'");
$node->await("SELECT count(*) > 0 FROM pipeline_runs WHERE pipeline_name = 'ticks' AND status = 'skipped' AND reason LIKE '%single_run%'",
	'what is due is skipped, and says why');
$node->sql("SELECT drop_pipeline('ticks')");
$node->append_conf('postgresql.conf', 'pg_sluice.single_run_limit = 1');
$node->reload;
$node->await("SELECT count(*) = 1 FROM pipeline_runs WHERE id = '$held[0]' AND status = 'success'", 'with one another pipeline has not to wait for ever');
like(PostgreSQL::Test::Utils::slurp_file($node->logfile), qr/LOG: .*the session with PID $pid is ended.*single_run_limit \(1 s\)/, 'the log says why');
is($node->sql("SELECT count(*) FROM pg_stat_activity WHERE pid = $pid"), '0', 'the session is gone');
$node->await("SELECT count(*) = 1 FROM pipeline_runs WHERE id = '$held[1]' AND status <> 'pending'", 'the pipeline that it held runs as well');
eval { $holder->quit };
# A prepared transaction is ended by nobody, and who waits is told.
$node->sql("BEGIN; CALL run_pipeline('quick', '{}'); PREPARE TRANSACTION 'holds'");
my $behind = $node->sql("SELECT trigger_pipeline('poor1', if_running => 'queue')");
$node->await("SELECT reason LIKE '%a prepared transaction with a CALL run_pipeline is not over' FROM pipeline_runs WHERE id = '$behind'",
	'who waits for a prepared transaction is told so');
$node->sql("COMMIT PREPARED 'holds'");
$node->await("SELECT status = 'success' FROM pipeline_runs WHERE id = '$behind'", 'and goes on after it');
$node->append_conf('postgresql.conf', 'pg_sluice.single_run = off');
$node->reload;
$node->poll_query_until('postgres', "SELECT setting = 'off' FROM pg_settings WHERE name = 'pg_sluice.single_run'");

# A batch of thousands goes on in slices: another one is not behind it, and a crash in between loses and doubles nothing.
$node->pipeline('root_small', SluiceNode::gated_query());
$node->pipeline('root_large', SluiceNode::gated_query());
$node->sql("SELECT count(create_pipeline('leaf' || i, status => 'inactive', depends_on => ARRAY['root_large'])) FROM generate_series(1, 2000) i");
$node->pipeline('after_small', 'SELECT 1::bigint AS i', "depends_on => ARRAY['root_small']");
$gate = $node->close_gate;
my $large_root = $node->sql("SELECT trigger_pipeline('root_large')");
$node->sql("SELECT trigger_pipeline('root_small')");
$node->await_gated(2, 'both roots are under way');
# The scheduler hears of both ends at once.
$scheduler = $node->pid_of('scheduler', 'postgres');
kill 'STOP', $scheduler;
$gate->quit;
$node->await("SELECT count(*) = 2 FROM pipeline_runs WHERE pipeline_name LIKE 'root%' AND status = 'success'", 'both roots have ended');
kill 'CONT', $scheduler;
$node->await("SELECT count(*) > 100 FROM pipeline_runs WHERE batch = '$large_root' AND status = 'skipped'", 'the large batch goes on');
$node->stop('immediate');
$node->start;
$node->await("SELECT count(*) = 2001 FROM sluice.pipeline_batch_nodes WHERE batch = '$large_root' AND state = 'done'", 'and ends, after a crash too');
is($node->sql("SELECT count(*), count(DISTINCT pipeline_id) FROM pipeline_runs WHERE batch = '$large_root'"), '2001|2001', 'with one run each');
$node->await("SELECT count(*) = 1 FROM pipeline_runs WHERE pipeline_name = 'after_small' AND status = 'success'", 'the small batch ends');
is($node->sql("SELECT count(*) > 1000 FROM pipeline_runs l, pipeline_runs s WHERE l.batch = '$large_root' AND l.status = 'skipped' "
		  . "AND s.pipeline_name = 'after_small' AND l.queued_at > s.queued_at"),
	't', 'and was not behind the large one');
$node->await('SELECT count(*) = 0 FROM sluice.pipeline_ended', 'nothing is left to be settled');

$node->stop;
done_testing();
