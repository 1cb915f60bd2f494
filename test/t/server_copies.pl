# A copy of a database does not do the work of the original: restored dump, template; pg_upgrade makes no copy.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../perl";
use SluiceNode;
use Cwd;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

# Half an hour from now, so that nothing is due by itself while this runs.
my $minute = ((gmtime)[1] + 30) % 60;
my $node = SluiceNode->create('original', "pg_sluice.scheduler_idle_timeout = 600\nmax_prepared_transactions = 2");
$node->sql('CREATE ROLE dba LOGIN CREATEDB; CREATE ROLE alice LOGIN; CREATE DATABASE shop OWNER dba');
$node->sql("CREATE EXTENSION pg_sluice; SELECT allow_pipelines('alice'); GRANT CREATE ON SCHEMA public TO alice", db => 'shop');
$node->pipeline($_, 'SELECT 1::bigint AS i', "schedule => '$minute * * * *'", db => 'shop') for ('hourly', 'resting', 'changed');
$node->pipeline('manual', 'SELECT 1::bigint AS i', undef, db => 'shop');
$node->pipeline('off', 'SELECT 1::bigint AS i', "schedule => '$minute * * * *', status => 'inactive'", db => 'shop');
$node->sql("SELECT pause_pipeline('resting', 'for now')", db => 'shop');
$node->sql("CALL trigger_and_wait('manual')", db => 'shop');
my $due = $node->sql("SELECT next_due FROM pipeline_status WHERE name = 'hourly'", db => 'shop');
my $scheduled = "SELECT count(*) FROM pipeline_runs WHERE cause = 'schedule'";
my $parked = "SELECT string_agg(name, ' ' ORDER BY name) FROM pipeline_status WHERE state = 'parked'";

sub check_parked
{
	my ($copy, $db, $what) = @_;
	is($copy->sql($parked, db => $db), 'changed hourly manual off resting', "$what: all pipelines are parked");
	like($copy->sql("SELECT reason FROM pipeline_status WHERE name = 'hourly'", db => $db), qr/is a copy.*adopt_pipelines/, "$what: the status says why");
	is($copy->sql("SELECT verdict || ' ' || message FROM pipeline_health() WHERE check_name = 'parked'", db => $db),
		'warning 5 pipelines parked, because this database is a copy: changed, hourly, manual, off, resting', "$what: health says so");
	$copy->sql_fails("SELECT trigger_pipeline('manual')", qr/ERROR:  SL008: pipeline "manual" is parked.*HINT:  adopt_pipelines\(\)/s, "$what: a trigger", db => $db);
	$copy->sql_fails("CALL run_pipeline('manual')", qr/ERROR:  SL008/, "$what: CALL run_pipeline", db => $db);
	for my $change ("alter_pipeline('changed', schedule => '5 * * * *')", "resume_pipeline('resting')", "pause_pipeline('resting', 'for now')")
	{
		my (undef, undef, $said) = $copy->psql($db, "SELECT $change");
		like($said, $change =~ /^pause/ ? qr/^$/ : qr/WARNING:  pipeline ".*" stays parked.*HINT:  adopt_pipelines/s, "$what: $change tells");
		unlike($said, qr/NOTICE.*runs/, "$what: $change promises no run");
	}
	is($copy->sql($parked, db => $db), 'changed hourly manual off resting', "$what: what is altered or resumed stays parked");
	my (undef, undef, $said) = $copy->psql($db, "SELECT create_pipeline('own', source_query => 'SELECT 1::bigint AS i', destination_table => 'dst_own', schedule => '$minute * * * *')");
	like($said, qr/WARNING:  other pipelines of this database are parked.*HINT:  adopt_pipelines/s, "$what: create_pipeline tells");
	is($copy->sql("SELECT state FROM pipeline_status WHERE name = 'own'", db => $db), 'idle', "$what: what is defined here is not parked");
	$copy->sql("CALL trigger_and_wait('own')", db => $db);
	is($copy->sql('SELECT count(*) FROM dst_own', db => $db), '1', "$what: and runs");
	return;
}

