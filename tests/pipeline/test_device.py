"""A device that was wanted and that nothing used is named in the result."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.app import application
from bridge.pipeline.pipeline import ON_PROCESSOR, Pipeline
from bridge.plugins.registry import BUILT_IN
from bridge.spool.request import AudioSpan, ItemRequest, Request
from bridge.testing import FakeTranscriber
from tests.support import PLUGINS, Home


class OnTorch(FakeTranscriber):
    """As an engine of the PyTorch extra."""

    device = "cuda"


@pytest.mark.parametrize(
    ("device", "engine", "said"),
    [
        ("cuda", "fake", (ON_PROCESSOR.format("cuda"),)),
        ("cuda", "torch", ()),
        ("cuda", "fake + torch", ()),
        ("mps", "torch", (ON_PROCESSOR.format("mps"),)),
        ("auto", "fake", ()),
        ("cpu", "fake", ()),
    ],
)
def test_the_processor_does_not_take_over_in_silence(
    device: str, engine: str, said: tuple[str, ...], tmp_path: Path, wav: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(PLUGINS)
    monkeypatch.setitem(BUILT_IN["transcribers"], "torch", f"{__name__}:{OnTorch.__name__}")
    app = application({"hearing.draft.mix": engine}, Home(tmp_path / "home").folder)
    request = Request(
        "test-0001", "midi_file", (ItemRequest(AudioSpan(wav), "item"),), {"quality": "draft", "device": device}
    )
    outcome = Pipeline(app.settings, app.context).run(request, tmp_path / "job", lambda stage, fraction: None)
    assert outcome.warnings == said
