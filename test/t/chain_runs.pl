# Pipelines that follow each other: chains, diamonds, rules, fallbacks, retries, and what comes in between.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../perl";
use SluiceNode;
use Test::More;

my $node = SluiceNode->create('batches', 'pg_sluice.max_concurrent_runs = 4');

# What a pipeline does is decided by a table: it succeeds unless it is told to fail.
$node->sql(q{
CREATE TABLE told (name text PRIMARY KEY, state text NOT NULL);
CREATE TABLE made (at serial, name text, context jsonb);
CREATE FUNCTION work(what text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE state text := (SELECT t.state FROM public.told t WHERE t.name = what);
BEGIN
	IF state = 'gate' THEN
		PERFORM pg_advisory_xact_lock_shared(4711);
	ELSIF state IS NOT NULL THEN
		RAISE 'told to fail' USING ERRCODE = state;
	END IF;
	INSERT INTO public.made (name, context) VALUES (what, run_context());
	RETURN 1;
END $$});

sub make
{
	my ($name, $arguments) = @_;
	return $node->pipeline($name, "SELECT public.work('$name') AS i", $arguments, destination => 'dst');
}

sub let_do
{
	my ($name, $state) = @_;
	return $node->sql("INSERT INTO told VALUES ('$name', '$state') ON CONFLICT (name) DO UPDATE SET state = EXCLUDED.state");
}
sub forget { return $node->sql("DELETE FROM told WHERE name = '$_[0]'") }
sub trigger { return $node->sql("SELECT trigger_pipeline('$_[0]'" . (defined $_[1] ? ", $_[1]" : '') . ')') }
sub outcome { return $node->sql("SELECT wait_for_batch('$_[0]', '60 s')") }
sub nodes { return $node->sql("SELECT string_agg(pipeline || ' ' || state, ', ' ORDER BY pipeline) FROM batch_nodes('$_[0]')") }
sub made { return $node->sql("WITH gone AS (DELETE FROM made RETURNING *) SELECT string_agg(name, ' ' ORDER BY at) FROM gone") }
# Leaves nothing for the next part.
sub clean
{
	$node->sql('DELETE FROM told; DELETE FROM made');
	$node->sql('DO $$ BEGIN WHILE EXISTS (SELECT FROM pipelines) LOOP PERFORM drop_pipeline(p.id) FROM pipelines p WHERE NOT EXISTS '
		  . '(SELECT FROM pipelines c WHERE p.id = ANY (c.depends_on) OR c.on_failure = p.id); END LOOP; END $$');
	return;
}

# A chain.
make('a');
make('b', "depends_on => '{a}'");
make('c', "depends_on => '{b}'");
my $run = trigger('a', q('{"day": 1}'));
is(outcome($run), 'success', 'a chain succeeds');
is($node->sql("SELECT string_agg(name || ' ' || (context ->> 'day'), ', ' ORDER BY at) FROM made"), 'a 1, b 1, c 1',
	'in order, each with the context of the root');
is($node->sql("SELECT string_agg(pipeline_name || ' ' || cause || ' ' || status, ', ' ORDER BY id) FROM pipeline_runs WHERE batch = '$run'"),
	'a manual success, b dependency success, c dependency success', 'each has a row of its own');
is($node->sql("SELECT status || ' ' || completed || ' ' || total || ' ' || (ended_at >= started_at) || ' ' || (estimated_completion IS NULL) FROM batch_status('$run')"),
	'success 3 3 true true', 'batch_status of a batch that is over');
my $child = $node->sql("SELECT id FROM pipeline_runs WHERE batch = '$run' AND pipeline_name = 'b'");
is($node->sql("SELECT batch FROM batch_status('$child')"), $run, 'any run of the batch stands for it');
is(outcome($child), 'success', 'also for wait_for_batch');
made();
outcome(trigger('b'));
is(made(), 'b', 'a child that is triggered runs alone');
outcome(trigger('b', 'dependents => true'));
is(made(), 'b c', 'unless it is told otherwise');
outcome(trigger('a', 'dependents => false'));
is(made(), 'a', 'and a root can run alone');

# Under way.
my $gate = $node->close_gate;
let_do('b', 'gate');
$run = trigger('a');
$node->await_gated(1, 'b runs');
is(nodes($run), 'a success, b running, c waiting', 'batch_nodes tells how far it is');
is($node->sql("SELECT status || ' ' || completed || ' ' || total || ' ' || current::text || (estimated_completion > started_at) FROM batch_status('$run')"),
	'running 1 3 {b}true', 'so does batch_status, with an estimate');
is($node->sql("SELECT state || ', ' || reason FROM pipeline_status WHERE name = 'c'"), 'waiting, waits for b', 'pipeline_status says who waits for whom');
is($node->sql("SELECT wait_for_batch('$run', '10 ms') IS NULL"), 't', 'wait_for_batch gives up in time');

# Two batches of one root at once.
my $second = trigger('a', q('{"day": 2}', 'queue'));
is($node->sql("SELECT wait_for_run('$second', '60 s')"), 'success', 'a second batch begins while the first goes on');
$node->await("SELECT count(*) = 1 FROM pipeline_runs WHERE batch = '$second' AND pipeline_name = 'b' AND status = 'pending'", 'its b waits for its turn');
$gate->quit;
is(outcome($run) . ' ' . outcome($second), 'success success', 'both end');
is(join(' ', sort(split(/ /, made()))), 'a a b b c c', 'and each pipeline ran once for each');
clean();

# A diamond; the branches run at the same time.
make('top');
make('left', "depends_on => '{top}'");
make('right', "depends_on => '{top}'");
make('bottom', "depends_on => '{left,right}'");
$gate = $node->close_gate;
let_do($_, 'gate') foreach qw(left right);
$run = trigger('top');
$node->await_gated(2, 'both branches run at the same time');
$gate->quit;
is(outcome($run), 'success', 'a diamond succeeds');
forget($_) foreach qw(left right);
like(made(), qr/^top (left right|right left) bottom$/, 'its end runs once, after both');

# A failure, and its retry.
let_do('left', '22012');
$run = trigger('top');
is(outcome($run), 'failed', 'a failed node fails the batch');
is(nodes($run), 'bottom skipped, left failed, right success, top success', 'what depends on it is skipped');
is($node->sql("SELECT status || ': ' || reason FROM pipeline_runs WHERE batch = '$run' AND pipeline_name = 'bottom'"),
	'skipped: "left" failed', 'with the reason');
is($node->sql("SELECT failed FROM batch_status('$run')"), '{left}', 'batch_status names it');
my $failed = $node->sql("SELECT id FROM pipeline_runs WHERE batch = '$run' AND pipeline_name = 'left'");
my $skipped = $node->sql("SELECT id FROM pipeline_runs WHERE batch = '$run' AND pipeline_name = 'bottom'");
$node->sql_fails("SELECT retry_run('$run')", qr/ERROR:  55000: .*succeeded/, 'retry_run of a success');
$node->sql_fails("SELECT retry_run('$skipped')", qr/ERROR:  55000: .*was skipped: "left" failed/, 'retry_run of what was skipped');
made();
my $retry = $node->sql("SELECT retry_run('$failed')");
is(outcome($run), 'failed', 'it fails again');
forget('left');
made();
is($node->sql("BEGIN; SET LOCAL statement_timeout = '5 s'; SELECT count(DISTINCT retry_run(id)) FROM pipeline_runs WHERE root_run = '$failed'; ROLLBACK"),
	'1', 'all its attempts retried in one statement are one attempt');
$retry = $node->sql("SELECT retry_run('$retry')");
is(outcome($run), 'success', 'and once more: the batch succeeds');
is(made(), 'left bottom', 'what had succeeded was not repeated');
is($node->sql("SELECT attempt || ' ' || cause || ' ' || (root_run = '$failed') FROM pipeline_runs WHERE id = '$retry'"), '3 retry true', 'as an attempt of the same run');
is(nodes($run), 'bottom success, left success, right success, top success', 'all are well');
$node->sql_fails("SELECT retry_run('$failed')", qr/ERROR:  55000: .*succeeded/, 'a later attempt that succeeded speaks for the first');

# A stop, and its retry.
$gate = $node->close_gate;
let_do('left', 'gate');
$run = trigger('top');
$node->await_gated(1, 'left runs');
$node->sql_fails("SELECT retry_run(id) FROM pipeline_runs WHERE batch = '$run' AND pipeline_name = 'left'", qr/ERROR:  55000: .*is not over/, 'retry_run of a running run');
$node->sql("SELECT stop_pipeline('left')");
is(outcome($run), 'stopped', 'a stopped node stops the batch');
is($node->sql("SELECT reason FROM batch_nodes('$run') WHERE pipeline = 'bottom'"), '"left" was stopped', 'what depends on it is skipped');
$gate->quit;
$node->sql("SELECT retry_run(id) FROM pipeline_runs WHERE batch = '$run' AND pipeline_name = 'left'");
is(outcome($run), 'success', 'retry_run of a stopped run');

# A root that is stopped in the queue.
$gate = $node->close_gate;
let_do('top', 'gate');
my $first = trigger('top');
$node->await_gated(1, 'top runs');
$run = trigger('top', q('{}', 'queue'));
$node->sql("SELECT stop_run('$run')");
is(outcome($run), 'stopped', 'a root that was stopped in the queue');
is(nodes($run), 'bottom skipped, left skipped, right skipped, top stopped', 'takes all with it');
# One that came too late begins no batch.
my $late = trigger('top', q('{}', 'skip'));
is($node->sql("SELECT status || ' ' || total FROM batch_status('$late')"), 'skipped 1', 'a root that is skipped begins no batch');
$gate->quit;
is(outcome($first), 'success', 'the one that ran goes on');
clean();

# Duplicates that were committed at the same time are skipped, with their batches.
make('top');
make('below', "depends_on => '{top}'");
# A scheduler that has not yet read the configuration starts the first one at once: it may not end before the second comes.
$gate = $node->close_gate;
let_do('top', 'gate');
my $one = $node->background_psql('postgres');
my $two = $node->background_psql('postgres');
my $run1 = $one->query_safe("BEGIN; SELECT trigger_pipeline('top')");
my $run2 = $two->query_safe("BEGIN; SELECT trigger_pipeline('top')");
$node->append_conf('postgresql.conf', 'pg_sluice.enabled = off');
$node->reload;
$_->query_safe('COMMIT') foreach $one, $two;
$node->append_conf('postgresql.conf', 'pg_sluice.enabled = on');
$node->reload;
$_->quit foreach $one, $two;
$node->await_gated(1, 'of two at once one runs');
$node->await("SELECT count(*) = 1 FROM pipeline_runs WHERE id IN ('$run1', '$run2') AND status = 'skipped'", 'the other is skipped');
$gate->quit;
is(join(' ', sort(outcome($run1), outcome($run2))), 'skipped success', 'and stays so');
is($node->sql('SELECT count(*) FROM sluice.pipeline_batch_nodes'), '2', 'the one that ran has a batch');
# One that was committed while the other one runs.
$gate = $node->close_gate;
$one = $node->background_psql('postgres');
$run1 = $one->query_safe("BEGIN; SELECT trigger_pipeline('top')");
$run2 = trigger('top');
$node->await_gated(1, 'the second one runs');
$one->query_safe('COMMIT');
$one->quit;
is($node->sql("SELECT wait_for_run('$run1', '60 s')"), 'skipped', 'the first one is skipped, as it comes late');
is($node->sql("SELECT count(*) FROM sluice.pipeline_batch_nodes WHERE batch = '$run1'"), '0', 'and begins no batch');
$gate->quit;
is(outcome($run2), 'success', 'the other one goes on');
clean();

# Rules.
make($_) foreach qw(r);
make($_, "depends_on => '{r}'") foreach qw(good bad);
make('all', "depends_on => '{good,bad}'");
make('done', q(depends_on => '{good,bad}', options => '{"depends_rule": "all_done"}'));
make('any', q(depends_on => '{good,bad}', options => '{"depends_rule": "any_success"}'));
make('none', q(depends_on => '{bad}', options => '{"depends_rule": "any_success"}'));
make('after', "depends_on => '{all}'");
let_do('bad', '22012');
$run = trigger('r');
is(outcome($run), 'failed', 'rules: the batch fails');
is(nodes($run), 'after skipped, all skipped, any success, bad failed, done success, good success, none skipped, r success', 'each node follows its rule');
is($node->sql("SELECT string_agg(DISTINCT reason, '; ') FROM batch_nodes('$run') WHERE pipeline IN ('all', 'after', 'none')"),
	'"all" was skipped; "bad" failed', 'with reasons');
# any_success does not wait for the slow one.
$gate = $node->close_gate;
let_do('bad', 'gate');
$run = trigger('r');
$node->await("SELECT count(*) = 1 FROM pipeline_runs WHERE batch = '$run' AND pipeline_name = 'any' AND status = 'success'", 'any_success starts with the first success');
is($node->sql("SELECT string_agg(state, ' ' ORDER BY pipeline) FROM batch_nodes('$run') WHERE pipeline IN ('all', 'done', 'none')"), 'waiting waiting waiting', 'the others wait');
$gate->quit;
is(outcome($run), 'success', 'all end well');
is($node->sql("SELECT count(*) FROM pipeline_runs WHERE batch = '$run' AND pipeline_name = 'any'"), '1', 'any_success ran once');
clean();

# Retries inside: dependents wait for the last attempt.
make('flaky', q(options => '{"max_retries": 3, "retry_delay": "1 hour"}'));
make('next', "depends_on => '{flaky}'");
let_do('flaky', '40001');
$run = trigger('flaky');
$node->await("SELECT state = 'retrying' FROM pipeline_status WHERE name = 'flaky'", 'a retry waits');
is(nodes($run), 'flaky retrying, next waiting', 'and so does what depends on it');
forget('flaky');
$retry = $node->sql("SELECT retry_run('$run')");
isnt($retry, $run, 'retry_run of a run that waits for its retry');
is(outcome($run), 'success', 'makes it due now');
is($node->sql("SELECT attempt FROM pipeline_runs WHERE id = '$retry'"), '2', 'it was that one');
clean();

# Who has given a pipeline away does not retry its runs, which would be made as the new owner.
$node->sql("CREATE ROLE seller LOGIN; CREATE ROLE buyer LOGIN; SELECT allow_pipelines('seller'); SELECT allow_pipelines('buyer')");
make('sold', "owner => 'seller'");
let_do('sold', '22012');
$run = trigger('sold');
is(outcome($run), 'failed', 'a run of the first owner');
$node->sql("SELECT alter_pipeline('sold', owner => 'buyer')");
$node->sql_fails("SET ROLE seller; SELECT retry_run('$run')", qr/ERROR:  42704: pipeline/, 'who is not its owner any more cannot retry it');
clean();

# Fallbacks.
make('rescue');
make('risky', "on_failure => 'rescue'");
make('next', "depends_on => '{risky}'");
let_do('risky', '22012');
$run = trigger('risky', q('{"k": 1}'));
is(outcome($run), 'success by fallback', 'a fallback that succeeds');
is(nodes($run), 'next success, risky success by fallback', 'lets dependents go on');
is($node->sql("SELECT wait_for_run('$run', '30 s')"), 'failed', 'the run itself stays failed');
is($node->sql("SELECT cause || ' ' || context::text || ' ' || (batch = '$run') FROM pipeline_runs WHERE pipeline_name = 'rescue'"), 'fallback {"k": 1} true', 'the fallback has the context');
let_do('rescue', '22012');
$run = trigger('risky');
is(outcome($run), 'failed', 'a fallback that fails, too');
is($node->sql("SELECT reason FROM batch_nodes('$run') WHERE pipeline = 'risky'"), 'its fallback "rescue" failed, too', 'is the reason');
is($node->sql("SELECT reason FROM batch_nodes('$run') WHERE pipeline = 'next'"), '"risky" failed', 'dependents are skipped');
forget('rescue');
$retry = $node->sql("SELECT retry_run(fallback_run) FROM batch_nodes('$run') WHERE pipeline = 'risky'");
is(outcome($run), 'success by fallback', 'retry_run of the fallback');
is($node->sql("SELECT state FROM batch_nodes('$run') WHERE pipeline = 'next'"), 'success', 'and dependents go on');
let_do('rescue', '22012');
$run = trigger('risky');
is(outcome($run), 'failed', 'both fail again');
forget('risky');
$node->sql("SELECT retry_run('$run')");
is(outcome($run), 'success', 'retry_run of the run itself');
let_do('risky', '22012');
forget('rescue');
$node->sql("SELECT pause_pipeline('rescue')");
$run = trigger('risky');
is(outcome($run), 'failed', 'a fallback that is paused');
like($node->sql("SELECT reason FROM batch_nodes('$run') WHERE pipeline = 'risky'"), qr/; its fallback "rescue" did not start: paused$/, 'is told');
$node->sql("SELECT resume_pipeline('rescue')");
$node->sql("SELECT drop_pipeline('next')");
$gate = $node->close_gate;
let_do('rescue', 'gate');
$run = trigger('risky');
$node->await_gated(1, 'a fallback of a pipeline that nothing depends on runs');
$node->sql_fails("SELECT retry_run('$run')", qr/ERROR:  55000: .*has a fallback that is not over/, 'retry_run meanwhile');
is($node->sql("SELECT current::text FROM batch_status('$run')"), '{rescue}', 'batch_status names the fallback');
$gate->quit;
is(outcome($run), 'success by fallback', 'and ends');
clean();

# What comes in between.
make('root');
make($_, "depends_on => '{root}'") foreach qw(paused inactive dropped fine);
make('end', "depends_on => '{paused}'");
$gate = $node->close_gate;
let_do('root', 'gate');
$run = trigger('root');
$node->await_gated(1, 'the root runs');
$node->sql("SELECT pause_pipeline('paused', 'holiday'); SELECT alter_pipeline('inactive', status => 'inactive'); SELECT drop_pipeline('dropped')");
$gate->quit;
is(outcome($run), 'skipped', 'some could not run');
is($node->sql("SELECT string_agg(pipeline || ': ' || state || COALESCE(' ' || reason, ''), ', ' ORDER BY pipeline) FROM batch_nodes('$run')"),
	'dropped: skipped the pipeline was dropped, end: skipped "paused" was skipped, fine: success, inactive: skipped the pipeline is inactive, '
	  . 'paused: skipped paused: holiday, root: success', 'each with its reason');
$node->sql("SELECT resume_pipeline('paused'); SELECT alter_pipeline('inactive', status => 'active')");

# Another owner meanwhile: who sees the run sees the node.
$node->sql("CREATE ROLE heir LOGIN; CREATE ROLE giver SUPERUSER LOGIN; SELECT allow_pipelines('heir')");
$node->sql("SELECT alter_pipeline('fine', owner => 'giver')");
$gate = $node->close_gate;
$run = trigger('root');
$node->await_gated(1, 'the root runs');
$node->sql("SELECT alter_pipeline('fine', owner => 'heir'); ALTER ROLE giver NOSUPERUSER");
$gate->quit;
outcome($run);
is($node->sql("SET ROLE heir; SELECT count(*) FROM sluice.pipeline_batch_nodes WHERE batch = '$run'"), '1', 'a new owner sees the node of its run');
is($node->sql("SET ROLE giver; SELECT count(*) FROM sluice.pipeline_batch_nodes WHERE batch = '$run'"), '0', 'the old one does not');
$node->sql("SELECT alter_pipeline('fine', owner => current_user)");

# Paused and dropped while queued.
$gate = $node->close_gate;
forget('root');
let_do($_, 'gate') foreach qw(paused fine);
$run = trigger('root', q('{}', 'error', true));
$node->await_gated(2, 'two run');
$second = trigger('root');
$node->await("SELECT count(*) = 2 FROM pipeline_runs WHERE batch = '$second' AND status = 'pending'", 'those of a second batch are queued');
$node->sql("SELECT pause_pipeline('paused')");
$node->await("SELECT state = 'skipped' FROM batch_nodes('$second') WHERE pipeline = 'end'", 'a pause skips what is queued and what depends on it');
my $dropping = $node->background_psql('postgres');
$dropping->query_until(qr/dropping/, "\\echo dropping\nSELECT drop_pipeline('fine', running => 'stop');\n");
$node->await("SELECT count(*) = 0 FROM pipelines WHERE name = 'fine'", 'another is dropped');
# What was queued is skipped, or stopped like the run before it when the scheduler was faster than the drop.
like($node->sql("SELECT concat_ws(' ', state, reason) FROM batch_nodes('$second') WHERE pipeline = 'fine'"), qr/^(skipped the pipeline was dropped|stopped\b.*)$/, 'its node knows')
  if $node->await("SELECT state IN ('skipped', 'stopped') FROM batch_nodes('$second') WHERE pipeline = 'fine'", 'the batch notices');
$gate->quit;
$dropping->quit;
like(outcome($second), qr/^(skipped|stopped)$/, 'the second batch ends');
is($node->sql('SELECT count(*) FROM sluice.pipeline_ended'), '0', 'nothing is left to be settled');
clean();

# A schedule starts a batch like a trigger.
make('nightly', "schedule => '0 2 * * *', timezone => 'UTC'");
make('morning', "depends_on => '{nightly}'");
$node->set_clock($node->offset_to(q((SELECT next_due FROM pipeline_status WHERE name = 'nightly')), 5));
$node->await("SELECT count(*) = 1 FROM pipeline_runs WHERE pipeline_name = 'morning' AND status = 'success' AND cause = 'dependency'", 'a scheduled root carries its batch');
$node->set_clock(0);
clean();

# Wide: 50 branches and back together.
make('fan');
make("w$_", "depends_on => '{fan}'") foreach 1 .. 50;
make('join', 'depends_on => ARRAY(SELECT name FROM pipelines WHERE name ~ \'^w\')');
$run = trigger('fan');
is($node->sql("SELECT wait_for_batch('$run', '170 s')"), 'success', 'fan-out of 50 and fan-in');
is($node->sql("SELECT count(*) || ' ' || count(DISTINCT name) || ' ' || max(at) FILTER (WHERE name = 'join') - min(at) FROM made"), '52 52 51', 'each ran once, the last one last');
is($node->sql("SELECT completed || ' ' || total FROM batch_status('$run')"), '52 52', 'and batch_status counts them');

# A fallback runs as its own owner, so the right to it is looked at again.
$node->sql("CREATE ROLE lender LOGIN; CREATE ROLE borrower LOGIN; GRANT lender TO borrower; GRANT CREATE, USAGE ON SCHEMA public TO lender, borrower;"
	  . "SELECT allow_pipelines('lender'); SELECT allow_pipelines('borrower')");
$node->sql("SET ROLE lender; CREATE TABLE dst_lent (i bigint); SELECT create_pipeline('lent', source_query => 'SELECT 1::bigint AS i', destination_table => 'dst_lent', load => 'append')");
$node->sql("SET ROLE borrower; CREATE TABLE dst_borrower (i bigint); SELECT create_pipeline('borrower', source_query => 'SELECT 1::bigint / 0 AS i', "
	  . "destination_table => 'dst_borrower', load => 'append', on_failure => 'lender/lent')");
$run = $node->sql("SELECT trigger_pipeline('borrower')");
is(outcome($run), 'success by fallback', 'a fallback of another owner');
my $session = $node->background_psql('postgres');
$session->query_safe("SELECT set_config('role', 'lender', false); BEGIN; LOCK dst_lent");
$node->sql("SELECT trigger_pipeline('lent')");
$run = $node->sql("SELECT trigger_pipeline('borrower')");
my $told = "status = 'pending' AND reason LIKE 'run % of pipeline ' || (SELECT id FROM pipelines WHERE name = 'borrower') || ' of another role failed'";
$node->await("SELECT $told FROM pipeline_runs WHERE pipeline_name = 'lent' AND cause = 'fallback' ORDER BY id DESC LIMIT 1", 'a fallback is told an id of the pipeline for which it stands in');
$session->quit;
is(outcome($run), 'success by fallback', 'and is made in its turn');
$node->sql('REVOKE lender FROM borrower');
$run = $node->sql("SELECT trigger_pipeline('borrower')");
is(outcome($run), 'failed', 'not when the right to it was taken away');
like($node->sql("SELECT reason FROM batch_nodes('$run')"), qr/role "borrower" has no rights to its fallback any more$/, 'which is told');
is($node->sql("SELECT count(*) FROM pipeline_runs WHERE pipeline_name = 'lent' AND batch = '$run'"), '0', 'and leaves no run');

# What is told of pipelines of other roles names none that the reader may not see.
make('secret failure');
make('secret skip', "depends_on => '{\"secret failure\"}'");
let_do('secret failure', 'P0001');
$node->sql("SELECT create_pipeline('follower', owner => 'lender', source_query => 'SELECT 1::bigint AS i', destination_table => 'dst_lent', load => 'append', "
	  . "depends_on => '{\"secret failure\", \"secret skip\"}')");
$run = trigger('secret failure');
is(outcome($run), 'failed', 'a batch of several owners');
is($node->sql("SELECT r.reason = 'pipeline ' || f.id || ' of another role failed, pipeline ' || s.id || ' of another role was skipped' "
	  . "FROM pipeline_runs r, pipelines f, pipelines s WHERE r.pipeline_name = 'follower' AND f.name = 'secret failure' AND s.name = 'secret skip'"),
	't', 'why a pipeline was skipped tells ids of others');
like($node->sql("SET ROLE lender; SELECT count(*) FILTER (WHERE t LIKE '%secret%') || ' of ' || count(*) FROM (SELECT to_jsonb(r)::text AS t FROM pipeline_runs r UNION ALL "
	  . "SELECT to_jsonb(v)::text FROM pipeline_versions v UNION ALL SELECT to_jsonb(s)::text FROM pipeline_status s UNION ALL SELECT to_jsonb(p)::text FROM pipelines p "
	  . "UNION ALL SELECT to_jsonb(n)::text FROM batch_nodes((SELECT id FROM pipeline_runs WHERE pipeline_name = 'follower')) n UNION ALL SELECT get_pipeline('follower')::text "
	  . "UNION ALL SELECT export_pipelines() UNION ALL SELECT to_jsonb(b)::text FROM batch_status((SELECT id FROM pipeline_runs WHERE pipeline_name = 'follower')) b "
	  . "UNION ALL SELECT to_jsonb(h)::text FROM pipeline_health() h UNION ALL SELECT to_jsonb(l)::text FROM pipeline_log l) x"), qr/^0 of [1-9]\d/, 'nowhere is a name told');

$node->stop;
done_testing();
