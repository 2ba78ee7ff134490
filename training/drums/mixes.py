"""Whole mixes as features: drums with a band on their own beat, and again with another's, mastered.

    python -m training.drums.mixes CACHE --drums DRUMS_DIR --bank BANK_DIR --font A.sf2 [--font B.sf3]
        --held-font C.sf2 --songs DIR [--songs DIR] [--first 0] [--count 600]

Clip N writes CACHE/clean/N.npy (the drums), CACHE/bleed/N.npy (its band alone, on their beat) and DRUMS_DIR/N.npy (the
truth): `training.drums.batches` lays pieces of the two over each other at any level, which costs nothing. One clip in
FOURTH, and each for validation, is mixed as sound as well: CACHE/mix/N.npy with its own band, CACHE/mix/(N + OTHER).npy
with another's. Where `training.drums.dataset.without_drums` says so, the band is alone there. Validation clips play the
held-out kits, with bands of the held-out font. A clip costs three seconds of a core; no sound file is written.
"""

from __future__ import annotations

import argparse
import math
import zlib
from collections import deque
from pathlib import Path

import numpy as np

from bridge.transcribers.drums.features import MIX_RMS, spectra
from training.drums.bands import Orchestra, band
from training.drums.batches import drum_gain
from training.drums.bus import band_limit, compress, tilt
from training.drums.classes import is_validation
from training.drums.dataset import without_drums
from training.drums.render import clip
from training.notes.songs import load_songs
from training.plan import clip_plan

Rng = np.random.Generator
OTHER = 20_000
"""Added to a clip's number for its mix with another clip's band."""
FOURTH = 4
"""One clip in so many is mixed as sound: the band's and the drums' phases, and the master, are in it."""
REMEMBERED = 24
"""Bands of earlier clips that a mix may take."""


def _rms(x: np.ndarray) -> float:
    return math.sqrt(float((x**2).mean()))


def limited(x: np.ndarray, rng: Rng) -> np.ndarray:
    """(frames, 1) driven into a limiter as finished songs are, by up to 10 dB over its peaks."""
    drive = 10 ** (rng.uniform(-4, 10) / 20) / (float(np.abs(x).max()) + 1e-9)
    return np.asarray(np.tanh(x * drive) / drive)


def mastered(x: np.ndarray, rng: Rng) -> np.ndarray:
    """Mono (frames,) through a random mastering chain."""
    y = x[:, None]
    if rng.random() < 0.4:
        y = tilt(y, rng, 2.0)
    if rng.random() < 0.4:
        y = compress(y, rng)
    if rng.random() < 0.5:
        y = limited(y, rng)
    if rng.random() < 0.15:
        y = band_limit(y, rng)
    return np.asarray(y[:, 0])


def mixed(drums: np.ndarray, rest: np.ndarray, rng: Rng) -> np.ndarray:
    """Drums and band, each (frames,), at levels drawn at random, mastered."""
    level, beside = _rms(drums), _rms(rest)
    gain = drum_gain(rng) * beside / level if min(level, beside) > 1e-6 else 1
    return mastered(rest + gain * drums, rng)


def features(x: np.ndarray) -> np.ndarray:
    """What the net hears of a whole recording."""
    return spectra((x * (MIX_RMS / max(_rms(x), 1e-4))).astype(np.float32)).astype(np.float16)


def write_clip(number: int, args: argparse.Namespace, players: dict[bool, Orchestra], songs: list, heard: dict) -> None:
    """All files of a clip, unless the last of them is there."""
    done = args.cache / "clean" / f"{number:05d}.npy"
    if done.exists():
        return
    rng = np.random.default_rng([clip_plan(number).seed, zlib.crc32(b"mixes")])
    audio, truth = clip(number, args.bank)
    drums, held = audio.mean(1), is_validation(number)
    rest = band(clip_plan(number), players[held], songs, rng)
    heard[held].append(rest)
    for folder in ("mix", "clean", "bleed"):
        (args.cache / folder).mkdir(parents=True, exist_ok=True)
    if number // 2 % FOURTH == 0 or held:
        another = np.roll(heard[held][int(rng.integers(len(heard[held])))], int(rng.integers(len(rest))))
        for mix, beside in ((number, rest), (number + OTHER, another)):
            np.save(args.drums / f"{mix:05d}.npy", truth)
            quiet = np.zeros_like(drums) if without_drums(mix) else drums
            np.save(args.cache / "mix" / f"{mix:05d}.npy", features(mixed(quiet, beside, rng)))
    np.save(args.drums / f"{number:05d}.npy", truth)
    np.save(args.cache / "bleed" / f"{number:05d}.npy", features(mastered(rest, rng)))
    np.save(done, features(drums))


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cache", type=Path)
    parser.add_argument("--drums", type=Path, required=True)
    parser.add_argument("--bank", type=Path, required=True)
    parser.add_argument("--font", type=Path, action="append", required=True)
    parser.add_argument("--held-font", type=Path, action="append", required=True)
    parser.add_argument("--songs", type=Path, action="append", default=[])
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--count", type=int, default=600)
    parser.add_argument("--step", type=int, default=1, help="every STEP-th clip, for several processes")
    args = parser.parse_args()
    args.drums.mkdir(parents=True, exist_ok=True)
    players = {False: Orchestra(args.font), True: Orchestra(args.held_font)}
    songs = [load_songs(folder) for folder in args.songs]
    heard: dict[bool, deque] = {False: deque(maxlen=REMEMBERED), True: deque(maxlen=REMEMBERED)}
    for number in range(args.first, args.first + args.count, args.step):
        write_clip(number, args, players, songs, heard)
        if number % 20 == 19:
            print(number, flush=True)


if __name__ == "__main__":
    main()
