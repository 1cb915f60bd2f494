# What a load may do to a table and what it must say: sequences that go along, tables that are not its own, sources that drift.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../perl";
use PostgreSQL::Test::Utils;
use SluicePair;
use Test::More;

start_pair();

sub define
{
	my ($name, $arguments) = @_;
	return as_etl("SELECT create_pipeline('$name', $arguments) IS NULL");
}

# The last run's status, and its error.
sub run_now
{
	my ($name) = @_;
	my $out = as_etl("CALL trigger_and_wait('$name', NULL, '60 s', NULL, NULL, false)");
	return $out if $out =~ /^ERROR/;
	my ($run) = split /\|/, $out;
	return $near->sql("SELECT concat_ws(' ', status, error_sqlstate || ':', error_message, error_detail, error_hint) FROM pipeline_runs WHERE id = '$run'");
}

sub told
{
	my ($name, $pattern) = @_;
	return $near->sql("SELECT string_agg(level || ': ' || message, E'\\n' ORDER BY line) FROM pipeline_log WHERE run = (SELECT id FROM pipeline_runs WHERE pipeline_name = '$name' ORDER BY id DESC LIMIT 1) AND message ~ '$pattern'");
}

# -- sequences at a destination server: found, moved, never back, or a warning that says what to grant

$far->safe_psql('postgres', q{SET ROLE writer;
	CREATE TABLE dst.ids (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, down bigserial, half numeric DEFAULT nextval('dst.ids_id_seq'), t text);
	ALTER SEQUENCE dst.ids_down_seq INCREMENT -1 MINVALUE -1000 START -1 RESTART;
	RESET ROLE;
	CREATE TABLE dst.foreign_ids (id serial, t text); GRANT SELECT, INSERT ON dst.foreign_ids TO writer; GRANT SELECT ON SEQUENCE dst.foreign_ids_id_seq TO writer;
	CREATE TABLE dst.blind_ids (id serial, t text); GRANT INSERT ON dst.blind_ids TO writer});
my $rows = "source_query => 'SELECT i AS id, -i AS down, i + 0.5 AS half, ''t'' AS t FROM generate_series(1, 100) i'";
is(define('ids', "$rows, destination => 'far', destination_table => 'ids', load => 'replace'"), 'f', 'identity at a destination');
like(as_etl("SELECT string_agg(line, ' ') FROM explain_pipeline('ids') AS line WHERE line LIKE 'sequences%'"), qr/dst\.ids_id_seq of column id is moved/, 'explain tells of its sequence');
is(run_now('ids'), 'success', 'is loaded');
is(told('ids', '^sequence '), "info: sequence dst.ids_id_seq moved from 1 to 100, past the value 100 that was loaded into id\n"
	  . "info: sequence dst.ids_down_seq moved from -1 to -100, past the value -100 that was loaded into down\n"
	  . "info: sequence dst.ids_id_seq moved from 100 to 101, past the value 101 that was loaded into half", 'its sequences are moved');
is($far->safe_psql('postgres', "INSERT INTO dst.ids (t) VALUES ('new') RETURNING id, down"), "102|-101", 'and the next INSERT works');
is(run_now('ids'), 'success', 'is loaded again');
is(told('ids', '^sequence '), '', 'and they stay');
for my $table (['foreign_ids', 'UPDATE', 'is'], ['blind_ids', 'SELECT, UPDATE', 'may be'])
{
	my ($name, $grant, $is) = @$table;
	is(define($name, "$rows, columns => 'id, t', destination => 'far', destination_table => '$name', load => 'append'"), 'f', "$name: no right");
	is(run_now($name), 'success', "$name: is loaded");
	is(told($name, '^sequence '), "warning: sequence dst.${name}_id_seq $is behind the value 100 that was loaded into id, and writer may not move it: an INSERT that takes a value from it may fail. "
		  . "GRANT $grant ON SEQUENCE dst.${name}_id_seq TO writer", "$name: a warning");
	$far->safe_psql('postgres', "GRANT $grant ON SEQUENCE dst.${name}_id_seq TO writer");
	is(run_now($name), 'success', "$name: granted");
	like(told($name, '^sequence '), qr/^info: sequence dst\.${name}_id_seq moved from 1 to 100/, "$name: moved");
}

