"""Reads what Ardour saved: tracks, regions and their notes in samples, without any code of dawscribe."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path

import mido

from tests.support import PATIENCE_S, wait_for

FLUID_SYNTH = "urn:ardour:a-fluidsynth"
SUPERCLOCK = 282_240_000
"""Ardour's unit of audio time per second."""


@dataclass(frozen=True)
class Tempo:
    """One point of the tempo map."""

    superclock: int
    quarters: float
    start_bpm: float
    end_bpm: float
    ramped: bool


@dataclass(frozen=True)
class SavedNote:
    onset_s: float
    offset_s: float
    pitch: int
    velocity: int
    channel: int


@dataclass(frozen=True)
class SavedRegion:
    track: str
    name: str
    position_s: float
    length_s: float
    color: int
    plugins: tuple[str, ...]
    programs: tuple[tuple[int, int], ...]
    """(channel, program)."""
    bends: int
    notes: tuple[SavedNote, ...]
    """Times from the session's start."""


def read_midi(path: Path) -> mido.MidiFile:
    """A MIDI file of the session; Ardour may be in the middle of writing it again, so that it is torn for a moment."""

    def whole() -> mido.MidiFile | None:
        try:
            return mido.MidiFile(path)
        except (EOFError, OSError):
            return None

    return wait_for(whole, f"a whole {path.name}", PATIENCE_S)


