# What a destination must hold after a run, as plain SQL says: on a server of its own, over a copy of the source's rows and
# of what the destination held before. It knows nothing of pg_sluice but its documentation.
#
# Tables of a history, in its schema: s: the source; known: the source's rows that append remembers; read: of s, what the
# run is to read; batch: read as rows of the destination; before, after, now: the destination; loose: keys whose rows may be
# any of several.
package HistoryOracle;

use strict;
use warnings;

# db: a SqlPipe; schema; source, destination: pairs of name and type; defaults: clauses of columns of the destination;
# keys: names in the destination; cursor, cursor_type, less (SQL of the lag), nulls: 'include' or not; filter; mapping: the
# select list in the order of "mapped", names of the destination; strategy, on_tie. Of mirror and history: scope, a condition
# on rows of the destination; mark, the column where gone rows are marked, mark_is_time; versions: the names of valid_from,
# valid_to and is_current; guarded: an empty source is an error; max_deletes: undef where there is no such guard. by_xmin: rows
# that are committed late are found: s says in "written" by which transaction its rows were. by_clock: the watermark may be held back.
sub new
{
	my ($class, %with) = @_;
	my $self = bless { %with, watermark => undef, known_from => undef, put_off => [], frozen => {} }, $class;
	my @source = ($self->definitions('source'), $self->{by_xmin} ? 'written bigint' : ());
	my @destination = $self->definitions('destination');
	my $tables = join '', map { "CREATE TABLE $_ (" . join(', ', @destination) . ');' } qw(before after now);
	$self->{db}->query("DROP SCHEMA IF EXISTS $self->{schema} CASCADE; CREATE SCHEMA $self->{schema}");
	$self->sql('CREATE TABLE s (' . join(', ', @source) . '); CREATE TABLE known (LIKE s); CREATE TABLE read (LIKE s);' . $tables);
	$self->{known_columns} = [ $self->names('source') ];
	return $self;
}

