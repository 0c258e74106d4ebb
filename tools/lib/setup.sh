# Set-up shared by tools/demo, tools/test and their kin. Sourced, never run:
#
#     . "$root/tools/lib/setup.sh"
#     setup build          what a build needs: Swift, libsodium, SQLite, pkg-config
#     setup build demo     and what the demo uses: Python
#     setup build terminal and what the demo in a terminal uses: tmux
#     setup build tests    and what the tests use: Python with pyte and cryptography, tmux, tcpdump, ip, ps, a C compiler;
#                          with fusepy where file systems can be mounted
#     setup build ssh      and what reaches a board from afar: an ssh daemon and client, mosh, setpriv
#     setup build natlab   and what makes networks with routers: nft, ip, nsenter, a C compiler (Linux)
#     setup build pictures and what draws pictures: the programs of librsvg and libsixel
#     setup build comparing and what compares pictures: Python with Pillow and numpy
#     setup build shells   and what reads manuals and completes: man, groff, zsh, fish
#     setup docs           what makes pages of the documentation: Python with Markdown
#     setup build web      and what stands before a rendezvous: nginx, curl
#     setup build trace    and what counts system calls: strace (Linux)
#     setup build package  and what makes packages: Python, git, dpkg-shlibdeps, the libraries as archives (Debian)
#     setup package-check  what looks at packages: lintian, debootstrap (Debian)
#
# Silent and quick when nothing is missing. On Debian or Ubuntu with root it installs what is missing by apt-get;
# elsewhere it prints the one line that does so and exits 8 (a local condition that the reader can mend).
# Leaves $PYTHON: a Python 3 that has what was asked for.

swift_wanted=6.2

say() { printf '%s\n' "$*" >&2; }

setup() {
    setup_missing=""
    local group
    for group in "$@"; do "setup_look_for_$group"; done
    if [ -n "$setup_missing" ]; then
        setup_install
        setup_missing=""
        for group in "$@"; do "setup_look_for_$group"; done
        if [ -n "$setup_missing" ]; then
            say "inkwire: still missing after the installation:$setup_missing."
            say "  The packages were installed, but what they should bring cannot be found."
            say "  Look at the messages above, then run this command again."
            exit 8
        fi
    fi
    case " $* " in *" build "*) setup_check_swift ;; esac
}

# Notes that the thing called $1 (its name in setup_package) is not there.
lacks() { case " $setup_missing " in *" $1 "*) ;; *) setup_missing="$setup_missing $1" ;; esac; }
has() { command -v "$1" >/dev/null 2>&1; }

setup_look_for_build() {
    if has pkg-config; then
        pkg-config --exists libsodium || lacks libsodium
        pkg-config --exists sqlite3 || lacks sqlite
    else
        # Without pkg-config nobody can say whether the libraries are there; installing them again does no harm.
        lacks pkg-config
        lacks libsodium
        lacks sqlite
    fi
}

setup_look_for_demo() {
    setup_find_python "import sys; sys.exit(sys.version_info < (3, 9))" || lacks python
}

setup_look_for_terminal() {
    has tmux || lacks tmux
}

has_fuse() {
    "$1" -c "import sys, importlib.util as u; sys.exit(not (u.find_spec('fusepy') or u.find_spec('fuse')))" 2>/dev/null
}

setup_look_for_tests() {
    setup_find_python "import sys, pyte, sqlite3, cryptography; sys.exit(sys.version_info < (3, 9))" || { lacks python; lacks pyte; lacks cryptography; }
    # Where a file system of one's own can be mounted, tests do so.
    if [ "$(id -u)" = 0 ] && [ -c /dev/fuse ]; then
        # A package of the system is for the system's own Python.
        has_fuse "${PYTHON:-python3}" || has_fuse /usr/bin/python3 || lacks fusepy
    fi
    has tmux || lacks tmux
    has tcpdump || lacks tcpdump
    has openssl || lacks openssl
    has ps || lacks ps
    has patch || lacks patch
    if [ "$(uname)" = Linux ]; then has ip || lacks ip; fi
    has zbarimg || lacks zbarimg
    # Not through a pipe: who looks goes when he has found it, and who lists to nobody ends as one that failed.
    if [ "$(uname)" = Linux ]; then [[ "$(PATH="$PATH:/sbin:/usr/sbin" ldconfig -p)" == *libqrencode.so.4* ]] || lacks libqrencode; fi
    has clang || has cc || lacks clang
}

