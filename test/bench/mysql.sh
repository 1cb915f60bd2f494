#!/bin/bash
# make bench-mysql: the rows of a MariaDB table into PostgreSQL by mysql_fdw, by pgloader where it is installed, and by
# pg_sluice, in turns, on throw-away servers; nothing else should run on the machine meanwhile.
#   ROWS=2000000  rows of the table
#   REPS=5        times that each method is measured
#   BENCH_DIR     where the servers' data go (default /var/tmp)
#   ONLY="..."    some of the methods: drain scan fdw100 fdw10000 wrapper pgloader append replace
. "$(dirname "${BASH_SOURCE[0]}")/../../scripts/lib.sh"
. "$ROOT/scripts/servers.sh"
. "$ROOT/test/bench/methods.sh"
. "$ROOT/test/bench/measure.sh"

ROWS=${ROWS:-2000000} REPS=${REPS:-5}
METHODS=(${ONLY:-drain scan fdw100 fdw10000 wrapper pgloader append replace})
LABEL+=([drain]='mariadb client to /dev/null' [scan]='mysql_fdw, only read (10000)' [fdw100]='mysql_fdw, INSERT .. SELECT'
    [fdw10000]='the same, fetch_size 10000' [wrapper]='pg_sluice through mysql_fdw' [pgloader]='pgloader')
NEEDS+=([pgloader]=pgloader)
drop_missing_methods

"$ROOT/scripts/install-packages.sh" --no-lint
find_postgres
make -s -C "$ROOT" -j "$(nproc)" PG_CONFIG="$PG_CONFIG" >/dev/null
as_root make -s -C "$ROOT" PG_CONFIG="$PG_CONFIG" install >/dev/null

WORK_BASE=${BENCH_DIR:-/var/tmp}
make_work
settings=('shared_buffers = 1GB' 'max_wal_size = 8GB' 'checkpoint_timeout = 1h' 'autovacuum = off' 'wal_level = replica'
    'log_checkpoints = off' 'max_worker_processes = 16')
start_postgres target "${settings[@]}" "shared_preload_libraries = 'pg_sluice'"
start_mariadb
in_mariadb <<SQL
CREATE DATABASE bench CHARACTER SET utf8mb4;
CREATE USER bench@'127.0.0.1' IDENTIFIED BY 'bench';
GRANT ALL ON bench.* TO bench@'127.0.0.1';
CREATE TABLE bench.orders (id bigint PRIMARY KEY, customer int NOT NULL, amount decimal(12, 2), created datetime(6), flag tinyint(1),
    name varchar(60), city varchar(40), note text);
INSERT INTO bench.orders SELECT seq, seq % 100000, seq * 1.01, '2020-01-01' + INTERVAL seq SECOND, seq % 2, CONCAT('customer number ', seq),
    CONCAT('city ', seq % 1000), CONCAT('some note of the order ', seq, ' that is somewhat longer') FROM bench.seq_1_to_$ROWS;
ANALYZE TABLE bench.orders;
SQL
on target postgres -c 'CREATE DATABASE bench' -c "CREATE ROLE bench SUPERUSER LOGIN PASSWORD 'bench'"
on target bench <<SQL
SET client_min_messages = warning;
CREATE EXTENSION pg_sluice;
CREATE EXTENSION mysql_fdw;
CREATE SERVER source FOREIGN DATA WRAPPER mysql_fdw OPTIONS (host '127.0.0.1', port '$PORT_mariadb');
CREATE USER MAPPING FOR postgres SERVER source OPTIONS (username 'bench', password 'bench');
CREATE SCHEMA fdw100;
CREATE SCHEMA fdw10000;
IMPORT FOREIGN SCHEMA bench LIMIT TO (orders) FROM SERVER source INTO fdw100;
IMPORT FOREIGN SCHEMA bench LIMIT TO (orders) FROM SERVER source INTO fdw10000;
ALTER FOREIGN TABLE fdw10000.orders OPTIONS (ADD fetch_size '10000');
CREATE TABLE orders (LIKE fdw100.orders);
SELECT create_pipeline(load || '_orders', source => 'source', source_table => 'bench.orders', destination_table => 'orders', load => load)
    FROM unnest(ARRAY['append', 'replace']) load \g /dev/null
