#!/bin/bash
# make bench: the same rows from one server to another by psql | psql, postgres_fdw, dblink, pg_dump, pgcopydb and
# pg_sluice, in turns. On throw-away servers; nothing else should run on the machine meanwhile.
#   SCALE=1      share of the full size: 5 million accounts, 2 million wide rows, 2,000 rows of 100 kB
#   REPS=5       times that each method is measured
#   PARTS="..."  some of: load indexed merge mirror quarantine streams tools transforms memory latency growth mysql (default: all)
#   BIG=1        memory with ten times the rows as well (some minutes)
#   GROWTH="1 10 50"  sizes of the part growth, in millions of rows
#   BENCH_DIR    where the servers' data go (default /var/tmp; /dev/shm for a file system in memory)
#   ONLY="..."   some of the methods: drain text binary fdw100 fdw10000 dblink pgdump append replace
. "$(dirname "${BASH_SOURCE[0]}")/../../scripts/lib.sh"
. "$ROOT/scripts/servers.sh"
. "$ROOT/test/bench/methods.sh"
. "$ROOT/test/bench/measure.sh"

SCALE=${SCALE:-1} REPS=${REPS:-5} BIG=${BIG:-0} GROWTH=${GROWTH:-1 10 50}
PARTS=${PARTS:-load indexed merge mirror quarantine streams tools transforms memory latency growth mysql}
METHODS=(${ONLY:-drain text binary fdw100 fdw10000 dblink pgdump append replace})
PGBENCH_SCALE=$(awk "BEGIN { s = int(50 * $SCALE + 0.5); print s < 1 ? 1 : s }")
WIDE_ROWS=$(awk "BEGIN { n = int(2000000 * $SCALE); print n < 1000 ? 1000 : n }")
TOASTED_ROWS=$(awk "BEGIN { n = int(2000 * $SCALE); print n < 10 ? 10 : n }")
. "$ROOT/test/bench/tools.sh"
. "$ROOT/test/bench/streams.sh"
. "$ROOT/test/bench/keyed.sh"
declare -A TRANSFORM=(
    [0]='id, quantity, ratio, amount, updated_at, day, name, city, remark, flag, key, attributes, nickname'
    [3]="id, quantity * 2 AS quantity, ratio, amount, updated_at, day, upper(name) AS name, city, remark, flag, key, attributes,
        coalesce(nickname, 'none') AS nickname"
    [10]="id + 1 AS id, quantity * 2 AS quantity, ratio / 2 AS ratio, amount * 1.1 AS amount, updated_at + interval '1 day' AS updated_at,
        day, upper(name) AS name, lower(city) AS city, left(remark, 20) || '***' AS remark, NOT flag AS flag, key, attributes,
        coalesce(nickname, 'none') AS nickname")

"$ROOT/scripts/install-packages.sh" --no-lint
find_postgres
make -s -C "$ROOT" -j "$(nproc)" PG_CONFIG="$PG_CONFIG" >/dev/null
as_root make -s -C "$ROOT" PG_CONFIG="$PG_CONFIG" install >/dev/null

WORK_BASE=${BENCH_DIR:-/var/tmp}
make_work
settings=('shared_buffers = 1GB' 'max_wal_size = 8GB' 'checkpoint_timeout = 1h' 'autovacuum = off' 'wal_level = replica'
    'log_checkpoints = off' 'max_worker_processes = 16')
start_postgres source "${settings[@]}"
start_postgres target "${settings[@]}" "shared_preload_libraries = 'pg_sluice'"
POSTMASTER=$(head -1 "$WORK/target/data/postmaster.pid")
SOURCE_POSTMASTER=$(head -1 "$WORK/source/data/postmaster.pid")

on source postgres -c "CREATE ROLE bench LOGIN PASSWORD 'bench'" -c 'CREATE DATABASE bench OWNER bench'
as_server_user pgbench -q -i -s "$PGBENCH_SCALE" -h "$WORK/source" -p "$PORT_source" -U bench bench >"$WORK/pgbench.log" 2>&1 ||
    show_log "$WORK/pgbench.log"
AS=bench on source bench -v rows="$WIDE_ROWS" -f - <"$ROOT/test/bench/wide.sql"
AS=bench on source bench <<SQL
CREATE TABLE toasted AS SELECT n AS id, (SELECT string_agg(md5(n * 10000 + i || ''), '') FROM generate_series(1, 3125) i) AS document
    FROM generate_series(1, $TOASTED_ROWS) n;
CREATE TABLE indexed AS SELECT * FROM pgbench_accounts;
ALTER TABLE indexed ADD PRIMARY KEY (aid);
CREATE INDEX ON indexed (bid);
CREATE INDEX ON indexed (abalance, aid);
CREATE TABLE huge AS SELECT n AS id, repeat(n::text, 100000000) AS document FROM generate_series(1, 3) n;
SELECT format('CREATE TABLE columns AS SELECT %s FROM generate_series(1, 10000) n', string_agg(format('n + %s AS c%s', i, i), ', '))
    FROM generate_series(1, 1000) i \gexec
SQL
for shape in pgbench_accounts wide toasted indexed; do
    on source bench -c "VACUUM ANALYZE $shape"
    AS=bench on source bench -c "CREATE VIEW ${shape}_10 AS SELECT s.* FROM $shape s, generate_series(1, 10)"
done
on target postgres -c 'CREATE DATABASE bench'
on target bench -v t0="${TRANSFORM[0]}" -v t3="${TRANSFORM[3]}" -v t10="${TRANSFORM[10]}" <<SQL
SET client_min_messages = warning;
CREATE EXTENSION pg_sluice;
CREATE EXTENSION postgres_fdw;
CREATE EXTENSION dblink;
CREATE SERVER source FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port '$PORT_source', dbname 'bench');
CREATE USER MAPPING FOR postgres SERVER source OPTIONS (user 'bench', password 'bench');
CREATE SCHEMA fdw100;
CREATE SCHEMA fdw10000;
IMPORT FOREIGN SCHEMA public LIMIT TO (pgbench_accounts, wide, toasted, indexed, huge, columns) FROM SERVER source INTO fdw100;
IMPORT FOREIGN SCHEMA public LIMIT TO (pgbench_accounts, wide, toasted) FROM SERVER source INTO fdw10000;
ALTER FOREIGN TABLE fdw10000.pgbench_accounts OPTIONS (ADD fetch_size '10000');
ALTER FOREIGN TABLE fdw10000.wide OPTIONS (ADD fetch_size '10000');
ALTER FOREIGN TABLE fdw10000.toasted OPTIONS (ADD fetch_size '10000');
SELECT format('CREATE TABLE %I (LIKE fdw100.%1\$I)', shape)
    FROM unnest('{pgbench_accounts,wide,toasted,indexed,huge,columns}'::text[]) shape \gexec
