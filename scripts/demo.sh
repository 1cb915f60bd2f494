#!/bin/bash
# make demo: rows travel from a PostgreSQL, a MariaDB and a file into one PostgreSQL, by hand and on schedule; runs fail and
# are tried again, follow each other, and replace a table under its readers. All servers are throw-away ones: no existing
# cluster is touched.
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
STEPS=12
step() {
    STEP=$((STEP + 1))
    printf '\n%s%s[%d/%d] %s%s\n' "$BOLD" "$BLUE" "$STEP" "$STEPS" "$1" "$PLAIN"
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

# Counts the compilations that make begins; a terminal sees each, a file every tenth part. make -n tells how many they are
# when nothing was built before.
build() {
    local make=(make -C "$ROOT" PG_CONFIG="$PG_CONFIG") total count=0 line
    total=$("${make[@]}" -n | grep -c -- ' -c ' || true)
    "${make[@]}" -j "$(nproc)" 2>&1 | tee "$OUTPUT" | while read -r line; do
        [[ $line == *' -c '* ]] || continue
        count=$((count + 1))
        if [ -t 1 ]; then
            printf '\r    compiling file %d of at most %d ' $count "$total"
        elif [ $((count * 10 / total)) -gt $(((count - 1) * 10 / total)) ]; then
            printf '    compiling file %d of at most %d\n' $count "$total"
        fi
    done || {
        tail -n 30 "$OUTPUT" >&2
        die "the build failed"
    }
    if [ -t 1 ]; then printf '\r\e[K'; fi
    count=$(grep -c -- ' -c ' "$OUTPUT" || true)
    if [ "$count" = 0 ]; then say '    built already'; else say "    $count files compiled"; fi
}

# show SERVER DATABASE ROLE STATEMENTS: shows them and runs them there.
show() {
    printf '%s\n' "$4" | sed "1s/^/${DIM}$2=> /; 2,\$s/^/${DIM}       /; s/\$/$PLAIN/"
    AS=$3 on "$1" "$2" -P null=- -P footer=off -f - <<<"$4" 2>&1 | sed -E 's/^psql:<stdin>:[0-9]+: //; /^$/d; s/^/    /' || {
        printf '%s\n' "${RED}the end of the target server's log:$PLAIN" >&2
        tail -n 20 "$WORK/target/server.log" >&2
        die "step $STEP failed in the statement above"
    }
}
sql() { show target demo analyst "$1"; }
setup() { show target demo postgres "$1"; }
at_bank() { show source bank reader "$1"; }
ask() { AS=analyst on target demo -At -c "$1"; }
# await SECONDS QUERY: until it says t.
await() {
    local deadline=$((SECONDS + $1))
    until [ "$(ask "$2")" = t ]; do
        [ $SECONDS -lt $deadline ] || {
            tail -n 20 "$WORK/target/server.log" >&2
            die "step $STEP failed: not within $1 seconds: $2"
        }
        sleep 0.1
    done
}

missing=$("$ROOT/scripts/install-packages.sh" --demo --list)
say "${BOLD}pg_sluice: data pipelines inside PostgreSQL$PLAIN" \
    "It asks nothing. It installs" \
    "  - packages of this system: ${missing:-none, all are there}" \
    "  - pg_sluice into PostgreSQL's own folders, as make install does; no existing server is configured or restarted" \
    "and starts three servers of its own below /tmp, on ports of 127.0.0.1, which end with it (KEEP=1: go on) and leave nothing behind." \
    "The first build takes some minutes, the rest less than one. What follows a prompt is SQL that you could type yourself."

if [[ $missing == *postgresql-[0-9]* || $missing == *mariadb-server* ]]; then
    say "Debian's packages of servers start one of their own when they are installed; the demo does not use it."
fi

step "Packages"
"$ROOT/scripts/install-packages.sh" --demo 2>&1 | sed 's/^/    /'
find_postgres

step "Build pg_sluice and install it into $("$PG_CONFIG" --version)"
build
quietly as_root make -C "$ROOT" PG_CONFIG="$PG_CONFIG" install

step "Start the servers: two sources with data, and the target"
make_work
as_server_user touch "$WORK/pg_sluice-demo"

start_postgres source 'fsync = off'
on source postgres -c "CREATE ROLE reader LOGIN PASSWORD 'secret-1'" -c 'CREATE DATABASE bank OWNER reader'
quietly as_server_user pgbench -i -s 10 -h "$WORK/source" -p "$PORT_source" -U reader bank
AS=reader on source bank -c "CREATE TABLE payments (id int, amount text)" -c "INSERT INTO payments VALUES (1, '10.50'), (2, '7'), (3, 'twelve')"
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
mysql_fdw='CREATE EXTENSION mysql_fdw'
# Where there is no package of it: pg_sluice reads MySQL by itself, the wrapper only describes the server.
[ -e "$("$PG_CONFIG" --sharedir)/extension/mysql_fdw.control" ] || mysql_fdw='CREATE FOREIGN DATA WRAPPER mysql_fdw'
setup "CREATE EXTENSION pg_sluice; CREATE EXTENSION postgres_fdw; $mysql_fdw; CREATE EXTENSION file_fdw;
CREATE SCHEMA warehouse AUTHORIZATION analyst; ALTER ROLE analyst SET search_path = warehouse, public;"
setup "CREATE SERVER bank FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port '$PORT_source', dbname 'bank');
CREATE USER MAPPING FOR analyst SERVER bank OPTIONS (user 'reader', password 'secret-1');"
setup "CREATE SERVER zones FOREIGN DATA WRAPPER mysql_fdw OPTIONS (host '127.0.0.1', port '$PORT_mariadb');
CREATE USER MAPPING FOR analyst SERVER zones OPTIONS (username 'reader', password 'secret-2');"
setup "CREATE SERVER files FOREIGN DATA WRAPPER file_fdw;
CREATE FOREIGN TABLE warehouse.zone_file (line text) SERVER files
    OPTIONS (filename '/usr/share/zoneinfo/zone1970.tab', format 'text', delimiter E'\\x01');
GRANT USAGE ON FOREIGN SERVER bank, zones, files TO analyst; GRANT SELECT ON warehouse.zone_file TO analyst;"
setup "SELECT allow_pipelines('analyst');"

step "Three pipelines, as the ordinary role analyst"
say "    A table of the other PostgreSQL; two columns get other names:"
sql "SELECT create_pipeline('accounts', source => 'bank', source_table => 'pgbench_accounts', destination_table => 'accounts',
    load => 'replace', columns => 'aid AS account, bid AS branch, abalance AS balance');"
