# Hooks see what a load reads and writes as statements: pgaudit, in a worker and in CALL, loaded before and after pg_sluice.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../perl";
use PostgreSQL::Test::Utils;
use SluiceNode;
use Test::More;

my ($library) = run_command([ 'pg_config', '--pkglibdir' ]);
plan skip_all => 'pgaudit is not installed' if !-e "$library/pgaudit.so";

my $node = SluiceNode->create('audit');
$node->sql(q{
	CREATE TABLE source AS SELECT i, 'x' AS t FROM generate_series(1, 1000) i;
	CREATE TABLE plain (i int GENERATED ALWAYS AS IDENTITY, t text, d int DEFAULT 1);
	CREATE TABLE keyed (i int PRIMARY KEY, t text);
	CREATE TABLE parted (i int, t text) PARTITION BY RANGE (i);
	CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM (0) TO (500);
	CREATE TABLE parted_2 PARTITION OF parted FOR VALUES FROM (500) TO (5000);
	CREATE DOMAIN word AS text NOT NULL CHECK (VALUE <> '');
	CREATE TABLE strict (i int NOT NULL, t word);
	CREATE ROLE etl LOGIN; GRANT SELECT ON source TO etl; GRANT CREATE ON SCHEMA public TO etl;
	GRANT INSERT, TRUNCATE ON strict TO etl; SELECT allow_pipelines('etl')});
my %loads = (plain => 'append', keyed => 'replace', parted => 'append', parted_again => 'replace', strict => 'append', made => 'append');
for my $name (sort keys %loads)
{
	(my $table = $name) =~ s/_again//;
	$node->sql("SELECT create_pipeline('$name', source_table => 'source', destination_table => '$table', load => '$loads{$name}')");
}
$node->sql(q{SET ROLE etl; SELECT create_pipeline('poor', source_table => 'source', destination_table => 'strict', load => 'replace')});

# From and to another server, which is another database of this one; in streams as well.
$node->append_conf('postgresql.conf', "listen_addresses = '127.0.0.1'");
$node->append_conf('pg_hba.conf', 'host all all 127.0.0.1/32 trust');
$node->safe_psql('postgres', 'CREATE DATABASE far');
$node->safe_psql('far', "CREATE TABLE far_source AS SELECT i, 'x' AS t FROM generate_series(1, 20000) i; CREATE TABLE far_table (i int, t text)");
my ($port, $me) = ($node->port, (getpwuid($<))[0]);
$node->sql(qq{
	CREATE EXTENSION postgres_fdw;
	CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port '$port', dbname 'far');
	CREATE USER MAPPING FOR CURRENT_USER SERVER far OPTIONS (user '$me', password_required 'false');
	CREATE TABLE near (i int, t text);
	SELECT create_pipeline('fetch', source => 'far', source_table => 'far_source', destination_table => 'near', load => 'replace'),
		create_pipeline('streams', source => 'far', source_table => 'far_source', destination_table => 'near', load => 'replace',
			options => '{"streams": "2"}'),
		create_pipeline('send', source_table => 'source', destination => 'far', destination_table => 'public.far_table', load => 'append')});

sub audited
{
	my ($what) = @_;
	my $from = -s $node->logfile;
	$what->();
	return grep { /AUDIT: / } split /\n/, slurp_file($node->logfile, $from);
}

my $first = 1;
for my $libraries ('pg_sluice, pgaudit', 'pgaudit, pg_sluice')
{
	for my $rows (qw(off on))
	{
		$node->append_conf('postgresql.conf', "shared_preload_libraries = '$libraries'\npgaudit.log = 'read, write'\npgaudit.log_relation = on\npgaudit.log_rows = $rows");
		$node->restart;
		for my $way ('a worker', 'CALL')
		{
			my $setting = "$libraries, log_rows $rows, $way";
			for my $name (sort(keys %loads), 'poor')
			{
				(my $table = $name =~ s/_again//r) =~ s/poor/strict/;
				my @lines = audited(sub {
					if ($way eq 'CALL')
					{
						my $role = $name eq 'poor' ? 'etl' : (getpwuid($<))[0];
						$node->safe_psql('postgres', "CALL run_pipeline('$name', '{}', NULL)", extra_params => [ '-U', $role ]);
					}
					else
					{
						is($node->sql("CALL trigger_and_wait('$name', NULL, '60 s', NULL, NULL)") =~ /\|success/ ? 1 : 0, 1, "$setting: $name is loaded");
					}
				});
				is(scalar(grep { /WRITE,INSERT,TABLE,public\.$table,/ } @lines), 1, "$setting: $name: the write is seen once");
				is(scalar(grep { /READ,SELECT,TABLE,public\.source,/ } @lines), 1, "$setting: $name: and the read");
				is(scalar(grep { /WRITE,DELETE,TABLE,public\.$table,/ } @lines), ($loads{$name} // '') eq 'replace' ? 1 : 0, "$setting: $name: and the delete of a replace");
			}
		}
		# What each side has seen: our own statements, and those of our sessions there.
		for my $name (qw(fetch streams send))
		{
			my @lines = audited(sub { is($node->sql("CALL trigger_and_wait('$name', NULL, '60 s', NULL, NULL)") =~ /\|success/ ? 1 : 0, 1, "$libraries, log_rows $rows: $name is loaded") });
			if ($name eq 'send')
			{
				is(scalar(grep { /READ,SELECT,TABLE,public\.source,/ } @lines), 1, "$libraries, log_rows $rows: send: the read is seen once");
				# With log_rows pgaudit says nothing about a COPY FROM, whoever sends it.
				my @plain = audited(sub { $node->safe_psql('far', "COPY far_table FROM PROGRAM 'true'") });
				is(scalar(grep { /WRITE,COPY,TABLE,public\.far_table,/ } @lines), scalar(grep { /WRITE,COPY,TABLE,public\.far_table,/ } @plain),
					"$libraries, log_rows $rows: send: and the write there as often as that of a plain COPY");
				next;
			}
			is(scalar(grep { /WRITE,INSERT,TABLE,public\.near,/ } @lines), 1, "$libraries, log_rows $rows: $name: the write is seen once");
			is(scalar(grep { /WRITE,DELETE,TABLE,public\.near,/ } @lines), 1, "$libraries, log_rows $rows: $name: and the delete of a replace");
			cmp_ok(scalar(grep { /READ,(SELECT|COPY),TABLE,public\.far_source,/ } @lines), '>=', 1, "$libraries, log_rows $rows: $name: and the read there");
		}
	}
}
is($node->sql("SELECT count(*) FROM pipeline_log WHERE message LIKE '%stream 2 loaded%' AND run IN (SELECT id FROM pipeline_runs WHERE pipeline_name = 'streams')") > 0, 1, 'in streams');
is($node->sql('SELECT count(*) FROM plain'), '8000', 'and rows are there');
unlike(slurp_file($node->logfile), qr/PANIC|terminated by signal/, 'no process died');

$node->stop;
done_testing();
