"""Train the linear model that tells a group's family (bridge/score/instruments/manner.py).

    python -m training.band.manner bridge/data/manner.npz HEARD [HEARD ...] [--held]

HEARD are folders of training.band.heard. --held learns from four clips in five and reports on the fifth: the share of
notes and of groups whose family is right, by the notes alone and by the model.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax

from bridge.music.notes import Note
from bridge.score.instruments.assign import Group, groups
from bridge.score.instruments.evidence import Evidence
from bridge.score.instruments.families import FAMILIES
from bridge.score.instruments.manner import LIMIT, NEVER, numbers_of, odds_of
from bridge.score.instruments.naming import DOUBTFUL
from training.band.heard import load

MIN_NOTES = 4
"""Of a group that is learned from."""
HELD_OUT = 5
"""Every fifth clip, by its number, is kept for --held."""
RIDGE = 0.01
"""Weight of the squares; of .003 to .3 the least that costs the held clips nothing."""
MIN_SPREAD = 1e-3


@dataclass(frozen=True, slots=True)
class Row:
    """One group of a clip."""

    clip: int
    numbers: np.ndarray
    truth: np.ndarray
    """(FAMILIES,) notes of each family in it."""
    notes: int
    family: str
    """By the notes alone."""


def rows_of(paths: Sequence[Path]) -> list[Row]:
    """The groups of all clips, but the basses and those that are nobody's."""
    return [row for path in paths for row in _rows(path)]


def _rows(path: Path) -> list[Row]:
    arrays, who, truth = load(path)
    notes = [Note(float(a), float(max(b, a + 0.01)), int(p), int(max(v, 1))) for a, b, p, v in arrays]
    found = [g for g in groups(who) if g.family != "bass" and len(g.rows) >= MIN_NOTES]
    rows = [_row(int(path.stem), g, notes, who, truth) for g in found]
    return [r for r in rows if r.truth.sum() > 0]


def _row(clip: int, group: Group, notes: Sequence[Note], who: Evidence, truth: np.ndarray) -> Row:
    return Row(clip, numbers_of(group.rows, notes, who), truth[group.rows].sum(0), len(group.rows), group.family)


def fit(rows: Sequence[Row]) -> dict[str, np.ndarray]:
    """The model's weights, by logistic regression; a group counts by the root of its notes."""
    x = np.stack([r.numbers for r in rows]).astype(np.float64)
    mean, spread = x.mean(0), x.std(0) + MIN_SPREAD
    x = np.column_stack([np.clip((x - mean) / spread, -LIMIT, LIMIT), np.ones(len(x))])
    share = np.stack([r.truth / r.truth.sum() for r in rows])
    weight = np.sqrt([r.notes for r in rows])
    weight /= weight.sum()

    def cost(flat: np.ndarray) -> tuple[float, np.ndarray]:
        w = flat.reshape(len(FAMILIES), -1)
        y = x @ w.T
        error = (softmax(y, 1) - share) * weight[:, None]
        squares = w * (np.arange(w.shape[1]) < len(mean))
        return (
            float(-(share * log_softmax(y, 1) * weight[:, None]).sum() + RIDGE / 2 * (squares**2).sum()),
            (error.T @ x + RIDGE * squares).ravel(),
        )

    done = minimize(cost, np.zeros(len(FAMILIES) * x.shape[1]), jac=True, method="L-BFGS-B", options={"maxiter": 500})
    w = done.x.reshape(len(FAMILIES), -1).astype(np.float32)
    kept = {"mean": mean.astype(np.float32), "spread": spread.astype(np.float32)}
    return {**kept, "only_weight": w[:, :-1], "only_bias": w[:, -1]}


def report(rows: Sequence[Row], weights: dict[str, np.ndarray]) -> str:
    """Right shares of notes and groups before and after, and of groups that the model is sure of."""
    y = odds_of(np.stack([r.numbers for r in rows]), weights)
    y[:, [FAMILIES.index(f) for f in NEVER]] = -np.inf
    share = np.stack([r.truth / r.truth.sum() for r in rows])
    before, after = np.array([FAMILIES.index(r.family) for r in rows]), y.argmax(1)
    notes, each = np.array([r.notes for r in rows]), np.arange(len(rows))
    told = [share[each, f] for f in (before, after)]
    sure = softmax(y, 1).max(1) >= DOUBTFUL
    return (
        f"{len(rows)} groups: of the notes {np.average(told[0], weights=notes):.3f} right by the notes alone, "
        f"{np.average(told[1], weights=notes):.3f} by the model; of the groups {told[0].mean():.3f}, "
        f"{told[1].mean():.3f}; {sure.mean():.2f} of them sure, {told[1][sure].mean():.3f} of these right"
    )


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("heard", type=Path, nargs="+")
    parser.add_argument("--held", action="store_true")
    args = parser.parse_args()
    rows = rows_of([p for folder in args.heard for p in sorted(folder.glob("*[0-9].npz"))])
    learned = [r for r in rows if not args.held or r.clip % HELD_OUT]
    weights = fit(learned)
    np.savez(args.out, **weights)
    print(args.out, len(learned), "groups")
    if args.held:
        print(report([r for r in rows if not r.clip % HELD_OUT], weights))


if __name__ == "__main__":
    main()
