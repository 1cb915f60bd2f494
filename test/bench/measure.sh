# What bench.sh measures and how; sourced by it.

now_us() { echo "${EPOCHREALTIME/./}"; }
median() { sort -n | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }

describe_machine() {
    local free
    free=$(awk '/^MemTotal/ { printf "%.0f GB", $2 / 1048576 }' /proc/meminfo)
    printf '%smachine%s    %s, %d cores, %s of memory, Linux %s\n' "$BOLD" "$PLAIN" \
        "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1)" "$(nproc)" "$free" "$(uname -r)"
    printf 'servers    %s, source and target on this machine, TCP over 127.0.0.1\n' "$("$PG_CONFIG" --version)"
    printf 'data on    %s (%s)\n' "$WORK_BASE" "$(stat -f -c %T "$WORK")"
    printf 'settings   %s; fsync and synchronous_commit on, checkpoint before each measurement\n' "$(printf '%s, ' "${settings[@]}" | sed 's/, $//')"
}

# CPU time of a server in ticks: its main process and every process of it that has ended.
cpu_ticks() { awk '{ sub(/^.*\) /, ""); print $12 + $13 + $14 + $15 }' "/proc/$1/stat"; }
wal_bytes() { on target bench -At -c "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')"; }

fingerprint() { echo "SELECT count(*), sum(hashtextextended(t::text, 0)) FROM $1 t"; }

# measure_method METHOD COMMAND...: appends microseconds, CPU milliseconds of both servers and bytes of WAL to the caller's arrays.
measure_method() {
    local method=$1 from to source target wal per_tick=$((1000 / $(getconf CLK_TCK)))
    shift
    source=$(cpu_ticks "$SOURCE_POSTMASTER") target=$(cpu_ticks "$POSTMASTER") wal=$(wal_bytes)
    from=$(now_us)
    "$@"
    to=$(now_us)
    times[$method]+="$((to - from)) "
    wals[$method]+="$(($(wal_bytes) - wal)) "
    # A process counts once it has ended.
    sleep 0.1
    source_cpu[$method]+="$((($(cpu_ticks "$SOURCE_POSTMASTER") - source) * per_tick)) "
    target_cpu[$method]+="$((($(cpu_ticks "$POSTMASTER") - target) * per_tick)) "
}

measure() {
    on target bench -c "TRUNCATE $2" -c CHECKPOINT
    measure_method "$1" run_method "$1" "$2"
}

# compare_methods TABLE TITLE: in turns, so that what else happens on the machine hits all alike.
compare_methods() {
    local shape=$1 title=$2 method repetition expected
    local -A times source_cpu target_cpu wals
    expected=$(on source bench -At -c "$(fingerprint "$shape")")
    on source bench -c "CHECKPOINT"
    for ((repetition = 1; repetition <= REPS; repetition++)); do
        for method in "${METHODS[@]}"; do
            if [ -t 1 ]; then printf '\r\e[K%s, %d of %d: %s' "$shape" "$repetition" "$REPS" "${LABEL[$method]}"; fi
            measure "$method" "$shape"
            if [ "$repetition" -eq 1 ] && [ "$method" != drain ]; then
                [ "$(on target bench -At -c "$(fingerprint "$shape")")" = "$expected" ] || die "${LABEL[$method]}: $shape arrived changed"
            fi
        done
    done
    if [ -t 1 ]; then printf '\r\e[K'; fi
    print_comparison "$title"
}

# The words of a list, one a line.
lines() { tr ' ' '\n' <<<"$1" | grep .; }

