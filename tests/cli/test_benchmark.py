"""What ``doctor --benchmark`` measures, chooses and writes."""

from __future__ import annotations

import json
import sys
from dataclasses import replace

import pytest

from bridge.app import application
from bridge.cli import benchmark, main
from bridge.cli.benchmark import Measured, best_settings, ways
from bridge.cli.config_edit import with_settings
from tests.support import Home

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

AUTO = Measured("htdemucs", "auto", "auto", 1.0, 0.5, 900.0, 70.0)


def test_what_is_clearly_faster_than_auto_becomes_the_setting() -> None:
    bf16 = replace(AUTO, device="cpu", precision="bf16", seconds_per_s=0.3)
    gpu = replace(AUTO, device="gpu", precision="f16", seconds_per_s=0.2)
    broken = replace(gpu, seconds_per_s=0.0, problem="no driver")
    assert best_settings([AUTO, bf16]) == {"separators.htdemucs.precision": "bf16", "device": "cpu"}
    assert best_settings([AUTO, bf16, gpu]) == {"separators.htdemucs.precision": "f16", "device": "gpu"}
    assert best_settings([AUTO, broken, replace(bf16, seconds_per_s=0.49)]) == {}
    assert best_settings([replace(AUTO, problem="missing")]) == {}
    spleeter = [replace(r, separator="spleeter") for r in (AUTO, bf16)]
    assert best_settings(spleeter) == {"separators.spleeter.precision": "bf16"}


def test_every_device_is_tried_and_auto_first() -> None:
    assert ways(["cpu"])[:2] == [("auto", "auto"), ("cpu", "f32")]
    assert ("gpu", "f16") in ways(["cpu", "gpu.0", "gpu.1"])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# mine\n",
        'licence = "any"',
        "[separators.htdemucs]\noverlap = 0.2\n",
        "[separators.htdemucs] # mine",
        "[cache]\nlimit_gb = 1.0\n\n[ separators.htdemucs ]\n[score]\nfind_tempo = false",
    ],
)
def test_settings_are_added_and_all_else_stays(text: str) -> None:
    added = with_settings(text, {"separators.htdemucs.precision": "bf16", "device": "gpu"})
    assert added is not None
    found = tomllib.loads(added)
    assert found.pop("device") == "gpu"
    assert found["separators"]["htdemucs"].pop("precision") == "bf16"
    before = tomllib.loads(text)
    before.setdefault("separators", {}).setdefault("htdemucs", {})
    assert found == before
    assert "# mine" in added or "# mine" not in text


def test_a_file_without_a_place_for_them_is_left_alone() -> None:
    assert with_settings("separators.htdemucs.overlap = 0.2\n", {"separators.htdemucs.precision": "f32"}) is None


def test_the_command_writes_what_a_later_command_reads(
    home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bf16 = replace(AUTO, device="cpu", precision="bf16", seconds_per_s=0.3)
    monkeypatch.setenv("DAWSCRIBE_HOME", str(home.folder))
    monkeypatch.setattr(benchmark, "_rows", lambda *_: iter([AUTO, bf16]))
    assert main(["doctor", "--benchmark"]) == 0
    said = capsys.readouterr().out
    assert "Written to" in said
    assert "separators.htdemucs.precision = bf16" in said
    settings = application(home=home.folder).settings
    assert settings.get("separators.htdemucs.precision") == "bf16"
    assert settings.get("device") == "cpu"
    assert main(["doctor", "--benchmark"]) == 0
    assert "has values of your own" in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.model
def test_the_draft_is_measured_and_forecasts_the_next(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(benchmark, "DRAFT_S", 15.0)
    row = benchmark._draft(application(home=home.folder))
    assert not row.problem
    assert row.seconds_per_s > 0
    known = json.loads((home.folder / "speeds.json").read_text())
    assert list(known) == ["none + band + drums"]


@pytest.mark.slow
@pytest.mark.model
def test_the_command_measures_what_is_here(
    home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DAWSCRIBE_HOME", str(home.folder))
    monkeypatch.setattr(benchmark, "LENGTH_S", 3.0)
    config = home.folder / "config.toml"
    before = config.read_text(encoding="utf-8")
    assert main(["doctor", "--benchmark", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    rows = {(r["separator"], r["device"]) for r in said["rows"]}
    assert {("spleeter", "auto"), ("draft", "cpu")} <= rows
    assert all(r["problem"] or r["seconds_per_s"] > 0 for r in said["rows"])
    assert before in config.read_text(encoding="utf-8") or "Written" in said["written"]
