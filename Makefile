EXTENSION = pg_sluice
EXTVERSION := $(shell sed -n "s/^default_version *= *'\(.*\)'/\1/p" pg_sluice.control)
MODULE_big = pg_sluice
SOURCES := $(sort $(shell find src -name '*.cpp'))
OBJS = $(SOURCES:.cpp=.o)
SQL_PARTS := $(sort $(wildcard src/sql/*.sql))
DATA_built = pg_sluice--$(EXTVERSION).sql
PG_CONFIG ?= pg_config
WARNINGS = -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wcast-qual -Wextra-semi \
	-Wimplicit-fallthrough -Wno-unused-parameter -Wno-missing-field-initializers
ifeq ($(WERROR),1)
WARNINGS += -Werror
endif
PG_CPPFLAGS = -Isrc -isystem $(shell $(PG_CONFIG) --includedir-server) -isystem $(shell $(PG_CONFIG) --includedir)
PG_CXXFLAGS = -std=gnu++20 -fvisibility=hidden -fvisibility-inlines-hidden $(WARNINGS)
SHLIB_LINK_INTERNAL = $(libpq)
SHLIB_LINK += -lstdc++
override with_llvm = no
PGXS := $(shell $(PG_CONFIG) --pgxs)
include $(PGXS)

pg_sluice--$(EXTVERSION).sql: $(SQL_PARTS)
	cat $^ > $@
