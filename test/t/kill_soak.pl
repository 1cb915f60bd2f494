# A short soak: 20 kills. The long form is make soak.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../perl";
use Soak;
use Test::More;

# However slow the machine: the number of kills is what counts.
Soak::run(kills => 20, seconds => 600, seed => $ENV{SOAK_SEED} // 4711, pipelines => 120, sessions => 3, round => 20);
done_testing();
