"""All songs of training in one file, so that a run starts at once.

python -m training.beat.corpus CORPUS.npz --songs OPENMSX --songs MMA --made 1200 [--kept-apart]
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

from training.beat.compose import song
from training.beat.songs import Song, load_songs

FIRST_KEPT_APART = 100_000
"""Made-up songs from this number on are never trained on."""


def save_songs(songs: list[Song], path: Path) -> None:
    """Write the corpus."""
    arrays: dict[str, np.ndarray] = {}
    about = []
    for i, s in enumerate(songs):
        arrays[f"notes{i}"], arrays[f"bars{i}"] = s.notes.astype(np.float32), s.downbeats
        about.append([s.name, s.kinds, s.bpm, s.own_bpm, s.swung])
    np.savez_compressed(path, about=json.dumps(about), **arrays)


def read_songs(path: Path) -> list[Song]:
    """What :func:`save_songs` wrote."""
    with np.load(path, allow_pickle=False) as file:
        about = json.loads(str(file["about"]))
        return [
            Song(name, file[f"notes{i}"].astype(float), tuple(kinds), file[f"bars{i}"], tuple(bpm), own, swung)
            for i, (name, kinds, bpm, own, swung) in enumerate(about)
        ]


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--songs", type=Path, action="append", default=[])
    parser.add_argument("--made", type=int, default=1200)
    parser.add_argument("--kept-apart", action="store_true")
    args = parser.parse_args()
    songs = [s for folder in args.songs for s in load_songs(folder, kept_apart=args.kept_apart)]
    first = FIRST_KEPT_APART if args.kept_apart else 0
    songs += [song(n) for n in range(first, first + args.made)]
    save_songs(songs, args.corpus)
    print(len(songs), "songs")


if __name__ == "__main__":
    main()
