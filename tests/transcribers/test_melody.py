"""The melody engine on lines made here: voices with vibrato and glides, basses down to B0."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soundfile

from bridge.audio.recording import Recording
from bridge.errors import JobCancelled, ModelError
from bridge.music.notes import Note
from bridge.music.parts import Part
from bridge.plugins.interfaces import AudioSource, Context
from bridge.plugins.registry import plugin_options as options
from bridge.transcribers.melody import MelodyTranscriber
from bridge.transcribers.melody.bends import bends
from bridge.transcribers.melody.path import Costs, Segment
from bridge.transcribers.melody.path import Path as NotePath
from bridge.transcribers.melody.yin import LAGS, SUMMED, difference, dips, first_dip
from bridge.transcribers.melody.yin import RATE as YIN_RATE
from tests.raising import raises_code
from tests.support import transcribed
from tests.transcribers import stored

RATE = 44_100
Line = list[tuple[float, float, float]]
BASS: Line = [
    (0.5, 0.9, 23),
    (1.0, 1.4, 28),
    (1.5, 1.65, 35),
    (1.7, 1.85, 35),
    (1.9, 2.05, 35),
    (2.2, 3.0, 40),
    (3.0, 3.4, 43),
]


def quiet(stage: str, fraction: float) -> None:
    assert 0 <= fraction <= 1


def no_model(name: str) -> Path:
    raise ModelError(f"{name} must not be needed")


def recorded(path: Path, x: npt.NDArray[np.float64]) -> Recording:
    soundfile.write(path, x.astype(np.float32), RATE, subtype="FLOAT")
    return Recording(path, RATE, 1, len(x), float(np.sqrt((x**2).mean())), float(np.abs(x).max()))


def plucked(path: Path, line: Line, length_s: float, gain: float = 0.2) -> Recording:
    """A bass: the second partial is the strongest, as small loudspeakers and pickups have it."""
    x = np.zeros(round(length_s * RATE))
    for on, off, pitch in line:
        t = np.arange(round((off - on) * RATE)) / RATE
        hz = 440 * 2 ** ((pitch - 69) / 12)
        levels = (0.6, 1.0, 0.5, 0.3, 0.15, 0.1)
        tone = sum(a * np.sin(2 * np.pi * (k + 1) * hz * t) for k, a in enumerate(levels)) * np.exp(-1.5 * t)
        start = round(on * RATE)
        x[start : start + len(t)] += gain * tone * np.clip((off - on - t) / 0.01, 0, 1) * np.clip(t / 0.003, 0, 1)
    return recorded(path, x)


def sung(path: Path, pitch: npt.NDArray[np.float64], level: npt.NDArray[np.float64]) -> Recording:
    """A voice: a pulse train through a falling spectrum that follows ``pitch`` (MIDI) and ``level``, at RATE."""
    phase = 2 * np.pi * np.cumsum(440 * 2 ** ((pitch - 69) / 12)) / RATE
    tone = np.sum([np.sin(k * phase) / k**1.2 for k in range(1, 12)], axis=0)
    return recorded(path, 0.15 * tone * level)


def heard(recording: Recording, role: str, context: Context, mix_rms: float = 0.1) -> Part:
    engine = MelodyTranscriber(MelodyTranscriber.Options(), context)
    return transcribed(engine, AudioSource(role, recording, mix_rms), quiet).parts[0]


@pytest.fixture
def bare(tmp_path: Path) -> Context:
    return Context(no_model, tmp_path / "cache", tmp_path)


@pytest.fixture
def context(tmp_path: Path) -> Context:
    return stored.context(tmp_path, "swift-f0")


def assert_line(notes: tuple[Note, ...], line: Line, onset_s: float = 0.03, offset_s: float = 0.08) -> None:
    assert [n.pitch for n in notes] == [round(p) for *_, p in line]
    for note, (on, off, _) in zip(notes, line, strict=True):
        assert note.onset_s == pytest.approx(on, abs=onset_s)
        assert note.offset_s == pytest.approx(off, abs=offset_s)


def test_a_bass_down_to_b0_comes_back_note_by_note(tmp_path: Path, bare: Context) -> None:
    assert_line(heard(plucked(tmp_path / "bass.wav", BASS, 4.0), "bass", bare).notes, BASS)


def test_no_note_sounds_into_the_next(tmp_path: Path, bare: Context) -> None:
    legato: Line = [(0.5 + 0.4 * i, 0.9 + 0.4 * i, pitch) for i, pitch in enumerate((40, 43, 45, 40, 38, 43))]
    notes = heard(plucked(tmp_path / "bass.wav", legato, 4.0), "bass", bare).notes
    assert len(notes) == len(legato)
    assert all(a.offset_s <= b.onset_s for a, b in pairwise(notes))


def test_notes_are_found_across_blocks_of_ten_seconds(tmp_path: Path, bare: Context) -> None:
    line: Line = [(0.4 + 0.7 * k, 0.9 + 0.7 * k, 30 + (5 * k) % 12) for k in range(31)]
    assert_line(heard(plucked(tmp_path / "bass.wav", line, 22.5), "bass", bare).notes, line)


def test_a_bent_string_is_one_note_with_bends(tmp_path: Path, bare: Context) -> None:
    t = np.arange(2 * RATE) / RATE
    pitch = 40 + 0.45 * np.clip((t - 0.8) / 0.3, 0, 1)
    level = np.clip((t - 0.3) / 0.01, 0, 1) * (t < 1.6)
    found = heard(sung(tmp_path / "bend.wav", pitch, level), "bass", bare)
    assert [n.pitch for n in found.notes] == [40]
    assert found.bends[0].semitones == pytest.approx(0, abs=0.1)
    assert max(b.semitones for b in found.bends) == pytest.approx(0.45, abs=0.1)
    assert list(found.bends) == sorted(found.bends)


def test_velocity_follows_the_level(tmp_path: Path, bare: Context) -> None:
    loud = heard(plucked(tmp_path / "a.wav", BASS, 4.0, 0.2), "bass", bare, 0.3).notes
    soft = heard(plucked(tmp_path / "b.wav", BASS, 4.0, 0.05), "bass", bare, 0.3).notes
    ratio = np.mean([n.velocity for n in loud]) / np.mean([n.velocity for n in soft])
    assert ratio == pytest.approx(2, rel=0.1), "12 dB are twice the velocity"


def test_what_leaks_from_other_stems_is_no_melody(tmp_path: Path, bare: Context) -> None:
    assert not heard(plucked(tmp_path / "leak.wav", BASS, 4.0, 0.001), "bass", bare).notes
    assert not heard(recorded(tmp_path / "none.wav", np.zeros(RATE)), "bass", bare).notes


@pytest.mark.model
def test_a_voice_with_vibrato_and_legato(tmp_path: Path, context: Context) -> None:
    t = np.arange(4 * RATE) / RATE
    line: Line = [(0.4, 1.4, 62), (1.4, 2.2, 65), (2.5, 3.5, 69)]
    pitch = np.select([t < 1.4, t < 2.3], [62.0, 65.0], 69.0)
    pitch = pitch + 0.5 * np.sin(2 * np.pi * 5.5 * t) * (t > 2.7)
    level = np.zeros_like(t)
    for on, off, _ in line:
        level = np.maximum(level, np.clip((t - on) / 0.03 + 1, 0, 1) * np.clip((off - t) / 0.03 + 1, 0, 1))
    found = heard(sung(tmp_path / "voice.wav", pitch, level), "vocals", context)
    assert_line(found.notes, line, onset_s=0.05, offset_s=0.1)
    vibrato = [b.semitones for b in found.bends if 2.8 < b.time_s < 3.4]
    assert max(vibrato) > 0.25 and min(vibrato) < -0.25


@pytest.mark.model
@pytest.mark.parametrize("rate", [3, 5, 8])
@pytest.mark.slow
def test_a_scale_sung_legato_is_heard_note_by_note(tmp_path: Path, context: Context, rate: int) -> None:
    scale = [60, 62, 64, 65, 67, 65, 64, 62, 60, 62, 64, 65, 67, 69, 67, 65, 64, 62, 60]
    line: Line = [(0.3 + i / rate, 0.3 + (i + 1) / rate, key) for i, key in enumerate(scale)]
    t = np.arange(round((0.7 + len(scale) / rate) * RATE)) / RATE
    pitch = np.asarray(scale, float)[np.clip(((t - 0.3) * rate).astype(int), 0, len(scale) - 1)]
    glide = round(0.02 * RATE)
    pitch = np.convolve(np.pad(pitch, glide, "edge"), np.ones(glide) / glide, "same")[glide:-glide]
    level = np.clip((t - 0.3) / 0.03, 0, 1) * np.clip((line[-1][1] - t) / 0.03, 0, 1)
    found = heard(sung(tmp_path / "voice.wav", pitch, level), "vocals", context)
    right = [any(abs(n.onset_s - on) < 0.05 and n.pitch == key for n in found.notes) for on, _, key in line]
    assert sum(right) >= (len(line) if rate == 3 else 15)
    assert len(found.notes) <= len(line)


@pytest.mark.model
@pytest.mark.parametrize("depth", [0.3, 0.7, 1.0])
@pytest.mark.slow
def test_a_wide_vibrato_is_one_note(tmp_path: Path, context: Context, depth: float) -> None:
    t = np.arange(3 * RATE) / RATE
    pitch = 64 + depth * np.sin(2 * np.pi * 5.5 * t)
    level = np.clip((t - 0.3) / 0.03, 0, 1) * np.clip((2.7 - t) / 0.03, 0, 1)
    found = heard(sung(tmp_path / "voice.wav", pitch, level), "vocals", context)
    assert [n.pitch for n in found.notes] == [64]


@pytest.mark.model
def test_a_cancel_stops_it(tmp_path: Path, context: Context) -> None:
    def cancel(stage: str, fraction: float) -> None:
        raise JobCancelled

    stem = AudioSource("vocals", plucked(tmp_path / "a.wav", BASS, 4.0), 0.1)
    with pytest.raises(JobCancelled):
        transcribed(MelodyTranscriber(MelodyTranscriber.Options(), context), stem, cancel)


def test_an_unknown_tracker_is_refused() -> None:
    with raises_code("plugin-options-invalid"):
        options(MelodyTranscriber, {"tracker": "crepe"}, "transcribers.melody")


@pytest.mark.parametrize("hz", [31.0, 55.0, 110.0, 311.0])
def test_yin_finds_the_period_and_not_its_multiple(hz: float) -> None:
    t = np.arange(SUMMED + LAGS) / YIN_RATE
    frame = np.sin(2 * np.pi * hz * t) + 0.5 * np.sin(4 * np.pi * hz * t)
    depth, lag = dips(difference(frame[None].astype(np.float32)))
    chance = first_dip(depth)[0]
    assert YIN_RATE / lag[0, chance.argmax()] == pytest.approx(hz, rel=0.01)
    assert chance.max() > 0.5


COSTS = Costs(frame=0.2, doubt=0.02, rest=0.05, start=5.0, attack=70.0)


def segments(evidence: npt.NDArray[np.float32], attacks: dict[int, float]) -> list[Segment]:
    strength = np.zeros(len(evidence), np.float32)
    for frame, value in attacks.items():
        strength[frame] = value
    path = NotePath(evidence.shape[1], COSTS)
    half = len(evidence) // 2
    path.feed(evidence[:half], strength[:half])
    path.feed(evidence[half:], strength[half:])
    return path.segments()


def keys(frames: int, *sounding: tuple[int, int, int]) -> npt.NDArray[np.float32]:
    out = np.zeros((frames, 12), np.float32)
    for start, end, key in sounding:
        out[start:end, key] = 0.95
    return out


def test_a_repeated_note_needs_an_attack() -> None:
    evidence = keys(120, (20, 100, 5))
    assert segments(evidence, {20: 0.2}) == [Segment(20, 100, 5)]
    assert segments(evidence, {20: 0.2, 60: 0.2}) == [Segment(20, 60, 5), Segment(60, 100, 5)]


def test_a_slip_of_the_tracker_is_no_note() -> None:
    evidence = keys(120, (20, 100, 5))
    evidence[50:54] = 0
    evidence[50:54, 11] = 0.95
    assert segments(evidence, {20: 0.2}) == [Segment(20, 100, 5)]


def test_a_note_starts_at_its_attack_though_a_drum_covers_its_pitch() -> None:
    assert segments(keys(120, (30, 100, 5)), {22: 0.25}) == [Segment(22, 100, 5)]


def test_bends_skip_what_the_tracker_slipped_and_start_with_every_note() -> None:
    pitch = np.full(60, 60.0, np.float32)
    pitch[10:12] = 72
    pitch[30:] = 62.4
    pitch[35:40] = np.nan
    found = bends([Segment(0, 30, 0), Segment(30, 60, 2)], 60, pitch)
    assert [(b.time_s, b.semitones) for b in found] == [(0.0, 0.0), (0.3, 0.4)]


@pytest.mark.model
@pytest.mark.slow
def test_two_voices_in_thirds_are_both_written_and_said(tmp_path: Path, context: Context) -> None:
    upper, lower = [64, 65, 67, 69, 67, 65, 64], [60, 62, 64, 65, 64, 62, 60]
    t = np.arange(5 * RATE) / RATE
    sounds = []
    for line in (upper, lower):
        pitch = np.asarray(line, float)[np.clip(((t - 0.3) / 0.6).astype(int), 0, len(line) - 1)]
        since = np.clip(t - 0.3, 0, None) % 0.6
        level = np.clip(since / 0.03, 0, 1) * np.clip((0.55 - since) / 0.03, 0, 1) * (t > 0.3) * (t < 4.5)
        sounds.append(soundfile.read(sung(tmp_path / f"{line[0]}.wav", pitch, level).path)[0])
    both = recorded(tmp_path / "both.wav", np.sum(sounds, 0) / 2)
    source = AudioSource("vocals", both, both.rms)
    said = transcribed(MelodyTranscriber(MelodyTranscriber.Options(), context), source, quiet)
    assert sorted(n.pitch for n in said.parts[0].notes) == sorted(upper + lower)
    assert "More than one voice" in " ".join(said.warnings)
    alone = transcribed(MelodyTranscriber(MelodyTranscriber.Options(voices="one"), context), source, quiet)
    assert len(alone.parts[0].notes) <= len(upper) + 3
    assert not alone.warnings
