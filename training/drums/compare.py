"""Compare trained versions: F on the held-out kits and on the development set, each with its own thresholds.

    python -m training.drums.compare RUN_DIR... --cache CACHE --drums DRUMS_DIR --dev SET --dev-stems STEMS

prints a row a run. Thresholds come from the held-out kits alone here, so that nothing is fitted to
the development set.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import torch

from bridge.transcribers.drums.kit import SHARED_GROUPS, Tuning
from bridge.transcribers.drums.peaks import CLASSES, SHARED
from training.drums.batches import Clips
from training.drums.tune import development, development_mean, figures, held_out, threshold
from training.drums.weights import load_net


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
        tuning = Tuning({g: threshold(own, g) for g in SHARED_GROUPS}, dict.fromkeys(CLASSES[:SHARED], 0.0))
        size = sum(p.numel() for p in net.parameters()) // 1000
        steps = json.loads((run / "config.json").read_text())["steps"]
        score = figures(own, tuning)["groups"]
        print(f"| {run.name} | {size} k | {steps} | {score:.3f} | {development_mean(dev, tuning)[1]:.3f} |", flush=True)


if __name__ == "__main__":
    main()
