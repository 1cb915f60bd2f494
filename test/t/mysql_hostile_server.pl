# A MySQL server that lies, falls silent, drips, hangs up or never ends, in each phase: the run fails in time and says
# why, nothing is told that should not be, and the database server lives on.
use strict;
use warnings;
use Digest::SHA qw(sha1);
use FindBin;
use MIME::Base64 qw(encode_base64);
use lib "$FindBin::RealBin/../perl";
use FakeMysql;
use SluiceMariaDB;
use SluiceNode;
use Test::More;

my $secret = 'Never-Told-9';
my $node = SluiceNode->create('target');
$node->sql(qq{CREATE FOREIGN DATA WRAPPER mysql_fdw; CREATE SERVER m FOREIGN DATA WRAPPER mysql_fdw OPTIONS (host '127.0.0.1', port '1');
	CREATE USER MAPPING FOR CURRENT_USER SERVER m OPTIONS (username 'reader', password '$secret');
	SELECT create_pipeline('lies', source => 'm', source_query => 'SELECT v FROM t', destination_table => 'lies', load => 'replace', options => '{"connect_timeout": 1, "source_idle_timeout": 1}');
	SELECT create_pipeline('waits', source => 'm', source_query => 'SELECT v FROM t', destination_table => 'waits', load => 'replace', options => '{"connect_timeout": 600, "source_idle_timeout": 600}')});
my $heard = PostgreSQL::Test::Utils::tempdir . '/heard';

sub to_port { $node->sql("ALTER SERVER m OPTIONS (SET port '$_[0]')"); return; }

# What a server hears that is no greeting of ours, for the question whether the secret was among it.
sub run
{
	my ($serve, $pattern, $name) = @_;
	my $fake = FakeMysql->new($serve);
	to_port($fake->port);
	my $before = time;
	my ($code, $out, $err) = $node->psql('postgres', "\\set VERBOSITY verbose\nCALL run_pipeline('lies', '{}', NULL)");
	like($err, $pattern, $name);
	my $took = time - $before;
	cmp_ok($took, '<', 20, "$name: in time");
	$fake->stop;
	return;
}

run(sub { $_[0]->let_in; $_[0]->commands(sub { return 0; }); }, qr/^$/, 'an honest one');
is($node->sql('TABLE lies'), 'one', 'is read');

# The phases, and where in them it goes wrong.
my $silent_command = sub {
	my ($wrong, $which) = @_;
	return sub {
		my ($c) = @_;
		$c->let_in;
		$c->commands(sub { my ($self, $kind, $text) = @_; return 0 unless $which->($kind, $text); $wrong->($self); die 'over'; });
	};
};
my %phase = (
	greeting => sub { my ($wrong) = @_; return sub { $wrong->($_[0]) }; },
	tls => sub { my ($wrong) = @_; return sub { $_[0]->say(FakeMysql::greeting(tls => 1)); $_[0]->hear; $wrong->($_[0]) }; },
	login => sub { my ($wrong) = @_; return sub { $_[0]->say(FakeMysql::greeting()); $_[0]->hear; $wrong->($_[0]) }; },
	question => sub { return $silent_command->($_[0], sub { $_[1] =~ /^SHOW/ }); },
	prepare => sub { return $silent_command->($_[0], sub { $_[0] == 22 }); },
	execute => sub { return $silent_command->($_[0], sub { $_[0] == 23 }); },
	rows => sub { my ($wrong) = @_; return $silent_command->(sub { my ($c) = @_; $c->say($_) for "\1", FakeMysql::column('v', 253), FakeMysql::end(), "\0\0\3one"; $wrong->($c) }, sub { $_[0] == 23 }); },
);
my %wrong = (silence => sub { $_[0]->silence }, reset => sub { $_[0]->reset }, drip => sub { $_[0]->drip }, endless => sub { $_[0]->endless("\0" x 60000) });
my $connecting = qr/08001:.*within 1 second|08001:.*could not connect|08P01:.*could not connect|08006:.*could not connect|54000:.*could not connect/s;
for my $name (qw(greeting tls login question prepare execute rows))
{
	my $early = $name =~ /greeting|tls|login/;
	run($phase{$name}->($wrong{silence}), $early ? qr/08001:.*within 1 second/s : qr/SL005:.*sent nothing for 1 second/s, "$name: silence");
	run($phase{$name}->($wrong{reset}), $early ? $connecting : qr/08006:/, "$name: reset");
	run($phase{$name}->($wrong{drip}), $name eq 'tls' ? qr/08001:.*wrong version/s : $early ? qr/08001:.*within 1 second/s : qr/SL005:.*sent nothing for 1 second/s, "$name: drip");
	run($phase{$name}->($wrong{endless}), $name eq 'login' ? qr/08P01:/ : qr/08[0P]..:|54000:|0A000:.*returns no rows|42804:.*no longer what they were/s, "$name: endless");
}

