#!/bin/bash
# make bench: the same rows from one server to another by psql | psql, by postgres_fdw and by pg_sluice, in
# turns, then the memory of a run and the time from COMMIT of a trigger to the start of its run. On throw-away
# servers; nothing else should run on the machine meanwhile.
#   SCALE=1      share of the full size: 5 million accounts, 2 million wide rows
#   REPS=3       times that each method is measured
#   BIG=1        memory with ten times the rows as well (some minutes)
#   BENCH_DIR    where the servers' data go (default /var/tmp; /dev/shm for a file system in memory)
#   ONLY="..."   some of the methods: text binary fdw100 fdw10000 append replace
. "$(dirname "${BASH_SOURCE[0]}")/../../scripts/lib.sh"
. "$ROOT/scripts/servers.sh"
. "$ROOT/test/bench/measure.sh"

SCALE=${SCALE:-1} REPS=${REPS:-3} BIG=${BIG:-0}
METHODS=(${ONLY:-text binary fdw100 fdw10000 append replace})
declare -A LABEL=(
    [text]='psql | psql, COPY text' [binary]='psql | psql, COPY binary'
    [fdw100]='postgres_fdw, fetch_size 100' [fdw10000]='postgres_fdw, fetch_size 10000'
    [append]='pg_sluice, append' [replace]='pg_sluice, replace')
PGBENCH_SCALE=$(awk "BEGIN { s = int(50 * $SCALE + 0.5); print s < 1 ? 1 : s }")
WIDE_ROWS=$(awk "BEGIN { n = int(2000000 * $SCALE); print n < 1000 ? 1000 : n }")

"$ROOT/scripts/install-packages.sh" --no-lint
find_postgres
make -s -C "$ROOT" -j "$(nproc)" PG_CONFIG="$PG_CONFIG" >/dev/null
as_root make -s -C "$ROOT" PG_CONFIG="$PG_CONFIG" install >/dev/null

WORK_BASE=${BENCH_DIR:-/var/tmp}
make_work
settings=('shared_buffers = 1GB' 'max_wal_size = 16GB' 'checkpoint_timeout = 1h' 'autovacuum = off' 'wal_level = replica'
    'log_checkpoints = off' 'max_worker_processes = 16')
start_postgres source "${settings[@]}"
start_postgres target "${settings[@]}" "shared_preload_libraries = 'pg_sluice'"
POSTMASTER=$(head -1 "$WORK/target/data/postmaster.pid")

on source postgres -c "CREATE ROLE bench LOGIN PASSWORD 'bench'" -c 'CREATE DATABASE bench OWNER bench'
as_server_user pgbench -q -i -s "$PGBENCH_SCALE" -h "$WORK/source" -p "$PORT_source" -U bench bench >"$WORK/pgbench.log" 2>&1 ||
    show_log "$WORK/pgbench.log"
AS=bench on source bench -v rows="$WIDE_ROWS" -f - <"$ROOT/test/bench/wide.sql"
for shape in pgbench_accounts wide; do
    AS=bench on source bench -c "VACUUM ANALYZE $shape" \
        -c "CREATE VIEW ${shape}_10 AS SELECT s.* FROM $shape s, generate_series(1, 10)"
    on source bench -c "ALTER VIEW ${shape}_10 OWNER TO bench"
done
on target postgres -c 'CREATE DATABASE bench'
on target bench <<SQL
SET client_min_messages = warning;
CREATE EXTENSION pg_sluice;
CREATE EXTENSION postgres_fdw;
CREATE SERVER source FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port '$PORT_source', dbname 'bench');
CREATE USER MAPPING FOR postgres SERVER source OPTIONS (user 'bench', password 'bench');
CREATE SCHEMA fdw100;
CREATE SCHEMA fdw10000;
IMPORT FOREIGN SCHEMA public LIMIT TO (pgbench_accounts, wide) FROM SERVER source INTO fdw100;
IMPORT FOREIGN SCHEMA public LIMIT TO (pgbench_accounts, wide) FROM SERVER source INTO fdw10000;
ALTER FOREIGN TABLE fdw10000.pgbench_accounts OPTIONS (ADD fetch_size '10000');
ALTER FOREIGN TABLE fdw10000.wide OPTIONS (ADD fetch_size '10000');
CREATE TABLE pgbench_accounts (LIKE fdw100.pgbench_accounts);
CREATE TABLE wide (LIKE fdw100.wide);
SELECT create_pipeline(load || '_' || shape, source => 'source', source_table => shape, destination_table => shape, load => load)
    FROM unnest(ARRAY['append', 'replace']) load, unnest(ARRAY['pgbench_accounts', 'wide']) shape \g /dev/null
SELECT create_pipeline('big_' || shape, source => 'source', source_table => shape || '_10', destination_table => shape, load => 'append')
    FROM unnest(ARRAY['pgbench_accounts', 'wide']) shape \g /dev/null
SELECT create_pipeline('tiny', source_query => 'SELECT 1 AS x', destination_table => 'tiny', load => 'append') \g /dev/null
SQL
ROWS_pgbench_accounts=$((PGBENCH_SCALE * 100000)) ROWS_wide=$WIDE_ROWS

describe_machine
for shape in pgbench_accounts wide; do compare_methods "$shape"; done
report_memory
report_latency
