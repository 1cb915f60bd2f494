#!/usr/bin/perl
# Every hint in the sources, one a line: file, tab, text, with % for what is filled in when it is said.
#   scripts/list_hints.pl [FILE]...
# A hint is what stands where hints stand: the third argument of Error(), of a row of pipeline_health, the argument of
# errhint(), what is assigned to a hint or returned by a function that is called after one, constants with Hint in
# their name, and the table of advice for SQLSTATEs.
use strict;
use warnings;

my @files = @ARGV ? @ARGV : split /\n/, `find src -name '*.cpp' -o -name '*.hpp' | sort`;
my %seen;

# The source's tokens: strings (adjacent ones as one), words, and single characters. No comments.
sub tokens
{
	my ($text) = @_;
	my @tokens;
	while ($text =~ m{\G(?:(//[^\n]*|/\*.*?\*/|\s+)|("(?:[^"\\]|\\.)*")|(\d[\d']*\d)|('(?:[^'\\]|\\.)*')|([A-Za-z_0-9.]*\w)|(.))}gsc)
	{
		my ($space, $string, $number, $char, $word, $other) = ($1, $2, $3, $4, $5, $6);
		next if defined $space;
		if (defined $string)
		{
			$string = substr($string, 1, -1);
			if (@tokens && $tokens[-1][0] eq 's') { $tokens[-1][1] .= $string; next; }
			push @tokens, [ 's', $string ];
			next;
		}
		push @tokens, [ defined $char || defined $number ? 'c' : defined $word ? 'w' : 'o', $char // $number // $word // $other ];
	}
	return @tokens;
}

# The arguments of the call whose parenthesis is at $at, each as a list of tokens.
sub arguments
{
	my ($tokens, $at) = @_;
	my ($depth, @arguments) = (0, []);
	for (my $i = $at; $i < @$tokens; $i++)
	{
		my ($kind, $text) = @{ $tokens->[$i] };
		if ($kind eq 'o' && $text =~ /[(\[{]/) { push @{ $arguments[-1] }, $tokens->[$i] if $depth++; next; }
		if ($kind eq 'o' && $text =~ /[)\]}]/) { return @arguments if !--$depth; }
		if ($kind eq 'o' && $text eq ',' && $depth == 1) { push @arguments, []; next; }
		push @{ $arguments[-1] }, $tokens->[$i];
	}
	return @arguments;
}

# What the texts in these tokens say; values of parameters that are filled in are left out, by their lack of a blank.
sub say_texts
{
	my ($file, @tokens) = @_;
	for my $token (@tokens)
	{
		next if $token->[0] ne 's';
		my $text = $token->[1];
		# A hint is a sentence.
		next if $text !~ /\w \w/ || $text !~ /[.)}]\s*$/ || $text =~ /\bFROM sluice\./;
		$text =~ s/\\(.)/$1/g;
		$text =~ s/\{[^{}"]*\}|%(?:l*[sdu]|"? ?PRI\w+)/%/g;
		$text =~ s/%%+/%/g;
		$text =~ s/([{}])\1/$1/g;
		$text =~ s/^\s+|\s+$//g;
		print "$file\t$text\n" if !$seen{"$file\t$text"}++;
	}
	return;
}

for my $file (@files)
{
	open my $handle, '<', $file or die "$file: $!\n";
	my @tokens = tokens(do { local $/; <$handle> });
	# Functions of this file that are given a hint: which of their arguments it is.
	my %takes;
	for my $i (0 .. $#tokens - 1)
	{
		next if $tokens[$i][0] ne 'w' || $tokens[ $i + 1 ][1] ne '(';
		my @parameters = arguments(\@tokens, $i + 1);
		for my $number (0 .. $#parameters)
		{
			my @parameter = map { $_->[1] } @{ $parameters[$number] };
			$takes{ $tokens[$i][1] } = $number if @parameter > 1 && $parameter[-1] eq 'hint' && $parameter[-2] =~ /^(?:string|string_view|&|\*)$/;
		}
	}
	for my $i (0 .. $#tokens)
	{
		my ($kind, $word) = @{ $tokens[$i] };
		next if $kind ne 'w';
		my $next = $tokens[$i + 1] // [ 'o', '' ];
		if ($next->[0] eq 'o' && $next->[1] eq '(')
		{
			my @arguments = arguments(\@tokens, $i + 1);
			if ($word =~ /^(?:sluice\.|report\.)?(?:Error|Warning|Failure)$/ && @arguments >= 3 && $word !~ /^report\.Ok/) { say_texts($file, @{ $arguments[2] }); }
			elsif (defined $takes{$word} && @arguments > $takes{$word}) { say_texts($file, @{ $arguments[ $takes{$word} ] }); }
			elsif ($word =~ /^(?:GUC_check_)?errhint(?:_internal|_plural)?$/) { say_texts($file, map { @$_ } $arguments[0]); }
			elsif ($word =~ /^(?:api|sluice)?:*(?:Notice|Warning)$/ && @arguments == 2) { say_texts($file, @{ $arguments[1] }); }
		}
		# hint = ...; hint += ...; constexpr ... kSomeHint = ...;
		if ($word =~ /(?:^|\.)(?:hint|loses_rows)$|Hint$|^kInsideFunction$/)
		{
			my $at = $i + 1;
			$at++ if ($tokens[$at][1] // '') =~ /^[\]\[+]$/;
			$at++ while ($tokens[$at][1] // '') =~ /^[\[\]]$/;
			if (($tokens[$at][1] // '') eq '=' && ($tokens[$at + 1][1] // '') ne '=')
			{
				my $end = $at;
				$end++ while $end < @tokens && !($tokens[$end][0] eq 'o' && $tokens[$end][1] eq ';');
				say_texts($file, @tokens[ $at .. $end ]);
			}
		}
		# A function that gives hints: Hint(), PreloadHint(), HintOnLost(); its body.
		if ($word =~ /^(?:\w*Hint|HintO\w+|HintFor|kAdvice)$/ && $i > 0 && $tokens[$i - 1][0] eq 'w' | $tokens[$i - 1][1] eq '*')
		{
			my $at = $i + 1;
			my $depth = 0;
			while ($at < @tokens && $tokens[$at][1] ne '{' && $tokens[$at][1] ne ';') { $at++; }
			next if $at >= @tokens || $tokens[$at][1] ne '{';
			my @body = map { @$_ } arguments(\@tokens, $at);
			say_texts($file, @body);
		}
	}
}
