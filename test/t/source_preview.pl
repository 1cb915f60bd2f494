# preview_pipeline, validate_pipeline and create_pipelines in front of a real MariaDB: by our own driver, which asks for no more rows than are shown and stops a query that gives more, and through
# the wrapper, where the table is imported for the moment.
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

my $secret = 'Maria-Secret';
my $maria = SluiceMariaDB->new;
$maria->sql(qq{CREATE DATABASE shop CHARACTER SET utf8mb4; CREATE USER reader\@'127.0.0.1' IDENTIFIED BY '$secret'; GRANT SELECT ON shop.* TO reader\@'127.0.0.1';
	USE shop; CREATE TABLE orders (id bigint PRIMARY KEY, customer varchar(100), amount decimal(12, 2), ordered_at datetime, flag bit(1), colour enum('red', 'green'));
	CREATE VIEW plain AS SELECT id, customer, ordered_at FROM orders;
	INSERT INTO orders SELECT seq, CONCAT('Kündin ', seq), seq * 1.25, '2026-01-01 10:00:00' + INTERVAL seq MINUTE, seq % 2, 'red' FROM seq_1_to_5000});
my $node = SluiceNode->create('target');
my $port = $maria->port;
my $wrapper = $has_fdw ? 'CREATE EXTENSION mysql_fdw' : 'CREATE FOREIGN DATA WRAPPER mysql_fdw';
$node->sql(qq{$wrapper; CREATE SERVER m FOREIGN DATA WRAPPER mysql_fdw OPTIONS (host '127.0.0.1', port '$port');
	CREATE ROLE etl LOGIN; CREATE ROLE member LOGIN IN ROLE etl; GRANT CREATE ON SCHEMA public TO etl; GRANT USAGE ON FOREIGN SERVER m TO etl;
	CREATE USER MAPPING FOR etl SERVER m OPTIONS (username 'reader', password '$secret'); SELECT allow_pipelines('etl'), allow_pipelines('member')});

# Output, or the error.
sub as
{
	my ($role, $sql) = @_;
	my ($code, $out, $err) = $node->psql('postgres', "\\set VERBOSITY verbose\nSET client_min_messages = warning;\n$sql", extra_params => [ '-U', $role ]);
	return $code == 0 ? $out : $err;
}

as('etl', q{CREATE TABLE d (id int, ordered_at date, customer varchar(8));
	SELECT create_pipeline('new', source => 'm', source_table => 'shop.orders', destination_table => 'e');
	SELECT create_pipeline('fed', source => 'm', source_table => 'shop.orders', destination_table => 'd', load => 'append', columns => 'id, ordered_at, customer', filter => 'id > 7');
	SELECT create_pipeline('there', source => 'm', source_table => 'shop.orders', destination_table => 'd', load => 'append', columns => 'id', filter => $$customer = 'Kündin 12'$$);
	SELECT create_pipeline('sum', source => 'm', source_table => 'shop.orders', destination_table => 'f', columns => 'count(*) AS n, sum(amount) AS amount');
	SELECT create_pipeline('endless', source => 'm', source_query => 'SELECT seq AS id FROM shop.seq_1_to_4000000000', destination_table => 'd', load => 'append')});
