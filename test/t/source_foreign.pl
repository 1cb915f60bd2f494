# A real MariaDB through mysql_fdw, and a file through file_fdw: sources that are read by the executor.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../perl";
use DataTemplate;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $sharedir = `pg_config --sharedir`;
chomp $sharedir;
plan skip_all => 'mysql_fdw has no package for this PostgreSQL' unless -e "$sharedir/extension/mysql_fdw.control";
require SluiceMariaDB;

my $secret = 'Maria-Secret';
my $maria = SluiceMariaDB->new;
$maria->sql(qq{CREATE DATABASE tz; CREATE DATABASE shop CHARACTER SET utf8mb4; CREATE DATABASE shop2;
	CREATE USER reader\@'127.0.0.1' IDENTIFIED BY '$secret'; GRANT SELECT ON *.* TO reader\@'127.0.0.1';
	CREATE TABLE shop.sales_orders (id bigint PRIMARY KEY, customer varchar(100), amount decimal(12, 2), ordered_at datetime, note text);
	INSERT INTO shop.sales_orders SELECT seq, CONCAT('Kündin ', seq), seq * 1.25, '2026-01-01 10:00:00' + INTERVAL seq MINUTE, IF(seq % 3 = 0, NULL, '漢字') FROM shop.seq_1_to_20000;
	CREATE TABLE shop.MixedCase (a int); INSERT INTO shop.MixedCase VALUES (1), (2);
	CREATE TABLE shop2.sales_orders (id int)});
$maria->load('mysql_tzinfo_to_sql /usr/share/zoneinfo', 'mysql');
$maria->sql('CREATE TABLE tz.time_zone_name AS SELECT * FROM mysql.time_zone_name; CREATE TABLE tz.time_zone_transition AS SELECT * FROM mysql.time_zone_transition');

my $node = PostgreSQL::Test::Cluster->new('target');
$node->init;
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'pg_sluice'");
$node->start;
my $port = $maria->port;
$node->safe_psql('postgres', qq{CREATE EXTENSION mysql_fdw; CREATE EXTENSION file_fdw; CREATE EXTENSION pg_sluice;
	CREATE SERVER mysql_prod FOREIGN DATA WRAPPER mysql_fdw OPTIONS (host '127.0.0.1', port '$port');
	CREATE SERVER files FOREIGN DATA WRAPPER file_fdw;
	CREATE ROLE etl LOGIN; GRANT CREATE, USAGE ON SCHEMA public TO etl; GRANT pg_read_server_files TO etl;
	GRANT USAGE ON FOREIGN SERVER mysql_prod, files TO etl;
	CREATE USER MAPPING FOR etl SERVER mysql_prod OPTIONS (username 'reader', password '$secret');
	SELECT allow_pipelines('etl')});

my $number = 0;

sub run_etl
{
	my ($arguments, $worker) = @_;
	$number++;
	# What pg_sluice reads by itself is the business of source_mysql.pl.
	$arguments .= q{, options => '{"mysql_source": "fdw"}'} if $arguments =~ /mysql_prod/;
	my $run = $worker ? "CALL trigger_and_wait('m$number', '{}', '3 minutes', NULL, NULL)" : "CALL run_pipeline('m$number', '{}', NULL)";
	my ($code, $out, $err) = $node->psql('postgres',
		"\\set VERBOSITY verbose\nSET client_min_messages = warning;\nSELECT create_pipeline('m$number', $arguments);\n$run;",
		on_error_stop => 1, extra_params => [ '-U', 'etl' ]);
	return $code == 0 ? '' : $err;
}

sub load_ok
{
	my ($arguments, $name, $worker) = @_;
	is(run_etl($arguments, $worker), '', $name);
	return;
}

