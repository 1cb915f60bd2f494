# What stop, pause, DROP EXTENSION and an end that cannot be written do to everybody else.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../perl";
use SluiceNode;
use Test::More;

my $node = SluiceNode->create('control', "pg_sluice.stop_grace = 1\nrestart_after_crash = on");

# A setting of the database that changes what an array literal means.
$node->pipeline('plain', 'SELECT 1::bigint AS i');
$node->sql('ALTER DATABASE postgres SET array_nulls = off; ALTER DATABASE postgres SET transform_null_equals = on');
is((split /\n/, $node->sql("CALL trigger_and_wait('plain')"))[-1] =~ /\|(\w+)$/ && $1, 'success', 'array_nulls = off: a run succeeds');
$node->pipeline('broken', 'SELECT (1 / (random() * 0)::int)::bigint AS i');
$node->sql("CALL trigger_and_wait('broken', raise_error => false)");
is($node->sql("SELECT error_sqlstate FROM pipeline_runs WHERE pipeline_name = 'broken'"), '22012', 'array_nulls = off: a failure says what failed');
$node->sql('ALTER DATABASE postgres RESET array_nulls; ALTER DATABASE postgres RESET transform_null_equals');

# An end that nobody can write: here a trigger refuses it.
$node->sql(q{
	CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'this row is not to change'; END $$;
	CREATE TRIGGER refuse BEFORE UPDATE ON sluice.pipeline_runs FOR EACH ROW
		WHEN (NEW.pipeline_name = 'poison' AND NEW.status IN ('failed', 'stopped')) EXECUTE FUNCTION refuse()});
$node->pipeline('poison', 'SELECT (1 / (random() * 0)::int)::bigint AS i');
my $poison = $node->sql("SELECT trigger_pipeline('poison')");
$node->await("SELECT count(*) = 1 FROM pipeline_health() WHERE check_name = 'set_aside' AND verdict = 'error' "
	  . "AND message LIKE '%$poison%this row is not to change%'", 'an end that cannot be written is set aside, and health says why');
is($node->sql("CREATE ROLE passer_by; SET ROLE passer_by; SELECT message FROM pipeline_health() WHERE check_name = 'set_aside'"),
	'1 thing failed by itself and is set aside', 'but not to everybody');
like((split /\n/, $node->sql("CALL trigger_and_wait('plain', timeout => '30 s')"))[-1], qr/\|success$/, 'other pipelines go on');
like((split /\n/, $node->sql("CALL trigger_and_wait('broken', timeout => '30 s', raise_error => false)"))[-1], qr/\|failed$/, 'and their ends are settled');
$node->sql('DROP TRIGGER refuse ON sluice.pipeline_runs');
# The scheduler is a new one: it need not wait for a minute.
kill 'TERM', $node->pid_of('scheduler');
is($node->sql("SELECT wait_for_run('$poison', '60 s')"), 'failed', 'once it can be, the end is written');
is($node->sql("SELECT error_sqlstate, error_message FROM pipeline_runs WHERE id = '$poison'"), '22012|division by zero', 'with the true cause');
like($node->sql("SELECT error_detail FROM pipeline_runs WHERE id = '$poison'"), qr/could not write.*this row is not to change/, 'and why it comes so late');
$node->await("SELECT count(*) = 0 FROM pipeline_health() WHERE check_name = 'set_aside'", 'health is well again');

# The owner's code may let go of all session-level locks, those of its run as well.
my $said = -s $node->logfile;
$node->pipeline('unlocks', "SELECT 1::bigint AS i FROM (SELECT pg_advisory_unlock_all()) u");
$node->pipeline('unlocks_and_fails', "SELECT 1::bigint / (CASE WHEN pg_advisory_unlock_all() IS NULL THEN 1 ELSE 0 END) AS i");
$node->sql("CALL trigger_and_wait('unlocks'); CALL trigger_and_wait('unlocks_and_fails', raise_error => false)");
is($node->sql("SELECT string_agg(status, ' ' ORDER BY pipeline_name) FROM pipeline_runs WHERE pipeline_name LIKE 'unlocks%'"), 'success failed',
	'runs that let go of their locks end as others');
unlike(PostgreSQL::Test::Utils::slurp_file($node->logfile, $said), qr/WARNING:.*lock/, 'and nobody warns');

