#!/bin/bash
# Runs the tests on the PostgreSQL of other Debian releases, each in a chroot that debootstrap makes and that
# is kept for the next time. Ends with a line "N passed, M failed".
#   MATRIX="trixie forky"                 which releases (17 and 18)
#   MATRIX_PARTS="build install tap"      which parts of the tests; without it all that depend on the server
#   MATRIX_DIR=/var/tmp/pg_sluice-matrix  where the chroots are kept; remove it to start anew
#   DEBIAN_MIRROR=http://...              instead of the one in the machine's apt sources
. "$(dirname "$0")/lib.sh"
cd "$ROOT"

MATRIX=${MATRIX:-trixie forky}
MATRIX_DIR=${MATRIX_DIR:-/var/tmp/pg_sluice-matrix}
# Pure code and documents are the same with every server: make test has them.
MATRIX_PARTS=${MATRIX_PARTS:-packages build exports install regress isolation tap examples}
# A long queue takes minutes, and once is enough: make test has it.
SLUICE_TEST_QUEUE=${SLUICE_TEST_QUEUE:-2000}

if ! is_root; then
    exec sudo --preserve-env=MATRIX,MATRIX_PARTS,MATRIX_DIR,SLUICE_TEST_QUEUE,TAP,DEBIAN_MIRROR,http_proxy,https_proxy,CI "$0" "$@"
fi
unshare --mount --pid --fork true 2>/dev/null ||
    die "this system lets nobody make namespaces, so no chroots can be made and used here" \
        "Run make test-matrix on a real or virtual machine, not inside a chroot or an unprivileged container."
scripts/install-packages.sh --matrix

mirror() {
    if [ -n "${DEBIAN_MIRROR:-}" ]; then
        echo "$DEBIAN_MIRROR"
        return
    fi
    # One-line and deb822 sources; security and third parties are no mirrors of the whole.
    {
        cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null | sed -nE 's/^deb +(\[[^]]*\] *)?([^ ]+) .*/\2/p'
        cat /etc/apt/sources.list.d/*.sources 2>/dev/null | sed -nE 's/^URIs: *([^ ]+).*/\1/p'
    } | grep -E '/debian/?$' | head -1 | grep . || echo http://deb.debian.org/debian
}

# make_chroot RELEASE DIRECTORY
make_chroot() {
    local release=$1 directory=$2 script=/usr/share/debootstrap/scripts/$1
    [ -e "$script" ] || script=/usr/share/debootstrap/scripts/sid
    rm -rf --one-file-system "$directory.new"
    mkdir -p "$MATRIX_DIR"
    debootstrap --variant=minbase "$release" "$directory.new" "$(mirror)" "$script" >"$directory.log" 2>&1 || {
        tail -n 20 "$directory.log" >&2
        rm -rf --one-file-system "$directory.new"
        return 1
    }
    {
        # A release in the making has index files whose validity is short; a machine's clock may be off.
        echo 'Acquire::Check-Valid-Until "false";'
        echo 'APT::Install-Recommends "false";'
    } >"$directory.new/etc/apt/apt.conf.d/90matrix"
    # No package may start a server in here.
    printf '#!/bin/sh\nexit 101\n' >"$directory.new/usr/sbin/policy-rc.d"
    chmod +x "$directory.new/usr/sbin/policy-rc.d"
    mkdir -p "$directory.new/etc/postgresql-common"
    echo 'create_main_cluster = false' >"$directory.new/etc/postgresql-common/createcluster.conf"
    mv "$directory.new" "$directory"
}

# Everything in a namespace of its own: mounts and processes are gone with the process that made them. Run it
# in the background; it becomes that process.
in_chroot() {
    local directory=$1
    shift
    echo "$BASHPID" >"$INSIDE"
    exec unshare --mount --pid --fork --kill-child --propagation private bash -c '
        set -e
        cd "$1"
        mount -t proc proc proc
        mount -t tmpfs -o mode=755 tmpfs dev
        for node in null zero full random urandom tty; do
            touch dev/$node
            mount --bind /dev/$node dev/$node
        done
        ln -s /proc/self/fd dev/fd
        ln -s /proc/self/fd/0 dev/stdin
        ln -s /proc/self/fd/1 dev/stdout
        ln -s /proc/self/fd/2 dev/stderr
        mkdir -m 1777 dev/shm
        mount -t tmpfs -o mode=1777 tmpfs dev/shm
        mkdir dev/pts
        mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts dev/pts 2>/dev/null && ln -s pts/ptmx dev/ptmx
        mount -t tmpfs -o mode=755 tmpfs run
        mkdir -m 1777 run/lock
        shift
        chroot . "$@"
        ' in_chroot "$directory" "$@"
}

# Whose process is running inside; waiting in the background keeps this shell able to end it.
INSIDE=$(mktemp)
end_inside() {
    if [ -s "$INSIDE" ]; then kill -KILL "$(cat "$INSIDE")"; fi
    rm -f "$INSIDE"
}
ON_EXIT+=(end_inside)

passed=0 failed=0 failures=''
declare -a summary
for release in $MATRIX; do
    started=$SECONDS
    directory=$MATRIX_DIR/$release
    printf '%s==== %s%s\n' "$BOLD" "$release" "$PLAIN"
    good=0 bad=1
    if [ -d "$directory" ] || { echo "making $directory" && make_chroot "$release" "$directory"; }; then
        for file in /etc/resolv.conf /etc/hosts; do cp -L "$file" "$directory$file" 2>/dev/null || true; done
        if [ -n "${http_proxy:-}" ]; then echo "Acquire::http::Proxy \"$http_proxy\";" >"$directory/etc/apt/apt.conf.d/91proxy"; fi
        rm -rf --one-file-system "$directory/opt/pg_sluice"
        copy_sources "$directory/opt/pg_sluice"
        log=$MATRIX_DIR/$release.log
        in_chroot "$directory" /usr/bin/env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
            LANG=C.UTF-8 CLIENTS=python CI="${CI:-}" TAP="${TAP:-}" SLUICE_TEST_QUEUE="$SLUICE_TEST_QUEUE" /opt/pg_sluice/scripts/test.sh $MATRIX_PARTS \
            </dev/null 2>&1 | tee "$log" &
        wait $! || true
        : >"$INSIDE"
        read -r good bad < <(sed -nE 's/^([0-9]+) passed, ([0-9]+) failed$/\1 \2/p' "$log" | tail -1) || true
        good=${good:-0} bad=${bad:-1}
        if [ "$bad" -gt 0 ]; then
            failures+=$(awk '/^[0-9]+ passed, [0-9]+ failed$/ { on = 0 } /^== failed: / { on = 1 } on' "$log")
            failures+=$'\n'"== $release: build/logs is $directory/opt/pg_sluice/build/logs"$'\n'
        fi
    fi
    passed=$((passed + good)) failed=$((failed + bad))
    summary+=("$(printf '%-10s %4d passed %4d failed %5d s' "$release" "$good" "$bad" $((SECONDS - started)))")
done
printf '%s==== matrix%s\n' "$BOLD" "$PLAIN"
printf '%s\n' "${summary[@]}"
printf '%s' "$failures"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
