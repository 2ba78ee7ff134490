"""How right chords and keys are on songs kept apart, with mir_eval: heard with simulated errors, beats known.

python -m training.harmony.evaluate CORPUS_APART.npz [--made 60]
"""

from __future__ import annotations

import argparse
from pathlib import Path

import mir_eval
import numpy as np

from bridge.music.harmony import QUALITIES, SHARPS
from bridge.score.harmony.chords import find_chords
from bridge.score.harmony.keys import find_keys
from bridge.score.sections import find_sections
from training.beat.corpus import FIRST_KEPT_APART, read_songs
from training.harmony.songs import Harmonised, made, of_mma
from training.harmony.train import heard
from training.notes.accompany import BARS, SECTIONS, grooves

DIATONIC = (0, 2, 4, 5, 7, 9, 11)
MEASURES = ("root", "majmin", "mirex", "sevenths", "thirds")


def truth_of(item: Harmonised) -> tuple[np.ndarray, list[str]]:
    """Intervals in beats and labels in Harte's notation; X where the chord is not known."""
    labels = ["X" if c is None else f"{SHARPS[c[0]]}:{c[1]}" for c in item.chords]
    return np.array([[i, i + 1] for i in range(len(labels))], dtype=float), labels


def clean_notes(item: Harmonised) -> np.ndarray:
    """The pitched notes as written, times in beats."""
    rows = item.song.notes[[item.song.kinds[int(p)] != "drums" for p in item.song.notes[:, 4]]]
    return np.stack([rows[:, 0], rows[:, 0] + rows[:, 1], rows[:, 2], rows[:, 3] / 127], 1)


def scores_of(item: Harmonised, rng: np.random.Generator, *, clean: bool) -> dict[str, float]:
    """mir_eval's figures of a song."""
    notes = heard(item, rng)
    if clean:
        notes = clean_notes(item)
    bars = [int(b) for b in item.song.downbeats if b < len(item.chords)]
    found = find_chords(notes, np.arange(len(item.chords) + 1, dtype=float), bars)
    spans, labels = truth_of(item)
    said = np.array([[c.onset_s, c.offset_s] for c in found])
    figures = mir_eval.chord.evaluate(spans, labels, said, [c.harte for c in found])
    return {name: figures[name] for name in MEASURES}


def signature_of(item: Harmonised) -> int | None:
    """The only key signature, in fifths, whose seven notes hold all chords; None where several or none do."""
    classes = {(c[0] + step) % 12 for c in item.chords if c for step in QUALITIES[c[1]][0]}
    fitting = [f for f in range(-5, 7) if classes <= {(f * 7 + s) % 12 for s in DIATONIC}]
    return fitting[0] if len(fitting) == 1 else None


def has_right_signature(item: Harmonised) -> bool:
    """Whether the key that holds longest has the song's signature."""
    notes = clean_notes(item)
    beats = np.arange(len(item.chords) + 1, dtype=float)
    chords = find_chords(notes, beats, [int(b) for b in item.song.downbeats if b < len(item.chords)])
    longest = max(find_keys(notes, beats, chords), key=lambda k: k.offset_s - k.onset_s)
    return (longest.fifths - (signature_of(item) or 0)) % 12 == 0


def section_scores(item: Harmonised) -> tuple[float, float, float]:
    """mir_eval's precision, recall and F of the cuts within half a bar; the truth changes groove and chords at them."""
    bars = item.song.downbeats[: BARS * SECTIONS + 1].astype(float)
    rows = item.song.notes
    drums = np.array([item.song.kinds[int(p)] == "drums" for p in rows[:, 4]])
    notes = np.stack([rows[:, 0], rows[:, 0] + rows[:, 1], rows[:, 2], rows[:, 3] / 127], 1)
    found = find_sections(notes[~drums], notes[drums], bars)
    said = np.array([[s.onset_s, s.offset_s] for s in found])
    true = np.array([[bars[BARS * i], bars[BARS * (i + 1)]] for i in range(SECTIONS)])
    near = float(bars[1] - bars[0]) / 2
    precision, recall, f = mir_eval.segment.detection(true, said, window=near, trim=True)
    return precision, recall, f


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--made", type=int, default=40)
    args = parser.parse_args()
    names, rng = grooves(), np.random.default_rng(2)
    accompanied = [i for s in read_songs(args.corpus) if s.name.isdigit() and (i := of_mma(s, names)) is not None]
    own = [made(FIRST_KEPT_APART + n) for n in range(args.made)]
    own = [i for i in own if "other" in i.song.kinds and any(i.chords)]
    for name, items in (("MMA", accompanied), ("made up", own)):
        for clean in (True, False):
            rows = [scores_of(i, rng, clean=clean) for i in items]
            means = "  ".join(f"{m} {np.mean([r[m] for r in rows]):.3f}" for m in MEASURES)
            print(f"{name:8} {len(items):3d} songs, {'notes as written' if clean else 'heard with errors'}: {means}")
    known = [i for i in own if signature_of(i) is not None]
    print(
        f"key signature right in {np.mean([has_right_signature(i) for i in known]):.3f} of {len(known)} made-up songs"
    )
    cuts = np.mean([section_scores(i) for i in accompanied], axis=0)
    print(f"cuts of sections, {len(accompanied)} of MMA: precision {cuts[0]:.3f} recall {cuts[1]:.3f} F {cuts[2]:.3f}")


if __name__ == "__main__":
    main()
