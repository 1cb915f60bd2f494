# What follows a failure: another attempt when it can help, a source that is left alone, a pause, a time limit.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../perl";
use SluiceNode;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

$PostgreSQL::Test::Cluster::use_tcp = 1;
$PostgreSQL::Test::Cluster::test_pghost = '127.0.0.1';

my $node = SluiceNode->create('retries', "pg_sluice.source_failures = 2\npg_sluice.source_wait = 600");
my $hour = 3600;
my $clock = 0;

sub move_clock
{
	$clock += shift;
	return $node->set_clock($clock);
}

sub state_of
{
	my ($name) = @_;
	return $node->sql("SELECT state FROM pipeline_status WHERE name = '$name'");
}

# How the run ended.
sub run_now
{
	my ($name) = @_;
	return $node->sql("CALL trigger_and_wait('$name', raise_error => false)") =~ s/.*\|//r;
}

# Fails with that SQLSTATE as often as the sequence says, whatever is rolled back.
$node->sql(q{CREATE FUNCTION flaky(tries regclass, failures bigint, state text) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
	IF nextval(tries) <= failures THEN
		RAISE 'not this time' USING ERRCODE = state;
	END IF;
	RETURN currval(tries);
END $$});

sub flaky
{
	my ($name, $failures, $state, $options) = @_;
	$node->sql("CREATE SEQUENCE ${name}_tries");
	return $node->pipeline($name, "SELECT public.flaky('public.${name}_tries', $failures, '$state') AS i", "options => '$options'");
}

# Cured by the third attempt.
flaky('cured', 2, '40001', '{"max_retries": 3, "retry_delay": 3600, "retry_max_delay": "3 hours"}');
my $run = $node->sql("SELECT trigger_pipeline('cured')");
$node->await("SELECT state = 'retrying' FROM pipeline_status WHERE name = 'cured'", 'a failed run is tried again');
is($node->sql("SELECT retry_at BETWEEN now() + '47 min' AND now() + '73 min', reason FROM pipeline_status WHERE name = 'cured'"),
	't|retry 1 of 3, after error 40001', 'the view says when, and why');
is($node->sql("SELECT wait_for_run('$run', '0 s') IS NULL"), 't', 'wait_for_run waits for it');
is($node->sql("SELECT message FROM pipeline_health() WHERE check_name = 'queue'"), 'no run is queued', 'it does not wait in the queue');
is($node->sql("SELECT failures_in_a_row FROM pipeline_status WHERE name = 'cured'"), '0', 'an attempt is not a failure yet');
move_clock($hour * 1.25);
$node->await("SELECT count(*) = 2 FROM pipeline_runs WHERE pipeline_name = 'cured' AND status = 'failed'", 'the second attempt fails');
$node->await("SELECT state = 'retrying' FROM pipeline_status WHERE name = 'cured'", 'and is tried again');
is($node->sql("SELECT extract(epoch FROM due_at - queued_at) BETWEEN 1.6 * 3600 AND 2.4 * 3600 FROM pipeline_runs WHERE attempt = 3"),
	't', 'after a wait twice as long');
move_clock($hour * 2.5);
is($node->sql("SELECT wait_for_run('$run', '60 s')"), 'success', 'wait_for_run follows to the last attempt');
is($node->sql("SELECT string_agg(attempt || ' ' || status || ' ' || cause, ', ' ORDER BY id) FROM pipeline_runs WHERE root_run = '$run'"),
	'1 failed manual, 2 failed retry, 3 success retry', 'one row an attempt, under one root_run');
is($node->sql('SELECT array_agg(i) FROM dst_cured'), '{3}', 'loaded once');

# Permanent errors, and retries that are used up.
flaky('permanent', 9, '22023', '{"max_retries": 3, "retry_delay": 3600}');
is(run_now('permanent'), 'failed', 'a permanent error fails at once');
is($node->sql("SELECT count(*), max(failures_in_a_row) FROM pipeline_runs JOIN pipeline_status s ON s.id = pipeline_id WHERE pipeline_name = 'permanent'"),
	'1|1', 'without another attempt');
