"""Every plugin and every fake goes through the same checks, so that the fakes cannot drift."""

from __future__ import annotations

import dataclasses
import inspect
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bridge import testing
from bridge.audio.recording import Recording
from bridge.audio.span_import import import_span
from bridge.errors import ConfigError, JobCancelled, PluginError
from bridge.music.parts import Score
from bridge.plugins import registry as plugins
from bridge.plugins.interfaces import Context, Host, Separator, Stem, Transcriber, Trigger
from bridge.spool.request import Request
from bridge.spool.result import ItemResult
from tests.support import sine

FAKES = {
    "separators": testing.FakeSeparator,
    "transcribers": testing.FakeTranscriber,
    "hosts": testing.FakeHost,
    "triggers": testing.FakeTrigger,
}
PROTOCOLS = {"separators": Separator, "transcribers": Transcriber, "hosts": Host, "triggers": Trigger}
METHODS = {
    "separators": ("separate",),
    "transcribers": ("transcribe",),
    "hosts": ("deliver", "request_selected"),
    "triggers": ("run",),
}
ALL = [(kind, plugins.load(kind, name)) for kind, names in plugins.BUILT_IN.items() for name in names]
ALL += list(FAKES.items())


@pytest.mark.parametrize(("kind", "plugin"), ALL, ids=lambda v: getattr(v, "__name__", v))
def test_a_plugin_has_the_shape_of_its_protocol(kind: str, plugin: type) -> None:
    options: Any = plugin.Options  # type: ignore[attr-defined]  # every plugin has one; that is what is tested
    made: Any = options()
    assert dataclasses.is_dataclass(made)
    for field in dataclasses.fields(made)[:1]:
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(made, field.name, None)
    assert list(inspect.signature(plugin).parameters) == ["options", "context"]
    for method in METHODS[kind]:
        wanted = list(inspect.signature(getattr(PROTOCOLS[kind], method)).parameters)
        assert list(inspect.signature(getattr(plugin, method)).parameters) == wanted


@pytest.fixture
def mix(tmp_path: Path) -> Recording:
    return import_span(sine(tmp_path / "mix.wav", seconds=1.5), tmp_path / "work.wav")


@pytest.fixture
def context(tmp_path: Path) -> Context:
    def no_model(name: str) -> Path:
        raise PluginError(f"The model {name} is not needed here.")

    return Context(no_model, tmp_path / "cache", tmp_path)


@pytest.mark.parametrize("name", ["fake", "whole_mix"])
def test_separators_deliver_what_is_wanted_as_long_as_the_mix(
    name: str, mix: Recording, context: Context, tmp_path: Path
) -> None:
    plugin = testing.FakeSeparator if name == "fake" else plugins.load("separators", name)
    separator = plugin(plugin.Options(), context)
    wanted = separator.stems[-1:]
    told: list[float] = []
    stems = separator.separate(mix, wanted, tmp_path / "stems", lambda stage, fraction: told.append(fraction))
    assert [s.role for s in stems] == list(wanted)
    assert told
    assert max(told) <= 1.0
    for stem in stems:
        assert stem.audio.frames == mix.frames
        assert stem.audio.rate == mix.rate
        assert stem.mix_rms == mix.rms
        assert np.isfinite(stem.audio.read()).all()


@pytest.mark.parametrize("name", ["fake", "whole_mix"])
def test_a_cancelled_separator_leaves_nothing(name: str, mix: Recording, context: Context, tmp_path: Path) -> None:
    plugin = testing.FakeSeparator if name == "fake" else plugins.load("separators", name)
    separator = plugin(plugin.Options(), context)

    def cancel(stage: str, fraction: float) -> None:
        raise JobCancelled

    with pytest.raises(JobCancelled):
        separator.separate(mix, separator.stems[:1], tmp_path / "stems", cancel)
    assert not list((tmp_path / "stems").glob("*")) if (tmp_path / "stems").exists() else True


@pytest.mark.parametrize("name", ["fake", "drums", "notes"])
def test_transcribers_give_sorted_notes_within_the_stem(name: str, mix: Recording, tmp_path: Path) -> None:
    from bridge.models import ModelStore

    plugin = testing.FakeTranscriber if name == "fake" else plugins.load("transcribers", name)
    engine = plugin(plugin.Options(), Context(ModelStore(tmp_path).path, tmp_path / "cache", tmp_path))
    heard = engine.transcribe(Stem("drums" if name == "drums" else "bass", mix, mix.rms), lambda stage, fraction: None)
    (part,) = heard.parts
    assert list(part.notes) == sorted(part.notes)
    assert all(n.offset_s <= mix.length_s + 0.1 for n in part.notes)


@pytest.mark.parametrize("name", ["fake", "midi_file"])
def test_hosts_hand_the_items_on(name: str, context: Context, tmp_path: Path) -> None:
    plugin = testing.FakeHost if name == "fake" else plugins.load("hosts", name)
    host = plugin(plugin.Options(), context)
    item = ItemResult("item", Score((), 1.0), extra={"position_s": 3.0})
    delivered = host.deliver([item], Request("some-id-1", name, ()), tmp_path)
    assert len(delivered) == 1
    assert delivered[0].extra["position_s"] == 3.0
    assert [p for p in tmp_path.iterdir() if p.is_file()]


def test_an_outsider_comes_through_entry_points(monkeypatch: pytest.MonkeyPatch, context: Context) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1] / "data" / "plugins"))
    assert "fake" in plugins.names("separators")
    assert isinstance(plugins.create("separators", "fake", {"seconds": 1}, context), testing.FakeSeparator)
    with pytest.raises(ConfigError, match='did you mean "seconds"'):
        plugins.create("separators", "fake", {"second": 1.0}, context)
    with pytest.raises(ConfigError, match="a number"):
        plugins.create("separators", "fake", {"seconds": "long"}, context)
    with pytest.raises(ConfigError, match="choose one of"):
        plugins.load("separators", "nothing")
