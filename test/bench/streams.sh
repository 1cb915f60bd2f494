# The part streams of bench.sh: one to four streams, from the source as it is and through networks; sourced by it.
#   STREAM_WAYS="..."  some of: here all each slow

STREAM_WAYS=${STREAM_WAYS:-here all each slow}
NETWORK_BYTES=125000000
declare -A WAY=([all]='all connections together as fast as 1 Gbit/s' [each]='each connection as fast as 1 Gbit/s'
    [slow]='each connection as fast as 200 Mbit/s, as over a long distance')

# start_throttle WAY   prints the port
start_throttle() {
    local port mode=each rate=$NETWORK_BYTES
    if [ "$1" = all ]; then mode=all; fi
    if [ "$1" = slow ]; then rate=$((NETWORK_BYTES / 5)); fi
    perl "$ROOT/test/bench/throttle.pl" "$PORT_source" "$rate" "$mode" >"$WORK/throttle_$1" 2>"$WORK/throttle_$1.log" &
    echo $! >"$WORK/throttle_$1.pid"
    for _ in $(seq 100); do
        read -r port <"$WORK/throttle_$1" && break || sleep 0.1
    done
    [ -n "${port:-}" ] || show_log "$WORK/throttle_$1.log"
    echo "$port"
}

stop_throttle() {
    if [ -s "$WORK/throttle_$1.pid" ]; then kill "$(cat "$WORK/throttle_$1.pid")" 2>/dev/null || true; fi
    rm -f "$WORK/throttle_$1.pid"
}

# compare_streams SERVER PORT TITLE: psql, and a replace of wide in one to four streams, all from there.
compare_streams() {
    local n
    on target bench -v server="$1" -v port="$2" <<'SQL'
SET client_min_messages = warning;
CREATE SERVER :"server" FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port :'port', dbname 'bench');
CREATE USER MAPPING FOR postgres SERVER :"server" OPTIONS (user 'bench', password 'bench');
SELECT create_pipeline(format('%s%s_wide', :'server', n), source => :'server', source_table => 'wide', destination_table => 'wide',
    load => 'replace', options => jsonb_build_object('streams', n)) FROM generate_series(1, 4) n \g /dev/null
SQL
    for n in 1 2 3 4; do LABEL[$1$n]="pg_sluice, $n stream$([ "$n" = 1 ] || echo s)"; done
    (
        eval "SOURCE_URI() { echo postgresql://bench:bench@127.0.0.1:$2/bench; }"
        METHODS=(drain binary "$1"{1,2,3,4})
        compare_methods wide "wide: $WIDE_ROWS rows, $3"
    )
}

report_streams() {
    local way port wire
    for way in $STREAM_WAYS; do
        if [ "$way" = here ]; then
            compare_streams here "$PORT_source" "source and target on the same $(nproc) cores"
            continue
        fi
        ON_EXIT+=("stop_throttle $way")
        port=$(start_throttle "$way")
        compare_streams "$way" "$port" "${WAY[$way]}"
        stop_throttle "$way"
    done
    wire=$(as_server_user psql -X -q -At -d "$(SOURCE_URI)" -c 'COPY wide TO STDOUT (FORMAT binary)' | wc -c)
    awk -v wire="$wire" -v rate="$NETWORK_BYTES" 'BEGIN {
        printf "a network of 1 Gbit/s alone takes %.2f s for the %d MB that COPY sends\n", wire / rate, wire / 1048576 }'
}
