# Rows that do not fit into a table at another server: put aside here, exactly where the others are committed there.
use strict;
use warnings;
use utf8;
use FindBin;
use lib "$FindBin::RealBin/../perl";
use PostgreSQL::Test::Utils;
use SluicePair;
use Test::More;

start_pair();

$far->safe_psql('postgres', q{SET ROLE writer; SET search_path = dst;
	CREATE TABLE parent (id int PRIMARY KEY);
	INSERT INTO parent SELECT generate_series(1, 5000);
	CREATE TABLE t (id int PRIMARY KEY, name varchar(12) NOT NULL, n positive, parent int REFERENCES parent DEFERRABLE INITIALLY DEFERRED, m mood, CHECK (name <> 'bad'));
	CREATE TABLE looped (id int PRIMARY KEY, up int REFERENCES looped);
	CREATE TABLE parted (id int, name text) PARTITION BY RANGE (id);
	CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM (1) TO (5000);
	CREATE FUNCTION fill() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF new.name IS NULL THEN new.name = 'filled'; END IF; IF new.id = 7 THEN RETURN NULL; END IF;
		IF new.id = 8 THEN RAISE 'no eight' USING ERRCODE = 'check_violation'; END IF; RETURN new; END $$;
	CREATE TABLE triggered (id int, name text NOT NULL);
	CREATE TRIGGER fill BEFORE INSERT ON triggered FOR EACH ROW EXECUTE FUNCTION fill();
	CREATE TABLE gate (i int);
	CREATE FUNCTION gate() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_advisory_xact_lock_shared(4711); RETURN NULL; END $$;
	CREATE CONSTRAINT TRIGGER gate AFTER INSERT ON gate DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION gate()});

# 4000 rows, of which every 500th breaks a rule of its own, each in another way.
$near->sql(q{SET ROLE etl; CREATE TABLE src (id text, name text, n text, parent int, m text, note text DEFAULT 'kept');
	INSERT INTO src SELECT i, 'n' || i, '1', i, 'sad' FROM generate_series(1, 4000) i;
	UPDATE src SET id = 'five' WHERE id = '500'; UPDATE src SET name = NULL WHERE id = '1000'; UPDATE src SET name = 'bad' WHERE id = '1500';
	UPDATE src SET id = '1' WHERE id = '2000'; UPDATE src SET n = '-1' WHERE id = '2500'; UPDATE src SET parent = 9999 WHERE id = '3000';
	UPDATE src SET m = 'merry' WHERE id = '3500'; UPDATE src SET name = 'far too long a name' WHERE id = '4000'});

sub make
{
	my ($name, %with) = @_;
	my $options = delete $with{options} // '';
	my $arguments = join('', map { ", $_ => '$with{$_}'" } sort keys %with);
	return as_etl(qq{SELECT create_pipeline('$name', destination => 'far', options => '{"on_reject": "quarantine"$options}'$arguments) IS NOT NULL});
}

sub run
{
	my ($name) = @_;
	return as_etl("CALL trigger_and_wait('$name', timeout => '60 s')") =~ s/.*\n//sr;
}

my $columns = 'id::int AS id, name, n::int AS n, parent, m';
my $counts = "concat_ws(' ', status, error_sqlstate, records_read, records_inserted, records_failed, records_filtered)";

sub last_run
{
	my ($name) = @_;
	return $near->sql("SELECT $counts FROM pipeline_runs WHERE pipeline_name = '$name' ORDER BY start_time DESC LIMIT 1");
}

sub rejected
{
	my ($name) = @_;
	return $near->sql("SELECT string_agg(concat_ws(' ', sqlstate, original ->> 'id', original ->> 'note'), ', ' ORDER BY sqlstate, original ->> 'id') FROM rejected_rows WHERE pipeline = '$name' AND NOT is_lost");
}

for my $load ('append', 'replace')
{
	$far->safe_psql('postgres', 'TRUNCATE dst.t');
	is(make("all_$load", source_table => 'src', columns => $columns, destination_table => 't', load => $load), 't', "$load: made");
	run("all_$load");
	is(last_run("all_$load"), 'success 4000 3992 8 0', "$load: the counters add up");
	is($far->safe_psql('postgres', 'SELECT count(*), min(id), max(id), count(DISTINCT id) FROM dst.t'), '3992|1|3999|3992', "$load: the others are there");
	is(rejected("all_$load"), '22001 4000 kept, 22P02 3500 kept, 22P02 five kept, 23502 1000 kept, 23503 3000 kept, 23505 1 kept, 23514 1500 kept, 23514 2500 kept',
		"$load: each with its reason, as it came");
	is($near->sql("SELECT string_agg(position::text, ',' ORDER BY position) FROM rejected_rows WHERE pipeline = 'all_$load' AND position BETWEEN 1 AND 4000"),
		$near->sql("SELECT string_agg(p::text, ',' ORDER BY p) FROM (SELECT row_number() OVER () AS p, * FROM src) s WHERE NOT (id ~ '^[0-9]+\$' AND name IS NOT NULL AND name <> 'bad' AND length(name) <= 12 AND n = '1' AND parent <> 9999 AND m = 'sad' AND NOT (id = '1' AND parent = 2000))"),
		"$load: and its position");
}
is($near->sql("SELECT string_agg(concat_ws(' ', sqlstate, column_name), ', ' ORDER BY sqlstate) FROM rejected_rows WHERE pipeline = 'all_append' AND column_name IS NOT NULL"),
	'22001 name, 22P02 id, 23502 name', 'the column is named');
