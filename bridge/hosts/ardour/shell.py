"""Ardour's Lua shell, which makes sessions without a window: whether it can make one, and how it is run."""

from __future__ import annotations

import json
import logging
import os
import subprocess
from pathlib import Path
from typing import Any

import soundfile

from bridge.errors import HostError, InputError, StoreError
from bridge.files import find_program
from bridge.hosts.ardour.config_folder import VERSIONS
from bridge.hosts.ardour.setup import copy_modules
from bridge.plugins.projects import check_spelled

MAX_WAIT_S = 300
"""Seconds for Ardour's shell, which needs three to ten; a loaded soundfont on a slow disk is the longest part."""
SUPERCLOCK = 282_240_000
"""Ardour's own unit of time per second; it makes no sessions whose samples are no whole number of these."""
SEPARATORS = (":", "\\")
"""Characters that Ardour takes for the end of a path, or of a folder's name; a session there would lose its files."""
FAILED = (
    "Ardour's Lua shell could not make the session; see that 'ardour7-lua' starts in a terminal, "
    "or import the MIDI file in Ardour's window."
)
log = logging.getLogger("dawscribe.ardour")


def check(folder: Path, audio: Path) -> None:
    """Refuse, before the long work, what :func:`bridge.hosts.ardour.session.write_session` could not do after it.

    Args:
        folder: the session's folder.
        audio: the file that the session is to hold.

    Raises:
        HostError: Ardour's Lua shell is missing, or knows no such sample rate or name.
        InputError: the audio cannot be read.
        StoreError: the folder exists.
    """
    check_spelled(folder, audio)
    program()
    if folder.exists():
        raise StoreError(f"{folder} exists already; choose another folder for the session.", code="session-exists")
    if any(sign in part for part in folder.absolute().parts[1:] for sign in SEPARATORS):
        raise HostError(
            f'Ardour cannot keep a session in "{folder}"; choose a path without ":" and "\\".',
            code="session-path-impossible",
        )
    try:
        rate = soundfile.info(audio).samplerate
    except soundfile.LibsndfileError as e:
        raise InputError(
            f"Ardour does not read {audio.name}; convert it to WAV and try again.", code="file-not-audio"
        ) from e
    if SUPERCLOCK % rate:
        raise HostError(
            f"Ardour has no sessions of {rate} Hz; convert {audio.name} to 44100 or 48000 Hz and try again.",
            code="session-rate-impossible",
        )


def program() -> str:
    """Ardour's Lua shell, of the newest version that is there.

    Raises:
        HostError: there is none.
    """
    for version in reversed(VERSIONS):
        if found := find_program(f"ardour{version}-lua"):
            return found
    raise HostError(
        "Ardour's Lua shell (ardour7-lua) is not installed; install Ardour from your distribution.",
        code="ardour-shell-missing",
    )


def run(plan: dict[str, Any], temporary: Path) -> dict[str, Any]:
    """Make the session of a plan.

    What the shell answers: where its files lie, and its tempo map.

    Args:
        plan: see ``session.lua``.
        temporary: a folder for what the shell needs.

    Raises:
        HostError: the shell is missing, does not end, or cannot make the session.
        OSError: ``temporary`` cannot be written.
    """
    modules = temporary / "scripts"
    copy_modules(modules)
    plan_file, answer_file = temporary / "plan.json", temporary / "answer.json"
    plan_file.write_text(json.dumps(plan))
    environment = os.environ | {
        "DAWSCRIBE_FOLDER": f"{modules}/",
        "DAWSCRIBE_PLAN": str(plan_file),
        "DAWSCRIBE_ANSWER": str(answer_file),
    }
    try:
        done = subprocess.run(
            [program(), str(modules / "session.lua")],
            env=environment,
            capture_output=True,
            timeout=MAX_WAIT_S,
            check=False,
        )
    except subprocess.TimeoutExpired as e:
        raise HostError(
            "Ardour's Lua shell did not finish; try again, or use Ardour's window.", code="ardour-shell-silent"
        ) from e
    # Its exit status is not to be trusted: it may crash while it ends, with everything written.
    if not answer_file.is_file():
        log.warning("Ardour's Lua shell: %s", (done.stderr or done.stdout).decode(errors="replace").strip()[-2000:])
        raise HostError(FAILED, code="ardour-shell-failed")
    answer: dict[str, Any] = json.loads(answer_file.read_bytes())
    return answer
