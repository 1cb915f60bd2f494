# Plays a MySQL server for FakeMysql: a conversation as an honest server would have it, with one packet of it changed.
# What and where follows from a seed and the number of the connection.
package FuzzMysql;

use strict;
use warnings;
use FakeMysql;
use Fuzz qw(any flipped noise secret_text);
use PostgreSQL::Test::Utils;

# Packets of the server in a conversation, and from the first row on.
use constant { PLACES => 95, LATE => 7 };

# The columns of its table: name, type, what more, a value as it travels.
our @COLUMNS = (
	[ 'i', 3, {}, pack('V', 7) ],
	[ 'y', 1, { flags => 32 }, "\xff" ],
	[ 's', 2, {}, pack('v', 300) ],
	[ 'q', 8, { flags => 32 }, pack('Q<', 1 << 63) ],
	[ 'f', 4, {}, pack('f<', 1.5) ],
	[ 'd', 5, {}, pack('d<', 2.5) ],
	[ 'n', 246, {}, "\x0512.50" ],
	[ 't', 7, {}, "\x0b" . pack('vCCCCCV', 2026, 3, 29, 1, 30, 0, 5) ],
	[ 'e', 10, {}, "\4" . pack('vCC', 2026, 12, 31) ],
	[ 'm', 11, {}, "\x08" . pack('CVCCC', 0, 0, 23, 59, 58) ],
	[ 'v', 253, {}, "\3abc" ],
	[ 'c', 254, { length => 40 }, "\2cd" ],
	[ 'x', 252, { charset => 63, flags => 128 }, "\3\0\xff\1" ],
	[ 'j', 245, {}, "\x08{\"k\": 1}" ],
	[ 'b', 16, { length => 12, charset => 63 }, "\2\x0a\xaa" ],
	[ 'u', 254, { extended => 'uuid', length => 144 }, "\x240197f3a1-0000-7000-8000-000000000000" ],
	[ 'z', 253, {}, undef ]);
our $TABLE = 'i int, y smallint, s smallint, q numeric, f real, d float8, n numeric, t timestamptz, e date, m time, v text, c text, x bytea, j text, b text, u text, z text';

# For FakeMysql->new. keys: those of ForkingServer.
sub serve
{
	my ($seed, $keys) = @_;
	my $has_tls = ForkingServer::can_tls();
	return sub {
		my ($c) = @_;
		$c->{fuzz} = Fuzz::planned($seed, $c->number);
		Fuzz::aim($c->{fuzz}, PLACES, LATE);
		$c->{keys} = $keys;
		$c->{change} = \&change;
		$c->{patience} = 5;
		alarm 10;
		$c->{mariadb} = rand() < 0.5;
		greet($c, $has_tls && rand() < 0.3);
		$c->commands(\&answer);
		return;
	};
}

sub slurped { my ($c, $name) = @_; return PostgreSQL::Test::Utils::slurp_file("$c->{keys}/$name"); }
sub ok_packet { return any(FakeMysql::ok(), "\0\1\1\2\0\0\0", "\0\0\0\2\x40\0\0\x00\x0a\0\x08\2a\3b\3cd\1", "\0\0\0\2\0\0\0" . FakeMysql::counted('Records: 1')); }

sub greet
{
	my ($c, $tls) = @_;
	my $plugin = any('mysql_native_password', 'caching_sha2_password', 'caching_sha2_password', 'client_ed25519');
	$c->say(FakeMysql::greeting(tls => $tls, plugin => $plugin, version => $c->{mariadb} ? any('5.5.5-10.11.6-MariaDB-1', '11.8.2-MariaDB') : '8.0.99'));
	start_tls($c) if length $c->hear == 32;
	my $way = any(qw(native caching_sha2 caching_sha2 switch parsec sha256 at_once), $plugin);
	if ($way eq 'parsec')
	{
		$c->say("\xfeparsec\0" . 's' x 32);
		$c->hear;
		$c->say("\1P\0" . 'salt' x 4);
		$c->hear;
	}
	elsif ($way eq 'sha256') { ask_itself($c, "\xfesha256_password\0" . 's' x 20 . "\0"); }
	elsif ($way eq 'caching_sha2' && $plugin eq 'caching_sha2_password') { rand() < 0.5 ? $c->say("\1\3") : ask_itself($c, "\1\4"); }
	elsif ($way eq 'switch')
	{
		my $other = any('mysql_native_password', 'caching_sha2_password', 'client_ed25519', 'mysql_clear_password', 'dialog');
		$c->say("\xfe$other\0" . ($other eq 'client_ed25519' ? 's' x 32 : 's' x 20 . "\0"));
		$c->hear;
	}
	$c->say(ok_packet());
	return;
}

