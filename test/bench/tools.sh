# The part "tools" of bench.sh: programs that copy tables between databases by themselves, where they are installed
# (pip install ingestr, pip install 'dlt[sql_database,postgres]' psycopg2-binary); sourced by it. They make the table
# of the destination themselves, so only the number of rows is compared.

NEEDS+=([ingestr]=ingestr [dlt]=dlt)
LABEL+=([ingestr]='ingestr' [dlt]='dlt, sql_database')
TOOL_ROWS=$(awk "BEGIN { n = int(500000 * $SCALE); print n < 1000 ? 1000 : n }")

DLT_SCRIPT='
import sys, dlt
from dlt.sources.sql_database import sql_table
source, target, directory = sys.argv[1:]
pipeline = dlt.pipeline("bench", destination=dlt.destinations.postgres(target), dataset_name="dlt", pipelines_dir=directory)
pipeline.run(sql_table(source, schema="public", table="portion"), write_disposition="replace")
'

# run_tool TOOL: the table "portion" into the schema of the tool's name.
run_tool() {
    local target="postgresql://bench:bench@127.0.0.1:$PORT_target/bench"
    case $1 in
    ingestr)
        HOME=$TOOLS ingestr ingest --yes --source-uri "$(SOURCE_URI)" --source-table public.portion --dest-uri "$target" --dest-table ingestr.portion
        ;;
    dlt)
        HOME=$TOOLS RUNTIME__DLTHUB_TELEMETRY=false "$(dirname "$(command -v dlt)")/python3" -c "$DLT_SCRIPT" \
            "$(SOURCE_URI | sed s/^postgresql:/postgresql+psycopg2:/)" "$target" "$TOOLS/dlt"
        ;;
    esac >"$TOOLS/log" 2>&1 || show_log "$TOOLS/log"
}

report_tools() {
    local METHODS=(ingestr dlt) TOOLS=$WORK/tools repetition method from
    local -A times
    drop_missing_methods
    if [ ${#METHODS[@]} -eq 0 ]; then return; fi
    mkdir "$TOOLS"
    AS=bench on source bench -c "CREATE TABLE portion AS SELECT * FROM pgbench_accounts LIMIT $TOOL_ROWS"
    on target bench -c "CREATE ROLE bench SUPERUSER LOGIN PASSWORD 'bench'" -c 'CREATE TABLE portion (LIKE pgbench_accounts)'
    on target bench -c "SELECT create_pipeline('replace_portion', source => 'source', source_table => 'portion', destination_table => 'portion',
        load => 'replace')" >/dev/null
    for ((repetition = 1; repetition <= REPS; repetition++)); do
        for method in "${METHODS[@]}" replace; do
            on target bench -c CHECKPOINT
            from=$(now_us)
            if [ "$method" = replace ]; then run_pipeline replace_portion; else run_tool "$method"; fi
            times[$method]+="$(($(now_us) - from)) "
        done
    done
    printf '\n%stools%s: %d accounts replaced; %d repetitions, medians\n' "$BOLD" "$PLAIN" "$TOOL_ROWS" "$REPS"
    printf '%-31s %8s %16s\n' method seconds 'pg_sluice faster'
    for method in "${METHODS[@]}"; do
        [ "$(on target bench -At -c "SELECT count(*) FROM $method.portion")" -eq "$TOOL_ROWS" ] || die "$method: rows are missing"
        lines "${times[$method]}" | median | awk -v own="$(lines "${times[replace]}" | median)" -v label="${LABEL[$method]}" \
            '{ printf "%-31s %8.2f %16.1f\n", label, $1 / 1e6, $1 / own }'
    done
    lines "${times[replace]}" | median | awk -v label="${LABEL[replace]}" '{ printf "%-31s %8.2f\n", label, $1 / 1e6 }'
}
