#!/bin/bash
# Installs what building and testing need and this Debian lacks, nothing else.
#   scripts/install-packages.sh            everything for make test and make lint
#   scripts/install-packages.sh --no-lint  without clang-format and clang-tidy, which make test does not need
#   scripts/install-packages.sh --demo     what make demo needs; with --list it says what is missing and installs nothing
#   scripts/install-packages.sh --matrix   what make test-matrix needs on the outside
. "$(dirname "$0")/lib.sh"

command -v apt-get >/dev/null || die "no apt-get here" "Install the packages named in scripts/install-packages.sh by hand."
major=$(pg_major)
case ${1:-} in
--matrix) wanted=(debootstrap) ;;
--demo)
    wanted=(g++ make tzdata libfmt-dev libssl-dev "postgresql-$major" "postgresql-server-dev-$major" mariadb-server mariadb-client)
    ;;
*)
    wanted=(g++ make cmake perl tzdata libfmt-dev libssl-dev libgtest-dev "postgresql-$major" "postgresql-server-dev-$major"
        mariadb-server mariadb-client libipc-run-perl)
    ;;
esac
case ${1:-} in
'') wanted+=(clang-format-14 clang-tidy-14) ;;
esac

installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }
missing=()
for package in "${wanted[@]}"; do
    if ! installed "$package"; then missing+=("$package"); fi
done
# Without these some tests are skipped: those against a real MariaDB, the comparison of schedules with croniter, those
# behind a pooler, in other locales and beside pgaudit and pg_cron, types of extensions, and servers of a test's own that speak TLS.
# Debian 12 has all but pgvector.
optional=("postgresql-$major-mysql-fdw" python3-croniter pgbouncer locales libio-socket-ssl-perl "postgresql-$major-pgaudit"
    "postgresql-$major-postgis-3" "postgresql-$major-semver" "postgresql-$major-ip4r" "postgresql-$major-pgvector"
    "postgresql-$major-cron")
# Drivers of doc/clients.md; without one, its example is left out. Go's (golang-go golang-github-jackc-pgx-v4-dev) are 90 MB and a
# minute to compile, so they are used where they are, and not installed. CLIENTS=python: no others than Python's.
clients=("python3-psycopg python3-psycopg2 python3-asyncpg python3-sqlalchemy" "nodejs node-pg" "default-jdk-headless libpostgresql-jdbc-java")
if [ "${CLIENTS:-}" = python ]; then clients=("${clients[0]}"); fi
case ${1:-} in
--matrix | --demo) clients=() ;;
esac
case ${1:-} in
--matrix) optional=() ;;
--demo) optional=("postgresql-$major-mysql-fdw") ;;
esac
for package in "${optional[@]}"; do
    if ! installed "$package"; then missing+=("$package"); fi
done
drivers=()
for group in "${clients[@]}"; do
    for package in $group; do
        if ! installed "$package"; then
            drivers+=("$group")
            break
        fi
    done
done
if [ "${2:-}" = --list ]; then
    echo "${missing[*]}"
    exit
fi
if [ ${#missing[@]} -eq 0 ] && [ ${#drivers[@]} -eq 0 ]; then
    echo "all packages are there"
    exit
fi

apt() { as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -o Dpkg::Use-Pty=0 -o Acquire::Retries=3 "$@"; }
apt update >/dev/null || die "apt-get update failed" "Check the network and /etc/apt."
for i in "${!missing[@]}"; do
    case " ${optional[*]} " in
    *" ${missing[i]} "*)
        if ! apt-cache show "${missing[i]}" >/dev/null 2>&1; then
            echo "this system has no ${missing[i]}; what needs it is left out"
            unset 'missing[i]'
        fi
        ;;
    esac
done
# A driver may not go with another release of what it runs on that is there already.
for group in "${drivers[@]}"; do
    # shellcheck disable=SC2086 # a list of packages
    if apt install -s --no-install-recommends $group >/dev/null 2>&1; then
        for package in $group; do
            if ! installed "$package"; then missing+=("$package"); fi
        done
    else
        echo "this system cannot have ${group// / and }; their example is left out"
    fi
done
if [ ${#missing[@]} -eq 0 ]; then
    echo "all packages that this system has are there"
    exit
fi
echo "installing: ${missing[*]}"
log=$(mktemp)
apt install -y --no-install-recommends "${missing[@]}" >"$log" 2>&1 || {
    tail -n 30 "$log" >&2
    rm -f "$log"
    die "apt-get install failed"
}
rm -f "$log"
