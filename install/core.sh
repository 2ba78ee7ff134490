# shellcheck shell=sh
# What try.sh, check.sh and install.sh share; they set $here (the checkout) and $venv (the environment) first.

log=

# A new file of this run's own: through one that lies there already, somebody else's link could empty a file of ours.
open_log() {
    for try in 1 2 3 4 5 6 7 8 9; do
        log=${TMPDIR:-/tmp}/dawscribe-install-$(id -u)-$$-$try.log
        (umask 077 && set -C && true >"$log") 2>/dev/null && return
    done
    fail "No log can be written in ${TMPDIR:-/tmp}; set TMPDIR to a folder of yours."
}

# What the log has to say is said when all went well.
close_log() { rm -f "$log"; }

say() { printf '%s\n' "$*" >&2; }

fail() {
    say "dawscribe: $*"
    exit 1
}

# Runs a command quietly; what it prints is kept in $log.
quietly() { "$@" >>"$log" 2>&1 </dev/null; }

# A Python of a version that is supported and that can make environments.
is_fit() {
    command -v "$1" >/dev/null 2>&1 &&
        "$1" -c "import ensurepip, sys, venv; sys.exit(not $2)" >/dev/null 2>&1
}

# The Python that DAWSCRIBE_PYTHON names, else one of the usual names. 3.13 comes last: python-rtmidi has no wheel for
# it and must be built there.
find_python() {
    if [ -n "${DAWSCRIBE_PYTHON:-}" ]; then
        set -- "$DAWSCRIBE_PYTHON"
    else
        set -- python3 python3.12 python3.11 python3.10 python3.13
    fi
    older='(3, 10) <= sys.version_info < (3, 13)'
    newer='(3, 13) <= sys.version_info < (3, 14)'
    for wanted in "$older" "$newer"; do
        for candidate; do
            is_fit "$candidate" "$wanted" && printf '%s' "$candidate" && return
        done
    done
    case $(uname) in
        Darwin) how="brew install python@3.12" ;;
        *) how="sudo apt install python3 python3-venv, or your system's like" ;;
    esac
    fail "No Python 3.10 to 3.13 that can make environments was found; install one ($how) and run this again."
}

# Whether there is nothing at $1, or an empty folder.
is_free() {
    [ -e "$1" ] || [ -L "$1" ] || return 0
    [ -d "$1" ] && [ ! -L "$1" ] || return 1
    for entry in "$1"/* "$1"/.[!.]* "$1"/..?*; do
        if [ -e "$entry" ] || [ -L "$entry" ]; then return 1; fi
    done
}

# Whether the folder $1 is a Python environment, so that it may be cleared.
is_environment() { [ -d "$1" ] && { [ -f "$1/pyvenv.cfg" ] || [ -x "$1/bin/dawscribe" ]; }; }

# Whether the folder $1 is a copy of dawscribe, so that it may be replaced.
is_copy() {
    [ -d "$1/bridge" ] && [ -f "$1/pyproject.toml" ] || return 1
    case $(cat "$1/pyproject.toml") in *'name = "dawscribe"'*) ;; *) return 1 ;; esac
}

make_environment() {
    [ -x "$venv/bin/python" ] && "$venv/bin/python" -c pass 2>/dev/null && return
    # It is cleared below: never a folder of the user's.
    is_free "$venv" || is_environment "$venv" ||
        fail "$venv holds something else than a Python environment; name an empty or a new folder in DAWSCRIBE_VENV."
    python=$(find_python) || exit 1
    say "Making the environment $venv with $("$python" --version) ..."
    quietly "$python" -m venv --clear "$venv" ||
        fail "The environment $venv could not be made; see $log, or name another folder in DAWSCRIBE_VENV."
}

# Installs a list of pinned packages; nothing is done where the same list is already in.
install_list() {
    list=$1
    done_list=$venv/$(basename "$list").done
    cmp -s "$list" "$done_list" && return
    quietly "$venv/bin/python" -m pip install --disable-pip-version-check --no-deps --require-hashes -r "$list" ||
        fail "The packages of $(basename "$list") could not be installed; check the internet connection, or see $log."
    cp "$list" "$done_list"
}

# Installs dawscribe from the folder $1, so that it runs the files there; done again only when its needs changed.
install_core() {
    say "Installing the core ..."
    install_list "$here/install/requirements.txt"
    cmp -s "$1/pyproject.toml" "$venv/pyproject.toml.done" && return
    quietly "$venv/bin/python" -m pip install --no-deps --no-build-isolation --editable "$1" ||
        fail "dawscribe itself could not be installed; check the internet connection, or see $log."
    "$venv/bin/python" -c "import rtmidi" 2>/dev/null ||
        quietly "$venv/bin/python" -m pip install --no-deps --require-hashes -r "$here/install/requirements-rtmidi.txt" ||
        say "MIDI commands are off, since python-rtmidi has no package for this Python and could not be built;" \
            "everything else works."
    cp "$1/pyproject.toml" "$venv/pyproject.toml.done"
}

fetch_models() {
    say "Looking for the models (175 MB, once) ..."
    # What goes wrong it says itself.
    "$venv/bin/dawscribe" models fetch "$@" >>"$log" || exit 2
}
