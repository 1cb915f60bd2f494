# Others hold every free background worker slot: runs of all owners and databases are made in the slots that are kept.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../perl";
use SluiceNode;
use PostgreSQL::Test::Utils;
use Test::More;
use File::Basename;
use Cwd qw(abs_path);

my $module_dir = abs_path(dirname(__FILE__) . '/../module');
# Beside the launchers of logical replication and of ours and what is kept, four.
my $node = SluiceNode->create('reserve',
	"max_worker_processes = 8\nlog_min_messages = log\npg_sluice.scheduler_idle_timeout = 2\ndynamic_library_path = '\$libdir:$module_dir'");
my @owners = qw(one two);
for my $owner (@owners)
{
	$node->sql("CREATE ROLE $owner LOGIN; SELECT allow_pipelines('$owner'); CREATE SCHEMA $owner AUTHORIZATION $owner; SET ROLE $owner; "
		  . "SELECT create_pipeline('of_$owner', source_query => 'SELECT current_user::text AS who', destination_table => '$owner.runs', load => 'append')");
}
$node->pipeline('gated', SluiceNode->gated_query);
$node->sql('CREATE DATABASE other');
$node->sql('CREATE EXTENSION pg_sluice', db => 'other');
$node->pipeline('there', 'SELECT 1::bigint AS i', undef, db => 'other');

sub run_all
{
	my ($name) = @_;
	for my $owner (@owners)
	{
		my $before = $node->sql("SELECT count(*) FROM pipeline_runs WHERE status = 'success' AND owner = '$owner'");
		$node->sql("CALL trigger_and_wait('$owner/of_$owner', timeout => '60 s')");
		is($node->sql("SELECT count(*) - $before FROM pipeline_runs WHERE status = 'success' AND owner = '$owner'"), '1', "$name: a run of $owner");
	}
	$node->sql("CALL trigger_and_wait('there', timeout => '60 s')", db => 'other');
	is($node->sql("SELECT last_run_status FROM pipeline_status", db => 'other'), 'success', "$name: a run in another database");
	return;
}

sub kept
{
	return scalar $node->titled(qr/pg_sluice reserve/);
}

sub ended
{
	my ($type) = @_;
	return scalar(() = slurp_file($node->logfile) =~ /background worker "pg_sluice $type" \(PID \d+\) exited with exit code 1/g);
}

is(kept(), 2, 'two processes wait');
is($node->sql("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'pg_sluice run'"), '0', 'as sessions of no database');
run_all('slots are free');
is(kept(), 2, 'what is kept is not used then');
is(ended('run') + ended('scheduler'), 0, 'and the log is quiet');

$node->sql("CREATE FUNCTION take_workers() RETURNS int AS 'sluice_test', 'sluice_test_take_workers' LANGUAGE C");
my $holders = "pg_stat_activity WHERE backend_type = 'sluice border test'";
$node->await("SELECT take_workers() >= 0 AND (SELECT count(*) = 4 FROM $holders)", 'others hold all that is free');
run_all("round $_") for 1 .. 3;
cmp_ok(ended('run'), '>=', 9, 'in a slot that is kept');
cmp_ok(ended('scheduler'), '>=', 1, 'and so was the scheduler');

# A run takes it for as long as it lasts; the next one has it then.
my $gate = $node->close_gate;
my $first = $node->sql("SELECT trigger_pipeline('gated')");
$node->await_gated(1, 'one run is under way');
my $second = $node->sql("SELECT trigger_pipeline('one/of_one')");
$node->await("SELECT verdict = 'error' AND message ~ 'held by: .*sluice border test \\(4\\)' FROM pipeline_health() WHERE check_name = 'worker_slots'", 'pipeline_health names who holds the others');
is($node->sql("SELECT state FROM pipeline_status WHERE name = 'of_one'"), 'queued', 'another waits');
$gate->quit;
is($node->sql("SELECT wait_for_run('$first', '60 s') || ' ' || wait_for_run('$second', '60 s')"), 'success success', 'and comes next');

# It ends as any process may.
$gate = $node->close_gate;
$first = $node->sql("SELECT trigger_pipeline('gated')");
$node->await_gated(1, 'a run is under way again');
is($node->sql("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE backend_type = 'pg_sluice run'"), '1', 'its process is terminated');
is($node->sql("SELECT wait_for_run('$first', '60 s')"), 'failed', 'the run has failed');
$gate->quit;
is($node->sql("SELECT count(pg_terminate_backend(pid)) >= 1 FROM pg_stat_activity WHERE backend_type = 'pg_sluice scheduler'"), 't', 'and so is a scheduler');
run_all('the slots are kept all the same');

# Nobody is connected who would be in the way.
$node->await("SELECT count(*) = 0 FROM pg_stat_activity WHERE datname = 'other' AND backend_type = 'pg_sluice run'", 'no run in the other database');
$node->sql('DROP DATABASE other');
$node->sql('DROP OWNED BY two; SELECT drop_pipeline(id) FROM pipelines WHERE name = \'of_two\'; DROP ROLE two');
pop @owners;
$node->sql("CALL trigger_and_wait('one/of_one', timeout => '60 s')");

# A crash begins anew.
$node->append_conf('postgresql.conf', 'restart_after_crash = on');
$node->reload;
$gate = $node->close_gate;
$first = $node->sql("SELECT trigger_pipeline('gated')");
$node->await_gated(1, 'a run is under way');
my $runs = $node->sql("SELECT pid FROM pg_stat_activity WHERE backend_type = 'pg_sluice run'");
kill 'KILL', $runs;
eval { $gate->quit };
# Lost, or made again, if its start was not on disk yet.
$node->await("SELECT status IN ('failed', 'success') FROM pipeline_runs WHERE id = '$first'", 'the run is over after the crash');
$node->await("SELECT take_workers() >= 0 AND (SELECT count(*) >= 1 FROM $holders)", 'others hold all that is free again');
$node->sql("CALL trigger_and_wait('one/of_one', timeout => '60 s')");
is($node->sql("SELECT last_run_status FROM pipeline_status WHERE name = 'of_one'"), 'success', 'what is kept is there again');

unlike(slurp_file($node->logfile), qr/PANIC|TRAP/, 'nothing else fails');

$node->append_conf('postgresql.conf', 'pg_sluice.reserved_workers = 0');
$node->restart;
is(kept(), 0, 'none is kept where none is wanted');
$node->sql("CALL trigger_and_wait('one/of_one', timeout => '60 s')");
is($node->sql("SELECT last_run_status FROM pipeline_status WHERE name = 'of_one'"), 'success', 'runs are made without');
$node->stop;
done_testing();