flaky('hopeless', 9, '40P01', '{"max_retries": 1, "retry_delay": 1}');
is(run_now('hopeless'), 'failed', 'retries are used up');
is($node->sql("SELECT count(*), max(failures_in_a_row) FROM pipeline_runs JOIN pipeline_status s ON s.id = pipeline_id WHERE pipeline_name = 'hopeless'"),
	'2|1', 'which is one failure');

# A retry that waits can be stopped; a pause takes it away.
flaky('halted', 9, '40P01', '{"max_retries": 5, "retry_delay": 3600}');
$run = $node->sql("SELECT trigger_pipeline('halted')");
$node->await("SELECT state = 'retrying' FROM pipeline_status WHERE name = 'halted'", 'waits for its retry');
is($node->sql("SELECT stop_pipeline('halted')"), 't', 'a retry that waits can be stopped');
is($node->sql("SELECT wait_for_run('$run', '60 s')"), 'stopped', 'and is');
$run = $node->sql("SELECT trigger_pipeline('halted')");
$node->await("SELECT state = 'retrying' FROM pipeline_status WHERE name = 'halted'", 'waits again');
$node->sql("SELECT pause_pipeline('halted', 'enough')");
is($node->sql("SELECT wait_for_run('$run', '60 s')"), 'skipped', 'a pause takes the retry away');

# A retry survives the server, and waits its time.
flaky('durable', 1, '40001', '{"max_retries": 1, "retry_delay": 3600}');
$run = $node->sql("SELECT trigger_pipeline('durable')");
$node->await("SELECT state = 'retrying' FROM pipeline_status WHERE name = 'durable'", 'waits for its retry');
# The end of a failed run is not flushed at once, nor is the sequence that counts its failures here: a crash might take both.
$node->sql('CREATE TABLE flushed ()');
$node->stop('immediate');
$node->start;
$node->await("SELECT state = 'retrying' FROM pipeline_status WHERE name = 'durable'", 'also after a crash of the server');
move_clock($hour * 1.25);
is($node->sql("SELECT wait_for_run('$run', '60 s')"), 'success', 'and is made when its time has come');

# Paused after failures in a row.
flaky('weak', 3, '22023', '{"pause_after_failures": 3}');
run_now('weak') for 1 .. 3;
is($node->sql("SELECT state, reason FROM pipeline_status WHERE name = 'weak'"),
	'paused|3 failed runs in a row, the last one with: not this time', 'paused after failures in a row');
$node->sql_fails("SELECT trigger_pipeline('weak')", qr/ERROR:  SL002/, 'a trigger of it');
$node->sql("SELECT resume_pipeline('weak')");
is(run_now('weak'), 'success', 'resumed and well');
is($node->sql("SELECT failures_in_a_row FROM pipeline_status WHERE name = 'weak'"), '0', 'the count begins anew');

# A time limit.
my $gate = $node->close_gate;
$node->pipeline('endless', SluiceNode::gated_query(), "options => '{\"timeout\": 1}'");
is(run_now('endless'), 'failed', 'a run over its timeout fails');
is($node->sql("SELECT error_sqlstate, error_message FROM pipeline_runs WHERE pipeline_name = 'endless'"),
	'SL006|the run took longer than 1 second', 'with its reason');
$node->sql_fails("SET client_min_messages = error; CALL run_pipeline('endless')", qr/ERROR:  SL006/, 'by CALL as well');
$gate->quit;
is(run_now('endless'), 'success', 'in time it succeeds');

# A source that cannot be reached.
my $source = PostgreSQL::Test::Cluster->new('source');
$source->init;
$source->append_conf('pg_hba.conf', 'host all all 127.0.0.1/32 trust');
$source->start;
$source->safe_psql('postgres', 'CREATE TABLE far AS SELECT 1::bigint AS i');
my $port = $source->port;
$node->sql(qq{CREATE EXTENSION postgres_fdw;
	CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port '$port', dbname 'postgres');
	DO \$\$ BEGIN EXECUTE format('CREATE USER MAPPING FOR CURRENT_USER SERVER far OPTIONS (user %L)', current_user); END \$\$});
