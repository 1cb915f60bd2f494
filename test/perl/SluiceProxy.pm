# Stands between a client and a server of a TAP test, and changes or withholds what the server says.
package SluiceProxy;

use strict;
use warnings;
use ForkingServer;
use IO::Select;
use IO::Socket::INET;

our @ISA = ('ForkingServer');

# edit: gets what the server sent, returns what the client is to get; '' withholds it. undef ends the connection, and so does
# a true second value, after the first.
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
			my $over;
			($data, $over) = $edit->($data) if $from == $server;
			return unless defined $data;
			my $to = $from == $server ? $client : $server;
			ForkingServer::write_all($to, $data);
			return if $over;
		}
	}
	return;
}

# An edit that changes the rows of COPY of a PostgreSQL without TLS on their way: what a hostile or broken source would send.
# lie: called with each CopyData payload and its number (0: the header); gives the payloads to send in its place, or undef to
# hang up, or \'silent' to say nothing more.
sub lying
{
	my ($lie) = @_;
	my ($heard, $number, $greeted, $silent) = ('', 0, 0, 0);
	return sub {
		$heard .= $_[0];
		# Requests for encryption are refused by a letter that is no message.
		if (!$greeted && $heard eq 'N')
		{
			$heard = '';
			return 'N';
		}
		my $told = '';
		while (length $heard >= 5 && length $heard > unpack('x N', $heard))
		{
			$greeted = 1;
			my $message = substr($heard, 0, 1 + unpack('x N', $heard), '');
			if ($message !~ /^d/)
			{
				$told .= $message unless $silent;
				next;
			}
			my @told = $lie->(substr($message, 5), $number++);
			next if $silent;
			return ($told, 1) if @told && !defined $told[0];
			if (@told && ref $told[0])
			{
				# The start of a message that never comes to its end.
				$told .= 'd' . pack('N', 1000) . 'abc';
				$silent = 1;
				next;
			}
			$told .= 'd' . pack('N', 4 + length $_) . $_ for @told;
		}
		return $told;
	};
}

1;