like($near->sql("SELECT reason FROM rejected_rows WHERE pipeline = 'all_append' AND sqlstate = '23505'"), qr/duplicate key value violates unique constraint "t_pkey"/, 'in the words of the server there');

# All of it again: every row is there already, and more than max_rejects.
run('all_append');
is(last_run('all_append'), 'failed 54000 4000 0 1001 0', 'too many');
is($far->safe_psql('postgres', 'SELECT count(*) FROM dst.t'), 3992, 'nothing of that run is there');
is($near->sql("SELECT count(*) FROM rejected_rows WHERE pipeline = 'all_append' AND is_lost"), 1000, 'the first of them are shown');
# A replace forgets what it reads again.
run('all_replace');
is($near->sql("SELECT count(*), count(DISTINCT run) FROM rejected_rows WHERE pipeline = 'all_replace'"), '8|1', 'a replace puts them aside anew');

# Mended, and replayed: into a replaced table beside the rows that are there.
$far->safe_psql('postgres', "INSERT INTO dst.parent VALUES (9999); ALTER TYPE dst.mood ADD VALUE 'merry'");
as_etl(qq{SELECT replay_rejects('all_replace')});
$near->await("SELECT NOT EXISTS (SELECT FROM pipeline_runs WHERE pipeline_name = 'all_replace' AND status IN ('pending', 'running'))", 'replayed');
is(last_run('all_replace'), 'success 8 2 6 0', 'what fits now is loaded');
is($far->safe_psql('postgres', 'SELECT count(*) FROM dst.t'), 3994, 'beside the others');
is($near->sql("SELECT count(*), count(DISTINCT run) FROM rejected_rows WHERE pipeline = 'all_replace'"), '6|1', 'and is no longer put aside');
is(as_etl("SELECT discard_rejects('all_replace')"), '6', 'the others are given up');

# No bad row, and no row at all.
make('good', source_query => 'SELECT i AS id, i::text AS name FROM generate_series(1, 3000) i', destination_table => 'parted', load => 'append');
run('good');
is(last_run('good'), 'success 3000 3000 0 0', 'all good');
is($near->sql("SELECT count(*) FROM pipeline_log l JOIN pipeline_runs r ON r.id = l.run WHERE r.pipeline_name = 'good' AND l.message LIKE '%has refused%'"), 0, 'and sent once');
make('outside', source_query => 'SELECT i AS id, i::text AS name FROM generate_series(4990, 5004) i', destination_table => 'parted', load => 'append');
run('outside');
is(last_run('outside'), 'success 15 10 5 0', 'no partition for five');
make('fired', source_query => 'SELECT i AS id, NULL::text AS name FROM generate_series(1, 10) i', destination_table => 'triggered', load => 'append');
run('fired');
is(last_run('fired'), 'success 10 8 1 1', 'a trigger fills, leaves out and refuses');
make('none', source_query => 'SELECT 1 AS id WHERE false', destination_table => 'parted', load => 'append');
run('none');
is(last_run('none'), 'success 0 0 0 0', 'no row');
make('created', source_query => q(SELECT i::text AS id FROM generate_series(1, 9) i), columns => 'nullif(id, \'\'5\'\')::int / (id::int - 7) AS id', destination_table => 'created', load => 'append');
run('created');
is(last_run('created'), 'success 9 8 1 0', 'a created table');

