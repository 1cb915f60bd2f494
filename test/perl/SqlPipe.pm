# A client that stays connected: psql or mariadb behind a pipe. It can be sent something and be asked for the answer later.
package SqlPipe;

use strict;
use warnings;
use IO::Handle;
use IO::Select;
use IPC::Open3;
use Time::HiRes qw(time);

use constant PATIENCE => 180;

# lost: what dies when the client is gone, as when its server crashed. Whoever can go on looks for it.
use constant LOST => "the connection is lost\n";

sub psql
{
	my ($class, $node, %options) = @_;
	my $name = $options{name} // 'history';
	local $ENV{PGAPPNAME} = $name;
	my $self = $class->start('\echo', qw(psql -X -q -A -t -d), $node->connstr($options{db} // 'postgres'), '-f', '-');
	$self->query("\\set VERBOSITY verbose\nSET client_min_messages = error; SET timezone = 'UTC'; SET extra_float_digits = 1");
	return $self;
}

sub mariadb
{
	my ($class, $maria) = @_;
	my $self = $class->start('SELECT', qw(mariadb --no-defaults -u root -N -B -n --force --default-character-set=utf8mb4), "--socket=$maria->{socket}");
	$self->query(q{SET time_zone = '+00:00'});
	return $self;
}

sub start
{
	my ($class, $echo, @command) = @_;
	my ($in, $out);
	# What it prints to stderr comes in between, where it belongs.
	my $pid = open3($in, $out, undef, @command);
	binmode($_, ':raw') for $in, $out;
	$in->autoflush(1);
	return bless { in => $in, out => $out, pid => $pid, echo => $echo, read => '', marks => 0, waiting => [] }, $class;
}

sub send
{
	my ($self, $sql) = @_;
	local $SIG{PIPE} = 'IGNORE';
	my $mark = 'mark ' . ++$self->{marks};
	$sql =~ s/[;\s]*\z//;
	utf8::encode($sql) if utf8::is_utf8($sql);
	$self->{in}->print("$sql;\n$self->{echo} '$mark'" . ($self->{echo} eq 'SELECT' ? ";\n" : "\n")) or die LOST;
	push @{ $self->{waiting} }, $mark;
	return;
}

# The answer to the oldest that was sent: output and errors as they came.
sub receive
{
	my ($self) = @_;
	my $mark = shift @{ $self->{waiting} };
	my $ready = IO::Select->new($self->{out});
	my $end = time() + PATIENCE;
	my $answer;
	while (!defined $answer)
	{
		if ($self->{read} =~ s/\A(.*?)^\Q$mark\E\n//ms)
		{
			$answer = $1;
			last;
		}
		$ready->can_read($end - time()) or die "no answer within @{[PATIENCE]} seconds; so far: $self->{read}\n";
		sysread($self->{out}, $self->{read}, 65536, length $self->{read}) or die LOST;
	}
	chomp $answer;
	return $answer;
}

# Output; dies of an error.
sub query
{
	my ($self, $sql) = @_;
	my $answer = $self->try($sql);
	die "$answer\nof: " . substr($sql, 0, 4000) . "\n" if $answer =~ /^psql:\S+ (?:ERROR|FATAL):|^ERROR \d+ \(/m;
	return $answer;
}

sub try
{
	my ($self, $sql) = @_;
	$self->send($sql);
	return $self->receive;
}

# Connected anew, in place of a session that is gone; whoever holds it goes on with it.
sub become
{
	my ($self, $other) = @_;
	my %old = %$self;
	%$self = %$other;
	%$other = ();
	bless \%old, ref $self;
	return;
}

sub DESTROY
{
	my ($self) = @_;
	return if !$self->{in};
	local ($?, $@, $!, $SIG{PIPE});
	$SIG{PIPE} = 'IGNORE';
	close $self->{in};
	close $self->{out};
	waitpid($self->{pid}, 0);
	return;
}

1;
