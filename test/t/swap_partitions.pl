# The partitions of a replaced table are swapped together: after a crash and on a standby there are all old rows or all new ones.
# Where a swap cannot be, the rows are replaced in place, and subscribers get them.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../perl";
use SluiceNode;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $primary = SluiceNode->create('primary', 'autovacuum = off', init => { allows_streaming => 1, extra => ['--data-checksums'] });
$primary->sql('CREATE EXTENSION amcheck; CREATE EXTENSION pg_visibility');
$primary->sql(<<'SQL');
CREATE TABLE src AS SELECT i AS id, 'new' || i AS val, CASE WHEN i % 500 = 0 THEN repeat(i || ' ', 20000) END AS note FROM generate_series(1, 3000) AS i;
CREATE TABLE dst (id int PRIMARY KEY, val text, note text) PARTITION BY RANGE (id);
CREATE TABLE dst_1 PARTITION OF dst FOR VALUES FROM (1) TO (1000);
CREATE TABLE dst_2 PARTITION OF dst FOR VALUES FROM (1000) TO (2000);
CREATE TABLE dst_3 PARTITION OF dst FOR VALUES FROM (2000) TO (4000);
CREATE TABLE dst_4 PARTITION OF dst FOR VALUES FROM (4000) TO (5000);
CREATE INDEX ON dst (val);
CREATE INDEX ON dst USING hash (val);
INSERT INTO dst SELECT i, 'old' || i FROM generate_series(1, 5000, 50) AS i WHERE i < 5000;
SELECT create_pipeline('swap', source_query => 'SELECT * FROM src', destination_table => 'dst', load => 'replace');
SQL

use constant SEEN => "SELECT count(*) || ' ' || left(min(val), 3) || left(max(val), 3) FROM dst";
my $new_hash = $primary->sql("SELECT md5(string_agg(md5(s::text), '' ORDER BY id)) FROM src AS s");

sub is_sound
{
	my ($node, $what, $name) = @_;
	is($node->sql(SEEN), $what eq 'new' ? '3000 newnew' : '100 oldold', "$name: the $what rows");
	is($node->sql('SELECT sum((SELECT count(*) FROM verify_heapam(relid))), sum((SELECT count(*) FROM pg_check_frozen(relid))), '
		  . "sum((SELECT count(*) FROM pg_check_visible(relid))) FROM pg_partition_tree('dst') WHERE isleaf"), '0|0|0', "$name: the heaps are sound");
	is($node->sql("SELECT count(bt_index_check(c.oid, true)::text) FROM pg_class c JOIN pg_am a ON a.oid = relam WHERE relname LIKE 'dst%' AND relkind = 'i' AND amname = 'btree'"),
		'8', "$name: btrees hold every row");
	is($node->sql("SELECT count(*) FROM pg_class WHERE relname ~ '^pg_(temp|sluice)_[0-9]'"), '0', "$name: nothing is left over");
	return if $what eq 'old';
	is($node->sql("SELECT md5(string_agg(md5(d::text), '' ORDER BY id)) FROM dst AS d"), $new_hash, "$name: they are the right ones");
	is($node->sql("SET enable_seqscan = off; SELECT count(*) FROM generate_series(1, 3000) AS i WHERE EXISTS (SELECT FROM dst WHERE val = 'new' || i)"),
		'3000', "$name: an index finds each");
	return;
}

$primary->backup('base');
my $standby = bless PostgreSQL::Test::Cluster->new('standby'), 'SluiceNode';
$standby->init_from_backup($primary, 'base', has_streaming => 1);
$standby->start;

# Between the load and the swap: a reader of one partition is in the way, all others go on.
my $holder = $primary->background_psql('postgres');
$holder->query_safe('BEGIN; SELECT count(*) FROM dst_3');
my $run = $primary->sql("SELECT trigger_pipeline('swap')");
$primary->await("SELECT phase = 'waiting for lock' FROM pipeline_progress WHERE run = '$run'", 'the run wants to swap');
my $reader = $primary->background_psql('postgres');
my %seen;
$seen{ $reader->query_safe(SEEN) }++ for 1 .. 50;
is_deeply(\%seen, { '100 oldold' => 50 }, 'readers go on with the old rows');
is($holder->query_safe(SEEN), '100 oldold', 'and that reader, too, may read all: nobody is the victim of a deadlock');
$primary->wait_for_catchup($standby);
is($standby->sql(SEEN), '100 oldold', 'and readers of the standby go on');
$primary->restart_by('KILL');
eval { $_->quit } for $holder, $reader;
$primary->await("SELECT status = 'failed' FROM pipeline_runs WHERE id = '$run'", 'the run is failed');
is_sound($primary, 'old', 'killed before the swap');

