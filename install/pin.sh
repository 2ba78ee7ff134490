#!/bin/sh
# Remakes requirements.txt and requirements-test.txt from the .in files beside them, with uv (pip install uv).
# One run covers Python 3.10 to 3.13 and every system, with the hash of every file a registry may deliver.
set -eu
cd "$(dirname "$0")"

left_out() { for package in "$@"; do printf -- '--no-emit-package %s ' "$package"; done; }

compile() {
    uv pip compile --quiet --universal --python-version 3.10 --generate-hashes --no-annotate --no-header "$@"
}

# Only OpenVINO's converter calls its telemetry, which dawscribe does without: it tells nobody anything.
# shellcheck disable=SC2046
compile $(left_out openvino-telemetry) requirements.in -o requirements.txt

# Where there is no wheel it is built from the same release.
{
    echo "# For Python 3.13, where python-rtmidi is built from its sources; made by pin.sh."
    sed -n '/^python-rtmidi==/,/[^\\]$/p' requirements.txt | sed 's/ ;[^\\]*\\$/ \\/'
} >requirements-rtmidi.txt

# torch is installed by check.sh, which takes a build without CUDA where there is one. demucs wants an old numpy on
# Intel Macs; the override keeps the core's.
override=$(mktemp)
trap 'rm -f "$override"' EXIT
printf 'numpy>=2.2.6\ntorch==2.13.0\n' >"$override"
cuda=$(compile --override "$override" requirements-test.in |
    sed -n 's/^\(\(cuda\|nvidia\)-[a-z0-9-]*\)==.*/\1/p' | sort -u)
# shellcheck disable=SC2046,SC2086
compile --override "$override" $(left_out torch triton $cuda) requirements-test.in -o requirements-test.txt