# A process that ends by FATAL leaves its last words.
my $gate = $node->close_gate;
$node->pipeline('gated', SluiceNode::gated_query());
my $run = $node->sql("SELECT trigger_pipeline('gated')");
$node->await_gated(1, 'runs');
$node->sql('SELECT pg_terminate_backend(' . $node->pid_of('run') . ')');
is($node->sql("SELECT wait_for_run('$run', '30 s')"), 'failed', 'a terminated run fails');
like($node->sql("SELECT error_detail FROM pipeline_runs WHERE id = '$run'"), qr/terminating/, 'and tells what ended it');
$gate->quit;

# A thousand queued runs are stopped, all of them, by a session that rolls back; others that were asked to stop, too.
$gate = $node->close_gate;
$run = $node->sql("SELECT trigger_pipeline('gated')");
$node->await_gated(1, 'runs again');
$node->sql("SELECT count(trigger_pipeline('gated', if_running => 'queue')) FROM generate_series(1, 1000)");
is($node->sql("BEGIN; SELECT stop_pipeline('gated'); ROLLBACK"), 't', 'stop_pipeline of a thousand queued runs');
$node->await("SELECT count(*) = 1001 FROM pipeline_runs WHERE pipeline_name = 'gated' AND status = 'stopped'", 'stops them all');
is($node->sql("SELECT stop_pipeline('gated')"), 'f', 'then there is nothing to stop');
$run = $node->sql("SELECT trigger_pipeline('gated')");
$node->await_gated(1, 'runs once more');
$node->sql("SELECT count(trigger_pipeline('gated', if_running => 'queue')) FROM generate_series(1, 600)");
is($node->sql("SELECT count(*) FILTER (WHERE stop_run(id)) FROM pipeline_runs WHERE status = 'pending'"), '600', 'stop_run of 600 queued runs');
$node->await("SELECT count(*) = 1601 FROM pipeline_runs WHERE pipeline_name = 'gated' AND status = 'stopped'", 'stops them all');

# One role's requests to stop never take the last places: another's is not undone by its rollback. The rows are locked, so that the requests stay open.
$node->sql('CREATE ROLE tenant LOGIN; GRANT CREATE, USAGE ON SCHEMA public TO tenant; SELECT allow_pipelines(\'tenant\'); SET ROLE tenant; '
	  . 'SELECT create_pipeline(\'theirs\', source_query => $q$' . SluiceNode::gated_query() . '$q$, destination_table => \'public.dst_theirs\', load => \'append\')');
$node->sql("SET ROLE tenant; SELECT trigger_pipeline('theirs')");
$node->await_gated(2, 'a run of another role');
my $theirs = $node->sql("SET ROLE tenant; SELECT trigger_pipeline('theirs', if_running => 'queue')");
$node->sql("SELECT count(trigger_pipeline('gated', if_running => 'queue')) FROM generate_series(1, 300)");
my $locker = $node->background_psql('postgres');
$locker->query_safe("BEGIN; SELECT count(*) FROM (SELECT FROM sluice.pipeline_runs WHERE status = 'pending' FOR UPDATE) r");
$node->sql_fails("SELECT count(stop_run(id)) FROM pipeline_runs WHERE status = 'pending' AND pipeline_name = 'gated'", qr/55P03/, 'more requests than a role may have');
is($node->sql("SET ROLE tenant; BEGIN; SELECT stop_run('$theirs'); ROLLBACK"), 't', 'another role has a place');
$locker->query_safe('ROLLBACK');
$locker->quit;
is($node->sql("SELECT wait_for_run('$theirs', '30 s')"), 'stopped', 'and its run is stopped, whatever became of its transaction');
$node->await("SELECT count(*) = 172 FROM pipeline_runs WHERE pipeline_name = 'gated' AND status = 'pending'", 'the first role had half of the places');
$node->sql("SELECT stop_pipeline('theirs')");
is($node->sql("SELECT count(*) FILTER (WHERE stop_run(id)) FROM pipeline_runs WHERE status = 'pending'"), '172', 'and can stop the rest now');
$node->await("SELECT count(*) = 0 FROM pipeline_runs WHERE status = 'pending'", 'all are over');
$node->await_gated(1, 'one run is left');

