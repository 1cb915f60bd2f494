# Another PostgreSQL as destination, over TCP with a password: what arrives is what was there, an error anywhere leaves
# nothing, a stop reaches the other server.
use strict;
use warnings;
use utf8;
use FindBin;
use lib "$FindBin::RealBin/../perl";
use PostgreSQL::Test::Utils;
use SluicePair;
use Test::More;

start_pair();

# Defines a pipeline to server far and runs it; its status, and the error if it failed.
my $number = 0;

sub define
{
	my ($arguments, $more) = @_;
	$number++;
	$arguments = "destination => 'far', $arguments" if $arguments !~ /\bdestination =>/;
	return as_etl("SELECT create_pipeline('p$number', $arguments) IS NULL");
}

sub run_now
{
	my ($name) = @_;
	my $out = as_etl("CALL trigger_and_wait('" . ($name // "p$number") . "', NULL, '60 s', NULL, NULL, false)");
	return $out if $out =~ /^ERROR/;
	my ($run) = split /\|/, $out;
	return $near->sql("SELECT concat_ws(' ', status, error_sqlstate || ':', error_message, error_detail, error_hint, error_context) FROM pipeline_runs "
		  . "WHERE root_run = '$run' ORDER BY attempt DESC LIMIT 1");
}

sub load_ok
{
	my ($arguments, $name) = @_;
	is(define($arguments), 'f', "$name: is defined");
	is(run_now(), 'success', $name);
	return;
}

sub load_fails
{
	my ($arguments, $pattern, $name) = @_;
	is(define($arguments), 'f', "$name: is defined");
	like(run_now(), $pattern, $name);
	return;
}

sub last_log
{
	return $near->sql("SELECT string_agg(level || ' ' || message, E'\\n' ORDER BY line) FROM pipeline_log WHERE run = "
		  . "(SELECT id FROM pipeline_runs WHERE pipeline_name = 'p$number' ORDER BY id DESC LIMIT 1)");
}

sub content
{
	my ($node, $table) = @_;
	return $node->safe_psql('postgres', "SELECT md5(string_agg(t::text, E'\\n' ORDER BY t::text)) FROM $table t");
}

# -- what arrives is what was there

$near->sql(q{SET ROLE etl;
	CREATE TABLE all_types AS SELECT
		i AS a_int4, (i * 1000003::bigint) AS a_int8, (i % 100)::int2 AS a_int2, i / 7.0::float8 AS a_float8, (i / 3.0)::float4 AS a_float4,
		(i * 12345.678901)::numeric AS a_numeric, (i * 1.5)::numeric(20, 3) AS a_numeric2, i % 2 = 0 AS a_bool,
		'text ' || i || ' äöü 漢字' AS a_text, ('v' || i)::varchar(20) AS a_varchar, ('c' || i)::char(10) AS a_char, E'a\tb\\c\nd\re\bf\fg\vh' AS a_escaped,
		decode(md5(i::text), 'hex') AS a_bytea, date '2000-01-01' + i AS a_date, time '00:00' + i * interval '1 second' AS a_time,
		timestamp '1999-12-31 23:59:59.123456' + i * interval '1 hour' AS a_timestamp, timestamptz '2001-01-01 00:00+02' + i * interval '1 minute' AS a_timestamptz,
		i * interval '1 day 2 hours' AS a_interval, md5(i::text)::uuid AS a_uuid, jsonb_build_object('k', i, 'a', ARRAY[1, 2, i]) AS a_jsonb,
		json_build_object('k', i) AS a_json, ARRAY[i, NULL, i + 1] AS a_int_array, ARRAY['x' || i, 'ü', '\N'] AS a_text_array,
		('10.0.0.' || i % 250)::inet AS a_inet, int4range(i, i + 5) AS a_range, B'1011'::bit(4) AS a_bit,
		CASE WHEN i % 3 = 0 THEN NULL ELSE 'n' || i END AS a_nullable, '' AS a_empty
	FROM generate_series(1, 3000) i;
	INSERT INTO all_types DEFAULT VALUES;
	INSERT INTO all_types (a_float8, a_float4, a_numeric, a_timestamp, a_timestamptz, a_date) VALUES ('NaN', 'Infinity', 'NaN', 'infinity', '-infinity', 'infinity')});
load_ok("source_table => 'all_types', destination_table => 'all_types', load => 'append'", 'a destination that does not exist');
is(content($far, 'dst.all_types'), content($near, 'all_types'), 'every type arrives as it was');
my $log = last_log();
like($log, qr/the destination did not exist: CREATE TABLE dst\.all_types/, 'the log has the DDL');
like($log, qr/rows are sent in binary form/, 'rows were binary');
like($log, qr/dst\.all_types of server "far" analyzed/, 'a created table is analyzed');
like($log, qr/3002 rows loaded into dst\.all_types of server "far"/, 'and how many rows');
is($far->safe_psql('postgres', "SELECT reltuples FROM pg_class WHERE oid = 'dst.all_types'::regclass"), '3002', 'its statistics are there');
is($near->sql("SELECT records_processed, records_read, batches > 1 FROM pipeline_runs WHERE pipeline_name = 'p1'"), '3002|3002|t', 'the run counts them');
is(run_now(), 'success', 'append again');
is($far->safe_psql('postgres', 'SELECT count(*) FROM dst.all_types'), 6004, 'rows are added');
$near->sql("SET ROLE etl; SELECT alter_pipeline('p1', load => 'replace')");
is(run_now(), 'success', 'replace');
is(content($far, 'dst.all_types'), content($near, 'all_types'), 'the old rows are gone');
is($far->safe_psql('postgres', "SELECT count(*), count(DISTINCT run), min(records), max(records) FROM dst.pg_sluice_ledger"), '3|3|3002|3002', 'the ledger knows the runs');

# -- text where binary will not do

$near->sql(q{SET ROLE etl; CREATE TABLE moods AS SELECT i AS id, CASE WHEN i % 2 = 0 THEN 'sad' ELSE 'glad' END::mood AS mood, E'a\tb\\c\nd\re\bf\fg\vhä' AS t, i AS p,
	NULL::text AS n, '\N' AS fake, ARRAY['"x"', '\', NULL] AS arr, '\.' AS ending, decode('00ff5c', 'hex') AS b FROM generate_series(1, 1500) i});
$far->safe_psql('postgres', 'CREATE TABLE dst.moods (id bigint, mood dst.mood, t text, p dst.positive, n text, fake text, arr text[], ending text, b bytea); ALTER TABLE dst.moods OWNER TO writer');
load_ok("source_table => 'moods', destination_table => 'moods', load => 'append'", 'a type of the user');
is(content($far, 'dst.moods'), content($near, 'moods'), 'arrives by its text form');
like(last_log(), qr/rows are sent as text, because .*"mood \(dst\.mood\)"/, 'the log says why');
load_ok("source_table => 'moods', columns => 'id, t, p, arr', destination_table => 'moods', load => 'append'", 'without that column');
like(last_log(), qr/binary form/, 'rows are binary again, into a domain too');
$near->sql("SET ROLE etl; CREATE TABLE one (v text); INSERT INTO one VALUES ('\\.'), ('\\N'), (''), (NULL)");
$far->safe_psql('postgres', 'CREATE DOMAIN dst.word AS text; CREATE TYPE dst.w AS (v text); CREATE TABLE dst.one (v dst.word, m money); ALTER TABLE dst.one OWNER TO writer');
load_ok("source_query => \$\$SELECT v, 1.5::numeric AS m FROM one\$\$, destination_table => 'dst.one', load => 'replace'", 'text of one kind of danger each');
is($far->safe_psql('postgres', "SELECT count(*) FILTER (WHERE v = '\\.'), count(*) FILTER (WHERE v = '\\N'), count(*) FILTER (WHERE v = ''), count(*) FILTER (WHERE v IS NULL), min(m) FROM dst.one"),
	'1|1|1|1|$1.50', 'arrives');
$near->sql("SET ROLE etl; CREATE TABLE wide AS SELECT 1 AS k, repeat('0123456789', 4 * 1024 * 1024) AS v, repeat('x', 3000000)::bytea AS b UNION ALL SELECT 2, 'small', '\\x00'");
load_ok("source_table => 'wide', destination_table => 'wide', load => 'replace'", 'a row of 43 MB');
is(content($far, 'dst.wide'), content($near, 'wide'), 'arrives whole');

# -- columns, defaults, kinds of tables

$far->safe_psql('postgres', q{SET ROLE writer; SET search_path = dst;
	CREATE FUNCTION dst.stamp() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.filled := own_word(); RETURN CASE WHEN NEW.a = 3 THEN NULL ELSE NEW END; END $$;
	CREATE FUNCTION dst.own_word() RETURNS text LANGUAGE sql AS $$ SELECT 'filled' $$;
	CREATE TABLE shaped (id int GENERATED ALWAYS AS IDENTITY, a smallint NOT NULL, twice int GENERATED ALWAYS AS (a * 2) STORED, d text DEFAULT 'default', "Odd ""name" text, filled text NOT NULL, n numeric(5,1));
	CREATE TRIGGER stamp BEFORE INSERT ON shaped FOR EACH ROW EXECUTE FUNCTION stamp();
	CREATE TABLE late (word text);
	CREATE FUNCTION dst.tell_late() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO late VALUES (own_word()); RETURN NULL; END $$;
	CREATE CONSTRAINT TRIGGER tell_late AFTER INSERT ON shaped DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION tell_late();
	CREATE TABLE parts (a int, b text) PARTITION BY RANGE (a); CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (10);
	CREATE TABLE strict (a int PRIMARY KEY, b text NOT NULL, c varchar(3)); INSERT INTO strict VALUES (99, 'kept');
	CREATE VIEW seen AS SELECT a FROM parts; CREATE MATERIALIZED VIEW mat AS SELECT 1 AS a;
	CREATE TABLE none (); CREATE TABLE "MiXed" (a int); CREATE TABLE child (a int REFERENCES strict ON DELETE CASCADE);
	CREATE TABLE hidden (a int); ALTER TABLE hidden ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY});
load_ok("source_query => 'SELECT i AS a, i AS twice, ''o'' AS \"Odd \"\"name\", i * 1.26 AS n FROM generate_series(1, 3) i', destination_table => 'shaped', load => 'append'",
	'identity, generated and default columns, a trigger');
is($far->safe_psql('postgres', 'SELECT string_agg(concat_ws(\' \', id, a, twice, d, "Odd ""name", filled, n), \', \') FROM dst.shaped'), '1 1 2 default o filled 1.3, 2 2 4 default o filled 2.5', 'are filled there');
is($far->safe_psql('postgres', 'SELECT count(*), min(word) FROM dst.late'), '2|filled', 'and a deferred trigger finds its names at the commit');
$log = last_log();
like($log, qr/not in the source, filled with their defaults: "id", "d"/, 'what gets a default is told');
like($log, qr/generated by the destination, the source's values are not used: "twice"/, 'and what is generated');
like($log, qr/warning 3 rows were sent and 2 taken/, 'and that a trigger dropped a row');
load_ok("source_query => 'SELECT i AS a, ''x'' AS b FROM generate_series(1, 9) i', destination_table => 'parts', load => 'replace'", 'a partitioned table');
is(run_now(), 'success', 'again');
is($far->safe_psql('postgres', 'SELECT count(*) FROM dst.parts'), 9, 'is replaced');
load_ok("source_query => 'SELECT 1 AS a', destination_table => 'mixed', load => 'append'", 'a name that differs in case');
load_ok("source_query => 'SELECT FROM generate_series(1, 2)', destination_table => 'none', load => 'append'", 'rows without columns');
is($far->safe_psql('postgres', 'SELECT count(*) FROM dst.none'), 2, 'arrive');
load_ok("source_query => 'SELECT 1 AS \"Ünï\"', destination_table => 'DST.\"New One\"', load => 'append'", 'a new table with odd names');
is($far->safe_psql('postgres', 'SELECT "Ünï" FROM dst."New One"'), 1, 'is made as it is written');
load_ok("source => 'far', source_table => 'parts', columns => 'count(*) AS n', destination_table => 'counted', load => 'replace'", 'source and destination are the same server, by staging');
is($far->safe_psql('postgres', 'SELECT n FROM dst.counted'), 9, 'it counts');
load_ok("source => 'far', source_table => 'parts', filter => 'a > 4', destination_table => 'parts', load => 'replace'", 'a table replaced by a part of itself');
is($far->safe_psql('postgres', 'SELECT count(*) FROM dst.parts'), 5, 'is read before it is emptied');

# -- errors leave nothing

my $strict = "destination_table => 'strict', load => 'replace'";
$far->safe_psql('postgres', 'DROP TABLE dst.child');
load_fails("source_query => 'SELECT i % 2000 AS a, ''b'' AS b FROM generate_series(1, 500000) i', $strict", qr/^failed 23505: duplicate key .*COPY strict, line 2001.*at server "far"/s, 'an error there in the middle of the load');
cmp_ok($near->sql("SELECT records_processed FROM pipeline_runs WHERE pipeline_name = 'p$number'"), '<', 400000, 'is seen while rows are being sent');
load_fails("source_query => 'SELECT 1/(1000-i) AS a, ''b'' AS b FROM generate_series(1, 1000) i', $strict", qr/^failed 22012:/, 'an error here');
load_fails("source_query => 'SELECT 1 AS a', $strict", qr/^failed 23502: the source has no column for "b" of "dst.strict", which may not be null.*Give it a value/s, 'a missing column');
load_fails("source_query => 'SELECT 1 AS a, ''b'' AS b, 2 AS x', $strict", qr/^failed 42703: the source has a column that "dst.strict" lacks: "x".*Add it to the table/s, 'a column too many');
load_fails("source_query => 'SELECT now() AS a, ''b'' AS b', $strict", qr/^failed 42804: column "a" is of type integer but the source gives timestamp with time zone.*Cast it/s, 'a type that does not fit');
load_fails("source_query => 'SELECT 1 AS a, ''b'' AS b, ''long'' AS c', $strict", qr/^failed 22001: value too long/, 'a value that is too long');
load_fails("source_query => 'SELECT 1 AS a', destination_table => 'mat', load => 'append'", qr/^failed 42809: cannot load rows into "mat"/, 'a materialized view');
load_fails("source_query => 'SELECT 1 AS a', destination_table => 'hidden', load => 'append'", qr/^failed (0A000|42501):.*row-level security/s, 'row-level security there');
load_fails("source_query => 'SELECT ''glad''::mood AS m', destination_table => 'nowhere.t', load => 'append'", qr/^failed 3F000: schema "nowhere" does not exist/, 'a schema that does not exist');
is($far->safe_psql('postgres', 'SELECT * FROM dst.strict'), '99|kept|', 'the destination is as it was');
$far->safe_psql('postgres', 'SET ROLE writer; SET search_path = dst; CREATE TABLE child (a int REFERENCES strict ON DELETE CASCADE)');
load_fails("source_query => 'SELECT 1 AS a, ''b'' AS b', $strict", qr/^failed 0A000: cannot replace the rows.*would delete or change rows there/s, 'a foreign key that cascades');
$far->safe_psql('postgres', 'CREATE TABLE public.foreign_one (a int)');
load_fails("source_query => 'SELECT 1 AS a', destination_table => 'public.foreign_one', load => 'append'", qr/^failed 42501: permission denied for table foreign_one.*Grant what is missing at server "far"/s, 'a right that is missing there');
load_fails("destination => 'trusting', source_query => 'SELECT 1 AS a', destination_table => 't', load => 'append'", qr/^failed 42501: server "trusting" did not ask for the password/, 'a server that trusts everybody');
load_fails("destination => 'closed', source_query => 'SELECT 1 AS a', destination_table => 't', load => 'append'", qr/^failed SL010: could not connect to server "closed".*the destination is up/s, 'a server that is down');
is($near->sql('SELECT count(*) FROM pipeline_sources'), 0, 'is not held against a source');
is($near->sql("SELECT count(*) FROM pipeline_runs r WHERE strpos(to_jsonb(r)::text, '$secret') > 0"), 0, 'no run shows the password');

# -- what create and alter say

like(define("source_query => 'SELECT 1 AS a', destination_table => 't'"), qr/22023: load must be given, because destination "t" is at another server/, 'load is asked for');
like(define("source_query => 'SELECT 1 AS a', destination => 'gone', destination_table => 't', load => 'append'"), qr/42704: server "gone" does not exist/, 'an unknown server');
$near->sql("CREATE EXTENSION file_fdw; CREATE SERVER files FOREIGN DATA WRAPPER file_fdw; GRANT USAGE ON FOREIGN SERVER files TO etl; CREATE SERVER private FOREIGN DATA WRAPPER postgres_fdw");
like(define("source_query => 'SELECT 1 AS a', destination => 'files', destination_table => 't', load => 'append'"), qr/0A000: server "files" cannot be a destination.*HINT:.*foreign table/s, 'another wrapper: a foreign table is the way');
like(define("source_query => 'SELECT 1 AS a', destination => 'private', destination_table => 't', load => 'append'"), qr/42501: permission denied for foreign server private/, 'a server of somebody else');
like(as_etl("CALL run_pipeline('p1', '{}', NULL)"), qr/0A000: pipeline "p1" cannot run in the caller's transaction/, 'CALL is refused');
like(as_etl("SELECT string_agg(l, E'\\n') FROM explain_pipeline('p1') l"),
	qr/destination: dst\.all_types of server "far"\nrows are sent in binary form\nat the destination: LOCK TABLE.*DELETE FROM dst\.all_types\nat the destination: COPY dst\.all_types \(a_int4.*\(FORMAT binary\)\nat the destination: ANALYZE.*\nledger: each run's id is committed in dst\.pg_sluice_ledger/s,
	'explain tells the statements');
is(as_etl("SELECT alter_pipeline('p1', reset => '{destination}', load => 'append', destination_table => 'public.here'); SELECT destination IS NULL FROM pipelines WHERE name = 'p1'"), "\nt", 'the server can be taken away');

# -- the ledger: who may write it

my $ledger = qr/warning this run may load its rows twice if it is lost at its end, because the ledger (\S+) cannot be used: /;
$far->safe_psql('postgres', 'CREATE TABLE locked.t (a int); GRANT SELECT, INSERT ON locked.t TO writer');
load_ok("source_query => 'SELECT 1 AS a', destination_table => 'locked.t', load => 'append'", 'a schema in which nothing may be created');
like(last_log(), qr/${ledger}it does not exist, and the role of the user mapping may not create tables in schema "locked"/, 'the log warns');
$far->safe_psql('postgres', 'GRANT CREATE ON SCHEMA locked TO poor; GRANT SELECT ON dst.pg_sluice_ledger TO poor; SET ROLE poor; CREATE TABLE locked.pg_sluice_ledger (LIKE dst.pg_sluice_ledger INCLUDING ALL); GRANT ALL ON locked.pg_sluice_ledger TO PUBLIC');
is(run_now(), 'success', 'a table of that name by somebody else');
like(last_log(), qr/${ledger}its owner is poor, who owns neither/, 'is not trusted');
$far->safe_psql('postgres', 'DROP TABLE locked.pg_sluice_ledger; CREATE TABLE locked.pg_sluice_ledger (LIKE dst.pg_sluice_ledger INCLUDING ALL)');
is(run_now(), 'success', 'one without the rights');
like(last_log(), qr/${ledger}role writer lacks/, 'is told');
$far->safe_psql('postgres', 'GRANT SELECT, INSERT, UPDATE, DELETE ON locked.pg_sluice_ledger TO writer');
is(run_now(), 'success', 'with them');
unlike(last_log(), $ledger, 'it is used');
is($far->safe_psql('postgres', 'SELECT pipeline_name, records FROM locked.pg_sluice_ledger'), "p$number|1", 'and holds the run');
$far->safe_psql('postgres', "UPDATE locked.pg_sluice_ledger SET loaded_at = loaded_at - interval '2 hours'; INSERT INTO locked.pg_sluice_ledger SELECT pipeline, gen_random_uuid(), attempt, 'never heard of', 0, loaded_at FROM locked.pg_sluice_ledger");
is(run_now(), 'success', 'the next run');
is($far->safe_psql('postgres', 'SELECT string_agg(pipeline_name, \',\' ORDER BY loaded_at) FROM locked.pg_sluice_ledger'), "never heard of,p$number", 'clears away those that ended well');

# -- statistics that cannot be made there do not cost the rows

$far->safe_psql('postgres', 'SET ROLE writer; CREATE TABLE dst.unanalyzed (a int); CREATE STATISTICS dst.unanalyzed_inverse ON (1 / a) FROM dst.unanalyzed');
load_ok("source_query => 'SELECT 0 AS a', destination_table => 'unanalyzed', load => 'replace'", 'a table that cannot be analyzed');
like(last_log(), qr/warning dst\.unanalyzed of server "far" could not be analyzed: division by zero/, 'is told');
is($far->safe_psql('postgres', 'SELECT a FROM dst.unanalyzed'), '0', 'and has its rows');

# -- a cancel reaches the server in the middle of the load

$far->safe_psql('postgres', 'SET ROLE writer; CREATE TABLE dst.slow (i int); CREATE FUNCTION dst.wait_here() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_advisory_xact_lock_shared(4711); RETURN NEW; END $$; CREATE TRIGGER w BEFORE INSERT ON dst.slow FOR EACH ROW EXECUTE FUNCTION dst.wait_here()');
{
	my $gate = close_far_gate();
	is(define("source_query => 'SELECT i, repeat(''x'', 100) AS x FROM generate_series(1, 1000000) i', columns => 'i', destination_table => 'slow', load => 'append'"), 'f', 'a load that waits there');
	my $run = as_etl("SELECT trigger_pipeline('p$number')");
	ok($far->poll_query_until('postgres', "SELECT count(*) = 1 FROM pg_stat_activity WHERE query LIKE 'COPY dst.slow%' AND wait_event = 'advisory'"), 'it waits');
	is(as_etl("SELECT stop_run('$run')"), 't', 'it is stopped');
	is(as_etl("SELECT wait_for_run('$run', '30 s')"), 'stopped', 'at once');
	ok($far->poll_query_until('postgres', "SELECT count(*) = 0 FROM pg_stat_activity WHERE application_name = 'pg_sluice'"), 'and the server does not wait any more');
	$gate->quit;
}

# -- foreign tables as destinations are written by their wrapper

$near->sql("SET ROLE etl; CREATE FOREIGN TABLE through_fdw (i int) SERVER far OPTIONS (schema_name 'dst', table_name 'plain')");
$far->safe_psql('postgres', 'CREATE TABLE dst.plain (i int); ALTER TABLE dst.plain OWNER TO writer; ALTER ROLE writer RESET default_transaction_read_only');
is(as_etl("SELECT create_pipeline('by_fdw', source_query => 'SELECT i FROM generate_series(1, 100) i', destination_table => 'through_fdw', load => 'replace') IS NULL"), 'f', 'a foreign table');
is(run_now('by_fdw'), 'success', 'is loaded');
is(run_now('by_fdw'), 'success', 'and replaced');
is($far->safe_psql('postgres', 'SELECT count(*), sum(i) FROM dst.plain'), '100|5050', 'by SQL');

# A table made there has the types that are there, whatever their schema; what is missing is text, and told.
as_etl("CREATE TYPE only_here AS ENUM ('x', 'y'); CREATE TABLE typed AS SELECT 1 AS id, 'glad'::mood AS m, ARRAY['sad']::mood[] AS ms, 'y'::only_here AS o, '1.50'::numeric(6,2) AS n");
load_ok("source_table => 'typed', destination_table => 'typed_there', load => 'replace'", 'a table is created with types of the destination');
is($far->safe_psql('postgres', "SELECT string_agg(format_type(atttypid, atttypmod), ' ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 'dst.typed_there'::regclass AND attnum > 0"),
	'integer dst.mood dst.mood[] text numeric(6,2)', 'which are its own');
is($far->safe_psql('postgres', 'SELECT * FROM dst.typed_there'), '1|glad|{sad}|y|1.50', 'and all values');
like(last_log(), qr/warning column "o" is created as text: server "far" has no type only_here/, 'what is missing there is told');

# A publication of all tables there: what a run creates is replaced as well.
$far->safe_psql('postgres', 'CREATE PUBLICATION everything FOR ALL TABLES');
load_ok("source_query => 'SELECT 1 AS i', destination_table => 'published', load => 'replace'", 'a table is created where all are published');
like(last_log(), qr/the replica identity of dst.published of server "far" is FULL, because it is published there/, 'with a replica identity');
is(run_now(), 'success', 'and replaced');
$far->safe_psql('postgres', 'DROP PUBLICATION everything');

$near->stop;
$far->stop;
done_testing();