say "    A table of the MariaDB, loaded every five seconds:"
sql "SELECT create_pipeline('time_zones', source => 'zones', source_table => 'zones.time_zone_name', destination_table => 'time_zones',
    load => 'replace', schedule => 'every 5 seconds');"
say "    A file that Debian ships, cut into columns by plain SQL on the way:"
sql "SELECT create_pipeline('zone_list', source => 'files', source_table => 'warehouse.zone_file', destination_table => 'zone_list',
    load => 'replace', filter => 'line NOT LIKE ''#%''',
    columns => 'string_to_array(split_part(line, E''\\t'', 1), '','') AS countries, split_part(line, E''\\t'', 3) AS zone');"

step "Run them"
say "    By hand, and wait for the end:"
sql "CALL trigger_and_wait('accounts');"
say "    In a transaction that rolls back: nothing starts, and nothing is left of it."
sql "BEGIN; SELECT trigger_pipeline('zone_list') IS NOT NULL AS triggered; ROLLBACK;
SELECT count(*) AS runs FROM pipeline_runs WHERE pipeline_name = 'zone_list';"
[ "$(ask "SELECT count(*) FROM pipeline_runs WHERE pipeline_name = 'zone_list'")" = 0 ] || die "a trigger that was rolled back left a run"
say "    Without waiting: the run starts when the transaction commits."
sql "SELECT trigger_pipeline('zone_list');"
say "    By the scheduler, which is then told to stop:"
await 60 "SELECT EXISTS (SELECT FROM pipeline_runs WHERE pipeline_name = 'time_zones' AND cause = 'schedule' AND status = 'success')"
sql "SELECT cause, status, due_at, start_time - due_at AS after, records_processed FROM pipeline_runs WHERE pipeline_name = 'time_zones';
SELECT pause_pipeline('time_zones', 'one run is enough for a demo');"

