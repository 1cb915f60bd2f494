# Destinations that are published: a replace must reach subscribers, so it may not swap files under them.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../perl";
use DataTemplate;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('publisher');
$node->init(allows_streaming => 'logical');
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'pg_sluice'");
$node->start;
my $subscriber = PostgreSQL::Test::Cluster->new('subscriber');
$subscriber->init;
$subscriber->start;

$node->safe_psql('postgres', q{CREATE EXTENSION pg_sluice;
	CREATE TABLE published (a int PRIMARY KEY, b text); CREATE TABLE private (a int PRIMARY KEY, b text);
	INSERT INTO published SELECT i, 'old' FROM generate_series(1, 100) i; INSERT INTO private TABLE published;
	CREATE PUBLICATION pub FOR TABLE published;
	SELECT create_pipeline('published', source_query => $$SELECT i AS a, 'new' AS b FROM generate_series(50, 2000) i$$, destination_table => 'published', load => 'replace');
	SELECT create_pipeline('private', source_query => $$SELECT i AS a, 'new' AS b FROM generate_series(50, 2000) i$$, destination_table => 'private', load => 'replace');
	SELECT create_pipeline('more', source_query => $$SELECT i AS a, 'more' AS b FROM generate_series(3000, 4000) i$$, destination_table => 'published', load => 'append')});
$subscriber->safe_psql('postgres', 'CREATE TABLE published (a int PRIMARY KEY, b text)');
my $connection = $node->connstr . ' dbname=postgres';
$subscriber->safe_psql('postgres', "CREATE SUBSCRIPTION sub CONNECTION '$connection' PUBLICATION pub");
$subscriber->wait_for_subscription_sync($node, 'sub') if $subscriber->can('wait_for_subscription_sync');
ok($subscriber->poll_query_until('postgres', 'SELECT count(*) = 100 FROM published'), 'the subscriber has the first rows');

my $content = "SELECT count(*), min(a), max(a), string_agg(DISTINCT b, ',') FROM published";

sub reaches
{
	my ($name) = @_;
	$node->wait_for_catchup('sub');
	is($subscriber->safe_psql('postgres', $content), $node->safe_psql('postgres', $content), "$name: the subscriber has the same rows");
	return;
}

$node->safe_psql('postgres', "CALL run_pipeline('published')");
is($node->safe_psql('postgres', $content), '1951|50|2000|new', 'the rows were replaced');
reaches('replace');
like($node->safe_psql('postgres', "SELECT string_agg(message, ' ') FROM pipeline_log WHERE pipeline = 'published'"), qr/publish/, 'the log says why it was done in place');
$node->safe_psql('postgres', "CALL run_pipeline('more')");
reaches('append');

my $file = $node->safe_psql('postgres', "SELECT pg_relation_filenode('private')");
$node->safe_psql('postgres', "CALL run_pipeline('private')");
isnt($node->safe_psql('postgres', "SELECT pg_relation_filenode('private')"), $file, 'a table that nobody decodes is swapped');

$node->safe_psql('postgres', "SELECT pg_create_logical_replication_slot('foreign_decoder', 'test_decoding')");
$file = $node->safe_psql('postgres', "SELECT pg_relation_filenode('private')");
$node->safe_psql('postgres', "CALL run_pipeline('private')");
is($node->safe_psql('postgres', "SELECT pg_relation_filenode('private')"), $file, 'a slot of another decoder: in place');
is($node->safe_psql('postgres', "SELECT count(*) FROM pg_logical_slot_get_changes('foreign_decoder', NULL, NULL) WHERE data LIKE 'table public.private: INSERT%'"), 1951, 'that decoder sees every row');

