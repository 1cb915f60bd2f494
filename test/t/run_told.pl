# Why a run failed, and what stands still, is told where people look, to those who may know it.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../perl";
use SluicePair;
use Test::More;

start_pair();
my $password = 'Wrong-of-the-reader';
$far->safe_psql('postgres', 'CREATE TABLE dst.sales (id int); CREATE ROLE owner_there');
$near->sql(qq{
	CREATE ROLE watcher LOGIN IN ROLE pg_monitor; CREATE ROLE stranger LOGIN;
	ALTER USER MAPPING FOR etl SERVER far OPTIONS (SET password '$password')});

# The one query of a superuser, of its owner, of somebody who watches and of somebody else.
sub seen_by
{
	my ($role, $sql) = @_;
	return $near->sql("SET ROLE $role; $sql");
}

sub fails
{
	my ($name) = @_;
	my ($run, $status) = split /\|/, (split /\n/, as_etl("CALL trigger_and_wait('$name', raise_error => false)"))[-1];
	is($status, 'failed', "$name fails");
	return $run;
}

as_etl("SELECT create_pipeline('locked_out', source => 'far', source_table => 'dst.sales', destination_table => 'public.sales')");
my $run = fails('locked_out');
my $cause = qr/could not connect to server "far"\nDETAIL:  .*password authentication failed for user "writer"/s;
my %looks = (
	'pipeline_status' => "SELECT last_error FROM pipeline_status WHERE name = 'locked_out'",
	'recent_runs' => "SELECT error FROM recent_runs() WHERE run = '$run'",
	'run_log' => "SELECT message FROM run_log('$run') WHERE level = 'error'",
	'pipeline_log' => "SELECT message FROM pipeline_log WHERE run = '$run' AND level = 'error'",
	'pipeline_runs' => "SELECT log FROM pipeline_runs WHERE id = '$run'",
	'get_pipeline' => "SELECT (l ->> 'error_message') || E'\\nDETAIL:  ' || (l ->> 'error_detail') FROM jsonb_array_elements(get_pipeline('locked_out') -> 'runs') l");
like(as_etl($looks{$_}), $cause, "$_ tells the cause") for sort keys %looks;
is(as_etl("SELECT reason FROM pipeline_status WHERE name = 'locked_out'"), 'could not connect to server "far"', 'the reason stays short');

# The number of the row.
as_etl(q{CREATE TABLE public.small (n int CHECK (n < 3));
	SELECT create_pipeline('third', source_query => 'SELECT n FROM generate_series(1, 5) n', destination_table => 'public.small', load => 'append')});
$run = fails('third');
my $third = qr/violates check constraint .*\nDETAIL:  Failing row contains \(3\)\..*\nCONTEXT:  row 3 loaded into "small"/s;
like(as_etl("SELECT last_error FROM pipeline_status WHERE name = 'third'"), $third, 'pipeline_status tells which row it was');
like(as_etl("SELECT error FROM recent_runs() WHERE run = '$run'"), $third, 'recent_runs as well');
like(as_etl("SELECT message FROM run_log('$run') WHERE level = 'error'"), qr/\nHINT:  Correct such rows.*\nCONTEXT:  row 3 /s, 'run_log as well, with the hint');
like(PostgreSQL::Test::Utils::slurp_file($near->logfile), qr/CONTEXT:  row 3 loaded into "small"/, 'and the log of the server');

# A source that is down: what is remembered of it says why, too.
as_etl("SELECT create_pipeline('nobody_there', source => 'closed', source_table => 't', destination_table => 'public.nothing')");
fails('nobody_there');
$near->await("SELECT count(*) = 1 FROM pipeline_sources WHERE source = 'closed' AND last_error ~ 'DETAIL:.*Connection refused'", 'pipeline_sources tells why a source is down');

# Our own hint names an option that is about passwords: it arrives as it is.
as_etl("SELECT create_pipeline('bare', source => 'trusting', source_table => 'dst.sales', destination_table => 'public.bare')");
$near->sql("ALTER USER MAPPING FOR etl SERVER trusting OPTIONS (DROP password)");
fails('bare');
like(as_etl("SELECT last_hint FROM pipeline_status WHERE name = 'bare'"), qr/set password_required 'false' on it/, 'a hint about passwords is whole');
unlike($near->sql('SELECT string_agg(r::text, $$ $$) FROM (SELECT * FROM pipeline_runs UNION ALL SELECT * FROM pipeline_runs) r'), qr/$password|$secret/, 'and no password is told');

# Whoever watches the server sees what becomes of everybody's runs, but no data of theirs.
my $watched = seen_by('watcher', "SELECT count(*) FROM pipeline_status");
is($watched, seen_by('etl', 'SELECT count(*) FROM pipeline_status'), 'pg_monitor sees all pipelines');
is(seen_by('watcher', "SELECT state, last_error, reason FROM pipeline_status WHERE name = 'third'"),
	'failed|' . join('|', ('new row for relation "small" violates check constraint "small_n_check"') x 2), 'with state and message, without the row');
is(seen_by('watcher', "SELECT count(*) FILTER (WHERE error ~ 'DETAIL|CONTEXT'), count(*) FILTER (WHERE error IS NOT NULL) FROM recent_runs()"), "0|$watched",
	'recent_runs likewise');
is(seen_by('watcher', "SELECT (SELECT count(*) FROM pipeline_log) + (SELECT count(*) FROM pipeline_runs) + (SELECT count(*) FROM pipelines) + (SELECT count(*) FROM pipeline_versions)"),
	'0', 'and nothing else');
