# Hooks for HostilePg: a conversation as an honest server would have it, as a source or a destination, with one place of it
# changed. What and where follows from a seed and the number of the connection.
package FuzzPg;

use strict;
use warnings;
use Digest::SHA qw(hmac_sha256);
use Fuzz qw(any flipped noise secret_text);
use HostilePg;
use MIME::Base64 qw(encode_base64);

use constant { ITERATIONS => 64, SALT => 'salt' };

# Messages of the server in a conversation with a client that reads or writes, and after the rows have begun.
my %MESSAGES = (x => [ 44, 9 ], out => [ 110, 30 ]);

# The columns of its table and a row of it in binary COPY.
our @COLUMNS = (
	[ 'a', 23, pack('N', 1) ],
	[ 'b', 25, 'abc' ],
	[ 'n', 1700, pack('n6', 2, 0, 0, 2, 12, 5000) ],
	[ 't', 1184, pack('q>', 1e12) ],
	[ 'j', 3802, "\1" . '{"k": [1, 2]}' ],
	[ 'l', 1007, pack('N9', 1, 0, 23, 2, 1, 4, 7, 4, 8) ],
	[ 'u', 2950, 'u' x 16 ],
	[ 'f', 701, pack('d>', 1.5) ],
	[ 'd', 1082, pack('N', 9000) ],
	[ 'x', 17, "\0\xff" ],
	[ 'o', 16, "\1" ],
	[ 'v', 1186, pack('q>NN', 1, 2, 3) ],
	[ 'z', 25, undef ]);
our $TABLE = 'a int, b text, n numeric, t timestamptz, j jsonb, l int[], u uuid, f float8, d date, x bytea, o bool, v interval, z text';

sub hooks
{
	my ($seed) = @_;
	my $hash = my $salted = hmac_sha256(SALT . pack('N', 1), Fuzz::SECRET);
	$salted ^= $hash = hmac_sha256($hash, Fuzz::SECRET) for 2 .. ITERATIONS;
	return (
		start => sub {
			my ($s, $code, $startup) = @_;
			begin($s, $seed) unless $s->{fuzz};
			Fuzz::aim($s->{fuzz}, @{ $MESSAGES{out} }) if $startup =~ /database\0out\0/;
			return 0 if $code != 80877103;
			$s->tell('N');
			return 1;
		},
		login => sub { my ($s) = @_; return rand() < 0.5 && scram($s, $salted); },
		send => \&change,
		answer => sub {
			my ($s, $sql) = @_;
			# Sometimes a run was there before.
			return 0 if $sql !~ /^INSERT/ || rand() < 0.8;
			$s->{out} .= HostilePg::columns(['c']) . HostilePg::message('C', "INSERT 0 0\0");
			return 1;
		},
		describe => sub {
			my ($s) = @_;
			$s->{out} = HostilePg::message('t', pack('n', 0)) . HostilePg::columns(map { [ @$_[ 0, 1 ] ] } @COLUMNS);
			return 1;
		},
			copy => sub {
			my ($s, $sql) = @_;
			$s->{fuzz}{waits} = 0;
			return 0 if $sql =~ /FROM STDIN/;
			my $row = pack('n', scalar @COLUMNS) . join('', map { defined $_->[2] ? pack('N', length $_->[2]) . $_->[2] : pack('N', 0xffffffff) } @COLUMNS);
			$s->tell(HostilePg::message('H', pack('Cn*', 1, scalar @COLUMNS, (1) x @COLUMNS)) . HostilePg::message('d', "PGCOPY\n\xff\r\n\0" . pack('NN', 0, 0)) .
				HostilePg::message('d', $row) x 3 . HostilePg::message('d', pack('n', 0xffff)) . HostilePg::message('c', '') . HostilePg::message('C', "COPY 3\0") . $s->ready);
			return 1;
		});
}

sub begin
{
	my ($s, $seed) = @_;
	$s->{fuzz} = Fuzz::planned($seed, $s->{number});
	Fuzz::aim($s->{fuzz}, @{ $MESSAGES{x} });
	$s->{patience} = 5;
	alarm 10;
	return;
}

