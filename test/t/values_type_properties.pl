# For every type that the server has: conditions and aggregates that a pipeline computes are what the source answers, or are
# refused. Once with the same types here, once in a database that has no type of its own.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../perl";
use DataTemplate;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

$PostgreSQL::Test::Cluster::use_tcp = 1;
$PostgreSQL::Test::Cluster::test_pghost = '127.0.0.1';

my $node = PostgreSQL::Test::Cluster->new('both');
$node->init(extra => [ '--encoding=UTF8', '--locale=C' ]);
$node->append_conf('postgresql.conf', "listen_addresses = '127.0.0.1'\nfsync = off");
$node->start;
my $port = $node->port;
my %available = map { $_ => 1 } split /\n/, $node->safe_psql('postgres', 'SELECT name FROM pg_available_extensions');
my @extensions = grep { $available{$_} } qw(hstore citext ltree cube isn seg intarray postgis vector semver ip4r);
note("with @extensions");

# What both have. The order of the labels is not the alphabet's.
my $types = join('', map { "CREATE EXTENSION $_;" } @extensions) . q{
	CREATE TYPE size AS ENUM ('small', 'medium', 'large'); CREATE TYPE pair AS (a int, s size); CREATE TYPE span AS RANGE (subtype = float8);
	CREATE DOMAIN counted AS int CHECK (value > -100); CREATE DOMAIN sized AS size; CREATE DOMAIN lot AS int[]; CREATE TYPE deep AS (p pair, l lot, n counted[]);};
$node->safe_psql('postgres', 'CREATE DATABASE source TEMPLATE template0; CREATE DATABASE bare TEMPLATE template0');
$node->safe_psql($_, $types) for ('postgres', 'source');
$node->safe_psql($_, "CREATE EXTENSION postgres_fdw; CREATE EXTENSION pg_sluice;
	CREATE SERVER source FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port '$port', dbname 'source'); CREATE USER MAPPING FOR CURRENT_USER SERVER source")
	for ('postgres', 'bare');

# A table of each type with values that its input function takes, and which conditions the source understands.
my @literals = ('1', '2', '10', '-3', '0', 'a', 'B', 'ann', 'Ann', '{1,2}', '{10,2}', '{}', '{a,b}', '{B}', '(1,2)', '(10,2)', '[1,5)', '[2,30]', '{[1,5)}', '{[10,12),[20,30)}', '2024-01-01',
	'2023-06-01 10:00', '10:00', '9:00+02', '1 day', '2 hours', '10.0.0.1', '9.0.0.0/8', '08:00:2b:01:02:03', '08:00:2b:01:02:03:04:05', '((0,0),(1,1))', '(0,0),(10,1)', '<(0,0),1>', '{1,2,3}',
	'[(0,0),(1,1)]', 'true', 'false', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '{"a":1}', '{"b":[1]}', '[10,9]', '<a/>', '0/10', '0/9', 'a=>1', 'b=>10', 'a.b', 'a.B.c', '101', '11', '1:2:', '10:20:15',
	'pg_class', 'pg_proc', '$.a', '$.b', 'a & b', 'c | d', '1 2 3', '1.2.3', '1.10.0', 'POINT(1 2)', 'POINT(0 15)', '10.0.0.1-10.0.0.9', 'small', 'medium', 'large', '(1,small)', '(10,large)',
	'("(1,small)","{1}",{2})', '{small,large}', '9 .. 11', '0-306-40615-2', '978-0-306-40615-7');
