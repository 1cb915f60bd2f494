# Many random histories of loads beside each other, on one server with pg_sluice and a MariaDB; each place has another
# PostgreSQL to itself, which it may crash. In the long form the server with pg_sluice crashes now and then. A history that
# fails is told with its seed and its steps.
package LoadSoak;

use strict;
use warnings;
use File::Temp qw(tempdir);
use HistoryRuns;
use LoadHistory;
use POSIX ();
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use SluiceMariaDB;
use SluiceNode;
use SqlPipe;
use Test::More;
use Time::HiRes qw(time);

# histories, seed (of the first one; the next has the next number), steps (runs of each, up to), places (how many at once),
# crashes (seconds between them; 0: none), mode (a pattern of names; all, unless given).
sub run
{
	my (%with) = @_;
	my $soak = bless {%with}, 'LoadSoak';
	note("seed $with{seed}");
	$soak->start;
	my $started = time();
	my @pids = map { $soak->start_place($_) } 1 .. $with{places};
	$with{crashes} ? $soak->crash_until_done(@pids) : map { waitpid($_, 0) } @pids;
	my %sum = (histories => 0, runs => 0, successes => 0, unsuccessful => 0);
	my @failures;
	for my $place (1 .. $with{places})
	{
		my $lines = slurp_file("$soak->{dir}/said.$place");
		$sum{$1} += $2 while $lines =~ /^sum (\w+) (\d+)$/mg;
		push @failures, $1 while $lines =~ /^FAILED (.*?)^END$/msg;
	}
	diag($_) for @failures;
	is(scalar @failures, 0, 'each destination is what plain SQL says');
	is($sum{histories}, $with{histories}, 'all histories came to their end');
	my @strange = grep { /TRAP:|terminated by signal (?!9\b|15\b)|PANIC:|\bXX\w{3}\b|leak/ } split /^/m, slurp_file($soak->{near}->logfile);
	is(join('', @strange[ 0 .. ($#strange > 19 ? 19 : $#strange) ]), '', "the server's log holds nothing strange");
	diag(sprintf 'seed %d: %d histories, %d runs (%d loaded, %d killed or to fail), %d crashes, %d s', $with{seed}, $sum{histories}, $sum{runs}, $sum{successes}, $sum{unsuccessful}, $soak->{crashed} // 0, time() - $started);
	diag('met: ' . join ', ', map { tr/_/ /r . " $sum{\"met_$_\"} times" } map { /^met_(.*)/ } sort keys %sum);
	$soak->{near}->stop;
	return;
}

my $PASS = q{CREATE FUNCTION pass() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN coalesce(new, old); END'};
# Once a transaction.
my $PAUSE = <<'SQL';
CREATE FUNCTION pause() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
	IF coalesce(current_setting('soak.paused', true), '') = '' THEN
		PERFORM set_config('soak.paused', 'yes', true), pg_sleep(0.1 * random());
	END IF;
	RETURN NULL;
END $$
SQL

sub start
{
	my ($soak) = @_;
	# The servers write files there for each other.
	$soak->{dir} = tempdir('sluice_historiesXXXX', TMPDIR => 1, CLEANUP => 1);
	my $has_maria = !system('which mariadb >/dev/null 2>&1');
	$soak->{maria} = SluiceMariaDB->new if $has_maria;
	my $near = $soak->{near} = SluiceNode->create('near', <<'CONF');
restart_after_crash = on
max_worker_processes = 24
pg_sluice.max_concurrent_runs = 12
pg_sluice.max_runs_per_owner = 12
pg_sluice.source_failures = 1000000
log_statement = none
log_min_error_statement = panic
log_checkpoints = off
log_line_prefix = '%m [%p] %b %e '
CONF
	my $types = q{CREATE EXTENSION citext; CREATE TYPE mood AS ENUM ('sad', 'glad')};
	# mysql_fdw need not be there: a wrapper of its name describes servers.
	$near->sql("$types; CREATE EXTENSION postgres_fdw; CREATE FOREIGN DATA WRAPPER mysql_fdw; $PASS");
	$soak->{maria}->sql('CREATE DATABASE hist CHARACTER SET utf8mb4') if $has_maria;
	for my $place (1 .. $soak->{places})
	{
		my $far = $soak->{far}[$place] = PostgreSQL::Test::Cluster->new("far_$place");
		bless $far, 'SluiceNode';
		$far->init;
		$far->append_conf('postgresql.conf', "fsync = off\nautovacuum = off\nmax_connections = 50\nmax_prepared_transactions = 5\nrestart_after_crash = on");
		$far->start;
		# The reader's and the writer's connections are told apart by their users.
		$far->safe_psql('postgres', "$types; CREATE SCHEMA src; $PASS; $PAUSE; CREATE ROLE reader LOGIN SUPERUSER; CREATE ROLE writer LOGIN SUPERUSER");
		my $there = "FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '" . $far->host . "', port '" . $far->port . "', dbname 'postgres')";
		$near->sql("CREATE SERVER far_$place $there; CREATE USER MAPPING FOR CURRENT_USER SERVER far_$place OPTIONS (user 'reader');
			CREATE SERVER there_$place $there; CREATE USER MAPPING FOR CURRENT_USER SERVER there_$place OPTIONS (user 'writer')");
		next if !$has_maria;
		my $maria_port = $soak->{maria}->port;
		$soak->{maria}->sql("CREATE USER reader_$place\@'127.0.0.1' IDENTIFIED BY 'secret'; GRANT SELECT ON hist.* TO reader_$place\@'127.0.0.1'");
		$near->sql("CREATE SERVER maria_$place FOREIGN DATA WRAPPER mysql_fdw OPTIONS (host '127.0.0.1', port '$maria_port');
			CREATE USER MAPPING FOR CURRENT_USER SERVER maria_$place OPTIONS (username 'reader_$place', password 'secret')");
	}
	return;
}

# A process that makes each so manieth history, and leaves what it found in a file.
sub start_place
{
	my ($soak, $place) = @_;
	my $process = fork // die "cannot fork: $!";
	return $process if $process;
	open(my $said, '>', "$soak->{dir}/said.$place") or POSIX::_exit(1);
	binmode($said, ':encoding(UTF-8)');
	$said->autoflush(1);
	eval { $soak->make_histories($place, $said); 1 } or print $said "FAILED place $place: $@\nEND\n";
	POSIX::_exit(0);
}

sub make_histories
{
	my ($soak, $place, $said) = @_;
	my $world = { place => $place, dir => $soak->{dir}, mode => $soak->{mode}, connect => sub { SqlPipe->psql($soak->{near}) }, far => SqlPipe->psql($soak->{far}[$place]), far_node => $soak->{far}[$place], crashes => $soak->{crashes}, maria_node => $soak->{maria} };
	$world->{maria} = SqlPipe->mariadb($soak->{maria}) if $soak->{maria};
	for (my $seed = $soak->{seed} + $place - 1; $seed < $soak->{seed} + $soak->{histories}; $seed += $soak->{places})
	{
		my $history = LoadHistory->new($world, $seed);
		my $good = eval { HistoryRuns::live($history, 2 + int(rand($soak->{steps} - 1))); 1 };
		print $said "FAILED history with seed $seed: $@" . join("\n", map { '    ' . substr($_, 0, 2000) } @{ $history->{told} }) . "\nEND\n" if !$good;
		# What it left open is gone with the session.
		delete $world->{late_writer} if !$good;
		print $said "sum met_" . tr/ /_/r . " $history->{met}{$_}\n" for keys %{ $history->{met} };
		print $said "sum histories 1\nsum runs $history->{runs}\nsum successes $history->{successes}\nsum unsuccessful $history->{killed}\n";
	}
	return;
}

# Kills the worker of some run so that all sessions go with it, or the server itself, which is started again.
sub crash_until_done
{
	my ($soak, @pids) = @_;
	my %there = map { $_ => 1 } @pids;
	my $next = time() + rand(2 * $soak->{crashes});
	while (%there)
	{
		delete @there{ grep { waitpid($_, POSIX::WNOHANG()) != 0 } keys %there };
		select(undef, undef, undef, 0.02 * rand);
		next if time() < $next;
		if (rand() < 0.25)
		{
			$soak->{near}->restart_by(rand() < 0.5 ? 'KILL' : 'QUIT');
		}
		else
		{
			my @runs = $soak->{near}->titled(qr/pg_sluice run/) or next;
			kill 'KILL', $runs[ rand @runs ];
		}
		$soak->{crashed}++;
		$next = time() + rand(2 * $soak->{crashes});
	}
	return;
}

1;