sub definitions
{
	my ($self, $which) = @_;
	my @pairs = @{ $self->{$which} };
	return map { "$pairs[ 2 * $_ ] $pairs[ 2 * $_ + 1 ]" . ($which eq 'source' ? '' : $self->{defaults}{ $pairs[ 2 * $_ ] } // '') } 0 .. $#pairs / 2;
}

sub names { my ($self, $which) = @_; return @{ $self->{$which} }[ map { 2 * $_ } 0 .. $#{ $self->{$which} } / 2 ]; }

# Its answer, after all that was put off until then.
sub sql
{
	my ($self, $sql) = @_;
	return $self->{db}->query(join ";\n", "SET search_path = $self->{schema}, public", splice(@{ $self->{put_off} }), $sql);
}

# Without an answer: not worth a trip of its own.
sub later { my ($self, $sql) = @_; push @{ $self->{put_off} }, $sql; return; }

# A row as its text: what a type calls the same may be written in another way.
sub image
{
	my ($alias, @columns) = @_;
	return 'ROW(' . join(', ', map { "$alias.$_" } @columns) . ')::text COLLATE "C"';
}

sub list { my ($alias, @columns) = @_; return join ', ', map { "$alias.$_" } @columns; }

sub same_key { my ($self, $left, $right) = @_; return join ' AND ', map { "$left.$_ = $right.$_" } @{ $self->{keys} }; }

# A column more at the source, and at the destination where the next run adds it.
sub add_column
{
	my ($self, $name, $type, $value, $evolves) = @_;
	push @{ $self->{source} }, $name => $type;
	$self->later("ALTER TABLE s ADD $name $type; ALTER TABLE known ADD $name $type; ALTER TABLE read ADD $name $type");
	return unless $evolves;
	push @{ $self->{destination} }, $name => $type;
	push @{ $self->{mapped} }, $name;
	push @{ $self->{mapping} }, "source.$name";
	$self->later(join ';', map { "ALTER TABLE $_ ADD $name $type" } qw(before after now));
	return;
}

# A column of the source that gives no values any more; the destination keeps it.
sub drop_column
{
	my ($self, $name) = @_;
	my @kept = grep { $self->{mapped}[$_] ne $name } 0 .. $#{ $self->{mapped} };
	@{ $self->{$_} } = @{ $self->{$_} }[@kept] for qw(mapped mapping);
	return;
}

sub widen_column
{
	my ($self, $name, $type) = @_;
	$self->later(join ';', map { "ALTER TABLE $_ ALTER $name TYPE $type" } qw(s known read before after now));
	for my $pairs (@{$self}{qw(source destination)})
	{
		$pairs->[ 2 * $_ + 1 ] = $type for grep { $pairs->[ 2 * $_ ] eq $name } 0 .. $#$pairs / 2;
	}
	return;
}

# The source's columns are others: by those that are remembered, rows at the watermark cannot be recognized. They are taken
# for loaded.
sub has_forgotten
{
	my ($self) = @_;
	return 0 if $self->{oracle} ne 'append' || !defined($self->{watermark} // $self->{known_described});
	my %there = map { $_ => 1 } @{ $self->{described} };
	return !defined $self->{known_described} || grep { !$there{$_} } @{ $self->{known_described} };
}

sub reset_watermark { my ($self) = @_; $self->{watermark} = $self->{oldest_open} = $self->{known_from} = $self->{known_described} = $self->{loaded_to} = undef; $self->later('DELETE FROM known'); return; }

sub set_watermark
{
	my ($self, $value) = @_;
	$self->later('DELETE FROM known');
	$self->{watermark} = $self->{known_from} = $value;
	$self->{oldest_open} = $self->{loaded_to} = undef;
	$self->{known_described} = [];
	return;
}

# Which rows of s the next run reads, and the watermark after it. Returns an SQLSTATE where it must fail.
sub read_range
{
	my ($self) = @_;
	my ($cursor, $type) = @{$self}{qw(cursor cursor_type)};
	$self->later('DELETE FROM read');
	if (!defined $cursor)
	{
		$self->later('INSERT INTO read TABLE s');
		return '';
	}
	return '23502' if $self->{nulls} eq 'error' && $self->sql("SELECT EXISTS (SELECT FROM s WHERE $cursor IS NULL)") eq 't';
	my $value = sub { defined $_[0] ? "'$_[0]'::$type" : "NULL::$type" };
	my $forgotten = $self->has_forgotten;
	my $less = sub { $self->{less} eq '0' ? $_[0] : "($_[0] - $self->{less})::$type" };
	my $w = $value->($self->{watermark});
	my $greatest = "(SELECT $cursor FROM s WHERE $cursor IS NOT NULL ORDER BY 1 DESC LIMIT 1)";
	my $with_known = $self->{oracle} eq 'append';
	my $known_from = $value->($with_known ? $self->{known_from} : undef);
	my ($next, $from, $kept_from) = map { $_ eq '' ? undef : $_ } split /\|/, $self->sql(
		"SELECT next, from_, CASE WHEN kept <= from_ THEN from_ ELSE kept END FROM (SELECT next, from_, @{[$less->('next')]} AS kept FROM "
		  . "(SELECT CASE WHEN $w IS NULL OR $greatest > $w THEN $greatest ELSE $w END AS next, "
		  . ($forgotten ? "$w AS from_" : "CASE WHEN $known_from > @{[$less->($w)]} THEN $known_from ELSE @{[$less->($w)]} END AS from_") . ') x) y'), -1;
	# What the last snapshot did not show.
	my $late = defined $self->{oldest_open} ? " OR written >= $self->{oldest_open}" : '';
	my $range = defined $next ? "$cursor <= " . $value->($next) . (defined $from ? " AND ($cursor >= " . $value->($from) . "$late)" : '') : 'false';
	my $nulls = $self->{nulls} eq 'include' ? " OR $cursor IS NULL" : '';
	$self->later("INSERT INTO read SELECT * FROM s WHERE $range$nulls");
	my $asked = $nulls ne '' || $self->sql("SELECT EXISTS (SELECT FROM s WHERE $range)") eq 't';
	$self->{then} = { watermark => $next, loaded_to => $next, from => $from, oldest_open => $self->{oldest_open_now}, known => $asked };
	$self->keep_from($kept_from);
	return '';
}

sub keep_from
{
	my ($self, $from) = @_;
	$self->{then}{known_from} = $from;
	$self->{then}{keep} = defined $from ? "$self->{cursor} >= '$from'::$self->{cursor_type} OR $self->{cursor} IS NULL" : 'true';
	return;
}

# The run has held the watermark back: there. What it read from there on is known.
sub hold_back
{
	my ($self, $watermark) = @_;
	my ($then, $type) = @{$self}{qw(then cursor_type)};
	$then->{watermark} = $watermark;
	my $kept = "'$watermark'::$type" . ($self->{less} eq '0' ? '' : " - $self->{less}");
	$self->keep_from($self->sql(defined $then->{from} ? "SELECT greatest($kept, '$then->{from}')" : "SELECT $kept"));
	return;
}

# Takes out of read what was loaded before, as often as it was there.
sub take_known_out
{
	my ($self) = @_;
	if ($self->has_forgotten)
	{
		$self->later("DROP TABLE IF EXISTS fresh; CREATE TABLE fresh AS SELECT * FROM read WHERE $self->{cursor} " . (defined $self->{watermark} ? "> '" . ($self->{loaded_to} // $self->{watermark}) . "'" : 'IS NOT NULL'));
		return;
	}
	my @known = @{ $self->{known_columns} };
	my $image = image('r', @known);
	$self->later('DROP TABLE IF EXISTS fresh; CREATE TABLE fresh AS SELECT '
		  . list('r', $self->names('source')) . " FROM (SELECT r.*, row_number() OVER (PARTITION BY $image) AS copy, $image AS image FROM read r) r "
		  . "LEFT JOIN (SELECT @{[image('k', @known)]} AS image, count(*) AS copies FROM known k GROUP BY 1) k USING (image) WHERE copy > coalesce(copies, 0)");
	return;
}

# Computes "after" from s and "before". Returns the SQLSTATE that the run must fail with, or nothing; one of several: a|b.
sub compute
{
	my ($self) = @_;
	my $failure = $self->compute_rows;
	return join '|', grep { $_ ne '' } sort(keys %{ $self->{frozen} }), $failure;
}

sub compute_rows
{
	my ($self) = @_;
	$self->{then} = {};
	$self->later('DELETE FROM after; DROP TABLE IF EXISTS batch, loose; CREATE TABLE loose AS SELECT ' . (join(', ', @{ $self->{keys} }) || '1 AS k') . ' FROM before LIMIT 0');
	my $failure = $self->read_range;
	my $from = 'read';
	if ($self->{oracle} eq 'append' && defined $self->{cursor})
	{
		$self->take_known_out;
		$from = 'fresh';
	}
	my @mapped = @{ $self->{mapped} };
	my $cursor = defined $self->{cursor} ? "source.$self->{cursor}" : 'NULL';
	$self->later("CREATE TABLE batch AS SELECT @{[list('b', @mapped)]}, NULL::@{[$self->{cursor_type} // 'int']} AS moment FROM before b LIMIT 0; INSERT INTO batch SELECT @{[join ', ', @{ $self->{mapping} }]}, $cursor FROM $from AS source WHERE @{[$self->{filter} // 'true']}");
	return $failure if $failure ne '';
	my $oracle = "after_$self->{oracle}";
	return $self->$oracle;
}

sub after_append
{
	my ($self) = @_;
	my $mapped = join ', ', @{ $self->{mapped} };
	$self->later("INSERT INTO after TABLE before; INSERT INTO after ($mapped) SELECT $mapped FROM batch");
	$self->{counts} = { inserted => $self->sql('SELECT count(*) FROM batch') };
	return '';
}

sub after_replace
{
	my ($self) = @_;
	my $mapped = join ', ', @{ $self->{mapped} };
	$self->later("INSERT INTO after ($mapped) SELECT $mapped FROM batch");
	$self->{counts} = { inserted => $self->sql('SELECT count(*) FROM batch') };
	return '';
}

# Of each key the row with the greatest cursor, in "winners". Returns an SQLSTATE where there is none.
sub choose_winners
{
	my ($self) = @_;
	my @keys = @{ $self->{keys} };
	my $keys = join ', ', @keys;
	return '23502' if $self->sql("SELECT EXISTS (SELECT FROM batch WHERE @{[join ' OR ', map { qq($_ IS NULL) } @keys]})") eq 't';
	my $image = image('c', @{ $self->{mapped} });
	$self->later("DROP TABLE IF EXISTS candidates, winners, tied; CREATE TABLE candidates AS SELECT * FROM (SELECT *, rank() OVER (PARTITION BY $keys ORDER BY moment DESC NULLS LAST) AS place FROM batch) b WHERE place = 1;"
		  . "CREATE TABLE winners AS SELECT DISTINCT ON ($keys) * FROM candidates;"
		  . "CREATE TABLE tied AS SELECT $keys FROM candidates c GROUP BY $keys HAVING count(DISTINCT $image) > 1");
	if ($self->sql('SELECT EXISTS (SELECT FROM tied)') eq 't')
	{
		return '21000' if $self->{on_tie} ne 'last';
		$self->later('INSERT INTO loose TABLE tied');
	}
	return '';
}

sub after_merge
{
	my ($self) = @_;
	my $failure = $self->choose_winners;
	return $failure if $failure ne '';
	my @mapped = @{ $self->{mapped} };
	my %is_mapped = map { $_ => 1 } @mapped;
	my @other = grep { !$is_mapped{$_} } $self->names('destination');
	my ($mapped, $same) = (join(', ', @mapped), $self->same_key('b', 'w'));
	my $differ = image('b', @mapped) . ' <> ' . image('w', @mapped);
	my $changed = "FROM before b JOIN winners w ON $same WHERE $differ";
	my $strategy = $self->{strategy};
	$changed .= ' AND false' if $strategy eq 'insert_only';
	my $all = join ', ', @mapped, @other;
	$self->later("INSERT INTO after ($mapped) SELECT @{[list('w', @mapped)]} FROM winners w WHERE NOT EXISTS (SELECT FROM before b WHERE $same);"
		  . 'INSERT INTO after SELECT * FROM before b WHERE NOT EXISTS (SELECT FROM winners w WHERE ' . "$same AND $differ" . ($strategy eq 'insert_only' ? ' AND false' : '') . ');'
		  . ($strategy eq 'upsert' ? "INSERT INTO after ($all) SELECT " . join(', ', list('w', @mapped), map { "b.$_" } @other) . " $changed"
			: "INSERT INTO after ($mapped) SELECT @{[list('w', @mapped)]} $changed"));
	my ($inserted, $differing) = split /\|/, $self->sql("SELECT (SELECT count(*) FROM winners w WHERE NOT EXISTS (SELECT FROM before b WHERE $same)), (SELECT count(*) $changed)");
	$self->{counts} = $strategy eq 'delete_insert' ? { inserted => $inserted + $differing, deleted => $differing, updated => 0 } : { inserted => $inserted, updated => $differing, deleted => 0 };
	return '';
}

# A time that only the run knows, until resolve puts it in.
use constant THEN => "'infinity'";

# What is compared: "compared", and the rest, which stays as it is. Which of its rows are gone: "gone".
sub compare
{
	my ($self, $where, $unmarked, $finds_gone) = @_;
	my $failure = $self->choose_winners;
	return $failure if $failure ne '';
	my $inside = '(' . ($self->{scope} // 'true') . ") AND $where";
	my ($same, $outside) = ($self->same_key('b', 'w'), "NOT coalesce($inside, false)");
	$self->later("DROP TABLE IF EXISTS compared, gone; CREATE TABLE compared AS SELECT * FROM before WHERE $inside;"
		  . "CREATE TABLE gone AS SELECT * FROM compared b WHERE $finds_gone AND $unmarked AND NOT EXISTS (SELECT FROM winners w WHERE $same);"
		  . "INSERT INTO after SELECT * FROM before WHERE $outside");
	my $scope_only = defined $self->{scope} ? "NOT coalesce(($self->{scope}), false)" : 'false';
	my ($of_others, $read, $gone, $met) = split /\|/, $self->sql("SELECT EXISTS (SELECT FROM winners w WHERE NOT EXISTS (SELECT FROM compared b WHERE $same) AND EXISTS (SELECT FROM (SELECT * FROM before WHERE $where AND $scope_only) b WHERE $same)), "
		  . "(SELECT count(*) FROM winners), (SELECT count(*) FROM gone), (SELECT count(*) FROM compared b JOIN winners w ON $same)");
	return '44000' if $of_others eq 't';
	return 'SL014' if $self->{guarded} && $gone > 0 && $read == 0;
	return 'SL015' if defined $self->{max_deletes} ? $gone > $self->{max_deletes} : $self->{guarded} && $gone + $met > 1000 && $gone * 2 > $gone + $met;
	$self->{gone_count} = $gone;
	return '';
}

# A row that is written outside of the scope.
sub outside
{
	my ($self, $rows) = @_;
	return '' if !defined $self->{scope} || $self->sql("SELECT EXISTS (SELECT FROM $rows AS w WHERE NOT coalesce(($self->{scope}), false))") eq 'f';
	return '44000';
}

sub after_mirror
{
	my ($self) = @_;
	my $mark = $self->{mark};
	my $marked = !defined $mark ? 'false' : $self->{mark_is_time} ? "b.$mark IS NOT NULL" : "b.$mark IS TRUE";
	my $failure = $self->compare('true', "NOT ($marked)", 'true');
	return $failure if $failure ne '';
	my @mapped = @{ $self->{mapped} };
	my %is_mapped = map { $_ => 1 } @mapped;
	my @other = grep { !$is_mapped{$_} && $_ ne ($mark // '') } $self->names('destination');
	my $same = $self->same_key('b', 'w');
	my $differ = '(' . image('b', @mapped) . ' <> ' . image('w', @mapped) . " OR $marked)";
	my $changed = "FROM compared b JOIN winners w ON $same WHERE $differ";
	my $new = "FROM winners w WHERE NOT EXISTS (SELECT FROM compared b WHERE $same)";
	my ($unmark, $set_mark) = !defined $mark ? ([], []) : $self->{mark_is_time} ? ([ 'NULL' ], [ THEN ]) : ([ 'false' ], [ 'true' ]);
	my @marks = defined $mark ? $mark : ();
	my $into = sub { "INSERT INTO after (" . join(', ', @_) . ') SELECT ' };
	my $kept = join ', ', map { "b.$_" } @other;
	$self->later($into->(@mapped, @marks) . join(', ', list('w', @mapped), @$unmark) . " $new;"
		  . $into->(@mapped, @other, @marks) . join(', ', list('w', @mapped), (map { "b.$_" } @other), @$unmark) . " $changed;"
		  . "INSERT INTO after SELECT b.* FROM compared b JOIN winners w ON $same WHERE NOT $differ;"
		  . "INSERT INTO after SELECT b.* FROM compared b WHERE $marked AND NOT EXISTS (SELECT FROM winners w WHERE $same)");
	$self->later($into->(@mapped, @other, @marks) . join(', ', list('b', @mapped, @other), @$set_mark) . ' FROM gone b') if defined $mark;
	my ($inserted, $updated) = split /\|/, $self->sql("SELECT (SELECT count(*) $new), (SELECT count(*) $changed)");
	$self->{counts} = { inserted => $inserted, updated => $updated, deleted => $self->{gone_count} };
	$self->{written} = $inserted + $updated + (defined $mark ? $self->{gone_count} : 0);
	return $self->outside("(SELECT w.* $new UNION ALL SELECT w.* $changed)");
}

sub after_history
{
	my ($self) = @_;
	my ($from, $to, $current) = @{ $self->{versions} };
	my $failure = $self->compare($current, 'true', defined $self->{cursor} ? 'false' : 'true');
	return $failure if $failure ne '';
	my @mapped = @{ $self->{mapped} };
	my $mapped = join ', ', @mapped;
	my @all = grep { $_ ne $to && $_ ne $current } $self->names('destination');
	my $all = join ', ', @all;
	my $same = $self->same_key('b', 'w');
	my $differ = image('b', @mapped) . ' <> ' . image('w', @mapped);
	my $changed = "FROM compared b JOIN winners w ON $same WHERE $differ";
	my $new = "FROM winners w WHERE NOT EXISTS (SELECT FROM compared b WHERE $same)";
	my $next = "INSERT INTO after ($mapped, $from, $current) SELECT @{[list('w', @mapped)]}, @{[THEN]}, true";
	my $close = "INSERT INTO after ($all, $to, $current) SELECT @{[list('b', @all)]}, @{[THEN]}, false";
	$self->later("$next $new; $next $changed; $close $changed; $close FROM gone b;"
		  . "INSERT INTO after SELECT b.* FROM compared b WHERE NOT EXISTS (SELECT FROM winners w WHERE $same AND $differ) AND NOT EXISTS (SELECT FROM gone w WHERE $same)");
	my ($inserted, $updated) = split /\|/, $self->sql("SELECT (SELECT count(*) $new), (SELECT count(*) $changed)");
	$self->{counts} = { inserted => $inserted, updated => $updated, deleted => $self->{gone_count} };
	$self->{written} = $inserted + 2 * $updated + $self->{gone_count};
	return $self->outside("(SELECT w.* $new UNION ALL SELECT w.* $changed)");
}

# What the run says is its instant, in "now", becomes that of "after": one for all of its changes, later than all that was
# there, and between two instants (of the same machine). Returns what is wrong.
sub resolve
{
	my ($self, $only, $first, $last) = @_;
	my @times = @{ $self->{versions} } ? @{ $self->{versions} }[ 0, 1 ] : $self->{mark_is_time} ? $self->{mark} : return '';
	my $latest = sub { "(SELECT max(greatest(" . join(', ', @times) . ")) FROM $_[0] t WHERE " . ($only // 'true') . ')' };
	my ($then, $later, $within) = split /\|/, $self->sql("SELECT t, t > b, t::timestamptz BETWEEN '$first' AND '$last' FROM (SELECT @{[$latest->('now')]} AS t, coalesce(@{[$latest->('before')]}, '-infinity') AS b) x"), -1;
	return '' if $then eq '' || $later eq 'f' || $self->sql('SELECT EXISTS (SELECT FROM after WHERE ' . join(' OR ', map { "$_ = @{[THEN]}" } @times) . ')') eq 'f';
	$self->later("UPDATE after SET $_ = '$then' WHERE $_ = @{[THEN]}") for @times;
	# A time without a zone is one of the pipeline's.
	return $within eq 't' || $self->type_of($times[0]) eq 'timestamp' ? '' : "its instant $then is not between $first and $last";
}

sub type_of { my ($self, $column) = @_; my %types = @{ $self->{destination} }; return $types{$column}; }

# The run has committed.
sub commit
{
	my ($self) = @_;
	return if !defined $self->{cursor};
	my $then = $self->{then};
	if ($self->{oracle} eq 'append' && $then->{known})
	{
		$self->later("DELETE FROM known; INSERT INTO known SELECT * FROM read WHERE $then->{keep}");
		$self->{known_columns} = [ $self->names('source') ];
		$self->{known_described} = $self->{described};
		$self->{known_from} = $then->{known_from};
	}
	@{$self}{qw(watermark oldest_open)} = @{$then}{qw(watermark oldest_open)};
	# Where rows were deleted, a run before it has come further.
	$self->{loaded_to} = $self->sql("SELECT greatest('$self->{loaded_to}'::$self->{cursor_type}, '$then->{loaded_to}')") if $self->{by_clock} && defined $self->{loaded_to};
	$self->{loaded_to} //= $then->{loaded_to} if $self->{by_clock};
	return;
}

# Rows of s that no row of "now" shows, whatever was read when.
sub unseen
{
	my ($self) = @_;
	my @mapped = @{ $self->{mapped} };
	my $image = join ', ', map { "($self->{mapping}[$_])::" . $self->type_of($mapped[$_]) } 0 .. $#mapped;
	my $where = ($self->{filter} // 'true') . ($self->{nulls} eq 'include' ? '' : " AND $self->{cursor} IS NOT NULL");
	my $current = @{ $self->{versions} } ? $self->{versions}[2] : 'true';
	return $self->sql("SELECT left(r, 300) FROM (SELECT ROW($image)::text COLLATE \"C\" AS r FROM s AS source WHERE $where EXCEPT SELECT @{[image('t', @mapped)]} FROM now t WHERE $current) d LIMIT 10");
}

# What differs between two of the tables; only: a condition on rows.
sub difference
{
	my ($self, $expected, $found, $only) = @_;
	my @columns = $self->names('destination');
	my $where = $only // 'true';
	$where .= ' AND NOT EXISTS (SELECT FROM loose WHERE ' . $self->same_key('loose', 't') . ')' if @{ $self->{keys} };
	my $rows = sub { "SELECT @{[image('t', @columns)]} AS r FROM $_[0] t WHERE $where" };
	my ($e, $f) = ($rows->($expected), $rows->($found));
	return $self->sql("SELECT '- ' || left(r, 300) FROM (SELECT r FROM (($e) EXCEPT ALL ($f)) d LIMIT 10) d UNION ALL SELECT '+ ' || left(r, 300) FROM (SELECT r FROM (($f) EXCEPT ALL ($e)) d LIMIT 10) d");
}

# Rows of tied keys that are none of the candidates.
sub wrong_ties
{
	my ($self) = @_;
	return '' if !@{ $self->{keys} } || $self->sql('SELECT EXISTS (SELECT FROM loose)') eq 'f';
	my @mapped = @{ $self->{mapped} };
	my $current = @{ $self->{versions} } ? "t.$self->{versions}[2]" : 'true';
	my $after = $self->{oracle} eq 'merge' && $self->{strategy} eq 'insert_only' ? ' UNION ALL SELECT ' . image('b', @mapped) . ' FROM before b' : '';
	return $self->sql("SELECT @{[image('t', @mapped)]} FROM now t JOIN loose l ON @{[$self->same_key('t', 'l')]} WHERE $current AND @{[image('t', @mapped)]} NOT IN (SELECT @{[image('c', @mapped)]} FROM candidates c$after)");
}

1;
