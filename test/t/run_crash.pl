# Whatever dies: nothing half-loaded, nothing stuck, the next due run happens.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../perl";
use SluiceNode;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = SluiceNode->create('crash', "restart_after_crash = on\npg_sluice.stop_grace = 2");
$node->pipeline('gated', SluiceNode::gated_query());
$node->pipeline('hourly', 'SELECT 7::bigint AS i', "schedule => '0 * * * *'");
my $offset = 0;

# A run waits half-way; do something terrible; see what is left.
sub disaster
{
	my ($name, $terror, %expect) = @_;
	my $before = $node->sql('SELECT count(*) FROM dst_gated');
	my $gate = $node->close_gate;
	my $run = $node->sql("SELECT trigger_pipeline('gated')");
	$node->await_gated(1, "$name: a run is half-way");
	my $queued = $node->sql("SELECT trigger_pipeline('gated', if_running => 'queue')");
	my $worker = $node->pid_of('run');
	$terror->($run);
	# Only then the gate opens: a run that is still there would end well.
	for (1 .. 10 * $PostgreSQL::Test::Utils::timeout_default)
	{
		last unless kill 0, $worker;
		select(undef, undef, undef, 0.1);
	}
	eval { $gate->quit };
	ok($node->poll_query_until('postgres', 'SELECT true'), "$name: the server is there");
	my $state = $expect{state} // 'SL004';
	$node->await("SELECT status = 'failed' AND error_sqlstate = '$state' AND error_hint IS NOT NULL AND end_time IS NOT NULL "
		  . "FROM pipeline_runs WHERE id = '$run'", "$name: the run is marked as failed");
	is($node->sql("SELECT count(*) FROM run_log('$run') WHERE level = 'error' AND message ~ 'HINT:  .*server''s log'"), '1', "$name: so its log says, and what to do")
	  if !defined $expect{state};
	$node->await("SELECT status = 'success' FROM pipeline_runs WHERE id = '$queued'", "$name: what was queued runs");
	is($node->sql('SELECT count(*) FROM dst_gated'), $before + 2, "$name: nothing is half-loaded");
	# The next due run happens.
	$offset = $node->offset_to("(SELECT next_due FROM pipeline_status WHERE name = 'hourly')", 2);
	my $due = $node->sql("SELECT next_due FROM pipeline_status WHERE name = 'hourly'");
	$node->set_clock($offset);
	$node->await("SELECT count(*) = 1 FROM pipeline_runs WHERE pipeline_name = 'hourly' AND due_at = '$due' AND status = 'success'",
		"$name: the next due run happens");
	is($node->sql("SELECT count(*) FROM pipeline_runs WHERE status = 'running'"), '0', "$name: no row says 'running'");
	return;
}

disaster('terminated run worker', sub { $node->sql('SELECT pg_terminate_backend(' . $node->pid_of('run') . ')') });
disaster('kill -9 of a run worker', sub { kill 'KILL', $node->pid_of('run') });
disaster('kill -9 of the scheduler', sub { kill 'KILL', $node->pid_of('scheduler', 'postgres') });
disaster('kill -9 of the launcher', sub { kill 'KILL', $node->pid_of('launcher') });
disaster('kill -9 of the postmaster', sub { $node->kill9; start_again(); });
disaster('immediate stop', sub { $node->stop('immediate'); $node->start; });
disaster('fast stop', sub { $node->stop('fast'); $node->start; });

# The old workers must be gone before a new postmaster can start.
sub start_again
{
	for (1 .. 100)
	{
		return if $node->start(fail_ok => 1);
		select(undef, undef, undef, 0.2);
		$node->stop('fast', fail_ok => 1);
	}
	BAIL_OUT('the server does not start again');
	return;
}

# A scheduler or a launcher that is terminated comes back, and the run goes on.
my $gate = $node->close_gate;
my $run = $node->sql("SELECT trigger_pipeline('gated')");
$node->await_gated(1, 'a run is half-way');
my $scheduler = $node->pid_of('scheduler', 'postgres');
$node->sql("SELECT pg_terminate_backend($scheduler)");
$node->await("SELECT count(*) = 1 FROM pg_stat_activity WHERE backend_type = 'pg_sluice scheduler' AND pid <> $scheduler",
	'a terminated scheduler is replaced');
my $launcher = $node->pid_of('launcher');
$node->sql("SELECT pg_terminate_backend($launcher)");
$node->await("SELECT count(*) = 1 FROM pg_stat_activity WHERE backend_type = 'pg_sluice launcher' AND pid <> $launcher",
	'a terminated launcher is replaced');
$gate->quit;
is($node->sql("SELECT wait_for_run('$run', '30 s')"), 'success', 'the run has not noticed');

# A worker that was terminated while the scheduler was away, too.
$gate = $node->close_gate;
$run = $node->sql("SELECT trigger_pipeline('gated')");
$node->await_gated(1, 'a run is half-way');
$node->sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type IN ('pg_sluice scheduler', 'pg_sluice run')");
is($node->sql("SELECT wait_for_run('$run', '30 s')"), 'failed', 'both terminated: the run is failed');
$gate->quit;

$node->stop;
done_testing();
