#!/bin/bash
# make bench-scheduler: what a great number of scheduled pipelines costs, and how late runs start; then the same of
# pg_cron, on the same machine in the same run. On throw-away servers; nothing else should run meanwhile. Takes about
# half an hour at full size, nearly all of it waiting for due times.
#   PIPELINES=100000    scheduled pipelines in one database
#   DUES=1000           due instants one after the other, a second apart, with free slots
#   BURST=1000          pipelines due in the same second
#   SLOTS=8             runs at the same time
#   IDLE=60             seconds over which the idle processes are watched
#   CRON_JOBS="100000 10000 1000"    for pg_cron: the first number that it bears; CRON_PATIENCE=300 s to take them
#   CRON_MINUTES=5      due instants one after the other of pg_cron, which knows minutes only
#   ONLY="sluice cron"  one of them
#   BENCH_DIR           where the servers' data go (default /var/tmp)
. "$(dirname "${BASH_SOURCE[0]}")/../../scripts/lib.sh"
. "$ROOT/scripts/servers.sh"
. "$ROOT/test/bench/measure.sh"

PIPELINES=${PIPELINES:-100000} DUES=${DUES:-1000} BURST=${BURST:-1000} SLOTS=${SLOTS:-8} IDLE=${IDLE:-60}
CRON_JOBS=${CRON_JOBS:-100000 10000 1000} CRON_PATIENCE=${CRON_PATIENCE:-300} CRON_MINUTES=${CRON_MINUTES:-5}
ONLY=${ONLY:-sluice cron}
settings=('shared_buffers = 256MB' "max_worker_processes = $((SLOTS * 2 + 8))" 'autovacuum = on' 'log_checkpoints = off'
    'max_wal_size = 4GB' 'cluster_name = bench')
declare -A FOUND

find_postgres
case " $ONLY " in
*' sluice '*)
    "$ROOT/scripts/install-packages.sh" --no-lint
    make -s -C "$ROOT" -j "$(nproc)" PG_CONFIG="$PG_CONFIG" >/dev/null
    as_root make -s -C "$ROOT" PG_CONFIG="$PG_CONFIG" install >/dev/null
    ;;
esac
case " $ONLY " in
*' cron '*)
    if [ ! -e "$("$PG_CONFIG" --sharedir)/extension/pg_cron.control" ]; then
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "postgresql-$(pg_major)-cron" >/dev/null ||
            die 'pg_cron cannot be installed' 'ONLY=sluice measures without it.'
    fi
    ;;
esac
WORK_BASE=${BENCH_DIR:-/var/tmp}
make_work

say() { printf '%s%s%s\n' "$DIM" "$*" "$PLAIN"; }
value() { on "$1" bench -At -c "$2"; }

# --- processes

# process SERVER TITLE: the pid of the server's process whose title holds that.
process() {
    local postmaster pid command
    postmaster=$(head -1 "$WORK/$1/data/postmaster.pid")
    for pid in $(cat "/proc/$postmaster/task/$postmaster/children"); do
        { IFS= read -r -d '' command <"/proc/$pid/cmdline"; } 2>/dev/null || true
        case ${command:-} in *"$2"*) echo "$pid" ;; esac
    done
}
cpu_ns() { local pid; for pid in "$@"; do cat "/proc/$pid/schedstat"; done | awk '{ ns += $1 } END { printf "%d\n", ns }'; }
switches() { local pid; for pid in "$@"; do awk '/^voluntary/ { print $2 }' "/proc/$pid/status"; done | awk '{ n += $1 } END { print n }'; }
# smaps FIELD PID...: kB
smaps() {
    local field=$1 pid
    shift
    for pid in "$@"; do as_root cat "/proc/$pid/smaps_rollup"; done | awk -v field="$field:" '$1 == field { n += $2 } END { print n }'
}