step "A run that fails says why, and has loaded nothing"
sql "SELECT create_pipeline('payments', source => 'bank', source_table => 'payments', destination_table => 'payments',
    columns => 'id, amount::numeric AS amount');
SELECT trigger_pipeline('payments') AS run \\gset
SELECT wait_for_run(:'run');
SELECT state, last_error, to_regclass('payments') AS \"table\" FROM pipeline_status WHERE name = 'payments';"
say "    The pipeline is mended, and the same run tried again:"
sql "SELECT alter_pipeline('payments', filter => 'amount ~ ''^[0-9.]+\$''');
SELECT retry_run(last_run) AS run FROM pipeline_status WHERE name = 'payments' \\gset
SELECT wait_for_run(:'run');
TABLE payments;"

step "A source that is away for a moment: the retry comes by itself"
sql "SELECT alter_pipeline('accounts', options => '{\"max_retries\": 3, \"retry_delay\": \"2 seconds\"}');"
show source bank postgres "ALTER ROLE reader CONNECTION LIMIT 0;"
sql "SELECT trigger_pipeline('accounts');"
await 30 "SELECT state = 'retrying' FROM pipeline_status WHERE name = 'accounts'"
sql "SELECT state, reason, retry_at FROM pipeline_status WHERE name = 'accounts';"
show source bank postgres "ALTER ROLE reader CONNECTION LIMIT -1;"
sql "SELECT wait_for_run(last_run) FROM pipeline_status WHERE name = 'accounts';
SELECT attempt, cause, status, error_message FROM pipeline_runs r WHERE pipeline_name = 'accounts'
    AND root_run = (SELECT root_run FROM pipeline_runs WHERE error_message IS NOT NULL AND pipeline_name = 'accounts' LIMIT 1) ORDER BY attempt;"

step "Pipelines that follow each other: one trigger starts all of them"
sql "SELECT create_pipeline('branches', source_query => 'SELECT branch, count(*) AS accounts, sum(balance) AS balance FROM accounts GROUP BY branch',
    destination_table => 'branches', depends_on => '{accounts}');
SELECT trigger_pipeline('accounts') AS run \\gset
SELECT wait_for_batch(:'run');
SELECT pipeline, depends_on, state FROM batch_nodes(:'run');"

step "A replace under readers: they see all old rows or all new ones, and hardly wait"
at_bank "DELETE FROM pgbench_accounts WHERE aid > 500000;"
sql "CREATE TABLE seen (accounts bigint, took interval);"
say "    Meanwhile another session asks again and again:"
reader='INSERT INTO seen SELECT count(*), clock_timestamp() - statement_timestamp() FROM accounts;'
say "${DIM}demo=> $reader$PLAIN"
as_server_user tee "$WORK/reader.sql" <<<"$reader" >/dev/null
as_server_user pgbench -n -f "$WORK/reader.sql" -T 120 -h "$WORK/target" -p "$PORT_target" -U analyst demo >"$WORK/reader.log" 2>&1 &
reader=$!
await 30 "SELECT EXISTS (SELECT FROM seen)"
sql "CALL trigger_and_wait('accounts');"
await 30 "SELECT EXISTS (SELECT FROM seen WHERE accounts <> 1000000)"
# Its own end is far off: it goes on until the new rows were seen, however fast this machine is.
ask "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'pgbench'" >/dev/null
wait $reader || true
sql "SELECT accounts, count(*) AS times, max(took) AS longest FROM seen GROUP BY accounts ORDER BY accounts DESC;"
[ "$(ask "SELECT string_agg(DISTINCT accounts::text, ' ' ORDER BY accounts::text) FROM seen")" = '1000000 500000' ] ||
    die "a reader saw something else than all old or all new rows"

