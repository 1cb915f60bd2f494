#!/bin/bash
# Checks that need no server. Each prints "ok NAME" or "not ok NAME" with what it found; the exit status
# tells. With names: only those. --fix-format formats the sources instead.
. "$(dirname "$0")/lib.sh"
cd "$ROOT"

CLANG_FORMAT=${CLANG_FORMAT:-clang-format-14}
CLANG_TIDY=${CLANG_TIDY:-clang-tidy-14}
CHECKS=(format tidy layers circles file_length base_names border catalog_sql banned whitespace schedule settings_order
    shell paths hints)

cpp_files() { find src test -name '*.cpp' -o -name '*.hpp' | sort; }
text_files() {
    if git -c safe.directory="$ROOT" rev-parse --git-dir >/dev/null 2>&1; then
        git -c safe.directory="$ROOT" ls-files --cached --others --exclude-standard | while read -r file; do
            if [ -f "$file" ]; then echo "$file"; fi
        done
    else
        find . -type f -not -path './.git/*' -not -path './build/*' -not -name '*.o' -not -name '*.so' -not -name '*.d' | cut -c 3-
    fi
}
# Comments of // and strings out of the way, so that words in them are no findings. Line numbers stay. All files at once:
# a process for each of them took longer than the checks.
CODE=build/code
strip_code() {
    rm -rf "$CODE"
    mkdir -p "$CODE"
    cpp_files | xargs cp --parents -t "$CODE"
    (cd "$CODE" && cpp_files | xargs sed -i -e 's/"\([^"\\]\|\\.\)*"/""/g' -e 's#//.*##')
}
# code_matches PATTERN FILE...   every match in code as file:line: text; true if there is none
code_matches() { ! (cd "$CODE" && grep -nHE "$@"); }
# cpp_files_but FILE...   all others
cpp_files_but() { cpp_files | grep -vxF "$(printf '%s\n' "$@")"; }

# Every hint in the sources is followed by a test or excused with a reason, and only those are.
check_hints() {
    local bad=0 text
    scripts/list_hints.pl | cut -f 2 | LC_ALL=C sort -u >build/hints || return 1
    # shellcheck disable=SC2016 # the marks of the tests
    grep -ohP '\$h\$\K.*?(?=\$h\$)' sql/hints.sql test/t/hints.pl | LC_ALL=C sort -u >build/hints_walked
    grep -vE '^(#|$)' test/hints_excused.txt | LC_ALL=C sort -u >build/hints_excused
    while IFS= read -r text; do
        echo "no test follows this hint, and test/hints_excused.txt has it not: $text"
        bad=1
    done < <(LC_ALL=C sort -u build/hints_walked build/hints_excused | LC_ALL=C comm -23 build/hints -)
    while IFS= read -r text; do
        echo "a test follows, or test/hints_excused.txt excuses, what is no hint of the sources: $text"
        bad=1
    done < <(LC_ALL=C sort -u build/hints_walked build/hints_excused | LC_ALL=C comm -13 build/hints -)
    while IFS= read -r text; do
        echo "a test follows this hint, so it needs no excuse in test/hints_excused.txt: $text"
        bad=1
    done < <(LC_ALL=C comm -12 build/hints_walked build/hints_excused)
    return $bad
}

check_format() {
    local files
    files=$(cpp_files | xargs -P "$(nproc)" -n 16 "$CLANG_FORMAT" --dry-run --Werror 2>&1 | sed -nE 's/^([^:]+):[0-9]+:[0-9]+: error: .*/\1/p' | sort -u)
    if [ -n "$files" ]; then
        sed 's/$/: not formatted; run make format/' <<<"$files"
        return 1
    fi
}

