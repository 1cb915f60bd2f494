# What must be true in the soak, at any time and at rest.
package SoakChecks;

use strict;
use warnings;
use Test::More;
use SluiceNode;

# Names of queries that must give no row. One snapshot is enough: a run's end and its rows commit together.
my @ALWAYS = (
	[ 'a committed trigger has its run', 'SELECT a.* FROM acks a LEFT JOIN pipeline_runs r ON r.id = a.run '
		  . "WHERE r.id IS NULL OR (r.context->>'n')::bigint <> a.n" ],
	[ 'a trigger that was rolled back has none', 'SELECT r.id, r.status FROM ghosts g JOIN pipeline_runs r ON r.id = g.run' ],
	[   'each successful run loaded all its rows once, no other run any',
		# A CALL does not know its own id: its rows carry the number only.
		"WITH effects AS MATERIALIZED (SELECT run, n, count(*) AS found, max(parts) AS parts FROM "
		  . "(SELECT * FROM loaded UNION ALL SELECT * FROM loaded_checked) l GROUP BY run, n), "
		  . "called AS (SELECT r.id::text AS run, e.n, e.found, e.parts FROM effects e LEFT JOIN pipeline_runs r "
		  . "ON (r.context->>'n')::bigint = e.n WHERE e.run = 'call'), "
		  . "known AS (SELECT * FROM effects WHERE run <> 'call' UNION ALL SELECT * FROM called) "
		  . "SELECT r.id, r.pipeline_name, r.status, r.context, e.* FROM "
		  . "(SELECT * FROM pipeline_runs WHERE pipeline_name LIKE 'p%') r FULL JOIN known e ON e.run = r.id::text "
		  . "WHERE (r.status = 'success') IS DISTINCT FROM (e.parts IS NOT NULL) OR e.found <> e.parts "
		  . "OR (e.run IS NOT NULL AND e.n IS DISTINCT FROM (r.context->>'n')::bigint) LIMIT 20" ],
	[   'no due time fired twice',
		"SELECT pipeline_name, due_at, count(*) FROM pipeline_runs WHERE cause = 'schedule' AND attempt = 1 "
		  . "AND pipeline_id IN (SELECT id FROM steady) GROUP BY 1, 2 HAVING count(*) > 1" ],
	[   'due times of a pipeline only grow',
		"SELECT * FROM (SELECT pipeline_name, id, due_at, lag(due_at) OVER (PARTITION BY pipeline_id ORDER BY id) AS before "
		  . "FROM pipeline_runs WHERE cause = 'schedule' AND attempt = 1 AND pipeline_id IN (SELECT id FROM steady)) d "
		  . "WHERE due_at <= before LIMIT 20" ],
	[   'whatever failed says why, and what is over has an end',
		"SELECT id, status, error_message FROM pipeline_runs WHERE (status = 'failed') IS DISTINCT FROM (error_message IS NOT NULL) "
		  . "OR (status IN ('pending', 'running')) = (end_time IS NOT NULL) OR (status = 'success' AND start_time IS NULL) LIMIT 20" ],
	# Divisions by zero are ours; the rest comes from kills, stops and drops.
	[   'nothing failed for a strange reason',
		"SELECT error_sqlstate, error_message, count(*) FROM pipeline_runs WHERE status = 'failed' "
		  . "AND coalesce(error_sqlstate, '') NOT IN ('22012', 'SL004', '57P01', '57014', '42704') "
		  . "AND error_message <> 'the pipeline does not exist any more' GROUP BY 1, 2" ],
	[ 'one scheduler', "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'pg_sluice scheduler' HAVING count(*) > 1" ],
	[ 'one launcher', "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'pg_sluice launcher' HAVING count(*) > 1" ]);

sub prepare
{
	my ($node) = @_;
	$node->sql('CREATE TABLE acks (n bigint, run uuid); CREATE TABLE ghosts (n bigint, run uuid); '
		  . 'CREATE TABLE steady AS SELECT id FROM pipelines WHERE substr(name, 2) ~ \'^[0-9]+$\' AND substr(name, 2)::int <= '
		  . SoakSessions::STEADY);
	return;
}

