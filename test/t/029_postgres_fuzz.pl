# A source that speaks PostgreSQL's protocol, with one place of each conversation changed: any end of a run will do, but it
# is one, and soon; the backend lives on, does not grow, and nobody is told the password.
# FUZZ=seed,attempts plays others.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../perl";
use FuzzPg;
use HostilePg;
use POSIX ();
use PostgreSQL::Test::Utils;
use SluiceNode;
use Test::More;
use Time::HiRes qw(time);

$PostgreSQL::Test::Cluster::use_tcp = 1;
$PostgreSQL::Test::Cluster::test_pghost = '127.0.0.1';

my ($seed, $attempts) = split /,/, $ENV{FUZZ} // '1,150';
my $secret = "Ge%heim's 4711";
(my $quoted = $secret) =~ s/'/''/g;
my $node = SluiceNode->create('near', "listen_addresses = '127.0.0.1'\nlog_min_messages = info");
my $server = HostilePg->start(FuzzPg::hooks($seed, $secret));
my $port = $server->port;
my $options = q{'{"connect_timeout": 1, "source_idle_timeout": 2}'};
$node->sql("CREATE EXTENSION postgres_fdw; CREATE TABLE kept ($FuzzPg::TABLE);
	CREATE SERVER s FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port '$port', dbname 'x', sslmode 'prefer', gssencmode 'disable');
	CREATE USER MAPPING FOR CURRENT_USER SERVER s OPTIONS (user 'u', password '$quoted');
	SELECT create_pipeline('append', source => 's', source_table => 't', destination_table => 'kept', load => 'append', options => $options);
	SELECT create_pipeline('replace', source => 's', source_query => 'SELECT 1', destination_table => 'kept', load => 'replace', options => $options)");
my $logged = -s $node->logfile;

my @kinds = ("CALL run_pipeline('append', '{}', NULL)", "CALL run_pipeline('replace', '{}', NULL)", "SELECT count(*) FROM explain_pipeline('append')");
my $state = q{SELECT 'state', pg_backend_pid(), pg_postmaster_start_time(), substring(pg_read_file('/proc/self/status') FROM 'VmRSS:\s+(\d+)'), (SELECT sum(used_bytes) FROM pg_backend_memory_contexts);};
my $script = sub { return join('', map { "$kinds[$_ % @kinds];\n\\echo end :SQLSTATE\n" } @_) . "$state\n"; };
my $began = time;
my ($code, $out, $err) = $node->psql('postgres', "\\set VERBOSITY verbose\n" . $script->(1 .. 60) . $script->(61 .. $attempts), on_error_stop => 0, timeout => 3600);
my $seconds = time - $began;
$server->stop;

my %ends;
++$ends{$_} for $out =~ /^end (\S+)$/mg;
my ($before, $after) = map { [ split /\|/, $_ ] } $out =~ /^state\|(.*)$/mg;
is(scalar(() = $out =~ /^end /mg), $attempts, 'each attempt ends');
is("@$after[0, 1]", "@$before[0, 1]", 'in one backend of one server');
cmp_ok($ends{'00000'} // 0, '>', 0, 'some succeed');
cmp_ok(scalar keys %ends, '>', 2, 'others end in several ways');
cmp_ok($after->[2] - $before->[2], '<', 8192, 'the memory of the backend does not grow');
cmp_ok($after->[3] - $before->[3], '<', 1 << 20, 'nor what is in use of it');
my $log = slurp_file($node->logfile, $logged);
my $known = join '|', map { quotemeta } $secret, $quoted, unpack('H*', $secret);
unlike("$out$err", qr/$known/, 'nobody is told the password');
unlike($log, qr/$known/, 'the log is not');
unlike($log, qr/terminated by signal|PANIC|TRAP/, 'no process died');
my $tables = $node->sql(q{SELECT string_agg(format('SELECT %L, t::text FROM %s t', oid::regclass, oid::regclass), ' UNION ALL ') FROM pg_class
	WHERE relkind = 'r' AND relnamespace::regnamespace::text IN ('public', 'sluice') AND relname <> 'kept'});
unlike($node->sql($tables), qr/$known/, 'no table of ours is');

# A part of a message and then the end is an end at once, not when the time for the connection is over.
for my $part ('R', HostilePg::message('R', pack('N', 3)) =~ s/.$//sr, 'E' . pack('N', 100) . 'S')
{
	my $half = HostilePg->start(login => sub { my ($s) = @_; $s->put($part); POSIX::_exit(0) });
	my $at = $half->port;
	$node->sql("ALTER SERVER s OPTIONS (SET port '$at')");
	(undef, undef, my $said) = $node->psql('postgres', "\\set VERBOSITY verbose\n$kinds[0]");
	like($said, qr/ERROR:  08\d{3}: (?!.*within 1 second)/, 'a login that breaks off');
	$half->stop;
}

note(sprintf '%d attempts in %.1f s; VmRSS %d to %d kB, %d to %d bytes in use', $attempts, $seconds, @$before[2], @$after[2], @$before[3], @$after[3]);
note(join ' ', map { "$_ $ends{$_}" } sort keys %ends);
my %errors;
++$errors{ s/\d+/N/gr =~ s/^(.{90}).*/$1/sr } for $err =~ /ERROR:  (.*)$/mg;
note(join "\n", map { "$errors{$_} $_" } sort { $errors{$b} <=> $errors{$a} } keys %errors);
$node->stop;
done_testing();
