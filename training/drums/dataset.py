"""Features and targets of the rendered clips, kept on disk.

    python -m training.drums.dataset CACHE --drums DRUMS_DIR [--pitched DIR] [--separated DIR]

Three kinds of sound for one truth: `clean` (the kit alone), `separated` (the drum stem that the real
separator made of kit and band) and `mix` (kit and band). Each is brought to the level the engine
works at, by the level of the whole mix. `bleed` holds the features of the band alone, without truth.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile

from bridge.transcribers.drums.features import FRAMES_PER_S, MIX_RMS, spectra
from bridge.transcribers.drums.peaks import CLASSES, HALF_WIDTH
from training.drums.classes import is_validation
from training.plan import clip_plan
from training.separate import MIX_LEVEL_DB, WITHOUT_DRUMS, mixed, parts_of

ROUND = 30
"""Files made before looking again for stems, which come slowly and are worth most."""
MANY_DRUMS = 10_000
"""From this number on clips have drums only."""


def read(path: Path) -> np.ndarray:
    """Mono (frames,) of a file."""
    return np.asarray(soundfile.read(path, dtype="float32", always_2d=True)[0].mean(1))


def _features(audio: np.ndarray, mix: np.ndarray) -> np.ndarray:
    rms = math.sqrt(float((mix**2).mean()))
    return spectra((audio * (MIX_RMS / max(rms, 1e-4))).astype(np.float32)).astype(np.float16)


def targets(truth: np.ndarray, frames: int, frames_per_s: float = FRAMES_PER_S) -> tuple[np.ndarray, np.ndarray]:
    """Onset triangles and velocities, both (frames, classes) float32, of truth rows (s, class, velocity)."""
    onset = np.zeros((frames, len(CLASSES)), np.float32)
    velocity = np.zeros((frames, len(CLASSES)), np.float32)
    for when, kind, loud in truth:
        centre = when * frames_per_s
        for frame in range(max(0, math.ceil(centre - HALF_WIDTH)), min(frames, math.floor(centre + HALF_WIDTH) + 1)):
            height = 1 - abs(frame - centre) / HALF_WIDTH
            if height > onset[frame, int(kind)]:
                onset[frame, int(kind)] = height
                velocity[frame, int(kind)] = loud
    return onset, velocity


def _keep(path: Path, make: Callable[[], np.ndarray | None]) -> int:
    if path.exists():
        return 0
    value = make()
    if value is None:
        return 0
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".part.npy")
    np.save(partial, value)
    partial.rename(path)
    return 1


def without_drums(number: int) -> bool:
    """Whether `training.separate` mixes this clip without its drums: its first draw for the clip."""
    return bool(np.random.default_rng([clip_plan(number).seed, 99]).random() < WITHOUT_DRUMS)


def _band(number: int, drums: Path, pitched: Path) -> tuple[np.ndarray, np.ndarray] | None:
    """The mix that the separator was given, and the same without its drums, both mono."""
    rng = np.random.default_rng([clip_plan(number).seed, 99])
    parts = parts_of(number, drums, pitched, rng)
    if parts is None:
        return None
    whole = mixed(parts, rng)
    rng = np.random.default_rng([clip_plan(number).seed, 99])
    rest = {s: x for s, x in (parts_of(number, drums, pitched, rng) or {}).items() if s != "drums"}
    return whole.mean(0), mixed(rest, rng).mean(0) if rest else np.zeros(whole.shape[1])


def _clean(cache: Path, path: Path) -> int:
    return _keep(cache / "clean" / f"{path.stem}.npy", lambda: _features(*[read(path)] * 2))


def _mix(cache: Path, path: Path, drums: Path, pitched: Path) -> int:
    if (cache / "mix" / f"{path.stem}.npy").exists():
        return 0
    sums = _band(int(path.stem), drums, pitched)
    if sums is None:
        return 0
    _keep(cache / "bleed" / f"{path.stem}.npy", lambda: _features(sums[1], sums[1]))
    return _keep(cache / "mix" / f"{path.stem}.npy", lambda: _features(sums[0], sums[0]))


def _separated(cache: Path, stem: Path) -> int:
    # The stems were written for a mix of this level.
    level = np.array([10 ** (MIX_LEVEL_DB / 20)])
    return _keep(cache / "separated" / f"{stem.parent.name}.npy", lambda: _features(read(stem), level))


def build(cache: Path, drums: Path, pitched: Path | None, separated: Path | None) -> int:
    """Make what is missing, stems and the newest clips first, at most ROUND files; the number of new files."""
    made = 0
    for done in sorted(separated.glob("*/done")) if separated else []:
        made += _separated(cache, done.parent / "drums.flac")
    for path in sorted(drums.glob("*.flac"), reverse=True):
        made += _clean(cache, path)
        # A third of the clips as whole mixes is plenty beside the stems, and each costs as much to make.
        wanted = int(path.stem) < MANY_DRUMS and (int(path.stem) % 3 == 0 or is_validation(int(path.stem)))
        if pitched and wanted:
            made += _mix(cache, path, drums, pitched)
        if made >= ROUND:
            break
    return made


def main() -> None:
    """Build the cache."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cache", type=Path)
    parser.add_argument("--drums", type=Path, required=True)
    parser.add_argument("--pitched", type=Path)
    parser.add_argument("--separated", type=Path)
    parser.add_argument("--follow", action="store_true", help="go on as other programs write clips")
    args = parser.parse_args()
    while True:
        made = build(args.cache, args.drums, args.pitched, args.separated)
        print(made, "new feature files", flush=True)
        if not made:
            if not args.follow:
                break
            time.sleep(20)


if __name__ == "__main__":
    main()
