"""Edits of REAPER's own text files, each with its inverse. All keep what they do not understand, byte for byte.

The files are read as Latin-1, which gives every byte a character and takes every character back to its byte.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from bridge.hosts.reaper.actions import ACTION, ACTIONS, FOLDER, LISTENER, command_id, kb_line, script_path

MENU = "[Media item context]"
MENU_TITLE = "dawscribe: transcribe to MIDI"
BEGIN, END = "-- dawscribe begin", "-- dawscribe end"
"""Around our lines in __startup.lua; the action "Set up" writes the same."""


@dataclass(frozen=True, slots=True)
class Edit:
    """One file of REAPER's resource folder and what we do to its text; ``None`` as text: no such file."""

    path: str
    add: Callable[[str], str]
    remove: Callable[[str], str]
    creates: bool
    """Whether the file is made where it is missing."""


def newline_of(text: str) -> str:
    """The line ending the file uses."""
    return "\r\n" if "\r\n" in text else "\n"


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)


def _is_ours(line: str) -> bool:
    return line.startswith("SCR ") and f'"{FOLDER}/dawscribe_' in line


def add_actions(text: str) -> str:
    """reaper-kb.ini with our SCR lines, once each; foreign lines stay where they are."""
    end = newline_of(text)
    kept = remove_actions(text)
    if kept and not kept.endswith("\n"):
        kept += end
    return kept + "".join(kb_line(action) + end for action in ACTIONS)


def remove_actions(text: str) -> str:
    """reaper-kb.ini without our SCR lines."""
    return "".join(line for line in _lines(text) if not _is_ours(line))


def has_item_menu(text: str) -> bool:
    """Whether the user has changed the media item menu: only then is it in the file, and may be added to."""
    return any(line.strip() == MENU for line in _lines(text))


def add_menu_item(text: str) -> str:
    """reaper-menu.ini with our entry at the end of the media item menu; unchanged where that menu is the stock one."""
    text = remove_menu_item(text)
    if not has_item_menu(text):
        return text
    lines, end = _lines(text), newline_of(text)
    first, last = _section(lines)
    numbers = [int(m.group(1)) for line in lines[first:last] if (m := re.match(r"item_(\d+)=", line))]
    place = max((i for i in range(first, last) if lines[i].startswith("item_")), default=first - 1) + 1
    if not lines[place - 1].endswith("\n"):
        lines[place - 1] += end
    lines.insert(place, f"item_{max(numbers, default=-1) + 1}={command_id(ACTION)} {MENU_TITLE}{end}")
    return "".join(lines)


def remove_menu_item(text: str) -> str:
    """reaper-menu.ini without our entry, the entries after it renumbered."""
    if not has_item_menu(text):
        return text
    lines = _lines(text)
    first, last = _section(lines)
    body, gone = [], 0
    for line in lines[first:last]:
        match = re.match(r"item_(\d+)=(.*)", line, re.DOTALL)
        if match and match.group(2).startswith(command_id(ACTION)):
            gone += 1
        elif match and gone:
            body.append(f"item_{int(match.group(1)) - gone}={match.group(2)}")
        else:
            body.append(line)
    return "".join(lines[:first] + body + lines[last:])


def _section(lines: list[str]) -> tuple[int, int]:
    """First and past-the-last line of the media item menu's body."""
    first = next(i for i, line in enumerate(lines) if line.strip() == MENU) + 1
    last = next((i for i in range(first, len(lines)) if lines[i].startswith("[")), len(lines))
    return first, last


def add_listener(text: str) -> str:
    """__startup.lua with the lines that start the background listener."""
    kept = remove_listener(text)
    end = newline_of(kept)
    if kept and not kept.endswith("\n"):
        kept += end
    script = f"reaper.GetResourcePath() .. '/Scripts/{script_path(LISTENER)}'"
    return kept + end.join((BEGIN, f"pcall(dofile, {script})", END, ""))


def remove_listener(text: str) -> str:
    """__startup.lua without them."""
    first, last = text.find(BEGIN), text.find(END)
    if first < 0 or last < first:
        return text
    rest = text[last + len(END) :]
    return text[:first] + rest.removeprefix("\r\n" if rest.startswith("\r\n") else "\n")


EDITS = (
    Edit("reaper-kb.ini", add_actions, remove_actions, creates=True),
    Edit("reaper-menu.ini", add_menu_item, remove_menu_item, creates=False),
    Edit("Scripts/__startup.lua", add_listener, remove_listener, creates=True),
)


def toolbar() -> str:
    """A toolbar as a .ReaperMenu file, to be imported into any toolbar the user likes."""
    buttons = [action for action in ACTIONS if action != LISTENER]
    rows = [f"item_{i}={command_id(action)} dawscribe: {action}" for i, action in enumerate(buttons)]
    return "\n".join(["[Floating toolbar 1]", *rows, "title=dawscribe", ""])
