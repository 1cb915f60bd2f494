# The runs of a history: quiet ones, killed ones, ones beside writers or in a transaction of one's own; and what must hold after each.
package HistoryRuns;

use strict;
use warnings;
use LoadHistory;
use SqlPipe;

# How a run is made, and how often of a hundred times.
my @WAYS = ([ 34, 'quiet' ], [ 22, 'killed' ], [ 16, 'beside' ], [ 14, 'changing' ], [ 8, 'called' ], [ 6, 'rolled_back' ]);
my @KILLS = qw(terminate terminate stop source);
# Of a run with a destination at another server: of its session there, and of that server.
my @REMOTE_KILLS = qw(terminate stop source there there there server);
my @PHASES = ('starting', 'preparing', 'connecting', 'loading', 'indexing', 'swapping', 'analyzing', 'finishing');
my @REMOTE_PHASES = ('connecting', 'checking', 'loading', 'analyzing', 'finishing', 'committing', 'committing', 'committing');
use constant FOREIGN_KEY => 1_000_000;
# By which transaction a row of the source is.
use constant WRITTEN => 'xmin::text::bigint';

sub chance { return rand() < $_[0]; }

# A whole history. Dies of what is wrong.
sub live
{
	my ($history, $steps) = @_;
	$history->create;
	$history->insert(1100 + int(rand 1500)) if chance(0.08);
	for my $step (1 .. $steps)
	{
		$history->mutate;
		$history->drift if chance(0.15);
		move_watermark($history) if $history->{how}{cursor} && chance(0.06);
		my $dice = rand 100;
		my ($way) = grep { ($dice -= $_->[0]) < 0 } @WAYS;
		one_run($history, $history->{remote} && $way->[1] =~ /called|rolled_back/ ? 'killed' : $history->{open} && chance(0.3) ? 'committing_late' : $way->[1]);
	}
	$history->end_late;
	# The server may crash during the last one.
	for (1 .. 3)
	{
		one_run($history, 'quiet');
		last if $history->{was_good};
	}
	check_late($history) if $history->{late};
	$history->drop;
	return;
}

