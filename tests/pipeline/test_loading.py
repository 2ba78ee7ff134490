"""What is done beside: engines are loaded while an item is read, the beat is listened for while notes are heard."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import ClassVar

import pytest

from bridge.app import application
from bridge.audio.recording import Recording
from bridge.errors import JobCancelled, PluginError
from bridge.music.parts import Transcription
from bridge.pipeline import pipeline
from bridge.pipeline.pipeline import Pipeline
from bridge.plugins.interfaces import AudioSource, Context, Progress
from bridge.plugins.registry import BUILT_IN
from bridge.score.beat.onset_strength import OnsetStrength, onset_strength
from bridge.spool.request import AudioSpan, ItemRequest, Request
from bridge.testing import FakeTranscriber
from tests.raising import raises_code
from tests.support import PLUGINS, Home

PATIENCE_S = 30.0


class Waits(FakeTranscriber):
    """Is loaded only once an item is read."""

    is_read: ClassVar[threading.Event]

    def __init__(self, options: FakeTranscriber.Options, context: Context) -> None:
        assert self.is_read.wait(PATIENCE_S), "nothing was read while the engine was loaded"
        super().__init__(options, context)


class Hears(FakeTranscriber):
    """Hears notes only once the onset strength is being found."""

    is_listened: ClassVar[threading.Event]

    def transcribe(self, sources: Mapping[str, AudioSource], progress: Progress) -> Transcription:
        """As the fake's."""
        assert self.is_listened.wait(PATIENCE_S), "the beat waited for the notes"
        return super().transcribe(sources, progress)


class Fails(FakeTranscriber):
    """Fails to hear while the onset strength is being found."""

    def transcribe(self, sources: Mapping[str, AudioSource], progress: Progress) -> Transcription:
        """Raise an error."""
        Hears.is_listened.wait(PATIENCE_S)
        raise PluginError("It is broken.", code="network-not-loaded")


class Broken(FakeTranscriber):
    """Cannot be loaded."""

    def __init__(self, options: FakeTranscriber.Options, context: Context) -> None:
        raise PluginError("It is broken.", code="network-not-loaded")


@pytest.fixture
def hear(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wav: Path):  # type: ignore[no-untyped-def]
    """Run the pipeline with an engine for everything."""
    monkeypatch.syspath_prepend(PLUGINS)
    monkeypatch.setattr(Waits, "is_read", threading.Event(), raising=False)
    monkeypatch.setattr(Hears, "is_listened", threading.Event(), raising=False)

    def on_progress(stage: str, fraction: float) -> None:
        if stage == "read":
            Waits.is_read.set()

    def run(engine: type) -> int:
        monkeypatch.setitem(BUILT_IN["transcribers"], "engine", f"{__name__}:{engine.__name__}")
        rows = {f"hearing.best.{role}": "engine" for role in ("drums", "bass", "vocals", "other")}
        wanted = {"separation.separator": "whole_mix", "score.find_tempo": True, **rows}
        app = application(wanted, Home(tmp_path / "home").folder)
        request = Request("test-0001", "midi_file", (ItemRequest(AudioSpan(wav), "item"),), {})
        return len(Pipeline(app.settings, app.context).run(request, tmp_path / "job", on_progress).items)

    return run


def test_the_first_item_is_read_while_engines_are_loaded(hear) -> None:  # type: ignore[no-untyped-def]
    assert hear(Waits) == 1


def test_the_beat_is_listened_for_while_notes_are_heard(hear, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    def found(mix: Recording, report: Callable[[str, float], None]) -> OnsetStrength:
        Hears.is_listened.set()
        return onset_strength(mix, report)

    monkeypatch.setattr(pipeline, "onset_strength", found)
    assert hear(Hears) == 1


def test_the_beat_is_given_up_with_the_item(hear, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    given_up = []

    def endless(mix: Recording, report: Callable[[str, float], None]) -> OnsetStrength:
        Hears.is_listened.set()
        end = time.monotonic() + PATIENCE_S
        try:
            while time.monotonic() < end:
                report("score", 0.0)
                time.sleep(0.01)
        except JobCancelled:
            given_up.append(True)
            raise
        return onset_strength(mix, report)

    monkeypatch.setattr(pipeline, "onset_strength", endless)
    with raises_code("network-not-loaded"):
        hear(Fails)
    assert given_up


def test_an_engine_that_cannot_be_loaded_is_said_and_leaves_nothing(hear, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    with raises_code("network-not-loaded"):
        hear(Broken)
    assert [p for p in (tmp_path / "job").rglob("*") if p.is_file()] == []