$node->safe_psql('source', q{
	CREATE FUNCTION fill(name text, type text, literals text[]) RETURNS int LANGUAGE plpgsql AS $$
	DECLARE l text; n int := 0;
	BEGIN
		EXECUTE format('CREATE TABLE %I (id int, v %s)', name, type);
		FOREACH l IN ARRAY literals LOOP
			BEGIN
				EXECUTE format('INSERT INTO %I SELECT %s, %L::%s WHERE NOT EXISTS (SELECT FROM %1$I WHERE v::text = (%3$L::%4$s)::text)', name, n + 1, l, type);
				SELECT n + 1 INTO n WHERE true;
			EXCEPTION WHEN OTHERS THEN NULL;
			END;
		END LOOP;
		EXECUTE format('INSERT INTO %I VALUES (1000, NULL)', name);
		EXECUTE format('SELECT count(v) FROM %I', name) INTO n;
		RETURN n;
	END $$;
	CREATE FUNCTION valid(name text, expression text) RETURNS bool LANGUAGE plpgsql AS $$
	BEGIN
		EXECUTE format('SELECT count(c::text) FROM (SELECT %s FROM %I AS source) s (c)', expression, name);
		RETURN true;
	EXCEPTION WHEN OTHERS THEN RETURN false;
	END $$;
	CREATE TABLE known AS SELECT row_number() OVER (ORDER BY t.oid) AS n, format_type(t.oid, NULL) AS type, t.oid
		FROM pg_type t LEFT JOIN pg_class c ON c.oid = t.typrelid
		WHERE t.typtype IN ('b', 'e', 'r', 'm', 'd', 'c') AND t.typisdefined AND t.typname !~ '^_?(pg_toast|geometry_dump|valid_detail|known)' AND
			(t.typtype <> 'c' OR c.relkind = 'c') AND t.typnamespace IN ('pg_catalog'::regnamespace, 'public'::regnamespace)
			AND NOT EXISTS (SELECT FROM pg_type e LEFT JOIN pg_class k ON k.oid = e.typrelid WHERE e.oid = t.typelem AND (k.relkind <> 'c' OR e.typtype = 'p'));});
