"""Render clips of whole bands and keep what the band nets hear in them, with whose each note is.

    python -m training.band.heard OUT --font fluid=A.sf2 --font gus=B.sf2 --songs DIR --first 30000 --clips 600

The clips are those of training.band.clips; OUT/<number>.npz holds the notes (n, 4: onset s, offset s, pitch, velocity),
what is known of each (the fields of Evidence) and truth (n, FAMILIES): the share of each family in the note, 0 where it
is nobody's, and part. Clips of numbers that training.band.clips was not asked for are heard as strangers.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from dataclasses import fields, replace
from pathlib import Path

import numpy as np

from bridge.note_maps.features import RATE
from bridge.score.instruments.evidence import Evidence
from bridge.score.perceptron import DATA
from bridge.transcribers.band.decode import notes_of
from bridge.transcribers.band.listen import BandNets
from training.band.arrange import band_of
from training.band.clips import COLUMNS, Studio, add_sources, open_sources, played, use_rate
from training.band.evaluate import written
from training.band.families import FAMILIES
from training.band.studio import mastered
from training.notes.songs import load_songs
from training.plan import clip_plan

NEAR_S = 0.05
"""As score.py pairs notes."""


def owners(notes: np.ndarray, truth: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Shares of families (n, FAMILIES) and part (n,) of heard notes: of truth notes of their pitch within NEAR_S."""
    shares, part = np.zeros((len(notes), len(FAMILIES)), np.float32), np.full(len(notes), -1)
    family = truth[:, COLUMNS.index("family")].astype(int)
    for i, (onset_s, _, pitch, _) in enumerate(notes):
        mine = np.flatnonzero((truth[:, 2] == pitch) & (np.abs(truth[:, 0] - onset_s) <= NEAR_S))
        if len(mine):
            np.add.at(shares[i], family[mine], 1 / len(mine))
            part[i] = truth[rng.choice(mine), COLUMNS.index("part")]
    return shares, part


def hear(number: int, out: Path, studio: Studio, songs: list[list], nets: BandNets) -> None:
    """Render and hear one clip, unless it is there already."""
    target = out / f"{number:05d}.npz"
    if target.exists():
        return
    rng, plan = np.random.default_rng([47, number]), clip_plan(number)
    stems, truth = played(band_of(plan, songs, rng), studio, rng)
    if not truth:
        return
    mix = mastered(sum(stems.values()), rng)
    with tempfile.TemporaryDirectory() as folder:
        audio = written(mix.T, RATE, Path(folder) / "mix.wav")
        notes, who = notes_of(nets.listen(audio, audio.rms, "mix"))
    if not notes:
        return
    rows = np.array([(n.onset_s, n.offset_s, n.pitch, n.velocity) for n in notes], np.float32)
    known = {f.name: getattr(who, f.name) for f in fields(who)}
    shares, part = owners(rows, np.concatenate(list(truth.values())), rng)
    temporary = target.with_suffix(".tmp.npz")
    np.savez_compressed(temporary, notes=rows, truth=shares, part=part, **known)
    temporary.rename(target)


def load(path: Path) -> tuple[np.ndarray, Evidence, np.ndarray]:
    """Notes, what is known of them, and whose they are."""
    with np.load(path) as z:
        who = Evidence(**{f.name: z[f.name] for f in fields(Evidence)})
        return z["notes"], replace(who, onset_s=z["notes"][:, 0].astype(np.float64)), z["truth"]


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    add_sources(parser)
    parser.add_argument("--nets", type=Path, default=DATA)
    parser.add_argument("--first", type=int, default=30000)
    parser.add_argument("--clips", type=int, default=600)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    use_rate()
    studio, nets = open_sources(args), BandNets(args.nets, None)
    songs = [load_songs(s) for s in args.songs]
    begun = time.process_time()
    for count, number in enumerate(range(args.first, args.first + args.clips), 1):
        hear(number, args.out, studio, songs, nets)
        if count % 20 == 0:
            print(number, f"{(time.process_time() - begun) / count:.2f} s a clip", flush=True)


if __name__ == "__main__":
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    main()
