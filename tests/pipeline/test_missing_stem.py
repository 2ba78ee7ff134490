"""What a separator has no stem of is still heard: drums in the mix, the bass in what is left over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

import pytest

from bridge.app import application
from bridge.music.parts import Transcription
from bridge.pipeline.pipeline import Outcome, Pipeline
from bridge.plugins.interfaces import AudioSource, Progress
from bridge.plugins.registry import BUILT_IN
from bridge.spool.request import AudioSpan, ItemRequest, Request
from bridge.testing import FakeSeparator, FakeTranscriber
from tests.support import PLUGINS, Home


class TwoStems(FakeSeparator):
    """As Spleeter with two stems."""

    stems = ("vocals", "other")


class Asked(FakeTranscriber):
    """Keeps what was to be heard."""

    sources: ClassVar[dict[str, tuple[str, ...]]] = {}

    def transcribe(self, sources: Mapping[str, AudioSource], progress: Progress) -> Transcription:
        """As the fake's."""
        self.sources.update({name: source.without for name, source in sources.items()})
        return super().transcribe(sources, progress)


@pytest.fixture
def hear(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wav: Path):  # type: ignore[no-untyped-def]
    """Run the pipeline with some stems of a separator of two."""
    monkeypatch.syspath_prepend(PLUGINS)
    monkeypatch.setitem(BUILT_IN["separators"], "two", f"{__name__}:{TwoStems.__name__}")
    monkeypatch.setitem(BUILT_IN["transcribers"], "asked", f"{__name__}:{Asked.__name__}")
    monkeypatch.setattr(Asked, "sources", {})
    rows = {f"hearing.best.{role}": "asked" for role in ("drums", "bass", "vocals", "other")}
    app = application({"separation.separator": "two", **rows}, Home(tmp_path / "home").folder)

    def run(stems: Sequence[str] | None = None) -> Outcome:
        options = {"stems": list(stems)} if stems else {}
        request = Request("test-0001", "midi_file", (ItemRequest(AudioSpan(wav), "item"),), options)
        return Pipeline(app.settings, app.context).run(request, tmp_path / "job", lambda stage, fraction: None)

    return run


def test_drums_are_heard_in_the_mix_and_it_is_said(hear) -> None:  # type: ignore[no-untyped-def]
    outcome = hear()
    assert Asked.sources == {"mix": (), "vocals": ("other",), "other": ("vocals",)}
    assert outcome.transcribers["mix"] == "asked"
    assert outcome.warnings == ("The separator has no stem of the drums, so they were heard in the whole mix.",)
    assert [name for name, _ in outcome.items[0].stems] == ["vocals", "other"]


def test_drums_alone_need_no_separation(hear) -> None:  # type: ignore[no-untyped-def]
    outcome = hear(["drums"])
    assert Asked.sources == {"mix": ()}
    assert outcome.items[0].stems == ()


def test_nothing_is_said_where_only_the_voice_is_wanted(hear) -> None:  # type: ignore[no-untyped-def]
    assert hear(["vocals"]).warnings == ()
    assert set(Asked.sources) == {"vocals"}
