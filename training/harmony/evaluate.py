"""How right chords and keys are on songs kept apart, with mir_eval: heard with simulated errors, beats known.

python -m training.harmony.evaluate CORPUS_APART.npz [--made 60]
"""

from __future__ import annotations

import argparse
from pathlib import Path

import mir_eval
import numpy as np

from bridge.music.harmony import SHARPS
from bridge.score.harmony.chords import find_chords
from training.beat.corpus import FIRST_KEPT_APART, read_songs
from training.harmony.songs import Harmonised, made, of_mma
from training.harmony.train import heard
from training.notes.accompany import grooves

MEASURES = ("root", "majmin", "mirex", "sevenths", "thirds")


def truth_of(item: Harmonised) -> tuple[np.ndarray, list[str]]:
    """Intervals in beats and labels in Harte's notation; X where the chord is not known."""
    labels = ["X" if c is None else f"{SHARPS[c[0]]}:{c[1]}" for c in item.chords]
    return np.array([[i, i + 1] for i in range(len(labels))], dtype=float), labels


def scores_of(item: Harmonised, rng: np.random.Generator, *, clean: bool) -> dict[str, float]:
    """mir_eval's figures of a song."""
    notes = heard(item, rng)
    if clean:
        rows = item.song.notes[[item.song.kinds[int(p)] != "drums" for p in item.song.notes[:, 4]]]
        notes = np.stack([rows[:, 0], rows[:, 0] + rows[:, 1], rows[:, 2], rows[:, 3] / 127], 1)
    bars = [int(b) for b in item.song.downbeats if b < len(item.chords)]
    found = find_chords(notes, np.arange(len(item.chords) + 1, dtype=float), bars)
    spans, labels = truth_of(item)
    said = np.array([[c.onset_s, c.offset_s] for c in found])
    figures = mir_eval.chord.evaluate(spans, labels, said, [c.harte for c in found])
    return {name: figures[name] for name in MEASURES}


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


if __name__ == "__main__":
    main()
