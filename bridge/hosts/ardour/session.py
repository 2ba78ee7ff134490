"""An Ardour session made without Ardour's window.

The audio, and a MIDI track per part, by Ardour's own Lua shell.

The shell cannot import MIDI, but it can make tracks, instruments and empty regions with files of their own. So it
makes those, says where their files lie and what the session's tempo map is, and the files are filled afterwards.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from bridge.errors import InputError, writing
from bridge.hosts.ardour import shell, smf
from bridge.hosts.ardour.session_position import SessionPosition, tempo_points
from bridge.midi.part_events import channels
from bridge.spool.request import AudioSpan
from bridge.spool.result import ItemResult

BLOCK = 1 << 16
"""Frames copied at a time."""


def write_session(item: ItemResult, span: AudioSpan, tracks: list[dict[str, Any]], folder: Path) -> Path:
    """Make the session ``folder``.

    Args:
        item: what was heard.
        span: the audio that it was heard in.
        tracks: per part what the scripts need: name, colour, instruments, and whether those name kits.
        folder: must not exist yet; its name is the session's.

    Returns:
        The session file.

    Raises:
        HostError: as :func:`bridge.hosts.ardour.shell.check`, or Ardour's shell failed.
        InputError: the audio cannot be read.
        StoreError: the folder exists, or cannot be written. After any of these nothing is left of it.
    """
    shell.check(folder, span.path)
    try:
        with writing(folder, "session-unwritable"):
            return _write(item, span, tracks, folder)
    except BaseException:
        # It did not exist, so all of it is ours.
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _write(item: ItemResult, span: AudioSpan, tracks: list[dict[str, Any]], folder: Path) -> Path:
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as temporary, soundfile.SoundFile(span.path) as audio:
            first = round(span.start_s * audio.samplerate)
            left = max(0, audio.frames - first)
            length = left if span.length_s is None else min(left, round(span.length_s * audio.samplerate))
            plan = _plan(item, audio, length, tracks, folder)
            answer = shell.run(plan, Path(temporary))
            audio.seek(first)
            _fill_audio(audio, length, [Path(p) for p in answer["audio"]], span.gain)
        _fill_midi(item, plan, answer)
        for peaks in (folder / "peaks").glob("*"):
            # Drawn for the empty files; Ardour draws them anew.
            peaks.unlink()
    except soundfile.LibsndfileError as e:
        raise InputError(
            f"{span.path.name} cannot be read as audio; convert it to WAV and try again.", code="file-not-audio"
        ) from e
    return folder / f"{folder.name}.ardour"


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
    place = SessionPosition(0, plan["length"], plan["rate"], "source", plan["name"], tempo_points(answer["table"]))
    parts = zip(item.score.parts, channels(item.score), plan["tracks"], answer["midi"], strict=True)
    for part, channel, track, path in parts:
        smf.write_source(Path(path), smf.Voice(part, channel, place, track["names_kits"]))