# After a run that follows all commits nothing is missing, unless rows were passed over or changed at the destination on purpose.
sub check_late
{
	my ($history) = @_;
	my $oracle = $history->{oracle};
	return if !$history->{was_good} || ($oracle->{strategy} // '') eq 'insert_only' || grep { $history->{$_} } qw(touched_there drifts skipped failed_with);
	my $unseen = $oracle->unseen;
	die "at the end the destination lacks rows of the source:\n$unseen\n" if $unseen ne '';
	$history->{met}{'nothing missing'}++;
	return;
}

sub move_watermark
{
	my ($history) = @_;
	my $name = "p$history->{number}";
	if ($history->{by_clock} || chance(0.5))
	{
		reset_watermark($history);
		return;
	}
	$history->{skipped} = 1;
	my $value = $history->{cursor}{value}->(int(rand($history->{moment} + 1)));
	# Without a zone it would be of the pipeline's.
	$value .= '+00' if $history->{cursor}{type} eq 'timestamptz';
	$history->tell("near: set_watermark $value");
	$history->near("SELECT set_watermark('$name', '$value')");
	$history->{oracle}->set_watermark($value);
	return;
}

sub reset_watermark
{
	my ($history) = @_;
	$history->tell('near: reset_watermark');
	$history->near("SELECT reset_watermark('p$history->{number}')");
	$history->{oracle}->reset_watermark;
	return;
}

sub file { my ($history, $what) = @_; return "$history->{world}{dir}/$what.$history->{number}"; }

sub oldest_open { my ($history) = @_; return $history->{world}{far}->query('SELECT pg_snapshot_xmin(pg_current_snapshot())'); }

# The source's rows, into the oracle's server: as they are, or as they were in one of the states of "changing".
sub copy_source
{
	my ($history, $state) = @_;
	my ($world, $oracle) = @{$history}{qw(world oracle)};
	my @columns = (@{ $history->{columns} }, $history->{drifting} // ());
	my $names = join ', ', map { $_->{name} } @columns;
	# Digits and blanks of a declared length are part of a value.
	$oracle->{described} = [ map { "$_->{name} " . $history->arrives_as($_) =~ s/varchar.*/varchar/r } @columns ];
	my $from = $history->{source_table} . (defined $state ? "_states WHERE state = $state" : '');
	$oracle->later('DELETE FROM s');
	if ($history->{by_xmin})
	{
		$oracle->later("INSERT INTO s ($names, written) SELECT $names, " . (defined $state ? 'written' : WRITTEN) . " FROM src.$from");
		$oracle->{oldest_open_now} = defined $state ? $history->{oldest_open}[$state] : oldest_open($history);
		return;
	}
	if ($history->{at} ne 'maria')
	{
		$oracle->later("INSERT INTO s ($names) SELECT $names FROM src.$from");
		return;
	}
	my $file = file($history, 'source');
	my $list = join ', ', map { $_->{binary} ? "CONCAT('\\\\x', HEX($_->{name}))" : $_->{name} } @columns;
	$history->source("SELECT $list INTO OUTFILE '$file' CHARACTER SET utf8mb4 FROM $from");
	$oracle->sql("COPY s ($names) FROM '$file'");
	unlink $file;
	return;
}

# The destination's rows; nothing while it does not exist.
sub copy_destination
{
	my ($history, $into) = @_;
	my $oracle = $history->{oracle};
	my $file = file($history, 'destination');
	my %there = map { $_ => 1 } split /\n/, $history->there("SELECT quote_ident(attname) FROM pg_attribute WHERE attrelid = to_regclass('public.$history->{to}') AND attnum > 0 AND NOT attisdropped");
	my $columns = join ', ', grep { $there{$_} } $oracle->names('destination');
	$oracle->later("DELETE FROM $into");
	return 0 if $columns eq '';
	unlink $file;
	$history->there("COPY (SELECT $columns FROM public.$history->{to}) TO '$file'");
	$oracle->sql("COPY $into ($columns) FROM '$file'");
	unlink $file;
	return 1;
}

sub one_run
{
	my ($history, $way) = @_;
	my $oracle = $history->{oracle};
	copy_source($history);
	my $exists = copy_destination($history, 'before');
	# What a writer adds would count for a guard.
	$way = 'quiet' if $way eq 'beside' && (!$exists || $history->{guarded});
	my $must_fail = $oracle->compute;
	# It may bring a row back into the scope.
	$way = 'quiet' if $way eq 'beside' && $must_fail eq '44000';
	$history->tell("run: $way" . ($must_fail ne '' ? ", must fail with $must_fail" : ''));
	$history->{lost} = 0;
	$history->{runs}++;
	# Not where the run must alter the destination.
	if ($history->{how}{reader} && $exists && !$history->{drifting} && !$history->{widened} && chance(0.8))
	{
		$history->{reader} = eval { my $reader = $history->{world}{connect}->(); $reader->query("BEGIN; SELECT count(*) FROM $history->{to}"); $reader };
	}
	my $first_xid = $history->there('SELECT pg_snapshot_xmax(pg_current_snapshot())');
	($history->{first_instant}, $history->{last_run}) = split /\|/, $history->near("SELECT clock_timestamp(), coalesce(max(id::text), '') FROM pipeline_runs WHERE pipeline_name = 'p$history->{number}'"), -1;
	$history->{states} = 0;
	my ($status, $state, $run) = do { no strict 'refs'; &$way($history) };
	eval { $history->{reader}->query('COMMIT') if $history->{reader} };
	$history->{reader} = undef;
	$history->tell("    $status $state" . ($history->{lost} ? ', the server crashed' : ''));
	my %end = (status => $status, state => $state, run => $run, way => $way, first_xid => $first_xid);
	# A worker that was killed too late may have been at the next run, of another place.
	$end{said} = $run eq '' ? '' : $history->near("SELECT concat_ws(' / ', error_message, error_detail, error_context) FROM pipeline_runs WHERE id = '$run'");
	$end{may_fail} = $way eq 'killed' || $history->{lost} || $end{said} =~ /administrator command/;
	$end{good} = $history->{was_good} = $status eq 'success';
	copy_destination($history, 'now');
	$must_fail = in_some_state($history, \%end, $must_fail);
	if ($end{good})
	{
		$history->{successes}++;
		$oracle->commit;
		push @{ $history->{columns} }, delete $history->{drifting} if $history->{drifting};
		$history->{widened} = 0;
		reset_watermark($history) if delete $history->{doubt};
	}
	else
	{
		$history->{killed}++;
	}
	check_writer($history) if $way eq 'beside';
	if (grep { $_ eq $state } split /\|/, $must_fail)
	{
		$history->{failed_with} = $state;
		$history->{met}{$state}++;
	}
	return;
}

# The source may have changed during the run, which has read one of its states. Returns what it must fail with in that one.
sub in_some_state
{
	my ($history, $end, $must_fail) = @_;
	if (!$history->{states})
	{
		check($history, $end, $must_fail);
		return $must_fail;
	}
	my (@right, @wrong);
	for my $state (0 .. $history->{states})
	{
		copy_source($history, $state);
		$must_fail = $history->{oracle}->compute;
		push @right, $state if eval { check($history, $end, $must_fail); 1 };
		last if @right && !$history->{by_xmin};
		push @wrong, "in state $state: $@";
	}
	die "the source had $history->{states} states more during the run, and it is right in none of them\n", @wrong if !@right;
	my $state = $right[0];
	$history->{met}{ 'state ' . ($state == 0 ? 'before' : $state == $history->{states} ? 'after' : 'between') }++;
	if ($history->{by_xmin})
	{
		# What the next run must read again is not known where several of them are right.
		$history->{doubt} = $end->{good} && grep { $history->{oldest_open}[$_] != $history->{oldest_open}[$state] } @right;
		copy_source($history, $state);
		$must_fail = $history->{oracle}->compute;
	}
	$history->source("DROP TABLE $history->{source_table}_states");
	return $must_fail;
}

# Dies of what is wrong; changes nothing but tables of the oracle.
sub check
{
	my ($history, $end, $must_fail) = @_;
	my $oracle = $history->{oracle};
	my ($good, $way, $run) = @{$end}{qw(good way run)};
	die "the run $run must fail with $must_fail and was $end->{status} $end->{state}\n"
	  if $must_fail ne '' && !($end->{status} eq 'failed' && (grep { $_ eq $end->{state} } split /\|/, $must_fail) || $end->{may_fail} && !$good);
	die "the run $run was $end->{status} $end->{state}: $end->{said}\n" if $must_fail eq '' && !$good && $way ne 'rolled_back' && !$end->{may_fail};
	my $only = $way eq 'beside' ? "NOT ($history->{key}{foreign})" : undef;
	$oracle->later('DELETE FROM loose') if !$good && $way ne 'beside';
	my $strange = $good ? $oracle->resolve($only, $history->{first_instant}, $history->near('SELECT clock_timestamp()')) : '';
	die "after the run $run $strange\n" if $strange ne '';
	my $difference = $oracle->difference($good ? 'after' : 'before', 'now', $only);
	die "after the run $run ($end->{status}) the destination differs:\n$difference\n" if $difference ne '';
	if ($history->{how}{cursor})
	{
		my $watermark = $history->near("SELECT coalesce(quote_literal(watermark), 'NULL') FROM pipelines WHERE name = 'p$history->{number}'");
		my $value = $good ? $oracle->{then}{watermark} : $oracle->{watermark};
		my $expected = defined $value ? "'$value'" : 'NULL';
		$expected = check_held_back($history, $watermark) if $good && $history->{by_clock} && defined $value && $watermark ne 'NULL';
		die "after the run $run ($end->{status}) the watermark is $watermark, not $expected\n"
		  if $oracle->sql("SELECT $watermark\::$oracle->{cursor_type} IS NOT DISTINCT FROM $expected\::$oracle->{cursor_type}") ne 't';
	}
	return if !$good || $way eq 'beside';
	my $wrong = $oracle->wrong_ties;
	die "after the run $run rows are none of those that were tied:\n$wrong\n" if $wrong ne '';
	return if $oracle->sql('SELECT EXISTS (SELECT FROM loose)') eq 't';
	my $counts = $oracle->{counts};
	my @names = sort keys %$counts;
	my $found = $history->near('SELECT ' . join(" || ' ' || ", map { "'$_ ' || records_$_" } @names) . " FROM pipeline_runs WHERE id = '$run'");
	my $expected = join ' ', map { "$_ $counts->{$_}" } @names;
	die "the run $run counts $found, not $expected\n" if $found ne $expected;
	# What is unchanged is not written; a type that was widened may have written everything.
	if ($history->{how}{keys} && !$history->{widened})
	{
		my $written = $history->there("SELECT count(*) FROM $history->{to} WHERE xmin::text::bigint >= $end->{first_xid}");
		my $changed = $oracle->{written} // $counts->{inserted} + $counts->{updated};
		die "the run $run has written $written rows, not $changed\n" if $written != $changed;
	}
	return;
}

# A watermark that stays before what has been open at the source since before the run; returns it. It never goes back.
sub check_held_back
{
	my ($history, $watermark) = @_;
	my $oracle = $history->{oracle};
	my $type = $oracle->{cursor_type};
	my $before = $oracle->{watermark} // '-infinity';
	my ($end, $open) = ($oracle->{then}{watermark}, $history->{open} ? $history->{open}{began} : 'infinity');
	my ($right, $held_back) = split /\|/, $oracle->sql("SELECT w >= b AND w <= greatest(b, least('$end'::$type, '$open')), w < '$end' FROM (SELECT $watermark\::$type AS w, '$before'::$type AS b) x");
	die "the watermark is $watermark: it was $before, the source's last row is at $end, and a transaction there open since $open\n" if $right ne 't';
	$history->{met}{'watermark held back'}++ if $held_back eq 't';
	$oracle->hold_back($watermark =~ s/^'|'$//gr);
	return $watermark;
}

# -- ways to make a run; each returns its status, SQLSTATE and id

sub attempt
{
	my ($history, $sql) = @_;
	my $answer = eval { ($history->{world}{near} //= $history->{world}{connect}->())->try($sql) };
	return $answer if defined $answer && !$history->is_lost($answer);
	die $@ if !defined $answer && !$history->is_lost($@);
	$history->{lost} = 1;
	$history->{world}{near} = undef;
	return;
}

sub trigger
{
	my ($history) = @_;
	my $run = attempt($history, "SELECT trigger_pipeline('p$history->{number}')");
	die "$run\n" if defined $run && $run !~ /^[0-9a-f-]{36}$/;
	return $run;
}

# Follows the run to the end of its last attempt. Where the server crashed nobody knows whether there is one.
sub finish
{
	my ($history, $run) = @_;
	my $latest = "FROM pipeline_runs WHERE pipeline_name = 'p$history->{number}' AND id::text > '$history->{last_run}' ORDER BY id DESC LIMIT 1";
	$run //= $history->near("SELECT root_run $latest");
	return ('never started', '', '') if $run eq '';
	my $done;
	for (1 .. 1200)
	{
		# As soon as its worker is gone.
		$done = attempt($history, "SELECT coalesce(wait_for_run('$run', '10 s'), 'open')");
		last if defined $done && $done ne 'open';
		select(undef, undef, undef, 0.1) if !defined $done;
	}
	die "the run does not end: $done " . $history->near("SELECT r FROM (SELECT * $latest) r") . "\n" if $done !~ /^(?:success|failed|stopped|skipped)$/;
	my ($id, $status, $state) = split /\|/, $history->near("SELECT id, status, error_sqlstate $latest"), -1;
	return ($status, $state, $id);
}

# Until it is in that phase, or over.
sub watch
{
	my ($history, $run, $polls, $phase) = @_;
	for (1 .. $polls)
	{
		my $now = attempt($history, "SELECT coalesce((SELECT phase FROM pipeline_progress WHERE run = '$run'), (SELECT status FROM pipeline_runs WHERE id = '$run'))") // last;
		last if $now eq $phase || $now =~ /^(success|failed|stopped)/;
	}
	return;
}

sub quiet { my ($history) = @_; return finish($history, trigger($history)); }

sub killed
{
	my ($history) = @_;
	my $remote = $history->{remote};
	my @kills = ($remote ? @REMOTE_KILLS : @KILLS, $history->{world}{crashes} && $remote ? ('crash') x 2 : ());
	my @phases = $remote ? @REMOTE_PHASES : @PHASES;
	my $kill = $kills[ rand @kills ];
	my ($polls, $phase) = chance($remote ? 0.3 : 0.5) ? (int(rand 25), '') : (200, $phases[ rand @phases ]);
	my $run = trigger($history);
	if (defined $run)
	{
		watch($history, $run, $polls, $phase);
		$kill eq 'terminate' ? attempt($history, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'pg_sluice run' AND application_name LIKE '%$run%'")
		  : $kill eq 'stop' ? attempt($history, "SELECT stop_run('$run')")
		  : $kill eq 'there' ? $history->{world}{far}->query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'writer'")
		  : $kill eq 'server' ? crash_there($history)
		  : $kill eq 'crash' ? crash_worker_of($history, $run)
		  : $history->{at} eq 'maria' ? kill_at_maria($history)
		  : $history->{world}{far}->query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'reader'");
	}
	$history->tell("    killed: $kill, phase $phase, polls $polls");
	return finish($history, $run);
}

# All sessions of the other server end as they are.
sub crash_there
{
	my ($history) = @_;
	my ($world, $node) = ($history->{world}, $history->{world}{far_node});
	if (chance(0.5))
	{
		$node->restart_by(chance(0.5) ? 'KILL' : 'QUIT');
	}
	else
	{
		my @sessions = $node->titled(qr/writer/);
		kill 'KILL', @sessions ? $sessions[ rand @sessions ] : $world->{far}->query('SELECT pg_backend_pid()');
	}
	$history->{met}{'other server crashed'}++;
	my $gone = 0;
	for (1 .. 600)
	{
		$gone ||= !eval { $world->{far}->query('SELECT 1'); 1 };
		last if $gone && eval { $world->{far}->become(SqlPipe->psql($node)); 1 };
		select(undef, undef, undef, 0.1);
	}
	delete @{$world}{qw(far_writer late_writer)};
	$history->late_is_over('ROLLBACK') if $history->{open} && !$history->{open}{prepared};
	$world->{late_writer} = SqlPipe->psql($node, name => 'late') if $history->{open};
	return;
}

# All sessions here end, and this one at that point.
sub crash_worker_of
{
	my ($history, $run) = @_;
	my $pid = attempt($history, "SELECT pid FROM pg_stat_activity WHERE backend_type = 'pg_sluice run' AND application_name LIKE '%$run%'") // '';
	kill 'KILL', $pid if $pid =~ /^\d+$/;
	return;
}

sub kill_at_maria
{
	my ($history) = @_;
	my $maria = $history->{world}{maria};
	# One may be gone before it is killed.
	$maria->try("KILL $_") for grep { /^\d+$/ } split /\n/, $maria->query("SELECT id FROM information_schema.processlist WHERE user = 'reader_$history->{world}{place}'");
	return;
}

sub called
{
	my ($history) = @_;
	my $answer = attempt($history, "CALL run_pipeline('p$history->{number}', NULL, NULL)");
	return ('success', '', $1) if defined $answer && $answer =~ /^([0-9a-f-]{36})$/;
	return ('failed', $1, '') if defined $answer && $answer =~ /ERROR:  (\w{5}):/;
	# It may have committed.
	return finish($history);
}

sub rolled_back
{
	my ($history) = @_;
	my $answer = attempt($history, "BEGIN; CALL run_pipeline('p$history->{number}', NULL, NULL); ROLLBACK");
	return ('failed', $1, '') if defined $answer && $answer =~ /ERROR:  (\w{5}):/;
	return ('rolled back', '', '');
}

# -- a writer at the source: transactions that commit while the run is at work, each of which leaves a copy of what it made

sub changing
{
	my ($history) = @_;
	my ($world, $table) = @{$history}{qw(world source_table)};
	my $maria = $history->{at} eq 'maria';
	my $written = $history->{by_xmin} ? WRITTEN . ' AS written, ' : '';
	$history->source("CREATE TABLE ${table}_states AS SELECT 0 AS state, ${written}h.* FROM $table h");
	my $writer = $world->{ $maria ? 'maria_writer' : 'far_writer' } //= $maria ? SqlPipe->mariadb($world->{maria_node}) : SqlPipe->psql($world->{far_node});
	my @script = $maria ? 'USE hist' : 'SET search_path = src, public';
	for (1 .. 2 + rand 8)
	{
		my @changes = $history->collect(sub { $history->live_on(1 + int(rand 3)) });
		$history->{states}++;
		push @script, 'BEGIN', @changes, "INSERT INTO ${table}_states SELECT $history->{states}, ${written}h.* FROM $table h", ($history->{by_xmin} ? "INSERT INTO ${table}_writers SELECT $history->{states}, pg_current_xact_id()::text::bigint" : ()), 'COMMIT';
	}
	$history->source("CREATE TABLE ${table}_writers (state int, writer bigint)") if $history->{by_xmin};
	my $first_open = $history->{by_xmin} && oldest_open($history);
	my $run = trigger($history);
	watch($history, $run, 40, $PHASES[ rand 4 ]) if defined $run && chance(0.7);
	$writer->send(join ";\n", @script);
	my @end = finish($history, $run);
	my $said = $writer->receive;
	die "the writer at the source fails: $said\n" if $said =~ /ERROR/;
	if ($history->{by_xmin})
	{
		my %writers = map { split /\|/ } split /\n/, $history->source("SELECT * FROM ${table}_writers");
		$history->{oldest_open} = [ map { $history->{open} || !$_ ? $first_open : $writers{$_} + 1 } 0 .. $history->{states} ];
		$history->source("DROP TABLE ${table}_writers");
	}
	return @end;
}

# What was open is committed while the run is at work.
sub committing_late
{
	my ($history) = @_;
	my $table = $history->{source_table};
	$history->source("CREATE TABLE ${table}_states AS SELECT 0 AS state, @{[WRITTEN]} AS written, h.* FROM $table h");
	my $first_open = oldest_open($history);
	my $run = trigger($history);
	watch($history, $run, 40, $PHASES[ rand 4 ]) if defined $run && chance(0.7);
	$history->settle_late('COMMIT');
	my @end = finish($history, $run);
	$history->{states} = 1;
	$history->source("INSERT INTO ${table}_states SELECT 1, @{[WRITTEN]}, h.* FROM $table h");
	$history->{oldest_open} = [ $first_open, oldest_open($history) ];
	return @end;
}

# -- writers at the destination

# Single statements, each its own transaction: so they cannot be part of a deadlock, and none may fail.
sub writes
{
	my ($history) = @_;
	my ($to, $key) = @{$history}{qw(to key)};
	my @keys = @{ $history->{keys} };
	my @versions = @{ $history->{versions} // [] };
	my @values_of_versions = @versions ? ('2001-02-03 04:05:06+00', 't') : ();
	my $conflict = $history->{destination}{keyed} && $history->{how}{keys} && !@versions ? ' ON CONFLICT (' . join(', ', @keys) . ') DO UPDATE SET n = EXCLUDED.n' : '';
	my ($list, %rows, @statements) = (join ', ', @keys, 'n', @versions ? @versions[ 0, 2 ] : ());
	my $insert = sub { my ($k, $n) = @_; "INSERT INTO $to ($list) VALUES (" . join(', ', map { "'$_'" } $key->{value}->($k), $n, @values_of_versions) . ")$conflict" };
	for (1 .. 8 + rand 40)
	{
		my ($k, $n, $what) = (FOREIGN_KEY + int(rand 12), int(rand($history->{scope} ? 5 : 9)), rand);
		my $where = $history->where_key($k);
		if ($conflict ne '' && $what < 0.4 && chance(0.5))
		{
			$k = 1 + int(rand $history->{next_key});
			$where = $history->where_key($k);
			$history->{touched}{$k} = 1;
			push @statements, $what < 0.2 ? $insert->($k, $n) : $what < 0.3 ? "UPDATE $to SET n = $n WHERE $where" : "DELETE FROM $to WHERE $where";
		}
		elsif ($what < 0.6)
		{
			next if exists $rows{$k} && $conflict eq '';
			$rows{$k} = $n;
			push @statements, $insert->($k, $n);
		}
		elsif ($what < 0.8)
		{
			$rows{$k} = $n if exists $rows{$k};
			push @statements, "UPDATE $to SET n = $n WHERE $where";
		}
		else
		{
			delete $rows{$k};
			push @statements, "DELETE FROM $to WHERE $where";
		}
	}
	$history->{rows_of_writer} = \%rows;
	return @statements;
}

sub beside
{
	my ($history) = @_;
	$history->{touched} = {};
	my @statements = writes($history);
	$history->tell("    beside: $_") for @statements;
	my $oracle = $history->{oracle};
	my $keys = join ', ', @{ $history->{keys} };
	$oracle->later("INSERT INTO loose ($keys) VALUES (" . join(', ', map { "'$_'" } $history->{key}{value}->($_)) . ')') for sort { $a <=> $b } keys %{ $history->{touched} };
	$history->{touched_there} = 1 if keys %{ $history->{touched} };
	my $writer = eval { $history->connect_there };
	my $run = trigger($history);
	eval { $writer->send(join ";\n", @statements) };
	my @end = finish($history, $run);
	my $said = eval { $writer->receive };
	$history->{lost} = 1 if !defined $said;
	die "beside the run a statement fails: $said\n" if defined $said && $said =~ /ERROR/ && !$history->{lost} && !$history->is_lost($said);
	return @end;
}

# What only the writer has touched is as it left it; then it goes.
sub check_writer
{
	my ($history) = @_;
	my %rows = %{ $history->{rows_of_writer} };
	my $where = "FROM $history->{to} WHERE $history->{key}{foreign}";
	my $sum = 0;
	$sum += $_ for values %rows;
	my $found = $history->there("SELECT count(*) || ' rows, sum ' || coalesce(sum(n), 0) $where");
	my $expected = keys(%rows) . " rows, sum $sum";
	# A replace takes all that came before its rows, and what compares changes them.
	die "of the writer's rows there are $found, not $expected\n" if $found ne $expected && !$history->{lost} && $history->{oracle}{oracle} !~ /replace|mirror|history/;
	$history->there("DELETE $where");
	return;
}

1;
