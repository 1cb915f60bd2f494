# More databases than worker slots: each gets its turn, at least one slot is left for runs, the log is quiet.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../perl";
use SluiceNode;
use PostgreSQL::Test::Utils;
use Test::More;

my $count = 12;
my $node = SluiceNode->create('many', "max_worker_processes = 5\nlog_min_messages = log");
$node->sql("CREATE DATABASE d$_") for 1 .. $count;
$node->sql('CREATE DATABASE empty');
for my $n (1 .. $count)
{
	$node->sql('CREATE EXTENSION pg_sluice', db => "d$n");
	$node->pipeline('p', 'SELECT 1::bigint AS i', "schedule => '0 * * * *'", db => "d$n");
}
$node->restart;
my $due = $node->sql("SELECT next_due FROM pipeline_status", db => 'd1');
$node->set_clock($node->offset_to("'$due'", 2));
for my $n (1 .. $count)
{
	$node->await("SELECT count(*) = 1 FROM pipeline_runs WHERE status = 'success' AND due_at = '$due'", "d$n: ran when due", db => "d$n");
}
cmp_ok($node->sql("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'pg_sluice scheduler'"), '<=', 1, 'one scheduler at a time');
for my $n (reverse 1 .. $count)
{
	$node->sql("CALL trigger_and_wait('p', timeout => '60 s')", db => "d$n");
	is($node->sql("SELECT count(*) FROM pipeline_runs WHERE status = 'success'", db => "d$n"), '2', "d$n: runs when triggered");
}
my $log = slurp_file($node->logfile);
my $slots = () = $log =~ /free background worker slot/g;
cmp_ok($slots, '<=', 2, 'no flood of log lines');
unlike($log, qr/FATAL(?!:  terminating (background worker|connection))|PANIC/, 'nothing fails');

$node->stop;
done_testing();
