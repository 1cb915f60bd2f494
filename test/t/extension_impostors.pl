# Functions and operators of others in the extension's schema, planted before CREATE EXTENSION or ALTER EXTENSION UPDATE,
# with exactly the types of our calls, are never called and never stored. An exact match there beats what pg_catalog
# has for any type, so this holds only because no name is looked up in that schema.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../perl";
use SluiceNode;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = SluiceNode->create('impostors', "pg_sluice.scheduler_idle_timeout = 600");
$node->sql('CREATE ROLE eve LOGIN; CREATE ROLE bob LOGIN');

# Every function, aggregate and operator in the trees that are stored: views, defaults, indexes, constraints, policies,
# bodies and arguments of functions, generated columns, triggers. What is pinned is in no pg_depend, so the texts of the
# trees are read.
my $trees = q{
	WITH m AS (SELECT classid, objid FROM pg_depend WHERE deptype = 'e' AND refclassid = 'pg_extension'::regclass
			AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'pg_sluice')),
		r AS (SELECT objid AS oid FROM m WHERE classid = 'pg_class'::regclass),
		tree AS (SELECT ev_action::text AS t FROM pg_rewrite JOIN r ON r.oid = ev_class
			UNION ALL SELECT adbin::text FROM pg_attrdef JOIN r ON r.oid = adrelid
			UNION ALL SELECT concat(indpred::text, indexprs::text) FROM pg_index JOIN r ON r.oid = indrelid
			UNION ALL SELECT conbin::text FROM pg_constraint JOIN r ON r.oid = conrelid
			UNION ALL SELECT concat(polqual::text, polwithcheck::text) FROM pg_policy JOIN r ON r.oid = polrelid
			UNION ALL SELECT tgqual::text FROM pg_trigger JOIN r ON r.oid = tgrelid
			UNION ALL SELECT concat(prosqlbody::text, proargdefaults::text) FROM pg_proc p JOIN m ON objid = p.oid AND classid = 'pg_proc'::regclass),
		found AS (SELECT DISTINCT x[1] AS kind, x[2]::oid AS oid
			FROM tree, regexp_matches(t, ':(funcid|aggfnoid|winfnoid|opno|opfuncid|eqop|sortop) ([1-9][0-9]*)', 'g') x)};

is($node->sql(q{SELECT count(*) FROM pg_depend d JOIN pg_proc p ON p.oid = d.objid WHERE d.classid = 'pg_proc'::regclass AND d.deptype = 'e' AND d.refclassid = 'pg_extension'::regclass
	AND d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'pg_sluice') AND p.prolang NOT IN (SELECT oid FROM pg_language WHERE lanname IN ('c', 'internal')) AND p.prosqlbody IS NULL}),
	'0', 'no function has its body as a text, which would be read again under the path of the caller');

