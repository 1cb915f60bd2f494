# MySQL's binary protocol against a real MariaDB: every type, security, errors, and an end that reaches the server.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../perl";
use IO::Socket::INET;
use SluiceMariaDB;
use SluiceNode;
use Test::More;

my $sharedir = `pg_config --sharedir`;
chomp $sharedir;
# Without the package a wrapper of that name serves to name servers.
my $has_fdw = -e "$sharedir/extension/mysql_fdw.control";

my $secret = 'Maria-Secret';
my $maria = SluiceMariaDB->new;
$maria->sql(qq{SET GLOBAL max_allowed_packet = 67108864; SET GLOBAL time_zone = '+05:00';
	CREATE DATABASE shop CHARACTER SET utf8mb4; CREATE DATABASE shop2;
	CREATE USER reader\@'127.0.0.1' IDENTIFIED BY '$secret'; GRANT SELECT ON shop.* TO reader\@'127.0.0.1'; GRANT SELECT ON shop2.* TO reader\@'127.0.0.1'});
$maria->sql(q{USE shop; SET sql_mode = ''; SET time_zone = '+00:00';
	CREATE TABLE orders (id bigint PRIMARY KEY, customer varchar(100), code char(6), amount decimal(12, 2), big decimal(40, 20), ratio double, part float,
		ordered_at datetime(6), day date, at time, changed timestamp NULL, note text, picture blob, flag tinyint(1));
	INSERT INTO orders SELECT seq, CONCAT('Kündin ', seq), CONCAT('c', seq % 1000), seq * 1.25 - 5000, seq / 7, seq / 3e5, seq / 4, '2026-01-01 10:00:00' + INTERVAL seq MINUTE,
		'1999-12-30' + INTERVAL seq DAY, SEC_TO_TIME(seq), '2026-01-01' + INTERVAL seq HOUR, IF(seq % 3 = 0, NULL, '漢字'), UNHEX(HEX(seq)), seq % 2 FROM seq_1_to_20000;
	CREATE TABLE ints (a tinyint, b tinyint unsigned, c smallint, d smallint unsigned, e mediumint, f mediumint unsigned, g int, h int unsigned, i bigint, j bigint unsigned);
	INSERT INTO ints VALUES (-128, 0, -32768, 0, -8388608, 0, -2147483648, 0, -9223372036854775808, 0), (127, 255, 32767, 65535, 8388607, 16777215, 2147483647, 4294967295, 9223372036854775807, 18446744073709551615),
		(NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
	CREATE TABLE numbers (a float, b double, c decimal(65, 30), d decimal(10), e decimal(5, 5));
	INSERT INTO numbers VALUES (-3.4e38, 1.7976931348623157e308, 12345678901234567890123456789012345.123456789012345678901234567890, -9999999999, 0.00001), (1.5, -2.2250738585072014e-308, -0.000000000000000000000000000001, 0, -0.99999), (0, 0, 0, 10000, 0);
	CREATE TABLE others (a year, b bit(1), c bit(10), d bit(64), e enum('red', 'grün'), f set('x', 'y', 'z'), g geometry, h uuid, i inet6, j json, k binary(4), l varbinary(10), m char(5), n varchar(5), o tinytext);
	INSERT INTO others VALUES (2155, b'1', b'1000000001', x'FF00000000000001', 'grün', 'x,z', POINT(1, 2), '123e4567-e89b-12d3-a456-426655440000', '2001:db8::1', '{"a": [1, null]}', x'00ff', x'', 'a ', 'äöü€😀', 'tiny'),
		(1901, b'0', b'0', 0, 'red', '', NULL, NULL, NULL, NULL, NULL, NULL, '', '', '');
	CREATE TABLE moments (id int, a date, b datetime(6), c timestamp NULL, d time(6));
	INSERT INTO moments VALUES (1, '0001-01-01', '9999-12-31 23:59:59.999999', '1970-01-01 00:00:01', '23:59:59.999999'), (2, '2024-02-29', '1000-01-01 00:00:00', '2026-07-01 12:00:00', '00:00:00'), (3, NULL, NULL, NULL, NULL);
	CREATE TABLE zero (id int, a date, b datetime, c int); INSERT INTO zero VALUES (1, '2026-01-01', '2026-01-01', 7), (2, '0000-00-00', '2010-00-10', 8);
	CREATE TABLE times (id int, a time); INSERT INTO times VALUES (1, '838:59:59'), (2, '-00:00:01');
	CREATE TABLE long_ones (id int, t longtext, b longblob);
	INSERT INTO long_ones VALUES (1, REPEAT('ü', 500000), REPEAT(x'00', 1000000)), (2, 'x', REPEAT('y', 20971520)), (3, REPEAT('z', 16777300), ''), (4, '', 'end');
	CREATE TABLE nul (id int, t varchar(10)); INSERT INTO nul VALUES (1, 'a'), (2, CONCAT('b', CHAR(0), 'c'));
	CREATE TABLE latin (t varchar(20)) CHARACTER SET latin1; INSERT INTO latin VALUES ('Müller'), ('x');
	CREATE TABLE charsets (l1 varchar(20) CHARACTER SET latin1, l2 varchar(20) CHARACTER SET cp1251, sj varchar(20) CHARACTER SET sjis, u2 char(5) CHARACTER SET utf16, gc int GENERATED ALWAYS AS (CHAR_LENGTH(l2) + 1) VIRTUAL,
		gs int GENERATED ALWAYS AS (CHAR_LENGTH(l2) + 2) STORED, zf int(5) unsigned zerofill, y year, i4 inet4, `sel``ect` int, `Ünï` int);
	INSERT INTO charsets (l1, l2, sj, u2, zf, y, i4, `sel``ect`, `Ünï`) VALUES ('Ärger€', 'Привет', '日本', '😀', 42, 0, '1.2.3.4', 2, 3);
	CREATE TABLE `Odd ``name` (`a"b` int, `select` int, `x``y` int); INSERT INTO `Odd ``name` VALUES (1, 2, 3);
	CREATE VIEW orders_view AS SELECT id, amount FROM orders WHERE id <= 3;
	CREATE TABLE shop2.orders (id int)});

my $node = SluiceNode->create('target');
my $port = $maria->port;
my $wrapper = $has_fdw ? 'CREATE EXTENSION mysql_fdw' : 'CREATE FOREIGN DATA WRAPPER mysql_fdw';
$node->sql(qq{$wrapper;
	CREATE SERVER m FOREIGN DATA WRAPPER mysql_fdw OPTIONS (host '127.0.0.1', port '$port');
	CREATE ROLE etl LOGIN; GRANT CREATE, USAGE ON SCHEMA public TO etl; GRANT USAGE ON FOREIGN SERVER m TO etl; GRANT USAGE ON FOREIGN DATA WRAPPER mysql_fdw TO etl;
	CREATE USER MAPPING FOR etl SERVER m OPTIONS (username 'reader', password '$secret');
	SELECT allow_pipelines('etl')});

my $number = 0;

# Makes a pipeline into table dN and runs it in the session; '' or the error.
sub load
{
	my ($arguments, %options) = @_;
	$number++;
	my $destination = $arguments =~ /destination_table/ ? '' : ", destination_table => 'd$number'";
	my $source = $arguments =~ /source =>/ ? '' : "source => 'm', ";
	my $mode = $arguments =~ /load =>/ ? '' : ", load => 'replace'";
	my ($code, $out, $err) = $node->psql($options{db} // 'postgres',
		"\\set VERBOSITY verbose\nSET client_min_messages = warning;\nSELECT create_pipeline('p$number', $source$arguments$destination$mode);\nCALL run_pipeline('p$number', '{\"who\": \"it''s \\\\ me\"}', NULL);",
		on_error_stop => 1, extra_params => [ '-U', $options{role} // 'etl' ]);
	return $code == 0 ? '' : $err;
}

sub rows { return $node->sql("SELECT * FROM d$number ORDER BY 1"); }

sub table_is
{
	my ($table, $expected, $name, $more) = @_;
	is(load("source_table => 'shop.$table'" . ($more // '')), '', "$name: runs");
	is(rows(), $expected, "$name: arrives");
	return;
}

sub types { return $node->sql("SELECT string_agg(format_type(atttypid, atttypmod), ', ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 'd$number'::regclass AND attnum > 0"); }

sub fails
{
	my ($arguments, $pattern, $name, %options) = @_;
	like(load($arguments, %options), $pattern, $name);
	return;
}

# Every type.
table_is('ints', join("\n", '-128|0|-32768|0|-8388608|0|-2147483648|0|-9223372036854775808|0',
		'127|255|32767|65535|8388607|16777215|2147483647|4294967295|9223372036854775807|18446744073709551615', '|||||||||'), 'integers');
is(types(), 'smallint, smallint, smallint, integer, integer, integer, integer, bigint, bigint, numeric', 'their types');
table_is('numbers', join("\n", '-3.4e+38|1.7976931348623157e+308|12345678901234567890123456789012345.123456789012345678901234567890|-9999999999|0.00001',
		'0|0|0.000000000000000000000000000000|10000|0.00000', '1.5|-2.2250738585072014e-308|-0.000000000000000000000000000001|0|-0.99999'), 'numbers');
is(types(), 'real, double precision, numeric(65,30), numeric(10,0), numeric(5,5)', 'their types');
table_is('others', join("\n", '1901|0|0000000000|' . '0' x 64 . '|red||||||||' . '     ||',
		'2155|1|1000000001|1111111100000000000000000000000000000000000000000000000000000001|grün|x,z|\x00000000010100000000' . '0000000000f03f0000000000000040|123e4567-e89b-12d3-a456-426655440000|2001:db8::1|{"a": [1, null]}|\x00ff0000|\x|a    |äöü€😀|tiny'), 'all else');
is(types(), 'smallint, bit(1), bit(10), bit(64), text, text, bytea, uuid, inet, text, bytea, bytea, character(5), character varying(5), text', 'their types');
table_is('moments', join("\n", '1|0001-01-01|9999-12-31 23:59:59.999999|1970-01-01 00:00:01+00|23:59:59.999999', '2|2024-02-29|1000-01-01 00:00:00|2026-07-01 12:00:00+00|00:00:00', '3||||'), 'dates and times');
is(types(), 'integer, date, timestamp without time zone, timestamp(0) with time zone, time without time zone', 'their types');
$node->sql('CREATE TABLE shown (c timestamp); ALTER TABLE shown OWNER TO etl');
is(load(q{source_table => 'shop.moments', timezone => 'Europe/Berlin', columns => 'c', filter => 'id = 2', destination_table => 'shown'}), '', 'a timestamp into a column without a zone');
is($node->sql('TABLE shown'), '2026-07-01 14:00:00', 'is shown in the zone of the pipeline');
$node->sql('CREATE TABLE instants (c timestamptz); ALTER TABLE instants OWNER TO etl');
is(load(q{source_table => 'shop.moments', timezone => 'Asia/Tokyo', columns => 'c', filter => 'id = 2', destination_table => 'instants'}), '', 'a timestamp into timestamptz');
is($node->sql("SET timezone = 'UTC'; TABLE instants"), '2026-07-01 12:00:00+00', 'stays the same instant');
table_is('latin', "Müller\nx", 'another character set');
table_is('charsets', 'Ärger€|Привет|日本|😀    |7|8|42|0|1.2.3.4|2|3', 'more character sets, computed columns');
is(types(), 'character varying(20), character varying(20), character varying(20), character(5), integer, integer, bigint, smallint, inet, integer, integer', 'their types');
table_is('"Odd `name"', '1|2|3', 'odd names');
$node->sql("CREATE TYPE colour AS ENUM ('red', 'grün'); CREATE TABLE coloured (e colour); ALTER TABLE coloured OWNER TO etl");
is(load(q{source_table => 'shop.others', columns => 'e', destination_table => 'coloured'}), '', 'an enum into an enum');
is($node->sql('SELECT string_agg(e::text, $$,$$ ORDER BY e) FROM coloured'), 'red,grün', 'arrives');

# Rules for what has no counterpart here.
fails(q{source_table => 'shop.zero'}, qr/22008:.*no date 0000-00-00.*HINT:.*zero_dates.*row 2, column "a" of shop\.zero/s, 'a zero date is an error');
table_is('zero', "1|2026-01-01|2026-01-01 00:00:00|7\n2|||8", 'or NULL', q{, options => '{"zero_dates": "null"}'});
table_is('zero', "1|7\n2|8", 'no matter where it is not needed', q{, columns => 'id, c'});
fails(q{source_table => 'shop.times'}, qr/22008:.*838:59:59.*HINT:.*mysql_time.*row 1, column "a"/s, 'a time beyond a day is an error');
table_is('times', "1|838:59:59\n2|-00:00:01", 'or an interval', q{, options => '{"mysql_time": "interval"}'});
fails(q{source_table => 'shop.nul'}, qr/22021:.*zero byte.*row 2, column "t" of shop\.nul/s, 'a zero byte in a text');

# Values of any size, within a row and beyond a packet.
is(load(q{source_table => 'shop.long_ones', columns => 'id, length(t) AS lt, md5(t) AS mt, length(b) AS lb, md5(b) AS mb'}), '', 'long values');
is(rows(), $maria->sql('SELECT id, CHAR_LENGTH(t), MD5(t), LENGTH(b), MD5(b) FROM shop.long_ones ORDER BY 1') =~ s/\t/|/gr, 'arrive whole');

# Queries, columns, filters.
is(load(q{source_query => 'SELECT o.id, v.amount, run_context() AS c, 1 + 1 AS two, "a;b" AS s -- the end
	FROM shop.orders o JOIN shop.orders_view v USING (id) WHERE id > 1;'}), '', 'a query in the SQL of the source');
is(rows(), "2|-4997.50|{\"who\": \"it's \\\\ me\"}|2|a;b\n3|-4996.25|{\"who\": \"it's \\\\ me\"}|2|a;b", 'gives its rows');
fails("source_query => '$_->[0]'", $_->[1], "$_->[0]")
  for [ 'DELETE FROM shop.orders', qr/42601:.*not one SELECT/s ], [ 'SELECT 1; SELECT 2', qr/42601:.*not one SELECT/s ], [ 'SELECT gone FROM shop.orders', qr/42703:.*gone.*MySQL error 1054/s ],
  [ 'SELECT FROM', qr/42601:.*MySQL error 1064/s ], [ 'SELECT ?', qr/42601:.*parameters/s ], [ 'SELECT * FROM mysql.user', qr/42501:.*MySQL error 1142.*HINT:.*Grant/s ];
table_is('orders_view', '2', 'a view, filtered', q{, columns => 'id', filter => 'id = 2'});
is(load(q{source_table => 'shop.orders', columns => '1 AS one', filter => 'true'}), '', 'without any column');
is($node->sql("SELECT count(*) FROM d$number"), 20000, 'there are as many rows');
is(load(q{source_table => 'SHOP.Orders', columns => 'count(*) AS n'}), '', 'a name that differs in case, an aggregate by SQL');
is(rows(), 20000, 'is found and counted');
like($node->safe_psql('postgres', "SELECT string_agg(l, E'\\n') FROM explain_pipeline('p3') l", extra_params => [ '-U', 'etl' ]), qr/itself in MySQL's binary protocol.*SELECT `a`, `b`.* FROM `shop`\.`others`/s, 'explain shows the query');
like($node->sql("SELECT log FROM pipeline_runs WHERE pipeline_name = 'p1'"), qr/binary protocol, because the option mysql_source is auto.*connected to server "m" \(MariaDB/s, 'the log tells who reads');

# The same rows as through the wrapper.
SKIP:
{
	skip 'mysql_fdw has no package for this PostgreSQL', 5 unless $has_fdw;
	# It reads timestamps in the server's own zone.
	my $columns = q{columns => 'id, customer, code, amount, big, ratio, part, ordered_at, day, "at", note, picture, flag'};
	is(load("source_table => 'shop.orders', $columns, destination_table => 'ours'"), '', 'read by ourselves');
	is(load("source_table => 'shop.orders', $columns, destination_table => 'theirs', options => '{\"mysql_source\": \"fdw\"}'"), '', 'read by mysql_fdw');
	like($node->sql("SELECT log FROM pipeline_runs WHERE pipeline_name = 'p$number'"), qr/through mysql_fdw, because the option mysql_source asks for it/, 'the log says why');
	# The wrapper reads floats with fewer digits.
	is($node->sql('SELECT count(*) FROM ours FULL JOIN theirs USING (id) WHERE to_jsonb(ours) - $$part$$ - $$ratio$$ IS DISTINCT FROM to_jsonb(theirs) - $$part$$ - $$ratio$$ OR abs(ours.ratio - theirs.ratio) > 1e-9 OR abs(ours.part - theirs.part) > 0.1'), 0, 'the same rows');
	is($node->sql(q{SELECT string_agg(a.attname, ',') FROM pg_attribute a JOIN pg_attribute b USING (attname) WHERE a.attrelid = 'ours'::regclass AND b.attrelid = 'theirs'::regclass
		AND a.attnum > 0 AND (a.atttypid <> b.atttypid OR (a.atttypmod <> b.atttypmod AND b.atttypmod >= 0))}), '', 'of the same types, of which the wrapper knows no digits');
}

# Another encoding.
$node->sql("CREATE DATABASE narrow ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0");
$node->sql(qq{CREATE EXTENSION pg_sluice; $wrapper; CREATE SERVER m FOREIGN DATA WRAPPER mysql_fdw OPTIONS (host '127.0.0.1', port '$port');
	CREATE USER MAPPING FOR PUBLIC SERVER m OPTIONS (username 'reader', password '$secret')}, db => 'narrow');
my $super = $node->sql('SELECT current_user');
is(load(q{source_table => 'shop.latin'}, db => 'narrow', role => $super), '', 'into a LATIN1 database');
is($node->sql("SELECT encode(convert_to(t, 'LATIN1'), 'hex') FROM d$number ORDER BY t LIMIT 1", db => 'narrow'), '4dfc6c6c6572', 'text is converted');
fails(q{source_table => 'shop.orders'}, qr/22P05:.*row 1, column "note"/s, 'what it has no character for', db => 'narrow', role => $super);

# Who may connect, and what errors are called.
fails(q{source_table => 'orders'}, qr/42P01:.*shop\.orders.*shop2\.orders.*HINT:.*database\.table/s, 'without a database: those that hold the table');
fails(q{source_table => 'shop.gone'}, qr/42P01:.*shop\.gone/, 'an unknown table');
$node->sql(q{CREATE SERVER closed FOREIGN DATA WRAPPER mysql_fdw OPTIONS (host '127.0.0.1', port '1'); CREATE USER MAPPING FOR etl SERVER closed OPTIONS (username 'reader', password 'x'); GRANT USAGE ON FOREIGN SERVER closed TO etl});
fails(q{source => 'closed', source_table => 'shop.orders'}, qr/08001:.*could not connect.*MySQL error 2002|08001:.*could not connect.*MySQL error 2003/s, 'nobody listens');
my $mute = IO::Socket::INET->new(Listen => 5, LocalAddr => '127.0.0.1') or die;
$node->sql('ALTER SERVER closed OPTIONS (SET port $$' . $mute->sockport . '$$)');
fails(q{source => 'closed', source_table => 'shop.orders', options => '{"connect_timeout": 1}'}, qr/08001:.*within 1 seconds.*HINT:.*connect_timeout/s, 'a server that says nothing');
$node->sql("ALTER USER MAPPING FOR etl SERVER m OPTIONS (SET password 'wrong')");
fails(q{source_table => 'shop.orders'}, qr/28P01:.*could not connect.*Access denied.*MySQL error 1045.*HINT:.*user mapping/s, 'a wrong password');
$node->sql("ALTER USER MAPPING FOR etl SERVER m OPTIONS (DROP password)");
fails(q{source_table => 'shop.orders'}, qr/28P01:.*password is required.*HINT:.*USER MAPPING/s, 'no password, not a superuser');
$node->sql("ALTER USER MAPPING FOR etl SERVER m OPTIONS (ADD password '$secret'); ALTER SERVER m OPTIONS (SET host 'localhost')");
is(load(q{source_table => 'shop.ints'}), '', 'localhost is reached over TCP');
$node->sql("ALTER SERVER m OPTIONS (SET host '127.0.0.1')");
SKIP:
{
	skip 'this MariaDB offers TLS by itself', 1 if $maria->sql("SHOW VARIABLES LIKE 'have_ssl'") =~ /YES/;
	$node->sql("ALTER SERVER m OPTIONS (ADD ssl_cipher 'AES')");
	fails(q{source_table => 'shop.ints'}, qr/08001:.*TLS/s, 'TLS is asked for and not offered');
	$node->sql('ALTER SERVER m OPTIONS (DROP ssl_cipher)');
}
$node->sql("SET ROLE etl; CREATE SERVER own FOREIGN DATA WRAPPER mysql_fdw OPTIONS (host '127.0.0.1', port '$port', ssl_ca '/etc/passwd'); CREATE USER MAPPING FOR etl SERVER own OPTIONS (username 'reader', password '$secret')");
fails(q{source => 'own', source_table => 'shop.ints'}, qr/42501:.*ssl_ca/s, 'files are named by superusers only');
SKIP:
{
	# Not every release of the wrapper has that option.
	my ($code) = $node->psql('postgres', "CREATE SERVER filed FOREIGN DATA WRAPPER mysql_fdw OPTIONS (host '127.0.0.1', port '$port', mysql_default_file '/nowhere'); GRANT USAGE ON FOREIGN SERVER filed TO etl");
	skip 'this mysql_fdw reads no files of options', 1 unless $code == 0;
	fails(q{source => 'filed', source_query => 'SELECT 1'}, qr/0A000:.*source_query/s, 'a server with a file of options is left to mysql_fdw');
}

# TLS, with rows within and beyond what is read at a time.
SKIP:
{
	my $dir = PostgreSQL::Test::Utils::tempdir;
	my $made = system("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 -keyout $dir/key -out $dir/cert >/dev/null 2>&1") == 0
	  && system("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 -keyout $dir/key2 -out $dir/other >/dev/null 2>&1") == 0;
	skip 'openssl makes no certificates here', 6 unless $made;
	my $tls = SluiceMariaDB->new("--ssl-cert=$dir/cert", "--ssl-key=$dir/key");
	my $tls_port = $tls->port;
	$tls->sql(qq{CREATE DATABASE shop; CREATE USER reader\@'127.0.0.1' IDENTIFIED BY '$secret' REQUIRE SSL; GRANT SELECT ON shop.* TO reader\@'127.0.0.1';
		CREATE TABLE shop.pieces AS SELECT seq AS id, REPEAT(CHAR(65 + seq % 26 USING utf8mb4), seq * 7 % 5000) AS t FROM shop.seq_1_to_3000; INSERT INTO shop.pieces VALUES (0, REPEAT('x', 300000))});
	$node->sql(qq{CREATE SERVER tls FOREIGN DATA WRAPPER mysql_fdw OPTIONS (host '127.0.0.1', port '$tls_port'); GRANT USAGE ON FOREIGN SERVER tls TO etl;
		CREATE USER MAPPING FOR etl SERVER tls OPTIONS (username 'reader', password '$secret')});
	my $rows = q{source => 'tls', source_table => 'shop.pieces'};
	is(load($rows), '', 'TLS is used where the server has it');
	is($node->sql("SELECT count(*), sum(length(t)), sum(ascii(t)) FROM d$number"), $tls->sql('SELECT COUNT(*), SUM(LENGTH(t)), SUM(ASCII(t)) FROM shop.pieces') =~ s/\t/|/gr, 'all rows arrive');
	fails(q{source => 'tls', source_query => 'SELECT 1 AS a, SLEEP(600) AS b', options => '{"source_idle_timeout": 1}'}, qr/SL005:.*sent nothing for 1 second/s,
		'a source that falls silent under TLS');
	$node->sql("ALTER SERVER tls OPTIONS (ADD ssl_ca '$dir/cert')");
	is(load($rows), '', 'a certificate that is trusted');
	$node->sql("ALTER SERVER tls OPTIONS (SET ssl_ca '$dir/other')");
	fails($rows, qr/08001:.*could not connect.*MySQL error 2026/s, 'one that is not');
	$node->sql("ALTER SERVER tls OPTIONS (SET ssl_ca '$dir/cert', SET host 'localhost')");
	fails($rows, qr/08001:.*could not connect.*MySQL error 2026/s, 'one of another host');
	$tls->stop;
}

# Ends that reach the server.
sub sleeping { return $maria->sql("SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE 'SELECT%SLEEP(%' AND info NOT LIKE '%processlist%'"); }

sub await_sleeping
{
	my ($expected, $name) = @_;
	my $found;
	for (1 .. 10 * $PostgreSQL::Test::Utils::timeout_default)
	{
		$found = sleeping();
		last if $found == $expected;
		select(undef, undef, undef, 0.1);
	}
	is($found, $expected, $name);
	return;
}

fails(q{source_query => 'SELECT 1 AS a, SLEEP(600) AS b', options => '{"source_idle_timeout": 1}'}, qr/SL005:.*sent nothing for 1 second.*HINT:.*source_idle_timeout/s, 'a source that falls silent');
await_sleeping(0, 'its query is ended');
$node->sql(q{SET ROLE etl; SELECT create_pipeline('slow', source => 'm', source_query => 'SELECT id, SLEEP(id) AS b FROM shop.moments', destination_table => 'slow', load => 'append');
	SELECT create_pipeline('endless', source => 'm', source_query => 'SELECT a.id, REPEAT(9, 3000) AS b, IF(a.id = 15000, SLEEP(600), 0) AS c FROM shop.orders a', destination_table => 'endless', load => 'append')});
for my $pipeline (qw(slow endless))
{
	my $run = $node->sql("SET ROLE etl; SELECT trigger_pipeline('$pipeline')");
	await_sleeping(1, "$pipeline runs");
	is($node->sql("SET ROLE etl; SELECT stop_run('$run')"), 't', 'it is stopped');
	is($node->sql("SELECT wait_for_run('$run', '60 s')"), 'stopped', 'the run is over');
	await_sleeping(0, 'and so is the query');
	$run = $node->sql("SET ROLE etl; SELECT trigger_pipeline('$pipeline')");
	await_sleeping(1, "$pipeline runs again");
	$node->sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'pg_sluice run'");
	is($node->sql("SELECT wait_for_run('$run', '60 s')"), 'failed', 'its worker is terminated');
	await_sleeping(0, 'the query is ended, too');
}
my $run = $node->sql("SET ROLE etl; SELECT trigger_pipeline('endless')");
await_sleeping(1, 'a last run');
$maria->kill;
is($node->sql("SELECT wait_for_run('$run', '60 s')"), 'failed', 'the server is killed');
is($node->sql("SELECT error_sqlstate FROM pipeline_runs WHERE id = '$run'"), '08006', 'the connection is lost');
is($node->sql("SELECT to_regclass('endless') IS NULL"), 't', 'nothing was loaded');
is($node->sql("SELECT count(*) FROM pipelines p, pipeline_runs r, pipeline_log l WHERE concat(p::text, r::text, l::text) LIKE '%$secret%'"), 0, 'no secret in definitions, runs or logs');
$node->stop;
done_testing();
