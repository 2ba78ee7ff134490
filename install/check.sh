#!/bin/sh
# Installs what the tests need and runs them all:  sh install/check.sh [PYTEST OPTIONS]
# As root on Debian and its like, DAWs and tools come by apt; elsewhere tests of what is missing say so and are skipped.
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
venv=${DAWSCRIBE_VENV:-$here/.venv}
. "$here/install/core.sh"
cd "$here"

# Python, the client of one model's registry, a real DAW with its soundfont, a screen that nobody sees with a mouse
# and a camera, OSC tools, a server for MIDI ports where the kernel has none, a browser.
packages="python3-venv npm ardour fluid-soundfont-gm xvfb xdotool imagemagick liblo-tools jackd2 chromium"

install_packages() {
    missing=
    for package in $packages; do
        dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null | grep -q '^ii' || missing="$missing $package"
    done
    # What brings npm does not matter.
    command -v npm >/dev/null 2>&1 && missing=$(printf '%s' "$missing" | sed 's/ npm\b//')
    [ -n "$missing" ] || return 0
    say "Installing$missing ..."
    export DEBIAN_FRONTEND=noninteractive
    quietly apt-get update || fail "The package lists could not be read; see $log."
    # shellcheck disable=SC2086
    quietly apt-get install -y --no-install-recommends $missing ||
        fail "Debian packages could not be installed; see $log."
}

# PyPI's torch for Linux brings 3 GB of CUDA that no test uses; a build without it is taken where the settings offer one.
install_torch() {
    "$venv/bin/python" -c "import torch" 2>/dev/null && return
    quietly "$venv/bin/python" -m pip install --no-deps torch==2.13.0+cpu && return
    quietly "$venv/bin/python" -m pip install torch==2.13.0 || fail "torch could not be installed; see $log."
}

# The worked example of an outside engine. It states no licence, so nothing of ours asks for it but its own test, which is
# skipped where it cannot be had.
install_example() {
    "$venv/bin/python" -c "import harmonica" 2>/dev/null && return
    "$venv/bin/python" -c "import sys; sys.exit(sys.version_info < (3, 11))" || return 0
    quietly "$venv/bin/python" -m pip install --no-deps --ignore-requires-python harmonica-amt==0.3.0 loguru==0.7.3 \
        nnaudio==0.3.4 omegaconf==2.4.0 symusic==0.6.0 || say "harmonica-amt could not be installed; see $log."
}

# An engine of the PyTorch extra; the tests make tiny models of its own kind. Its other packages are for its own page.
install_muscriptor() {
    "$venv/bin/python" -c "import muscriptor" 2>/dev/null && return
    quietly "$venv/bin/python" -m pip install --no-deps muscriptor==0.4.0 || say "muscriptor could not be installed; see $log."
}

open_log
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then install_packages; fi
make_environment
install_core "$here"
say "Installing what the tests need ..."
install_list install/requirements-test.txt
# What checks the review page: types, lint, and the tools for accessibility; nothing of it is shipped.
quietly npm ci --ignore-scripts --no-audit --no-fund --prefix bridge/review || say "npm packages failed; see $log."
# The Node that runs inside Live, and the type checker of its extension.
quietly npm install --no-audit --no-fund --no-package-lock --prefix tests/live_extension ||
    say "npm packages of the Live extension failed; see $log."
install_torch
install_muscriptor
install_example
quietly "$venv/bin/python" -m pip install -r install/requirements-docs.txt ||
    fail "The documentation's packages could not be installed; see $log."
# Also that of an engine which is not among the default ones.
fetch_models htdemucs swift-f0 basic-pitch spleeter-2stems
# Tests work in home folders of their own; there the models are found by this.
DAWSCRIBE_MODELS=${DAWSCRIBE_HOME:-$HOME/.dawscribe}/models
export DAWSCRIBE_MODELS

close_log
say "Checking the style, the types and the behaviour ..."
"$venv/bin/ruff" check .
"$venv/bin/ruff" format --check .
"$venv/bin/mypy"
# All of them: pytest by itself leaves the slow ones out.
exec "$venv/bin/python" -m pytest -q -m "slow or not slow" "$@"