for my $n (1 .. 3)
{
	$node->sql("CREATE TABLE dst_far$n (i bigint); SELECT create_pipeline('far$n', source => 'far', source_table => 'far', "
		  . "destination_table => 'dst_far$n', load => 'append')");
}
# The time limit reaches the source.
$node->sql(q{CREATE TABLE dst_asleep (i bigint); SELECT create_pipeline('asleep', source => 'far', load => 'append', destination_table => 'dst_asleep',
	source_query => 'SELECT 1::bigint AS i FROM pg_sleep(3600)', options => '{"timeout": 1}')});
is(run_now('asleep'), 'failed', 'a run that waits for its source is over its timeout');
is($node->sql("SELECT error_sqlstate FROM pipeline_runs WHERE pipeline_name = 'asleep'"), 'SL006', 'which its error says');
ok($source->poll_query_until('postgres', "SELECT count(*) = 0 FROM pg_stat_activity WHERE query LIKE '%pg_sleep(3600)%' AND pid <> pg_backend_pid()"),
	'and nothing goes on at the source');

$source->stop;
my $log = -s $node->logfile;
is(run_now("far$_"), 'failed', 'the source is away') for 1 .. 2;
is($node->sql("SELECT failures_in_a_row FROM pipeline_sources WHERE source = 'far'"), '2', 'its failures are counted over pipelines');
$node->wait_for_log(qr/data source "far" could not be reached 2 times in a row/, $log);
my @waiting = map { $node->sql("SELECT trigger_pipeline('far$_')") } 1 .. 3;
$node->pipeline('near', 'SELECT 1::bigint AS i');
is(run_now('near'), 'success', 'others go on');
is($node->sql("SELECT count(*) FROM pipeline_status WHERE name LIKE 'far%' AND state = 'waiting' AND reason LIKE 'data source \"far\" could not%2 times in a row' AND retry_at > now()"),
	'3', 'its pipelines wait, and say why');
like($node->sql("SELECT verdict, message FROM pipeline_health() WHERE check_name = 'sources'"), qr/^warning\|1 data source could not be reached: far/,
	'pipeline_health tells it');
# A retry whose time has come, and that waits for its source, does not hide the next one of another.
$node->sql("UPDATE pipeline_runs SET cause = 'retry', due_at = now() + make_interval(secs => $clock) WHERE id = '$waiting[2]'");
flaky('prompt', 1, '40001', '{"max_retries": 1, "retry_delay": 3}');
is(run_now('prompt'), 'success', 'a retry of another pipeline');
is($node->sql("SELECT start_time < due_at + interval '20 seconds' FROM pipeline_runs WHERE pipeline_name = 'prompt' AND attempt = 2"), 't', 'does not wait for a tick');
move_clock(700);
$node->await("SELECT count(*) = 3 FROM pipeline_runs WHERE pipeline_name LIKE 'far%' AND status = 'failed'", 'then one of them tries');
$node->await("SELECT failures_in_a_row = 3 FROM pipeline_sources WHERE source = 'far'", 'in vain');
is($node->sql("SELECT count(*) FROM pipeline_runs WHERE id IN ('$waiting[0]', '$waiting[1]', '$waiting[2]') AND status = 'pending'"), '2', 'the others wait on');
is($node->sql("SELECT extract(epoch FROM waits_until - last_failure_at)::int / 60 FROM pipeline_sources"), '15', 'longer now, up to the greatest wait');
$source->start;
move_clock(1000);
$node->await("SELECT count(*) = 2 FROM pipeline_runs WHERE pipeline_name LIKE 'far%' AND status = 'success'", 'all run when it is back');
is($node->sql('SELECT count(*) FROM pipeline_sources'), '0', 'and nothing is held against it');
is($node->sql("SELECT count(*) FROM dst_far1") + $node->sql("SELECT count(*) FROM dst_far2") + $node->sql("SELECT count(*) FROM dst_far3"),
	2, 'each loaded once');