class Session:
    """A saved session."""

    def __init__(self, folder: Path, file: Path | None = None) -> None:
        self.folder = folder
        self.root = ET.parse(file or folder / f"{folder.name}.ardour").getroot()
        self.tempos = _tempos(self.root)
        self.sources = {s.get("id"): s.get("name") or "" for s in self.root.iterfind("Sources/Source")}
        self.track_names = [r.get("name") or "" for r in self.root.iterfind("Routes/Route")]

    def row(self, track: str) -> int:
        """Where a track stands in the window, the master in row 0; the file keeps the order of their making."""
        (route,) = (r for r in self.root.iterfind("Routes/Route") if r.get("name") == track)
        return int(route.find("PresentationInfo").get("order"))  # type: ignore[union-attr,arg-type]

    def regions(self) -> list[SavedRegion]:
        """All MIDI regions on tracks, in the order of the tracks."""
        playlists = {p.get("id"): p for p in self.root.iterfind("Playlists/Playlist")}
        found = []
        for route in self.root.iterfind("Routes/Route"):
            playlist = playlists.get(route.get("midi-playlist"))
            for region in playlist.findall("Region") if playlist is not None else []:
                found.append(self._region(route, region))
        return found

    def soundfonts(self) -> list[bool]:
        """For each ACE Fluid Synth whether it was saved with its soundfont."""
        return [self._has_soundfont(p) for p in self.root.iter("Processor") if p.get("unique-id") == FLUID_SYNTH]

    def _has_soundfont(self, processor: ET.Element) -> bool:
        plugin = processor.find("lv2")
        folder = plugin.get("state-dir") if plugin is not None else None
        if not folder:
            return False
        return "sf2file" in (self.folder / "plugins" / (processor.get("id") or "") / folder / "state.ttl").read_text()

    def note_ranges(self) -> dict[str, tuple[int, int]]:
        """The lowest and highest key that each MIDI track shows, by the track's name."""
        names = {f"rtav {r.get('id')}": r.get("name") or "" for r in self.root.iterfind("Routes/Route")}
        states = (s for s in self.root.iter("Object") if s.get("note-range-min") and s.get("id") in names)
        return {
            names[s.get("id", "")]: (int(s.get("note-range-min", 0)), int(s.get("note-range-max", 0))) for s in states
        }

    def gain(self, name: str) -> float:
        """The gain of the audio region of this name."""
        (region,) = (r for r in self.root.iterfind("Playlists/Playlist/Region") if r.get("name") == name)
        return float(region.get("scale-amplitude") or 1)

    def _region(self, route: ET.Element, region: ET.Element) -> SavedRegion:
        length, position = (region.get("length") or "").split("@")
        assert length[0] == position[0] == "a", "not placed in audio time"
        start = int(position[1:]) / SUPERCLOCK
        source = self.sources[region.get("source-0")]
        (path,) = self.folder.glob(f"interchange/*/midifiles/{source}")
        file = read_midi(path)
        info = route.find("PresentationInfo")
        plugins = [p.get("unique-id") or "" for p in route.iterfind("Processor") if p.get("type") == "lv2"]
        programs, bends, notes = self._events(file, self.quarters(start))
        return SavedRegion(
            track=route.get("name") or "",
            name=region.get("name") or "",
            position_s=start,
            length_s=int(length[1:]) / SUPERCLOCK,
            color=int((info.get("color") if info is not None else None) or 0),
            plugins=tuple(plugins),
            programs=programs,
            bends=bends,
            notes=notes,
        )

    def _events(
        self, file: mido.MidiFile, start_qn: float
    ) -> tuple[tuple[tuple[int, int], ...], int, tuple[SavedNote, ...]]:
        # Ardour keeps events on its grid of 1920 ticks, and a region starts on the nearest.
        first = round(start_qn * file.ticks_per_beat)
        programs, bends, notes = [], 0, []
        down: dict[tuple[int, int], tuple[int, int]] = {}
        tick = 0
        for message in mido.merge_tracks(file.tracks):
            tick += message.time
            if message.type == "program_change":
                programs.append((message.channel, message.program))
            elif message.type == "pitchwheel":
                bends += 1
            elif message.type == "note_on" and message.velocity:
                down[message.channel, message.note] = (tick, message.velocity)
            elif message.type in ("note_on", "note_off"):
                onset, velocity = down.pop((message.channel, message.note))
                on, off = (self.seconds((first + t) / file.ticks_per_beat) for t in (onset, tick))
                notes.append(SavedNote(on, off, message.note, velocity, message.channel))
        return tuple(programs), bends, tuple(sorted(notes, key=lambda n: (n.onset_s, n.pitch)))

    def seconds(self, quarters: float) -> float:
        """Where a position in quarter notes stands, by the tempo map as saved.

        In a ramp of Ardour the tempo rises linearly per quarter note, so time is a logarithm; the saved place
        of the ramp's end confirms it (see ``check_ramps``).
        """
        t = [p for p in self.tempos if p.quarters <= quarters][-1]
        slope = self._slope(t)
        passed = quarters - t.quarters
        if abs(slope) < 1e-12:
            return t.superclock / SUPERCLOCK + passed * 60 / t.start_bpm
        return t.superclock / SUPERCLOCK + 60 / slope * math.log(1 + slope * passed / t.start_bpm)

    def quarters(self, seconds: float) -> float:
        """The inverse of :meth:`seconds`."""
        t = [p for p in self.tempos if p.superclock <= seconds * SUPERCLOCK][-1]
        slope = self._slope(t)
        passed = seconds - t.superclock / SUPERCLOCK
        if abs(slope) < 1e-12:
            return t.quarters + passed * t.start_bpm / 60
        return t.quarters + t.start_bpm / slope * (math.exp(slope * passed / 60) - 1)

    def _slope(self, tempo: Tempo) -> float:
        """Change of the tempo in BPM per quarter note."""
        following = [p for p in self.tempos if p.quarters > tempo.quarters]
        if not tempo.ramped or not following:
            return 0.0
        return (tempo.end_bpm - tempo.start_bpm) / (following[0].quarters - tempo.quarters)

    def check_ramps(self) -> float:
        """Largest distance in seconds between where a tempo point was saved and where our formula puts it."""
        places = [(self.seconds(p.quarters - 1e-9), p.superclock / SUPERCLOCK) for p in self.tempos[1:]]
        return max((abs(ours - saved) for ours, saved in places), default=0.0)


def _tempos(root: ET.Element) -> list[Tempo]:
    found = []
    for t in root.iterfind("TempoMap/Tempos/Tempo"):
        beats, ticks = (t.get("quarters") or "").split(":")
        start, end = float(t.get("npm") or 0), float(t.get("enpm") or 0)
        assert t.get("note-type") == "4"
        superclock = int(t.get("sclock") or 0)
        found.append(Tempo(superclock, int(beats) + int(ticks) / 1920, start, end, t.get("type") == "Tempo::Ramped"))
    return found
