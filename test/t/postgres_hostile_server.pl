# A source that speaks PostgreSQL's protocol and means harm: what it says reaches nobody as it is, the password that it
# was given is never told again, and in each phase of a connection silence, a drip, a flood and a hang-up end the run.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../perl";
use ForkingServer;
use HostilePg;
use PostgreSQL::Test::Utils;
use SluiceNode;
use Test::More;
use Time::HiRes qw(time);

$PostgreSQL::Test::Cluster::use_tcp = 1;
$PostgreSQL::Test::Cluster::test_pghost = '127.0.0.1';

my $secret = "Ge%heim's 4711";
my $node = SluiceNode->create('near', "listen_addresses = '127.0.0.1'");
(my $quoted = $secret) =~ s/'/''/g;
$node->sql(q{CREATE EXTENSION postgres_fdw; CREATE TABLE kept (a int, b text); INSERT INTO kept VALUES (-1, 'kept')});

my $number = 0;
my $seconds = 0;

# The output of a run, or of another statement, against such a server; its time goes to $seconds.
sub meet
{
	my ($hooks, %how) = @_;
	my $hostile = HostilePg->start(%$hooks);
	my ($port, $options) = ($hostile->port, $how{options} // '{}');
	my $server = $how{server} // '';
	++$number;
	my $arguments = "source => 's$number', " . ($how{arguments} // "source_table => 't', destination_table => 'kept', load => 'append'");
	my $run = $how{run} // "CALL run_pipeline('p$number', '{}', NULL)";
	# A worker writes to a destination.
	if ($how{writes})
	{
		$arguments = "source_query => 'SELECT i AS a, repeat(md5(i::text), 100) AS b FROM generate_series(1, 20000) i', destination => 's$number', destination_table => 't', load => 'append'";
		$run = "CALL trigger_and_wait('p$number', '{}', '60 s', NULL, NULL, false); SELECT 'ERROR:  ' || error_sqlstate || ': ' || error_message FROM pipeline_runs WHERE pipeline_name = 'p$number'";
	}
	$node->sql("CREATE SERVER s$number FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port '$port', dbname 'x'$server);
		CREATE USER MAPPING FOR CURRENT_USER SERVER s$number OPTIONS (user 'u', password '$quoted');
		SELECT create_pipeline('p$number', $arguments, options => '$options')");
	my $began = time;
	my ($code, $out, $err) = $node->psql('postgres', "\\set VERBOSITY verbose\nSET client_min_messages = warning;\n$run", timeout => 120);
	$seconds = time - $began;
	$hostile->stop;
	return "$out$err";
}

unlike(meet({}), qr/ERROR/, 'one that is honest is read');
is($node->sql('SELECT count(*), sum(a) FROM kept'), '4|5', 'its rows arrive');
$node->sql('DELETE FROM kept WHERE a > 0');

# -- what it says

my $told = meet({ answer => sub { my ($s) = @_; $s->{out} .= HostilePg::error('XX001', "bad \xff\xfe \x1b[31mred \xe2\x80\xae txt", D => 'x' x 100000, H => "see $s->{password} or " . unpack('H*', $s->{password}), W => "\xc3"); return 1 } });
like($told, qr/XX001: bad \\xff\\xfe \\x1b\[31mred \\u\{202e\} txt/, 'bytes of no encoding and control characters are written out');
like($told, qr/DETAIL:  x{8000,8192}\.\.\.\n/, 'a long text is cut');
like($told, qr/HINT:  see \*\*\* or \*\*\*\n/, 'the password that it repeats is taken out');
like(meet({ login => sub { my ($s) = @_; $s->put(HostilePg::message('R', pack('N', 3))); $s->take(1); my ($p) = $s->take(unpack('N', $s->take(4)) - 4) =~ /^([^\0]*)/; $s->put(HostilePg::error('28P01', "\xff not $p")); $s->silent } }),
	qr/28P01: could not connect.*\\xff not \*\*\*\n/s, 'before the session stands as well');
like(meet({ answer => sub { my ($s) = @_; $s->{out} .= HostilePg::error('SL009', 'ours'); return 1 } }), qr/XX000: ours/, 'a condition of ours is not its to state');
like(meet({ answer => sub { my ($s) = @_; $s->{out} .= HostilePg::error('00000', 'fine'); return 1 } }), qr/XX000: fine/, 'an error that is a success is an error');
like(meet({ describe => sub { my ($s) = @_; $s->{out} = HostilePg::message('t', pack('n', 0)) . HostilePg::columns([ "a\xff", 23 ]); return 1 } }),
	qr/08P01: server "s\d+" sent a name or a value that is not valid in encoding "UTF8".*a\\xff/s, 'a name of a column that is none');
like(meet({ answer => sub { my ($s, $sql) = @_; return 0 if $sql !~ /nspname/; $s->{out} .= HostilePg::columns(map { [$_] } 1 .. 5) . HostilePg::row('public', "t\xff", 't', '1', 'r') . HostilePg::message('C', "SELECT 1\0"); return 1 } }),
	qr/08P01: server "s\d+" sent a name or a value/s, 'a name of a table that is none');
like(meet({ answer => sub { my ($s, $sql) = @_; return 0 if $sql !~ /nspname/; $s->{out} .= HostilePg::columns(['c']) . HostilePg::row('public') . HostilePg::message('C', "SELECT 1\0"); return 1 } }),
	qr/08P01: a server answered with fewer rows or columns/, 'an answer with too few columns');
like(meet({ answer => sub { my ($s, $sql) = @_; return 0 if $sql !~ /nspname/; $s->{out} .= HostilePg::columns(map { [$_] } 1 .. 5) . HostilePg::row($s->{password}, 't', 't', '1', 'r') . HostilePg::message('C', "SELECT 1\0"); return 1 } }),
	qr/^[0-9a-f-]{36}$/, 'the password as the name of a schema');
is($node->sql(qq{SELECT count(*) FROM pipeline_log WHERE message LIKE '%$quoted%'}), 0, 'is in no line of the log');
isnt($node->sql(q{SELECT count(*) FROM pipeline_log WHERE message LIKE '%"***"%'}), 0, 'where a mask stands for it');

# -- secrets that we do not hand over ourselves

my $echo = sub { my ($s) = @_; $s->put(HostilePg::message('R', pack('N', 3))); my ($p) = ($s->take_message)[1] =~ /^([^\0]*)/; $s->put(HostilePg::error('28P01', "not $p")); $s->silent };
my $foreign = HostilePg->start(login => $echo);
my $foreign_port = $foreign->port;
$node->sql("CREATE SERVER wrapped FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port '$foreign_port', dbname 'x'); CREATE USER MAPPING FOR CURRENT_USER SERVER wrapped OPTIONS (user 'u', password '$quoted-2');
	CREATE FOREIGN TABLE wrapped (a int, b text) SERVER wrapped; SELECT create_pipeline('wrapped', source_query => 'SELECT * FROM wrapped', destination_table => 'kept', load => 'append')");
(undef, undef, my $of_wrapper) = $node->psql('postgres', "CALL run_pipeline('wrapped', '{}', NULL)");
like($of_wrapper, qr/could not connect.*not \*\*\*/s, 'what a wrapper was told is taken out of its error');
$node->sql("CALL trigger_and_wait('wrapped', '{}', '60 s', NULL, NULL, false)");
like($node->sql("SELECT error_message || error_detail FROM pipeline_runs WHERE pipeline_name = 'wrapped' AND status = 'failed' ORDER BY id DESC LIMIT 1"),
	qr/could not connect.*not \*\*\*/s, 'and of what is kept of the run');
$foreign->stop;
my $passfile = PostgreSQL::Test::Utils::tempdir() . '/pass';
append_to_file($passfile, "*:*:*:*:From-a-file-8\n");
chmod 0600, $passfile;
my $from_file = HostilePg->start(login => $echo);
my $file_port = $from_file->port;
$node->sql("CREATE SERVER filed FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port '$file_port', dbname 'x', passfile '$passfile'); CREATE USER MAPPING FOR CURRENT_USER SERVER filed OPTIONS (user 'u');
	SELECT create_pipeline('filed', source => 'filed', source_table => 't', destination_table => 'kept', load => 'append')");
(undef, undef, my $of_file) = $node->psql('postgres', "CALL run_pipeline('filed', '{}', NULL)");
like($of_file, qr/could not connect.*not \*\*\*/s, 'a password out of a file is taken out of what is said');
$from_file->stop;

# -- more columns than there can be, and names without end

for my $count (1664, 1665, 65535)
{
	my $many = meet({ describe => sub { my ($s) = @_; $s->{out} = HostilePg::message('t', pack('n', 0)) . HostilePg::columns(map { [ "c$_", 23 ] } 1 .. $count); return 1 } });
	like($many, $count > 1664 ? qr/ERROR:  \w{5}: .*too many columns/ : qr/ERROR/, "$count columns");
	my $wide = meet({ answer => sub { my ($s, $sql) = @_; return 0 if $sql !~ /nspname/; $s->{out} .= HostilePg::columns(map { ["c$_"] } 1 .. $count) . HostilePg::row(('public') x $count) . HostilePg::message('C', "SELECT 1\0"); return 1 } });
	like($wide, qr/^[0-9a-f-]{36}$/, "$count columns of an answer, of which the first are what was asked for");
}
my $long_name = 'n' x (1 << 20);
unlike(meet({ describe => sub { my ($s) = @_; $s->{out} = HostilePg::message('t', pack('n', 0)) . HostilePg::columns([ $long_name, 23 ], [ 'b', 25 ]); return 1 } }), qr/n{10000}/, 'a name of a megabyte is not repeated whole');
unlike(meet({ describe => sub { my ($s) = @_; $s->{out} = HostilePg::message('t', pack('n', 0)) . HostilePg::columns([ "\xc3\xa4" x 40, 23 ], [ 'b', 25 ]); return 1 } }, arguments => "source_table => 't', destination_table => 'made', load => 'append'"),
	qr/ERROR/, 'a name that is too long is cut');
like(meet({ answer => sub { my ($s, $sql) = @_; return 0 if $sql !~ /col_description/; $s->put(HostilePg::columns(map { ["c$_"] } 1 .. 4) . HostilePg::row('a', 'f', 'f', '') . HostilePg::message('C', "SELECT 1\0") . $s->ready); return 1 } },
		arguments => "source_table => 't', destination_table => 'not_made', load => 'append'"),
	qr/08P01: a server answered with fewer rows or columns/, 'an answer of fewer columns');
is($node->sql("SELECT string_agg(attname, ',' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 'made'::regclass AND attnum > 0"), ("\xc3\xa4" x 31) . ',b', 'between two characters');
like(meet({ copy => sub { my ($s) = @_; $s->put(HostilePg::message('H', pack('Cnnn', 1, 2, 1, 1)) . HostilePg::message('d', "PGCOPY\n\xff\r\n\0" . pack('NN', 0, 0)) . HostilePg::message('d', pack('n', 65534) . pack('N', 0xffffffff) x 65534)); $s->silent } }),
	qr/08P01: server "s\d+" sent a malformed row/, 'a row of 65534 fields');

# -- ways to a local socket

$node->sql(q{CREATE ROLE etl LOGIN; GRANT CREATE, USAGE ON SCHEMA public TO etl; SELECT allow_pipelines('etl')});
for my $where ("host '127.0.0.1,'", "host ',127.0.0.1'", "host ''", "host '\@x'", "host '127.0.0.1,/tmp'", "host '127.0.0.1', hostaddr '127.0.0.1,'", "hostaddr ''", "host 'a,,b'")
{
	++$number;
	$node->sql("CREATE SERVER s$number FOREIGN DATA WRAPPER postgres_fdw OPTIONS ($where, dbname 'postgres'); GRANT USAGE ON FOREIGN SERVER s$number TO etl;
		CREATE USER MAPPING FOR etl SERVER s$number OPTIONS (user 'u', password 'p')");
	my ($code, $out, $err) = $node->psql('postgres', "\\set VERBOSITY verbose\nSELECT create_pipeline('p$number', source => 's$number', source_table => 't', destination_table => 'e$number'); CALL run_pipeline('p$number', '{}', NULL)",
		extra_params => [ '-U', 'etl' ]);
	like($err, qr/42501: connection option "host(addr)?" of server "s$number" is not allowed/, "$where is for superusers");
}

# -- each phase: silence, a drip, a flood, a hang-up

sub ends
{
	my ($hooks, $pattern, $name, %how) = @_;
	$how{options} //= '{"connect_timeout": 1, "source_idle_timeout": 1}';
	like(meet($hooks, %how), $pattern, $name);
	cmp_ok($seconds, '<', 20, "$name: soon");
	return;
}

my %ways = (
	silence => sub { $_[0]->silent },
	drip => sub { $_[0]->drip($_[1]) },
	flood => sub { $_[0]->endless($_[1]) },
	'hang-up' => sub { $_[0]->reset_connection });
my $login = HostilePg::parameter('p' x 20, 'v');
my $said = qr/ERROR:  (08001|08006|08P01|SL005):/;
for my $way (sort keys %ways)
{
	my $do = $ways{$way};
	ends({ start => sub { $do->($_[0], 'S' . "\x16\x03") } }, $said, "$way in place of TLS", server => ", sslmode 'require'");
	ends({ start => sub { my ($s) = @_; $s->put('S'); $do->($s, "\x16\x03\x03\x40\x00") } }, $said, "$way in the handshake", server => ", sslmode 'require'");
	ends({ login => sub { $do->($_[0], 'Eendless') } }, $said, "$way in place of the login");
	ends({ login => sub { my ($s) = @_; $s->put(HostilePg::message('R', pack('N', 0))); $do->($s, $login) } }, $said, "$way after the login");
	for my $what (HostilePg::notice('x' x 100), $login, HostilePg::message('A', pack('N', 1) . "c\0p\0"), HostilePg::message('C', "SELECT 1\0"), HostilePg::row('x'), 'E' . pack('N', 1 << 30) . 'SERROR')
	{
		ends({ answer => sub { my ($s) = @_; $do->($s, $what) } }, $said, "$way of " . substr($what, 0, 1) . ' in place of an answer');
		last if $way ne 'flood';
	}
	ends({ copy => sub { my ($s) = @_; $s->put(HostilePg::message('H', pack('Cnnn', 1, 2, 1, 1)) . 'd' . pack('N', 1 << 30)); $do->($s, 'x') } }, $said, "$way in a row") if $way ne 'flood';
}

# -- the same of a destination

my $lost = qr/ERROR:  (SL010|08P01):/;
my %later = (writes => 1, options => '{"connect_timeout": 1, "source_idle_timeout": 1, "retry_delay": 1}');
my $notice = HostilePg::notice('x' x 100);
for my $way (sort keys %ways)
{
	my $do = $ways{$way};
	for my $question (qr/synchronous_commit/, qr/relhasrules/, qr/^INSERT/, qr/attgenerated/, qr/^UPDATE/)
	{
		ends({ answer => sub { my ($s, $sql) = @_; return 0 if $sql !~ $question; $do->($s, $notice); return 1 } }, $lost, "$way in place of an answer to $question", %later);
		last if $way eq 'flood';
	}
	ends({ copy => sub { $do->($_[0], $notice) } }, $lost, "$way in place of taking rows", %later);
	ends({ rows => sub { $do->($_[0], $notice) } }, $lost, "$way while it takes rows", %later);
	ends({ taken => sub { $do->($_[0], $notice) } }, $lost, "$way after it has taken rows", %later);
	my $commits = 0;
	ends({ answer => sub { my ($s, $sql) = @_; return 0 if $sql ne 'COMMIT' || ++$commits < 2; $do->($s, $notice); return 1 } }, $lost, "$way in place of the answer to COMMIT", %later);
}

# -- SCRAM

sub scram
{
	my ($iterations, $early) = @_;
	return { login => sub {
		my ($s) = @_;
		$s->put(HostilePg::message('R', pack('N', 10) . "SCRAM-SHA-256\0\0") . ($early // ''));
		$s->take(1);
		my ($nonce) = $s->take(unpack('N', $s->take(4)) - 4) =~ /r=(.*)$/s;
		$s->put(substr(HostilePg::message('R', pack('N', 11) . "r=${nonce}x,s=c2FsdA==,i=$iterations"), length($early // '')));
		$s->silent } };
}
# What is refused at once has the time for it on a busy machine.
my %patient = (options => '{"connect_timeout": 15, "source_idle_timeout": 15}');
ends(scram($_), qr/53400: server "s\d+" asks to hash the password more than 100000 times.*HINT:.*pg_sluice.max_scram_iterations/s, "$_ iterations", %patient) for 2147483647, 100001, '99999999999999999999';
ends(scram(4096), qr/08001: could not connect .* within 1 second/, 'as many as PostgreSQL asks for');
ends(scram(2147483647, 'R'), qr/08P01: server "s\d+" said something out of turn/, 'a number that hides in pieces', %patient);

SKIP:
{
	skip 'Perl has no TLS here', 3 unless ForkingServer::can_tls();
	my $keys = ForkingServer::make_keys() or skip 'openssl makes no keys here', 3;
	my $encrypted = sub {
		my ($iterations, $cut) = @_;
		my $plain = scram($iterations)->{login};
		return { start => sub { my ($s, $code) = @_; return 0 if $code != 80877103; $s->put('S'); ForkingServer::start_tls($s->{client}, $keys); return 1 }, login => $plain };
	};
	my %how = (server => ", sslmode 'require'");
	ends($encrypted->(2147483647), qr/53400: server "s\d+" asks to hash the password more than 100000 times/, 'endless iterations under TLS', %how, %patient);
	ends($encrypted->(4096), qr/08001: could not connect .* within 1 second/, 'as many as PostgreSQL asks for under TLS', %how);
}

is($node->sql('SELECT * FROM kept WHERE a < 0'), '-1|kept', 'the destination is as it was');
unlike(slurp_file($node->logfile), qr/terminated by signal|PANIC|TRAP/, 'no process died');
unlike(slurp_file($node->logfile), qr/(?:WARNING|ERROR|FATAL|LOG):[^\n]*\Q$secret\E/, 'no message of the log tells the password');
$node->stop;
done_testing();