# A run that fails for a reason of its own has reached the source all the same.
$source->stop;
is(run_now('far1'), 'failed', 'the source is away');
is($node->sql('SELECT failures_in_a_row FROM pipeline_sources'), '1', 'which is counted');
$source->start;
$node->sql('ALTER TABLE dst_far2 ADD CHECK (i > 1) NOT VALID');
is(run_now('far2'), 'failed', 'the destination refuses a row');
is($node->sql('SELECT count(*) FROM pipeline_sources'), '0', 'which is not held against the source');
$source->stop;
is(run_now('far1'), 'failed', 'away once more');
$source->start;
$node->sql("CREATE TABLE dst_twice (i bigint UNIQUE); SELECT create_pipeline('twice', source => 'far', load => 'replace', "
	  . "destination_table => 'dst_twice', source_query => 'SELECT 1::bigint AS i FROM generate_series(1, 2)')");
is(run_now('twice'), 'failed', 'an index cannot be built');
is($node->sql("SELECT phase FROM pipeline_runs WHERE pipeline_name = 'twice'"), 'indexing', 'of rows that have come');
is($node->sql('SELECT count(*) FROM pipeline_sources'), '0', 'which is not held against the source either');

# One owner's trouble with a source is not another's.
$source->safe_psql('postgres', 'CREATE ROLE crowded LOGIN CONNECTION LIMIT 0');
$node->sql(q{CREATE ROLE crowd LOGIN; GRANT CREATE, USAGE ON SCHEMA public TO crowd; GRANT USAGE ON FOREIGN SERVER far TO crowd;
	SELECT allow_pipelines('crowd');
	CREATE USER MAPPING FOR crowd SERVER far OPTIONS (user 'crowded', password_required 'false')});
$node->sql("SET ROLE crowd; CREATE TABLE dst_crowd (i bigint); SELECT create_pipeline('crowd', source => 'far', source_table => 'far', "
	  . "destination_table => 'dst_crowd', load => 'append')");
is(run_now('crowd'), 'failed', 'no connection is left for one owner') for 1 .. 2;
is($node->sql("SELECT error_sqlstate FROM pipeline_runs WHERE pipeline_name = 'crowd' LIMIT 1"), '53300', 'which the source says');
$node->sql("SELECT trigger_pipeline('crowd')");
$node->await("SELECT state = 'waiting' FROM pipeline_status WHERE name = 'crowd'", 'its pipelines wait');
is(run_now('far1'), 'success', 'those of another owner do not');
$node->sql("SELECT stop_pipeline('crowd')");

