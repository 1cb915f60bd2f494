# Only views and functions are in the extension's schema; tables are in the schema sluice. Dumps of older versions.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../perl";
use SluiceNode;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = SluiceNode->create('schema', 'pg_sluice.scheduler_idle_timeout = 600');
my $members = q{SELECT objid FROM pg_depend WHERE deptype = 'e' AND refclassid = 'pg_extension'::regclass
	AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'pg_sluice') AND classid = 'pg_class'::regclass};
is($node->sql("SELECT string_agg(relname, ' ') FROM pg_class WHERE oid IN ($members) AND relkind <> 'v' AND relnamespace = 'public'::regnamespace"),
	'', 'no table is in the extension\'s schema');
is($node->sql("SELECT count(*) FROM pg_class WHERE oid IN ($members) AND relkind <> 'r' AND relname <> 'watched_runs' AND relnamespace = 'sluice'::regnamespace"), '0',
	'and nothing else in the schema of the tables but what recent_runs() reads');

# Schemas that are taken.
sub refused
{
	my ($db, $setup, $create, $pattern, $name) = @_;
	$node->sql("CREATE DATABASE $db");
	$node->sql($setup, db => $db);
	$node->sql_fails($create, $pattern, $name, db => $db);
	is($node->sql("SELECT count(*) FROM pg_proc WHERE proname LIKE 'pipeline%'", db => $db), '0', "$name: nothing is left");
	return;
}
$node->sql('CREATE ROLE eve LOGIN');
refused('taken', 'CREATE SCHEMA sluice AUTHORIZATION eve', 'CREATE EXTENSION pg_sluice',
	qr/ERROR:  42P06: schema "sluice" already exists.*HINT:  pg_sluice keeps its tables.*ALTER SCHEMA sluice RENAME TO/s, 'a schema of somebody else');
$node->sql('ALTER SCHEMA sluice RENAME TO hers; CREATE EXTENSION pg_sluice; SELECT pipeline_health()', db => 'taken');
refused('face', 'CREATE SCHEMA sluice', 'CREATE EXTENSION pg_sluice SCHEMA sluice',
	qr/ERROR:  3F000: extension "pg_sluice" cannot be in schema "sluice".*HINT:.*Name another one in CREATE EXTENSION/s, 'the schema of the tables');
$node->sql('CREATE DATABASE older');
$node->sql("CREATE SCHEMA sluice; CREATE EXTENSION pg_sluice VERSION '0.2' SCHEMA sluice", db => 'older');
$node->sql_fails('ALTER EXTENSION pg_sluice UPDATE', qr/ERROR:  3F000:.*HINT:.*ALTER SCHEMA sluice RENAME TO/s, 'an update where 0.2 was installed there', db => 'older');
$node->sql('ALTER SCHEMA sluice RENAME TO pipes; ALTER EXTENSION pg_sluice UPDATE; SELECT * FROM pipes.pipeline_status', db => 'older');

# Default privileges give nobody a way to write, to trigger or to create.
$node->sql('CREATE DATABASE generous');
$node->sql("ALTER DEFAULT PRIVILEGES GRANT ALL ON $_ TO eve, PUBLIC", db => 'generous') for ('TABLES', 'SCHEMAS', 'FUNCTIONS');
my $more = q{
	WITH m AS (SELECT classid, objid FROM pg_depend WHERE deptype = 'e' AND refclassid = 'pg_extension'::regclass
		AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'pg_sluice'))
	SELECT coalesce(string_agg(w, ', ' ORDER BY w), 'nothing') FROM (
		SELECT format('%s %s', privilege_type, relname) w FROM m JOIN pg_class c ON c.oid = objid AND classid = 'pg_class'::regclass, aclexplode(relacl)
			WHERE grantee <> relowner AND privilege_type <> 'SELECT'
		UNION ALL SELECT format('%s %s', privilege_type, nspname) FROM m JOIN pg_namespace n ON n.oid = objid AND classid = 'pg_namespace'::regclass, aclexplode(nspacl)
			WHERE grantee <> nspowner AND (privilege_type <> 'USAGE' OR nspname <> 'sluice')
		UNION ALL SELECT proname FROM m JOIN pg_proc p ON p.oid = objid AND classid = 'pg_proc'::regclass, aclexplode(coalesce(proacl, acldefault('f', proowner)))
			WHERE grantee = 0 AND proname NOT IN ('assign_exactly', 'error_text') AND proname !~ '^(pipeline|json|interval)_argument_(in|out)$' AND (pronamespace = 'sluice'::regnamespace OR proname ~ '^(create|alter|drop|trigger|run_pipeline|stop|retry|pause|resume|rename|allow|disallow|explain)')) w};
