# Kills random processes of ours, and now and then the postmaster, while sessions work; then looks whether a run was
# lost, made twice, or is stuck. The seed decides who is killed and what the sessions do.
package Soak;

use strict;
use warnings;
use Test::More;
use Time::HiRes qw(time);
use PostgreSQL::Test::Utils;
use SluiceNode;
use SoakSessions;
use SoakChecks;

use constant PLACES => 8;

# Who is killed how, and how often of a hundred times.
my @TERRORS = (
	[ 24, 'run', 'TERM' ], [ 16, 'run', 'KILL' ], [ 20, 'scheduler', 'TERM' ], [ 10, 'scheduler', 'KILL' ],
	[ 9, 'launcher', 'TERM' ], [ 5, 'launcher', 'KILL' ], [ 6, 'client', 'TERM' ], [ 4, 'client', 'KILL' ],
	[ 6, 'postmaster', 'KILL' ]);

# kills, seconds: whichever comes first; seed, pipelines, sessions, round: kills between two looks.
sub run
{
	my (%with) = @_;
	my $soak = bless { %with, offset => 0, killed => {}, done => 0, acknowledged => 0 }, 'Soak';
	note("seed $with{seed}");
	srand($with{seed});
	$soak->{node} = SluiceNode->create('soak', <<"CONF");
restart_after_crash = on
max_worker_processes = 24
pg_sluice.max_concurrent_runs = @{[PLACES]}
pg_sluice.max_runs_per_owner = @{[PLACES]}
pg_sluice.stop_grace = 2
log_line_prefix = '%m [%p] %b %e '
log_statement = none
log_min_error_statement = panic
log_connections = off
log_disconnections = off
log_checkpoints = off
include_if_exists = 'clock.conf'
CONF
	SoakSessions::build($soak->{node}, $with{pipelines});
	SoakChecks::prepare($soak->{node});
	$soak->{dir} = PostgreSQL::Test::Utils::tempdir();
	my $end = time() + $with{seconds};
	my ($good, $round) = (1, 0);
	while ($good && $soak->{done} < $with{kills} && time() < $end)
	{
		$good = $soak->one_round(++$round, $end);
	}
	my %said = SoakChecks::server_log($soak->{node}, 'in the end');
	$soak->report(\%said);
	$soak->{node}->stop;
	return;
}

sub one_round
{
	my ($soak, $round, $end) = @_;
	my ($node, $dir) = @{$soak}{qw(node dir)};
	unlink "$dir/stop";
	my @sessions = map {
		SoakSessions::start($node, dir => $dir, index => $_, pipelines => $soak->{pipelines},
			seed => $soak->{seed} * 1000 + $round * 20 + $_, first_number => ($round * 100 + $_) * 1_000_000)
	} 0 .. $soak->{sessions} - 1;
	my $until = $soak->{done} + $soak->{round};
	$until = $soak->{kills} if $until > $soak->{kills};
	while ($soak->{done} < $until && time() < $end)
	{
		select(undef, undef, undef, rand() < 0.1 ? 2 * rand() : 0.6 * rand());
		$soak->move_clock if rand() < 0.3;
		$soak->kill_somebody;
	}
	open(my $stop, '>', "$dir/stop") or die "cannot write: $!";
	close $stop;
	waitpid($_, 0) for @sessions;
	my $name = "after $soak->{done} kills";
	ok($node->poll_query_until('postgres', 'SELECT true'), "$name: the server is there");
	$soak->{acknowledged} += SoakChecks::collect($node, map { "$dir/said.$_" } 0 .. $soak->{sessions} - 1);
	my $good = SoakChecks::at_any_time($node, "$name, in the middle");
	$good &= SoakChecks::at_rest($node, $name, PLACES);
	$good &= SoakChecks::at_any_time($node, $name);
	$good &= SoakChecks::replaced($node, $name);
	note(sprintf '%s: %s', $name, $node->sql("SELECT string_agg(status || ' ' || c, ', ' ORDER BY status) FROM "
			  . '(SELECT status, count(*) AS c FROM pipeline_runs GROUP BY 1) s'));
	return $good;
}

# Mostly by a minute, so that much is due; sometimes back.
sub move_clock
{
	my ($soak) = @_;
	$soak->{offset} += rand() < 0.05 ? -int(rand 300) : 60;
	my $file = $soak->{node}->data_dir . '/clock.conf';
	open(my $clock, '>', "$file.new") or die "cannot write $file: $!";
	print $clock "pg_sluice.clock_offset = $soak->{offset}\n";
	close $clock;
	rename("$file.new", $file) or die "cannot rename $file: $!";
	kill 'HUP', $soak->{node}->postmaster_pid;
	return;
}

sub kill_somebody
{
	my ($soak) = @_;
	my $dice = rand 100;
	for my $terror (@TERRORS)
	{
		$dice -= $terror->[0];
		next if $dice >= 0;
		my (undef, $kind, $signal) = @$terror;
		if ($kind eq 'postmaster')
		{
			$soak->{node}->restart_by($signal);
		}
		else
		{
			my @candidates = $soak->{node}->titled($kind eq 'client' ? qr/\[local\]/ : qr/pg_sluice $kind/) or return;
			kill($signal, $candidates[ rand @candidates ]) or return;
		}
		$soak->{killed}{"$kind $signal"}++;
		$soak->{done}++;
		return;
	}
	return;
}

sub report
{
	my ($soak, $said) = @_;
	diag("seed $soak->{seed}: $soak->{done} kills (" . join(', ', map { "$_ $soak->{killed}{$_}" } sort keys %{ $soak->{killed} })
		  . "), $soak->{acknowledged} triggers confirmed, $soak->{pipelines} pipelines, $soak->{sessions} sessions");
	note("log: $said->{$_} x $_") for sort { $said->{$b} <=> $said->{$a} } keys %$said;
	return;
}

1;