step "How fast, beside psql's pipe on this machine"
at_bank "INSERT INTO pgbench_accounts SELECT aid, (aid - 1) / 100000 + 1, 0, '' FROM generate_series(500001, 1000000) aid;"
sql "CREATE TABLE copied (account int, branch int, balance int);
SELECT create_pipeline('copy', source => 'bank', source_table => 'pgbench_accounts', destination_table => 'copied',
    load => 'replace', columns => 'aid AS account, bid AS branch, abalance AS balance');"
from=(psql -X -q -h 127.0.0.1 -p "$PORT_source" -U reader -d bank -c 'COPY (SELECT aid, bid, abalance FROM pgbench_accounts) TO STDOUT')
to=(psql -X -q -1 -h "$WORK/target" -p "$PORT_target" -U analyst -d demo -c 'TRUNCATE warehouse.copied' -c 'COPY warehouse.copied FROM STDIN')
by_pipe() { PGPASSWORD=secret-1 as_server_user "${from[@]}" | as_server_user "${to[@]}"; }
by_sluice() { AS=analyst on target demo -c "CALL trigger_and_wait('copy')" >/dev/null; }
# Milliseconds of the better one of two, in turns, programs' start included.
best_pipe=999999 best_sluice=999999
for _ in 1 2; do
    for way in pipe sluice; do
        began=${EPOCHREALTIME/./}
        by_$way
        took=$(((${EPOCHREALTIME/./} - began) / 1000))
        best=best_$way
        if [ $took -lt "${!best}" ]; then printf -v "best_$way" %d $took; fi
    done
done
say "    1,000,000 rows over TCP into the same table, all old rows replaced in one transaction; the better one of two:" \
    "        psql -c 'COPY ... TO STDOUT' | psql -c 'TRUNCATE ...' -c 'COPY ... FROM STDIN'    $best_pipe ms" \
    "        CALL trigger_and_wait('copy')                                                     $best_sluice ms" \
    "    make bench measures this with more care, and beside other tools."

step "What happened: what a DBA looks at"
sql "SELECT name, state, last_run_status, records_processed, failures_in_a_row, next_due FROM pipeline_status ORDER BY name;"
sql "SELECT pipeline, cause, status, records_processed, duration, error_message FROM recent_runs() ORDER BY queued_at;"
sql "SELECT phase, message FROM run_log((SELECT last_run FROM pipeline_status WHERE name = 'copy'));"
sql "SELECT zone, countries FROM zone_list WHERE 'DE' = ANY (countries) ORDER BY zone;"

bad=$(ask "SELECT count(*) FROM pipeline_status WHERE last_run_status IS DISTINCT FROM 'success'")
copied=$(ask 'SELECT count(*) FROM copied')
[ "$bad" = 0 ] && [ "$copied" = 1000000 ] || die "not every pipeline ended well" "Run it again with KEEP=1 and look at pipeline_log."

say "" "${BOLD}What to try next$PLAIN"
if [ "${KEEP:-0}" = 1 ]; then
    say "    The servers go on running. Play in a session of the same role:" \
        "        $PG_BIN/psql -h $WORK/target -p $PORT_target -U analyst demo" \
        "        demo=> SELECT * FROM explain_pipeline('accounts');" \
        "        demo=> SELECT * FROM preview_schedule('0 2 * * FRIL', 'Europe/Berlin');" \
        "        demo=> SELECT resume_pipeline('time_zones');" \
        "        demo=> SELECT key, default_value, meaning FROM pipeline_options;" \
        "    Stop and remove everything:" \
        "        $ROOT/scripts/demo.sh --stop $WORK"
    ON_EXIT=("rm -f $OUTPUT")
    WORK=''
else
    say "    KEEP=1 make demo           the same, and the servers go on running for you to play with" \
        "    doc/getting-started.md     a first pipeline on a server of your own" \
        "    doc/examples               whole scripts" \
        "    make bench                 the figures of doc/benchmarks.md on this machine" \
        "" "${GREEN}Done.$PLAIN The servers are stopped and their directory is removed."
fi
