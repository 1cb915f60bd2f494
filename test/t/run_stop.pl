# stop_run, stop_pipeline, and what runs do when they do not want to stop.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../perl";
use SluiceNode;
use Test::More;

my $node = SluiceNode->create('stop', 'pg_sluice.stop_grace = 1');
$node->sql('CREATE ROLE boss SUPERUSER LOGIN');
$node->pipeline('gated', SluiceNode::gated_query());

my $gate = $node->close_gate;
my $run = $node->sql("SELECT trigger_pipeline('gated')");
$node->await_gated(1, 'runs');
my $queued = $node->sql("SELECT trigger_pipeline('gated', if_running => 'queue')");
is($node->sql("BEGIN; SET LOCAL ROLE boss; SELECT stop_run('$queued'); ROLLBACK"), 't', 'stop_run of a queued run');
is($node->sql("SELECT wait_for_run('$queued', '30 s')"), 'stopped', 'stops it, although the caller rolled back');
is($node->sql("SELECT reason FROM pipeline_runs WHERE id = '$queued'"), 'stopped by role "boss"', 'and says who');
is($node->sql("SELECT stop_run('$run')"), 't', 'stop_run of a running run');
is($node->sql("SELECT wait_for_run('$run', '30 s')"), 'stopped', 'stops it');
like($node->sql("SELECT reason FROM pipeline_runs WHERE id = '$run'"), qr/^stopped by role "/, 'and says who');
is($node->sql('SELECT count(*) FROM dst_gated'), '0', 'nothing was loaded');
is($node->sql("SELECT stop_run('$run')"), 'f', 'a run that is over cannot be stopped');
is($node->sql("SELECT failures_in_a_row FROM pipeline_status WHERE name = 'gated'"), '0', 'a stop is no failure');

$run = $node->sql("SELECT trigger_pipeline('gated')");
$node->await_gated(1, 'runs again');
$node->sql("SELECT trigger_pipeline('gated', if_running => 'queue') FROM generate_series(1, 3)");
is($node->sql("SELECT stop_pipeline('gated')"), 't', 'stop_pipeline');
$node->await("SELECT count(*) = 6 FROM pipeline_runs WHERE status = 'stopped'", 'stops the running and the queued');
is($node->sql("SELECT stop_pipeline('gated')"), 'f', 'nothing left to stop');

# One that swallows cancels is terminated after the grace.
$node->sql(q{CREATE FUNCTION stubborn() RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
	LOOP
		BEGIN
			PERFORM pg_advisory_xact_lock_shared(4711);
			RETURN 1;
		EXCEPTION WHEN query_canceled THEN NULL;
		END;
	END LOOP;
END $$});
$node->pipeline('stubborn', 'SELECT public.stubborn() AS i');
$run = $node->sql("SELECT trigger_pipeline('stubborn')");
$node->await_gated(1, 'a stubborn run runs');
is($node->sql("SELECT stop_run('$run')"), 't', 'it is asked to stop');
is($node->sql("SELECT wait_for_run('$run', '30 s')"), 'stopped', 'and terminated after the grace');
like($node->sql("SELECT reason FROM pipeline_runs WHERE id = '$run'"), qr/^stopped by role "/, 'with the same reason');

# drop_pipeline(running => 'stop').
$run = $node->sql("SELECT trigger_pipeline('gated')");
$node->await_gated(1, 'runs');
$node->sql_fails("SELECT drop_pipeline('gated')", qr/ERROR:  55006:.*$run/, 'drop_pipeline refuses while it runs');
$node->sql("SELECT drop_pipeline('gated', running => 'stop', history => 'keep')");
is($node->sql("SELECT status FROM pipeline_runs WHERE id = '$run'"), 'stopped', "drop_pipeline(running => 'stop')");
$gate->quit;

# A run that starts while drop_pipeline waits for the pipeline's row is waited for like any other.
$node->pipeline('gated', SluiceNode::gated_query());
$gate = $node->close_gate;
my $altering = $node->background_psql('postgres');
$altering->query_safe("BEGIN; SELECT alter_pipeline('gated', description => 'held')");
my $dropping = $node->background_psql('postgres');
$dropping->query_until(qr/dropping/, "\\echo dropping\nSELECT drop_pipeline('gated', running => 'wait', history => 'keep');\n");
my $drop_waits = "SELECT count(*) = %d FROM pg_stat_activity WHERE wait_event_type = '%s' AND query LIKE 'SELECT drop_%%'";
$node->await(sprintf($drop_waits, 1, 'Lock'), "drop_pipeline waits for the pipeline's row");
$run = $node->sql("SELECT trigger_pipeline('gated')");
$node->await_gated(1, 'a run starts meanwhile');
$altering->query_safe('COMMIT');
$node->await(sprintf($drop_waits, 0, 'Lock'), 'drop_pipeline gets the row');
is($node->sql("SELECT status FROM pipeline_runs WHERE id = '$run'"), 'running', 'and leaves the run alone');
$gate->quit;
$dropping->query_until(qr/dropped/, "\\echo dropped\n");
is($node->sql("SELECT status FROM pipeline_runs WHERE id = '$run'"), 'success', "drop_pipeline(running => 'wait') waits for it");
is($node->sql("SELECT count(*) FROM pipelines WHERE name = 'gated'"), '0', 'and drops');
$_->quit foreach $altering, $dropping;

# A cancel that is nobody's stop request is a failure.
$node->pipeline('gated', SluiceNode::gated_query());
$gate = $node->close_gate;
$run = $node->sql("SELECT trigger_pipeline('gated')");
$node->await_gated(1, 'runs');
$node->sql('SELECT pg_cancel_backend(' . $node->pid_of('run') . ')');
is($node->sql("SELECT wait_for_run('$run', '30 s')"), 'failed', 'pg_cancel_backend: failed');
is($node->sql("SELECT error_sqlstate FROM pipeline_runs WHERE id = '$run'"), '57014', 'with the SQLSTATE');
$gate->quit;

$node->stop;
done_testing();
