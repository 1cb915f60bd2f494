# Who has waited for a run finds what it made, also a table that a moment ago was not there.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../perl";
use PostgreSQL::Test::Utils;
use SluiceNode;
use Test::More;
use Cwd qw(abs_path);

my $module_dir = abs_path("$FindBin::RealBin/../module");
my $node = SluiceNode->create('visible', "dynamic_library_path = '\$libdir:$module_dir'");
$node->sql(q{CREATE FUNCTION commit_slowly(int) RETURNS int AS 'sluice_test', 'sluice_test_commit_slowly' LANGUAGE C STRICT});

# The session has looked for the table, sees the run's success while that transaction is not quite over, and then waits.
my (undef, $told) = $node->psql('postgres', q{SELECT create_pipeline('one', source_query => 'SELECT commit_slowly(1500) AS a', destination_table => 'made_one');
SELECT * FROM made_one;
SELECT trigger_pipeline('one') AS run \gset
SELECT set_config('test.run', :'run', false);
DO $$
BEGIN
	FOR i IN 1..6000 LOOP
		EXIT WHEN EXISTS (SELECT FROM pipeline_runs WHERE id = current_setting('test.run')::uuid AND status = 'success');
		PERFORM pg_sleep(0.01);
	END LOOP;
END $$;
SELECT wait_for_run(:'run');
SELECT 'found ' || a FROM made_one;
}, on_error_stop => 0);
like($told, qr/^success\nfound 1500$/m, 'wait_for_run');

done_testing();