# After the swap and before the commit, with a checkpoint between.
my $session = $primary->background_psql('postgres');
$session->query_safe("BEGIN; CALL run_pipeline('swap'); SELECT count(*) FROM dst");
$primary->sql('CHECKPOINT');
$primary->restart_by('KILL');
eval { $session->quit };
is_sound($primary, 'old', 'killed before the commit');

# Readers while runs replace the rows again and again: all old or all new.
$primary->sql("SELECT create_pipeline('back', source_query => 'SELECT i AS id, ''old'' || i AS val FROM generate_series(1, 5000, 50) AS i WHERE i < 5000', destination_table => 'dst', load => 'replace')");
my $looper = $primary->background_psql('postgres');
$looper->query_safe("CREATE PROCEDURE back_and_forth() LANGUAGE plpgsql AS \$\$ DECLARE r uuid; BEGIN "
	  . "FOR i IN 1 .. 6 LOOP CALL run_pipeline(CASE i % 2 WHEN 0 THEN 'back' ELSE 'swap' END, run => r); COMMIT; END LOOP; END \$\$");
$looper->query_until(qr/started/, "\\echo started\nCALL back_and_forth();\n\\echo finished\n");
$reader = $primary->background_psql('postgres');
%seen = ();
for (1 .. 200)
{
	$seen{ $reader->query_safe(SEEN) }++ for 1 .. 20;
	last if $reader->query_safe("SELECT count(*) FROM pipeline_runs WHERE status = 'success' AND cause = 'manual'") >= 6;
}
$reader->quit;
$looper->quit;
is(join(', ', grep { $_ ne '100 oldold' && $_ ne '3000 newnew' } keys %seen), '', 'readers see all old rows or all new ones');
is_sound($primary, 'old', 'back and forth');

$primary->sql("CALL run_pipeline('swap')");
$primary->restart_by('KILL');
is_sound($primary, 'new', 'killed after the commit');
$primary->wait_for_catchup($standby);
is_sound($standby, 'new', 'the standby');
$standby->stop;
$primary->stop;