# watch_idle NAME PID...: CPU, wake-ups, memory of processes that have nothing to do.
watch_idle() {
    local name=$1 cpu wakes from
    shift
    from=$(now_us) cpu=$(cpu_ns "$@") wakes=$(switches "$@")
    sleep "$IDLE"
    FOUND[$name:cpu]=$(awk "BEGIN { print ($(cpu_ns "$@") - $cpu) / 10 / ($(now_us) - $from) }")
    FOUND[$name:wakes]=$(awk "BEGIN { print ($(switches "$@") - $wakes) * 60e6 / ($(now_us) - $from) }")
    FOUND[$name:anon]=$(awk "BEGIN { print $(smaps Anonymous "$@") / 1024 }")
    FOUND[$name:pss]=$(awk "BEGIN { print $(smaps Pss "$@") / 1024 }")
}

# lateness NAME KIND SQL: of the seconds that the query gives.
lateness() {
    local out
    value "$1" "$3" >"$WORK/late"
    out=$(sort -n "$WORK/late" | awk '{ v[NR] = $1 * 1000 } END { if (NR) printf "%d %.1f %.1f %.1f %.1f", NR, v[int((NR + 1) / 2)],
        v[int(NR * 0.9 + 0.999)], v[int(NR * 0.99 + 0.999)], v[NR] }')
    read -r "FOUND[$1:$2:n]" "FOUND[$1:$2:median]" "FOUND[$1:$2:p90]" "FOUND[$1:$2:p99]" "FOUND[$1:$2:max]" <<<"$out"
}

# --- pg_sluice

# Calls of create_pipeline one by one, each with its COMMIT: microseconds of the call, median.
sluice_create_cost() {
    value sluice "CALL make('$1', 1, 200, 1)" >/dev/null
    value sluice "SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY us) FROM cost WHERE prefix = '$1'"
}

sluice_setup() {
    on sluice postgres -c 'CREATE DATABASE bench' -c 'ALTER DATABASE bench SET client_min_messages = error'
    on sluice bench <<'SQL'
CREATE EXTENSION pg_sluice;
CREATE TABLE tiny (x int);
CREATE TABLE cost (prefix text, us float8);
-- Due in five to seven months, each at a minute of its own.
CREATE FUNCTION far(i int) RETURNS text LANGUAGE sql AS $$
	SELECT format('%s %s %s %s *', i % 60, i / 60 % 24, 1 + i / 1440 % 28,
		extract(month FROM date_trunc('month', now()) + make_interval(months => 5 + i / 40320 % 3))) $$;
CREATE PROCEDURE make(prefix text, first int, last int, per_commit int) LANGUAGE plpgsql AS $$
DECLARE from_time timestamptz;
BEGIN
	FOR i IN first .. last LOOP
		from_time := clock_timestamp();
		PERFORM create_pipeline(prefix || i, source_query => 'SELECT 1 AS x', destination_table => 'tiny', load => 'append', schedule => far(i));
		INSERT INTO cost VALUES (prefix, extract(epoch FROM clock_timestamp() - from_time) * 1e6);
		IF i % per_commit = 0 THEN COMMIT; END IF;
	END LOOP;
END $$;
CREATE PROCEDURE await_runs(pipeline text, wanted bigint) LANGUAGE plpgsql AS $$
BEGIN
	WHILE (SELECT count(*) FROM pipeline_runs WHERE pipeline_name LIKE pipeline AND cause = 'schedule' AND end_time IS NOT NULL) < wanted LOOP
		COMMIT;
		PERFORM pg_sleep(0.02);
	END LOOP;
END $$;
SQL
}

# sluice_clock SECONDS: how far the clock that decides what is due is ahead.
sluice_clock() {
    on sluice bench -c "ALTER SYSTEM SET pg_sluice.clock_offset = $1" -c 'SELECT pg_reload_conf()' >/dev/null
}

# sluice_seconds_before INSTANT SECONDS: the offset at which that instant, SQL, is that far away.
sluice_seconds_before() { value sluice "SELECT ceil(extract(epoch FROM ($1) - clock_timestamp()))::int - $2"; }

