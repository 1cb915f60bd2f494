# The border between C++ and PostgreSQL: every failure, through every kind of entry, leaves the server
# up, the error whole and no object behind.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../perl";
use DataTemplate;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use File::Basename;
use Cwd qw(abs_path);

my $module_dir = abs_path(dirname(__FILE__) . '/../module');
my $node = PostgreSQL::Test::Cluster->new('border');
$node->init;
$node->append_conf('postgresql.conf', "dynamic_library_path = '\$libdir:$module_dir'");
$node->start;
my $started = $node->safe_psql('postgres', 'SELECT pg_postmaster_start_time()');

for my $definition (
	[ 'fail', 'text, text', 'void' ], [ 'swallow', 'text, text', 'text' ],
	[ 'many', 'text, text, int', 'int' ], [ 'fail_at_commit', '', 'void' ],
	[ 'commit_again', '', 'void' ], [ 'worker', 'text', 'void' ],
	[ 'live', '', 'text' ])
{
	my ($name, $arguments, $result) = @$definition;
	$node->safe_psql('postgres',
		"CREATE FUNCTION $name($arguments) RETURNS $result AS 'sluice_test', 'sluice_test_$name' LANGUAGE C STRICT");
}

sub fails_with
{
	my ($sql, $pattern, $name) = @_;
	my ($code, $out, $err) = $node->psql('postgres', "\\set VERBOSITY verbose\n$sql");
	isnt($code, 0, "$name: is an error");
	like($err, $pattern, "$name: says what happened");
}

fails_with("SELECT fail('error', '')",
	qr/ERROR:  22023: rich error\nDETAIL:  the detail\nHINT:  the hint\nCONTEXT:  the context\nSCHEMA NAME:  s\nTABLE NAME:  t\nCOLUMN NAME:  c\nDATATYPE NAME:  d\nCONSTRAINT NAME:  k/,
	'our error keeps every field');
fails_with("SELECT fail('std', '')", qr/ERROR:  XX000: standard error/, 'standard exception');
fails_with("SELECT fail('bad_alloc', '')", qr/ERROR:  53200: out of memory/, 'bad_alloc');
fails_with("SELECT fail('int', '')", qr/ERROR:  XX000: unrecognized C\+\+ exception/, 'foreign exception');
fails_with("SELECT fail('postgres', 'SELECT 1/0')", qr/ERROR:  22012: division by zero\nCONTEXT:  SQL statement "SELECT 1\/0"\nLOCATION:  int4div/,
	'PostgreSQL error keeps state, context and place');
$node->safe_psql('postgres', 'CREATE TABLE p (k int CONSTRAINT p_pk PRIMARY KEY)');
fails_with("SELECT fail('postgres', 'INSERT INTO p VALUES (1), (1)')",
	qr/ERROR:  23505:.*\nDETAIL:  Key \(k\)=\(1\) already exists.\n(?:CONTEXT:.*\n)SCHEMA NAME:  public\nTABLE NAME:  p\nCONSTRAINT NAME:  p_pk/,
	'constraint error keeps its names');
fails_with("SELECT fail('postgres', 'SELECT nonsense')", qr/ERROR:  42703:.*QUERY:  SELECT nonsense/s,
	'inner query is kept');
fails_with("SELECT fail('postgres', 'SELECT fail(''error'', '''')')", qr/ERROR:  22023: rich error\nDETAIL:  the detail/,
	'through both directions twice');
fails_with("SET statement_timeout = '50ms'; SELECT fail('wait', '')", qr/ERROR:  57014:/, 'cancel in a wait');

is($node->safe_psql('postgres', "SELECT swallow('error', '')"), '22023 rich error', 'swallowed in a subtransaction');
is($node->safe_psql('postgres', "SELECT swallow('postgres', 'SELECT 1/0')"), '22012 division by zero',
	'PostgreSQL error swallowed in a subtransaction');
is($node->safe_psql('postgres', "BEGIN; INSERT INTO p VALUES (7); SELECT swallow('postgres', 'INSERT INTO p VALUES (8), (7)'); COMMIT; SELECT array_agg(k) FROM p"),
	"23505 duplicate key value violates unique constraint \"p_pk\"\n{7}", 'its work is rolled back, ours is not');
my ($code, $out, $err) = $node->psql('postgres', "SET statement_timeout = '100ms'; SELECT swallow('wait', '')");
like($err, qr/canceling statement due to statement timeout/, 'a cancel goes through a subtransaction');

fails_with("SELECT fail_at_commit()", qr/ERROR:  22023: rich error/, 'exception in a transaction callback');

for my $kind ('error', 'std', 'bad_alloc', 'int', 'postgres')
{
	$node->safe_psql('postgres', "SELECT worker('$kind')");
}
ok(1, 'background workers that fail do not take the server down');

# pg_terminate_backend while C++ frames wait.
my $session = $node->background_psql('postgres');
$session->query_until(qr/ready/, "\\echo ready\nSELECT fail('wait', '');\n");
ok($node->poll_query_until('postgres', "SELECT count(*) = 1 FROM pg_stat_activity WHERE query LIKE 'SELECT fail(%' AND wait_event_type = 'Extension' AND pid <> pg_backend_pid()"),
	'the backend waits');
$node->safe_psql('postgres', "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'SELECT fail(%' AND pid <> pg_backend_pid()");
ok($node->poll_query_until('postgres', "SELECT count(*) = 0 FROM pg_stat_activity WHERE query LIKE 'SELECT fail(%' AND pid <> pg_backend_pid()"),
	'a terminated backend goes');

my $growth = $node->safe_psql('postgres', "SELECT many('postgres', 'SELECT 1/0', 100000)");
cmp_ok($growth, '<', 2048, "100,000 caught PostgreSQL errors: grew by $growth kB");
$growth = $node->safe_psql('postgres', "SELECT many('error', '', 100000)");
cmp_ok($growth, '<', 2048, "100,000 caught C++ errors: grew by $growth kB");
is($node->safe_psql('postgres', "SELECT swallow('error', ''); SELECT swallow('postgres', 'SELECT 1/0'); SELECT live()"),
	"22023 rich error\n22012 division by zero\n0 objects, exception none", 'nothing is left alive');
is($node->safe_psql('postgres', "SELECT swallow('large', ''); SELECT live(); SELECT swallow('error', '')"),
	"22023 out of memory for the message of an error\n0 objects, exception none\n22023 rich error", 'an error that cannot be copied is still one');
is($node->safe_psql('postgres', "SELECT swallow('kept', 'SELECT 1/0'), swallow('kept', 'SELECT 1/0'), swallow('kept', 'SELECT 1/0'); "
	  . "SELECT count(*) FROM pg_backend_memory_contexts WHERE name = 'CachedPlanSource' AND ident = 'SELECT 1/0'"),
	"22012 division by zero|22012 division by zero|22012 division by zero\n1", 'a plan is kept once, whether its first execution fails or not');
is($node->safe_psql('postgres', 'SELECT pg_postmaster_start_time()'), $started, 'the server never restarted');

$node->stop;
done_testing();