sub check_adopted
{
	my ($copy, $db, $what) = @_;
	my ($code, undef, $said) = $copy->psql($db, 'SELECT adopt_pipelines()', extra_params => [ '-U', 'alice' ]);
	like($said, qr/must be owner of the database/, "$what: not everybody may adopt");
	is($copy->sql('SELECT adopt_pipelines()', db => $db), '5', "$what: adopted");
	is($copy->sql('SELECT adopt_pipelines()', db => $db), '0', "$what: and no second time");
	is($copy->sql("SELECT string_agg(name || ' ' || state || ' ' || (next_due > now() AND next_due <= now() + interval '1 hour')::text, ', ' ORDER BY name) "
			  . "FROM pipeline_status WHERE name NOT IN ('manual', 'off', 'resting')", db => $db), 'changed idle true, hourly idle true, own idle true', "$what: due again, from now on");
	is($copy->sql("SELECT string_agg(name || ' ' || state, ', ' ORDER BY name) FROM pipeline_status WHERE next_due IS NULL", db => $db),
		'manual idle, off inactive, resting paused', "$what: what is paused or inactive stays so");
	my (undef, undef, $quiet) = $copy->psql($db, "SELECT create_pipeline('second', source_query => 'SELECT 1::bigint AS i', destination_table => 'dst_own', load => 'append')");
	unlike($quiet, qr/WARNING/, "$what: create_pipeline warns no more");
	$copy->sql("CALL trigger_and_wait('manual', timeout => '60 s')", db => $db);
	is($copy->sql("SELECT status FROM pipeline_runs WHERE pipeline_name = 'manual' ORDER BY queued_at DESC LIMIT 1", db => $db), 'success', "$what: a trigger works");
	return;
}

# A template, with a run that is queued and due times that pass.
$node->append_conf('postgresql.conf', 'pg_sluice.enabled = off');
$node->reload;
$node->await("SELECT setting = 'off' FROM pg_settings WHERE name = 'pg_sluice.enabled'", 'switched off');
$node->sql("INSERT INTO pipeline_runs (id, pipeline_id, pipeline_name, pipeline_version, owner, owner_oid, root_run, batch, status, cause, queued_at) "
	  . "SELECT gen_random_uuid(), id, name, 1, owner, owner_oid, id, id, 'pending', 'manual', now() FROM pipeline_definitions WHERE name = 'manual'", db => 'shop');
$node->sql("CREATE DATABASE twin TEMPLATE shop OWNER dba");
$node->append_conf('postgresql.conf', 'pg_sluice.enabled = on');
$node->reload;
# Nobody was told of that row.
$node->psql($_, "SELECT resume_pipeline('manual')") for ('shop', 'twin');
$node->await("SELECT count(*) = 0 FROM pipeline_runs WHERE status = 'pending'", 'template: the queue is served', db => $_) for ('shop', 'twin');
is($node->sql("SELECT status || reason FROM pipeline_runs WHERE id NOT IN (SELECT id FROM pipeline_runs WHERE status = 'success')", db => 'twin'),
	'skippedparked: queued before this copy of the database was made', 'template: what was queued is skipped in the copy');
is($node->sql("SELECT count(*) FROM pipeline_runs WHERE status = 'success'", db => 'shop'), '2', 'template: and runs in the original');
$node->set_clock($node->offset_to("'$due'", 2, db => 'shop'));
$node->await("SELECT count(*) = 2 FROM pipeline_runs WHERE cause = 'schedule' AND status = 'success'", 'template: the original goes on', db => 'shop');
$node->await("SELECT count(*) = 0 FROM pipeline_status WHERE next_due <= '$due'", 'template: what is due in the copy is let go', db => 'twin');
is($node->sql($scheduled, db => 'twin'), '0', 'template: without a run');
$node->set_clock(0);
check_parked($node, 'twin', 'template');
check_adopted($node, 'twin', 'template');
is($node->sql('SELECT adopt_pipelines()', db => 'shop'), '0', 'the original has nothing to adopt');
# A copy of a copy is one.
$node->sql('CREATE DATABASE grandchild TEMPLATE twin');
is($node->sql("SELECT count(*) FROM pipeline_status WHERE state <> 'parked'", db => 'grandchild'), '0', 'a copy of a copy is one');

