# A batch goes on where a crash has interrupted it: nothing of it is lost, and nothing succeeds twice.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../perl";
use SluiceNode;
use Test::More;

my $node = SluiceNode->create('batch_crash', "pg_sluice.max_concurrent_runs = 4\nrestart_after_crash = on");
$node->sql('CREATE TABLE made (name text)');
$node->sql(q{CREATE FUNCTION made(what text) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN INSERT INTO public.made VALUES (what); RETURN 1; END $$});

sub make
{
	my ($name, $query, $parents) = @_;
	my $depends = defined $parents ? "depends_on => '{$parents}', " : '';
	return $node->pipeline($name, $query, qq($depends options => '{"max_retries": 20, "retry_delay": 1}'), destination => 'dst');
}

sub crash
{
	my ($process) = @_;
	kill 'KILL', $node->pid_of($process);
	$node->poll_query_until('postgres', 'SELECT true');
	return;
}

# In the middle of a node: its run is lost and made again, and the rest follows.
make('first', "SELECT public.made('first') AS i");
make('gated', SluiceNode::gated_query(), 'first');
make('last', "SELECT public.made('last') AS i", 'gated');
my $gate = $node->close_gate;
my $run = $node->sql("SELECT trigger_pipeline('first')");
$node->await_gated(1, 'the batch is in the middle');
crash('run');
is($node->sql("SELECT wait_for_batch('$run', '60 s')"), 'success', 'the batch goes on after it');
is($node->sql("SELECT string_agg(name, ' ' ORDER BY name) FROM made"), 'first last', 'and repeats nothing that succeeded');
# The crash may also have taken the lazy commit that said "running": then that attempt is simply made again.
like($node->sql("SELECT string_agg(status || COALESCE(' ' || error_sqlstate, ''), ', ' ORDER BY attempt) FROM pipeline_runs WHERE pipeline_name = 'gated'"),
	qr/^(failed SL004, )?success$/, 'its lost run is retried');
eval { $gate->quit };

# The server is stopped hard between the end of a node and its consequences, again and again.
$node->sql('DELETE FROM made');
make('s0', "SELECT public.made('s0') AS i");
make("s$_", "SELECT public.made('s$_') AS i", 's' . ($_ - 1)) foreach 1 .. 8;
make("t$_", "SELECT public.made('t$_') AS i", 's' . ($_ - 1)) foreach 1 .. 8;
make('end', "SELECT public.made('end') AS i", join(',', 's8', map { "t$_" } 1 .. 8));
$run = $node->sql("SELECT trigger_pipeline('s0')");
foreach my $done (3, 8, 13)
{
	$node->await("SELECT count(*) >= $done FROM pipeline_runs WHERE batch = '$run' AND status = 'success'", "$done nodes are over");
	$node->stop('immediate');
	$node->start;
}
is($node->sql("SELECT wait_for_batch('$run', '120 s')"), 'success', 'the batch ends well after three crashes');
is($node->sql('SELECT count(*) || \' \' || count(DISTINCT name) FROM made'), '18 18', 'and everything was loaded once');
is($node->sql('SELECT count(*) FROM sluice.pipeline_ended'), '0', 'nothing is left to be settled');

$node->stop;
done_testing();
