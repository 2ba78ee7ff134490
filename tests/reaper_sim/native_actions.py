"""REAPER's own commands, by number. What is not here is refused, so that no script passes by luck.

Only what our scripts and probes call stands here, as only that is compared with REAPER.
"""

from __future__ import annotations

from collections.abc import Callable

from tests.reaper_sim import render_actions
from tests.reaper_sim.api_items import kill
from tests.reaper_sim.api_selection import selected_items, selected_tracks
from tests.reaper_sim.audio import root
from tests.reaper_sim.engine import Reaper
from tests.reaper_sim.model import Project
from tests.reaper_sim.undo import free

Action = Callable[[Reaper], None]


def _select_items(selected: bool) -> Action:
    def run(r: Reaper) -> None:
        for item in r.project.all_items():
            item.values["B_UISEL"] = float(selected)

    return run


def _select_tracks(selected: bool) -> Action:
    def run(r: Reaper) -> None:
        for track in r.project.tracks:
            track.values["I_SELECTED"] = float(selected)

    return run


def _offline(state: bool) -> Action:
    def run(r: Reaper) -> None:
        for item in selected_items(r.project):
            for take in item.takes:
                if take is not None and take.source is not None:
                    source = root(take.source)
                    source.offline, source.offline_by_focus = state, False

    return run


def _delete_active_take(r: Reaper) -> None:
    for item in selected_items(r.project):
        take = item.active_take
        if take is None:
            continue
        item.takes.remove(take)
        take.alive = False
        item.values["I_CURTAKE"] = max(0.0, min(item.values["I_CURTAKE"], len(item.takes) - 1))
        if not item.takes:
            item.track.items.remove(item)
            kill(item)


def _play(state: int) -> Action:
    def run(r: Reaper) -> None:
        r.project.play_state = state

    return run


def _new_tab(r: Reaper) -> None:
    r.project = Project()
    r.projects.append(r.project)
    r.history(r.project)


def _close_tab(r: Reaper) -> None:
    """The last tab stays, as an empty project."""
    if len(r.projects) == 1:
        r.open(Project())
        return
    gone = r.project
    r.projects.remove(gone)
    r.project = r.projects[-1]
    free(gone)


def _record(r: Reaper) -> None:
    r.project.play_state = 0 if r.project.play_state & 4 else 5


def _toggle_solo(r: Reaper) -> None:
    for track in selected_tracks(r.project):
        # 2 is solo in place.
        track.values["I_SOLO"] = 0.0 if track.values["I_SOLO"] else 2.0


ACTIONS: dict[int, Action] = {
    1007: _play(1), 1013: _record, 40044: lambda r: _play(0 if r.project.play_state else 1)(r),
    40129: _delete_active_take, 40182: _select_items(True), 40209: render_actions.apply_fx(2),
    40289: _select_items(False), 40296: _select_tracks(True), 40439: _offline(False), 40440: _offline(True),
    40668: _play(0), 40728: _toggle_solo, 40859: _new_tab, 40860: _close_tab, 41588: render_actions.glue,
    41999: render_actions.render_take,
}  # fmt: skip
"""Command number -> what it does."""
SILENT = frozenset({1156, 40905})
"""Grouping, and the window that customises menus: nothing in the model changes."""
MODES = frozenset({1156})
"""Switches among them; each call turns them over."""


def run(r: Reaper, command: int) -> bool:
    """Whether the command is known; if so it was done."""
    action = ACTIONS.get(command)
    if action is not None:
        action(r)
    if command in MODES:
        r.toggles[0, command] = 1 - r.toggles.get((0, command), 0)
    return action is not None or command in SILENT