# A local retry that a pause took away can be made after all.
$node->sql('CREATE FUNCTION fails() RETURNS bigint LANGUAGE plpgsql AS ' . q{$$ BEGIN RAISE EXCEPTION 'busy' USING ERRCODE = '40001'; END $$});
$node->pipeline('again', 'SELECT public.fails() AS i', q{options => '{"max_retries": 3, "retry_delay": 600}'});
my $again = $node->sql("SELECT trigger_pipeline('again')");
$node->await("SELECT count(*) = 2 FROM pipeline_runs WHERE root_run = '$again'", 'a retry waits');
$node->sql("SELECT pause_pipeline('again')");
is($node->sql("SELECT wait_for_run('$again', '10 s')"), 'skipped', 'a pause takes it away');
$node->sql("SELECT resume_pipeline('again'); SELECT alter_pipeline('again', source_query => 'SELECT 1::bigint AS i')");
$node->sql("SELECT retry_run('$again')");
is($node->sql("SELECT wait_for_run('$again', '30 s')"), 'success', 'retry_run makes it');

# A role that is dropped leaves nothing to whoever gets its OID.
$node->sql('CREATE ROLE gone LOGIN; GRANT CREATE, USAGE ON SCHEMA public TO gone; SELECT allow_pipelines(\'gone\'); SET ROLE gone; '
	  . "SELECT create_pipeline('orphan', source_query => 'SELECT 1 AS i', destination_table => 'public.orphans', load => 'replace')");
$node->sql('DROP OWNED BY gone; DROP ROLE gone');
kill 'TERM', $node->pid_of('scheduler') || ();
$node->sql("SELECT count(trigger_pipeline('plain'))");
$node->await("SELECT owner_oid = 0 FROM sluice.pipeline_definitions WHERE name = 'orphan'", 'nor its pipeline: it belongs to nobody');

# A superuser's session does not connect to the servers of somebody else.
$node->sql('CREATE EXTENSION postgres_fdw; CREATE SERVER closed FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host \'127.0.0.1\', port \'1\'); CREATE ROLE other LOGIN; '
	  . 'GRANT CREATE, USAGE ON SCHEMA public TO other; GRANT USAGE ON FOREIGN SERVER closed TO other; SELECT allow_pipelines(\'other\'); '
	  . "CREATE USER MAPPING FOR other SERVER closed OPTIONS (user 'x', password 'y'); SET ROLE other; "
	  . "SELECT create_pipeline('abroad', source => 'closed', source_table => 't', destination_table => 'public.abroad', load => 'append')");
like($node->sql("${_}SELECT string_agg(l, ' ') FROM explain_pipeline('other/abroad') l"), qr/not connected to in a superuser's session/, "explain_pipeline says so: $_")
  for '', 'SET SESSION AUTHORIZATION other; ';

# DROP EXTENSION does not wait for the run that it cancels, nor does anybody else; who may not drop it cancels nothing.
$node->sql("SELECT create_pipeline('made', source_query => 'SELECT i FROM (' || \$q\$" . SluiceNode::gated_query() . "\$q\$ || ') q', destination_table => 'made_t', load => 'replace')");
$node->sql("SELECT trigger_pipeline('made')");
$node->await_gated(2, 'two runs wait at the gate');
is($node->sql('SELECT count(*) > 0 FROM (SELECT FROM sluice.pipeline_state FOR UPDATE NOWAIT) s'), 't', 'a run holds nothing that others want');
$node->sql("SET ROLE other; DO \$\$ BEGIN EXECUTE 'DROP EXTENSION pg_sluice CASCADE'; EXCEPTION WHEN insufficient_privilege THEN NULL; END \$\$");
$node->await_gated(2, 'who may not drop it cancels nothing');
$node->sql_fails("$_ CASCADE", qr/ERROR:  2BP01/, $_) for ('DROP SCHEMA sluice', 'DROP OWNED BY current_user');
$node->await_gated(2, 'a drop that the server never makes cancels nothing');
is($node->sql("BEGIN; SET LOCAL lock_timeout = '5s'; DROP EXTENSION pg_sluice CASCADE; ROLLBACK; SELECT 'over'"), 'over', 'DROP EXTENSION gets its locks at once');
$node->await("SELECT count(*) = 0 FROM pipeline_runs WHERE status IN ('pending', 'running')", 'rolled back: the runs are over all the same');
is($node->sql("SELECT count(*) FROM pipeline_runs WHERE pipeline_name = 'made' AND status = 'stopped' AND reason LIKE 'stopped by role%'"), '1', 'stopped, and their rows say by whom');
$node->sql("SELECT trigger_pipeline('gated')");
$node->await_gated(1, 'pipelines start again');
$node->sql("SET lock_timeout = '5s'; DROP EXTENSION pg_sluice CASCADE");
is($node->sql("SELECT count(*) FROM pg_extension WHERE extname = 'pg_sluice'"), '0', 'dropped while a run was under way');
$gate->quit;

$node->stop;
done_testing();
