# A proxy in front of a PostgreSQL server that changes the rows of COPY on their way, or falls silent: what a hostile or
# broken source would send. One child process, ended by its object.
package LyingProxy;

use strict;
use warnings;
use ForkingServer;
use IO::Select;
use IO::Socket::INET;

our @ISA = ('ForkingServer');

# port of the server. lie: called with each CopyData payload and its number (0: the header); gives the payloads to send
# in its place, or undef to hang up, or \'silent' to say nothing more.
sub start
{
	my ($class, $port, $lie) = @_;
	return $class->listening(sub { my ($client) = @_; serve($client, $port, $lie); });
}

sub serve
{
	my ($client, $port, $lie) = @_;
	my $startup;
	for (;;)
	{
		my $length = ForkingServer::read_exactly($client, 4);
		$startup = $length . ForkingServer::read_exactly($client, unpack('N', $length) - 4);
		# Requests for encryption are refused; anything else is a startup or a cancel.
		my $code = unpack('N', substr($startup, 4, 4));
		last if $code != 80877103 && $code != 80877104;
		ForkingServer::write_all($client, 'N');
	}
	my $server = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port, Proto => 'tcp') or die $!;
	ForkingServer::write_all($server, $startup);
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
				ForkingServer::write_all($server, $data);
				next;
			}
			my $type = ForkingServer::read_exactly($server, 1);
			my $length = ForkingServer::read_exactly($server, 4);
			my $body = ForkingServer::read_exactly($server, unpack('N', $length) - 4);
			if ($type ne 'd')
			{
				ForkingServer::write_all($client, $type . $length . $body) unless $silent;
				next;
			}
			my @told = $lie->($body, $number++);
			next if $silent;
			return if @told && !defined $told[0];
			if (@told && ref $told[0])
			{
				# The start of a message that never comes to its end.
				ForkingServer::write_all($client, 'd' . pack('N', 1000) . 'abc');
				$silent = 1;
				next;
			}
			ForkingServer::write_all($client, 'd' . pack('N', 4 + length $_) . $_) for @told;
		}
	}
	return;
}

1;
