# How many runs at once, in which order, and that a long queue drains.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../perl";
use SluiceNode;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = SluiceNode->create('concurrency', 'pg_sluice.max_concurrent_runs = 2');

my $gate = $node->close_gate;
$node->pipeline("p$_", SluiceNode::gated_query()) for 1 .. 5;
$node->sql("SELECT trigger_pipeline('p$_')") for 1 .. 5;
$node->await_gated(2, 'two run');
is($node->sql("SELECT string_agg(pipeline_name || ':' || status, ',' ORDER BY pipeline_name) FROM pipeline_runs"),
	'p1:running,p2:running,p3:pending,p4:pending,p5:pending', 'the oldest two; the others wait their turn');
$gate->quit;
$node->await("SELECT count(*) = 5 FROM pipeline_runs WHERE status = 'success'", 'all get their turn');

# One at a time, so that the order of the starts is the order of the queue.
$node->sql('ALTER SYSTEM SET pg_sluice.max_concurrent_runs = 1');
$node->sql('SELECT pg_reload_conf()');
$node->await("SELECT current_setting('pg_sluice.max_concurrent_runs') = '1'", 'the setting has arrived');
$gate = $node->close_gate;
$node->sql("SELECT trigger_pipeline('p$_')") for 3, 1, 5, 2, 4;
$node->await_gated(1, 'one runs');
$gate->quit;
$node->await("SELECT count(*) = 10 FROM pipeline_runs WHERE status = 'success'", 'all get their turn again');
is($node->sql("SELECT string_agg(pipeline_name, ',' ORDER BY start_time) FROM (SELECT * FROM pipeline_runs ORDER BY id DESC LIMIT 5) r"),
	'p3,p1,p5,p2,p4', 'oldest due first');
$node->sql('ALTER SYSTEM RESET pg_sluice.max_concurrent_runs');
$node->sql('SELECT pg_reload_conf()');
$node->await("SELECT current_setting('pg_sluice.max_concurrent_runs') = '2'", 'the setting has arrived again');

# The cap counts the whole cluster.
$node->sql('CREATE DATABASE other');
$node->sql('CREATE EXTENSION pg_sluice', db => 'other');
$node->pipeline("q$_", SluiceNode::gated_query(), undef, db => 'other') for 1 .. 2;
$gate = $node->close_gate;
my $other_gate = $node->close_gate(db => 'other');
$node->sql("SELECT trigger_pipeline('p1')");
$node->await_gated(1, 'one runs here');
$node->sql("SELECT trigger_pipeline('q1')", db => 'other');
$node->await_gated(1, 'one runs in another database', db => 'other');
my $waiting = $node->sql("SELECT trigger_pipeline('q2')", db => 'other');
my $last = $node->sql("SELECT trigger_pipeline('p2')");
is($node->sql("SELECT wait_for_run('$waiting', '500 ms') IS NULL", db => 'other'), 't', 'a third waits');
is($node->sql("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'pg_sluice run'"), '2', 'two in the cluster');
$gate->quit;
$node->await_gated(2, 'the older one of the other database comes next', db => 'other');
is($node->sql("SELECT status FROM pipeline_runs WHERE id = '$last'"), 'pending', 'before the younger one of this');
$other_gate->quit;
is($node->sql("SELECT wait_for_run('$last', '30 s')"), 'success', 'which comes last');