CREATE UNIQUE INDEX indexed_pkey ON indexed (aid);
ALTER TABLE indexed ADD PRIMARY KEY USING INDEX indexed_pkey;
CREATE INDEX ON indexed (bid);
CREATE INDEX ON indexed (abalance, aid);
SELECT create_pipeline(load || '_' || shape, source => 'source', source_table => shape, destination_table => shape, load => load)
    FROM unnest('{append,replace}'::text[]) load, unnest('{pgbench_accounts,wide,toasted,indexed,huge,columns}'::text[]) shape \g /dev/null
SELECT create_pipeline('big_' || shape, source => 'source', source_table => shape || '_10', destination_table => shape, load => 'append')
    FROM unnest('{pgbench_accounts,wide}'::text[]) shape \g /dev/null
SELECT create_pipeline('transform_' || name, source => 'source', source_table => 'wide', destination_table => 'wide', load => 'append', columns => columns)
    FROM (VALUES ('0', :'t0'), ('3', :'t3'), ('10', :'t10')) t (name, columns) \g /dev/null
SELECT create_pipeline('replace_growing', source => 'source', source_table => 'growing', destination_table => 'growing', load => 'replace') \g /dev/null
SELECT create_pipeline('tiny', source_query => 'SELECT 1 AS x', destination_table => 'tiny', load => 'append') \g /dev/null
SQL
ROWS_pgbench_accounts=$((PGBENCH_SCALE * 100000)) ROWS_wide=$WIDE_ROWS ROWS_toasted=$TOASTED_ROWS

compare_loads() {
    local shape rows
    for shape in pgbench_accounts wide toasted; do
        rows=ROWS_$shape
        compare_methods "$shape" "$shape: ${!rows} rows, $(on source bench -At -c "SELECT pg_size_pretty(pg_table_size('$shape'))"), no index"
    done
}

compare_indexed() {
    local METHODS=(binary pgcopydb append replace)
    drop_missing_methods
    compare_methods indexed "accounts with a primary key and two more indexes: $ROWS_pgbench_accounts rows"
    report_readers
}

describe_machine
for part in $PARTS; do
    case $part in
    load) compare_loads ;;
    indexed) compare_indexed ;;
    merge | mirror | quarantine | streams | tools | transforms | memory | latency | growth) "report_$part" ;;
    mysql) ROWS=$WIDE_ROWS ONLY='' "$ROOT/test/bench/mysql.sh" ;;
    *) die "unknown part: $part" "The parts are load, indexed, merge, mirror, quarantine, streams, tools, transforms, memory, latency, growth, mysql." ;;
    esac
done
