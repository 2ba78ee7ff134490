"""The action list: REAPER's own commands (as far as simulated), scripts, toggle states."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from tests.reaper_sim import native_actions
from tests.reaper_sim.engine import Reaper
from tests.reaper_sim.errors import ApiError
from tests.reaper_sim.model import Project
from tests.reaper_sim.registry import api

FIRST_SCRIPT = 53000


def named_id(r: Reaper, path: Path, section: int = 0) -> str:
    """The command id REAPER derives from a script's path: RS + SHA-1 of the upper-cased path."""
    scripts = r.resource_path / "Scripts"
    shown = path.relative_to(scripts).as_posix() if path.is_relative_to(scripts) else str(path)
    digest = hashlib.sha1(shown.upper().encode("utf-8", "surrogateescape")).hexdigest()
    return f"RS{digest}" if section == 0 else f"RS{section:x}_{digest}"


def register(r: Reaper, path: Path) -> int:
    """The number of a script's command."""
    name = named_id(r, path)
    for number, (known, _) in r.actions.items():
        if known == name:
            return number
    number = FIRST_SCRIPT + len(r.actions)
    r.actions[number] = (name, path)
    return number


def run_command(r: Reaper, command: int, context: str = "") -> None:
    """Does what a command does; scripts run their first slice before this returns."""
    if command in r.actions:
        r.run(r.actions[command][1], context)
        return
    if not native_actions.run(r, command):
        raise ApiError(f"action {command} is not simulated")
    if r.undo_depth:
        r.acted_in_block = True


def lookup(r: Reaper, name: str) -> int:
    """The number of a named command, 0 when there is none."""
    plain = name.removeprefix("_")
    return next((number for number, row in r.actions.items() if row[0] == plain), 0)


@api
def Main_OnCommand(r: Reaper, command: int, flag: int) -> None:
    if command:
        run_command(r, command)


@api
def Main_OnCommandEx(r: Reaper, command: int, flag: int, proj: Project) -> None:
    front, r.project = r.project, proj
    try:
        Main_OnCommand(r, command, flag)
    finally:
        if r.project is proj:
            r.project = front


@api
def NamedCommandLookup(r: Reaper, name: str) -> int:
    return int(name) if name.isdigit() else lookup(r, name)


@api
def ReverseNamedCommandLookup(r: Reaper, command: int) -> str | None:
    return r.actions[command][0] if command in r.actions else None


@api
def AddRemoveReaScript(r: Reaper, add: bool, section: int, path: str, commit: bool) -> int:
    if not add:
        number = lookup(r, named_id(r, Path(path)))
        r.actions.pop(number, None)
        return 1
    return register(r, Path(path)) if Path(path).is_file() else 0


@api
def SetToggleCommandState(r: Reaper, section: int, command: int, state: int) -> bool:
    r.toggles[section, command] = state
    return True


@api
def GetToggleCommandStateEx(r: Reaper, section: int, command: int) -> int:
    return r.toggles.get((section, command), -1 if command in r.actions or not command else 0)


@api
def GetToggleCommandState(r: Reaper, command: int) -> int:
    return GetToggleCommandStateEx(r, 0, command)


@api
def SectionFromUniqueID(r: Reaper, section: int) -> Any:
    return None


@api
def kbd_getTextFromCmd(r: Reaper, command: int, section: Any) -> str:
    return f"Script: {r.actions[command][1].name}" if command in r.actions else ""
