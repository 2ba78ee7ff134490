from __future__ import annotations

from argparse import Namespace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs the training extra")
pytest.importorskip("scipy", reason="training needs the training extra")

from bridge.note_maps.features import BINS, FLOOR_DB, FPS, Vqt  # noqa: E402
from training.notes.compose import line  # noqa: E402
from training.notes.dataset import quantise, write_item  # noqa: E402
from training.notes.labels import sounding, targets  # noqa: E402
from training.notes.model import NoteNet  # noqa: E402
from training.notes.synths import SynthPlayer, random_patch  # noqa: E402
from training.notes.train import fit  # noqa: E402
from training.notes.voice import sing  # noqa: E402
from training.plan import CLIP_S, SAMPLE_RATE, clip_plan  # noqa: E402

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("kind", ["bass", "riff", "chords", "pad", "arp", "lead", "voice", "random"])
def test_lines_keep_to_the_clip_and_do_not_overlap_themselves(kind: str) -> None:
    for number in range(8):
        made = line(kind, clip_plan(number), np.random.default_rng(number))
        last: dict[int, float] = {}
        for n in made.notes:
            assert 0 <= n.onset_s < n.offset_s <= CLIP_S
            assert 21 <= n.pitch <= 108
            assert last.get(n.pitch, 0) <= n.onset_s
            last[n.pitch] = n.offset_s


def test_the_same_number_gives_the_same_line() -> None:
    first, second = (line("arp", clip_plan(3), np.random.default_rng(5)) for _ in range(2))
    assert first == second


@pytest.mark.slow
def test_the_voice_sings_the_pitches_it_is_given() -> None:
    plan = clip_plan(1)
    made = line("voice", plan, np.random.default_rng(1))
    audio = sing(made, np.random.default_rng(2))
    assert len(audio) == round(CLIP_S * SAMPLE_RATE)
    assert np.isfinite(audio).all()
    features = Vqt()(audio[::2])
    long = [n for n in made.notes if n.offset_s - n.onset_s > 0.15]
    found = 0
    for n in long:
        middle = features[round((n.onset_s + n.offset_s) / 2 * FPS)]
        key = (n.pitch - 18) * 3 + 1
        found += middle[key - 3 : key + 4].max() > np.median(middle) + 15
    assert found > 0.9 * len(long)


def test_a_synth_note_ends_after_its_release() -> None:
    rng = np.random.default_rng(0)
    made = line("bass", clip_plan(2), rng)
    audio = SynthPlayer(random_patch("bass", rng), rng).render(made)
    last = max(n.offset_s for n in made.notes)
    assert np.abs(audio).max() > 0
    if last + 1 < CLIP_S:
        assert np.abs(audio[round((last + 1) * SAMPLE_RATE) :]).max() < 1e-3


def test_a_note_held_beyond_its_sound_ends_with_the_sound() -> None:
    clean = np.full((300, BINS), FLOOR_DB, np.float32)
    clean[50:100, (60 - 18) * 3 + 1] = -30
    clean[100:250, (60 - 18) * 3 + 1] = -80
    (note,) = sounding(np.array([[50 / FPS, 250 / FPS, 60, 80]], np.float32), clean)
    assert note[1] == pytest.approx(100 / FPS, abs=0.02)


def test_targets_peak_at_the_onset_and_cover_the_note() -> None:
    y = targets(np.array([[50 / FPS, 100 / FPS, 60, 127]], np.float32), 200)
    assert y.shape == (4, 200, 88)
    assert y[0, :, 39].argmax() == 50
    assert y[2, :, 39].argmax() == 100
    assert np.flatnonzero(y[1, :, 39]).tolist() == list(range(50, 100))
    assert y[:, :, :39].max() == 0


def test_the_network_sees_its_role_and_keeps_the_frames() -> None:
    model = NoteNet(channels=8, dilations=(1, 2)).eval()
    with torch.no_grad():
        model.role.weight.normal_()
        model.head.weight.normal_()
        x = torch.randn(1, 64, BINS) * 20 - 60
        bass, other = (model(x, torch.eye(3)[None, i]) for i in (0, 2))
    assert bass.shape == (1, 4, 64, 88)
    assert not torch.allclose(bass, other)


@pytest.mark.slow
def test_training_runs_resumes_and_learns(tmp_path: Path) -> None:
    torch.set_num_threads(1)
    rng, items = np.random.default_rng(0), tmp_path / "items"
    items.mkdir()
    vqt = Vqt()
    for number in range(3):
        notes = np.array([[0.5 * i + 0.3, 0.5 * i + 0.7, 50 + int(rng.integers(20)), 90] for i in range(7)], np.float32)
        t = np.arange(4 * 22050) / 22050
        audio = sum(np.sin(2 * np.pi * 440 * 2 ** ((p - 69) / 12) * t) * ((t > a) & (t < b)) for a, b, p, _ in notes)
        write_item(items / f"{number:05d}_real_other.npz", (0.1 * audio).astype(np.float32), "other", notes, vqt)
    args = Namespace(
        items=items,
        run=tmp_path / "run",
        minutes=0.1,
        channels=8,
        dilations=[1],
        crop=64,
        batch=2,
        seed=0,
        device="cpu",
        worker=0,
        workers=1,
    )
    fit(args)
    args.minutes = 0.15
    fit(args)
    curve = [[float(v) for v in row.split(",")] for row in (tmp_path / "run" / "log.csv").read_text().split()]
    assert len(curve) == 2
    assert curve[1][0] > curve[0][0] > 0
    assert curve[1][7] < 8, "the onset loss starts near 88 keys times 0.1"


def test_quantised_features_keep_half_a_decibel() -> None:
    x = np.array([[-110.0, -60.2, 0.0]])
    assert np.abs(quantise(x) * 0.5 - 110 - x).max() <= 0.25
