"""The service files of every system, and the set-up with a stand-in for systemd's own program."""

from __future__ import annotations

import plistlib
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from bridge.daemon.os_service import service
from tests.support import Home

pytestmark = pytest.mark.slow

COMMAND = ("/opt/My Python/bin/python", "-m", "bridge")
SYSTEMCTL = """#!/bin/sh
echo "$@" >> "$CALLS"
[ -z "$REFUSE" ] || { echo "no session bus" >&2; exit 1; }
"""


def test_systemd_gets_a_unit_with_quoted_words(tmp_path: Path) -> None:
    made = service("linux", COMMAND, tmp_path / "100% home", tmp_path)
    assert 'ExecStart="/opt/My Python/bin/python" -m bridge daemon' in made.content
    assert "100%% home" in made.content
    assert "RestartPreventExitStatus=2" in made.content
    assert made.file == tmp_path / ".config/systemd/user/dawscribe.service"


def test_launchd_gets_a_property_list(tmp_path: Path) -> None:
    made = service("darwin", COMMAND, tmp_path / "a & b", tmp_path)
    data = plistlib.loads(made.content.encode())
    assert data["ProgramArguments"] == [*COMMAND, "daemon"]
    assert data["EnvironmentVariables"]["DAWSCRIBE_HOME"] == str(tmp_path / "a & b")


def test_the_task_scheduler_gets_xml(tmp_path: Path) -> None:
    home = tmp_path / "a home & more"
    made = service("win32", ("C:\\Python & Co\\python.exe", "-m", "bridge"), home, tmp_path)
    root = ElementTree.fromstring(made.content.encode("utf-16"))
    texts = [e.text for e in root.iter()]
    assert "C:\\Python & Co\\python.exe" in texts
    assert f'-m bridge daemon --home "{home}"' in texts


@pytest.mark.skipif(sys.platform != "linux", reason="systemd's program is what is stood in for")
def test_setup_installs_twice_alike_and_takes_out_again(home: Home, tmp_path: Path) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "systemctl").write_text(SYSTEMCTL)
    (programs / "systemctl").chmod(0o755)
    calls, user = tmp_path / "calls", tmp_path / "user"
    home.env |= {"PATH": f"{programs}:{home.env['PATH']}", "CALLS": str(calls), "HOME": str(user)}
    unit = user / ".config/systemd/user/dawscribe.service"
    home.run("setup", "service")
    first = unit.read_text()
    assert str(home.folder) in first
    home.run("setup", "service")
    assert unit.read_text() == first
    assert "--user enable --now dawscribe" in calls.read_text()
    home.run("setup", "service", "--uninstall")
    assert not unit.exists()
    assert "--user disable --now dawscribe" in calls.read_text()
    home.env["REFUSE"] = "1"
    refused = home.run("setup", "service", check=False)
    assert refused.returncode == 2
    assert "no session bus" in refused.stderr
    assert "run it by hand" in refused.stderr
    assert unit.exists()
    removed = home.run("setup", "service", "--uninstall").stdout
    assert not unit.exists()
    assert "no session bus" in removed