# What our own statements in C call, too: the names of the server's functions that the sources hold.
my @sources = split /\n/, `find $FindBin::RealBin/../../src -name '*.cpp' -o -name '*.hpp'`;
my %words;
for my $file (@sources) { $words{$_} = 1 for slurp_file($file) =~ /\b([a-z_0-9]+)\(/g; }
cmp_ok(scalar keys %words, '>', 300, 'the sources were read');

$node->sql('CREATE DATABASE clean');
$node->sql('CREATE EXTENSION pg_sluice', db => 'clean');
my $used = "$trees SELECT p.proname FROM found JOIN pg_proc p ON p.oid = found.oid WHERE kind IN ('funcid', 'aggfnoid', 'winfnoid')";
my @functions = split /\n/, $node->sql("$used GROUP BY 1", db => 'clean');
my @operators = split /\n/, $node->sql("$trees SELECT DISTINCT o.oprname FROM found JOIN pg_operator o ON o.oid = found.oid WHERE kind NOT IN ('funcid', 'aggfnoid', 'winfnoid', 'opfuncid')", db => 'clean');
cmp_ok(scalar @functions, '>', 10, 'functions are found in the trees: ' . join(' ', sort @functions));
cmp_ok(scalar @operators, '>', 5, 'operators are found in the trees: ' . join(' ', sort @operators));
my %operators = map { $_ => 1 } @operators, split(/ /, '= <> < > <= >= || + - * / @> <@ && ? -> ->> #>> ~ !~ ~~ !~~');

# An impostor for every way to call them with the types of our columns, as far as pg_catalog has no function of exactly
# these types, which comes first in any case. Each tells the server's log that it was called.
sub plant
{
	my ($db, @more) = @_;
	my $names = join(',', map { "'$_'" } sort(@functions, @more));
	my $ops = join(',', map { "'$_'" } sort keys %operators);
	return $node->sql(qq{
		SET search_path = pg_catalog, pg_temp;
		DO \$do\$
		DECLARE
			own text[] := '{uuid,uuid[],text,text[],name,name[],oid,integer,bigint,boolean,jsonb,timestamptz,interval,numeric,double precision,regclass,regprocedure,"char"}';
			f record; a text[]; n text; result text; planted bigint := 0;
		BEGIN
			-- Types that may stand in each place: any of ours where it is polymorphic, else what becomes that type by itself.
			FOR f IN
				WITH t AS (SELECT x AS name, x::regtype::oid AS oid FROM unnest(own) x),
				callable AS (
					SELECT 'function' AS kind, p.proname AS name, p.proargtypes::oid[] AS args, p.prorettype AS rettype, p.proretset
					FROM pg_proc p WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.proname = ANY (ARRAY[$names]) AND p.pronargs BETWEEN 1 AND 3
						AND p.prorettype <> ALL ('{internal,trigger,event_trigger,cstring}'::regtype[])
					UNION ALL SELECT 'operator', o.oprname, ARRAY[o.oprleft, o.oprright], o.oprresult, false
					FROM pg_operator o WHERE o.oprnamespace = 'pg_catalog'::regnamespace AND o.oprname = ANY (ARRAY[$ops]) AND o.oprleft <> 0 AND o.oprright <> 0)
				SELECT DISTINCT ON (c.kind, c.name, combination.types) c.kind, c.name, c.rettype, c.proretset, combination.types
				FROM callable c
				CROSS JOIN LATERAL (
					SELECT ARRAY[t1.name] || CASE WHEN cardinality(c.args) > 1 THEN ARRAY[t2.name] END || CASE WHEN cardinality(c.args) > 2 THEN ARRAY[t3.name] END AS types,
						ARRAY[t1.oid] || CASE WHEN cardinality(c.args) > 1 THEN ARRAY[t2.oid] END || CASE WHEN cardinality(c.args) > 2 THEN ARRAY[t3.oid] END AS oids
					FROM t t1, t t2, t t3
					WHERE pg_temp.fits(c.args[array_lower(c.args, 1)], t1.oid)
						AND CASE WHEN cardinality(c.args) > 1 THEN pg_temp.fits(c.args[array_lower(c.args, 1) + 1], t2.oid) ELSE t2.name = 'uuid' END
						AND CASE WHEN cardinality(c.args) > 2 THEN pg_temp.fits(c.args[array_lower(c.args, 1) + 2], t3.oid) ELSE t3.name = 'uuid' END) combination
				WHERE NOT EXISTS (SELECT FROM callable k WHERE k.kind = c.kind AND k.name = c.name AND k.args::oid[] = combination.oids)
				ORDER BY c.kind, c.name, combination.types, c.rettype
			LOOP
				result := CASE
					WHEN f.rettype IN ('anyelement'::regtype, 'anycompatible'::regtype, 'anynonarray'::regtype) THEN
						coalesce((SELECT left(x, -2) FROM unnest(f.types) x WHERE x LIKE '%[]' LIMIT 1), f.types[1])
					WHEN f.rettype IN ('anyarray'::regtype, 'anycompatiblearray'::regtype) THEN
						coalesce((SELECT x FROM unnest(f.types) x WHERE x LIKE '%[]' LIMIT 1), f.types[1] || '[]')
					WHEN f.rettype IN ('record'::regtype, 'void'::regtype) OR f.rettype IN (SELECT oid FROM pg_type WHERE typtype = 'p') THEN 'text'
					ELSE f.rettype::regtype::text END;
				n := CASE f.kind WHEN 'function' THEN f.name ELSE 'impostor_of_' || encode(convert_to(f.name, 'UTF8'), 'hex') END;
				EXECUTE format('CREATE FUNCTION public.%I(%s) RETURNS %s %s LANGUAGE plpgsql IMMUTABLE AS %L', n, array_to_string(f.types, ', '),
					CASE WHEN f.proretset THEN 'SETOF' ELSE '' END, result,
					format('BEGIN RAISE LOG %L; RAISE EXCEPTION %L; END', 'impostor called: ' || replace(n, '%', '%%'), 'impostor called: ' || replace(n, '%', '%%')));
				IF f.kind = 'operator' THEN
					EXECUTE format('CREATE OPERATOR public.%s (LEFTARG = %s, RIGHTARG = %s, FUNCTION = public.%I)', f.name, f.types[1], f.types[2], n);
				END IF;
				planted := planted + 1;
			END LOOP;
			PERFORM set_config('impostors.planted', planted::text, false);
		END \$do\$;
		SELECT current_setting('impostors.planted')} =~ s/DO \$do\$/CREATE FUNCTION pg_temp.fits(want oid, have oid) RETURNS boolean LANGUAGE sql STABLE AS 'SELECT want = have
			OR want IN (\$\$"any"\$\$::regtype, \$\$anyelement\$\$::regtype, \$\$anycompatible\$\$::regtype)
			OR want = ANY (\$\${anynonarray,anycompatiblenonarray}\$\$::regtype[]) AND NOT EXISTS (SELECT FROM pg_type WHERE oid = have AND typelem <> 0 AND typlen = -1)
			OR want = ANY (\$\${anyarray,anycompatiblearray}\$\$::regtype[]) AND EXISTS (SELECT FROM pg_type WHERE oid = have AND typelem <> 0 AND typlen = -1)
			OR EXISTS (SELECT FROM pg_cast WHERE castsource = have AND casttarget = want AND castcontext = ''i'')';\nDO \$do\$/r, db => $db);
}

# Members that need a function, operator or type which is neither the server's nor the extension's.
my $strangers = q{SET search_path = pg_catalog, pg_temp;
	WITH RECURSIVE m AS (SELECT classid, objid FROM pg_depend WHERE deptype = 'e' AND refclassid = 'pg_extension'::regclass
			AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'pg_sluice')
		UNION SELECT d.classid, d.objid FROM pg_depend d JOIN m ON d.refclassid = m.classid AND d.refobjid = m.objid AND d.deptype IN ('i', 'a'))
	SELECT count(*) FROM m JOIN pg_depend d ON d.classid = m.classid AND d.objid = m.objid
	WHERE d.refclassid IN ('pg_proc'::regclass, 'pg_operator'::regclass, 'pg_type'::regclass, 'pg_opclass'::regclass, 'pg_collation'::regclass)
		AND d.refobjid >= 16384 AND (d.refclassid, d.refobjid) NOT IN (SELECT classid, objid FROM m)};

sub called { my ($from) = @_; my @told = substr(slurp_file($node->logfile), $from) =~ /LOG:  impostor called: (\S+)/g; my %seen = map { $_ => 1 } @told; return join(' ', sort keys %seen); }

# Everything that the extension does, by somebody whose own statements look up nothing in public.
sub use_all
{
	my ($db, $face, $name) = @_;
	my $path = 'SET search_path = pg_catalog;';
	$node->sql("GRANT USAGE ON SCHEMA $face TO bob; CREATE SCHEMA work AUTHORIZATION bob; CREATE TABLE work.dst (i bigint); ALTER TABLE work.dst OWNER TO bob; ALTER ROLE bob SET search_path = work", db => $db);
	$node->sql("SELECT $face.allow_pipelines('bob'); CREATE FOREIGN DATA WRAPPER nothing; CREATE SERVER away FOREIGN DATA WRAPPER nothing", db => $db);
	my $query = "source_query => 'SELECT OPERATOR(pg_catalog.-) 1::pg_catalog.int8 AS i', destination_table => 'work.dst', load => 'append'";
	my @statements = (
		"SELECT $face.create_pipeline('a', $query, tags => '{x}', schedule => '0 0 1 1 *')",
		"SELECT $face.create_pipeline('b', $query, depends_on => '{a}')",
		"SELECT $face.create_pipeline('f', $query)",
		"SELECT $face.create_pipeline('c', source_query => 'SELECT 1/0 AS i', destination_table => 'work.dst', load => 'append', on_failure => 'f', options => '{\"max_retries\": 1, \"retry_delay\": \"1 hour\"}')",
		"SELECT $face.alter_pipeline('c', options => '{\"max_retries\": null}')",
		"SELECT $face.rename_pipeline('c', 'd')", "SELECT $face.pause_pipeline('b')", "SELECT $face.resume_pipeline('b')",
		"CALL $face.trigger_and_wait('a', timeout => '60 s')",
		"SELECT $face.wait_for_batch((SELECT max(id::text)::uuid FROM $face.pipeline_runs WHERE pipeline_name = 'a'), '60 s')",
		"CALL $face.run_pipeline('a')",
		"CALL $face.trigger_and_wait('d', timeout => '60 s', raise_error => false)",
		"SELECT $face.wait_for_batch(id, '60 s') FROM $face.pipeline_runs WHERE pipeline_name = 'd'",
		"SELECT $face.retry_run(id) FROM $face.pipeline_runs WHERE pipeline_name = 'd' AND status = 'failed'",
		"SELECT $face.wait_for_run(id, '60 s') FROM $face.pipeline_runs",
		"SELECT $face.wait_for_batch(id, '60 s') FROM $face.pipeline_runs WHERE pipeline_name = 'd'",
		"SELECT $face.retry_run('d')", "SELECT $face.retry_source('away')", "SELECT $face.trigger_pipeline('b', if_running => 'skip', if_paused => 'skip')",
		"SELECT * FROM $face.batch_status((SELECT id FROM $face.pipeline_runs WHERE pipeline_name = 'a' AND cause = 'manual' LIMIT 1))",
		"SELECT * FROM $face.batch_nodes((SELECT id FROM $face.pipeline_runs WHERE pipeline_name = 'a' AND cause = 'manual' LIMIT 1))",
		"SELECT * FROM $face.run_log((SELECT id FROM $face.pipeline_runs LIMIT 1))",
		"SELECT $face.trigger_pipeline('a', '{}', 'queue'), $face.stop_pipeline('a')",
		"SELECT * FROM $face.pipeline_health()", "SELECT * FROM $face.list_pipelines()", "SELECT * FROM $face.recent_runs()",
		"SELECT $face.get_pipeline('a')", "SELECT * FROM $face.explain_pipeline('a')", "SELECT $face.describe_schedule('0 0 * * *')",
		"SELECT * FROM $face.preview_schedule('0 0 * * *')", "SELECT $face.make_schedule('week')", "SELECT $face.run_context()",
		(map { "SELECT * FROM $face.$_" } qw(pipelines pipeline_status pipeline_log pipeline_progress pipeline_options pipeline_runs pipeline_versions pipeline_sources pipeline_definitions)),
		(map { "SELECT * FROM sluice.$_" } qw(pipeline_due pipeline_state pipeline_ended pipeline_batch_nodes pipeline_identity pipeline_run_log)),
		"SELECT $face.drop_pipeline('b'), $face.drop_pipeline('d', running => 'stop', history => 'keep')");
	my @failed;
	for my $statement (@statements)
	{
		my ($code, undef, $said) = $node->psql($db, "$path $statement", extra_params => [ '-U', 'bob' ]);
		push @failed, "$statement: $said" if $code != 0;
	}
	is(join("\n", @failed), '', "$name: everything works");
	is($node->sql('SELECT count(*) >= 3 FROM work.dst', db => $db), 't', "$name: rows were loaded");
	# As a superuser, over the rights of all.
	$node->sql("$path SELECT * FROM $face.$_", db => $db) for qw(pipelines pipeline_status pipeline_log pipeline_progress pipeline_runs pipeline_health());
	$node->sql("$path SELECT $face.adopt_pipelines(); SELECT $face.disallow_pipelines('bob')", db => $db);
	return;
}

# Teeth: the script of 0.2 took them.
$node->sql('CREATE DATABASE bitten');
cmp_ok(plant('bitten'), '>', 500, 'impostors are planted');
my ($code, undef, $said) = $node->psql('bitten', "CREATE EXTENSION pg_sluice VERSION '0.2'");
ok($code != 0 || $node->sql($strangers, db => 'bitten') > 0, 'the script of 0.2 would have been caught');

my $from = -s $node->logfile;
$node->sql('CREATE DATABASE planted');
note(plant('planted', keys %words), ' impostors, for our own statements as well');
$node->sql('CREATE EXTENSION pg_sluice', db => 'planted');
is($node->sql($strangers, db => 'planted'), '0', 'CREATE EXTENSION: nothing planted is stored');
use_all('planted', 'public', 'CREATE EXTENSION');
is(called($from), '', 'CREATE EXTENSION: nothing planted is called');

my @scripts = map { slurp_file($_) =~ /\b([a-z_0-9]+)\(/g } glob("$FindBin::RealBin/../../src/sql/upgrade/*.sql $FindBin::RealBin/../../src/sql/*.sql");
for my $version ('0.1', '0.2')
{
	my $db = "from$version" =~ tr/.//dr;
	$node->sql("CREATE DATABASE $db");
	$node->sql("CREATE EXTENSION pg_sluice VERSION '$version'", db => $db);
	$node->sql(q{INSERT INTO pipeline_definitions (id, name, owner, owner_oid, timezone, search_path, created_by, created_at, updated_at, depends_on)
		SELECT md5(n::text)::uuid, 'old' || n, 'postgres', 10, 'UTC', 'pg_catalog', 'postgres', now(), now(), CASE n WHEN 2 THEN ARRAY[md5('1')::uuid] ELSE '{}' END FROM generate_series(1, 2) n;
		GRANT EXECUTE ON FUNCTION create_pipeline TO bob; GRANT EXECUTE ON FUNCTION trigger_pipeline(uuid, jsonb, text, boolean) TO bob}, db => $db);
	$from = -s $node->logfile;
	plant($db, @scripts);
	$node->sql('ALTER EXTENSION pg_sluice UPDATE', db => $db);
	is($node->sql($strangers, db => $db), '0', "update from $version: nothing planted is stored");
	use_all($db, 'public', "update from $version");
	is(called($from), '', "update from $version: nothing planted is called");
}

# What 0.2 had stored goes with the update: an index that asks an impostor.
$node->sql('CREATE DATABASE mended');
$node->sql(q{CREATE FUNCTION public.planted(uuid[], uuid[]) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RAISE LOG $$impostor called: planted$$; RETURN true; END';
	CREATE OPERATOR public.<> (LEFTARG = uuid[], RIGHTARG = uuid[], FUNCTION = public.planted);
	CREATE FUNCTION public.unnest(uuid[]) RETURNS SETOF uuid LANGUAGE plpgsql STABLE AS 'BEGIN RAISE LOG $$impostor called: unnest$$; END'}, db => 'mended');
$node->sql("CREATE EXTENSION pg_sluice VERSION '0.2'", db => 'mended');
cmp_ok($node->sql($strangers, db => 'mended'), '>', 1, 'the case: 0.2 stored both');
$from = -s $node->logfile;
$node->sql('ALTER EXTENSION pg_sluice UPDATE', db => 'mended');
is($node->sql($strangers, db => 'mended'), '0', 'an update takes out what 0.2 had stored');
use_all('mended', 'public', 'mended');
is(called($from), '', 'mended: nothing planted is called');

$node->stop;
done_testing();
