"""The bass line that a separator left in "other", where nobody looks for it, goes to the bass part.

HTDemucs knows basses by their sound: an upright, a synthesiser's or a soundfont's may end up in "other" for the most
part. Then the bass stem holds only a trace of the low end that a band has. Of 44 rendered songs with a bass, five were
so: their bass part went from F 0.24 to 0.62 by this, and the other parts from 0.67 to 0.66; of seven with drums and no
bass none was taken for such.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from bridge.audio.recording import Recording
from bridge.music.notes import Bend, Note
from bridge.music.parts import Part
from bridge.units import gain_to_db

LOW_END_HZ = 120.0
"""Below this lie the fundamentals of a bass up to the twelfth fret of its second string, and little of anything else
but the kick, which has a stem of its own."""
MISSING_DB, TRACE_DB = 6.0, 45.0
"""A bass stem with this much less of a low end than "other" lacks the bass, and one with so much less that not even a
trace is left is of a song that has none. Where a bass was where it belongs, it had as much or more, up to 30 dB; where
it was not, "other" had 8 to 34 dB more, and where there was none, 53 and 54 dB."""
FEWER = 16
"""Samples that become one before the spectrum is taken, ten times as fast: at 44.1 kHz only what lies above 2.6 kHz
folds onto the low end, 27 dB weaker."""
MIN_HITS_PER_S = 0.5
"""Fewer drums than this are no rhythm section: the low line of a piano or guitar alone belongs to its own part."""
MAX_PITCH = 52
"""MIDI pitch, E3; a low line above it is rarely a bass."""
TOGETHER_S = 0.03
"""Onsets this close are one chord, of which only the lowest can be the bass."""
MOVED = 'The bass was in the stem "other", so its lowest line was put into the part Bass.'


def recover_bass(parts: Sequence[Part], stems: Mapping[str, Recording]) -> tuple[tuple[Part, ...], list[str]]:
    """Return the parts, with the lowest line of "other" in the bass part where the bass stem lacks the bass.

    Args:
        parts: as they were heard.
        stems: recording by name.

    Returns:
        The parts, and the sentence for the user where anything was moved.
    """
    drums, bass = _only(parts, "drums"), _only(parts, "bass")
    others = [p for p in parts if p.stem == "other" and not p.is_drums]
    if drums is None or bass is None or not others or not {"drums", "bass", "other"} <= set(stems):
        return tuple(parts), []
    if not _has_rhythm_section(drums, stems["drums"]):
        return tuple(parts), []
    line = lowest_line([n for p in others for n in p.notes], bass.notes)
    if not line or not _lacks_its_bass(stems["bass"], stems["other"]):
        return tuple(parts), []
    return with_bass_line(parts, line), [MOVED]


def with_bass_line(parts: Sequence[Part], line: Sequence[Note]) -> tuple[Part, ...]:
    """Return the parts with the notes of ``line`` moved from the stem "other" to the part of the stem "bass"."""
    moved = set(line)
    arranged = []
    for part in parts:
        if part.stem == "other" and not part.is_drums:
            part = replace(part, notes=tuple(n for n in part.notes if n not in moved))
        elif part.stem == "bass":
            # Where a part is bent, each note begins with its own bend.
            bends = [*part.bends, *(Bend(n.onset_s, 0.0) for n in line)] if part.bends else []
            part = replace(part, notes=tuple(sorted([*part.notes, *line])), bends=tuple(sorted(bends)))
        arranged.append(part)
    return tuple(arranged)


def _only(parts: Sequence[Part], stem: str) -> Part | None:
    """Return the only part of a stem, None where there is none or several."""
    matching = [part for part in parts if part.stem == stem]
    return matching[0] if len(matching) == 1 else None


def _has_rhythm_section(drums: Part, stem: Recording) -> bool:
    return len(drums.notes) >= MIN_HITS_PER_S * stem.length_s


def _lacks_its_bass(bass: Recording, other: Recording) -> bool:
    return MISSING_DB <= gain_to_db(low_end(other)) - gain_to_db(low_end(bass)) <= TRACE_DB


def low_end(stem: Recording) -> float:
    """Amplitude of what lies below :data:`LOW_END_HZ`, without the offset: the root of its energy."""
    total = 0.0
    for block in stem.blocks():
        count = block.shape[1] // FEWER
        if count:
            spectrum = np.fft.rfft(block.mean(0)[: count * FEWER].reshape(-1, FEWER).mean(1))
            low = spectrum[1 : round(LOW_END_HZ * FEWER * count / stem.rate)]
            total += float(np.vdot(low, low).real) / count
    return math.sqrt(total)


def lowest_line(notes: Sequence[Note], bass: Sequence[Note]) -> list[Note]:
    """Those of the notes up to :data:`MAX_PITCH`, sorted, under which nothing sounds, nor any note of the bass."""
    coming = sorted([(n.onset_s, n.offset_s, n.pitch) for n in notes] + [(n.onset_s, n.offset_s, -1) for n in bass])
    line: list[Note] = []
    sounding: list[tuple[float, int]] = []
    i = 0
    for note in sorted(notes):
        at_s = note.onset_s + TOGETHER_S
        while i < len(coming) and coming[i][0] <= at_s:
            sounding.append(coming[i][1:])
            i += 1
        sounding = [(offset_s, pitch) for offset_s, pitch in sounding if offset_s > at_s]
        if note.pitch <= MAX_PITCH and all(pitch >= note.pitch for _, pitch in sounding):
            line.append(note)
    return line
