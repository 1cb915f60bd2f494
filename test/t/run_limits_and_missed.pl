# Who goes first, how many at once, and what becomes of due times that nobody could serve.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../perl";
use SluiceNode;
use Test::More;

my $node = SluiceNode->create('limits', 'pg_sluice.max_concurrent_runs = 6');
my $gate;

sub set
{
	my ($line) = @_;
	my ($name, $value) = split / = /, $line;
	$node->append_conf('postgresql.conf', "pg_sluice.$line");
	$node->reload;
	return $node->poll_query_until('postgres', "SELECT setting = '$value' FROM pg_settings WHERE name = 'pg_sluice.$name'");
}

sub trigger
{
	return $node->sql('SELECT ' . join(', ', map { "trigger_pipeline('$_')" } @_));
}

sub all_over
{
	my ($name) = @_;
	return $node->await("SELECT count(*) = 0 FROM pipeline_runs WHERE status IN ('pending', 'running')", $name);
}

# The gates of a database are those of its pipelines.
$node->sql("CREATE ROLE team LOGIN; CREATE ROLE other LOGIN; GRANT CREATE, USAGE ON SCHEMA public TO team, other;"
	  . "SELECT allow_pipelines('team'); SELECT allow_pipelines('other')");
for my $owner ('team', 'other')
{
	for my $n (1 .. 4)
	{
		$node->sql("SET ROLE $owner; CREATE TABLE dst_$owner$n (i bigint); SELECT create_pipeline('$owner$n', destination_table => 'dst_$owner$n', "
			  . "load => 'append', source_query => \$q\$" . SluiceNode::gated_query() . '$q$)');
	}
}

# Per owner.
set('max_runs_per_owner = 2');
$gate = $node->close_gate;
trigger(map { ("team$_") } 1 .. 4);
$node->await_gated(2, 'two runs of one owner');
trigger('other1');
$node->await_gated(3, 'another owner goes on');
like($node->sql("SELECT string_agg(reason, ';') FROM pipeline_runs WHERE status = 'pending' AND reason IS NOT NULL"),
	qr/max_runs_per_owner is 2.*role "team"/, 'the queue says why it waits');
$gate->quit;
all_over('all are made in the end');
is($node->sql("SELECT count(*) FROM pipeline_runs WHERE status = 'success'"), '5', 'with success');
set('max_runs_per_owner = 0');

# Per database.
$node->safe_psql('postgres', 'CREATE DATABASE second');
$node->sql('CREATE EXTENSION pg_sluice', db => 'second');
$node->pipeline('there', SluiceNode::gated_query(), undef, db => 'second');

# The place that stays for other owners is kept for those of other databases as well.
set('max_concurrent_runs = 2');
$node->pipeline('there2', SluiceNode::gated_query(), undef, db => 'second');
my $only = $node->close_gate(db => 'second');
$node->sql("SELECT trigger_pipeline('there'), trigger_pipeline('there2')", db => 'second');
$node->await("SELECT reason LIKE '1 runs of role % are under way and one of the 2 places of pg_sluice.max_concurrent_runs stays for other owners' "
	  . "FROM pipeline_runs WHERE status = 'pending'", 'the only owner of a database leaves a place, too', db => 'second');
trigger('team1');
$node->await("SELECT count(*) = 6 FROM pipeline_runs WHERE status = 'success'", 'and somebody of another database has it');
$only->quit;
$node->await("SELECT count(*) = 2 FROM pipeline_runs WHERE status = 'success'", 'then the other one runs', db => 'second');
$node->sql("SELECT drop_pipeline('there2')", db => 'second');
set('max_concurrent_runs = 6');
set('max_runs_per_database = 2');
$gate = $node->close_gate;
my $gate2 = $node->close_gate(db => 'second');
trigger('team1', 'team2', 'other1');
$node->await_gated(2, 'two runs of one database');
$node->sql("SELECT trigger_pipeline('there')", db => 'second');
$node->await_gated(1, 'another database goes on', db => 'second');
is($node->sql("SELECT count(*) FROM pipeline_runs WHERE status = 'pending'"), '1', 'the third one waits');
$_->quit foreach $gate, $gate2;
all_over('all are made');
set('max_runs_per_database = 0');

# Per data source.
$node->sql(q{CREATE EXTENSION file_fdw; CREATE SERVER files FOREIGN DATA WRAPPER file_fdw;
	CREATE FUNCTION held() RETURNS bigint LANGUAGE sql AS 'SELECT pg_advisory_xact_lock_shared(4711); SELECT 1::bigint'});
my $file = $node->basedir . '/one';
PostgreSQL::Test::Utils::append_to_file($file, "1\n");
for my $n (1 .. 3)
{
	$node->sql("CREATE FOREIGN TABLE one$n (i bigint) SERVER files OPTIONS (filename '$file'); CREATE TABLE dst_file$n (i bigint);"
		  . "SELECT create_pipeline('file$n', source => 'files', source_table => 'one$n', columns => 'public.held() AS i', "
		  . "destination_table => 'dst_file$n', load => 'append')");
}
set('max_runs_per_source = 1');
$gate = $node->close_gate;
trigger('file1', 'file2', 'file3');
$node->await_gated(1, 'one run of a data source');
trigger('team1');
$node->await_gated(2, 'what reads from elsewhere goes on');
like($node->sql("SELECT string_agg(reason, ';') FROM pipeline_runs WHERE status = 'pending' AND reason IS NOT NULL"),
	qr/max_runs_per_source is 1.*data source "files"/, 'the queue says why it waits');
$gate->quit;
all_over('all are made');