$node->safe_psql('source', 'CREATE TABLE filled AS SELECT n, type, fill(\'v\' || n, type, ARRAY[' . join(',', map { s/'/''/gr =~ s/^(.*)$/'$1'/r } @literals) . ']) AS count FROM known ORDER BY n');

my @conditions = ('v = %1$L', 'v <> %1$L', 'v < %1$L', 'v > %1$L', 'v <= %2$L', 'v >= %2$L', 'v IN (%1$L, %2$L)', 'v BETWEEN %1$L AND %2$L', 'v NOT BETWEEN %2$L AND %1$L', 'v IS DISTINCT FROM %1$L', 'NOT v > %2$L',
	'v IS NULL', 'v::text = %1$L', 'v::text LIKE %2$L || $$%%$$', 'v LIKE %1$L', 'v ILIKE %1$L', 'v ~ %1$L', 'coalesce(v, %1$L) = %1$L', 'nullif(v, %1$L) IS NULL', 'greatest(v, %1$L) = %1$L',
	'least(v, %2$L) = %2$L', 'CASE v WHEN %1$L THEN 1 ELSE 2 END', '(v, id) > (%1$L, 2)', 'v > ANY (ARRAY[%1$L, %2$L])', 'upper(v)', 'length(v)', 'v || %1$L', 'v @> %1$L', 'v && %2$L', 'v - %1$L', 'v + %1$L',
	'abs(v)', 'to_jsonb(v)', 'rank() OVER (ORDER BY v)', 'v');
my @aggregates = ('min(v)', 'max(v)', 'count(v)', 'count(DISTINCT v)', 'array_agg(v ORDER BY v, id)', 'array_agg(DISTINCT v)', 'sum(v)', 'avg(v)', 'string_agg(v::text, $$;$$ ORDER BY id)', 'count(*) FILTER (WHERE v > %1$L)',
	'jsonb_agg(v ORDER BY id)', 'mode() WITHIN GROUP (ORDER BY v)', 'percentile_disc(0.5) WITHIN GROUP (ORDER BY v)');
sub quoted { return join(',', map { my $q = $_; $q =~ s/'/''/g; "'$q'" } @_) }

# For each type its expressions as the source takes them: conditions (0) and aggregates (1), then filters (2).
$node->safe_psql('source', 'CREATE TABLE asked (n int, kind int, ord int, expression text)');
$node->safe_psql('source', "DO \$do\$
	DECLARE f filled; a text; b text;
	BEGIN
		FOR f IN SELECT * FROM filled WHERE count > 1 LOOP
			EXECUTE format('SELECT (array_agg(v::text ORDER BY id))[1], (array_agg(v::text ORDER BY id))[2] FROM %I', 'v' || f.n) INTO a, b;
			INSERT INTO asked SELECT f.n, kind, ord, format(template, a, b) FROM (SELECT 0, * FROM unnest(ARRAY[" . quoted(@conditions) . "]) WITH ORDINALITY
				UNION ALL SELECT 1, * FROM unnest(ARRAY[" . quoted(@aggregates) . "]) WITH ORDINALITY) t (kind, template, ord) WHERE valid('v' || f.n, format(template, a, b));
		END LOOP;
	END \$do\$");
my %known = map { split /\|/ } split /\n/, $node->safe_psql('source', 'SELECT n, type FROM filled WHERE count > 1 ORDER BY n');
my %own = map { $_ => 1 } split /\n/, $node->safe_psql('source', 'SELECT n FROM known WHERE oid >= 16384');
my %asked;
for my $line (split /\x1e/, $node->safe_psql('source', q{SELECT string_agg(concat_ws(E'\x1f', n, kind, expression), E'\x1e' ORDER BY n, kind, ord) FROM asked}))
{
	my ($n, $kind, $expression) = split /\x1f/, $line;
	push @{ $asked{$n}[$kind] }, $expression;
}
cmp_ok(scalar(keys %known), '>', 120, scalar(keys %known) . ' types have values');

# The answer of a pipeline in a database; undef and the error where it has none.
my $made = 0;

sub answer
{
	my ($db, $n, $columns, $filter) = @_;
	my $name = 'p' . ++$made;
	my $sql = "SET client_min_messages = error; SET timezone = 'UTC';\nSELECT create_pipeline('$name', source => 'source', source_table => 'v$n', columns => " . quoted($columns)
	  . (defined $filter ? ', filter => ' . quoted($filter) : '') . ", destination_table => '$name', load => 'replace') \\g /dev/null\nCALL run_pipeline('$name', '{}', NULL) \\g /dev/null\nSELECT * FROM $name ORDER BY 1";
	my ($code, $out, $err) = $node->psql($db, "\\set VERBOSITY verbose\n$sql", on_error_stop => 1);
	return $code == 0 ? ($out, '') : (undef, $err);
}

sub source_answer
{
	my ($n, $columns, $filter) = @_;
	return $node->safe_psql('source', "SET timezone = 'UTC'; SELECT $columns FROM v$n AS source" . (defined $filter ? " WHERE ($filter)" : '') . ' ORDER BY 1');
}

# All at once; where that is refused, one by one.
my (%refused, %counts);

sub check
{
	my ($db, $n, $expressions, $first, $filter) = @_;
	my $number = 0;
	my $columns = join(', ', $first // (), map { "($_)" . ($_ eq 'v' ? '' : '::text') . ' AS c' . ++$number } @$expressions);
	my ($out, $err) = answer($db, $n, $columns, $filter);
	if (defined $out)
	{
		$counts{$db}{same} += @$expressions;
		my $expected = source_answer($n, $columns, $filter);
		is($out, $expected, "$db: $known{$n}") or diag("columns $columns" . ($filter // '')) if $out ne $expected;
		return;
	}
	# An operator of an extension on a built-in type is missing there, too.
	if (($err =~ /ERROR:  42804: .* here/ && (@$expressions == 1 || $db eq 'bare' || $known{$n} =~ /^reg/)) || ($db eq 'bare' && $err =~ /ERROR:  42883/ && @$expressions == 1))
	{
		$refused{$db}{ $known{$n} }++;
		$counts{$db}{refused} += @$expressions;
		return;
	}
	if (@$expressions == 1)
	{
		fail("$db: $known{$n}: $columns " . ($filter // ''));
		diag($err);
		return;
	}
	check($db, $n, [$_], $first, $filter) for @$expressions;
	return;
}

# An array of money is one of numeric here, whose literals and texts have no currency: source_session_settings.pl.
delete @known{ grep { $known{$_} eq 'money[]' } keys %known };
for my $n (sort { $a <=> $b } keys %known)
{
	my ($conditions, $aggregates) = @{ $asked{$n} }[ 0, 1 ];
	check('postgres', $n, $conditions, 'id');
	check('postgres', $n, $aggregates);
	my @filters = grep { /^v (=|<|>) '/ } @$conditions;
	check('postgres', $n, ['1'], 'id', $_) for @filters[ $#filters < 0 ? () : $#filters ];
	if ($own{$n})
	{
		check('bare', $n, $conditions, 'id');
		check('bare', $n, $aggregates);
		check('bare', $n, ['1'], 'id', $_) for @filters;
	}
}
for my $db ('postgres', 'bare')
{
	note("$db: $counts{$db}{same} expressions the same, " . ($counts{$db}{refused} // 0) . ' refused: ' . join(', ', sort keys %{ $refused{$db} }));
	cmp_ok($counts{$db}{same}, '>', $db eq 'bare' ? 40 : 2000, "$db: $counts{$db}{same} expressions give the same");
}
is(join(', ', grep { !/^(reg|aclitem)/ } sort keys %{ $refused{postgres} }), '', 'with the same types only names of objects are refused');

$node->stop;
done_testing();
