# What MySQL's values mean: instants, columns that are not in *, hints that can be followed, settings of the session, and
# what is made sure where mysql_fdw reads.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../perl";
use MysqlVariables;
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
	CREATE VIEW fold_view AS SELECT id, CAST(COALESCE(ts, NOW()) AS DATETIME) AS at FROM fold;
	CREATE TABLE hidden (a int, b int INVISIBLE DEFAULT 7, c int, `d e` int INVISIBLE DEFAULT 8); INSERT INTO hidden (a, c) VALUES (1, 3);
	CREATE TABLE flags (id int, active tinyint(1), gone bit(1), bid binary(16)); INSERT INTO flags VALUES (1, 1, b'0', UNHEX('a0eebc999c0b4ef8bb6d6bb9bd380a11'));
	CREATE TABLE odd_zero (id int, ts timestamp NULL); INSERT INTO odd_zero VALUES (1, '0000-00-00 00:00:00'), (2, '2024-01-01 00:00:00');
	CREATE TABLE padded (c char(5)); INSERT INTO padded VALUES ('ab');
	CREATE TABLE longname (`a23456789012345678901234567890123456789012345678901234567890abcd` int, `a23456789012345678901234567890123456789012345678901234567890abce` int); INSERT INTO longname VALUES (1, 2);
	CREATE TABLE words (id int PRIMARY KEY, ci varchar(10), bin varchar(10) COLLATE utf8mb4_nopad_bin, padded char(5) COLLATE utf8mb4_bin, l1 varchar(10) CHARACTER SET latin1, e enum('small', 'medium', 'large'), s set('x', 'y'),
		u uuid, y year, n bigint unsigned, a decimal(10, 2), f double, d date, dt datetime(6), ts timestamp NULL, b bit(4), `o``d"d` varchar(10)) COLLATE utf8mb4_general_ci;
	INSERT INTO words VALUES (1, 'ann', 'ann', 'ann', 'ann', 'small', 'x', '00000000-0000-1000-8000-000000000002', 1999, 18446744073709551615, 1.50, 0.1, '2024-01-01', '2024-01-01 10:00:00.5', '2024-01-01 10:00:00', b'0101', 'ann'),
		(2, 'ANN', 'ANN', 'ANN', 'ANN', 'medium', 'y', '00000002-0000-1000-8000-000000000001', 2069, 0, -1.50, 1e300, '2024-02-01', '2024-01-01 10:00:00', '2024-02-01 10:00:00', b'1000', 'ANN'),
		(3, 'änn', 'änn', 'änn', 'änn', 'large', 'x,y', '00000003-0000-1000-8000-000000000003', 1970, 7, 0, -1, '2023-01-01', '2023-01-01 00:00:00', '2023-01-01 10:00:00', b'1', 'änn'),
		(4, 'bob', 'bob ', 'bob', 'bob', 'large', '', '00000004-0000-1000-8000-000000000004', 2000, 70, 100, 1, '2024-01-31', '2024-12-31 23:59:59.999999', '2024-12-31 10:00:00', b'1111', 'b\\\\o'), (5, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
		(6, 'a_n', 'Bob', 'a', 'it''s', 'small', 'y', NULL, 2155, 9223372036854775808, 99999999.99, 0, '9999-12-31', '1000-01-01 00:00:00', NULL, b'0', 'a\\\\n');
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
is(types(), 'integer, timestamp(0) with time zone, timestamp(0) without time zone', 'TIMESTAMP is an instant, DATETIME is none');
$node->sql('CREATE TABLE keyed (id int, ts timestamptz PRIMARY KEY, dtm timestamp); ALTER TABLE keyed OWNER TO etl; CREATE TABLE zoneless (id int, ts timestamp); ALTER TABLE zoneless OWNER TO etl');
loads(q{source_table => 'shop.fold', timezone => 'Europe/Berlin', destination_table => 'keyed'}, $instants, 'a key over instants', $in_utc->('keyed'));
loads(q{source_table => 'shop.fold', timezone => 'Europe/Berlin', columns => 'id, ts', filter => 'id < 4', destination_table => 'zoneless'}, "1|2024-10-27 00:30:00\n2|2024-10-27 02:30:00\n3|2024-10-27 02:30:00",
	'a column without a zone shows the time of the pipeline', 'SELECT * FROM zoneless ORDER BY 1');
loads(q{source_query => 'SELECT id, ts, COALESCE(ts, NOW()) AS co, ts + INTERVAL 0 HOUR AS p, UNIX_TIMESTAMP(ts) AS u FROM shop.fold', timezone => 'Europe/Berlin'}, '5|0|0',
	'an expression over an instant', q{SET timezone = 'UTC'; SELECT count(*), count(*) FILTER (WHERE ts <> co OR ts <> p), count(*) FILTER (WHERE extract(epoch FROM ts) <> u) FROM d4});
like(load(q{source_table => 'shop.odd_zero'}), qr/22008:.*no date 0000-00-00.*row 1, column "ts"/s, 'an instant of zero is an error');
loads(q{source_table => 'shop.odd_zero', options => '{"zero_dates": "null"}'}, "1|\n2|2024-01-01 00:00:00+00", 'or NULL', $in_utc->('d6'));

# What is computed there of an instant shows UTC; what is stored shows anything. Into an instant only with a zone.
$node->sql('CREATE TABLE moments (id int, at timestamptz); ALTER TABLE moments OWNER TO etl');
my $berlin = q{timezone => 'Europe/Berlin', destination_table => 'moments'};
like(load(qq{source_query => 'SELECT id, CAST(COALESCE(ts, NOW()) AS DATETIME) AS at FROM shop.fold', $berlin}), qr/42804: column "at" has no time zone, which "at" of "moments" needs.*DETAIL:.*session's, UTC.*HINT:  Say in columns of which zone it is, for example: at AT TIME ZONE 'UTC' AS at\./s, 'a datetime of a query');
like(load(qq{source_table => 'shop.fold_view', $berlin}), qr/42804: column "at" has no time zone/, 'or of a view');
like(load(qq{source_table => 'shop.fold_view', columns => \$\$id, at + interval '1 day' AS at\$\$, $berlin}), qr/42804: column "at" has no time zone/, 'or what is made of it');
loads(qq{source_query => 'SELECT id, CAST(COALESCE(ts, NOW()) AS DATETIME) AS at FROM shop.fold', columns => \$\$id, at AT TIME ZONE 'UTC' AS at\$\$, filter => 'id < 4', $berlin}, join("\n", map { s/(\|[^|]*)\|.*/$1/r } (split /\n/, $instants)[0 .. 2]), 'with a zone', $in_utc->('moments'));
loads(q{source_table => 'shop.fold_view', timezone => 'UTC', destination_table => 'moments'}, '1|2024-10-26 22:30:00+00', 'in UTC there is nothing to ask', $in_utc->('moments') . ' LIMIT 1');
loads(qq{source_table => 'shop.fold', columns => 'id, dtm AS at', filter => 'id = 1', $berlin}, '1|2024-10-26 22:30:00+00', q{a table's own datetime is of the pipeline's zone}, $in_utc->('moments'));

# Settings of the server do not shine through.
loads(q{source_query => 'SELECT "a\\\\b" AS text, 1 / 3 AS third, GROUP_CONCAT(id ORDER BY id) AS ids, MONTHNAME(MIN(dtm)) AS month, (WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 9) SELECT COUNT(*) FROM n) AS n, MIN(@@time_zone) AS zone FROM shop.fold'},
	'a\b|0.3333|1,2,3,4,5|March|9|+00:00', 'the session is pinned');
loads(q{source_query => 'SELECT LENGTH(c) AS n, c FROM shop.padded'}, '2|ab   ', 'char is not padded at the source', 'SELECT n, c::char(5) FROM d' . ($number + 1));

# Limits of the server cut neither the rows nor the answer to the question which settings it has.
$maria->sql('SET GLOBAL sql_select_limit = 1; SET GLOBAL max_join_size = 1; SET GLOBAL max_statement_time = 0.000001');
loads(q{source_query => 'SELECT a.id FROM shop.fold a JOIN shop.fold b USING (id) JOIN shop.fold c USING (id)'}, "1\n2\n3\n4\n5", 'a server with limits');
$maria->sql('SET sql_big_selects = 1; SET max_statement_time = 0; SET GLOBAL sql_select_limit = DEFAULT; SET GLOBAL max_join_size = DEFAULT; SET GLOBAL max_statement_time = 0');

# Columns that * leaves out.
loads(q{source_table => 'shop.hidden'}, '1|3', 'an INVISIBLE column is left out');
like(run_log(), qr/column "b" of shop\.hidden is INVISIBLE.*column "d e" of shop\.hidden is INVISIBLE/s, 'and the log says so');
loads(q{source_table => 'shop.hidden', columns => 'a, b, "d e", c'}, '1|7|8|3', 'unless columns name it');
unlike(run_log(), qr/INVISIBLE/, 'then nothing is said');
loads(q{source_table => 'shop.hidden', columns => 'a', filter => 'b = 7'}, '1', 'or the filter does');
loads(q{source_table => 'shop.hidden', columns => '*, b'}, '1|3|7', '* and one of them');
loads(q{source_table => 'shop.hidden', columns => 'source.*, 2 * b AS twice /* * */, "d e"'}, '1|3|14|8', 'source.* and both of them');
loads(q{source_table => 'shop.hidden', columns => '*, row_number() OVER (ORDER BY b) AS n', filter => 'b = 7'}, '1|3|1', 'in a staged query, too');
loads(q{source_table => 'shop.hidden', filter => 'b = 7'}, '1|3', 'a filter adds no column');
like(load(q{source_table => 'shop.longname'}), qr/42701: columns "a2345\w+c" and "a2345\w+d" of shop\.longname have the same name here|42701: columns "a2345\w+d" and "a2345\w+e" of shop\.longname have the same name here.*HINT:.*source_query, with AS/s, 'names that are the same here');
loads(q{source_query => 'SELECT `a23456789012345678901234567890123456789012345678901234567890abcd` AS a, `a23456789012345678901234567890123456789012345678901234567890abce` FROM shop.longname'}, '1|2', 'unless the query names them');
like(run_log(), qr/column "\w+abce" of the source query is called "\w+abc" here/, 'a name that is too long is told');

# Hints that can be followed.
$node->sql('CREATE TABLE flags (id int, active boolean, gone boolean, bid uuid); ALTER TABLE flags OWNER TO etl');
for ([ 'active', 'active <> 0 AS active' ], [ 'gone', q{gone = B'1' AS gone} ], [ 'bid', q{encode(bid, 'hex')::uuid AS bid} ])
{
	like(load(qq{source_table => 'shop.flags', columns => 'id, $_->[0]', destination_table => 'flags'}), qr/42804:.*HINT: +Cast it in columns, for example: \Q$_->[1]\E\./s, "$_->[0]: the hint");
	is(load(qq{source_table => 'shop.flags', columns => \$\$id, $_->[1]\$\$, destination_table => 'flags'}), '', "$_->[0]: followed");
}
is($node->sql('SELECT bid FROM flags'), 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'the last of them arrived');

# Texts and labels are compared as the source compares them: there, or not at all.
my $applied = qr/the filter is applied by the source/;
for my $filter (q{ci = 'ann'}, q{'b' > ci}, q{ci <> 'ANN' AND id < 6}, q{ci IN ('ANN', 'it')}, q{ci NOT IN ('ann', 'x')}, q{ci LIKE 'a%'}, q{ci NOT LIKE '_nn'}, q{NOT ci = 'bob'}, q{ci IS NULL OR ci >= 'b'}, q{ci BETWEEN 'A' AND 'b'},
	q{bin > 'b'}, q{padded = 'ANN'}, q{l1 = 'ÄNN'}, q{l1 = 'it''s'}, q{e > 'medium'}, q{e = 'SMALL'}, q{e IN ('small', 'none')}, q{s = 'X,Y'}, q{ci > '' AND n > 9223372036854775807}, q{ci > '' AND n = 18446744073709551615},
	q{ci > '' AND a >= -1.50 AND a < 1.5}, q{ci > '' AND f = 0.1}, q{ci > '' AND d > '2024-01-01'}, q{ci > '' AND dt BETWEEN '2024-01-01 10:00:00' AND '2024-01-01 10:00:00.5'}, q{ci > '' AND NOT (d = '2024-01-01' OR id = 2)})
{
	my $expected = $maria->sql("SET group_concat_max_len = 100; SELECT COALESCE(GROUP_CONCAT(id ORDER BY id), '') FROM shop.words WHERE $filter");
	loads(qq{source_table => 'shop.words', columns => 'id', filter => \$\$$filter\$\$}, $expected, $filter, "SELECT string_agg(id::text, ',' ORDER BY id) FROM d" . ($number + 1));
	like(run_log(), $applied, "$filter: there") unless $filter =~ /^bin|^padded/;
}
loads(q{source_table => 'shop.words', columns => 'id', filter => $$"o`d""d" = 'ANN'$$}, "1\n2\n3", 'a column with an odd name');
unlike(run_log(), qr/applied here/, 'its filter goes to the source, too');
loads(q{source_table => 'shop.words', columns => 'id', filter => $$"o`d""d" = 'A\\N'$$}, '6', 'a literal with a backslash');
for my $columns ('max(ci) AS v', 'min(e) AS v', q{ci = 'ann' AS v}, 'count(DISTINCT ci) AS v', q{CASE ci WHEN 'ann' THEN 1 END AS v}, 'rank() OVER (ORDER BY e) AS v', 'count(*) OVER (PARTITION BY ci) AS v', 'rank() OVER (ORDER BY u) AS v',
	q{position('a' IN ci) AS v}, q{ci ~ 'a' AS v}, q{ci LIKE 'a%' AS v}, q{nullif(ci, 'ann') AS v}, 'greatest(ci, bin) AS v', q{bin = 'bob' OR padded < 'b' AS v}, q{e = 'small' AS v}, q{s > 'x' AS v}, 'array_agg(ci ORDER BY ci) AS v',
	q{regexp_replace(ci, 'a', 'b') AS v}, '(SELECT count(*) FROM (SELECT source.ci UNION SELECT source.l1) s) AS v')
{
	like(load(qq{source_table => 'shop.words', columns => \$\$$columns\$\$}), qr/42804: columns cannot compare column "\w+" here as the source does.*HINT:.*source_query/s, "columns: $columns");
}
like(load(q{source_table => 'shop.words', columns => 'max(ci) AS v'}), qr/collation is utf8mb4_general_ci there and libc .* here.*HINT:  Say by which rules, for example ci COLLATE "C", or/s, 'the message names both ways out');
like(load(q{source_table => 'shop.words', columns => 'max(u::text) AS v'}), qr/MariaDB orders a uuid by its parts.*HINT:.*u::text COLLATE "C"/s, 'a uuid has an order of its own');
for my $filter (q{upper(ci) = 'ANN'}, q{ci = bin}, q{ci > '' AND y = 99}, q{ci > '' AND ts > '2024-01-01'}, q{ci > '' AND b = B'0101'}, q{ci > '' AND d > 'today'}, q{e = 'small' COLLATE "de-x-icu"}, q{ci LIKE 'a\_n'}, q{ci > '' AND dt > '2024-01-01T10:00:00'}, q{ci ILIKE 'a%'})
{
	like(load(qq{source_table => 'shop.words', columns => 'id', filter => \$\$$filter\$\$}), qr/42804: filter cannot compare column "\w+" here as the source does.*DETAIL:.*The source cannot apply the filter, because.*HINT:/s, "filter: $filter");
}
like(load(q{source_query => 'SELECT id, ci FROM shop.words', filter => $$ci = 'ann'$$}), qr/42804: filter cannot compare.*collation is unknown there.*rows are those of source_query/s, 'a filter over a query');
loads(q{source_query => 'SELECT id, ci FROM shop.words', filter => $$ci COLLATE "C" = 'ann'$$}, '1|ann', 'unless it says by which rules');
loads(q{source_table => 'shop.words', columns => $$id, upper(ci) AS a, length(ci) AS b, ci || e AS c, replace(ci, 'n', 'm') AS d, md5(s) IS NULL AS e, left(l1, 1) AS f, u = '00000000-0000-1000-8000-000000000002' AS g$$, filter => 'id = 1'},
	'1|ANN|3|annsmall|amm|f|a|t', 'what compares no texts is computed here');
loads(q{source_table => 'shop.words', columns => $$count(ci) AS a, string_agg(ci, ',') AS b, max(ci COLLATE "C") AS c, max(n) AS d, min(u::text COLLATE "C") AS e$$, filter => 'id < 3'}, '2|ann,ANN|ann|18446744073709551615|00000000-0000-1000-8000-000000000002', 'and so are aggregates');

# Every setting of a session that the server has is pinned, or it is known that no value depends on it.
my $list = PostgreSQL::Test::Utils::slurp_file("$FindBin::RealBin/../../src/engine/source/mysql/mysql_connection.cpp");
my %pinned = map { $_ => 1 } ($list =~ /^\tSessionVariable\{"(\w+)", /mg), 'sql_mode', 'time_zone';
cmp_ok(scalar(keys %pinned), '>', 20, 'the list of settings was read');
my @unknown = grep { !$pinned{$_} && !MysqlVariables::is_harmless($_) } split /\n/, $maria->sql(q{SELECT LOWER(variable_name) FROM information_schema.system_variables WHERE variable_scope LIKE 'SESSION%'});
is("@unknown", '', 'every setting is pinned or known not to matter');
# A table that drifts: what no longer fits fails before a row is read, by ourselves and through the wrapper, and no hint offers what drops data.
my $shape = 'id int, name varchar(5), amount decimal(10, 2), at datetime, code char(3), flags bit(4)';
for my $reader ('auto', $has_fdw ? 'fdw' : ())
{
	$maria->sql("USE shop; CREATE TABLE drift_$reader ($shape); INSERT INTO drift_$reader VALUES (1, 'a', 1.25, '2026-01-01 00:00:00', 'abc', b'1010')");
	$node->sql("CREATE TABLE drift_$reader (id int, name varchar(5), amount numeric(10,2), at timestamp(0), code char(3), flags bit(4)); ALTER TABLE drift_$reader OWNER TO etl");
	my $columns = $reader eq 'fdw' ? "columns => 'id, name, amount, at, code'," : '';
	is(load("source_table => 'shop.drift_$reader', $columns destination_table => 'drift_$reader', options => '{\"mysql_source\": \"$reader\"}'"), '', "$reader: loads");
	my $again = sub {
		my ($code, $out, $err) = $node->psql('postgres', "\\set VERBOSITY verbose\nCALL run_pipeline('p$number', '{}', NULL)", on_error_stop => 1, extra_params => [ '-U', 'etl' ]);
		return $code == 0 ? '' : $err;
	};
	for my $case (
		[ 'amount decimal(12, 4)', 'amount decimal(10, 2)', 'numeric(12,4)', 'rounded' ], [ 'at datetime(3)', 'at datetime', 'timestamp', 'fractions' ],
		[ 'name varchar(8)', 'name varchar(5)', 'character varying(8)', 'blanks' ], [ 'id bigint', 'id int', 'bigint', 'too large' ], [ 'amount double', 'amount decimal(10, 2)', 'double precision', 'rounded' ])
	{
		my ($changed, $was, $type, $why) = @$case;
		my ($column) = split / /, $changed;
		# Its tables have no digits: those of amount and at may be lost from the start.
		next if $reader eq 'fdw' && $column =~ /amount|at/;
		$maria->sql("ALTER TABLE shop.drift_$reader MODIFY $changed");
		my $error = $again->();
		like($error, qr/42804: column $column has become \Q$type\E.*without loss.*DETAIL:.*$why.*HINT: +Widen the destination/s, "$reader: $changed");
		unlike($error, qr/DROP|TRUNCATE|NULL::|replace/, "$reader: a hint that drops nothing");
		$maria->sql("ALTER TABLE shop.drift_$reader MODIFY $was");
		is($again->(), '', "$reader: and back");
	}
	$maria->sql("ALTER TABLE shop.drift_$reader DROP name");
	# Where columns names it, the statement itself fails.
	my $gone = $again->();
	like($gone, qr/42703: column \"?name\"? (is gone from the source|does not exist)/, "$reader: a column that is gone");
	unlike($gone, qr/DROP|TRUNCATE|NULL::|replace/, "$reader: a hint that drops nothing");
	is($node->sql("SELECT name, amount FROM drift_$reader"), 'a|1.25', "$reader: nothing is lost");
	$maria->sql("ALTER TABLE shop.drift_$reader ADD name varchar(5), MODIFY amount decimal(12, 4)");
	is($node->sql("SET ROLE etl; SELECT alter_pipeline('p$number', columns => 'id, amount', options => '{\"mysql_source\": \"$reader\", \"on_loss\": \"fail\"}') IS NULL"), 'f', "$reader: accepted, value by value");
	is($again->(), '', "$reader: values that fit");
	$maria->sql("UPDATE shop.drift_$reader SET amount = 1.2549");
	like($again->(), qr/22003: value "1.2549" of column "amount" would be stored as "1.25"/, "$reader: one that does not");
}

SKIP:
{
	skip 'mysql_fdw has no package for this PostgreSQL', 18 unless $has_fdw;
	my $fdw = q{options => '{"mysql_source": "fdw"}'};
	like(load("source_table => 'shop.fold', $fdw"), qr/0A000:.*"ts" of shop\.fold is a TIMESTAMP.*HINT:.*mysql_source/s, 'the wrapper is not asked for an instant');
	loads("source_table => 'shop.fold', columns => 'id, dtm', $fdw", 5, 'but for all else', 'SELECT count(*) FROM d' . ($number + 1));
	$node->sql("CREATE FOREIGN TABLE folded (id int, ts timestamptz) SERVER m OPTIONS (dbname 'shop', table_name 'fold'); GRANT SELECT ON folded TO etl");
	like(load(q{source_table => 'public.folded'}), qr/0A000:.*"ts" of shop\.fold is a TIMESTAMP/s, 'a foreign table is the same');
	my $instant = qr/0A000:.*"ts" of shop\.fold is a TIMESTAMP.*HINT:.*in source/s;
	my $here = sub { my ($query) = @_; return load("source => NULL, source_query => '$query'"); };
	$node->sql("CREATE SCHEMA shop; CREATE FOREIGN TABLE shop.fold (id int, ts timestamptz, dtm timestamp) SERVER m;
		CREATE VIEW folds AS SELECT id AS i, ts FROM shop.fold; GRANT USAGE ON SCHEMA shop TO etl; GRANT SELECT ON shop.fold, folds TO etl; GRANT INSERT, DELETE, TRUNCATE ON folded TO etl");
	like($here->($_), $instant, "nor here: $_") for 'SELECT id, ts FROM public.folded', 'SELECT 1 AS one WHERE EXISTS (SELECT FROM public.folded f WHERE f.ts < now())', 'SELECT f::text FROM public.folded f', 'SELECT 1 AS one FROM folds',
		'SELECT a.id FROM public.folded a JOIN public.folded b USING (id) WHERE b.ts IS NULL', 'SELECT a.id FROM public.folded a JOIN public.folded b USING (id) WHERE a.ts IS NULL';
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
