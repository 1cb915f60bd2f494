# Hints that need workers, another server or MariaDB: makes the error, compares the hint, does what it says, and calls again. The
# others are in sql/hints.sql; between $h$ stand the words of scripts/list_hints.pl, with % for what is filled in.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../perl";
use SluiceMariaDB;
use SluiceNode;
use Test::More;

my $node = SluiceNode->create('hints');
$node->sql(q{CREATE EXTENSION postgres_fdw; CREATE ROLE etl LOGIN; CREATE ROLE other LOGIN; SELECT allow_pipelines('etl');
	GRANT CREATE, USAGE ON SCHEMA public TO etl, other});
$node->sql('SET SESSION AUTHORIZATION etl; CREATE TABLE src AS SELECT 1 AS id');

# '' or what psql says; as the superuser, or as etl.
sub run
{
	my ($sql, $role) = @_;
	my ($code, undef, $said) = $node->psql('postgres', "SET client_min_messages = warning;\n$sql", on_error_stop => 1, extra_params => $role ? [ '-U', $role ] : []);
	return $code == 0 ? '' : $said;
}

# hint; fails: what etl calls; follow: what the superuser does then, SQL or a sub that is given what was said; again: what etl
# calls then, if it is something else.
sub walk
{
	my ($hint, $fails, %then) = @_;
	$hint =~ s/\$h\$//g;
	my $pattern = join '.*', map { quotemeta } split /%/, $hint, -1;
	my $said = run($fails, $then{role} // 'etl');
	like($said, qr/HINT:  .*$pattern/s, $hint);
	if (ref $then{follow}) { $then{follow}->($said); }
	elsif (defined $then{follow}) { is(run($then{follow}), '', 'can be followed'); }
	is(run($then{again} // $fails, $then{role} // 'etl'), '', 'and that helps');
	return;
}

# A pipeline of etl's that is made anew and run here.
sub attempt
{
	my ($arguments) = @_;
	$arguments .= q{, destination_table => 'd'} if $arguments !~ /destination_table/;
	$arguments .= q{, load => 'replace'} if $arguments !~ /load =>/;
	return "SELECT drop_pipeline('x', if_exists => true); DROP TABLE IF EXISTS d; SELECT create_pipeline('x', $arguments); CALL run_pipeline('x');";
}

# What workers do.
$node->pipeline('gated', SluiceNode::gated_query());
$node->pipeline('plain', 'SELECT 1::bigint AS i');
walk(q{$h$Set pg_sluice.enabled = on and reload the configuration.$h$}, q{SELECT trigger_pipeline('plain')}, role => 'postgres',
	follow => sub { $node->append_conf('postgresql.conf', 'pg_sluice.enabled = on'); $node->reload; $node->await('SHOW pg_sluice.enabled', 'switched on', expected => 'on'); })
  if do { $node->append_conf('postgresql.conf', 'pg_sluice.enabled = off'); $node->reload; $node->await('SHOW pg_sluice.enabled', 'switched off', expected => 'off') };
$node->await(q{SELECT count(*) = 0 FROM pipeline_runs WHERE status IN ('pending', 'running')}, 'idle');

my $gate = $node->close_gate;
walk(q{$h$It goes on. SELECT wait_for_run('%') waits for it, SELECT stop_run('%') stops it.$h$}, q{CALL trigger_and_wait('gated', timeout => '0 s')}, role => 'postgres',
	follow => sub {
		my ($said) = @_;
		my ($wait, $stop) = $said =~ /(SELECT wait_for_run\('[^']+'\)).*(SELECT stop_run\('[^']+'\))/;
		is($node->sql($stop), 't', 'stop_run stops it');
		is($node->sql($wait), 'stopped', 'wait_for_run waits for it');
	},
	again => 'SELECT 1');
my $option_timeout = q{$h$Its option timeout says so; raise it with alter_pipeline(..., options => '{"timeout": ...}').$h$};
$node->sql(q{SELECT alter_pipeline('gated', options => '{"timeout": "1 s"}')});
walk($option_timeout, q{CALL trigger_and_wait('gated')}, role => 'postgres',
	follow => sub { $node->sql(q{SELECT alter_pipeline('gated', options => '{"timeout": "1 hour"}')}); $gate->quit; });
$node->sql(q{SELECT alter_pipeline('plain', source_query => 'SELECT 1::bigint / 0 AS i'); CALL trigger_and_wait('plain', raise_error => false)});
my $failing = q{$h$pipeline_status shows the last error of each, with a hint.$h$} =~ s/\$h\$//gr;
my $told = q{SELECT hint FROM pipeline_health() WHERE check_name = 'failing'};
is($node->sql($told), $failing, $failing);
is($node->sql(q{SELECT last_error, last_hint FROM pipeline_status WHERE name = 'plain'}),
	'division by zero|Correct such values in the source, or by an expression in columns.', 'and it does');
$node->sql(q{SELECT alter_pipeline('plain', source_query => 'SELECT 1::bigint AS i'); CALL trigger_and_wait('plain')});
is($node->sql($told), '', 'no longer once it runs');

# A run that is stopped before its end says nothing itself; its log does.
$gate = $node->close_gate;
my $waiting = $node->background_psql('postgres', on_error_stop => 0);
$waiting->query_until(qr/started/, "\\echo started\nCALL trigger_and_wait('gated');\n");
$node->await_gated(1, 'a run under way');
$node->sql(q{SELECT stop_pipeline('gated')});
$gate->quit;
$waiting->quit;
my ($stopped) = $node->sql(q{SELECT id FROM pipeline_runs WHERE pipeline_name = 'gated' AND status = 'stopped' ORDER BY id DESC LIMIT 1});
my $log_hint = q{$h$SELECT * FROM run_log('%') tells what it did.$h$} =~ s/\$h\$//gr;
like($waiting->{stderr}, qr/HINT:  SELECT \* FROM run_log\('$stopped'\) tells what it did\./, $log_hint);
like($node->sql("SELECT * FROM run_log('$stopped')"), qr/stopped by role/, 'and it tells');

# A context that was within the bound when its run was queued.
$gate = $node->close_gate;
$node->sql(q{SELECT trigger_pipeline('gated'), trigger_pipeline('gated', jsonb_build_object('ids', repeat('1,', 3000)), if_running => 'queue')});
$node->await_gated(1, 'the first of two runs');
$node->append_conf('postgresql.conf', 'pg_sluice.max_context_size = 1024');
$node->reload;
$node->await('SHOW pg_sluice.max_context_size', 'a smaller bound', expected => '1kB');
$gate->quit;
my $too_large = q{$h$pg_sluice.max_context_size allows % bytes: raise it, or trigger with a smaller context.$h$};
$node->await(q{SELECT count(*) = 1 FROM pipeline_runs WHERE error_hint = 'pg_sluice.max_context_size allows 1024 bytes: raise it, or trigger with a smaller context.'}, $too_large);
is(run(q{CALL trigger_and_wait('gated', '{"ids": "1"}')}), '', 'a smaller context');
$node->append_conf('postgresql.conf', 'pg_sluice.max_context_size = 1MB');
$node->reload;
$node->await('SHOW pg_sluice.max_context_size', 'a larger bound', expected => '1MB');
is(run(q{CALL trigger_and_wait('gated', jsonb_build_object('ids', repeat('1,', 3000)))}), '', 'or raised');

# Owners, as a worker meets them.
$node->sql(q{SET SESSION AUTHORIZATION etl; SELECT create_pipeline('etl', source_table => 'src', destination_table => 'etl_made')});
my $trigger = q{CALL trigger_and_wait('etl/etl')};
SKIP:
{
	skip 'since 16 workers need no LOGIN', 6 if $node->pg_version >= 16;
	$node->sql('ALTER ROLE etl NOLOGIN');
	is($node->sql(q{SELECT hint FROM pipeline_health() WHERE check_name = 'login'}),
		q{$h$ALTER ROLE ... LOGIN CONNECTION LIMIT 0 PASSWORD NULL lets workers in, but no client.$h$} =~ s/\$h\$//gr, 'pipeline_health says it as well');
	walk(q{$h$ALTER ROLE % LOGIN CONNECTION LIMIT 0 PASSWORD NULL: workers may connect, clients may not.$h$}, $trigger, role => 'postgres',
		follow => sub { my ($command) = $_[0] =~ /HINT:  (ALTER ROLE .* PASSWORD NULL)/; is(run($command), '', $command); });
	is($node->sql(q{SELECT count(*) FROM pipeline_health() WHERE check_name = 'login'}), '0', 'which it no longer does');
}
$node->sql('ALTER ROLE etl LOGIN CONNECTION LIMIT -1; REVOKE CONNECT ON DATABASE postgres FROM PUBLIC');
walk(q{$h$GRANT CONNECT ON DATABASE ... TO %.$h$}, $trigger, role => 'postgres', follow => 'GRANT CONNECT ON DATABASE postgres TO etl');
$node->sql('GRANT CONNECT ON DATABASE postgres TO PUBLIC; GRANT other TO etl; ALTER ROLE etl SET role = other');
walk(q{$h$A setting "role" of the owner or of the database changes who the session is: remove it with ALTER ROLE ... RESET role, or ALTER DATABASE ... RESET role.$h$},
	$trigger, role => 'postgres', follow => 'ALTER ROLE etl RESET role');
$node->sql(q{CREATE ROLE gone LOGIN; GRANT USAGE, CREATE ON SCHEMA public TO gone; GRANT ALL ON src TO gone; SELECT alter_pipeline('etl/etl', owner => 'gone', destination_table => 'public.gone_made', load => 'replace')});
my $orphan = $node->sql(q{SELECT id FROM pipelines WHERE name = 'etl'; DROP OWNED BY gone; DROP ROLE gone});
walk(q{$h$Give the pipeline to another role with alter_pipeline(..., owner => 'role').$h$}, "CALL trigger_and_wait('$orphan'::uuid)", role => 'postgres', follow => "SELECT alter_pipeline('$orphan'::uuid, owner => 'etl')");

# Rights, as an owner meets them who connects.
my $grant = sub { my ($command) = $_[0] =~ /(GRANT [A-Z, ]+ ON \S+ TO \S+?)\.$/m; is(run($command), '', $command); };
$node->sql('CREATE TABLE secret (id int); CREATE TABLE filled (id int); CREATE TABLE renewed (id int); GRANT INSERT ON renewed TO etl');
walk(q{$h$A pipeline has the rights of its owner "%" and no others: GRANT what is missing to that role.$h$}, attempt(q{source_table => 'secret'}), follow => 'GRANT SELECT ON secret TO etl');
walk(q{$h$Grant it to the owner of the pipeline: GRANT INSERT ON % TO %.$h$}, attempt(q{source_table => 'src', destination_table => 'filled', load => 'append'}), follow => $grant);
walk(q{$h$Grant it to the owner of the pipeline: GRANT TRUNCATE, INSERT ON % TO %.$h$}, attempt(q{source_table => 'src', destination_table => 'renewed'}), follow => $grant);

# What ends its transaction.
my $command = sub { return "SELECT drop_pipeline('x', if_exists => true); SELECT create_pipeline('x', command => \$c\$SELECT 1; DO 'BEGIN COMMIT; END'\$c\$$_[0]); CALL trigger_and_wait('x');" };
walk(q{$h$Set the option command_transaction to false: each statement is then a transaction of its own.$h$}, $command->(''), again => $command->(q{, options => '{"command_transaction": false}'}));

# Another session holds the table.
$node->sql('CREATE TABLE held (id int); ALTER TABLE held OWNER TO etl');
my $holder = $node->background_psql('postgres');
$holder->query_safe('BEGIN; INSERT INTO held VALUES (7)');
walk(q{$h$Another session uses it: pg_locks and pg_stat_activity show which. The options swap_lock_timeout and swap_lock_attempts say how long a run waits.$h$},
	attempt(q{source_table => 'src', destination_table => 'held', options => '{"swap_lock_timeout": "100 ms", "swap_lock_attempts": 1}'}),
	follow => sub {
		is($node->sql(q{SELECT count(*) FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE l.relation = 'held'::regclass AND a.query LIKE '%INSERT INTO held%'}), '1', 'pg_locks and pg_stat_activity show it');
		$holder->query_safe('ROLLBACK');
		$holder->quit;
	});

# Another PostgreSQL, over TCP: roles other than superusers need a password that is asked for.
my $far = PostgreSQL::Test::Cluster->new('far');
$far->init;
$far->append_conf('postgresql.conf', "listen_addresses = '127.0.0.1'");
open my $hba, '>', $far->data_dir . '/pg_hba.conf' or die $!;
print {$hba} "local all all trust\nhost all trusted 127.0.0.1/32 trust\nhost all reader 127.0.0.1/32 scram-sha-256\n";
close $hba;
$far->start;
my $there = sub { return $far->safe_psql('postgres', $_[0]) };
$there->(q{CREATE ROLE reader LOGIN PASSWORD 'secret'; CREATE ROLE trusted LOGIN; CREATE TABLE t AS SELECT 1 AS id; CREATE TABLE into_this (id int); GRANT SELECT ON t TO reader, trusted;
	CREATE TYPE mood AS ENUM ('fine', 'sad'); CREATE TABLE moods AS SELECT 'fine'::mood AS m; GRANT SELECT ON moods TO reader});
my $far_port = $far->port;
$node->sql("CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port '$far_port', dbname 'postgres'); GRANT USAGE ON FOREIGN SERVER far TO etl; CREATE USER MAPPING FOR etl SERVER far OPTIONS (user 'reader')");
walk(q{$h$Set the option password in the owner's USER MAPPING, or let a superuser set password_required 'false' on it.$h$}, attempt(q{source => 'far', source_table => 't'}),
	follow => q{ALTER USER MAPPING FOR etl SERVER far OPTIONS (ADD password 'secret')});
$node->sql(q{ALTER USER MAPPING FOR etl SERVER far OPTIONS (SET user 'trusted')});
walk(q{$h$Change the server's authentication method, or let a superuser set password_required 'false' on the user mapping.$h$}, attempt(q{source => 'far', source_table => 't'}),
	follow => q{ALTER USER MAPPING FOR etl SERVER far OPTIONS (ADD password_required 'false')});
$node->sql(q{ALTER USER MAPPING FOR etl SERVER far OPTIONS (SET user 'reader', DROP password_required)});
$node->sql('REVOKE TEMPORARY ON DATABASE postgres FROM PUBLIC');
walk(q{$h$Grant it to the owner of the pipeline: GRANT TEMPORARY ON DATABASE % TO %.$h$}, attempt(q{source => 'far', source_table => 't', columns => 'count(*) AS id'}),
	follow => sub { my ($command) = $_[0] =~ /(GRANT TEMPORARY ON DATABASE \S+ TO \S+?)\.$/m; is(run($command), '', $command); });
my $push = sub { return "SELECT drop_pipeline('x', if_exists => true); SELECT create_pipeline('x', source_table => 'src', destination => 'far', destination_table => '$_[0]', load => 'append'); CALL trigger_and_wait('x');" };
walk(q{$h$Grant what is missing at server "%", to the role that the user mapping names.$h$}, $push->('public.into_this'),
	follow => sub { $there->('GRANT INSERT, SELECT ON into_this TO reader'); });
$there->(q{ALTER ROLE reader SET search_path = nowhere});
walk(q{$h$Write schema.table in destination_table, or set the remote role's search_path.$h$}, $push->('into_that'),
	follow => sub { $there->(q{ALTER ROLE reader SET search_path = public; GRANT CREATE ON SCHEMA public TO reader}); });
walk(q{$h$Make that type known here, or compute with it in source_query, at the source. What is only loaded needs neither, nor does its text: %::text.$h$},
	attempt(q{source => 'far', source_table => 'moods', columns => 'greatest(m) AS m'}),
	follow => sub {
		is(run(attempt(q{source => 'far', source_query => 'SELECT greatest(m) AS m FROM moods'}) . attempt(q{source => 'far', source_table => 'moods', columns => 'm::text AS m'}), 'etl'), '', 'at the source, or its text');
		$node->sql(q{CREATE TYPE mood AS ENUM ('fine', 'sad')});
	});

# MariaDB. Without the wrapper's package one of that name serves to name servers.
my $sharedir = `pg_config --sharedir`;
chomp $sharedir;
my $maria = SluiceMariaDB->new;
$maria->sql(q{CREATE DATABASE shop CHARACTER SET utf8mb4; CREATE DATABASE open; CREATE USER reader@'127.0.0.1' IDENTIFIED BY 'secret'; GRANT SELECT ON open.* TO reader@'127.0.0.1'});
$maria->sql(q{USE open; CREATE TABLE written (a int);
	GRANT EXECUTE ON open.* TO reader@'127.0.0.1'; USE shop; CREATE TABLE stamps (id int PRIMARY KEY, ts timestamp NULL); INSERT INTO stamps VALUES (1, '2026-01-01'); GRANT SELECT, INSERT ON shop.stamps TO reader@'127.0.0.1'});
$maria->sql(q{USE shop; SET sql_mode = ''; CREATE TABLE t (id int, at datetime); INSERT INTO t VALUES (1, '2026-01-01');
	CREATE TABLE closed (id int); CREATE TABLE words (t varchar(10)); INSERT INTO words VALUES ('b'); GRANT SELECT ON shop.words TO reader@'127.0.0.1'; CREATE TABLE zero (day date); INSERT INTO zero VALUES ('0000-00-00'); CREATE TABLE times (a time); INSERT INTO times VALUES ('838:59:59');
	CREATE TABLE years (id int, y year); INSERT INTO years VALUES (1, 2026); GRANT SELECT ON shop.years TO reader@'127.0.0.1';
	CREATE TABLE nul (t varchar(10)); INSERT INTO nul VALUES (CONCAT('b', CHAR(0), 'c'));
	GRANT SELECT ON shop.t TO reader@'127.0.0.1'; GRANT SELECT ON shop.zero TO reader@'127.0.0.1'; GRANT SELECT ON shop.times TO reader@'127.0.0.1'; GRANT SELECT ON shop.nul TO reader@'127.0.0.1'});
$maria->sql("DELIMITER //\nCREATE FUNCTION open.writes() RETURNS int MODIFIES SQL DATA BEGIN INSERT INTO open.written VALUES (1); RETURN 1; END//");
my $maria_port = $maria->port;
my $has_fdw = -e "$sharedir/extension/mysql_fdw.control";
$node->sql(($has_fdw ? 'CREATE EXTENSION mysql_fdw' : 'CREATE FOREIGN DATA WRAPPER mysql_fdw') .
	"; CREATE SERVER m FOREIGN DATA WRAPPER mysql_fdw OPTIONS (host '127.0.0.1', port '1'); GRANT USAGE ON FOREIGN SERVER m TO etl; CREATE USER MAPPING FOR etl SERVER m OPTIONS (username 'reader', password 'wrong')");
my $orders = attempt(q{source => 'm', source_table => 'shop.t'});
walk(q{$h$Check that the source is up, and the options of the server and the user mapping.$h$}, $orders,
	follow => sub { $node->sql("ALTER SERVER m OPTIONS (SET port '$maria_port'); ALTER USER MAPPING FOR etl SERVER m OPTIONS (SET password 'secret')"); });
$node->sql(q{ALTER USER MAPPING FOR etl SERVER m OPTIONS (SET password 'wrong')});
walk(q{$h$Check username and password of the user mapping.$h$}, $orders, follow => q{ALTER USER MAPPING FOR etl SERVER m OPTIONS (SET password 'secret')});
$node->sql(q{ALTER USER MAPPING FOR etl SERVER m OPTIONS (DROP password)});
walk(q{$h$Set the option password in the owner's USER MAPPING.$h$}, $orders, follow => q{ALTER USER MAPPING FOR etl SERVER m OPTIONS (ADD password 'secret')});
$node->sql(q{ALTER USER MAPPING FOR etl SERVER m OPTIONS (DROP username)});
walk(q{$h$Set its option username.$h$}, $orders, follow => q{ALTER USER MAPPING FOR etl SERVER m OPTIONS (ADD username 'reader')});
$node->sql(q{ALTER SERVER m OPTIONS (SET port '70000')});
walk(q{$h$Set it to a number from 1 to 65535.$h$}, $orders, follow => "ALTER SERVER m OPTIONS (SET port '$maria_port')");
$node->sql(q{GRANT USAGE ON FOREIGN DATA WRAPPER mysql_fdw TO etl; ALTER SERVER m OPTIONS (ADD ssl_ca '/nowhere'); ALTER SERVER m OWNER TO etl});
walk(q{$h$Files are read where a superuser owns the server: let one own it, or remove the option.$h$}, $orders, follow => q{ALTER SERVER m OPTIONS (DROP ssl_ca); ALTER SERVER m OWNER TO CURRENT_USER; GRANT USAGE ON FOREIGN SERVER m TO etl});
walk(q{$h$Check the name and what the user of the mapping may see there.$h$}, attempt(q{source => 'm', source_table => 'tt'}), again => $orders);
walk(q{$h$Write source_table as database.table.$h$}, attempt(q{source => 'm', source_table => 't'}), again => $orders);
walk(q{$h$Write it as schema.table, or database.table for MySQL.$h$}, attempt(q{source => 'm', source_table => 'a.shop.t'}), again => $orders);
my $query = sub { return attempt("source => 'm', source_query => \$q\$$_[0]\$q\$") };
walk(q{$h$Grant what is missing to the user of the mapping, at the source.$h$}, $query->('SELECT id FROM shop.closed'), follow => sub { $maria->sql(q{GRANT SELECT ON shop.closed TO reader@'127.0.0.1'}) });
walk(q{$h$source_query is one SELECT in the SQL of the source.$h$}, $query->('SELECT id FROM FROM shop.t'), again => $query->('SELECT id FROM shop.t'));
walk(q{$h$Write one SELECT in the SQL of the source, as it is sent there.$h$}, $query->('SELECT id FROM shop.t; SELECT 2'), again => $query->('SELECT id FROM shop.t'));
walk(q{$h$Check the name and what the user of the mapping may see at the source.$h$}, $query->('SELECT id FROM open.nothing'), again => $query->('SELECT id FROM shop.t'));
walk(q{$h$Write values in the place of each "?".$h$}, $query->('SELECT id FROM shop.t WHERE id = ?'), again => $query->('SELECT id FROM shop.t WHERE id = 1'));
my $years = sub { return attempt("source => 'm', load => 'append', $_[0]") };
walk(q{$h$Cast the column in source_query, or take another one.$h$}, $years->(q{source_table => 'shop.years', cursor_column => 'y'}),
	again => $years->(q{source_query => 'SELECT id, CAST(y AS SIGNED) AS y FROM shop.years', cursor_column => 'y'}) . $years->(q{source_table => 'shop.years', cursor_column => 'id'}));
my $long = 'x' x 62;
walk(q{$h$Give them shorter names in source_query, with AS.$h$}, $query->("SELECT id AS `${long}öa`, id AS `${long}öb` FROM shop.t"), again => $query->('SELECT id AS a, id AS b FROM shop.t'));
walk(q{$h$Set the option zero_dates to "null" to load such dates as NULL, or leave those rows out in source_query.$h$}, attempt(q{source => 'm', source_table => 'shop.zero'}),
	again => attempt(q{source => 'm', source_table => 'shop.zero', options => '{"zero_dates": "null"}'}) . $query->('SELECT day FROM shop.zero WHERE day <> 0'));
walk(q{$h$Set the option mysql_time to "interval": columns of type time are then read as interval.$h$}, attempt(q{source => 'm', source_table => 'shop.times'}),
	again => attempt(q{source => 'm', source_table => 'shop.times', options => '{"mysql_time": "interval"}'}));
walk(q{$h$Set the option on_nul to "strip", take it out in source_query, with REPLACE(column, CHAR(0), ''), or read the column as bytea, with CAST(column AS BINARY).$h$}, attempt(q{source => 'm', source_table => 'shop.nul'}),
	again => attempt(q{source => 'm', source_table => 'shop.nul', options => '{"on_nul": "strip"}'}) . $query->(q{SELECT REPLACE(t, CHAR(0), '') AS t FROM shop.nul}) . $query->('SELECT CAST(t AS BINARY) AS t FROM shop.nul'));
$node->sql('CREATE TABLE zoned (id int, at timestamptz); ALTER TABLE zoned OWNER TO etl');
my $words = q{source => 'm', source_table => 'shop.words', };
walk(q{$h$Say by which rules, for example %, or compute it in source_query, at the source.$h$}, attempt(qq{$words columns => \$c\$t < 'm' AS early\$c\$}),
	again => attempt(qq{$words columns => \$c\$t COLLATE "C" < 'm' AS early\$c\$}) . $query->(q{SELECT t < 'm' AS early FROM shop.words}));
walk(q{$h$A filter of comparisons with literals alone is applied by the source.$h$}, attempt(qq{$words filter => \$c\$t || 'x' < 'm'\$c\$}), again => attempt(qq{$words filter => \$c\$t < 'm'\$c\$}));
my $instant = q{source => 'm', source_query => 'SELECT id, CAST(COALESCE(at, NOW()) AS DATETIME) AS at FROM shop.t', timezone => 'Europe/Berlin', destination_table => 'zoned'};
walk(q{$h$Say in columns of which zone it is, for example: % AT TIME ZONE 'UTC' AS %.$h$}, attempt($instant), again => attempt("$instant, columns => \$c\$id, at AT TIME ZONE 'UTC' AS at\$c\$"));
walk(q{$h$A source is only read: leave out what writes.$h$}, $query->('SELECT open.writes() AS a'), again => $query->('SELECT id FROM shop.t'));
walk(q{$h$Write a SELECT of the columns that are needed in source_query.$h$}, $query->('SELECT id FROM shop.t INTO @kept'), again => $query->('SELECT id FROM shop.t'));
SKIP:
{
	skip 'mysql_fdw is not installed', 5 if !$has_fdw;
	$node->sql(q{CREATE FOREIGN TABLE stamps (id int, ts timestamptz) SERVER m OPTIONS (dbname 'shop', table_name 'stamps'); GRANT SELECT, INSERT ON stamps TO etl});
	walk(q{$h$Name that server in source and its table in source_table, without the option mysql_source; or leave the column out.$h$}, attempt(q{source_table => 'stamps'}),
		again => attempt(q{source => 'm', source_table => 'shop.stamps'}) . attempt(q{source_table => 'stamps', columns => 'id'}));
	walk(q{$h$Leave the column out of columns, or make it a DATETIME there.$h$}, attempt(q{source_query => 'SELECT 3 AS id, now() AS ts', destination_table => 'stamps', load => 'append'}),
		follow => sub { is(run(attempt(q{source_query => 'SELECT 2 AS id, now() AS ts', columns => 'id', destination_table => 'stamps', load => 'append'}), 'etl'), '', 'the column left out');
			$maria->sql('ALTER TABLE shop.stamps MODIFY ts datetime'); $node->sql('ALTER FOREIGN TABLE stamps ALTER ts TYPE timestamp') });
}
walk(q{$h$Leave the option mysql_source at auto and name the source's table in source_table, or let a superuser own the server.$h$},
	attempt(q{source => 'm', source_table => 'shop.t', options => '{"mysql_source": "fdw"}'}), again => $orders)
  if do { $node->sql(q{ALTER SERVER m OWNER TO etl}); 1 };
$maria->stop;
done_testing();
