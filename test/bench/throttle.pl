#!/usr/bin/perl
# A TCP proxy on a free port of 127.0.0.1, which it prints: passes on what the server sends no faster than a network would.
#   throttle.pl PORT BYTES_PER_SECOND all|each     of all connections together, or of each
use strict;
use warnings;
use IO::Select;
use IO::Socket::INET;
use Time::HiRes qw(time);

my ($target, $rate, $mode) = @ARGV;
my $chunk = 128 * 1024;
my $listener = IO::Socket::INET->new(Listen => 64, LocalAddr => '127.0.0.1', ReuseAddr => 1) or die "cannot listen: $!";
$| = 1;
print $listener->sockport, "\n";

# Of each connection: both ends, what is still to be sent to the client, and bytes that it may send now.
my %pairs;
my $shared = { tokens => 0 };
my $last = time;

sub close_pair
{
	my ($pair) = @_;
	delete @pairs{ $pair->{client}->fileno, $pair->{server}->fileno };
	close $pair->{$_} for qw(client server);
	return;
}

sub accept_pair
{
	my $client = $listener->accept or return;
	my $server = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $target) or return close $client;
	$client->blocking(0);
	my $pair = { client => $client, server => $server, waiting => '', bucket => $mode eq 'all' ? $shared : { tokens => 0 } };
	$pairs{ $_->fileno } = $pair for $client, $server;
	return;
}

while (1)
{
	my $now = time;
	# Nothing is saved up for longer than a hundredth of a second.
	my $new = ($now - $last) * $rate;
	$last = $now;
	my %seen;
	for my $bucket (grep { !$seen{$_}++ } $shared, map { $_->{bucket} } values %pairs)
	{
		$bucket->{tokens} += $new;
		$bucket->{tokens} = $rate / 100 if $bucket->{tokens} > $rate / 100;
	}
	my ($readers, $writers) = (IO::Select->new($listener), IO::Select->new);
	my $short = 0;
	for my $pair (grep { !$seen{$_}++ } values %pairs)
	{
		$readers->add($pair->{client});
		if (length $pair->{waiting}) { $writers->add($pair->{client}) }
		elsif ($pair->{bucket}{tokens} > 0) { $readers->add($pair->{server}) }
		else { $short = 1 }
	}
	my ($readable, $writable) = IO::Select->select($readers, $writers, undef, $short ? 0.001 : 1);
	for my $socket (@{ $readable // [] })
	{
		if ($socket == $listener) { accept_pair(); next }
		my $pair = $pairs{ $socket->fileno } or next;
		if ($socket == $pair->{client})
		{
			my $got = sysread($socket, my $bytes, $chunk);
			if (!$got) { close_pair($pair); next }
			syswrite($pair->{server}, $bytes);
			next;
		}
		next if $pair->{bucket}{tokens} <= 0;
		my $got = sysread($socket, $pair->{waiting}, $chunk);
		if (!$got) { close_pair($pair); next }
		$pair->{bucket}{tokens} -= $got;
		push @{ $writable //= [] }, $pair->{client};
	}
	for my $socket (@{ $writable // [] })
	{
		my $pair = defined $socket->fileno ? $pairs{ $socket->fileno } : undef;
		next if !$pair || !length $pair->{waiting};
		my $sent = syswrite($socket, $pair->{waiting});
		if (defined $sent) { substr($pair->{waiting}, 0, $sent, '') }
		elsif (!$!{EAGAIN}) { close_pair($pair) }
	}
}
