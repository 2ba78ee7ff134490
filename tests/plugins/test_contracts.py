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
from bridge.errors import JobCancelled, PluginError
from bridge.music.parts import Score
from bridge.pipeline.activation_files import read_activations, write_activations
from bridge.plugins import registry as plugins
from bridge.plugins.interfaces import (
    Activations,
    ActivationTranscriber,
    AudioSource,
    Context,
    Host,
    Installable,
    ProjectWriter,
    RemoteHost,
    Separator,
    Transcriber,
    Trigger,
)
from bridge.spool.request import Request
from bridge.spool.result import ItemResult
from tests.raising import raises_code
from tests.support import sine

FAKES: list[tuple[str, type]] = [
    ("separators", testing.FakeSeparator),
    ("transcribers", testing.FakeTranscriber),
    ("transcribers", testing.FakeBandTranscriber),
    ("hosts", testing.FakeHost),
    ("triggers", testing.FakeTrigger),
]
METHODS: dict[str, dict[type, tuple[str, ...]]] = {
    "separators": {Separator: ("separate",)},
    "transcribers": {Transcriber: ("transcribe",), ActivationTranscriber: ("listen", "decode")},
    "hosts": {
        Host: ("deliver",),
        ProjectWriter: ("check_project", "write_project"),
        RemoteHost: ("request_selected",),
        Installable: ("install", "uninstall"),
    },
    "triggers": {Trigger: ("run",)},
}
"""The contract of a kind first, then what its plugins may have besides."""
ALL = [(kind, plugins.load(kind, name)) for kind, names in plugins.BUILT_IN.items() for name in names] + FAKES


@pytest.mark.parametrize(("kind", "plugin"), ALL, ids=lambda v: getattr(v, "__name__", v))
def test_a_plugin_has_the_shape_of_its_contracts(kind: str, plugin: type) -> None:
    options: Any = plugin.Options  # type: ignore[attr-defined]  # every plugin has one; that is what is tested
    made: Any = options()
    assert dataclasses.is_dataclass(made)
    for field in dataclasses.fields(made)[:1]:
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(made, field.name, None)
    assert list(inspect.signature(plugin).parameters) == ["options", "context"]
    for number, (contract, methods) in enumerate(METHODS[kind].items()):
        has = [hasattr(plugin, method) for method in methods]
        assert all(has) or (number and not any(has)), f"{plugin.__name__} has half of {contract.__name__}"
        for method in methods if all(has) else ():
            parameters = list(inspect.signature(getattr(contract, method)).parameters)
            assert list(inspect.signature(getattr(plugin, method)).parameters) == parameters
    if kind in ("separators", "transcribers"):
        assert plugin.cache_version  # type: ignore[attr-defined]
    if hasattr(plugin, "decoding_options"):
        assert set(plugin.decoding_options) <= {f.name for f in dataclasses.fields(options)}
    if kind == "hosts":
        assert isinstance(plugin.inserts, bool)  # type: ignore[attr-defined]
        assert not hasattr(plugin, "write_project") or plugin.suffix.startswith(".")  # type: ignore[attr-defined]


def test_no_two_hosts_write_projects_of_one_suffix() -> None:
    suffixes = [plugin.suffix for kind, plugin in ALL if hasattr(plugin, "suffix")]
    assert len(set(suffixes)) == len(suffixes)


@pytest.fixture
def mix(tmp_path: Path) -> Recording:
    return import_span(sine(tmp_path / "mix.wav", seconds=1.5), tmp_path / "work.wav")


@pytest.fixture
def context(tmp_path: Path) -> Context:
    def no_model(name: str) -> Path:
        raise PluginError(f"The model {name} is not needed here.")

    return Context(no_model, tmp_path / "cache", tmp_path)


@pytest.mark.parametrize("name", ["fake", "whole_mix"])
def test_separators_yield_what_is_wanted_as_long_as_the_mix(name: str, mix: Recording, context: Context) -> None:
    plugin = testing.FakeSeparator if name == "fake" else plugins.load("separators", name)
    separator = plugin(plugin.Options(), context)
    roles = separator.stems[-1:]
    progress = testing.RecordingProgress()
    blocks = [np.stack(list(block)) for block in separator.separate(mix, roles, progress)]
    assert progress.fractions
    assert max(progress.fractions) <= 1.0
    stems = np.concatenate(blocks, 2)
    assert stems.shape == (len(roles), mix.channels, mix.frames)
    assert np.isfinite(stems).all()


@pytest.mark.parametrize("name", ["fake", "whole_mix"])
def test_a_separator_ends_where_its_progress_says_so(name: str, mix: Recording, context: Context) -> None:
    plugin = testing.FakeSeparator if name == "fake" else plugins.load("separators", name)
    separator = plugin(plugin.Options(), context)
    with pytest.raises(JobCancelled):
        list(separator.separate(mix, separator.stems[:1], testing.RecordingProgress(JobCancelled())))


@pytest.mark.parametrize("name", ["fake", "fake band", "drums", "notes"])
def test_transcribers_give_sorted_notes_within_the_source(name: str, mix: Recording, tmp_path: Path) -> None:
    from bridge.models import ModelStore

    fakes = {"fake": testing.FakeTranscriber, "fake band": testing.FakeBandTranscriber}
    plugin: Any = fakes.get(name) or plugins.load("transcribers", name)
    engine = plugin(plugin.Options(), Context(ModelStore(tmp_path).path, tmp_path / "cache", tmp_path))
    role = "drums" if name == "drums" else "bass"
    sources = {role: AudioSource(role, mix, mix.rms)}
    progress = testing.RecordingProgress()
    heard = engine.transcribe(sources, progress)
    ids = [part.id for part in heard.parts]
    assert ids and len(set(ids)) == len(ids)
    assert set(progress.heard) <= set(ids)
    for part in heard.parts:
        assert part.stem == role
        assert list(part.notes) == sorted(part.notes)
        assert list(part.candidates) == sorted(part.candidates)
        assert all(n.offset_s <= mix.length_s + 0.1 for n in part.notes)
    if isinstance(engine, ActivationTranscriber):
        file = tmp_path / "activations"
        write_activations(file, engine.listen(sources, testing.RecordingProgress()))
        again = read_activations(file)
        assert again is not None
        assert plugin.decode(again, plugin.Options()) == heard
        with pytest.raises(ValueError):
            plugin.decode(Activations({"role": role}, {"other": b"x"}), plugin.Options())


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
    with raises_code("plugin-option-unknown"):
        plugins.create("separators", "fake", {"second": 1.0}, context)
    with raises_code("plugin-option-invalid"):
        plugins.create("separators", "fake", {"seconds": "long"}, context)
    with raises_code("plugin-unknown"):
        plugins.load("separators", "nothing")


def test_a_plugin_of_another_contract_is_refused_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch, context: Context
) -> None:
    monkeypatch.setitem(plugins.BUILT_IN["transcribers"], "old", f"{testing.__name__}:{testing.FakeHost.__name__}")
    with raises_code("plugin-does-not-fit"):
        plugins.create("transcribers", "old", {}, context)
