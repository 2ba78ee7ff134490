"""How right the beats are on songs kept apart, by the product's own tracker, heard with simulated errors.

python -m training.beat.evaluate CORPUS_APART.npz [--count 150]
"""

from __future__ import annotations

import argparse
import warnings
from collections import defaultdict
from pathlib import Path

import mir_eval
import numpy as np

from bridge.music.tempo import TempoMap
from bridge.score.beat.hints import Hints
from bridge.score.beat.tracker import beat_map
from bridge.score.notation.bars import bars_of
from bridge.score.notation.bars import beats_of as counted_beats
from training.beat.corpus import read_songs
from training.beat.hear import EXCERPT_S, example
from training.beat.songs import Song

NEAR_S = 0.3
"""Beats of the map this far outside the true ones belong to silence and do not count."""


def beats_of(tempo: TempoMap, truth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Beats and bar lines of a map, as far as the truth reaches."""
    counted, marks = counted_beats(bars_of(tempo, float(truth[-1]) + NEAR_S))
    times = np.array([tempo.to_s(q) for q in counted])
    inside = (times > truth[0] - NEAR_S) & (times < truth[-1] + NEAR_S)
    first = np.isin(np.arange(len(times)), marks)
    return times[inside], times[inside & first]


def scores(tempo: TempoMap, beats: np.ndarray, downbeats: np.ndarray) -> tuple[float, float]:
    """mir_eval's F of beats and of bar lines, within 70 ms."""
    found, bars = beats_of(tempo, beats)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return mir_eval.beat.f_measure(beats, found), mir_eval.beat.f_measure(downbeats, bars)


def kinds_of(song: Song, beats: np.ndarray) -> list[str]:
    """Under which names a song's figures are counted."""
    source = "made" if song.name.startswith("made") else "mma" if song.name.isdigit() else "openmsx"
    sizes = np.diff(song.downbeats)
    metre = f"{int(np.bincount(sizes).argmax())} beats"
    return ["all", source, metre, f"{60 / float(np.median(np.diff(beats))) // 40 * 40:03.0f} bpm"]


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--count", type=int, default=150)
    parser.add_argument("--seed", type=int, default=5)
    args = parser.parse_args()
    rng, songs = np.random.default_rng(args.seed), read_songs(args.corpus)
    rows: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for i in range(args.count):
        song = songs[i % len(songs)]
        heard = example(song, rng)
        if len(heard.beat_times_s) < 12 or len(heard.downbeat_times_s) < 2:
            continue
        tempo = beat_map(heard.strength, heard.heard, EXCERPT_S, Hints())
        figures = scores(tempo, heard.beat_times_s, heard.downbeat_times_s)
        for name in [*kinds_of(song, heard.beat_times_s), "certain" if tempo.confident else "uncertain"]:
            rows[name].append(figures)
    for name, figures in sorted(rows.items()):
        beat, down = np.array(figures).T
        good = (beat > 0.95).mean()
        print(f"{name:10} {len(figures):4d}  beat {beat.mean():.3f} (> .95: {good:.2f})  downbeat {down.mean():.3f}")


if __name__ == "__main__":
    main()