# Silence with long time-outs: a run is stopped, a worker terminated, in every phase.
for my $name (qw(greeting tls login question prepare execute rows))
{
	my $fake = FakeMysql->new($phase{$name}->($wrong{silence}));
	to_port($fake->port);
	for my $end (qw(stop terminate))
	{
		my $run = $node->sql("SELECT trigger_pipeline('waits')");
		$node->await("SELECT count(*) = 1 FROM pg_stat_activity WHERE backend_type = 'pg_sluice run' AND wait_event IS NOT NULL AND wait_event_type = 'Extension'", "$name: a run waits");
		$node->sql($end eq 'stop' ? "SELECT stop_run('$run')" : "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'pg_sluice run'");
		is($node->sql("SELECT wait_for_run('$run', '30 s')"), $end eq 'stop' ? 'stopped' : 'failed', "$name: $end");
	}
	$fake->stop;
}

# One packet of progress in place of the greeting ended the cluster; and wherever else it comes.
my $progress = "\xff\xff\xff" . "\1\1\1\0\0\0\1x";
run(sub { $_[0]->say($progress); $_[0]->silence }, qr/08P01:.*could not connect.*progress/s, 'progress in place of the greeting');
run(sub { $_[0]->say(FakeMysql::greeting()); $_[0]->hear; $_[0]->say($progress); $_[0]->say(FakeMysql::ok()) }, qr/08P01:.*could not connect/s, 'progress in the login');
run($phase{rows}->(sub { $_[0]->say($progress); $_[0]->say("\0\0\3two"); $_[0]->say(FakeMysql::end()) }), qr/08P01:/, 'progress among the rows');
run(sub { $_[0]->say(FakeMysql::greeting(version => '')); $_[0]->silence }, qr/08P01:/, 'a greeting without a version');
run(sub { $_[0]->say("\x0a8.0\0"); $_[0]->silence }, qr/08P01:.*ends too early/s, 'half a greeting');

# Answers to our own questions are bounded, and no file is given.
run($silent_command->(sub { $_[0]->say($_) for "\1", FakeMysql::column('v', 253), FakeMysql::end(); $_[0]->endless(FakeMysql::counted('x' x 200)) }, sub { $_[1] =~ /^SHOW/ }), qr/08P01:.*more than 16 MB/s, 'variables without end');
run($silent_command->(sub { $_[0]->say("\xfb/etc/passwd"); $_[0]->hear }, sub { $_[1] =~ /^SHOW/ }), qr/08P01:.*file/s, 'a file is asked for');
run($silent_command->(sub { $_[0]->say("\xfc\xff\xff"); $_[0]->silence }, sub { $_[0] == 23 }), qr/08P01:.*number of columns/s, '65535 columns');
run($silent_command->(sub { $_[0]->raw("\xff\xff\xff" . chr($_[0]->{sequence}) . 'x'); $_[0]->silence }, sub { $_[0] == 22 }), qr/54000:.*larger than it may be/s, 'a description of 16 MB');

