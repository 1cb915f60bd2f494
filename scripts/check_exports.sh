#!/bin/bash
# The library shows what PostgreSQL must find and nothing else: it is loaded with RTLD_GLOBAL, and a symbol
# too many could be taken for that of another extension.
. "$(dirname "$0")/lib.sh"
cd "$ROOT"
[ -e pg_sluice.so ] || die "there is no pg_sluice.so" "Run make first."

# src/exports.map lets through what begins with sluice_; here every name must be a function that SQL or the
# postmaster calls.
unexpected=$(nm -DC --defined-only pg_sluice.so | sed 's/^[0-9a-f]* //' |
    grep -vE '^[TR] (_PG_init|Pg_magic_func|(pg_finfo_)?sluice_[a-z0-9_]+|pg_sluice_[a-z]+_main)$' || true)
if [ -n "$unexpected" ]; then
    echo "symbols that must not be exported:"
    printf '%s\n' "$unexpected" | sed 's/^/    /'
    exit 1
fi

# fmt is compiled in (core/format.cpp). What is missing of it shows only when a server loads the library.
missing=$(nm -DC --undefined-only pg_sluice.so | grep -E '\bfmt::' || true)
if [ -n "$missing" ]; then
    echo "symbols that no library has:"
    printf '%s\n' "$missing" | sed 's/^/    /'
    exit 1
fi
