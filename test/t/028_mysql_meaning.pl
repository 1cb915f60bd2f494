# What MySQL's values mean: instants, columns that are not in *, hints that can be followed, settings of the session, and
# what is made sure where mysql_fdw reads.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../perl";
use SluiceMariaDB;
use SluiceNode;
use Test::More;

my $sharedir = `pg_config --sharedir`;
chomp $sharedir;
my $has_fdw = -e "$sharedir/extension/mysql_fdw.control";

# A server whose own settings are odd: none of them may be seen in what arrives.
my $maria = SluiceMariaDB->new('--default-time-zone=+05:00', '--sql-mode=ANSI_QUOTES,NO_BACKSLASH_ESCAPES,PAD_CHAR_TO_FULL_LENGTH', '--div-precision-increment=0',
	'--group-concat-max-len=4', '--lc-time-names=de_DE', '--max-recursive-iterations=2', '--completion-type=RELEASE', '--max-allowed-packet=256M');
$maria->sql(q{SET time_zone = '+00:00'; SET sql_mode = ''; CREATE DATABASE shop CHARACTER SET utf8mb4; CREATE USER reader@'127.0.0.1' IDENTIFIED BY 'secret'; GRANT SELECT ON shop.* TO reader@'127.0.0.1';
	USE shop;
	CREATE TABLE fold (id int PRIMARY KEY, ts timestamp NULL, dtm datetime);
	INSERT INTO fold VALUES (1, '2024-10-26 22:30:00', '2024-10-27 00:30:00'), (2, '2024-10-27 00:30:00', '2024-10-27 02:30:00'), (3, '2024-10-27 01:30:00', '2024-10-27 02:30:00'),
		(4, '2024-03-31 00:30:00', '2024-03-31 01:30:00'), (5, '2024-03-31 01:30:00', '2024-03-31 02:30:00');
	CREATE TABLE hidden (a int, b int INVISIBLE DEFAULT 7, c int, `d e` int INVISIBLE DEFAULT 8); INSERT INTO hidden (a, c) VALUES (1, 3);
	CREATE TABLE flags (id int, active tinyint(1), gone bit(1), bid binary(16)); INSERT INTO flags VALUES (1, 1, b'0', UNHEX('a0eebc999c0b4ef8bb6d6bb9bd380a11'));
	CREATE TABLE odd_zero (id int, ts timestamp NULL); INSERT INTO odd_zero VALUES (1, '0000-00-00 00:00:00'), (2, '2024-01-01 00:00:00');
	CREATE TABLE padded (c char(5)); INSERT INTO padded VALUES ('ab');
	CREATE TABLE longname (`a23456789012345678901234567890123456789012345678901234567890abcd` int, `a23456789012345678901234567890123456789012345678901234567890abce` int); INSERT INTO longname VALUES (1, 2);
	CREATE TABLE large (id int, b longblob); INSERT INTO large VALUES (1, REPEAT('x', 60000000)), (2, 'y')});
my $node = SluiceNode->create('target');
my $port = $maria->port;
my $wrapper = $has_fdw ? 'CREATE EXTENSION mysql_fdw' : 'CREATE FOREIGN DATA WRAPPER mysql_fdw';
$node->sql(qq{$wrapper; CREATE ROLE etl LOGIN; GRANT CREATE ON SCHEMA public TO etl; GRANT USAGE ON FOREIGN DATA WRAPPER mysql_fdw TO etl;
	CREATE SERVER m FOREIGN DATA WRAPPER mysql_fdw OPTIONS (host '127.0.0.1', port '$port'); GRANT USAGE ON FOREIGN SERVER m TO etl;
	CREATE USER MAPPING FOR PUBLIC SERVER m OPTIONS (username 'reader', password 'secret'); SELECT allow_pipelines('etl')});
my $number = 0;

# '' or the error.
sub load
{
	my ($arguments) = @_;
	$number++;
	my $source = $arguments =~ /source =>/ ? '' : "source => 'm', ";
	my $destination = $arguments =~ /destination_table/ ? '' : ", destination_table => 'd$number'";
	my ($code, $out, $err) = $node->psql('postgres',
		"\\set VERBOSITY verbose\nSET client_min_messages = warning;\nSELECT create_pipeline('p$number', $source$arguments$destination, load => 'replace');\nCALL run_pipeline('p$number', '{}', NULL);",
		on_error_stop => 1, extra_params => [ '-U', 'etl' ]);
	return $code == 0 ? '' : $err;
}

