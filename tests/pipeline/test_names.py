"""Names tell apart what is in the result, and not what the clean-up took away."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import pytest

from bridge.app import application
from bridge.music.general_midi import Instrument
from bridge.music.notes import Note
from bridge.music.parts import Part, Transcription
from bridge.pipeline.pipeline import Pipeline
from bridge.plugins.interfaces import AudioSource, Progress
from bridge.plugins.registry import BUILT_IN
from bridge.score.instruments.naming import Playing, named
from bridge.spool.request import AudioSpan, ItemRequest, Request
from bridge.testing import FakeTranscriber
from tests.support import PLUGINS, Home

PLAYED = tuple(Note(0.1 + i * 0.3, 0.3 + i * 0.3, 50 + i, 90, 0.9) for i in range(5))
BLIPS = tuple(Note(0.2 + i * 0.3, 0.21 + i * 0.3, 71 + i, 90, 0.1) for i in range(5))
"""Short and doubtful: the clean-up takes them for notes that nobody played."""


class Guitars(FakeTranscriber):
    """Hears guitars, each with a place, how sure it is of it, and its notes."""

    heard: ClassVar[tuple[tuple[float, float, tuple[Note, ...]], ...]] = ()

    def transcribe(self, sources: Mapping[str, AudioSource], progress: Progress) -> Transcription:
        """Name them as the band engine does."""
        names = named([Playing("guitar", b, s, 60, 0.2, 0.4) for b, s, _ in self.heard])
        parts = [
            Part(f"other/guitar{i}", "other", Instrument(n.name, n.program, "guitar"), notes)
            for i, (n, (_, _, notes)) in enumerate(zip(names, self.heard, strict=True))
        ]
        return Transcription(tuple(parts))


@pytest.mark.parametrize(
    ("heard", "names"),
    [
        ([(0.0, 0.9, PLAYED), (0.0, 0.9, BLIPS)], ["Guitar"]),
        ([(-0.8, 0.9, PLAYED), (0.8, 0.9, BLIPS)], ["Guitar"]),
        ([(0.8, 0.3, PLAYED), (-0.8, 0.9, ())], ["Guitar?"]),
        ([(0.0, 0.9, BLIPS), (0.0, 0.9, PLAYED), (0.0, 0.9, PLAYED[1:])], ["Guitar", "Guitar 2"]),
        ([(-0.8, 0.9, PLAYED), (0.7, 0.9, PLAYED[1:])], ["Guitar (left)", "Guitar (right)"]),
        ([(-0.8, 0.9, PLAYED), (-0.7, 0.3, PLAYED[1:])], ["Guitar (left)", "Guitar (left) 2?"]),
        ([(0.0, 0.3, PLAYED), (0.0, 0.9, PLAYED[1:])], ["Guitar?", "Guitar 2"]),
    ],
)
def test_twins_are_told_apart_by_what_is_left_of_them(
    heard: list[tuple[float, float, tuple[Note, ...]]], names: list[str], tmp_path: Path, wav: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.syspath_prepend(PLUGINS)
    monkeypatch.setitem(BUILT_IN["transcribers"], "guitars", f"{__name__}:{Guitars.__name__}")
    monkeypatch.setattr(Guitars, "heard", tuple(heard))
    app = application({"separation.separator": "fake", "hearing.best.other": "guitars"}, Home(tmp_path / "home").folder)
    request = Request("test-0001", "midi_file", (ItemRequest(AudioSpan(wav), "item"),), {"stems": ["other"]})
    outcome = Pipeline(app.settings, app.context).run(request, tmp_path / "job", lambda stage, fraction: None)
    assert [part.name for part in outcome.items[0].score.parts] == names