like(seen_by('watcher', "SELECT message FROM pipeline_health() WHERE check_name = 'failing'"), qr/^$watched pipelines failing: bare, locked_out/, 'pipeline_health tells pg_monitor of all');
is(seen_by('stranger', 'SELECT (SELECT count(*) FROM pipeline_status) + (SELECT count(*) FROM recent_runs())'), '0', 'a stranger sees nothing');
like(seen_by('stranger', "SELECT verdict || ' ' || message FROM pipeline_health() WHERE check_name = 'pipelines'"),
	qr/^warning you may see none of the pipelines of this database \($watched\)/, 'and is told so');
# What a view shows to its reader is not shown to the reader's functions before.
$near->sql(q{CREATE FUNCTION peep(text) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS $$ BEGIN RAISE WARNING 'peeped %', $1; RETURN true; END $$});
my ($code, $out, $err) = $near->psql('postgres', 'SET ROLE stranger; SELECT count(*) FROM pipeline_status WHERE peep(last_error); SELECT count(*) FROM recent_runs() WHERE peep(error)');
unlike($err, qr/peeped/, 'nor do functions of a stranger');
$near->sql('CREATE ROLE half LOGIN; GRANT CREATE, USAGE ON SCHEMA public TO half; SELECT allow_pipelines(\'half\'); SET ROLE half; '
	  . "SELECT create_pipeline('own', source_query => 'SELECT 1 AS i', destination_table => 'public.own')");
is(seen_by('half', "SELECT verdict, message FROM pipeline_health() WHERE check_name = 'pipelines'"),
	"ok|1 pipeline, not counting $watched of roles whose rights you lack", 'who owns one of the pipelines is told that there are others');

# What was passed over because of another pipeline says so.
as_etl(q{SELECT create_pipeline('after', source_query => 'SELECT 1 AS n', destination_table => 'public.small', load => 'append', depends_on => '{third}')});
$run = fails('third');
as_etl("SELECT wait_for_batch('$run')");
is(as_etl("SELECT state, reason, last_run FROM pipeline_status WHERE name = 'after'"), 'skipped|"third" failed|', 'skipped after a failure: state and reason');
as_etl("CALL trigger_and_wait('after', raise_error => false)");
is(as_etl("SELECT state, reason FROM pipeline_status WHERE name = 'after'"), 'idle|', 'idle once it has run');
$run = fails('third');
as_etl("SELECT wait_for_batch('$run')");
is(as_etl("SELECT state, reason, last_run_status FROM pipeline_status WHERE name = 'after'"), 'skipped|"third" failed|success', 'skipped again');

$near->stop;
$far->stop;

# What PostgreSQL is installed with is enough.
my $plain = SluiceNode->create('plain', "max_worker_processes = 8\npg_sluice.scheduler_idle_timeout = 1");
is($plain->sql("SELECT verdict FROM pipeline_health() WHERE check_name = 'worker_slots'"), 'ok', 'max_worker_processes = 8 is no reason to warn');
$plain->sql("ALTER SYSTEM SET pg_sluice.max_concurrent_runs = 6; SELECT pg_reload_conf()");
$plain->await("SELECT verdict = 'warning' AND hint ~ 'max_worker_processes = 10 ' AND message ~ 'pg_sluice reserve \\(2\\)' AND message !~ 'pg_sluice run' FROM pipeline_health() WHERE check_name = 'worker_slots'", 'six runs at once do not fit beside what is kept');

# Parallel queries hold all slots, and none is kept: health names them.
$plain->append_conf('postgresql.conf', 'pg_sluice.reserved_workers = 0');
$plain->restart;
$plain->sql('ALTER SYSTEM SET max_parallel_workers_per_gather = 8; ALTER SYSTEM SET max_parallel_workers = 8; SELECT pg_reload_conf(); CREATE TABLE wide AS SELECT i FROM generate_series(1, 1000) i; ALTER TABLE wide SET (parallel_workers = 8)');
$plain->pipeline('late', 'SELECT 1::bigint AS i');
$plain->await("SELECT count(*) = 0 FROM pg_stat_activity WHERE backend_type = 'pg_sluice scheduler'", 'the scheduler leaves');
my @hogs;
my $held = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'parallel worker' OR backend_type ~ '^(logical|pg_sluice)'";
for (1 .. 8)
{
	last if $plain->sql($held) >= 8;
	my $hog = $plain->background_psql('postgres', on_error_stop => 0);
	# Until it is cancelled.
	$hog->query_until(qr/holding/, "SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;\n"
		  . "\\echo holding\nSELECT count(pg_sleep(600)) FROM wide;\n");
	push @hogs, $hog;
	$plain->await("SELECT count(*) = " . @hogs . " FROM pg_stat_activity WHERE backend_type = 'client backend' AND wait_event = 'PgSleep'", 'a parallel query holds workers');
}
is($plain->sql($held), '8', 'parallel queries hold all that is left');
my $late = $plain->sql("SELECT trigger_pipeline('late')");
$plain->await("SELECT count(*) = 1 FROM pipeline_health() WHERE check_name = 'worker_slots' AND verdict = 'error' AND message ~ 'held by: parallel worker \\([0-9]+\\)' "
	  . "AND hint ~ 'max_parallel_workers'", 'pipeline_health names who holds the background worker slots');
like($plain->sql("SELECT verdict, message FROM pipeline_health() WHERE check_name = 'scheduler'"), qr/^warning\|the scheduler of this database waits for a slot/, 'and who lacks one');
$plain->sql("SELECT count(pg_cancel_backend(pid)) FROM pg_stat_activity WHERE backend_type = 'client backend' AND wait_event = 'PgSleep'");
is($plain->sql("SELECT wait_for_run('$late', '60 s')"), 'success', 'then the run goes on');
$plain->await("SELECT verdict <> 'error' FROM pipeline_health() WHERE check_name = 'worker_slots'", 'and health is well again');
$_->quit for @hogs;
$plain->stop;
done_testing();
