# What can be seen of a run while it is under way.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../perl";
use SluiceNode;
use Test::More;

my $node = SluiceNode->create('progress');
$node->sql("CREATE ROLE owner LOGIN; GRANT CREATE, USAGE ON SCHEMA public TO owner; SELECT allow_pipelines('owner'); CREATE ROLE stranger LOGIN");

# Many rows, then a wait at the gate.
my $rows = 3_000_000;
$node->sql("SET ROLE owner; CREATE TABLE dst (i bigint); SELECT create_pipeline('big', destination_table => 'dst', load => 'append', "
	  . "source_query => 'SELECT i::bigint AS i FROM generate_series(1, $rows) i UNION ALL "
	  . "SELECT 0 FROM (SELECT pg_advisory_xact_lock_shared(4711)) g')");
is($node->sql('SELECT count(*) FROM pipeline_progress'), '0', 'nothing is under way');
my $gate = $node->close_gate;
my $run = $node->sql("SELECT trigger_pipeline('big')");
$node->await_gated(1, 'the run has read all but the last row');
is($node->sql("SELECT pipeline, run = '$run', attempt, phase, records_read > 0, records_processed > 0, bytes_processed > 0, percent BETWEEN 1 AND 100, eta >= '0' FROM pipeline_progress"),
	'big|t|1|loading|t|t|t|t|t', 'pipeline_progress');
is($node->sql("SELECT c.command, c.type, c.relid::regclass, c.tuples_processed > 0 FROM pg_stat_progress_copy c JOIN pg_stat_activity a USING (pid) "
		  . "WHERE a.application_name = 'pg_sluice run $run'"),
	'COPY FROM|CALLBACK|dst|t', 'and PostgreSQL itself tells it');
is($node->sql('SET ROLE owner; SELECT count(*) FROM pipeline_progress'), '1', 'the owner sees it');
is($node->sql('SET ROLE stranger; SELECT (SELECT count(*) FROM pipeline_progress) + (SELECT count(*) FROM run_progress())'), '0', 'nobody else does');
$gate->quit;
is($node->sql("SELECT wait_for_run('$run', '60 s')"), 'success', 'the run goes on');
is($node->sql('SELECT count(*) FROM pipeline_progress'), '0', 'and is gone from view');

$node->stop;
done_testing();
