# A MySQL server that lies or falls silent: greets, lets everybody in, and answers as a test says. A child process, ended
# by its object; one grandchild per connection.
package FakeMysql;

use strict;
use warnings;
use ForkingServer;

our @ISA = ('ForkingServer');

# serve: called with the connection, which has the methods below, in a process of its own. patience: the seconds that it
# waits for its client, once set.
sub new
{
	my ($class, $serve) = @_;
	return $class->listening(sub { my ($client, $number) = @_; $serve->(bless { socket => $client, sequence => 0, number => $number }, $class); });
}

sub number { return $_[0]->{number}; }
sub raw { my ($self, $data) = @_; return ForkingServer::write_all($self->{socket}, $data); }
sub exactly { my ($self, $length) = @_; return ForkingServer::read_exactly($self->{socket}, $length, $self->{patience}); }

# One packet, or what {change} makes of it.
sub say
{
	my ($self, $content) = @_;
	my $change = $self->{change};
	$self->raw($change ? $change->($self, $content) : $self->packet($content));
	return;
}

# In pieces, where it is longer than one may be.
sub packet
{
	my ($self, $content) = @_;
	my $packet = '';
	for (my $more = 1; $more;)
	{
		my $piece = substr($content, 0, 0xffffff, '');
		$more = length $piece == 0xffffff;
		$packet .= substr(pack('V', length $piece), 0, 3) . chr($self->{sequence}++ & 255) . $piece;
	}
	return $packet;
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
	my $capabilities = 0x0008a205 | 0x00100000 | 0x00200000 | ($options{tls} ? 0x800 : 0) | ($options{more} // 0);
	my $plugin = $options{plugin} // 'mysql_native_password';
	my $version = $options{version} // '8.0.99';
	# MariaDB's own are those of one that has not the first of MySQL's; of them columns with more about their types.
	my $mariadb = $version =~ /MariaDB/;
	$capabilities &= ~1 if $mariadb;
	return "\x0a$version\0" . pack('V', 7) . 'abcdefgh' . "\0" . pack('v', $capabilities & 0xffff) . "\x2d" . pack('v', 2) . pack('v', $capabilities >> 16)
	  . "\x15" . ("\0" x 6) . pack('V', $mariadb ? 8 : 0) . 'ijklmnopqrst' . "\0" . $plugin . "\0";
}

sub ok { return "\0\0\0\2\0\0\0"; }
sub end { return "\xfe\0\0\2\0"; }
sub counted { my ($text) = @_; return chr(length $text) . $text; }

# extended: the name of its type as MariaDB adds it, '' for none.
sub column
{
	my ($name, $type, %more) = @_;
	my $extended = defined $more{extended} ? counted($more{extended} && "\0" . counted($more{extended})) : '';
	return counted('def') . counted('s') . counted('t') . counted('t') . counted($name) . counted($name) . $extended . "\x0c"
	  . pack('vVCvC', $more{charset} // 45, $more{length} // 400, $type, $more{flags} // 0, 0) . "\0\0";
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

# Waits until the client is gone.
sub silence { my ($self) = @_; 1 while sysread $self->{socket}, my $data, 65536; return; }

sub reset
{
	my ($self) = @_;
	return ForkingServer::reset_socket($self->{socket});
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
