# Databases come, go and are copied; the extension goes; our processes are in nobody's way.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../perl";
use SluiceNode;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = SluiceNode->create('databases', "pg_sluice.scheduler_idle_timeout = 600\nlog_min_messages = log");
$node->sql('CREATE ROLE dba LOGIN CREATEDB');

sub new_database
{
	my ($name, $owner) = @_;
	$node->sql("CREATE DATABASE $name" . ($owner ? " OWNER $owner" : ''));
	$node->sql('CREATE EXTENSION pg_sluice', db => $name);
	$node->pipeline('now', 'SELECT 1::bigint AS i', undef, db => $name);
	$node->pipeline('gated', SluiceNode::gated_query(), undef, db => $name);
	$node->sql("CALL trigger_and_wait('now')", db => $name);
	is($node->sql("SELECT status FROM pipeline_runs", db => $name), 'success', "$name: runs in a new database");
	isnt($node->pid_of('scheduler', $name), '', "$name: its scheduler is resident");
	return;
}

sub as_dba { return $node->safe_psql('postgres', $_[0], extra_params => [ '-U', 'dba' ]); }

# DROP DATABASE with an idle scheduler.
new_database('one', 'dba');
as_dba('DROP DATABASE one');
pass('DROP DATABASE while an idle scheduler is resident');
new_database('two', 'dba');
as_dba('DROP DATABASE two WITH (FORCE)');
pass('DROP DATABASE WITH (FORCE) by its owner, who is no superuser');

# RENAME, copy, and life after it.
new_database('three', 'dba');
as_dba('ALTER DATABASE three RENAME TO drei');
$node->sql("CALL trigger_and_wait('now')", db => 'drei');
is($node->sql("SELECT count(*) FROM pipeline_runs WHERE status = 'success'", db => 'drei'), '2', 'runs go on after RENAME');
for my $strategy ('wal_log', 'file_copy')
{
	as_dba("CREATE DATABASE copy_$strategy TEMPLATE drei STRATEGY $strategy");
	pass("CREATE DATABASE ... TEMPLATE STRATEGY $strategy while an idle scheduler is resident");
	$node->sql("CALL trigger_and_wait('now')", db => 'drei');
	$node->sql("SELECT adopt_pipelines()", db => "copy_$strategy");
	$node->sql("CALL trigger_and_wait('now')", db => "copy_$strategy");
}
is($node->sql("SELECT count(*) FROM pipeline_runs WHERE status = 'success'", db => 'copy_file_copy'), '4', 'the copy has a scheduler as well');

# Somebody who may not do it does not send the scheduler away.
$node->sql('CREATE ROLE nobody LOGIN');
my $before = $node->pid_of('scheduler', 'drei');
my ($code) = $node->psql('postgres', 'DROP DATABASE drei', extra_params => [ '-U', 'nobody' ]);
isnt($code, 0, 'DROP DATABASE by a stranger fails');
is($node->pid_of('scheduler', 'drei'), $before, 'and the scheduler is still there');

# A running run is a session like any other.
my $gate = $node->close_gate(db => 'drei');
my $run = $node->sql("SELECT trigger_pipeline('gated')", db => 'drei');
$node->await_gated(1, 'a run is half-way', db => 'drei');
$gate->quit;
$node->sql("SELECT wait_for_run('$run', '30 s')", db => 'drei');
$node->sql('CREATE FUNCTION wait_forever() RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(3600); RETURN 1; END $$', db => 'drei');
$node->pipeline('forever', 'SELECT public.wait_forever() AS i', undef, db => 'drei');
$node->sql("SELECT trigger_pipeline('forever')", db => 'drei');
$node->await("SELECT count(*) = 1 FROM pg_stat_activity WHERE backend_type = 'pg_sluice run' AND wait_event = 'PgSleep'", 'a run sleeps');
($code, undef, my $err) = $node->psql('postgres', 'DROP DATABASE drei');
like($err, qr/is being accessed by other users/, 'DROP DATABASE during a run fails');
$node->sql("CALL trigger_and_wait('now')", db => 'drei');
pass('and the scheduler comes back');
isnt($node->safe_psql('postgres', 'SELECT rolsuper FROM pg_roles WHERE rolname = $$dba$$'), 't', 'the owner of the database is no superuser');
($code) = $node->psql('postgres', 'BEGIN; DROP DATABASE drei WITH (FORCE)', extra_params => [ '-U', 'dba' ]);
isnt($code, 0, 'DROP DATABASE in a transaction block fails');
is($node->sql("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'pg_sluice run' AND wait_event = 'PgSleep'"), '1', 'and ends no run');
as_dba('DROP DATABASE drei WITH (FORCE)');
pass('DROP DATABASE WITH (FORCE) by its owner, who may not terminate the run of another role that is under way');
$node->await("SELECT count(*) = 0 FROM pg_stat_activity WHERE backend_type = 'pg_sluice run'", 'its run is gone');

