# Pipelines that are commands, made by workers: what is one transaction and what is not, stops, crashes, and what a command
# does to its session.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../perl";
use PostgreSQL::Test::Utils;
use SluiceNode;
use Test::More;

my $node = SluiceNode->create('commands', "pg_sluice.max_concurrent_runs = 2\npg_sluice.stop_grace = 1\nrestart_after_crash = on");
$node->sql(q{
	CREATE ROLE team; CREATE ROLE alice LOGIN IN ROLE team;
	SELECT allow_pipelines('alice');
	GRANT CREATE ON SCHEMA public TO alice, team;
	CREATE TABLE done (i int PRIMARY KEY, what text); ALTER TABLE done OWNER TO alice;
	CREATE TABLE gate (i int); GRANT SELECT ON gate TO PUBLIC});

# Defines or alters a pipeline of alice's.
sub command
{
	my ($name, $command, $options) = @_;
	$options //= '{}';
	$node->safe_psql('postgres', "SET client_min_messages = warning; SELECT apply_pipeline(jsonb_build_object('name', '$name', "
		  . "'command', \$c\$$command\$c\$, 'options', jsonb '$options'))", extra_params => [ '-U', 'alice' ]);
	return;
}

# Runs it; its status.
sub run
{
	my ($name) = @_;
	return $node->sql("CALL trigger_and_wait('alice/$name', run => NULL, raise_error => false)") =~ s/.*\|//r;
}

# Of the last run.
sub last_run
{
	my ($name, $columns) = @_;
	return $node->sql("SELECT $columns FROM pipeline_runs WHERE pipeline_name = '$name' ORDER BY id DESC LIMIT 1");
}

sub last_log
{
	my ($name, $filter) = @_;
	$filter //= 'true';
	return $node->sql("SELECT string_agg(message, E'\\n' ORDER BY line) FROM (SELECT row_number() OVER () AS line, l.* FROM run_log("
		  . "(SELECT id FROM pipeline_runs WHERE pipeline_name = '$name' ORDER BY id DESC LIMIT 1)) l) l WHERE $filter");
}

sub done
{
	return $node->sql('SELECT string_agg(i::text, \',\' ORDER BY i) FROM done');
}

# One transaction, with the run's success.
command('several', "INSERT INTO done VALUES (1), (2); UPDATE done SET what = current_user || ' ' || session_user WHERE i = 1; "
	  . "CREATE TABLE made AS SELECT generate_series(1, 5); SELECT run_context()");
is(run('several'), 'success', 'several statements');
is($node->sql('SELECT what FROM done WHERE i = 1'), 'alice alice', 'they run as the owner');
is(last_run('several', 'records_processed || phase'), '9finishing', 'their rows are counted');
like(last_log('several'), qr/^command: one transaction, together with the run's success\n.*1 of 4 \(INSERT\): 2 rows\n.*2 of 4 \(UPDATE\): 1 row\n.*CREATE TABLE AS\): 5 rows\n.*SELECT\): 1 row$/s,
	'and told one by one');
is($node->sql("SELECT count(DISTINCT x) FROM (SELECT xmin::text AS x FROM done WHERE i = 2 UNION ALL SELECT r.xmin::text FROM sluice.pipeline_runs r "
		  . "WHERE pipeline_name = 'several') x"), 1, 'rows and success have one transaction');
command('several', "DELETE FROM done; INSERT INTO done VALUES (3); INSERT INTO done VALUES (3, 'x'); SELECT 1");
is(run('several'), 'failed', 'an error fails the run');
is(done(), '1,2', 'and undoes what was before it');
is(last_run('several', 'error_sqlstate'), '23505', 'with its SQLSTATE');
like(last_run('several', 'error_detail'), qr/Key \(i\)=\(3\) already exists/, 'its detail');
like(last_run('several', 'error_context'), qr/statement 3 of 4 \(INSERT\)/, 'and where it was');
command('several', "SELECT 1;\n\n SELECT nonsense");
run('several');
like(last_run('several', 'error_context'), qr/statement 2 of 2 \(SELECT\), line 3/, 'a place in the text is told by its line');

