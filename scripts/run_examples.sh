#!/bin/bash
# Runs every doc/examples/*.sql with psql, each in a database of its own on throw-away servers, and compares
# with the .out file beside it; without one, it must run without an error. psql variables tell an example
# where the sources are: source_port and mariadb_port, both on 127.0.0.1 with user "reader", password "secret".
# The PostgreSQL source's database is called "shop" as is MariaDB's.   --accept writes the .out files.
. "$(dirname "$0")/lib.sh"
. "$ROOT/scripts/servers.sh"
find_postgres
make_work

shopt -s nullglob
examples=("$ROOT"/doc/examples/*.sql)
if [ ${#examples[@]} -eq 0 ]; then die "there are no examples in doc/examples"; fi

start_postgres source 'fsync = off'
on source postgres <<'SQL'
CREATE ROLE reader LOGIN PASSWORD 'secret';
CREATE DATABASE shop OWNER reader;
SQL
if [ -e "$ROOT/doc/examples/setup/source.sql" ]; then
    AS=reader on source shop <"$ROOT/doc/examples/setup/source.sql"
fi
PORT_mariadb=0
if command -v mariadbd >/dev/null && [ -e "$ROOT/doc/examples/setup/mariadb.sql" ]; then
    start_mariadb
    in_mariadb -e "CREATE DATABASE shop; CREATE USER reader@'127.0.0.1' IDENTIFIED BY 'secret'; GRANT ALL ON shop.* TO reader@'127.0.0.1'"
    in_mariadb shop <"$ROOT/doc/examples/setup/mariadb.sql"
fi
start_postgres target "shared_preload_libraries = 'pg_sluice'" 'fsync = off' 'max_worker_processes = 16'

status=0
for example in "${examples[@]}"; do
    name=$(basename "$example" .sql)
    database=example_$(tr -c 'a-z0-9\n' _ <<<"$name")
    on target postgres -c "CREATE DATABASE $database"
    on target "$database" -v "source_port=$PORT_source" -v "mariadb_port=$PORT_mariadb" -f - \
        <"$example" >"$WORK/$name.out" 2>&1 && result=0 || result=$?
    # Ports differ from run to run.
    sed -i -e "s/\\b$PORT_source\\b/5432/g" -e "s/\\b$PORT_mariadb\\b/3306/g" -e 's/^psql:[^:]*:[0-9]*: //' "$WORK/$name.out"
    if [ "${1:-}" = --accept ] && [ $result -eq 0 ]; then cp "$WORK/$name.out" "${example%.sql}.out"; fi
    if [ $result -ne 0 ]; then
        echo "not ok $name: psql ended with status $result"
        sed 's/^/    /' "$WORK/$name.out"
        status=1
    elif [ -e "${example%.sql}.out" ] && ! diff -u "${example%.sql}.out" "$WORK/$name.out" >"$WORK/$name.diff"; then
        echo "not ok $name: output differs"
        sed 's/^/    /' "$WORK/$name.diff"
        status=1
    else
        echo "ok $name"
    fi
done
exit $status
