from __future__ import annotations

import numpy as np
import pytest

from bridge.note_maps.features import FPS, GAMMA_HZ, HOP, MIN_KEY, PER_SEMITONE, RATE, Vqt, bin_hz, reference_gain


@pytest.fixture(scope="module")
def vqt() -> Vqt:
    return Vqt()


def tone(hz: float, length_s: float = 1.0) -> np.ndarray:
    return np.sin(2 * np.pi * hz * np.arange(round(length_s * RATE)) / RATE).astype(np.float32)


@pytest.mark.parametrize("pitch", [28, 45, 69, 93, 110])
def test_a_full_scale_sine_is_0_db_in_the_bin_of_its_key(vqt: Vqt, pitch: int) -> None:
    frame = vqt(tone(440 * 2 ** ((pitch - 69) / 12)))[43]
    assert frame.argmax() == (pitch - MIN_KEY) * PER_SEMITONE + 1
    assert frame.max() == pytest.approx(0, abs=0.2)


def test_keys_a_semitone_apart_are_told_apart_from_a3_upwards(vqt: Vqt) -> None:
    a, b_flat = 57, 58
    both = np.stack([tone(440 * 2 ** ((p - 69) / 12)) for p in (a, b_flat)])
    frame = vqt(both.mean(0, dtype=np.float32))[43]
    first, second = ((p - MIN_KEY) * PER_SEMITONE + 1 for p in (a, b_flat))
    assert min(frame[first], frame[second]) > frame[first + 1 : second].min()


def test_a_click_is_loudest_in_the_frame_at_its_time(vqt: Vqt) -> None:
    samples = np.zeros(RATE, np.float32)
    samples[round(0.5 * RATE)] = 1
    assert vqt(samples)[:, 290].argmax() == round(0.5 * FPS)


def test_long_audio_gives_the_same_as_its_parts(vqt: Vqt) -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, 5 * RATE).astype(np.float32)
    whole, late = vqt(noise), vqt(noise[256 * 100 :])
    np.testing.assert_allclose(whole[140:300], late[40:200], atol=0.05)


def exact(samples: np.ndarray, frame: int) -> np.ndarray:
    """A frame in dB by what the bins are: each a product with its own window of a wave."""
    found = []
    for hz in bin_hz():
        length = RATE / ((2 ** (1 / (12 * PER_SEMITONE)) - 1) * hz + GAMMA_HZ)
        s = np.arange(-int(length / 2), int(length / 2) + 1)
        window = np.where(np.abs(s) < length / 2, 0.5 + 0.5 * np.cos(2 * np.pi * s / length), 0)
        wave = window / window.sum() * 2 * np.exp(-2j * np.pi * hz * s / RATE)
        found.append(abs(np.dot(samples[frame * HOP + s].astype(np.float64), wave)))
    return np.asarray(20 * np.log10(found))


@pytest.mark.parametrize("sound", ["noise", "chord"])
def test_every_bin_is_the_product_with_its_own_window(vqt: Vqt, sound: str) -> None:
    samples = np.random.default_rng(3).normal(0, 0.1, 2 * RATE).astype(np.float32)
    if sound == "chord":
        samples = samples * np.float32(1e-3) + np.sum([tone(55 * n, 2.0) / np.float32(n) for n in range(1, 60, 2)], 0)
    frames = [60, 80, 100]
    wanted = np.stack([exact(samples, frame) for frame in frames])
    off = np.abs(vqt(samples)[frames] - wanted)
    assert off[wanted > wanted.max() - 40].max() < 0.3
    assert off[wanted > wanted.max() - 60].max() < 2.5
    assert np.median(off) < 0.1


@pytest.mark.parametrize("hz", [1800, 2300, 2756, 3200, 5512])
def test_what_is_high_does_not_fold_onto_what_is_low(vqt: Vqt, hz: int) -> None:
    assert vqt(tone(hz, 2.0))[60:100, :150].max() < -85


def test_silence_keeps_its_level_and_a_quiet_mix_is_lifted() -> None:
    assert reference_gain(0.0) == 1.0
    assert reference_gain(0.01) == pytest.approx(10 ** (-24 / 20) / 0.01)
