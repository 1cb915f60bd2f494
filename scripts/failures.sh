# What of a failed part's output is worth reading first. Sourced by test.sh; each show_PART reads $LOG and what the part
# left in $LOGS, and prints nothing when it finds nothing that it knows.

# first_hunks FILE...   of each test in a regression.diffs: its name and where its output first differs
first_hunks() {
    awk '
        /^diff / { test = $NF; sub(/.*\//, "", test); sub(/\.out$/, "", test); hunks = 0; lines = 0; next }
        /^(---|\+\+\+) / && hunks == 0 { next }
        /^@@ / && ++hunks == 1 { print test ", first difference:" }
        hunks == 1 && ++lines <= 30 { print "    " $0 }
        hunks == 1 && lines == 31 { print "    ..." }' "$@"
}

show_regress() {
    local schedule
    for schedule in schedule schedule_engine; do
        [ -e "$LOGS/regress_$schedule/regression.diffs" ] || continue
        first_hunks "$LOGS/regress_$schedule/regression.diffs"
        echo "all differences: build/logs/regress_$schedule/regression.diffs"
    done
}

show_isolation() {
    local diffs=isolation/output_iso/regression.diffs
    [ -e "$LOGS/$diffs" ] || return 0
    first_hunks "$LOGS/$diffs"
    echo "all differences: build/logs/$diffs"
}

# prove names the files that failed; each has a log of its own, in which got and expected stand after the assertion. One that
# died said why before its servers were stopped.
show_tap() {
    local name log
    for name in $(sed -nE 's/^(test\/[^ ]*\/)?([^ /]+)\.pl +\(Wstat: .*/\2/p' "$LOG"); do
        log=$LOGS/tap/log/regress_log_$name
        [ -e "$log" ] || continue
        echo "$name.pl:"
        awk '
            { sub(/^\[[0-9:.]+\](\([0-9.]+s\))? /, "") }
            /^$|^### Stopping|^# Running: pg_ctl|^waiting for server|^server stopped|^# No postmaster|^# Looks like|^# Tests were run/ { next }
            /^not ok / && !/# TODO/ && ++failed <= 5 { print "    " $0; reason = 1; lines = 0; next }
            reason && /^#/ && ++lines <= 20 { print "    " $0; next }
            { reason = 0; last[++count % 5] = $0 }
            END { if (!failed) for (i = count - 4; i <= count; ++i) if (i > 0) print "    " last[i % 5] }' "$log"
        echo "all of it: build/logs/tap/log/regress_log_$name, and what its servers wrote beside it"
    done
}

# Compilers, GoogleTest and sanitizers each say where.
show_unit() {
    awk '
        /: (fatal )?error: |: Failure$|: runtime error: |ERROR: AddressSanitizer|^make.*\*\*\*|undefined reference/ { lines = 8; if (++found > 10) exit }
        /^\[ +(FAILED|OK) / { lines = 0 }
        lines-- > 0 { print "    " $0 }
        /^The following tests FAILED:/ { lines = 11 }' "$LOG"
}
show_build() { show_unit; }
show_install() { show_unit; }

show_checks() {
    awk '/^not ok / { print; lines = 20; next } /^    / && lines-- > 0 { print; next } { lines = 0 }' "$LOG"
}
show_lint() { show_checks; }
show_docs() { show_checks; }
show_examples() { show_checks; }

# show_failure PART
show_failure() {
    local LOG=$LOGS/$1.log lines=''
    if [ "$(type -t "show_$1")" = function ]; then lines=$("show_$1") || true; fi
    if [ -z "$lines" ]; then lines=$(tail -n 40 "$LOG"); fi
    printf '%s== failed: %s%s (all of its output: %s)\n' "$RED" "$1" "$PLAIN" "build/logs/$1.log"
    printf '%s\n' "$lines"
}