# -- streams, whose rows this process never sees

$near->sql("SET ROLE etl; CREATE TABLE streamed (id bigserial PRIMARY KEY, t text)");
$far->safe_psql('postgres', "SET ROLE writer; CREATE TABLE dst.many AS SELECT i AS id, repeat('x', 50) AS t FROM generate_series(1, 50000) i");
is(define('streamed', "source => 'far', source_table => 'dst.many', destination_table => 'streamed', load => 'replace', options => '{\"streams\": 2}'"), 'f', 'two streams');
is(run_now('streamed'), 'success', 'load');
like(told('streamed', '^sequence '), qr/^info: sequence public\.streamed_id_seq moved from 1 to 50000/, 'and the sequence moves');

# -- an application that takes values meanwhile, in an open transaction: nobody waits, nothing goes back

$near->sql("SET ROLE etl; CREATE TABLE busy (id bigserial, t text)");
is(define('busy', "source_query => 'SELECT last_value + 40 AS id FROM busy_id_seq', destination_table => 'busy', load => 'append'"), 'f', 'a busy sequence');
my $application = $near->background_psql('postgres');
$application->query_safe("BEGIN; SELECT nextval('busy_id_seq')");
$application->{stdin} .= q{DO $$ DECLARE before bigint := 0; now bigint; BEGIN WHILE NOT pg_try_advisory_xact_lock(4712) LOOP now := nextval('busy_id_seq');
	IF now <= before THEN RAISE EXCEPTION 'went back from % to %', before, now; END IF; before := now; END LOOP; END $$;} . "\n";
my $gate = $near->background_psql('postgres');
$gate->query_safe('SELECT pg_advisory_lock(4712)');
my @ends = map { run_now('busy') } 1 .. 10;
is(join(' ', @ends), join(' ', ('success') x 10), 'runs do not wait for it');
$gate->quit;
is($application->query_safe('SELECT 1'), '1', 'and no value was given twice');
$application->quit;

# -- a replace that nobody chose: never at another server, and a restored dump neither loses nor gains what it may replace

like(as_etl("SELECT create_pipeline('far_implicit', source_query => 'SELECT 1 AS i', destination => 'far', destination_table => 'dst.nobody_chose')"),
	qr/ERROR:  22023: load must be given/, 'a destination server asks for the load');
is(define('moved', "source_query => 'SELECT 1 AS i', destination_table => 'moved'"), 'f', 'replace is chosen here');
like(as_etl("SELECT alter_pipeline('moved', destination => 'far', destination_table => 'dst.moved')"), qr/ERROR:  22023: load must be given/, 'and asked for when it moves there');
for my $name ('made', 'stranger', 'gone', 'early')
{
	is(define($name, "source_query => 'SELECT 1 AS i', destination_table => '${name}_t'"), 'f', "$name: is made");
	is(run_now($name), 'success', "$name: creates its table") if $name ne 'early';
}
# What else a dump carries: how far a source is loaded and which of its rows are known there, rows that did not fit, what the source was like.
$near->sql(q{SET ROLE etl; CREATE TYPE temper AS ENUM ('sad', 'glad'); CREATE TABLE moods (at int, mood temper); INSERT INTO moods VALUES (1, 'sad'), (2, 'glad'), (2, 'glad'), (NULL, 'sad');
	CREATE TABLE wild (id int, v text); INSERT INTO wild VALUES (1, '1'), (2, 'x'); CREATE TABLE shaped AS SELECT 1 AS id, text 'a' AS name});
