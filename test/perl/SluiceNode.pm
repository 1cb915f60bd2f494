# A server with pg_sluice for TAP tests of its processes, with pipelines that wait until the test lets them go.
package SluiceNode;

use strict;
use warnings;
use DataTemplate;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use constant GATE => 4711;

our @ISA = ('PostgreSQL::Test::Cluster');

# name, and lines of postgresql.conf. Preloads pg_sluice, starts, creates the extension in database postgres.
sub create
{
	my ($class, $name, $conf, %options) = @_;
	my $node = PostgreSQL::Test::Cluster->new($name);
	bless $node, $class;
	$node->init(%{ $options{init} // {} });
	$node->append_conf('postgresql.conf', "shared_preload_libraries = 'pg_sluice'\nmax_worker_processes = 16");
	$node->append_conf('postgresql.conf', $conf) if defined $conf;
	$node->start;
	$node->safe_psql('postgres', 'CREATE EXTENSION pg_sluice');
	return $node;
}

# SQL in database postgres, or the named one.
sub sql
{
	my ($node, $sql, %options) = @_;
	return $node->safe_psql($options{db} // 'postgres', "SET client_min_messages = warning;\n$sql");
}

sub sql_fails
{
	my ($node, $sql, $pattern, $name, %options) = @_;
	my ($code, $out, $err) = $node->psql($options{db} // 'postgres', "\\set VERBOSITY verbose\n$sql");
	isnt($code, 0, "$name: is an error");
	like($err, $pattern, "$name: says why");
	return;
}

# A server that is just starting again may end psql before it has read the query: then it is asked again.
sub poll_query_until
{
	my ($node, @arguments) = @_;
	for (1 .. 100)
	{
		my $done = eval { $node->SUPER::poll_query_until(@arguments) };
		return $done if $@ eq '';
		die $@ if $@ !~ /Broken pipe/;
	}
	die 'psql ended early a hundred times';
}

# Waits until a query gives 't' (or what is expected); says what was there when it never does.
sub await
{
	my ($node, $query, $name, %options) = @_;
	my $db = $options{db} // 'postgres';
	my $done = $node->poll_query_until($db, $query, $options{expected} // 't');
	ok($done, $name);
	if (!$done)
	{
		diag($node->safe_psql($db, 'SELECT * FROM pipeline_runs ORDER BY id DESC LIMIT 20'));
		diag($node->safe_psql($db, 'SELECT * FROM pipeline_status'));
		diag($node->safe_psql($db, 'SELECT * FROM pipeline_health()'));
		diag($node->safe_psql($db, "SELECT pid, datname, backend_type, state, wait_event, query FROM pg_stat_activity"));
	}
	return $done;
}

# A pipeline over a local query. arguments: more of create_pipeline, as SQL.
sub pipeline
{
	my ($node, $name, $query, $arguments, %options) = @_;
	my $more = defined $arguments ? ", $arguments" : '';
	my $load = $more =~ /\bload\s*=>/ ? '' : ", load => 'append'";
	my $destination = $options{destination} // "dst_$name";
	$node->sql("CREATE TABLE IF NOT EXISTS $destination (i bigint)", %options);
	return $node->sql("SELECT create_pipeline('$name', source_query => \$q\$$query\$q\$, "
		  . "destination_table => '$destination'$load$more)", %options);
}

# The source of a pipeline that loads some rows and then waits until the gate is opened.
sub gated_query
{
	return 'SELECT i::bigint AS i FROM (SELECT 1 AS i UNION ALL SELECT 2 FROM '
	  . '(SELECT pg_advisory_xact_lock_shared(' . GATE . ')) g) s';
}

# Closes the gate of a database; the session that holds it. Its quit opens the gate.
sub close_gate
{
	my ($node, %options) = @_;
	my $session = $node->background_psql($options{db} // 'postgres');
	$session->query_safe('SELECT pg_advisory_lock(' . GATE . ')');
	return $session;
}

sub await_gated
{
	my ($node, $count, $name, %options) = @_;
	return $node->await(
		"SELECT count(*) = $count FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE l.locktype = 'advisory' "
		  . 'AND l.objid = ' . GATE . " AND NOT l.granted AND a.backend_type = 'pg_sluice run' "
		  . 'AND a.datname = current_database()',
		$name, %options);
}

# Moves the clock that decides what is due: seconds from the true time.
sub set_clock
{
	my ($node, $offset) = @_;
	$node->append_conf('postgresql.conf', "pg_sluice.clock_offset = $offset");
	$node->reload;
	# A reload takes effect process by process.
	$node->poll_query_until('postgres', "SELECT setting = '$offset' FROM pg_settings WHERE name = 'pg_sluice.clock_offset'");
	return;
}

# The offset at which that timestamptz, an SQL expression, is some seconds ago.
sub offset_to
{
	my ($node, $expression, $seconds, %options) = @_;
	return $node->sql("SELECT (extract(epoch FROM ($expression) - clock_timestamp()) + $seconds)::int", %options);
}

sub pid_of
{
	my ($node, $type, $db) = @_;
	my $where = defined $db ? "AND datname = '$db'" : '';
	return $node->safe_psql('postgres',
		"SELECT pid FROM pg_stat_activity WHERE backend_type = 'pg_sluice $type' $where ORDER BY backend_start LIMIT 1");
}

# The process of the server itself; also when it was not started by pg_ctl just now.
sub postmaster_pid
{
	my ($node) = @_;
	open(my $file, '<', $node->data_dir . '/postmaster.pid') or return ();
	my $pid = <$file>;
	close $file;
	return defined $pid && $pid =~ /^(\d+)$/ ? $1 : ();
}

# Server processes whose title fits: needs no session, so it works while the server starts or lets nobody in.
sub titled
{
	my ($node, $pattern) = @_;
	my ($postmaster) = $node->postmaster_pid or return ();
	my @found;
	open(my $list, '<', "/proc/$postmaster/task/$postmaster/children") or return ();
	my @children = split ' ', (<$list> // '');
	close $list;
	for my $pid (@children)
	{
		open(my $title, '<', "/proc/$pid/cmdline") or next;
		push @found, $pid if (<$title> // '') =~ $pattern;
		close $title;
	}
	return @found;
}

# The server goes down by that signal and is started again, as soon as all of its processes are gone.
sub restart_by
{
	my ($node, $signal) = @_;
	my ($postmaster) = $node->postmaster_pid or die 'no server to kill';
	kill $signal, $postmaster;
	kill 'CONT', $postmaster;
	for (1 .. 10 * $PostgreSQL::Test::Utils::timeout_default)
	{
		if (!kill 0, $postmaster)
		{
			# A start that failed takes the file that the dead one left for its own.
			$node->{_pid} = undef;
			return if $node->start(fail_ok => 1);
		}
		select(undef, undef, undef, 0.1);
	}
	BAIL_OUT('the server does not start again');
	return;
}

1;
