# make soak-loads: random histories of loads against an oracle in plain SQL, see CONTRIBUTING.md.
#   SOAK_HISTORIES=1000  SOAK_SEED=...  SOAK_STEPS=8  SOAK_PLACES=3  SOAK_CRASHES=6 (seconds between them, about; 0: none)  SOAK_MODE='remote_.*'
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../perl";
use LoadSoak;
use Test::More;

LoadSoak::run(
	histories => $ENV{SOAK_HISTORIES} // 1000,
	seed => $ENV{SOAK_SEED} // time() % 1_000_000,
	steps => $ENV{SOAK_STEPS} // 8,
	places => $ENV{SOAK_PLACES} // 3,
	crashes => $ENV{SOAK_CRASHES} // 6,
	mode => $ENV{SOAK_MODE});
done_testing();
