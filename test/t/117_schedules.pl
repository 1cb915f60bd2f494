# Schedules of seconds fire in time, and none fires outside start_at and end_at.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../perl";
use SluiceNode;
use Test::More;

my $node = SluiceNode->create('schedules');

# An interval, and cron with seconds.
my @ticking = ([ 'interval', 'every 2 seconds', 2 ], [ 'seconds', '*/3 * * * * *', 3 ]);
for my $case (@ticking)
{
	my ($name, $schedule) = @$case;
	$node->pipeline($name, 'SELECT 1::bigint AS i', "schedule => '$schedule'");
}
for my $case (@ticking)
{
	my ($name, $schedule, $step) = @$case;
	$node->await("SELECT count(*) >= 3 FROM pipeline_runs WHERE pipeline_name = '$name' AND cause = 'schedule' AND status = 'success'",
		"$schedule: runs");
	is($node->sql("SELECT count(*) FROM pipeline_runs WHERE pipeline_name = '$name' AND cause = 'schedule' "
			  . "AND mod(extract(epoch FROM due_at), $step) <> 0"),
		'0', "$schedule: due on its grid only");
	is($node->sql("SELECT count(*) = count(DISTINCT due_at) FROM pipeline_runs WHERE pipeline_name = '$name' AND cause = 'schedule'"),
		't', "$schedule: no due time twice");
	$node->sql("SELECT pause_pipeline('$name')");
}

# A window of two due times, the first and the last of which lie on its ends.
my $first = $node->sql("SELECT date_trunc('day', now() AT TIME ZONE 'UTC') + '10 days 02:00'");
$node->pipeline('window', 'SELECT 1::bigint AS i',
	"schedule => '0 2 * * *', timezone => 'UTC', options => jsonb_build_object('start_at', '$first', 'end_at', "
	  . "to_json(('$first'::timestamp + '1 day') AT TIME ZONE 'UTC'))");
is($node->sql("SELECT next_due = '$first'::timestamp AT TIME ZONE 'UTC' FROM pipeline_status WHERE name = 'window'"),
	't', 'due at start_at first');
$node->pipeline('other', 'SELECT 1::bigint AS i', "schedule => '30 2 * * *', timezone => 'UTC'");
$node->set_clock($node->offset_to("'$first'::timestamp AT TIME ZONE 'UTC'", -3600));
$node->await("SELECT count(*) > 0 FROM pipeline_runs WHERE pipeline_name = 'other' AND status = 'success'", 'the clock has moved');
is($node->sql("SELECT count(*) FROM pipeline_runs WHERE pipeline_name = 'window'"), '0', 'nothing before start_at');
for my $day (0, 1)
{
	$node->set_clock($node->offset_to("('$first'::timestamp + '$day days') AT TIME ZONE 'UTC'", 3));
	$node->await("SELECT count(*) = 1 FROM pipeline_runs WHERE pipeline_name = 'window' AND status = 'success' "
		  . "AND due_at = ('$first'::timestamp + '$day days') AT TIME ZONE 'UTC'", "due time $day of the window");
}
is($node->sql("SELECT next_due IS NULL FROM pipeline_status WHERE name = 'window'"), 't', 'none after end_at');
$node->sql("SELECT alter_pipeline('window', options => '{\"start_at\": null, \"end_at\": null}')");
is($node->sql("SELECT next_due = ('$first'::timestamp + '2 days') AT TIME ZONE 'UTC' FROM pipeline_status WHERE name = 'window'"),
	't', 'without the window it goes on');

$node->stop;
done_testing();
