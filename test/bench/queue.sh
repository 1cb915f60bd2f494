#!/bin/bash
# make bench-queue: how many trivial runs a second leave a long queue, and whether every owner is served in turn. On a
# throw-away server; nothing else should run meanwhile.
#   RUNS=20000          queued by one transaction
#   OWNERS=10           roles that share them equally
#   PIPELINES=50        of each owner
#   SLOTS=4             runs at the same time
#   BENCH_DIR           where the server's data go (default /var/tmp)
. "$(dirname "${BASH_SOURCE[0]}")/../../scripts/lib.sh"
. "$ROOT/scripts/servers.sh"
. "$ROOT/test/bench/measure.sh"

RUNS=${RUNS:-20000} OWNERS=${OWNERS:-10} PIPELINES=${PIPELINES:-50} SLOTS=${SLOTS:-4}

find_postgres
make -s -C "$ROOT" -j "$(nproc)" PG_CONFIG="$PG_CONFIG" >/dev/null
as_root make -s -C "$ROOT" PG_CONFIG="$PG_CONFIG" install >/dev/null
WORK_BASE=${BENCH_DIR:-/var/tmp}
make_work

value() { on queue bench -At -c "$1"; }
# CPU time of the server in milliseconds: of its main process, of all that have ended, of those that live.
cpu_ms() {
    local postmaster pid
    postmaster=$(head -1 "$WORK/queue/data/postmaster.pid")
    for pid in "$postmaster" $(cat "/proc/$postmaster/task/$postmaster/children"); do
        cpu_ticks "$pid" 2>/dev/null || true
    done | awk -v per_second="$(getconf CLK_TCK)" '{ ticks += $1 } END { print int(ticks * 1000 / per_second) }'
}

start_postgres queue 'shared_buffers = 256MB' "shared_preload_libraries = 'pg_sluice'" 'max_wal_size = 4GB' 'log_checkpoints = off' \
    "max_worker_processes = $((SLOTS * 2 + 8))" "pg_sluice.max_concurrent_runs = $SLOTS" 'cluster_name = bench'
on queue postgres -c 'CREATE DATABASE bench' -c 'ALTER DATABASE bench SET client_min_messages = error'
on queue bench -v owners="$OWNERS" -v pipelines="$PIPELINES" >/dev/null <<'SQL'
CREATE EXTENSION pg_sluice;
SELECT format('CREATE ROLE owner%1$s LOGIN; SELECT allow_pipelines(''owner%1$s''); CREATE SCHEMA owner%1$s AUTHORIZATION owner%1$s; '
	'CREATE TABLE owner%1$s.tiny (x int); ALTER TABLE owner%1$s.tiny OWNER TO owner%1$s;', o) FROM generate_series(1, :owners) o \gexec
SELECT count(create_pipeline('p' || p, source_query => 'SELECT 1 AS x', destination_table => format('owner%s.tiny', o), load => 'append',
	owner => 'owner' || o)) FROM generate_series(1, :owners) o, generate_series(1, :pipelines) p;
SQL
on queue bench -c 'VACUUM ANALYZE' -c CHECKPOINT
# Owner after owner: the first one's runs were all due before the second's.
value "SELECT count(trigger_pipeline(p.id, if_running => 'queue')) FROM pipelines p, generate_series(1, $((RUNS / OWNERS / PIPELINES))) r" >/dev/null
cpu=$(cpu_ms)
until [ "$(value "SELECT count(*) FROM pipeline_runs WHERE status IN ('pending', 'running')")" = 0 ]; do sleep 1; done
cpu=$(($(cpu_ms) - cpu))

describe_machine | sed -e 's/, source and target.*//' -e 's/, checkpoint before each measurement//'
awk "BEGIN { printf \"CPU        %.1f ms a run, with all that the server does\n\", $cpu / $RUNS }"
on queue bench -P footer=off <<'SQL'
SELECT count(*) FILTER (WHERE status = 'success') AS runs,
	round(extract(epoch FROM max(end_time) - min(start_time)), 1) AS seconds,
	round(count(*) / extract(epoch FROM max(end_time) - min(start_time))) AS runs_a_second
FROM pipeline_runs;
WITH numbered AS (
	SELECT owner, start_time, row_number() OVER (ORDER BY start_time) AS place, count(*) OVER () AS all_runs,
		start_time - lag(start_time) OVER (PARTITION BY owner ORDER BY start_time) AS waited
	FROM pipeline_runs WHERE start_time IS NOT NULL)
SELECT min(first_half) AS "runs of an owner in the first half, least", max(first_half) AS most,
	round(max(longest) * 1000) AS "longest wait of an owner, ms"
FROM (SELECT owner, count(*) FILTER (WHERE place <= all_runs / 2) AS first_half, max(extract(epoch FROM waited)) AS longest
	FROM numbered GROUP BY owner) o;
SELECT count(*) AS rows_loaded FROM owner1.tiny;
SQL
