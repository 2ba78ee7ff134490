"""Clean-up of what the engines heard, before it becomes a score: pure functions on notes.

The rules are applied in this order, each where it is meant for:

1. doubles of one key become one note (all parts);
2. ghosts, harmonics that were taken for notes, and bleeding from other stems go (pitched parts);
3. a key that is struck again ends first (all parts).

What they do to the evaluation set (melody on bass and vocals, Basic Pitch on other; bass, other, pitched and
pitched_off 0.794, 0.631, 0.723, 0.358 without any): harmonics other 0.632; bleeding other 0.632, bass 0.793;
doubles, ghosts and ends nothing. The engines' own thresholds leave them little to do there, so all are set to
spare what may be played; they guard looser settings, other engines and MIDI itself, which cannot hold doubles.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from bridge.music.notes import Note, Transcription
from bridge.score.cleanup.bleed import without_bleed
from bridge.score.cleanup.spurious import without_ghosts, without_harmonics

DOUBLE_S = 0.03
"""Two onsets of one key in one part within this are one: at 16 notes a second they lie 62 ms apart."""
SHORTEST_S = 0.01
"""What is left of a note that is cut must last this long, else it goes: no sampler sounds anything shorter."""


def clean(transcriptions: Mapping[str, Transcription]) -> dict[str, Transcription]:
    """The transcriptions by role without what cannot be meant; the same roles, bends and warnings.

    Velocities of all parts are taken on one scale, level over the mix, as the engines give them.
    """
    notes = {role: without_doubles(t.notes) for role, t in transcriptions.items()}
    pitched = {role: n for role, n in notes.items() if role != "drums"}
    for role, found in pitched.items():
        pitched[role] = without_harmonics(without_ghosts(found))
    notes |= without_bleed(pitched)
    return {role: replace(t, notes=tuple(without_overlaps(notes[role]))) for role, t in transcriptions.items()}


def without_doubles(notes: Iterable[Note]) -> list[Note]:
    """Notes of one key that begin within :data:`DOUBLE_S` become one, as long and as loud as the most of them."""
    out: list[Note] = []
    last: dict[int, int] = {}
    for note in sorted(notes):
        at = last.get(note.pitch)
        if at is not None and note.onset_s - out[at].onset_s < DOUBLE_S:
            out[at] = _joined(out[at], note)
        else:
            last[note.pitch] = len(out)
            out.append(note)
    return out


def without_overlaps(notes: Sequence[Note]) -> list[Note]:
    """A note ends at the latest where its key is struck again, else MIDI would end both at the first offset."""
    out: list[Note] = []
    following: dict[int, float] = {}
    for note in sorted(notes, reverse=True):
        end = min(note.offset_s, following.get(note.pitch, note.offset_s))
        if end == note.offset_s or end - note.onset_s >= SHORTEST_S:
            out.append(replace(note, offset_s=end))
        following[note.pitch] = note.onset_s
    return out[::-1]


def _joined(a: Note, b: Note) -> Note:
    return Note(
        a.onset_s,
        max(a.offset_s, b.offset_s),
        a.pitch,
        max(a.velocity, b.velocity),
        max(a.confidence, b.confidence),
    )
