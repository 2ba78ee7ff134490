"""The second net as it is trained, and as it ships."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="training needs PyTorch: pip install torch")

import torch

from bridge.transcribers.band import company
from bridge.transcribers.band.company import in_company
from bridge.transcribers.band.crops import CHANNELS, PLACED, STEPS
from bridge.transcribers.band.listen import PLACE_STEPS
from tests.transcribers.test_band_company import band
from training.band.export import save_company
from training.band.net import Both

pytestmark = pytest.mark.slow


def test_what_ships_is_what_was_trained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    both, notes = Both().eval(), band(30)
    rng = np.random.default_rng(0)
    crops = rng.uniform(-0.5, 1, (30, CHANNELS, STEPS)).astype(np.float32)
    with torch.inference_mode():
        asked = [torch.from_numpy(x.astype(np.float32)) for x in (crops, notes.pitch, notes.onset_s)]
        _, _, _, odds, _, _ = both(*asked, 1)
        real, alone, _, seen = both.alone(*asked[:2])
    save_company(tmp_path / "company.npz", both)
    monkeypatch.setattr(company, "WEIGHTS", tmp_path / "company.npz")
    place = np.median(crops[:, -2 * len(PLACED) :, PLACE_STEPS], 2)
    told = in_company(
        replace(
            notes,
            real=torch.sigmoid(real).numpy(),
            family=torch.log_softmax(alone, 1).numpy(),
            balance=place[:, 0],
            width=place[:, 1],
        ),
        seen.numpy(),
    )
    # The weights ship in half precision.
    assert told == pytest.approx(torch.sigmoid(odds).numpy(), abs=0.01)
