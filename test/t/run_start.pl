# Runs start: by trigger when the transaction commits, by schedule when the clock says so.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../perl";
use SluiceNode;
use Test::More;

my $node = SluiceNode->create('runs', 'max_prepared_transactions = 4');

# By trigger.
$node->pipeline('first', 'SELECT i::bigint AS i FROM generate_series(1, 100) i');
my $run = $node->sql("SELECT trigger_pipeline('first')");
is($node->sql("SELECT wait_for_run('$run', '30 s')"), 'success', 'a triggered run succeeds');
is($node->sql('SELECT count(*), sum(i) FROM dst_first'), '100|5050', 'its rows are there');
is($node->sql("SELECT status, cause, attempt, root_run = id, start_time IS NOT NULL, end_time >= start_time, records_processed "
		  . "FROM pipeline_runs WHERE id = '$run'"),
	'success|manual|1|t|t|t|100', 'its row tells it');
is($node->sql("CALL trigger_and_wait('first'); SELECT count(*) FROM dst_first") =~ s/.*\n//sr, '200', 'trigger_and_wait');

$node->sql("BEGIN; SELECT trigger_pipeline('first'); ROLLBACK");
$node->sql("SELECT trigger_pipeline('first') FROM generate_series(1, 1) WHERE false");
is($node->sql("SELECT count(*) FROM pipeline_runs"), '2', 'a rolled back trigger leaves nothing');

$node->sql("BEGIN; SELECT trigger_pipeline('first'); PREPARE TRANSACTION 'later'");
is($node->sql("SELECT count(*) FROM pipeline_runs"), '2', 'a prepared trigger is not there yet');
$node->sql("COMMIT PREPARED 'later'");
$node->await("SELECT count(*) = 3 FROM pipeline_runs WHERE status = 'success'", 'and starts at COMMIT PREPARED');

# Settings of a run do not depend on who asks or on the database.
$node->sql("ALTER DATABASE postgres SET statement_timeout = '3s'; ALTER DATABASE postgres SET timezone = 'America/New_York';"
	  . "ALTER DATABASE postgres SET default_transaction_isolation = 'serializable';"
	  . "ALTER DATABASE postgres SET default_transaction_read_only = on; ALTER DATABASE postgres SET datestyle = 'German'");
$node->sql("SET default_transaction_read_only = off; CREATE TABLE seen (t text);"
	  . "SELECT create_pipeline('settings', load => 'append', timezone => 'Asia/Kolkata', destination_table => 'seen', source_query => "
	  . "'SELECT concat_ws('';'', current_setting(''timezone''), current_setting(''datestyle''), current_setting(''transaction_isolation''), "
	  . "current_setting(''transaction_read_only''), current_setting(''statement_timeout''), session_user, run_context()) AS t')");
$run = $node->sql("SET default_transaction_read_only = off; SELECT trigger_pipeline('settings', '{\"day\": 1}')");
$node->await("SELECT status = 'success' FROM pipeline_runs WHERE id = '$run'", 'a run pins its settings');
like($node->sql('SELECT t FROM seen'), qr/^Asia\/Kolkata;ISO, MDY;read committed;off;0;\w+;\{"day": 1\}$/, 'the pinned ones');
$node->sql("SET default_transaction_read_only = off; ALTER DATABASE postgres RESET ALL");

# Deferred triggers run before 'success' is written, and can still fail the run.
$node->sql(q{CREATE TABLE dst_late (i bigint);
	CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'refused late'; END $$;
	CREATE CONSTRAINT TRIGGER late AFTER INSERT ON dst_late DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse()});
$node->pipeline('late', 'SELECT 1::bigint AS i');
$run = $node->sql("SELECT trigger_pipeline('late')");
is($node->sql("SELECT wait_for_run('$run', '30 s')"), 'failed', 'a deferred trigger fails the run');
is($node->sql("SELECT error_sqlstate, error_message FROM pipeline_runs WHERE id = '$run'"), 'P0001|refused late', 'with its error');
is($node->sql('SELECT count(*) FROM dst_late'), '0', 'and nothing is loaded');

# application_name tells the run's id and nothing else.
my $gate = $node->close_gate;
$node->pipeline('gated', SluiceNode::gated_query());
$run = $node->sql("SELECT trigger_pipeline('gated')");
$node->await_gated(1, 'a run waits at the gate');
is($node->sql("SELECT application_name FROM pg_stat_activity WHERE backend_type = 'pg_sluice run'"),
	"pg_sluice run $run", 'application_name');

# No overlap of a pipeline with itself.
$node->sql_fails("SELECT trigger_pipeline('gated')", qr/ERROR:  55006:.*$run/, 'a trigger while it runs');
my $skipped = $node->sql("SELECT trigger_pipeline('gated', if_running => 'skip')");
is($node->sql("SELECT status, reason LIKE '%$run%' FROM pipeline_runs WHERE id = '$skipped'"), 'skipped|t', 'skip leaves a row');
my $queued = $node->sql("SELECT trigger_pipeline('gated', if_running => 'queue')");
is($node->sql("SELECT wait_for_run('$queued', '300 ms') IS NULL"), 't', 'wait_for_run times out');
is($node->sql("SELECT status FROM pipeline_runs WHERE id = '$queued'"), 'pending', 'queue waits for its turn');
$gate->quit;
$node->await("SELECT status = 'success' FROM pipeline_runs WHERE id = '$queued'", 'and gets it');
is($node->sql('SELECT count(*) FROM dst_gated'), '4', 'both ran');
$gate = $node->close_gate;
$run = $node->sql("SELECT trigger_pipeline('gated')");
$node->await_gated(1, 'it runs again');
$node->sql_fails("CALL run_pipeline('gated')", qr/ERROR:  55006:/, 'CALL run_pipeline while a worker runs it');
$gate->quit;
is($node->sql("SELECT wait_for_run('$run', '30 s')"), 'success', 'its end');

# A CALL in another session is in the way of a worker.
$gate = $node->close_gate;
my $caller = $node->background_psql('postgres', on_error_stop => 0);
$caller->query_until(qr/called/, "\\echo called\nCALL run_pipeline('gated');\n");
$node->await("SELECT count(*) = 1 FROM pg_locks WHERE locktype = 'advisory' AND objid = 4711 AND NOT granted", 'a CALL runs it');
$queued = $node->sql("SELECT trigger_pipeline('gated', if_running => 'queue')");
is($node->sql("SELECT wait_for_run('$queued', '300 ms') IS NULL"), 't', 'a queued run waits for the CALL');
$gate->quit;
is($node->sql("SELECT wait_for_run('$queued', '30 s')"), 'success', 'and comes after it');
$caller->quit;

# An aborting CALL wakes the scheduler when its locks are gone, not before: here the abort of its foreign transaction is
# held up between the two.
my $port = $node->port;
my $host = $node->host;
$node->sql("CREATE EXTENSION postgres_fdw; CREATE SERVER loop FOREIGN DATA WRAPPER postgres_fdw OPTIONS (dbname 'postgres', "
	  . "host '$host', port '$port', application_name 'held'); CREATE USER MAPPING FOR CURRENT_USER SERVER loop;"
	  . "CREATE FOREIGN TABLE far (i bigint) SERVER loop OPTIONS (table_name 'dst_first')");
$caller = $node->background_psql('postgres', on_error_stop => 0);
$caller->query_safe('BEGIN; SELECT count(*) FROM far');
$caller->query_safe("CALL run_pipeline('gated')");
$queued = $node->sql("SELECT trigger_pipeline('gated', if_running => 'queue')");
my $held = $node->sql("SELECT pid FROM pg_stat_activity WHERE application_name = 'held'");
kill 'STOP', $held;
$caller->query_until(qr/leaving/, "\\echo leaving\nROLLBACK;\n");
$node->await("SELECT count(*) = 1 FROM pg_stat_activity WHERE query = 'ROLLBACK;' AND wait_event_type = 'Extension'", 'the abort is held up');
is($node->sql("SELECT wait_for_run('$queued', '300 ms') IS NULL"), 't', 'a queued run waits for it');
kill 'CONT', $held;
is($node->sql("SELECT wait_for_run('$queued', '30 s')"), 'success', 'and comes after it');
$caller->quit;

# By schedule.
$node->pipeline('nightly', 'SELECT 1::bigint AS i', "schedule => '0 2 * * *', timezone => 'UTC'");
my $due = $node->sql("SELECT next_due FROM pipeline_status WHERE name = 'nightly'");
is($node->sql("SELECT '$due'::timestamptz BETWEEN now() AND now() + '1 day' AND to_char('$due'::timestamptz AT TIME ZONE 'UTC', 'HH24:MI:SS') = '02:00:00'"),
	't', 'next due');
$node->set_clock($node->offset_to("'$due'", 3));
$node->await("SELECT count(*) = 1 FROM pipeline_runs WHERE pipeline_name = 'nightly' AND cause = 'schedule' AND status = 'success' AND due_at = '$due'",
	'runs when it is due');
is($node->sql("SELECT next_due = '$due'::timestamptz + '1 day' FROM pipeline_status WHERE name = 'nightly'"), 't', 'and is due a day later');

# Missed: one run, for the last of the due times that passed; the rest is told and not made up for.
$node->set_clock($node->offset_to("'$due'", 5 * 86400 + 100));
$node->await("SELECT count(*) = 2 FROM pipeline_runs WHERE pipeline_name = 'nightly' AND status = 'success'", 'one run makes up for five days');
is($node->sql("SELECT max(due_at) = '$due'::timestamptz + '5 days' FROM pipeline_runs WHERE pipeline_name = 'nightly'"), 't', 'with the last of their due times');
is($node->sql("SELECT next_due = '$due'::timestamptz + '6 days' FROM pipeline_status WHERE name = 'nightly'"), 't', 'and the schedule goes on');

# Due while it runs: a row that says so.
$gate = $node->close_gate;
$node->pipeline('slow', SluiceNode::gated_query(), "schedule => '0 3 * * *'");
$run = $node->sql("SELECT trigger_pipeline('slow')");
$node->await_gated(1, 'a scheduled pipeline runs by hand');
$node->set_clock($node->offset_to("(SELECT next_due FROM pipeline_status WHERE name = 'slow')", 3));
$node->await("SELECT count(*) = 1 FROM pipeline_runs WHERE pipeline_name = 'slow' AND cause = 'schedule' AND status = 'skipped' AND reason LIKE '%$run%'",
	'a due time while it runs is skipped, with the reason');
$gate->quit;
is($node->sql("SELECT wait_for_run('$run', '30 s')"), 'success', 'the run itself goes on');

# Paused and switched off.
$node->sql("SELECT pause_pipeline('nightly', 'migration')");
my $before = $node->sql("SELECT count(*) FROM pipeline_runs WHERE pipeline_name = 'nightly'");
$node->set_clock($node->offset_to("'$due'", 20 * 86400 + 100));
$node->await("SELECT next_due > '$due'::timestamptz + '19 days' FROM pipeline_status WHERE name = 'slow'", 'the clock has moved for all');
is($node->sql("SELECT count(*) FROM pipeline_runs WHERE pipeline_name = 'nightly'"), $before, 'paused: no scheduled run');
$node->sql_fails("SELECT trigger_pipeline('nightly')", qr/ERROR:  SL002:.*resume_pipeline/s, 'a trigger while paused');
$node->sql("SELECT resume_pipeline('nightly')");
is($node->sql("SELECT next_due > '$due'::timestamptz + '20 days' FROM pipeline_status WHERE name = 'nightly'"), 't', 'what passed meanwhile is not missed');

$gate = $node->close_gate;
$run = $node->sql("SELECT trigger_pipeline('gated')");
$node->await_gated(1, 'runs');
$queued = $node->sql("SELECT trigger_pipeline('gated', if_running => 'queue')");
$node->sql("SELECT pause_pipeline('gated')");
is($node->sql("SELECT wait_for_run('$queued', '30 s')"), 'skipped', 'pausing skips what is queued');
like($node->sql("SELECT reason FROM pipeline_runs WHERE id = '$queued'"), qr/paused/, 'with the reason');
$gate->quit;
is($node->sql("SELECT wait_for_run('$run', '30 s')"), 'success', 'and lets the run finish');

$node->append_conf('postgresql.conf', 'pg_sluice.enabled = off');
$node->reload;
$node->poll_query_until('postgres', "SHOW pg_sluice.enabled", 'off');
$node->sql_fails("SELECT trigger_pipeline('first')", qr/ERROR:  55000:.*pg_sluice.enabled/s, 'a trigger while switched off');

$node->stop;
done_testing();
