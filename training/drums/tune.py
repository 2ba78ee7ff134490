"""Tune thresholds and timing and write the shipped files.

    python -m training.drums.tune RUN_DIR/best.pt [OTHER_RUN/best.pt | drums.onnx] --cache CACHE --drums DRUMS_DIR
        --out bridge/data [--dev shared/eval/data] [--dev-stems STEMS_DIR] [--mix]

writes `drums.onnx` and `drums.json`: the nets with their sigmoid, and beside them five thresholds (from the
held-out kits, and from the development set where given, both weighing the same), the lateness of
each class on the held-out kits, and where it all came from; with `--mix` all of whole mixes alone. Checkpoints of one
run become one net, the mean of their weights; nets of several runs, and those of an earlier file, answer together.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import mir_eval
import numpy as np
import torch
from torch import nn

from bridge.transcribers.drums.features import BANDS, MIX_RMS, spectra
from bridge.transcribers.drums.kit import APART_S, SHARED_GROUPS, Tuning, hits
from bridge.transcribers.drums.peaks import CLASSES, SHARED, group_hits
from training.drums.batches import KINDS, Clips
from training.drums.dataset import read
from training.drums.evaluate import reference
from training.drums.weights import export, load_nets

GRID = tuple(float(t) for t in np.round(np.arange(0.1, 0.86, 0.05), 2))
MATCH_S = 0.05
SHARED_CLASSES = CLASSES[:SHARED]
DEV_GROUPS = {"hihat": "hat"}
"""Groups that the development set calls otherwise."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A clip as the net hears it."""

    source: str
    """A kind of training clip, or "dev"."""
    truth: dict[str, np.ndarray]
    """Onsets in seconds by group and, for our own clips, by class."""
    answer: np.ndarray
    """(frames, 2, classes)."""


@torch.no_grad()
def _answer(net: nn.Module, features: np.ndarray) -> np.ndarray:
    return np.asarray(torch.sigmoid(net(torch.from_numpy(features.astype(np.float32))[None]))[0].numpy())


def held_out(net: nn.Module, clips: Clips, most: int, kinds: Sequence[str] = KINDS) -> list[Heard]:
    """Up to `most` validation clips of each kind."""
    out = []
    for kind in kinds:
        for path in clips.files[kind][:most]:
            rows = clips.rows(kind, path)
            truth = {name: np.sort(rows[rows[:, 1] == k, 0]).astype(float) for k, name in enumerate(SHARED_CLASSES)}
            for group, drums in SHARED_GROUPS.items():
                truth[group] = np.sort(np.concatenate([truth[name] for name in drums]))
            out.append(Heard(kind, truth, _answer(net, np.load(path))))
    return out


def development(net: nn.Module, items: Path, stems: Path | None) -> list[Heard]:
    """The annotated development items whose stems are there, or without `stems` their mixes."""
    out = []
    for item in sorted(items.iterdir()):
        stem = stems / item.name / "drums.wav" if stems else item / "mix.flac"
        if not stem.exists() or "drums" not in json.loads((item / "meta.json").read_text())["scored"]:
            continue
        rms = math.sqrt(float((read(item / "mix.flac") ** 2).mean()))
        features = spectra((read(stem) * (MIX_RMS / rms)).astype(np.float32))
        rows = [(on, DEV_GROUPS.get(kind, kind)) for on, kind in reference(item)]
        truth = {group: np.unique([on for on, kind in rows if kind == group]) for group in SHARED_GROUPS}
        out.append(Heard("dev", truth, _answer(net, features)))
    return out


def matched_counts(truth: np.ndarray, heard: np.ndarray) -> np.ndarray:
    """Matched, true and heard of two lists of onsets."""
    matched = len(mir_eval.util.match_events(truth, heard, MATCH_S)) if len(truth) and len(heard) else 0
    return np.array([matched, len(truth), len(heard)])


def f_measure(counts: np.ndarray) -> float:
    """F of summed (matched, true, heard)."""
    matched, true, heard = counts
    return float(2 * matched / (true + heard)) if true + heard else 1.0


def _found(heard: Heard, group: str, threshold: float) -> list[float]:
    columns = [CLASSES.index(kind) for kind in SHARED_GROUPS[group]]
    onset, velocity = heard.answer[:, 0, columns], heard.answer[:, 1, columns]
    return [s.onset_s for s in group_hits(SHARED_GROUPS[group], onset, velocity, threshold, APART_S[group])]


