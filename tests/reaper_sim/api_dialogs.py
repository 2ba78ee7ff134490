"""What the user sees and answers: console, message boxes, inputs, file choosers."""

from __future__ import annotations

from typing import Any

from tests.reaper_sim.engine import Reaper
from tests.reaper_sim.errors import ApiError
from tests.reaper_sim.registry import alias, api

MAX_INPUTS = 16


@api
def ShowConsoleMsg(r: Reaper, text: str) -> None:
    text = text.removeprefix("!SHOWERR:")
    r.console = text.removeprefix("!SHOW:") if text.startswith("!SHOW:") else r.console + text


@api
def ClearConsole(r: Reaper) -> None:
    r.console = ""


@api
def ShowMessageBox(r: Reaper, text: str, title: str, kind: int) -> int:
    r.messages.append((title, text, kind))
    default = {0: 1, 1: 1, 2: 3, 3: 6, 4: 6, 5: 4}.get(kind, 1)
    return r.answers.popleft() if r.answers else default


alias("MB", ShowMessageBox)


@api
def GetUserInputs(r: Reaper, title: str, count: int, captions: str, values: str) -> tuple[bool, str]:
    if not 1 <= count <= MAX_INPUTS:
        raise ApiError(f"bad argument #2 to 'GetUserInputs' (1..{MAX_INPUTS} fields, got {count})")
    r.messages.append((title, captions, -1))
    if not r.inputs:
        return True, values
    typed = r.inputs.popleft()
    return (False, values) if typed is None else (True, typed)


def _chosen(r: Reaper, fallback: str) -> tuple[bool, str]:
    if not r.files:
        return False, fallback
    chosen = r.files.popleft()
    return (False, fallback) if chosen is None else (True, chosen)


@api
def GetUserFileNameForRead(r: Reaper, name: str, title: str, extension: str) -> tuple[bool, str]:
    return _chosen(r, name)


@api
def JS_Dialog_BrowseForSaveFile(r: Reaper, title: str, folder: str, name: str, extensions: str) -> tuple[int, str]:
    ok, path = _chosen(r, "")
    return int(ok), path


@api
def JS_Dialog_BrowseForFolder(r: Reaper, title: str, folder: str) -> tuple[int, str]:
    ok, path = _chosen(r, "")
    return int(ok), path


@api
def JS_Dialog_BrowseForOpenFiles(
    r: Reaper, title: str, folder: str, name: str, extensions: str, multiple: bool
) -> tuple[int, str]:
    ok, path = _chosen(r, "")
    return int(ok), path


@api
def GR_SelectColor(r: Reaper, window: Any) -> tuple[int, int]:
    return 0, 0


@api
def ShowPopupMenu(
    r: Reaper, name: str, x: int, y: int, window: Any, context: Any, context2: int, context3: int
) -> None:
    return None
