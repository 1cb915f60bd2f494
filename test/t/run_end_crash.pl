# How a run has ended is told when it is on disk: a crash right behind that does not make the run once more.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../perl";
use SluiceNode;
use Test::More;

# Nothing gets to the disk by the way.
my $node = SluiceNode->create('end', "wal_writer_delay = 10s\nfull_page_writes = off");
$node->sql('CREATE TABLE divisor AS SELECT 0 AS n');
$node->pipeline('failing', 'SELECT (1 / n)::bigint AS i FROM divisor');
$node->pipeline('gated', SluiceNode::gated_query());
$node->pipeline('other', 'SELECT 7::bigint AS i');
$node->sql('CHECKPOINT');

sub crash_behind
{
	my ($name, $run, $status, $gate) = @_;
	is($node->sql("SELECT wait_for_run('$run', '30 s')"), $status, "$name: its end is told");
	my $query = "SELECT status, start_time, end_time FROM pipeline_runs WHERE id = '$run'";
	my $end = $node->sql($query);
	$node->restart_by('KILL');
	eval { $gate->quit } if $gate;
	my $other = $node->sql("SELECT trigger_pipeline('other')");
	is($node->sql("SELECT wait_for_run('$other', '30 s')"), 'success', "$name: runs go on after a crash");
	$node->await("SELECT count(*) = 0 FROM pipeline_runs WHERE status IN ('pending', 'running')", "$name: all that was queued is over");
	is($node->sql($query), $end, "$name: it is not made again");
	return;
}

# A run that waits half-way.
sub half_way
{
	my $gate = $node->close_gate;
	my $run = $node->sql("SELECT trigger_pipeline('gated')");
	$node->await_gated(1, 'a run is half-way');
	return ($gate, $run);
}

crash_behind('a run that failed', $node->sql("SELECT trigger_pipeline('failing')"), 'failed');

my ($gate, $run) = half_way();
$node->sql('SELECT pg_terminate_backend(' . $node->pid_of('run') . ')');
crash_behind('a run whose worker was terminated', $run, 'failed', $gate);

($gate, $run) = half_way();
my $queued = $node->sql("SELECT trigger_pipeline('gated', if_running => 'queue')");
$node->sql("SELECT stop_run('$queued')");
crash_behind('a queued run that was stopped', $queued, 'stopped', $gate);

$node->stop;
done_testing();
