# JSON texts of all shapes from a seed (srand): keys out of order and twice, blanks, escapes, long arrays, numbers of every form.
package RandomJson;

use strict;
use warnings;
use utf8;
use Exporter 'import';

our @EXPORT = qw(random_json copy_text);

my @words = ('', 'a', 'b', 'aa', 'key', 'tags', 'Zürich', '日本', 'a longer name with blanks', 'x' x 40, '/', '{}', '[,]', "\x7f", '𝄞');
my @escaped = ('\\n', 'a\\"b', '\\\\', '\\u00e9', '\\/', 'tab\\t');
my @numbers = ('0', '-0', '-0.000', '1', '-1', '9999', '10000', '10001', '100000000', '0.1', '0.00001', '1.50', '1234567890123456789012345',
	'-99999999.9999', '12345.67890', '0.0', '1e5', '2.5E-3', '-1e+10', '0.' . '0' x 70 . '1', '9' x 130, '1.' . '5' x 62, '1.' . '5' x 64, '5' . '0' x 100);

sub pick { return $_[ int rand @_ ]; }
sub blank { return rand() < 0.9 ? '' : pick(' ', "\n", "\t", "\r", '   '); }

sub string { return '"' . (rand() < 0.03 ? pick(@escaped) : pick(@words) . (rand() < 0.5 ? '' : int rand 1000)) . '"'; }

sub number
{
	my $kind = rand;
	return $kind < 0.4 ? int rand 100000 : $kind < 0.7 ? sprintf('%.' . int(rand 9) . 'f', rand(2000) - 1000) : pick(@numbers);
}

# how_many: the largest container.
sub random_json
{
	my ($depth, $how_many) = @_;
	my $kind = rand;
	return blank() . pick(qw(true false null)) . blank() if $kind < 0.1;
	return blank() . string() . blank() if $kind < 0.25 || ($depth == 0 && $kind < 0.6);
	return blank() . number() . blank() if $kind < 0.35 || $depth == 0;
	my @members = map { random_json($depth - 1, $how_many / 3) } 1 .. int rand(1 + $how_many);
	return blank() . '[' . (@members ? join(',', @members) : blank()) . ']' . blank() if $kind < 0.6;
	return blank() . '{' . (@members ? join(',', map { blank() . string() . blank() . ":$_" } @members) : blank()) . '}' . blank();
}

# As COPY reads it.
sub copy_text
{
	my ($text) = @_;
	my %letter = ("\n" => 'n', "\t" => 't', "\r" => 'r', '\\' => '\\');
	return $text =~ s/([\n\t\r\\])/\\$letter{$1}/gr;
}

1;
