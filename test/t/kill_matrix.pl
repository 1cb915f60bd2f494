# Each process of ours dies at each phase of a run; each run loads a row with the number of its trigger. Afterwards
# every trigger's run has ended, with its rows exactly once, or with none: whichever is right for that death.
# (Death while rows are loaded: run_crash.pl.)
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../perl";
use SluiceNode;
use Test::More;

# No standby answers; only one role waits for it.
my $node = SluiceNode->create('matrix', "restart_after_crash = on\npg_sluice.stop_grace = 2\npg_sluice.max_concurrent_runs = 2\npg_sluice.max_runs_per_owner = 2\n"
	  . "log_statement = none\nsynchronous_standby_names = 'nobody'\nsynchronous_commit = local", init => { allows_streaming => 1 });
my $number = "(run_context()->>'n')::bigint AS i";
my $gate_key = SluiceNode::GATE;
$node->pipeline('warm', 'SELECT -1::bigint AS i', undef, destination => 'warm');
$node->pipeline('plain', "SELECT $number", undef, destination => 'loaded');
$node->pipeline("occupy$_", "SELECT $number FROM (SELECT pg_advisory_xact_lock_shared($gate_key)) g", undef, destination => 'loaded')
  for 1, 2;
$node->sql(<<"SQL");
CREATE TABLE checked (i bigint);
CREATE FUNCTION pass_gate() RETURNS trigger LANGUAGE plpgsql AS
	'BEGIN PERFORM pg_advisory_xact_lock_shared($gate_key); RETURN NULL; END';
CREATE CONSTRAINT TRIGGER pass_gate AFTER INSERT ON checked DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION pass_gate();
SQL
$node->pipeline('finishing', "SELECT $number", undef, destination => 'checked');
$node->sql(<<"SQL");
CREATE ROLE committer LOGIN;
ALTER ROLE committer SET synchronous_commit = on;
SELECT allow_pipelines('committer');
GRANT INSERT ON loaded TO committer;
SET SESSION AUTHORIZATION committer;
SELECT create_pipeline('committed', source_query => \$\$SELECT $number\$\$, destination_table => 'loaded', load => 'append');
SQL
$node->sql('CREATE VIEW effects AS SELECT i AS n FROM loaded UNION ALL SELECT i FROM checked');

my $last = 0;
my $stopped;     # the postmaster, by SIGSTOP
my %triggers;    # of this cell: number to run

sub trigger
{
	my ($pipeline, $session) = @_;
	my $n = ++$last;
	my $sql = "SELECT trigger_pipeline('$pipeline', '{\"n\": $n}')";
	$triggers{$n} = $session ? $session->query_safe($sql) : $node->sql($sql);
	return $n;
}

# Polls without a new connection.
sub poll
{
	my ($what) = @_;
	for (1 .. 20 * $PostgreSQL::Test::Utils::timeout_default)
	{
		return 1 if $what->();
		select(undef, undef, undef, 0.05);
	}
	return 0;
}

# Each brings a run into its phase and returns its number and what lets it go on. The number's run must end well,
# whoever dies ('always'); or unless it was itself killed or the server crashed.
my %PHASES = (
	pending => sub {
		my $gate = $node->close_gate;
		my @occupied = map { trigger("occupy$_") } 1, 2;
		$node->await_gated(2, 'pending: all places are taken');
		return (trigger('plain'), 'always', sub { eval { $gate->quit } });
	},
	# The postmaster starts nobody: the slot is given, the worker registered, or about to be.
	launching => sub {
		my $session = $node->background_psql('postgres');
		my ($postmaster) = $node->postmaster_pid;
		kill 'STOP', $postmaster;
		$stopped = $postmaster;
		my $n = trigger('plain', $session);
		# The scheduler has looked, when its wait has begun anew.
		$session->query_safe("SELECT pg_sleep(0.05)");
		poll(sub { $session->query_safe("SELECT wait_event FROM pg_stat_activity WHERE backend_type = 'pg_sluice scheduler'")
			  =~ /Extension|PgSluiceSchedulerMain/ });
		return ($n, 'always', sub {
			kill 'CONT', $stopped;
			$stopped = undef;
			eval { $session->quit };
		});
	},
	# The worker has its slot and hangs on the way into its session.
	connecting => sub {
		my $session = $node->background_psql('postgres');
		$session->query_safe('BEGIN; LOCK pg_db_role_setting IN ACCESS EXCLUSIVE MODE');
		my $other = $node->{other};
		my $n = trigger('plain', $other);
		ok(poll(sub { $session->query_safe("SELECT count(*) FROM pg_locks WHERE relation = 'pg_db_role_setting'::regclass AND NOT granted") > 0 }),
			'connecting: a worker is on its way');
		return ($n, 'unless the worker was terminated', sub { eval { $session->quit } });
	},
	finishing => sub {
		my $gate = $node->close_gate;
		my $n = trigger('finishing');
		$node->await_gated(1, 'finishing: the rows are loaded');
		# A crash may undo that the run has started, because that commit is not waited for, and then it is made again.
		# With this one it is on disk.
		$node->sql('INSERT INTO warm VALUES (0)');
		return ($n, 'unless it was killed', sub { eval { $gate->quit } });
	},
	# Written to the WAL, and the worker waits for a standby that never comes.
	committed => sub {
		my $n = trigger('committed');
		my $waiting = "FROM pg_stat_activity WHERE backend_type = 'pg_sluice run' AND wait_event = 'SyncRep'";
		$node->await("SELECT count(*) = 1 $waiting", 'committed: the worker waits after its commit');
		# Cancelled, it takes the commit as it is.
		return ($n, 'always', sub { $node->psql('postgres', "SELECT pg_cancel_backend(pid) $waiting") });
	});

