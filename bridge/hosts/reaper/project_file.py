"""Writes a REAPER project (.rpp).

The audio, its stems, a MIDI track with an instrument per part, the tempo map.

The file is text: blocks in angle brackets, one setting a line. It holds what REAPER needs to rebuild the rest with
its defaults; plug-ins are named without a saved state, so they open with theirs.
"""

from __future__ import annotations

import os
import re
import sys
import time
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import soundfile

from bridge import __version__
from bridge.audio.audio_file import AudioFile
from bridge.errors import writing
from bridge.files import write_bytes
from bridge.hosts.reaper import midi_source
from bridge.midi.part_events import channels
from bridge.music.tempo import TempoMap
from bridge.spool.request import AudioSpan
from bridge.spool.result import ItemResult

COLOURS = {
    "drums": (214, 107, 83), "bass": (77, 133, 189), "vocals": (222, 165, 68), "guitar": (102, 158, 92),
    "piano": (148, 112, 179), "other": (96, 160, 160), "folder": (120, 120, 130),
}  # fmt: skip
"""Red, green, blue per role, as the Lua scripts colour their tracks."""
CUSTOM_COLOUR = 0x1000000
"""The bit that says "this track has a colour of its own"."""
LIBRARIES = {"win32": ".dll", "darwin": ".vst.dylib"}
"""Suffixes of REAPER's plug-ins, by system; ".vst.so" elsewhere. Between systems REAPER goes by the id."""
INSTRUMENTS = {"drums": ("VSTi: ReaSynDr (Cockos) (4 out)", "reasyndr", "")}
PITCHED = ("VSTi: ReaSynth (Cockos)", "reasynth", " 1919251321")
"""Display name, file without its ending, VST id: instruments of every REAPER."""
SOURCES = {"FLAC": "FLAC", "OGG": "VORBIS", "MPEG": "MP3", "AIFF": "WAVE", "WAV": "WAVE"}
"""libsndfile's format -> REAPER's source type; AIFF is read by the same one as WAV."""


@dataclass(frozen=True, slots=True)
class _Track:
    name: str
    role: str
    depth: int
    item: list[str]
    muted: bool = False
    instrument: tuple[str, str, str] | None = None


def write_project(item: ItemResult, span: AudioSpan, path: Path) -> Path:
    """Write the project of one transcribed file to ``path``.

    Args:
        item: what was heard, its stems if they were kept.
        span: the audio that it was heard in.
        path: the .rpp file; files below its folder are named relative to it.

    Raises:
        InputError: the audio cannot be read.
        StoreError: the project cannot be written.
    """
    tracks = [_Track(item.name, "folder", 0, _audio_item(item.name, span, path.parent, item.score.length_s))]
    tracks += _result_tracks(item, path.parent)
    with writing(path, "project-unwritable"):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(path, _indented(_project(item.score.tempo, tracks)).encode())
    return path


def _result_tracks(item: ItemResult, folder: Path) -> list[_Track]:
    rows: list[_Track] = []
    length_s = item.score.length_s
    for part, channel in zip(item.score.parts, channels(item.score), strict=True):
        notes = midi_source.lines(part, channel, item.score.tempo, length_s)
        instrument = INSTRUMENTS.get(part.role, PITCHED)
        rows.append(_Track(part.name, part.role, 0, _item(part.name, length_s, notes), instrument=instrument))
    for role, stem in item.stems:
        content = _audio_item(role, AudioSpan(stem), folder, length_s)
        rows.append(_Track(f"{role} stem", role, 0, content, muted=True))
    if not rows:
        return []
    rows[-1] = _closing(rows[-1])
    return [_Track(f"{item.name} (transcribed)", "folder", 1, []), *rows]


def _closing(track: _Track) -> _Track:
    return _Track(track.name, track.role, -1, track.item, track.muted, track.instrument)


