# What stop, pause, DROP EXTENSION and an end that cannot be written do to everybody else.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../perl";
use SluiceNode;
use Test::More;

my $node = SluiceNode->create('control', "pg_sluice.stop_grace = 1\nrestart_after_crash = on");

# A setting of the database that changes what an array literal means.
$node->pipeline('plain', 'SELECT 1::bigint AS i');
$node->sql('ALTER DATABASE postgres SET array_nulls = off; ALTER DATABASE postgres SET transform_null_equals = on');
is((split /\n/, $node->sql("CALL trigger_and_wait('plain')"))[-1] =~ /\|(\w+)$/ && $1, 'success', 'array_nulls = off: a run succeeds');
$node->pipeline('broken', 'SELECT (1 / (random() * 0)::int)::bigint AS i');
$node->sql("CALL trigger_and_wait('broken')");
is($node->sql("SELECT error_sqlstate FROM pipeline_runs WHERE pipeline_name = 'broken'"), '22012', 'array_nulls = off: a failure says what failed');
$node->sql('ALTER DATABASE postgres RESET array_nulls; ALTER DATABASE postgres RESET transform_null_equals');

# An end that nobody can write: here a trigger refuses it.
$node->sql(q{
	CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'this row is not to change'; END $$;
	CREATE TRIGGER refuse BEFORE UPDATE ON sluice.pipeline_runs FOR EACH ROW
		WHEN (NEW.pipeline_name = 'poison' AND NEW.status IN ('failed', 'stopped')) EXECUTE FUNCTION refuse()});
$node->pipeline('poison', 'SELECT (1 / (random() * 0)::int)::bigint AS i');
my $poison = $node->sql("SELECT trigger_pipeline('poison')");
$node->await("SELECT count(*) = 1 FROM pipeline_health() WHERE check_name = 'set_aside' AND verdict = 'error' "
	  . "AND message LIKE '%$poison%this row is not to change%'", 'an end that cannot be written is set aside, and health says why');
like((split /\n/, $node->sql("CALL trigger_and_wait('plain', timeout => '30 s')"))[-1], qr/\|success$/, 'other pipelines go on');
like((split /\n/, $node->sql("CALL trigger_and_wait('broken', timeout => '30 s')"))[-1], qr/\|failed$/, 'and their ends are settled');
$node->sql('DROP TRIGGER refuse ON sluice.pipeline_runs');
# The scheduler is a new one: it need not wait for a minute.
kill 'TERM', $node->pid_of('scheduler');
is($node->sql("SELECT wait_for_run('$poison', '60 s')"), 'failed', 'once it can be, the end is written');
is($node->sql("SELECT error_sqlstate, error_message FROM pipeline_runs WHERE id = '$poison'"), '22012|division by zero', 'with the true cause');
like($node->sql("SELECT error_detail FROM pipeline_runs WHERE id = '$poison'"), qr/could not write.*this row is not to change/, 'and why it comes so late');
$node->await("SELECT count(*) = 0 FROM pipeline_health() WHERE check_name = 'set_aside'", 'health is well again');

# A process that ends by FATAL leaves its last words.
my $gate = $node->close_gate;
$node->pipeline('gated', SluiceNode::gated_query());
my $run = $node->sql("SELECT trigger_pipeline('gated')");
$node->await_gated(1, 'runs');
$node->sql('SELECT pg_terminate_backend(' . $node->pid_of('run') . ')');
is($node->sql("SELECT wait_for_run('$run', '30 s')"), 'failed', 'a terminated run fails');
like($node->sql("SELECT error_detail FROM pipeline_runs WHERE id = '$run'"), qr/terminating/, 'and tells what ended it');
$gate->quit;

$node->stop;
done_testing();
