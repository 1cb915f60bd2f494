# The parts merge, mirror and quarantine of bench.sh: loads that compare with what is there; sourced by it.

KEYED_ROWS=$(awk "BEGIN { n = int(10000000 * $SCALE); print n < 10000 ? 10000 : n }")
LABEL+=([statement]='INSERT .. ON CONFLICT, fdw 10000' [merge]='pg_sluice, merge' [dlt_merge]='dlt, merge' [ingestr_merge]='ingestr, merge'
    [same]='pg_sluice, in the same order' [shuffled]='pg_sluice, in random order' [plain]='pg_sluice, append' [quarantine]='the same, quarantine')
NEEDS+=([dlt_merge]=dlt [ingestr_merge]=ingestr)

DLT_MERGE='
import sys, dlt
from dlt.sources.sql_database import sql_table
source, target, directory, table = sys.argv[1:]
pipeline = dlt.pipeline("bench_merge", destination=dlt.destinations.postgres(target), dataset_name="dlt_merge", pipelines_dir=directory)
rows = sql_table(source, schema="public", table=table, backend="pyarrow").with_name("keyed")
rows.apply_hints(table_name="keyed", primary_key="id", write_disposition={"disposition": "merge", "strategy": "upsert"})
pipeline.run(rows)
'

# keyed_method METHOD TABLE
keyed_method() {
    local target="postgresql://bench:bench@127.0.0.1:$PORT_target/bench"
    case $1 in
    drain) run_method drain "$2" ;;
    statement) on target bench -c "INSERT INTO keyed SELECT * FROM fdw10000.$2 ON CONFLICT (id) DO UPDATE
        SET val = EXCLUDED.val, amount = EXCLUDED.amount, name = EXCLUDED.name, changed = EXCLUDED.changed" ;;
    dlt_merge) HOME=$TOOLS RUNTIME__DLTHUB_TELEMETRY=false "$(dirname "$(command -v dlt)")/python3" -c "$DLT_MERGE" \
        "$(SOURCE_URI | sed s/^postgresql:/postgresql+psycopg2:/)" "$target" "$TOOLS/dlt_merge" "$2" >"$TOOLS/log" 2>&1 || show_log "$TOOLS/log" ;;
    ingestr_merge) HOME=$TOOLS ingestr ingest --yes --source-uri "$(SOURCE_URI)" --source-table "public.$2" --dest-uri "$target" \
        --dest-table ingestr_merge.keyed --incremental-strategy merge --primary-key id >"$TOOLS/log" 2>&1 || show_log "$TOOLS/log" ;;
    *) run_pipeline "$1_$2" ;;
    esac
}

# time_keyed METHOD TABLE: appends to the caller's arrays.
time_keyed() {
    on source bench -c CHECKPOINT
    on target bench -c CHECKPOINT
    measure_method "$1" keyed_method "$1" "$2"
}

# tell_ratio METHOD PEER: how many times as long as the peer
tell_ratio() {
    lines "${times[$1]}" | median | awk -v peer="$(lines "${times[$2]}" | median)" -v one="${LABEL[$1]}" -v other="${LABEL[$2]}" \
        '{ printf "%s takes %.2f times as long as %s\n", one, $1 / peer, other }'
}

make_keyed() {
    AS=bench on source bench -c "CREATE TABLE keyed AS SELECT n AS id, (n * 7 % 1000)::int AS val, (n / 100.0)::numeric(12, 2) AS amount, 'row number ' || n AS name,
            '2026-01-01'::timestamptz + n * interval '1 second' AS changed FROM generate_series(1::bigint, $KEYED_ROWS) n" \
        -c 'CREATE INDEX ON keyed (changed)' -c 'ALTER TABLE keyed ADD PRIMARY KEY (id)' \
        -c "CREATE TABLE clustered AS SELECT * FROM keyed WHERE id > $KEYED_ROWS / 2 AND id <= $KEYED_ROWS / 2 + $KEYED_ROWS / 10" \
        -c 'CREATE TABLE scattered AS SELECT * FROM keyed WHERE id % 10 = 3 ORDER BY hashint8(id)'
    on source bench -c 'VACUUM ANALYZE keyed' -c 'VACUUM ANALYZE clustered' -c 'VACUUM ANALYZE scattered'
    on target bench <<'SQL'
SET client_min_messages = warning;
CREATE TABLE keyed (id bigint PRIMARY KEY, val int, amount numeric(12, 2), name text, changed timestamptz);
IMPORT FOREIGN SCHEMA public LIMIT TO (clustered, scattered) FROM SERVER source INTO fdw10000;
ALTER FOREIGN TABLE fdw10000.clustered OPTIONS (ADD fetch_size '10000');
ALTER FOREIGN TABLE fdw10000.scattered OPTIONS (ADD fetch_size '10000');
SELECT create_pipeline('fill_keyed', source => 'source', source_table => 'keyed', destination_table => 'keyed', load => 'append') \g /dev/null
SELECT create_pipeline('merge_' || delta, source => 'source', source_table => delta, destination_table => 'keyed', load => 'merge', key_columns => '{id}')
    FROM unnest('{clustered,scattered}'::text[]) delta \g /dev/null
SELECT create_pipeline('merge_few', source => 'source', source_table => 'keyed', destination_table => 'keyed', key_columns => '{id}',
    cursor_column => 'changed') \g /dev/null
SQL
    run_pipeline fill_keyed
    on target bench -c 'VACUUM ANALYZE keyed'
}

