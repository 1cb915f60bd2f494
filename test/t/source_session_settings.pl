# What a run sets at other servers ends with its transactions, also behind a pooler; what settings there and here change about
# the text of values changes no value; and every setting of a client that the server has was looked at.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../perl";
use IPC::Run;
use PostgreSQL::Test::Utils;
use SluiceNode;
use Test::More;

$PostgreSQL::Test::Cluster::use_tcp = 1;
$PostgreSQL::Test::Cluster::test_pghost = '127.0.0.1';

# A locale with a comma before the cents, and one without cents. They exist in this test's own folder only.
my $folder = PostgreSQL::Test::Utils::tempdir();
sub made_locale
{
	my ($name) = @_;
	return -e "/usr/share/i18n/locales/$name" && IPC::Run::run([ 'localedef', '-i', $name, '-f', 'UTF-8', "$folder/$name.UTF-8" ], '>', \my $out, '2>&1');
}
my $has_locales = made_locale('es_AR') && made_locale('ja_JP');
$ENV{LOCPATH} = $folder if $has_locales;

my $node = SluiceNode->create('settings', "listen_addresses = '127.0.0.1'\npassword_encryption = 'scram-sha-256'");
my $port = $node->port;
unlink($node->data_dir . '/pg_hba.conf');
$node->append_conf('pg_hba.conf',
	"host all reader,writer,partial 127.0.0.1/32 scram-sha-256\nhost all all 127.0.0.1/32 trust\n");
$node->reload;
$node->sql('CREATE DATABASE origin TEMPLATE template0');
$node->sql('CREATE DATABASE far TEMPLATE template0');
$node->sql(q{CREATE ROLE reader LOGIN PASSWORD 'secret'; CREATE ROLE partial LOGIN PASSWORD 'secret'; CREATE ROLE writer LOGIN PASSWORD 'secret';
	CREATE EXTENSION postgres_fdw});

sub server
{
	my ($name, $to, $database, $user) = @_;
	$node->sql(qq{CREATE SERVER $name FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port '$to', dbname '$database');
		CREATE USER MAPPING FOR CURRENT_USER SERVER $name OPTIONS (user '$user', password 'secret')});
	return;
}

# Runs a pipeline; its end, and of a failed one everything that is said.
sub run_of
{
	my ($name, $arguments) = @_;
	$node->sql("SELECT create_pipeline('$name', $arguments)") if defined $arguments;
	my $run = $node->sql("SELECT trigger_pipeline('$name')");
	$node->sql("SELECT wait_for_run('$run', '60 s')");
	return $node->sql("SELECT concat_ws(' | ', status, error_sqlstate, error_message, error_detail, error_hint) FROM pipeline_runs WHERE id = '$run'");
}

# Settings as hostile as they come, which change how values look or are read.
my $odd = join('; ', map { "SET $_" } "DateStyle = 'SQL, DMY'", "IntervalStyle = 'sql_standard'", "TimeZone = 'Australia/Eucla'", 'extra_float_digits = -10',
	"bytea_output = 'escape'", "xmlbinary = 'hex'", 'xmloption = document', 'array_nulls = off', 'quote_all_identifiers = on', 'standard_conforming_strings = off',
	'transform_null_equals = on', 'statement_timeout = 600000');
(my $for_role = $odd) =~ s/SET /ALTER ROLE %1\$s IN DATABASE %2\$s SET /g;
$node->sql(sprintf($for_role, 'reader', 'origin') . ';' . sprintf($for_role, 'writer', 'far'));
$node->sql(q{CREATE SCHEMA app; GRANT USAGE ON SCHEMA app TO reader, partial;
	ALTER ROLE reader IN DATABASE origin SET search_path = app, public;
	CREATE TABLE app.orders AS SELECT i AS id, date '2020-01-02' + i AS d, timestamptz '2020-01-02 03:04:05.678Z' AS ts, i / 3.0::float8 AS f, interval '-1 day 02:03' * i AS iv,
		'\x00ff5c'::bytea AS b, ARRAY[i, NULL] AS a, (ARRAY['x', NULL, 'NULL'])::text[] AS t, '<a/>text'::xml AS x, 'app.orders'::text AS n, row(i, date '2020-02-03')::text AS r
		FROM generate_series(1, 500) i;
	CREATE TYPE app.pair AS (d date, f float8, iv interval, b bytea, a int[]);
	CREATE TABLE app.composed AS SELECT id, (d, f, iv, b, a)::app.pair AS p, ARRAY[(d, f, iv, b, a)::app.pair] AS pp FROM app.orders;
	GRANT SELECT ON ALL TABLES IN SCHEMA app TO reader}, db => 'origin');
