# A source and a destination that speak PostgreSQL's protocol, with one place of each conversation changed: any end of a
# run will do, but it is one, and soon; the backend lives on, does not grow, and nobody is told the password.
# FUZZ=seed,attempts plays others.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../perl";
use Fuzz;
use FuzzPg;
use HostilePg;
use POSIX ();
use SluiceNode;
use Test::More;

$PostgreSQL::Test::Cluster::use_tcp = 1;
$PostgreSQL::Test::Cluster::test_pghost = '127.0.0.1';

my ($seed, $attempts) = Fuzz::settings();
my $quoted = Fuzz::quoted();
my $node = SluiceNode->create('near', "listen_addresses = '127.0.0.1'\nlog_min_messages = info");
my $server = HostilePg->start(FuzzPg::hooks($seed));
my $port = $server->port;
my $options = q{'{"connect_timeout": 1, "source_idle_timeout": 2}'};
my $where = "host '127.0.0.1', port '$port', sslmode 'prefer', gssencmode 'disable'";
$node->sql("CREATE EXTENSION postgres_fdw; CREATE TABLE kept ($FuzzPg::TABLE);
	CREATE SERVER s FOREIGN DATA WRAPPER postgres_fdw OPTIONS ($where, dbname 'x');
	CREATE USER MAPPING FOR CURRENT_USER SERVER s OPTIONS (user 'u', password '$quoted');
	CREATE SERVER d FOREIGN DATA WRAPPER postgres_fdw OPTIONS ($where, dbname 'out');
	CREATE USER MAPPING FOR CURRENT_USER SERVER d OPTIONS (user 'u', password '$quoted');
	SELECT create_pipeline('append', source => 's', source_table => 't', destination_table => 'kept', load => 'append', options => $options);
	SELECT create_pipeline('replace', source => 's', source_query => 'SELECT 1', destination_table => 'kept', load => 'replace', options => $options)");
# To a destination a worker goes. Where nobody knows of the commit another attempt looks, soon; the next run is of another
# pipeline.
my $later = q{'{"connect_timeout": 1, "source_idle_timeout": 2, "retry_delay": 1}'};
my $out_again = "SELECT create_pipeline('out', source_query => 'SELECT i AS a, ''t'' AS b FROM generate_series(1, 3) i', destination => 'd', destination_table => 't', load => 'append', options => $later)";
$node->sql($out_again);
my $shown = Fuzz::attempts($node, $attempts,
	(map { "CALL run_pipeline('$_', '{}', NULL)" } qw(append replace)), "SELECT drop_pipeline('out');\n$out_again;\nCALL trigger_and_wait('out', '{}', '3 s', NULL, NULL, false);\nSELECT 'run', coalesce(error_sqlstate, status) FROM pipeline_runs WHERE pipeline_name = 'out'",
	(map { "SELECT count(*) FROM explain_pipeline('$_')" } qw(append out)));
my %runs;
++$runs{$_} for $shown =~ /^run\|(\w+)$/mg;
cmp_ok($runs{success} // 0, '>', 0, 'some runs to a destination succeed');
cmp_ok(scalar keys %runs, '>', 1, 'others do not');
note('runs to a destination: ' . join ' ', map { "$_ $runs{$_}" } sort keys %runs);
$server->stop;

# A part of a message and then the end is an end at once, not when the time for the connection is over.
for my $part ('R', HostilePg::message('R', pack('N', 3)) =~ s/.$//sr, 'E' . pack('N', 100) . 'S')
{
	my $half = HostilePg->start(login => sub { my ($s) = @_; $s->put($part); POSIX::_exit(0) });
	my $at = $half->port;
	$node->sql("ALTER SERVER s OPTIONS (SET port '$at')");
	(undef, undef, my $said) = $node->psql('postgres', "\\set VERBOSITY verbose\nCALL run_pipeline('append', '{}', NULL)");
	like($said, qr/ERROR:  08\d{3}: (?!.*within 1 second)/, 'a login that breaks off');
	$half->stop;
}
$node->stop;
done_testing();