# A tool makes its own table; what it does not know yet is put there at once.
fill_tool() {
    keyed_method "$1" clustered
    on target bench <<SQL
SELECT format('INSERT INTO $1.keyed (%s) SELECT %s FROM keyed k WHERE NOT EXISTS (SELECT FROM $1.keyed t WHERE t.id = k.id)',
        string_agg(quote_ident(attname), ', '), string_agg(CASE WHEN attname LIKE '\_dlt%' THEN 'md5(k.id::text)' ELSE 'k.' || quote_ident(attname) END, ', '))
    FROM pg_attribute WHERE attrelid = '$1.keyed'::regclass AND attnum > 0 AND NOT attisdropped \gexec
VACUUM ANALYZE $1.keyed;
SQL
}

# All rows of a delta change; scattered ones come in yet another order, since the last merge has left the table's in theirs.
change_delta() {
    local order=ctid
    if [ "$1" = scattered ]; then order="hashint8(id + $RANDOM)"; fi
    AS=bench on source bench -c "CREATE TABLE new_delta AS SELECT id, val + 1 AS val, amount, name, changed FROM $1 ORDER BY $order" \
        -c "TRUNCATE $1" -c "INSERT INTO $1 TABLE new_delta" -c 'DROP TABLE new_delta'
    on source bench -c "VACUUM ANALYZE $1"
}