# The daemon is none of those that run by themselves: whoever tests starts one with a configuration and a port of its own.
setup_look_for_ssh() {
    has ssh || lacks ssh
    PATH="$PATH:/usr/sbin:/sbin" has sshd || lacks sshd
    has mosh-server || lacks mosh
    if [ "$(uname)" = Linux ]; then has setpriv || lacks setpriv; fi
}

setup_look_for_natlab() {
    if [ "$(uname)" != Linux ]; then return; fi
    has nft || lacks nft
    has ip || lacks ip
    has nsenter || lacks nsenter
    has clang || has cc || lacks clang
}

setup_look_for_pictures() {
    has rsvg-convert || lacks rsvg-convert
    has img2sixel || lacks img2sixel
}

setup_look_for_shells() {
    has man || lacks man
    has groff || lacks groff
    # What man shows a page by.
    has less || lacks less
    has zsh || lacks zsh
    has fish || lacks fish
}

setup_look_for_docs() {
    setup_find_python "import sys, markdown; sys.exit(sys.version_info < (3, 9))" || { lacks python; lacks markdown; }
}

# Whoever tests starts an nginx of its own, as with the daemon of ssh.
setup_look_for_web() {
    PATH="$PATH:/usr/sbin:/sbin" has nginx || lacks nginx
    has curl || lacks curl
}

setup_look_for_comparing() {
    setup_find_python "import sys, PIL, numpy; sys.exit(sys.version_info < (3, 9))" || { lacks python; lacks pillow; lacks numpy; }
}

setup_look_for_trace() {
    if [ "$(uname)" = Linux ]; then has strace || lacks strace; fi
}

setup_look_for_package() {
    setup_find_python "import sys; sys.exit(sys.version_info < (3, 9))" || lacks python
    has git || lacks git
    has dpkg-shlibdeps || lacks dpkg-shlibdeps
    has strip || lacks strip
    has xz || lacks xz
}

setup_look_for_package-check() {
    setup_find_python "import sys; sys.exit(sys.version_info < (3, 9))" || lacks python
    has lintian || lacks lintian
    PATH="$PATH:/usr/sbin:/sbin" has debootstrap || lacks debootstrap
}

# Leaves in $PYTHON the first Python 3 for which the test in $1 succeeds. A pyenv or conda Python may come first on the
# path and lack what the system's own package brought, so the system's is asked too.
setup_find_python() {
    local candidate
    for candidate in "${PYTHON:-python3}" python3 /usr/bin/python3; do
        if has "$candidate" && "$candidate" -c "$1" >/dev/null 2>&1; then
            PYTHON="$candidate"
            export PYTHON
            return 0
        fi
    done
    return 1
}

