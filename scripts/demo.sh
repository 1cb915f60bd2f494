#!/bin/bash
# make demo: rows travel from a PostgreSQL, a MariaDB and a file into one PostgreSQL, on demand and on
# schedule, and you see what a DBA looks at. All servers are throw-away ones: no existing cluster is touched.
#   KEEP=1 make demo            leave them running, with a psql command to go on playing
#   scripts/demo.sh --stop DIR  end what KEEP=1 left
. "$(dirname "$0")/lib.sh"
. "$ROOT/scripts/servers.sh"

if [ "${1:-}" = --stop ]; then
    [ -n "${2:-}" ] && [ -e "$2/pg_sluice-demo" ] || die "no demo runs in \"${2:-}\"" "Name the directory that the demo printed."
    find_postgres
    WORK=$(cd "$2" && pwd)
    ON_EXIT+=(stop_mariadb 'stop_postgres target' 'stop_postgres source')
    echo "stopping the servers in $WORK and removing it"
    exit
fi

STEP=0
step() {
    STEP=$((STEP + 1))
    printf '\n%s%s[%d/7] %s%s\n' "$BOLD" "$BLUE" "$STEP" "$1" "$PLAIN"
}
say() { printf '%s\n' "$@"; }

OUTPUT=$(mktemp)
ON_EXIT+=("rm -f $OUTPUT")
# quietly COMMAND...: its output only matters if it fails.
quietly() {
    "$@" >"$OUTPUT" 2>&1 || {
        tail -n 30 "$OUTPUT" >&2
        die "step $STEP failed: $*"
    }
}

# Shows a statement and runs it in the target database, as the role that owns the pipelines or as $AS.
sql() {
    printf '%s\n' "$1" | sed "1s/^/${DIM}demo=> /; 2,\$s/^/${DIM}       /; s/\$/$PLAIN/"
    AS=${AS:-analyst} on target demo -P null=- -P footer=off -c "$1" 2>&1 | sed '/^$/d; s/^/    /' || {
        printf '%s\n' "${RED}the end of the target server's log:$PLAIN" >&2
        tail -n 20 "$WORK/target/server.log" >&2
        die "step $STEP failed in the statement above"
    }
}
ask() { AS=analyst on target demo -At -c "$1"; }

say "${BOLD}pg_sluice: data pipelines inside PostgreSQL$PLAIN" \
    "This demo needs a few minutes. It starts three servers of its own in a temporary directory," \
    "moves data between them, and stops them again. What follows demo=> is SQL that you could type yourself."

step "Packages: PostgreSQL, MariaDB and a compiler, if they are missing"
"$ROOT/scripts/install-packages.sh" --no-lint 2>&1 | sed 's/^/    /'
find_postgres

step "Build pg_sluice and install it into $("$PG_CONFIG" --version)"
say "    (the first time takes some minutes)"
quietly make -C "$ROOT" -j "$(nproc)" PG_CONFIG="$PG_CONFIG"
quietly as_root make -C "$ROOT" PG_CONFIG="$PG_CONFIG" install

step "Start the servers: two sources with data, and the target"
make_work
as_server_user touch "$WORK/pg_sluice-demo"

start_postgres source 'fsync = off'
on source postgres -c "CREATE ROLE reader LOGIN PASSWORD 'secret-1'" -c 'CREATE DATABASE bank OWNER reader'
quietly as_server_user pgbench -i -s 1 -h "$WORK/source" -p "$PORT_source" -U reader bank
say "    a PostgreSQL on 127.0.0.1:$PORT_source, database bank: $(on source bank -At -c 'SELECT count(*) FROM pgbench_accounts') accounts made by pgbench"

start_mariadb
in_mariadb -e "CREATE DATABASE zones; CREATE USER reader@'127.0.0.1' IDENTIFIED BY 'secret-2'; GRANT SELECT ON zones.* TO reader@'127.0.0.1'"
for table in time_zone time_zone_name time_zone_transition time_zone_transition_type time_zone_leap_second; do
    in_mariadb -e "CREATE TABLE zones.$table LIKE mysql.$table"
done
as_server_user mysql_tzinfo_to_sql /usr/share/zoneinfo >"$WORK/zones.sql" 2>/dev/null
quietly in_mariadb zones <"$WORK/zones.sql"
say "    a MariaDB on 127.0.0.1:$PORT_mariadb, database zones: $(in_mariadb -N -e 'SELECT count(*) FROM zones.time_zone_name') time zones from this machine's tzdata"

start_postgres target "shared_preload_libraries = 'pg_sluice'" 'max_worker_processes = 16' 'log_min_messages = log'
on target postgres -c 'CREATE ROLE analyst LOGIN' -c 'CREATE DATABASE demo'
say "    the target: a PostgreSQL with shared_preload_libraries = 'pg_sluice', database demo"

