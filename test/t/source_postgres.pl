# A real second PostgreSQL over TCP with a password: what arrives is what was there, and everything that
# can go wrong between two servers is a clear error that changes nothing.
use strict;
use warnings;
use utf8;
use FindBin;
use lib "$FindBin::RealBin/../perl";
use DataTemplate;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use IO::Socket::INET;
use Test::More;

$PostgreSQL::Test::Cluster::use_tcp = 1;
$PostgreSQL::Test::Cluster::test_pghost = '127.0.0.1';

my $secret = 'S3cret-of-the-source';
my $source = PostgreSQL::Test::Cluster->new('source');
$source->init;
$source->append_conf('postgresql.conf', "listen_addresses = '127.0.0.1'\npassword_encryption = 'scram-sha-256'");
unlink($source->data_dir . '/pg_hba.conf');
$source->append_conf('pg_hba.conf',
	"local all all trust\nhost all trusted 127.0.0.1/32 trust\nhost all reader 127.0.0.1/32 scram-sha-256\nhost all all 127.0.0.1/32 trust\n");
$source->start;
my $port = $source->port;

my $target = PostgreSQL::Test::Cluster->new('target');
$target->init;
$target->append_conf('postgresql.conf', "shared_preload_libraries = 'pg_sluice'\nlog_min_messages = 'info'");
$target->start;

$source->safe_psql('postgres', "CREATE ROLE reader LOGIN PASSWORD '$secret'; CREATE ROLE trusted LOGIN; GRANT pg_read_all_data TO reader, trusted");
$target->safe_psql('postgres', qq{
	CREATE EXTENSION postgres_fdw;
	CREATE EXTENSION pg_sluice;
	CREATE SERVER src FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port '$port', dbname 'postgres');
	CREATE ROLE etl LOGIN;
	GRANT CREATE, USAGE ON SCHEMA public TO etl;
	GRANT USAGE ON FOREIGN SERVER src TO etl;
	CREATE USER MAPPING FOR etl SERVER src OPTIONS (user 'reader', password '$secret');
	SELECT allow_pipelines('etl')});

# Everything below runs as etl, who is no superuser.
sub as_etl
{
	my ($sql, %more) = @_;
	return $target->psql('postgres', $sql, extra_params => [ '-U', 'etl' ], %more);
}

sub etl_ok
{
	my ($sql, $name) = @_;
	my ($code, $out, $err) = as_etl("SET client_min_messages = warning;\n$sql", on_error_stop => 1);
	is($code, 0, $name) or diag($err);
	return $out;
}

# Creates a pipeline and runs it in the session. Returns the error text, '' when it worked.
my $number = 0;

sub run_etl
{
	my ($arguments) = @_;
	$number++;
	my ($code, $out, $err) = as_etl(
		"\\set VERBOSITY verbose\nSET client_min_messages = warning;\nSELECT create_pipeline('p$number', $arguments);\nCALL run_pipeline('p$number', '{}', NULL);",
		on_error_stop => 1);
	return $code == 0 ? '' : $err;
}

sub load_ok
{
	my ($arguments, $name) = @_;
	is(run_etl($arguments), '', $name);
}

sub load_fails
{
	my ($arguments, $pattern, $name) = @_;
	like(run_etl($arguments), $pattern, $name);
}

