"""The generator of whole bands: what it writes down is what sounds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="training needs more than the product")
pytest.importorskip("pretty_midi", reason="training needs more than the product")

from bridge.note_maps.features import FPS, MIN_KEY, PER_SEMITONE, RATE
from bridge.score.instruments.families import FAMILIES
from bridge.transcribers.band.features import StereoVqt
from training.band import clips
from training.band.arrange import Band, Part, band_of
from training.band.families import KINDS, PROGRAMS, SHARES, STYLE_SHARES, STYLES
from training.band.players import LENGTH_S, SAMPLES, Bank
from training.band.studio import placed
from training.notes import synths, voice
from training.notes.compose import Played
from training.plan import clip_plan

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def own_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the instruments of training.notes their own length and rate back afterwards: use_rate() sets them."""
    for module in (synths, voice):
        for name in ("CLIP_S", "SAMPLE_RATE", "TOP_HZ"):
            monkeypatch.setattr(module, name, getattr(module, name))


@pytest.fixture
def bank(tmp_path: Path) -> Bank:
    """One-shots that ring for a quarter of a second, for keys and strings."""
    t = np.arange(2 * RATE) / RATE
    for family in ("keys", "strings"):
        (tmp_path / family).mkdir()
        pitches = np.array([45, 57, 69, 81])
        hz = 440 * 2 ** ((pitches - 69) / 12)
        tones = sum(np.sin(2 * np.pi * hz[:, None] * t * k) / k for k in (1, 2, 3)) * np.exp(-t / 0.05)
        np.savez(tmp_path / family / "tone.npz", pitches=pitches, sounds=(tones / 2 * 20000).astype(np.int16))
    return Bank(tmp_path)


@pytest.fixture
def studio(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> clips.Studio:
    monkeypatch.setattr(clips, "BANKS", 1.0)
    monkeypatch.setattr(clips, "coloured", lambda x, family, kind, rng: x)
    return clips.Studio([], [], bank)


def line(family: str, pitch: int, first_s: float) -> Part:
    return Part(family, 0, "lead", tuple(Played(first_s + i, first_s + i + 0.9, pitch + i % 3, 90) for i in range(8)))


def loudness(sound: np.ndarray | None) -> float:
    """The greatest sample as a 16 bit number; -1 of nothing."""
    return -1 if sound is None else float(np.abs(sound).max()) * 32768


def tone(path: Path, level: int) -> None:
    """An instrument that plays a constant, to be told by its level."""
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, pitches=np.array([60]), sounds=np.full((1, RATE), level, np.int16))


def test_the_sources_of_several_banks_take_turns(tmp_path: Path) -> None:
    for number in range(30):
        tone(tmp_path / "a" / "keys" / f"many_{number:02d}.npz", 1000)
    tone(tmp_path / "b" / "keys" / "few_piano.npz", 4000)
    tone(tmp_path / "b" / "keys" / "lone_rhodes.npz", 16000)
    both, rng, notes = Bank(tmp_path / "a", tmp_path / "b"), np.random.default_rng(0), [Played(1, 1.5, 60, 100)]
    levels = [loudness(both.render(notes, "keys", rng)) for _ in range(120)]
    for level in (1000, 4000, 16000):
        assert 25 < sum(abs(x - level) < 2 for x in levels) < 55
    assert both.render(notes, "organ", rng) is None


def test_one_source_alone_draws_as_it_always_did(tmp_path: Path) -> None:
    for number in range(7):
        tone(tmp_path / "keys" / f"yoshimi_{number}.npz", 1000 + number)
    for seed in range(8):
        expected = 1000 + int(np.random.default_rng(seed).integers(7))
        sound = Bank(tmp_path).render([Played(1, 1.5, 60, 100)], "keys", np.random.default_rng(seed))
        assert loudness(sound) == pytest.approx(expected, abs=0.5)


