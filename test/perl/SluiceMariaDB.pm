# A throw-away MariaDB for TAP tests: own data directory, port and socket; loopback only.
package SluiceMariaDB;

use strict;
use warnings;
use DataTemplate;
use File::Temp qw(tempdir);
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Scalar::Util qw(weaken);

# Stopped before the folders go: a test whose functions refer to one would hold it to the very end of the process.
my @running;

# Arguments are more of the server's.
sub new
{
	my ($class, @arguments) = @_;
	my $dir = tempdir('sluice_mariaXXXX', TMPDIR => 1, CLEANUP => 1);
	my $self = bless { dir => $dir, port => PostgreSQL::Test::Cluster::get_free_port(), socket => "$dir/s" }, $class;
	push @running, $self;
	weaken($running[-1]);
	# A server that starts deletes what looks like temporary tables of its own: also those of another one in the same folder.
	mkdir("$dir/tmp") or die "$dir/tmp: $!";
	local $ENV{TMPDIR} = "$dir/tmp";
	my $user = getpwuid($>);
	DataTemplate::copy('mariadb', "$dir/data", sub {
		system_log('mariadb-install-db', '--no-defaults', "--datadir=$_[0]", "--user=$user", '--auth-root-authentication-method=normal',
			'--skip-test-db', '--innodb-log-file-size=16M') == 0 or die 'mariadb-install-db failed'; });
	my $server = -x '/usr/sbin/mariadbd' ? '/usr/sbin/mariadbd' : 'mariadbd';
	my $log = "$dir/log";
	$self->{harness} = IPC::Run::start(
		[ $server, '--no-defaults', "--datadir=$dir/data", "--socket=$self->{socket}", "--port=$self->{port}", '--bind-address=127.0.0.1',
			"--pid-file=$dir/pid", '--innodb-buffer-pool-size=32M', '--innodb-log-file-size=16M', @arguments ],
		'<', '/dev/null', '>', $log, '2>&1');
	for (1 .. 10 * $PostgreSQL::Test::Utils::timeout_default)
	{
		return $self if system("mariadb-admin --no-defaults -u root --socket=$self->{socket} ping >/dev/null 2>&1") == 0;
		select(undef, undef, undef, 0.1);
	}
	die 'MariaDB did not start: ' . slurp_file($log);
}

sub port { return $_[0]->{port}; }

# Runs SQL as root; dies when it fails.
sub sql
{
	my ($self, $sql) = @_;
	my ($out, $err);
	utf8::encode($sql) if utf8::is_utf8($sql);
	IPC::Run::run([ 'mariadb', '--no-defaults', '-u', 'root', "--socket=$self->{socket}", '--default-character-set=utf8mb4', '-N', '-B' ],
		'<', \$sql, '>', \$out, '2>', \$err)
	  or die "MariaDB: $err";
	chomp $out;
	return $out;
}

# Pipes the output of a shell command into a database.
sub load
{
	my ($self, $command, $database) = @_;
	system("$command 2>/dev/null | mariadb --no-defaults -u root --socket=$self->{socket} $database") == 0 or die "could not load $database";
	return;
}

# As a crash of the machine would end it.
sub kill
{
	my ($self) = @_;
	$self->{harness}->signal('KILL');
	eval { IPC::Run::finish($self->{harness}) };
	delete $self->{harness};
	return;
}

sub stop
{
	my ($self) = @_;
	return unless $self->{harness};
	system("mariadb-admin --no-defaults -u root --socket=$self->{socket} shutdown >/dev/null 2>&1");
	IPC::Run::finish($self->{harness});
	delete $self->{harness};
	return;
}

sub DESTROY
{
	my ($self) = @_;
	local ($?, $@, $!);
	eval { $self->stop };
	return;
}

END
{
	local $?;
	eval { $_->stop } for grep { defined } @running;
}

1;
