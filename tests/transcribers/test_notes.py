from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from bridge.audio.recording import Recording
from bridge.errors import JobCancelled, ModelError
from bridge.plugins.interfaces import AudioSource, Context
from bridge.plugins.registry import TRANSCRIBERS
from bridge.transcribers.notes import NoteOptions, NoteTranscriber
from tests.raising import raises_code
from tests.support import transcribed

RATE = 44_100


def model(name: str) -> Path:
    raise ModelError(f"{name} must not be needed")


def pluck(pitch: float, length_s: float) -> np.ndarray:
    """A note of ten partials that die away, (samples,)."""
    t = np.arange(round(length_s * RATE)) / RATE
    hz = 440 * 2 ** ((pitch - 69) / 12)
    x = sum(np.sin(2 * np.pi * k * hz * t) / k * np.exp(-t * (0.8 + 0.5 * k)) for k in range(1, 11))
    release = np.clip((length_s - t) / 0.02, 0, 1)
    return np.asarray(x * release * np.clip(t / 0.003, 0, 1), np.float32)


def stem_of(folder: Path, notes: list[tuple[float, float, int]], length_s: float, role: str) -> AudioSource:
    x = np.zeros(round(length_s * RATE), np.float32)
    for onset, length, pitch in notes:
        y = pluck(pitch, length)
        start = round(onset * RATE)
        x[start : start + len(y)] += 0.15 * y[: len(x) - start]
    path = folder / f"{role}.wav"
    soundfile.write(path, np.stack([x, x], 1), RATE, subtype="FLOAT")
    rms, peak = float(np.sqrt((x**2).mean())), float(np.abs(x).max())
    return AudioSource(role, Recording(path, RATE, 2, len(x), rms, peak), max(rms, 0.02))


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Context:
    home = tmp_path_factory.mktemp("home")
    return Context(model=model, cache=home / "cache", home=home)


@pytest.fixture(scope="module")
def engine(context: Context) -> NoteTranscriber:
    return NoteTranscriber(NoteOptions(), context)


def quiet(stage: str, fraction: float) -> None:
    assert 0 <= fraction <= 1


LINE = [(0.5, 0.4, 40), (1.0, 0.4, 43), (1.5, 0.4, 45), (2.0, 0.4, 45), (2.5, 0.9, 38)]
CHORDS = [(0.5, 0.9, p) for p in (60, 64, 67)] + [(1.5, 0.9, p) for p in (59, 62, 67)]


def test_a_bass_line_comes_back_as_one_voice(tmp_path: Path, engine: NoteTranscriber) -> None:
    notes = transcribed(engine, stem_of(tmp_path, LINE, 4.0, "bass"), quiet).parts[0].notes
    assert [n.pitch for n in notes] == [p for *_, p in LINE]
    for note, (onset, _, _) in zip(notes, LINE, strict=True):
        assert note.onset_s == pytest.approx(onset, abs=0.03)
    assert all(a.offset_s <= b.onset_s for a, b in itertools.pairwise(notes))


def test_chords_come_back_whole(tmp_path: Path, engine: NoteTranscriber) -> None:
    notes = transcribed(engine, stem_of(tmp_path, CHORDS, 3.0, "other"), quiet).parts[0].notes
    heard = {(round(n.onset_s * 2) / 2, n.pitch) for n in notes}
    assert heard == {(onset, p) for onset, _, p in CHORDS}


@pytest.mark.slow
def test_notes_across_the_edge_of_a_window_are_heard_once(tmp_path: Path, engine: NoteTranscriber) -> None:
    line = [(0.5 + 0.5 * i, 0.4, 40 + i % 7) for i in range(40)]
    notes = transcribed(engine, stem_of(tmp_path, line, 21.0, "bass"), quiet).parts[0].notes
    onsets = np.array([n.onset_s for n in notes])
    for onset, _, _ in line:
        assert np.count_nonzero(np.abs(onsets - onset) < 0.1) == 1


def test_a_silent_stem_has_no_notes(tmp_path: Path, engine: NoteTranscriber) -> None:
    assert transcribed(engine, stem_of(tmp_path, [], 2.0, "other"), quiet).parts[0].notes == ()


def test_leakage_far_below_the_mix_is_no_music(tmp_path: Path, engine: NoteTranscriber) -> None:
    stem = stem_of(tmp_path, CHORDS, 3.0, "other")
    faint = AudioSource(stem.role, stem.audio, stem.mix_rms * 10 ** (60 / 20))
    assert transcribed(engine, faint, quiet).parts[0].notes == ()


def test_a_very_short_stem_is_taken(tmp_path: Path, engine: NoteTranscriber) -> None:
    transcribed(engine, stem_of(tmp_path, [(0.0, 0.1, 60)], 0.1, "other"), quiet)


def test_a_cancelled_job_stops(tmp_path: Path, engine: NoteTranscriber) -> None:
    def cancelled(stage: str, fraction: float) -> None:
        raise JobCancelled

    with pytest.raises(JobCancelled):
        transcribed(engine, stem_of(tmp_path, LINE, 4.0, "bass"), cancelled)


@pytest.mark.parametrize("wrong", [{"voices": "two"}, {"sensitivity": 2.0}])
def test_a_setting_without_meaning_is_refused(wrong: dict[str, Any]) -> None:
    with raises_code("plugin-options-invalid"):
        TRANSCRIBERS.options("notes", wrong)


@pytest.mark.slow
def test_more_sensitivity_never_hears_less(tmp_path: Path, context: Context) -> None:
    stem = stem_of(tmp_path, CHORDS, 3.0, "other")
    engines = [NoteTranscriber(NoteOptions(sensitivity=s), context) for s in (0.2, 0.5, 0.8)]
    counts = [len(transcribed(engine, stem, quiet).parts[0].notes) for engine in engines]
    assert counts == sorted(counts)
