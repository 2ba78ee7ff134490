"""The data between the stages.

Parts with their candidates, what a transcriber heard, and the score of an item.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bridge.music.general_midi import Instrument, instrument_of
from bridge.music.groove import Groove
from bridge.music.harmony import Chord, Key, Section
from bridge.music.notes import MIX, STEM_ROLES, Bend, Note
from bridge.music.tempo import TempoMap

CANDIDATE_REASONS = ("below_threshold", "doubtful_onset", "duplicate", "spurious", "harmonic", "bleed", "removed")
"""Reasons to leave a note out: the network was not sure enough of it or of its onset, it is another note's double,
nobody played it, it is a partial of a lower note, it leaked from another part, or a person removed it."""


@dataclass(frozen=True, slots=True, order=True)
class Candidate:
    """A note that was heard and left out.

    A person can take it back.

    Raises:
        ValueError: a reason outside :data:`CANDIDATE_REASONS`.
    """

    note: Note
    reason: str

    def __post_init__(self) -> None:
        if self.reason not in CANDIDATE_REASONS:
            raise ValueError(f'no reason to leave a note out: "{self.reason}"')


@dataclass(frozen=True, slots=True)
class Part:
    """The notes of one instrument: one track in the DAW."""

    id: str
    """Unique in the item, such as "bass" or "other/strings"; key of the preview, of edits and of tracks."""
    stem: str
    """The source it was heard in: a stem, or "mix"."""
    instrument: Instrument
    notes: tuple[Note, ...] = ()
    """Sorted."""
    bends: tuple[Bend, ...] = ()
    """Only of monophonic parts; sorted by time."""
    candidates: tuple[Candidate, ...] = ()
    """Notes that were left out, sorted."""
    pieces: Mapping[int, str] = field(default_factory=dict)
    """Of drums: the name of what each key strikes, such as "open hat"."""

    @property
    def name(self) -> str:
        """Name of the track."""
        return self.instrument.name

    @property
    def program(self) -> int:
        """General MIDI program, or the kit on the drum channel."""
        return self.instrument.program

    @property
    def family(self) -> str:
        """Row of the tables of colours and sounds."""
        return self.instrument.family

    @property
    def is_drums(self) -> bool:
        """Return whether it belongs on the drum channel."""
        return self.instrument.is_drums

    @property
    def role(self) -> str:
        """The nearest of :data:`~bridge.music.STEM_ROLES`, for tables that know no more; else a stem's own name."""
        known = next((name for name in (self.family, self.stem) if name in STEM_ROLES), None)
        return known or ("other" if self.stem == MIX else self.stem)


@dataclass(frozen=True, slots=True)
class Transcription:
    """One part or several, as a transcriber heard them."""

    parts: tuple[Part, ...] = ()
    warnings: tuple[str, ...] = ()
    """Sentences for the user."""

    @classmethod
    def single(
        cls,
        stem: str,
        notes: Sequence[Note],
        bends: Sequence[Bend] = (),
        warnings: Sequence[str] = (),
        candidates: Sequence[Candidate] = (),
    ) -> Transcription:
        """Return a transcription of one part that has the name and the instrument of its stem."""
        part = Part(stem, stem, instrument_of(stem), tuple(notes), tuple(bends), tuple(candidates))
        return cls((part,), tuple(warnings))


@dataclass(frozen=True, slots=True)
class Score:
    """All parts of an item with its tempo map and its harmony."""

    parts: tuple[Part, ...]
    length_s: float
    tempo: TempoMap = field(default_factory=TempoMap)
    warnings: tuple[str, ...] = ()
    keys: tuple[Key, ...] = ()
    """From the first beat to the last; several where the key changes."""
    chords: tuple[Chord, ...] = ()
    sections: tuple[Section, ...] = ()
    groove: Groove = field(default_factory=Groove)
    hidden: tuple[Part, ...] = ()
    """Parts without notes, kept for their candidates; they get no track."""

    @property
    def key(self) -> str | None:
        """The key that holds longest, such as "F# minor"; None where there is none."""
        spans: dict[str, float] = {}
        for key in self.keys:
            spans[key.name] = spans.get(key.name, 0.0) + key.offset_s - key.onset_s
        return max(spans, key=lambda name: spans[name]) if spans else None
