# commit_every: a load that commits as it goes. Whatever ends a run, what it committed stays, the next attempt goes on behind it, and in the end
# the destination is what the source is: no row twice, none missing, however many share a value of the cursor.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../perl";
use PostgreSQL::Test::Utils;
use SluiceNode;
use Test::More;

my $node = SluiceNode->create('resume', 'restart_after_crash = on');
my ($host, $port) = ($node->host, $node->port);
my $seed = $ENV{SLUICE_SEED} // time;
srand $seed;
note "SLUICE_SEED=$seed";

# Several rows have the same value, some the same everything; a few values are far more than a chunk.
$node->sql(qq{
	CREATE EXTENSION postgres_fdw;
	CREATE SERVER here FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '$host', port '$port', dbname 'postgres');
	CREATE USER MAPPING FOR CURRENT_USER SERVER here;
	CREATE TABLE src (id int, at timestamptz, val text);
	CREATE INDEX ON src (at);
	INSERT INTO src SELECT i, '2026-01-01'::timestamptz + CASE WHEN i BETWEEN 5000 AND 6500 THEN 5000 ELSE i / 7 * 7 END * interval '1 second', 'v' || i / 2
		FROM generate_series(1, 12000) AS i;
	INSERT INTO src SELECT 20000, '2026-01-01', 'twice' FROM generate_series(1, 3);
	CREATE TABLE marks (mark int);
	CREATE TABLE keyed (id int PRIMARY KEY, at timestamptz, val text);
	CREATE INDEX ON keyed (at);
	INSERT INTO keyed SELECT DISTINCT ON (id) * FROM src;
	SELECT create_pipeline('there', source => 'here', source_table => 'src', destination_table => 'there', cursor_column => 'at', options => '{"commit_every": 200}'),
		create_pipeline('local', source_table => 'src', destination_table => 'local', cursor_column => 'at', options => '{"commit_every": 200}'),
		create_pipeline('merged', source => 'here', source_table => 'keyed', destination_table => 'merged', cursor_column => 'at', key_columns => '{id}', options => '{"commit_every": 200}'),
		create_pipeline('retried', source => 'here', source_table => 'src', destination_table => 'retried', cursor_column => 'at',
			options => '{"commit_every": 200, "max_retries": 30, "retry_delay": 1, "lag": "20 seconds", "before_sql": "INSERT INTO marks VALUES (1)", "after_sql": "INSERT INTO marks VALUES (2)"}'),
		create_pipeline('late', source => 'here', source_table => 'src', destination_table => 'late', cursor_column => 'at', options => '{"commit_every": 300, "late_rows": "auto"}')});
my %source = (merged => 'keyed');

sub row_of { return $node->sql("SELECT $_[1] FROM pipeline_runs WHERE id = '$_[0]'"); }
sub rows_of { return $node->sql("SELECT CASE WHEN to_regclass('$_[0]') IS NULL THEN 0 ELSE (xpath('/row/c/text()', query_to_xml('SELECT count(*) AS c FROM $_[0]', false, true, '')))[1]::text::int END"); }
# By its key a row that changes meanwhile is still the same.
sub surplus
{
	my ($name) = @_;
	return $node->sql($source{$name} ? "SELECT count(*) FROM (SELECT id FROM $name EXCEPT ALL SELECT id FROM $source{$name}) AS d"
		: "SELECT count(*) FROM (TABLE $name EXCEPT ALL TABLE src) AS d");
}
sub differs
{
	my ($name) = @_;
	my $from = $source{$name} // 'src';
	return $node->sql("SELECT count(*) FROM ((TABLE $name EXCEPT ALL TABLE $from) UNION ALL (TABLE $from EXCEPT ALL TABLE $name)) AS d");
}

# One run without anything in its way: it commits in between, and tells.
my $run = $node->sql(q{SELECT trigger_pipeline('late')});
$node->await("SELECT status = 'success' FROM pipeline_runs WHERE id = '$run'", 'a run in chunks');
is(differs('late'), '0', 'loads everything');
is(row_of($run, 'records_read - records_duplicate, records_inserted, watermark_before IS NULL'), '12003|12003|t', 'the counters are of all chunks');
cmp_ok($node->sql('SELECT count(DISTINCT xmin::text) FROM late'), '>', 20, 'in many transactions');
like($node->sql("SELECT string_agg(message, E'\\n') FROM run_log('$run')"), qr/up to 2026-01-01 00:\d\d:\d\d\+00 \(a chunk; the greatest at the source is 2026-01-01 03:19:58\+00\) are read/,
	'the log tells where a chunk ends');
$run = $node->sql(q{SELECT trigger_pipeline('late')});
$node->await("SELECT status = 'success' FROM pipeline_runs WHERE id = '$run'", 'another one');
is(row_of($run, 'records_inserted'), '0', 'brings nothing');