# Priority, then age.
set('max_concurrent_runs = 1');
$node->pipeline('blocker', SluiceNode::gated_query());
$node->pipeline('low', 'SELECT 1::bigint AS i', "options => '{\"priority\": -5}'");
$node->pipeline('plain1', 'SELECT 1::bigint AS i');
$node->pipeline('plain2', 'SELECT 1::bigint AS i');
$node->pipeline('high', 'SELECT 1::bigint AS i', "options => '{\"priority\": 5}'");
$gate = $node->close_gate;
trigger('blocker');
$node->await_gated(1, 'the only place is taken');
trigger($_) for 'low', 'plain1', 'plain2', 'high';
$gate->quit;
all_over('all are made');
is($node->sql("SELECT string_agg(pipeline_name, ' ' ORDER BY start_time) FROM pipeline_runs WHERE pipeline_name IN ('low', 'plain1', 'plain2', 'high')"),
	'high plain1 plain2 low', 'by priority, then by age');
set('max_concurrent_runs = 6');

# Due while the server is down: one run, none, or one each. The clock is set before the server is.
my %policy = (once => '{}', none => '{"on_missed": "skip"}', each => '{"on_missed": "run_all"}');
$node->pipeline("missed_$_", 'SELECT 1::bigint AS i', "schedule => '0 * * * *', options => '$policy{$_}'") for sort keys %policy;
my $due = $node->sql("SELECT next_due FROM pipeline_status WHERE name = 'missed_once'");
my $offset = $node->offset_to("'$due'", 4 * 3600 + 900);
$node->stop;
$node->append_conf('postgresql.conf', "pg_sluice.clock_offset = $offset");
$node->start;
$node->await("SELECT bool_and(next_due = '$due'::timestamptz + '5 hours') FROM pipeline_status WHERE name LIKE 'missed%'", 'due again');
all_over('what was missed is made up for');
my $told = "SELECT status, due_at = '$due'::timestamptz + '4 hours', reason FROM pipeline_runs WHERE pipeline_name = ";
$node->await("SELECT count(*) = 1 FROM pipeline_runs WHERE pipeline_name = 'missed_once' AND status = 'success'", 'on_missed run_once');
like($node->sql("$told 'missed_once'"), qr/^success\|t\|4 due times from .* to .* were missed$/, 'one run for the last due time, which says so');
like($node->sql("$told 'missed_none'"), qr/^skipped\|t\|5 due times from .* to .* were missed$/, 'on_missed skip: a row that tells it');
is($node->sql("SELECT count(*), count(DISTINCT due_at), min(due_at) = '$due', bool_and(status = 'success') FROM pipeline_runs WHERE pipeline_name = 'missed_each'"),
	'5|5|t|t', 'on_missed run_all: one run each');
is($node->sql("SELECT count(*) FROM dst_missed_each"), '5', 'all loaded');

# Overlap: skipped, or one queued.
$node->pipeline('lap_skip', SluiceNode::gated_query(), "schedule => '*/10 * * * *'");
$node->pipeline('lap_queue', SluiceNode::gated_query(), "schedule => '*/10 * * * *', options => '{\"on_overlap\": \"queue_one\"}'");
$gate = $node->close_gate;
$due = $node->sql("SELECT next_due FROM pipeline_status WHERE name = 'lap_skip'");
for my $lap (0 .. 2)
{
	$offset = $node->offset_to("'$due'::timestamptz + interval '10 minutes' * $lap", 3);
	$node->set_clock($offset);
	$node->await("SELECT count(*) = 2 FROM pipeline_runs WHERE pipeline_name LIKE 'lap%' AND due_at = '$due'::timestamptz + interval '10 minutes' * $lap",
		"due the ${lap}th time");
	$node->await_gated(2, 'both run') if $lap == 0;
}
is($node->sql("SELECT string_agg(status, ' ' ORDER BY due_at) FROM pipeline_runs WHERE pipeline_name = 'lap_skip'"), 'running skipped skipped', 'on_overlap skip');
is($node->sql("SELECT string_agg(status, ' ' ORDER BY due_at) FROM pipeline_runs WHERE pipeline_name = 'lap_queue'"), 'running pending skipped', 'on_overlap queue_one');
$gate->quit;
all_over('the queued one follows');
is($node->sql("SELECT count(*) FROM pipeline_runs WHERE pipeline_name = 'lap_queue' AND status = 'success'"), '2', 'and is made');

# The clock steps back a day and forward again: nothing runs twice, nothing is lost.
my $before = $node->sql("SELECT count(*) FROM pipeline_runs WHERE pipeline_name = 'lap_skip'");
my $next = $node->sql("SELECT next_due FROM pipeline_status WHERE name = 'lap_skip'");
$node->set_clock($offset - 86400);
trigger('plain1');
all_over('the scheduler lives on with a clock set back');
is($node->sql("SELECT count(*) FROM pipeline_runs WHERE pipeline_name = 'lap_skip'"), $before, 'nothing fires');
$node->await("SELECT next_due = '$next'::timestamptz - interval '1 day' FROM pipeline_status WHERE name = 'lap_skip'", 'the due time is computed again');
$node->set_clock($node->offset_to("'$next'", 3));
$node->await("SELECT count(*) = 1 FROM pipeline_runs WHERE pipeline_name = 'lap_skip' AND due_at = '$next' AND status = 'success'",
	'and is served when the clock is right again');
is($node->sql("SELECT count(*) FROM (SELECT FROM pipeline_runs WHERE cause = 'schedule' AND status <> 'skipped' GROUP BY pipeline_id, due_at HAVING count(*) > 1) twice"),
	'0', 'no due time was run twice');

$node->stop;
done_testing();
