# A process makes several runs of one owner, each as if it were the first; and none of another owner.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../perl";
use SluiceNode;
use Test::More;

my $node = SluiceNode->create('processes', "pg_sluice.max_concurrent_runs = 1\npg_sluice.stop_grace = 1");
$node->sql(q{
	CREATE EXTENSION dblink;
	CREATE ROLE team; CREATE ROLE alice LOGIN IN ROLE team; CREATE ROLE bob LOGIN;
	SELECT allow_pipelines(r) FROM unnest('{alice,bob}'::name[]) r;
	CREATE TABLE seen (run serial, pid int, owner name, what text);
	GRANT ALL ON seen, seen_run_seq TO alice, bob, team;
	CREATE SEQUENCE counted; GRANT ALL ON counted TO alice;
	-- What a session can leave behind, in sight of its own code.
	CREATE FUNCTION look() RETURNS text LANGUAGE plpgsql AS $$
	DECLARE at_sequence text;
	BEGIN
		BEGIN at_sequence := currval('counted'); EXCEPTION WHEN object_not_in_prerequisite_state THEN at_sequence := 'unused'; END;
		RETURN concat_ws(' ', current_user, session_user, current_setting('role'), at_sequence,
			(SELECT count(*) FROM pg_prepared_statements WHERE from_sql), (SELECT count(*) FROM pg_cursors WHERE name = 'left_open'),
			(SELECT count(*) FROM pg_class WHERE relname = 'left_over'), (SELECT count(*) FROM pg_proc WHERE proname = 'left_function'),
			(SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 815),
			current_setting('work_mem'), current_setting('default_transaction_read_only'), current_setting('statement_timeout'),
			current_setting('session_replication_role'), current_setting('lock_timeout'), nullif(current_setting('left.over', true), ''),
			public.run_context());
	END $$;
	CREATE FUNCTION litter() RETURNS text LANGUAGE plpgsql AS $$
	BEGIN
		EXECUTE 'PREPARE left_over AS SELECT 1';
		EXECUTE 'DECLARE left_open CURSOR WITH HOLD FOR SELECT 1';
		CREATE TEMPORARY TABLE left_over (i int);
		CREATE FUNCTION pg_temp.left_function() RETURNS int LANGUAGE sql RETURN 1;
		PERFORM pg_advisory_lock(815), nextval('counted'), setseed(0.5),
			set_config('work_mem', '77MB', false), set_config('default_transaction_read_only', 'on', false),
			set_config('statement_timeout', '1ms', false), set_config('lock_timeout', '1ms', false),
			set_config('search_path', 'pg_temp', false), set_config('left.over', 'x', false);
		BEGIN EXECUTE 'LISTEN left_over'; EXCEPTION WHEN OTHERS THEN NULL; END;
		BEGIN EXECUTE 'SET SESSION AUTHORIZATION bob'; EXCEPTION WHEN OTHERS THEN NULL; END;
		BEGIN EXECUTE 'SET session_replication_role = replica'; EXCEPTION WHEN OTHERS THEN NULL; END;
		RETURN 'litter';
	END $$;
	CREATE FUNCTION change_role() RETURNS text LANGUAGE plpgsql AS $$
	BEGIN
		PERFORM set_config('role', 'team', false);
		RETURN 'role';
	END $$});

sub define
{
	my ($role, $name, $what) = @_;
	$node->safe_psql('postgres', "SET client_min_messages = warning; SELECT create_pipeline('$name', source_query => "
		  . "'SELECT pg_backend_pid() AS pid, session_user AS owner, $what AS what', destination_table => 'public.seen', load => 'append')",
		extra_params => [ '-U', $role ]);
	return;
}
define('alice', 'look', 'public.look()');
define('alice', 'litter', 'public.litter()');
define('alice', 'change_role', 'public.change_role()');
define('alice', 'library', '(SELECT public.dblink_get_connections() IS NULL)::text');
define('alice', 'sleep', 'pg_sleep(60)::text');
define($_, "p$_", "''many''") for 'alice', 'bob';

# One after the other, in that order; their statuses.
sub runs
{
	my (@names) = @_;
	my $run = $node->sql('SELECT ' . join(', ', map { "trigger_pipeline('alice/$_', if_running => 'queue')" } @names));
	return map { $node->sql("SELECT wait_for_run('$_', '60 s')") } split /\|/, $run;
}

# A slow machine ends the turn between two runs: then once more.
sub in_one_process
{
	my (@names) = @_;
	for (1 .. 50)
	{
		$node->sql('TRUNCATE seen');
		my @statuses = runs(@names);
		return @statuses if $node->sql('SELECT count(DISTINCT pid) = 1 FROM seen') eq 't';
	}
	return ('never in one process');
}

is(join(' ', runs('look')), 'success', 'a run in a process of its own');
my $first = $node->sql('SELECT what FROM seen');
like($first, qr/^alice alice none unused 0 0 0 0 0 /, 'sees a new session');

