"""The js_ReaScriptAPI extension, as far as scripts use it without looking at a screen."""

from __future__ import annotations

from typing import Any

from tests.reaper_sim.api_midi_editor import Window, window
from tests.reaper_sim.engine import Reaper
from tests.reaper_sim.registry import api, constant

constant(None, "JS_Window_SetForeground", "JS_Window_SetOpacity", "JS_Window_Show")
constant(None, "JS_Window_AttachTopmostPin", "JS_Mouse_SetCursor", "JS_Window_Move", "JS_Window_Update")
constant(None, "JS_Window_Resize", "JS_Window_InvalidateRect", "JS_Mouse_SetPosition")
constant(True, "JS_Window_SetPosition", "JS_Window_SetZOrder", "JS_Window_IsVisible", "JS_WindowMessage_Post")
constant(0, "JS_VKeys_Intercept", "JS_WindowMessage_ReleaseAll", "JS_WindowMessage_Send")
constant(1, "JS_WindowMessage_Intercept", "JS_WindowMessage_Release")
constant("\0" * 255, "JS_VKeys_GetState", "JS_VKeys_GetDown", "JS_VKeys_GetUp")
constant((True, 0, 0, 1920, 1080), "JS_Window_GetRect", "JS_Window_GetClientRect")
constant((True, 1920, 1080), "JS_Window_GetClientSize")
constant((0, 0), "JS_Window_ScreenToClient", "JS_Window_ClientToScreen")


@api
def JS_ReaScriptAPI_Version(r: Reaper) -> float:
    return 1.310


@api
def JS_Window_SetFocus(r: Reaper, handle: Any) -> None:
    r.keyboard = None


@api
def JS_Mouse_GetState(r: Reaper, flags: int) -> int:
    return int(r.dragging) & flags


@api
def JS_Window_Find(r: Reaper, title: str, exact: bool) -> Window | None:
    return None


@api
def JS_Window_FindChildByID(r: Reaper, parent: Any, number: int) -> Window:
    return window(r, f"child {number}")


@api
def JS_Window_FindTop(r: Reaper, title: str, exact: bool) -> Window | None:
    return None


@api
def JS_Window_GetTitle(r: Reaper, handle: Any) -> str:
    return handle.title if isinstance(handle, Window) else ""


@api
def JS_Window_GetForeground(r: Reaper) -> Window:
    return window(r, "REAPER")


@api
def JS_Window_GetFocus(r: Reaper) -> Window:
    return window(r, "REAPER")


@api
def JS_Window_GetParent(r: Reaper, handle: Any) -> Window:
    return window(r, "REAPER")


@api
def JS_Window_FromPoint(r: Reaper, x: int, y: int) -> Window:
    return window(r, "REAPER")


@api
def JS_Mouse_LoadCursor(r: Reaper, number: int) -> Window:
    return window(r, f"cursor {number}")


@api
def JS_Localize(r: Reaper, text: str, section: str) -> str:
    return text
