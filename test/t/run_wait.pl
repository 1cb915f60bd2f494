# Who waits for a run: trigger_and_wait is an error unless the run succeeded, and tells which run it was however the wait ends.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../perl";
use SluiceNode;
use Test::More;

my $node = SluiceNode->create('wait');
my $id = qr/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/;

# A session that waits, until the test asks how that ended.
sub waiter
{
	my ($sql) = @_;
	my $session = $node->background_psql('postgres', on_error_stop => 0);
	$session->query_until(qr/waits/, "\\set VERBOSITY verbose\n\\echo waits\n$sql;\n");
	return $session;
}

sub end_of
{
	my ($session) = @_;
	$session->query_until(qr/over/, "\\echo over\n");
	my $said = $session->{stderr};
	$session->{stderr} = '';
	$session->quit;
	return $said;
}

sub first_run { my ($name) = @_; return $node->sql("SELECT min(root_run::text) FROM pipeline_runs WHERE pipeline_name = '$name'"); }

# Failed: the error of the run, with its detail, hint and context.
$node->sql(q{CREATE FUNCTION fails(state text) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN RAISE 'not this time' USING ERRCODE = state, DETAIL = 'the detail of it', HINT = 'wait for better times'; END $$});
$node->pipeline('broken', q{SELECT public.fails('22012') AS i});
my ($code, $out, $err) = $node->psql('postgres', "\\set VERBOSITY verbose\nCALL trigger_and_wait('broken')");
my $run = first_run('broken');
isnt($code, 0, 'a failed run is an error');
is($out, '', 'and nothing is returned');
like($err, qr/ERROR:  SL012: run of pipeline "broken" failed: not this time\nDETAIL:  It is run $run, SQLSTATE 22012\.\nthe detail of it\nHINT:  wait for better times\nCONTEXT:  PL\/pgSQL function .*fails/s,
	'with all that the run said');
is($node->sql("SELECT status FROM pipeline_runs WHERE id = '$run'"), 'failed', 'the run is kept');
like($node->sql("CALL trigger_and_wait('broken', raise_error => false)"), qr/^$id\|failed$/, 'raise_error => false returns how it ended');
my $by_id = $node->sql("SELECT id FROM pipelines WHERE name = 'broken'");
$node->sql_fails("CALL trigger_and_wait('$by_id'::uuid)", qr/SL012: run of pipeline "broken" failed/, 'a pipeline by its id');
$node->sql_fails("DO \$\$ DECLARE run uuid; status text; BEGIN CALL trigger_and_wait('broken', run => run, status => status); END \$\$",
	qr/SL012: run of pipeline "broken" failed.*PL\/pgSQL function inline_code_block/s, 'within a DO block');
$node->pipeline('good', 'SELECT 1::bigint AS i');
like($node->sql("CALL trigger_and_wait('good')"), qr/^$id\|success$/, 'success returns');

# Tried again: it is about the last attempt.
$node->pipeline('weak', q{SELECT public.fails('40001') AS i}, q{options => '{"max_retries": 1, "retry_delay": 1}'});
(undef, undef, $err) = $node->psql('postgres', "\\set VERBOSITY verbose\nCALL trigger_and_wait('weak')");
$run = first_run('weak');
my $second = $node->sql("SELECT id FROM pipeline_runs WHERE root_run = '$run' AND attempt = 2");
like($err, qr/ERROR:  SL012: .*DETAIL:  It is attempt 2 \($second\) of run $run, SQLSTATE 40001\./s, 'the last attempt tells');

# Stopped, and skipped: the rows are not there either.
my $gate = $node->close_gate;
$node->pipeline('gated', SluiceNode::gated_query());
my $waiter = waiter("CALL trigger_and_wait('gated')");
$node->await_gated(1, 'a run is waited for');
$node->sql("SELECT stop_pipeline('gated')");
my $said = end_of($waiter);
$run = first_run('gated');
like($said, qr/ERROR:  SL012: run of pipeline "gated" was stopped by role ".*"\nDETAIL:  It is run $run\.\nHINT:  SELECT \* FROM run_log\('$run'\)/, 'a stop is an error');
$node->append_conf('postgresql.conf', 'pg_sluice.max_concurrent_runs = 1');
$node->reload;
my $in_the_way = $node->sql("SELECT trigger_pipeline('gated')");
$node->await_gated(1, 'a run takes the only place');
$waiter = waiter("CALL trigger_and_wait('good')");
$node->await("SELECT count(*) = 1 FROM pipeline_runs WHERE pipeline_name = 'good' AND status = 'pending'", 'another one is queued');
$node->sql("SELECT pause_pipeline('good', 'for now')");
like(end_of($waiter), qr/ERROR:  SL012: run of pipeline "good" was skipped: paused: for now\nDETAIL:  It is run $id\./, 'a run that a pause took away is an error');
$node->sql("SELECT resume_pipeline('good')");

# Time is over, of the call or of the statement; a cancel. The run goes on.
(undef, undef, $err) = $node->psql('postgres', "\\set VERBOSITY verbose\nCALL trigger_and_wait('good', timeout => '10 milliseconds')");
$run = $node->sql("SELECT id FROM pipeline_runs WHERE pipeline_name = 'good' AND status = 'pending'");
like($err, qr/ERROR:  SL013: run of pipeline "good" was not over within 10 milliseconds\nDETAIL:  It is run $run\.\nHINT:  It goes on\. SELECT wait_for_run\('$run'\) waits for it, SELECT stop_run\('$run'\) stops it\./,
	'a time-out names the run');
$node->sql("SELECT stop_run('$run')");
is($node->sql("SELECT wait_for_run('$run', '30 s')"), 'stopped', 'which was in the queue');
like($node->sql("CALL trigger_and_wait('good', timeout => '0', raise_error => false)"), qr/^$id\|$/, 'raise_error => false: its id and no status');
$node->sql("SELECT stop_pipeline('good')");
$node->await("SELECT count(*) = 0 FROM pipeline_runs WHERE status = 'pending'", 'nothing is queued');
(undef, undef, $err) = $node->psql('postgres', "SET statement_timeout = 100;\nCALL trigger_and_wait('good')");
$run = $node->sql("SELECT id FROM pipeline_runs WHERE pipeline_name = 'good' AND status = 'pending'");
like($err, qr/ERROR:  canceling statement due to statement timeout\nCONTEXT:  waiting for run $run$/, 'statement_timeout: the context names the run');

# Its history is deleted: nobody waits for ever.
my @waiters = (waiter("SELECT wait_for_run('$run')"), waiter("SELECT wait_for_batch('$run')"));
$node->await("SELECT count(*) = 2 FROM pg_stat_activity WHERE wait_event_type = 'Extension' AND query LIKE 'SELECT wait_for_%'", 'two wait');
$node->sql("SELECT drop_pipeline('good', running => 'stop', history => 'delete')");
like(end_of($_), qr/ERROR:  42704: run $run does not exist/, 'the history was deleted meanwhile') for @waiters;
$gate->quit;
is($node->sql("SELECT wait_for_run('$in_the_way', '60 s')"), 'success', 'the other run ends');

$node->stop;
done_testing();
