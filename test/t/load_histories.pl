# Four dozen random histories of loads: after each run the destination is what plain SQL computes. The long form, in which
# the server with pg_sluice crashes as well, is make soak-loads.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../perl";
use LoadSoak;
use Test::More;

LoadSoak::run(histories => 48, seed => $ENV{SOAK_SEED} // 4711, steps => 3, places => 2, crashes => 0);
done_testing();
