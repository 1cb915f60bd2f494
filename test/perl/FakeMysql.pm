# A MySQL server that lies or falls silent: greets, lets everybody in, and answers as a test says. A child process, ended
# by its object; one grandchild per connection.
package FakeMysql;

use strict;
use warnings;
use Digest::SHA qw(sha1);
use IO::Socket::INET;
use POSIX ();
use Socket qw(SOL_SOCKET SO_LINGER);

# serve: called with the connection, which has the methods below, in a process of its own.
sub new
{
	my ($class, $serve) = @_;
	my $listener = IO::Socket::INET->new(Listen => 50, LocalAddr => '127.0.0.1', Proto => 'tcp') or die "fake: $!";
	my $self = bless { port => $listener->sockport, owner => $$ }, $class;
	$self->{pid} = fork // die "fork: $!";
	return $self if $self->{pid};
	local $SIG{CHLD} = 'IGNORE';
	local $SIG{PIPE} = 'IGNORE';
	my $number = 0;
	while (my $client = $listener->accept)
	{
		$number++;
		next if fork;
		$listener->close;
		my $connection = bless { socket => $client, sequence => 0, number => $number }, $class;
		# Whatever happens, it is over after a while.
		alarm 120;
		eval { $serve->($connection) };
		$connection->{tls}->() if $connection->{tls};
		POSIX::_exit(0);
	}
	POSIX::_exit(0);
}

sub port { return $_[0]->{port}; }
sub number { return $_[0]->{number}; }

sub stop
{
	my ($self) = @_;
	return unless $self->{pid} && $self->{owner} == $$;
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

sub raw
{
	my ($self, $data) = @_;
	while (length $data)
	{
		my $sent = syswrite $self->{socket}, $data;
		die 'gone' unless $sent;
		substr($data, 0, $sent) = '';
	}
	return;
}

# One packet.
sub say
{
	my ($self, $content) = @_;
	$self->raw(substr(pack('V', length $content), 0, 3) . chr($self->{sequence}++ & 255) . $content);
	return;
}

sub exactly
{
	my ($self, $length) = @_;
	my $data = '';
	while (length $data < $length)
	{
		sysread($self->{socket}, $data, $length - length $data, length $data) or die 'gone';
	}
	return $data;
}

sub hear
{
	my ($self) = @_;
	my $header = $self->exactly(4);
	$self->{sequence} = ord(substr($header, 3)) + 1;
	return $self->exactly(unpack('V', substr($header, 0, 3) . "\0"));
}

# capabilities: of the usual ones without TLS, and more.
sub greeting
{
	my (%options) = @_;
	my $capabilities = 0x0008a205 | 0x00100000 | 0x00200000 | ($options{tls} ? 0x800 : 0);
	my $plugin = $options{plugin} // 'mysql_native_password';
	return "\x0a" . ($options{version} // '8.0.99') . "\0" . pack('V', 7) . 'abcdefgh' . "\0" . pack('v', $capabilities & 0xffff) . "\x2d" . pack('v', 2) . pack('v', $capabilities >> 16)
	  . "\x15" . ("\0" x 10) . 'ijklmnopqrst' . "\0" . $plugin . "\0";
}

sub ok { return "\0\0\0\2\0\0\0"; }
sub end { return "\xfe\0\0\2\0"; }
sub counted { my ($text) = @_; return chr(length $text) . $text; }

sub column
{
	my ($name, $type) = @_;
	return counted('def') . counted('s') . counted('t') . counted('t') . counted($name) . counted($name) . "\x0c" . pack('vVCvC', 45, 400, $type, 0, 0) . "\0\0";
}

# Up to the first command.
sub let_in
{
	my ($self, %options) = @_;
	$self->say(greeting(%options));
	$self->hear;
	$self->say(ok());
	return;
}

# Answers commands until one that the test answers itself: its first byte and the rest.
sub commands
{
	my ($self, $special) = @_;
	for (;;)
	{
		my $command = $self->hear;
		my ($kind, $text) = (ord $command, substr($command, 1));
		next if $special->($self, $kind, $text);
		return if $kind == 1;
		if ($kind == 3 && $text =~ /^(SHOW|SELECT)/)
		{
			$self->say($_) for "\1", column('v', 253), end(), end();
		}
		elsif ($kind == 22)
		{
			$self->say($_) for "\0" . pack('VvvCv', 1, 1, 0, 0, 0), column('v', 253), end();
		}
		elsif ($kind == 23)
		{
			$self->say($_) for "\1", column('v', 253), end(), "\0\0" . counted('one'), end();
		}
		elsif ($kind != 25)
		{
			$self->say(ok());
		}
	}
	return;
}

sub silence { sleep 1 for 1 .. 100; return; }

sub reset
{
	my ($self) = @_;
	setsockopt $self->{socket}, SOL_SOCKET, SO_LINGER, pack('II', 1, 0);
	close $self->{socket};
	return;
}

# A packet whose bytes come one by one.
sub drip
{
	my ($self) = @_;
	$self->raw("\xff\0\0" . chr($self->{sequence} & 255));
	for (1 .. 200)
	{
		$self->raw("\1");
		select(undef, undef, undef, 0.3);
	}
	return;
}

# Whole packets, as fast as they go.
sub endless
{
	my ($self, $content) = @_;
	for (;;) { $self->say($content); }
	return;
}

1;
