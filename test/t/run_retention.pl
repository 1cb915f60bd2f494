# History stays small: by count and by age, failed runs apart, never what is active or belongs to it.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../perl";
use SluiceNode;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = SluiceNode->create('retention', "pg_sluice.scheduler_idle_timeout = 600\npg_sluice.keep_runs = 10\npg_sluice.keep_failed_runs = 5");
$node->pipeline($_, 'SELECT 1::bigint AS i') for ('plain', 'yearly', 'dropped', 'locked');
$node->pipeline('few', 'SELECT 1::bigint AS i', qq{options => '{"keep_runs": 2, "keep_failed_runs": 1}'});
$node->pipeline('all', 'SELECT 1::bigint AS i', qq{options => '{"keep_runs": 0, "keep_failed_runs": 0, "keep_runs_for": 0, "keep_failed_runs_for": 0}'});
$node->pipeline('short', 'SELECT 1::bigint AS i', qq{options => '{"keep_runs_for": "2 days", "keep_failed_runs_for": 3600}'});
$node->pipeline('batched', 'SELECT 1::bigint AS i', qq{options => '{"keep_runs": 1}'});
$node->pipeline('unsettled', 'SELECT 1::bigint AS i', qq{options => '{"keep_runs": 1}'});
$node->pipeline('gated', SluiceNode::gated_query(), qq{options => '{"keep_runs": 1}'});