# One client's SCRAM-SHA-256, whose proof nobody looks at.
sub scram
{
	my ($s, $salted) = @_;
	$s->tell(HostilePg::message('R', pack('N', 10) . "SCRAM-SHA-256\0\0"));
	my ($bare) = answer_to($s) =~ /n,,(n=.*)$/s;
	my ($nonce) = ($bare // die 'gone') =~ /r=(.*)$/s;
	my $first = "r=${nonce}x,s=" . encode_base64(SALT, '') . ',i=' . ITERATIONS;
	$s->tell(HostilePg::message('R', pack('N', 11) . $first));
	my ($final) = answer_to($s) =~ /^(.*),p=/s;
	my $signature = hmac_sha256("$bare,$first," . ($final // die 'gone'), hmac_sha256('Server Key', $salted));
	$s->tell(HostilePg::message('R', pack('N', 12) . 'v=' . encode_base64($signature, '')) . HostilePg::message('R', pack('N', 0)) . HostilePg::welcome());
	return 1;
}

sub answer_to { my ($s) = @_; return ($s->take_message)[1]; }

# In place of HostilePg's put: message by message, until the one that is changed.
sub change
{
	my ($s, $data) = @_;
	while (length $data)
	{
		my $message = substr($data, 0, length $data < 5 ? length $data : 1 + unpack('x N', $data), '');
		my $is_next = Fuzz::is_next($s->{fuzz});
		$s->{patience} = Fuzz::PATIENCE if $is_next;
		$s->put($is_next ? changed($s, $message) : $message);
	}
	return 1;
}

sub changed
{
	my ($s, $message) = @_;
	my $type = substr($message, 0, 1);
	my $body = length $message < 5 ? '' : substr($message, 5);
	my $again = sub { return HostilePg::message($type, $_[0]); };
	return any(
		sub { return flipped($message); },
		sub { return $again->(flipped($body)); },
		sub { return $type . pack('N', any(0, 1, 3, 4, 5, 3 + length $body, 5 + length $body, 2 * length $body, 1 << 16, 1 << 20, 1 << 30, 0x7fffffff, 0x80000000, 0xffffffff)) . $body; },
		sub { $s->put(substr($message, 0, int(rand(length $message)))); die 'gone'; },
		sub { $s->put(substr($message, 0, int(rand(length $message)))); return $s->reset_connection; },
		sub { return $message x any(2, 3, 50, 1000); },
		sub { return ''; },
		sub {
			my $count = any(pack('n', 0xffff), pack('n', 0x7fff), pack('n', 0), pack('N', 0x7fffffff), pack('N', 0x80000000), pack('N', 0xffffffff), pack('N', 0xfffffffe), pack('N', 1 << 30), pack('N', 1 << 24));
			substr($body, int(rand(length $body)), length $count) = $count if length $body;
			return $again->($body);
		},
		sub { return HostilePg::message(any(split //, 'RSTKZCDdGHWcENA123ntIVvsp'), $body); },
		sub { return $again->(substr($body, 0, int(rand(1 + length $body)))); },
		sub { return $again->($body . noise(any(1, 2, 4, 100, 10000))); },
		sub { return noise(any(1, 5, 200)); },
		sub { return $again->($body =~ s/\d+/any(0, -1, 99999, 2147483648, '9' x 400)/er); },
		sub { return ($again->($body) x any(0, 1)) . out_of_turn(); },
		sub { return ($again->($body) x any(0, 1)) . out_of_turn() . noise(1); },
		sub { return $again->($body =~ s/[a-z]{2,}/Fuzz::SECRET/er); })->();
}

sub out_of_turn
{
	my $text = secret_text();
	return any(
		HostilePg::error(any('28P01', 'XX000', '57014', '40001', '00000', 'SL005', '?'), $text, any('D', 'H', 'W', 'c', 'n') => $text),
		HostilePg::notice($text),
		HostilePg::parameter(any('client_encoding', 'server_version', 'x'), any($text, 'SQL_ASCII', '15')),
		HostilePg::message('A', pack('N', 1) . "$text\0$text\0"),
		HostilePg::columns([ $text, any(23, 25, 0, 0xffffffff), any(0, 5, 0x7fffffff) ]),
		HostilePg::columns([ 'c' x (1 << 20) ]),
		HostilePg::columns(map { [ 'c', 25 ] } 1 .. any(1, 1700, 30000, 65535)),
		HostilePg::row($text, undef),
		HostilePg::row(('x') x any(0, 2, 1000, 65535)),
		HostilePg::message('C', "$text\0"),
		HostilePg::message('Z', any('I', 'T', 'E', '?')),
		HostilePg::message(any('G', 'H', 'W'), pack('Cnn', any(0, 1, 9), 1, 1)),
		HostilePg::message('d', noise(50)),
		HostilePg::message('c', ''));
}

1;