my $strict = "source_table => 'wild', load => 'append', columns => 'id, v::int AS v', options => '{\"on_reject\": \"quarantine\", \"max_rejects\": \"%s\"}'";
define('moody', "source_table => 'moods', destination_table => 'moods_t', load => 'append', cursor_column => 'at', options => '{\"on_null_cursor\": \"include\"}'");
define('shaped', "source_table => 'shaped', destination_table => 'shaped_t', load => 'replace'");
define('wild', "destination_table => 'wild_t', " . sprintf($strict, '5'));
define('lost', "destination_table => 'lost_t', " . sprintf($strict, '0'));
is(run_now($_), 'success', "$_: loads before the dump") for ('moody', 'shaped', 'wild');
like(run_now('lost'), qr/^failed 54000/, 'lost: fails before the dump');
is($near->sql(q{SELECT string_agg(pipeline || is_lost, ' ' ORDER BY pipeline) FROM rejected_rows}), 'losttrue wildfalse', 'rows were put aside');
my $dump = $PostgreSQL::Test::Utils::tmp_check . '/loads.sql';
$near->PostgreSQL::Test::Cluster::command_ok([ 'pg_dump', '-f', $dump, 'postgres' ], 'dumped');
$near->safe_psql('postgres', 'CREATE DATABASE copy');
$near->PostgreSQL::Test::Cluster::command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', $dump, 'copy' ], 'restored');
is($near->sql('SELECT count(*) FROM pipeline_runs', db => 'copy') . $near->sql('SELECT count(*) FROM pipeline_log', db => 'copy'), '00', 'without history');
$near->sql("DROP TABLE stranger_t, gone_t; CREATE TABLE stranger_t AS SELECT 7 AS i; CREATE TABLE early_t AS SELECT 7 AS i; GRANT ALL ON stranger_t, early_t TO etl", db => 'copy');
$near->sql('SELECT adopt_pipelines()', db => 'copy');
$near->sql("CREATE TABLE gone_t AS SELECT 7 AS i; GRANT ALL ON gone_t TO etl", db => 'copy');
for my $case ([ 'made', 'success' ], [ 'stranger', 'failed 22023' ], [ 'gone', 'failed 22023' ], [ 'early', 'failed 22023' ])
{
	my ($name, $end) = @$case;
	$near->psql('copy', "CALL trigger_and_wait('$name', timeout => '60 s')");
	is($near->sql("SELECT concat_ws(' ', status, error_sqlstate) FROM pipeline_runs WHERE pipeline_name = '$name'", db => 'copy'), $end, "$name: $end in the copy");
	is($near->sql("SELECT count(*) FROM ${name}_t WHERE i = 7", db => 'copy'), $name eq 'made' ? '0' : '1', "$name: whose rows are there");
}

is($near->sql(q{SELECT watermark FROM pipelines WHERE name = 'moody'}, db => 'copy'), '2', 'the watermark is in the copy');
$near->sql(q{INSERT INTO moods VALUES (2, 'sad'), (3, 'glad'), (NULL, 'glad'); CALL trigger_and_wait('moody', timeout => '60 s')}, db => 'copy');
is($near->sql(q{SELECT records_inserted || '/' || records_duplicate FROM pipeline_runs WHERE pipeline_name = 'moody'}, db => 'copy'), '3/3', 'and the rows at it are known there');
$near->sql('ALTER TABLE shaped DROP name', db => 'copy');
$near->psql('copy', "CALL trigger_and_wait('shaped', timeout => '60 s')");
is($near->sql(q{SELECT status || error_sqlstate FROM pipeline_runs WHERE pipeline_name = 'shaped'}, db => 'copy'), 'failed42703', 'what the source was like is in the copy');
is($near->sql(q{SELECT string_agg(pipeline || ' ' || (original ->> 'v'), ',') FROM rejected_rows}, db => 'copy'), 'wild x', 'and rows that were put aside, but for those of failed runs');
$near->sql(q{SELECT alter_pipeline('wild', columns => 'id, length(v) AS v')}, db => 'copy');
my $replay = $near->sql(q{SELECT replay_rejects('wild')}, db => 'copy');
is($near->sql("SELECT wait_for_run('$replay', '60 s')", db => 'copy') . $near->sql('SELECT count(*) FROM rejected_rows', db => 'copy'), 'success0', 'which can be replayed there');
is($near->sql('SELECT string_agg(id::text, $$,$$ ORDER BY id) FROM wild_t', db => 'copy'), '1,2', 'and are loaded');

# -- a source server that drifts, into a table here and into one there

