# Transactions of loads, SQL, savepoints and SET CONSTRAINTS over two tables that refer to each other, drawn at random, once with
# CALL run_pipeline and once with INSERT ... SELECT: each step ends with the same SQLSTATE, and the same rows are there.
# FUZZ=seed,attempts draws others.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../perl";
use SluiceNode;
use PostgreSQL::Test::Utils;
use Test::More;

my ($seed, $attempts) = split /,/, $ENV{FUZZ} // '1,100';
my $node = SluiceNode->create('deferred', 'autovacuum = off');
for my $schema (qw(ours theirs))
{
	$node->sql(<<SQL);
CREATE SCHEMA $schema;
SET search_path = $schema, public;
CREATE TABLE new_a (id int, ref int);
CREATE TABLE new_b (id int, ref int);
CREATE TABLE a (id int PRIMARY KEY, ref int);
CREATE TABLE b (id int PRIMARY KEY, ref int CONSTRAINT b_a REFERENCES a DEFERRABLE INITIALLY DEFERRED) PARTITION BY RANGE (id);
CREATE TABLE b_1 PARTITION OF b FOR VALUES FROM (0) TO (4);
CREATE TABLE b_2 PARTITION OF b FOR VALUES FROM (4) TO (100);
ALTER TABLE a ADD CONSTRAINT a_b FOREIGN KEY (ref) REFERENCES b DEFERRABLE INITIALLY DEFERRED,
	ADD CONSTRAINT a_a FOREIGN KEY (ref) REFERENCES a DEFERRABLE;
SQL
}
$node->sql(<<'SQL');
CREATE PROCEDURE ours.load(t text, how text) LANGUAGE plpgsql AS $$ DECLARE run uuid; BEGIN CALL run_pipeline(t || '_' || how, run => run); END $$;
CREATE PROCEDURE theirs.load(t text, how text) LANGUAGE plpgsql AS $$
BEGIN
	IF how = 'replace' THEN
		EXECUTE format('DELETE FROM theirs.%I', t);
	END IF;
	EXECUTE format('INSERT INTO theirs.%I SELECT * FROM theirs.new_%1$I', t);
END $$;
SELECT create_pipeline(t || '_' || how, source_table => 'ours.new_' || t, destination_table => 'ours.' || t, load => how)
FROM unnest('{a,b}'::text[]) t, unnest('{append,replace}'::text[]) how;
SQL

sub any { return $_[ int(rand(@_)) ]; }
sub id { return 1 + int(rand(6)); }

# A reference is nothing as often as something, or hardly anything would ever be committed.
sub ref_to { return any('NULL', id()); }

sub rows
{
	my %rows = map { id() => ref_to() } 1 .. any(0, 1, 2, 3, 5);
	return join(', ', map { "($_, $rows{$_})" } sort keys %rows);
}

# What is deferred decides whether a replace, which is two statements in SQL, can be compared.
sub steps
{
	my @steps;
	my @deferred = ({ a_b => 1, b_a => 1, a_a => 0 });
	for (1 .. 3 + int(rand(8)))
	{
		my $state = $deferred[-1];
		my ($table, $constraint) = (any('a', 'b'), any(sort keys %$state));
		my $what = any(qw(load load load load insert delete update set set all savepoint back release));
		if ($what eq 'load')
		{
			my $may_replace = !grep { !$_ } values %$state;
			push @steps, "CALL load('$table', '" . ($may_replace ? any('append', 'replace') : 'append') . "')";
		}
		elsif ($what eq 'insert') { push @steps, 'INSERT INTO ' . $table . ' VALUES (' . id() . ', ' . ref_to() . ')'; }
		elsif ($what eq 'delete') { push @steps, "DELETE FROM $table WHERE id = " . id(); }
		elsif ($what eq 'update') { push @steps, "UPDATE $table SET ref = " . ref_to() . ' WHERE id = ' . id(); }
		elsif ($what eq 'set' || $what eq 'all')
		{
			my $deferred = any(0, 1, 1);
			my @named = $what eq 'all' ? sort keys %$state : $constraint;
			@$state{@named} = ($deferred) x @named;
			push @steps, 'SET CONSTRAINTS ' . ($what eq 'all' ? 'ALL' : $constraint) . ($deferred ? ' DEFERRED' : ' IMMEDIATE');
		}
		elsif ($what eq 'savepoint')
		{
			push @deferred, {%$state};
			push @steps, 'SAVEPOINT s' . $#deferred;
		}
		elsif (@deferred > 1)
		{
			push @steps, ($what eq 'back' ? 'ROLLBACK TO s' : 'RELEASE s') . $#deferred;
			$what eq 'back' ? splice(@deferred, -1, 1, { %{ $deferred[-2] } }) : splice(@deferred, -2, 1);
		}
	}
	return @steps;
}

# An error that SET CONSTRAINTS or a savepoint meets leaves the states apart from what is kept here; then a replace may come
# where some constraint is immediate. It is left out of the comparison by leaving out what follows an error: a transaction
# goes on only behind ROLLBACK TO.
my (%outcomes, @scripts, %scripts);
for my $number (1 .. $attempts)
{
	srand($seed * 1000003 + $number);
	my ($a, $b) = (rows(), rows());
	my @steps = ('BEGIN', steps(), 'COMMIT');
	push @scripts, \@steps;
	for my $schema (qw(ours theirs))
	{
		$scripts{$schema} .= "SET search_path = $schema, public;\nTRUNCATE new_a, new_b;\n"
		  . ($a eq '' ? '' : "INSERT INTO new_a VALUES $a;\n")
		  . ($b eq '' ? '' : "INSERT INTO new_b VALUES $b;\n")
		  . join('', map { "$_;\n\\echo $number :SQLSTATE\n" } @steps)
		  . "SELECT '$number ' || coalesce(string_agg(r::text, ' ' ORDER BY r::text), '') FROM (SELECT 'a', * FROM a UNION ALL SELECT 'b', * FROM b) r;\n"
		  # Now and then from the beginning.
		  . ($number % 4 == 0 ? "TRUNCATE a, b;\n" : '');
	}
}
for my $schema (qw(ours theirs))
{
	my ($code, $out, $err) = $node->psql('postgres', "SET client_min_messages = warning;\n$scripts{$schema}", on_error_stop => 0);
	for my $line (split /\n/, $out)
	{
		push @{ $outcomes{$schema}{$1} }, $2 if $line =~ /^(\d+) (.*)$/;
	}
}
my (%states, $failures);
for my $number (1 .. $attempts)
{
	my ($ours, $theirs) = map { join("\n", @{ $outcomes{$_}{$number} // [] }) } qw(ours theirs);
	$states{$_}++ for @{ $outcomes{ours}{$number} }[ 0 .. $#{ $scripts[ $number - 1 ] } ];
	next if $ours eq $theirs && $ours ne '';
	is($ours, $theirs, "seed $seed, transaction $number: " . join('; ', @{ $scripts[ $number - 1 ] }));
	last if $failures++ > 3;
}
ok(!$failures, "$attempts transactions end as they do with SQL");
cmp_ok($states{'23503'} // 0, '>', $attempts / 20, 'some of them break a key');
cmp_ok($states{'00000'} // 0, '>', $attempts, 'others do not');
is($node->sql('SELECT count(*) FROM sluice.pipeline_deferred_checks'), '0', 'nothing is left over');
cmp_ok($node->sql(q{SELECT count(*) FROM pipeline_log WHERE message LIKE 'foreign key%still to be checked'}), '>', $attempts / 10,
	'checks were deferred, not made by SQL');
$node->stop;
done_testing();
