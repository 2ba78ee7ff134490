#!/bin/sh
# Installs dawscribe for the user who runs this, on Linux or macOS:  sh install/install.sh [--uninstall]
# Program and environment go to ~/.dawscribe (or $DAWSCRIBE_HOME), the command to ~/.local/bin; the folder that this
# script came in may be deleted afterwards. --uninstall keeps models, settings and finished jobs.
set -eu
# The home holds the user's sounds: it is the user's alone.
umask 077
here=$(cd "$(dirname "$0")/.." && pwd)
home=${DAWSCRIBE_HOME:-$HOME/.dawscribe}
venv=$home/env
app=$home/app
program=$venv/bin/dawscribe
command=$HOME/.local/bin/dawscribe
. "$here/install/core.sh"

# Whether there is an installation that works.
is_installed() { [ -x "$program" ] && quietly "$program" --version; }

# Takes out again what "dawscribe setup $1" has put in.
take_out() {
    words=$("$program" setup "$1" --uninstall 2>&1 </dev/null) && return
    case $words in
        # Said before anything is gone: once the DAW is closed, the same call takes out all of it.
        *" is running "*) fail "${words#dawscribe: }" ;;
        # There is no such DAW here.
        *" found; start "*) ;;
        *) say "$words" ;;
    esac
}

uninstall() {
    kept=
    if is_installed; then
        for target in reaper ardour service; do take_out "$target"; done
        quietly "$program" stop || say "The daemon did not stop; end its process, or log out."
    fi
    # Nothing goes that this script has not put there; the command only while it leads to this program.
    if [ "$command" -ef "$program" ] || { [ -L "$command" ] && [ ! -e "$command" ]; }; then rm -f "$command"; fi
    if is_environment "$venv"; then rm -rf "$venv"; elif ! is_free "$venv"; then kept="$venv"; fi
    if is_copy "$app"; then rm -rf "$app"; elif ! is_free "$app"; then kept="${kept:+$kept and }$app"; fi
    [ -z "$kept" ] || fail "$kept is not of dawscribe's making and stays; is $home really its home?"
    close_log
    say "dawscribe is removed; models, settings and jobs are still in $home."
}

# A daemon that ran on would start its next worker from files of another version.
stop_daemon() {
    is_installed && quietly "$program" status || return 0
    say "Stopping the daemon for as long as this takes ..."
    was_running=yes
    quietly "$program" stop || true
}

open_log
if [ "${1:-}" = --uninstall ]; then
    uninstall
    exit 0
fi

was_running=
stop_daemon
mkdir -p "$app" "$(dirname "$command")" || fail "The folder $app cannot be made; check the permissions of $home."
is_free "$app" || is_copy "$app" || [ ! -e "$app/bridge" ] ||
    fail "$app holds something else than dawscribe; set DAWSCRIBE_HOME to a folder of its own."
# Run from the installed copy it repairs the rest: what would be copied is what would be removed for it.
if [ "$(cd "$here" && pwd -P)" != "$(cd "$app" && pwd -P)" ]; then
    for part in bridge daw_scripts install pyproject.toml README.md LICENSE; do
        rm -rf "${app:?}/$part"
        cp -R "$here/$part" "$app/" || fail "$part could not be copied to $app; check the free space there."
    done
fi
make_environment
install_core "$app"
fetch_models
if [ -L "$command" ] || [ ! -e "$command" ]; then
    ln -sf "$program" "$command"
else
    say "$command is another program and stays; call $program by its full name."
fi
[ -z "$was_running" ] || quietly "$program" daemon --detach ||
    say "The daemon was stopped and did not start again; 'dawscribe daemon --detach' says why."
case :$PATH: in
    *:"$HOME/.local/bin":*) ;;
    *) say "Add $HOME/.local/bin to your PATH, or call $command by its full name." ;;
esac
close_log
say "dawscribe is installed. Next, with your DAW closed: dawscribe setup reaper, or dawscribe setup ardour."
