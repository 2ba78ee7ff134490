"""Compare trained versions: F on the held-out kits and on the development set, each with its own thresholds.

    python -m training.drums.compare RUN_DIR... --cache CACHE --drums DRUMS_DIR --dev SET --dev-stems STEMS

prints a row a run. Thresholds come from the held-out kits alone here, so that nothing is fitted to
the development set.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch

from bridge.transcribers.drums.kit import GROUPS, Tuning, strokes
from bridge.transcribers.drums.peaks import CLASSES
from training.drums.batches import Clips
from training.drums.tune import Heard, development, f_measure, figures, held_out, load_net, matched_counts, threshold


def development_mean(data: list[Heard], tuning: Tuning) -> float:
    """Mean over the items of F over the five groups."""
    items = []
    for heard in data:
        found = strokes(heard.answer[:, 0], heard.answer[:, 1], tuning)
        counts = np.zeros(3, int)
        for group, kinds in GROUPS.items():
            counts += matched_counts(heard.truth[group], np.array([s.onset_s for s in found if s.kind in kinds]))
        items.append(f_measure(counts))
    return float(np.mean(items))


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", type=Path, nargs="+")
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--drums", type=Path, required=True)
    parser.add_argument("--dev", type=Path, required=True)
    parser.add_argument("--dev-stems", type=Path, required=True)
    parser.add_argument("--most", type=int, default=8)
    args = parser.parse_args()
    torch.set_num_threads(1)
    clips = Clips(args.cache, args.drums, validation=True)
    print("| run | parameters | steps | held-out kits | development set |\n|---|---|---|---|---|")
    for run in args.runs:
        net = load_net(run / "average.pt")
        own, dev = held_out(net, clips, args.most), development(net, args.dev, args.dev_stems)
        tuning = Tuning({g: threshold(own, g) for g in GROUPS}, dict.fromkeys(CLASSES, 0.0))
        size = sum(p.numel() for p in net.parameters()) // 1000
        steps = json.loads((run / "config.json").read_text())["steps"]
        score = figures(own, tuning)["groups"]
        print(f"| {run.name} | {size} k | {steps} | {score:.3f} | {development_mean(dev, tuning):.3f} |", flush=True)


if __name__ == "__main__":
    main()
