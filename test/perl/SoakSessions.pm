# What the soak runs on: several hundred pipelines, and sessions that use and change them all the time.
# Every loaded row carries the id of its run and the number with which it was triggered.
package SoakSessions;

use strict;
use warnings;
use POSIX ();
use SluiceNode;

use constant STEADY => 60;    # never altered, paused or dropped: their due times must be perfect
use constant KINDS => qw(quick quick quick bulky flaky failing slow checked quick replace);
use constant OWNERS => qw(postgres team_a team_b);

sub owner_of { my ($i) = @_; return (OWNERS)[ $i % 3 ]; }

# The world: roles, destinations, the queries of each kind as functions, the pipelines.
sub build
{
	my ($node, $pipelines) = @_;
	$node->sql(<<'SQL');
CREATE ROLE team_a LOGIN;
CREATE ROLE team_b LOGIN;
SELECT allow_pipelines('team_a'), allow_pipelines('team_b');
CREATE TABLE loaded (run text, n bigint, parts int);
CREATE TABLE loaded_checked (run text, n bigint, parts int);
CREATE FUNCTION linger() RETURNS trigger LANGUAGE plpgsql AS
	$$ BEGIN PERFORM pg_sleep(0.05); RETURN NULL; END $$;
CREATE CONSTRAINT TRIGGER linger AFTER INSERT ON loaded_checked DEFERRABLE INITIALLY DEFERRED
	FOR EACH ROW EXECUTE FUNCTION linger();
CREATE FUNCTION query_of(kind text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
	SELECT 'SELECT right(current_setting(''application_name''), 36) AS run, (run_context()->>''n'')::bigint AS n, '
		|| CASE kind
			WHEN 'bulky' THEN '2500 AS parts FROM generate_series(1, 2500)'
			WHEN 'flaky' THEN '3 / (CASE WHEN i = 3 AND random() < 0.3 THEN 0 ELSE 1 END) AS parts FROM generate_series(1, 3) i'
			WHEN 'failing' THEN '3 / (3 - i) AS parts FROM generate_series(1, 3) i'
			WHEN 'slow' THEN '1 AS parts FROM (SELECT pg_sleep(0.2 + random())) s'
			ELSE '1 AS parts' END $$;
GRANT INSERT, SELECT, TRUNCATE ON loaded, loaded_checked TO team_a, team_b;
SQL
	for my $owner (OWNERS)
	{
		my @statements = ("SET SESSION AUTHORIZATION $owner");
		for my $i (grep { owner_of($_) eq $owner } 1 .. $pipelines)
		{
			my $kind = (KINDS)[ int($i / 3) % 10 ];
			my $schedule = $i % 2 ? "'*/15 * * * *'" : 'NULL';
			$schedule = $i % 5 ? "'*/5 * * * *'" : "'* * * * *'" if $i <= STEADY;
			# Made by the superuser: a schema in which others may create is no part of a pipeline's search_path.
			$node->sql("CREATE TABLE latest_$i (run text, n bigint, parts int); ALTER TABLE latest_$i OWNER TO $owner") if $kind eq 'replace';
			push @statements, creation($i, $kind, $schedule);
		}
		$node->sql(join(";\n", @statements));
	}
	for my $i (1 .. 8)
	{
		$node->pipeline("gate$i", SluiceNode::gated_query());
	}
	return;
}

sub creation
{
	my ($i, $kind, $schedule) = @_;
	my $name = $kind eq 'replace' ? "r$i" : "p$i";
	my $table = $kind eq 'replace' ? "latest_$i" : $kind eq 'checked' ? 'loaded_checked' : 'loaded';
	my $load = $kind eq 'replace' ? 'replace' : 'append';
	return "SELECT create_pipeline('$name', source_query => query_of('$kind'), destination_table => '$table', "
	  . "load => '$load', schedule => $schedule)";
}

# A process that acts until the file "stop" exists in that folder. It leaves there, line by line: ACK number run
# for a trigger whose commit was confirmed, GHOST number run for one that was rolled back.
sub start
{
	my ($node, %with) = @_;
	my $test = $$;
	my $process = fork // die "cannot fork: $!";
	return $process if $process;
	srand($with{seed});
	local $SIG{PIPE} = 'IGNORE';
	my $owner = owner_of($with{index});
	my $command = sprintf "psql -X -A -t -q -h '%s' -p %d -U %s -d postgres -f - >>'%s/said.%d' 2>/dev/null",
	  $node->host, $node->port, $owner, $with{dir}, $with{index};
	my $session = { owner => $owner, pipelines => $with{pipelines}, number => $with{first_number}, index => $with{index} };
	# Nor beyond a test that died.
	while (!-e "$with{dir}/stop" && getppid() == $test)
	{
		open(my $psql, '|-', $command) or POSIX::_exit(1);
		print $psql "SET client_min_messages = error;\nSET application_name = 'call';\nSET statement_timeout = '20s';\n";
		print $psql action($session) for 1 .. 20;
		# Fails while the server is down: not at once again.
		close($psql) or select(undef, undef, undef, 0.2);
	}
	POSIX::_exit(0);
}

sub any { return $_[ rand @_ ]; }

sub action
{
	my ($session) = @_;
	my $mine = $session->{owner} eq 'postgres';
	my @all = grep { $mine || owner_of($_) eq $session->{owner} } 1 .. $session->{pipelines};
	my $i = any(@all);
	my $loose = any(grep { $_ > STEADY && owner_of($_) eq $session->{owner} } @all);
	my ($what, $number) = (rand 100, $session->{number}++);
	my $if_running = any(qw(error skip queue queue));
	return trigger($i, $number, $if_running) if $what < 45;
	if ($what < 53)
	{
		my $other = $session->{number}++;
		return trigger($i, $number, 'queue', 'one') . trigger(any(@all), $other, 'queue', 'two');
	}
	return "BEGIN;\n" . trigger($i, $number, $if_running, undef, 'GHOST') . "ROLLBACK;\n" if $what < 58;
	# Only the owner may.
	return "\\unset run\nCALL run_pipeline('" . name_of($loose) . "', '{\"n\": $number}', NULL) \\gset\n\\echo ACK $number :run\n"
	  if $what < 64;
	return "SELECT stop_pipeline('" . name_of($i) . "');\n" if $what < 70;
	return "SELECT pause_pipeline('" . name_of($loose) . "', 'soak');\n" if $what < 74;
	return "SELECT resume_pipeline('" . name_of($loose) . "');\n" if $what < 80;
	return "SELECT alter_pipeline('" . name_of($loose) . "', schedule => '" . any('* * * * *', '*/7 * * * *', '0 * * * *')
	  . "');\n" if $what < 86;
	return replace_pipeline($loose) if $what < 90;
	return "CALL trigger_and_wait('" . name_of($i) . "', '{\"n\": $number}', '2 s', NULL, NULL, false);\n" if $what < 94;
	return "SELECT count(*) FROM pipeline_health();\n" if $what < 97;
	return "SELECT count(*) FROM pipeline_status;\n";
}

sub name_of { my ($i) = @_; return ((KINDS)[ int($i / 3) % 10 ] eq 'replace' ? 'r' : 'p') . $i; }

# psql shows a result only when the commit is confirmed.
sub trigger
{
	my ($i, $number, $if_running, $place, $word) = @_;
	$word //= 'ACK';
	return "SELECT '$word $number ' || trigger_pipeline('" . name_of($i) . "', '{\"n\": $number}', '$if_running');\n"
	  unless defined $place;
	# Two in one statement, so in one transaction.
	return "SELECT 'ACK $number ' || trigger_pipeline('" . name_of($i) . "', '{\"n\": $number}', 'queue') || " if $place eq 'one';
	return "E'\\nACK $number ' || trigger_pipeline('" . name_of($i) . "', '{\"n\": $number}', 'queue');\n";
}

# The new one may be of another kind, but for those with a table of their own.
sub replace_pipeline
{
	my ($i) = @_;
	my $kind = name_of($i) =~ /^r/ ? 'replace' : any(qw(quick bulky flaky failing slow checked));
	return "SELECT drop_pipeline('" . name_of($i) . "', running => '" . any(qw(refuse wait stop)) . "', history => 'keep');\n"
	  . creation($i, $kind, any("'* * * * *'", "'*/15 * * * *'", 'NULL')) . ";\n";
}

1;
