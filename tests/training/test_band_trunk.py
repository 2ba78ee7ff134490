"""What the first net of the band learns from: who plays stands where the notes stand."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch", reason="training needs more than the product")
pytest.importorskip("pretty_midi", reason="training needs more than the product")

import torch

from bridge.note_maps.features import BINS, FPS
from bridge.score.instruments.families import FAMILIES
from training.band.trunk import CROP, Timbre, crop_with_labels, family_loss, family_map, vector_loss
from training.notes.model import NoteNet
from training.notes.train import Item

pytestmark = pytest.mark.slow

GUITAR = FAMILIES.index("guitar")


def item() -> Item:
    """Guitar notes of a third of a second, one every half second on keys 40 to 69."""
    starts = np.arange(24) / 2
    keys = 40 + (np.arange(24) * 7) % 30
    rows = [(t, t + 0.3, k, 90, 25, GUITAR, 1, 0, 0.0) for t, k in zip(starts, keys, strict=True)]
    return Item(np.zeros((round(12.5 * FPS), BINS), np.uint8), 2, np.array(rows, np.float32))


@pytest.mark.parametrize("seed", range(12))
def test_a_familys_cells_are_those_of_its_notes_wherever_the_crop_begins_and_moves_to(seed: int) -> None:
    """Crops are transposed at random; the map of families must be moved with the map of notes."""
    x, y, rows = crop_with_labels(item(), np.random.default_rng(seed))
    assert x.shape == (CROP, BINS)
    told = family_map(rows)
    assert told.sum() == told[GUITAR].sum() > 0
    sounding = y[1].reshape(CROP // 2, 2, -1).max(1) > 0
    agreed = (told[GUITAR] > 0) == sounding
    assert agreed[2:-2].mean() > 0.999
    assert set(np.flatnonzero(sounding.any(0))) == set(np.flatnonzero(told[GUITAR].any(0)))


def test_the_new_heads_learn_who_plays_without_moving_the_notes_shape() -> None:
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    net = Timbre(NoteNet(16))
    x, _, rows = crop_with_labels(item(), rng)
    truth = torch.from_numpy(family_map(rows))[None]
    role = torch.eye(3)[None, 2]
    optimiser = torch.optim.Adam([*net.family.parameters(), *net.vector.parameters()], 0.1)
    seen = []
    for _ in range(12):
        logits, family, vectors = net(torch.from_numpy(x)[None], role)
        loss = family_loss(family, truth, torch.ones(len(FAMILIES)))
        seen.append(float(loss.detach()))
        assert torch.isfinite(vector_loss(vectors, [rows], rng))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert logits.shape == (1, 4, CROP, 88)
    assert seen[-1] < seen[0] / 4