# Dump and restore, into another database and into another cluster, which lacks a role.
$node->safe_psql('shop', "SELECT create_pipeline('hers', source_query => 'SELECT 1::bigint AS i', destination_table => 'dst_hers', schedule => '$minute * * * *')", extra_params => [ '-U', 'alice' ]);
my $file = $node->basedir . '/shop.sql';
PostgreSQL::Test::Utils::command_ok([ 'pg_dump', '-d', $node->connstr('shop'), '-f', $file ], 'pg_dump');
unlike(slurp_file($file), qr/COPY \S*pipeline_identity/, 'the identity is not in the dump');
my $other = SluiceNode->create('other');
$other->sql('CREATE ROLE dba LOGIN; CREATE DATABASE restored OWNER dba');
my ($code, undef, $errors) = $other->psql('restored', slurp_file($file), on_error_stop => 0);
is($other->sql("SELECT count(*) FROM pipelines", db => 'restored'), '6', 'restored: the definitions are there');
is($other->sql("SELECT count(*) FROM pipeline_status WHERE next_due IS NOT NULL", db => 'restored'), '0', 'restored: nothing is due');
$other->sql("SELECT drop_pipeline('hers')", db => 'restored');
$other->sql('CREATE ROLE alice LOGIN; ', db => 'restored');
check_parked($other, 'restored', 'restored');
check_adopted($other, 'restored', 'restored');
$other->set_clock($other->offset_to("(SELECT next_due FROM pipeline_status WHERE name = 'hourly')", 2, db => 'restored'));
$other->await("SELECT count(*) = 1 FROM pipeline_runs WHERE cause = 'schedule' AND status = 'success' AND pipeline_name = 'hourly'", 'restored: adopted, it fires', db => 'restored');
$other->stop;

# The owner of the database may adopt, whoever owns the pipelines.
$node->sql('CREATE DATABASE mine TEMPLATE shop OWNER dba');
my $broken = $node->sql("UPDATE sluice.pipeline_definitions SET schedule = '61 * * * *' WHERE name = 'hourly' RETURNING id", db => 'mine');
my (undef, $adopted, $warned) = $node->psql('mine', 'SELECT adopt_pipelines()', extra_params => [ '-U', 'dba' ]);
is($adopted, '6', 'the owner of the database adopts');
like($warned, qr/WARNING:  pipeline $broken will not start by itself/, 'and learns no names of pipelines that it may not see');

# pg_upgrade carries database and identity over: nothing is parked.
my $before = $node->sql('SELECT string_agg(id::text || next_due::text, $$,$$ ORDER BY id) FROM pipeline_status', db => 'shop');
my $history = $node->sql('SELECT count(*) FROM pipeline_runs', db => 'shop');
$node->sql("DROP DATABASE grandchild; DROP DATABASE mine; DROP DATABASE twin");
$node->stop;
my $upgraded = bless PostgreSQL::Test::Cluster->new('upgraded'), 'SluiceNode';
$upgraded->init;
$upgraded->append_conf('postgresql.conf', "shared_preload_libraries = 'pg_sluice'\nmax_worker_processes = 16");
my $bin = $node->config_data('--bindir');
my $here = getcwd;
chdir $upgraded->basedir or die;
PostgreSQL::Test::Utils::command_ok([ 'pg_upgrade', '--no-sync', '--link', '-d', $node->data_dir, '-D', $upgraded->data_dir, '-b', $bin, '-B', $bin,
		'-s', $upgraded->host, '-p', $node->port, '-P', $upgraded->port ], 'pg_upgrade');
chdir $here or die;
$upgraded->start;
is($upgraded->sql("SELECT count(*) FROM pipeline_status WHERE state = 'parked'", db => 'shop'), '0', 'upgraded: nothing is parked');
is($upgraded->sql('SELECT string_agg(id::text || next_due::text, $$,$$ ORDER BY id) FROM pipeline_status', db => 'shop'), $before, 'upgraded: due as before');
is($upgraded->sql('SELECT count(*) FROM pipeline_runs', db => 'shop'), $history, 'upgraded: the history is there');
$upgraded->set_clock($upgraded->offset_to("(SELECT min(next_due) FROM pipeline_status)", 2, db => 'shop'));
$upgraded->await("SELECT count(*) > 0 FROM pipeline_runs r WHERE cause = 'schedule' AND status = 'success' AND due_at = (SELECT max(due_at) FROM pipeline_runs)",
	'upgraded: schedules go on', db => 'shop');
$upgraded->sql("CALL trigger_and_wait('manual', timeout => '60 s')", db => 'shop');
is($upgraded->sql("SELECT status FROM pipeline_runs WHERE pipeline_name = 'manual' ORDER BY queued_at DESC LIMIT 1", db => 'shop'), 'success', 'upgraded: a trigger works');

$upgraded->stop;
done_testing();
