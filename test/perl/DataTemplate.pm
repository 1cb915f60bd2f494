# Data directories are made once in a run of the tests and copied for each server that starts with the same: making one
# takes seconds.
package DataTemplate;

use strict;
use warnings;
use Fcntl ':flock';
use PostgreSQL::Test::Utils;

# Makes the directory $to like others of that name; make: called with the directory that is to become their model.
sub copy
{
	my ($name, $to, $make) = @_;
	my $folder = "$PostgreSQL::Test::Utils::tmp_check/templates";
	mkdir $folder;
	my $model = "$folder/$name";
	open(my $lock, '>', "$model.lock") or die "$model.lock: $!";
	flock($lock, LOCK_EX) or die "$model.lock: $!";
	if (!-e $model)
	{
		$make->("$model.new");
		rename("$model.new", $model) or die "$model: $!";
	}
	close $lock;
	system('cp', '-RPp', $model, $to) == 0 or die "$to could not be copied from $model";
	return;
}

# The server's test module calls initdb for each node; one of 16 and later could copy by itself.
my $run = \&PostgreSQL::Test::Utils::system_or_bail;
sub run_or_copy
{
	my @command = @_;
	my ($at) = grep { $command[$_] =~ /^(-D|--pgdata)$/ } 0 .. $#command;
	return $run->(@command) unless $command[0] eq 'initdb' && defined $at;
	my ($option, $to) = splice @command, $at, 2;
	my $name = join(' ', @command) =~ s/[^\w.=-]/_/gr;
	return copy($name, $to, sub { $run->(@command, $option, $_[0]) });
}

no warnings 'redefine';
*PostgreSQL::Test::Utils::system_or_bail = \&run_or_copy;

1;