# For the password itself, which goes through TLS or is encrypted with the key of the server.
sub ask_itself
{
	my ($c, $question) = @_;
	$c->say($question);
	return if length $c->hear > 1;
	$c->say("\1" . slurped($c, 'public'));
	$c->hear;
	return;
}

# The handshake counts as one packet: something else in its place, or the end soon after its first bytes.
sub start_tls
{
	my ($c) = @_;
	if (Fuzz::is_next($c->{fuzz}))
	{
		$c->raw(any("\x15\3\3\0\2\2\x28", "\x16\3\3\0\x20" . noise(any(5, 32)), noise(100), "\x16\3\3\xff\xff" . noise(20000), "\x15\3\3\0\2\1\0" x 2000, ''));
		die 'gone';
	}
ForkingServer::start_tls($c->{socket}, $c->{keys});
	return;
}

sub definition
{
	my ($c, $name, $type, $more) = @_;
	return FakeMysql::column($name, $type, %$more, extended => $c->{mariadb} ? $more->{extended} // '' : undef);
}

sub result
{
	my ($c, $names, @rows) = @_;
	$c->say($_) for chr(@$names), (map { definition($c, $_, 253, {}) } @$names), FakeMysql::end(), (map { join('', map { FakeMysql::counted($_) } @$_) } @rows), FakeMysql::end();
	return 1;
}

# FakeMysql's hook for each command: true when it was answered.
sub answer
{
	my ($c, $kind, $sql) = @_;
	my @columns = map { definition($c, @$_[ 0 .. 2 ]) } $sql =~ /SELECT 1 FROM/ ? $COLUMNS[0] : @COLUMNS;
	if ($kind == 3)
	{
		return result($c, [qw(n v)], [qw(max_execution_time 0)], [qw(sql_select_limit 1)]) if $sql =~ /^SHOW/;
		return result($c, [qw(s t)], [qw(shop T)]) if $sql =~ /table_name FROM/;
		return result($c, ['c'], rand() < 0.3 ? ['hidden'] : ()) if $sql =~ /column_name/;
		return result($c, ['r'], ['3']) if $sql =~ /table_rows/;
		$c->say(ok_packet());
	}
	elsif ($kind == 22)
	{
		if ($sql =~ /FROM `shop`.`t`/ && $sql =~ /SELECT 1/ && rand() < 0.3) { $c->say("\xff" . pack('v', 1146) . '#42S02No such table'); }
		else { $c->say($_) for "\0" . pack('VvvCv', 1, scalar @columns, 0, 0, 0), @columns, FakeMysql::end(); }
	}
	elsif ($kind == 23)
	{
		$c->say($_) for chr(@columns), @columns, FakeMysql::end();
		$c->{fuzz}{waits} = 0;
		$c->say($_) for (row($c)) x 3, FakeMysql::end();
	}
	elsif ($kind == 31) { $c->say(ok_packet()); }
	return $kind != 1;
}

sub row
{
	my ($c) = @_;
	my @nulls = (0, 0, map { defined $_->[3] ? 0 : 1 } @COLUMNS);
	return "\0" . pack('b*', join('', @nulls)) . join('', map { $_->[3] // '' } @COLUMNS);
}

# In place of a packet.
sub change
{
	my ($c, $content) = @_;
	return $c->packet($content) unless Fuzz::is_next($c->{fuzz});
	$c->{patience} = Fuzz::PATIENCE;
	my $header = sub { my ($length, $step) = @_; return substr(pack('V', $length), 0, 3) . chr($c->{sequence} + ($step // 0) & 255); };
	my $half = sub { my $whole = $c->packet($content); return substr($whole, 0, int(rand(length $whole))); };
	return any(
		sub { return flipped($c->packet($content)); },
		sub { return $c->packet(flipped($content)); },
		sub { return $header->(any(0, 1, length($content) - 1, length($content) + 1, 2 * length $content, 0xffff, 0xfffffe, 0xffffff) & 0xffffff) . $content; },
		sub { return $header->(length $content, any(1, 2, 128, 255)) . $content; },
		sub { $c->raw($half->()); die 'gone'; },
		sub { $c->raw($half->()); return $c->reset; },
		sub { return join('', map { $c->packet($content) } 1 .. any(2, 3, 50, 1000)); },
		sub { return $c->packet($content) x any(2, 3, 1000); },
		sub { return ''; },
		sub { return $c->packet(''); },
		sub {
			my $count = any("\xfc\xff\xff", "\xfd\xff\xff\xff", "\xfe" . "\xff" x 8, "\xfe\0\0\0\x7f\0\0\0\0", "\xfe\xff\xff\xff\xff\xff\xff\xff\x7f", "\xfb", "\xff", "\xfa", "\0");
			substr($content, int(rand(length $content)), any(0, 1, length $count)) = $count if length $content;
			return $c->packet($content);
		},
		sub { substr($content, 0, 1) = chr any(0, 1, 2, 3, 0xfb, 0xfc, 0xfd, 0xfe, 0xff); return $c->packet($content); },
		sub { return $c->packet(substr($content, 0, int(rand(1 + length $content)))); },
		sub { return $c->packet($content . noise(any(1, 2, 4, 100, 10000, 65536))); },
		sub { return noise(any(1, 5, 200)); },
		sub { return $c->packet($content =~ s/\d+/any(0, -1, 99999, 2147483648, '9' x 400)/er); },
		sub { return join('', map { $c->packet($_) } ($content) x any(0, 1), out_of_turn($c)); },
		sub { return join('', map { $c->packet($_) } ($content) x any(0, 1), out_of_turn($c)); },
		sub { return long($c, $content); },
		sub { return $c->packet($content =~ s/[a-z]{2,}/Fuzz::SECRET/er); })->();
}

# A packet of more than one piece: as it should be, with the last one missing, or out of order. Seldom, for it costs.
sub long
{
	my ($c, $content) = @_;
	return $c->packet('') . $c->packet($content) if rand() < 0.9;
	my $long = $c->packet($content . ('x' x (0xffffff - any(0, length $content))));
	substr($long, 4 + 0xffffff, any(0, 4)) = '';
	return $long;
}

sub out_of_turn
{
	my ($c) = @_;
	my $text = secret_text();
	my $short = substr($text, 0, 250);
	return any(
		"\xff" . pack('v', any(1045, 1146, 1105, 1317, 2013, 65535, 0)) . any('#28000', '#HY000', '#00000', '#SL005', '#', '') . $text,
		"\xff\xff\xff\1\1\1\0\0\0" . $short,
		ok_packet() . $text,
		"\xfe\0\0\x0a\0",
		"\xfe" . any('mysql_clear_password', 'mysql_old_password', 'dialog', $short) . "\0$short",
		"\xfb/etc/passwd",
		"\1" . any("\2", "\3", "\4", $text),
		any("\xfc\xff\xff", "\xfc\xff\x0f", "\xfc\x41\6", "\xfd\xff\xff\xff", "\xfe" . "\xff" x 8, "\xfa"),
		definition($c, $short, any(0, 3, 6, 14, 15, 249, 252, 253, 255), { flags => any(0, 32, 256, 2048, 0xffff), length => any(0, 1, 0xffffffff) }),
		"\0" . pack('VvvCv', 1, any(0, 1, 4096, 65535), any(0, 1, 65535), 0, 0),
		"\xfc" . pack('v', length $text) . $text,
		"\0" x any(1, 3, 1000));
}

1;
