# A server that says nothing, drips a byte now and then or never ends, with time-outs of ten minutes: whoever cancels the
# CALL, stops the run, terminates its process or shuts the server down is heard, in each phase of both protocols. So is he
# who asks once more while the other server is asked to end its work.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../perl";
use FakeMysql;
use HostilePg;
use IPC::Run;
use PostgreSQL::Test::Utils;
use SluiceNode;
use Test::More;
use Time::HiRes qw(time);

$PostgreSQL::Test::Cluster::use_tcp = 1;
$PostgreSQL::Test::Cluster::test_pghost = '127.0.0.1';

my $node = SluiceNode->create('near', "listen_addresses = '127.0.0.1'");
my $options = q{'{"connect_timeout": 600, "source_idle_timeout": 600}'};
$node->sql("CREATE EXTENSION postgres_fdw; CREATE FOREIGN DATA WRAPPER mysql_fdw;
	CREATE TABLE kept (a int, b text); CREATE TABLE lines (v text);
	CREATE SERVER pg FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port '1', dbname 'x', sslmode 'disable', gssencmode 'disable');
	CREATE SERVER my FOREIGN DATA WRAPPER mysql_fdw OPTIONS (host '127.0.0.1', port '1');
	CREATE USER MAPPING FOR CURRENT_USER SERVER pg OPTIONS (user 'u', password 'Never-Told-9');
	CREATE USER MAPPING FOR CURRENT_USER SERVER my OPTIONS (username 'u', password 'Never-Told-9');
	SELECT create_pipeline('pg', source => 'pg', source_table => 't', destination_table => 'kept', load => 'append', options => $options);
	SELECT create_pipeline(name, source => 'my', source_query => 'SELECT v FROM t', destination_table => 'lines', load => 'append', options => $options) FROM unnest('{my,my2}'::text[]) name");

# Anew for each case: a commit of which nobody knows is looked for later.
sub make_out { return $node->sql("SELECT create_pipeline('out', source_query => 'SELECT i AS a, repeat(md5(i::text), 100) AS b FROM generate_series(1, 20000) i', destination => 'pg', destination_table => 't', load => 'append', options => $options)"); }

# -- the servers. Each tells by a file that the phase is reached.

my $reached = PostgreSQL::Test::Utils::tempdir() . '/reached';

