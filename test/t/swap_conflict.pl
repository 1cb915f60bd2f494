# A session reads a table while a pipeline replaces it, and then writes to it: it is never the victim of a deadlock, and the
# run loses nothing that it has loaded.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../perl";
use SluiceNode;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = SluiceNode->create('swap', "autovacuum = off\ndeadlock_timeout = 2s");
$node->sql(<<'SQL');
CREATE TABLE plain (a int PRIMARY KEY, t text);
CREATE TABLE parts (a int PRIMARY KEY, t text) PARTITION BY RANGE (a);
CREATE TABLE parts_low PARTITION OF parts FOR VALUES FROM (0) TO (10);
CREATE TABLE parts_high PARTITION OF parts FOR VALUES FROM (10) TO (20);
SELECT create_pipeline(name, source_query => 'SELECT i AS a, ''new'' AS t FROM generate_series(2, 4) i', destination_table => name, load => 'replace',
	options => '{"swap_lock_timeout": "20 s"}') FROM unnest('{plain,parts}'::text[]) name;
SELECT create_pipeline('fails', source_query => 'SELECT i AS a, ''new'' AS t FROM generate_series(2, 4) i', destination_table => 'plain', load => 'replace',
	options => '{"on_swap_conflict": "fail"}');
SELECT create_pipeline('short', source_query => 'SELECT i AS a, ''new'' AS t FROM generate_series(2, 4) i', destination_table => 'plain', load => 'replace',
	options => '{"swap_lock_timeout": "100 ms"}');
SQL

# The application holds what it has read; the run has loaded everything and wants to swap; then the application writes.
sub conflict
{
	my ($pipeline, $table, $read) = @_;
	$node->sql("TRUNCATE $table; INSERT INTO $table VALUES (1, 'old'), (2, 'old'), (9, 'old'), (8, 'old')");
	my $app = $node->background_psql('postgres', on_error_stop => 0);
	$app->query_safe("BEGIN; $read");
	my $run = $node->sql("SELECT trigger_pipeline('$pipeline')");
	$node->await("SELECT count(*) > 0 FROM pipeline_progress WHERE run = '$run' AND phase = 'waiting for lock'", "$pipeline: wants to swap");
	$app->query_until(qr/sent/, "\\echo sent\nUPDATE $table SET t = 'mine' WHERE a IN (2, 9);\n\\echo :SQLSTATE :ROW_COUNT\nCOMMIT;\n");
	$node->await("SELECT end_time IS NOT NULL FROM pipeline_runs WHERE id = '$run'", "$pipeline: the run is over");
	$app->query_safe('SELECT 1');
	like($app->{stdout} // '', qr/(^|\n|1)/, "$pipeline: the application is answered");
	is($app->{stderr} // '', '', "$pipeline: and not the victim of a deadlock");
	$app->quit;
	return ($run, $node->sql("SELECT status FROM pipeline_runs WHERE id = '$run'"), $node->sql("SELECT string_agg(a || t, ' ' ORDER BY a) FROM $table"));
}

# Without wal_level logical nobody decodes what is deleted, so it needs no replica identity.
$node->sql(q{CREATE TABLE keyless (a int, t text);
	SELECT create_pipeline('keyless', source_query => 'SELECT i AS a, ''new'' AS t FROM generate_series(2, 4) i', destination_table => 'keyless', load => 'replace',
		options => '{"swap_lock_timeout": "20 s"}');
	CREATE PUBLICATION everything FOR ALL TABLES WITH (publish = 'insert, delete')});
for my $table (qw(plain parts keyless))
{
	my ($run, $status, $rows) = conflict($table, $table, "SELECT count(*) FROM $table");
	is("$status: $rows", 'success: 2mine 3new 4new', "$table: replaced in place");
	like( $node->sql("SELECT string_agg(message, ' ' ORDER BY line) FROM pipeline_log WHERE run = '$run' AND level = 'warning'"),
		qr/because a session that uses it waits for this run.*are deleted and the new ones inserted in place of a swap/s, "$table: the log says so");
}
my ($run, $status, $rows) = conflict('fails', 'plain', 'SELECT count(*) FROM plain');
is("$status: $rows", 'failed: 1old 2mine 8old 9mine', 'on_swap_conflict fail: nothing is changed but by the application');
is($node->sql("SELECT error_sqlstate || ' ' || error_detail FROM pipeline_runs WHERE id = '$run'"),
	'55P03 A session that uses it waits for a lock that this run holds.', 'and the error says why');
($run, $status, $rows) = conflict('short', 'plain', 'SELECT a FROM plain WHERE a = 2 FOR UPDATE');
is("$status: $rows", 'failed: 1old 2mine 8old 9mine', 'who has locked a row is not passed over');
like($node->sql("SELECT error_message FROM pipeline_runs WHERE id = '$run'"), qr/another session has locked one of them/, 'the error says why');
is($node->sql("SELECT count(*) FROM pg_class WHERE relname ~ '^pg_(temp|sluice)_[0-9]'"), '0', 'nothing is left over');
is($node->sql("SELECT deadlocks FROM pg_stat_database WHERE datname = 'postgres'"), '0', 'no deadlock was resolved by force');
$node->stop;
done_testing();