# pg_sluice.single_run.
$node->append_conf('postgresql.conf', 'pg_sluice.single_run = on');
$node->reload;
$node->poll_query_until('postgres', 'SHOW pg_sluice.single_run', 'on');
$gate = $node->close_gate;
my $only = $node->sql("SELECT trigger_pipeline('p1')");
$node->await_gated(1, 'single_run: one runs');
$node->sql_fails("SELECT trigger_pipeline('p2')", qr/ERROR:  55006:.*$only/, 'single_run: a second start is refused with the id');
$node->sql_fails("CALL run_pipeline('p2')", qr/ERROR:  55006:.*$only/, 'single_run: CALL as well');
my $second = $node->sql("SELECT trigger_pipeline('p2', if_running => 'queue')");
is($node->sql("SELECT wait_for_run('$second', '300 ms') IS NULL"), 't', 'single_run: a queued one waits');
$gate->quit;
is($node->sql("SELECT wait_for_run('$second', '30 s')"), 'success', 'single_run: and gets its turn');
$node->append_conf('postgresql.conf', "pg_sluice.single_run = off\npg_sluice.max_concurrent_runs = 6");
$node->reload;
$node->poll_query_until('postgres', 'SHOW pg_sluice.single_run', 'off');

# Ten thousand pipelines triggered by one statement, in two sessions at once and in opposite order.
my $count = $ENV{SLUICE_TEST_QUEUE} // 10000;
$node->sql("CREATE TABLE many (i bigint);
	SELECT count(create_pipeline('m' || n, source_query => 'SELECT ' || n || '::bigint AS i', destination_table => 'many', load => 'append'))
	FROM generate_series(1, $count) n");
my @sessions = map { $node->background_psql('postgres', on_error_stop => 0) } 1 .. 2;
$_->query_safe('SET client_min_messages = error; BEGIN') for @sessions;
$sessions[0]->query_safe("SELECT count(trigger_pipeline(id, if_running => 'skip')) FROM (SELECT id FROM pipelines WHERE name ~ '^m' ORDER BY name) p");
$sessions[1]->query_safe("SELECT count(trigger_pipeline(id, if_running => 'skip')) FROM (SELECT id FROM pipelines WHERE name ~ '^m' ORDER BY name DESC) p");
$_->query_safe('COMMIT') for @sessions;
$_->quit for @sessions;
pass('two sessions in opposite order do not deadlock');
is($node->sql("SELECT count(*) FROM pipeline_runs WHERE pipeline_name ~ '^m'"), 2 * $count, 'each leaves its rows');

# Another database is served meanwhile.
my $meanwhile = $node->sql("SELECT trigger_pipeline('q1')", db => 'other');
is($node->sql("SELECT wait_for_run('$meanwhile', '1 ms') IS NULL OR true", db => 'other'), 't', 'another database triggers meanwhile');

my $deadline = time + 1800;
my $left = 1;
my $progress = -1;
while ($left && time < $deadline)
{
	$left = $node->sql("SELECT count(*) FROM pipeline_runs WHERE status IN ('pending', 'running')");
	last unless $left;
	$node->sql("SELECT wait_for_run(id, '2 s') FROM pipeline_runs WHERE status = 'pending' ORDER BY id DESC LIMIT 1");
}
is($left, 0, 'the queue drains');
is($node->sql("SELECT wait_for_run('$meanwhile', '30 s')", db => 'other'), 'success', 'and that of another database as well');
is($node->sql("SELECT count(DISTINCT pipeline_id) FILTER (WHERE status = 'success'), count(*) FILTER (WHERE status IN ('success', 'skipped')) FROM pipeline_runs WHERE pipeline_name ~ '^m'"),
	$count . '|' . 2 * $count, 'each pipeline ran; the second trigger of each is skipped, or came when the first run was over');
is($node->sql("SELECT count(*) = (SELECT count(*) FROM pipeline_runs WHERE pipeline_name ~ '^m' AND status = 'success') FROM many"), 't', 'nothing is loaded twice');
is($node->sql("SELECT count(*) FROM pipeline_runs a JOIN pipeline_runs b USING (pipeline_id) WHERE a.id < b.id AND a.status = 'success' AND b.status = 'success' AND (a.start_time, a.end_time) OVERLAPS (b.start_time, b.end_time)"),
	'0', 'no pipeline overlaps itself');
my $noise = () = slurp_file($node->logfile) =~ /background worker slot/g;
cmp_ok($noise, '<=', 1, 'a full slot table is said once');

$node->stop;
done_testing();
