# A query of this database over the rows of a real MariaDB, columns that are not read there, and rows that it counts itself.
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

my $maria = SluiceMariaDB->new;
$maria->sql(qq{CREATE DATABASE shop CHARACTER SET utf8mb4;
	CREATE USER reader\@'127.0.0.1' IDENTIFIED BY 'secret'; USE shop;
	CREATE TABLE orders (id int PRIMARY KEY, region varchar(20), amount decimal(10, 2), secret varchar(20), kind enum('a', 'b'), at timestamp(6) NULL);
	INSERT INTO orders SELECT seq, IF(seq % 2, 'North', 'north'), seq, 'x', IF(seq % 3, 'a', 'b'), '2026-01-01' + INTERVAL seq SECOND FROM seq_1_to_1000;
	GRANT SELECT ON shop.orders TO reader\@'127.0.0.1'});

my $node = SluiceNode->create('target');
my $port = $maria->port;
$node->sql(($has_fdw ? 'CREATE EXTENSION mysql_fdw' : 'CREATE FOREIGN DATA WRAPPER mysql_fdw')
	. qq{; CREATE SERVER m FOREIGN DATA WRAPPER mysql_fdw OPTIONS (host '127.0.0.1', port '$port');
	CREATE USER MAPPING FOR CURRENT_USER SERVER m OPTIONS (username 'reader', password 'secret')});

sub last_run
{
	my ($name, $what) = @_;
	return $node->sql("SELECT $what FROM pipeline_runs WHERE pipeline_name = '$name' ORDER BY id DESC LIMIT 1");
}

# Texts are this database's: North and north are two.
$node->sql(q{CREATE TABLE kinds (kind text, name text); INSERT INTO kinds VALUES ('a', 'first'), ('b', 'second');
	SELECT create_pipeline('totals', source => 'm', source_table => 'shop.orders', destination_table => 'totals', filter => 'amount > 10', load => 'replace',
	options => '{"verify": "count", "exclude_columns": ["secret"], "transform": "SELECT region, name, sum(amount) AS total, max(at) AS latest FROM source JOIN kinds USING (kind) GROUP BY region, name"}');
	CALL run_pipeline('totals', NULL, NULL)});
is($node->sql('SELECT region, name, total FROM totals ORDER BY region COLLATE "C", name'),
	$node->sql(q{SELECT * FROM (SELECT CASE WHEN i % 2 = 1 THEN 'North' ELSE 'north' END AS region, CASE WHEN i % 3 > 0 THEN 'first' ELSE 'second' END AS name, sum(i)::numeric(10, 2) AS total FROM generate_series(11, 1000) AS i GROUP BY 1, 2) t ORDER BY region COLLATE "C", name}),
	'a query over rows of MariaDB, joined with a table here');
is(last_run('totals', q{records_read || '/' || records_inserted}), '1000/4', 'what was read, and what was loaded');
is($node->sql(q{SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 'totals'::regclass AND attname = 'latest'}), 'timestamp with time zone', 'with the types of the columns');
is($node->sql(q{SELECT count(*) FROM pipeline_log WHERE pipeline = 'totals' AND message LIKE 'verify: the source counts 1000 rows%'}), '1', 'and MariaDB counts as many');

# Rows that are counted are those that are asked for: by a cursor, by a query.
$node->sql(q{SELECT create_pipeline('news', source => 'm', source_query => 'SELECT id, amount FROM shop.orders WHERE id > 5 -- all', destination_table => 'news', cursor_column => 'id', options => '{"verify": "count"}');
	CALL run_pipeline('news', NULL, NULL)});
$maria->sql(q{USE shop; INSERT INTO orders (id, amount) VALUES (1001, 1), (1002, 1)});
$node->sql(q{CALL run_pipeline('news', NULL, NULL)});
is(last_run('news', q{records_read || '/' || records_inserted || '/' || records_duplicate}), '3/2/1', 'a count of what is new');
$node->sql(q{SELECT create_pipeline('random', source => 'm', source_query => 'SELECT id FROM shop.orders WHERE rand() < 0.5', destination_table => 'random', load => 'replace', options => '{"verify": "count"}')});
$node->sql_fails(q{CALL run_pipeline('random', NULL, NULL)}, qr/SL018.*the source counts \d+ rows, and \d+ were read/s, 'another count fails the run');

# The wrapper's rows are no snapshot's.
$node->sql_fails(q{SELECT alter_pipeline('totals', options => '{"mysql_source": "fdw"}')}, qr/0A000.*verify cannot be "count" for this source/s, 'the wrapper cannot be counted');
is($node->sql(q{SELECT line LIKE '%secret%' FROM explain_pipeline('totals') AS line WHERE line LIKE '%FROM `shop`.`orders`%'}), 'f', 'an excluded column is not asked for');

# A user who may not read a column that is left out.
$maria->sql(q{CREATE USER few@'127.0.0.1' IDENTIFIED BY 'secret'; GRANT SELECT (id, region, amount) ON shop.orders TO few@'127.0.0.1'});
$node->sql(qq{CREATE SERVER few FOREIGN DATA WRAPPER mysql_fdw OPTIONS (host '127.0.0.1', port '$port'); CREATE USER MAPPING FOR CURRENT_USER SERVER few OPTIONS (username 'few', password 'secret');
	SELECT create_pipeline('few', source => 'few', source_table => 'shop.orders', destination_table => 'few', load => 'append', cursor_column => 'id', options => '{"exclude_columns": ["secret", "kind", "at"]}');
	SELECT create_pipeline('named', source => 'few', source_table => 'shop.orders', destination_table => 'named', load => 'replace', columns => 'id, amount * 2 AS twice', filter => 'id < 10')});
$node->sql(q{CALL run_pipeline('few', NULL, NULL)}) for 1 .. 2;
is(last_run('few', q{records_read || '/' || records_inserted || '/' || records_duplicate}), '1/0/1', 'columns without a right to them are left out, and rows known again');
is($node->sql(q{SELECT string_agg(attname, ',' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 'few'::regclass AND attnum > 0}), 'id,region,amount', 'the others are loaded');
is($node->sql(q{SELECT count(*) FROM few}), '1002', 'all rows of them');
$node->sql(q{CALL run_pipeline('named', NULL, NULL)});
is($node->sql(q{SELECT string_agg(id || '=' || twice, ',' ORDER BY id) FROM named WHERE id < 3}), '1=2.00,2=4.00', 'columns that are named need no right to others');
is($node->sql(q{SELECT count(*) FROM pipeline_log WHERE pipeline = 'named' AND message = 'the user has no right to read all columns of shop.orders, only "amount", "id", "region"'}), '1', 'which the log says');
$node->sql(q{SELECT alter_pipeline('few', options => '{"exclude_columns": null}')});
$node->sql_fails(q{CALL run_pipeline('few', NULL, NULL)}, qr/42501.*denied/s, 'all columns want the right to all');

done_testing();