# The package that brings $2 under the package manager $1.
setup_package() {
    case "$1:$2" in
        apt:libsodium) echo libsodium-dev ;;
        apt:sqlite) echo libsqlite3-dev ;;
        apt:python) echo python3 ;;
        apt:pyte) echo python3-pyte ;;
        apt:cryptography) echo python3-cryptography ;;
        apt:markdown) echo python3-markdown ;;
        apt:fusepy | dnf:fusepy) echo python3-fusepy ;;
        apt:nginx) echo nginx-light ;;
        apt:pillow) echo python3-pil ;;
        apt:numpy) echo python3-numpy ;;
        apt:ip) echo iproute2 ;;
        apt:ps) echo procps ;;
        apt:nft) echo nftables ;;
        apt:nsenter | apt:setpriv) echo util-linux ;;
        apt:rsvg-convert) echo librsvg2-bin ;;
        apt:img2sixel) echo libsixel-bin ;;
        apt:zbarimg) echo zbar-tools ;;
        apt:libqrencode) echo libqrencode4 ;;
        apt:man) echo man-db ;;
        apt:groff) echo groff-base ;;
        apt:ssh) echo openssh-client ;;
        apt:sshd) echo openssh-server ;;
        apt:dpkg-shlibdeps) echo dpkg-dev ;;
        apt:strip) echo binutils ;;
        apt:xz) echo xz-utils ;;
        dnf:libsodium) echo libsodium-devel ;;
        dnf:sqlite) echo sqlite-devel ;;
        dnf:pkg-config) echo pkgconf-pkg-config ;;
        dnf:python) echo python3 ;;
        dnf:pyte) echo python3-pyte ;;
        dnf:zbarimg) echo zbar ;;
        dnf:libqrencode) echo qrencode-libs ;;
        dnf:cryptography) echo python3-cryptography ;;
        dnf:markdown) echo python3-markdown ;;
        dnf:pillow) echo python3-pillow ;;
        dnf:numpy) echo python3-numpy ;;
        dnf:ip) echo iproute ;;
        dnf:ps) echo procps-ng ;;
        dnf:nft) echo nftables ;;
        dnf:nsenter | dnf:setpriv) echo util-linux ;;
        dnf:rsvg-convert) echo librsvg2-tools ;;
        dnf:img2sixel) echo libsixel-utils ;;
        dnf:ssh) echo openssh-clients ;;
        dnf:sshd) echo openssh-server ;;
        *) echo "$2" ;;
    esac
}

setup_packages() {
    local thing list=""
    for thing in $setup_missing; do list="$list $(setup_package "$1" "$thing")"; done
    echo "${list# }"
}

setup_install() {
    local packages
    if ! has apt-get; then
        say "inkwire: missing on this machine:$setup_missing."
        if has dnf; then
            say "  They come with: sudo dnf install $(setup_packages dnf)"
        elif has brew; then
            say "  They come with: brew install $(setup_packages brew)"
        else
            say "  On Debian or Ubuntu they are called: $(setup_packages apt)"
        fi
        say "  Install them, then run this command again."
        exit 8
    fi
    packages="$(setup_packages apt)"
    if [ "$(id -u)" != 0 ]; then
        say "inkwire: missing on this machine:$setup_missing. Installing them needs root. Run this line, then this command again:"
        say "  sudo apt-get update && sudo apt-get install -y $packages"
        exit 8
    fi
    say "inkwire: installing $packages"
    # The package lists of a fresh machine may be absent or old: fetch them only when the first try fails.
    # shellcheck disable=SC2086  # the packages are separate words
    if ! setup_apt_get install -y --no-install-recommends $packages >/dev/null 2>&1; then
        if ! { setup_apt_get update -q && setup_apt_get install -y --no-install-recommends $packages; } >&2; then
            say "inkwire: apt-get could not install: $packages"
            say "  Its own messages stand above."
            say "  Mend that, or install the packages by hand; then run this command again."
            exit 8
        fi
    fi
}

setup_apt_get() {
    local policy=/usr/sbin/policy-rc.d status=0 is_ours=""
    # A daemon that a package brings is not to run by itself.
    if [ ! -e "$policy" ]; then
        is_ours=yes
        printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod 755 "$policy"
    fi
    DEBIAN_FRONTEND=noninteractive apt-get "$@" </dev/null || status=$?
    if [ -n "$is_ours" ]; then rm -f "$policy"; fi
    return "$status"
}

setup_check_swift() {
    local version
    if ! has swift; then
        say "inkwire: Swift is not installed (no \`swift\` on the PATH)."
        say "  Inkwire is written in Swift and needs $swift_wanted or newer to build."
        say "  Install it as https://www.swift.org/install says, then run this command again."
        exit 8
    fi
    version="$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9][0-9]*\.[0-9][0-9]*\).*/\1/p' | head -n 1)"
    if [ "$(printf '%s\n%s\n' "$swift_wanted" "${version:-0}" | sort -V | head -n 1)" != "$swift_wanted" ]; then
        say "inkwire: Swift ${version:-of unknown version} is too old; $swift_wanted or newer is needed."
        say "  The package uses language features that came with $swift_wanted."
        say "  Install a newer one as https://www.swift.org/install says, then run this command again."
        exit 8
    fi
}
