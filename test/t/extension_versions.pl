# The library and the catalog are of one version or nothing starts; 0.1 becomes what is installed anew today.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../perl";
use SluiceNode;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = SluiceNode->create('versions', "pg_sluice.scheduler_idle_timeout = 600\nlog_min_messages = log");
my $version = $node->sql("SELECT extversion FROM pg_extension WHERE extname = 'pg_sluice'");

# Everything that makes up the extension, a line each. The order of a table's columns is nobody's business, that of
# a view's is.
my $catalog = q{
	WITH member AS (SELECT classid, objid FROM pg_depend WHERE deptype = 'e' AND refclassid = 'pg_extension'::regclass
			AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'pg_sluice')),
		relation AS (SELECT c.* FROM pg_class c JOIN member ON objid = c.oid AND classid = 'pg_class'::regclass),
		acl AS (SELECT 'f' AS kind, oid, coalesce(proacl, acldefault('f', proowner)) AS acl FROM pg_proc
			UNION ALL SELECT 'r', oid, coalesce(relacl, acldefault('r', relowner)) FROM pg_class),
		rights AS (SELECT kind, oid, (SELECT string_agg(format('%s %s%s', CASE grantee WHEN 0 THEN 'public' ELSE grantee::regrole::text END,
			privilege_type, CASE WHEN is_grantable THEN '*' END), ', ' ORDER BY grantee, privilege_type) FROM aclexplode(acl)) AS text FROM acl)
	SELECT replace(line, E'\n', ' ') FROM (
		SELECT 'member ' || pg_describe_object(classid, objid, 0) AS line FROM member
		UNION ALL SELECT format('routine %s(%s) returns %s: %s %s %s %s %s %s %s %s %s', proname, pg_get_function_arguments(p.oid),
			pg_get_function_result(p.oid), prokind, provolatile, proparallel, proisstrict, prosecdef, proretset, proconfig,
			prosrc, pg_get_function_sqlbody(p.oid)) FROM pg_proc p JOIN member ON objid = p.oid AND classid = 'pg_proc'::regclass
		UNION ALL SELECT format('rights %s: %s', pg_describe_object(classid, objid, 0), text) FROM member
			JOIN rights ON objid = oid AND classid = CASE kind WHEN 'f' THEN 'pg_proc' ELSE 'pg_class' END::regclass
		UNION ALL SELECT format('comment %s: %s', pg_describe_object(classid, objid, objsubid), description) FROM pg_description
			JOIN member ON objid = objoid AND classid = classoid
		UNION ALL SELECT format('relation %s: %s %s %s %s %s', oid::regclass, relkind, relpersistence, reloptions, relrowsecurity,
			CASE relkind WHEN 'v' THEN pg_get_viewdef(oid) END) FROM relation
		UNION ALL SELECT format('column %s.%s: %s %s %s %s %s', relname, attname, format_type(atttypid, atttypmod), attnotnull, attgenerated,
			pg_get_expr(adbin, adrelid), CASE relkind WHEN 'v' THEN attnum END) FROM relation r JOIN pg_attribute a ON attrelid = r.oid
			LEFT JOIN pg_attrdef ON adrelid = r.oid AND adnum = attnum WHERE attnum > 0 AND NOT attisdropped
		UNION ALL SELECT format('constraint %s on %s: %s', conname, relname, pg_get_constraintdef(k.oid)) FROM relation r JOIN pg_constraint k ON conrelid = r.oid
			WHERE contype <> 'n'
		UNION ALL SELECT 'index ' || pg_get_indexdef(indexrelid) FROM relation r JOIN pg_index ON indrelid = r.oid
		UNION ALL SELECT format('policy %s on %s: %s %s %s', polname, relname, polcmd, pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid))
			FROM relation r JOIN pg_policy ON polrelid = r.oid
		UNION ALL SELECT 'trigger ' || pg_get_triggerdef(t.oid) FROM relation r JOIN pg_trigger t ON tgrelid = r.oid WHERE NOT tgisinternal
		UNION ALL SELECT format('dumped %s: %s', extconfig[i]::regclass, extcondition[i]) FROM pg_extension, generate_subscripts(extconfig, 1) i
			WHERE extname = 'pg_sluice') l};

sub compare_catalogs
{
	my ($updated, $fresh, $name) = @_;
	my %updated = map { $_ => 1 } split /\n/, $node->sql($catalog, db => $updated);
	my %fresh = map { $_ => 1 } split /\n/, $node->sql($catalog, db => $fresh);
	cmp_ok(scalar keys %fresh, '>', 300, "$name: there is something to compare");
	my @missing = sort grep { !$updated{$_} } keys %fresh;
	my @left = sort grep { !$fresh{$_} } keys %updated;
	ok(!@missing && !@left, "$name: the same as a fresh install");
	diag("only in a fresh install (to be added to src/sql/upgrade):\n  " . join("\n  ", @missing)) if @missing;
	diag("only after the update (to be dropped or changed there):\n  " . join("\n  ", @left)) if @left;
	return;
}

