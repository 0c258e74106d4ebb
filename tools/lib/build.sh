# Building, shared by tools/demo, tools/test and their kin. Sourced after setup.sh, with $root set.
#
#     build_release LOG [SWIFT BUILD ARGUMENTS]
#
# RELEASE holds the flags of every release build of the tools: the same everywhere, else each would build all anew. Tests look inside
# their targets (`@testable`), which a release build allows only with -enable-testing. Line numbers for a debugger would cost a seventh of
# the build and half of the program's size; names of functions stay, and a debug build has the lines.
#
# Builds in release mode. The build's own words go to the file LOG; stderr gets a line now and then, or one line that counts
# where it is a terminal, so that nobody thinks a first build of some minutes hangs. On failure the errors are shown; exit 1.
#
#     use_binary ARGUMENTS OF THE TOOL
#
# Takes `--binary PATH` out of them as INKWIRE_BINARY, which names the executable to run instead of the release build of this checkout.
RELEASE=(-c release -Xswiftc -enable-testing -debug-info-format none)

build_release() {
    local log="$1" started=$SECONDS next=5 builder said=""
    shift
    mkdir -p "$(dirname "$log")"
    swift build --package-path "$root" "${RELEASE[@]}" "$@" >"$log" 2>&1 </dev/null &
    builder=$!
    # shellcheck disable=SC2064  # the id is meant as it is now
    trap "kill $builder 2>/dev/null; exit 130" INT TERM HUP
    while kill -0 "$builder" 2>/dev/null; do
        sleep 0.2
        if [ $((SECONDS - started)) -ge "$next" ]; then
            said=yes
            if [ -t 2 ]; then
                printf '\r\033[Kinkwire: building, %d s  %.60s' $((SECONDS - started)) "$(tail -n 1 "$log" | tr -d '\r')" >&2
                next=$((SECONDS - started + 1))
            else
                say "inkwire: building, $((SECONDS - started)) s"
                next=$((SECONDS - started + 30))
            fi
        fi
    done
    trap - INT TERM HUP
    if [ -n "$said" ] && [ -t 2 ]; then printf '\r\033[K' >&2; fi
    if ! wait "$builder"; then
        say "inkwire: the build failed. Its errors:"
        grep -E 'error:' "$log" >&2 || tail -n 30 "$log" >&2
        say "  The whole log is in $log"
        exit 1
    fi
    if [ -n "$said" ]; then say "inkwire: built in $((SECONDS - started)) s"; fi
}

use_binary() {
    while [ $# -gt 0 ]; do
        case "$1" in
            --binary) INKWIRE_BINARY="${2:-}" ;;
            --binary=*) INKWIRE_BINARY="${1#--binary=}" ;;
        esac
        shift
    done
    [ -n "${INKWIRE_BINARY:-}" ] || return 0
    if [ ! -x "$INKWIRE_BINARY" ]; then
        say "inkwire: $INKWIRE_BINARY is no program that can be run."
        say "  --binary and INKWIRE_BINARY name an inkwire to run instead of the one built here."
        say "  Name another, or none."
        exit 2
    fi
    INKWIRE_BINARY="$(cd "$(dirname "$INKWIRE_BINARY")" && pwd)/$(basename "$INKWIRE_BINARY")"
    export INKWIRE_BINARY
}