sub reach { my ($name) = @_; append_to_file($name // $reached, "here\n"); return; }

my %ways = (
	silence => sub { my ($s) = @_; reach(); $s->silent },
	drip => sub { my ($s, $what) = @_; reach(); $s->drip($what) },
	flood => sub { my ($s, $what) = @_; reach(); $s->endless($what) });
my %mysql_ways = (
	silence => sub { my ($c) = @_; reach(); $c->silence },
	drip => sub { my ($c) = @_; reach(); $c->drip },
	flood => sub { my ($c, $what) = @_; reach(); $c->endless($what) });

my $row = HostilePg::message('d', pack('nNNN', 2, 4, 1, 3) . 'abc');
my $begin_rows = HostilePg::message('H', pack('Cnnn', 1, 2, 1, 1)) . HostilePg::message('d', "PGCOPY\n\xff\r\n\0" . pack('NN', 0, 0));
my $asked = sub { my ($do, $which) = @_; return (answer => sub { my ($s, $sql) = @_; return 0 if $sql !~ $which; $do->($s, HostilePg::notice('x' x 100)); return 1 }); };

# The hooks of a server that goes wrong there; which pipeline meets it; whether TLS is asked for.
my @pg = (
	[ 'in place of TLS', 'pg', sub { my ($do) = @_; return (start => sub { return 0 if $_[1] != 80877103; $do->($_[0], "\x16\x03") }) }, 'require' ],
	[ 'in the handshake of TLS', 'pg', sub { my ($do) = @_; return (start => sub { my ($s, $code) = @_; return 0 if $code != 80877103; $s->put('S'); $do->($s, "\x16\x03\x03\x40\x00") }) }, 'require' ],
	[ 'in place of the login', 'pg', sub { my ($do) = @_; return (login => sub { $do->($_[0], 'R' . pack('N', 2000)) }) } ],
	[ 'after the login', 'pg', sub { my ($do) = @_; return (login => sub { my ($s) = @_; $s->put(HostilePg::message('R', pack('N', 0))); $do->($s, HostilePg::parameter('p', 'v')) }) } ],
	[ 'in place of an answer', 'pg', sub { return $asked->($_[0], qr/nspname/) } ],
	[ 'before the rows', 'pg', sub { my ($do) = @_; return (copy => sub { $do->($_[0], HostilePg::notice('x' x 100)) }) } ],
	[ 'among the rows', 'pg', sub { my ($do) = @_; return (copy => sub { my ($s) = @_; $s->put($begin_rows); $do->($s, $row) }) } ],
	[ 'at the first question of a destination', 'out', sub { return $asked->($_[0], qr/synchronous_commit/) } ],
	[ 'in place of taking rows', 'out', sub { my ($do) = @_; return (copy => sub { $do->($_[0], HostilePg::notice('x' x 100)) }) } ],
	[ 'while it takes rows', 'out', sub { my ($do) = @_; return (rows => sub { $do->($_[0], HostilePg::notice('x' x 100)) }) } ],
	[ 'after it has taken rows', 'out', sub { my ($do) = @_; return (taken => sub { $do->($_[0], HostilePg::notice('x' x 100)) }) } ],
	[ 'at its ledger', 'out', sub { return $asked->($_[0], qr/^UPDATE/) } ],
	[ 'at its COMMIT', 'out', sub { my ($do) = @_; my $commits = 0; return (answer => sub { my ($s, $sql) = @_; return 0 if $sql ne 'COMMIT' || ++$commits < 2; $do->($s, HostilePg::notice('x' x 100)); return 1 }) } ]);

my $special = sub {
	my ($do, $which) = @_;
	return sub { my ($c) = @_; $c->let_in; $c->commands(sub { my ($self, $kind, $text) = @_; return 0 unless $which->($kind, $text); $do->($self, "\0" x 60000); die 'over'; }); };
};
my @mysql = (
	[ 'in place of the greeting', sub { my ($do) = @_; return sub { $do->($_[0], "\0" x 60000) } } ],
	[ 'in place of TLS', sub { my ($do) = @_; return sub { my ($c) = @_; $c->say(FakeMysql::greeting(tls => 1)); $c->hear; $do->($c, "\0" x 60000) } } ],
	[ 'in the handshake of TLS', sub { my ($do) = @_; return sub { my ($c) = @_; $c->say(FakeMysql::greeting(tls => 1)); $c->hear; $c->raw("\x16\3\3\x40\0"); $do->($c, "\0" x 60000) } } ],
	[ 'in the login', sub { my ($do) = @_; return sub { my ($c) = @_; $c->say(FakeMysql::greeting()); $c->hear; $do->($c, "\0" x 60000) } } ],
	[ 'at a question', sub { return $special->($_[0], sub { $_[1] =~ /^SHOW/ }) } ],
	[ 'at a preparation', sub { return $special->($_[0], sub { $_[0] == 22 }) } ],
	[ 'at an execution', sub { return $special->($_[0], sub { $_[0] == 23 }) } ],
	[ 'among the rows', sub { my ($do) = @_; return $special->(sub { my ($c) = @_; $c->say($_) for "\1", FakeMysql::column('v', 253), FakeMysql::end(), "\0\0\3one"; $do->($c, "\0\0\3one") }, sub { $_[0] == 23 }) } ]);

# -- a case: the run begins, the phase is reached, somebody asks, the run ends

sub await_file
{
	my ($file, $name) = @_;
	for (1 .. 600)
	{
		return if -e $file;
		select(undef, undef, undef, 0.05);
	}
	die "$name: is not reached";
}

sub begin_call
{
	my ($pipeline) = @_;
	my $call = { err => '', out => '' };
	$call->{handle} = IPC::Run::start([ 'psql', '-XAtq', '-v', 'VERBOSITY=verbose', '-d', $node->connstr('postgres'), '-c', "CALL run_pipeline('$pipeline', '{}', NULL)" ],
		'<', \undef, '>', \$call->{out}, '2>', \$call->{err}, IPC::Run::timeout(120));
	return $call;
}

sub ask_call
{
	my ($how) = @_;
	$node->sql("SELECT pg_${how}_backend(pid) FROM pg_stat_activity WHERE query LIKE 'CALL %' AND pid <> pg_backend_pid()");
	return;
}

my $turn = 0;

sub is_heard
{
	my ($name, $pipeline, $server) = @_;
	my $where = $pipeline eq 'my' ? 'my' : 'pg';
	my $port = $server->port;
	$node->sql("ALTER SERVER $where OPTIONS (SET port '$port')");
	unlink $reached;
	make_out() if $pipeline eq 'out';
	# A destination is for workers.
	my @how = $pipeline eq 'out' ? qw(stop terminate) : qw(cancel stop terminate_call terminate);
	my $how = $how[ $turn++ % @how ];
	if ($how =~ /cancel|call/)
	{
		my $call = begin_call($pipeline);
		await_file($reached, $name);
		ask_call($how =~ /cancel/ ? 'cancel' : 'terminate');
		$call->{handle}->finish;
		# What never ends may have come to its bound before.
		like($call->{err}, qr/ERROR:  (57014|08)|FATAL:  57P01|server closed/, "$name: $how is heard");
	}
	else
	{
		my $run = $node->sql("SELECT trigger_pipeline('$pipeline')");
		await_file($reached, $name);
		$node->sql($how eq 'stop' ? "SELECT stop_run('$run')" : "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'pg_sluice run'");
		$node->await("SELECT count(*) = 0 FROM pg_stat_activity WHERE backend_type = 'pg_sluice run'", "$name: $how is heard");
		$node->await("SELECT status IN ('stopped', 'failed') FROM pipeline_runs WHERE id = '$run'", "$name: is its end");
	}
	$node->sql("SELECT drop_pipeline('out')") if $pipeline eq 'out';
	$server->stop;
	return;
}

# Elsewhere a flood comes to its bound soon.
my $may_flood = qr/login|question|rows/;
for my $way (sort keys %ways)
{
	for my $phase (grep { $way ne 'flood' || $_->[0] =~ $may_flood } @pg)
	{
		my ($name, $pipeline, $hooks, $tls) = @$phase;
		$node->sql("ALTER SERVER pg OPTIONS (SET sslmode '" . ($tls // 'disable') . "')");
		is_heard("$way $name", $pipeline, HostilePg->start($hooks->($ways{$way})));
	}
	for my $phase (grep { $way ne 'flood' || $_->[0] =~ $may_flood } @mysql)
	{
		my ($name, $serve) = @$phase;
		is_heard("$way $name of MySQL", 'my', FakeMysql->new($serve->($mysql_ways{$way})));
	}
}

# -- while the other server is asked to end its work, which it leaves unanswered for the seconds that it has

my $second = "$reached.again";
$node->sql("ALTER SERVER pg OPTIONS (SET sslmode 'disable')");
my %deaf = (
	pg => sub { return HostilePg->start(start => sub { my ($s, $code) = @_; return 0 if $code != 80877102; reach($second); $s->silent }, copy => sub { my ($s) = @_; $s->put($begin_rows); reach(); $s->silent }); },
	my => sub {
		my $rows = $mysql[-1][1]->($mysql_ways{silence});
		return FakeMysql->new(sub { my ($c) = @_; return $rows->($c) if $c->number == 1; reach($second); $c->silence });
	});
for my $pipeline (sort keys %deaf)
{
	my $best = 1000;
	for my $attempt (1 .. 3)
	{
		my $server = $deaf{$pipeline}->();
		my $port = $server->port;
		$node->sql("ALTER SERVER $pipeline OPTIONS (SET port '$port')");
		unlink $reached, $second;
		my $call = begin_call($pipeline);
		await_file($reached, "$pipeline: rows");
		ask_call('cancel');
		await_file($second, "$pipeline: the request to end the work");
		my $began = time;
		ask_call($pipeline eq 'pg' ? 'terminate' : 'cancel');
		$call->{handle}->finish;
		$best = time - $began if time - $began < $best;
		like($call->{err}, qr/ERROR:  57014|FATAL:  57P01|server closed/, "$pipeline: the first one was heard");
		$server->stop;
		last if $best < 1.5;
	}
	cmp_ok($best, '<', 1.5, "$pipeline: who asks again does not wait for an answer");
}

# -- a fast shutdown, with runs and CALLs in several phases

my @kept;
make_out();
for my $case ([ 'pg', $pg[6], 'drip' ], [ 'out', $pg[-2], 'silence' ], [ 'my', $mysql[-1], 'flood' ], [ 'my2', $mysql[2], 'drip' ])
{
	my ($pipeline, $phase, $way) = @$case;
	my $is_mysql = $pipeline =~ /my/;
	my $server = $is_mysql ? FakeMysql->new($phase->[1]->($mysql_ways{$way})) : HostilePg->start($phase->[2]->($ways{$way}));
	my $port = $server->port;
	$node->sql('ALTER SERVER ' . ($is_mysql ? 'my' : 'pg') . " OPTIONS (SET port '$port')");
	unlink $reached;
	push @kept, $server, $pipeline =~ /out|my$/ ? $node->sql("SELECT trigger_pipeline('$pipeline')") : begin_call($pipeline);
	await_file($reached, "$way before the shutdown");
}
my $began = time;
ok($node->stop('fast'), 'a fast shutdown is heard');
cmp_ok(time - $began, '<', 60, 'soon');
unlike(slurp_file($node->logfile), qr/was terminated by signal|PANIC|TRAP/, 'no process died');
done_testing();
