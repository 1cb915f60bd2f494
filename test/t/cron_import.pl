# import_cron_jobs with pg_cron itself, preloaded beside pg_sluice.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../perl";
use SluiceNode;
use PostgreSQL::Test::Utils;
use Test::More;

my ($share) = run_command([ $ENV{PG_CONFIG} // 'pg_config', '--sharedir' ]);
plan skip_all => 'pg_cron is not installed' if !-e "$share/extension/pg_cron.control";

my $node = SluiceNode->create('cron', "cron.database_name = 'postgres'\nshared_preload_libraries = 'pg_cron,pg_sluice'");
$node->sql(q{
	CREATE EXTENSION pg_cron;
	CREATE ROLE alice LOGIN; GRANT USAGE ON SCHEMA cron TO alice;
	SELECT allow_pipelines('alice');
	CREATE TABLE heard (what text); GRANT ALL ON heard TO alice;
	SELECT cron.schedule('nightly', '0 3 * * *', 'VACUUM heard');
	SELECT cron.schedule('*/5 * * * *', 'SELECT 1');
	SELECT cron.schedule_in_database('other', '0 0 * * *', 'SELECT 1', 'template1')});
$node->safe_psql('postgres', q{SELECT cron.schedule('hers', '0 0 1 * MON-FRI', 'INSERT INTO heard VALUES (current_user)')}, extra_params => [ '-U', 'alice' ]);

my $jobs = $node->sql("SELECT jobid, action, note IS NULL OR note ~ '^it runs in database' FROM import_cron_jobs()");
is($jobs, "1|created|t\n2|created|t\n3|skipped|t\n4|created|t", 'every job is told about');
is($node->sql("SELECT string_agg(concat_ws(' ', owner = current_user, name, schedule, timezone, status, command), ', ' ORDER BY name) FROM pipelines"),
	't cron_job_2 */5 * * * * GMT inactive SELECT 1, f hers 0 0 1 * MON-FRI GMT inactive INSERT INTO heard VALUES (current_user), '
	  . 't nightly 0 3 * * * GMT inactive VACUUM heard', 'and is a pipeline of its role');
is($node->sql("SELECT string_agg(DISTINCT action, ',') FROM import_cron_jobs()"), 'skipped', 'once');

$node->sql("SELECT alter_pipeline(id, status => 'active') FROM pipelines; SELECT cron.unschedule('nightly')");
for my $name ('nightly', 'alice/hers')
{
	is($node->sql("CALL trigger_and_wait('$name', run => NULL)") =~ s/.*\|//r, 'success', "$name runs");
}
is($node->sql('SELECT what FROM heard'), 'alice', 'as the role of its job');

# Who is no superuser sees the jobs that pg_cron shows.
$node->sql("SELECT drop_pipeline('alice/hers')");
is($node->safe_psql('postgres', 'SELECT jobid, pipeline, action FROM import_cron_jobs()', extra_params => [ '-U', 'alice' ]), '4|alice/hers|created', 'one of her own');

$node->stop;
done_testing();
