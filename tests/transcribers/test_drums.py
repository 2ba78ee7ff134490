"""The drum engine with its shipped net on sounds made here: nothing that it was trained on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soundfile

from bridge.audio.recording import Recording
from bridge.audio.span_import import import_span
from bridge.errors import JobCancelled
from bridge.music.notes import Note
from bridge.plugins.interfaces import AudioSource, Context
from bridge.plugins.registry import TRANSCRIBERS
from bridge.transcribers.drums import DrumTranscriber
from bridge.transcribers.drums.engine import PIECE, load_tuning
from bridge.transcribers.drums.features import HOP, spectra
from tests.raising import raises_code
from tests.support import Told, transcribed

RATE = 44_100
BEAT_S = 0.5
KICKS = [k * BEAT_S for k in range(1, 25, 2)]
SNARES = [k * BEAT_S for k in range(2, 25, 2)]
HATS = [k * BEAT_S / 2 for k in range(2, 49)]


def hit(kind: str, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """A plain drum: a swept sine, noise over a tone, or a burst of high noise."""
    t = np.arange(int(0.4 * RATE)) / RATE
    noise = rng.normal(0, 1, len(t))
    if kind == "kick":
        return np.asarray(np.sin(2 * np.pi * np.cumsum(50 + 120 * np.exp(-t / 0.02)) / RATE) * np.exp(-t / 0.12))
    if kind == "snare":
        body = np.sin(2 * np.pi * 190 * t) * np.exp(-t / 0.06)
        return np.asarray(0.6 * body + 0.35 * noise * np.exp(-t / 0.08))
    return np.asarray(0.12 * np.diff(noise, n=3, prepend=[0, 0, 0]) * np.exp(-t / 0.025))


def beat(tmp: Path, seconds: float = 13.0, gain: float = 0.3, name: str = "beat.wav") -> Recording:
    rng = np.random.default_rng(3)
    track = np.zeros(int(seconds * RATE))
    for kind, times in (("kick", KICKS), ("snare", SNARES), ("hat", HATS)):
        for when in times:
            start, wave = round(when * RATE), hit(kind, rng)
            stop = min(len(track), start + len(wave))
            if stop > start:
                track[start:stop] += wave[: stop - start] * gain
    soundfile.write(tmp / name, track.astype(np.float32), RATE, subtype="FLOAT")
    return import_span(tmp / name, tmp / f"work_{name}")


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> DrumTranscriber:
    return made(tmp_path_factory.mktemp("drums"))


def made(home: Path, sensitivity: float = 0.5) -> DrumTranscriber:
    context = Context(model=lambda name: Path(name), cache=home / "cache", home=home)
    return DrumTranscriber(DrumTranscriber.Options(sensitivity), context)


def quiet(stage: str, fraction: float) -> None:
    assert 0 <= fraction <= 1


def found(notes: tuple[Note, ...], keys: set[int], truth: list[float]) -> tuple[float, float, list[float]]:
    """Recall and precision within 30 ms, and how late the found ones are."""
    heard = [n.onset_s for n in notes if n.pitch in keys]
    late = [min((h - t for h in heard), key=abs, default=9.0) for t in truth]
    good = [x for x in late if abs(x) < 0.03]
    right = sum(any(abs(h - t) < 0.03 for t in truth) for h in heard)
    return len(good) / len(truth), right / max(1, len(heard)), good


def test_a_plain_beat_is_heard_with_its_times(engine: DrumTranscriber, tmp_path: Path) -> None:
    audio = beat(tmp_path)
    notes = transcribed(engine, AudioSource("drums", audio, audio.rms), quiet).parts[0].notes
    for keys, truth in (({36}, KICKS), ({38}, SNARES)):
        recall, precision, late = found(notes, keys, truth)
        assert recall >= 0.9
        assert precision >= 0.9
        assert abs(float(np.median(late))) < 0.006
    recall, _, _ = found(notes, {42, 46}, [h for h in HATS if h not in KICKS + SNARES])
    assert recall >= 0.8
    assert list(notes) == sorted(notes)


@pytest.mark.slow
def test_pieces_join_up_without_a_seam(engine: DrumTranscriber, tmp_path: Path) -> None:
    audio = beat(tmp_path, seconds=21.0)
    source = AudioSource("drums", audio, audio.rms)
    others, own = engine.activations(source, Told(quiet))
    assert len(others) == len(own) > 2 * PIECE
    whole = spectra(audio.mono(RATE) * np.float32(0.1 / audio.rms))
    # The second piece as if the recording had been one: its middle is far from any edge.
    start = PIECE - 200
    alone = engine._network(whole[None, start : start + PIECE])[0][0]
    middle = slice(100, PIECE - 100)
    np.testing.assert_allclose(others[start : start + PIECE][middle], alone[middle], atol=2e-3)
    np.testing.assert_allclose(own[start : start + PIECE], engine._semitones.answers(source, start, PIECE), atol=2e-3)


@pytest.mark.slow
def test_level_of_the_recording_does_not_matter(engine: DrumTranscriber, tmp_path: Path) -> None:
    loud, soft = beat(tmp_path), beat(tmp_path, gain=0.003, name="soft.wav")
    a = transcribed(engine, AudioSource("drums", loud, loud.rms), quiet).parts[0].notes
    b = transcribed(engine, AudioSource("drums", soft, soft.rms), quiet).parts[0].notes
    assert [n.pitch for n in a] == [n.pitch for n in b]


def test_leakage_under_a_loud_mix_is_not_a_beat(engine: DrumTranscriber, tmp_path: Path) -> None:
    audio = beat(tmp_path, gain=0.0006)
    notes = transcribed(engine, AudioSource("drums", audio, mix_rms=0.3), quiet).parts[0].notes
    assert len(notes) < 0.1 * len(KICKS + SNARES + HATS)


def test_silence_has_no_strokes_and_reports_its_end(engine: DrumTranscriber, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "silence.wav", np.zeros(RATE, np.float32), RATE)
    audio = import_span(tmp_path / "silence.wav", tmp_path / "work.wav")
    reports: list[float] = []
    assert (
        transcribed(engine, AudioSource("drums", audio, 0.1), lambda stage, f: reports.append(f)).parts[0].notes == ()
    )
    assert reports == [1.0]


def test_a_cancelled_job_stops_inside(engine: DrumTranscriber, tmp_path: Path) -> None:
    calls = 0

    def cancel(stage: str, fraction: float) -> None:
        nonlocal calls
        calls += 1
        raise JobCancelled

    audio = beat(tmp_path, seconds=21.0)
    with pytest.raises(JobCancelled):
        transcribed(engine, AudioSource("drums", audio, audio.rms), cancel)
    assert calls == 1


@pytest.mark.parametrize("sensitivity", [-0.1, 1.1])
def test_a_sensitivity_out_of_range_is_refused(sensitivity: float) -> None:
    with raises_code("plugin-options-invalid"):
        TRANSCRIBERS.options("drums", {"sensitivity": sensitivity})


@pytest.mark.parametrize("text", ["", "{}", '{"thresholds": 3}', "[]"])
def test_damaged_settings_of_the_model_are_told(tmp_path: Path, text: str) -> None:
    (tmp_path / "drums.json").write_text(text)
    with raises_code("drums-damaged"):
        load_tuning(tmp_path / "drums.json")


def test_frames_are_centred_on_their_time() -> None:
    audio = np.zeros(RATE, np.float32)
    audio[50 * HOP] = 1.0
    assert int(spectra(audio)[:, 0].sum(1).argmax()) == 50
