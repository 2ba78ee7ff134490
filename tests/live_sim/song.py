"""The Set: tracks, slots, scenes, the view, the tempo."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

from tests.live_sim.clip import AudioClip, Clip
from tests.live_sim.objects import LiveObject, World, read_only, undoable

MAX_BEAT = 1576800.0
PALETTE_STEP = 0x11
"""The palette of the simulation: a grid of colours; Live's own has 70."""
DEVICES = ("Drift", "Operator", "Wavetable", "Analog", "Electric", "Tension", "Simpler", "Drum Rack", "Reverb")
"""Native devices that a script was seen to insert (facts.md a.6)."""


class Device(LiveObject):
    """A device on a track."""

    def __init__(self, world: World, name: str) -> None:
        super().__init__(world)
        self.name = name


class ClipSlot(LiveObject):
    """A slot of the Session."""

    def __init__(self, world: World, song: Song, track: Track) -> None:
        super().__init__(world)
        self._song, self._track, self._clip = song, track, None

    @property
    def has_clip(self) -> bool:
        return self._clip is not None

    @property
    def clip(self) -> Clip | None:
        return self._clip

    def create_clip(self, length: float) -> Clip:
        if self._clip is not None or not self._track._midi or length <= 0:
            raise RuntimeError("A clip can be created in an empty slot of a MIDI track only")
        self._put(Clip(self._world, self._song, start=0.0, length=length, session=True, audio=False))
        assert self._clip is not None
        return self._clip

    def delete_clip(self) -> None:
        if self._clip is None:
            raise RuntimeError("The slot is empty")
        before = self._clip
        self._set("_clip", None)
        before._die()

    def _put(self, clip: Clip) -> None:
        clip._parent = self
        self._set("_clip", clip)

    @property
    def canonical_parent(self) -> Track:
        return self._track


class Track(LiveObject):
    """An audio or MIDI track."""

    name, mute, solo = undoable("name"), undoable("mute"), undoable("solo")
    has_midi_input, is_frozen, group_track = read_only("midi"), read_only("frozen"), read_only("group")
    is_foldable = read_only("foldable")

    def __init__(self, world: World, song: Song, name: str, *, midi: bool) -> None:
        super().__init__(world)
        self._song, self._name, self._midi, self._mute, self._solo = song, name, midi, False, False
        self._color, self._frozen, self._group, self._foldable = 0x333333, False, None, False
        self._clips: list[Clip] = []
        self._devices: list[Device] = []
        self._data: dict[str, Any] = {}
        self._slots = [ClipSlot(world, song, self) for _ in song._scenes]

    @property
    def has_audio_input(self) -> bool:
        return not self._midi

    @property
    def color(self) -> int:
        return self._color

    @color.setter
    def color(self, value: int) -> None:
        self._set("_color", self._song._snapped(value))

    @property
    def arrangement_clips(self) -> tuple[Clip, ...]:
        return tuple(sorted(self._clips, key=lambda c: c._start_time))

    @property
    def clip_slots(self) -> tuple[ClipSlot, ...]:
        return tuple(self._slots)

    @property
    def devices(self) -> tuple[Device, ...]:
        return tuple(self._devices)

    def create_midi_clip(self, start_time: float, length: float) -> Clip:
        if self._frozen or not self._midi:
            raise RuntimeError("A MIDI clip can be created on an unfrozen MIDI track only")
        if not 0 <= start_time <= MAX_BEAT or length <= 0:
            raise RuntimeError("Invalid position")
        clip = Clip(self._world, self._song, start=start_time, length=length, session=False, audio=False)
        clip._parent = self
        self._set("_clips", [*self._clips, clip])
        return clip

    def duplicate_clip_to_arrangement(self, clip: Clip, destination_time: float) -> Clip:
        length = clip._end_marker - clip._start_marker
        made = Clip(self._world, self._song, start=destination_time, length=length, session=False, audio=False)
        made._notes, made._name, made._color = list(clip._notes), clip._name, clip._color
        made._parent = self
        self._set("_clips", [*self._clips, made])
        return made

    def delete_clip(self, clip: Clip) -> None:
        self._set("_clips", [c for c in self._clips if c is not clip])
        clip._die()

    def insert_device(self, device_name: str, device_index: int = -1) -> Device:
        if device_name not in DEVICES:
            raise RuntimeError("Failed to insert device")
        return self._add(device_name)

    def _add(self, name: str) -> Device:
        device = Device(self._world, name)
        self._set("_devices", [*self._devices, device])
        if name == "Drum Rack":
            # A rack renames a track that still has Live's own name, and here every track, to be on the safe side.
            self._set("_name", f"{self._song._tracks.index(self) + 1}-{name}")
        return device

    def get_data(self, key: str, default_value: Any) -> Any:
        return self._data.get(key, default_value)

    def set_data(self, key: str, value: Any) -> None:
        self._set("_data", {**self._data, key: value})