def threshold(data: list[Heard], group: str) -> float:
    """The middle of the best plateau of the mean F over the sources; "dev" is one, our own clips are one."""
    curve = {}
    for height in GRID:
        sums: dict[bool, np.ndarray] = {}
        for heard in data:
            counts = matched_counts(heard.truth[group], np.array(_found(heard, group, height)))
            sums[heard.source == "dev"] = sums.get(heard.source == "dev", np.zeros(3, int)) + counts
        curve[height] = float(np.mean([f_measure(c) for c in sums.values()]))
    # Anything within half a point of the best is as good, and the middle of it generalises better.
    plateau = [t for t, f in curve.items() if f > max(curve.values()) - 0.005]
    return round(float(np.mean(plateau)), 3)


def _lateness(data: list[Heard], thresholds: dict[str, float]) -> dict[str, float]:
    nothing = Tuning(thresholds, dict.fromkeys(SHARED_CLASSES, 0.0))
    late: dict[str, list[float]] = {name: [] for name in SHARED_CLASSES}
    for heard in data:
        found = hits(heard.answer[:, 0], heard.answer[:, 1], nothing) if heard.source != "dev" else []
        for name in SHARED_CLASSES:
            times = np.array([s.onset_s for s in found if s.drum == name])
            if len(times) and len(heard.truth[name]):
                pairs = mir_eval.util.match_events(heard.truth[name], times, MATCH_S)
                late[name] += [times[j] - heard.truth[name][i] for i, j in pairs]
    return {name: round(float(np.median(v)), 5) if v else 0.0 for name, v in late.items()}


def figures(data: list[Heard], tuning: Tuning) -> dict[str, float]:
    """F per class, per group and per kind of sound on the held-out kits, after all post-processing."""
    by: dict[str, np.ndarray] = {}
    for heard in data:
        if heard.source == "dev":
            continue
        found = hits(heard.answer[:, 0], heard.answer[:, 1], tuning)
        for name, drums in {**{k: (k,) for k in SHARED_CLASSES}, **SHARED_GROUPS}.items():
            counts = matched_counts(heard.truth[name], np.array([s.onset_s for s in found if s.drum in drums]))
            keys = (name, f"groups {heard.source}", "groups") if name in SHARED_GROUPS else (name,)
            for key in keys:
                by[key] = by.get(key, np.zeros(3, int)) + counts
    return {key: round(f_measure(counts), 3) for key, counts in by.items()}


def development_mean(data: list[Heard], tuning: Tuning) -> tuple[list[float], float]:
    """F over the five groups of each development item, and their mean."""
    items = []
    for heard in data:
        if heard.source != "dev":
            continue
        found = hits(heard.answer[:, 0], heard.answer[:, 1], tuning)
        counts = np.zeros(3, int)
        for group, drums in SHARED_GROUPS.items():
            counts += matched_counts(heard.truth[group], np.array([s.onset_s for s in found if s.drum in drums]))
        items.append(round(f_measure(counts), 3))
    return items, round(float(np.mean(items)), 3) if items else 0.0


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "checkpoints", type=Path, nargs="+", help="several of one run are averaged, several runs answer together"
    )
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--drums", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--dev", type=Path)
    parser.add_argument("--dev-stems", type=Path)
    parser.add_argument("--mix", action="store_true", help="tune for whole mixes")
    parser.add_argument("--most", type=int, default=20, help="validation clips of each kind")
    args = parser.parse_args()
    torch.set_num_threads(1)
    net, runs = load_nets(args.checkpoints)
    kinds = ("mix",) if args.mix else KINDS
    data = held_out(net, Clips(args.cache, args.drums, validation=True), args.most, kinds)
    if args.dev and (args.dev_stems or args.mix):
        data += development(net, args.dev, args.dev_stems)
    thresholds = {group: threshold(data, group) for group in SHARED_GROUPS}
    tuning = Tuning(thresholds, _lateness(data, thresholds))
    description = {
        "bands": BANDS,
        "thresholds": dict(tuning.thresholds),
        "late_s": dict(tuning.late_s),
        "held_out_f": figures(data, tuning),
        "development_f": development_mean(data, tuning)[1],
        "sha256": export(net, args.out),
        "runs": runs,
    }
    (args.out / "drums.json").write_text(json.dumps(description, indent=1) + "\n")
    print(json.dumps(description, indent=1))
    print("development items", *development_mean(data, tuning))


if __name__ == "__main__":
    main()