# A table that a run creates: its pages are built directly only where nobody decodes them.
sub creates
{
	my ($table, $log, $name) = @_;
	$node->safe_psql('postgres', "SELECT create_pipeline('$table', source_query => 'SELECT i AS a FROM generate_series(1, 100) i', destination_table => '$table', load => 'replace'); CALL run_pipeline('$table')");
	is($node->safe_psql('postgres', "SELECT message FROM pipeline_log WHERE pipeline = '$table' AND message LIKE 'direct load%'"), "direct load$log", $name);
	return;
}
creates('seen', ' is not used, because a logical replication slot of this database may read it', 'created, with a slot of another decoder: not directly');
is($node->safe_psql('postgres', "SELECT count(*) FROM pg_logical_slot_get_changes('foreign_decoder', NULL, NULL) WHERE data LIKE 'table public.seen: INSERT%'"), 100, 'that decoder sees every row');
$node->safe_psql('postgres', "SELECT pg_drop_replication_slot('foreign_decoder'); CREATE PUBLICATION everything FOR ALL TABLES");
creates('everywhere', ' is not used, because it is published, and subscribers would miss the new rows', 'created, published with all tables: not directly');
$node->safe_psql('postgres', "CALL run_pipeline('everywhere')");
is($node->safe_psql('postgres', 'SELECT count(*), count(DISTINCT a) FROM everywhere'), '100|100', 'and replaced in place at the next run');
$node->safe_psql('postgres', 'DROP PUBLICATION everything; CREATE PUBLICATION schema FOR TABLES IN SCHEMA public');
creates('in_schema', ' is not used, because it is published, and subscribers would miss the new rows', 'created, published with its schema: not directly');
$node->safe_psql('postgres', 'DROP PUBLICATION schema');
creates('unseen', ': pages are built in memory and written once, because the file is new', 'created, decoded by nobody: directly');

# A table that is published later, and one that only SQL loads, without a key: found before anything is read.
$node->safe_psql('postgres', q{CREATE SEQUENCE looks;
	CREATE TABLE by_sql (a int); CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
	CREATE TRIGGER nothing BEFORE INSERT ON by_sql FOR EACH ROW EXECUTE FUNCTION nothing();
	CREATE TABLE parted (a int) PARTITION BY RANGE (a); CREATE TABLE parted_low PARTITION OF parted FOR VALUES FROM (0) TO (1000);
	SELECT create_pipeline(t, source_query => $$SELECT nextval('looks')::int AS a$$, destination_table => t, load => 'replace') FROM unnest('{by_sql,parted}'::text[]) t;
	CREATE PUBLICATION everything FOR ALL TABLES});
for my $case ([ 'unseen', 'unseen' ], [ 'by_sql', 'by_sql' ], [ 'parted', 'parted_low' ])
{
	my ($table, $named) = @$case;
	my (undef, undef, $error) = $node->psql('postgres', "\\set VERBOSITY verbose\nCALL run_pipeline('$table')");
	like($error, qr/ERROR:  55000: the rows of public.$table cannot be replaced, because it is published\nDETAIL:  .*cannot delete from table "$named" because .*\nHINT:  .*REPLICA IDENTITY FULL/,
		"$table: published without a key, says what to do");
	like($node->safe_psql('postgres', "SELECT explain_pipeline('$table')"), qr/^load: a run fails: the rows of public.$table cannot be replaced/m, "$table: explain_pipeline says so");
	is($node->safe_psql('postgres', 'SELECT is_called FROM looks'), 'f', "$table: nothing was read");
	$node->safe_psql('postgres', "ALTER TABLE $named REPLICA IDENTITY FULL; CALL run_pipeline('$table'); ALTER SEQUENCE looks RESTART");
	unlike($node->safe_psql('postgres', "SELECT explain_pipeline('$table')"), qr/a run fails/, "$table: done, and it runs");
}
$node->safe_psql('postgres', "DROP PUBLICATION everything; CREATE PUBLICATION everything FOR ALL TABLES WITH (publish = 'insert'); ALTER TABLE by_sql REPLICA IDENTITY DEFAULT; CALL run_pipeline('by_sql')");
is($node->safe_psql('postgres', 'SELECT count(*) FROM by_sql'), '1', 'where no deletes are published they need no key');

$subscriber->stop;
$node->stop;
done_testing();
