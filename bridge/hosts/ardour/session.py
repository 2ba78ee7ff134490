"""An Ardour session made without Ardour's window: the audio, and a MIDI track per part, by Ardour's own Lua shell.

The shell cannot import MIDI, but it can make tracks, instruments and empty regions with files of their own. So it
makes those, says where their files lie and what the session's tempo map is, and the files are filled afterwards.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from bridge.errors import HostError, InputError, StoreError
from bridge.hosts.ardour import smf
from bridge.hosts.ardour.config_folder import VERSIONS
from bridge.hosts.ardour.place import Place, tempo_points
from bridge.protocol import AudioSpan, ItemResult, channels

LONGEST_S = 300
"""Seconds for Ardour's shell, which needs three to ten; a loaded soundfont on a slow disk is the longest part."""
BLOCK = 1 << 16
"""Frames copied at a time."""


def write_session(item: ItemResult, span: AudioSpan, tracks: list[dict[str, Any]], folder: Path) -> Path:
    """Make the session ``folder``.

    Args:
        item: what was heard.
        span: the audio that it was heard in.
        tracks: per part what the scripts need: name, colour, instruments.
        folder: must not exist yet; its name is the session's.

    Returns:
        The session file.

    Raises:
        HostError: Ardour's Lua shell is missing or failed.
        InputError: the audio cannot be read.
        StoreError: the folder exists, or cannot be written.
    """
    program = _shell()
    if folder.exists():
        raise StoreError(f"{folder} exists already; choose another folder for the session.")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as temporary, soundfile.SoundFile(span.path) as audio:
            first = round(span.start_s * audio.samplerate)
            left = max(0, audio.frames - first)
            length = left if span.length_s is None else min(left, round(span.length_s * audio.samplerate))
            plan = _plan(item, audio, length, tracks, folder)
            answer = _run(program, plan, Path(temporary))
            audio.seek(first)
            _fill_audio(audio, length, [Path(p) for p in answer["audio"]], span.gain)
        _fill_midi(item, plan, answer)
        for peaks in (folder / "peaks").glob("*"):
            # Drawn for the empty files; Ardour draws them anew.
            peaks.unlink()
    except soundfile.LibsndfileError as e:
        raise InputError(f"{span.path.name} cannot be read as audio; convert it to WAV and try again.") from e
    except OSError as e:
        raise StoreError(f"The session {folder} cannot be written; check free space and permissions.") from e
    return folder / f"{folder.name}.ardour"


def _shell() -> str:
    """Ardour's Lua shell, of the newest version that is there.

    Raises:
        HostError: there is none.
    """
    for version in reversed(VERSIONS):
        if found := shutil.which(f"ardour{version}-lua"):
            return found
    raise HostError("Ardour's Lua shell (ardour7-lua) is not installed; install Ardour from your distribution.")


def _plan(
    item: ItemResult, audio: soundfile.SoundFile, length: int, tracks: list[dict[str, Any]], folder: Path
) -> dict[str, Any]:
    rate = audio.samplerate
    points = item.score.tempo.points if item.score.tempo.confident else ()
    return {
        "session": str(folder.absolute()),
        "name": folder.name,
        "rate": rate,
        "channels": audio.channels,
        "length": length,
        "tempo": [{"sample": round(p.time_s * rate), "bpm": p.bpm} for p in points],
        "tracks": tracks,
    }


def _run(program: str, plan: dict[str, Any], temporary: Path) -> dict[str, Any]:
    from bridge.hosts.ardour.setup import copy_modules

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
            [program, str(modules / "session.lua")],
            env=environment,
            capture_output=True,
            timeout=LONGEST_S,
            check=False,
        )
    except subprocess.TimeoutExpired as e:
        raise HostError("Ardour's Lua shell did not finish; try again, or use Ardour's window.") from e
    # Its exit status is not to be trusted: it may crash while it ends, with everything written.
    if not answer_file.is_file():
        said = (done.stderr or done.stdout).decode(errors="replace").strip().splitlines()[-1:]
        raise HostError(f"Ardour's Lua shell could not make the session ({' '.join(said)[:200]}).")
    answer: dict[str, Any] = json.loads(answer_file.read_bytes())
    return answer


def _fill_audio(audio: soundfile.SoundFile, length: int, paths: list[Path], gain: float) -> None:
    """Copy the sound into the mono files that the session keeps it in."""
    files = [soundfile.SoundFile(p, "w", audio.samplerate, 1, "FLOAT", format="WAV") for p in paths]
    try:
        left = length
        while left > 0 and len(block := audio.read(min(BLOCK, left), dtype="float32", always_2d=True)):
            left -= len(block)
            for number, file in enumerate(files):
                file.write(np.ascontiguousarray(block[:, number]) * np.float32(gain))
    finally:
        for file in files:
            file.close()


def _fill_midi(item: ItemResult, plan: dict[str, Any], answer: dict[str, Any]) -> None:
    place = Place(0, plan["length"], plan["rate"], "source", plan["name"], tempo_points(answer["table"]))
    parts = zip(item.score.parts, channels(item.score), answer["midi"], strict=True)
    for part, channel, path in parts:
        smf.write_source(Path(path), part, channel, place)