SELECT create_pipeline('wrapper_orders', source => 'source', source_table => 'bench.orders', destination_table => 'orders', load => 'append',
    options => '{"mysql_source": "fdw"}') \g /dev/null
SQL
as_server_user tee "$WORK/orders.load" >/dev/null <<LOAD
LOAD DATABASE FROM mysql://bench:bench@127.0.0.1:$PORT_mariadb/bench INTO postgresql://bench:bench@127.0.0.1:$PORT_target/bench
    WITH data only, no truncate CAST type tinyint to smallint drop typemod, type datetime to timestamp drop typemod using zero-dates-to-null
    INCLUDING ONLY TABLE NAMES MATCHING 'orders' ALTER SCHEMA 'bench' RENAME TO 'public';
LOAD

# move METHOD
move() {
    case $1 in
    drain) in_mariadb --quick -N -B -e 'SELECT * FROM bench.orders' >/dev/null ;;
    scan) on target bench -At -c 'EXPLAIN (ANALYZE, TIMING OFF) SELECT * FROM fdw10000.orders' >/dev/null ;;
    fdw100 | fdw10000) on target bench -c "INSERT INTO orders SELECT * FROM $1.orders" ;;
    pgloader) as_server_user pgloader "$WORK/orders.load" >"$WORK/pgloader.log" 2>&1 || show_log "$WORK/pgloader.log" ;;
    *) run_pipeline "$1_orders" ;;
    esac
}

describe_machine
printf 'MariaDB    %s\n' "$(in_mariadb -N -B -e 'SELECT VERSION()')"
declare -A times
content='SELECT count(*), sum(id), sum(amount), sum(customer), max(created), sum(length(name) + length(city) + length(note)) FROM orders'
expected=''
for ((repetition = 1; repetition <= REPS; repetition++)); do
    for method in "${METHODS[@]}"; do
        on target bench -c 'TRUNCATE orders' -c CHECKPOINT
        from=$(now_us)
        move "$method"
        to=$(now_us)
        times[$method]+="$((to - from)) "
        if [ "$repetition" -eq 1 ] && [ "$method" != drain ] && [ "$method" != scan ]; then
            found=$(on target bench -At -c "$content")
            [ "$found" = "${expected:=$found}" ] || die "${LABEL[$method]}: rows arrived changed: $found instead of $expected"
        fi
    done
done

printf '\n%s%d rows, %d repetitions%s\n' "$BOLD" "$ROWS" "$REPS" "$PLAIN"
printf '%-31s %8s %8s %8s %12s %12s %12s\n' method seconds min max 'x mysql_fdw' 'x pgloader' 'x only read'
for method in "${METHODS[@]}"; do
    printf '%s;%s;%s;%s;%s\n' "$method" "${LABEL[$method]}" "$(lines "${times[$method]}" | median)" \
        "$(lines "${times[$method]}" | sort -n | head -1)" "$(lines "${times[$method]}" | sort -n | tail -1)"
done | awk -F ';' '
    { order[NR] = $1; label[$1] = $2; middle[$1] = $3; least[$1] = $4; most[$1] = $5 }
    function ratio(peer, method) { return peer in middle ? sprintf("%.2f", middle[peer] / middle[method]) : "-" }
    END {
        for (i = 1; i <= NR; i++) {
            m = order[i]
            printf "%-31s %8.2f %8.2f %8.2f %12s %12s %12s\n", label[m], middle[m] / 1e6, least[m] / 1e6, most[m] / 1e6, ratio("fdw100", m),
                ratio("pgloader", m), ratio("scan", m)
        }
    }'
