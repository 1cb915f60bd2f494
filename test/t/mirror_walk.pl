# Mirrors and merges beside a walk through the heap: pages as an application leaves them, a source that begins in the middle, a
# worker that is killed, marks that do not fit into memory, rows for which the walk is of no use.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../perl";
use DataTemplate;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use File::Basename;
use Cwd qw(abs_path);

my $module_dir = abs_path(dirname(__FILE__) . '/../module');
my $node = PostgreSQL::Test::Cluster->new('mirror_walk');
$node->init;
$node->append_conf('postgresql.conf',
	"shared_preload_libraries = 'pg_sluice'\ndynamic_library_path = '\$libdir:$module_dir'\nautovacuum = off\nshared_buffers = 8MB");
$node->start;

$node->safe_psql('postgres',
	"CREATE FUNCTION marks(int, int, int) RETURNS text AS 'sluice_test', 'sluice_test_marks' LANGUAGE C STRICT");
is($node->safe_psql('postgres', 'SELECT marks(2000, 16384, 100000)'), 'agree, in memory', 'marks in memory');
is($node->safe_psql('postgres', 'SELECT marks(2000, 16, 100000)'), 'agree, filed', 'marks beyond it');
is($node->safe_psql('postgres', 'SELECT marks(1, 1, 1000)'), 'agree, in memory', 'marks of one page');

$node->safe_psql('postgres', q{
	CREATE EXTENSION pg_sluice;
	CREATE TABLE src (id int, val text, pad text);
	INSERT INTO src SELECT i, 'v' || i, repeat('x', 100) FROM generate_series(1, 40000) AS i;
	CREATE TABLE dst (id int PRIMARY KEY, val text, pad text) WITH (fillfactor = 80);
	INSERT INTO dst SELECT * FROM src;
	SELECT create_pipeline('dst', source_query => 'SELECT * FROM src', destination_table => 'dst', load => 'mirror', key_columns => '{id}');
});

# What the last run counted, and how rows were found.
sub outcome
{
	return $node->safe_psql('postgres', q{
		SELECT concat_ws(' ', records_inserted, records_updated, records_deleted, records_unchanged, error_message)
			FROM pipeline_runs ORDER BY id DESC LIMIT 1});
}

sub found
{
	return [ $node->safe_psql('postgres', q{
		SELECT message FROM pipeline_log WHERE message LIKE '% were met where they lie%' ORDER BY run DESC LIMIT 1}) =~ /(\d+) rows were met .* (\d+) were looked up/ ];
}

sub differences
{
	return $node->safe_psql('postgres', q{
		SELECT count(*) FROM ((TABLE src EXCEPT ALL TABLE dst) UNION ALL (TABLE dst EXCEPT ALL TABLE src)) AS d});
}

sub mirrors
{
	my ($expected, $name) = @_;
	$node->safe_psql('postgres', "CALL trigger_and_wait('dst')");
	is(outcome(), $expected, "$name: counts");
	is(differences(), 0, "$name: rows");
}

mirrors('0 0 0 40000', 'nothing changed');
is_deeply(found(), [ 40000, 0 ], 'the whole heap was walked, the index never asked');
my $before = $node->safe_psql('postgres', 'SELECT sum(hashtextextended(ctid::text || xmin::text, id)) FROM dst');
mirrors('0 0 0 40000', 'nothing changed again');
is($node->safe_psql('postgres', 'SELECT sum(hashtextextended(ctid::text || xmin::text, id)) FROM dst'), $before, 'no row was touched');

# As a scan that others began before gives them.
$node->safe_psql('postgres', q{SELECT alter_pipeline('dst', source_query => 'SELECT * FROM src ORDER BY id <= 17000, id')});
mirrors('0 0 0 40000', 'from the middle on');
cmp_ok(found()->[1], '<', 10, 'the walk follows');
$node->safe_psql('postgres', q{SELECT alter_pipeline('dst', source_query => 'SELECT * FROM src')});

# Rows moved, gone, killed in the index, redirected, on pages of their own.
$node->safe_psql('postgres', q{
	UPDATE dst SET val = val || '!' WHERE id % 100 = 0;
	UPDATE dst SET val = 'v' || id WHERE id % 100 = 0;
	VACUUM dst;
	UPDATE dst SET pad = 'changed by hand' WHERE id BETWEEN 5000 AND 5100;
	DELETE FROM dst WHERE id BETWEEN 7000 AND 7100;
	INSERT INTO dst SELECT i, 'not there', '' FROM generate_series(50001, 50300) AS i;
	DELETE FROM src WHERE id BETWEEN 20000 AND 20099;
	UPDATE src SET val = 'new' WHERE id BETWEEN 30000 AND 30009;
	INSERT INTO src SELECT i, 'v' || i, '' FROM generate_series(60001, 60050) AS i;
});
mirrors('151 111 400 39688', 'changed on both sides');
cmp_ok(found()->[1], '<', 3000, 'most rows were met by the walk');

