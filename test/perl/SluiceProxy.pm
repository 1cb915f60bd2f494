# Stands between a client and a server of a TAP test, and changes or withholds what the server says.
package SluiceProxy;

use strict;
use warnings;
use ForkingServer;
use IO::Select;
use IO::Socket::INET;

our @ISA = ('ForkingServer');

# edit: gets what the server sent, returns what the client is to get; undef ends the connection, '' withholds it.
sub new
{
	my ($class, $port, $edit) = @_;
	return $class->listening(sub { my ($client) = @_; relay($client, IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port), $edit); });
}

sub relay
{
	my ($client, $server, $edit) = @_;
	my $select = IO::Select->new($client, $server);
	while (my @ready = $select->can_read)
	{
		for my $from (@ready)
		{
			my $count = sysread $from, my $data, 65536;
			return unless $count;
			$data = $edit->($data) if $from == $server;
			return unless defined $data;
			my $to = $from == $server ? $client : $server;
			ForkingServer::write_all($to, $data);
		}
	}
	return;
}

1;