report_merge() {
    local METHODS=(statement merge) TOOLS=$WORK/tools delta method repetition tools=(dlt_merge ingestr_merge)
    local -A times source_cpu target_cpu wals
    make_keyed
    for delta in clustered scattered; do
        times=() source_cpu=() target_cpu=() wals=()
        for ((repetition = 1; repetition <= REPS; repetition++)); do
            for method in "${METHODS[@]}"; do
                change_delta "$delta"
                on target bench -c 'VACUUM keyed'
                time_keyed "$method" "$delta"
            done
        done
        print_comparison "merge: $((KEYED_ROWS / 10)) changed rows ($delta keys) into $KEYED_ROWS"
        tell_ratio merge statement
    done
    report_few
    METHODS=("${tools[@]}")
    drop_missing_methods
    if [ ${#METHODS[@]} -eq 0 ]; then return; fi
    mkdir -p "$TOOLS"
    on target bench -c "DO 'BEGIN CREATE ROLE bench SUPERUSER LOGIN PASSWORD ''bench''; EXCEPTION WHEN duplicate_object THEN NULL; END'" \
        -c 'CREATE SCHEMA dlt_merge' -c 'CREATE SCHEMA ingestr_merge'
    tools=("${METHODS[@]}") METHODS=(merge "${METHODS[@]}")
    times=() source_cpu=() target_cpu=() wals=()
    for method in "${tools[@]}"; do fill_tool "$method"; done
    for method in "${METHODS[@]}"; do
        change_delta clustered
        time_keyed "$method" clustered
        [ "$(on target bench -At -c "SELECT count(*) FROM $([ "$method" = merge ] || echo "$method.")keyed")" -eq "$KEYED_ROWS" ] || die "$method: rows are missing"
    done
    REPS=1 print_comparison "merge beside tools: $((KEYED_ROWS / 10)) changed rows into $KEYED_ROWS"
    for method in "${tools[@]}"; do tell_ratio "$method" merge; done
}

# few_runs CHANGED: the median of a run's milliseconds
few_runs() {
    local i
    for ((i = 0; i < 20; i++)); do
        if [ "$1" -gt 0 ]; then
            AS=bench on source bench -c "UPDATE keyed SET val = val + 1, changed = clock_timestamp()
                WHERE id IN (SELECT 1 + (random() * ($KEYED_ROWS - 1))::bigint FROM generate_series(1, $1))"
        fi
        run_pipeline merge_few
        on target bench -At -c "SELECT extract(epoch FROM end_time - start_time) * 1000 FROM pipeline_runs ORDER BY id DESC LIMIT 1"
    done | median
}

report_few() {
    local empty
    on target bench -c "SELECT set_watermark('merge_few', (SELECT max(changed)::text FROM keyed))" >/dev/null
    run_pipeline merge_few
    empty=$(few_runs 0)
    printf '\n%sa small batch%s: 10 changed rows of %d, by an indexed cursor; 20 runs, median milliseconds\n' "$BOLD" "$PLAIN" "$KEYED_ROWS"
    few_runs 10 | awk -v empty="$empty" '{ printf "%.1f, of which a run without any changed row takes %.1f\n", $1, empty }'
}

report_mirror() {
    local METHODS=(drain same shuffled) method repetition
    local -A times source_cpu target_cpu wals
    AS=bench on source bench -c 'CREATE TABLE in_disorder AS SELECT * FROM pgbench_accounts ORDER BY hashint4(aid)'
    on source bench -c 'VACUUM ANALYZE in_disorder'
    on target bench <<'SQL'
CREATE TABLE ordered (LIKE pgbench_accounts, PRIMARY KEY (aid));
CREATE TABLE disordered (LIKE pgbench_accounts, PRIMARY KEY (aid));
SELECT create_pipeline('same_pgbench_accounts', source => 'source', source_table => 'pgbench_accounts', destination_table => 'ordered', load => 'mirror',
    key_columns => '{aid}') \g /dev/null
SELECT create_pipeline('shuffled_pgbench_accounts', source => 'source', source_table => 'in_disorder', destination_table => 'disordered', load => 'mirror',
    key_columns => '{aid}') \g /dev/null
INSERT INTO ordered SELECT * FROM fdw10000.pgbench_accounts;
INSERT INTO disordered SELECT * FROM ordered;
SQL
    on target bench -c 'VACUUM ANALYZE ordered' -c 'VACUUM ANALYZE disordered'
    for ((repetition = 1; repetition <= REPS; repetition++)); do
        for method in "${METHODS[@]}"; do time_keyed "$method" pgbench_accounts; done
    done
    print_comparison "mirror: $ROWS_pgbench_accounts accounts, none changed"
    tell_ratio same drain
}

# What a session that only reads meets meanwhile.
report_quarantine() {
    local METHODS=(plain quarantine) method repetition reader
    local -A times source_cpu target_cpu wals
    on target bench <<'SQL'
CREATE TABLE read_beside AS SELECT n AS id, repeat('x', 100) AS pad FROM generate_series(1, 100000) n;
ALTER TABLE read_beside ADD PRIMARY KEY (id);
SELECT create_pipeline(name || '_wide', source => 'source', source_table => 'wide', destination_table => 'wide', load => 'append', options => options)
    FROM (VALUES ('plain', '{}'::jsonb), ('quarantine', '{"on_reject": "quarantine"}')) p (name, options) \g /dev/null
SQL
    printf '\\set id random(1, 100000)\nSELECT pad FROM read_beside WHERE id = :id;\n' | as_server_user tee "$WORK/beside.sql" >/dev/null
    for ((repetition = 1; repetition <= REPS; repetition++)); do
        for method in "${METHODS[@]}"; do
            on target bench -c 'TRUNCATE wide'
            as_server_user pgbench -n -c 1 -R 200 -T 3600 -f "$WORK/beside.sql" -l --log-prefix="$WORK/beside_$method" -h "$WORK/target" -p "$PORT_target" \
                -U postgres bench >/dev/null 2>&1 &
            reader=$!
            time_keyed "$method" wide
            on target bench -c "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'pgbench'" >/dev/null
            wait "$reader" || true
        done
    done
    print_comparison "quarantine switched on: wide, $ROWS_wide rows, all good"
    tell_ratio quarantine plain
    for method in "${METHODS[@]}"; do
        cat "$WORK"/beside_"$method".* | awk '$3 ~ /^[0-9]+$/ { print $3 - ($7 == "" ? 0 : $7) }' | sort -n | awk -v label="${LABEL[$method]}" '
            { v[NR] = $1 }
            END { printf "reads beside %s: %d, median %.2f ms, 99 %% %.2f ms\n", label, NR, v[int((NR + 1) / 2)] / 1e3, v[int(NR * 0.99)] / 1e3 }'
    done
}