$maria->sql(q{SET GLOBAL log_output = 'TABLE'; SET GLOBAL general_log = ON});
is(as('etl', q{SELECT preview_pipeline('new', 1)}), '{"id": 1, "flag": "1", "amount": 1.25, "colour": "red", "customer": "Kündin 1", "ordered_at": "2026-01-01T10:01:00"}', 'types of a table that would be created');
is($maria->sql(q{SELECT COUNT(*) FROM mysql.general_log WHERE command_type = 'Execute' AND argument LIKE '%FROM `shop`.`orders` LIMIT 1'}), '1', 'the source is asked for that row alone');
is(as('etl', q{SELECT preview_pipeline('fed', 2)}), qq({"id": 8, "customer": "Kündin 8", "ordered_at": "2026-01-01"}\n{"id": 9, "customer": "Kündin 9", "ordered_at": "2026-01-01"}), 'a filter that is applied here');
like(as('etl', q{SELECT preview_pipeline('fed', 3)}), qr/^\{"_rejected": \{"reason": .*"sqlstate": "22001"/m, 'a value that does not fit, by its row');
is(as('etl', q{SELECT preview_pipeline('there', 3)}), '{"id": 12}', 'a filter that the source applies');
is($maria->sql(q{SELECT COUNT(*) FROM mysql.general_log WHERE command_type = 'Execute' AND argument LIKE '%WHERE%LIMIT 3'}), '1', 'with the limit behind it');
is(as('etl', q{BEGIN READ ONLY; SELECT preview_pipeline('sum'); COMMIT}), '{"n": 5000, "amount": 15628125.00}', 'an aggregate, in a read-only transaction');
is(as('etl', q{SELECT count(*), max((row ->> 'id')::int) FROM preview_pipeline('endless', 1500) AS row}), '1500|1500', 'a query that would go on');
my $left = 1;
for (1 .. 600)
{
	$left = $maria->sql(q{SELECT COUNT(*) FROM information_schema.processlist WHERE user = 'reader'});
	last unless $left;
	select(undef, undef, undef, 0.1);
}
is($left, 0, 'nothing of it is left at the source');
is($node->sql(q{SELECT to_regclass('e'), (SELECT count(*) FROM d), (SELECT count(*) FROM pipeline_runs)}), '|0|0', 'nothing was written');
like(as('member', q{SELECT preview_pipeline('etl/new', 1)}), qr/"Kündin 1"/, 'a member of the owner');

sub checks { return as($_[0], "SELECT check_name || ' ' || verdict || ' ' || message FROM validate_pipeline('etl/$_[1]') WHERE check_name ~ '$_[2]'"); }
like(checks('member', 'fed', 'source_connection'), qr/^source_connection ok server "m" is reached: MariaDB [0-9.]+.*, (TLS|not encrypted), answers within [0-9]+\.[0-9] ms$/, 'validate_pipeline tells what answers');
is(as('member', q{SELECT count(*) FROM validate_pipeline('etl/fed') WHERE verdict = 'error'}), 0, 'and finds nothing wrong');
$node->sql("ALTER USER MAPPING FOR etl SERVER m OPTIONS (SET password 'Wrong-Secret')");
like(checks('etl', 'fed', 'connection|column_match'), qr/^source_connection error could not connect to server "m".*denied.*\ncolumn_match warning not checked: /s, 'a wrong password');
unlike(checks('etl', 'fed', ''), qr/Secret/, 'is not told');
$node->sql("ALTER USER MAPPING FOR etl SERVER m OPTIONS (SET password '$secret')");

SKIP:
{
	skip 'mysql_fdw has no package for this PostgreSQL', 9 unless $has_fdw;
	$node->sql(q{ALTER SERVER m OWNER TO CURRENT_USER});
	as('etl', q{SELECT alter_pipeline('fed', source_table => 'shop.plain', options => '{"mysql_source": "fdw"}')});
	my $shown = qq({"id": 8, "customer": "Kündin 8", "ordered_at": "2026-01-01"}\n{"id": 9, "customer": "Kündin 9", "ordered_at": "2026-01-01"});
	is(as('etl', q{SELECT preview_pipeline('fed', 2)}), $shown, 'a table that is imported for the moment');
	is($node->sql(q{SELECT count(*) FROM pg_foreign_table}), 0, 'it is gone');
	like(as('etl', q{BEGIN READ ONLY; SELECT preview_pipeline('fed', 2)}), qr/25006:.*IMPORT FOREIGN SCHEMA.*HINT:.*only looks writes nothing/s, 'not where nothing may be made');
	like(as('member', q{SELECT preview_pipeline('etl/fed', 2)}), qr/42501:.*temporary table.*HINT:.*connected as role etl/s, 'nor in the session of another role');
	is(as('etl', q{SELECT count(*) FROM validate_pipeline('fed') WHERE verdict = 'error' OR message ~ 'not checked'}), 0, 'validate_pipeline sees all of it');
	like(checks('member', 'fed', '^source$'), qr/^source warning not checked: .*temporary table/, 'or says what it could not see');
	as('etl', q{CREATE FOREIGN TABLE o (id int, customer text, ordered_at timestamp) SERVER m OPTIONS (dbname 'shop', table_name 'orders'); SELECT alter_pipeline('fed', source_table => 'public.o')});
	is(as('etl', q{SELECT preview_pipeline('fed', 2)}), $shown, 'a foreign table');
	like(as('etl', q{SELECT string_agg(l, E'\n') FROM explain_pipeline('fed') AS l}), qr/^path: /m, 'which explain_pipeline knows as well');
	like(as('member', q{SELECT preview_pipeline('etl/fed', 2)}), qr/42501:.*temporary/s, 'whose columns are looked up there');
}
# One pipeline for each of many tables.
$maria->sql(q{CREATE DATABASE many; GRANT SELECT ON many.* TO reader@'127.0.0.1'; USE many;
	CREATE TABLE entries (`Order` int, line smallint, changed timestamp(6) NULL, PRIMARY KEY (line, `Order`)); SET time_zone = '+00:00'; INSERT INTO entries VALUES (1, 1, '2026-01-01'), (1, 2, '2026-01-02');
	CREATE TABLE `Log.x` (at datetime, what text); CREATE TABLE `tmp_1` (id int); CREATE VIEW seen AS SELECT 1 AS id; CREATE TABLE rest (id int PRIMARY KEY)});
$node->sql('CREATE SCHEMA many AUTHORIZATION etl');
my $create = q{SELECT name, load, note FROM create_pipelines('m', '{%s}', destination_schema => '{schema}', cursor_candidates => '{changed, at}', options => '{"column_case": "lower"}')};
is(as('etl', sprintf $create, 'many.*, -many.tmp*'), join("\n",
		q{entries|merge|key_columns: line, order; cursor_column: changed, which may be NULL: see the option on_null_cursor; uses load => 'merge', because it has key_columns and a cursor_column},
		q{Log.x|replace|no primary key at the source; no cursor_column without a key, unless load is 'append'; uses load => 'replace', because its first run will create its destination "many."Log.x""},
		q{rest|merge|key_columns: id; no cursor_column: none of cursor_candidates is there; uses load => 'merge', because it has key_columns}),
	'keys and cursors are found');
is(as('etl', q{SELECT name, source_table FROM pipelines WHERE destination_table LIKE 'many.%' ORDER BY 1}), qq(Log.x|many."Log.x"\nentries|many.entries\nrest|many.rest), 'named as they are there');
is(as('etl', q{CALL run_pipeline('entries', NULL, NULL); CALL run_pipeline('Log.x', NULL, NULL); SELECT string_agg(format('%s %s %s', line, "order", changed AT TIME ZONE 'UTC'), ', ' ORDER BY line) FROM many.entries}) =~ s/.*\n//sr,
	'1 1 2026-01-01 00:00:00, 2 1 2026-01-02 00:00:00', 'and are loaded');
like(as('member', q{SELECT name, note FROM create_pipelines('m', '{many.entries, many.seen}', destination_schema => 'many', owner => 'etl')}), qr/^entries\|exists already\nseen\|no primary key/, 'a member makes them for the owner');
like(as('etl', sprintf $create, 'entries'), qr/42P01: no table of server "m" fits "entries"\nHINT:  Write schema\.table, or database\.table/, 'a table is of a database');
like(as('etl', sprintf $create, 'manny.*'), qr/42P01:.*HINT:  Perhaps you meant "many\.\*"/s, 'what is near');
like(as('etl', q{SELECT create_pipelines('m', '{many.*}', options => '{"mysql_source": "fdw"}')}), qr/0A000: tables of server "m" cannot be listed, because it is read through mysql_fdw\nDETAIL:  The reason is that the option/, 'the wrapper lists none');

done_testing;
