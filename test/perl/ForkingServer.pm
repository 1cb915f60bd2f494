# What the servers that tests play have in common: a process that listens on a free port, and one more for each
# connection. All of them end with their object.
package ForkingServer;

use strict;
use warnings;
use IO::Select;
use IO::Socket::INET;
use POSIX ();
use PostgreSQL::Test::Utils ();
use Socket qw(IPPROTO_TCP SOL_SOCKET SO_LINGER TCP_NODELAY);

# serve: called with each connection's socket and number, from 1 on, in a process of its own.
sub listening
{
	my ($class, $serve) = @_;
	my $listener = IO::Socket::INET->new(Listen => 64, LocalAddr => '127.0.0.1', Proto => 'tcp') or die "listen: $!";
	my $self = bless { port => $listener->sockport, owner => $$ }, $class;
	$self->{pid} = fork // die "fork: $!";
	if ($self->{pid})
	{
		POSIX::setpgid($self->{pid}, $self->{pid});
		return $self;
	}
	POSIX::setpgid(0, 0);
	local $SIG{CHLD} = 'IGNORE';
	local $SIG{PIPE} = 'IGNORE';
	# The test may end without a word: then nobody comes any more.
	for (my $number = 1; getppid == $self->{owner};)
	{
		next unless IO::Select->new($listener)->can_read(1);
		my $client = $listener->accept or next;
		if (!fork)
		{
			close $listener;
			# What comes in pieces would wait for the client's acknowledgement of each.
			setsockopt($client, IPPROTO_TCP, TCP_NODELAY, 1);
			# Whatever happens, it is over after a while.
			alarm 120;
			eval { $serve->($client, $number) };
			POSIX::_exit(0);
		}
		# Else it would stay open when its process is gone.
		close $client;
		++$number;
	}
	POSIX::_exit(0);
}

sub port { return $_[0]->{port}; }

# Not by TERM: the test's handler would run in the child, and stop the test's servers.
sub stop
{
	my ($self) = @_;
	return unless $self->{pid} && $self->{owner} == $$;
	kill 'KILL', -$self->{pid};
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

# patience: the seconds that are waited for each part; undef is for ever.
sub read_exactly
{
	my ($socket, $length, $patience) = @_;
	my $data = '';
	while (length $data < $length)
	{
		my $waits = $patience && !($socket->can('pending') && $socket->pending);
		die 'gone' if $waits && !IO::Select->new($socket)->can_read($patience);
		sysread($socket, $data, $length - length $data, length $data) or die 'gone';
	}
	return $data;
}

sub write_all
{
	my ($socket, $data) = @_;
	while (length $data)
	{
		my $sent = syswrite($socket, $data) or die 'gone';
		substr($data, 0, $sent) = '';
	}
	return;
}

# Hangs up as a host does that knows nothing of the connection.
sub reset_socket
{
	my ($socket) = @_;
	setsockopt($socket, SOL_SOCKET, SO_LINGER, pack('ii', 1, 0));
	close $socket;
	POSIX::_exit(0);
}

# Files key and cert for TLS, rsa and public for what is encrypted with a public key, in a folder of their own; undef where
# openssl makes none.
sub make_keys
{
	my $dir = PostgreSQL::Test::Utils::tempdir();
	my $made = system("openssl genrsa -out $dir/rsa 2048 2>/dev/null && openssl rsa -in $dir/rsa -pubout -out $dir/public 2>/dev/null"
		  . " && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=localhost -keyout $dir/key -out $dir/cert 2>/dev/null");
	return $made == 0 ? $dir : undef;
}

sub can_tls { return eval { require IO::Socket::SSL; 1 }; }

# From here on what is read and written goes through TLS.
sub start_tls
{
	my ($socket, $keys) = @_;
	IO::Socket::SSL->start_SSL($socket, SSL_server => 1, SSL_cert_file => "$keys/cert", SSL_key_file => "$keys/key", Timeout => 5) or die 'gone';
	return;
}

1;
