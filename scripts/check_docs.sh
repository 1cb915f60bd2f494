#!/bin/bash
# Every function, relation, setting and option that the installed extension has is in doc/*.md, README.md or
# ARCHITECTURE.md, and every setting that they speak of exists: asks a throw-away server, not the sources. Every rule and
# decision that is cited by its number is in doc/decisions, and every link leads to something.
. "$(dirname "$0")/lib.sh"
. "$ROOT/scripts/servers.sh"
find_postgres
make_work

start_postgres server "shared_preload_libraries = 'pg_sluice'" 'fsync = off'
on server postgres -c 'CREATE EXTENSION pg_sluice'

ask() { on server postgres -At -c "$1"; }
docs=$(cat "$ROOT"/doc/*.md "$ROOT/README.md" "$ROOT/ARCHITECTURE.md")
status=0

# Kind and number of all that is cited: "rule 18", "rule B7", "promise 7", "decision 66". A citation may go over the end
# of a line.
citations() {
    cd "$ROOT" || exit 1
    find src test scripts sql doc ./*.md -type f \( -name '*.[chp]pp' -o -name '*.sql' -o -name '*.sh' -o -name '*.p[lm]' -o -name '*.spec' -o -name '*.md' \) \
        ! -path doc/decisions/rules.md -exec sed -E 's,^[[:space:]]*(//|#|--),,' {} + | tr '\n' ' ' | tr -s ' ' |
        grep -oiE '\b(rule|promise|decision)s? B?[0-9]+((,| and| to) B?[0-9]+)*' |
        while read -r kind numbers; do
            for number in $(grep -oE 'B?[0-9]+' <<<"$numbers"); do echo "${kind,,} $number"; done
        done | sed 's/s / /' | sort -u
}
check_citations() {
    local kind number pattern missing='' count=0
    while read -r kind number; do
        case $kind-$number in
        rule-B*) pattern="^\\*\\*$number\\." ;;
        decision-*) pattern="^\\*\\*([0-9]+\\., )?$number\\." ;;
        *) pattern="^\\*\\*${kind^} $number\\." ;;
        esac
        count=$((count + 1))
        grep -qE "$pattern" "$ROOT"/doc/decisions/*.md || missing="$missing, $kind $number"
    done < <(citations)
    if [ -n "$missing" ] || [ $count -eq 0 ]; then
        echo "not ok citations: not in doc/decisions: ${missing#, }"
        status=1
    else
        echo "ok citations ($count numbers)"
    fi
}
check_citations

# Files that links name; within a page, its headings.
check_links() {
    local file target heading missing='' count=0
    for file in "$ROOT"/*.md "$ROOT"/doc/*.md "$ROOT"/doc/decisions/*.md "$ROOT"/src/*/*.md "$ROOT"/test/*.md; do
        [ -e "$file" ] || continue
        while IFS='#' read -r target heading; do
            count=$((count + 1))
            [ -n "$target" ] && target=$(dirname "$file")/$target || target=$file
            if [ ! -e "$target" ]; then
                missing="$missing, ${file#"$ROOT"/} to ${target#"$ROOT"/}"
            elif [ -n "$heading" ] && ! sed -n 's/^##* //p' "$target" | tr 'A-Z ' 'a-z-' | tr -cd 'a-z0-9_\n-' | grep -qxF "$heading"; then
                missing="$missing, ${file#"$ROOT"/} to #$heading"
            fi
        done < <(grep -oE '\]\([^) ]+\)' "$file" | sed -E 's/^..(.*)\)$/\1/' | grep -vE '^[a-z]+:')
    done
    if [ -n "$missing" ]; then
        echo "not ok links: ${missing#, }"
        status=1
    else
        echo "ok links ($count)"
    fi
}
check_links

# compare WHAT NAME...
compare() {
    local what=$1 name missing=''
    shift
    for name in "$@"; do
        grep -qE "(^|[^a-zA-Z0-9_.])${name//./\\.}([^a-zA-Z0-9_]|\$)" <<<"$docs" || missing="$missing $name"
    done
    if [ -n "$missing" ]; then
        echo "not ok $what: not in the documents:$missing"
        status=1
    else
        echo "ok $what ($# names)"
    fi
}
members="SELECT objid FROM pg_depend WHERE deptype = 'e' AND refclassid = 'pg_extension'::regclass
    AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'pg_sluice')"
# All but what its comment calls internal, or says to read through a view.
hidden='^internal|read it through the view'
mapfile -t names < <(ask "SELECT DISTINCT proname FROM pg_proc WHERE oid IN ($members AND classid = 'pg_proc'::regclass)
    AND coalesce(obj_description(oid, 'pg_proc'), '') !~ '$hidden' ORDER BY 1")
compare functions "${names[@]}"
mapfile -t names < <(ask "SELECT relname FROM pg_class WHERE oid IN ($members AND classid = 'pg_class'::regclass) AND relkind IN ('r', 'v')
    AND coalesce(obj_description(oid, 'pg_class'), '') !~ '$hidden' ORDER BY 1")
compare relations "${names[@]}"
mapfile -t names < <(ask "SELECT name FROM pg_settings WHERE name LIKE 'pg\_sluice.%' ORDER BY 1")
settings=("${names[@]}")
compare settings "${names[@]}"
mapfile -t names < <(ask "SELECT key FROM pipeline_options ORDER BY 1")
compare options "${names[@]}"

# Comments: \d and \df tell what each thing is for.
uncommented=$(ask "SELECT string_agg(pg_describe_object(classid, objid, 0), ', ') FROM pg_depend
    WHERE deptype = 'e' AND refclassid = 'pg_extension'::regclass AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'pg_sluice')
    AND classid IN ('pg_proc'::regclass, 'pg_class'::regclass) AND obj_description(objid, classid::regclass::name) IS NULL
    AND NOT EXISTS (SELECT FROM pg_class WHERE oid = objid AND relkind IN ('i', 'S', 't', 'c'))")
if [ -n "$uncommented" ]; then
    echo "not ok comments: without COMMENT: $uncommented"
    status=1
else
    echo "ok comments"
fi

# What each column of the two views that people read most is.
uncommented=$(ask "SELECT string_agg(format('%s.%s', c.relname, a.attname), ', ' ORDER BY c.relname, a.attnum)
    FROM unnest('{pipelines,pipeline_runs}'::regclass[]) v (oid) JOIN pg_class c ON c.oid = v.oid JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE a.attnum > 0 AND NOT a.attisdropped AND col_description(c.oid, a.attnum) IS NULL")
if [ -n "$uncommented" ]; then
    echo "not ok column comments: without COMMENT: $uncommented"
    status=1
else
    echo "ok column comments"
fi

unknown=''
for name in $(grep -ohE '\bpg_sluice\.[a-z_]+' <<<"$docs" | sort -u); do
    case " ${settings[*]} pg_sluice.so pg_sluice.control pg_sluice.git " in
    *" $name "*) ;;
    *) unknown="$unknown $name" ;;
    esac
done
if [ -n "$unknown" ]; then
    echo "not ok reverse: the documents name settings that do not exist:$unknown"
    status=1
else
    echo "ok reverse"
fi
exit $status
