"""Write what a service manager reads: a unit of systemd, a property list of launchd, a task of Windows."""

from __future__ import annotations

import plistlib
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement, indent, tostring

NAME = "dawscribe"
PLAIN_WORD = re.compile(r"[\w@%+=:,./-]+", re.ASCII)
"""A word of systemd's that needs no quotes."""
ODD_IN_PROGRAM = r"""["'\\$\x00-\x1f]"""
"""Signs that systemd takes in an argument, not in a program's own name."""
TASK_SPACE = "http://schemas.microsoft.com/windows/2004/02/mit/task"
TASK_SETTINGS = {
    "MultipleInstancesPolicy": "IgnoreNew",
    "DisallowStartIfOnBatteries": "false",
    "StopIfGoingOnBatteries": "false",
    "ExecutionTimeLimit": "PT0S",
}
"""One daemon, without a limit of time, on batteries too; the order of the schema."""
UNIT = """[Unit]
Description=dawscribe: audio items to MIDI tracks

[Service]
ExecStart={command}
Restart=on-failure
RestartSec=2
# 2 is what a person has to mend: a wrong setting, a folder that cannot be written, another daemon.
RestartPreventExitStatus=2
Environment={home}

[Install]
WantedBy=default.target
"""


def unit(command: Sequence[str], home: Path) -> bytes:
    """Return a unit of systemd that runs ``command`` with a home."""
    if re.search(ODD_IN_PROGRAM, command[0]):
        command = ["/usr/bin/env", *command]
    # In arguments, and only there, a dollar begins a variable.
    words = [_word(command[0]), *(_word(word.replace("$", "$$")) for word in command[1:])]
    return UNIT.format(command=" ".join(words), home=_quoted(f"DAWSCRIBE_HOME={home}")).encode()


def property_list(command: Sequence[str], home: Path) -> bytes:
    """Return a property list of launchd that runs ``command`` with a home."""
    return plistlib.dumps(
        {
            "Label": NAME,
            "ProgramArguments": list(command),
            "EnvironmentVariables": {"DAWSCRIBE_HOME": str(home)},
            "RunAtLoad": True,
            "KeepAlive": {"SuccessfulExit": False},
        },
        sort_keys=False,
    )


def task(command: Sequence[str]) -> bytes:
    """Return a task of Windows that runs ``command`` at every login."""
    root = Element("Task", {"version": "1.2", "xmlns": TASK_SPACE})
    SubElement(SubElement(SubElement(root, "Triggers"), "LogonTrigger"), "Enabled").text = "true"
    settings = SubElement(root, "Settings")
    for name, value in TASK_SETTINGS.items():
        SubElement(settings, name).text = value
    again = SubElement(settings, "RestartOnFailure")
    SubElement(again, "Interval").text = "PT1M"
    SubElement(again, "Count").text = "3"
    run = SubElement(SubElement(root, "Actions"), "Exec")
    SubElement(run, "Command").text = command[0]
    SubElement(run, "Arguments").text = subprocess.list2cmdline(command[1:])
    indent(root)
    # As the task scheduler itself writes tasks.
    return bytes(tostring(root, encoding="utf-16", xml_declaration=True))


def _word(text: str) -> str:
    """Return one word of a command, in quotes where it needs them."""
    return text.replace("%", "%%") if PLAIN_WORD.fullmatch(text) else _quoted(text)


def _quoted(text: str) -> str:
    for sign, escaped in (("\\", "\\\\"), ('"', '\\"'), ("%", "%%"), ("\n", "\\n")):
        text = text.replace(sign, escaped)
    return f'"{text}"'
