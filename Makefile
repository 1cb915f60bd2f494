# Builds and installs with PGXS.   make help   lists what there is.
#   PG_CONFIG=/usr/lib/postgresql/17/bin/pg_config   another server than the first one in PATH
#   WERROR=1                                         warnings are errors
#   DEBUG_INFO=-g                                    all that a debugger can show, not only the lines of a backtrace

EXTENSION = pg_sluice
EXTVERSION := $(shell sed -n "s/^default_version *= *'\(.*\)'/\1/p" pg_sluice.control)
MODULE_big = pg_sluice
SOURCES := $(sort $(shell find src -name '*.cpp'))
OBJS = $(SOURCES:.cpp=.o)
SQL_PARTS := $(sort $(wildcard src/sql/*.sql))
UPGRADES := $(foreach from,0.1 0.2,pg_sluice--$(from)--$(EXTVERSION).sql)
DATA_built = pg_sluice--$(EXTVERSION).sql $(UPGRADES)
# What older releases installed, as it was: CREATE EXTENSION ... VERSION, and the test of the way from there.
DATA = $(wildcard test/upgrade/pg_sluice--*.sql)
EXTRA_CLEAN = $(OBJS:.o=.d) build log output_iso tmp_regress tmp_isolation tmp_check

PG_CONFIG ?= pg_config
WARNINGS = -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wcast-qual -Wextra-semi \
	-Wimplicit-fallthrough -Wno-unused-parameter -Wno-missing-field-initializers
ifeq ($(WERROR),1)
WARNINGS += -Werror
endif
# Server headers as system headers: our warnings are about our code. -MMD because packaged servers are built
# without dependency tracking of their own.
INCLUDES = -Isrc -isystem $(shell $(PG_CONFIG) --includedir-server 2>/dev/null) -isystem $(shell $(PG_CONFIG) --includedir 2>/dev/null)
LANGUAGE = -std=gnu++20 -fvisibility=hidden -fvisibility-inlines-hidden
PG_CPPFLAGS = $(INCLUDES)
PG_CXXFLAGS = $(LANGUAGE) -MMD -MP $(WARNINGS)
SHLIB_LINK_INTERNAL = $(libpq)
SHLIB_LINK += -lssl -lcrypto -lstdc++ -Wl,--version-script=src/exports.map
override with_llvm = no

# The server's test programs refuse to run as root, so there scripts/test.sh takes over.
ROOT := $(filter 0,$(shell id -u))
ifeq ($(ROOT),)
REGRESS = --schedule=test/schedule --schedule=test/schedule_engine
REGRESS_OUTPUT = .
REGRESS_OPTS = --outputdir=$(REGRESS_OUTPUT) --temp-instance=$(REGRESS_OUTPUT)/tmp_regress --temp-config=test/regress.conf --encoding=UTF8 --no-locale
ISOLATION = --schedule=test/isolation/schedule
ISOLATION_OPTS = --temp-instance=tmp_isolation --temp-config=test/regress.conf --encoding=UTF8 --no-locale \
	--inputdir=test/isolation $(if $(filter 15,$(MAJORVERSION)),,--expecteddir=test/isolation)
TAP_TESTS = 1
# The longest begin first, so that none of them runs alone at the end.
LONGEST := $(patsubst %,test/t/%.pl,values_type_properties run_tenants kill_matrix postgres_hostile_server parallel_sources \
	run_concurrency source_postgres extension_impostors)
PROVE_TESTS = $(LONGEST) $(sort $(filter-out $(LONGEST),$(wildcard test/t/*.pl)))
endif

# A machine that has nothing yet: make demo and make test install PostgreSQL.
PGXS := $(shell $(PG_CONFIG) --pgxs 2>/dev/null)
ifneq ($(PGXS),)
include $(PGXS)
else
all install:
	@echo 'error: there is no $(PG_CONFIG)' >&2
	@echo 'hint: Run scripts/install-packages.sh, or set PG_CONFIG.' >&2
	@exit 1
endif

pg_sluice--$(EXTVERSION).sql: $(SQL_PARTS)
	cat $^ > $@

# The steps from version to version change tables; indexes, policies, views and functions are then made again as they
# are now. Views keep their columns and get new ones at the end; a function with other arguments is dropped in a step.
REPLAYED := $(filter-out src/sql/00_% src/sql/05_% src/sql/07_% src/sql/10_% src/sql/90_%,$(SQL_PARTS))
NEW_IN_0.3 := src/sql/05_schema.sql src/sql/07_argument_types.sql
STEPS := $(NEW_IN_0.3) src/sql/upgrade/0.2--0.3.sql
pg_sluice--0.1--$(EXTVERSION).sql: STEPS := src/sql/upgrade/0.1--0.2.sql $(STEPS)
$(UPGRADES): $(REPLAYED) $(NEW_IN_0.3) $(wildcard src/sql/upgrade/*.sql) Makefile
	cat src/sql/upgrade/begin.sql $(STEPS) > $@
	sed -E 's/^CREATE (FUNCTION|PROCEDURE|VIEW|TRIGGER) /CREATE OR REPLACE \1 /' $(REPLAYED) >> $@
	cat src/sql/upgrade/end.sql >> $@

# Debian's flags have -g: describing the types of the standard library and the server takes a third of the time of a
# build, and makes the module 60 MB.
DEBUG_INFO ?= -g1
override CXXFLAGS := $(patsubst -g,$(DEBUG_INFO),$(CXXFLAGS))

# Other flags or another server: everything is built again. (-Werror alone changes no object.)
BUILT_WITH = $(shell $(PG_CONFIG) --version) $(filter-out -Werror,$(CXX) $(CPPFLAGS) $(CXXFLAGS))
build/flags: FORCE
	@mkdir -p build
	@echo '$(subst ','\'',$(BUILT_WITH))' | cmp -s - $@ || echo '$(subst ','\'',$(BUILT_WITH))' > $@
$(OBJS): build/flags
# Half of the time of most files is reading the server's headers: they are read once. What is pure sees none of them.
# Each file still includes what it needs, which clang-tidy sees, because it goes without these. format.cpp defines how
# fmt is to be read before it reads it.
build/headers/%.hpp.gch: src/%.hpp build/flags
	@mkdir -p $(@D)
	@echo '#include "$*.hpp"' > $(@:.gch=)
	$(CXX) $(CXXFLAGS) $(CPPFLAGS) -x c++-header -MF $(@:.gch=.d) -MT $@ -o $@ -c $(@:.gch=)
PURE_OBJS := $(filter-out src/core/format.o,$(filter src/core/%,$(OBJS)))
$(PURE_OBJS): build/headers/core/standard.hpp.gch
$(PURE_OBJS): private CPPFLAGS += -include build/headers/core/standard.hpp
OTHER_OBJS := $(filter-out src/core/%,$(OBJS))
$(OTHER_OBJS): build/headers/pg/prelude.hpp.gch
$(OTHER_OBJS): private CPPFLAGS += -include build/headers/pg/prelude.hpp
-include $(wildcard build/headers/*/*.d)
src/pg/extension.o: private CPPFLAGS += -DSLUICE_VERSION=$(EXTVERSION)
src/pg/extension.o: pg_sluice.control
pg_sluice.so: src/exports.map
-include $(OBJS:.o=.d)

ifdef TAP_TESTS
installcheck: test-module
.PHONY: test-module
test-module:
	$(MAKE) -C test/module PG_CONFIG=$(PG_CONFIG)
endif
ifneq ($(ROOT),)
installcheck:
	scripts/test.sh regress isolation tap
endif

# What follows needs Debian or one of its children; each target says what it does when it runs.
.PHONY: help test test-matrix test-mysql lint format unit regress isolation tap soak soak-loads examples demo bench bench-mysql bench-scheduler bench-queue print-language FORCE
test:
	@scripts/test.sh all
test-matrix:
	@scripts/test_matrix.sh
test-mysql:
	@scripts/test_mysql.sh
lint:
	@scripts/test.sh packages lint
unit:
	@scripts/test.sh unit
regress:
	@scripts/test.sh build install regress
isolation:
	@scripts/test.sh build install isolation
tap:
	@scripts/test.sh build install tap
soak:
	@VERBOSE=1 TAP=test/soak/soak.pl $(if $(KILLS),SOAK_KILLS=$(KILLS)) $(if $(MINUTES),SOAK_SECONDS=$$((60 * $(MINUTES)))) \
		$(if $(SEED),SOAK_SEED=$(SEED)) scripts/test.sh build install tap
soak-loads:
	@VERBOSE=1 TAP=test/soak/histories.pl $(if $(HISTORIES),SOAK_HISTORIES=$(HISTORIES)) $(if $(SEED),SOAK_SEED=$(SEED)) \
		$(if $(LOADS),SOAK_MODE=$(LOADS)) $(if $(CRASHES),SOAK_CRASHES=$(CRASHES)) scripts/test.sh build install tap
examples:
	@scripts/test.sh build install examples
format:
	@scripts/lint.sh --fix-format
demo:
	@scripts/demo.sh
bench:
	@test/bench/bench.sh
bench-mysql:
	@test/bench/mysql.sh
bench-scheduler:
	@test/bench/scheduler.sh
bench-queue:
	@test/bench/queue.sh
print-language:
	@echo '$(LANGUAGE) $(INCLUDES) -DSLUICE_VERSION=$(EXTVERSION)'

help:
	@echo 'make                 build pg_sluice.so and the install script'
	@echo 'make install         install them into the server'
	@echo 'make installcheck    pg_regress, isolation and TAP tests on servers of their own'
	@echo 'make test            packages, unit tests, build, install, all tests'
	@echo 'make lint            style, layers, forbidden calls, clang-tidy; .ci/run has both'
	@echo 'make test-matrix     what depends on the server, on the PostgreSQL of Debian trixie (17) and forky (18)'
	@echo 'make test-mysql      MySQL sources against the server of Debian sid, which CI does not have'
	@echo 'make unit | regress | isolation | tap | examples      one part of make test'
	@echo 'make soak [KILLS=1000 MINUTES=120 SEED=...]    kills processes at random while sessions work; no run may be lost'
	@echo 'make soak-loads [HISTORIES=1000 SEED=... LOADS=merge_cursor CRASHES=6]    random histories of loads, compared with plain SQL'
	@echo 'make format          clang-format over the sources'
	@echo 'make demo [KEEP=1]   see it move data, on servers that are thrown away'
	@echo 'make bench [SCALE=1 REPS=5 PARTS=...]    speed, memory and latency beside psql, postgres_fdw, dblink, pg_dump, pgcopydb'
	@echo 'make bench-mysql [ROWS=2000000 REPS=5]    MariaDB to PostgreSQL beside mysql_fdw and pgloader'
	@echo 'make bench-scheduler [PIPELINES=100000]    the scheduler at scale, beside pg_cron'
	@echo 'make bench-queue [RUNS=20000 OWNERS=10]    trivial runs a second, and whether owners are served in turn'
