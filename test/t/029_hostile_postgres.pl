# A source that speaks PostgreSQL's protocol and means harm: what it says reaches nobody as it is, the password that it
# was given is never told again, and in each phase of a connection silence, a drip, a flood and a hang-up end the run.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../perl";
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
	my $arguments = $how{arguments} // "source_table => 't', destination_table => 'kept', load => 'append'";
	++$number;
	$node->sql("CREATE SERVER s$number FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port '$port', dbname 'x'$server);
		CREATE USER MAPPING FOR CURRENT_USER SERVER s$number OPTIONS (user 'u', password '$quoted');
		SELECT create_pipeline('p$number', source => 's$number', $arguments, options => '$options')");
	my $run = $how{run} // "CALL run_pipeline('p$number', '{}', NULL)";
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

is($node->sql('SELECT * FROM kept WHERE a < 0'), '-1|kept', 'the destination is as it was');
unlike(slurp_file($node->logfile), qr/terminated by signal|PANIC|TRAP/, 'no process died');
unlike(slurp_file($node->logfile), qr/(?:WARNING|ERROR|FATAL|LOG):[^\n]*\Q$secret\E/, 'no message of the log tells the password');
$node->stop;
done_testing();
