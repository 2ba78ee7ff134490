"""Show the first net the rendered clips and keep what the second one learns from: crops of onsets, with their truth.

    python -m training.band.cache ITEMS OUT --trunk trunk.onnx [--follow]

OUT/<item>.npz: crops (n, CHANNELS, STEPS) float16, pitch, onset probability, real (the onset is a note's), family
shares (n, 11), part (-1 none), program, source, when (frame); missed: truth notes that no onset was near. --follow
waits for new items until a file OUT/stop appears.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import openvino

from bridge.audio.peaks import between_frames
from bridge.note_maps.decode import onset_peaks
from bridge.note_maps.features import FLOOR_DB, FPS, HOP
from bridge.transcribers.band.crops import BEFORE, LOW, STEPS, crops
from training.band.families import FAMILIES
from training.band.players import SAMPLES
from training.notes.dataset import STEP_DB

MARGIN = 40
"""Frames of silence around a clip: as far as the first net looks."""
CLIP_WINDOW = (SAMPLES // HOP + 1) // 2 * 2 + 2 * MARGIN
"""Frames of the first net's input, so that a clip takes one run."""
MIN_ONSET = 0.2
"""Onset probability of a candidate."""
MAX_CANDIDATES = 72
"""Onsets kept of an item, drawn so that quiet parts are not drowned."""
NEAR_S = 0.05


class Trunk:
    """The first net in OpenVINO, over a whole item."""

    def __init__(self, path: Path, threads: int = 1) -> None:
        """Compile it."""
        core = openvino.Core()
        self._net = core.compile_model(
            str(path), "CPU", {"INFERENCE_NUM_THREADS": threads, "INFERENCE_PRECISION_HINT": "f32"}
        )

    def __call__(self, mid: np.ndarray, role: int) -> tuple[np.ndarray, np.ndarray]:
        """Maps (4, frames, 88) and hidden (96, frames / 2, 88) of (frames, BINS) dB, as many frames as a clip has."""
        one = np.zeros((1, 3), np.float32)
        one[0, role] = 1
        padded = np.pad(mid, ((MARGIN, CLIP_WINDOW - MARGIN - len(mid)), (0, 0)), constant_values=FLOOR_DB)
        out = self._net([padded[None], one])
        inside = slice(MARGIN, MARGIN + len(mid))
        return out[0][0, :, inside], out[1][0, :, inside.start // 2 : inside.stop // 2]


def candidates(onset: np.ndarray, least: float = MIN_ONSET) -> np.ndarray:
    """(n, 2) frame and key of the onset map's peaks."""
    found = [(f, k) for k in range(onset.shape[1]) for f in onset_peaks(onset[:, k], least)]
    return np.array(found, np.int64).reshape(-1, 2)


def matched(found: np.ndarray, onset: np.ndarray, notes: np.ndarray) -> list[list[int]]:
    """For each candidate the truth notes of its pitch within NEAR_S; a note belongs to its nearest candidate."""
    out: list[list[int]] = [[] for _ in found]
    times = np.array([between_frames(onset[:, k], f) / FPS for f, k in found])
    for i, note in enumerate(notes):
        same = np.flatnonzero(found[:, 1] == round(note[2]) - LOW)
        if len(same):
            j = same[np.abs(times[same] - note[0]).argmin()]
            if abs(times[j] - note[0]) <= NEAR_S:
                out[j].append(i)
    return out


def cached(item: Path, out: Path, trunk: Trunk, rng: np.random.Generator) -> None:
    """Write the crops of one item; nothing of one without onsets."""
    with np.load(item) as z:
        mid, place, notes, role = z["mid"], z["place"], z["notes"], int(z["role"])
    mid = mid.astype(np.float32) * STEP_DB + FLOOR_DB
    maps, hidden = trunk(mid, min(role, 2))
    found = candidates(maps[0])
    if not len(found):
        return
    belongs = matched(found, maps[0], notes)
    hit = {i for b in belongs for i in b}
    part = np.array([int(notes[rng.choice(b), 6]) if b else -1 for b in belongs])
    _, which, count = np.unique(part, return_inverse=True, return_counts=True)
    weight = 1 / np.sqrt(count[which])
    pick = np.sort(rng.choice(len(found), min(MAX_CANDIDATES, len(found)), replace=False, p=weight / weight.sum()))
    pick = pick[(found[pick, 0] // 2 + STEPS - BEFORE < len(mid) // 2 + STEPS)]
    shares = np.zeros((len(pick), len(FAMILIES)), np.float32)
    program, source = np.full(len(pick), -1), np.full(len(pick), -1)
    for row, i in enumerate(pick):
        for j in belongs[i]:
            shares[row, int(notes[j, 5])] += 1 / len(belongs[i])
            program[row], source[row] = int(notes[j, 4]), int(notes[j, 7])
    temporary = out / f"{item.stem}.tmp"
    with temporary.open("wb") as file:
        np.savez(
            file,
            crops=crops(mid, place.astype(np.float32) / 127, maps, hidden, found[pick]).astype(np.float16),
            pitch=found[pick, 1] + LOW,
            onset=maps[0][found[pick, 0], found[pick, 1]],
            real=shares.sum(1) > 0,
            family=shares,
            part=part[pick],
            program=program,
            source=source,
            when=found[pick, 0],
            missed=len(notes) - len(hit),
            role=role,
        )
    temporary.rename(out / f"{item.stem}.npz")


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("items", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--trunk", type=Path, required=True)
    parser.add_argument("--follow", action="store_true")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    trunk, begun, count = Trunk(args.trunk), time.process_time(), 0
    while not (args.out / "stop").exists():
        waiting = [
            p
            for p in sorted(args.items.glob("[0-9]*[a-z].npz"))
            if ".tmp" not in p.name and not p.name.endswith("_voice.npz") and not (args.out / p.name).exists()
        ]
        # In any order, so that several processes may share the work.
        for i in np.random.default_rng().permutation(len(waiting)):
            path = waiting[i]
            if (args.out / path.name).exists():
                continue
            cached(path, args.out, trunk, np.random.default_rng(int(path.name[:5])))
            count += 1
            if count % 20 == 0:
                print(count, f"{(time.process_time() - begun) / count:.2f} s an item", flush=True)
        if not args.follow:
            return
        time.sleep(5)


if __name__ == "__main__":
    main()
