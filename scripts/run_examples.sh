#!/bin/bash
# Runs every doc/examples/*.sql with psql, each in a database of its own on throw-away servers, and compares
# with the .out file beside it; without one, it must run without an error. psql variables tell an example
# where the sources are: source_port and mariadb_port, both on 127.0.0.1 with user "reader", password "secret".
# The PostgreSQL source's database is called "shop" as is MariaDB's.   --accept writes the .out files.
# Then the statements of the pages that tell how to begin, as a reader types them: none may be an error.
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

# blocks LANGUAGE PAGE HEADING: the code in a section and those below it, with the ports of these servers.
blocks() {
    awk -v language="$1" -v heading="$3" '
        /^#+ / && !on { here = here && length($1) > depth || $0 == heading; if ($0 == heading) depth = length($1) }
        /^```/ { on = here && $0 == "```" language; if (on) number++; next }
        on { print number "\t" $0 }' "$ROOT/$2" |
        sed -e "s/port '5432'/port '$PORT_target'/" -e "s/port '3306'/port '$PORT_mariadb'/" -e "s/host '10.0.0.7'/host '127.0.0.1', port '$PORT_target'/"
}
# How many blocks of SQL of each page were run.
declare -A covered
# page PAGE HEADING ROLE@DATABASE...: the first block of SQL in that section as the first role, and so on.
page() {
    local page=$1 heading=$2 number=0 who
    shift 2
    covered[$page]=$((${covered[$page]:-0} + $#))
    blocks sql "$page" "$heading" >"$WORK/blocks"
    for who in "$@"; do
        number=$((number + 1))
        sed -n "s/^$number\t//p" "$WORK/blocks" >"$WORK/block.sql"
        if [ ! -s "$WORK/block.sql" ] || ! as_server_user env PGHOST="$WORK/target" PGPORT="$PORT_target" PGPASSWORD=of-your-own \
            psql -X -q -v ON_ERROR_STOP=1 -U "${who%@*}" -d "${who#*@}" -f - <"$WORK/block.sql" >"$WORK/block.out" 2>&1; then
            echo "not ok $page, $heading: block $number"
            sed 's/^/    /' "$WORK/block.out"
            status=1
            return
        fi
    done
    if [ "$(tail -n 1 "$WORK/blocks" | cut -f 1)" != $# ]; then
        echo "not ok $page, $heading: there are other blocks than the $# that are run"
        status=1
    else
        echo "ok $page, $heading"
    fi
}
page doc/getting-started.md '# How do I make my first pipeline?' postgres@postgres postgres@postgres {postgres,etl,etl,etl,etl}@warehouse
on target postgres -c 'CREATE DATABASE readme' -c 'CREATE ROLE auditor' -c 'CREATE DATABASE own_schema'
page README.md '# pg_sluice' postgres@readme
page doc/dependencies.md '# How do pipelines follow each other?' {etl,etl}@warehouse
page doc/loading.md '# How do rows enter the table, and who waits?' {etl,etl,etl}@warehouse
page doc/reshaping.md '# How do rows get another shape?' {etl,etl,etl}@warehouse
AS=etl on target warehouse -c "CALL trigger_and_wait('priced_orders')" -c "CALL trigger_and_wait('daily_totals')" -c "CALL trigger_and_wait('audited_orders')" >/dev/null || status=1
AS=etl on target warehouse -c "CALL trigger_and_wait('new_orders')" -c "CALL trigger_and_wait('current_orders')" >/dev/null || status=1
page doc/rejects.md '# What happens with rows that do not fit?' {etl,etl}@warehouse
page doc/mirrors.md '# How does a table stay what its source is, or keep what it was?' {etl,etl,etl,etl}@warehouse
AS=etl on target warehouse <<'SQL'
CREATE TABLE sales_orders (id int);
CREATE MATERIALIZED VIEW sales AS SELECT 1 AS id;
CREATE UNIQUE INDEX ON sales (id);
SQL
page doc/commands.md '# Can a pipeline run SQL of my own?' etl@warehouse
# As pg_cron has it, which one database of a server can have.
on target warehouse <<'SQL'
CREATE SCHEMA cron;
CREATE TABLE cron.job (jobid bigserial PRIMARY KEY, schedule text NOT NULL, command text NOT NULL, nodename text NOT NULL DEFAULT 'localhost',
    nodeport int NOT NULL DEFAULT 5432, database text NOT NULL DEFAULT current_database(), username text NOT NULL DEFAULT CURRENT_USER,
    active boolean NOT NULL DEFAULT true, jobname name);
CREATE FUNCTION cron.unschedule(name text) RETURNS boolean LANGUAGE sql AS 'DELETE FROM cron.job WHERE jobname = name RETURNING true';
INSERT INTO cron.job (schedule, command, jobname) VALUES ('0 3 * * *', 'VACUUM', 'nightly');
SQL
page doc/from-pg-cron.md '# How do I come from pg_cron?' {postgres,postgres,etl}@warehouse
if [ "$PORT_mariadb" != 0 ]; then
    in_mariadb -e 'CREATE TABLE IF NOT EXISTS shop.sales_orders AS SELECT 1 AS id'
    page doc/sources.md '## MySQL and MariaDB' {postgres,etl}@warehouse
    on target warehouse -c "SET ROLE etl" -c "CALL trigger_and_wait('orders')" >/dev/null || status=1
else
    covered[doc/sources.md]=2 # there is no MariaDB here
fi

# client HEADING LANGUAGE FILE NEEDS COMMAND...: the program in that section of doc/clients.md, as FILE, run by COMMAND, prints
# what the page says. Where NEEDS fails there is no such driver here.
client() {
    local heading=$1 language=$2 file=$3 needs=$4
    shift 4
    if ! as_server_user sh -c "$needs" >/dev/null 2>&1; then
        echo "skipped doc/clients.md, $heading: its driver is not installed"
        return
    fi
    blocks "$language" doc/clients.md "$heading" | cut -f 2- | sed -e "s/localhost:5432/127.0.0.1:$PORT_target/" \
        -e "s/host=localhost port=5432/host=127.0.0.1 port=$PORT_target/" >"$WORK/$file"
    if as_server_user env PGPASSWORD=of-your-own "$@" >"$WORK/client.out" 2>"$WORK/client.err" && diff "$WORK/client.told" "$WORK/client.out" >"$WORK/client.diff"; then
        echo "ok doc/clients.md, $heading"
    else
        echo "not ok doc/clients.md, $heading"
        sed 's/^/    /' "$WORK/client.err" "$WORK/client.diff"
        status=1
    fi
}
page doc/clients.md '## The pipeline of the examples' etl@warehouse
blocks text doc/clients.md '## The pipeline of the examples' | cut -f 2- >"$WORK/client.told"
client '## Python: psycopg' python psycopg_example.py "/usr/bin/python3 -c 'import psycopg'" /usr/bin/python3 psycopg_example.py
client '## Python: asyncpg' python asyncpg_example.py "/usr/bin/python3 -c 'import asyncpg'" /usr/bin/python3 asyncpg_example.py
client '## Python: SQLAlchemy' python sqlalchemy_example.py "/usr/bin/python3 -c 'import sqlalchemy, psycopg2'" /usr/bin/python3 sqlalchemy_example.py
client '## Node.js' js visits.js "node -e 'require(\"pg\")'" node visits.js
jdbc=/usr/share/java/postgresql.jar
client '## Java: JDBC' java Visits.java "javac --version && test -e $jdbc" java -cp "$jdbc" Visits.java
client '## Go: pgx' go visits.go "go version && test -d /usr/share/gocode/src/github.com/jackc/pgx/v4" env GO111MODULE=off GOPATH=/usr/share/gocode go run visits.go

page doc/security.md '## Teams' {postgres,ann}@warehouse

on target warehouse -c 'CREATE SCHEMA copies AUTHORIZATION etl'
page doc/many-tables.md '# How do I load many tables?' {etl,etl}@warehouse
page doc/looking.md '# How do I see what a run would do?' {etl,etl,etl}@warehouse
page doc/monitoring.md '# How do I see what happened?' etl@warehouse
page doc/retries.md '# What happens when a run fails?' {etl,etl,etl}@warehouse
page doc/missed.md '# What happens when a run cannot start on time?' etl@warehouse
page doc/schedules.md '# When does it run?' {etl,etl}@warehouse
AS=etl on target warehouse >/dev/null <<'SQL'
CREATE TABLE far_store (id int, manager int);
CREATE TABLE far_staff (id int, store int);
INSERT INTO far_store VALUES (1, 1);
INSERT INTO far_staff VALUES (1, 1);
CREATE TABLE store (id int PRIMARY KEY, manager int NOT NULL);
CREATE TABLE staff (id int PRIMARY KEY, store int NOT NULL REFERENCES store DEFERRABLE INITIALLY DEFERRED);
ALTER TABLE store ADD FOREIGN KEY (manager) REFERENCES staff DEFERRABLE INITIALLY DEFERRED;
SELECT alter_pipeline('lookup', tags => '{nightly}');
SELECT create_pipeline('store', source_table => 'far_store', destination_table => 'store', load => 'replace');
SELECT create_pipeline('staff', source_table => 'far_staff', destination_table => 'staff', load => 'replace');
SQL
page doc/running.md '# How do I start, wait for and stop runs?' {etl,etl,etl,etl,etl}@warehouse
on target postgres <<'SQL'
CREATE ROLE loader LOGIN PASSWORD 'secret';
CREATE DATABASE dwh;
\connect dwh
CREATE SCHEMA sales;
GRANT USAGE, CREATE ON SCHEMA sales TO loader;
SQL
page doc/remote-destinations.md '# Can rows go to another server?' {postgres@warehouse,etl@warehouse,postgres@dwh}
on target dwh -c 'ALTER TABLE sales.pg_sluice_ledger OWNER TO loader'
AS=etl on target warehouse -c "CALL trigger_and_wait('orders_out')" >/dev/null || status=1

start_postgres moved "shared_preload_libraries = 'pg_sluice'" 'fsync = off' 'max_worker_processes = 16'
old() { as_server_user env PGHOST="$WORK/target" PGPORT="$PORT_target" PGUSER=postgres "$@"; }
new() { as_server_user env PGHOST="$WORK/moved" PGPORT="$PORT_moved" PGUSER=postgres "$@"; }
eval "$(blocks sh doc/operations.md '## Moving to another server' | cut -f 2-)" >"$WORK/move.out" 2>&1 || true
if AS=etl on moved warehouse -c "CALL trigger_and_wait('daily_sales')" >>"$WORK/move.out" 2>&1 &&
    [ "$(AS=etl on moved warehouse -At -c "SELECT last_run_status FROM pipeline_status WHERE name = 'daily_sales'")" = success ]; then
    echo "ok doc/operations.md, ## Moving to another server"
else
    echo "not ok doc/operations.md, ## Moving to another server"
    sed 's/^/    /' "$WORK/move.out"
    status=1
fi
page doc/operations.md '## A schema of its own' postgres@own_schema

on target warehouse -c 'CREATE SCHEMA staging AUTHORIZATION etl'
page doc/pipelines.md '# What can a pipeline say?' {etl,etl}@warehouse

for file in "$ROOT"/doc/*.md "$ROOT/README.md"; do
    page=${file#"$ROOT/"}
    there=$(grep -c '^```sql' "$file" || true)
    if [ "$there" != "${covered[$page]:-0}" ]; then
        echo "not ok $page: $there blocks of SQL, ${covered[$page]:-0} are run"
        status=1
    fi
    if grep -nE '^    (SELECT|CALL|CREATE|ALTER|INSERT|SET) ' "$file" | grep -v FOREIGN; then
        echo "not ok $page: SQL that is no block of its language, so it is not run"
        status=1
    fi
done
exit $status
