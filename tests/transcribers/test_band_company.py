"""Onsets that are told by those around them: in any order, by none far away, a lone one too."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from bridge.score.instruments.evidence import EMBEDDING, Evidence
from bridge.score.instruments.families import FAMILIES
from bridge.transcribers.band.company import AROUND_S, MOST, STEP_S, VIEW, in_company


def band(count: int, *, start_s: float = 0.0, seed: int = 0) -> Evidence:
    """Notes that differ in everything."""
    rng = np.random.default_rng(seed)
    family = rng.normal(0, 2, (count, len(FAMILIES)))
    embedding = rng.normal(0, 1, (count, EMBEDDING))
    return Evidence(
        onset_s=start_s + np.sort(rng.uniform(0, STEP_S, count)),
        pitch=rng.integers(30, 90, count),
        real=rng.uniform(0.2, 1, count).astype(np.float32),
        family=(family - np.log(np.exp(family).sum(1, keepdims=True))).astype(np.float32),
        embedding=(embedding / np.linalg.norm(embedding, axis=1, keepdims=True)).astype(np.float32),
        balance=rng.uniform(-1, 1, count).astype(np.float32),
        width=rng.uniform(0, 1, count).astype(np.float32),
    )


def view(count: int, *, seed: int = 0) -> npt.NDArray[np.float32]:
    """As much of the same notes."""
    return np.random.default_rng(seed).normal(0, 1, (count, VIEW)).astype(np.float32)


def test_the_order_of_the_onsets_is_nothing() -> None:
    who, seen = Evidence.joined([band(60), band(60, start_s=STEP_S, seed=1)]), view(120)
    order = np.random.default_rng(2).permutation(len(who))
    assert in_company(who.rows(order), seen[order]) == pytest.approx(in_company(who, seen)[order], abs=1e-4)


def test_near_onsets_tell_and_far_ones_do_not() -> None:
    alone = in_company(band(30), view(60)[:30])
    near = in_company(Evidence.joined([band(30), band(30, seed=1)]), view(60))[:30]
    far = in_company(Evidence.joined([band(30), band(30, start_s=STEP_S + AROUND_S, seed=1)]), view(60))[:30]
    assert ((alone > 0) & (alone < 1)).all()
    assert np.abs(near - alone).max() > 0.05
    assert far == pytest.approx(alone, abs=1e-4)


def test_none_and_one_are_told_too() -> None:
    assert len(in_company(Evidence.none(), view(0))) == 0
    assert np.isfinite(in_company(band(1), view(1))).all()


def test_of_a_noise_only_the_likeliest_are_told() -> None:
    who = band(3 * MOST)
    told = in_company(who, view(3 * MOST))
    changed = told != who.real
    assert MOST / 2 < changed.sum() <= MOST
    assert who.real[changed].min() >= who.real[~changed].max()
