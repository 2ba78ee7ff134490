"""The few widgets of ReaImGui that dawscribe's dialog uses; what the user does to them stands in ``Reaper.hands``."""

from __future__ import annotations

from tests.reaper_sim.engine import Reaper
from tests.reaper_sim.registry import api, constant

constant(None, "ImGui_SetNextWindowSize")
constant(1, "ImGui_CreateContext")


@api
def ImGui_Begin(r: Reaper, context: int, title: str, open_: bool) -> tuple[bool, bool]:
    r.widgets = [("window", title, "")]
    return True, not r.hands.pop("close", False)


@api
def ImGui_End(r: Reaper, context: int) -> None:
    r.dialog = r.widgets


@api
def ImGui_Text(r: Reaper, context: int, text: str) -> None:
    r.widgets.append(("text", text, ""))


@api
def ImGui_SameLine(r: Reaper, context: int) -> None:
    r.widgets.append(("same line", "", ""))


@api
def ImGui_Checkbox(r: Reaper, context: int, label: str, value: bool) -> tuple[bool, bool]:
    changed = label in r.hands
    value = bool(r.hands.pop(label, value))
    r.widgets.append(("box", label, "x" if value else ""))
    return changed, value


@api
def ImGui_Combo(r: Reaper, context: int, label: str, index: int, items: str) -> tuple[bool, int]:
    # What follows two hashes tells widgets apart and is not shown.
    label = label.split("##")[0]
    words = items.split("\0")[:-1]
    changed = label in r.hands
    index = words.index(str(r.hands.pop(label))) if changed else index
    r.widgets.append(("list", label, words[index]))
    return changed, index


@api
def ImGui_InputText(r: Reaper, context: int, label: str, text: str) -> tuple[bool, str]:
    changed = label in r.hands
    text = str(r.hands.pop(label, text))
    r.widgets.append(("entry", label, text))
    return changed, text


@api
def ImGui_SliderDouble(
    r: Reaper, context: int, label: str, value: float, low: float, high: float
) -> tuple[bool, float]:
    changed = label in r.hands
    value = float(r.hands.pop(label, value))  # type: ignore[arg-type]
    r.widgets.append(("slider", label, f"{value:.3f}"))
    return changed, value


@api
def ImGui_Button(r: Reaper, context: int, label: str) -> bool:
    r.widgets.append(("button", label, ""))
    return bool(r.hands.pop(label, False))
