# Runs are made as their owner; what is wrong with an owner parks that pipeline and no other.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../perl";
use SluiceNode;
use Test::More;

my $node = SluiceNode->create('owners');
$node->sql(q{
	CREATE ROLE alice LOGIN; CREATE ROLE bob LOGIN; CREATE ROLE team LOGIN;
	GRANT CREATE ON SCHEMA public TO alice, bob, team;
	SELECT allow_pipelines(r) FROM unnest('{alice,bob,team}'::name[]) r;
	CREATE TABLE who (pipeline text, session_name text, user_name text); GRANT ALL ON who TO PUBLIC});
for my $role ('alice', 'bob', 'team')
{
	$node->safe_psql('postgres',
		"SET client_min_messages = warning; SELECT create_pipeline('p', source_query => "
		  . "'SELECT ''$role'' AS pipeline, session_user::text AS session_name, current_user::text AS user_name', "
		  . "destination_table => 'who', load => 'append', schedule => '0 2 * * *')",
		extra_params => [ '-U', $role ]);
}

sub run_of
{
	my ($role) = @_;
	my $run = $node->sql("SELECT trigger_pipeline('$role/p')");
	my $status = $node->sql("SELECT wait_for_run('$run', '30 s')");
	return $status . '|' . $node->sql("SELECT error_sqlstate, error_message, error_hint FROM pipeline_runs WHERE id = '$run'");
}

is(run_of('alice'), 'success|||', 'a run triggered by a superuser');
is($node->sql('SELECT * FROM who'), 'alice|alice|alice', 'is made as its owner');

# LOGIN (15 and 16), CONNECT, role settings.
$node->sql('ALTER ROLE alice NOLOGIN');
if ($node->pg_version < 17)
{
	like(run_of('alice'), qr/^failed\|42501\|.*not permitted to log in\|ALTER ROLE alice LOGIN CONNECTION LIMIT 0 PASSWORD NULL/, 'NOLOGIN: the reason is exact');
	$node->sql('ALTER ROLE alice LOGIN CONNECTION LIMIT 0 PASSWORD NULL');
	is(run_of('alice'), 'success|||', 'and the hint works');
}
else
{
	is(run_of('alice'), 'success|||', 'NOLOGIN is no hindrance') for 1 .. 2;
}
$node->sql('REVOKE CONNECT ON DATABASE postgres FROM PUBLIC');
like(run_of('bob'), qr/^failed\|42501\|.*may not connect to this database\|GRANT CONNECT/, 'without CONNECT: the reason is exact');
$node->sql('GRANT CONNECT ON DATABASE postgres TO PUBLIC; GRANT alice TO bob; ALTER ROLE bob SET role = alice');
like(run_of('bob'), qr/^failed\|42501\|.*would not be made as its owner/, 'a role setting is refused');
$node->sql('ALTER ROLE bob RESET role');
is(run_of('bob'), 'success|||', 'and it runs without');

# A setting that makes every connection of the owner fail.
$node->sql('ALTER ROLE bob CONNECTION LIMIT 0');
is(run_of('bob'), 'success|||', 'a connection limit is for clients');

# A role that is renamed, and one that is dropped.
$node->sql('ALTER ROLE alice RENAME TO alicia');
is(run_of('alicia'), 'success|||', 'a renamed owner');
# What a dump carries follows, at the scheduler's start and when the names of roles have changed.
$node->sql('SELECT pg_terminate_backend(' . $node->pid_of('scheduler') . ')');
$node->await("SELECT count(*) = 1 FROM pipeline_definitions WHERE owner = 'alicia'", 'the stored name follows');
my $team = $node->sql("SELECT oid FROM pg_roles WHERE rolname = 'team'");
my $id = $node->sql("SELECT id FROM pipelines WHERE owner = 'team'");
# Code that runs as a role is handed to another one by alter_pipeline only.
$node->sql('REASSIGN OWNED BY team TO alicia');
is($node->sql("SELECT owner FROM pipelines WHERE id = '$id'"), 'team', 'REASSIGN OWNED leaves a pipeline with its owner');
$node->sql('DROP OWNED BY team; DROP ROLE team');
like($node->sql("SELECT message FROM pipeline_health() WHERE check_name = 'owners'"), qr/1 pipeline without an owner: p/, 'health names a pipeline whose owner was dropped');
my $due = $node->sql("SELECT max(next_due) FROM pipeline_status");
$node->set_clock($node->offset_to("'$due'", 3));
$node->await("SELECT count(*) = 2 FROM pipeline_runs WHERE cause = 'schedule' AND status = 'success'", 'the others run when due');
$node->await("SELECT count(*) = 1 FROM pipeline_runs WHERE cause = 'schedule' AND status = 'failed' AND error_message LIKE '%does not exist' "
	  . "AND error_hint LIKE '%alter_pipeline%' AND pipeline_id = '$id'", 'that of a dropped owner says why it does not');
is($node->sql("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'pg_sluice scheduler'"), '1', 'the scheduler lives on');

# A schedule that cannot be evaluated any more parks its pipeline.
$node->sql("UPDATE pipeline_definitions SET schedule = 'nonsense' WHERE owner = 'bob'");
$due = $node->sql("SELECT min(next_due) FROM pipeline_status");
$node->set_clock($node->offset_to("'$due'", 3));
$node->await("SELECT count(*) = 1 FROM pipeline_runs WHERE status = 'skipped' AND reason LIKE 'parked, its schedule%'", 'a bad schedule is parked');
is($node->sql("SELECT count(*) FROM pipeline_status WHERE owner = 'bob' AND next_due IS NOT NULL"), '0', 'and not tried again');
$node->await("SELECT count(*) = 1 FROM pipeline_runs WHERE due_at = '$due' AND status = 'success'", 'the others run');

$node->stop;
done_testing();
