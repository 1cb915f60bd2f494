# Throw-away servers below $WORK: own data directories, ports and sockets, stopped when the script ends.
# Sourced after lib.sh; call find_postgres and make_work first.

# start_postgres NAME [LINE OF postgresql.conf]...   sets PORT_NAME; socket in $WORK/NAME
start_postgres() {
    local name=$1 port
    shift
    port=$(free_port)
    as_server_user mkdir -m 0700 "$WORK/$name"
    as_server_user initdb -D "$WORK/$name/data" -U postgres --no-sync --encoding=UTF8 --locale=C \
        --auth-local=trust --auth-host=scram-sha-256 >"$WORK/$name.log" 2>&1 || show_log "$WORK/$name.log"
    {
        echo "port = $port"
        echo "listen_addresses = '127.0.0.1'"
        echo "unix_socket_directories = '$WORK/$name'"
        echo "log_line_prefix = '%m [%p] %b %u@%d '"
        printf '%s\n' "$@"
    } | as_server_user tee -a "$WORK/$name/data/postgresql.conf" >/dev/null
    declare -g "PORT_$name=$port"
    ON_EXIT+=("stop_postgres $name")
    as_server_user pg_ctl -D "$WORK/$name/data" -l "$WORK/$name/server.log" -w -t 60 start >>"$WORK/$name.log" 2>&1 ||
        show_log "$WORK/$name/server.log"
}

stop_postgres() {
    if [ -e "$WORK/$1/data/postmaster.pid" ]; then
        as_server_user pg_ctl -D "$WORK/$1/data" -m fast -w -t 60 stop >/dev/null 2>&1 ||
            as_server_user pg_ctl -D "$WORK/$1/data" -m immediate -w -t 60 stop >/dev/null 2>&1
    fi
}

# psql over the socket as the superuser:   on NAME DATABASE [psql argument]...
on() {
    local name=$1 database=$2 port
    shift 2
    port=PORT_$name
    as_server_user psql -X -q -v ON_ERROR_STOP=1 -h "$WORK/$name" -p "${!port}" -U "${AS:-postgres}" -d "$database" "$@"
}

# start_mariadb   sets PORT_mariadb; socket $WORK/mariadb/socket; root without a password over the socket
start_mariadb() {
    PORT_mariadb=$(free_port)
    as_server_user mkdir -m 0700 "$WORK/mariadb"
    # A server that starts deletes what looks like temporary tables of its own: also those of another one in the same folder.
    as_server_user mkdir "$WORK/mariadb/tmp"
    as_server_user mariadb-install-db --no-defaults --datadir="$WORK/mariadb/data" --tmpdir="$WORK/mariadb/tmp" \
        --auth-root-authentication-method=normal --skip-test-db --skip-name-resolve >"$WORK/mariadb.log" 2>&1 || show_log "$WORK/mariadb.log"
    as_server_user setsid mariadbd --no-defaults --datadir="$WORK/mariadb/data" --socket="$WORK/mariadb/socket" \
        --pid-file="$WORK/mariadb/pid" --tmpdir="$WORK/mariadb/tmp" --port="$PORT_mariadb" --bind-address=127.0.0.1 --skip-name-resolve \
        --character-set-server=utf8mb4 --innodb-flush-log-at-trx-commit=2 >"$WORK/mariadb/server.log" 2>&1 </dev/null &
    MARIADB_PID=$!
    ON_EXIT+=(stop_mariadb)
    for _ in $(seq 300); do
        if in_mariadb -e 'SELECT 1' >/dev/null 2>&1; then return; fi
        kill -0 "$MARIADB_PID" 2>/dev/null || show_log "$WORK/mariadb/server.log"
        sleep 0.1
    done
    show_log "$WORK/mariadb/server.log"
}

in_mariadb() { as_server_user mariadb --no-defaults --socket="$WORK/mariadb/socket" --user=root "$@"; }

stop_mariadb() {
    local pid
    pid=$(cat "$WORK/mariadb/pid" 2>/dev/null || true)
    # The file may be older than the machine's last start.
    if [ -n "$pid" ] && [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = mariadbd ]; then
        kill "$pid" 2>/dev/null
        for _ in $(seq 200); do
            kill -0 "$pid" 2>/dev/null || return 0
            sleep 0.1
        done
        kill -9 "$pid" 2>/dev/null
    fi
    return 0
}

show_log() {
    printf '%s\n' "${RED}the last lines of $1:$PLAIN" >&2
    tail -n 30 "$1" >&2
    die "a server did not start"
}
