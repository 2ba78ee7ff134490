"""Tune thresholds and timing on the held-out kits and write the shipped files.

    python -m training.drums.tune RUN_DIR/best.pt --cache CACHE --drums DRUMS_DIR --out bridge/data [--name NOTE]

writes `drums.onnx` and `drums.json`: the net with its sigmoid, and beside it the thresholds, the
median lateness of each class and where it all came from.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import warnings
from pathlib import Path

import mir_eval
import numpy as np
import torch
from torch import nn

from bridge.transcribers.drums.engine import PIECE
from bridge.transcribers.drums.features import BANDS, WINDOWS
from bridge.transcribers.drums.kit import APART_S, Tuning, strokes
from bridge.transcribers.drums.peaks import CLASSES, class_strokes
from training.drums.batches import KINDS, Clips
from training.drums.net import DrumNet, NetConfig

GRID = tuple(np.round(np.arange(0.1, 0.81, 0.05), 2))
MATCH_S = 0.05


class Answering(nn.Module):
    """The net as it ships: probabilities and velocities instead of logits."""

    def __init__(self, net: DrumNet) -> None:
        super().__init__()
        self.net = net

    def forward(self, spectra: torch.Tensor) -> torch.Tensor:
        """(1, frames, 3, 80) -> (1, frames, 2, classes), 0 to 1."""
        return torch.sigmoid(self.net(spectra))


def load_net(path: Path) -> DrumNet:
    """A net from a checkpoint of `training.drums.train`."""
    state = torch.load(path, map_location="cpu", weights_only=True)
    net = DrumNet(NetConfig(**state["config"]))
    net.load_state_dict(state["net"])
    return net.eval()


@torch.no_grad()
def answers(net: DrumNet, clips: Clips, most: int) -> list[tuple[str, np.ndarray, np.ndarray]]:
    """Kind, truth rows and activations (frames, 2, classes) of up to `most` clips of each kind."""
    out = []
    for kind in KINDS:
        for path in clips.files[kind][:most]:
            features = torch.from_numpy(np.load(path).astype(np.float32))
            out.append((kind, clips.rows(kind, path), torch.sigmoid(net(features[None]))[0].numpy()))
    return out


def _counts(truth: np.ndarray, heard: np.ndarray) -> tuple[int, int, int]:
    matched = len(mir_eval.util.match_events(truth, heard, MATCH_S)) if len(truth) and len(heard) else 0
    return matched, len(truth), len(heard)


def f_measure(counts: np.ndarray) -> float:
    """F of summed (matched, true, heard)."""
    matched, true, heard = counts
    return float(2 * matched / (true + heard)) if true + heard else 1.0


def _class_curve(data: list[tuple[str, np.ndarray, np.ndarray]], k: int) -> dict[float, float]:
    curve = {}
    for threshold in GRID:
        counts = np.zeros(3, int)
        for _, rows, answer in data:
            truth = np.sort(rows[rows[:, 1] == k, 0]).astype(float)
            found = class_strokes(
                CLASSES[k], answer[:, 0, k], answer[:, 1, k], float(threshold), APART_S[CLASSES[k]], 0.0
            )
            counts += _counts(truth, np.array([s.onset_s for s in found]))
        curve[float(threshold)] = f_measure(counts)
    return curve


def _lateness(data: list[tuple[str, np.ndarray, np.ndarray]], k: int, threshold: float) -> float:
    late: list[float] = []
    for _, rows, answer in data:
        truth = np.sort(rows[rows[:, 1] == k, 0]).astype(float)
        found = class_strokes(CLASSES[k], answer[:, 0, k], answer[:, 1, k], threshold, APART_S[CLASSES[k]], 0.0)
        heard = np.array([s.onset_s for s in found])
        if len(truth) and len(heard):
            late += [heard[j] - truth[i] for i, j in mir_eval.util.match_events(truth, heard, MATCH_S)]
    return float(np.median(late)) if late else 0.0


def tuned(data: list[tuple[str, np.ndarray, np.ndarray]]) -> Tuning:
    """The best threshold per class, pulled to the middle of its plateau, and the lateness there."""
    thresholds, late = {}, {}
    for k, kind in enumerate(CLASSES):
        curve = _class_curve(data, k)
        best = max(curve.values())
        # Anything within half a point of the best is as good: the middle of it generalises better.
        plateau = [t for t, f in curve.items() if f > best - 0.005]
        thresholds[kind] = round(float(np.mean(plateau)), 3)
        late[kind] = round(_lateness(data, k, thresholds[kind]), 5)
    return Tuning(thresholds, late)


def figures(data: list[tuple[str, np.ndarray, np.ndarray]], tuning: Tuning) -> dict[str, float]:
    """F per class and per kind of sound on the held-out kits, after all post-processing."""
    by: dict[str, np.ndarray] = {}
    for kind, rows, answer in data:
        found = strokes(answer[:, 0], answer[:, 1], tuning)
        for k, name in enumerate(CLASSES):
            truth = np.sort(rows[rows[:, 1] == k, 0]).astype(float)
            counts = np.array(_counts(truth, np.array([s.onset_s for s in found if s.kind == name])))
            for key in (name, f"all {kind}", "all"):
                by[key] = by.get(key, np.zeros(3, int)) + counts
    return {key: round(f_measure(counts), 3) for key, counts in by.items()}


def export(net: DrumNet, out: Path) -> str:
    """Write the ONNX file; its SHA-256."""
    out.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            Answering(net),
            (torch.zeros(1, PIECE, len(WINDOWS), BANDS),),
            str(out / "drums.onnx"),
            input_names=["spectra"],
            output_names=["strokes"],
            dynamo=False,
        )
    return hashlib.sha256((out / "drums.onnx").read_bytes()).hexdigest()


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--drums", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--most", type=int, default=20, help="validation clips of each kind")
    args = parser.parse_args()
    torch.set_num_threads(1)
    net = load_net(args.checkpoint)
    data = answers(net, Clips(args.cache, args.drums, validation=True), args.most)
    tuning = tuned(data)
    result = figures(data, tuning)
    run = json.loads((args.checkpoint.parent / "config.json").read_text())
    digest = export(net, args.out)
    description = {
        "bands": BANDS,
        "thresholds": dict(tuning.thresholds),
        "late_s": dict(tuning.late_s),
        "sha256": digest,
        "held_out_f": result,
        "net": run["net"],
        "recipe": run["recipe"],
        "seed": run["seed"],
    }
    (args.out / "drums.json").write_text(json.dumps(description, indent=1) + "\n")
    print(json.dumps(description, indent=1))


if __name__ == "__main__":
    main()
