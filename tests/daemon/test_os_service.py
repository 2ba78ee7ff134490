"""The service files of every system, and the set-up with a stand-in for systemd's own program."""

from __future__ import annotations

import codecs
import plistlib
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from bridge.daemon.os_service import service
from tests.support import Home

pytestmark = pytest.mark.slow

SYSTEMCTL = """#!/bin/sh
echo "$@" >> "$CALLS"
[ -z "$REFUSE" ] || { echo "no session bus" >&2; exit 1; }
"""


NAMES = (
    "plain",
    "my songs & <mixes>",
    '50% "off" it\'s $HOME',
    "Café\u3000日本 \N{MUSICAL SYMBOL G CLEF}",
    "back\\slash \\now",
)


WORD = re.compile(r'"((?:[^"\\]|\\["\\n])*)" ?|([^\s"\\]+) ?')


def _unit_words(line: str, doubled: str = "%") -> list[str]:
    """The words of a unit's line as systemd reads them (man systemd.syntax, "Quoting"), strictly."""
    words = []
    while line:
        found = WORD.match(line)
        assert found, line
        line = line[found.end() :]
        text = re.sub(r"\\(.)", lambda m: "\n" if m[1] == "n" else m[1], found[1] or found[2])
        for sign in doubled:
            assert text.replace(sign * 2, "").count(sign) == 0, f"a lone {sign} in {text}"
            text = text.replace(sign * 2, sign)
        words.append(text)
    return words


@pytest.mark.parametrize("name", NAMES)
def test_systemd_reads_the_command_and_the_home_back(name: str, tmp_path: Path) -> None:
    home, program = tmp_path / name, f"/opt/{name}/python"
    made = service("linux", (program, "-m", "bridge"), home, tmp_path)
    lines = dict(line.split("=", 1) for line in made.content.decode().splitlines() if "=" in line)
    words = _unit_words(lines["ExecStart"], doubled="%$")
    # A program's own name may hold no quotes there, an argument may.
    assert words[words[0] == "/usr/bin/env" :] == [program, "-m", "bridge", "daemon"]
    assert not set("\"'\\$") & set(words[0])
    assert _unit_words(lines["Environment"]) == [f"DAWSCRIBE_HOME={home}"]
    assert lines["RestartPreventExitStatus"] == "2"
    assert made.file == tmp_path / ".config/systemd/user/dawscribe.service"


@pytest.mark.parametrize("name", NAMES)
def test_launchd_reads_the_command_and_the_home_back(name: str, tmp_path: Path) -> None:
    home, program = tmp_path / name, f"/opt/{name}/python"
    data = plistlib.loads(service("darwin", (program, "-m", "bridge"), home, tmp_path).content)
    assert data["ProgramArguments"] == [program, "-m", "bridge", "daemon"]
    assert data["EnvironmentVariables"] == {"DAWSCRIBE_HOME": str(home)}
    assert (data["Label"], data["RunAtLoad"], data["KeepAlive"]) == ("dawscribe", True, {"SuccessfulExit": False})


@pytest.mark.parametrize("name", NAMES)
def test_the_task_scheduler_reads_the_command_and_the_home_back(name: str, tmp_path: Path) -> None:
    home, program = tmp_path / name, f"C:\\{name}\\python.exe"
    made = service("win32", (program, "-m", "bridge"), home, tmp_path)
    assert made.content.startswith(codecs.BOM_UTF16)
    root = ElementTree.fromstring(made.content)
    run = root.find("{*}Actions/{*}Exec")
    assert run is not None
    assert [child.text for child in run] == [
        program,
        subprocess.list2cmdline(["-m", "bridge", "daemon", "--home", str(home)]),
    ]
    assert [child.tag.rpartition("}")[2] for child in root] == ["Triggers", "Settings", "Actions"]
    assert root.findtext("{*}Settings/{*}ExecutionTimeLimit") == "PT0S"


def test_a_line_break_in_a_name_begins_no_setting_of_its_own(tmp_path: Path) -> None:
    made = service("linux", ("/a\nb/python",), tmp_path / "c\nExecStart=d", tmp_path)
    assert sum(line.startswith("ExecStart=") for line in made.content.decode().splitlines()) == 1


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
