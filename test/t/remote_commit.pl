# A crash, a stop, a lost connection between the commit at the destination server and the commit here: no row is loaded
# twice and none is lost. A deferred trigger there holds COMMIT until the gate is opened.
use strict;
use warnings;
use utf8;
use FindBin;
use lib "$FindBin::RealBin/../perl";
use PostgreSQL::Test::Utils;
use SluicePair;
use Test::More;

start_pair();
my $number = 0;

$far->safe_psql('postgres', 'SET ROLE writer; SET search_path = dst; CREATE TABLE once (i int);
	CREATE FUNCTION gate() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_advisory_xact_lock_shared(4711); RETURN NULL; END $$;
	CREATE CONSTRAINT TRIGGER gate AFTER INSERT ON once DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION gate()');

sub await_commit
{
	my ($name) = @_;
	ok($far->poll_query_until('postgres', "SELECT count(*) = 1 FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE l.locktype = 'advisory' AND NOT l.granted AND a.query = 'COMMIT'"), $name);
	return;
}

sub once_pipeline
{
	my ($options) = @_;
	$number++;
	$far->safe_psql('postgres', 'TRUNCATE dst.once');
	return as_etl("SELECT create_pipeline('p$number', source_query => 'SELECT 7 AS i', destination => 'far', destination_table => 'once', load => 'append', "
		  . "options => '{\"retry_delay\": 1, \"retry_max_delay\": 1$options}') IS NULL; SELECT trigger_pipeline('p$number')");
}

sub attempts
{
	my ($run) = @_;
	return $near->sql("SELECT string_agg(concat_ws(' ', cause, status, error_sqlstate, CASE WHEN status = 'success' THEN records_processed END), ', ' ORDER BY attempt) FROM pipeline_runs WHERE root_run = '$run'");
}

sub await_end
{
	my ($run, $name) = @_;
	return $near->await("SELECT NOT EXISTS (SELECT FROM pipeline_runs WHERE root_run = '$run' AND status IN ('pending', 'running')) AND NOT EXISTS (SELECT FROM sluice.pipeline_ended WHERE run_id IN (SELECT id FROM pipeline_runs WHERE root_run = '$run'))", $name);
}

for my $case ([ '', 'no retries' ], [ ', "max_retries": 3', 'with retries' ])
{
	my ($options, $which) = @$case;
	my $gate = close_far_gate();
	my ($run) = once_pipeline($options) =~ /\n(\S+)$/;
	await_commit("$which: the worker waits for COMMIT there");
	kill 'KILL', $near->pid_of('run');
	$near->await("SELECT count(*) = 2 FROM pipeline_runs WHERE root_run = '$run'", "$which: killed, and tried again");
	ok($far->poll_query_until('postgres', "SELECT count(*) = 1 FROM pg_stat_activity WHERE query LIKE 'INSERT INTO dst.pg_sluice_ledger%' AND wait_event_type = 'Lock'"),
		"$which: the next attempt waits for what is still open there");
	$gate->quit;
	await_end($run, "$which: it is over");
	is(attempts($run), 'manual failed SL004, retry success 1', "$which: the rows were there");
	is($far->safe_psql('postgres', 'SELECT count(*) FROM dst.once'), 1, "$which: once");
	like($near->sql("SELECT reason FROM pipeline_runs WHERE root_run = '$run' AND attempt = 2"), qr/attempt $run had committed its 1 rows in dst\.once of server "far"/, "$which: the run says so");
}

# The worker is terminated while it waits for COMMIT: the cancel reaches the server, nothing is there.
{
	my $gate = close_far_gate();
	my ($run) = once_pipeline('') =~ /\n(\S+)$/;
	await_commit('terminated: the worker waits for COMMIT there');
	kill 'TERM', $near->pid_of('run');
	await_end($run, 'terminated: it is over');
	ok($far->poll_query_until('postgres', "SELECT count(*) = 0 FROM pg_stat_activity WHERE application_name = 'pg_sluice'"), 'terminated: nothing is left there, with the gate closed');
	is(attempts($run), 'manual failed SL004, retry failed SL009', 'terminated: looked up and not found');
	is($far->safe_psql('postgres', 'SELECT count(*) FROM dst.once'), 0, 'terminated: no rows');
	$gate->quit;
	my $retry = as_etl("SELECT retry_run('$run')");
	await_end($run, 'terminated: retried by hand');
	is(attempts($run), 'manual failed SL004, retry failed SL009, retry success 1', 'terminated: then it loads');
	is($far->safe_psql('postgres', 'SELECT count(*) FROM dst.once'), 1, 'terminated: once');
}

# A stop in that moment.
{
	my $gate = close_far_gate();
	my ($run) = once_pipeline('') =~ /\n(\S+)$/;
	await_commit('stopped: the worker waits for COMMIT there');
	# Nobody has drawn the consequences yet.
	my $scheduler = $near->pid_of('scheduler');
	kill 'STOP', $scheduler;
	is(as_etl("SELECT stop_run('$run')"), 't', 'stopped: it is stopped');
	$near->await("SELECT status = 'stopped' FROM pipeline_runs WHERE id = '$run'", 'stopped: its row says so');
	is(as_etl("SELECT wait_for_run('$run', '100 ms') IS NULL"), 't', 'stopped: who waits is not told so while it may be looked up');
	kill 'CONT', $scheduler;
	is(as_etl("SELECT wait_for_run('$run', '30 s')"), 'failed', 'stopped: but what was found');
	await_end($run, 'stopped: it is over');
	is(attempts($run), 'manual stopped, retry failed SL009', 'stopped: looked up and not found');
	$gate->quit;
	is($far->safe_psql('postgres', 'SELECT count(*) FROM dst.once'), 0, 'stopped: no rows');
}

# The connection is lost during COMMIT: first before the commit, then after it, while a standby is waited for.
{
	my $gate = close_far_gate();
	my ($run) = once_pipeline('') =~ /\n(\S+)$/;
	await_commit('cut off: the worker waits for COMMIT there');
	$far->safe_psql('postgres', "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'pg_sluice'");
	await_end($run, 'cut off: it is over');
	is(attempts($run), 'manual failed SL010', 'cut off: the ledger said at once that nothing was committed');
	like($near->sql("SELECT error_message FROM pipeline_runs WHERE id = '$run'"), qr/lost during COMMIT; nothing was committed there/, 'cut off: so does the run');
	$gate->quit;

	$far->safe_psql('postgres', 'ALTER ROLE writer RESET synchronous_commit');
	$gate = close_far_gate();
	($run) = once_pipeline('') =~ /\n(\S+)$/;
	await_commit('cut off late: the worker waits for COMMIT there');
	$far->append_conf('postgresql.conf', "synchronous_standby_names = 'nobody'");
	$far->reload;
	my $probe = $far->background_psql('postgres');
	$probe->query_until(qr/go/, "\\echo go\nCREATE TABLE probe ();\n");
	my $waits = "SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND application_name";
	ok($far->poll_query_until('postgres', "$waits <> 'pg_sluice'"), 'cut off late: whoever commits there waits for a standby now');
	$gate->quit;
	ok($far->poll_query_until('postgres', "$waits = 'pg_sluice'"), 'cut off late: so does the run, after its commit');
	$far->safe_psql('postgres', "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'pg_sluice'");
	await_end($run, 'cut off late: it is over');
	is(attempts($run), 'manual success 1', 'cut off late: the ledger said at once that it was committed');
	is($far->safe_psql('postgres', 'SELECT count(*) FROM dst.once'), 1, 'cut off late: once');
	$far->append_conf('postgresql.conf', "synchronous_standby_names = ''");
	$far->reload;
	$probe->quit;
}

# A pause while the answer is out: the look is not taken away, and needs no resume.
{
	my $gate = close_far_gate();
	my ($run) = once_pipeline(', "max_retries": 3') =~ /\n(\S+)$/;
	await_commit('paused: the worker waits for COMMIT there');
	kill 'KILL', $near->pid_of('run');
	$near->await("SELECT count(*) = 2 FROM pipeline_runs WHERE root_run = '$run'", 'paused: killed, and tried again');
	is(as_etl("SELECT pause_pipeline('p$number') IS NULL"), 'f', 'paused: it is paused');
	$gate->quit;
	await_end($run, 'paused: it is over');
	is(attempts($run), 'manual failed SL004, retry success 1', 'paused: the look was made, and found the rows');
	is($far->safe_psql('postgres', 'SELECT count(*) FROM dst.once'), 1, 'paused: once');
}

# The look itself is stopped, twice: nobody has looked yet, so it is asked again.
{
	my $gate = close_far_gate();
	my ($run) = once_pipeline('') =~ /\n(\S+)$/;
	await_commit('stopped look: the worker waits for COMMIT there');
	kill 'KILL', $near->pid_of('run');
	my $waits = "SELECT count(*) = 1 FROM pg_stat_activity WHERE query LIKE 'INSERT INTO dst.pg_sluice_ledger%' AND wait_event_type = 'Lock'";
	ok($far->poll_query_until('postgres', $waits), 'stopped look: it waits for what is open there');
	is(as_etl("SELECT stop_run((SELECT id FROM pipeline_runs WHERE root_run = '$run' AND status = 'running'))"), 't', 'stopped look: it is stopped');
	$near->await("SELECT count(*) = 3 FROM pipeline_runs WHERE root_run = '$run'", 'stopped look: another one is queued');
	like($near->sql("SELECT state || ': ' || reason FROM pipeline_status WHERE name = 'p$number'"), qr/^(retrying|running): asks destination "far"/, 'stopped look: the status says so');
	$gate->quit;
	await_end($run, 'stopped look: it is over');
	is(attempts($run), 'manual failed SL004, retry stopped, retry success 1', 'stopped look: found at last');
	is($far->safe_psql('postgres', 'SELECT count(*) FROM dst.once'), 1, 'stopped look: once');
}

# Paused, while the look waits its hour or after its row is lost: who asks gets the answer without a resume.
for my $case ('waits', 'was skipped')
{
	my $gate = close_far_gate();
	my ($run) = once_pipeline(', "retry_delay": 3600, "retry_max_delay": 3600') =~ /\n(\S+)$/;
	await_commit("look $case: the worker waits for COMMIT there");
	kill 'KILL', $near->pid_of('run');
	$near->await("SELECT count(*) = 2 FROM pipeline_runs WHERE root_run = '$run'", "look $case: killed, and to be looked up in an hour");
	$gate->quit;
	ok($far->poll_query_until('postgres', 'SELECT count(*) = 1 FROM dst.once'), "look $case: it was committed there");
	as_etl("SELECT pause_pipeline('p$number')");
	# As older versions left it.
	$near->sql("UPDATE sluice.pipeline_runs SET status = 'skipped', reason = 'paused', end_time = now() WHERE root_run = '$run' AND attempt = 2") if $case eq 'was skipped';
	as_etl("SELECT retry_run('p$number')");
	await_end($run, "look $case: it is over");
	is(attempts($run), 'manual failed SL004, ' . ($case eq 'waits' ? '' : 'retry skipped, ') . 'retry success 1', "look $case: the rows were there");
	is($far->safe_psql('postgres', 'SELECT count(*) FROM dst.once'), 1, "look $case: once");
	is($near->sql("SELECT state FROM pipeline_status WHERE name = 'p$number'"), 'paused', "look $case: it stays paused");
}

$near->stop;
$far->stop;
done_testing();
