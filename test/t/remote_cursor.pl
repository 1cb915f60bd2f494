# What is new, appended to a table at another server: the rows are there and the watermark is here. Whatever is killed
# between the two commits, no row comes twice and none is left out. A deferred trigger there holds COMMIT until the gate
# is opened.
use strict;
use warnings;
use utf8;
use FindBin;
use lib "$FindBin::RealBin/../perl";
use PostgreSQL::Test::Utils;
use SluicePair;
use Test::More;

start_pair();
my $oracle = 'md5(string_agg(t::text, \',\' ORDER BY t::text))';

$far->safe_psql('postgres', q{SET ROLE writer; SET search_path = dst; CREATE TABLE grown (id int, at timestamptz, val text);
	CREATE FUNCTION gate() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_advisory_xact_lock_shared(4711); RETURN NULL; END $$;
	CREATE CONSTRAINT TRIGGER gate AFTER INSERT ON grown DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION gate()});
my $server = "host '127.0.0.1', port '" . $near->port . "', dbname 'postgres'";
$near->sql("CREATE ROLE reader LOGIN PASSWORD '$secret'; CREATE SERVER here FOREIGN DATA WRAPPER postgres_fdw OPTIONS ($server);
	GRANT USAGE ON FOREIGN SERVER here TO etl; CREATE USER MAPPING FOR etl SERVER here OPTIONS (user 'reader', password '$secret', password_required 'false');
	SET ROLE etl; CREATE TABLE events (id int, at timestamptz, val text); GRANT SELECT ON events TO reader");

my $last = 0;

# So many rows, of which the last ones share their time with the first of the next call.
sub happen
{
	my ($rows) = @_;
	as_etl("INSERT INTO events SELECT i, '2026-01-01Z'::timestamptz + i / 3 * interval '1 hour', 'value ' || i FROM generate_series($last + 1, $last + $rows) i");
	$last += $rows;
	return;
}

sub pipeline
{
	my ($name, $arguments) = @_;
	return as_etl("SELECT create_pipeline('$name', destination => 'far', destination_table => 'grown', cursor_column => 'at', $arguments) IS NULL");
}

sub run_now
{
	my ($name) = @_;
	my $out = as_etl("CALL trigger_and_wait('$name', NULL, '60 s', NULL, NULL, false)");
	return $out if $out =~ /^ERROR/;
	my ($run) = split /\|/, $out;
	return $near->sql("SELECT concat_ws(' ', status, error_sqlstate, error_message, 'read', records_read, 'inserted', records_inserted, 'duplicate', records_duplicate) FROM pipeline_runs WHERE root_run = '$run' ORDER BY attempt DESC LIMIT 1");
}

sub same
{
	my ($name) = @_;
	is($far->safe_psql('postgres', "SELECT count(*), $oracle FROM dst.grown t"), $near->sql("SELECT count(*), $oracle FROM events t"), $name);
	return;
}

sub log_of_last
{
	my ($name) = @_;
	return $near->sql("SELECT string_agg(level || ' ' || message, E'\\n' ORDER BY line) FROM pipeline_log WHERE run = (SELECT id FROM pipeline_runs WHERE pipeline_name = '$name' ORDER BY id DESC LIMIT 1)");
}

# Killed when all is there but the commit here; the look is to come in an hour.
sub lose
{
	my ($name) = @_;
	my $gate = close_far_gate();
	my $run = as_etl("SELECT trigger_pipeline('$name')");
	ok($far->poll_query_until('postgres', "SELECT count(*) = 1 FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE l.locktype = 'advisory' AND NOT l.granted AND a.query = 'COMMIT'"), "$name: waits for COMMIT there");
	kill 'KILL', $near->pid_of('run');
	$near->await("SELECT count(*) = 2 FROM pipeline_runs WHERE root_run = '$run'", "$name: is killed");
	$gate->quit;
	ok($far->poll_query_until('postgres', "SELECT count(*) = 0 FROM pg_stat_activity WHERE application_name = 'pg_sluice'"), "$name: its commit there has come through");
	return $run;
}

# As when all looks are used up.
sub give_up_looking
{
	my ($run) = @_;
	$near->sql("UPDATE sluice.pipeline_runs SET status = 'stopped', reason = 'given up', end_time = now() WHERE root_run = '$run' AND attempt = 2");
	return;
}

my $slow = q{load => 'append', options => '{"retry_delay": 3600, "retry_max_delay": 3600}'};
for my $case ([ 'local', "source_table => 'events'" ], [ 'wire', "source => 'here', source_table => 'events'" ],
	[ 'staged', "source => 'here', source_table => 'events', columns => 'id, (SELECT source.at) AS at, val'" ])
{
	my ($name, $source) = @$case;
	$far->safe_psql('postgres', 'TRUNCATE dst.grown');
	happen(10);
	is(pipeline($name, "$source, $slow"), 'f', "$name: is defined");
	is(run_now($name), "success read $last inserted $last duplicate 0", "$name: reads all");
	happen(10);
	my $met = $near->sql("SELECT count(*) FROM events WHERE at = '2026-01-01Z'::timestamptz + ($last - 10) / 3 * interval '1 hour' AND id <= $last - 10");
	is(run_now($name), 'success read ' . (10 + $met) . " inserted 10 duplicate $met", "$name: then what is new, and knows the rows at the watermark");
	same("$name: all are there, once");
	is(run_now($name), 'success read ' . ($last % 3 + 1) . ' inserted 0 duplicate ' . ($last % 3 + 1), "$name: nothing is new");
	same("$name: nothing has come");
	next if $name ne 'wire';

	# The look finds the rows, and how far they go.
	happen(10);
	my $before = $near->sql("SELECT watermark FROM pipelines WHERE name = '$name'");
	my $run = lose($name);
	is($near->sql("SELECT watermark FROM pipelines WHERE name = '$name'"), $before, "$name: the watermark is where it was");
	as_etl("SELECT retry_run('$run')");
	$near->await("SELECT count(*) = 1 FROM pipeline_runs WHERE root_run = '$run' AND status = 'success' AND records_inserted = 10", "$name: the look finds it");
	isnt($near->sql("SELECT watermark FROM pipelines WHERE name = '$name'"), $before, "$name: and takes the watermark over");
	same("$name: nothing has come twice");
	happen(10);
	like(run_now($name), qr/^success .* inserted 10 /, "$name: the next run goes on there");
	same("$name: with all rows");

	# Nobody looks any more. The next runs find what two before them have left, one behind the other.
	for (1 .. 2)
	{
		happen(5);
		give_up_looking(lose($name));
	}
	happen(5);
	like(run_now($name), qr/^success .* inserted 5 /, "$name: loads only what both have not");
	like(log_of_last($name), qr/warning run \S+ had committed its rows in dst\.grown of server "far" before it was lost: the watermark \S+ \S+ is taken over from the ledger there/, "$name: and says why");
	same("$name: after two lost runs all are there, once");
}

# What the user has said since counts: the rows come again, because that was asked for.
{
	$far->safe_psql('postgres', 'TRUNCATE dst.grown');
	pipeline('told', "source_table => 'events', $slow");
	is(run_now('told'), "success read $last inserted $last duplicate 0", 'told: reads all');
	happen(3);
	give_up_looking(lose('told'));
	as_etl("SELECT reset_watermark('told')");
	is(run_now('told'), "success read $last inserted $last duplicate 0", 'told: reads everything again after reset_watermark');
	is($far->safe_psql('postgres', 'SELECT count(*) FROM dst.grown'), 2 * $last, 'told: so all are there twice');
}

# The first run of a pipeline that reads something else by now.
{
	$far->safe_psql('postgres', 'TRUNCATE dst.grown');
	pipeline('moved', "source_query => 'SELECT * FROM events WHERE id % 2 = 0', $slow");
	my $run = lose('moved');
	as_etl("SELECT alter_pipeline('moved', source_query => 'SELECT * FROM events WHERE id % 2 = 1')");
	as_etl("SELECT retry_run('$run')");
	$near->await("SELECT count(*) = 1 FROM pipeline_runs WHERE root_run = '$run' AND status = 'success'", 'moved: the look finds the rows');
	is($near->sql("SELECT watermark IS NULL FROM pipelines WHERE name = 'moved'"), 't', 'moved: and leaves the watermark alone');
	like(run_now('moved'), qr/^success/, 'moved: the next run');
	same('moved: reads the others from the first on');
}

# A ledger of an older version gets the column that it lacks, where the remote role owns it.
{
	$far->safe_psql('postgres', 'TRUNCATE dst.grown; ALTER TABLE dst.pg_sluice_ledger DROP COLUMN state');
	pipeline('old', "source_table => 'events', $slow");
	is(run_now('old'), "success read $last inserted $last duplicate 0", 'old: loads');
	is($far->safe_psql('postgres', "SELECT state -> 'inserted' FROM dst.pg_sluice_ledger WHERE pipeline_name = 'old'"), $last, 'old: with a column more in the ledger');
	$far->safe_psql('postgres', 'ALTER TABLE dst.pg_sluice_ledger DROP COLUMN state; ALTER TABLE dst.pg_sluice_ledger OWNER TO CURRENT_USER; GRANT ALL ON dst.pg_sluice_ledger TO writer');
	happen(4);
	like(run_now('old'), qr/^success .* inserted 4 /, 'old: loads with one that it may not alter');
	same('old: all the same');
	like(log_of_last('old'), qr/warning this run may load its rows twice if it is lost at its end, because the ledger dst\.pg_sluice_ledger is of an older version and cannot hold the watermark/, 'old: and warns');
	like(as_etl("SELECT string_agg(verdict || ' ' || message, ' ') FROM validate_pipeline('old') WHERE check_name = 'ledger'"), qr/warning dst\.pg_sluice_ledger is of an older version/, 'old: so does validate_pipeline');
	$far->safe_psql('postgres', 'DROP TABLE dst.pg_sluice_ledger');
	like(run_now('old'), qr/^success/, 'old: a new one');
	like(as_etl("SELECT string_agg(line, E'\\n') FROM explain_pipeline('old') line"), qr/cursor: rows with at from .*ledger: each run's id is committed in dst\.pg_sluice_ledger together with its rows, and the watermark/s, 'old: explain_pipeline tells both');
}

# A range again, and what has no place there.
like(as_etl("SELECT backfill_pipeline('old', '2026-01-01 00:00Z', '2026-01-01 02:00Z', slice => '1 hour')"), qr/^\S+$/, 'a backfill');
$near->await("SELECT count(*) = 2 AND bool_and(status = 'success') FROM pipeline_runs WHERE pipeline_name = 'old' AND cause = 'backfill'", 'two slices are loaded');
is($far->safe_psql('postgres', "SELECT count(*) FROM (SELECT FROM dst.grown GROUP BY id HAVING count(*) = 2) t"), 5, 'an append loads them a second time');
like(as_etl(q{SELECT alter_pipeline('old', options => '{"commit_every": 10}')}), qr/ERROR.* 0A000: the option commit_every is not supported for a destination at another server/s, 'no chunks');

$near->stop;
$far->stop;
done_testing();
