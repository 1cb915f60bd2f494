#!/bin/bash
# Runs the tests, or parts of them, and ends with a line "N passed, M failed".
#   scripts/test.sh all                    what make test runs
#   scripts/test.sh packages lint          what make lint runs
#   scripts/test.sh build install tap      these parts, in this order
#   ACCEPT=1 scripts/test.sh regress       takes what came out as the expected output; read the diff after
#   TAP="test/t/run_crash.pl" ... tap      these TAP tests only
# Output of each part goes to build/logs/PART.log; the lines of it that tell why something failed are shown at the end.
. "$(dirname "$0")/lib.sh"
. "$ROOT/scripts/failures.sh"
cd "$ROOT"

ALL=(packages unit build exports install regress isolation tap docs examples)
parts=()
for word in "$@"; do
    case $word in
    all) parts+=("${ALL[@]}") ;;
    packages | lint | unit | build | exports | install | regress | isolation | tap | docs | examples) parts+=("$word") ;;
    *) die "there is no part \"$word\"" "The parts are: all ${ALL[*]}; and lint." ;;
    esac
done
[ ${#parts[@]} -gt 0 ] || parts=("${ALL[@]}")

LOGS=$ROOT/build/logs
mkdir -p "$LOGS"
JOBS=$(nproc)

# Each part_X prints its output, returns its status and leaves passed and failed as two numbers in $COUNT.
count() { echo "$1 $2" >"$COUNT"; }
count_lines() { count "$(grep -cE "$1" "$LOG" || true)" "$(grep -cE "$2" "$LOG" || true)"; }

part_packages() {
    case " ${parts[*]} " in
    *' lint '*) scripts/install-packages.sh ;;
    *) scripts/install-packages.sh --no-lint ;;
    esac
}

part_lint() {
    local status=0
    scripts/lint.sh || status=$?
    count_lines '^ok ' '^not ok '
    return $status
}

part_unit() {
    # Without optimization this builds three times as fast; a sanitizer's report needs lines, not types.
    local status=0
    cmake -S . -B build/unit -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG=-g1 -DSLUICE_SANITIZE=ON >build/logs/cmake.log 2>&1 || {
        cat build/logs/cmake.log
        return 1
    }
    cmake --build build/unit --parallel "$JOBS" || return 1
    ctest --test-dir build/unit --output-on-failure --parallel "$JOBS" --timeout 300 || status=$?
    # ctest: "100% tests passed, 0 tests failed out of 12"
    local failed total
    read -r failed total < <(sed -nE 's/^[0-9]+% tests passed, ([0-9]+) tests? failed out of ([0-9]+)/\1 \2/p' "$LOG")
    if [ -n "${total:-}" ]; then count $((total - failed)) "$failed"; fi
    [ "${total:-0}" -gt 0 ] || return 1
    return $status
}

part_build() { make -s -j "$JOBS" WERROR=1 PG_CONFIG="$PG_CONFIG"; }
part_exports() { scripts/check_exports.sh; }
part_install() { as_root make -s WERROR=1 PG_CONFIG="$PG_CONFIG" install; }

# regress, isolation and tap are the server's test programs, run in a copy of the sources that the server
# user may write ($WORK/src).
save_results() {
    local to=$LOGS/$1
    rm -rf "$to"
    mkdir -p "$to"
    shift
    local file
    for file in "$@"; do if [ -e "$file" ]; then cp -r "$file" "$to/"; fi; done
    if is_root; then chown -R "$(id -u):$(id -g)" "$to"; fi
    echo "results and logs are kept in ${to#"$ROOT"/}"
}

