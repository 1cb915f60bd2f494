# A standby runs nothing; promoted, it reconciles and goes on.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../perl";
use SluiceNode;
use PostgreSQL::Test::Cluster;
use Test::More;

my $primary = SluiceNode->create('primary', undef, init => { allows_streaming => 1 });
$primary->pipeline('gated', SluiceNode::gated_query());
$primary->pipeline('hourly', 'SELECT 7::bigint AS i', "schedule => '0 * * * *'");
$primary->backup('base');
my $standby = bless PostgreSQL::Test::Cluster->new('standby'), 'SluiceNode';
$standby->init_from_backup($primary, 'base', has_streaming => 1);
$standby->start;

my $gate = $primary->close_gate;
my $run = $primary->sql("SELECT trigger_pipeline('gated')");
$primary->await_gated(1, 'a run is half-way');
my $queued = $primary->sql("SELECT trigger_pipeline('gated', if_running => 'queue')");
$primary->wait_for_catchup($standby);
is($standby->sql("SELECT string_agg(status, ',' ORDER BY id) FROM pipeline_runs"), 'running,pending', 'the standby sees it');
is($standby->sql("SELECT count(*) FROM pg_stat_activity WHERE backend_type LIKE 'pg_sluice%'"), '0', 'and runs nothing');
$standby->sql_fails("SELECT trigger_pipeline('hourly')", qr/ERROR:  (25006|55000)/, 'a trigger on a standby');

$primary->stop('immediate');
eval { $gate->quit };
$standby->promote;
$standby->await("SELECT status = 'failed' AND error_sqlstate = 'SL004' FROM pipeline_runs WHERE id = '$run'", 'promoted: the run that was under way is failed');
$standby->await("SELECT status = 'success' FROM pipeline_runs WHERE id = '$queued'", 'what was queued runs');
is($standby->sql('SELECT count(*) FROM dst_gated'), '2', 'nothing is half-loaded');
$standby->set_clock($standby->offset_to("(SELECT next_due FROM pipeline_status WHERE name = 'hourly')", 2));
$standby->await("SELECT count(*) = 1 FROM pipeline_runs WHERE pipeline_name = 'hourly' AND status = 'success'", 'the next due run happens');

$standby->stop;
done_testing();
