"""What a project holds. Every object a script can hold on to is a ``Handle``."""

from __future__ import annotations

import itertools
import uuid
from dataclasses import dataclass, field
from typing import Any, ClassVar

from tests.reaper_sim.midi_events import MidiData

_serials = itertools.count(1)


def new_guid() -> str:
    """A GUID in the braces REAPER writes."""
    return "{" + str(uuid.uuid4()).upper() + "}"


@dataclass(eq=False, kw_only=True)
class Handle:
    """An object that scripts point at; ``alive`` turns false when REAPER would free it."""

    kind: ClassVar[str] = "userdata"
    serial: int = field(default_factory=lambda: next(_serials))
    alive: bool = True
    guid: str = field(default_factory=new_guid)
    ext: dict[str, str] = field(default_factory=dict)
    values: dict[str, float] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"userdata: 0x{0x55000000 + self.serial * 64:012x}"


@dataclass(eq=False, kw_only=True)
class Source(Handle):
    """Where a take's content comes from; a SECTION stands before its parent."""

    kind: ClassVar[str] = "PCM_source"
    type: str = "EMPTY"
    path: str = ""
    parent: Source | None = None
    section_start_s: float = 0.0
    section_length_s: float = 0.0
    reverse: bool = False
    midi: MidiData | None = None
    offline: bool = False
    offline_by_focus: bool = False


@dataclass(kw_only=True)
class Point:
    """One point of an envelope."""

    time: float
    value: float
    shape: int = 0
    tension: float = 0.0
    selected: bool = False


@dataclass(eq=False, kw_only=True)
class Envelope(Handle):
    """An automation curve of a track, take or FX parameter."""

    kind: ClassVar[str] = "TrackEnvelope"
    name: str = ""
    tag: str = ""
    points: list[Point] = field(default_factory=list)
    parent: Any = None
    fx_param: tuple[int, int] | None = None
    active: bool = True
    visible: bool = True
    armed: bool = False
    default: float = 1.0
    automation: list[dict[str, float]] = field(default_factory=list)


@dataclass(eq=False, kw_only=True)
class Fx(Handle):
    """One plug-in in a chain."""

    name: str = ""
    ident: str = ""
    params: list[list[Any]] = field(default_factory=list)
    """[name, value, minimum, maximum] each."""
    config: dict[str, str] = field(default_factory=dict)
    enabled: bool = True
    offline: bool = False
    instrument: bool = False
    open: bool = False
    preset: str = ""
    chunk: tuple[str, ...] = ()


@dataclass(eq=False, kw_only=True)
class Take(Handle):
    """One take of an item."""

    kind: ClassVar[str] = "MediaItem_Take"
    name: str = ""
    item: Any = None
    source: Source | None = None
    stretch: list[list[float]] = field(default_factory=list)
    """[position in the take, position in the source, slope] each."""
    markers: list[list[Any]] = field(default_factory=list)
    """[position in the source, name, colour] each."""
    envelopes: list[Envelope] = field(default_factory=list)
    fx: list[Fx] = field(default_factory=list)


@dataclass(eq=False, kw_only=True)
class Item(Handle):
    """A media item on a track."""

    kind: ClassVar[str] = "MediaItem"
    track: Any = None
    takes: list[Take | None] = field(default_factory=list)
    notes: str = ""

    @property
    def start(self) -> float:
        """Seconds from the project's start."""
        return self.values["D_POSITION"]

    @property
    def length(self) -> float:
        """Seconds."""
        return self.values["D_LENGTH"]

    @property
    def active_take(self) -> Take | None:
        """The take that sounds; None where the item or the lane is empty."""
        index = int(self.values["I_CURTAKE"])
        return self.takes[index] if 0 <= index < len(self.takes) else None


@dataclass(kw_only=True)
class Send:
    """Audio and MIDI from one track to another, or to hardware (``target`` None)."""

    source: Any
    target: Any
    values: dict[str, float] = field(default_factory=dict)
    ext: dict[str, str] = field(default_factory=dict)


@dataclass(eq=False, kw_only=True)
class Track(Handle):
    """A track, or the master track."""

    kind: ClassVar[str] = "MediaTrack"
    name: str = ""
    master: bool = False
    items: list[Item] = field(default_factory=list)
    fx: list[Fx] = field(default_factory=list)
    rec_fx: list[Fx] = field(default_factory=list)
    envelopes: list[Envelope] = field(default_factory=list)
    strings: dict[str, str] = field(default_factory=dict)


@dataclass(kw_only=True)
class Marker:
    """A marker, or with ``end`` a region."""

    id: int
    position: float
    end: float | None = None
    name: str = ""
    color: int = 0
    guid: str = field(default_factory=new_guid)


@dataclass(kw_only=True)
class TempoMarker:
    """A tempo or time signature change; numerator 0 keeps the signature."""

    time: float
    bpm: float
    numerator: int = 0
    denominator: int = 0
    linear: bool = False
    guid: str = field(default_factory=new_guid)


@dataclass(eq=False, kw_only=True)
class Project(Handle):
    """Everything in one project tab."""

    kind: ClassVar[str] = "ReaProject"
    path: str = ""
    bpm: float = 120.0
    signature: tuple[int, int] = (4, 4)
    tracks: list[Track] = field(default_factory=list)
    master: Track = field(default_factory=lambda: Track(master=True, name="MASTER"))
    sends: list[Send] = field(default_factory=list)
    markers: list[Marker] = field(default_factory=list)
    tempo: list[TempoMarker] = field(default_factory=list)
    cursor: float = 0.0
    time_selection: tuple[float, float] = (0.0, 0.0)
    loop: tuple[float, float] = (0.0, 0.0)
    repeat: bool = False
    play_state: int = 0
    state: dict[tuple[str, str], tuple[str, str, str]] = field(default_factory=dict)
    """(section, key) in lower case -> section, key, value as written."""
    info: dict[str, float] = field(default_factory=dict)
    info_text: dict[str, str] = field(default_factory=dict)
    grid: tuple[float, int, float] = (1.0, 0, 0.0)
    view: tuple[float, float] = (0.0, 60.0)
    notes: str = ""
    change_count: int = 0
    dirty: bool = False

    def all_items(self) -> list[Item]:
        """Track by track, on each by position."""
        return [item for track in self.tracks for item in track.items]