is(join(' ', in_one_process('litter', 'look')), 'success success', 'two runs in one process');
is($node->sql("SELECT what FROM seen WHERE what <> 'litter'"), $first, 'the second sees nothing of what the first left behind');
is($node->sql('SELECT count(*) FROM pg_locks WHERE locktype = \'advisory\' AND objid = 815'), '0', 'no lock is left either');

my @changed = in_one_process('change_role', 'look');
is($changed[1], 'success', 'a run after one that changed its role') or diag("@changed");
is($node->sql("SELECT what FROM seen WHERE what <> 'role'"), $first, 'is made as its owner');

$node->sql('TRUNCATE seen');
is(join(' ', runs('library', 'look', 'library', 'look')), 'success success success success', 'after a library was loaded');
is($node->sql('SELECT count(DISTINCT pid) >= 3 FROM seen'), 't', 'comes another process: what the library keeps is its own');

# Context belongs to one run.
$node->sql('TRUNCATE seen');
my ($with, $without) = split /\|/,
  $node->sql(q{SELECT trigger_pipeline('alice/look', context => '{"a": 1}'), trigger_pipeline('alice/look', if_running => 'queue')});
is($node->sql("SELECT wait_for_run('$_', '60 s')"), 'success', 'context') for $with, $without;
is($node->sql(q{SELECT string_agg(right(what, 8), ' ' ORDER BY run) ~ '^\{"a": 1\} .*[{][}]$' FROM seen}), 't', 'and is not seen by the next');

# The second run of a process is stopped, and terminated, as the first.
for my $end ('stop', 'terminate')
{
	my ($short, $long, $last) = split /\|/,
	  $node->sql("SELECT trigger_pipeline('alice/palice'), trigger_pipeline('alice/sleep'), trigger_pipeline('alice/look', if_running => 'queue')");
	$node->await("SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = 'pg_sluice run $long' AND wait_event = 'PgSleep'", "$end: it runs");
	is($node->sql("SELECT wait_for_run('$short', '60 s')"), 'success', "$end: the one before is over");
	$node->sql($end eq 'stop' ? "SELECT stop_run('$long')"
		: "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'pg_sluice run $long'");
	is($node->sql("SELECT wait_for_run('$long', '60 s')"), $end eq 'stop' ? 'stopped' : 'failed', "$end: it is over");
	is($node->sql("SELECT wait_for_run('$last', '60 s')"), 'success', "$end: the next one runs");
}

# Two owners with a queue each: both are served, by processes of their own.
$node->sql('TRUNCATE seen');
$node->sql("SELECT count(trigger_pipeline(o || '/p' || o, if_running => 'queue')) FROM unnest('{alice,bob}'::text[]) o, generate_series(1, 60)");
$node->await("SELECT count(*) = 120 FROM seen", 'all runs of two owners');
is($node->sql('SELECT count(*) FROM (SELECT pid FROM seen GROUP BY pid HAVING count(DISTINCT owner) > 1) p'), '0', 'no process serves both');
is($node->sql('SELECT count(DISTINCT pid) < 100 FROM seen'), 't', 'a process makes several runs');
$node->await("SELECT count(*) = 0 FROM pg_stat_activity WHERE backend_type = 'pg_sluice run'", 'no process stays');

# One that is terminated when it has the next run, and has not begun it: another process makes that.
define('alice', $_, "''next''") for 'first', 'second';
$node->sql('CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_advisory_xact_lock_shared(' . SluiceNode::GATE . '); RETURN new; END $$; '
	  . q{CREATE TRIGGER hold BEFORE UPDATE ON sluice.pipeline_runs FOR EACH ROW WHEN (NEW.pipeline_name = 'second' AND NEW.status = 'running') EXECUTE FUNCTION public.hold()});
my ($went_on, $second);
for (1 .. 50)
{
	$node->sql('TRUNCATE seen');
	my $gate = $node->close_gate;
	(my $first_run, $second) = split /\|/, $node->sql("SELECT trigger_pipeline('alice/first'), trigger_pipeline('alice/second')");
	$node->await_gated(1, 'the second run is about to begin');
	my $pid = $node->sql("SELECT pid FROM pg_stat_activity WHERE backend_type = 'pg_sluice run'");
	$went_on = $node->sql("SELECT pid = $pid FROM seen") eq 't';
	if ($went_on)
	{
		$node->sql("SELECT pg_terminate_backend($pid)");
		$node->await("SELECT count(*) = 0 FROM pg_stat_activity WHERE pid = $pid", 'its process is terminated');
	}
	$gate->quit;
	last if $went_on;
	$node->sql("SELECT wait_for_run('$second', '60 s')");
}
ok($went_on, 'the process of the first run went on to the second');
is($node->sql("SELECT wait_for_run('$second', '60 s')"), 'success', 'the second is made all the same');
is($node->sql("SELECT count(*) || ' rows, ' || count(DISTINCT pid) || ' processes' FROM seen"), '2 rows, 2 processes', 'once, by another process');

$node->stop;
done_testing();
