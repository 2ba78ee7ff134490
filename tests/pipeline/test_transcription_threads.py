"""Transcribing what is separated while the rest still is: same notes, in time, and nothing left behind."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from bridge.audio.recording import Array, Recording
from bridge.audio.span_import import import_span
from bridge.config import load
from bridge.errors import JobCancelled, PluginError
from bridge.music.notes import Note
from bridge.music.parts import Transcription
from bridge.pipeline.analysis import Analyser, Analysis
from bridge.pipeline.engines import Engines
from bridge.pipeline.hearing_plan import stem_plan
from bridge.pipeline.options import resolve_options
from bridge.pipeline.pipeline import SHARES
from bridge.pipeline.preview import PARTIAL
from bridge.pipeline.stages import OnProgress, Stages
from bridge.plugins.interfaces import AudioSource, Context, Progress, only
from tests.support import PATIENCE_S, Home, read_json, sine, wait_for

ROLES = ("bass", "other")


class Halves:
    """Two stems in two blocks; the second comes only when both engines have heard the first."""

    stems = ROLES
    device = "test"

    def __init__(self) -> None:
        self.heard = threading.Barrier(len(ROLES) + 1, timeout=PATIENCE_S)
        self.fail = False

    def separate(self, mix: Recording, roles: Sequence[str], progress: Progress) -> Iterator[Array]:
        half = mix.frames // 2
        yield np.stack([mix.read(0, half)] * len(roles))
        self.heard.wait()
        if self.fail:
            raise PluginError("The separator failed on purpose.")
        progress.fraction(0.5)
        yield np.stack([mix.read(half)] * len(roles))


class Reader:
    """Reads a stem in two pieces and keeps what it read; says when it has the first."""

    def __init__(self, separator: Halves) -> None:
        self._separator, self.pieces = separator, dict[str, list[Array]]()
        self.fail = False

    def transcribe(self, sources: Mapping[str, AudioSource], progress: Progress) -> Transcription:
        source = only(sources)
        if source.audio.is_silent:
            return Transcription.single(source.role, ())
        half_s = source.audio.length_s / 2
        first = source.audio.mono(22_050, 0.0, half_s - 0.2)
        threading.Thread(target=self._separator.heard.wait).start()
        progress.notes(source.role, [Note(0.0, 0.5, 60, 80)])
        if self.fail:
            raise PluginError("The engine failed on purpose.")
        second = source.audio.mono(22_050, half_s - 0.2, half_s + 0.2)
        self.pieces[source.role] = [first, second]
        progress.fraction(1.0)
        return Transcription.single(source.role, (Note(0.0, 0.5, 60, round(100 * source.audio.peak)),))


@pytest.fixture
def mix(tmp_path: Path) -> Recording:
    return import_span(sine(tmp_path / "song.wav", seconds=4.0), tmp_path / "mix.wav")


@pytest.fixture
def parts(monkeypatch: pytest.MonkeyPatch) -> tuple[Halves, Reader]:
    separator = Halves()
    reader = Reader(separator)
    monkeypatch.setattr(Engines, "separator", lambda *_: separator)
    monkeypatch.setattr(Engines, "transcriber", lambda *_: reader)
    return separator, reader


def hear(
    tmp_path: Path,
    mix: Recording,
    report: OnProgress = lambda stage, fraction: None,
    engines: Sequence[str] = ("reader", "reader"),
) -> Analysis:
    settings = load(tmp_path)
    context = Context(lambda name: tmp_path / name, tmp_path / "cache", tmp_path)
    plan = stem_plan({role: (engine,) for role, engine in zip(ROLES, engines, strict=True)}, ROLES)
    analyser = Analyser(Engines(context), None, plan, resolve_options({}, settings), settings)
    stages = Stages(report, lambda part_id, notes: None, item=0, items=1, shares=SHARES, times_s={})
    return analyser.analyse(mix, tmp_path / "stems", stages)


def hearing_threads() -> list[str]:
    return [t.name for t in threading.enumerate() if t.name.startswith("transcribe ")]


def test_engines_hear_the_first_half_before_the_second_is_separated(
    tmp_path: Path, mix: Recording, parts: tuple[Halves, Reader]
) -> None:
    # The separator waits for both engines: heard one after the other this would time out.
    heard = hear(tmp_path, mix)
    assert [part.id for part in heard.parts] == list(ROLES)
    for part, (role, stem) in zip(heard.parts, heard.stems.items(), strict=True):
        read = np.concatenate(parts[1].pieces[role])
        assert np.allclose(read, stem.mono(22_050), atol=1e-6)
        assert part.notes[0].velocity == round(100 * stem.peak)
    assert not hearing_threads()


class Pieces(Halves):
    """Ten pieces of six seconds; knows whether it computes, and how many it has handed over."""

    busy = False
    handed_over = 0

    def separate(self, mix: Recording, roles: Sequence[str], progress: Progress) -> Iterator[Array]:
        for number in range(10):
            self.busy = True
            time.sleep(0.03)
            piece = mix.read(number * 6 * mix.rate, 6 * mix.rate)
            self.busy, self.handed_over = False, number + 1
            yield np.stack([piece] * len(roles))


class Attentive:
    """Reads a stem second by second, and keeps what the separator did meanwhile."""

    def __init__(self, separator: Pieces) -> None:
        self._separator = separator
        self.seen: list[tuple[bool, int]] = []

    def transcribe(self, sources: Mapping[str, AudioSource], progress: Progress) -> Transcription:
        source = only(sources)
        for second in range(60):
            source.audio.mono(22_050, float(second), 1.0)
            time.sleep(0.002)
            self.seen.append((self._separator.busy, self._separator.handed_over))
        return Transcription.single(source.role, ())


def test_the_separator_rests_while_engines_hear_the_first_piece_and_then_heaps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    separator = Pieces()
    engine = Attentive(separator)
    monkeypatch.setattr(Engines, "separator", lambda *_: separator)
    monkeypatch.setattr(Engines, "transcriber", lambda *_: engine)
    hear(tmp_path, import_span(sine(tmp_path / "minute.wav", seconds=60.0), tmp_path / "mix.wav"))
    assert len(engine.seen) == 2 * 60
    assert not any(busy for busy, _ in engine.seen)
    assert sorted({handed_over for _, handed_over in engine.seen}) == [1, 5, 9, 10]


@pytest.mark.parametrize(("number", "said"), [(0, "separator failed"), (1, "engine failed")])
def test_whichever_fails_ends_the_other(
    tmp_path: Path, mix: Recording, parts: tuple[Halves, Reader], number: int, said: str
) -> None:
    parts[number].fail = True
    with pytest.raises(PluginError, match=said):
        hear(tmp_path, mix)
    assert not list((tmp_path / "stems").glob("*"))
    assert not hearing_threads()


class Pair:
    """Hears a whole stem, then waits for another that does so at the same time."""

    def __init__(self, patience_s: float) -> None:
        self._other, self._patience_s, self.met = threading.Barrier(2), patience_s, False

    def transcribe(self, sources: Mapping[str, AudioSource], progress: Progress) -> Transcription:
        source = only(sources)
        source.audio.read()
        with suppress(threading.BrokenBarrierError):
            self._other.wait(self._patience_s)
            self.met = True
        return Transcription.single(source.role, ())


@pytest.mark.parametrize(
    ("engines", "patience_s", "together"), [(("one", "two"), PATIENCE_S, True), (("one", "one"), 1, False)]
)
def test_two_engines_run_together_after_the_separation_but_none_twice(
    tmp_path: Path,
    mix: Recording,
    parts: tuple[Halves, Reader],
    monkeypatch: pytest.MonkeyPatch,
    engines: tuple[str, str],
    patience_s: float,
    together: bool,
) -> None:
    pair = Pair(patience_s)
    monkeypatch.setattr(Engines, "transcriber", lambda *_: pair)
    parts[0].heard = threading.Barrier(1)
    hear(tmp_path, mix, engines=engines)
    assert pair.met == together


def test_a_cancel_ends_both(tmp_path: Path, mix: Recording, parts: tuple[Halves, Reader]) -> None:
    def cancel(stage: str, fraction: float) -> None:
        raise JobCancelled

    with pytest.raises(JobCancelled):
        hear(tmp_path, mix, cancel)
    assert not hearing_threads()


def test_the_first_notes_are_in_the_job_folder_before_the_end(tmp_path: Path) -> None:
    home = Home(tmp_path / "home", "[separators.fake]\nseconds = 3.0\n")
    home.start()
    try:
        job = home.submit(home.request("partial-notes", sine(tmp_path / "song.wav", seconds=6.0)))
        folder = home.folder / "jobs" / job
        partial = wait_for(lambda: read_json(folder / PARTIAL), "the first notes")
        wait_for(lambda: home.status(job).get("notes", 0) > 0, "their count")
        assert home.status(job)["state"] == "running"
        assert partial["protocol"] == 1
        (item,) = partial["items"]
        assert item["name"] == "song"
        assert item["parts"][0]["notes"][0] in ([0.0, 0.45, 36, 80], [0.0, 0.45, 60, 80])
        assert home.wait_end(job)["state"] == "done"
        assert not (folder / PARTIAL).exists()
    finally:
        home.kill()