# The scheduler has done all it can do: its CPU time stands still.
settle() {
    local before now=-1
    until [ "$now" = "${before:-}" ]; do
        before=$now
        sleep 2
        now=$(cpu_ns "$@")
    done
}

sluice_processes() { process sluice 'pg_sluice launcher'; process sluice 'pg_sluice scheduler'; }
await_scheduler() { until [ -n "$(process sluice 'pg_sluice scheduler')" ]; do sleep 0.1; done; }

measure_sluice() {
    local from first
    start_postgres sluice "${settings[@]}" "shared_preload_libraries = 'pg_sluice'" "pg_sluice.max_concurrent_runs = $SLOTS" \
        'pg_sluice.scheduler_idle_timeout = 86400'
    sluice_setup
    value sluice "CALL make('warm', 1, 20, 1)" >/dev/null
    FOUND[sluice:create0]=$(sluice_create_cost first)
    say "creating $PIPELINES pipelines"
    from=$(now_us)
    value sluice "CALL make('p', 1, $PIPELINES, 500)" >/dev/null
    FOUND[sluice:fill]=$(awk "BEGIN { print ($(now_us) - $from) / 1e6 }")
    FOUND[sluice:create]=$(sluice_create_cost last)
    FOUND[sluice:jobs]=$(value sluice 'SELECT count(*) FROM pipelines')
    on sluice bench -c 'VACUUM ANALYZE' -c CHECKPOINT

    say 'start-up with a run that is overdue'
    value sluice "SELECT create_pipeline('overdue', source_query => 'SELECT 1 AS x', destination_table => 'tiny', load => 'append', schedule => '* * * * *')" >/dev/null
    as_server_user pg_ctl -D "$WORK/sluice/data" -m fast -w stop >/dev/null
    echo 'pg_sluice.clock_offset = 120' | as_server_user tee -a "$WORK/sluice/data/postgresql.conf" >/dev/null
    as_server_user pg_ctl -D "$WORK/sluice/data" -l "$WORK/sluice/server.log" -w -t 60 start >/dev/null
    value sluice "CALL await_runs('overdue', 1)" >/dev/null
    first=$(value sluice "SELECT extract(epoch FROM min(start_time) - interval '120 s' - pg_postmaster_start_time()) FROM pipeline_runs WHERE pipeline_name = 'overdue'")
    FOUND[sluice:start]=$(awk "BEGIN { print $first * 1000 }")
    value sluice "SELECT drop_pipeline('overdue', running => 'wait')" >/dev/null
    await_scheduler
    # shellcheck disable=SC2046
    settle $(sluice_processes)
    say "idle for $IDLE s"
    # shellcheck disable=SC2046
    watch_idle sluice $(sluice_processes)

    say "$DUES due instants, one by one"
    measure_sluice_ticks
    say "$BURST due in the same second"
    measure_sluice_burst
    stop_postgres sluice
}

# A pipeline that is due every second.
measure_sluice_ticks() {
    value sluice "SELECT create_pipeline('tick', source_query => 'SELECT 1 AS x', destination_table => 'tiny', load => 'append', schedule => '* * * * * *')" >/dev/null
    value sluice "CALL await_runs('tick', $DUES)" >/dev/null
    value sluice "SELECT drop_pipeline('tick', running => 'wait', history => 'keep')" >/dev/null
    lateness sluice tick "SELECT extract(epoch FROM start_time - due_at) FROM pipeline_runs WHERE pipeline_name = 'tick' AND start_time IS NOT NULL ORDER BY id LIMIT $DUES"
}