def _project(tempo: TempoMap, tracks: Sequence[_Track]) -> Iterable[str]:
    first = tempo.points[0]
    yield f'<REAPER_PROJECT 0.1 "7.0/dawscribe {__version__}" {int(time.time())}'
    yield "RIPPLE 0"
    yield f"TEMPO {_number(first.bpm)} {first.beats_per_bar or 4} {first.beat_unit}"
    yield from ("<TEMPOENVEX", "ACT 1 -1", "VIS 0 0 1", "DEFSHAPE 1 -1 -1")
    for point in tempo.points:
        # The denominator stands in the upper half.
        signature = f" {(point.beat_unit << 16) + point.beats_per_bar} 0 1" if point.beats_per_bar else ""
        yield f"PT {point.time_s:.12f} {point.bpm:.10f} 1{signature}"
    yield ">"
    for track in tracks:
        yield from _track(track)
    yield ">"


def _track(track: _Track) -> Iterable[str]:
    red, green, blue = COLOURS.get(track.role, COLOURS["other"])
    guid = _guid()
    yield f"<TRACK {guid}"
    yield f"NAME {_quoted(track.name)}"
    yield f"PEAKCOL {CUSTOM_COLOUR | blue << 16 | green << 8 | red}"
    yield f"MUTESOLO {int(track.muted)} 0 0"
    yield f"ISBUS {1 if track.depth > 0 else 2 if track.depth < 0 else 0} {track.depth}"
    yield f"TRACKID {guid}"
    if track.instrument:
        name, file, number = track.instrument
        yield from ("<FXCHAIN", "SHOW 0", "LASTSEL 0", "DOCKED 0", "BYPASS 0 0 0")
        yield from (f'<VST "{name}" {library_name(file, sys.platform)} 0 ""{number}', ">", "WAK 0 0", ">")
    yield from track.item
    yield ">"


def library_name(file: str, system: str) -> str:
    """Return a plug-in's file as REAPER calls it on a system."""
    return file + LIBRARIES.get(system, ".vst.so")


def _item(name: str, length_s: float, source: Iterable[str], offset_s: float = 0.0) -> list[str]:
    return [
        "<ITEM", "POSITION 0", f"LENGTH {_number(length_s)}", "LOOP 0", f"NAME {_quoted(name)}",
        f"SOFFS {_number(offset_s)}", f"IGUID {_guid()}", f"GUID {_guid()}", *source, ">",
    ]  # fmt: skip


def _audio_item(name: str, span: AudioSpan, folder: Path, length_s: float) -> list[str]:
    kind = _source_type(span.path)
    path = span.path.absolute()
    try:
        shown = path.relative_to(folder.absolute()).as_posix()
    except ValueError:
        shown = os.fspath(path)
    return _item(name, length_s, [f"<SOURCE {kind}", f"FILE {_quoted(shown)}", ">"], span.start_s)


def _source_type(path: Path) -> str:
    """REAPER's name for what reads a file: M4A, WMA and all else of films and phones go to its video decoder."""
    try:
        info = soundfile.info(path)
    except (soundfile.LibsndfileError, OSError):
        AudioFile(path).close()
        return "VIDEO"
    return "OPUS" if info.subtype == "OPUS" else SOURCES.get(info.format, "WAVE")


def _guid() -> str:
    return "{" + str(uuid.uuid4()).upper() + "}"


def _number(value: float) -> str:
    return f"{value:.10f}".rstrip("0").rstrip(".")


def _quoted(text: str) -> str:
    """The text in the first of REAPER's three quotes that it does not hold itself."""
    text = re.sub(r"[\x00-\x1f]", " ", text)
    mark = next((m for m in "\"'`" if m not in text), None)
    return f"{mark}{text}{mark}" if mark else "`" + text.replace("`", "'") + "`"


def _indented(lines: Iterable[str]) -> str:
    out, depth = [], 0
    for line in lines:
        depth -= line == ">"
        out.append("  " * depth + line)
        depth += line.startswith("<")
    return "\n".join(out) + "\n"