class View(LiveObject):
    """What is selected."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.detail_clip: Clip | None = None
        self._selected: Track | None = None

    @property
    def selected_track(self) -> Track | None:
        return self._selected

    @selected_track.setter
    def selected_track(self, track: Track | None) -> None:
        if track is not None and track == None:  # noqa: E711  a deleted object equals None
            raise RuntimeError("Invalid object reference")
        self._selected = track


class Song(LiveObject):
    """A Set."""

    name, file_path = read_only("name"), read_only("file_path")
    tempo = undoable("tempo")
    signature_numerator, signature_denominator = undoable("numerator"), undoable("denominator")

    def __init__(self, world: World, path: str = "", scenes: int = 8) -> None:
        super().__init__(world)
        self._file_path, self._name, self._tempo = path, "Set", 120.0
        self._numerator, self._denominator = 4, 4
        self._scenes: list[object] = [object() for _ in range(scenes)]
        self._tracks: list[Track] = []
        self.view = View(world)
        self.loop, self.loop_start, self.loop_length = False, 0.0, 4.0
        self._tempo_points: list[tuple[float, float]] = []
        state = SimpleNamespace(automation_state=0)
        self.master_track = SimpleNamespace(mixer_device=SimpleNamespace(song_tempo=state))

    @property
    def tracks(self) -> tuple[Track, ...]:
        return tuple(self._tracks)

    @property
    def scenes(self) -> tuple[object, ...]:
        return tuple(self._scenes)

    def begin_undo_step(self) -> None:
        self._world.begin()

    def end_undo_step(self) -> None:
        self._world.end()

    def undo(self) -> None:
        self._world.undo()

    def create_midi_track(self, index: int | None = None) -> Track:
        at = len(self._tracks) if index is None or index == -1 else index
        if not 0 <= at <= len(self._tracks):
            raise RuntimeError("Invalid track index")
        track = Track(self._world, self, f"{at + 1}-MIDI", midi=True)
        self._insert(at, track)
        return track

    def delete_track(self, index: int) -> None:
        track = self._tracks[index]
        self._set("_tracks", [t for t in self._tracks if t is not track])
        track._die()
        self._world.change(track._revive)

    def create_scene(self, index: int) -> object:
        del index
        self._set("_scenes", [*self._scenes, object()])
        for track in self._tracks:
            track._set("_slots", [*track._slots, ClipSlot(self._world, self, track)])
        return self._scenes[-1]

    def _insert(self, at: int, track: Track) -> None:
        before = self._tracks

        def back() -> None:
            object.__setattr__(self, "_tracks", before)
            track._die()

        self._world.change(back)
        self._tracks = [*before[:at], track, *before[at:]]

    def _snapped(self, color: int) -> int:
        parts = [round((color >> shift & 0xFF) / PALETTE_STEP) * PALETTE_STEP for shift in (16, 8, 0)]
        return parts[0] << 16 | parts[1] << 8 | parts[2]

    # What a test sets up; no part of Live's interface.

    def _add_audio_track(self, name: str) -> Track:
        track = Track(self._world, self, name, midi=False)
        self._tracks.append(track)
        return track

    def _add_audio(self, track: Track, clip: AudioClip, scene: int | None = None) -> AudioClip:
        clip._parent = track if scene is None else track._slots[scene]
        if scene is None:
            track._clips.append(clip)
        else:
            object.__setattr__(track._slots[scene], "_clip", clip)
        return clip

    def _duplicate_track(self, track: Track) -> Track:
        """As the user does: a copy right below, with the script's own data in it."""
        made = Track(self._world, self, track._name, midi=track._midi)
        made._data, made._color = dict(track._data), track._color
        for clip in track._clips:
            copy = Clip(
                self._world, self, start=clip._start_time, length=clip._end_time - clip._start_time, session=False,
                audio=False,
            )  # fmt: skip
            copy._notes, copy._parent = list(clip._notes), made
            made._clips.append(copy)
        self._insert(self._tracks.index(track) + 1, made)
        return made

    def _automate_tempo(self, points: Sequence[tuple[float, float]]) -> None:
        """(beat, BPM), held; the tempo that the interface shows is that of the first."""
        self._tempo_points = list(points)
        self._tempo = points[0][1]
        self.master_track.mixer_device.song_tempo.automation_state = 1

    def _seconds(self, beat: float) -> float:
        """The true time of a beat."""
        points = self._tempo_points or [(0.0, self._tempo)]
        total = 0.0
        for number, (start, bpm) in enumerate(points):
            end = points[number + 1][0] if number + 1 < len(points) else beat
            if beat > start:
                total += (min(beat, end) - start) * 60 / bpm
        return total
