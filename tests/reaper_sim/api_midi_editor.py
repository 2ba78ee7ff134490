"""The MIDI editor window, which is open when a test says so (``reaper.midi_editor_take``)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.reaper_sim.engine import Reaper
from tests.reaper_sim.model import Handle, Take
from tests.reaper_sim.registry import api


@dataclass(eq=False, kw_only=True)
class Window(Handle):
    """A window handle."""

    title: str = ""


def window(r: Reaper, title: str) -> Window:
    """The window with that title, always the same handle."""
    found: Window = r.ui.setdefault(f"window:{title}", Window(title=title))
    return found


def _take(r: Reaper) -> Take | None:
    take: Take | None = r.midi_editor_take
    return take if take is not None and take.alive else None


@api
def MIDIEditor_GetActive(r: Reaper) -> Window | None:
    return window(r, "MIDI editor") if _take(r) else None


@api
def MIDIEditor_GetTake(r: Reaper, editor: Any) -> Take | None:
    return _take(r) if editor is not None else None


@api
def MIDIEditor_EnumTakes(r: Reaper, editor: Any, index: int, editable: bool) -> Take | None:
    return _take(r) if index == 0 else None


@api
def MIDIEditor_GetMode(r: Reaper, editor: Any) -> int:
    return 0 if _take(r) else -1


@api
def MIDIEditor_GetSetting_int(r: Reaper, editor: Any, key: str) -> int:
    defaults = {"default_note_vel": 96, "default_note_chan": 0, "snap_enabled": 1, "active_note_row": 60,
                "last_clicked_cc_lane": 1}  # fmt: skip
    return int(r.ui.get(f"midi_setting:{key}", defaults.get(key, 0)))


@api
def MIDIEditor_SetSetting_int(r: Reaper, editor: Any, key: str, value: int) -> bool:
    r.ui[f"midi_setting:{key}"] = value
    return True


@api
def MIDIEditor_GetSetting_str(r: Reaper, editor: Any, key: str) -> tuple[bool, str]:
    return False, ""