$far->safe_psql('postgres', "SET ROLE writer; CREATE TABLE dst.drift (id int, name text, amount numeric(10,2)); INSERT INTO dst.drift VALUES (1, 'a', 1.25); CREATE TABLE dst.drifted (id int, name text, amount numeric(10,2))");
$near->sql("SET ROLE etl; CREATE TABLE drifted (id int, name text, amount numeric(10,2))");
is(define('drift', "source => 'far', source_table => 'dst.drift', destination_table => 'drifted', load => 'replace'"), 'f', 'drift');
is(define('far_drift', "source => 'far', source_table => 'dst.drift', destination => 'far', destination_table => 'drifted', load => 'replace'"), 'f', 'drift to a server');
is(run_now($_), 'success', "$_: loads") for ('drift', 'far_drift');
$far->safe_psql('postgres', 'ALTER TABLE dst.drift ALTER amount TYPE numeric(12,4); UPDATE dst.drift SET amount = 1.2549');
like(run_now($_), qr/^failed 42804: column amount has become numeric\(12,4\) at the source, which does not fit into numeric\(10,2\)/, "$_: a type that has changed") for ('drift', 'far_drift');
$far->safe_psql('postgres', 'ALTER TABLE dst.drift ALTER amount TYPE numeric(10,2); ALTER TABLE dst.drift DROP name');
like(run_now($_), qr/^failed 42703: column name is gone from the source/, "$_: a column that is gone") for ('drift', 'far_drift');
is($near->sql('SELECT name, amount FROM drifted'), 'a|1.25', 'nothing is lost here');
is($far->safe_psql('postgres', 'SELECT name, amount FROM dst.drifted'), 'a|1.25', 'nor there');
is(as_etl("SELECT alter_pipeline('$_', reset => '{columns}') IS NULL"), 'f', "$_: accepted") for ('drift', 'far_drift');
is(run_now($_), 'success', "$_: loads again") for ('drift', 'far_drift');

# -- a value that its column would change: in several streams, into tables of another server, into money there

$far->safe_psql('postgres', q{SET ROLE writer; CREATE TABLE dst.exact AS SELECT i AS id, (i + 0.25)::numeric(12,4) AS amount FROM generate_series(1, 30000) i; ANALYZE dst.exact;
	CREATE TABLE dst.exacted (id int, amount numeric(10,2)); CREATE TABLE dst.paid (id int, amount money)});
$near->sql('SET ROLE etl; CREATE TABLE exacted (id int, amount numeric(10,2))');
my $exact = "source => 'far', source_table => 'dst.exact', load => 'replace'";
my %exact = (one => "destination_table => 'exacted', options => '{\"on_loss\": \"fail\"}'", streams => "destination_table => 'exacted', options => '{\"on_loss\": \"fail\", \"streams\": 2}'",
	there => "destination => 'far', destination_table => 'exacted', options => '{\"on_loss\": \"fail\"}'", paid => "destination => 'far', destination_table => 'paid', options => '{\"on_loss\": \"fail\"}'");
my @exact = qw(one streams there paid);
for my $name (@exact)
{
	is(define($name, "$exact, $exact{$name}"), 'f', "$name: exact");
	is(run_now($name), 'success', "$name: values that fit");
	like(told($name, 'amount is numeric'), qr/^info: .*rounded off; a value that would be changed fails the run$/, "$name: they are checked");
}
like(told('streams', 'streams over'), qr/2 streams over/, 'in two streams');
$far->safe_psql('postgres', 'UPDATE dst.exact SET amount = amount + 0.005 WHERE id = 29000');
like(run_now($_), qr/^failed 22003: value "29000\.2550" of column "amount" would be stored as "29000\.26"/, "$_: one that does not") for @exact;
is($near->sql('SELECT count(*), sum(amount) FROM exacted'), '30000|450022500.00', 'the old rows are there');
is($far->safe_psql('postgres', q{SELECT count(*), sum(amount) FROM dst.exacted UNION ALL SELECT count(*), sum(amount)::numeric FROM dst.paid}), "30000|450022500.00\n30000|450022500.00", 'and there');
as_etl("SELECT alter_pipeline('paid', options => '{\"on_loss\": \"warn\"}')");
is(run_now('paid'), 'success', 'a warning only');
like(told('paid', 'amount is numeric'), qr/^warning: .*rounded off; a cast in columns says that it is meant$/, 'that names the column');
is($far->safe_psql('postgres', 'SELECT amount::numeric FROM dst.paid WHERE id = 29000'), '29000.26', 'and the value is rounded');

$near->stop;
$far->stop;
done_testing();