# Killed at random, while others write at the source.
my @terrors = ([ 'KILL', 'kill -9' ], [ 'TERM', 'terminated' ], [ 'KILL', 'kill -9' ], [ 'stop', 'stopped' ]);
my ($added, $resumed) = (30000, 0);
for my $name (qw(there local merged))
{
	my $tries = 0;
	for (;;)
	{
		my ($how, $label) = @{ $terrors[ $tries++ % @terrors ] };
		my $before = rows_of($name);
		$run = $node->sql("SELECT trigger_pipeline('$name')");
		my $enough = $before + 1 + int rand 2500;
		$enough = 1e9 if $tries > 6;
		$node->poll_query_until('postgres', "SELECT status NOT IN ('pending', 'running') OR records_inserted >= $enough - $before FROM pipeline_runs WHERE id = '$run'");
		last if row_of($run, 'status') eq 'success';
		my $pid = $node->pid_of('run');
		if ($how eq 'stop') { $node->sql("SELECT stop_run('$run')"); }
		elsif ($how eq 'TERM') { $node->sql("SELECT pg_terminate_backend($pid)") if $pid; }
		elsif ($pid) { kill 'KILL', $pid; }
		$node->poll_query_until('postgres', "SELECT status NOT IN ('pending', 'running') FROM pipeline_runs WHERE id = '$run'");
		is(surplus($name), '0', "$name: $label with " . rows_of($name) . ' rows, none of them twice');
		my $at = $node->sql("SELECT watermark FROM pipelines WHERE name = '$name'");
		is(row_of($run, 'coalesce(watermark_after, watermark_before)'), $at, "$name: the run tells how far it came") if row_of($run, 'status') ne 'success' && $at ne '';
		$resumed++ if rows_of($name) > 0;
		my $from = $source{$name} // 'src';
		# One more at the greatest value, which may be the watermark, and one behind it.
		$node->sql("INSERT INTO $from SELECT $added, max(at), 'new' FROM $from UNION ALL SELECT $added + 1, max(at) + interval '1 second', 'new' FROM $from");
		$added += 2;
		$node->sql("UPDATE keyed SET val = val || '!', at = (SELECT max(at) + interval '1 second' FROM keyed) WHERE id BETWEEN 100 * $tries AND 100 * $tries + 20") if $name eq 'merged';
	}
	is(differs($name), '0', "$name: in the end it is what the source is");
}
cmp_ok($resumed, '>', 2, 'runs were cut short and others went on');

# By itself: attempts of one run.
$run = $node->sql(q{SELECT trigger_pipeline('retried')});
for my $kill (1 .. 3)
{
	my $enough = $kill * 2500;
	$node->poll_query_until('postgres', "SELECT count(*) FILTER (WHERE status = 'success') > 0 OR sum(records_inserted) >= $enough FROM pipeline_runs WHERE root_run = '$run'");
	my $pid = $node->pid_of('run');
	kill 'KILL', $pid if $pid;
	$node->poll_query_until('postgres', 'SELECT true');
}
$node->await("SELECT count(*) > 0 FROM pipeline_runs WHERE root_run = '$run' AND status = 'success'", 'a run whose attempts are killed comes to its end');
is(differs('retried'), '0', 'with exactly the rows of the source');
cmp_ok($node->sql("SELECT count(*) FROM pipeline_runs WHERE root_run = '$run'"), '>', 1, 'in several attempts');
is($node->sql('SELECT string_agg(mark::text, $$ $$ ORDER BY mark) FROM marks'), '1 2', 'before_sql and after_sql are run once');

# A chunk that fails leaves those before it.
$node->sql(q{SELECT reset_watermark('there'); TRUNCATE there; ALTER TABLE there ADD CONSTRAINT no CHECK (id <> 9000)});
$run = $node->sql(q{SELECT trigger_pipeline('there')});
$node->await("SELECT status = 'failed' FROM pipeline_runs WHERE id = '$run'", 'a bad row fails its chunk');
is(row_of($run, 'records_inserted') , rows_of('there'), 'the run counts what stays');
cmp_ok(rows_of('there'), '>', 8000, 'all before it');
$node->sql('ALTER TABLE there DROP CONSTRAINT no');
$run = $node->sql(q{SELECT trigger_pipeline('there')});
$node->await("SELECT status = 'success' FROM pipeline_runs WHERE id = '$run'", 'the next goes on');
cmp_ok(row_of($run, 'records_read'), '<', 5000, 'behind it');
is(differs('there'), '0', 'to the end');

# The limit of time is the run's, not the chunk's.
$node->sql(q{CREATE FUNCTION slowly(t text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.001); RETURN t; END $$;
	SELECT create_pipeline('slow', source_table => 'src', destination_table => 'slow', cursor_column => 'at', columns => 'id, at, slowly(val) AS val',
		options => '{"commit_every": 200, "timeout": 3}')});
$run = $node->sql(q{SELECT trigger_pipeline('slow')});
$node->await("SELECT status = 'failed' AND error_sqlstate = 'SL006' FROM pipeline_runs WHERE id = '$run'", 'timeout counts over all chunks');
cmp_ok(rows_of('slow'), '>', 0, 'what was committed stays');

# Where the caller has but one transaction.
$node->sql(q{SELECT reset_watermark('late'); TRUNCATE late});
like($node->sql(q{DO $$ DECLARE run uuid; BEGIN CALL run_pipeline('late', run => run); PERFORM set_config('late.run', run::text, false); END $$;
	SELECT string_agg(message, E'\n') FROM run_log(current_setting('late.run')::uuid)}), qr/commit_every is left aside, because the run has but the caller's transaction/, 'CALL run_pipeline loads in one');
is($node->sql('SELECT count(DISTINCT xmin::text) FROM late'), '1', 'as it always does');

done_testing();