# Files of one folder are read by clang-tidy as one: nearly all of its time goes into the server's and the standard
# library's headers. What does not pass is done again by halves, down to each file alone, which decides: names that clash
# between files are no findings.
tidy() {
    if [ $# -eq 1 ]; then
        "$CLANG_TIDY" --quiet "$1" -- -D_GNU_SOURCE $LANGUAGE 2>/dev/null
        return
    fi
    local together=build/tidy/$BASHPID.cpp half=$(($# / 2)) status=0
    printf '#include "%s" // NOLINT(bugprone-suspicious-include)\n' "${@#src/}" >"$together"
    if "$CLANG_TIDY" --quiet "$together" -- -D_GNU_SOURCE $LANGUAGE >/dev/null 2>&1; then return; fi
    tidy "${@:1:half}" || status=1
    tidy "${@:half+1}" || status=1
    return $status
}
check_tidy() {
    export LANGUAGE CLANG_TIDY
    LANGUAGE=$(make -s print-language) || return 1
    export -f tidy
    rm -rf build/tidy
    mkdir -p build/tidy
    find src -name '*.cpp' -printf '%h %p\n' | sort | awk '
        { printf "%s%s", $1 == folder && count < 30 ? " " : (NR > 1 ? "\n" : ""), $2 }
        $1 != folder || count == 30 { folder = $1; count = 0 }
        { ++count }
        END { print "" }' | xargs -P "$(nproc)" -L 1 bash -c 'tidy "$@"' tidy
}

# Leaf functions, which may raise, are told by their namespace. A leaf file is one in which all stands in it.
is_leaf() { grep -qE '^namespace sluice::[a-z]+::leaf \{' "$1" && ! grep -E '^namespace sluice' "$1" | grep -qvE '::leaf \{$'; }

# Includes run one way. Each folder, or file, with what its files may include beside those of their own folder; a name with
# a slash at its end stands for the folders below it too. What is under a source's folder is known to the table of drivers
# alone.
declare -A LAYERS=(
    [core]=''
    [pg]='core'
    [catalog]='core pg'
    [engine/rows]='core pg catalog'
    [engine/wire]='core pg catalog engine/rows'
    [engine/transform]='core pg catalog engine/rows'
    [engine/target]='core pg catalog engine/rows engine/wire engine/transform'
    [engine/write]='core pg catalog engine/rows engine/wire engine/transform engine/target'
    [engine/source]='core pg catalog engine/rows engine/wire engine/transform'
    [engine/source/postgres]='core pg catalog engine/rows engine/wire engine/transform engine/source'
    [engine/source/mysql]='core pg catalog engine/rows engine/wire engine/transform engine/source'
    [engine/source/foreign]='core pg catalog engine/rows engine/wire engine/transform engine/source'
    [engine/source/drivers]='core pg catalog engine/rows engine/wire engine/transform engine/source/'
    [engine/parallel]='core pg catalog engine/rows engine/wire engine/transform engine/target engine/write engine/source
        engine/run_memory engine/run_progress'
    [engine/command]='core pg catalog'
    [engine/load]='core pg catalog engine/rows engine/wire engine/transform engine/target engine/write engine/source
        engine/parallel engine/run_memory engine/run_progress'
    [engine]='core pg catalog engine/rows engine/wire engine/transform engine/target engine/write engine/source
        engine/parallel engine/load engine/command'
    [worker]='core pg catalog engine/'
    [api]='core pg catalog engine/ worker'
    [module]='core pg catalog engine/ worker api'
)
check_layers() {
    local file target folder allowed pattern bad=0
    while read -r file target; do
        if [ ! -e "src/$target" ]; then
            # A server header: they come through pg/prelude.hpp; leaf functions may need a rare one more.
            case $file in
            core/*)
                echo "src/$file: core is pure C++ and must not include \"$target\""
                bad=1
                ;;
            pg/*) ;;
            *)
                if ! is_leaf "src/$file"; then
                    echo "src/$file: includes \"$target\"; server headers come through pg/prelude.hpp"
                    bad=1
                fi
                ;;
            esac
            continue
        fi
        folder=${file%.*}
        if [ -z "${LAYERS[$folder]+there}" ]; then folder=${file%/*}; fi
        allowed=${LAYERS[$folder]-}
        if [ -z "${LAYERS[$folder]+there}" ]; then
            echo "src/$file: in no layer"
            bad=1
            continue
        fi
        for pattern in ${file%/*} $allowed ''; do
            case $pattern in
            '')
                echo "src/$file: $folder must not include \"$target\""
                bad=1
                ;;
            */) case $target in "$pattern"*) break ;; esac ;;
            *) if [ "${target%/*}" = "$pattern" ] || [ "${target%.*}" = "$pattern" ]; then break; fi ;;
            esac
        done
    done < <(grep -roE '^ *# *include *"[^"]+"' src --include='*.cpp' --include='*.hpp' | sed -E 's#^src/([^:]*):.*"(.*)"#\1 \2#')
    return $bad
}