sub cell
{
	my ($phase, $victim, $signal) = @_;
	my $name = "$phase, $signal of the $victim";
	%triggers = ();
	# A scheduler is there, with nothing to do.
	my $warm = $node->sql("SELECT trigger_pipeline('warm')");
	is($node->sql("SELECT wait_for_run('$warm', '180 s')"), 'success', "$name: runs are made");
	# Who was terminated in the cell before takes some seconds to come back.
	ok(poll(sub { $node->titled(qr/pg_sluice launcher/) && $node->titled(qr/pg_sluice scheduler/) }), "$name: all are there");
	$node->{other} = $node->background_psql('postgres');
	my ($n, $good, $release) = $PHASES{$phase}->();
	if ($victim eq 'postmaster')
	{
		$node->restart_by($signal);
	}
	else
	{
		my ($pid) = $node->titled(qr/pg_sluice $victim/);
		my @all = $signal eq 'KILL' && !$stopped ? $node->titled(qr/pg_sluice/) : ($pid);
		ok($pid && kill($signal, $pid), "$name: it was there");
		# A crash takes all with it, before the run may go on.
		ok(poll(sub { !grep { !is_gone($_) } @all }), "$name: it is gone");
	}
	$release->();
	eval { $node->{other}->quit };
	ok($node->poll_query_until('postgres', 'SELECT true'), "$name: the server is there");
	$node->await("SELECT NOT EXISTS (SELECT FROM pipeline_runs WHERE status IN ('pending', 'running'))", "$name: no run is stuck");
	my $crash = $signal eq 'KILL' || $victim eq 'postmaster';
	my $status = $good eq 'always' || (!$crash && $victim ne 'run') || ($phase eq 'connecting' && $signal eq 'KILL') ? 'success' : 'failed';
	# A fast stop may end the worker before the scheduler, or the other way round.
	$status = 'success|failed' if $phase eq 'connecting' && $victim eq 'postmaster' && $signal eq 'INT';
	like($node->sql("SELECT status FROM pipeline_runs WHERE id = '$triggers{$n}'"), qr/^(?:$status)$/, "$name: $status");
	for my $m (sort { $a <=> $b } keys %triggers)
	{
		is($node->sql("SELECT CASE status WHEN 'success' THEN 1 WHEN 'failed' THEN 0 END - (SELECT count(*) FROM effects WHERE n = $m) "
				. "FROM pipeline_runs WHERE id = '$triggers{$m}'"), '0', "$name: trigger $m has its row once, or failed without one");
	}
	return;
}

# Or waits for a postmaster that is stopped.
sub is_gone
{
	my ($pid) = @_;
	open(my $file, '<', "/proc/$pid/stat") or return 1;
	my $line = <$file> // ') Z';
	close $file;
	return $line =~ /\) Z/;
}

# A test that dies must not leave it so.
END { kill 'CONT', $stopped if $stopped; }

my @OTHERS = ([ 'launcher', 'TERM' ], [ 'launcher', 'KILL' ], [ 'scheduler', 'TERM' ], [ 'scheduler', 'KILL' ],
	[ 'postmaster', 'INT' ], [ 'postmaster', 'KILL' ]);
my @ALL = (@OTHERS, [ 'run', 'TERM' ], [ 'run', 'KILL' ]);
for my $phase (qw(pending launching connecting finishing committed))
{
	cell($phase, @$_) for $phase =~ /pending|launching/ ? @OTHERS : @ALL;
}

$node->stop;
done_testing();