# A value in a column that the table there does not have.
$near->sql(q{SET ROLE etl; CREATE TABLE wider (id int, extra text); INSERT INTO wider SELECT i, CASE WHEN i % 10 = 0 THEN 'kept' END FROM generate_series(1, 100) i});
$far->safe_psql('postgres', q{SET ROLE writer; SET search_path = dst; CREATE TABLE narrow (id int); CREATE TABLE wider AS SELECT i AS id, CASE WHEN i % 10 = 0 THEN 'kept' END AS extra FROM generate_series(1, 100) i});
for my $from ('', 'far')
{
	for my $load ('append', 'replace')
	{
		my $name = "narrow $load $from";
		make($name, ($from ? (source => $from) : ()), source_table => 'wider', destination_table => 'narrow', load => $load, options => ', "on_new_column": "discard_row"');
		run($name);
		is(last_run($name), 'success 100 90 10 0', "$load from " . ($from || 'here') . ': rows with a value in a new column are put aside');
		is($near->sql("SELECT count(*), min(column_name), min(sqlstate), count(original ->> 'extra') FROM rejected_rows WHERE pipeline = '$name'"), '10|extra|42703|10', 'with that value');
		is(as_etl("SELECT count(*), count(*) FILTER (WHERE p ? '_rejected') FROM preview_pipeline('$name', 200) AS p"), '100|10', 'as preview_pipeline tells');
	}
}

# What cannot be exact is refused.
make('looped', source_query => 'SELECT 1 AS id, 2 AS up', destination_table => 'looped', load => 'append');
run('looped');
like($near->sql("SELECT error_message FROM pipeline_runs WHERE pipeline_name = 'looped'"), qr/cannot be put aside, because a foreign key leads from it to itself/, 'a foreign key to itself');
like(make('merged', source_table => 'src', columns => $columns, destination_table => 't', load => 'merge', key_columns => '{id}'), qr/because load is merge, and it is at another server/, 'a merge');
like(as_etl("SELECT string_agg(line, E'\\n') FROM explain_pipeline('all_append') AS line"), qr/rejects: rows that do not fit are put aside.*kept here until the server there has taken/, 'explained');
is(as_etl("SELECT string_agg(message, E'\\n') FROM validate_pipeline('all_append') WHERE verdict = 'error'"), '', 'validate_pipeline finds nothing wrong');

# Lost between the commit there and the one here.
$far->safe_psql('postgres', 'TRUNCATE dst.t');
sub lose
{
	my ($name) = @_;
	my $gate = close_far_gate();
	my ($run) = as_etl("SELECT trigger_pipeline('$name')");
	ok($far->poll_query_until('postgres', "SELECT count(*) = 1 FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE l.locktype = 'advisory' AND NOT l.granted AND a.query = 'COMMIT'"), "$name: it commits there");
	kill 'KILL', $near->pid_of('run');
	$near->await("SELECT count(*) = 2 FROM pipeline_runs WHERE root_run = '$run'", "$name: killed");
	is($near->sql("SELECT count(*) FROM rejected_rows WHERE run = '$run'"), 0, "$name: nothing is put aside yet");
	$gate->quit;
	$near->await("SELECT NOT EXISTS (SELECT FROM pipeline_runs WHERE root_run = '$run' AND status IN ('pending', 'running'))", "$name: looked up");
	return $run;
}
my $late = ', "retry_delay": 1, "retry_max_delay": 1, "after_sql": "SET CONSTRAINTS ALL DEFERRED; INSERT INTO gate VALUES (1)"';
$near->sql(q{UPDATE src SET id = '2000' WHERE parent = 2000; UPDATE src SET parent = 8888 WHERE id = '3000'});
make('lost', source_table => 'src', columns => $columns, destination_table => 't', load => 'replace', options => $late);
my $lost = lose('lost');
is($near->sql("SELECT string_agg($counts, ', ' ORDER BY attempt) FROM pipeline_runs WHERE root_run = '$lost'"), 'failed SL004 0 0 0 0, success 4000 3994 6 0', 'lost: the counters are those of the run');
is($far->safe_psql('postgres', 'SELECT count(*) FROM dst.t'), 3994, 'lost: the rows are there');
is(rejected('lost'), '22001 4000 kept, 22P02 five kept, 23502 1000 kept, 23503 3000 kept, 23514 1500 kept, 23514 2500 kept', 'lost: so are those that did not fit');
$far->safe_psql('postgres', 'INSERT INTO dst.parent VALUES (8888)');
as_etl("SELECT alter_pipeline('lost', columns => 'CASE id WHEN ''five'' THEN 500 ELSE id::int END AS id, name, n::int AS n, parent, m')");
my $gate = close_far_gate();
my ($replay) = as_etl("SELECT replay_rejects('lost')");
ok($far->poll_query_until('postgres', "SELECT count(*) = 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"), 'replay lost: it commits there');
kill 'KILL', $near->pid_of('run');
$near->await("SELECT count(*) = 2 FROM pipeline_runs WHERE root_run = '$replay'", 'replay lost: killed');
is($near->sql("SELECT count(*) FROM rejected_rows WHERE pipeline = 'lost'"), 6, 'replay lost: all are put aside yet');
$gate->quit;
$near->await("SELECT NOT EXISTS (SELECT FROM pipeline_runs WHERE root_run = '$replay' AND status IN ('pending', 'running'))", 'replay lost: looked up');
is(rejected('lost'), '22001 4000 kept, 23502 1000 kept, 23514 1500 kept, 23514 2500 kept', 'replay lost: as it was committed there');
is($far->safe_psql('postgres', 'SELECT count(*) FROM dst.t'), 3996, 'replay lost: two more rows');