load_ok("source => 'mysql_prod', source_table => 'shop.sales_orders', destination_table => 'daily_sales'", 'a MariaDB table by a worker', 1);
is($node->safe_psql('postgres', "SELECT status, records_processed FROM pipeline_runs WHERE pipeline_name = 'm$number'"), 'success|20000', 'the run says so');
my $sums = $node->safe_psql('postgres', q{SELECT count(*), sum(id), sum(amount), count(note), max(ordered_at), min(customer) FROM daily_sales});
is($sums, "20000|200010000|250012500.00|13334|2026-01-15 07:20:00|Kündin 1", 'all values arrive') or diag($maria->sql('SELECT count(*), sum(id), sum(amount), count(note), max(ordered_at), min(customer) FROM shop.sales_orders'));
load_ok("source => 'mysql_prod', source_table => 'tz.time_zone_transition', destination_table => 'transitions'", 'the time zone tables');
is($node->safe_psql('postgres', 'SELECT count(*) FROM transitions'), $maria->sql('SELECT count(*) FROM tz.time_zone_transition'), 'all transitions arrive');
load_ok("source => 'mysql_prod', source_table => 'shop.sales_orders', destination_table => 'few', columns => 'id, upper(customer) AS customer', filter => 'id <= 10'", 'columns and filter');
is($node->safe_psql('postgres', 'SELECT count(*), max(customer) FROM few'), '10|KÜNDIN 9', 'they are applied');
load_ok("source => 'mysql_prod', source_table => 'shop.sales_orders', destination_table => 'daily_sales', load => 'replace'", 'replace');
is($node->safe_psql('postgres', q{SELECT count(*), sum(id) FROM daily_sales}), '20000|200010000', 'replaced');
load_ok("source => 'mysql_prod', source_table => 'shop.mixedcase', destination_table => 'mixedcase'", 'a name that differs in case only');
like(run_etl("source => 'mysql_prod', source_table => 'sales_orders', destination_table => 'x'"), qr/shop.*shop2|shop2.*shop/s, 'without a database: the error lists those that hold the table');
like(run_etl("source => 'mysql_prod', source_table => 'shop.gone', destination_table => 'x'"), qr/42P01:.*gone/, 'an unknown table');
like(run_etl("source => 'mysql_prod', source_query => 'SELECT 1', destination_table => 'x'"), qr/0A000:.*HINT:/s, 'a query is refused');
$node->safe_psql('postgres', "ALTER USER MAPPING FOR etl SERVER mysql_prod OPTIONS (SET password 'wrong')");
like(run_etl("source => 'mysql_prod', source_table => 'shop.sales_orders', destination_table => 'daily_sales', load => 'append'"), qr/Access denied/, 'wrong password');
is($node->safe_psql('postgres', 'SELECT count(*) FROM daily_sales'), 20000, 'nothing was changed');
$node->safe_psql('postgres', "ALTER USER MAPPING FOR etl SERVER mysql_prod OPTIONS (SET password '$secret')");
is($node->safe_psql('postgres', "SELECT count(*) FROM pg_foreign_table WHERE ftserver = (SELECT oid FROM pg_foreign_server WHERE srvname = 'mysql_prod')"), 0, 'no imported table is left behind');

# A foreign table as destination: mysql_fdw writes the rows.
$maria->sql("CREATE TABLE shop.written (id int PRIMARY KEY, name varchar(50)) CHARACTER SET utf8mb4; GRANT INSERT, UPDATE, DELETE ON shop.written TO reader\@'127.0.0.1'");
$node->safe_psql('postgres', "CREATE FOREIGN TABLE written (id int, name varchar(50)) SERVER mysql_prod OPTIONS (dbname 'shop', table_name 'written'); ALTER FOREIGN TABLE written OWNER TO etl");
load_ok("source_query => 'SELECT i AS id, ''Kündin '' || i AS name FROM generate_series(1, 500) i', destination_table => 'written', load => 'append'", 'into a MariaDB table');
is($maria->sql('SELECT count(*), sum(id) FROM shop.written'), "500\t125250", 'the rows are there');
load_ok("source_query => 'SELECT i AS id, ''x'' AS name FROM generate_series(400, 600) i', destination_table => 'written', load => 'replace'", 'replaced there');
is($maria->sql('SELECT count(*), sum(id) FROM shop.written'), "201\t100500", 'the old rows are gone');
$node->safe_psql('postgres', 'DROP FOREIGN TABLE written');

# file_fdw has no IMPORT FOREIGN SCHEMA: a local foreign table names the file.
my $file = '/usr/share/zoneinfo/zone1970.tab';
$file = '/usr/share/zoneinfo/iso3166.tab' unless -e $file;
my $lines = grep { !/^#/ } split /\n/, slurp_file($file);
$node->safe_psql('postgres', "CREATE FOREIGN TABLE lines (line text) SERVER files OPTIONS (filename '$file', format 'text', delimiter E'\\x01'); GRANT SELECT ON lines TO etl");
load_ok("source => 'files', source_table => 'lines', destination_table => 'zones', columns => 'line, length(line) AS size', filter => 'line !~ ''^#'''", 'a file');
is($node->safe_psql('postgres', 'SELECT count(*) FROM zones'), $lines, 'its lines arrive');
like(run_etl("source => 'files', source_table => 'no_such_table', destination_table => 'x'"), qr/(42P01|0A000):.*HINT:.*CREATE FOREIGN TABLE/is, 'a file without a foreign table');

is($node->safe_psql('postgres', "SELECT count(*) FROM pipelines p, pipeline_runs r, pipeline_log l WHERE concat(p::text, r::text, l::text) LIKE '%$secret%'"), 0, 'no secret in definitions, runs or logs');
$node->stop;
$maria->stop;
done_testing();