# A published partition, by whatever name: in place.
my $node = SluiceNode->create('publisher', "max_locks_per_transaction = 10\nmax_connections = 20", init => { allows_streaming => 'logical' });
$node->sql(<<'SQL');
CREATE DATABASE other;
CREATE TABLE dst (id int PRIMARY KEY, val text) PARTITION BY LIST (id);
CREATE TABLE dst_odd PARTITION OF dst FOR VALUES IN (1, 3, 5, 7, 9);
CREATE TABLE dst_even PARTITION OF dst FOR VALUES IN (2, 4, 6, 8);
CREATE TABLE pointing (id int REFERENCES dst);
INSERT INTO dst SELECT i, 'old' FROM generate_series(1, 5) AS i;
INSERT INTO pointing VALUES (4);
SELECT create_pipeline('dst', source_query => 'SELECT i AS id, ''new'' AS val FROM generate_series(3, 9) AS i', destination_table => 'dst', load => 'replace');
SELECT create_pipeline('short', source_query => 'SELECT i AS id, ''new'' AS val FROM generate_series(5, 9) AS i', destination_table => 'dst', load => 'replace');
SQL
$node->sql("CREATE TABLE wide (id int PRIMARY KEY, val text) PARTITION BY HASH (id); CREATE INDEX ON wide (val)");
$node->sql(join('', map { "CREATE TABLE wide_$_ PARTITION OF wide FOR VALUES WITH (MODULUS 60, REMAINDER $_);" } 0 .. 59));
my $reason = "SELECT regexp_replace(message, '.*, because ', '') FROM pipeline_log WHERE message LIKE '%in place of a swap%' ORDER BY at DESC, line LIMIT 1";
$node->sql("CREATE PUBLICATION pub FOR TABLE dst WITH (publish_via_partition_root = true); SELECT pg_create_logical_replication_slot('sub', 'pgoutput')");
my $connection = $node->connstr . ' dbname=postgres';
$node->sql("CREATE TABLE dst (id int PRIMARY KEY, val text); CREATE SUBSCRIPTION sub CONNECTION '$connection' PUBLICATION pub WITH (create_slot = false, slot_name = 'sub')", db => 'other');
$node->await('SELECT count(*) = 5 FROM dst', 'the subscriber has the first rows', db => 'other');
$node->sql("CALL run_pipeline('dst')");
is($node->sql($reason), 'it is published, and subscribers would miss the new rows', 'the log says why it was done in place');
my $content = "SELECT count(*) || ' ' || min(id) || ' ' || max(id) || ' ' || string_agg(DISTINCT val, ',') = '7 3 9 new' FROM dst";
$node->await($content, 'rows were replaced');
$node->await($content, 'subscribers get them', db => 'other');
$node->sql_fails("CALL run_pipeline('short')", qr/23503.*"pointing"/s, 'a row that is pointed to would be gone');
$node->sql("ALTER SUBSCRIPTION sub DISABLE; ALTER SUBSCRIPTION sub SET (slot_name = NONE); DROP SUBSCRIPTION sub", db => 'other');
$node->sql('DROP PUBLICATION pub; CREATE PUBLICATION part FOR TABLE dst_odd');
$node->sql("CALL run_pipeline('dst')");
is($node->sql($reason), 'it is published, and subscribers would miss the new rows', 'a published partition counts, too');
$node->sql("DROP PUBLICATION part; CALL run_pipeline('dst')");
is($node->sql("SELECT count(*) FROM pipeline_log WHERE message LIKE '%swapped in for those of the partitions%'"), '1', 'unpublished it is swapped');

# More partitions than the lock table has room for.
$node->sql("SELECT create_pipeline('wide', source_query => 'SELECT i AS id, i::text AS val FROM generate_series(1, 1000) AS i', destination_table => 'wide', load => 'replace')");
$node->sql("CALL run_pipeline('wide')") for 1 .. 2;
is($node->sql($reason), 'a swap of its 60 partitions and 120 indexes takes more locks than max_locks_per_transaction allows', 'the log names the setting');
is($node->sql('SELECT count(*), count(DISTINCT id) FROM wide'), '1000|1000', 'the rows are there once');

# An autovacuum of a partition yields, as it does to any other command that waits for it.
$node->sql(<<'SQL');
CREATE TABLE busy (id int, val text) PARTITION BY RANGE (id);
CREATE TABLE busy_low PARTITION OF busy FOR VALUES FROM (0) TO (1000) WITH (autovacuum_enabled = off);
CREATE TABLE busy_high PARTITION OF busy FOR VALUES FROM (1000) TO (100000)
	WITH (autovacuum_vacuum_threshold = 0, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1);
INSERT INTO busy SELECT i, repeat('x', 200) FROM generate_series(1, 50000) AS i;
DELETE FROM busy WHERE id % 3 = 0;
SELECT create_pipeline('busy', source_query => 'SELECT i AS id, ''new'' AS val FROM generate_series(990, 1010) AS i', destination_table => 'busy', load => 'replace',
	options => '{"on_swap_conflict": "fail", "swap_lock_attempts": 3, "analyze": "off"}');
ALTER SYSTEM SET autovacuum_naptime = 1;
ALTER SYSTEM SET autovacuum_max_workers = 3;
SELECT pg_reload_conf();
SQL
$node->await("SELECT count(*) > 0 FROM pg_stat_activity WHERE backend_type = 'autovacuum worker' AND query LIKE '%busy_high%'", 'an autovacuum is at work');
$node->sql("CALL run_pipeline('busy')");
is($node->sql("SELECT count(*), min(id), max(id) FROM busy"), '21|990|1010', 'it is not in the way of a replace');
$node->stop;
done_testing();
