"""Write the shipped files of the semitone net.

    python -m training.drums.semitones.tune RUN/average.pt --data DATA --start bridge/data/drums.onnx
        --out bridge/data --share mix=0.5 --share =0.3 [--most 60]

writes `semitones.onnx` and `semitones.json` beside the other nets' `drums.onnx` and `drums.json`: the shares of the
net's log-odds by role, how much later than theirs its peaks come, and the thresholds and lateness of what it alone
knows, from held-out clips.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from bridge.note_maps.features import FLOOR_DB, FPS
from bridge.transcribers.drums.features import FRAMES_PER_S
from bridge.transcribers.drums.kit import APART_S
from bridge.transcribers.drums.peaks import CLASSES, SHARED, group_hits
from bridge.transcribers.drums.semitones import between
from training.drums.semitones.batches import Clip, Clips
from training.drums.semitones.net import SEMITONES, SemitoneDrumNet, load, moved
from training.drums.tune import GRID, f_measure, matched_counts
from training.drums.weights import read_nets
from training.notes.dataset import STEP_DB

SURE = 0.2
"""No lower threshold: a stroke that nobody made is worse than one that is missing from the page."""
OWN = ("tambourine", "shaker", "cowbell")
"""Groups of one class, which the other nets do not know."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A held-out clip as the net hears it."""

    strokes: np.ndarray
    answer: np.ndarray
    """(frames, 2, classes), at the drum nets' frames."""

    def onsets(self, name: str) -> np.ndarray:
        """The true onsets of a class, seconds."""
        return np.unique(self.strokes[self.strokes[:, 1] == CLASSES.index(name), 0]).astype(float)

    def found(self, name: str, threshold: float) -> np.ndarray:
        """The onsets of a class that are heard."""
        column = [CLASSES.index(name)]
        onset, velocity = self.answer[:, 0, column], self.answer[:, 1, column]
        return np.array([h.onset_s for h in group_hits((name,), onset, velocity, threshold, APART_S.get(name, 0.05))])


@torch.no_grad()
def heard(net: nn.Module, clip: Clip) -> Heard:
    """What the net answers to a whole clip."""
    sound = torch.from_numpy(clip.sound.astype(np.float32) * STEP_DB + FLOOR_DB)
    answer = torch.sigmoid(net(sound[None]))[0].numpy()
    when = np.arange(int(len(answer) / FPS * FRAMES_PER_S)) / FRAMES_PER_S
    return Heard(clip.strokes, between(answer, when * FPS))


def curve(clips: Sequence[Heard], name: str) -> dict[float, float]:
    """F of a class by threshold."""
    return {
        t: f_measure(np.sum([matched_counts(c.onsets(name), c.found(name, t)) for c in clips], axis=0)) for t in GRID
    }


def by_role(entries: Sequence[str]) -> dict[str, float]:
    """The numbers of ROLE=NUMBER."""
    return {role: float(number) for role, number in (entry.split("=") for entry in entries)}


def export(net: SemitoneDrumNet, out: Path) -> str:
    """Write the ONNX file, with the net's sigmoid; its SHA-256."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            nn.Sequential(net, nn.Sigmoid()).eval(),
            (torch.zeros(1, 256, SEMITONES),),
            str(out / "semitones.onnx"),
            input_names=["semitones"],
            output_names=["strokes"],
            dynamic_axes={"semitones": {1: "frames"}, "strokes": {1: "frames"}},
            dynamo=False,
        )
    return hashlib.sha256((out / "semitones.onnx").read_bytes()).hexdigest()


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--start", type=Path, required=True, help="the drums.onnx that the run began with")
    parser.add_argument("--net", type=int, default=1)
    parser.add_argument("--towards", type=Path, help="the checkpoint that the run began with")
    parser.add_argument("--part", type=float, default=0.4, help="how far back to it the weights move, 0 to 1")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--share", action="append", default=[], help="ROLE=SHARE; no role for any other")
    parser.add_argument("--faint", action="append", default=[], help="ROLE=PROBABILITY, the same way")
    parser.add_argument("--later-s", type=float, default=0.0)
    parser.add_argument("--most", type=int, default=60, help="held-out clips of each kind")
    args = parser.parse_args()
    torch.set_num_threads(1)
    net = load(args.checkpoint, read_nets(args.start)[args.net])
    if args.towards:
        net = moved(net, load(args.towards, read_nets(args.start)[args.net]), args.part)
    clips = Clips(args.data, validation=True)
    data = [heard(net, clip) for clip in (*clips.mixes[: args.most], *clips.drums[: args.most])]
    curves = {name: curve(data, name) for name in CLASSES[SHARED:]}
    best = {name: max(of.values()) for name, of in curves.items()}
    middle = {name: np.mean([t for t, f in of.items() if f > best[name] - 0.005]) for name, of in curves.items()}
    description = {
        "shares": by_role(args.share),
        "faint": by_role(args.faint),
        "later_s": args.later_s,
        "thresholds": {name: round(max(SURE, float(middle[name])), 3) for name in OWN},
        "late_s": dict.fromkeys(CLASSES[SHARED:], 0.0),
        "held_out_f": {name: round(f, 3) for name, f in best.items()},
        "sha256": export(net, args.out),
    }
    (args.out / "semitones.json").write_text(json.dumps(description, indent=1) + "\n")
    print(json.dumps(description, indent=1))


if __name__ == "__main__":
    main()
