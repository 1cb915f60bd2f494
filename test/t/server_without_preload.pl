# Without shared_preload_libraries: what needs a worker says what to do, what does not works.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../perl";
use SluiceNode;
use PostgreSQL::Test::Cluster;
use Test::More;

my $node = bless PostgreSQL::Test::Cluster->new('plain'), 'SluiceNode';
$node->init;
$node->start;
$node->sql('CREATE EXTENSION pg_sluice');
$node->pipeline('p', 'SELECT 1::bigint AS i', "schedule => '0 2 * * *'");

for my $statement ("SELECT trigger_pipeline('p')", "CALL trigger_and_wait('p')", "SELECT stop_pipeline('p')")
{
	$node->sql_fails($statement, qr/ERROR:  SL003:.*HINT:.*shared_preload_libraries = 'pg_sluice'/s, $statement);
}
is($node->sql('SELECT count(*) FROM pipeline_runs'), '0', 'nothing was queued');
$node->sql("CALL run_pipeline('p')");
is($node->sql('SELECT count(*) FROM dst_p'), '1', 'CALL run_pipeline works');
is($node->sql("SELECT status, cause FROM pipeline_runs"), 'success|manual', 'and leaves its row');
$node->sql("BEGIN; CALL run_pipeline('p'); ROLLBACK");
is($node->sql('SELECT count(*) FROM dst_p'), '1', 'rolled back, its rows are gone');
is($node->sql('SELECT count(*) FROM pipeline_runs'), '1', 'and so is its row');
$node->sql_fails("BEGIN ISOLATION LEVEL SERIALIZABLE; CALL run_pipeline('p')", qr/ERROR:  25001:.*READ COMMITTED/s, 'another isolation level');
is($node->sql("SET timezone = 'Asia/Tokyo'; SET work_mem = '5MB'; CALL run_pipeline('p'); SELECT current_setting('timezone'), current_setting('work_mem'), run_context()") =~ s/.*\n//sr,
	'Asia/Tokyo|5MB|{}', 'the session is as it was before');
$node->sql("SELECT pause_pipeline('p'); SELECT resume_pipeline('p')");
like($node->sql("SELECT hint FROM pipeline_health() WHERE verdict = 'error' LIMIT 1"), qr/shared_preload_libraries = 'pg_sluice'/, 'pipeline_health says it');
is($node->sql('SELECT count(*) FROM sluice.pipeline_ended'), '0', 'nothing is left for a scheduler that never comes');

# Once the line is there, what was due happens.
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'pg_sluice'");
$node->restart;
$node->sql("CALL trigger_and_wait('p')");
is($node->sql("SELECT count(*) FROM pipeline_runs WHERE status = 'success'"), '3', 'with the line, workers run');

$node->stop;
done_testing();