def test_the_truth_says_when_each_note_sounds_and_dies(studio: clips.Studio) -> None:
    band = Band((line("keys", 57, 1.0), line("strings", 75, 1.5)), (), None)
    stems, truth = clips.played(band, studio, np.random.default_rng(0))
    notes = truth["other"]
    assert len(notes) == 16
    mid = StereoVqt().stereo(stems["other"] / np.abs(stems["other"]).max())[0]
    for onset_s, offset_s, pitch, *_ in notes:
        column = mid[:, (int(pitch) - MIN_KEY) * PER_SEMITONE + 1]
        frame = round(onset_s * FPS)
        assert column[frame + 2 : frame + 5].max() > column[max(0, frame - 14) : frame - 9].max() + 10
        # It rings for 0.05 s * ln(10) * 42 dB / 20 dB and not until its key is let go.
        assert 0.1 < offset_s - onset_s < 0.6
    family, part = notes[:, 5].astype(int), notes[:, 6].astype(int)
    assert {(FAMILIES[f], p) for f, p in zip(family, part, strict=True)} == {("keys", 0), ("strings", 1)}


def test_the_balance_of_the_truth_is_the_place_of_the_part(
    studio: clips.Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    for pan in (-0.8, 0.0, 0.8):
        monkeypatch.setattr(clips, "drawn_pan", lambda family, rng, pan=pan: pan)
        stems, truth = clips.played(Band((line("keys", 60, 1.0),), (), None), studio, np.random.default_rng(1))
        assert truth["other"][0, 8] == pytest.approx(np.sin(np.pi / 2 * pan), abs=0.05)
        place = StereoVqt().stereo(stems["other"])[1]
        at = place[round((1.0 + 0.05) * FPS / 2), 60 - MIN_KEY, 0]
        assert at == pytest.approx(np.sin(np.pi / 2 * pan), abs=0.1)


def test_place_keeps_the_middle_and_the_power() -> None:
    x = np.random.default_rng(0).normal(0, 1, (2, 5000)).astype(np.float32)
    assert placed(x, 0.0, 1.0) == pytest.approx(x, abs=1e-5)
    mono = np.stack([x[0], x[0]])
    for pan in (-1.0, -0.3, 0.6, 1.0):
        assert (placed(mono, pan, 1.0) ** 2).sum() == pytest.approx((mono**2).sum(), rel=1e-4)


def test_a_clip_is_whole_or_not_there_and_the_same_again(studio: clips.Studio, tmp_path: Path) -> None:
    clips.use_rate()
    out = tmp_path / "items"
    out.mkdir()
    made: dict[int, dict[str, bytes]] = {}
    for _ in range(2):
        for number in range(2):
            clips.clip(number, out, studio, [])
        made[len(made)] = {p.name: p.read_bytes() for p in out.glob("*.npz")}
        for path in out.glob("*.npz"):
            path.unlink()
    assert made[0] and made[0] == made[1]
    assert not any(".tmp" in name for name in made[0])


def test_bands_play_within_the_clip_and_on_known_instruments() -> None:
    for number in range(12):
        band = band_of(clip_plan(number), [], np.random.default_rng(number))
        assert 0 < len(band.parts) <= 9
        for part in band.parts:
            assert part.family in FAMILIES
            assert all(0 <= n.onset_s < n.offset_s <= LENGTH_S and 21 <= n.pitch <= 108 for n in part.notes)
    assert round(LENGTH_S * RATE) == SAMPLES


def test_the_tables_of_styles_are_sound() -> None:
    assert sum(STYLE_SHARES.values()) == pytest.approx(1)
    assert sum(SHARES) == pytest.approx(1)
    assert set(STYLES) == set(STYLE_SHARES)
    for seats in STYLES.values():
        for seat in seats:
            assert all(p in PROGRAMS[seat.family] for p in seat.programs), seat
            assert set(seat.kinds) <= {k for kinds in KINDS.values() for k in kinds}, seat
