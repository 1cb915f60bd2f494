# Fifty jumps of the clock, of up to a week forwards and backwards: the scheduler follows each, and no schedule is silent.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../perl";
use SluiceNode;
use Test::More;

srand(20261129);
my $node = SluiceNode->create('jumps');
my %schedules = (
	minutes => [ '* * * * *', 'UTC' ],
	seconds => [ '*/30 * * * * *', 'America/New_York' ],
	even => [ '0 */2 * * *', 'Europe/Berlin' ],
	night => [ '*/15 2 * * *', 'America/New_York' ],
	half => [ '@hourly', 'Australia/Lord_Howe' ],
	quarter => [ 'every 15 minutes', 'Europe/Berlin' ],
	daily => [ 'every day', 'Europe/Berlin' ]);
$node->pipeline($_, 'SELECT 1::bigint AS i', "schedule => '$schedules{$_}[0]', timezone => '$schedules{$_}[1]'") for sort keys %schedules;

# What is due next by that clock: without what cron has served already, which is less than three hours.
my $expected = q{SELECT count(*) FROM sluice.pipeline_due q JOIN pipelines p ON p.id = q.pipeline_id CROSS JOIN LATERAL (
	SELECT min(s.due_at) FROM preview_schedule(p.schedule, p.timezone, CASE WHEN p.schedule ~ '^[*]' THEN 400 ELSE 20 END, q.planned_at) s
	WHERE p.schedule ~ '^every' OR q.served_anew OR q.served_until IS NULL OR s.due_at > q.served_until OR NOT EXISTS (
		SELECT FROM pipeline_runs r WHERE r.pipeline_id = p.id AND r.cause = 'schedule' AND r.status <> 'skipped' AND r.due_at = s.due_at)) next (due)
	WHERE q.next_due = next.due AND (q.served_anew OR q.served_until IS NULL OR q.served_until < q.planned_at + interval '3 hours')};
my $count = keys %schedules;
my $clock = 0;
for my $jump (1 .. 50)
{
	my $span = $jump % 2 ? 4 * 3600 : 7 * 86400;
	my $step = int(rand(2 * $span)) - $span;
	$clock += $step;
	$node->set_clock($clock);
	# Runs may come between planning and looking: then it is looked at again.
	$node->await("SELECT bool_and(planned_at < now() + make_interval(secs => $clock + 5) AND next_due > now() + make_interval(secs => $clock - 5)) "
		  . "AND ($expected) = $count FROM sluice.pipeline_due", "jump $jump, of $step s: all are due next when they should be");
}
$node->await('SELECT count(*) = 0 FROM pipeline_runs WHERE status IN (\'pending\', \'running\')', 'all runs are over');
my $served = q{FROM (SELECT count(*) AS runs, count(*) FILTER (WHERE r.reason ~ 'served again') AS marked FROM pipeline_runs r
	WHERE r.cause = 'schedule' AND r.status <> 'skipped' GROUP BY r.pipeline_id, r.due_at) d};
cmp_ok($node->sql("SELECT count(*) $served"), '>', 50, 'runs were made');
is($node->sql("SELECT count(*) $served WHERE runs - 1 <> marked"), '0', 'each that was served again says so, and no other');
is($node->sql("SELECT count(*) FROM pipelines p WHERE NOT EXISTS (SELECT FROM pipeline_runs r WHERE r.pipeline_id = p.id AND r.status = 'success')"), '0', 'no schedule was silent');
$node->stop;
done_testing();
