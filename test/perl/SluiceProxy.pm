# Stands between a client and a server of a TAP test, and changes or withholds what the server says.
package SluiceProxy;

use strict;
use warnings;
use IO::Select;
use IO::Socket::INET;

# edit: gets what the server sent, returns what the client is to get; undef ends the connection, '' withholds it.
sub new
{
	my ($class, $port, $edit) = @_;
	my $listener = IO::Socket::INET->new(Listen => 10, LocalAddr => '127.0.0.1') or die "proxy: $!";
	my $self = bless { port => $listener->sockport, owner => $$ }, $class;
	$self->{pid} = fork // die "fork: $!";
	return $self if $self->{pid};
	local $SIG{CHLD} = 'IGNORE';
	while (my $client = $listener->accept)
	{
		next if fork;
		relay($client, IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port), $edit);
		leave();
	}
	leave();
}

# Without what a test does at its end.
sub leave { require POSIX; POSIX::_exit(0); }

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
			while (length $data)
			{
				my $written = syswrite $to, $data;
				return unless $written;
				substr($data, 0, $written) = '';
			}
		}
	}
	return;
}

sub port { return $_[0]->{port}; }

sub stop
{
	my ($self) = @_;
	return unless $self->{pid} && $self->{owner} == $$;
	# Not TERM: the test's handler would run in the child, and stop the test's server at its end.
	kill 'KILL', $self->{pid};
	waitpid $self->{pid}, 0;
	delete $self->{pid};
	return;
}

sub DESTROY
{
	my ($self) = @_;
	local ($?, $@, $!);
	$self->stop;
	return;
}

1;