# The rows of a transaction that was rolled back, and of one that is rolled back in part.
$node->safe_psql('postgres', q{
	BEGIN; DELETE FROM dst WHERE id % 2 = 0; UPDATE dst SET val = 'gone'; ROLLBACK;
	BEGIN; SAVEPOINT s; UPDATE dst SET val = 'gone' WHERE id < 3000; ROLLBACK TO s; UPDATE dst SET val = 'stays' WHERE id < 10; COMMIT;
});
mirrors('0 9 0 39941', 'after a rollback');

# Within the transaction of its caller, which has written to the table itself.
$node->safe_psql('postgres', q{
	BEGIN; DELETE FROM dst WHERE id < 6; UPDATE dst SET val = 'mine' WHERE id BETWEEN 6 AND 8; CALL run_pipeline('dst'); COMMIT});
is(outcome(), '5 3 0 39942', 'own changes are seen');
is(differences(), 0, 'and mended');

# Killed while it walks: nothing has changed, and the next run is whole.
$node->safe_psql('postgres', q{
	UPDATE src SET val = 'late' WHERE id % 1000 = 0;
	SELECT alter_pipeline('dst', source_query => 'SELECT s.* FROM src AS s, LATERAL pg_sleep(CASE WHEN s.id % 100 = 0 THEN 0.1 ELSE 0 END)')});
my $run = $node->safe_psql('postgres', "SELECT trigger_pipeline('dst')");
ok($node->poll_query_until('postgres', "SELECT coalesce(max(records_read), 0) > 0 FROM pipeline_progress WHERE run = '$run'"), 'it reads');
$node->safe_psql('postgres', "SELECT stop_run('$run')");
ok($node->poll_query_until('postgres', "SELECT status = 'stopped' FROM pipeline_runs WHERE id = '$run'"), 'it was stopped')
	or diag($node->safe_psql('postgres', "SELECT status, error_message FROM pipeline_runs WHERE id = '$run'"));
isnt(differences(), 0, 'nothing has changed');
$node->safe_psql('postgres', q{SELECT alter_pipeline('dst', source_query => 'SELECT * FROM src')});
mirrors('0 39 0 39911', 'the next run');

# Rows that come in any order: where most of a merge's differ they are found in the order of their keys instead.
$node->safe_psql('postgres', q{
	CREATE TABLE delta AS SELECT i AS id, 'v' || i AS val, 0 AS version FROM generate_series(1, 50000) AS i;
	CREATE TABLE merged (id int PRIMARY KEY, val text, version int);
	INSERT INTO merged SELECT * FROM delta WHERE id <= 45000;
	SELECT create_pipeline('merged', source_query => 'SELECT * FROM delta ORDER BY pg_catalog.hashint4(id), version', destination_table => 'merged',
		load => 'merge', key_columns => '{id}');
});

sub merges
{
	my ($expected, $gives_up, $name) = @_;
	my $status = $node->psql('postgres', "CALL trigger_and_wait('merged')");
	is(outcome(), $expected, "merge, $name: counts");
	is($node->safe_psql('postgres', q{
		SELECT count(*) FROM pipeline_log WHERE run = (SELECT id FROM pipeline_runs ORDER BY id DESC LIMIT 1) AND message LIKE '%in the order of their keys'}),
		$gives_up, "merge, $name: how rows are looked up");
	is($node->safe_psql('postgres', q{
		SELECT count(*) FROM ((SELECT DISTINCT ON (id) * FROM delta ORDER BY id, version DESC) EXCEPT ALL TABLE merged) AS d}), $status == 0 ? 0 : 50100, "merge, $name: rows");
	return;
}

merges('5000 0 0 45000', 0, 'few differ');
$node->safe_psql('postgres', q{UPDATE delta SET val = 'new' WHERE id % 10 <> 0; INSERT INTO delta SELECT i, 'more', 0 FROM generate_series(50001, 50100) AS i});
merges('100 45000 0 5000', 1, 'most differ');
$node->safe_psql('postgres', q{VACUUM merged; UPDATE delta SET val = 'newer'});
merges('0 50100 0 0', 1, 'all differ');

# Rows of one key, of which one is among those that were looked up before it was given up.
$node->safe_psql('postgres', q{
	UPDATE delta SET val = 'newest';
	INSERT INTO delta SELECT id, 'last', 1 FROM delta WHERE id % 5 = 0 AND id <= 50000});
merges('0 0 0 0 rows with the same key differ, and there is no cursor_column to tell which is the newest', 1, 'a tie');
$node->safe_psql('postgres', q{SELECT alter_pipeline('merged', cursor_column => 'version')});
merges('0 50100 0 0', 1, 'greatest of a cursor');

$node->stop;
done_testing();
