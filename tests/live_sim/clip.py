"""Clips: audio with warp markers, loops and transposition; MIDI with notes."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from tests.live_sim.objects import LiveObject, World, read_only, undoable

REPITCH = 3


@dataclass
class WarpMarker:
    """A place of the file and a beat of the clip."""

    sample_time: float
    beat_time: float


@dataclass
class MidiNoteSpecification:
    """Live.Clip.MidiNoteSpecification; also what get_notes_extended gives back."""

    pitch: int
    start_time: float
    duration: float
    velocity: float = 100.0
    mute: bool = False
    probability: float = 1.0
    velocity_deviation: float = 0.0
    release_velocity: float = 64.0


class Clip(LiveObject):
    """A clip of the Arrangement, or of a slot of the Session."""

    name, muted, looping = undoable("name"), undoable("muted"), undoable("looping")
    start_time, end_time = read_only("start_time"), read_only("end_time")
    is_audio_clip, is_midi_clip, is_session_clip = read_only("audio"), read_only("midi"), read_only("session")
    canonical_parent = read_only("parent")

    def __init__(self, world: World, song: Any, *, start: float, length: float, session: bool, audio: bool) -> None:
        super().__init__(world)
        self._song, self._audio, self._midi, self._session = song, audio, not audio, session
        self._name, self._muted, self._looping, self._color = "", False, False, 0
        self._start_time, self._end_time = start, start + length
        self._start_marker, self._end_marker = 0.0, length
        self._loop_start, self._loop_end = 0.0, length
        self._notes: list[MidiNoteSpecification] = []
        self._parent: Any = None

    @property
    def is_arrangement_clip(self) -> bool:
        return not self._session

    @property
    def length(self) -> float:
        return self._loop_end - self._loop_start

    @property
    def color(self) -> int:
        return self._color

    @color.setter
    def color(self, value: int) -> None:
        self._set("_color", self._song._snapped(value))

    def _bounded(self, name: str, value: float, *, below: str = "", above: str = "") -> None:
        if below and value >= getattr(self, f"_{below}"):
            raise RuntimeError(f"Invalid {name}: it lies behind {below}")
        if above and value <= getattr(self, f"_{above}"):
            raise RuntimeError(f"Invalid {name}: it lies before {above}")
        self._set(f"_{name}", float(value))

    @property
    def start_marker(self) -> float:
        return self._start_marker

    @start_marker.setter
    def start_marker(self, value: float) -> None:
        self._bounded("start_marker", value, below="end_marker")

    @property
    def end_marker(self) -> float:
        return self._end_marker

    @end_marker.setter
    def end_marker(self, value: float) -> None:
        self._bounded("end_marker", value, above="start_marker")

    @property
    def loop_start(self) -> float:
        return self._loop_start

    @loop_start.setter
    def loop_start(self, value: float) -> None:
        self._bounded("loop_start", value, below="loop_end")

    @property
    def loop_end(self) -> float:
        return self._loop_end

    @loop_end.setter
    def loop_end(self, value: float) -> None:
        self._bounded("loop_end", value, above="loop_start")

    # What only MIDI clips have.

    def add_new_notes(self, notes: Iterable[MidiNoteSpecification]) -> list[int]:
        self._writable()
        made = list(notes)
        for note in made:
            if not isinstance(note.pitch, int):
                raise TypeError("Python argument types did not match C++ signature")
            if not (0 <= note.pitch <= 127 and 0 <= note.velocity <= 127 and note.duration > 0):
                raise RuntimeError("Invalid note")
        kept = [MidiNoteSpecification(**vars(n)) for n in made]
        self._set("_notes", self._without_overlaps([*self._notes, *kept]))
        return list(range(len(made)))

    def set_notes(self, notes: tuple[tuple[int, float, float, float, bool], ...]) -> None:
        self._writable()
        self._set("_notes", [MidiNoteSpecification(p, s, d, v, m) for p, s, d, v, m in notes])

    def get_notes_extended(self, pitch: int, span: int, start: float, length: float) -> list[MidiNoteSpecification]:
        self._only_midi()
        return [n for n in self._notes if self._within(n, pitch, span, start, length)]

    def remove_notes_extended(self, pitch: int, span: int, start: float, length: float) -> None:
        self._writable()
        self._set("_notes", [n for n in self._notes if not self._within(n, pitch, span, start, length)])

    @staticmethod
    def _within(note: MidiNoteSpecification, pitch: int, span: int, start: float, length: float) -> bool:
        return pitch <= note.pitch < pitch + span and start <= note.start_time < start + length

    @staticmethod
    def _without_overlaps(notes: Sequence[MidiNoteSpecification]) -> list[MidiNoteSpecification]:
        """Live cuts the earlier of two notes of one key; here that is a mistake of the script."""
        ordered = sorted(notes, key=lambda n: (n.pitch, n.start_time))
        for a, b in itertools.pairwise(ordered):
            if a.pitch == b.pitch and a.start_time + a.duration > b.start_time + 1e-9:
                raise AssertionError("two notes of one key overlap: Live would cut the first")
        return sorted(ordered, key=lambda n: (n.start_time, n.pitch))

    def _only_midi(self) -> None:
        if self._audio:
            raise RuntimeError("This is not a MIDI clip")

    def _writable(self) -> None:
        self._only_midi()
        if getattr(self._parent, "_frozen", False):
            raise RuntimeError("The track is frozen")


class AudioClip(Clip):
    """A clip of a file."""

    file_path, sample_length, sample_rate = read_only("file_path"), read_only("sample_length"), read_only("sample_rate")
    warping, warp_mode = undoable("warping"), undoable("warp_mode")
    pitch_coarse, pitch_fine = undoable("pitch_coarse"), undoable("pitch_fine")

    def __init__(
        self, world: World, song: Any, *, path: str, frames: int, rate: float, start: float, length: float,
        session: bool = False, markers: Sequence[tuple[float, float]] = (), warping: bool = True,
        markers_in_frames: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(world, song, start=start, length=length, session=session, audio=True)
        self._file_path, self._sample_length, self._sample_rate = path, frames, rate
        self._warping, self._warp_mode, self._pitch_coarse, self._pitch_fine = warping, 0, 0, 0.0
        self._gain_db = 0.0
        self._markers = list(markers)
        self._scale = rate if markers_in_frames else 1.0
        if not warping:
            # Markers and loop are seconds then.
            self._end_marker = self._loop_end = frames / rate

    @property
    def warp_markers(self) -> list[WarpMarker]:
        return [WarpMarker(s * self._scale, b) for s, b in self._markers]

    @property
    def gain_display_string(self) -> str:
        return "-inf dB" if self._gain_db == float("-inf") else f"{self._gain_db:.1f} dB"

    # The truth that the tests compare with; no part of Live's interface.

    def _second_of_beat(self, beat: float) -> float:
        """Straight lines through the warp markers, by the two that stand nearest around ``beat``."""
        marks = sorted(self._markers, key=lambda m: m[1])
        right = next((i for i, m in enumerate(marks) if m[1] > beat), len(marks) - 1)
        right = max(1, right)
        (s0, b0), (s1, b1) = marks[right - 1], marks[right]
        return s0 + (s1 - s0) * (beat - b0) / (b1 - b0)

    def source_second(self, beat: float) -> float | None:
        """The second of the file that sounds at a beat of the Arrangement (of the slot's own time in the Session)."""
        since = beat - self._start_time
        if not 0 <= since < self._end_time - self._start_time:
            return None
        if not self._warping:
            rate = 2 ** ((self._pitch_coarse + self._pitch_fine / 100) / 12)
            start_s, now_s = self._song._seconds(self._start_time), self._song._seconds(beat)
            return float(self._start_marker + (now_s - start_s) * rate)
        position = self._start_marker + since
        if self._looping and self._start_marker < self._loop_end <= position:
            position = self._loop_start + (position - self._loop_end) % (self._loop_end - self._loop_start)
        return self._second_of_beat(position)
