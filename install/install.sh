#!/bin/sh
# Installs dawscribe for the user who runs this, on Linux or macOS:  sh install/install.sh [--uninstall]
# Program and environment go to ~/.dawscribe (or $DAWSCRIBE_HOME), the command to ~/.local/bin; the folder that this
# script came in may be deleted afterwards. --uninstall keeps models, settings and finished jobs.
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
home=${DAWSCRIBE_HOME:-$HOME/.dawscribe}
venv=$home/env
app=$home/app
command=$HOME/.local/bin/dawscribe
. "$here/install/core.sh"

if [ "${1:-}" = --uninstall ]; then
    rm -rf "$venv" "$app"
    rm -f "$command"
    say "dawscribe is removed; models, settings and jobs are still in $home."
    exit 0
fi

open_log
mkdir -p "$app" "$(dirname "$command")" || fail "The folder $app cannot be made; check the permissions of $home."
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
ln -sf "$venv/bin/dawscribe" "$command"
case :$PATH: in
    *:"$HOME/.local/bin":*) ;;
    *) say "Add $HOME/.local/bin to your PATH, or call $command by its full name." ;;
esac
say "dawscribe is installed. Next, with your DAW closed: dawscribe setup reaper, or dawscribe setup ardour."
