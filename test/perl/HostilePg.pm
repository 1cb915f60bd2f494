# A server that speaks PostgreSQL's protocol and lies: by default it asks for the password, answers each question and
# sends three rows; hooks say otherwise in each phase. One child process and one more for each connection.
package HostilePg;

use strict;
use warnings;
use IO::Select;
use IO::Socket::INET;
use POSIX ();
use Socket qw(SOL_SOCKET SO_LINGER);

# hooks: start => sub ($server, $code) for each startup packet, login => sub ($server) after the startup, answer => sub
# ($server, $sql) for each question, describe => sub ($server), copy => sub ($server), send => sub ($server, $data).
# One that returns true has done it all. patience: the seconds that a connection waits for its client, once set.
sub start
{
	my ($class, %hooks) = @_;
	my $listener = IO::Socket::INET->new(Listen => 64, LocalAddr => '127.0.0.1', Proto => 'tcp') or die $!;
	my $self = bless { port => $listener->sockport, hooks => \%hooks, number => 0 }, $class;
	my $pid = fork;
	die $! unless defined $pid;
	if ($pid == 0)
	{
		$SIG{CHLD} = 'IGNORE';
		while (getppid != 1)
		{
			next unless IO::Select->new($listener)->can_read(1);
			$self->{client} = $listener->accept or next;
			++$self->{number};
			if (fork)
			{
				# Else it would stay open when its process is gone.
				close $self->{client};
				next;
			}
			local $SIG{PIPE} = 'IGNORE';
			alarm($hooks{seconds} // 60);
			eval { $self->serve };
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

sub take
{
	my ($self, $length) = @_;
	my $data = '';
	while (length $data < $length)
	{
		die 'gone' if $self->{patience} && !IO::Select->new($self->{client})->can_read($self->{patience});
		sysread($self->{client}, $data, $length - length $data, length $data) or die 'gone';
	}
	return $data;
}

sub put
{
	my ($self, $data) = @_;
	while (length $data)
	{
		my $sent = syswrite($self->{client}, $data) or die 'gone';
		substr($data, 0, $sent) = '';
	}
	return;
}

# Through the hook that may change it.
sub tell
{
	my ($self, $data) = @_;
	my $send = $self->{hooks}{send};
	return if $send && $send->($self, $data);
	$self->put($data);
	return;
}

sub message { my ($type, $body) = @_; return $type . pack('N', 4 + length $body) . $body; }

sub error
{
	my ($state, $text, %more) = @_;
	return message('E', "SERROR\0VERROR\0C$state\0M$text\0" . join('', map { "$_$more{$_}\0" } sort keys %more) . "\0");
}

sub notice { my ($text) = @_; return message('N', "SNOTICE\0VNOTICE\0C00000\0M$text\0\0"); }
sub parameter { my ($name, $value) = @_; return message('S', "$name\0$value\0"); }

sub columns
{
	return message('T', pack('n', scalar @_) . join('', map { my ($name, $type, $typmod) = @$_; "$name\0" . pack('NnNnNn', 0, 0, $type // 25, 0xffff, $typmod // 0xffffffff, 0) } @_));
}

sub row { return message('D', pack('n', scalar @_) . join('', map { defined $_ ? pack('N', length $_) . $_ : pack('N', 0xffffffff) } @_)); }

# What follows when somebody is let in.
sub welcome { return parameter('server_version', '15.3') . parameter('client_encoding', 'UTF8') . message('K', pack('NN', 4711, 1)) . message('Z', 'I'); }

# Waits until the client is gone.
sub silent
{
	my ($self) = @_;
	1 while sysread($self->{client}, my $data, 65536);
	POSIX::_exit(0);
}

sub reset_connection
{
	my ($self) = @_;
	setsockopt($self->{client}, SOL_SOCKET, SO_LINGER, pack('ii', 1, 0));
	close $self->{client};
	POSIX::_exit(0);
}

sub drip
{
	my ($self, $data) = @_;
	for (;;)
	{
		for my $byte (split //, $data)
		{
			$self->put($byte);
			select(undef, undef, undef, 0.1);
		}
	}
	return;
}

sub endless
{
	my ($self, $data) = @_;
	$data x= int(65536 / length $data) + 1;
	$self->put($data) for 1 .. 40000;
	$self->silent;
	return;
}

sub hook
{
	my ($self, $name, @arguments) = @_;
	return $self->{hooks}{$name} ? $self->{hooks}{$name}->($self, @arguments) : 0;
}

sub serve
{
	my ($self) = @_;
	for (;;)
	{
		my $startup = $self->take(unpack('N', $self->take(4)) - 4);
		my $code = unpack('N', $startup);
		return if $code == 80877102;
		next if $self->hook('start', $code);
		last if $code != 80877103 && $code != 80877104;
		$self->put('N');
	}
	unless ($self->hook('login'))
	{
		$self->tell(message('R', pack('N', 3)));
		$self->take(1);
		($self->{password}) = $self->take(unpack('N', $self->take(4)) - 4) =~ /^([^\0]*)/;
		$self->tell(message('R', pack('N', 0)) . welcome());
	}
	my ($sql, $executes, $state) = ('', 0, 'I');
	for (;;)
	{
		my $type = $self->take(1);
		my $body = $self->take(unpack('N', $self->take(4)) - 4);
		return if $type eq 'X';
		if ($type eq 'P')
		{
			($sql) = $body =~ /^[^\0]*\0([^\0]*)\0/s;
			$executes = 0;
			$self->{out} = message('1', '');
		}
		elsif ($type eq 'B') { $self->{out} = message('1', '') . message('2', ''); }
		elsif ($type eq 'E') { $executes = 1; }
		elsif ($type eq 'D' && $body =~ /^S/)
		{
			$self->{out} = '';
			$self->{out} = message('t', pack('n', 0)) . columns([ 'a', 23 ], [ 'b', 25 ]) unless $self->hook('describe');
		}
		elsif ($type eq 'S')
		{
			$state = 'T' if $sql =~ /^BEGIN/;
			$self->answer($sql) if $executes && !$self->hook('answer', $sql);
			$self->tell(($self->{out} // '') . message('Z', $state));
			$self->{out} = '';
			$executes = 0;
		}
		elsif ($type eq 'Q' && $body =~ /^COPY/)
		{
			next if $self->hook('copy');
			$self->tell(message('H', pack('Cnnn', 1, 2, 1, 1)) . message('d', "PGCOPY\n\xff\r\n\0" . pack('NN', 0, 0)) .
				join('', map { message('d', pack('nNNN', 2, 4, $_, 3) . 'abc') } 1 .. 3) . message('d', pack('n', 0xffff)) . message('c', '') . message('C', "COPY 3\0") . message('Z', $state));
		}
		elsif ($type eq 'Q') { $self->tell(message('C', "OK\0") . message('Z', $state)); }
	}
	return;
}

# What an honest server could say.
sub answer
{
	my ($self, $sql) = @_;
	my @row = $sql !~ /^\s*(SELECT|EXPLAIN|WITH)/ ? () : $sql =~ /n\.nspname, c\.relname/ ? ('public', 't', 't', '16384', 'r') : ('t');
	$self->{out} .= @row ? columns(map { [ "c$_" ] } @row) . row(@row) . message('C', "SELECT 1\0") : message('n', '') . message('C', "OK\0");
	return;
}

1;
