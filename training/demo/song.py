"""The notes of the demo song: ten bars in D minor, 100 BPM, for drums, bass, electric piano and a voice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

BEAT_S = 0.6
"""Seconds a beat: 100 BPM."""
BAR = 4.0
"""Beats a bar."""
START_S = 0.25
"""Seconds before the first beat, so that its attack is whole."""
END_S = START_S + 10 * BAR * BEAT_S + 1.0
"""Length of the file; the last chord rings out."""
LOOSE_S = 0.004
"""Standard deviation of a player's timing, as good studio players have it."""

BARS = ("Dm", "Bb", "F", "C", "Dm", "Bb", "F", "C", "Gm", "End")
"""The chord of each bar."""
CHORDS = {
    "Dm": (57, 62, 65, 69),
    "Bb": (58, 62, 65, 70),
    "F": (57, 60, 65, 69),
    "C": (55, 60, 64, 67),
    "Gm": (58, 62, 67, 70),
    "End": (57, 62, 65, 69),
}
"""Voicing of the electric piano, MIDI pitches; neighbours share tones."""
ROOTS = {"Dm": 38, "Bb": 34, "F": 41, "C": 36, "Gm": 31, "End": 38}
"""Lowest note of the bass, MIDI pitch."""
BASS = ((0.0, 0.9, 0), (1.0, 0.4, 0), (1.5, 0.9, 0), (2.5, 0.4, 12), (3.0, 0.45, 7), (3.5, 0.45, 0))
"""(beat, beats, semitones above the root) of a bar."""
PIANO = ((0.0, 1.4), (1.5, 0.9), (2.5, 1.3))
"""(beat, beats) of a bar."""
MELODY = (
    ((0, 1.5, 69), (1.5, 0.5, 67), (2, 1, 65), (3, 1, 67)),
    ((0, 2.5, 65), (3, 0.5, 62), (3.5, 0.5, 64)),
    ((0, 1.5, 65), (1.5, 0.5, 67), (2, 1, 69), (3, 1, 72)),
    ((0, 3.3, 67),),
    ((0, 1, 74), (1, 0.5, 72), (1.5, 0.5, 69), (2, 1.5, 72), (3.5, 0.5, 69)),
    ((0, 1.5, 70), (1.5, 0.5, 69), (2, 1.7, 65)),
    ((0, 1, 69), (1, 0.5, 67), (1.5, 0.5, 65), (2, 1, 67), (3, 1, 69)),
    ((0, 2.5, 67), (3, 0.5, 64), (3.5, 0.5, 67)),
    ((0, 1.5, 70), (1.5, 0.5, 69), (2, 1, 67), (3, 1, 64)),
    ((0, 3.4, 62),),
)
"""(beat, beats, MIDI pitch) per bar."""
GROOVE = (
    *((beat, "kick", level) for beat, level in ((0.0, 112), (1.75, 78), (2.5, 100))),
    *((beat, "snare", 108) for beat in (1.0, 3.0)),
    *((k / 2, "hihat", 88 if k % 2 == 0 else 62) for k in range(8)),
)
"""(beat, drum, velocity) of a bar."""
FILL = (
    (2.0, "snare", 84), (2.25, "snare", 94), (2.5, "tom_high", 98), (2.75, "tom_high", 90),
    (3.0, "tom_mid", 102), (3.25, "tom_mid", 92), (3.5, "tom_low", 108), (3.75, "tom_low", 100),
)  # fmt: skip
"""What replaces the second half of bars 4 and 8."""
CRASHES = (0, 4, 8, 9)
"""Bars that open with a crash cymbal."""


@dataclass(frozen=True, slots=True)
class Event:
    """One played note."""

    part: str
    """"drums", "bass", "piano" or "voice"."""
    onset_s: float
    offset_s: float
    pitch: int
    """MIDI pitch; 0 for drums."""
    velocity: int
    drum: str = ""


def song(rng: np.random.Generator) -> list[Event]:
    """All notes, sorted by onset, with a player's small liberties."""
    events = [*_drums(rng), *_pitched("bass", _bass(), rng), *_pitched("piano", _piano(), rng)]
    events += _pitched("voice", _voice(), rng)
    return sorted(events, key=lambda e: e.onset_s)


def _bass() -> Iterator[tuple[float, float, int, int]]:
    for bar, chord in enumerate(BARS):
        last = chord == "End"
        for beat, beats, above in ((0.0, 3.4, 0),) if last else BASS:
            # The octave over a high root would leave the bass's range.
            step = 7 if above == 12 and ROOTS[chord] > 38 else above
            yield bar * BAR + beat, beats, ROOTS[chord] + step, 104 if beat == 0 else 90


def _piano() -> Iterator[tuple[float, float, int, int]]:
    for bar, chord in enumerate(BARS):
        for beat, beats in ((0.0, 3.4),) if chord == "End" else PIANO:
            for pitch in CHORDS[chord]:
                yield bar * BAR + beat, beats, pitch, 88 if beat == 0 else 74


def _voice() -> Iterator[tuple[float, float, int, int]]:
    for bar, notes in enumerate(MELODY):
        for beat, beats, pitch in notes:
            yield bar * BAR + beat, beats * 0.96, pitch, 92 + (beats >= 1.5) * 8


def _pitched(part: str, notes: Iterator[tuple[float, float, int, int]], rng: np.random.Generator) -> Iterator[Event]:
    for beat, beats, pitch, velocity in notes:
        onset_s = START_S + beat * BEAT_S + rng.normal(0, LOOSE_S)
        yield Event(part, onset_s, onset_s + beats * BEAT_S, pitch, _human(velocity, rng))


def _drums(rng: np.random.Generator) -> Iterator[Event]:
    for bar, chord in enumerate(BARS):
        for beat, drum, velocity in _bar_of_drums(bar, chord):
            onset_s = START_S + (bar * BAR + beat) * BEAT_S + rng.normal(0, LOOSE_S / 2)
            yield Event("drums", onset_s, onset_s + 0.05, 0, _human(velocity, rng), drum)


def _bar_of_drums(bar: int, chord: str) -> Iterator[tuple[float, str, int]]:
    crash = bar in CRASHES
    if crash:
        yield 0.0, "crash", 110
    if chord == "End":
        yield 0.0, "kick", 116
        return
    filled = bar in (3, 7)
    for beat, drum, velocity in GROOVE:
        if (filled and beat >= 2.0) or (crash and drum == "hihat" and beat == 0):
            continue
        opens = bar % 2 and not filled and drum == "hihat" and beat == 3.5
        yield beat, "hihat_open" if opens else drum, velocity
    if filled:
        yield from FILL


def _human(velocity: int, rng: np.random.Generator) -> int:
    return int(np.clip(round(velocity + rng.normal(0, 4)), 1, 127))