# Runs as they would be after so many days, with ids that tell their time as all do.
$node->sql(q{
	CREATE FUNCTION id_at(at timestamptz) RETURNS uuid LANGUAGE sql AS $$
		SELECT overlay(overlay(md5(random()::text) PLACING lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') FROM 1) PLACING '7' FROM 13)::uuid $$;
	CREATE FUNCTION runs(name text, how_many int, status text, days float, step interval DEFAULT '1 second') RETURNS void LANGUAGE sql AS $$
		WITH r AS (INSERT INTO pipeline_runs (id, pipeline_id, pipeline_name, pipeline_version, owner, owner_oid, root_run, batch, status, cause, queued_at, start_time, end_time)
			SELECT i, d.id, d.name, 1, owner, owner_oid, i, i, runs.status, 'manual', at, at, at
			FROM pipeline_definitions d, generate_series(1, how_many) n, LATERAL (SELECT now() - days * interval '1 day' + n * step AS at) t, LATERAL (SELECT id_at(at) AS i) j
			WHERE d.name = runs.name RETURNING id, pipeline_id, owner_oid)
		INSERT INTO sluice.pipeline_run_log SELECT id, l, pipeline_id, owner_oid, now(), 'info', 'load', 'line' FROM r, generate_series(1, 2) l $$;
	SELECT runs('plain', 500, s, 2 - n * 0.1) FROM unnest('{success,skipped,stopped,failed}'::text[]) WITH ORDINALITY u (s, n);
	SELECT runs('few', 20, s, 1) FROM unnest('{success,failed}'::text[]) s;
	SELECT runs('all', 1500, s, 200) FROM unnest('{success,failed}'::text[]) s;
	SELECT runs('short', 3, s, 1.5) FROM unnest('{success,failed}'::text[]) s;
	SELECT runs('short', 4, 'success', 3);
	SELECT runs('yearly', 3, s, 300) FROM unnest('{success,failed}'::text[]) s;
	SELECT runs('dropped', 3, 'success', 300);
	SELECT runs('dropped', 3, 'success', 3);
	SELECT runs('locked', 20, 'success', 2);
	SELECT runs('batched', 5, 'success', 1, '1 hour');
	SELECT runs('unsettled', 5, 'success', 1, '1 hour');
	SELECT runs('gated', 3, 'success', 100);
	SELECT drop_pipeline('dropped', history => 'keep');
});
my $counts = "SELECT string_agg(status || ' ' || n, ', ' ORDER BY status) FROM (SELECT status, count(*) AS n FROM pipeline_runs WHERE pipeline_name = ";
sub counts { return $node->sql("$counts '$_[0]' GROUP BY status) s"); }
sub await_counts { return $node->await("$counts '$_[0]' GROUP BY status) s", $_[2], expected => $_[1]); }

# Two of the five that are too many belong to a batch, and to an attempt, that is still under way.
my $gate = $node->close_gate;
my $running = $node->sql("SELECT trigger_pipeline('gated')");
$node->await_gated(1, 'a run is half-way');
$node->sql(q{
	UPDATE pipeline_runs SET batch = '} . $running . q{' WHERE id = (SELECT min(id::text)::uuid FROM pipeline_runs WHERE pipeline_name = 'batched');
	UPDATE pipeline_runs SET root_run = '} . $running . q{' WHERE id = (SELECT min(id::text)::uuid FROM pipeline_runs WHERE pipeline_name = 'gated')});
# Somebody holds a row.
my $holder = $node->background_psql('postgres');
# The scheduler cannot settle the end of a run of a batch, whose root is one of those that are too many.
for (1 .. 100)
{
	$holder->query_safe("INSERT INTO sluice.pipeline_ended SELECT gen_random_uuid(), batch, pipeline_id FROM pipeline_runs WHERE id = (SELECT min(id::text)::uuid FROM pipeline_runs WHERE pipeline_name = 'unsettled')");
	$holder->query_safe("BEGIN");
	last if $holder->query_safe("SELECT count(*) FROM (SELECT 1 FROM sluice.pipeline_ended FOR UPDATE) l") eq '1';
	$holder->query_safe("COMMIT");
}
$holder->query_safe("SELECT 1 FROM pipeline_runs WHERE id = (SELECT min(id::text)::uuid FROM pipeline_runs WHERE pipeline_name = 'locked') FOR UPDATE");

# A scheduler looks after the history when it comes, and then every minute.
sub tick
{
	my $pid = $node->pid_of('scheduler', 'postgres');
	$node->sql("SELECT pg_terminate_backend($pid)") if $pid ne '';
	$node->await("SELECT count(*) = 1 FROM pg_stat_activity WHERE backend_type = 'pg_sluice scheduler' AND pid <> " . ($pid || 0), 'another scheduler comes');
	return;
}
tick();
await_counts('gated', 'running 1, success 2', 'what is running stays, and so does its other attempt');
await_counts('batched', 'success 2', 'a run of a batch that is under way stays');
await_counts('unsettled', 'success 2', 'so does a run of a batch the end of which is not settled');
await_counts('locked', 'success 11', 'nobody waits for a row that somebody holds');
await_counts('few', 'failed 1, success 2', "a pipeline's own counts");
await_counts('plain', 'failed 5, stopped 10', 'counts by the settings, failed runs apart');
await_counts('short', 'failed 1, success 3', "a pipeline's own ages; the newest failed run stays");
await_counts('yearly', 'failed 1, success 1', 'ages by the settings; the newest of both stay');
await_counts('dropped', 'success 3', 'the history of a dropped pipeline ages, too');
is(counts('all'), 'failed 1500, success 1500', 'without limit');
is($node->sql("SELECT count(*) FROM sluice.pipeline_run_log WHERE run_id NOT IN (SELECT id FROM pipeline_runs)"), '0', 'log lines go with their run');
is($node->sql("SELECT count(DISTINCT run_id) FROM sluice.pipeline_run_log"), $node->sql("SELECT count(*) FROM pipeline_runs WHERE status <> 'running'"), 'and no others do');
is($node->sql("SELECT count(*) FROM pipeline_runs r WHERE pipeline_name = 'plain' AND status <> 'failed' AND EXISTS (SELECT FROM pipeline_runs WHERE pipeline_name = 'plain' AND status <> 'failed' AND queued_at > r.queued_at + interval '10 seconds')"),
	'0', 'it is the newest that are kept');

# Over: what it held is history as any other, and the next look takes what is too much.
$gate->quit;
$holder->quit;
$node->await("SELECT status = 'success' FROM pipeline_runs WHERE id = '$running'", 'the run ends');
$node->sql("UPDATE pipeline_runs SET root_run = id, batch = id WHERE pipeline_name IN ('batched', 'gated')");
tick();
await_counts('gated', 'success 1', 'after the end of a run');
await_counts('batched', 'success 1', 'after the end of a batch');
await_counts('unsettled', 'success 1', 'and once it is settled');
await_counts('locked', 'success 10', 'and of whoever held a row');

# Time passes.
$node->set_clock(86400 * 40);
tick();
await_counts('plain', 'failed 5, stopped 1', 'after 40 days: the newest run, and failed ones');
await_counts('dropped', '', 'a dropped pipeline leaves nothing');
$node->set_clock(86400 * 100);
tick();
await_counts('plain', 'failed 1, stopped 1', 'after 100 days');
is(counts('all'), 'failed 1500, success 1500', 'without limit');
is($node->sql("SELECT state, last_run_status FROM pipeline_status WHERE name = 'plain'"), 'failed|failed', 'the status knows how the last run ended');

# Bad values.
$node->sql_fails(qq{SELECT alter_pipeline('few', options => '{"keep_runs": -1}')}, qr/22023: invalid value for option "keep_runs"/, 'a negative number');
$node->sql_fails(qq{SELECT alter_pipeline('few', options => '{"keep_runs_for": "soon"}')}, qr/22023: invalid value for option "keep_runs_for"/, 'no duration');
unlike(slurp_file($node->logfile), qr/could not be purged|PANIC|TRAP|was terminated by signal/, 'nothing broke');

$node->stop;
done_testing();
