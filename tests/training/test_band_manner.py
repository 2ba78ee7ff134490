"""The model of a group's family is learned from heard clips, and what it is told is whose the notes are."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("scipy")

from bridge.score.instruments.evidence import EMBEDDING, Evidence
from bridge.score.instruments.families import FAMILIES
from bridge.score.instruments.manner import LIMIT, NEVER
from bridge.score.perceptron import perceptron
from training.band.clips import COLUMNS
from training.band.heard import owners
from training.band.manner import fit, report, rows_of

KEYS, ORGAN = FAMILIES.index("keys"), FAMILIES.index("organ")


def heard(path: Path, family: int, said: int, length_s: float) -> None:
    """A clip of one instrument: what the net says of it is wrong, how it is played is right."""
    count = 24
    onset_s = np.arange(count) * 0.5
    notes = np.column_stack([onset_s, onset_s + length_s, 60 + np.arange(count) % 7, np.full(count, 80)])
    logp = np.full((count, len(FAMILIES)), np.log(0.07), np.float32)
    logp[:, said] = np.log(0.3)
    columns: dict[str, np.ndarray] = {f.name: np.zeros(count, np.float32) for f in fields(Evidence)}
    columns |= {"onset_s": onset_s, "pitch": notes[:, 2].astype(np.int64), "family": logp}
    columns["embedding"] = np.eye(EMBEDDING, dtype=np.float32)[np.zeros(count, int)]
    columns |= {"notes": notes.astype(np.float32), "truth": np.eye(len(FAMILIES))[np.full(count, family)]}
    np.savez(path, allow_pickle=False, **columns)


def test_it_learns_what_the_manner_tells_where_the_net_says_the_same_of_both(tmp_path: Path) -> None:
    for number in range(20):
        organ = number % 2
        heard(tmp_path / f"{number:05d}.npz", ORGAN if organ else KEYS, KEYS, 0.5 if organ else 0.1 + 0.01 * number)
    rows = rows_of(sorted(tmp_path.glob("*.npz")))
    weights = fit(rows)
    numbers = np.clip((np.stack([r.numbers for r in rows]) - weights["mean"]) / weights["spread"], -LIMIT, LIMIT)
    told = perceptron(numbers.astype(np.float32), weights, ("only",)).argmax(1)
    assert told.tolist() == [int(r.truth.argmax()) for r in rows]
    assert "0.500 right by the notes alone, 1.000 by the model" in report(rows, weights)
    assert not {FAMILIES[k] for k in told} & set(NEVER)


def test_a_heard_note_is_shared_by_those_who_play_it_and_nobodys_else() -> None:
    truth = np.zeros((3, len(COLUMNS)), np.float32)
    truth[:, :3] = [(1.0, 2.0, 60), (1.02, 2.0, 60), (3.0, 4.0, 62)]
    truth[:, COLUMNS.index("family")] = [KEYS, ORGAN, KEYS]
    truth[:, COLUMNS.index("part")] = [0, 1, 2]
    notes = np.array([(1.01, 2.0, 60, 80), (3.2, 4.0, 62, 80), (3.01, 4.0, 61, 80)])
    shares, part = owners(notes, truth, np.random.default_rng(0))
    assert shares[0, [KEYS, ORGAN]].tolist() == [0.5, 0.5]
    assert part[0] in (0, 1)
    assert not shares[1:].any()
    assert part[1:].tolist() == [-1, -1]