# What the sessions said, into the tables acks and ghosts.
sub collect
{
	my ($node, @files) = @_;
	my (@acks, @ghosts);
	for my $file (@files)
	{
		open(my $lines, '<', $file) or next;
		while (<$lines>)
		{
			next unless /^(ACK|GHOST) (\d+) ([0-9a-f-]{36})$/;
			push @{ $1 eq 'ACK' ? \@acks : \@ghosts }, "$2\t$3";
		}
		close $lines;
		unlink $file;
	}
	$node->sql("COPY acks FROM STDIN;\n" . join('', map { "$_\n" } @acks) . "\\.\n") if @acks;
	$node->sql("COPY ghosts FROM STDIN;\n" . join('', map { "$_\n" } @ghosts) . "\\.\n") if @ghosts;
	return scalar @acks;
}

# True when all holds; says what does not.
sub at_any_time
{
	my ($node, $name) = @_;
	my $good = 1;
	for my $check (@ALWAYS)
	{
		my $found = $node->sql($check->[1]);
		$good &= is($found, '', "$name: $check->[0]");
	}
	return $good;
}

# Everything ends when nobody triggers any more, and every slot is there again.
sub at_rest
{
	my ($node, $name, $places) = @_;
	my $good = $node->await("SELECT NOT EXISTS (SELECT FROM pipeline_runs WHERE status IN ('pending', 'running'))",
		"$name: none stuck");
	$good &= $node->await("SELECT NOT EXISTS (SELECT FROM pipeline_status WHERE id IN (SELECT id FROM steady) AND coalesce(next_due "
		  . "< clock_timestamp() + current_setting('pg_sluice.clock_offset')::interval - interval '10 s', true))",
		"$name: no due time is left behind");
	my $gate = $node->close_gate;
	$node->sql("SELECT trigger_pipeline('gate$_')") for 1 .. $places;
	$good &= $node->await_gated($places, "$name: no slot has leaked");
	$gate->quit;
	$good &= $node->await("SELECT NOT EXISTS (SELECT FROM pipeline_runs WHERE pipeline_name LIKE 'gate%' AND status <> 'success')",
		"$name: and all these runs end");
	return $good;
}

# The tables of every replace: what the last successful run loaded, and that only. The end of a run and its rows
# are one transaction, so the newest end is the row with the greatest xmin.
sub replaced
{
	my ($node, $name) = @_;
	my $query = $node->sql("SELECT string_agg(format('SELECT %L AS table, l.run, (SELECT r.id FROM sluice.pipeline_runs r "
		  . "WHERE r.pipeline_name = %L AND r.status = ''success'' ORDER BY r.xmin::text::bigint DESC LIMIT 1) AS newest, "
		  . "(SELECT r.context->>''n'' FROM sluice.pipeline_runs r WHERE r.pipeline_name = %L AND r.status = ''success'' "
		  . "ORDER BY r.xmin::text::bigint DESC LIMIT 1)::bigint AS newest_n, l.n FROM %I l', relname, "
		  . "'r' || substr(relname, 8), 'r' || substr(relname, 8), relname), ' UNION ALL ') "
		  . "FROM pg_class WHERE relname LIKE 'latest%' AND relkind = 'r'");
	return is($node->sql("SELECT * FROM ($query) t WHERE n IS DISTINCT FROM newest_n OR (run <> 'call' AND run IS DISTINCT FROM newest::text)"),
		'', "$name: a replaced table holds the rows of its last successful run");
}

# What an unlucky session or a killed process says is expected, nothing else.
my %EXPECTED = map { $_ => 1 } qw(22012 55006 42704 42710 55000 SL002 57P01 57P02 57P03 57014 08006 F0001);

sub server_log
{
	my ($node, $name) = @_;
	my (%said, @strange);
	open(my $log, '<', $node->logfile) or die "no log: $!";
	while (<$log>)
	{
		push @strange, $_ if /TRAP:|terminated by signal (?!9\b|15\b)|leak|not closed|could not be (fired|started|marked)/;
		next unless /\] (.*?) (\w{5}) (WARNING|ERROR|FATAL|PANIC):\s+(.*)/;
		my ($who, $state, $level, $message) = ($1, $2, $3, $4);
		$message =~ s/[0-9a-f]{8}-[0-9a-f-]{27}/ID/g;
		$message =~ s/"[^"]*"/"X"/g;
		$message =~ s/\d+/N/g;
		$said{"$level $state $who: $message"}++;
		push @strange, $_ unless $level ne 'PANIC' && ($EXPECTED{$state} || $level eq 'WARNING' && $state !~ /^XX/);
	}
	close $log;
	$#strange = 19 if @strange > 20;
	is(join('', @strange), '', "$name: the server's log holds nothing strange");
	return %said;
}

1;