# Cut off before the commit: nothing is there, and nothing put aside but as lost.
$gate = close_far_gate();
as_etl("SELECT trigger_pipeline('lost')");
ok($far->poll_query_until('postgres', "SELECT count(*) = 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"), 'cut off: it commits there');
$far->safe_psql('postgres', "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'pg_sluice'");
$near->await("SELECT NOT EXISTS (SELECT FROM pipeline_runs WHERE pipeline_name = 'lost' AND status IN ('pending', 'running'))", 'cut off: it is over');
$gate->quit;
is(rejected('lost'), '22001 4000 kept, 23502 1000 kept, 23514 1500 kept, 23514 2500 kept', 'cut off: what earlier runs put aside stays');
is($far->safe_psql('postgres', 'SELECT count(*) FROM dst.t'), 3996, 'cut off: the rows as well');

# A watermark that the next run takes over brings them along.
$far->safe_psql('postgres', q{SET ROLE writer; SET search_path = dst; CREATE TABLE events (id int, n positive)});
$near->sql(q{SET ROLE etl; CREATE TABLE events (id int, n int); INSERT INTO events SELECT i, i % 10 FROM generate_series(1, 100) i});
make('events', source_table => 'events', destination_table => 'events', load => 'append', cursor_column => 'id', options => $late);
lose('events');
is($near->sql("SELECT count(*), min((original ->> 'id')::int) FROM rejected_rows WHERE pipeline = 'events' AND NOT is_lost"), '10|10', 'cursor lost: put aside once');
$near->sql('INSERT INTO events SELECT i, i % 10 FROM generate_series(101, 120) i');
run('events');
is($near->sql("SELECT count(*), count(DISTINCT original ->> 'id') FROM rejected_rows WHERE pipeline = 'events' AND NOT is_lost"), '12|12', 'cursor lost: and the next run adds its own');
is($far->safe_psql('postgres', 'SELECT count(*), count(DISTINCT id) FROM dst.events'), '108|108', 'cursor lost: the rows are those of the source');

# Where nobody looks the next run takes them over, in place of what was kept of a run that was taken for lost.
make('taken', source_table => 'events', destination_table => 'taken', load => 'append', cursor_column => 'id', options => $late =~ s/: 1,/: 3600,/gr);
$far->safe_psql('postgres', q{SET ROLE writer; SET search_path = dst; CREATE TABLE taken (id int, n positive)});
$gate = close_far_gate();
my ($unseen) = as_etl("SELECT trigger_pipeline('taken')");
ok($far->poll_query_until('postgres', "SELECT count(*) = 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"), 'not seen: it commits there');
kill 'KILL', $near->pid_of('run');
$near->await("SELECT count(*) = 2 FROM pipeline_runs WHERE root_run = '$unseen'", 'not seen: killed');
$near->sql("INSERT INTO sluice.pipeline_rejected_rows (id, pipeline_id, run_id, at, position, sqlstate, reason, original, is_lost) SELECT gen_random_uuid(), pipeline_id, id, now(), 10, '23514', 'as it failed', '{}', true FROM sluice.pipeline_runs WHERE id = '$unseen'");
$gate->quit;
ok($far->poll_query_until('postgres', "SELECT count(*) > 0 FROM dst.taken"), 'not seen: it is committed there');
$near->sql("UPDATE sluice.pipeline_runs SET status = 'stopped', reason = 'given up', end_time = now() WHERE root_run = '$unseen' AND attempt = 2");
run('taken');
is($near->sql("SELECT string_agg($counts, ', ') FROM pipeline_runs WHERE pipeline_name = 'taken' AND root_run <> '$unseen'"), 'success 1 0 0 0', 'not seen: the next run reads the last row alone');
is($near->sql("SELECT count(*), bool_or(is_lost) FROM rejected_rows WHERE pipeline = 'taken'"), '12|f', 'not seen: what it put aside is there once');

# A ledger that cannot hold them.
$far->safe_psql('postgres', 'ALTER TABLE dst.pg_sluice_ledger OWNER TO postgres; ALTER TABLE dst.pg_sluice_ledger DROP COLUMN state; GRANT ALL ON dst.pg_sluice_ledger TO writer');
run('good');
like($near->sql("SELECT error_message FROM pipeline_runs WHERE pipeline_name = 'good' ORDER BY start_time DESC LIMIT 1"), qr/cannot be put aside, because the ledger .* has no column "state"/, 'an old ledger');

$near->stop;
$far->stop;
done_testing();