$node->sql('CREATE EXTENSION pg_sluice', db => 'generous');
is($node->sql($more, db => 'generous'), 'nothing', 'default privileges open nothing');
$node->sql_fails("SET ROLE eve; $_", qr/ERROR:  42501/, $_, db => 'generous')
  for ('CREATE TABLE sluice.mine ()', 'TRUNCATE sluice.pipeline_runs', 'CREATE TRIGGER t BEFORE INSERT ON sluice.pipeline_runs FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()');
$node->sql('DROP EXTENSION pg_sluice; CREATE EXTENSION pg_sluice VERSION \'0.2\'; GRANT INSERT, TRIGGER ON pipeline_runs TO eve; GRANT EXECUTE ON FUNCTION stop_run TO PUBLIC', db => 'generous');
isnt($node->sql($more =~ s/'sluice'::regnamespace/0/r, db => 'generous'), 'nothing', '0.2 was open');
$node->sql('ALTER EXTENSION pg_sluice UPDATE', db => 'generous');
is($node->sql($more, db => 'generous'), 'nothing', 'and an update closes it');

# DROP EXTENSION leaves nothing behind.
my $left = q{SELECT count(*) FROM pg_namespace n WHERE nspname LIKE 'sluice%'
	UNION ALL SELECT count(*) FROM pg_class WHERE relname LIKE 'pipeline%' UNION ALL SELECT count(*) FROM pg_proc WHERE proname LIKE '%pipeline%'};
$node->sql('DROP EXTENSION pg_sluice', db => 'older');
is($node->sql($left, db => 'older'), "0\n0\n0", 'DROP EXTENSION leaves nothing');