# Errors: of any length, of any bytes, with what it was told.
my $error = sub { my ($text) = @_; return $silent_command->(sub { $_[0]->say("\xff" . pack('v', 1105) . '#HY000' . $text); $_[0]->hear }, sub { $_[0] == 22 }); };
run($error->("wrong \xff\xfe here"), qr/wrong \\xff\\xfe here/, 'an error that is not UTF-8');
run($error->("up\e[2J \xe2\x80\xae down"), qr/up\\x1b\[2J \\u\{202e\} down/, 'an error with control and direction characters');
run($error->('x' x 60000), qr/ERROR:  HV000: x{8000,8192}\.\.\.$/m, 'an error of 60 kB is cut');
run($error->("it is $secret, you said"), qr/it is \*\*\*, you said/, 'the secret is not repeated');
run($error->('in hex ' . unpack('H*', $secret) . '.'), qr/in hex \*\*\*\./, 'nor in hexadecimal');
run($error->('in base64 ' . encode_base64($secret, '') . '.'), qr/in base64 \*\*\*/, 'nor in base64');
run($silent_command->(sub { $_[0]->say($_) for "\0" . pack('VvvCv', 1, 1, 0, 0, 0), FakeMysql::column("v\xff", 253), FakeMysql::end(); $_[0]->hear; $_[0]->silence }, sub { $_[0] == 22 }), qr/08P01:.*not valid UTF-8.*It reads: v\\xff/s, 'a name that is not UTF-8');
run($silent_command->(sub { $_[0]->say($_) for "\0" . pack('VvvCv', 1, 1, 0, 0, 0), FakeMysql::column("v\0w", 253), FakeMysql::end(); $_[0]->silence }, sub { $_[0] == 22 }), qr/08P01:.*zero in it/s, 'a name with a zero');

# What is told without TLS: a hash where that is the way, the password never, but encrypted where that was allowed.
sub heard { return -e $heard ? PostgreSQL::Test::Utils::slurp_file($heard) : ''; }
sub note_down { my ($text) = @_; open(my $file, '>>', $heard) or die; binmode $file; print $file $text; close $file; return; }
my $full = sub {
	my ($c) = @_;
	$c->say(FakeMysql::greeting(plugin => 'caching_sha2_password'));
	note_down($c->hear);
	$c->say("\1\4");
	note_down($c->hear);
	$c->silence;
};
run($full, qr/08001:.*could not connect.*password itself.*HINT:.*get_public_key/s, 'caching_sha2_password without TLS asks for the password');
unlike(heard(), qr/\Q$secret\E/, 'and does not get it');
run(sub { $_[0]->say(FakeMysql::greeting()); note_down($_[0]->hear); $_[0]->say("\xfe$_[1]\0" . ('s' x 20) . "\0"); note_down($_[0]->hear); $_[0]->silence }, qr/could not connect/, 'an unknown way to authenticate');
for my $plugin (qw(mysql_clear_password sha256_password dialog auth_gssapi_client))
{
	run(sub { $_[0]->say(FakeMysql::greeting()); note_down($_[0]->hear); $_[0]->say("\xfe$plugin\0" . ('s' x 20) . "\0"); note_down($_[0]->hear); $_[0]->silence }, qr/08001:.*could not connect|28000:.*could not connect/s, "$plugin without TLS");
}
run(sub { $_[0]->say(FakeMysql::greeting(more => 1 << 28)); note_down($_[0]->hear); $_[0]->say("\2caching_sha2_password\0" . ('s' x 20) . "\0"); note_down($_[0]->hear); $_[0]->silence }, qr/28000:.*could not connect.*more than one proof/s, 'a second factor');
run(sub { $_[0]->say("\xff" . pack('v', 1862) . '#HY000expired'); $_[0]->silence }, qr/28000:.*could not connect.*HINT:.*new password/s, 'a password that has expired');
unlike(heard(), qr/\Q$secret\E/, 'none of them got the password');
unlink $heard;
$node->sql("ALTER SERVER m OPTIONS (ADD ssl_cipher 'DEFAULT')");
run(sub { $_[0]->say(FakeMysql::greeting()); note_down($_[0]->hear); $_[0]->silence }, qr/08001:.*does not offer TLS.*HINT/s, 'TLS is demanded and was stripped');
is(heard(), '', 'nothing at all was told');
$node->sql('ALTER SERVER m OPTIONS (DROP ssl_cipher)');

SKIP:
{
	my $key = `openssl genrsa 2048 2>/dev/null`;
	skip 'openssl makes no keys here', 2 unless $key =~ /PRIVATE KEY/;
	my $dir = PostgreSQL::Test::Utils::tempdir;
	PostgreSQL::Test::Utils::append_to_file("$dir/key", $key);
	my $public = `openssl rsa -in $dir/key -pubout 2>/dev/null`;
	$node->sql(q{SELECT alter_pipeline('lies', options => '{"connect_timeout": 1, "source_idle_timeout": 1, "get_public_key": true}')});
	my $with_key = sub {
		my ($c) = @_;
		$c->say(FakeMysql::greeting(plugin => 'caching_sha2_password'));
		$c->hear;
		$c->say("\1\4");
		die 'no request' unless $c->hear eq "\2";
		$c->say("\1$public");
		my $mixed = $c->hear;
		PostgreSQL::Test::Utils::append_to_file("$dir/mixed", $mixed);
		my $told = `openssl pkeyutl -decrypt -inkey $dir/key -in $dir/mixed -pkeyopt rsa_padding_mode:oaep`;
		$told ^= substr('abcdefghijklmnopqrst' x 5, 0, length $told);
		die 'wrong password' unless $told eq "$secret\0";
		$c->say(FakeMysql::ok());
		$c->commands(sub { return 0; });
	};
	run($with_key, qr/^$/, 'with get_public_key the password is encrypted');
}

# MariaDB's ed25519, and TLS that stops after each piece.
SKIP:
{
	my $maria = eval { SluiceMariaDB->new('--plugin-load-add=auth_ed25519') } or skip 'this MariaDB has no ed25519', 8;
	$maria->sql(qq{CREATE DATABASE shop; CREATE TABLE shop.t (v varchar(10)); INSERT INTO shop.t VALUES ('real');
		CREATE USER reader\@'127.0.0.1' IDENTIFIED VIA ed25519 USING PASSWORD('$secret'); GRANT SELECT ON shop.* TO reader\@'127.0.0.1'});
	$node->sql(q{SELECT alter_pipeline('lies', source_query => 'SELECT v FROM shop.t')});
	to_port($maria->port);
	$node->sql("CALL run_pipeline('lies', '{}', NULL)");
	is($node->sql('TABLE lies'), 'real', 'ed25519 lets us in');
	$maria->stop;
}
is($node->sql("SELECT count(*) FROM pipelines p, pipeline_runs r WHERE concat(p::text, r::text) LIKE '%$secret%'"), 0, 'no secret in definitions and runs');
is($node->sql('SELECT pg_postmaster_start_time() < now() AND NOT pg_is_in_recovery()'), 't', 'the server lives');
unlike(PostgreSQL::Test::Utils::slurp_file($node->logfile), qr/was terminated by signal/, 'and never crashed');
$node->stop('fast');
done_testing();