# A database of 0.1, with a role that was allowed to use it, pipelines and history.
$node->sql('CREATE ROLE eve LOGIN; CREATE ROLE operator LOGIN; CREATE ROLE stranger LOGIN');
$node->sql('CREATE DATABASE old');
$node->sql('CREATE SCHEMA "Our Pipes"; CREATE EXTENSION pg_sluice VERSION \'0.1\' SCHEMA "Our Pipes"; GRANT USAGE ON SCHEMA "Our Pipes" TO eve', db => 'old');
$node->sql("ALTER DATABASE old SET search_path = \"Our Pipes\", public", db => 'old');
$node->sql(q{
	CREATE TABLE dst (i bigint);
	INSERT INTO pipeline_definitions (id, name, owner, owner_oid, source_query, destination_table, load, timezone, search_path, created_by, created_at, updated_at, schedule)
		SELECT md5(n::text)::uuid, 'p' || n, 'postgres', 0, 'SELECT 1::bigint AS i', 'public.dst', 'append', 'UTC', 'pg_catalog', 'postgres', now(), now(),
			CASE n WHEN 3 THEN '*/60 * * * *' ELSE '0 * * * *' END -- refused since 0.3
		FROM generate_series(1, 3) n;
	INSERT INTO pipeline_due SELECT id, now() + interval '20 minutes' FROM pipeline_definitions;
	INSERT INTO pipeline_state (pipeline_id) SELECT id FROM pipeline_definitions;
	INSERT INTO pipeline_runs (id, pipeline_id, pipeline_name, pipeline_version, owner, owner_oid, root_run, batch, status, cause, queued_at, start_time, end_time)
		SELECT gen_random_uuid(), id, name, 1, owner, owner_oid, id, id, s, 'manual', now() - interval '1 hour', now(), now()
		FROM pipeline_definitions, unnest('{success,failed,skipped,stopped}'::text[]) s;
	GRANT EXECUTE ON FUNCTION create_pipeline TO eve;
	GRANT EXECUTE ON FUNCTION trigger_pipeline(uuid, jsonb, text, boolean), trigger_pipeline(text, jsonb, text, boolean) TO eve, operator;
	GRANT EXECUTE ON PROCEDURE trigger_and_wait(text, jsonb, interval, uuid, text) TO operator WITH GRANT OPTION}, db => 'old');

my $mismatch = qr/ERROR:  SL007: extension "pg_sluice" is version 0\.1 .*library of version \Q$version\E/;
for my $call ("SELECT trigger_pipeline('p1')", "CALL run_pipeline('p1')", "SELECT create_pipeline('x')", "SELECT get_pipeline('p1')",
	"SELECT alter_pipeline('p1', filter => 'true')", "SELECT drop_pipeline('p1')", "SELECT stop_pipeline('p1')")
{
	$node->sql_fails($call, $mismatch, "an older catalog: $call", db => 'old');
}
$node->sql_fails("SELECT pause_pipeline('p1')", qr/HINT:  Run ALTER EXTENSION pg_sluice UPDATE/, 'with its hint', db => 'old');
like($node->sql('SELECT message FROM pipeline_health() WHERE verdict = \'error\'', db => 'old'), qr/is version 0\.1/, 'pipeline_health says so');
is($node->sql("SELECT count(*) FROM pipeline_status", db => 'old'), '3', 'views can be read');
my $old_oid = $node->sql("SELECT oid FROM pg_database WHERE datname = 'old'");
sub times_told { my @told = slurp_file($node->logfile) =~ /starts nothing in database $_[0]: extension "pg_sluice" is version/g; return scalar @told; }
$node->await("SELECT count(*) = 0 FROM pg_stat_activity WHERE datname = 'old' AND backend_type LIKE 'pg_sluice%'", 'no scheduler stays with it');

