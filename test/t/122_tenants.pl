# One tenant never stops the others: bounds on what users store, turns among owners, large settlements in slices.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../perl";
use SluiceNode;
use Test::More;

my $node = SluiceNode->create('tenants', "pg_sluice.max_concurrent_runs = 1\npg_sluice.max_context_size = 64kB");
my $gate;

# In kB.
sub peak_memory
{
	my ($pid) = @_;
	open(my $status, '<', "/proc/$pid/status") or die "no process $pid";
	my ($peak) = map { /^VmHWM:\s+(\d+)/ ? $1 : () } <$status>;
	close $status;
	return $peak;
}

sub all_over
{
	my ($name) = @_;
	return $node->await("SELECT count(*) = 0 FROM pipeline_runs WHERE status IN ('pending', 'running')", $name);
}

$node->pipeline('gated', SluiceNode::gated_query());
$node->pipeline('quick', "SELECT length(run_context()->>'k')::bigint AS i");

# What a trigger may carry has a bound.
$node->sql_fails("SELECT trigger_pipeline('quick', jsonb_build_object('k', repeat('x', 65536)))",
	qr/54000: context is too large: 65545 bytes.*max_context_size/s, 'a large context');
$node->sql_fails("CALL trigger_and_wait('quick', jsonb_build_object('k', repeat('x', 65536)))",
	qr/54000: context is too large/, 'a large context and a wait');
$node->sql_fails("CALL run_pipeline('quick', jsonb_build_object('k', repeat('x', 65536)))",
	qr/54000: context is too large/, 'a large context of one\'s own session');
is($node->sql('SELECT count(*) FROM pipeline_runs'), '0', 'nothing was queued');
$node->sql("SELECT trigger_pipeline('quick', jsonb_build_object('k', repeat('x', 65000)))");
all_over('one of nearly the greatest size');
is($node->sql('SELECT i FROM dst_quick'), '65000', 'its run sees it whole');

# A queue of contexts, also of a time when nothing was bounded, is nothing to the scheduler.
$gate = $node->close_gate;
$node->sql("SELECT alter_pipeline('gated', options => '{\"priority\": 1000}'); SELECT trigger_pipeline('gated')");
$node->await_gated(1, 'the only place is taken');
my $scheduler = $node->pid_of('scheduler', 'postgres');
my $before = peak_memory($scheduler);
$node->sql("SELECT count(trigger_pipeline('quick', jsonb_build_object('k', repeat('x', 65000)), if_running => 'queue')) "
	  . "FROM generate_series(1, 2000)");
$node->sql("UPDATE sluice.pipeline_runs SET context = jsonb_build_object('k', repeat('x', 8000000)), priority = 999 WHERE id IN "
	  . "(SELECT id FROM pipeline_runs WHERE status = 'pending' ORDER BY id LIMIT 40)");
my $look = $node->sql("SELECT trigger_pipeline('gated', if_running => 'queue')");
$node->sql("UPDATE sluice.pipeline_runs SET if_running = 'skip' WHERE id = '$look'");
$node->sql("SELECT trigger_pipeline('quick', if_running => 'queue')");
$node->await("SELECT status = 'skipped' FROM pipeline_runs WHERE id = '$look'", 'the scheduler has read its queue');
my $growth = peak_memory($scheduler) - $before;
cmp_ok($growth, '<', 40_000, "contexts of 8 MB do not grow the scheduler: $growth kB");
my $large = $node->sql("SELECT id FROM pipeline_runs WHERE status = 'pending' ORDER BY priority DESC, queued_at, id LIMIT 1");
$node->sql("UPDATE sluice.pipeline_runs SET status = 'stopped', end_time = now() WHERE status = 'pending' AND id <> '$large'");
$gate->quit;
all_over('what was too large before there was a bound ends');
like($node->sql("SELECT error_sqlstate || ' ' || error_message FROM pipeline_runs WHERE id = '$large'"),
	qr/^54000 context of run .* is too large: \d+ bytes/, 'as a failure that says why');

$node->stop;
done_testing();
