# A proxy in front of a PostgreSQL server that changes the rows of COPY on their way, or falls silent: what a hostile or
# broken source would send. One child process, ended by its object.
package LyingProxy;

use strict;
use warnings;
use IO::Select;
use IO::Socket::INET;
use POSIX ();

# port of the server. lie: called with each CopyData payload and its number (0: the header); gives the payloads to send
# in its place, or undef to hang up, or \'silent' to say nothing more.
sub start
{
	my ($class, $port, $lie) = @_;
	my $listener = IO::Socket::INET->new(Listen => 16, LocalAddr => '127.0.0.1', Proto => 'tcp') or die $!;
	my $self = bless { port => $listener->sockport }, $class;
	my $pid = fork;
	die $! unless defined $pid;
	if ($pid == 0)
	{
		$SIG{CHLD} = 'IGNORE';
		# The parent may die without a word: then nobody comes any more.
		while (getppid != 1)
		{
			next unless IO::Select->new($listener)->can_read(1);
			my $client = $listener->accept or next;
			next if fork;
			eval { serve($client, $port, $lie) };
			POSIX::_exit(0);
		}
		POSIX::_exit(0);
	}
	$self->{pid} = $pid;
	return $self;
}

sub port { return $_[0]->{port}; }

sub stop
{
	my ($self) = @_;
	kill 'KILL', $self->{pid};
	waitpid $self->{pid}, 0;
	return;
}

sub read_exactly
{
	my ($socket, $length) = @_;
	my $data = '';
	while (length $data < $length)
	{
		sysread($socket, $data, $length - length $data, length $data) or die 'gone';
	}
	return $data;
}

sub send_all
{
	my ($socket, $data) = @_;
	while (length $data)
	{
		my $sent = syswrite($socket, $data) or die 'gone';
		substr($data, 0, $sent) = '';
	}
	return;
}

sub serve
{
	my ($client, $port, $lie) = @_;
	local $SIG{PIPE} = 'IGNORE';
	my $startup;
	for (;;)
	{
		my $length = read_exactly($client, 4);
		$startup = $length . read_exactly($client, unpack('N', $length) - 4);
		# Requests for encryption are refused; anything else is a startup or a cancel.
		my $code = unpack('N', substr($startup, 4, 4));
		last if $code != 80877103 && $code != 80877104;
		send_all($client, 'N');
	}
	my $server = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port, Proto => 'tcp') or die $!;
	send_all($server, $startup);
	my $select = IO::Select->new($client, $server);
	my $number = 0;
	my $silent = 0;
	for (;;)
	{
		for my $ready ($select->can_read)
		{
			if ($ready == $client)
			{
				sysread($client, my $data, 65536) or return;
				send_all($server, $data);
				next;
			}
			my $type = read_exactly($server, 1);
			my $length = read_exactly($server, 4);
			my $body = read_exactly($server, unpack('N', $length) - 4);
			if ($type ne 'd')
			{
				send_all($client, $type . $length . $body) unless $silent;
				next;
			}
			my @told = $lie->($body, $number++);
			next if $silent;
			return if @told && !defined $told[0];
			if (@told && ref $told[0])
			{
				# The start of a message that never comes to its end.
				send_all($client, 'd' . pack('N', 1000) . 'abc');
				$silent = 1;
				next;
			}
			send_all($client, 'd' . pack('N', 4 + length $_) . $_) for @told;
		}
	}
	return;
}

1;
