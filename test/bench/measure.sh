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

# run_method METHOD SHAPE
run_method() {
    local method=$1 shape=$2 copy
    case $method in
    text | binary)
        if [ "$method" = binary ]; then copy=' (FORMAT binary)'; else copy=''; fi
        PGPASSWORD=bench as_server_user sh -c "psql -X -q -h 127.0.0.1 -p $PORT_source -U bench -d bench -c 'COPY $shape TO STDOUT$copy' |
            psql -X -q -h $WORK/target -p $PORT_target -U postgres -d bench -c 'COPY $shape FROM STDIN$copy'"
        ;;
    fdw100 | fdw10000) on target bench -c "INSERT INTO $shape SELECT * FROM $method.$shape" ;;
    *) run_pipeline "${method}_$shape" ;;
    esac
}

run_pipeline() {
    local status
    status=$(on target bench -At -c "CALL trigger_and_wait('$1', run => NULL, status => NULL)")
    case $status in
    *'|success') ;;
    *)
        on target bench -c "SELECT error_message, error_detail, log FROM pipeline_runs ORDER BY id DESC LIMIT 1" >&2
        die "run of $1: $status"
        ;;
    esac
}

fingerprint() { echo "SELECT count(*), sum(hashtextextended(t::text, 0)) FROM $1 t"; }

# compare_methods SHAPE: in turns, so that what else happens on the machine hits all alike.
compare_methods() {
    local shape=$1 rows=ROWS_$1 method repetition from to expected
    local -A times
    expected=$(on source bench -At -c "$(fingerprint "$shape")")
    on source bench -c "CHECKPOINT"
    for ((repetition = 1; repetition <= REPS; repetition++)); do
        for method in "${METHODS[@]}"; do
            on target bench -c "TRUNCATE $shape" -c CHECKPOINT
            if [ -t 1 ]; then printf '\r\e[K%s, %d of %d: %s' "$shape" "$repetition" "$REPS" "${LABEL[$method]}"; fi
            from=$(now_us)
            run_method "$method" "$shape"
            to=$(now_us)
            times[$method]+="$((to - from)) "
            if [ "$repetition" -eq 1 ]; then
                [ "$(on target bench -At -c "$(fingerprint "$shape")")" = "$expected" ] || die "${LABEL[$method]}: $shape arrived changed"
            fi
        done
    done
    if [ -t 1 ]; then printf '\r\e[K'; fi
    print_comparison "$shape" "${!rows}"
}

# Reads the caller's array times.
print_comparison() {
    local shape=$1 rows=$2 method size
    size=$(on source bench -At -c "SELECT pg_size_pretty(pg_table_size('$shape'))")
    printf '\n%s%s%s: %d rows, %s; %d repetitions, seconds\n' "$BOLD" "$shape" "$PLAIN" "$rows" "$size" "$REPS"
    printf '%-32s %8s %8s %8s %10s %12s %12s %12s\n' method median min max rows/s 'x text' 'x binary' 'x fdw 100'
    for method in "${METHODS[@]}"; do
        local list
        list=$(tr ' ' '\n' <<<"${times[$method]}" | grep .)
        printf '%s;%s;%s;%s;%s\n' "$method" "${LABEL[$method]}" "$(median <<<"$list")" \
            "$(sort -n <<<"$list" | head -1)" "$(sort -n <<<"$list" | tail -1)"
    done | awk -F ';' -v rows="$rows" '
        { order[NR] = $1; label[$1] = $2; middle[$1] = $3; least[$1] = $4; most[$1] = $5 }
        function ratio(peer, method) { return peer in middle ? sprintf("%.2f", middle[peer] / middle[method]) : "-" }
        END {
            for (i = 1; i <= NR; i++) {
                m = order[i]
                printf "%-32s %8.2f %8.2f %8.2f %10d %12s %12s %12s\n", label[m], middle[m] / 1e6, least[m] / 1e6, most[m] / 1e6,
                    rows * 1e6 / middle[m], ratio("text", m), ratio("binary", m), ratio("fdw100", m)
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
    local idle pid session shape kind kb factor rows
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
    for kind in append replace big; do
        if [ "$kind" = big ] && [ "$BIG" != 1 ]; then continue; fi
        for shape in pgbench_accounts wide; do
            rows=ROWS_$shape
            if [ "$kind" = big ]; then factor=10; else factor=1; fi
            kb=$(measure_memory "${kind}_$shape" "$shape")
            printf '%-32s %12d %8.1f\n' "${kind/big/append} $shape" $((${!rows} * factor)) "$(awk "BEGIN { print ($kb - $idle) / 1024 }")"
        done
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