$node->sql(q{CREATE SCHEMA app AUTHORIZATION writer; ALTER ROLE writer IN DATABASE far SET search_path = app, public; ALTER ROLE writer IN DATABASE far SET synchronous_commit = off;
	ALTER ROLE writer IN DATABASE far SET default_transaction_read_only = on;
	CREATE TYPE app.pair AS (d date, f float8, iv interval, b bytea, a int[]);
	CREATE TABLE app.composed (id int, p app.pair, pp app.pair[]); ALTER TABLE app.composed OWNER TO writer}, db => 'far');
$node->sql('CREATE SCHEMA app; CREATE TYPE app.pair AS (d date, f float8, iv interval, b bytea, a int[]); CREATE TABLE composed (id int, p app.pair, pp app.pair[]);
	CREATE TABLE orders (id int, d date, ts timestamptz, f float8, iv interval, b bytea, a int[], t text[], x xml, n text, r text)');

# -- every setting of a client was looked at

# Pinned by the run itself or by the connection, or without a say in what a value is and whether a run goes through.
my %reviewed = map { $_ => 1 } qw(TimeZone search_path client_encoding default_transaction_isolation default_transaction_read_only
	default_transaction_deferrable transaction_isolation transaction_read_only transaction_deferrable
	lc_monetary lc_numeric lc_time lc_messages default_text_search_config timezone_abbreviations icu_validation_level
	dynamic_library_path local_preload_libraries session_preload_libraries extension_control_path
	check_function_bodies client_min_messages createrole_self_grant default_table_access_method default_tablespace default_toast_compression
	event_triggers gin_pending_list_limit idle_session_timeout restrict_nonsystem_relation_kind session_replication_role temp_tablespaces
	vacuum_failsafe_age vacuum_freeze_min_age vacuum_freeze_table_age vacuum_multixact_failsafe_age vacuum_multixact_freeze_min_age
	vacuum_multixact_freeze_table_age vacuum_cleanup_index_scale_factor vacuum_truncate vacuum_max_eager_freeze_failure_rate
	allow_alter_system backslash_quote escape_string_warning lo_compat_privileges synchronize_seqscans);
my $list = slurp_file("$FindBin::RealBin/../../src/core/session_settings.cpp");
my %pinned = map { lc $_ => 1 } $list =~ /^\t\{"(\w+)", "/mg;
cmp_ok(scalar(keys %pinned), '>', 15, 'the list of settings was read');
my @unknown = grep { !$reviewed{$_} && !$pinned{ lc $_ } } split /\n/, $node->sql(q{SELECT name FROM pg_settings
	WHERE context IN ('user', 'superuser') AND (category LIKE 'Client Connection Defaults%' OR category LIKE 'Version and Platform Compatibility%')});
is("@unknown", '', 'every setting of a client is pinned or known not to matter');

# -- values that settings change the text of

server('src', $port, 'origin', 'reader');
server('dst', $port, 'far', 'writer');
(my $for_database = $odd) =~ s/SET /ALTER DATABASE postgres SET /g;
$node->sql("$for_database; ALTER DATABASE postgres SET row_security = off");
my $content = "SET DateStyle = 'ISO, MDY'; SET IntervalStyle = 'postgres'; SET TimeZone = 'UTC'; SET bytea_output = 'hex'; SET extra_float_digits = 1; SET quote_all_identifiers = off; "
  . 'SELECT count(*), md5(string_agg(t::text, chr(10) ORDER BY id)) FROM %s t';
my $orders = $node->sql(sprintf($content, 'app.orders'), db => 'origin');
my $composed = $node->sql(sprintf($content, 'app.composed'), db => 'origin');
is(run_of('orders', q{source => 'src', source_table => 'orders', destination_table => 'orders', load => 'append'}), 'success', 'odd settings at the source and here');
is($node->sql(sprintf($content, 'orders')), $orders, 'change no value');
is(run_of('composed', q{source => 'src', source_table => 'composed', destination_table => 'composed', load => 'append'}), 'success', 'composites travel as text');
is($node->sql(sprintf($content, 'composed')), $composed, 'and arrive as they were');
is(run_of('composed_far', q{source => 'src', source_table => 'composed', destination => 'dst', destination_table => 'composed', load => 'append'}), 'success', 'from server to server');
is($node->sql(sprintf($content, 'app.composed'), db => 'far'), $composed, 'they arrive, too');
is(run_of('broken', q{source_query => 'SELECT 1 / 0 AS id', destination_table => 'orders', load => 'append'}) =~ s/ \|.*//r, 'failed', 'the end of a failed run is written');
is($node->sql("SELECT error_sqlstate FROM pipeline_runs WHERE pipeline_name = 'broken'"), '22012', 'and says what it was');
$node->sql("CALL run_pipeline('orders', '{}', NULL)");
is($node->sql('SELECT count(*) FROM orders'), '1000', 'the same in CALL');
$node->sql('ALTER DATABASE postgres RESET ALL');

# -- functions of a view, statements, hints

$node->sql(q{SET search_path = app;
	CREATE TABLE people (id int, name text); INSERT INTO people VALUES (1, 'Ann');
	CREATE FUNCTION nameof(i int) RETURNS text LANGUAGE plpgsql STABLE AS 'BEGIN RETURN (SELECT name FROM people WHERE id = i); END';
	CREATE VIEW v_people AS SELECT id, nameof(id) AS n FROM people;
	CREATE TABLE salaries (i int);
	CREATE TABLE hidden (i int); ALTER TABLE hidden ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON hidden USING (i > 0);
	CREATE TABLE kinds AS SELECT 'app.people'::regclass AS c;
	GRANT SELECT ON people, v_people, hidden, kinds TO reader}, db => 'origin');
is(run_of('view', q{source => 'src', source_table => 'v_people', destination_table => 'v_people'}), 'success', 'a view whose function relies on the path');
is($node->sql('SELECT * FROM v_people'), '1|Ann', 'is read as in any session of the remote user');

# Whoever may create in that path could give the filter's names another meaning, and have it run as the remote user.
sub filtered
{
	my ($name, $source, $filter) = @_;
	my $end = run_of($name, qq{source => 'src', $source, filter => \$f\$$filter\$f\$, destination_table => '$name'});
	return $end . ' ' . $node->sql("SELECT count(*) FROM $name") . ' '
	  . $node->sql("SELECT message FROM pipeline_log WHERE pipeline = '$name' AND message LIKE 'the filter is applied%'");
}
my $of_view = q{source_table => 'v_people'};
my $of_query = q{source_query => 'SELECT id, name FROM people'};
is(filtered('f_view', $of_view, 'id > 0.5'), 'success 1 the filter is applied by the source', 'a filter of a view');
is(filtered('f_query', $of_query, 'id > 0.5 AND abs (id) = 1'), 'success 1 the filter is applied by the source', 'and of a query');
$node->sql(q{SET search_path = app; CREATE FUNCTION never(int, numeric) RETURNS boolean LANGUAGE sql AS 'SELECT false';
	CREATE OPERATOR > (LEFTARG = int, RIGHTARG = numeric, FUNCTION = never)}, db => 'origin');
like(filtered('f_view_operator', $of_view, 'id > 0.5'), qr/^success 1 the filter is applied here, because .* finds operator app\.> there/, 'an operator that fits a view better');
like(filtered('f_query_operator', $of_query, 'id > 0.5'), qr/^success 1 .* applied here, .*operator app\.>/, 'or a query');
is(filtered('f_table', q{source_table => 'people'}, 'id > 0.5'), 'success 1 the filter is applied by the source', 'is not found for a table');
$node->sql('DROP OPERATOR app.> (int, numeric); CREATE FUNCTION app.abs(int) RETURNS int LANGUAGE sql AS $$ SELECT 0 $$', db => 'origin');
$node->sql('ALTER ROLE reader IN DATABASE origin SET search_path = app, pg_catalog, public', db => 'origin');
like(filtered('f_schema', $of_view, 'id > 0'), qr/^success 1 .* applied here, because .* schemas before pg_catalog/, 'schemas before pg_catalog');
$node->sql('ALTER ROLE reader IN DATABASE origin SET search_path = app, public', db => 'origin');
like(filtered('f_function', $of_query, 'id > 0.5 AND abs (id) = 1'), qr/^success 1 .* applied here, .*function app\.abs/, 'a function of that name');
is(filtered('f_other', $of_query, 'id > 0.5'), 'success 1 the filter is applied by the source', 'but not one of another name');

$node->sql(q{SET search_path = app, public; CREATE TABLE traced (a int); CREATE TABLE traces (what text);
	CREATE FUNCTION trace() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO traces VALUES (TG_NAME); RETURN NEW; END';
	CREATE TRIGGER at_once BEFORE INSERT ON traced FOR EACH ROW EXECUTE FUNCTION trace();
	CREATE CONSTRAINT TRIGGER late AFTER INSERT ON traced DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION trace();
	SELECT create_pipeline('traced', source_query => 'SELECT 1 AS a', destination_table => 'traced', load => 'append')});
is(run_of('traced'), 'success', 'triggers of a destination here that rely on the path');
is($node->sql('SELECT string_agg(what, $$ $$ ORDER BY what) FROM app.traces'), 'at_once late', 'run with that of the pipeline, deferred ones as well');
is(run_of('kinds', q{source => 'src', source_table => 'kinds', columns => 'c::text AS c', destination_table => 'kinds'}), 'success', 'a regclass');
is($node->sql('SELECT c FROM kinds'), 'app.people', 'keeps its schema');
is(run_of('semicolon', q{source => 'src', source_query => 'select 1 as a, '';'' as b;; -- done', destination_table => 'semicolon'}), 'success', 'a semicolon at the end of source_query');
is($node->sql('SELECT * FROM semicolon'), '1|;', 'is taken off');
$node->sql_fails(q{SELECT create_pipeline('two', source => 'src', source_query => 'select 1 as a; select 2', destination_table => 'two')},
	qr/42601: source_query must be one SELECT/, 'two statements');
is(run_of('no_right', q{source => 'src', source_table => 'app.salaries', destination_table => 'x'}),
	'failed | 42501 | permission denied for table salaries | Grant what is missing at server "src" to the role that the user mapping names; where row-level security hides rows from it, it needs BYPASSRLS there.',
	'a right that is missing at the source');
like(run_of('policy', q{source => 'src', source_table => 'hidden', destination_table => 'x'}), qr/42501 .*policy.*at server "src" to the role that the user mapping names.*BYPASSRLS/, 'rows that a policy hides');
like(run_of('no_table', q{source => 'src', source_query => 'SELECT * FROM nowhere', destination_table => 'x'}), qr/42P01 .*source_query is read at server "src" by the role that the user mapping names/, 'an error of source_query');
$node->sql(q{CREATE TABLE passing (i int); SELECT create_pipeline('no_local', source_query => 'SELECT * FROM passing', destination_table => 'x'); DROP TABLE passing});
like(run_of('no_local'), qr/42P01 .*source_query is run as the owner/, 'the same of a query here');

# -- money

SKIP:
{
	skip 'no localedef or no sources of locales', 19 if !$has_locales;
	$node->sql(q{ALTER DATABASE origin SET lc_monetary = 'es_AR.UTF-8'});
	$node->sql(q{SET lc_monetary = 'es_AR.UTF-8'; CREATE TYPE app.amount AS (m money);
		CREATE TABLE app.pay AS SELECT 1 AS id, 12.34::numeric::money AS m, ARRAY[0.05::numeric::money, NULL, (-1234.5)::numeric::money] AS mm;
		CREATE TABLE app.composed_pay AS SELECT row(m)::app.amount AS a FROM app.pay; GRANT SELECT ON app.pay, app.composed_pay TO reader}, db => 'origin');
	is($node->sql('SELECT m FROM app.pay', db => 'origin'), '$ 12,34', 'the source writes a comma');
	$node->sql('CREATE TABLE pay (id int, m money, mm money[])');
	is(run_of('pay', q{source => 'src', source_table => 'pay', filter => $$m > '12' AND m < '13'$$, destination_table => 'pay', load => 'append'}), 'success', 'money between two locales');
	is($node->sql('SELECT m::numeric, mm::numeric[] FROM pay'), '12.34|{0.05,NULL,-1234.50}', 'is the same amount');
	like(run_of('pay_within', q{source => 'src', source_table => 'composed_pay', destination_table => 'x'}), qr/0A000 .* column "a" of the source holds money within another type/, 'not within a composite');
	$node->sql(q{CREATE TABLE app.pay (id int, m money, mm money[]); ALTER TABLE app.pay OWNER TO writer; ALTER DATABASE far SET lc_monetary = 'es_AR.UTF-8'}, db => 'far');
	is(run_of('pay_far', q{source_table => 'pay', destination => 'dst', destination_table => 'pay', load => 'append'}), 'success', 'money to a server');
	is($node->sql('SELECT m, m::numeric, mm::numeric[] FROM app.pay', db => 'far'), '$ 12,34|12.34|{0.05,NULL,-1234.50}', 'is the same amount there');
	$node->sql(q{CREATE TYPE app.amount AS (m money); CREATE TYPE app.amounts AS (a app.amount[]); CREATE DOMAIN app.price AS money; CREATE TYPE app.prices AS RANGE (subtype = money);
		CREATE TABLE app.pay_within (a app.amount); CREATE TABLE app.pay_deep (a app.amounts); CREATE TABLE app.pay_price (a app.price[]); CREATE TABLE app.pay_range (a app.prices);
		CREATE TABLE app.pay_ranges (a app.prices_multirange); CREATE TABLE app.pay_both (a app.amount, m money); CREATE TABLE app.pay_plain (a app.price);
		ALTER TABLE app.pay_within OWNER TO writer; ALTER TABLE app.pay_deep OWNER TO writer; ALTER TABLE app.pay_price OWNER TO writer; ALTER TABLE app.pay_range OWNER TO writer;
		ALTER TABLE app.pay_ranges OWNER TO writer; ALTER TABLE app.pay_both OWNER TO writer; ALTER TABLE app.pay_plain OWNER TO writer}, db => 'far');
	$node->sql(q{CREATE TYPE app.amount AS (m money); CREATE TYPE app.amounts AS (a app.amount[]); CREATE DOMAIN app.price AS money; CREATE TYPE app.prices AS RANGE (subtype = money)});
	my %within = (within => 'row(m)::app.amount', deep => 'row(ARRAY[row(m)::app.amount])::app.amounts', price => 'ARRAY[m]::app.price[]', range => 'app.prices(m, NULL)',
		ranges => 'app.prices_multirange(app.prices(m, NULL))');
	like(run_of("pay_far_$_", "source_query => 'SELECT $within{$_} AS a FROM pay', destination => 'dst', destination_table => 'pay_$_', load => 'append'"),
		qr/0A000 .* column "a" of .*pay_$_.* holds money within type .*lc_monetary/, "money within another type to a server: $_")
	  for sort keys %within;
	is(run_of('pay_far_plain', q{source_query => 'SELECT m::app.price AS a FROM pay', destination => 'dst', destination_table => 'pay_plain', load => 'append'}), 'success', 'a domain of money is money');
	is($node->sql('SELECT a::money::numeric FROM app.pay_plain', db => 'far'), '12.34', 'and the same amount');
	$node->sql(q{ALTER DATABASE far RESET lc_monetary});
	is(run_of('pay_far_within'), 'success', 'where both have one lc_monetary');
	is($node->sql('SELECT (a).m::numeric FROM app.pay_within', db => 'far'), '12.34', 'it is the same amount');
	like(run_of('pay_far_both', q{source_query => 'SELECT row(m)::app.amount AS a, m FROM pay', destination => 'dst', destination_table => 'pay_both', load => 'append'}), $node->sql('SHOW lc_monetary') eq 'C' ? qr/^success/ : qr/0A000/,
		'beside an amount of its own');
	$node->sql(q{ALTER DATABASE far SET lc_monetary = 'ja_JP.UTF-8'});
	like(run_of('pay_far'), qr/0A000 .* lc_monetary "ja_JP.UTF-8" has not two digits/, 'a server without cents');
	$node->sql(q{ALTER DATABASE origin SET lc_monetary = 'ja_JP.UTF-8'});
	$node->sql(q{UPDATE app.pay SET m = 1500::numeric::money}, db => 'origin');
	$node->sql('TRUNCATE pay');
	$node->sql("SELECT alter_pipeline('pay', filter => \$\$m > '13'\$\$)");
	is(run_of('pay', undef), 'success', 'a source without cents');
	is($node->sql('SELECT m::numeric FROM pay'), '1500.00', 'is the same amount');
}

# -- a pooler

SKIP:
{
	my $pgbouncer = (grep { -x $_ } map { "$_/pgbouncer" } split(/:/, $ENV{PATH}), '/usr/sbin')[0];
	skip 'pgbouncer is not installed', 16 if !defined $pgbouncer;
	my %bouncers;
	for my $mode (qw(transaction session))
	{
		my $own = PostgreSQL::Test::Cluster::get_free_port();
		my $ini = "$folder/$mode.ini";
		append_to_file("$folder/users", qq{"reader" "secret"\n"writer" "secret"\n}) if !-e "$folder/users";
		append_to_file($ini, "[databases]\norigin = host=127.0.0.1 port=$port\nfar = host=127.0.0.1 port=$port\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = $own\n"
			  . "unix_socket_dir =\nauth_type = scram-sha-256\nauth_file = $folder/users\npool_mode = $mode\ndefault_pool_size = 1\n");
		my $pooler = IPC::Run::start([ $pgbouncer, $ini ], '<', '/dev/null', '>', "$folder/$mode.log", '2>&1');
		$bouncers{$mode} = $pooler;
		# An application, over the one connection that the pool has.
		my $ask = sub {
			my ($database, $user, $sql) = @_;
			local $ENV{PGPASSWORD} = 'secret';
			my ($out, $err) = ('', '');
			IPC::Run::run([ 'psql', '-XAtq', '-h', '127.0.0.1', '-p', $own, '-U', $user, '-d', $database, '-c', $sql ], '>', \$out, '2>', \$err);
			chomp $out;
			return $out ne '' ? $out : $err;
		};
		my $waited = 0;
		select(undef, undef, undef, 0.1) while $ask->('origin', 'reader', 'SELECT 1') ne '1' && $waited++ < 100;
		my $state = q{SELECT pg_backend_pid(), md5(string_agg(name || setting, ',' ORDER BY name)) FROM pg_settings WHERE name NOT LIKE '%progress%'};
		my @before = map { $ask->(@$_, $state) } [ 'origin', 'reader' ], [ 'far', 'writer' ];
		server("src_$mode", $own, 'origin', 'reader');
		server("dst_$mode", $own, 'far', 'writer');
		$node->sql("CREATE TABLE IF NOT EXISTS pooled AS SELECT * FROM orders WITH NO DATA");
		for my $time (1, 2)
		{
			is(run_of("pooled_$mode", $time == 2 ? undef : "source => 'src_$mode', source_table => 'orders', destination_table => 'pooled', load => 'replace'"),
				'success', "$mode: a source behind a pooler, $time");
			is(run_of("far_$mode", $time == 2 ? undef : "source => 'src_$mode', source_query => 'SELECT id, d, ts FROM orders', destination => 'dst_$mode', destination_table => 'far_$mode', load => 'replace'"),
				'success', "$mode: and a destination, $time");
		}
		is($node->sql("SELECT count(*) FROM app.far_$mode", db => 'far'), '500', "$mode: rows arrive");
		my @after = map { $ask->(@$_, $state) } [ 'origin', 'reader' ], [ 'far', 'writer' ];
		is($after[0], $before[0], "$mode: the connection of the source is the same, with every setting as before");
		is($after[1], $before[1], "$mode: and that of the destination");
		is($ask->('origin', 'reader', 'SELECT count(*) FROM orders'), '500', "$mode: the application finds its table");
	}
	$_->signal('TERM') for values %bouncers;
	$_->finish for values %bouncers;
}

$node->stop;
done_testing();
