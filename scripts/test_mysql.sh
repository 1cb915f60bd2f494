#!/bin/bash
# Runs test/t/mysql_given.pl against MySQL's own server, which Debian has in sid only: in a chroot that debootstrap makes
# and that is kept for the next time. Ends with a line "N passed, M failed".
#   MYSQL_DIR=/var/tmp/pg_sluice-mysql   where the chroot is kept; remove it to start anew
#   MYSQL_PORT=33306                     of the server, on 127.0.0.1
#   DEBIAN_MIRROR=http://...
. "$(dirname "$0")/lib.sh"
cd "$ROOT"

MYSQL_DIR=${MYSQL_DIR:-/var/tmp/pg_sluice-mysql}
MYSQL_PORT=${MYSQL_PORT:-33306}

if ! is_root; then
    exec sudo --preserve-env=MYSQL_DIR,MYSQL_PORT,DEBIAN_MIRROR,PG_CONFIG,CI "$0" "$@"
fi
if [ ! -x "$MYSQL_DIR/usr/sbin/mysqld" ]; then
    scripts/install-packages.sh --matrix
    echo "making $MYSQL_DIR"
    rm -rf --one-file-system "$MYSQL_DIR"
    debootstrap --variant=minbase sid "$MYSQL_DIR" "${DEBIAN_MIRROR:-http://deb.debian.org/debian}" >"$MYSQL_DIR.log" 2>&1 ||
        die "debootstrap failed" "Read $MYSQL_DIR.log."
    echo 'Acquire::Check-Valid-Until "false";' >"$MYSQL_DIR/etc/apt/apt.conf.d/90mysql"
    # No package may start a server in here.
    printf '#!/bin/sh\nexit 101\n' >"$MYSQL_DIR/usr/sbin/policy-rc.d"
    chmod +x "$MYSQL_DIR/usr/sbin/policy-rc.d"
    for file in /etc/resolv.conf /etc/hosts; do cp -L "$file" "$MYSQL_DIR$file" 2>/dev/null || true; done
    chroot "$MYSQL_DIR" env DEBIAN_FRONTEND=noninteractive sh -c 'apt-get update && apt-get install -y --no-install-recommends mysql-server' \
        >>"$MYSQL_DIR.log" 2>&1 || die "MySQL could not be installed" "Read $MYSQL_DIR.log."
fi

rm -rf --one-file-system "$MYSQL_DIR/srv/test"
mkdir -p "$MYSQL_DIR/srv/test"
chroot "$MYSQL_DIR" chown mysql:mysql /srv/test
server=(chroot "$MYSQL_DIR" mysqld --no-defaults --user=mysql --datadir=/srv/test/data)
"${server[@]}" --initialize-insecure --log-error=/srv/test/log
"${server[@]}" --socket=/srv/test/s --pid-file=/srv/test/pid --port="$MYSQL_PORT" \
    --bind-address=127.0.0.1 --mysqlx=OFF --log-error=/srv/test/log >/dev/null 2>&1 &
ON_EXIT+=("kill -KILL $!")
for _ in $(seq 600); do
    if mariadb-admin --no-defaults -u root -h 127.0.0.1 -P "$MYSQL_PORT" ping >/dev/null 2>&1; then break; fi
    sleep 0.1
done
MYSQL_TEST_URL=mysql://root@127.0.0.1:$MYSQL_PORT TAP=test/t/mysql_given.pl scripts/test.sh build install tap