step "Once, as the superuser: the extension, and the sources with their passwords"
export AS=postgres
sql "CREATE EXTENSION pg_sluice; CREATE EXTENSION postgres_fdw; CREATE EXTENSION mysql_fdw; CREATE EXTENSION file_fdw;
CREATE SCHEMA warehouse AUTHORIZATION analyst; ALTER ROLE analyst SET search_path = warehouse, public;"
sql "CREATE SERVER bank FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port '$PORT_source', dbname 'bank');
CREATE USER MAPPING FOR analyst SERVER bank OPTIONS (user 'reader', password 'secret-1');"
sql "CREATE SERVER zones FOREIGN DATA WRAPPER mysql_fdw OPTIONS (host '127.0.0.1', port '$PORT_mariadb');
CREATE USER MAPPING FOR analyst SERVER zones OPTIONS (username 'reader', password 'secret-2');"
sql "CREATE SERVER files FOREIGN DATA WRAPPER file_fdw;
CREATE FOREIGN TABLE warehouse.zone_file (line text) SERVER files
    OPTIONS (filename '/usr/share/zoneinfo/zone1970.tab', format 'text', delimiter E'\\x01');
GRANT USAGE ON FOREIGN SERVER bank, zones, files TO analyst; GRANT SELECT ON warehouse.zone_file TO analyst;"
sql "SELECT allow_pipelines('analyst');"
unset AS

step "Three pipelines, as the ordinary role analyst"
say "    A table of the other PostgreSQL; two columns get other names:"
sql "SELECT create_pipeline('accounts', source => 'bank', source_table => 'pgbench_accounts', destination_table => 'accounts',
    load => 'replace', columns => 'aid AS account, bid AS branch, abalance AS balance');"
say "    A table of the MariaDB, loaded every minute:"
sql "SELECT create_pipeline('time_zones', source => 'zones', source_table => 'zones.time_zone_name', destination_table => 'time_zones',
    load => 'replace', schedule => '* * * * *');"
say "    A file that Debian ships, cut into columns by plain SQL on the way:"
sql "SELECT create_pipeline('zone_list', source => 'files', source_table => 'warehouse.zone_file', destination_table => 'zone_list',
    load => 'replace', filter => 'line NOT LIKE ''#%''',
    columns => 'string_to_array(split_part(line, E''\\t'', 1), '','') AS countries, split_part(line, E''\\t'', 3) AS zone');"

step "Run them"
say "    By hand, and wait for the end:"
sql "CALL trigger_and_wait('accounts', run => NULL, status => NULL);"
say "    By hand, without waiting: the run starts when the transaction commits."
sql "SELECT trigger_pipeline('zone_list');"
say "    By the scheduler: time_zones is due at the next full minute."
finished=''
deadline=$((SECONDS + 100))
while [ $SECONDS -lt $deadline ]; do
    finished=$(ask "SELECT count(*) FROM pipeline_runs WHERE pipeline_name = 'time_zones' AND cause = 'schedule' AND end_time IS NOT NULL")
    [ "$finished" = 0 ] || break
    if [ -t 1 ]; then printf '\r    %2d s to go ' $((60 - 10#$(date +%S))); fi
    sleep 1
done
if [ -t 1 ]; then printf '\r\e[K'; fi
[ "$finished" != 0 ] || {
    tail -n 20 "$WORK/target/server.log" >&2
    die "the scheduler did not run time_zones within 100 seconds"
}

step "What happened: the tables that a DBA looks at"
sql "SELECT name, state, last_run_status, records, next_due FROM pipeline_status ORDER BY name;"
sql "SELECT pipeline, cause, status, records, duration FROM recent_runs() ORDER BY queued_at;"
sql "SELECT pipeline, phase, message FROM pipeline_log WHERE pipeline = 'accounts' ORDER BY at, line;"
sql "SELECT (SELECT count(*) FROM accounts) AS accounts, (SELECT count(*) FROM time_zones) AS time_zones,
    (SELECT count(*) FROM zone_list) AS zone_list;"
sql "SELECT zone, countries FROM zone_list WHERE 'DE' = ANY (countries) ORDER BY zone;"

bad=$(ask "SELECT count(*) FROM pipeline_runs WHERE status <> 'success'")
accounts=$(ask 'SELECT count(*) FROM accounts')
[ "$bad" = 0 ] && [ "$accounts" = 100000 ] || die "not every run was a success" "Run it again with KEEP=1 and look at pipeline_log."

if [ "${KEEP:-0}" = 1 ]; then
    say "" "${BOLD}Go on playing:$PLAIN" \
        "    $PG_BIN/psql -h $WORK/target -p $PORT_target -U analyst demo" \
        "${BOLD}Stop and remove everything:$PLAIN" \
        "    $ROOT/scripts/demo.sh --stop $WORK"
    ON_EXIT=("rm -f $OUTPUT")
    WORK=''
else
    say "" "${GREEN}Done.$PLAIN The servers are stopped and their directory is removed; KEEP=1 make demo leaves them running."
fi
