"""`dawscribe doctor`: it calls nothing ready that cannot run, and demands nothing that is not used."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from bridge import config
from bridge.cli.entry import main
from bridge.models.catalogue import models
from tests.support import FAKES


def _doctor(home: Path, capsys: pytest.CaptureFixture[str], settings: str = "") -> dict[str, Any]:
    """The findings by what they are about, and "status" for the exit status."""
    home.mkdir(exist_ok=True)
    (home / "config.toml").write_text(settings, encoding="utf-8")
    status = main(["doctor", "--json"])
    return {"status": status} | {f["what"]: f for f in json.loads(capsys.readouterr().out)}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DAWSCRIBE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.mark.parametrize(
    ("package", "what", "settings", "name"),
    [
        ("demucs", "separator demucs", '[separation]\nseparator = "demucs"\n', "demucs"),
        ("torch", "separator demucs", '[separation]\nseparator = "demucs"\n', "demucs"),
        ("muscriptor", "transcriber muscriptor", '[hearing.best]\nother = "muscriptor"\n', "muscriptor"),
        ("rtmidi", "trigger midi", "[triggers.midi]\nenabled = true\n", "python-rtmidi"),
    ],
)
@pytest.mark.first_is_enough
def test_what_is_not_installed_is_told_with_the_line_that_installs_it(
    home: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    package: str,
    what: str,
    settings: str,
    name: str,
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    unused = _doctor(home, capsys)[f"optional {what}"]
    assert not unused["ok"]
    assert f"{sys.executable} -m pip install {name}" in unused["text"]
    found = _doctor(home, capsys, settings)
    assert not found[what]["ok"]
    assert found["status"] == 2


@pytest.mark.parametrize(
    ("device", "separator", "ok"),
    [
        ("auto", "htdemucs", True),
        ("cpu", "htdemucs", True),
        ("cuda", "htdemucs", False),
        ("cuda", "demucs", True),
        ("mps", "demucs", True),
        ("npu", "demucs", False),
    ],
)
@pytest.mark.first_is_enough
def test_the_device_of_the_settings_is_looked_for(
    home: Path, capsys: pytest.CaptureFixture[str], device: str, separator: str, ok: bool
) -> None:
    finding = _doctor(home, capsys, f'device = "{device}"\n[separation]\nseparator = "{separator}"\n')["setting device"]
    assert finding["ok"] == ok
    assert ok or "set device in" in finding["text"]


@pytest.mark.slow
def test_the_models_that_are_needed_are_those_of_the_engines_in_use(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DAWSCRIBE_MODELS", raising=False)
    default = _doctor(home, capsys)
    assert {"model htdemucs", "model swift-f0", "optional model basic-pitch"} <= set(default)
    assert default["status"] == 2
    other = _doctor(home, capsys, FAKES.replace('"fake"', '"whole_mix"', 1).replace('"fake"', '"basic_pitch"'))
    assert {"optional model htdemucs", "optional model swift-f0", "model basic-pitch"} <= set(other)


def test_the_models_fetched_by_default_are_those_of_the_default_engines(tmp_path: Path) -> None:
    settings = config.load(tmp_path)
    engines = {settings.get("separation.separator"), *settings.table("hearing.best").values()}
    for model in models().values():
        assert model.default == bool(engines & set(model.engines)), model.name


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ('[hearing]\nquality = "bset"\n', "draft or best"),
        ('[score]\nquantise = "1/7"\n', "is not a grid"),
        ('[score]\ndrum_map = "x"\n', "no drum map"),
        ('[separation]\nseparator = "x"\n', 'no separator "x"'),
        ('[hearing.best]\nbass = "x"\n', 'no transcriber "x"'),
        ('[hearing.best]\nbass = "notes + x"\n', 'no transcriber "x"'),
        ('[hearing.best]\nbass = ""\n', "has no name"),
    ],
)
def test_settings_that_every_job_would_be_refused_for_are_told(
    home: Path, capsys: pytest.CaptureFixture[str], settings: str, said: str
) -> None:
    found = _doctor(home, capsys, settings)
    assert found["status"] == 2
    assert said in found["settings of jobs"]["text"]
    assert "config.toml" in found["settings of jobs"]["text"]


def test_a_draft_needs_its_own_engines_and_no_separator(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = _doctor(home, capsys, '[hearing]\nquality = "draft"\n')
    assert {"transcriber band", "transcriber drums"} <= set(found)
    assert {"optional separator htdemucs", "optional model htdemucs"} <= set(found)
    assert "optional transcriber notes" in found
