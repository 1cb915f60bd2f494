# A MySQL source that lies: wrong lengths, wrong forms, an end or a silence in the middle of a row.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../perl";
use SluiceMariaDB;
use SluiceNode;
use SluiceProxy;
use Test::More;

my $maria = SluiceMariaDB->new;
if ($maria->sql("SHOW VARIABLES LIKE 'have_ssl'") =~ /YES/)
{
	$maria->stop;
	plan skip_all => 'this MariaDB offers TLS by itself: what it says cannot be changed on the way';
}
$maria->sql(q{CREATE DATABASE shop CHARACTER SET utf8mb4; CREATE USER reader@'127.0.0.1' IDENTIFIED BY 'secret'; GRANT SELECT ON shop.* TO reader@'127.0.0.1';
	CREATE TABLE shop.marks (id int, t varchar(20), d decimal(20, 4), m datetime, b bit(12));
	INSERT INTO shop.marks VALUES (1, 'first', 1, '2026-01-01', 1), (2, 'MARKER', 987654321.1234, '2026-12-31 23:59:58', b'101010101010'), (3, 'last', 3, '2026-01-03', 3)});
my $node = SluiceNode->create('target');
$node->sql(q{CREATE FOREIGN DATA WRAPPER mysql_fdw; CREATE SERVER m FOREIGN DATA WRAPPER mysql_fdw OPTIONS (host '127.0.0.1', port '1');
	CREATE USER MAPPING FOR CURRENT_USER SERVER m OPTIONS (username 'reader', password 'secret');
	SELECT create_pipeline('marks', source => 'm', source_table => 'shop.marks', destination_table => 'marks', load => 'replace')});
my $proxy;

sub put_between
{
	my ($edit) = @_;
	$proxy = SluiceProxy->new($maria->port, $edit);
	my $port = $proxy->port;
	$node->sql("ALTER SERVER m OPTIONS (SET port '$port')");
	return;
}

sub run
{
	my ($edit, $pattern, $name) = @_;
	put_between($edit);
	my ($code, $out, $err) = $node->psql('postgres', "\\set VERBOSITY verbose\nCALL run_pipeline('marks', '{}', NULL)");
	like($err, $pattern, $name);
	$proxy->stop;
	return;
}

run(sub { return $_[0]; }, qr/^$/, 'an honest one');
is($node->sql('TABLE marks'), "1|first|1.0000|2026-01-01 00:00:00|000000000001\n2|MARKER|987654321.1234|2026-12-31 23:59:58|101010101010\n3|last|3.0000|2026-01-03 00:00:00|000000000011", 'is read');

# Each changes one length or value of the second row; all others are as the server says.
my @lies = (
	[ 'a text beyond its row', sub { $_[0] =~ s/\x06MARKER/\xfaMARKER/r }, qr/08P01:.*malformed row.*longer than its row.*row 2, column "t"/s ],
	[ 'a text of nearly all memory', sub { $_[0] =~ s/\x06MARKER.{8}/\x06MARKER/sr =~ s/\x06MARKER/\xfe\xff\xff\xff\xff\xff\xff\xff\x7f/r }, qr/08P01:/ ],
	[ 'a length that is none', sub { $_[0] =~ s/\x06MARKER/\xffMARKER/r }, qr/08P01:.*has no length/s ],
	[ 'NULL where it cannot be', sub { $_[0] =~ s/\x06MARKER/\xfbMARKER/r }, qr/08P01:.*has no length/s ],
	[ 'a text too short', sub { $_[0] =~ s/\x06MARKER/\x05MARKER/r }, qr/08P01:/ ],
	[ 'a text that is not UTF-8', sub { $_[0] =~ s/MARKER/MARK\xffR/r }, qr/22021:.*row 2, column "t"/s ],
	[ 'a decimal of letters', sub { $_[0] =~ s/987654321/98765x321/r }, qr/08P01:.*form of its type.*column "d"/s ],
	[ 'a decimal with two points', sub { $_[0] =~ s/987654321/9876.4321/r }, qr/08P01:.*form of its type.*column "d"/s ],
	[ 'a date of an odd length', sub { $_[0] =~ s/\x07\xea\x07\x0c\x1f/\x06\xea\x07\x0c\x1f/r }, qr/08P01:.*column "m"/s ],
	[ 'the 32nd of a month', sub { $_[0] =~ s/\x07\xea\x07\x0c\x1f/\x07\xea\x07\x0c\x20/r }, qr/22008:.*2026-12-32/s ],
	[ 'hour 99', sub { $_[0] =~ s/\x07\xea\x07\x0c\x1f\x17/\x07\xea\x07\x0c\x1f\x63/r }, qr/08P01:.*column "m"/s ],
	[ 'more bits than the column has', sub { $_[0] =~ s/\x02\x0a\xaa/\x02\xfa\xaa/r }, qr/08P01:.*column "b"/s ],
	[ 'a row without a beginning', sub { $_[0] =~ s/\x00\x00\x02\x00\x00\x00\x06MARKER/\x07\x00\x02\x00\x00\x00\x06MARKER/r }, qr/08P01:/ ],
	[ 'an end in the middle of a row', sub { my $at = index($_[0], 'MARKER'); return $at < 0 ? $_[0] : undef; }, qr/08006:.*MySQL error 2013/s ],
	[ 'garbage for a greeting', sub { return "\x10\x00\x00\x00" . 'x' x 16; }, qr/08001:.*could not connect|08P01:.*could not connect|HV000:.*could not connect/s ],);
run($_->[1], $_->[2], $_->[0]) for @lies;
is($node->sql('SELECT count(*) FROM marks'), 3, 'the table is as it was');

# The beginning of a row, and then nothing.
put_between(sub { my $at = index($_[0], 'MARKER'); return $at < 0 ? $_[0] : substr($_[0], 0, $at + 3); });
my $run = $node->sql("SELECT trigger_pipeline('marks')");
$node->await("SELECT count(*) = 1 FROM pipeline_runs WHERE id = '$run' AND status = 'running'", 'a run whose source stops in the middle of a row');
is($node->sql("SELECT stop_run('$run')"), 't', 'is stopped');
is($node->sql("SELECT wait_for_run('$run', '60 s')"), 'stopped', 'at once');
$proxy->stop;
$node->stop;
$maria->stop;
done_testing();
