"""The setting licence = "commercial": what it refuses, with which words, and where."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bridge.models.catalogue import models
from bridge.plugins import registry as plugins
from bridge.plugins.interfaces import Context
from bridge.plugins.terms import Terms, refusal
from tests.raising import raises_code
from tests.support import Home

AUTHOR = '"are not covered by the MIT license, and are provided only for scientific purposes"'
ENGINES = [(kind, name) for kind in ("separators", "transcribers") for name in plugins.BUILT_IN[kind]]


def context(folder: Path, licence: str) -> Context:
    return Context(model=lambda name: folder / name, cache=folder, home=folder, settings={"licence": licence})


@pytest.mark.parametrize("name", ["htdemucs", "demucs"])
def test_weights_for_science_are_refused_in_their_authors_words(tmp_path: Path, name: str) -> None:
    with raises_code("licence-forbids-engine") as refused:
        plugins.create("separators", name, {}, context(tmp_path, "commercial"))
    assert AUTHOR in str(refused.value)
    assert 'the separator "spleeter" is free' in str(refused.value)


def test_a_transcriber_with_gated_weights_is_refused_before_it_asks_for_anything(tmp_path: Path) -> None:
    table = {"non_commercial": True, "folder": str(tmp_path)}
    with raises_code("licence-forbids-engine") as refused:
        plugins.create("transcribers", "muscriptor", table, context(tmp_path, "commercial"))
    assert "CC BY-NC 4.0" in str(refused.value)
    assert "our own are free" in str(refused.value)


def test_gated_weights_wait_for_the_users_word_and_then_say_what_is_lacking(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "muscriptor", None)
    monkeypatch.setitem(sys.modules, "torch", None)
    word = {"non_commercial": True}
    with raises_code("licence-not-accepted") as refused:
        plugins.create("transcribers", "muscriptor", {"folder": str(tmp_path)}, context(tmp_path, "any"))
    assert "non_commercial = true" in str(refused.value)
    with raises_code("model-not-found") as refused:
        plugins.create("transcribers", "muscriptor", word, context(tmp_path, "any"))
    assert "hf download" in str(refused.value)
    for name in ("model.safetensors", "config.json"):
        (tmp_path / name).touch()
    with raises_code("package-missing-muscriptor") as refused:
        plugins.create("transcribers", "muscriptor", {**word, "folder": str(tmp_path)}, context(tmp_path, "any"))
    assert "-m pip install muscriptor==" in str(refused.value)


def test_a_value_that_it_does_not_know_is_no_permission(tmp_path: Path) -> None:
    with raises_code("setting-invalid"):
        plugins.create("separators", "whole_mix", {}, context(tmp_path, "Commercial"))


def test_what_is_ours_or_free_is_taken(tmp_path: Path) -> None:
    assert plugins.create("separators", "whole_mix", {}, context(tmp_path, "commercial"))
    refused = {name for kind, name in ENGINES if refusal(kind, name, plugins.load(kind, name), ours=True)}
    assert refused == {"htdemucs", "demucs", "muscriptor"}


def test_an_outsider_must_say_that_it_allows_it() -> None:
    class Silent:
        pass

    class Free:
        terms = Terms(commercial=True, words="MIT")

    class Gated:
        terms = Terms(commercial=False, words="CC BY-NC 4.0")

    assert "does not say what its terms are" in refusal("transcribers", "silent", Silent, ours=False)
    assert "its terms: CC BY-NC 4.0" in refusal("transcribers", "gated", Gated, ours=False)
    assert not refusal("transcribers", "free", Free, ours=False)
    assert not refusal("hosts", "silent", Silent, ours=False)


def test_every_model_that_is_not_for_money_says_so_in_its_authors_words() -> None:
    for model in models().values():
        assert model.commercial or (model.terms and model.notice), model.name


@pytest.mark.slow
def test_doctor_models_and_transcribe_say_what_is_refused(home: Home, wav: Path) -> None:
    listed = home.run("models", "list").stdout
    assert "only for scientific purposes (not for commercial use)" in listed
    config = home.folder / "config.toml"
    text = config.read_text(encoding="utf-8").replace('separator = "fake"', 'separator = "htdemucs"')
    config.write_text('licence = "commercial"\n' + text, encoding="utf-8")
    found = [line for line in home.run("doctor", check=False).stdout.splitlines() if "separator htdemucs" in line]
    assert found[0].startswith("MISSING")
    assert AUTHOR in found[0]
    done = home.run("transcribe", wav, "-o", home.folder / "out", check=False)
    assert done.returncode != 0
    assert AUTHOR in done.stderr
    assert not (home.folder / "out").exists()
    assert 'licence = "commercial"' in home.run("models", "fetch", "htdemucs", check=False).stderr