# A header and its source are one; tsort tells what includes itself by way of others.
check_circles() {
    grep -roE '^ *# *include *"[^"]+"' src --include='*.cpp' --include='*.hpp' | sed -E 's#^src/([^:]*)\.[a-z]+:.*"(.*)\.[a-z]+"#\1 \2#' |
        tsort 2>&1 >/dev/null | sed 's/^tsort: -: input contains a loop:/files that include each other in a circle:/; s/^tsort: /    /'
    [ "${PIPESTATUS[2]}" -eq 0 ]
}

check_file_length() {
    local bad=0 file lines
    for file in $(cpp_files) $(find src/sql -name '*.sql'); do
        lines=$(wc -l <"$file")
        if [ "$lines" -gt 600 ]; then
            echo "$file: $lines lines; split it (600 at most)"
            bad=1
        fi
    done
    return $bad
}

# PGXS keeps objects and dependencies by base name.
check_base_names() {
    local doubles
    doubles=$(find src -name '*.cpp' -printf '%f\n' | sort | uniq -d)
    if [ -n "$doubles" ]; then
        echo "several files of one name: $doubles"
        return 1
    fi
}

# The rules of the border between C++ and PostgreSQL.
check_border() {
    local bad=0
    strip_code
    code_matches 'PG_VERSION_NUM' $(cpp_files_but src/pg/compat.hpp src/pg/compat_bulk.hpp) || bad=1
    code_matches '\b(PG_TRY|PG_CATCH|PG_FINALLY|PG_END_TRY|sigsetjmp|siglongjmp|PG_exception_stack)\b' \
        $(cpp_files_but src/pg/guard.hpp src/pg/guard.cpp) || bad=1
    # An ereport in C++ code would jump over destructors: only leaf functions raise, in a namespace called leaf.
    (cd "$CODE" && awk '
        FNR == 1 { leaf = 0 }
        { gsub(/\047[{}]\047/, "") }
        /^namespace .*leaf( |$)/ { leaf = 1; depth = 0 }
        leaf { depth += gsub(/{/, "{") - gsub(/}/, "}"); if (depth == 0) leaf = 0 }
        !leaf && /(^|[^a-zA-Z_])(ereport|elog)\(ERROR|(^|[^a-zA-Z_])(ereport|elog)\((FATAL|PANIC)/ { print FILENAME ":" FNR ":" $0; found = 1 }
        END { exit found }' $(cpp_files | grep -vE '^(src/pg|test)/')) || bad=1
    return $bad
}

# Only the catalog knows the SQL of our own tables.
check_catalog_sql() {
    ! grep -rnE '"[^"]*\b(FROM|INTO|UPDATE|JOIN|TABLE)\b[^"]*\bpipeline_(definitions|identity|due|state|versions|runs|run_log|ended|sources|batch_nodes)\b' \
        src/core src/pg src/engine src/worker src/api src/module.cpp
}

check_banned() {
    local bad=0 file leaves=()
    strip_code
    code_matches '\busing namespace\b|\bstd::(cout|cerr|printf|thread|jthread|async|locale)\b|\bsetlocale\(|[^_a-z.>:](std::)?exit\(|<iostream>|<sstream>|<thread>' \
        $(cpp_files) || bad=1
    # The server replaces printf by macros: leaf functions may use its own, C++ code has fmt.
    for file in $(grep -lE '^namespace sluice::[a-z]+::leaf \{' $(cpp_files)); do if is_leaf "$file"; then leaves+=("$file"); fi; done
    code_matches '\b(s|sn|vs|vsn|f|p)?printf\(' $(cpp_files_but "${leaves[@]}" | grep -vE '^(src/pg|test/module)/') || bad=1
    # What lasts goes by core/steady_clock.hpp; here something is dated, or shown.
    code_matches '\b(GetCurrentTimestamp|TimestampDifference[A-Za-z]*|TimestampTzPlusMilliseconds|gettimeofday)\b|\bCLOCK_REALTIME\b|system_clock' \
        $(cpp_files_but src/catalog/statement.cpp src/pg/settings.cpp src/pg/compat.hpp src/engine/explain.cpp src/engine/parallel/parallel_part.cpp \
            src/engine/parallel/parallel_load.cpp src/worker/own_slot.cpp src/worker/slot_lookup.cpp src/worker/database_slots.cpp) || bad=1
    if grep -nHE '\b(TODO|FIXME|XXX|HACK)\b' $(cpp_files); then bad=1; fi
    return $bad
}

check_whitespace() {
    local bad=0 file files
    mapfile -t files < <(text_files | grep -vE '^(expected|test/isolation/expected|test/fuzz/corpus)/|\.(out|png|svg)$' |
        xargs -d '\n' grep -Il .)
    if printf '%s\n' "${files[@]}" | grep -v '\.md$' | xargs -d '\n' grep -nHE '[[:space:]]+$'; then bad=1; fi
    if grep -nHU $'\r' "${files[@]}"; then bad=1; fi
    for file in "${files[@]}"; do
        if [ -n "$(tail -c 1 "$file")" ]; then
            echo "$file: no newline at its end"
            bad=1
        fi
    done
    return $bad
}

# A test that no schedule names is never run, and one without its expected output cannot pass.
check_schedule() {
    local bad=0 test
    for test in $(find sql -name '*.sql' -exec basename {} .sql \; | sort); do
        if ! grep -qhE "^test:(.* )?$test( |\$)" test/schedule test/schedule_engine; then echo "no schedule names sql/$test.sql" && bad=1; fi
        if ! compgen -G "expected/$test*.out" >/dev/null; then echo "sql/$test.sql has no expected/$test.out" && bad=1; fi
    done
    for test in $(sed -n 's/^test: *//p' test/schedule test/schedule_engine); do
        if [ ! -e "sql/$test.sql" ]; then echo "a schedule names $test, but there is no sql/$test.sql" && bad=1; fi
    done
    for test in $(find test/isolation/specs -name '*.spec' -exec basename {} .spec \; | sort); do
        if ! grep -qE "^test:(.* )?$test( |\$)" test/isolation/schedule; then echo "specs/$test.spec is not in test/isolation/schedule" && bad=1; fi
    done
    return $bad
}

check_settings_order() {
    local names
    names=$(grep -ohE '"pg_sluice\.[a-z_]+"' src/pg/settings.cpp | awk '!seen[$0]++')
    diff <(echo "$names") <(echo "$names" | sort) >/dev/null || {
        echo "src/pg/settings.cpp: settings are not in alphabetical order:"
        echo "$names"
        return 1
    }
}

check_shell() {
    local bad=0 file
    for file in scripts/*.sh test/bench/*.sh .ci/run; do
        bash -n "$file" || bad=1
        if head -1 "$file" | grep -q "^#!" && [ ! -x "$file" ]; then
            echo "$file: not executable"
            bad=1
        fi
    done
    return $bad
}

# Nothing of the machine somebody happened to work on.
check_paths() {
    ! text_files | grep -v '^scripts/lint.sh$' | xargs -d '\n' grep -nIE '(^|[^a-zA-Z0-9_.$}])/(work|home/[a-z]+|root|mnt|Users)/' --
}

fix_format() { cpp_files | xargs -P "$(nproc)" -n 8 "$CLANG_FORMAT" -i; }

case ${1:-} in
--fix-format)
    fix_format
    exit
    ;;
'') set -- "${CHECKS[@]}" ;;
esac

failed=0
for check in "$@"; do
    case $check in
    format) command -v "$CLANG_FORMAT" >/dev/null || die "no $CLANG_FORMAT" "Run scripts/install-packages.sh." ;;
    tidy) command -v "$CLANG_TIDY" >/dev/null || die "no $CLANG_TIDY" "Run scripts/install-packages.sh." ;;
    esac
    started=$SECONDS
    if output=$("check_$check" 2>&1); then
        echo "ok $check ($((SECONDS - started)) s)"
    else
        echo "not ok $check ($((SECONDS - started)) s)"
        printf '%s\n' "$output" | sed 's/^/    /'
        failed=1
    fi
done
exit $failed