# DROP EXTENSION.
new_database('five');
$node->sql("BEGIN; DROP EXTENSION pg_sluice; ROLLBACK", db => 'five');
$node->sql("CALL trigger_and_wait('now')", db => 'five');
is($node->sql("SELECT count(*) FROM pipeline_runs WHERE status = 'success'", db => 'five'), '2', 'a rolled back DROP EXTENSION changes nothing');
$node->sql("BEGIN; SAVEPOINT s; DROP EXTENSION pg_sluice; ROLLBACK TO s; COMMIT", db => 'five');
$gate = $node->close_gate(db => 'five');
$run = $node->sql("SELECT trigger_pipeline('gated')", db => 'five');
$node->await_gated(1, 'a run is half-way', db => 'five');
$node->sql("BEGIN; SAVEPOINT s; SELECT 1; ROLLBACK TO s; COMMIT", db => 'five');
is($node->sql("SELECT status FROM pipeline_runs WHERE id = '$run'", db => 'five'), 'running', 'it is not stopped by a savepoint');
my $dropper = $node->background_psql('five', on_error_stop => 0);
$dropper->query_until(qr/dropping/, "\\echo dropping\nDROP EXTENSION pg_sluice CASCADE;\n\\echo dropped\n");
# It waits for locks of the run, as for those of any session, or stops it.
$node->await("SELECT count(*) = 0 FROM pg_extension WHERE extname = 'pg_sluice'"
	  . " OR EXISTS (SELECT FROM pg_locks l WHERE NOT granted AND relation IS NOT NULL)",
	'DROP EXTENSION went through or waits for the run', db => 'five');
$gate->quit;
$node->await("SELECT count(*) = 0 FROM pg_extension WHERE extname = 'pg_sluice'", 'DROP EXTENSION during a run', db => 'five');
$node->await("SELECT count(*) = 0 FROM pg_stat_activity WHERE datname = 'five' AND backend_type LIKE 'pg_sluice%'",
	'scheduler and run have left');
$dropper->quit;
$node->sql('CREATE EXTENSION pg_sluice', db => 'five');
$node->pipeline('again', 'SELECT 1::bigint AS i', undef, db => 'five');
$node->sql("CALL trigger_and_wait('again')", db => 'five');
is($node->sql('SELECT count(*) FROM dst_again', db => 'five'), '1', 'created again, it works');

# A database that appears with the extension in it, by its template.
$node->sql('DROP DATABASE five');
$node->sql('CREATE EXTENSION pg_sluice', db => 'template1');
$node->sql('CREATE DATABASE six');
$node->pipeline('now', 'SELECT 1::bigint AS i', "schedule => '0 0 1 1 *'", db => 'six');
$node->sql("CALL trigger_and_wait('now')", db => 'six');
is($node->sql('SELECT count(*) FROM dst_now', db => 'six'), '1', 'a database made from a template with the extension');
is($node->pid_of('scheduler', 'template1'), '', 'no scheduler in a template');
$node->sql('DROP EXTENSION pg_sluice', db => 'template1');

unlike(slurp_file($node->logfile), qr/PANIC|TRAP|was terminated by signal/, 'nothing broke');
$node->stop;
done_testing();
