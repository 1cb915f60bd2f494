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

# A clock that was ahead and is set right, by less than three hours: nothing waits for the wrong time, and cron does nothing twice. The clock of the
# window above is days ahead already.
sub soon
{
	my ($name, $column, $seconds, $message) = @_;
	return $node->await("SELECT $column BETWEEN clock_timestamp() - interval '10 s' AND clock_timestamp() + interval '$seconds s' "
		  . "FROM $name", $message);
}
$node->set_clock(0);
$node->sql("CREATE FUNCTION not_now() RETURNS bigint LANGUAGE plpgsql AS \$\$BEGIN RAISE 'not now' USING ERRCODE = '40001'; END\$\$");
soon("pipeline_status WHERE name = 'other'", 'next_due', 86410, 'what was planned days ahead is planned again');
$node->pipeline('often', 'SELECT 1::bigint AS i', "schedule => 'every 10 seconds'");
$node->pipeline('hourly', 'SELECT 1::bigint AS i', "schedule => '0 * * * *'");
$node->pipeline('yearly', 'SELECT 1::bigint AS i', "schedule => '0 0 1 1 *'");
$node->pipeline('patient', 'SELECT not_now() AS i', "options => '{\"max_retries\": 1, \"retry_delay\": \"10 minutes\"}'");
$node->pipeline('legal', 'SELECT not_now() AS i', "options => '{\"max_retries\": 1, \"retry_delay\": \"3 hours\", \"retry_max_delay\": \"3 hours\"}'");
my $retry = "FROM pipeline_runs WHERE status = 'pending' AND cause = 'retry' AND pipeline_name";
$node->sql("SELECT trigger_pipeline('legal')");
$node->await("SELECT count(*) = 1 $retry = 'legal'", 'a retry waits for long, and rightly so');
my $legal = $node->sql("SELECT due_at $retry = 'legal'");
my $hour = $node->sql("SELECT date_trunc('hour', now()) + interval '2 hours'");
my $year = $node->sql("SELECT next_due FROM pipeline_status WHERE name = 'yearly'");
my $ahead = $node->offset_to("'$hour'::timestamptz", 3);
$node->set_clock($ahead);
for my $name ('often', 'hourly')
{
	$node->await("SELECT count(*) > 0 FROM pipeline_runs WHERE pipeline_name = '$name' AND status = 'success' AND due_at >= '$hour'",
		"$name: runs by the wrong clock");
}
$node->sql("SELECT trigger_pipeline('patient')");
$node->await("SELECT count(*) = 1 $retry = 'patient'", 'a retry waits by the wrong clock');
$node->set_clock(0);
soon("pipeline_status WHERE name = 'often'", 'next_due', 10, 'due within its interval again');
soon("pipeline_runs WHERE pipeline_name = 'patient' AND status = 'pending'", 'due_at', 900, 'the retry waits as long as it was to');
is($node->sql("SELECT due_at = '$legal' $retry = 'legal'"), 't', 'one that was right stays as it is');
is($node->sql("SELECT next_due = '$year' FROM pipeline_status WHERE name = 'yearly'"), 't', 'a due time far ahead that is right stays');
is($node->sql("SELECT verdict || ' ' || message FROM pipeline_health() WHERE check_name = 'clock'") =~ /^warning the clock was .* ahead of now/,
	1, 'pipeline_health tells it');
like(PostgreSQL::Test::Utils::slurp_file($node->logfile), qr/LOG: .*the clock of the server has been set back by .* or more: \d+ pipelines/, 'and so does the log');
$node->await("SELECT count(*) > 0 FROM pipeline_runs WHERE pipeline_name = 'often' AND status = 'success' AND due_at < '$hour'",
	'and it runs by the right clock');
# The hour itself comes a second time.
$node->set_clock($ahead + 60);
$node->await("SELECT next_due > '$hour' FROM pipeline_status WHERE name = 'often'", 'the time has come again');
$node->await("SELECT count(*) > 0 FROM pipeline_runs WHERE pipeline_name = 'often' AND status = 'success' AND due_at >= '$hour'::timestamptz + interval '50 s'",
	'what was not due yet is run');
is($node->sql("SELECT next_due = '$hour'::timestamptz + interval '1 hour' FROM pipeline_status WHERE name = 'hourly'"), 't', 'the hour is done already');
is($node->sql("SELECT count(*) FROM (SELECT FROM pipeline_runs WHERE cause = 'schedule' AND status <> 'skipped' AND pipeline_name <> 'often' "
		  . "GROUP BY pipeline_id, due_at HAVING count(*) > 1) twice"), '0', 'no due time was run twice');

# Set back by a day: what comes a second time is run again, and says so.
my $over = "SELECT count(*) = 0 FROM pipeline_runs WHERE pipeline_name = 'hourly' AND status IN ('pending', 'running')";
$node->await($over, 'what was missed is made up for');
my $cron = $node->sql("SELECT next_due FROM pipeline_status WHERE name = 'hourly'");
$ahead = $node->offset_to("'$cron'::timestamptz", 3);
$node->set_clock($ahead);
my $served = "FROM pipeline_runs WHERE pipeline_name = 'hourly' AND cause = 'schedule' AND status = 'success' AND due_at = '$cron'";
$node->await("SELECT count(*) = 1 $served", 'an hour is served');
$node->set_clock($ahead - 86400);
$node->await("SELECT next_due < '$cron'::timestamptz - interval '22 hours' FROM pipeline_status WHERE name = 'hourly'", 'a day back: it begins anew');
like($node->sql("SELECT message FROM pipeline_health() WHERE check_name = 'clock'"), qr/^the clock was .* ahead of now: due times that had their runs then are served again/,
	'pipeline_health says what follows');
$node->await("SELECT bool_and(planned_at < now() + make_interval(secs => $ahead - 86000)) FROM sluice.pipeline_due", 'all are planned again');
$node->sql("SELECT pause_pipeline(id) FROM pipelines WHERE name <> 'hourly'");
$node->set_clock($node->offset_to("'$cron'::timestamptz", -30));
$node->await("SELECT next_due = '$cron'::timestamptz FROM pipeline_status WHERE name = 'hourly'", 'the day passes');
$node->await($over, 'what was missed that day is made up for, so that the hour finds no run in its way');
$node->set_clock($ahead + 5);
$node->await("SELECT count(*) = 2 AND count(*) FILTER (WHERE reason ~ '^served again: this due time had a run before') = 1 $served", 'the hour is served again, and says so');

$node->stop;
done_testing();
