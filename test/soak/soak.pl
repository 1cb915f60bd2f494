# make soak: kills without end, see CONTRIBUTING.md.
#   SOAK_KILLS=1000  SOAK_SECONDS=7200 (whichever comes first)  SOAK_SEED=...  SOAK_PIPELINES=300  SOAK_SESSIONS=4  SOAK_ROUND=100
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../perl";
use Soak;
use Test::More;

Soak::run(
	kills => $ENV{SOAK_KILLS} // 1000,
	seconds => $ENV{SOAK_SECONDS} // 7200,
	seed => $ENV{SOAK_SEED} // time() % 1_000_000,
	pipelines => $ENV{SOAK_PIPELINES} // 300,
	sessions => $ENV{SOAK_SESSIONS} // 4,
	round => $ENV{SOAK_ROUND} // 100);
done_testing();