sub content
{
	my ($node, $table, $database) = @_;
	return $node->safe_psql($database // 'postgres', "SELECT md5(string_agg(t::text, E'\\n' ORDER BY t::text)) FROM $table t");
}

# -- what arrives is what was there

my $types = q{
	CREATE TYPE mood AS ENUM ('sad', 'glad');
	CREATE DOMAIN positive AS int CHECK (value > 0);
	CREATE TABLE all_types AS SELECT
		i AS a_int4, (i * 1000003::bigint) AS a_int8, (i % 100)::int2 AS a_int2, i / 7.0::float8 AS a_float8, (i / 3.0)::float4 AS a_float4,
		(i * 12345.678901)::numeric AS a_numeric, (i * 1.5)::numeric(20, 3) AS a_numeric2, ((i - 2500) * power(10::numeric, i % 60 - 30))::numeric AS a_numeric3, ((i - 2500) / 8.0)::numeric(10, 1) AS a_numeric4, (i * 100000)::numeric(12, -3) AS a_numeric5, (i::numeric / 1000000000)::numeric(30, 12) AS a_numeric6, i % 2 = 0 AS a_bool,
		'text ' || i || ' äöü 漢字' AS a_text, ('v' || i)::varchar(20) AS a_varchar, ('ä' || i)::varchar(20) AS a_varchar_utf, ('c' || i)::char(10) AS a_char, ('é')::char(3) AS a_char_utf,
		decode(md5(i::text), 'hex') AS a_bytea, date '2000-01-01' + i AS a_date, time '00:00' + i * interval '1 second' AS a_time,
		timestamp '1999-12-31 23:59:59.123456' + i * interval '1 hour' AS a_timestamp, timestamptz '2001-01-01 00:00+02' + i * interval '1 minute' AS a_timestamptz,
		(timestamptz '2001-01-01 00:00:00.123456+02')::timestamptz(2) AS a_timestamptz2, time '10:11:12.123456' :: time(1) AS a_time1,
		i * interval '1 day 2 hours' AS a_interval, md5(i::text)::uuid AS a_uuid, jsonb_build_object('k', i, 'a', ARRAY[1, 2, i]) AS a_jsonb,
		json_build_object('k', i) AS a_json, ARRAY[i, NULL, i + 1] AS a_int_array, ARRAY['x' || i, 'ü'] AS a_text_array,
		('10.0.0.' || i % 250)::inet AS a_inet, '08:00:2b:01:02:03'::macaddr AS a_macaddr, point(i, i) AS a_point, int4range(i, i + 5) AS a_range,
		(CASE WHEN i % 2 = 0 THEN 'sad' ELSE 'glad' END)::mood AS a_enum, i::positive AS a_domain, B'1011'::bit(4) AS a_bit, B'101'::varbit AS a_varbit,
		'a b'::tsvector AS a_tsvector, '12.34'::money AS a_money, '<a/>'::xml AS a_xml, ARRAY['sad', 'glad']::mood[] AS a_enum_array, 'pg_class'::regclass AS a_regclass,
		CASE WHEN i % 3 = 0 THEN NULL ELSE 'n' || i END AS a_nullable
	FROM generate_series(1, 5000) i;
	INSERT INTO all_types DEFAULT VALUES;
	INSERT INTO all_types (a_float8, a_float4, a_numeric, a_timestamp, a_timestamptz, a_date, a_interval) VALUES ('NaN', 'Infinity', 'NaN', 'infinity', '-infinity', 'infinity', '-178000000 years'),
		('-Infinity', '-0', '-99999999999999999999999999999.00000000001', '4713-01-01 BC', '294276-12-31', '4713-01-01 BC', '0');
};
$types =~ s/'<a\/>'::xml AS a_xml, // unless $source->safe_psql('postgres', "SELECT count(*) FROM pg_catalog.pg_proc WHERE proname = 'xmlcomment'");
$source->safe_psql('postgres', $types);
$target->safe_psql('postgres', q{CREATE TYPE mood AS ENUM ('sad', 'glad'); CREATE DOMAIN positive AS int CHECK (value > 0)});
my $ddl = $source->safe_psql('postgres', q{SELECT string_agg(format('%I %s', attname, format_type(atttypid, atttypmod)), ', ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 'all_types'::regclass AND attnum > 0});
$target->safe_psql('postgres', "CREATE TABLE all_types ($ddl); ALTER TABLE all_types OWNER TO etl");
load_ok("source => 'src', source_table => 'all_types', destination_table => 'all_types', load => 'append'", 'every type loads');
is(content($target, 'all_types'), content($source, 'all_types'), 'every type arrives as it was');
is($target->safe_psql('postgres', join(' UNION ALL ', map { "SELECT count(*) FROM all_types WHERE hash_numeric($_) <> hash_numeric($_\::text::numeric)" } 'a_numeric', 'a_numeric2', 'a_numeric3', 'a_numeric4', 'a_numeric5', 'a_numeric6')),
	join("\n", (0) x 6), 'numerics are stored in their one form');
load_ok("source => 'src', source_table => 'all_types', destination_table => 'all_types', load => 'replace'", 'every type replaces');
is(content($target, 'all_types'), content($source, 'all_types'), 'replaced content is the same');
like(etl_ok("SELECT string_agg(message, E'\\n') FROM pipeline_log", 'log is readable'), qr/columns "a_enum".* travel as text/, 'what travels as text is told');

load_ok("source => 'src', source_table => 'all_types', destination_table => 'made_here'", 'a missing destination is created');
is($target->safe_psql('postgres', 'SELECT count(*) FROM made_here'), $source->safe_psql('postgres', 'SELECT count(*) FROM all_types'), 'all rows are in it');

# What the client or the role speaks is not what travels between the servers.
my $accents = "id int, a varchar(20), b varchar(20)[], c jsonb, d json, e char(5), f text, g mood";
$source->safe_psql('postgres', "CREATE TABLE accents ($accents);
	ALTER TYPE mood ADD VALUE U&'fr\\00f6hlich'; INSERT INTO accents SELECT n, U&'\\00e9', ARRAY[U&'\\00e9'], U&'{\"k\": \"\\00e9\\005cn\"}', U&'{\"k\": \"\\00e9\\005cn\"}', U&'\\00e9', U&'\\00e9', 'sad' FROM generate_series(1, 3) n;
	INSERT INTO accents (g) VALUES (U&'fr\\00f6hlich')");
$target->safe_psql('postgres', "ALTER TYPE mood ADD VALUE U&'fr\\00f6hlich'; CREATE TABLE accents ($accents); ALTER TABLE accents OWNER TO etl; ALTER ROLE etl SET client_encoding = 'latin1'");
etl_ok("SELECT create_pipeline('accents', source => 'src', source_table => 'accents', destination_table => 'accents', load => 'replace'); CALL run_pipeline('accents', '{}', NULL)",
	'a client of another encoding loads');
is(content($target, 'accents'), content($source, 'accents'), 'and text arrives as it was');
etl_ok("CALL trigger_and_wait('accents', '{}', NULL, NULL, NULL)", 'so does a worker of a role with another encoding');
is($target->safe_psql('postgres', 'SELECT count(*), (SELECT count(*) FROM pipeline_runs WHERE pipeline_name = $$accents$$ AND status = $$success$$) FROM accents'), '4|2', 'both have run');
is(content($target, 'accents'), content($source, 'accents'), 'and text arrives as it was');
$target->safe_psql('postgres', 'ALTER ROLE etl RESET client_encoding');

my $many = join(', ', map { "c$_ int DEFAULT $_" } 1 .. 200);
$source->safe_psql('postgres', "CREATE TABLE two_hundred ($many); INSERT INTO two_hundred SELECT i FROM generate_series(1, 500) i;
	CREATE TABLE empty (a int, b text); CREATE TABLE no_columns (); INSERT INTO no_columns DEFAULT VALUES; INSERT INTO no_columns DEFAULT VALUES;
	CREATE SCHEMA \"Größe\"; CREATE TABLE \"Größe\".\"My \"\"Tàble\" (\"sélect\" int, \"A b\" text); INSERT INTO \"Größe\".\"My \"\"Tàble\" VALUES (1, 'x');
	CREATE TABLE \"Mixed\" (a int); INSERT INTO \"Mixed\" VALUES (5); CREATE TABLE \"TwIn\" (a int); CREATE TABLE \"tWiN\" (a int);
	CREATE TABLE parent (a int); CREATE TABLE child () INHERITS (parent); INSERT INTO parent VALUES (1); INSERT INTO child VALUES (2);
	CREATE TABLE generated (a int, b int GENERATED ALWAYS AS (a * 2) STORED); INSERT INTO generated VALUES (21);
	CREATE VIEW a_view AS SELECT 7 AS seven; CREATE TABLE parts (a int) PARTITION BY RANGE (a); CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (10); INSERT INTO parts VALUES (3)");
load_ok("source => 'src', source_table => 'two_hundred', destination_table => 'two_hundred'", '200 columns');
is(content($target, 'two_hundred'), content($source, 'two_hundred'), '200 columns arrive');
load_ok("source => 'src', source_table => 'empty', destination_table => 'empty'", 'an empty table');
load_ok("source => 'src', source_table => 'no_columns', destination_table => 'no_columns'", 'a table without columns');
is($target->safe_psql('postgres', 'SELECT count(*) FROM no_columns'), 2, 'rows without columns arrive');
load_ok(q{source => 'src', source_table => '"Größe"."My ""Tàble"', destination_table => '"Ünï"'}, 'quoted and non-ASCII names');
is($target->safe_psql('postgres', 'SELECT "sélect" || "A b" FROM "Ünï"'), '1x', 'they arrive');
load_ok("source => 'src', source_table => 'MIXED', destination_table => 'mixed'", 'a name that differs in case only');
load_fails("source => 'src', source_table => 'twin', destination_table => 'twin'", qr/42P09: source table "twin" is ambiguous/, 'two names that differ in case only');
load_ok("source => 'src', source_table => 'parent', destination_table => 'parent'", 'a parent table');
is($target->safe_psql('postgres', 'SELECT sum(a) FROM parent'), 3, 'rows of children are read too');
load_ok("source => 'src', source_table => 'generated', destination_table => 'generated'", 'a generated column at the source');
is($target->safe_psql('postgres', 'SELECT b FROM generated'), 42, 'its value is read');
load_ok("source => 'src', source_table => 'a_view', destination_table => 'a_view'", 'a view');
# What the session at the source is, seen from a view and from a query.
$source->safe_psql('postgres', "CREATE VIEW seen AS SELECT current_setting('jit') AS jit; ALTER SYSTEM SET jit = on; SELECT pg_reload_conf()");
ok($source->poll_query_until('postgres', 'SHOW jit', 'on'), 'the source compiles');
foreach my $case ([ "source_table => 'seen'", '', 'off', 'a table is read without' ], [ "source_table => 'seen'", ', "jit": true', 'on', 'but for the option jit' ], [ "source_query => 'SELECT * FROM seen'", '', 'on', 'a query as the source likes' ])
{
	my ($from, $option, $jit, $what) = @$case;
	load_ok("source => 'src', $from, destination_table => 'jit_$number', options => '{\"analyze\": \"off\"$option}'", "compiling: $what");
	is($target->safe_psql('postgres', 'SELECT jit FROM jit_' . ($number - 1)), $jit, $what);
}
load_ok("source => 'src', source_table => 'parts', destination_table => 'parts'", 'a partitioned table');
load_ok("source => 'src', source_query => 'SELECT a_int4 AS id, count(*) OVER () AS n FROM all_types -- the end', destination_table => 'from_query', columns => 'id, n * 2 AS twice', filter => 'id < 4 -- few'",
	'a query with columns and filter');
is($target->safe_psql('postgres', 'SELECT count(*), max(twice) > 0 FROM from_query'), '3|t', 'they are applied');
load_ok(q{source => 'src', source_query => $$SELECT run_context() ->> 'day' AS day, 'run_context()' AS text /* run_context() */$$, destination_table => 'ctx'}, 'run_context() in a remote query');
is($target->safe_psql('postgres', "SELECT coalesce(day, 'none'), text FROM ctx"), 'none|run_context()', 'only the call is replaced');
as_etl(q{CALL run_pipeline('p} . $number . q{', '{"day": "it''s \\\\ Monday; DROP"}', NULL)});
is($target->safe_psql('postgres', "SELECT day FROM ctx"), q{it's \\ Monday; DROP}, 'the context arrives as a value');

$source->safe_psql('postgres', "CREATE TABLE wide_row (k int, v text); INSERT INTO wide_row VALUES (1, repeat('0123456789', 10 * 1024 * 1024)), (2, 'small')");
load_ok("source => 'src', source_table => 'wide_row', destination_table => 'wide_row'", 'a row of 100 MB');
is($target->safe_psql('postgres', 'SELECT sum(length(v)), md5(string_agg(v, \',\' ORDER BY k)) FROM wide_row'),
	$source->safe_psql('postgres', 'SELECT sum(length(v)), md5(string_agg(v, \',\' ORDER BY k)) FROM wide_row'), 'it arrives whole');

# -- encodings

for my $encoding ('LATIN1', 'SQL_ASCII', 'EUC_JP')
{
	my $database = 'enc_' . lc($encoding);
	$source->safe_psql('postgres', "CREATE DATABASE $database TEMPLATE template0 ENCODING '$encoding' LC_COLLATE 'C' LC_CTYPE 'C'");
	$target->safe_psql('postgres', "CREATE SERVER $database FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port '$port', dbname '$database'); GRANT USAGE ON FOREIGN SERVER $database TO etl; CREATE USER MAPPING FOR etl SERVER $database OPTIONS (user 'reader', password '$secret')");
}
$source->safe_psql('enc_latin1', "SET client_encoding = 'UTF8'; CREATE TABLE t AS SELECT U&'gr\\00FC\\00DFe' AS v");
load_ok("source => 'enc_latin1', source_table => 't', destination_table => 'from_latin1'", 'a LATIN1 source');
is($target->safe_psql('postgres', q{SELECT v = U&'gr\00FC\00DFe' FROM from_latin1}), 't', 'is converted');
$source->safe_psql('enc_euc_jp', "SET client_encoding = 'UTF8'; CREATE TABLE t AS SELECT U&'\\6F22\\5B57'::varchar(2) AS v");
load_ok("source => 'enc_euc_jp', source_table => 't', destination_table => 'from_euc_jp'", 'an EUC_JP source');
is($target->safe_psql('postgres', q{SELECT v = U&'\6F22\5B57' FROM from_euc_jp}), 't', 'is converted');
$source->safe_psql('enc_sql_ascii', "CREATE TABLE t AS SELECT convert_from('\\x67fc', 'SQL_ASCII') AS v; CREATE TABLE good AS SELECT 'plain' AS v");
load_fails("source => 'enc_sql_ascii', source_table => 't', destination_table => 'from_ascii'", qr/22021: invalid byte sequence for encoding "UTF8": 0xfc.*row 1/s, 'invalid bytes of an SQL_ASCII source are refused');
load_ok("source => 'enc_sql_ascii', source_table => 'good', destination_table => 'from_ascii'", 'valid bytes of an SQL_ASCII source');

# -- bad input changes nothing

$target->safe_psql('postgres', 'CREATE TABLE kept (a int NOT NULL, b text); INSERT INTO kept VALUES (1, \'kept\'); ALTER TABLE kept OWNER TO etl');
$source->safe_psql('postgres', "CREATE TABLE big_values (a bigint, b text); INSERT INTO big_values SELECT i, 'x' FROM generate_series(1, 3000) i; INSERT INTO big_values VALUES (3000000000, 'y');
	CREATE TABLE nulls (a int, b text); INSERT INTO nulls VALUES (1, 'x'), (NULL, 'y'); CREATE TABLE extra (a int, b text, c int); CREATE TABLE missing (b text); CREATE TABLE wrong_type (a timestamptz, b text)");
for my $load ('append', 'replace')
{
	my $into = "destination_table => 'kept', load => '$load'";
	load_fails("source => 'src', source_table => 'big_values', $into", qr/22003: integer out of range/, "$load: value out of range");
	load_fails("source => 'src', source_table => 'nulls', $into", qr/23502: null value in column "a"/, "$load: NULL in a NOT NULL column");
	load_fails("source => 'src', source_table => 'extra', $into", qr/42703:.*"c".*HINT:.*columns/s, "$load: extra column");
	load_fails("source => 'src', source_table => 'missing', $into", qr/(42703|23502):.*"a"/s, "$load: missing column");
	load_fails("source => 'src', source_table => 'wrong_type', $into", qr/42804:.*"a".*HINT:/s, "$load: incompatible column");
	load_fails("source => 'src', source_table => 'gone', $into", qr/42P01: source table "gone" does not exist at server "src".*HINT:.*search_path/s, "$load: unknown source table");
	load_fails("source => 'src', source_query => 'SELECT 1/(a-3) AS a, b FROM big_values', $into", qr/22012: division by zero.*at server "src"/s, "$load: error at the source");
	load_fails("source => 'src', source_query => 'SELECT 1 AS a; DROP TABLE extra', $into", qr/42601: source_query must be one SELECT/, "$load: two statements");
	load_fails("source => 'src', source_query => 'DELETE FROM extra RETURNING a, b', $into", qr/(25006|0A000|42601):/, "$load: a query that writes");
	is($target->safe_psql('postgres', 'SELECT * FROM kept'), '1|kept', "$load: the destination is as it was");
}
load_ok("source => 'src', source_table => 'nulls', destination_table => 'vanishing'", 'a table that will vanish');
$source->safe_psql('postgres', 'DROP TABLE nulls');
my ($code, $out, $err) = as_etl("\\set VERBOSITY verbose\nCALL run_pipeline('p$number', '{}', NULL)");
like($err, qr/42P01: source table "nulls" does not exist/, 'it vanished');
is($target->safe_psql('postgres', 'SELECT count(*) FROM vanishing'), 2, 'its rows stay');

# -- connections

$target->safe_psql('postgres', qq{CREATE SERVER bad_password FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port '$port', dbname 'postgres');
	CREATE SERVER nobody_there FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port '1', dbname 'postgres');
	CREATE SERVER no_host FOREIGN DATA WRAPPER postgres_fdw OPTIONS (dbname 'postgres');
	CREATE SERVER trusting FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port '$port', dbname 'postgres');
	CREATE SERVER no_mapping FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port '$port', dbname 'postgres');
	CREATE SERVER not_granted FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port '$port', dbname 'postgres');
	GRANT USAGE ON FOREIGN SERVER bad_password, nobody_there, no_host, trusting, no_mapping TO etl;
	CREATE USER MAPPING FOR etl SERVER bad_password OPTIONS (user 'reader', password 'wrong-$secret');
	CREATE USER MAPPING FOR etl SERVER nobody_there OPTIONS (user 'reader', password '$secret');
	CREATE USER MAPPING FOR etl SERVER no_host OPTIONS (user 'reader', password '$secret');
	CREATE USER MAPPING FOR etl SERVER trusting OPTIONS (user 'trusted', password '$secret');
	CREATE USER MAPPING FOR etl SERVER not_granted OPTIONS (user 'reader', password '$secret')});
sub connection_fails
{
	my ($server, $pattern, $name, $options) = @_;
	load_fails("source => '$server', source_table => 'empty', destination_table => 'kept', load => 'append'" . ($options // ''), $pattern, $name);
}
connection_fails('bad_password', qr/28P01: could not connect to server "bad_password".*FATAL:  password authentication failed for user "reader"\n.*HINT:.*user mapping/s, 'wrong password');
connection_fails('nobody_there', qr/08001: could not connect to server "nobody_there".*HINT:/s, 'source is down');
connection_fails('no_host', qr/42501: server "no_host" names no host.*HINT:/s, 'a local socket is for superusers');
connection_fails('trusting', qr/42501: server "trusting" did not ask for the password.*HINT:/s, 'a source that does not ask for the password');
connection_fails('no_mapping', qr/42704: role "etl" has no user mapping for server "no_mapping".*HINT:.*CREATE USER MAPPING/s, 'no user mapping');
connection_fails('not_granted', qr/42501: permission denied for foreign server.*HINT:.*GRANT USAGE/s, 'no USAGE on the server');
connection_fails('unheard_of', qr/42704: server "unheard_of" does not exist.*HINT:/s, 'unknown server');
$target->safe_psql('postgres', "ALTER USER MAPPING FOR etl SERVER trusting OPTIONS (DROP password)");
connection_fails('trusting', qr/28P01: password is required to connect to server "trusting".*HINT:/s, 'no password in the mapping');
$target->safe_psql('postgres', "ALTER USER MAPPING FOR etl SERVER trusting OPTIONS (ADD password_required 'false')");
load_ok("source => 'trusting', source_table => 'empty', destination_table => 'kept', load => 'append'", 'a superuser may waive the password');

my $deaf = IO::Socket::INET->new(Listen => 5, LocalAddr => '127.0.0.1', Proto => 'tcp') or die $!;
$target->safe_psql('postgres', "CREATE SERVER deaf FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port '" . $deaf->sockport . "', dbname 'postgres'); GRANT USAGE ON FOREIGN SERVER deaf TO etl; CREATE USER MAPPING FOR etl SERVER deaf OPTIONS (user 'reader', password '$secret')");
connection_fails('deaf', qr/08001: could not connect to server "deaf" within 1 seconds?.*HINT:.*connect_timeout/s, 'a source that accepts and says nothing', q{, options => '{"connect_timeout": 1}'});
load_fails(q{source => 'src', source_query => 'SELECT pg_sleep(600)::text AS b, 1 AS a', destination_table => 'kept', load => 'append', options => '{"source_idle_timeout": 1}'},
	qr/SL005: server "src" sent nothing for 1 seconds?.*HINT:.*source_idle_timeout/s, 'a source that falls silent');
ok($source->poll_query_until('postgres', "SELECT count(*) = 0 FROM pg_stat_activity WHERE query LIKE '%pg_sleep(600)%' AND pid <> pg_backend_pid() AND state = 'active'"),
	'its query was cancelled');
is($target->safe_psql('postgres', 'SELECT * FROM kept'), '1|kept', 'the destination is as it was');

# -- cancels reach the source

sub start_slow_run
{
	my ($name) = @_;
	as_etl("SELECT create_pipeline('$name', source => 'src', source_query => 'SELECT 1 AS a, pg_sleep(900)::text AS b', destination_table => 'kept', load => 'append')");
	as_etl("SELECT trigger_pipeline('$name')");
	ok($source->poll_query_until('postgres', "SELECT count(*) = 1 FROM pg_stat_activity WHERE query LIKE 'COPY%pg_sleep(900)%' AND pid <> pg_backend_pid() AND state = 'active'"), "$name: runs at the source");
	return;
}

sub gone_at_source
{
	my ($name) = @_;
	ok($source->poll_query_until('postgres', "SELECT count(*) = 0 FROM pg_stat_activity WHERE query LIKE 'COPY%pg_sleep(900)%' AND pid <> pg_backend_pid() AND state = 'active'"), "$name: is cancelled at the source");
	return;
}
start_slow_run('slow_stop');
like($source->safe_psql('postgres', "SELECT application_name FROM pg_stat_activity WHERE query LIKE 'COPY%pg_sleep(900)%'"), qr/^pg_sluice/, 'the source sees who reads');
is(etl_ok("SELECT stop_pipeline('slow_stop')", 'stop_pipeline'), 't', 'it says that it stopped something');
gone_at_source('slow_stop');
ok($target->poll_query_until('postgres', "SELECT status = 'stopped' FROM pipeline_runs WHERE pipeline_name = 'slow_stop'"), 'the run is stopped');

start_slow_run('slow_terminate');
$target->safe_psql('postgres', "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'pg_sluice run %'");
gone_at_source('slow_terminate');
ok($target->poll_query_until('postgres', "SELECT status = 'failed' FROM pipeline_runs WHERE pipeline_name = 'slow_terminate'"), 'the run has failed');

start_slow_run('slow_shutdown');
$target->stop('fast');
gone_at_source('slow_shutdown');
$target->start;
ok($target->poll_query_until('postgres', "SELECT status = 'failed' FROM pipeline_runs WHERE pipeline_name = 'slow_shutdown'"), 'a run that a shutdown ended has failed');
is($target->safe_psql('postgres', 'SELECT * FROM kept'), '1|kept', 'the destination is as it was');

# -- secrets

my $leaks = $target->safe_psql('postgres', "SELECT count(*) FROM pipelines p, pipeline_runs r, pipeline_log l WHERE concat(p::text, r::text, l::text) LIKE '%$secret%'");
is($leaks, 0, 'no secret in definitions, runs or logs');
my $log = slurp_file($target->logfile);
my @statements = grep { /$secret/ && !/CREATE (USER MAPPING|SERVER)|statement:|STATEMENT:/ } split /\n/, $log;
is(scalar(@statements), 0, 'no secret in the server log');

$target->stop;
$source->stop;
done_testing();
