# How each method of bench.sh brings the rows of a table from the server "source" to the server "target"; sourced by it.

declare -A LABEL=(
    [drain]='psql, COPY binary to /dev/null' [text]='psql | psql, COPY text' [binary]='psql | psql, COPY binary'
    [fdw100]='postgres_fdw, fetch_size 100' [fdw10000]='postgres_fdw, fetch_size 10000' [dblink]='dblink'
    [pgdump]='pg_dump | pg_restore' [pgcopydb]='pgcopydb' [append]='pg_sluice, append' [replace]='pg_sluice, replace')
declare -A NEEDS=([pgcopydb]=pgcopydb)

SOURCE_URI() { echo "postgresql://bench:bench@127.0.0.1:$PORT_source/bench"; }
TARGET_URI() { echo "host=$WORK/target port=$PORT_target user=postgres dbname=bench"; }

# Methods whose program is not installed are left out, and said so.
drop_missing_methods() {
    local method kept=()
    for method in "${METHODS[@]}"; do
        if [ -n "${NEEDS[$method]:-}" ] && ! command -v "${NEEDS[$method]}" >/dev/null; then
            echo "left out: ${LABEL[$method]}, which is not installed"
        else
            kept+=("$method")
        fi
    done
    METHODS=("${kept[@]}")
}

# run_method METHOD TABLE
run_method() {
    local method=$1 shape=$2 copy columns
    case $method in
    drain)
        as_server_user sh -c "psql -X -q '$(SOURCE_URI)' -c 'COPY $shape TO STDOUT (FORMAT binary)' >/dev/null"
        ;;
    text | binary)
        if [ "$method" = binary ]; then copy=' (FORMAT binary)'; else copy=''; fi
        as_server_user sh -c "psql -X -q '$(SOURCE_URI)' -c 'COPY $shape TO STDOUT$copy' |
            psql -X -q -d '$(TARGET_URI)' -c 'COPY $shape FROM STDIN$copy'"
        ;;
    fdw100 | fdw10000) on target bench -c "INSERT INTO $shape SELECT * FROM $method.$shape" ;;
    dblink)
        columns=$(on target bench -At -c "SELECT string_agg(format('%I %s', attname, format_type(atttypid, atttypmod)), ', ' ORDER BY attnum)
            FROM pg_attribute WHERE attrelid = '$shape'::regclass AND attnum > 0")
        on target bench -c "INSERT INTO $shape SELECT * FROM dblink('$(SOURCE_URI)', 'SELECT * FROM $shape') AS t ($columns)"
        ;;
    pgdump)
        as_server_user sh -c "pg_dump -Fc -Z0 -a -t $shape -d '$(SOURCE_URI)' | pg_restore -a -d '$(TARGET_URI)'"
        ;;
    pgcopydb)
        as_server_user rm -rf "$WORK/pgcopydb"
        printf '[include-only-table]\npublic.%s\n' "$shape" | as_server_user tee "$WORK/pgcopydb.ini" >/dev/null
        as_server_user pgcopydb clone --source "$(SOURCE_URI)" --target "$(TARGET_URI)" --dir "$WORK/pgcopydb" \
            --filters "$WORK/pgcopydb.ini" --drop-if-exists --no-owner --no-acl --table-jobs 1 --index-jobs "${INDEX_JOBS:-1}" >"$WORK/pgcopydb.log" 2>&1 ||
            show_log "$WORK/pgcopydb.log"
        ;;
    *) run_pipeline "${method}_$shape" ;;
    esac
}

run_pipeline() {
    local status
    status=$(on target bench -At -c "CALL trigger_and_wait('$1', run => NULL, status => NULL, raise_error => false)")
    case $status in
    *'|success') ;;
    *)
        on target bench -c "SELECT error_message, error_detail, log FROM pipeline_runs ORDER BY id DESC LIMIT 1" >&2
        die "run of $1: $status"
        ;;
    esac
}
