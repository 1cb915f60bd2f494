# Drift in a worker: what the destination needs is altered in a short transaction of its own before the load, and stays whatever becomes of
# the run; its lock is not waited for longer than swap_lock_timeout says.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../perl";
use SluicePair;
use Test::More;

start_pair();

sub run_now
{
	my ($name) = @_;
	my ($run) = split /\|/, as_etl("CALL trigger_and_wait('$name', NULL, '60 s', NULL, NULL, false)");
	return ($run, $near->sql("SELECT concat_ws(' ', status, error_sqlstate, error_message) FROM pipeline_runs WHERE id = '$run'"));
}

sub columns
{
	my ($table) = @_;
	return $near->sql("SELECT string_agg(attname || ' ' || format_type(atttypid, atttypmod), ', ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = '$table'::regclass AND attnum > 0");
}

sub at_source
{
	$far->safe_psql('postgres', "SET ROLE writer; SET search_path = dst, public; SET default_transaction_read_only = off; $_[0]");
	return;
}

at_source("CREATE TABLE src (id int PRIMARY KEY, amount numeric(8,2)); INSERT INTO src SELECT i, i FROM generate_series(1, 30000) i");
as_etl(q{SELECT create_pipeline('p', source => 'far', source_table => 'src', destination_table => 'd', load => 'replace',
	options => '{"on_new_column": "evolve", "on_changed_type": "evolve", "swap_lock_timeout": 0.05, "swap_lock_attempts": 2}') IS NULL});
is((run_now('p'))[1], 'success', 'a first load');

# Streams see what was altered.
at_source("ALTER TABLE src ADD note text DEFAULT 'n', ALTER amount TYPE numeric(12,4)");
as_etl(q{SELECT alter_pipeline('p', options => '{"streams": 3}')});
my ($run, $status) = run_now('p');
is($status, 'success', 'a load after the source has changed');
is(columns('d'), 'id integer, amount numeric(12,4), note text', 'into a table that is like it');
is($near->sql("SELECT count(*), count(note) FROM d"), '30000|30000', 'with all rows and values');
is($near->sql("SELECT string_agg(message, '; ' ORDER BY line) FROM pipeline_log WHERE run = '$run' AND level = 'warning'"),
	'ALTER TABLE public.d ADD COLUMN note text, ALTER COLUMN amount TYPE numeric(12,4)', 'the log tells what was altered');

# A run that fails afterwards has loaded nothing; what was altered stays.
at_source("ALTER TABLE src ADD bad text DEFAULT 'x'; CREATE FUNCTION dst.fail(int) RETURNS int LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''fails''; END'");
as_etl(q{SELECT alter_pipeline('p', columns => '*, 1 / (id - 20000) AS q', options => '{"streams": 1}')});
like((run_now('p'))[1], qr/failed 22012/, 'a run that fails while it loads');
is(columns('d'), 'id integer, amount numeric(12,4), note text, bad text, q integer', 'what it altered before stays');
is($near->sql("SELECT count(*), count(bad) FROM d"), '30000|0', 'and no row is its own');
as_etl(q{SELECT alter_pipeline('p', columns => '*, 1 AS q')});
is((run_now('p'))[1], 'success', 'the next run goes on');

# Somebody reads the table for long: the run gives up, and nobody waits behind it.
at_source('ALTER TABLE src ADD late int');
my $reader = $near->background_psql('postgres');
$reader->query_safe('BEGIN; SELECT count(*) FROM d');
like((run_now('p'))[1], qr/failed 55P03/, 'a lock that is not to be had fails the run');
is(columns('d'), 'id integer, amount numeric(12,4), note text, bad text, q integer', 'and nothing is altered');
$reader->query_safe('COMMIT');
$reader->quit;
is((run_now('p'))[1], 'success', 'then it works');
like(columns('d'), qr/late integer$/, 'the column is there');

# The default: what is new is left out, and told.
as_etl(q{SELECT create_pipeline('plain', source => 'far', source_table => 'src', destination_table => 'plain', load => 'replace') IS NULL});
run_now('plain');
at_source('ALTER TABLE src ADD newest int DEFAULT 5');
for my $streams (1, 3)
{
	as_etl(qq{SELECT alter_pipeline('plain', options => '{"streams": $streams}')});
	($run, $status) = run_now('plain');
	is($status, 'success', "a new column does not stop a pipeline, by $streams");
	like($near->sql("SELECT string_agg(message, '; ') FROM pipeline_log WHERE run = '$run' AND level = 'warning'"), qr/not loaded: "newest"; the option on_new_column/, 'and is told');
}
is($near->sql('SELECT count(*), sum(id) FROM plain'), '30000|450015000', 'all rows are there');

# Only who owns a table alters it.
$near->sql('CREATE TABLE others (id int); GRANT INSERT, TRUNCATE, SELECT ON others TO etl');
as_etl(q{SELECT create_pipeline('foreign', source => 'far', source_table => 'src', destination_table => 'others', load => 'replace', options => '{"on_new_column": "evolve"}') IS NULL});
like((run_now('foreign'))[1], qr/failed 42501 must be owner of table others/, 'another owner\'s table is not altered');

# At another server.
as_etl(q{SELECT create_pipeline('there', source => 'far', source_table => 'src', destination => 'far', destination_table => 'there', load => 'replace', columns => 'source.*') IS NULL});
run_now('there');
at_source('ALTER TABLE src ADD really_new int');
($run, $status) = run_now('there');
is($status, 'success', 'a destination elsewhere leaves it out as well');
like(as_etl(q{SELECT alter_pipeline('there', options => '{"on_new_column": "evolve"}')}), qr/0A000.*on_new_column cannot be "evolve" where the destination is at another server/s, 'which cannot be altered from here');
at_source('ALTER TABLE src DROP note');
like((run_now('there'))[1], qr/failed 42703 column note is gone from the source/, 'what is gone stops it');
as_etl(q{SELECT alter_pipeline('there', options => '{"on_missing_column": "discard_value"}')});
is((run_now('there'))[1], 'success', 'unless that is meant');
is($far->safe_psql('postgres', 'SELECT count(*), count(note) FROM dst.there'), '30000|0', 'then it has no values');

$near->stop;
$far->stop;
done_testing();
