# A source that speaks MySQL's protocol, with one packet of each conversation changed, TLS and all ways to authenticate
# included: any end of a run will do, but it is one, and soon; the backend lives on, does not grow, and nobody is told the
# password. FUZZ=seed,attempts plays others.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../perl";
use FakeMysql;
use ForkingServer;
use Fuzz;
use FuzzMysql;
use SluiceNode;
use Test::More;

my ($seed, $attempts) = Fuzz::settings();
my $quoted = Fuzz::quoted();
my $keys = ForkingServer::make_keys() or plan skip_all => 'openssl makes no keys here';
my $node = SluiceNode->create('near', 'log_min_messages = info');
my $server = FakeMysql->new(FuzzMysql::serve($seed, $keys));
my $port = $server->port;
my $options = q{'{"connect_timeout": 1, "source_idle_timeout": 2, "get_public_key": true}'};
$node->sql("CREATE FOREIGN DATA WRAPPER mysql_fdw; CREATE TABLE kept ($FuzzMysql::TABLE);
	CREATE SERVER s FOREIGN DATA WRAPPER mysql_fdw OPTIONS (host '127.0.0.1', port '$port');
	CREATE USER MAPPING FOR CURRENT_USER SERVER s OPTIONS (username 'u', password '$quoted');
	SELECT create_pipeline('append', source => 's', source_table => 'shop.t', destination_table => 'kept', load => 'append', options => $options);
	SELECT create_pipeline('replace', source => 's', source_query => 'SELECT * FROM shop.t', destination_table => 'kept', load => 'replace', options => $options)");
Fuzz::attempts($node, $attempts, (map { "CALL run_pipeline('$_', '{}', NULL)" } qw(append replace)), "SELECT count(*) FROM explain_pipeline('append')");
$server->stop;
$node->stop;
done_testing();
