"""Edits of REAPER's own text files, each with its inverse. All keep what they do not understand, byte for byte.

The files are read as Latin-1, which gives every byte a character and takes every character back to its byte.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from bridge.hosts.reaper.actions import (
    ACTION,
    ACTIONS,
    FOLDER,
    LISTENER,
    SHORTCUT,
    command_id,
    kb_line,
    key_line,
    script_path,
)

MENU = "[Media item context]"
MENU_TITLE = f"dawscribe: {ACTION}"
OLD_TITLE = "dawscribe: transcribe to MIDI"
"""Name of the entry until 0.2: it becomes the action's own name."""
MENU_ENTRY = f"{command_id(ACTION)} {MENU_TITLE}"
BEGIN, END = "-- dawscribe begin", "-- dawscribe end"
"""Around our lines in __startup.lua; the action "Set up" writes the same."""


@dataclass(frozen=True, slots=True)
class Edit:
    """One file of REAPER's resource folder and what we do to its text; ``None`` as text: no such file."""

    path: str
    add: Callable[[str], str]
    remove: Callable[[str], str]
    creates: bool
    """Return whether the file is made where it is missing."""
    optional: bool
    """Return whether the user may take it out again; a later set-up then leaves it out."""


def newline_of(text: str) -> str:
    """The line ending the file uses."""
    return "\r\n" if "\r\n" in text else "\n"


def _lines(text: str) -> list[str]:
    # Not str.splitlines: it also splits at 0x85, which is the middle of many a UTF-8 letter.
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def _script_of(line: str) -> str | None:
    """The script of ours that a line of reaper-kb.ini registers; REAPER drops quotes around a path without spaces."""
    match = re.match(r'SCR \d+ \d+ \S+ (?:"[^"]*"|\S+) ("?)([^"\r\n]+)\1\s*$', line)
    path = match.group(2) if match else ""
    return path if re.fullmatch(rf"{FOLDER}/dawscribe_[^/]*\.lua", path) else None


def add_actions(text: str) -> str:
    """reaper-kb.ini with our SCR lines, once each.

    A line that is there stays as REAPER wrote it: it may hold what the user answered about a second start.
    """
    missing = {script_path(action): kb_line(action) for action in ACTIONS}
    kept = []
    for line in _lines(text):
        script = _script_of(line)
        if script is None or script in missing:
            kept.append(line)
        missing.pop(script or "", None)
    end = newline_of(text)
    # The shortcut comes with the actions, once: where the user takes it away or has it for something else, it stays so.
    wants_key = script_path(ACTION) in missing and not any(_is_taken(line) for line in kept)
    added = [*missing.values(), *([key_line()] if wants_key else [])]
    if added and kept and not kept[-1].endswith("\n"):
        kept[-1] += end
    return "".join(kept) + "".join(line + end for line in added)


def _is_taken(line: str) -> bool:
    """Return whether a line binds our shortcut in the main section."""
    words = line.split()
    return len(words) >= 5 and words[:3] == ["KEY", *map(str, SHORTCUT)] and words[-1] == "0"


def _is_ours(line: str) -> bool:
    """Return whether a line binds a key to an action of ours: without it REAPER would show "unknown command"."""
    words = line.split()
    return len(words) >= 5 and words[0] == "KEY" and words[3] in {command_id(action) for action in ACTIONS}


def remove_actions(text: str) -> str:
    """reaper-kb.ini without our SCR lines and the keys of our actions."""
    return "".join(line for line in _lines(text) if _script_of(line) is None and not _is_ours(line))


def has_item_menu(text: str) -> bool:
    """Return whether the user has changed the media item menu: only then is it in the file, and may be added to."""
    return any(line.strip() == MENU for line in _lines(text))


def has_our_action(text: str) -> bool:
    """Return whether the media item menu offers our action, placed by us or by the user."""
    lines = _lines(text)
    first, last = _section(lines)
    return any(re.match(rf"item_\d+={command_id(ACTION)}\b", line) for line in lines[first:last])


def add_menu_item(text: str) -> str:
    """reaper-menu.ini with our entry at the end of the media item menu.

    Unchanged where that menu is the stock one, and where the action is in it already.
    """
    text = re.sub(rf"(?m)^(item_\d+={command_id(ACTION)}) {re.escape(OLD_TITLE)}", rf"\1 {MENU_TITLE}", text)
    if not has_item_menu(text) or has_our_action(text):
        return text
    lines, end = _lines(text), newline_of(text)
    first, last = _section(lines)
    numbers = [int(m.group(1)) for line in lines[first:last] if (m := re.match(r"item_(\d+)=", line))]
    place = max((i for i in range(first, last) if lines[i].startswith("item_")), default=first - 1) + 1
    if not lines[place - 1].endswith("\n"):
        lines[place - 1] += end
    lines.insert(place, f"item_{max(numbers, default=-1) + 1}={MENU_ENTRY}{end}")
    return "".join(lines)


def remove_menu_item(text: str) -> str:
    """reaper-menu.ini without our entry, the entries after it renumbered; one that the user made has another title."""
    lines = _lines(text)
    first, last = _section(lines)
    body, gone = [], 0
    for line in lines[first:last]:
        match = re.match(r"item_(\d+)=(.*)", line, re.DOTALL)
        if match and match.group(2).rstrip("\r\n") == MENU_ENTRY:
            gone += 1
        elif match and gone:
            body.append(f"item_{int(match.group(1)) - gone}={match.group(2)}")
        else:
            body.append(line)
    return "".join(lines[:first] + body + lines[last:])


def _section(lines: list[str]) -> tuple[int, int]:
    """First and past-the-last line of the media item menu's body; nothing where the file has no such menu."""
    first = next((i for i, line in enumerate(lines) if line.strip() == MENU), len(lines) - 1) + 1
    last = next((i for i in range(first, len(lines)) if lines[i].startswith("[")), len(lines))
    return first, last


def add_listener(text: str) -> str:
    """__startup.lua with the lines that start the background listener.

    They call the action instead of loading its file: a script of its own shares no modules with the user's lines.
    """
    end = newline_of(text)
    call = f"reaper.Main_OnCommand(reaper.NamedCommandLookup('{command_id(LISTENER)}'), 0)"
    block = end.join((BEGIN, call, END))
    found = _listener(text)
    if found is not None:
        return text[: found[0]] + block + text[found[1] :]
    if text and not text.endswith("\n"):
        text += end
    return text + block + end


def remove_listener(text: str) -> str:
    """__startup.lua without them."""
    found = _listener(text)
    if found is None:
        return text
    rest = text[found[1] :]
    return text[: found[0]] + rest.removeprefix("\r\n" if rest.startswith("\r\n") else "\n")


def _listener(text: str) -> tuple[int, int] | None:
    """Return the first and last of our lines."""
    first, last = text.find(BEGIN), text.find(END)
    return (first, last + len(END)) if 0 <= first < last else None


EDITS = (
    Edit("reaper-kb.ini", add_actions, remove_actions, creates=True, optional=False),
    Edit("reaper-menu.ini", add_menu_item, remove_menu_item, creates=False, optional=True),
    Edit("Scripts/__startup.lua", add_listener, remove_listener, creates=True, optional=True),
)


def _buttons() -> list[str]:
    buttons = [action for action in ACTIONS if action != LISTENER]
    return [f"item_{i}={command_id(action)} dawscribe: {action}" for i, action in enumerate(buttons)]


def toolbar() -> str:
    """A toolbar as a .ReaperMenu file, to be imported into any toolbar the user likes."""
    return "\n".join(["[Floating toolbar 1]", *_buttons(), "title=dawscribe", ""])