measure_sluice_burst() {
    sluice_clock 0
    # In two months, so that nothing else is due.
    value sluice "SELECT count(create_pipeline('burst' || i, source_query => 'SELECT 1 AS x', destination_table => 'tiny', load => 'append',
        schedule => '0 0 1 ' || extract(month FROM now() + interval '2 months') || ' *')) FROM generate_series(1, $BURST) i" >/dev/null
    # shellcheck disable=SC2046
    settle $(sluice_processes)
    sluice_clock "$(sluice_seconds_before "SELECT min(next_due) FROM pipeline_status WHERE name LIKE 'burst%'" 1)"
    value sluice "CALL await_runs('burst%', $BURST)" >/dev/null
    lateness sluice burst "SELECT extract(epoch FROM start_time - due_at) FROM pipeline_runs WHERE pipeline_name LIKE 'burst%' AND status = 'success'"
}

# --- pg_cron

cron_create_cost() {
    value cron "CALL make('$1', 1, 200, 1)" >/dev/null
    value cron "SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY us) FROM cost WHERE prefix = '$1'"
}

# Fills a new server with so many jobs and restarts it; false when it does not bear them.
cron_fill() {
    local jobs=$1 from status=0
    start_postgres "cron" "${settings[@]}" "shared_preload_libraries = 'pg_cron'" "cron.database_name = 'bench'" \
        'cron.use_background_workers = on' "cron.max_running_jobs = $SLOTS" "cron.timezone = 'UTC'"
    on cron postgres -c 'CREATE DATABASE bench'
    on cron bench <<'SQL'
CREATE EXTENSION pg_cron;
CREATE TABLE tiny (x int);
CREATE TABLE cost (prefix text, us float8);
CREATE FUNCTION far(i int) RETURNS text LANGUAGE sql AS $$
	SELECT format('%s %s %s %s *', i % 60, i / 60 % 24, 1 + i / 1440 % 28,
		extract(month FROM date_trunc('month', now()) + make_interval(months => 5 + i / 40320 % 3))) $$;
CREATE PROCEDURE make(prefix text, first int, last int, per_commit int) LANGUAGE plpgsql AS $$
DECLARE from_time timestamptz;
BEGIN
	FOR i IN first .. last LOOP
		from_time := clock_timestamp();
		PERFORM cron.schedule(prefix || i, far(i), 'INSERT INTO tiny VALUES (1)');
		INSERT INTO cost VALUES (prefix, extract(epoch FROM clock_timestamp() - from_time) * 1e6);
		IF i % per_commit = 0 THEN COMMIT; END IF;
	END LOOP;
END $$;
SQL
    FOUND[cron:create0]=$(cron_create_cost first)
    say "pg_cron: creating $jobs jobs"
    from=$(now_us)
    on cron bench -c "SET statement_timeout = '$CRON_PATIENCE s'" -c "CALL make('p', 1, $jobs, 500)" >/dev/null 2>&1 || status=$?
    FOUND[cron:fill]=$(awk "BEGIN { print ($(now_us) - $from) / 1e6 }")
    if [ $status -eq 0 ]; then
        FOUND[cron:create]=$(cron_create_cost last)
        FOUND[cron:jobs]=$(value cron 'SELECT count(*) FROM cron.job')
        on cron bench -c 'VACUUM ANALYZE' -c CHECKPOINT
    fi
    return $status
}

# One job every minute; lateness from the start of the minute.
cron_ticks() {
    value cron "SELECT cron.schedule('tick', '* * * * *', 'INSERT INTO tiny VALUES (1)')" >/dev/null
    sleep "$((60 * CRON_MINUTES + 2))"
    value cron "SELECT cron.unschedule('tick')" >/dev/null
    lateness cron tick "SELECT extract(epoch FROM start_time - date_trunc('minute', start_time)) FROM cron.job_run_details WHERE start_time IS NOT NULL"
}