# expect DIRECTORY TESTS...: the test programs give up at a missing expected file.
expect() {
    local directory=$1 file
    shift
    as_server_user mkdir -p "$directory"
    for file in "$@"; do
        file=$(basename "$file")
        compgen -G "$directory/${file%.*}*.out" >/dev/null || as_server_user touch "$directory/${file%.*}.out"
    done
}
accept() {
    if [ "${ACCEPT:-0}" = 1 ]; then
        mkdir -p "$ROOT/$2"
        cp "$1"/*.out "$ROOT/$2/"
        echo "accepted: $1/*.out is now $2"
    fi
}

part_regress() {
    cd "$WORK/src" || return 1
    rm -rf "$LOGS"/regress_schedule "$LOGS"/regress_schedule_engine
    expect expected sql/*.sql
    # Side by side, each on a server of its own: the files of one schedule share nothing with those of the other.
    local status=0 schedule
    local -A running
    for schedule in schedule schedule_engine; do
        as_server_user mkdir -p "output_$schedule"
        as_server_user make -s PG_CONFIG="$PG_CONFIG" ISOLATION= TAP_TESTS= REGRESS="--schedule=test/$schedule" \
            REGRESS_OUTPUT="output_$schedule" installcheck >"$LOGS/regress_$schedule.log" 2>&1 &
        running[$schedule]=$!
    done
    for schedule in "${!running[@]}"; do
        local good=0
        wait "${running[$schedule]}" || good=$?
        cat "$LOGS/regress_$schedule.log"
        if [ $good -ne 0 ]; then
            status=$good
            save_results "regress_$schedule" "output_$schedule"/{regression.diffs,results,log}
            cat "output_$schedule/regression.diffs"
            accept "output_$schedule/results" expected
        fi
    done
    count_regress
    return $status
}
# 15 says "test x ... ok", 16 and later "ok 1 - x".
count_regress() { count_lines '\.\.\. ok |^ok [0-9]+ ' '\.\.\. (FAILED|failed) |^not ok [0-9]+ '; }

part_isolation() {
    cd "$WORK/src" || return 1
    rm -rf "$LOGS"/isolation
    expect test/isolation/expected test/isolation/specs/*.spec
    local status=0
    as_server_user make -s PG_CONFIG="$PG_CONFIG" REGRESS= TAP_TESTS= installcheck || status=$?
    count_regress
    if [ $status -ne 0 ]; then
        save_results isolation output_iso tmp_isolation/log
        cat output_iso/regression.diffs
        accept output_iso/results test/isolation/expected
    fi
    return $status
}

part_tap() {
    cd "$WORK/src" || return 1
    local status=0 object
    # The test module has parts of what part_build has just built.
    for object in pg/guard core/error core/format; do
        if [ -e "$ROOT/src/$object.o" ]; then as_server_user sh -c 'cat >"$0"' "src/$object.o" <"$ROOT/src/$object.o"; fi
    done
    # Files of tests wait most of their time: two for each processor.
    as_server_user make -s PG_CONFIG="$PG_CONFIG" REGRESS= ISOLATION= PROVE_FLAGS="--timer -j $((2 * JOBS))" \
        ${TAP:+PROVE_TESTS="$TAP"} installcheck || status=$?
    save_results tap tmp_check/log
    local total failed broken
    total=$(sed -nE 's/^Files=[0-9]+, Tests=([0-9]+),.*/\1/p' "$LOG")
    failed=$(sed -nE 's/.*Failed ([0-9]+)\/[0-9]+ subtests.*/\1/p' "$LOG" | awk '{ n += $1 } END { print n + 0 }')
    # A file that died after tests that passed, or before any.
    broken=$(grep -cE '^ *(All [0-9]+ subtests passed|No subtests run)' "$LOG" || true)
    count $((${total:-0} - failed)) $((failed + broken))
    [ "${total:-0}" -gt 0 ] || return 1
    return $status
}

part_docs() {
    local status=0
    scripts/check_docs.sh || status=$?
    count_lines '^ok ' '^not ok '
    return $status
}

part_examples() {
    local status=0
    scripts/run_examples.sh || status=$?
    count_lines '^ok ' '^not ok '
    return $status
}

passed=0 failed=0 broken=''
declare -a summary
started_all=$SECONDS
COUNT=$(mktemp)
ON_EXIT+=("rm -f $COUNT")

# A server whose test program was interrupted.
stop_strays() {
    local file
    [ -n "$WORK" ] || return 0
    find "$WORK" -name postmaster.pid 2>/dev/null | while read -r file; do
        as_server_user pg_ctl -D "${file%/*}" -m immediate -w stop >/dev/null 2>&1
    done
}
ON_EXIT+=(stop_strays)

# In a subshell, so that a cd stays there.
run_part() {
    local part=$1 started=$SECONDS status=0 good bad
    LOG=$LOGS/$part.log
    : >"$COUNT"
    printf '%s== %s%s\n' "$BOLD" "$part" "$PLAIN"
    if [ -n "${VERBOSE:-}" ]; then
        (set +e; "part_$part") 2>&1 | tee "$LOG" || status=$?
    else
        (set +e; "part_$part") >"$LOG" 2>&1 || status=$?
    fi
    read -r good bad <"$COUNT" || true
    if [ -z "${good:-}" ]; then
        if [ $status -eq 0 ]; then good=1 bad=0; else good=0 bad=1; fi
    elif [ $status -ne 0 ] && [ "$bad" -eq 0 ]; then
        bad=1
    fi
    if [ "$bad" -gt 0 ] && [ $status -eq 0 ]; then status=1; fi
    passed=$((passed + good)) failed=$((failed + bad))
    local line
    line=$(printf '%-10s %4d passed %4d failed %5d s' "$part" "$good" "$bad" $((SECONDS - started)))
    summary+=("$line")
    if [ $status -ne 0 ]; then
        printf '%s%s%s\n' "$RED" "$line" "$PLAIN"
    else
        printf '%s%s%s\n' "$GREEN" "$line" "$PLAIN"
    fi
    return $status
}

for part in "${parts[@]}"; do
    case $part in
    packages | lint) ;;
    *)
        if [ -z "${PG_BIN:-}" ]; then find_postgres; fi
        ;;
    esac
    case $part in
    regress | isolation | tap)
        # Made here, not in the subshell of the part: the three share it.
        if [ -z "$WORK" ]; then
            make_work
            copy_sources "$WORK/src"
            if is_root; then chown -R postgres:postgres "$WORK/src"; fi
            cd "$ROOT"
        fi
        ;;
    esac
    case " $broken " in
    *' build '* | *' install '* | *' packages '*)
        case $part in
        exports | install | regress | isolation | tap | docs | examples)
            summary+=("$(printf '%-10s %4d passed %4d failed, not run after:%s' "$part" 0 1 "$broken")")
            failed=$((failed + 1))
            continue
            ;;
        esac
        ;;
    esac
    run_part "$part" || broken="$broken $part"
done

printf '%s== summary%s (%s, %d s)\n' "$BOLD" "$PLAIN" \
    "$(if [ -n "${PG_CONFIG:-}" ]; then "$PG_CONFIG" --version; else echo 'no server'; fi)" $((SECONDS - started_all))
printf '%s\n' "${summary[@]}"
for part in $broken; do show_failure "$part"; done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
