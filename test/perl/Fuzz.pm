# What fuzz tests of whole conversations have in common: what is changed, the attempts, and what must hold after them.
# FUZZ=seed,attempts,first,... plays others than the few of a plain test run.
package Fuzz;

use strict;
use warnings;
use Exporter 'import';
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time);

our @EXPORT_OK = qw(any flipped noise secret_text);

# The seconds that a connection waits for its client after its change: what does not answer by then waits itself.
use constant PATIENCE => 0.015;
use constant SECRET => "Ge%heim's 4711";

sub any { return $_[ int(rand(@_)) ]; }
sub noise { return join('', map { chr int(rand(256)) } 1 .. $_[0]); }

sub flipped
{
	my ($text) = @_;
	substr($text, int(rand(length $text)), 1) = noise(1) for 1 .. (length $text ? any(1, 1, 2, 4, 16) : 0);
	return $text;
}

# With the password that the client was given.
sub secret_text
{
	return 'x' x any(0, 0, 10, 7990 + int(rand(30)), 60000) . any(SECRET, SECRET, unpack('H*', SECRET), "\xff\e[2J" . SECRET, '%s%n%d');
}

sub quoted { return SECRET =~ s/'/''/gr; }
sub settings { return split /,/, $ENV{FUZZ} // '1,150'; }

# What is changed of a connection, decided by seed and number; the first is left as it is. A connection goes on for a
# while after its change.
sub planned
{
	my ($seed, $number) = @_;
	srand($seed * 1000003 + $number);
	return { number => $number, left => rand() < 0.5 ? int(rand(6)) : 1000 };
}

# Of so many messages one, or of so many after the rows have begun: half of the changes are there.
sub aim
{
	my ($plan, $places, $late) = @_;
	return if $plan->{changed};
	$plan->{waits} = rand() < 0.5;
	$plan->{at} = $plan->{number} == 1 ? -1 : int(rand($plan->{waits} ? $late : $places));
	return;
}

# Whether the next message is the one that is changed. Dies where the connection is to end.
sub is_next
{
	my ($plan) = @_;
	die 'gone' if $plan->{changed} && $plan->{left}-- <= 0;
	return 0 if $plan->{waits} || $plan->{at}-- != 0;
	return $plan->{changed} = 1;
}

# Attempts of those kinds (SQL) by turns, in one session: any end will do, but it is one, and soon; the backend lives on,
# does not grow, and nobody is told the password. What psql has shown.
sub attempts
{
	my ($node, $attempts, @kinds) = @_;
	my $logged = -s $node->logfile;
	my $state = q{SELECT 'state', pg_backend_pid(), pg_postmaster_start_time(), substring(pg_read_file('/proc/self/status') FROM 'RssAnon:\s+(\d+)'), (SELECT sum(used_bytes) FROM pg_backend_memory_contexts);};
	my $script = sub { return join('', map { "$kinds[$_ % @kinds];\n\\echo end :SQLSTATE\n" } @_) . "$state\n"; };
	my $began = time;
	my ($code, $out, $err) = $node->psql('postgres', "\\set VERBOSITY verbose\n\\timing on\n" . $script->(1 .. 60) . $script->(61 .. $attempts), on_error_stop => 0, timeout => 3600);
	my $seconds = time - $began;
	my %ends;
	++$ends{$_} for $out =~ /^end (\S+)$/mg;
	my ($before, $after) = map { [ split /\|/, $_ ] } $out =~ /^state\|(.*)$/mg;
	is(scalar(() = $out =~ /^end /mg), $attempts, 'each attempt ends');
	is("@$after[0, 1]", "@$before[0, 1]", 'in one backend of one server');
	cmp_ok($ends{'00000'} // 0, '>', 0, 'some succeed');
	cmp_ok(scalar keys %ends, '>', 2, 'others end in several ways');
	my ($longest) = sort { $b <=> $a } $out =~ /^Time: ([\d.]+) ms/mg;
	cmp_ok($longest, '<', 20000, 'none takes long');
	cmp_ok($after->[2] - $before->[2], '<', 16384, 'the memory of the backend does not grow');
	# Each new file and name of a table leaves something in the server's caches.
	cmp_ok($after->[3] - $before->[3], '<', (1 << 20) + 200 * $attempts, 'nor what is in use of it');
	my $log = slurp_file($node->logfile, $logged);
	my $known = join '|', map { quotemeta } SECRET, quoted(), unpack('H*', SECRET);
	unlike("$out$err", qr/$known/, 'nobody is told the password');
	unlike($log, qr/$known/, 'the log is not');
	unlike($log, qr/terminated by signal|PANIC|TRAP/, 'no process died');
	my $tables = $node->sql(q{SELECT string_agg(format('SELECT %L, t::text FROM %s t', oid::regclass, oid::regclass), ' UNION ALL ') FROM pg_class
		WHERE relkind = 'r' AND relnamespace::regnamespace::text IN ('public', 'sluice') AND relname !~ '^kept'});
	unlike($node->sql($tables), qr/$known/, 'no table of ours is');
	note(sprintf '%d attempts in %.1f s, the longest %.0f ms; private memory %d to %d kB, %d to %d bytes in use', $attempts, $seconds, $longest, @$before[2], @$after[2], @$before[3], @$after[3]);
	note(join ' ', map { "$_ $ends{$_}" } sort keys %ends);
	my %errors;
	++$errors{ s/\d+/N/gr =~ s/^(.{90}).*/$1/sr } for $err =~ /ERROR:  (.*)$/mg;
	note(join "\n", map { "$errors{$_} $_" } sort { $errors{$b} <=> $errors{$a} } keys %errors);
	return $out;
}

1;
