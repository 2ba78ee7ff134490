#!/bin/sh
# Sets dawscribe up in this checkout and transcribes AUDIO, or a demo song:  sh install/try.sh [AUDIO]
# The environment goes to .venv here, or to $DAWSCRIBE_VENV. Running it again is quick and harmless.
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
venv=${DAWSCRIBE_VENV:-$here/.venv}
. "$here/install/core.sh"

audio=${1:-$here/bridge/data/demo.ogg}
[ -f "$audio" ] || fail "There is no audio file $audio; name a WAV, AIFF, FLAC, OGG, Opus or MP3 file."
name=$(basename "$audio")
results=$PWD/out/${name%.*}

open_log
make_environment
install_core "$here"
fetch_models
"$venv/bin/dawscribe" transcribe "$audio" -o "$results" --plot || exit $?
close_log
say "The tracks are in $results: open its .mid file in any DAW, look at the .png, listen to stems/."
say "Next: $venv/bin/dawscribe --help"
