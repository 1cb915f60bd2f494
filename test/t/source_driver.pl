# A source is a folder and one entry in the table of drivers: a driver of the test module gives rows that are made on the
# spot, and pipelines read them as they read any source's.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../perl";
use PostgreSQL::Test::Utils;
use SluiceNode;
use Test::More;
use Cwd qw(abs_path);

my $module_dir = abs_path("$FindBin::RealBin/../module");
my $node = SluiceNode->create('driver',
	"shared_preload_libraries = 'pg_sluice,sluice_test'\ndynamic_library_path = '\$libdir:$module_dir'");
$node->sql(q{CREATE FOREIGN DATA WRAPPER sluice_generated; CREATE SERVER made FOREIGN DATA WRAPPER sluice_generated});

$node->sql(q{SELECT create_pipeline('all', source => 'made', source_table => 'rows', destination_table => 'taken', load => 'replace');
	SELECT create_pipeline('some', source => 'made', source_table => 'rows', destination_table => 'fewer', load => 'replace',
		columns => 'number * 2 AS twice, upper(word) AS word', filter => 'number % 10 = 0')});
my $plan = $node->sql(q{SELECT explain_pipeline('some')});
like($plan, qr/^remote query:\n  generate rows$/m, 'explain_pipeline shows what is asked of the source');
like($plan, qr/^filter: the filter is applied here, because generated rows come as they are$/m, 'and who filters');
unlike($plan, qr/executor/, 'the executor has no part in it');

$node->sql(q{CALL run_pipeline('all')});
is($node->sql(q{SELECT count(*), min(number), max(number), max(word) FILTER (WHERE number = 2500) FROM taken}),
	'2500|1|2500|row 2500', 'all rows arrive, in three batches');
$node->sql(q{CALL trigger_and_wait('some')});
is($node->sql(q{SELECT count(*), sum(twice), min(word) FROM fewer}), '250|627500|ROW 10', 'a worker filters and computes');
$node->sql_fails(q{SELECT create_pipeline('wrong', source => 'nowhere', source_table => 'rows', destination_table => 't', load => 'replace')},
	qr/42704: server "nowhere" does not exist/, 'a server that does not exist');

done_testing();
