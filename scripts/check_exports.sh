#!/bin/bash
# The library shows what PostgreSQL must find and nothing else: it is loaded with RTLD_GLOBAL, and a symbol
# too many could be taken for that of another extension.
. "$(dirname "$0")/lib.sh"
cd "$ROOT"
[ -e pg_sluice.so ] || die "there is no pg_sluice.so" "Run make first."

# Type information and inline functions of the C++ library are weak or unique, and the same everywhere.
unexpected=$(nm -DC --defined-only pg_sluice.so | sed 's/^[0-9a-f]* //' | grep -vE \
    -e '^[VWvwu] .*\b(std|__gnu_cxx)::' \
    -e '^[TRDB] (_PG_init|Pg_magic_func)$' \
    -e '^[TR] (pg_finfo_)?(pg_)?sluice_[a-z0-9_]+$' || true)
if [ -n "$unexpected" ]; then
    echo "symbols that must not be exported:"
    printf '%s\n' "$unexpected" | sed 's/^/    /'
    exit 1
fi
