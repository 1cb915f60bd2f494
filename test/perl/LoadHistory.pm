# One random history of a pipeline: what happens at its source and at its destination, runs in between, some of them killed,
# and after each of them what the destination must hold. The seed decides all of it but the moments of kills.
package LoadHistory;

use strict;
use warnings;
use HistoryKinds;
use HistoryOracle;
use SqlPipe;

# world: where it happens, see LoadSoak; seed: also its number, which names what it makes.
sub new
{
	my ($class, $world, $seed) = @_;
	srand($seed);
	my $self = bless { world => $world, seed => $seed, number => $seed, told => [], moment => 0, next_key => 1, live => {}, runs => 0, killed => 0, successes => 0 }, $class;
	$self->choose;
	return $self;
}

sub any { return $_[ rand @_ ]; }
sub chance { return rand() < $_[0]; }
sub tell { my ($self, $what) = @_; push @{ $self->{told} }, $what; return; }

sub choose
{
	my ($self) = @_;
	my $world = $self->{world};
	my $wanted = $world->{mode} // '.*';
	my $mode = any(grep { /^(?:$wanted)$/ } sort keys %HistoryKinds::MODES);
	my %mode = %{ $HistoryKinds::MODES{$mode} };
	my $at = $mode{late} ? 'postgres' : $world->{maria} ? any(qw(postgres postgres maria maria foreign)) : any(qw(postgres postgres foreign));
	my $maria = $at eq 'maria';
	my $key = any(grep { !$maria || $HistoryKinds::KEYS{$_}{maria} } sort keys %HistoryKinds::KEYS);
	# A time that now() sets.
	my $cursor = ($mode{late} // '') eq 'auto' ? any(qw(timestamp timestamptz)) : any(grep { !$maria || $HistoryKinds::CURSORS{$_}{maria} } sort keys %HistoryKinds::CURSORS);
	my @kinds = grep { !$maria || $_->{maria} } @HistoryKinds::COLUMNS;
	@{$self}{qw(mode at key cursor into)} = ("$mode", $at, $HistoryKinds::KEYS{$key}, $HistoryKinds::CURSORS{$cursor}, any(@{ $mode{into} }));
	$self->{how} = \%mode;
	@{$self}{qw(late remote)} = @mode{qw(late remote)};
	$self->{by_xmin} = ($self->{late} // '') eq 'xmin';
	$self->{by_clock} = ($self->{late} // '') eq 'auto';
	$self->{destination} = $HistoryKinds::DESTINATIONS{ $self->{into} };
	my @keys = @{ $self->{key}{columns} };
	$self->{keys} = [ @keys[ map { 2 * $_ } 0 .. $#keys / 2 ] ];
	# A key of text is one of bytes at MariaDB, too.
	my @columns = map { { name => $keys[ 2 * $_ ], pg => $keys[ 2 * $_ + 1 ], maria => $keys[ 2 * $_ + 1 ] . ($keys[ 2 * $_ + 1 ] =~ /char/ ? ' COLLATE utf8mb4_bin' : '') } } 0 .. $#keys / 2;
	push @columns, { name => 'at', pg => $self->{cursor}{type}, maria => $self->{cursor}{maria} }, { name => 'n', pg => 'int', maria => 'int' };
	push @columns, { name => "v$_", %{ any(@kinds) } } for 1 .. 1 + int(rand 4);
	$self->{columns} = \@columns;
	# Without a unique key at the source a key may come more than once, as in a log of changes.
	$self->{unique} = $mode{late} ? 1 : $mode{keys} ? chance($mode{cursor} ? 0.7 : 0.9) || !$mode{cursor} && $self->{destination}{created} : $self->{destination}{key} || $self->{into} eq 'indexed' || chance(0.5);
	$self->{nulls} = $mode{cursor} ? any(qw(error error include exclude)) : 'error';
	$self->{lag} = $mode{cursor} && $cursor ne 'uuid' && chance(0.4) ? 1 + int(rand 5) : 0;
	$self->{filter} = chance(0.25) && !($self->{nulls} eq 'error' && $mode{cursor}) ? any('n % 3 <> 1', 'n IS NOT NULL', 'n < 5') : undef;
	$self->{computed} = chance(0.25);
	$self->{extra} = !$self->{destination}{created} && chance(0.5);
	my %options = $mode{options} ? $mode{options}->() : ();
	$self->{scope} = $options{scope} && $HistoryKinds::SCOPE;
	# Rows of the source that are outside of the scope are errors.
	$self->{filter} = chance(0.9) ? $HistoryKinds::SCOPE : undef if $self->{scope};
	# Whether a row without a cursor counts when the filter leaves it out depends on where the filter is applied.
	$self->{nulls} = 'exclude' if $self->{nulls} eq 'error' && $mode{cursor} && defined $self->{filter};
	$self->{max_deletes} = $options{max_deletes} if ($options{max_deletes} // 1_000_000) < 1_000_000;
	$self->{guarded} = $mode{load} =~ /mirror|history/ && !$options{on_empty};
	$self->{mark} = $options{soft_delete_column} && 'gone';
	$self->{mark_type} = $self->{destination}{created} ? 'timestamptz' : any(qw(bool timestamptz timestamp)) if $self->{mark};
	$self->{versions} = [ map { my ($option, $default) = @$_; ($options{$option} // $default) =~ s/"([a-z]+)"/$1/r } [ valid_from_column => 'valid_from' ], [ valid_to_column => 'valid_to' ], [ current_column => 'is_current' ] ]
	  if $mode{load} eq 'history';
	$options{lag} = $self->{cursor}{lag}->($self->{lag}) if $self->{lag};
	# A source may have lost all its rows.
	$options{on_empty} = '"load"' if $mode{load} eq 'replace';
	$options{on_null_cursor} = "\"$self->{nulls}\"" if $mode{cursor};
	$self->{evolves} = !$mode{remote} && chance(0.6);
	$options{on_new_column} = $self->{evolves} ? '"evolve"' : '"discard_value"';
	$options{on_missing_column} = any('"freeze"', '"discard_value"', $mode{remote} ? () : '"evolve"');
	$options{on_changed_type} = $mode{remote} ? '"freeze"' : any('"freeze"', '"evolve"', '"evolve"');
	$options{late_rows} = "\"$mode{late}\"" if $mode{late};
	# Whether a run was committed there is asked at once.
	@options{qw(retry_delay retry_max_delay)} = ('"1 second"', '"1 second"') if $mode{remote};
	$self->{options} = \%options;
	my $described = join ', ', map { "$_->{name} " . ($maria ? $_->{maria} : $_->{pg}) } @columns;
	$self->tell("$mode from $at ($described" . ($self->{unique} ? '' : '; keys not unique') . ") into $self->{into}");
	return;
}

sub source_type { my ($self, $column) = @_; return $self->{at} eq 'maria' ? $column->{maria} : $column->{pg}; }
sub arrives_as { my ($self, $column) = @_; return $self->{at} eq 'maria' ? $column->{maria_pg} // ($column->{maria} =~ s/ COLLATE.*//r =~ s/datetime.*/timestamp/r =~ s/timestamp\(6\) NULL/timestamptz/r =~ s/decimal/numeric/r) : $column->{pg}; }

sub literal
{
	my ($self, $value, $column) = @_;
	return 'NULL' unless defined $value;
	return $$value if ref $value;
	my $maria = $self->{at} eq 'maria';
	return $maria ? "x'$value'" : "'\\x$value'" if $column->{binary};
	$value =~ s/'/''/g;
	$value =~ s/\\/\\\\/g if $maria;
	return "'$value'";
}

# At the source.
sub source
{
	my ($self, $sql) = @_;
	$self->tell("source: $sql") if $sql !~ /OUTFILE/;
	if ($self->{collected})
	{
		push @{ $self->{collected} }, $sql;
		return '';
	}
	return $self->{at} eq 'maria' ? $self->{world}{maria}->query("USE hist; $sql") : $self->{world}{far}->query("SET search_path = src, public; $sql");
}

# What would be done at the source, for somebody else to do it.
sub collect
{
	my ($self, $do) = @_;
	local $self->{collected} = [];
	$do->();
	return @{ $self->{collected} };
}

# Where pg_sluice is. The server may crash at any moment; what is asked for then is asked again when it is back.
sub near
{
	my ($self, $sql) = @_;
	for (1 .. 600)
	{
		my $answer = eval { ($self->{world}{near} //= $self->{world}{connect}->())->query($sql) };
		return $answer if defined $answer;
		die $@ unless $self->is_lost($@);
		$self->{world}{near} = undef;
		select(undef, undef, undef, 0.1);
	}
	die "the server does not come back\n";
}

# Where the destination is.
sub there { my ($self, $sql) = @_; return $self->{remote} ? $self->{world}{far}->query("SET search_path = public; $sql") : $self->near($sql); }
sub connect_there { my ($self) = @_; return $self->{remote} ? SqlPipe->psql($self->{world}{far_node}) : $self->{world}{connect}->(); }

sub is_lost { my ($self, $error) = @_; return $error eq SqlPipe::LOST || $error =~ /57P0[123]:|the database system is/; }

sub create
{
	my ($self) = @_;
	my ($world, $number, $destination) = @{$self}{qw(world number destination)};
	my $table = $self->{source_table} = "h$number";
	my $to = $self->{to} = "d$number";
	my $keys = join ', ', @{ $self->{keys} };
	my @columns = @{ $self->{columns} };
	my $key = $self->{unique} ? ", PRIMARY KEY ($keys)" : '';
	$self->source("CREATE TABLE $table (" . join(', ', map { "$_->{name} " . $self->source_type($_) } @columns) . "$key)");

	my @source = map { ($_->{name}, $self->arrives_as($_)) } @columns;
	my @mapped = my @mapping = map { $_->{name} } @columns;
	my $select;
	my @destination = map { ($_->{name}, $self->arrives_as($_)) } @columns;
	if ($self->{computed})
	{
		# A key, the cursor or not, something of one's own.
		@mapping = (@{ $self->{keys} }, 'at', 'n', $columns[-1]{name}, 'n * 2 + 1');
		@mapped = (@mapping[ 0 .. $#mapping - 1 ], 'twice');
		my %type = @source;
		@destination = map { ($_ => $type{$_} // 'int') } @mapped;
		$select = join(', ', @mapping) . ' AS twice';
	}
	my %defaults;
	if ($self->{extra})
	{
		unshift @destination, extra => 'text';
		$defaults{extra} = " DEFAULT 'fresh'";
	}
	push @destination, $self->{mark} => $self->{mark_type} if $self->{mark};
	my @versions = @{ $self->{versions} // [] };
	push @destination, $versions[0] => 'timestamptz', $versions[1] => 'timestamptz', $versions[2] => 'bool' if @versions;
	$self->{oracle} = HistoryOracle->new(db => $world->{far}, schema => "o$number", oracle => $self->{how}{oracle}, source => \@source, destination => \@destination, defaults => \%defaults,
		keys => $self->{how}{keys} ? $self->{keys} : [], cursor => $self->{how}{cursor} ? 'at' : undef, cursor_type => $self->{cursor}{type}, less => $self->{cursor}{less}->($self->{lag}),
		nulls => $self->{nulls}, filter => $self->{filter}, mapping => [ map { /^\w+$/ ? "source.$_" : $_ } @mapping ], mapped => [@mapped],
		scope => $self->{scope}, mark => $self->{mark}, by_xmin => $self->{by_xmin}, by_clock => $self->{by_clock}, mark_is_time => ($self->{mark_type} // 'bool') ne 'bool', versions => \@versions, guarded => $self->{guarded}, max_deletes => $self->{max_deletes},
		map { my ($to, $option) = @$_; $to => ($self->{options}{$option} // '"upsert"') =~ s/"//gr } [ strategy => 'merge_strategy' ], [ on_tie => 'on_tie' ]);

	my @statements;
	if (!$destination->{created})
	{
		my $unique = join ', ', $keys, @versions[ 0 .. ($#versions > 0 ? 0 : -1) ];
		my $clause = ($destination->{key} ? ", $destination->{key} ($unique)" : '') . ')' . ($destination->{partition} ? " PARTITION BY $destination->{partition}" : '');
		my @there;
		push @there, "CREATE TABLE $to (" . join(', ', map { "$destination[ 2 * $_ ] $destination[ 2 * $_ + 1 ]" . ($defaults{ $destination[ 2 * $_ ] } // '') } 0 .. $#destination / 2) . $clause;
		push @there, $destination->{more}->($to, $unique) if $destination->{more};
		push @there, "CREATE UNIQUE INDEX ON $to ($keys) WHERE $versions[2]" if @versions && $self->{into} ne 'range' && chance(0.6);
		push @statements, @there if !$self->{remote};
		if ($self->{remote})
		{
			$self->tell("there: $_") for @there;
			$self->there(join ";\n", @there);
		}
	}
	my $from = $self->{at} eq 'postgres' ? "source => 'far_$world->{place}', source_table => 'src.$table'" : $self->{at} eq 'maria' ? "source => 'maria_$world->{place}', source_table => 'hist.$table'" : "source_table => 'public.f$number'";
	push @statements, "IMPORT FOREIGN SCHEMA src LIMIT TO ($table) FROM SERVER far_$world->{place} INTO public; ALTER FOREIGN TABLE $table RENAME TO f$number" if $self->{at} eq 'foreign';
	my $options = join ', ', map { "\"$_\": $self->{options}{$_}" } sort keys %{ $self->{options} };
	push @statements, "SELECT create_pipeline('p$number', $from, destination_table => 'public.$to'" . ($self->{remote} ? ", destination => 'there_$world->{place}'" : '') . ", load => '$self->{how}{load}'"
	  . ($self->{how}{keys} ? ", key_columns => '{$keys}'" : '') . ($self->{how}{cursor} ? ", cursor_column => 'at'" : '')
	  . (defined $select ? ", columns => '$select'" : '') . (defined $self->{filter} ? ", filter => '$self->{filter}'" : '')
	  . (chance(0.3) ? ", timezone => 'Europe/Berlin'" : '') . ", options => '{$options}')";
	$self->tell("near: $_") for @statements;
	# Either all of it is there, or nothing.
	my $all = join ";\n", @statements;
	$self->near("DO \$create\$ BEGIN IF NOT EXISTS (SELECT FROM pipelines WHERE name = 'p$number') THEN\n" . ($all =~ s/^SELECT create_pipeline/PERFORM create_pipeline/mr) . ";\nEND IF; END \$create\$");
	return;
}

sub drop
{
	my ($self) = @_;
	my ($number, $table, $to) = @{$self}{qw(number source_table to)};
	$self->near("SELECT drop_pipeline('p$number', if_exists => true, running => 'wait'); DROP FOREIGN TABLE IF EXISTS f$number");
	$self->there("DROP TABLE IF EXISTS $to");
	$self->{world}{far}->query("DROP SCHEMA o$number CASCADE");
	$self->source("DROP TABLE $table");
	return;
}

# -- the source lives

# Text, or a reference to SQL.
sub moment
{
	my ($self) = @_;
	my $late = chance(0.3) ? int(rand 12) : 0;
	return undef if chance(0.06) && ($self->{nulls} ne 'error' || !$self->{how}{cursor} || chance(0.1));
	return \any('now()', 'clock_timestamp()') if $self->{by_clock};
	$self->{moment} += int(rand 3);
	return $self->{cursor}{value}->($late > $self->{moment} ? 0 : $self->{moment} - $late);
}

sub row
{
	my ($self, $key) = @_;
	my @values = $self->{key}{value}->($key);
	$values[0] = undef if !$self->{unique} && chance(0.005);
	my %of = map { $self->{keys}[$_] => $values[$_] } 0 .. $#values;
	return '(' . join(', ', map { $self->literal(exists $of{ $_->{name} } ? $of{ $_->{name} } : $self->value($_), $_) } @{ $self->{columns} }) . ')';
}

sub value
{
	my ($self, $column) = @_;
	return $self->moment if $column->{name} eq 'at';
	return chance(0.1) ? undef : int(rand 9) if $column->{name} eq 'n';
	return any(@{ $column->{values} });
}

sub where_key
{
	my ($self, $key) = @_;
	my @values = $self->{key}{value}->($key);
	return join ' AND ', map { "$self->{keys}[$_] = '$values[$_]'" } 0 .. $#values;
}

# None that an open transaction has: it would be waited for.
sub key_to_insert
{
	my ($self) = @_;
	my $key = 1 + int(rand $self->{next_key});
	$key = $self->{next_key}++ if $self->{held}{$key} || chance(0.8);
	return $self->{held}{$key} ? $self->key_to_insert : $key;
}

sub any_live
{
	my ($self) = @_;
	my @live = sort { $a <=> $b } keys %{ $self->{live} };
	return @live ? any(@live) : undef;
}

sub insert
{
	my ($self, $count) = @_;
	my @keys = map { $self->key_to_insert } 1 .. $count;
	if ($self->{unique})
	{
		my %seen;
		@keys = grep { !$self->{live}{$_} && !$seen{$_}++ } @keys;
		return unless @keys;
	}
	$self->{live}{$_} = 1 for @keys;
	my @rows = map { $self->row($_) } @keys;
	# A row that is there twice.
	push @rows, $rows[0] if !$self->{unique} && chance(0.2);
	$self->source($self->insert_of(@rows));
	return;
}

sub insert_of { my ($self, @rows) = @_; return "INSERT INTO $self->{source_table} (" . join(', ', map { $_->{name} } @{ $self->{columns} }) . ') VALUES ' . join(', ', @rows); }

# The same row once more; often one at the watermark.
sub copy_row
{
	my ($self) = @_;
	my @live = sort { $a <=> $b } keys %{ $self->{live} };
	return if $self->{unique} || !@live;
	$self->source("INSERT INTO $self->{source_table} SELECT * FROM $self->{source_table} WHERE " . (chance(0.6) ? 'at IS NOT NULL ORDER BY at DESC, ' . join(', ', @{ $self->{keys} }) : $self->where_key(any(@live))) . ' LIMIT 1');
	return;
}

sub change
{
	my ($self) = @_;
	my $change = $self->change_of($self->any_live // return);
	$self->source($change) if defined $change;
	return;
}

sub change_of
{
	my ($self, $key) = @_;
	my @columns = grep { my $c = $_; !grep { $_ eq $c->{name} } @{ $self->{keys} } } @{ $self->{columns} };
	my @set = map { "$_->{name} = " . $self->literal($self->value($_), $_) } grep { $_->{name} eq 'at' ? $self->{by_clock} || chance(0.8) : chance(0.6) } @columns;
	return @set ? "UPDATE $self->{source_table} SET " . join(', ', @set) . ' WHERE ' . $self->where_key($key) : undef;
}

sub change_key
{
	my ($self) = @_;
	my $key = $self->any_live // return;
	my $other = $self->key_to_insert;
	# The same key may be written in another way.
	return if $self->{unique} && $self->{live}{$other} && $key != $other;
	delete $self->{live}{$key};
	$self->{live}{$other} = 1;
	my @values = $self->{key}{value}->($other);
	$self->source("UPDATE $self->{source_table} SET " . join(', ', map { "$self->{keys}[$_] = '$values[$_]'" } 0 .. $#values) . ', at = ' . $self->literal($self->moment, {}) . ' WHERE ' . $self->where_key($key));
	return;
}

sub delete_some
{
	my ($self) = @_;
	my $key = $self->any_live // return;
	return $self->delete_all if chance(0.05);
	delete $self->{live}{$key};
	$self->source("DELETE FROM $self->{source_table} WHERE " . $self->where_key($key));
	return;
}

sub delete_all
{
	my ($self) = @_;
	return if $self->{open};
	$self->{live} = {};
	$self->source("DELETE FROM $self->{source_table}");
	return;
}

# What lets every run fail does not stay for long.
sub mend
{
	my ($self) = @_;
	my $state = delete $self->{failed_with} // return;
	$self->end_late;
	my ($table, $first) = ($self->{source_table}, $self->{keys}[0]);
	if ($state eq '23502')
	{
		$self->source("UPDATE $table SET at = " . ($self->{by_clock} ? 'now()' : $self->literal($self->{cursor}{value}->(++$self->{moment}), {})) . ' WHERE at IS NULL') if $self->{nulls} eq 'error' && $self->{how}{cursor};
		$self->source("DELETE FROM $table WHERE $first IS NULL");
	}
	elsif ($state eq '21000')
	{
		my @tied = split /\n/, $self->{oracle}->sql('SELECT ' . join(" || ' AND ' || ", map { "'$_ = ' || quote_literal($_)" } @{ $self->{keys} }) . ' FROM tied');
		$self->source("DELETE FROM $table WHERE $_") for @tied;
	}
	elsif ($state eq '42703')
	{
		my $column = delete $self->{gone_column};
		$self->alter("ADD $column->{name} " . $self->source_type($column));
		push @{ $self->{columns} }, $column;
		delete $self->{oracle}{frozen}{42703};
	}
	elsif ($state eq '42804')
	{
		my $column = delete $self->{too_wide};
		$self->alter_type($column->{name}, $self->source_type($column));
		delete $self->{oracle}{frozen}{42804};
	}
	elsif ($state eq '44000')
	{
		$self->source("UPDATE $table SET n = 1 WHERE NOT ($self->{scope})");
		$self->at_destination("DELETE FROM $self->{to} WHERE NOT ($self->{scope})");
	}
	elsif ($state eq 'SL014')
	{
		$self->insert(3);
	}
	elsif ($state eq 'SL015')
	{
		my @gone = split /\n/, $self->{oracle}->sql('SELECT ' . join(" || ' AND ' || ", map { "'$_ = ' || quote_literal($_)" } @{ $self->{keys} }) . ' FROM gone');
		$self->at_destination("DELETE FROM $self->{to} WHERE $_") for @gone;
	}
	return;
}

sub at_destination
{
	my ($self, $sql) = @_;
	return if $self->there("SELECT to_regclass('$self->{to}') IS NULL") eq 't';
	$self->tell("there: $sql");
	$self->{touched_there} = 1;
	return $self->there($sql);
}

# A row at the destination that is outside of the scope; its key may be one of the source.
sub plant
{
	my ($self) = @_;
	my $key = chance(0.25) ? 1 + int(rand $self->{next_key}) : 2_000_000 + int(rand 100);
	my @versions = @{ $self->{versions} // [] };
	my @columns = (@{ $self->{keys} }, 'n', @versions ? @versions[ 0, 2 ] : ());
	my @values = ($self->{key}{value}->($key), 8, @versions ? ('2001-02-03 04:05:06+00', 't') : ());
	$self->at_destination("INSERT INTO $self->{to} (" . join(', ', @columns) . ') SELECT ' . join(', ', map { "'$_'" } @values) . " WHERE NOT EXISTS (SELECT FROM $self->{to} WHERE " . $self->where_key($key) . ')');
	return;
}

sub mutate
{
	my ($self) = @_;
	$self->mend if chance(0.6);
	$self->plant if $self->{scope} && chance(0.3);
	$self->live_on(int(rand 9));
	$self->open_and_end_late if $self->{late};
	$self->delete_all if $self->{guarded} && chance(0.08);
	return;
}

sub live_on
{
	my ($self, $changes) = @_;
	for (1 .. $changes)
	{
		my $what = rand;
		$what < 0.4 ? $self->insert(1 + int(rand 4)) : $what < 0.7 ? $self->change : $what < 0.8 ? $self->change_key : $what < 0.88 ? $self->copy_row : $self->delete_some;
	}
	return;
}

# -- a transaction at the source that stays open across runs; nobody else touches the rows that it has: $self->{held}

sub open_and_end_late
{
	my ($self) = @_;
	$self->end_late if $self->{open} && chance(0.4);
	return if $self->{open} || chance(0.3);
	my $writer = $self->{world}{late_writer} //= SqlPipe->psql($self->{world}{far_node}, name => 'late');
	my $open = $self->{open} = { came => [], stay => [], gone => [] };
	my @statements = 'BEGIN';
	for (1 .. 1 + int(rand 3))
	{
		push @statements, 'SAVEPOINT part' if chance(0.3);
		my $key = chance(0.5) ? $self->any_live : undef;
		if (!defined $key)
		{
			do { $key = $self->{next_key}++ } while ($self->{live}{$key} || $self->{held}{$key});
			push @{ $open->{came} }, $key;
			push @statements, $self->insert_of($self->row($key));
		}
		else
		{
			delete $self->{live}{$key};
			my $change = chance(0.8) ? $self->change_of($key) : "DELETE FROM $self->{source_table} WHERE " . $self->where_key($key);
			push @{ $open->{ defined $change && $change =~ /^DELETE/ ? 'gone' : 'stay' } }, $key;
			push @statements, $change // ();
		}
		$self->{held}{$key} = 1;
	}
	$open->{prepared} = $self->{by_xmin} && chance(0.3);
	push @statements, "PREPARE TRANSACTION 'late_$self->{number}'" if $open->{prepared};
	$self->tell("late: $_") for @statements;
	splice @statements, 1, 0, "SELECT now()::$self->{cursor}{type}" if $self->{by_clock};
	$open->{began} = $writer->query(join ";\n", 'SET search_path = src, public', @statements);
	return;
}

sub end_late { my ($self) = @_; return $self->settle_late(chance(0.8) ? 'COMMIT' : 'ROLLBACK'); }

sub settle_late
{
	my ($self, $how) = @_;
	my $open = $self->{open} // return;
	$self->tell("late: $how" . ($open->{prepared} ? ' PREPARED' : ''));
	$self->{world}{late_writer}->query($how . ($open->{prepared} ? " PREPARED 'late_$self->{number}'" : ''));
	$self->late_is_over($how);
	return;
}

sub late_is_over
{
	my ($self, $how) = @_;
	my $open = delete $self->{open};
	delete $self->{held};
	$self->{live}{$_} = 1 for @{ $open->{stay} }, @{ $open->{ $how eq 'COMMIT' ? 'came' : 'gone' } };
	return;
}

# -- its columns change

sub drift
{
	my ($self) = @_;
	return if $self->{at} eq 'foreign';
	# ALTER TABLE would wait for it.
	$self->end_late;
	$self->{drifts} = 1;
	return (chance(0.4) ? $self->add_column : chance(0.5) ? $self->drop_column : $self->widen_column);
}

sub alter { my ($self, $what) = @_; $self->source("ALTER TABLE $self->{source_table} $what"); return; }

# Its values are all the same until a run has seen them.
sub add_column
{
	my ($self) = @_;
	return if $self->{drifted}{add}++;
	my $column = { name => 'more', %{ any({ pg => 'int', maria => 'int', maria_pg => 'int', values => [ 1, 2, undef ] }, { pg => 'text', maria => 'varchar(20)', maria_pg => 'varchar(20)', values => [ 'x', 'y' ] }) } };
	$self->alter('ADD more ' . $self->source_type($column) . " DEFAULT '7'");
	$self->{drifting} = $column;
	$self->{oracle}->add_column('more', $self->arrives_as($column), '7', $self->{evolves} && !$self->{computed});
	return;
}

sub own_columns { my ($self) = @_; return grep { $_->{name} =~ /^v/ } @{ $self->{columns} }; }

# Where that stops the pipeline, it comes back without its values.
sub drop_column
{
	my ($self) = @_;
	my @own = $self->own_columns;
	# columns names the last one.
	pop @own if $self->{computed};
	return if !@own || $self->{drifted}{drop}++;
	my $column = any(@own);
	$self->alter("DROP $column->{name}");
	$self->{columns} = [ grep { $_ != $column } @{ $self->{columns} } ];
	if ($self->{options}{on_missing_column} eq '"freeze"' && $self->{successes} && !$self->{computed})
	{
		$self->{oracle}{frozen}{42703} = 1;
		$self->{gone_column} = $column;
		return;
	}
	$self->{oracle}->drop_column($column->{name});
	return;
}

# A type that holds more. Where that stops the pipeline, it goes back.
sub widen_column
{
	my ($self) = @_;
	my %mapped = map { $_ => 1 } @{ $self->{oracle}{mapped} };
	my @own = grep { $mapped{ $_->{name} } && $HistoryKinds::WIDER{ $self->source_type($_) } } $self->own_columns;
	return if !@own || !$self->{successes} || $self->{drifted}{widen}++;
	my $column = any(@own);
	my ($type, @values) = @{ $HistoryKinds::WIDER{ $self->source_type($column) } };
	$self->alter_type($column->{name}, $type);
	if ($self->{options}{on_changed_type} eq '"freeze"')
	{
		$self->{oracle}{frozen}{42804} = 1;
		$self->{too_wide} = $column;
		return;
	}
	my $wide = { %$column, pg => $type, maria => $type, maria_pg => $type =~ s/decimal/numeric/r, values => [ @{ $column->{values} }, @values ] };
	$_ = $_ == $column ? $wide : $_ for @{ $self->{columns} };
	$self->{widened} = 1;
	$self->{oracle}->widen_column($column->{name}, $self->arrives_as($wide));
	return;
}

sub alter_type
{
	my ($self, $name, $type) = @_;
	$self->alter($self->{at} eq 'maria' ? "MODIFY $name $type" : "ALTER $name TYPE $type");
	return;
}

1;
