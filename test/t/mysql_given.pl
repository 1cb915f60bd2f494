# A MySQL server that is there already: MYSQL_TEST_URL=mysql://root:password@127.0.0.1:3306 names it, with a user who may create
# databases and users. What MariaDB cannot show: MySQL's own ways to log in, types, collations and settings. Everything it makes is dropped.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../perl";
use IPC::Run;
use MysqlVariables;
use SluiceNode;
use Test::More;

my ($user, $password, $host, $port) = ($ENV{MYSQL_TEST_URL} // '') =~ m{^mysql://([^:@/]+)(?::([^@]*))?@([^:/]+):(\d+)/?$};
plan skip_all => 'MYSQL_TEST_URL names no MySQL server' if !defined $port;

sub mysql
{
	my ($sql) = @_;
	my ($out, $err);
	local $ENV{MYSQL_PWD} = $password // '';
	utf8::encode($sql) if utf8::is_utf8($sql);
	IPC::Run::run([ 'mariadb', '--no-defaults', '-u', $user, '-h', $host, '-P', $port, '--default-character-set=utf8mb4', '-N', '-B' ], '<', \$sql, '>', \$out, '2>', \$err) or die "MySQL: $err";
	chomp $out;
	return $out;
}

my $db = 'sluice_given';
my %users = (sha2 => 'caching_sha2_password', sha256 => 'sha256_password', gone => 'caching_sha2_password', locked => 'caching_sha2_password');
sub clean { mysql("DROP DATABASE IF EXISTS $db; " . join('', map { "DROP USER IF EXISTS ${db}_$_;" } sort keys %users)); return; }
clean();
mysql("CREATE DATABASE $db; " . join('', map { "CREATE USER ${db}_$_ IDENTIFIED WITH $users{$_} BY 'Given-1-$_'; GRANT SELECT ON $db.* TO ${db}_$_;" } sort keys %users)
	  . "ALTER USER ${db}_gone PASSWORD EXPIRE; ALTER USER ${db}_locked ACCOUNT LOCK");
mysql(qq{USE $db; SET sql_mode = ''; SET time_zone = '+00:00';
	CREATE TABLE words (id int PRIMARY KEY, t varchar(20), e enum('small', 'medium', 'large'), b varchar(20) COLLATE utf8mb4_0900_bin, n bigint unsigned, inv int DEFAULT 7 INVISIBLE);
	INSERT INTO words VALUES (1, 'ann', 'small', 'ann', 18446744073709551615), (2, 'ANN', 'medium', 'ANN', 0), (3, 'änn ', 'large', 'änn', 7), (4, 'bob', 'large', 'bob', 1);
	CREATE TABLE odd (id int PRIMARY KEY, d decimal(65, 30), y year, b bit(64), ts timestamp(6) NULL, tm time(6), j json, v vector(3), g point, l1 varchar(20) CHARACTER SET latin1, l2 varchar(20) CHARACTER SET cp1251, sj varchar(20) CHARACTER SET sjis,
		gc int GENERATED ALWAYS AS (id + 1) VIRTUAL, gs int GENERATED ALWAYS AS (id + 2) STORED, m datetime);
	INSERT INTO odd (id, d, y, b, ts, tm, j, v, g, l1, l2, sj, m) VALUES (1, 99999999999999999999999999999999999.999999999999999999999999999999, 2155, 18446744073709551615, '2024-10-27 00:30:00.5', '23:59:59.999999', '{"a": "\\\\u0001"}',
		STRING_TO_VECTOR('[1,2.5,-3]'), POINT(1, 2), 'Ärger€', 'Привет', '日本', '2024-10-27 02:30:00')});

my $node = SluiceNode->create('target', undef, init => { extra => [ '--locale=C', '--encoding=UTF8' ] });
$node->sql(qq{CREATE FOREIGN DATA WRAPPER mysql_fdw; CREATE SERVER m FOREIGN DATA WRAPPER mysql_fdw OPTIONS (host '$host', port '$port'); CREATE USER MAPPING FOR CURRENT_USER SERVER m OPTIONS (username '${db}_sha2', password 'Given-1-sha2')});
my $number = 0;

sub load
{
	my ($arguments) = @_;
	$number++;
	my ($code, $out, $err) = $node->psql('postgres', "\\set VERBOSITY verbose\nSET client_min_messages = warning;\nSELECT create_pipeline('p$number', source => 'm', $arguments, destination_table => 'd$number', load => 'replace', timezone => 'Europe/Berlin');\nCALL run_pipeline('p$number', '{}', NULL);",
		on_error_stop => 1);
	return $code == 0 ? '' : $err;
}

sub log_in
{
	my ($name, $secret) = @_;
	$node->sql("ALTER USER MAPPING FOR CURRENT_USER SERVER m OPTIONS (SET username '${db}_$name', SET password '$secret')");
	return load("source_query => 'SELECT CURRENT_USER() AS u'");
}

# Twice: the whole way first, then the fast one.
is(log_in('sha2', 'Given-1-sha2'), '', "caching_sha2_password lets us in, time $_") for 1, 2;
is(log_in('sha256', 'Given-1-sha256'), '', 'so does sha256_password');
like(log_in('sha2', 'wrong'), qr/28P01:.*Access denied/s, 'but not with a wrong password');
like(log_in('gone', 'Given-1-gone'), qr/28000:.*HINT:.*new password/s, 'nor with one that has expired');
like(log_in('locked', 'Given-1-locked'), qr/28000:.*HINT:.*ACCOUNT UNLOCK/s, 'nor into an account that is locked');
$node->sql("ALTER SERVER m OPTIONS (ADD ssl_ca '" . __FILE__ . "')");
like(log_in('sha2', 'Given-1-sha2'), qr/08001:/, 'nor where the certificate is not trusted');
$node->sql('ALTER SERVER m OPTIONS (DROP ssl_ca)');
is(log_in('sha2', 'Given-1-sha2'), '', 'TLS that is not checked');

is(load("source_table => '$db.odd'"), '', 'values of all kinds');
is($node->sql("SET timezone = 'UTC'; SELECT d, y, b, ts, tm, j, v, g, l1, l2, sj, gc, gs, m FROM d$number"),
	'99999999999999999999999999999999999.999999999999999999999999999999|2155|' . '1' x 64 . '|2024-10-27 00:30:00.5+00|23:59:59.999999|{"a": "\u0001"}|{1,2.5,-3}|\x00000000010100000000' . '0000000000f03f0000000000000040|Ärger€|Привет|日本|2|3|2024-10-27 02:30:00',
	'are what they are');
like(load("source_query => 'SELECT COALESCE(ts, NOW()) AS at FROM $db.odd', columns => 'at AS z'") . $node->sql("SELECT format_type(atttypid, NULL) FROM pg_attribute WHERE attrelid = 'd$number'::regclass AND attnum = 1"), qr/^timestamp without time zone$/, 'a datetime of a query has no zone');
is(load("source_query => 'WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 3000) SELECT COUNT(*) AS c FROM n'"), '', 'a recursion of 3,000 steps');
is(load("source_table => '$db.words', columns => '*, inv'"), '', 'an invisible column');
is($node->sql("SELECT sum(inv) FROM d$number"), '28', 'is named');

for my $filter (q{t = 'Ann'}, q{t > 'ann'}, q{t LIKE 'A%'}, q{t IN ('ANN', 'x')}, q{e > 'medium'}, q{e = 'SMALL'}, q{b = 'ann'}, q{t <> '' AND n = 18446744073709551615}, q{NOT t = 'bob' OR n = 1})
{
	is(load(qq{source_table => '$db.words', columns => 'id', filter => \$\$$filter\$\$}), '', "$filter: runs");
	is($node->sql("SELECT string_agg(id::text, ',' ORDER BY id) FROM d$number"), mysql("SELECT GROUP_CONCAT(id ORDER BY id) FROM $db.words WHERE $filter") =~ s/^NULL$//r, "$filter: as the source says");
}
like(load("source_table => '$db.words', columns => 'max($_) AS v'"), qr/42804: columns cannot compare/, "max($_) is not guessed") for qw(t e);
is(load("source_table => '$db.words', columns => 'max(b) AS v'"), '', 'of bytes it is computed');

my $list = PostgreSQL::Test::Utils::slurp_file("$FindBin::RealBin/../../src/engine/source/mysql/mysql_connection.cpp");
my %pinned = map { $_ => 1 } ($list =~ /^\tSessionVariable\{"(\w+)", /mg), 'sql_mode', 'time_zone';
my @settings = split /\n/, mysql(q{SELECT variable_name FROM performance_schema.variables_metadata WHERE variable_scope <> 'GLOBAL'});
cmp_ok(scalar(@settings), '>', 100, 'the settings were read');
is(join(' ', grep { !$pinned{$_} && !MysqlVariables::is_harmless($_) } @settings), '', 'every setting is pinned or known not to matter');

clean();
$node->stop;
done_testing();