sub loads
{
	my ($arguments, $expected, $name, $query) = @_;
	is(load($arguments), '', "$name: runs");
	is($node->sql($query // "SELECT * FROM d$number ORDER BY 1"), $expected, "$name: arrives");
	return;
}

sub types { return $node->sql("SELECT string_agg(format_type(atttypid, atttypmod), ', ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 'd$number'::regclass AND attnum > 0"); }
sub run_log { return $node->sql("SELECT log FROM pipeline_runs WHERE pipeline_name = 'p$number'"); }

# Instants stay what they are, in the hour that the clock shows twice, too.
my $instants = join("\n", '1|2024-10-26 22:30:00+00|2024-10-27 00:30:00', '2|2024-10-27 00:30:00+00|2024-10-27 02:30:00', '3|2024-10-27 01:30:00+00|2024-10-27 02:30:00',
	'4|2024-03-31 00:30:00+00|2024-03-31 01:30:00', '5|2024-03-31 01:30:00+00|2024-03-31 02:30:00');
my $in_utc = sub { return "SET timezone = 'UTC'; SELECT * FROM $_[0] ORDER BY 1" };
loads(q{source_table => 'shop.fold', timezone => 'Europe/Berlin'}, $instants, 'a new table', $in_utc->('d1'));
is(types(), 'integer, timestamp with time zone, timestamp without time zone', 'TIMESTAMP is an instant, DATETIME is none');
$node->sql('CREATE TABLE keyed (id int, ts timestamptz PRIMARY KEY, dtm timestamp); ALTER TABLE keyed OWNER TO etl; CREATE TABLE zoneless (id int, ts timestamp); ALTER TABLE zoneless OWNER TO etl');
loads(q{source_table => 'shop.fold', timezone => 'Europe/Berlin', destination_table => 'keyed'}, $instants, 'a key over instants', $in_utc->('keyed'));
loads(q{source_table => 'shop.fold', timezone => 'Europe/Berlin', columns => 'id, ts', filter => 'id < 4', destination_table => 'zoneless'}, "1|2024-10-27 00:30:00\n2|2024-10-27 02:30:00\n3|2024-10-27 02:30:00",
	'a column without a zone shows the time of the pipeline', 'SELECT * FROM zoneless ORDER BY 1');
loads(q{source_query => 'SELECT id, ts, COALESCE(ts, NOW()) AS co, ts + INTERVAL 0 HOUR AS p, UNIX_TIMESTAMP(ts) AS u FROM shop.fold', timezone => 'Europe/Berlin'}, '5|0|0',
	'an expression over an instant', q{SET timezone = 'UTC'; SELECT count(*), count(*) FILTER (WHERE ts <> co OR ts <> p), count(*) FILTER (WHERE extract(epoch FROM ts) <> u) FROM d4});
like(load(q{source_table => 'shop.odd_zero'}), qr/22008:.*no date 0000-00-00.*row 1, column "ts"/s, 'an instant of zero is an error');
loads(q{source_table => 'shop.odd_zero', options => '{"zero_dates": "null"}'}, "1|\n2|2024-01-01 00:00:00+00", 'or NULL', $in_utc->('d6'));

# Settings of the server do not shine through.
loads(q{source_query => 'SELECT "a\\\\b" AS text, 1 / 3 AS third, GROUP_CONCAT(id ORDER BY id) AS ids, MONTHNAME(MIN(dtm)) AS month, (WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 9) SELECT COUNT(*) FROM n) AS n, MIN(@@time_zone) AS zone FROM shop.fold'},
	'a\b|0.3333|1,2,3,4,5|March|9|+00:00', 'the session is pinned');
loads(q{source_query => 'SELECT LENGTH(c) AS n, c FROM shop.padded'}, '2|ab   ', 'char is not padded at the source', 'SELECT n, c::char(5) FROM d8');

# Columns that * leaves out.
loads(q{source_table => 'shop.hidden'}, '1|3', 'an INVISIBLE column is left out');
like(run_log(), qr/column "b" of shop\.hidden is INVISIBLE.*column "d e" of shop\.hidden is INVISIBLE/s, 'and the log says so');
loads(q{source_table => 'shop.hidden', columns => 'a, b, "d e", c'}, '1|7|8|3', 'unless columns name it');
unlike(run_log(), qr/INVISIBLE/, 'then nothing is said');
loads(q{source_table => 'shop.hidden', columns => 'a', filter => 'b = 7'}, '1', 'or the filter does');
like(load(q{source_table => 'shop.longname'}), qr/42701:/, 'names that are the same here');

# Hints that can be followed.
$node->sql('CREATE TABLE flags (id int, active boolean, gone boolean, bid uuid); ALTER TABLE flags OWNER TO etl');
for ([ 'active', 'active <> 0 AS active' ], [ 'gone', q{gone = B'1' AS gone} ], [ 'bid', q{encode(bid, 'hex')::uuid AS bid} ])
{
	like(load(qq{source_table => 'shop.flags', columns => 'id, $_->[0]', destination_table => 'flags'}), qr/42804:.*HINT: +Cast it in columns, for example: \Q$_->[1]\E\./s, "$_->[0]: the hint");
	is(load(qq{source_table => 'shop.flags', columns => \$\$id, $_->[1]\$\$, destination_table => 'flags'}), '', "$_->[0]: followed");
}
is($node->sql('SELECT bid FROM flags'), 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'the last of them arrived');

SKIP:
{
	skip 'mysql_fdw has no package for this PostgreSQL', 16 unless $has_fdw;
	my $fdw = q{options => '{"mysql_source": "fdw"}'};
	like(load("source_table => 'shop.fold', $fdw"), qr/0A000:.*"ts" of shop\.fold is a TIMESTAMP.*HINT:.*mysql_source/s, 'the wrapper is not asked for an instant');
	loads("source_table => 'shop.fold', columns => 'id, dtm', $fdw", 5, 'but for all else', 'SELECT count(*) FROM d' . ($number + 1));
	$node->sql("CREATE FOREIGN TABLE folded (id int, ts timestamptz) SERVER m OPTIONS (dbname 'shop', table_name 'fold'); GRANT SELECT ON folded TO etl");
	like(load(q{source_table => 'public.folded'}), qr/0A000:.*"ts" of shop\.fold is a TIMESTAMP/s, 'a foreign table is the same');
	my $instant = qr/0A000:.*"ts" of shop\.fold is a TIMESTAMP.*HINT:.*in source/s;
	my $here = sub { my ($query) = @_; return load("source => NULL, source_query => '$query'"); };
	$node->sql("CREATE SCHEMA shop; CREATE FOREIGN TABLE shop.fold (id int, ts timestamptz, dtm timestamp) SERVER m;
		CREATE VIEW folds AS SELECT id AS i, ts FROM shop.fold; GRANT USAGE ON SCHEMA shop TO etl; GRANT SELECT ON shop.fold, folds TO etl; GRANT INSERT, DELETE, TRUNCATE ON folded TO etl");
	like($here->($_), $instant, "nor here: $_") for 'SELECT id, ts FROM public.folded', 'SELECT 1 AS one WHERE EXISTS (SELECT FROM public.folded f WHERE f.ts < now())', 'SELECT f::text FROM public.folded f', 'SELECT 1 AS one FROM folds';
	is($here->('SELECT id FROM public.folded'), '', 'other columns are read');
	like(run_log(), qr/whether mysql_fdw read all rows cannot be seen/, 'with a word about rows');
	like(load(q{source => NULL, source_query => 'SELECT 1 AS id, now() AS ts', destination_table => 'folded'}), qr/"ts" of shop\.fold is a TIMESTAMP, which mysql_fdw does not write/, 'nor is one written');
	like(load("source_table => 'shop.large', $fdw"), qr/08006:.*has 2 rows, and 0 arrived.*HINT:.*mysql_source/s, 'rows that the wrapper loses without a word');
	loads(q{source_table => 'shop.large', columns => 'id, length(b) AS n'}, "1|60000000\n2|1", 'are read by ourselves');
	$node->sql("SET ROLE etl; CREATE SERVER own FOREIGN DATA WRAPPER mysql_fdw OPTIONS (host '127.0.0.1', port '$port'); CREATE USER MAPPING FOR etl SERVER own OPTIONS (username 'reader', password 'secret')");
	like(load("source => 'own', source_table => 'shop.padded', $fdw"), qr/42501:.*"own" is not read through mysql_fdw.*HINT:.*superuser/s, 'a server of one who is no superuser is not read through the wrapper');
	loads(q{source => 'own', source_table => 'shop.padded'}, 'ab   ', 'but by ourselves');
}
$node->stop;
$maria->stop;
done_testing();
