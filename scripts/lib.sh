# What the scripts share: messages, which PostgreSQL, as whom servers run, throw-away places and their end.
# Sourced by bash scripts, never run.

set -euo pipefail
export LC_ALL=C.UTF-8
unset MAKEFLAGS MFLAGS MAKELEVEL

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ] && [ "${TERM:-dumb}" != dumb ]; then
    BOLD=$'\e[1m' DIM=$'\e[2m' RED=$'\e[31m' GREEN=$'\e[32m' BLUE=$'\e[34m' PLAIN=$'\e[0m'
else
    BOLD='' DIM='' RED='' GREEN='' BLUE='' PLAIN=''
fi

die() {
    printf '%s%s%s\n' "$RED" "error: $1" "$PLAIN" >&2
    if [ $# -gt 1 ]; then printf '%s\n' "hint: $2" >&2; fi
    exit 1
}

is_root() { [ "$(id -u)" -eq 0 ]; }

# Runs a command that needs root: packages, installation, chroot.
as_root() {
    if is_root; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        die "this needs root and there is no sudo: $*" "Run as root, or install sudo."
    fi
}

# The major version that this Debian ships; PG_MAJOR overrules it.
pg_major() {
    if [ -n "${PG_MAJOR:-}" ]; then
        echo "$PG_MAJOR"
        return
    fi
    local codename major
    codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
    case $codename in
    bookworm) major=15 ;;
    trixie) major=17 ;;
    forky) major=18 ;;
    *) major=$(apt-cache depends postgresql 2>/dev/null | sed -n 's/^ *Depends: postgresql-\([0-9]*\)$/\1/p' | head -1) ;;
    esac
    [ -n "$major" ] || die "cannot tell which PostgreSQL this system ships" "Set PG_MAJOR, for example PG_MAJOR=15."
    echo "$major"
}

# PG_CONFIG, if set, says which server; otherwise the distribution's.
find_postgres() {
    if [ -z "${PG_CONFIG:-}" ]; then
        PG_CONFIG=/usr/lib/postgresql/$(pg_major)/bin/pg_config
    fi
    [ -x "$(command -v "$PG_CONFIG" || true)" ] ||
        die "PostgreSQL is not installed: no $PG_CONFIG" "Run scripts/install-packages.sh, or set PG_CONFIG."
    export PG_CONFIG
    PG_BIN=$("$PG_CONFIG" --bindir)
    [ -x "$PG_BIN/initdb" ] || die "no server beside $PG_CONFIG" "Run scripts/install-packages.sh, or set PG_CONFIG."
}

# Servers refuse to run as root; the packages bring the role "postgres".
server_user() { if is_root; then echo postgres; else id -un; fi; }

as_server_user() {
    local keep=(HOME="$WORK" USER="$(server_user)" LOGNAME="$(server_user)" PATH="$PG_BIN:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
        LANG=C.UTF-8 TMPDIR="$WORK" SHELL=/bin/bash PG_CONFIG="$PG_CONFIG")
    local name
    for name in BUSY_SECONDS FUZZ SLUICE_TEST_QUEUE PG_TEST_EXTRA PG_TEST_TIMEOUT_DEFAULT PGPASSWORD PGCLIENTENCODING MYSQL_PWD MYSQL_TEST_URL ${!SOAK_@}; do
        if [ -n "${!name:-}" ]; then keep+=("$name=${!name}"); fi
    done
    if is_root; then
        setpriv --reuid postgres --regid postgres --init-groups env -i "${keep[@]}" "$@"
    else
        env -i "${keep[@]}" "$@"
    fi
}

# A directory of our own, for the server user, removed when the script ends. Short: socket paths are.
WORK=''
ON_EXIT=()
make_work() {
    WORK=$(mktemp -d "${WORK_BASE:-/tmp}/sluice.XXXXXX")
    chmod 0755 "$WORK"
    if is_root; then chown postgres:postgres "$WORK"; fi
    cd "$WORK"
}

clean_up() {
    local status=$?
    trap - EXIT
    trap '' INT TERM
    set +e
    local i
    for ((i = ${#ON_EXIT[@]} - 1; i >= 0; i--)); do ${ON_EXIT[i]}; done
    cd /
    if [ -n "$WORK" ]; then rm -rf "$WORK"; fi
    exit "$status"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# The sources, without what was built from them.
copy_sources() {
    local to=$1
    mkdir -p "$to"
    (
        cd "$ROOT"
        if git -c safe.directory="$ROOT" rev-parse --git-dir >/dev/null 2>&1; then
            git -c safe.directory="$ROOT" ls-files -z --cached --others --exclude-standard
        else
            find . -type f -not -name '*.o' -not -name '*.d' -not -name '*.so' -not -path './build/*' -print0
        fi | while IFS= read -r -d '' file; do if [ -e "$file" ]; then printf '%s\0' "$file"; fi; done |
            tar --create --no-recursion --null --files-from=-
    ) | tar --extract --directory "$to" --no-same-owner
}

# A TCP port of the loopback address that nobody listens on.
free_port() {
    local port
    for _ in $(seq 100); do
        port=$((20000 + RANDOM % 12000))
        if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
            echo "$port"
            return
        fi
    done
    die "found no free port on 127.0.0.1"
}