# Reads the caller's arrays.
print_comparison() {
    local title=$1 method
    printf '\n%s%s%s; %d repetitions, medians\n' "$BOLD" "$title" "$PLAIN" "$REPS"
    printf '%-31s %8s %8s %8s %7s %8s %8s %8s %9s %9s %8s\n' method seconds min max 'x text' 'x binary' 'x fdw100' 'x drain' 'source s' 'target s' 'WAL MB'
    for method in "${METHODS[@]}"; do
        printf '%s;%s;%s;%s;%s;%s;%s;%s\n' "$method" "${LABEL[$method]}" "$(lines "${times[$method]}" | median)" \
            "$(lines "${times[$method]}" | sort -n | head -1)" "$(lines "${times[$method]}" | sort -n | tail -1)" \
            "$(lines "${source_cpu[$method]}" | median)" "$(lines "${target_cpu[$method]}" | median)" "$(lines "${wals[$method]}" | median)"
    done | awk -F ';' '
        { order[NR] = $1; label[$1] = $2; middle[$1] = $3; least[$1] = $4; most[$1] = $5; source[$1] = $6; target[$1] = $7; wal[$1] = $8 }
        function ratio(peer, method) { return peer in middle ? sprintf("%.2f", middle[peer] / middle[method]) : "-" }
        END {
            for (i = 1; i <= NR; i++) {
                m = order[i]
                printf "%-31s %8.2f %8.2f %8.2f %7s %8s %8s %8s %9.2f %9.2f %8d\n", label[m], middle[m] / 1e6, least[m] / 1e6, most[m] / 1e6,
                    ratio("text", m), ratio("binary", m), ratio("fdw100", m), ratio("drain", m), source[m] / 1e3, target[m] / 1e3, wal[m] / 1048576
            }
        }'
}

# private_kb PID: memory that is the process's own: resident, without the shared buffers it has touched.
private_kb() { awk '/^Rss(Anon|File):/ { kb += $2 } END { print kb + 0 }' "/proc/$1/status" 2>/dev/null || true; }

# watch_run_worker FILE: greatest private memory of any run worker of the target, until the file is removed.
watch_run_worker() {
    local pid command kb peak=0 run=$1
    while [ -e "$run" ]; do
        for pid in $(cat "/proc/$POSTMASTER/task/$POSTMASTER/children"); do
            { IFS= read -r -d '' command <"/proc/$pid/cmdline"; } 2>/dev/null || true
            case ${command:-} in
            *'pg_sluice run'*)
                kb=$(private_kb "$pid")
                if [ "${kb:-0}" -gt "$peak" ]; then peak=$kb && echo "$peak" >"$WORK/peak"; fi
                ;;
            esac
        done
        sleep 0.01
    done
}

# measure_memory PIPELINE SHAPE: prints the peak in kB.
measure_memory() {
    local watcher
    on target bench -c "TRUNCATE $2" -c CHECKPOINT
    echo 0 >"$WORK/peak"
    : >"$WORK/watching"
    watch_run_worker "$WORK/watching" &
    watcher=$!
    run_pipeline "$1"
    rm "$WORK/watching"
    wait "$watcher"
    cat "$WORK/peak"
}

report_memory() {
    local idle pid session pipeline shape rows kb
    # A backend that has done as little as can be.
    coproc IDLE { on target bench -At -c 'SELECT pg_backend_pid()' -c 'SELECT pg_sleep(600)' 2>/dev/null; }
    session=$IDLE_PID # the shell forgets it once the session has ended
    read -r pid <&"${IDLE[0]}"
    sleep 0.2
    idle=$(private_kb "$pid")
    on target bench -c "SELECT pg_terminate_backend($pid)" >/dev/null
    wait "$session" 2>/dev/null || true
    printf '\n%smemory of the run worker%s: peak without shared memory, above an idle backend (%d MB)\n' "$BOLD" "$PLAIN" $((idle / 1024))
    printf '%-32s %12s %8s\n' pipeline rows MB
    while read -r pipeline shape rows; do
        kb=$(measure_memory "$pipeline" "$shape")
        printf '%-32s %12d %8.1f\n' "$pipeline" "$rows" "$(awk "BEGIN { print ($kb - $idle) / 1024 }")"
    done < <(
        for shape in pgbench_accounts wide toasted; do
            rows=ROWS_$shape
            echo "append_$shape $shape ${!rows}"
            echo "replace_$shape $shape ${!rows}"
        done
        if [ "$BIG" = 1 ]; then
            echo "big_pgbench_accounts pgbench_accounts $((ROWS_pgbench_accounts * 10))"
            echo "big_wide wide $((ROWS_wide * 10))"
        fi
        echo "append_huge huge 3"
        echo "append_columns columns 10000"
    )
}