# What has to be alone is; success is a commit of its own.
$node->sql('INSERT INTO done SELECT g FROM generate_series(10, 19) g; DELETE FROM done WHERE i >= 10');
command('vacuum', 'VACUUM (INDEX_CLEANUP on) done');
is(run('vacuum'), 'success', 'VACUUM');
like(last_log('vacuum'), qr/each statement is a transaction of its own, because VACUUM cannot be part of one with others; the run's success is a commit of its own/, 'tells why');
is($node->sql("SELECT vacuum_count FROM pg_stat_user_tables WHERE relname = 'done'"), 1, 'was made');
command('index', 'CREATE INDEX CONCURRENTLY by_what ON done (what)');
is(run('index'), 'success', 'CREATE INDEX CONCURRENTLY');
is($node->sql("SELECT indisvalid FROM pg_index WHERE indexrelid = 'by_what'::regclass"), 't', 'the index is valid');
command('index', 'REINDEX TABLE CONCURRENTLY done; INSERT INTO done VALUES (20); DROP INDEX CONCURRENTLY by_what; INSERT INTO done VALUES (20)');
is(run('index'), 'failed', 'several, one of which must be alone');
is(done(), '1,2,20', 'what came before the error stays');
like(last_log('index'), qr/each statement is a transaction of its own, because statement 1 of 4 \(REINDEX\)/, 'tells why');
$node->sql("CREATE PROCEDURE steps(n int) LANGUAGE plpgsql AS \$\$ BEGIN FOR i IN 1..n LOOP INSERT INTO done VALUES (100 + i, txid_current()); "
	  . "COMMIT; END LOOP; PERFORM 1 / (3 - n); END \$\$");
command('call', 'CALL steps(2)');
is(run('call'), 'success', 'a procedure that commits');
is($node->sql('SELECT count(DISTINCT what) FROM done WHERE i > 100'), 2, 'has several transactions');
$node->sql('DELETE FROM done WHERE i > 100');
command('call', 'CALL steps(3)');
is(run('call'), 'failed', 'one that fails at its end');
is($node->sql('SELECT count(*) FROM done WHERE i > 100'), 3, 'has committed before');
$node->sql('DELETE FROM done WHERE i > 100');
command('call', 'SELECT 1; CALL steps(1)');
is(run('call'), 'failed', 'among others it cannot commit');
like(last_run('call', "error_sqlstate || ' ' || error_hint"), qr/^2D000 .*command_transaction/, 'and the hint says what to do');
command('call', 'SET work_mem = 777; SELECT pg_advisory_lock(99); CALL steps(1); INSERT INTO done SELECT 150, current_setting(\'work_mem\')', '{"command_transaction": false}');
is(run('call'), 'success', 'command_transaction => false');
is($node->sql('SELECT what FROM done WHERE i = 150'), '777kB', 'settings last from one statement to the next');
is($node->sql("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 99"), 0, 'locks end with the run');
command('call', 'CALL steps(0)', '{"command_transaction": true}');
is(run('call'), 'success', 'command_transaction => true');
like(last_log('call'), qr/one transaction, together with the run's success, because command_transaction is true/, 'tells why');

# Notices; of a flood the first ones.
command('notice', q{DO 'BEGIN RAISE NOTICE ''hello''; RAISE WARNING ''careful'' USING HINT = ''mind the gap''; RAISE DEBUG ''unheard''; SET LOCAL client_min_messages = debug5; RAISE LOG ''unheard''; RAISE DEBUG ''unheard''; END'; DROP TABLE IF EXISTS no_such_table});
is(run('notice'), 'success', 'notices');
is($node->sql("SELECT string_agg(level || ' ' || split_part(message, E'\\n', 1), ',') FROM run_log((SELECT max(id::text)::uuid FROM pipeline_runs WHERE pipeline_name = 'notice')) "
		  . "WHERE message ~ '^[A-Z]+: '"), 'info NOTICE: hello,warning WARNING: careful,info NOTICE: table "no_such_table" does not exist, skipping', 'are in the log');
command('notice', q{DO 'BEGIN FOR i IN 1..50000 LOOP RAISE NOTICE ''flood % %'', i, repeat(''x'', 1000); END LOOP; END'; SELECT 1; SET client_encoding = LATIN1; DO 'BEGIN RAISE NOTICE ''a''; END'});
is(run('notice'), 'success', 'a flood of notices');
like(last_log('notice', "message !~ '^NOTICE'"), qr/1 of 4 \(DO\): done\n.*2 of 4 \(SELECT\): 1 row.*\n\d{5} more messages of the command are left out$/s, 'leaves room for all else');
cmp_ok($node->sql("SELECT count(*) FROM pipeline_run_log WHERE message LIKE 'NOTICE: flood%'" =~ s/pipeline_run_log/sluice.pipeline_run_log/r), '<=', 200, 'is cut');
command('notice', q{SET client_encoding = LATIN1; DO U&'BEGIN RAISE NOTICE ''m\00FCde''; END'});
is(run('notice'), 'success', 'a notice in another encoding');
is(last_log('notice', "message ~ '^NOTICE'"), 'NOTICE: m?de', 'is no invalid text');

# What a command does to its session does not outlive it, nor keeps the run's end from being written.
my $litter = q{SET ROLE team; SET search_path = pg_temp; SET statement_timeout = '1h'; SET lock_timeout = '1ms'; SET default_transaction_read_only = on;
	SET default_transaction_isolation = serializable; SET default_transaction_deferrable = on; SET TimeZone = 'Asia/Tokyo'; SET DateStyle = 'German'; SET work_mem = 777;
	SELECT pg_advisory_unlock_all(); SELECT pg_advisory_lock(99); PREPARE kept AS SELECT 1; SET standard_conforming_strings = off; SET client_min_messages = error};
for my $options ('{}', '{"command_transaction": false}')
{
	for my $attack (
		[ $litter, 'success' ],
		[ "$litter; SELECT 1/0", 'failed' ],
		[ "SELECT set_config('transaction_read_only', 'on', false)", 'success' ],
		[ 'RESET ALL; SET SESSION AUTHORIZATION alice; SET ROLE NONE', 'success' ],
		[ "SET LOCAL ROLE team; SELECT 1", 'success' ])
	{
		command('litter', $attack->[0], $options);
		is(run('litter'), $attack->[1], "$options: " . substr($attack->[0], 0, 30));
		command('look', "INSERT INTO done SELECT 200, concat_ws(' ', current_user, session_user, current_setting('role'), current_setting('work_mem'), "
			  . "current_setting('TimeZone'), current_setting('search_path'), current_setting('default_transaction_read_only'), current_setting('statement_timeout'), "
			  . "(SELECT count(*) FROM pg_prepared_statements WHERE from_sql), (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 99)) "
			  . 'ON CONFLICT (i) DO UPDATE SET what = excluded.what');
		is(run('look'), 'success', 'the next run');
		is($node->sql('SELECT what FROM done WHERE i = 200'), 'alice alice none 4MB UTC public, pg_temp off 0 0 0', 'finds nothing of it');
	}
}
command('litter', 'DISCARD ALL; INSERT INTO done VALUES (201, current_setting(\'search_path\')); SELECT pg_advisory_unlock_all(); INSERT INTO done VALUES (202, current_setting(\'TimeZone\'))');
is(run('litter'), 'success', 'DISCARD ALL');
is($node->sql("SELECT string_agg(what, ' ' ORDER BY i) FROM done WHERE i IN (201, 202)"), 'public, pg_temp UTC', 'leaves what the run has pinned');
# A queue of both kinds is made, each as in a session of its own.
command('kept', 'PREPARE kept AS SELECT 1');
my $queued = $node->sql("SELECT string_agg(trigger_pipeline('alice/kept', if_running => 'queue')::text, ',') FROM generate_series(1, 5)");
is($node->sql("SELECT string_agg(wait_for_run(r), ',') FROM unnest('{$queued}'::uuid[]) r"), 'success,success,success,success,success', 'five in a row');
# The run cannot be forged, and its locks hold while it goes on.
command('forge', "UPDATE sluice.pipeline_runs SET status = 'success'");
is(run('forge'), 'failed', 'a command cannot write the tables');
is(last_run('forge', 'error_sqlstate'), '42501', 'for want of a right');
command('statement', "SET statement_timeout = '10ms'; SELECT pg_sleep(60)");
is(run('statement'), 'failed', 'a statement_timeout of its own counts');
is(last_run('statement', 'error_sqlstate'), '57014', 'and is told');

# Stops and time limits, in each place.
for my $options ('{"command_transaction": true, "timeout": "0.3"}', '{"command_transaction": false, "timeout": "0.3"}')
{
	command('slow', 'INSERT INTO done VALUES (300); SELECT pg_sleep(60)', $options);
	is(run('slow'), 'failed', "timeout: $options");
	is(last_run('slow', 'error_sqlstate'), 'SL006', 'is that of the run');
	is($node->sql('SELECT count(*) FROM done WHERE i = 300'), 0, 'nothing is left of one transaction') if $options =~ /true/;
	$node->sql('DELETE FROM done WHERE i = 300');
}
# Also that of a run around another one.
$node->safe_psql('postgres', q{SELECT create_pipeline('quick', command => 'SELECT 1', options => '{"timeout": 3600}')}, extra_params => [ '-U', 'alice' ]);
command('slow', "CALL run_pipeline('quick'); SELECT pg_sleep(60)", '{"timeout": "0.3"}');
is(run('slow'), 'failed', 'the limit of a run counts on when one inside it is over');
is(last_run('slow', 'error_sqlstate'), 'SL006', 'and is its own');
for my $transaction ('true', 'false')
{
	command('slow', 'SELECT pg_advisory_unlock_all(); SELECT pg_sleep(300)', qq({"command_transaction": $transaction}));
	my $run = $node->sql("SELECT trigger_pipeline('alice/slow')");
	$node->await("SELECT count(*) = 1 FROM pg_stat_activity WHERE backend_type = 'pg_sluice run' AND query = 'SELECT pg_sleep(300)'", "command_transaction $transaction: sleeps, its statement is seen");
	is($node->sql("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 31 AND granted"), 1, 'its lock is held');
	my ($code, $out, $err) = $node->psql('postgres', "CALL run_pipeline('slow')", extra_params => [ '-U', 'alice' ]);
	like($err, qr/running/, 'nobody else runs it meanwhile');
	is($node->sql("SELECT phase FROM pipeline_progress WHERE run = '$run'"), 'executing', 'its phase is seen');
	is($node->sql("SELECT stop_run('$run')"), 't', 'is stopped');
	is($node->sql("SELECT wait_for_run('$run')"), 'stopped', 'and is over');
	is($node->sql("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid <> 0 AND objsubid IN (31, 32)"), 0, 'without its locks');
}

# A secret in its text is told by no log, neither the server's nor that of the run.
$node->append_conf('postgresql.conf', "log_statement = none");
$node->reload;
$node->await("SELECT current_setting('log_statement') = 'none'", 'statements are not logged');
my $secret = 'Of-The-Command-17';
my $from = -s $node->logfile;
for my $text (
	"ALTER ROLE nobody PASSWORD '$secret'",
	"CREATE USER MAPPING FOR alice SERVER nowhere OPTIONS (password '$secret')",
	"SELECT '$secret', nonsense",
	"DO 'BEGIN EXECUTE ''ALTER ROLE nobody PASSWORD $secret''; END'",
	"DO 'BEGIN EXECUTE ''ALTER ROLE alice PASSWORD $secret nonsense''; END'")
{
	command('secret', $text);
	is(run('secret'), 'failed', "fails: $text");
	my ($code, $out, $err) = $node->psql('postgres', "CALL run_pipeline('secret')", extra_params => [ '-U', 'alice' ]);
	like($err, qr/ERROR:.*command of the pipeline/s, 'and so it does by CALL');
	unlike($err, qr/$secret/, 'which does not tell it');
}
command('secret', "SELECT pg_sleep(300); ALTER ROLE nobody PASSWORD '$secret'");
my $ended = $node->sql("SELECT trigger_pipeline('alice/secret')");
$node->await("SELECT count(*) = 1 FROM pg_stat_activity WHERE backend_type = 'pg_sluice run' AND query = 'SELECT pg_sleep(300)'", 'it sleeps');
$node->sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'pg_sluice run' AND query = 'SELECT pg_sleep(300)'");
is($node->sql("SELECT wait_for_run('$ended')"), 'failed', 'its process is terminated');
my $told = slurp_file($node->logfile, $from);
like($told, qr/FATAL: .*STATEMENT:  SELECT pg_sleep\(300\)/s, 'the log says at what');
unlike($told, qr/$secret/, 'the server does not log the secret');
unlike($node->sql("SELECT string_agg(r::text, ' ') FROM (SELECT r::text FROM sluice.pipeline_runs r UNION ALL SELECT l::text FROM sluice.pipeline_run_log l) r"),
	qr/$secret/, 'nor does the history');
$node->append_conf('postgresql.conf', "log_statement = all");
$node->reload;

# A crash in the middle: what had committed stays, and another attempt begins with the first statement.
command('crash', 'INSERT INTO done SELECT 400 + (SELECT count(*) FROM done WHERE i >= 400); SELECT pg_sleep(CASE WHEN (SELECT count(*) FROM done WHERE i >= 400) < 2 THEN 300 ELSE 0 END)',
	'{"command_transaction": false, "max_retries": 1, "retry_delay": 1}');
my $run = $node->sql("SELECT trigger_pipeline('alice/crash')");
$node->await("SELECT count(*) = 1 FROM pg_stat_activity WHERE backend_type = 'pg_sluice run' AND query LIKE 'SELECT pg_sleep(CASE%'", 'it is in its second statement');
kill 'KILL', $node->sql("SELECT pid FROM pg_stat_activity WHERE backend_type = 'pg_sluice run' AND query LIKE 'SELECT pg_sleep(CASE%'");
$node->await("SELECT count(*) = 2 FROM done WHERE i >= 400", 'the command runs again');
is($node->sql("SELECT wait_for_run('$run')"), 'success', 'and succeeds');
like($node->sql("SELECT error_sqlstate || error_hint FROM pipeline_runs WHERE id = '$run'"), qr/^SL004What its statements had committed.*stays/, 'the lost attempt says what that means');

# What takes the ground away from under the run.
command('drops', q{SELECT public.drop_pipeline('drops')});
is(run('drops'), 'failed', 'a command cannot drop its own pipeline');
is(last_run('drops', 'error_sqlstate'), '55006', 'because it is running');
command('drops', q{SELECT public.drop_pipeline('drops', running => 'stop')});
is(run('drops'), 'stopped', 'unless it stops itself');
$node->sql(q{SELECT create_pipeline('dropper', command => 'DROP EXTENSION pg_sluice')});
isnt($node->sql("CALL trigger_and_wait('dropper', run => NULL, raise_error => false)") =~ s/.*\|//r, 'success', 'nor the extension');
$node->sql(q{SELECT alter_pipeline('dropper', command => 'DELETE FROM sluice.pipeline_runs')});
my $deleting = $node->sql("SELECT trigger_pipeline('dropper')");
$node->await("SELECT status NOT IN ('pending', 'running') FROM pipeline_runs WHERE id = '$deleting'", 'a superuser who deletes the row of the run');
is($node->sql("SELECT status FROM pipeline_runs WHERE id = '$deleting'"), 'failed', 'finds the run failed and the row there');

# A chain, a schedule and a fallback are as for every pipeline.
$node->sql(q{DELETE FROM done});
command('first', 'INSERT INTO done VALUES (1)');
$node->safe_psql('postgres', q{SELECT create_pipeline('second', command => 'INSERT INTO done SELECT max(i) + 1 FROM done', depends_on => '{first}')}, extra_params => [ '-U', 'alice' ]);
my $batch = $node->sql("SELECT trigger_pipeline('alice/first')");
is($node->sql("SELECT wait_for_batch('$batch')"), 'success', 'a chain of commands');
is(done(), '1,2', 'goes in its order');

$node->stop;
done_testing();
