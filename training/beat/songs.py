"""Songs as notes in beats, with their bar lines: MIDI files of OpenMSX and of MMA."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pretty_midi

KINDS = ("drums", "bass", "other")
KEPT_APART = (
    *("keep_on_rolling", "busy_schedule", "modern_motion", "harp_harmony", "mighty_giant_run", "the_fast_route"),
    *("ttsong_iii_imuh3", "linns_basket", "moo_redfarn", "boogi_marabi_redfarn", "no_work_song_redfarn"),
)
"""Songs of OpenMSX that are never trained on: the evaluation's three and eight to check with."""
DOUBTFUL = ("5432gone_redfarn", "careless_perc_redfarn", "the_hobo_redfarn", "chuggachugga")
"""Songs whose notated metre or tempo is not what one hears."""
BASSES = range(32, 40)


@dataclass(frozen=True, slots=True)
class Song:
    """Notes and bar lines in counted beats."""

    name: str
    notes: np.ndarray
    """(notes, 5): onset and length in beats, pitch, velocity 1..127, part."""
    kinds: tuple[str, ...]
    """Of each part: drums, bass or other."""
    downbeats: np.ndarray
    """(bars,) beat numbers of the bar lines, the last one where the song ends."""
    bpm: tuple[float, float]
    """Tempo range in which its beat is the beat."""
    own_bpm: float | None = None
    """As it was written."""
    swung: bool = False
    """Whether its beats are divided in three, so that no swing may be added."""


def load_songs(folder: Path, *, kept_apart: bool = False) -> list[Song]:
    """The usable songs of a folder, those of training or those kept apart."""
    songs = []
    for path in sorted(folder.glob("*.mid")):
        apart = path.stem in KEPT_APART or (path.stem.isdigit() and int(path.stem) % 10 == 9)
        if apart is kept_apart and path.stem not in DOUBTFUL:
            song = load_song(path, of_mma=path.stem.isdigit())
            if song is not None:
                songs.append(song)
    return songs


def load_song(path: Path, *, of_mma: bool = False) -> Song | None:
    """One MIDI file; None where its bars cannot be counted."""
    midi = pretty_midi.PrettyMIDI(str(path))
    rows, kinds = [], []
    for instrument in midi.instruments:
        if not instrument.notes:
            continue
        pitches = [n.pitch for n in instrument.notes]
        low = instrument.program in BASSES or float(np.mean(pitches)) < 44
        for n in instrument.notes:
            on, off = (midi.time_to_tick(t) / midi.resolution for t in (n.start, n.end))
            rows.append((on, max(0.05, off - on), n.pitch, n.velocity, len(kinds)))
        kinds.append("drums" if instrument.is_drum else "bass" if low else "other")
    notes = np.array(sorted(rows))
    end = float(notes[:, 0].max()) + 1
    signs = [(midi.time_to_tick(s.time) / midi.resolution, s.numerator, s.denominator) for s in
             midi.time_signature_changes] or [(0.0, 4, 4)]  # fmt: skip
    if of_mma:
        return _mma_song(path.stem, notes, kinds, signs, end)
    if any(d != 4 for _, _, d in signs):
        return None
    own = float(np.median(midi.get_tempo_changes()[1]))
    return Song(path.stem, notes, tuple(kinds), _bars(signs, end), (own * 0.75, own * 1.33), own)


def _bars(signs: list[tuple[float, int, int]], end: float) -> np.ndarray:
    marks: list[float] = []
    for i, (start, beats, _) in enumerate(signs):
        last = signs[i + 1][0] if i + 1 < len(signs) else end + beats
        marks += list(np.arange(start, last - 0.5, beats))
    return np.round(np.array(marks)).astype(np.int64)


def _mma_song(
    name: str, notes: np.ndarray, kinds: list[str], signs: list[tuple[float, int, int]], end: float
) -> Song | None:
    """Sixteen bars a section; in compound metres MMA counts the eighths, and the beat is three of them."""
    eighths = {d for _, _, d in signs}
    if eighths == {4}:
        return Song(name, notes, tuple(kinds), _bars(signs, end), (40, 240))
    if len(eighths) > 1 or len({n for _, n, _ in signs}) > 1 or signs[0][1] % 3:
        return None
    beats = signs[0][1]
    if abs(end - 48 * beats) > beats:
        return None
    scaled = notes.copy()
    scaled[:, :2] /= 3
    return Song(
        name, scaled, tuple(kinds), np.arange(0, end / 3 + 2, beats // 3).astype(np.int64), (40, 150), swung=True
    )
