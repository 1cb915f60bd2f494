# merge, mirror and history of a table at another server. Each pipeline has a twin with a table here: after each run of
# both the rows and the counters are the same, and where plain SQL can say what the rows must be, they are that.
use strict;
use warnings;
use utf8;
use FindBin;
use lib "$FindBin::RealBin/../perl";
use PostgreSQL::Test::Utils;
use SluicePair;
use Test::More;

start_pair();
my $server = "host '127.0.0.1', port '" . $near->port . "', dbname 'postgres'";
$near->sql("CREATE ROLE reader LOGIN PASSWORD '$secret'; CREATE SERVER here FOREIGN DATA WRAPPER postgres_fdw OPTIONS ($server);
	GRANT USAGE ON FOREIGN SERVER here TO etl; CREATE USER MAPPING FOR etl SERVER here OPTIONS (user 'reader', password '$secret', password_required 'false');
	CREATE SCHEMA dst AUTHORIZATION etl; SET ROLE etl; CREATE DOMAIN positive AS int CHECK (value > 0)");

sub run_now
{
	my ($name) = @_;
	my $out = as_etl("CALL trigger_and_wait('$name', NULL, '60 s', NULL, NULL, false)");
	return $out if $out =~ /^ERROR/;
	my ($run) = split /\|/, $out;
	return $near->sql("SELECT concat_ws(' ', status, error_sqlstate || ':', error_message, error_detail, error_hint, 'read', records_read, 'inserted', records_inserted, 'updated', records_updated, 'deleted', records_deleted, "
		  . "'unchanged', records_unchanged, 'duplicate', records_duplicate, 'filtered', records_filtered) FROM pipeline_runs WHERE root_run = '$run' ORDER BY attempt DESC LIMIT 1");
}

sub log_of
{
	my ($name) = @_;
	return $near->sql("SELECT string_agg(level || ' ' || message, E'\\n' ORDER BY line) FROM pipeline_log WHERE run = (SELECT id FROM pipeline_runs WHERE pipeline_name = '$name' ORDER BY id DESC LIMIT 1)");
}

sub both
{
	my ($sql) = @_;
	as_etl("SET search_path = dst, public; $sql");
	$far->safe_psql('postgres', "SET ROLE writer; SET search_path = dst, public; $sql");
	return;
}

# The pipeline into the other server and its twin.
sub define
{
	my ($name, $arguments) = @_;
	(my $here = $arguments) =~ s/destination_table => '(\w+)'/destination_table => 'dst.$1'/;
	is(as_etl("SELECT create_pipeline('$name', destination => 'far', $arguments) IS NULL"), 'f', "$name: is defined");
	is(as_etl("SELECT create_pipeline('${name}_here', $here) IS NULL"), 'f', "$name: its twin is defined");
	return;
}

# Both are run; the rows of that query over the table are the same, and the ones of expected, if it is given.
sub same
{
	my ($name, $table, $columns, $round, $expected) = @_;
	my $there = run_now($name);
	is($there, run_now("${name}_here"), "$name: $round: $there");
	my $query = "SELECT $columns FROM dst.$table ORDER BY $columns";
	my $rows = $far->safe_psql('postgres', $query);
	is($rows, $near->sql($query), "$name: $round: the same rows");
	is($rows, $near->sql($expected), "$name: $round: those of the source") if defined $expected;
	return $there;
}

# -- rounds of changes at the source

$near->sql("SET ROLE etl; CREATE TABLE src (id int, part text, at timestamp, val text, amount numeric(10,2), feels mood, cash int); GRANT SELECT ON src TO reader");
my @rounds = (
	"INSERT INTO src SELECT i, 'p' || i % 3, '2026-01-01'::timestamp + i * interval '1 minute', 'value ' || i, i / 7.0, CASE WHEN i % 2 = 0 THEN 'sad' ELSE 'glad' END::mood, i FROM generate_series(1, 300) i",
	"UPDATE src SET val = upper(val), at = at + interval '1 day' WHERE id % 7 = 0; DELETE FROM src WHERE id = 13; INSERT INTO src SELECT i, 'p' || i % 3, '2026-01-02'::timestamp + i * interval '1 minute', NULL, NULL, NULL, i FROM generate_series(301, 350) i",
	"DELETE FROM src WHERE id % 10 = 3 AND id <> 13; UPDATE src SET amount = amount + 1, at = at + interval '2 days' WHERE id BETWEEN 20 AND 25; UPDATE src SET id = id + 1000, at = at + interval '3 days' WHERE id BETWEEN 30 AND 33");

my $table = '(id int%s, part text, at timestamp, val text, amount numeric(10,2), feels mood, cash positive%s)';
my @wire = ("source => 'here', source_table => 'src', ", "source_table => 'src', ", "source => 'here', ");
my $plain = 'id, part, at, val, amount, feels, cash';
my @cases = (
	{ name => 'upsert', table => sprintf($table, ' PRIMARY KEY', ''), arguments => "load => 'merge', key_columns => '{id}'", source => 0 },
	{ name => 'cursor', table => sprintf($table, ' PRIMARY KEY', ''), arguments => "load => 'merge', key_columns => '{id}', cursor_column => 'at'", source => 1 },
	{ name => 'unindexed', table => sprintf($table, '', ''), arguments => "load => 'merge', key_columns => '{id,part}', cursor_column => 'at'", source => 0 },
	{ name => 'insert_only', table => sprintf($table, ' PRIMARY KEY', ''), arguments => "load => 'merge', key_columns => '{id}', options => '{\"merge_strategy\": \"insert_only\"}'", source => 1 },
	{ name => 'delete_insert', table => sprintf($table, ' PRIMARY KEY', ', own int DEFAULT 7'), arguments => "load => 'merge', key_columns => '{id}', options => '{\"merge_strategy\": \"delete_insert\"}'", source => 0 },
	{ name => 'parts', table => sprintf($table, '', ', PRIMARY KEY (id, part)') . ' PARTITION BY LIST (part); CREATE TABLE parts_0 PARTITION OF parts FOR VALUES IN (\'p0\'); CREATE TABLE parts_rest PARTITION OF parts DEFAULT',
		arguments => "load => 'merge', key_columns => '{part,id}'", source => 1 },
	{ name => 'staged', table => sprintf($table, ' PRIMARY KEY', ''), arguments => "load => 'merge', key_columns => '{id}', cursor_column => 'at', columns => 'id, part, at, (SELECT source.val) AS val, amount, feels, cash'", source => 0 },
	{ name => 'reshaped', table => '(part text PRIMARY KEY, n bigint, total numeric)', arguments => "load => 'merge', key_columns => '{part}', options => '{\"transform\": \"SELECT part, count(*) AS n, sum(amount) AS total FROM source GROUP BY part\"}'",
		source => 0, columns => 'part, n, total' },
	{ name => 'enum_key', table => '(feels mood, part text, n bigint, UNIQUE (feels, part))', arguments => "load => 'merge', key_columns => '{feels,part}', source_query => 'SELECT feels, part, count(*) AS n FROM public.src WHERE feels IS NOT NULL GROUP BY 1, 2'", source => 2, columns => 'feels, part, n' },
	{ name => 'mirror', table => sprintf($table, ' PRIMARY KEY', ''), arguments => "load => 'mirror', key_columns => '{id}'", source => 0, exact => 1 },
	{ name => 'mirror_parts', table => sprintf($table, '', ', PRIMARY KEY (id, part)') . ' PARTITION BY HASH (part); CREATE TABLE mirror_parts_0 PARTITION OF mirror_parts FOR VALUES WITH (MODULUS 2, REMAINDER 0); CREATE TABLE mirror_parts_1 PARTITION OF mirror_parts FOR VALUES WITH (MODULUS 2, REMAINDER 1)',
		arguments => "load => 'mirror', key_columns => '{id,part}'", source => 1, exact => 1 },
	{ name => 'mirror_unindexed', table => sprintf($table, '', ''), arguments => "load => 'mirror', key_columns => '{id}'", source => 1, exact => 1 },
	{ name => 'marked', table => sprintf($table, ' PRIMARY KEY', ', gone boolean'), arguments => "load => 'mirror', key_columns => '{id}', options => '{\"soft_delete_column\": \"gone\"}'", source => 0, columns => "$plain, gone" },
	{ name => 'marked_when', table => sprintf($table, ' PRIMARY KEY', ', gone timestamptz'), arguments => "load => 'mirror', key_columns => '{id}', options => '{\"soft_delete_column\": \"gone\"}'", source => 0, columns => "$plain, gone IS NULL" },
	{ name => 'scoped', table => sprintf($table, ' PRIMARY KEY', '') . "; INSERT INTO scoped (id, part) VALUES (-1, 'other')", arguments => "load => 'mirror', key_columns => '{id}', options => '{\"scope\": \"id > 0\"}'", source => 1 },
	{ name => 'history', table => sprintf($table, '', ', valid_from timestamptz, valid_to timestamptz, is_current boolean') . '; CREATE UNIQUE INDEX ON history (id) WHERE is_current', arguments => "load => 'history', key_columns => '{id}'", source => 0, columns => "$plain, is_current, valid_to IS NULL" },
	{ name => 'history_cursor', table => sprintf($table, '', ', valid_from timestamptz, valid_to timestamptz, is_current boolean'), arguments => "load => 'history', key_columns => '{id}', cursor_column => 'at'", source => 1, columns => "$plain, is_current, valid_to IS NULL" });

for my $case (@cases)
{
	both("CREATE TABLE $case->{name} $case->{table}");
	define($case->{name}, "destination_table => '$case->{name}', $wire[ $case->{source} ]$case->{arguments}");
}
for my $round (0 .. $#rounds)
{
	as_etl($rounds[$round]);
	for my $case (@cases)
	{
		my $told = same($case->{name}, $case->{name}, $case->{columns} // $plain, "round $round", $case->{exact} ? "SELECT $plain FROM src ORDER BY $plain" : undef);
		like($told, qr/^success /, "$case->{name}: round $round succeeds");
	}
}
as_etl("INSERT INTO src SELECT 13, 'p1', '2026-01-09', 'back', 1, 'sad', 2");
for my $case (grep { $_->{name} =~ /^(upsert|cursor|mirror|marked|marked_when|history)$/ } @cases)
{
	same($case->{name}, $case->{name}, $case->{columns} // $plain, 'a row comes back');
}
is($far->safe_psql('postgres', 'SELECT count(*) FROM (SELECT FROM dst.history WHERE is_current GROUP BY id HAVING count(*) > 1) t'), 0, 'history: one version of a key is current');

# What did not change is not written there.
my $versions = 'SELECT count(*), max(xmin::text::bigint) FROM dst.';
for my $name (qw(upsert mirror history))
{
	my $before = $far->safe_psql('postgres', $versions . $name);
	like(run_now($name), qr/^success .* inserted 0 updated 0 deleted 0 unchanged [1-9]/, "$name: nothing has changed");
	is($far->safe_psql('postgres', $versions . $name), $before, "$name: and nothing is written");
}

# -- created there

define('made', "destination_table => 'made', $wire[0] key_columns => '{id}'");
define('made_history', "destination_table => 'made_history', $wire[1] load => 'history', key_columns => '{id}', filter => 'id < 40'");
define('made_marked', "destination_table => 'made_marked', $wire[0] load => 'mirror', key_columns => '{id}', filter => 'id < 40', options => '{\"soft_delete_column\": \"gone\"}'");
for my $round ('created', 'again')
{
	same('made_marked', 'made_marked', "$plain, gone IS NULL", $round);
	same('made', 'made', $plain, $round);
	same('made_history', 'made_history', "$plain, is_current", $round);
	as_etl("UPDATE src SET val = 'made ' || id WHERE id < 5; DELETE FROM src WHERE id = 6") if $round eq 'created';
}
my $indexes = "SELECT string_agg(pg_get_indexdef(indexrelid), '; ' ORDER BY indexrelid) FROM pg_index WHERE indrelid IN ('dst.made'::regclass, 'dst.made_history'::regclass)";
is($far->safe_psql('postgres', $indexes), $near->sql($indexes), 'with the indexes of a table here');

# -- what goes wrong is what it is here

sub both_fail
{
	my ($name, $pattern, $what) = @_;
	my $there = run_now($name);
	like($there, $pattern, $what);
	(my $here = run_now("${name}_here")) =~ s/ of server "far"//g;
	$there =~ s/ of server "far"//g;
	is($there, $here, "$what, as here");
	return;
}

as_etl("INSERT INTO src SELECT 1, 'p1', at, 'another' FROM src WHERE id = 1");
both_fail('upsert', qr/^failed 21000: rows with the same key differ.*Key \(id\)=\(1\)/, 'a tie names its key');
as_etl("DELETE FROM src WHERE val = 'another'; INSERT INTO src (id, part) VALUES (NULL, 'p1')");
both_fail('mirror', qr/^failed 23502: 1 of the rows that were read have no value in a key column \(id\)/, 'a row without a key');
as_etl("DELETE FROM src WHERE id IS NULL; INSERT INTO src VALUES (500, 'p1', '2026-02-01', 'x', 1, 'sad', -5)");
like(run_now('upsert'), qr/^failed 23514: value for domain positive violates check constraint "positive_check"/, 'a value that does not fit there');
as_etl("DELETE FROM src WHERE id = 500; INSERT INTO src (id, part) VALUES (-7, 'other')");
both_fail('scoped', qr/^failed 44000: a row of the source is outside of scope/, 'a row outside of scope');
as_etl('DELETE FROM src WHERE id = -7; CREATE TABLE kept AS SELECT * FROM src; DELETE FROM src');
both_fail('mirror', qr/^failed SL014: the source gives no row, but dst\.mirror.* has \d+ rows that would be deleted/, 'an empty source');
as_etl('INSERT INTO src SELECT * FROM kept WHERE id < 40');
as_etl("SELECT alter_pipeline(name, options => '{\"max_deletes\": \"10\"}') FROM unnest('{mirror,mirror_here,history,history_here}'::text[]) name");
both_fail('mirror', qr/^failed SL015: \d+ of \d+ rows of dst\.mirror.* are gone from the source/, 'too many that are gone');
both_fail('history', qr/^failed SL015: .* would be closed/, 'or would be closed');
as_etl('DELETE FROM src; INSERT INTO src SELECT * FROM kept');
as_etl("SELECT alter_pipeline(name, options => '{\"max_deletes\": null}') FROM unnest('{mirror,mirror_here,history,history_here}'::text[]) name");
both('INSERT INTO mirror_unindexed SELECT * FROM mirror_unindexed WHERE id = 5');
both_fail('mirror_unindexed', qr/^failed 21000: dst\.mirror_unindexed.* has several rows with the same key/, 'a key that is there twice');

# -- rights, and others who write

$far->safe_psql('postgres', 'REVOKE UPDATE ON dst.upsert FROM writer');
like(run_now('upsert'), qr/^failed 42501: the remote role may not load rows into dst\.upsert of server "far" At that server: GRANT SELECT, INSERT, UPDATE ON dst\.upsert TO .* read 0 /, 'a missing right, before anything is read');
like(as_etl("SELECT verdict || ' ' || message FROM validate_pipeline('upsert') WHERE check_name = 'destination_rights'"), qr/^error the remote role may not load rows into dst\.upsert/, 'validate_pipeline tells it');
$far->safe_psql('postgres', 'GRANT UPDATE ON dst.upsert TO writer; REVOKE TEMPORARY ON DATABASE postgres FROM PUBLIC');
like(run_now('upsert'), qr/^failed 42501: the remote role may not create temporary tables at server "far" At that server: GRANT TEMPORARY ON DATABASE postgres TO /, 'nor without temporary tables');
$far->safe_psql('postgres', 'GRANT TEMPORARY ON DATABASE postgres TO writer');
like(run_now('upsert'), qr/^success /, 'then it runs');
{
	as_etl(q{SELECT alter_pipeline('mirror', options => '{"swap_lock_timeout": "100ms", "swap_lock_attempts": 1}')});
	my $writer = $far->background_psql('postgres');
	$writer->query_safe('BEGIN; LOCK TABLE dst.mirror IN ROW EXCLUSIVE MODE');
	like(run_now('mirror'), qr/^failed 55P03: could not lock dst\.mirror of server "far" for comparing its rows/, 'a mirror keeps other writers out');
	like(run_now('upsert'), qr/^success /, 'a merge does not');
	$writer->quit;
}
like(as_etl("SELECT create_pipeline('second', destination => 'far', destination_table => 'dst.MIRROR', $wire[0] load => 'append')"), qr/^\S+$/, 'another pipeline names the table');
like(run_now('mirror'), qr/^failed 22023: another pipeline loads dst\.mirror of server "far" as well/, 'whose rows would be taken for gone');
like(as_etl("SELECT string_agg(message, E'\\n') FROM validate_pipeline('mirror') WHERE verdict = 'error'"), qr/^another pipeline loads dst\.mirror of server "far" as well/, 'which validate_pipeline tells');
like(as_etl("SELECT string_agg(line, E'\\n') FROM explain_pipeline('mirror') line"), qr/load: a run fails: another pipeline loads dst\.mirror of server "far" as well/, 'and explain_pipeline');
as_etl("SELECT drop_pipeline('second')");
like(run_now('mirror'), qr/^success /, 'then it is alone again');
$far->safe_psql('postgres', 'CREATE VIEW dst.seen AS SELECT * FROM dst.upsert; ALTER VIEW dst.seen OWNER TO writer');
as_etl("SELECT create_pipeline('view', destination => 'far', destination_table => 'seen', $wire[0] key_columns => '{id}')");
like(run_now('view'), qr/^failed 42809: load => 'merge' needs a table, and dst\.seen of server "far" is none/, 'a view has no keys');
as_etl("SELECT alter_pipeline('view', destination_table => 'upsert', key_columns => '{nothing}')");
like(run_now('view'), qr/^failed 42703: dst\.upsert of server "far" has no column "nothing", which is a key/, 'a key that is not there');

# -- what is told

my $explained = as_etl("SELECT string_agg(line, E'\\n') FROM explain_pipeline('cursor') line");
like($explained, qr/at the destination: CREATE TEMPORARY TABLE pg_temp\.pg_sluice_staged_rows with the columns that are loaded\nat the destination: COPY pg_temp\.pg_sluice_staged_rows \(id, .*\) FROM STDIN/, 'explain_pipeline tells the statements');
for my $line ('path: rows are sent to a temporary table there and merged into dst.cursor of server "far" by SQL, because load is merge, and it is at another server', 'keys: rows are found by (id), unique index "cursor_pkey"')
{
	like($explained, qr/^\Q$line\E$/m, "it says: $line");
	like(log_of('cursor'), qr/^info \Q$line\E$/m, "so does the run's log");
}
# What explain_pipeline says of the plan is what the run's log says, for each of them.
for my $case (@cases)
{
	my %logged = map { $_ => 1 } split /\n/, $near->sql("SELECT message FROM pipeline_log WHERE run = (SELECT id FROM pipeline_runs WHERE pipeline_name = '$case->{name}' AND status = 'success' ORDER BY id DESC LIMIT 1)");
	my @planned = grep { /^(path|keys|merge|mirror|history|lock|guards|scope|transform|streams): / } split /\n/, as_etl("SELECT line FROM explain_pipeline('$case->{name}') line");
	cmp_ok(scalar @planned, '>=', 3, "$case->{name}: is explained");
	is(join("\n", grep { !$logged{$_} } @planned), '', "$case->{name}: as it runs");
}
like(as_etl("SELECT string_agg(line, E'\\n') FROM explain_pipeline('history') line"), qr/^keys: rows are found by \(id\), unique index "history_id_idx"$/m, 'the index of current versions is found');
my $unindexed = qr/warning:? dst\.unindexed of server "far" has no unique index on \(id, part\): .* CREATE UNIQUE INDEX ON dst\.unindexed \(id, part\) makes it fast and safe/;
like(log_of('unindexed'), $unindexed, 'a missing index is told by the run');
like(as_etl("SELECT string_agg(line, E'\\n') FROM explain_pipeline('unindexed') line"), $unindexed, 'and by explain_pipeline');
like(as_etl("SELECT string_agg(verdict || ' ' || message, E'\\n') FROM validate_pipeline('unindexed')"), $unindexed, 'and by validate_pipeline');
like(as_etl("SELECT string_agg(line, E'\\n') FROM explain_pipeline('mirror') line"), qr/LOCK TABLE dst\.mirror IN SHARE ROW EXCLUSIVE MODE.*^lock: other writers wait until the end/ms, 'the lock of a mirror is told');
is(as_etl("SELECT string_agg(check_name || ' ' || message, E'\\n') FROM validate_pipeline('history') WHERE verdict NOT IN ('ok', 'warning')"), '', 'validate_pipeline finds nothing wrong');

# -- a crash between the two commits

$far->safe_psql('postgres', q{SET ROLE writer; SET search_path = dst;
	CREATE FUNCTION gate() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_advisory_xact_lock_shared(4711); RETURN NULL; END $$;
	CREATE CONSTRAINT TRIGGER gate AFTER INSERT OR UPDATE ON cursor DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION gate()});
as_etl("SELECT alter_pipeline('cursor', options => '{\"retry_delay\": 1, \"retry_max_delay\": 1}')");
as_etl("UPDATE src SET val = 'lost', at = '2026-03-01' WHERE id IN (1, 2); INSERT INTO src (id, at) VALUES (9000, '2026-03-01')");

# Starts a run and kills it while it waits for COMMIT there; what the look says that it found.
sub found_after_crash
{
	my ($start, $name) = @_;
	my $gate = close_far_gate();
	my $run = as_etl("SELECT $start('cursor')");
	ok($far->poll_query_until('postgres', "SELECT count(*) = 1 FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE l.locktype = 'advisory' AND NOT l.granted AND a.query = 'COMMIT'"), "$name waits for COMMIT there");
	kill 'KILL', $near->pid_of('run');
	$near->await("SELECT count(*) = 2 FROM pipeline_runs WHERE root_run = '$run'", "$name: it is killed");
	$gate->quit;
	$near->await("SELECT count(*) = 1 FROM pipeline_runs WHERE root_run = '$run' AND status = 'success'", "$name: the look finds what it had committed");
	return $near->sql("SELECT concat_ws(' ', records_processed, records_inserted, records_updated, records_unchanged) FROM pipeline_runs WHERE root_run = '$run' AND status = 'success'");
}

is(found_after_crash('trigger_pipeline', 'a merge'), '3 1 2 1', 'a merge: with all counters');
like(run_now('cursor'), qr/^success read 3 inserted 0 updated 0 deleted 0 unchanged 3 /, 'the next run begins at its watermark');

# -- what is not there any more, or another

my $differences = "SELECT string_agg(kind || ' ' || count, ', ') FROM diff_pipeline('cursor')";
as_etl('DELETE FROM src WHERE id IS NULL');
as_etl("SELECT repair_pipeline('cursor')");
$near->await("SELECT count(*) = 0 FROM pipeline_runs WHERE status IN ('pending', 'running')", 'a repair is over');
like(as_etl($differences), qr/^missing 0, extra \d+, different 0$/, 'diff_pipeline finds nothing missing behind it');
$far->safe_psql('postgres', q{DELETE FROM dst.cursor WHERE id = 2; UPDATE dst.cursor SET feels = 'glad' WHERE id = 4});
like(as_etl($differences), qr/^missing 1, extra \d+, different 1$/, 'and then what is');
like(as_etl("SELECT samples FROM diff_pipeline('cursor', 1) WHERE kind = 'different'"), qr{"source": .*"feels": "sad".*"destination": .*"feels": "glad"}, 'with samples');
like(found_after_crash('repair_pipeline', 'a repair'), qr/^2 1 1 /, 'a repair: with all counters');
like(as_etl($differences), qr/^missing 0, extra \d+, different 0$/, 'a repair: nothing differs');

$far->safe_psql('postgres', 'REVOKE SELECT ON dst.cursor FROM writer');
like(as_etl($differences), qr/42501.*permission denied for table cursor/s, 'what the remote role may not read is not compared');
$far->safe_psql('postgres', 'GRANT SELECT ON dst.cursor TO writer');
like(run_now('cursor'), qr/^success /, 'a run needs no more than before');

# Nothing of a run stays in the session or the database.
is($far->safe_psql('postgres', "SELECT count(*) FROM pg_class WHERE relname LIKE 'pg_sluice%' AND relpersistence = 't'"), 0, 'no temporary table is left');

$near->stop;
$far->stop;
done_testing();