$node->sql('ALTER EXTENSION pg_sluice UPDATE', db => 'old');
is($node->sql("SELECT extversion FROM pg_extension WHERE extname = 'pg_sluice'", db => 'old'), $version, 'ALTER EXTENSION UPDATE');
is(times_told($old_oid), 1, 'the server log had told it once');
is($node->sql("SELECT count(*), count(next_due), bool_and(state <> 'parked') FROM pipeline_status", db => 'old'), '3|3|t', 'the pipelines are there and at home');
is($node->sql('SELECT count(*) FROM pipeline_runs', db => 'old'), '12', 'and so is the history');
my $run = $node->sql("SELECT trigger_pipeline('p1')", db => 'old');
is($node->sql("SELECT wait_for_run('$run', '60 s')", db => 'old'), 'success', 'a run after the update');
my $due = $node->sql("SELECT max(next_due) FROM pipeline_status", db => 'old');
$node->set_clock($node->offset_to("'$due'", 2));
$node->await("SELECT count(*) = 3 FROM pipeline_runs WHERE cause = 'schedule' AND status = 'success'", 'and those that were due', db => 'old');

# Who was allowed to use the old functions may use the new ones; others may not.
is($node->sql(q{
	SELECT r, bool_and(has_function_privilege(r, p.oid, 'EXECUTE')), bool_or(has_function_privilege(r, p.oid, 'EXECUTE'))
	FROM unnest('{eve,operator,stranger}'::text[]) r, pg_proc p WHERE proname IN ('create_pipeline', 'stop_run', 'run_pipeline') GROUP BY r ORDER BY r}, db => 'old'),
	"eve|t|t\noperator|f|f\nstranger|f|f", 'rights after the update');
is($node->sql("SELECT has_function_privilege('operator', 'trigger_pipeline(uuid, jsonb, text, boolean, text)', 'EXECUTE')", db => 'old'), 't', 'who had a few keeps them, and gets no others');

is($node->sql("SELECT string_agg(proargtypes[0]::regtype || ' ' || has_function_privilege('operator', oid, 'EXECUTE WITH GRANT OPTION'), ', ' ORDER BY proargtypes[0]::regtype::text) FROM pg_proc WHERE proname = 'trigger_and_wait'", db => 'old'),
	'sluice.pipeline_argument false, text true, uuid false', 'also on those that take more arguments now');

# The same as installed anew; with nobody allowed, so that rights compare as well.
for my $name ('updated', 'updated2', 'fresh')
{
	$node->sql("CREATE DATABASE $name");
	$node->sql("ALTER DATABASE $name SET search_path = pipes, public");
	$node->sql('CREATE SCHEMA pipes', db => $name);
}
$node->sql("CREATE EXTENSION pg_sluice VERSION '0.1' SCHEMA pipes; ALTER EXTENSION pg_sluice UPDATE TO '$version'", db => 'updated');
$node->sql('CREATE EXTENSION pg_sluice SCHEMA pipes', db => 'fresh');
compare_catalogs('updated', 'fresh', "0.1 to $version");
$node->sql("CREATE EXTENSION pg_sluice VERSION '0.2' SCHEMA pipes; ALTER EXTENSION pg_sluice UPDATE", db => 'updated2');
compare_catalogs('updated2', 'fresh', "0.2 to $version");
is($node->sql("SELECT count(*) FROM pg_class WHERE relname LIKE 'sluice%'", db => 'updated'), '0', 'nothing is left of the update itself');

# A newer catalog than the library, while a run is under way, as ALTER EXTENSION would leave it with new files and an old process.
$node->pipeline('gated', SluiceNode::gated_query());
$node->pipeline('next', 'SELECT 1::bigint AS i');
my $gate = $node->close_gate;
my $lost = $node->sql("SELECT trigger_pipeline('gated')");
$node->await_gated(1, 'a run is half-way');
$node->sql("UPDATE pg_extension SET extversion = '99.0' WHERE extname = 'pg_sluice'");
$node->sql_fails("SELECT trigger_pipeline('next')", qr/SL007: .*is version 99\.0.*HINT:  Restart the server/s, 'a newer catalog');
$gate->quit;
$node->await("SELECT count(*) = 0 FROM pg_stat_activity WHERE backend_type = 'pg_sluice run'", 'the run ends');
$node->sql("COMMENT ON EXTENSION pg_sluice IS 'x'");
is($node->sql("SELECT status FROM pipeline_runs WHERE id = '$lost'"), 'running', 'nobody writes into tables of another version');
is($node->sql('SELECT count(*) FROM dst_gated'), '0', 'and nothing was loaded');
$node->sql("UPDATE pg_extension SET extversion = '$version' WHERE extname = 'pg_sluice'");
$node->sql("CALL trigger_and_wait('next', timeout => '60 s')");
is($node->sql('SELECT count(*) FROM dst_next'), '1', 'with the right one all goes on');
$node->restart;
$node->await("SELECT status = 'failed' AND error_sqlstate = 'SL004' FROM pipeline_runs WHERE id = '$lost'", 'the run that could not write its end is failed');
unlike(slurp_file($node->logfile), qr/PANIC|TRAP|was terminated by signal/, 'nothing broke');

$node->stop;
done_testing();