# What a table's own expressions cost: some columns of the wide shape changed on their way.
report_transforms() {
    local repetition count list from
    local -A times
    for ((repetition = 1; repetition <= REPS; repetition++)); do
        for count in 0 3 10; do
            on target bench -c 'TRUNCATE wide' -c CHECKPOINT
            from=$(now_us)
            run_pipeline "transform_$count"
            times[sluice$count]+="$(($(now_us) - from)) "
            on target bench -c 'TRUNCATE wide' -c CHECKPOINT
            from=$(now_us)
            on target bench -c "INSERT INTO wide SELECT ${TRANSFORM[$count]} FROM fdw10000.wide"
            times[fdw$count]+="$(($(now_us) - from)) "
        done
    done
    printf '\n%stransformed columns%s: wide, %d rows, appended; %d repetitions, median seconds\n' "$BOLD" "$PLAIN" "$ROWS_wide" "$REPS"
    printf '%-12s %10s %14s %8s\n' columns pg_sluice 'fdw 10000' ratio
    for count in 0 3 10; do
        list=$(lines "${times[sluice$count]}" | median)
        lines "${times[fdw$count]}" | median | awk -v own="$list" -v count=$count '{ printf "%-12d %10.2f %14.2f %8.2f\n", count, own / 1e6, $1 / 1e6, $1 / own }'
    done
}

# The longest wait of a reader while a table with indexes is replaced, and how long that took.
report_readers() {
    local reader
    run_pipeline replace_indexed
    echo 'SELECT count(*) FROM (SELECT 1 FROM indexed LIMIT 1) t;' | as_server_user tee "$WORK/reader.sql" >/dev/null
    as_server_user pgbench -n -c 1 -T 3600 -f "$WORK/reader.sql" -l --log-prefix="$WORK/reader" -h "$WORK/target" -p "$PORT_target" \
        -U postgres bench >/dev/null 2>&1 &
    reader=$!
    sleep 0.5
    run_pipeline replace_indexed
    on target bench -c "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'pgbench'" >/dev/null
    wait "$reader" || true
    printf '\n%sreaders while an indexed table is replaced%s: ' "$BOLD" "$PLAIN"
    cat "$WORK"/reader.* | awk '$3 ~ /^[0-9]+$/ { n++; if ($3 > most) most = $3 } END { printf "%d reads, the longest took %.1f ms\n", n, most / 1e3 }'
}

# Time against rows, in millions.
report_growth() {
    local millions from seconds
    printf '\n%sgrowth%s: a table of four columns replaced\n' "$BOLD" "$PLAIN"
    printf '%12s %10s %14s\n' 'million rows' seconds 'million rows/s'
    for millions in $GROWTH; do
        AS=bench on source bench -c 'SET client_min_messages = warning' -c 'DROP TABLE IF EXISTS growing' -c "CREATE TABLE growing AS
            SELECT n AS id, n % 1000 AS quantity, (n % 1000000) / 100.0::numeric AS amount, 'row number ' || n AS name
            FROM generate_series(1::bigint, $millions * 1000000::bigint) n"
        on source bench -c 'VACUUM ANALYZE growing' -c CHECKPOINT
        on target bench -c CHECKPOINT
        from=$(now_us)
        run_pipeline replace_growing
        seconds=$(($(now_us) - from))
        awk -v n="$millions" -v us=$seconds 'BEGIN { printf "%12d %10.2f %14.2f\n", n, us / 1e6, n * 1e6 / us }'
    done
}

report_latency() {
    local script=$WORK/latency.sql i
    # The clock is read before COMMIT is sent: the time of the commit itself is counted.
    for ((i = 0; i <= 100; i++)); do
        cat <<'SQL'
BEGIN;
SELECT trigger_pipeline('tiny') AS run \gset
SELECT clock_timestamp() AS committing \gset
COMMIT;
SELECT wait_for_run(:'run', '30 s') \g /dev/null
SELECT extract(epoch FROM start_time - :'committing') * 1000 FROM pipeline_runs WHERE id = :'run';
SQL
    done >"$script"
    # The first trigger may have to wake the scheduler; it is told apart.
    on target bench -At -f - <"$script" >"$WORK/latency"
    printf '\n%strigger latency%s: from before COMMIT to start_time, milliseconds, 100 triggers one after the other\n' "$BOLD" "$PLAIN"
    tail -n +2 "$WORK/latency" | sort -n | awk -v first="$(head -1 "$WORK/latency")" '
        { v[NR] = $1 }
        END { printf "median %.1f, 90 %% %.1f, greatest %.1f; first %.1f\n", v[int((NR + 1) / 2)], v[int(NR * 0.9)], v[NR], first }'
}
