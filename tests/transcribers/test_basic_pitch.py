"""Basic Pitch against the package it comes from (golden data: tests/data/basic_pitch), and as an engine."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from bridge.audio.recording import Recording
from bridge.audio.span_import import import_span
from bridge.errors import JobCancelled, ModelError
from bridge.inference.network import Network
from bridge.plugins.interfaces import AudioSource, Context
from bridge.score.cleanup.clean import clean
from bridge.transcribers.basic_pitch import BasicPitchTranscriber, engine
from bridge.transcribers.basic_pitch.decode import PACKAGE, Decoding, FrameNote, decode
from bridge.transcribers.basic_pitch.posteriors import PACKAGE_HOP, WINDOW, Posteriors, join, listen
from tests.data.basic_pitch.make_golden import CLIPS, LENGTH_S, STRIDE, UNIT
from tests.raising import raises_code
from tests.support import transcribed
from tests.transcribers import stored

GOLDEN = Path(__file__).parents[1] / "data" / "basic_pitch"
RATE = 44_100
CHORDS = [(0.5, 1.3, p) for p in (60, 64, 67)] + [(1.5, 2.3, p) for p in (57, 65)] + [(2.5, 2.6, 72), (2.8, 2.9, 72)]


def quiet(stage: str, fraction: float) -> None:
    assert 0 <= fraction <= 1


@pytest.fixture
def context(tmp_path: Path) -> Context:
    return stored.context(tmp_path, "basic-pitch")


def played(path: Path, notes: list[tuple[float, float, int]], length_s: float, gain: float = 0.1) -> Recording:
    """Struck tones with eight partials."""
    x = np.zeros(round(length_s * RATE))
    for on, off, pitch in notes:
        t = np.arange(round((off - on) * RATE)) / RATE
        hz = 440 * 2 ** ((pitch - 69) / 12)
        tone = sum(np.sin(2 * np.pi * k * hz * t) / k for k in range(1, 9)) * np.exp(-t)
        start = round(on * RATE)
        x[start : start + len(t)] += gain * tone * np.clip((off - on - t) / 0.01, 0, 1) * np.clip(t / 0.003, 0, 1)
    soundfile.write(path, x.astype(np.float32), RATE, subtype="FLOAT")
    return Recording(path, RATE, 1, len(x), float(np.sqrt((x**2).mean())), float(np.abs(x).max()))


@pytest.mark.model
@pytest.mark.parametrize("clip", CLIPS)
@pytest.mark.first_is_enough
def test_it_hears_what_the_package_hears(clip: str, evaluation: Path, context: Context, tmp_path: Path) -> None:
    recording = import_span(evaluation / "data" / clip / "mix.flac", tmp_path / "clip.wav", length_s=LENGTH_S)
    network = Network(context.model("basic-pitch"), precision="f32", cache=context.cache, shape=[[1, WINDOW, 1]])
    heard = join(list(listen(network, recording, PACKAGE_HOP)))
    golden = np.load(GOLDEN / "posteriors.npz")
    for ours, name in ((heard.notes, "note"), (heard.onsets, "onset")):
        theirs = golden[f"{clip}/{name}"] * UNIT
        np.testing.assert_allclose(ours[::STRIDE][: len(theirs)], theirs, atol=1e-3)
    # The package drops the frames beyond the end before it decodes: 86 a second.
    length = LENGTH_S * 86
    found = decode(Posteriors(heard.notes[:length], heard.onsets[:length]), PACKAGE)
    assert [[n.start, n.end, n.pitch] for n in found] == json.loads((GOLDEN / "notes.json").read_text())[clip]


@pytest.mark.model
@pytest.mark.slow
def test_chords_come_back_in_time_pitch_and_length(tmp_path: Path, context: Context) -> None:
    stem = AudioSource("other", played(tmp_path / "chords.wav", CHORDS, 3.2), 0.05)
    heard = transcribed(BasicPitchTranscriber(BasicPitchTranscriber.Options(), context), stem, quiet)
    # The network takes partials of such plain tones for notes; the clean-up knows them.
    notes = clean(heard.parts)[0].notes
    assert sorted(n.pitch for n in notes) == sorted(p for *_, p in CHORDS)
    in_order = sorted(notes, key=lambda n: (round(n.onset_s, 1), n.pitch))
    for (on, off, pitch), note in zip(sorted(CHORDS, key=lambda c: (c[0], c[2])), in_order, strict=True):
        assert note.pitch == pitch
        assert note.onset_s == pytest.approx(on, abs=0.025)
        assert note.offset_s == pytest.approx(off, abs=0.08)


@pytest.mark.model
def test_velocity_follows_the_level_and_leakage_stays_silent(tmp_path: Path, context: Context) -> None:
    transcriber = BasicPitchTranscriber(BasicPitchTranscriber.Options(), context)
    velocities = []
    for gain in (0.2, 0.05):
        stem = AudioSource("other", played(tmp_path / f"{gain}.wav", CHORDS[:3], 2.0, gain), 0.1)
        velocities.append(np.mean([n.velocity for n in transcribed(transcriber, stem, quiet).parts[0].notes]))
    assert velocities[0] == pytest.approx(2 * velocities[1], rel=0.1), "12 dB are half the velocity"
    leak = AudioSource("other", played(tmp_path / "leak.wav", CHORDS[:3], 2.0, 0.0005), 0.1)
    assert not transcribed(transcriber, leak, quiet).parts[0].notes


@pytest.mark.slow
@pytest.mark.model
def test_blocks_leave_no_seam(tmp_path: Path, context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    line = [(0.3 + k * 0.5, 0.7 + k * 0.5, 55 + k % 7) for k in range(30)]
    stem = AudioSource("other", played(tmp_path / "long.wav", line, 16.0), 0.05)
    transcriber = BasicPitchTranscriber(BasicPitchTranscriber.Options(), context)
    whole = transcribed(transcriber, stem, quiet).parts[0].notes
    monkeypatch.setattr(engine, "CORE_WINDOWS", 2)
    monkeypatch.setattr(engine, "AHEAD_WINDOWS", 1)
    pieces = transcribed(transcriber, stem, quiet).parts[0].notes
    assert [(n.pitch, n.onset_s) for n in pieces] == [(n.pitch, n.onset_s) for n in whole]
    assert len(whole) >= len(line)


@pytest.mark.model
def test_a_cancel_stops_it(tmp_path: Path, context: Context) -> None:
    def cancel(stage: str, fraction: float) -> None:
        raise JobCancelled

    stem = AudioSource("other", played(tmp_path / "a.wav", CHORDS, 3.2), 0.05)
    with pytest.raises(JobCancelled):
        transcribed(BasicPitchTranscriber(BasicPitchTranscriber.Options(), context), stem, cancel)


def test_without_its_model_it_says_how_to_get_it(tmp_path: Path) -> None:
    def missing(name: str) -> Path:
        raise ModelError(f"{name} is missing; run 'dawscribe models fetch {name}'.")

    with raises_code("model"):
        BasicPitchTranscriber(BasicPitchTranscriber.Options(), Context(missing, tmp_path, tmp_path))


def posteriors(frames: int, *tones: tuple[int, int, int, float]) -> Posteriors:
    """Sure onsets, and note probabilities from frame to frame on a key."""
    heard = Posteriors(np.zeros((frames, 88), np.float32), np.zeros((frames, 88), np.float32))
    for start, end, key, probability in tones:
        heard.onsets[start, key] = 0.9
        heard.notes[start:end, key] = probability
    return heard


PLAIN = Decoding(onset=0.5, frame=0.3, shortest=3, gap=5, infer_onsets=False, without_onset=2.0)


def test_a_struck_key_is_one_note_until_it_is_struck_again() -> None:
    found = decode(posteriors(100, (10, 30, 40, 0.8), (30, 50, 40, 0.8)), PLAIN)
    assert [(n.start, n.end, n.pitch) for n in found] == [(10, 30, 61), (30, 50, 61)]


def test_a_dip_does_not_end_a_note_and_a_blip_is_none() -> None:
    heard = posteriors(100, (10, 40, 40, 0.8), (60, 63, 50, 0.8))
    heard.notes[20:24, 40] = 0.1
    assert [(n.start, n.end) for n in decode(heard, PLAIN)] == [(10, 40)]


def test_what_swells_without_an_onset_is_found_when_asked_for() -> None:
    heard = posteriors(100)
    heard.notes[20:60, 40] = np.concatenate([np.linspace(0, 0.8, 20), np.linspace(0.8, 0, 20)])
    assert decode(heard, PLAIN) == []
    grown = Decoding(0.5, 0.3, 3, 5, infer_onsets=False, without_onset=0.5)
    found: list[FrameNote] = decode(heard, grown)
    assert len(found) == 1 and found[0].pitch == 61


def test_silence_has_no_notes() -> None:
    assert decode(posteriors(50), PACKAGE) == []
