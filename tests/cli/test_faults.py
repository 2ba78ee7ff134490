"""Faults of ours at the command line: one sentence, and the traceback where it can be reported from."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.cli import entry as cli


def test_a_fault_of_ours_is_a_sentence_and_its_traceback_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DAWSCRIBE_HOME", str(tmp_path))
    found: dict[str, int] = {}
    monkeypatch.setattr("bridge.cli.commands.models.run", lambda options: found["nothing"])
    assert cli.main(["models", "list"]) == 1
    log = tmp_path / "logs" / "command.log"
    said = capsys.readouterr().err
    assert said == f"dawscribe: something inside dawscribe went wrong (KeyError); please report it with {log}.\n"
    assert "KeyError: 'nothing'" in log.read_text(encoding="utf-8")


def test_a_fault_of_ours_is_a_sentence_also_where_no_home_can_be_found(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DAWSCRIBE_HOME", "~nobody-of-this-name/d")
    found: dict[str, int] = {}
    monkeypatch.setattr("bridge.cli.commands.models.run", lambda options: found["nothing"])
    assert cli.main(["models", "list"]) == 1
    said = capsys.readouterr().err
    assert said == "dawscribe: something inside dawscribe went wrong (KeyError); please report it.\n"


def test_ctrl_c_while_a_command_is_loaded_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(command: str | None) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "parser", interrupted)
    assert cli.main(["models"]) == 130
    assert capsys.readouterr().err == "dawscribe: cancelled; nothing half-written is left.\n"
