# Design rule 11: whatever a user's open transaction has done, other pipelines fire.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../perl";
use SluiceNode;
use Test::More;

my $node = SluiceNode->create('open');
$node->pipeline('held', 'SELECT 1::bigint AS i', "schedule => '*/5 * * * *'");
$node->pipeline('free', 'SELECT 1::bigint AS i', "schedule => '*/5 * * * *'");
$node->pipeline('byhand', 'SELECT 1::bigint AS i');
$node->sql("CALL trigger_and_wait('held')");
my $clock = 0;

for my $statement (
	"SELECT alter_pipeline('held', description => 'x')",
	"SELECT alter_pipeline('held', schedule => '*/7 * * * *')",
	"SELECT rename_pipeline('held', 'held2')",
	"SELECT pause_pipeline('held', 'x')",
	"SELECT pause_pipeline('held'); SELECT resume_pipeline('held')",
	"SELECT trigger_pipeline('held')",
	"SELECT trigger_pipeline('held', if_running => 'queue') FROM generate_series(1, 3)",
	"CALL run_pipeline('held')",
	"SELECT drop_pipeline('held')",
	"SELECT create_pipeline('new', source_query => 'SELECT 1::bigint AS i', destination_table => 'dst_held', load => 'append', schedule => '* * * * *')",
	"SELECT stop_pipeline('held')",
	"SELECT count(*) FROM pipeline_status; SELECT get_pipeline('held'); SELECT count(*) FROM pipeline_health()")
{
	my $session = $node->background_psql('postgres');
	$session->query_safe("SET client_min_messages = error; BEGIN; $statement");
	my $due = $node->sql("SELECT next_due FROM pipeline_status WHERE name = 'free'");
	my $offset = $node->offset_to("'$due'", 2);
	$node->set_clock($offset);
	$node->await("SELECT count(*) = 1 FROM pipeline_runs WHERE pipeline_name = 'free' AND due_at = '$due' AND status = 'success'",
		"others fire during: $statement");
	my $run = $node->sql("SELECT trigger_pipeline('byhand')");
	is($node->sql("SELECT wait_for_run('$run', '30 s')"), 'success', 'and can be triggered');
	$session->query_safe('ROLLBACK');
	$session->quit;
	$node->await("SELECT count(*) = 0 FROM pipeline_runs WHERE status IN ('pending', 'running')", 'all is quiet afterwards');
	$node->await("SELECT next_due > '$due' FROM pipeline_status WHERE name = 'held'", 'the held one follows');
}

# A queued run whose row somebody holds.
my $gate = $node->close_gate;
$node->pipeline('gated', SluiceNode::gated_query());
$node->sql("SELECT trigger_pipeline('gated')");
$node->await_gated(1, 'runs');
my $queued = $node->sql("SELECT trigger_pipeline('gated', if_running => 'queue')");
my $session = $node->background_psql('postgres');
$session->query_safe("SET client_min_messages = error; BEGIN; SELECT pause_pipeline('gated')");
$gate->quit;
$node->await("SELECT count(*) = 1 FROM pipeline_runs WHERE pipeline_name = 'gated' AND status = 'success'", 'the run ends');
my $run = $node->sql("SELECT trigger_pipeline('byhand')");
is($node->sql("SELECT wait_for_run('$run', '30 s')"), 'success', 'others start while a queued row is held');
$session->query_safe('ROLLBACK');
is($node->sql("SELECT wait_for_run('$queued', '30 s')"), 'success', 'and that one when it is let go');
$session->quit;

# A queued run that a worker is just taking: a drop does not wait for the row and then delete it under the run.
$node->sql(q{CREATE FUNCTION conflict() RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN RAISE SQLSTATE '40001'; END $$});
$node->pipeline('again', 'SELECT public.conflict() AS i', q(options => '{"max_retries": 1, "retry_delay": 3600}'));
$node->sql("SELECT trigger_pipeline('again')");
$node->await("SELECT count(*) = 1 FROM pipeline_runs WHERE pipeline_name = 'again' AND status = 'pending' AND attempt = 2", 'a retry is queued');
my $retry = $node->sql("SELECT id FROM pipeline_runs WHERE pipeline_name = 'again' AND status = 'pending'");
$session = $node->background_psql('postgres');
$session->query_safe("BEGIN; SELECT id FROM pipeline_runs WHERE id = '$retry' FOR UPDATE");
$node->sql_fails("SET statement_timeout = '10s'; SELECT drop_pipeline('again')", qr/ERROR:  55006:.*$retry/, 'a drop of a pipeline whose queued run is being taken');
$session->query_safe('ROLLBACK');
$session->quit;
$node->sql("SELECT drop_pipeline('again')");

# Locks on our tables themselves: the scheduler gives up, says so once, and comes back.
$session = $node->background_psql('postgres');
$session->query_safe('BEGIN; LOCK TABLE pipeline_runs IN ACCESS EXCLUSIVE MODE');
my $log = -s $node->logfile;
my $offset = $node->sql("SELECT setting::int + 600 FROM pg_settings WHERE name = 'pg_sluice.clock_offset'");
$node->set_clock($offset);
$node->wait_for_log(qr/pg_sluice scheduler of database \d+: canceling statement due to lock timeout/, $log);
$session->query_safe('ROLLBACK');
$session->quit;
$run = $node->sql("SELECT trigger_pipeline('byhand')");
is($node->sql("SELECT wait_for_run('$run', '30 s')"), 'success', 'a locked table is waited out');

$node->stop;
done_testing();