cron_burst() {
    local due waited=0
    value cron 'TRUNCATE cron.job_run_details' >/dev/null
    # The launcher needs some seconds to take them in.
    due=$(value cron "SELECT date_trunc('minute', now() + interval '80 s')")
    value cron "SELECT count(cron.schedule('burst' || i, format('%s %s %s %s *', extract(minute FROM t), extract(hour FROM t), extract(day FROM t),
        extract(month FROM t)), 'INSERT INTO tiny VALUES (1)')) FROM generate_series(1, $BURST) i, (SELECT timestamptz '$due' AT TIME ZONE 'UTC' AS t) d" >/dev/null
    until [ "$(value cron "SELECT count(*) >= $BURST FROM cron.job_run_details WHERE end_time IS NOT NULL OR status = 'failed'")" = t ] ||
        [ $((waited += 2)) -gt 400 ]; do
        sleep 2
    done
    lateness cron burst "SELECT extract(epoch FROM start_time - '$due') FROM cron.job_run_details WHERE status = 'succeeded'"
}

measure_cron() {
    local jobs pid
    for jobs in $CRON_JOBS; do
        if cron_fill "$jobs"; then break; fi
        say "pg_cron does not take $jobs jobs within $CRON_PATIENCE s"
        stop_postgres cron
        rm -rf "$WORK/cron"
        jobs=''
    done
    [ -n "$jobs" ] || return 0
    as_server_user pg_ctl -D "$WORK/cron/data" -m fast -w stop >/dev/null
    as_server_user pg_ctl -D "$WORK/cron/data" -l "$WORK/cron/server.log" -w -t 60 start >/dev/null
    sleep 10
    pid=$(process cron 'pg_cron')
    say "pg_cron: idle for $IDLE s"
    watch_idle cron "$pid"
    say "pg_cron: $CRON_MINUTES due instants, one a minute"
    cron_ticks
    say "pg_cron: $BURST due in the same second"
    cron_burst
    stop_postgres cron
}

# --- the table

row() {
    local label=$1 key=$2 format=$3 ours theirs ratio=-
    ours=${FOUND[sluice:$key]:-} theirs=${FOUND[cron:$key]:-}
    if [ -n "$ours" ] && [ -n "$theirs" ]; then
        ratio=$(awk -v ours="$ours" -v theirs="$theirs" 'BEGIN { if (ours > 0) printf "%.2f", theirs / ours; else print "-" }')
    fi
    # shellcheck disable=SC2059
    printf '%-58s %12s %12s %10s\n' "$label" "${ours:+$(printf "$format" "$ours")}" "${theirs:+$(printf "$format" "$theirs")}" "$ratio"
}

report() {
    local kind
    printf '\n%s%-58s %12s %12s %10s%s\n' "$BOLD" '' pg_sluice pg_cron 'x pg_cron' "$PLAIN"
    row 'scheduled pipelines or jobs' jobs %.0f
    row 'creating one, of 200, microseconds (median)' create0 %.0f
    row 'creating one beside all of them, microseconds (median)' create %.0f
    row 'creating all of them, seconds' fill %.1f
    row 'server start to the start of an overdue run, ms' start %.0f
    row 'idle: CPU, % of a core' cpu %.4f
    row 'idle: wake-ups a minute' wakes %.1f
    row 'idle: private memory of launcher and scheduler, MB' anon %.1f
    row 'idle: the same with their share of shared memory (PSS), MB' pss %.1f
    for kind in tick burst; do
        if [ $kind = tick ]; then printf 'start after the due instant, one run at a time, ms\n'; else printf 'start after the due instant, %d at once, %d slots, ms\n' "$BURST" "$SLOTS"; fi
        row '  runs' $kind:n %.0f
        for quantile in median p90 p99 max; do row "  $quantile" "$kind:$quantile" %.1f; done
    done
}

describe_machine | sed -e 's/, source and target.*//' -e 's/, checkpoint before each measurement//'
printf 'load       %s\n' "$(cut -d ' ' -f 1-3 /proc/loadavg)"
case " $ONLY " in *' sluice '*) measure_sluice ;; esac
case " $ONLY " in *' cron '*) measure_cron ;; esac
report
