"""A simulated Live with an audio track, and the daemon's desk: what the tests of the script share."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

from tests.live_sim import LiveProgram
from tests.live_sim.clip import AudioClip, Clip
from tests.live_sim.desk import Desk
from tests.live_sim.song import Track
from tests.support import sine

WARPED = [(0.0, 0.0), (1.9, 4.0), (3.1, 8.0), (5.3, 11.0), (5.4, 11.2)]
"""A take that breathes: 126, 200, 82 and 120 BPM."""
MS = 0.001


class Studio:
    """A Live with one audio track, and the daemon's desk."""

    def __init__(self, folder: Path, **live: Any) -> None:
        self.folder = folder
        self.desk = Desk(folder / "home")
        self.live = LiveProgram(folder / "home", **live)
        self.wav = sine(folder / "take.wav", seconds=6.0)
        self.track = self.live.song._add_audio_track("Song")
        self.other = self.live.song._add_audio_track("Other")
        self.surface: Any = None

    def clip(self, **more: Any) -> AudioClip:
        """An audio clip, selected."""
        clip = self.live.audio_clip(self.track, self.wav, **more)
        self.live.song.view.detail_clip = clip
        return clip

    @property
    def said(self) -> str:
        """What the status bar shows."""
        return (self.live.messages or [""])[-1]

    def ask(self, **options: Any) -> dict[str, Any]:
        """Have the selection transcribed; the request as the daemon got it."""
        self.live.command(**options)
        taken: list[dict[str, Any] | None] = [None]

        def took() -> bool:
            taken[0] = taken[0] or self.desk.take()
            return taken[0] is not None

        self.live.run(took)
        assert taken[0] is not None
        return taken[0]

    def insert(self, parts: Any, request: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
        """Ask, answer, and wait for the insertion."""
        request = request or self.ask()
        self.desk.answer(request, parts, **more)
        said = len(self.live.messages)
        ended = ("dawscribe: no notes", "notes on", "updated", "could not", "damaged", "version")
        self.live.run(lambda: any(e in m for m in self.live.messages[said:] for e in ended))
        return request

    def made(self, name: str = "") -> list[Track]:
        """The MIDI tracks of the Set, or those whose name begins so."""
        return [t for t in self.live.song.tracks if t.has_midi_input and t.name.startswith(name)]


def midi_clips(track: Track) -> list[Clip]:
    return [c for c in track.arrangement_clips if c.is_midi_clip]


def sounding(clip: AudioClip, midi: Clip) -> list[tuple[int, float, float]]:
    """(pitch, second of the file at its onset, and at its end) of every note, by the simulation's own arithmetic."""
    found = []
    for note in midi.get_notes_extended(0, 128, -1e6, 2e6):
        on = midi.start_time + note.start_time
        first, last = clip.source_second(on + 1e-9), clip.source_second(on + note.duration - 1e-9)
        assert first is not None
        assert last is not None
        found.append((note.pitch, first, last))
    return found


def rows_of(seconds: float, seed: int = 1) -> list[list[float]]:
    """Notes of a result, one key after the other."""
    chance = random.Random(seed)
    rows: list[list[float]] = []
    now = 0.05
    while now < seconds - 0.4:
        length = chance.uniform(0.05, 0.3)
        rows.append([round(now, 4), round(now + length, 4), 40 + len(rows) % 40, 1 + len(rows) % 127])
        now += length + chance.uniform(0.01, 0.2)
    return rows
