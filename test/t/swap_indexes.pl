# The indexes of a replaced table are built while readers go on; a crash or a standby sees the old or the new, never a mixture.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../perl";
use SluiceNode;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $primary = SluiceNode->create('primary', 'restart_after_crash = on', init => { allows_streaming => 1 });
$primary->sql('CREATE EXTENSION amcheck');

# An index whose build waits at the gate.
sub prepare
{
	my ($node) = @_;
	my $gate = SluiceNode::GATE;
	$node->sql(<<"SQL");
CREATE FUNCTION gated(n int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS \$\$
BEGIN
	PERFORM pg_catalog.pg_advisory_xact_lock_shared($gate);
	RETURN n;
END \$\$;
CREATE TABLE src AS SELECT i AS id, 'new' || i AS val, i % 9 AS n, point(i, i) AS spot, CASE i WHEN 5 THEN repeat('toast', 100000) END AS note
	FROM generate_series(1, 2000) AS i;
CREATE TABLE dst (id int PRIMARY KEY, val text, n int, spot point, note text);
ALTER TABLE dst ALTER note SET STORAGE external;
CREATE INDEX dst_val ON dst USING hash (val);
CREATE INDEX dst_spot ON dst USING gist (spot);
CREATE INDEX dst_brin ON dst USING brin (id);
CREATE INDEX dst_last ON dst (gated(n), val);
INSERT INTO dst SELECT i, 'old' || i, i, point(i, i) FROM generate_series(1, 100) AS i;
CREATE VIEW dst_view AS SELECT count(*) || ' ' || left(min(val), 3) || ' ' || count(*) FILTER (WHERE id = 77 AND spot ~= point(77, 77)) AS seen FROM dst;
CREATE TABLE child (id int REFERENCES dst);
INSERT INTO child VALUES (1), (100);
SELECT create_pipeline('swap', source_query => 'SELECT * FROM src', destination_table => 'dst', load => 'replace');
SQL
	return;
}

# Content by sequential and by index scans.
use constant CONTENT => <<'SQL';
SELECT md5(string_agg(d::text, ',' ORDER BY id)) FROM dst AS d;
SET enable_seqscan = off;
SELECT count(*) FROM generate_series(1, 2000) AS i WHERE EXISTS (SELECT FROM dst WHERE id = i);
SELECT count(*) FROM generate_series(1, 2000) AS i WHERE EXISTS (SELECT FROM dst WHERE val = 'new' || i);
SELECT count(*) FROM dst WHERE spot <@ box(point(0, 0), point(1000, 1000));
SELECT length(note) FROM dst WHERE id = 5;
SQL
use constant CHECKS => "SELECT bt_index_check('dst_pkey', true), bt_index_check('dst_last', true)";

my $expected;
sub is_sound
{
	my ($node, $what, $name) = @_;
	is($node->sql('SELECT seen FROM dst_view'), $what eq 'new' ? '2000 new 1' : '100 old 1', "$name: the $what rows");
	is($node->sql(CHECKS), '|', "$name: btrees hold every row");
	is($node->sql("SELECT count(*) FROM verify_heapam('dst')"), '0', "$name: the heap is sound");
	is($node->sql("SELECT count(*) FROM pg_class WHERE relname ~ '^pg_(temp|sluice)_[0-9]'"), '0', "$name: nothing is left over");
	return if $what eq 'old';
	my $content = $node->sql(CONTENT);
	like($content, qr/^[0-9a-f]{32}\n2000\n2000\n1000\n500000$/, "$name: every index finds every row");
	$expected //= $content;
	is($content, $expected, "$name: they are the right ones");
	return;
}

prepare($primary);
$primary->backup('base');
my $standby = bless PostgreSQL::Test::Cluster->new('standby'), 'SluiceNode';
$standby->init_from_backup($primary, 'base', has_streaming => 1);
$standby->start;

# The last index is being built.
my $gate = $primary->close_gate;
my $run = $primary->sql("SELECT trigger_pipeline('swap')");
$primary->await_gated(1, 'an index is being built');
is($primary->sql("SELECT phase FROM pipeline_progress WHERE run = '$run'"), 'indexing', 'the phase says so');
is( $primary->sql("SELECT p.relid::regclass || ' ' || p.index_relid::regclass FROM pg_stat_progress_create_index AS p"),
	'dst dst_last', 'it is seen under the names that users know');
my $reader = $primary->background_psql('postgres');
$reader->query_safe("SET statement_timeout = '30s'");
my %seen;
for my $i (1 .. 50)
{
	$seen{ $reader->query_safe('SELECT seen FROM dst_view') }++;
	$seen{ $reader->query_safe("SET enable_seqscan = off; SELECT val FROM dst WHERE val = 'old50'; SET enable_seqscan = on") }++;
}
is_deeply(\%seen, { '100 old 1' => 50, 'old50' => 50 }, 'readers go on with the old rows and indexes');
is( $primary->sql("SELECT string_agg(DISTINCT mode, ',') FROM pg_locks WHERE relation = 'dst'::regclass AND pid = " . $primary->pid_of('run')
		  . " AND mode LIKE '%Exclu%'"), 'RowExclusiveLock,ShareRowExclusiveLock', 'under locks that let them');
is($primary->sql("SET lock_timeout = '10s'; INSERT INTO child VALUES (2) RETURNING id"), '2', 'foreign keys are not locked yet');
$primary->sql_fails("SET lock_timeout = '50ms'; ALTER INDEX dst_val RENAME TO other", qr/55P03/, 'a definition cannot change meanwhile');

# A crash now leaves the old table. The run's process first: it could commit before it sees that the server is gone.
kill 'KILL', $primary->pid_of('run');
$primary->kill9;
eval { $gate->quit };
eval { $reader->quit };
for (1 .. 100)
{
	last if $primary->start(fail_ok => 1);
	select(undef, undef, undef, 0.2);
	$primary->stop('fast', fail_ok => 1);
}
$primary->await("SELECT status = 'failed' FROM pipeline_runs WHERE id = '$run'", 'crash while an index is built');
is_sound($primary, 'old', 'after the crash');
$run = $primary->sql("SELECT trigger_pipeline('swap')");
$primary->await("SELECT status = 'success' FROM pipeline_runs WHERE id = '$run'", 'the run after it');
is_sound($primary, 'new', 'replaced');
is($primary->sql('SELECT count(*) FROM child JOIN dst USING (id)'), '3', 'references hold');
$primary->sql_fails('INSERT INTO child VALUES (9999)', qr/23503/, 'a reference that leads nowhere');
$primary->sql_fails("INSERT INTO dst VALUES (1, 'twice')", qr/23505.*dst_pkey/, 'a key twice');
$primary->wait_for_catchup($standby);
is_sound($standby, 'new', 'the standby');

# A crash right after the commit leaves the new one.
$primary->sql("UPDATE src SET n = n + 1; CALL run_pipeline('swap')");
$primary->stop('immediate');
$primary->start;
undef $expected;
is_sound($primary, 'new', 'a crash after the commit');
$primary->wait_for_catchup($standby);
is_sound($standby, 'new', 'the standby after it');
$standby->stop;
$primary->stop;

# wal_level = minimal: new files are not logged but synced.
my $minimal = SluiceNode->create('minimal', "wal_level = minimal\nmax_wal_senders = 0\nwal_skip_threshold = 0");
$minimal->sql('CREATE EXTENSION amcheck');
prepare($minimal);
$minimal->sql("CALL run_pipeline('swap'); INSERT INTO dst VALUES (-1, 'after', 1); DELETE FROM dst WHERE id = -1");
$minimal->stop('immediate');
$minimal->start;
undef $expected;
is_sound($minimal, 'new', 'without WAL');
$minimal->sql("BEGIN; CALL run_pipeline('swap'); INSERT INTO dst VALUES (-1, 'after', 1); SAVEPOINT a; CALL run_pipeline('swap'); ROLLBACK TO a; "
	  . 'DELETE FROM dst WHERE id = -1; COMMIT');
$minimal->stop('immediate');
$minimal->start;
is_sound($minimal, 'new', 'twice in one transaction');
$minimal->stop;
done_testing();
