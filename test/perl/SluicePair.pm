# Two servers that know each other over TCP with a password: near has pg_sluice and a role etl, far is its destination.
package SluicePair;

use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use SluiceNode;
use Exporter 'import';

our @EXPORT = qw($near $far $secret start_pair as_etl close_far_gate);
our ($near, $far);
our $secret = 'S3cret-of-the-destination';

$PostgreSQL::Test::Cluster::use_tcp = 1;
$PostgreSQL::Test::Cluster::test_pghost = '127.0.0.1';

sub start_pair
{
	$far = PostgreSQL::Test::Cluster->new('far');
	$far->init(allows_streaming => 1);
	$far->append_conf('postgresql.conf', "listen_addresses = '127.0.0.1'\npassword_encryption = 'scram-sha-256'");
	unlink($far->data_dir . '/pg_hba.conf');
	$far->append_conf('pg_hba.conf',
		"local all all trust\nhost all writer 127.0.0.1/32 scram-sha-256\nhost all poor 127.0.0.1/32 scram-sha-256\nhost all all 127.0.0.1/32 trust\n");
	$far->start;
	my $port = $far->port;
	$near = SluiceNode->create('near', "listen_addresses = '127.0.0.1'\nrestart_after_crash = on");

	$far->safe_psql('postgres', qq{
		CREATE ROLE writer LOGIN PASSWORD '$secret'; CREATE ROLE poor LOGIN PASSWORD '$secret'; CREATE ROLE trusted LOGIN;
		CREATE SCHEMA dst AUTHORIZATION writer; CREATE SCHEMA locked; GRANT USAGE ON SCHEMA locked, dst TO writer, poor;
		ALTER ROLE writer SET search_path = dst, public; ALTER ROLE writer SET client_min_messages = debug1;
		ALTER ROLE writer SET synchronous_commit = off; ALTER ROLE writer SET default_transaction_read_only = on;
		CREATE TYPE dst.mood AS ENUM ('sad', 'glad'); CREATE DOMAIN dst.positive AS int CHECK (value > 0)});
	$near->sql(qq{
		CREATE EXTENSION postgres_fdw;
		CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port '$port', dbname 'postgres');
		CREATE SERVER trusting FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port '$port', dbname 'postgres');
		CREATE SERVER closed FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port '1', dbname 'postgres');
		CREATE ROLE etl LOGIN;
		GRANT CREATE, USAGE ON SCHEMA public TO etl;
		GRANT USAGE ON FOREIGN SERVER far, trusting, closed TO etl;
		CREATE USER MAPPING FOR etl SERVER far OPTIONS (user 'writer', password '$secret');
		CREATE USER MAPPING FOR etl SERVER trusting OPTIONS (user 'trusted', password '$secret');
		CREATE USER MAPPING FOR etl SERVER closed OPTIONS (user 'writer', password '$secret');
		SELECT allow_pipelines('etl');
		SET ROLE etl;
		CREATE TYPE mood AS ENUM ('sad', 'glad')});
	return;
}

# As etl, who is no superuser.
sub as_etl
{
	my ($sql) = @_;
	my ($code, $out, $err) = $near->psql('postgres', "\\set VERBOSITY verbose\nSET client_min_messages = warning;\n$sql",
		extra_params => [ '-U', 'etl' ], on_error_stop => 1);
	return $code == 0 ? $out : "ERROR $err";
}

sub close_far_gate
{
	my $session = $far->background_psql('postgres');
	$session->query_safe('SELECT pg_advisory_lock(4711)');
	return $session;
}

1;
