# Direct load and what may happen meanwhile: crashes at each step, checkpoints, a standby, backups taken during the load.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../perl";
use SluiceNode;
use PostgreSQL::Test::Cluster;
use Test::More;

my $primary = SluiceNode->create('primary', "autovacuum = off\nwal_keep_size = '1GB'", init => { allows_streaming => 1, extra => ['--data-checksums'] });
$primary->sql('CREATE EXTENSION amcheck; CREATE EXTENSION pg_visibility');
my $gate_id = SluiceNode::GATE;

# Many pages, then a pause at a gate, then some more rows.
sub rows_of { return "SELECT i AS id, '$_[0] ' || repeat(md5(i::text), 3) AS filler FROM generate_series(1, 15000) i UNION ALL "
	  . "SELECT i, repeat(i::text || ' ', 3000) FROM generate_series(-20, 0) i, (SELECT pg_advisory_xact_lock_shared($gate_id)) g" }
sub hash_of { return "SELECT md5(count(*) || string_agg(md5(t::text), '' ORDER BY id)) FROM $_[0] t" }

$primary->sql("CREATE TABLE replaced (id int PRIMARY KEY, filler text); INSERT INTO replaced SELECT i, 'old' FROM generate_series(1, 500) i;
	CREATE TABLE first AS " . rows_of('first') . "; CREATE TABLE second AS " . rows_of('second'));
my %rows = (old => $primary->sql(hash_of('replaced')), first => $primary->sql(hash_of('first')), second => $primary->sql(hash_of('second')));
$primary->sql("SELECT create_pipeline('replaced', source_query => \$q\$" . rows_of('first') . "\$q\$, destination_table => 'replaced', load => 'replace');
	SELECT create_pipeline('created', source_query => \$q\$" . rows_of('first') . "\$q\$, destination_table => 'created', load => 'replace')");

$primary->backup('base');
my $standby = bless PostgreSQL::Test::Cluster->new('standby'), 'SluiceNode';
$standby->init_from_backup($primary, 'base', has_streaming => 1);
$standby->start;

sub has_rows
{
	my ($node, $table, $rows, $name) = @_;
	is($node->sql(hash_of($table)), $rows{$rows}, "$name: $table has the $rows rows");
	is($node->sql("SELECT (SELECT count(*) FROM verify_heapam('$table')), (SELECT count(*) FROM pg_check_frozen('$table')), (SELECT count(*) FROM pg_check_visible('$table'))"),
		'0|0|0', "$name: $table is sound");
	return;
}

# Runs that stand at the gate: both tables are half-way, their first pages are written.
sub half_way
{
	my $gate = $primary->close_gate;
	$primary->sql("SELECT trigger_pipeline('replaced'), trigger_pipeline('created')");
	$primary->await_gated(2, 'two runs are half-way');
	return $gate;
}

sub forget { eval { $_[0]->quit }; return }

# The server dies during the load.
my $gate = half_way();
$primary->sql('CHECKPOINT');
$primary->restart_by('KILL');
forget($gate);
has_rows($primary, 'replaced', 'old', 'killed during the load');
is($primary->sql("SELECT to_regclass('created')"), '', 'a table that was being created is not there');
$primary->await("SELECT count(*) = 2 FROM pipeline_runs WHERE status = 'failed' AND error_sqlstate = 'SL004'", 'both runs are failed');

# One worker dies during the load; the server starts again by itself.
$primary->append_conf('postgresql.conf', 'restart_after_crash = on');
$primary->reload;
$gate = half_way();
kill 'KILL', $primary->pid_of('run');
forget($gate);
ok($primary->poll_query_until('postgres', "SELECT count(*) = 4 FROM pipeline_runs WHERE status = 'failed' AND error_sqlstate = 'SL004'"), 'a killed worker: its run is failed');
has_rows($primary, 'replaced', 'old', 'a killed worker');

# The server dies after the last page and before the commit.
my $session = $primary->background_psql('postgres');
$session->query_safe("BEGIN; CALL run_pipeline('replaced'); CALL run_pipeline('created'); SELECT count(*) FROM created");
$primary->sql('CHECKPOINT');
$primary->restart_by('KILL');
forget($session);
has_rows($primary, 'replaced', 'old', 'killed before the commit');
is($primary->sql("SELECT to_regclass('created')"), '', 'and nothing was created');

# Backups taken during a load, one that ends before its commit, one that ends after it; a checkpoint meanwhile.
$gate = half_way();
$primary->backup('before_commit');
my $copy = bless PostgreSQL::Test::Cluster->new('copy'), 'SluiceNode';
$session = $primary->background_psql('postgres');
$session->query_safe("SELECT pg_backup_start('during a load', true)");
system('cp', '-a', $primary->data_dir, $copy->data_dir) == 0 or diag('a file vanished while it was copied');
$primary->sql('CHECKPOINT');
$gate->quit;
$primary->await("SELECT count(*) = 2 FROM pipeline_runs WHERE status = 'success'", 'both runs succeed');
my $label = $session->query_safe("SELECT labelfile FROM pg_backup_stop(false)");
$session->quit;
has_rows($primary, $_, 'first', 'committed') for 'replaced', 'created';

# Right after the commit, with a checkpoint during the load behind it.
$primary->restart_by('KILL');
has_rows($primary, $_, 'first', 'killed after the commit') for 'replaced', 'created';
$primary->sql("SELECT alter_pipeline('replaced', source_query => \$q\$" . rows_of('second') . "\$q\$); CALL run_pipeline('replaced')");
$primary->restart_by('KILL');
has_rows($primary, 'replaced', 'second', 'killed at once after the commit');

# Pages of several streams in one file, and the new files of partitions.
my ($host, $port) = ($primary->host, $primary->port);
$primary->sql(qq{CREATE EXTENSION postgres_fdw;
	CREATE SERVER here FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '$host', port '$port', dbname 'postgres');
	CREATE USER MAPPING FOR CURRENT_USER SERVER here;
	CREATE TABLE parts (id int, filler text) PARTITION BY RANGE (id);
	CREATE TABLE parts_low PARTITION OF parts FOR VALUES FROM (MINVALUE) TO (5000);
	CREATE TABLE parts_high PARTITION OF parts FOR VALUES FROM (5000) TO (MAXVALUE);
	SELECT create_pipeline('streamed', source => 'here', source_table => 'public.second', destination_table => 'streamed', load => 'replace', options => '{"streams": 2}');
	SELECT create_pipeline('parts', source_query => 'SELECT * FROM public.second', destination_table => 'parts', load => 'replace')});
my @loaded = map { $primary->sql("CALL trigger_and_wait('$_')") } 'streamed', 'parts';
$primary->restart_by('KILL');
is(join(' ', map { s/.*\|//r } @loaded), 'success success', 'streams and partitions are loaded, and the server is killed');
like($primary->sql("SELECT string_agg(message, ';') FROM pipeline_log WHERE pipeline = 'streamed'"), qr/2 streams over/, 'in two streams');
like($primary->sql("SELECT string_agg(message, ';') FROM pipeline_log WHERE pipeline = 'parts'"), qr/direct load: /, 'directly');

sub has_streamed_and_parts
{
	my ($node, $name) = @_;
	has_rows($node, 'streamed', 'second', $name);
	is($node->sql(hash_of('parts')), $rows{second}, "$name: parts has the second rows");
	is($node->sql("SELECT string_agg(bad::text, ' ') FROM (VALUES ('parts_low'), ('parts_high')) p (t), LATERAL (SELECT (SELECT count(*) FROM verify_heapam(t))"
			  . ' + (SELECT count(*) FROM pg_check_frozen(t)) + (SELECT count(*) FROM pg_check_visible(t)) AS bad) b'), '0 0', "$name: its partitions are sound");
	return;
}
has_streamed_and_parts($primary, 'killed after them');

$primary->wait_for_catchup($standby);
has_rows($standby, 'created', 'first', 'the standby');
has_rows($standby, 'replaced', 'second', 'the standby');
has_streamed_and_parts($standby, 'the standby');
$standby->stop;

my $early = bless PostgreSQL::Test::Cluster->new('early'), 'SluiceNode';
$early->init_from_backup($primary, 'before_commit');
$early->start;
has_rows($early, 'replaced', 'old', 'the backup that ended before the commit');
is($early->sql("SELECT to_regclass('created')"), '', 'has no created table');
$early->stop;

unlink $copy->data_dir . '/postmaster.pid', $copy->data_dir . '/postmaster.opts';
system('cp', '-a', glob($primary->data_dir . '/pg_wal/0*'), $copy->data_dir . '/pg_wal') == 0 or die 'no WAL';
open(my $file, '>', $copy->data_dir . '/backup_label') or die $!;
print $file "$label\n";
close $file;
$copy->append_conf('postgresql.conf', 'port = ' . $copy->port);
$copy->start;
has_rows($copy, 'created', 'first', 'the backup that ended after the commit');
has_rows($copy, 'replaced', 'second', 'the backup that ended after the commit');
$copy->stop;

$primary->stop;
done_testing();
