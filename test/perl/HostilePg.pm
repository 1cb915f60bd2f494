# A server that speaks PostgreSQL's protocol and lies: by default it asks for the password, answers each question and
# sends three rows; hooks say otherwise in each phase. One child process and one more for each connection.
package HostilePg;

use strict;
use warnings;
use ForkingServer;

our @ISA = ('ForkingServer');

# hooks: start => sub ($server, $code, $packet) for each startup packet, login => sub ($server) after the startup, answer
# => sub ($server, $sql) for each question, describe => sub ($server), copy => sub ($server, $sql), rows => sub ($server)
# when it waits for rows, taken => sub ($server) after them, send => sub ($server, $data). One that returns true has done
# it all. patience: the seconds that a connection waits for its client, once set.
sub start
{
	my ($class, %hooks) = @_;
	return $class->listening(
		sub {
			my ($client, $number) = @_;
			my $server = bless { client => $client, number => $number, hooks => \%hooks }, $class;
			$server->serve;
		});
}

sub take { my ($self, $length) = @_; return ForkingServer::read_exactly($self->{client}, $length, $self->{patience}); }
sub put { my ($self, $data) = @_; return ForkingServer::write_all($self->{client}, $data); }

# A message of the client: its type and its content.
sub take_message
{
	my ($self) = @_;
	my $type = $self->take(1);
	return ($type, $self->take(unpack('N', $self->take(4)) - 4));
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
	return ForkingServer::reset_socket($self->{client});
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
		next if $self->hook('start', $code, $startup);
		return if $code == 80877102;
		last if $code != 80877103 && $code != 80877104;
		$self->put('N');
	}
	unless ($self->hook('login'))
	{
		$self->tell(message('R', pack('N', 3)));
		($self->{password}) = ($self->take_message)[1] =~ /^([^\0]*)/;
		$self->tell(message('R', pack('N', 0)) . welcome());
	}
	my ($sql, $executes) = ('', 0);
	$self->{state} = 'I';
	for (;;)
	{
		my ($type, $body) = $self->take_message;
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
			$self->{state} = $sql =~ /^BEGIN/ ? 'T' : $sql =~ /^(COMMIT|ROLLBACK$)/ ? 'I' : $self->{state};
			$self->answer($sql) if $executes && !$self->hook('answer', $sql);
			$self->tell(($self->{out} // '') . $self->ready);
			$self->{out} = '';
			$executes = 0;
		}
		elsif ($type eq 'Q' && $body =~ /^COPY.*FROM STDIN/s) { $self->hook('copy', $body) || $self->take_rows; }
		elsif ($type eq 'Q' && $body =~ /^COPY/)
		{
			next if $self->hook('copy', $body);
			$self->tell(message('H', pack('Cnnn', 1, 2, 1, 1)) . message('d', "PGCOPY\n\xff\r\n\0" . pack('NN', 0, 0)) .
				join('', map { message('d', pack('nNNN', 2, 4, $_, 3) . 'abc') } 1 .. 3) . message('d', pack('n', 0xffff)) . message('c', '') . message('C', "COPY 3\0") . $self->ready);
		}
		elsif ($type eq 'Q') { $self->tell(message('C', "OK\0") . $self->ready); }
	}
	return;
}

sub ready { my ($self) = @_; return message('Z', $self->{state}); }

# COPY FROM: the rows of the client.
sub take_rows
{
	my ($self) = @_;
	$self->tell(message('G', pack('Cnnn', 1, 2, 1, 1)));
	$self->hook('rows');
	my $type = 'd';
	($type) = $self->take_message while $type eq 'd' || $type eq 'H';
	return if $self->hook('taken');
	$self->tell(($type eq 'c' ? message('C', "COPY 3\0") : error('57014', 'COPY failed')) . $self->ready);
	return;
}

# What an honest server could say of its table t (a int, b text): to whom reads it, and to whom writes into it.
my @ANSWERS = (
	[ qr/n\.nspname, c\.relname/ => [ 'public', 't', 't', '16384', 'r' ] ],
	[ qr/'synchronous_commit'/ => [ 'public', 'on' ] ],
	[ qr/relhasrules/ => [ '', 't' ] ],
	[ qr/^SELECT run FROM|conname/ => () ],
	[ qr/obj_description/ => [''] ],
	[ qr/col_description/ => [ 'a', 'f', 'f', '', '', '' ], [ 'b', 'f', 'f', '', '', '' ] ],
	[ qr/indisprimary/ => () ],
	[ qr/attgenerated'/ => [ 'a', 'f', 'f', 'f', '23', '-1', 'integer' ], [ 'b', 'f', 'f', 'f', '25', '-1', 'text' ] ],
	[ qr/^SELECT attempt/ => [ '0197f3a1-0000-7000-8000-000000000000', '3', '2026-01-01 00:00:00+00', ('3') x 9 ] ],
	[ qr/^\s*(SELECT|EXPLAIN|WITH)|RETURNING/ => ['t'] ]);

sub answer
{
	my ($self, $sql) = @_;
	my ($known) = grep { $sql =~ $_->[0] } @ANSWERS;
	my (undef, @rows) = $known ? @$known : ();
	my $tag = $sql =~ /^(INSERT|UPDATE|DELETE)/ ? ($1 eq 'INSERT' ? 'INSERT 0 1' : "$1 1") : $known ? 'SELECT ' . @rows : 'OK';
	$self->{out} .= ($known ? columns(map { ["c$_"] } 1 .. @{ $rows[0] // ['c'] }) . join('', map { row(@$_) } @rows) : message('n', '')) . message('C', "$tag\0");
	return;
}

1;