# A source that is back need not wait for its time: who knows it says so. Retries of runs that could not reach it wait no longer.
$source->stop;
$node->sql('ALTER TABLE dst_far2 DROP CONSTRAINT dst_far2_i_check');
$node->sql(q{SELECT alter_pipeline('far3', options => '{"max_retries": 1, "retry_delay": 3600}')});
$run = $node->sql("SELECT trigger_pipeline('far3')");
$node->await("SELECT state = 'retrying' FROM pipeline_status WHERE name = 'far3'", 'away again, and to be tried again in an hour');
# Nobody's open transaction keeps the end of a run from being dealt with.
my $session = $node->background_psql('postgres');
$session->query_safe("BEGIN; SELECT retry_source('far'); SAVEPOINT s");
like($node->sql("CALL trigger_and_wait('far1', timeout => '30 s', raise_error => false)"), qr/\|failed$/, 'a run ends while somebody says that the source is back');
$session->query_safe('ROLLBACK');
$session->quit;
is($node->sql("SELECT count(*) FROM pipeline_runs WHERE id = (SELECT id FROM pipeline_runs WHERE root_run = '$run' AND attempt = 2) AND status = 'pending' AND due_at > queued_at + interval '30 minutes'"), '1', 'who rolls back has said nothing');
is(run_now('far1'), 'failed', 'and once more');
@waiting = map { $node->sql("SELECT trigger_pipeline('far$_')") } 1 .. 2;
$node->await("SELECT count(*) = 3 FROM pipeline_status WHERE name LIKE 'far%' AND state = 'waiting'", 'its pipelines wait');
$source->start;
is($node->sql("SET ROLE crowd; SELECT retry_source('far')"), '0', 'a role speaks for its own pipelines only');
is($node->sql("SELECT count(*) FROM pipeline_status WHERE name LIKE 'far%' AND state = 'waiting'"), '3', 'others wait on');
is($node->sql("SELECT retry_source('far')"), '3', 'retry_source counts what waits no longer');
is($node->sql("SELECT wait_for_run('$_', '60 s')"), 'success', 'which starts at once') for @waiting, $run;
is($node->sql('SELECT count(*) FROM pipeline_sources WHERE failures_in_a_row > 0'), '0', 'nothing is held against the source');
is($node->sql("SELECT retry_source('far')"), '0', 'nothing waits for it');
$node->sql_fails("SELECT retry_source('nowhere')", qr/ERROR:  42704: server "nowhere" does not exist/, 'a server that is not there');

# A pipeline's last run is retried by the pipeline's name, if it is one to retry.
flaky('mended', 1, '22023', '{}');
$node->sql_fails("SELECT retry_run('mended')", qr/ERROR:  55000: pipeline "mended" has no run that could be retried/, 'a pipeline that never ran');
is(run_now('mended'), 'failed', 'a run fails');
$node->sql("SELECT pause_pipeline('mended'); SELECT trigger_pipeline('mended', if_paused => 'skip')");
$node->sql_fails("SELECT retry_run('mended')", qr/ERROR:  SL002/, 'not while it is paused');
$node->sql("SELECT resume_pipeline('mended')");
my $failed = $node->sql("SELECT id FROM pipeline_runs WHERE pipeline_name = 'mended' AND status = 'failed'");
my $retried = $node->sql("SELECT retry_run(id) FROM pipelines WHERE name = 'mended'");
is($node->sql("SELECT wait_for_run('$failed', '30 s')"), 'success', 'retry_run of a pipeline, whose last run was skipped');
is($node->sql("SELECT root_run FROM pipeline_runs WHERE id = '$retried'"), $failed, 'tries the failed one again');
$node->sql_fails("SELECT retry_run('mended')", qr/ERROR:  55000: run $retried succeeded/, 'once it has succeeded there is nothing to retry');
$node->sql_fails("SET ROLE crowd; SELECT retry_run('mended')", qr/ERROR:  42704: pipeline "mended" does not exist/, 'nor for a stranger');
$node->sql_fails("SET ROLE crowd; SELECT retry_run('$failed')", qr/ERROR:  42704: run $failed does not exist/, 'by its id neither');
my $id = $node->sql("SELECT id FROM pipelines WHERE name = 'mended'");
$node->sql_fails("SET ROLE crowd; SELECT retry_run('$id')", qr/ERROR:  42704: run $id does not exist/, 'nor by that of the pipeline');
flaky('hurried', 1, '40001', '{"max_retries": 1, "retry_delay": 3600}');
$run = $node->sql("SELECT trigger_pipeline('hurried')");
$node->await("SELECT state = 'retrying' FROM pipeline_status WHERE name = 'hurried'", 'waits for its retry');
$node->sql("SELECT retry_run('hurried')");
is($node->sql("SELECT wait_for_run('$run', '30 s')"), 'success', 'makes it due now');

# The library's own settings say when it never waits.
$node->append_conf('postgresql.conf', 'pg_sluice.source_failures = 0');
$node->reload;
$source->stop;
is(run_now('far1'), 'failed', 'away again') for 1 .. 3;
is(state_of('far1'), 'failed', 'with pg_sluice.source_failures = 0 nothing waits');

$node->stop;
done_testing();