# Dumps of older versions, with what was granted there.
for my $version ('0.1', '0.2')
{
	my $db = "v$version" =~ tr/.//dr;
	$node->sql("CREATE DATABASE $db");
	$node->sql("CREATE EXTENSION pg_sluice VERSION '$version'", db => $db);
	$node->sql(q{
		INSERT INTO pipeline_definitions (id, name, tags, owner, owner_oid, source_query, destination_table, load, timezone, search_path, created_by, created_at, updated_at, schedule, options)
			SELECT md5(n::text)::uuid, 'p' || n, '{a,"b,c"}', CASE n WHEN 3 THEN 'nobody' ELSE current_user END, 4711, E'SELECT 1::bigint\tAS i', 'public.dst', 'append', 'UTC',
				'pg_catalog', 'postgres', now(), now(), '0 * * * *', '{"max_retries": 1}'
			FROM generate_series(1, 3) n;
		INSERT INTO pipeline_versions SELECT id, 1, owner, owner_oid, '{"name": "x"}', now(), 'postgres' FROM pipeline_definitions;
		GRANT SELECT ON pipeline_runs TO eve; CREATE TABLE dst (i bigint)}, db => $db);
	my $file = $node->basedir . "/$db.sql";
	command_ok([ 'pg_dump', '-d', $node->connstr($db), '-f', $file ], "a dump of $version");
	$node->sql("CREATE DATABASE restored_$db");
	my ($code, undef, $errors) = $node->psql("restored_$db", slurp_file($file), on_error_stop => 0);
	is($errors, '', "$version restores without an error");
	my $both = q{SELECT count(*), count(DISTINCT tags), count(DISTINCT source_query), sum(version), count(DISTINCT options) FROM sluice.pipeline_definitions
		UNION ALL SELECT count(*), sum(version), count(DISTINCT definition), 0, 0 FROM sluice.pipeline_versions};
	is($node->sql($both, db => "restored_$db"), "3|1|1|3|1\n3|3|1|0|0", "$version: all definitions and versions are there");
	is($node->sql("SELECT name, owner_oid::regrole, version FROM pipeline_definitions ORDER BY name", db => "restored_$db"), "p1|postgres|1\np2|postgres|1\np3|-|1", "$version: with their owners");
	is($node->sql('SELECT adopt_pipelines()', db => "restored_$db"), '3', "$version: adopted");
	is($node->sql("CALL trigger_and_wait('p1', timeout => '60 s'); SELECT count(*) FROM dst", db => "restored_$db") =~ /1$/, 1, "$version: and runs");

	# The same database, updated in place, then dumped and restored.
	$node->sql('CREATE VIEW mine AS SELECT pipeline_name, status FROM pipeline_runs', db => $db);
	$node->sql('ALTER EXTENSION pg_sluice UPDATE', db => $db);
	is($node->sql('SELECT count(*) FROM mine', db => $db), '0', "$version: a view over a table that moved goes on");
	$node->sql('DROP VIEW mine', db => $db);
	command_ok([ 'pg_dump', '-d', $node->connstr($db), '-f', $file ], "a dump of the updated $version");
	$node->sql("CREATE DATABASE again_$db");
	(undef, undef, $errors) = $node->psql("again_$db", slurp_file($file), on_error_stop => 0);
	is($errors, '', "$version, updated: restores without an error");
	is($node->sql($both, db => "again_$db"), "3|1|1|3|1\n3|3|1|0|0", "$version, updated: all definitions and versions are there");
}

# A dump by the owner of the database, who is no superuser: row-level security is in the way of all rows, so pg_dump asks
# what to do; doc/operations.md names the answers.
$node->sql('CREATE ROLE dbo LOGIN; CREATE DATABASE owned OWNER dbo');
$node->sql("CREATE EXTENSION pg_sluice; SELECT allow_pipelines(r) FROM unnest('{dbo,eve}'::name[]) r; CREATE TABLE theirs (i bigint); ALTER TABLE theirs OWNER TO dbo; INSERT INTO theirs VALUES (7)", db => 'owned');
for my $role ('dbo', 'eve')
{
	my ($code, undef, $said) = $node->psql('owned', "SELECT create_pipeline('of_$role', source_query => 'SELECT 1::bigint AS i', destination_table => 'theirs', load => 'append', status => 'inactive')",
		extra_params => [ '-U', $role ]);
	is($code, 0, "a pipeline of $role: $said");
}
my $file = $node->basedir . '/owned.sql';
my @dump = ('pg_dump', '-U', 'dbo', '-d', $node->connstr('owned'), '-f', $file);
command_fails_like([@dump], qr/would be affected by row-level security policy for table "pipeline_(definitions|versions)"/, 'without an answer pg_dump stops');
command_ok([ @dump, '--enable-row-security' ], 'with --enable-row-security');
like(slurp_file($file), qr/\tof_dbo\t/, 'the owner\'s pipelines are in it');
unlike(slurp_file($file), qr/\tof_eve\t/, 'and nobody else\'s');
like(slurp_file($file), qr/COPY public\.theirs \(i\) FROM stdin;\n7\n/, 'with all other tables');
command_ok([ @dump, '--exclude-table-data=sluice.*' ], 'with --exclude-table-data');
unlike(slurp_file($file), qr/\tof_dbo\t/, 'no pipeline is in it');
like(slurp_file($file), qr/COPY public\.theirs \(i\) FROM stdin;\n7\n/, 'but all other tables');
$node->sql('ALTER ROLE dbo BYPASSRLS');
command_ok([@dump], 'by a role with BYPASSRLS');
like(slurp_file($file), qr/\tof_eve\t/, 'everybody\'s pipelines are in it');

$node->stop;
done_testing();
