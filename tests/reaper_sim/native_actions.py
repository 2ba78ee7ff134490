"""REAPER's own commands, by number. What is not here is refused, so that no script passes by luck."""

from __future__ import annotations

from collections.abc import Callable

from tests.reaper_sim import render_actions
from tests.reaper_sim.api_items import SplitMediaItem, clone, kill
from tests.reaper_sim.api_project import GetProjectLength
from tests.reaper_sim.api_selection import SetOnlyTrackSelected, selected_items, selected_tracks
from tests.reaper_sim.api_tracks import DeleteTrack, insert_track
from tests.reaper_sim.audio import root
from tests.reaper_sim.engine import Reaper
from tests.reaper_sim.model import Item, Source
from tests.reaper_sim.native_more import MORE

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


def _select_nothing(r: Reaper) -> None:
    _select_items(False)(r)
    _select_tracks(False)(r)


def _remove_items(r: Reaper) -> None:
    for item in selected_items(r.project):
        item.track.items.remove(item)
        kill(item)


def _remove_tracks(r: Reaper) -> None:
    for track in selected_tracks(r.project):
        DeleteTrack(r, track)


def _items_of_tracks(r: Reaper) -> None:
    for track in selected_tracks(r.project):
        for item in track.items:
            item.values["B_UISEL"] = 1.0


def _tracks_of_items(r: Reaper) -> None:
    chosen = {item.track.serial for item in selected_items(r.project)}
    for track in r.project.tracks:
        track.values["I_SELECTED"] = float(track.serial in chosen)


def _items_in_time(r: Reaper) -> None:
    start, end = r.project.time_selection
    for item in r.project.all_items():
        item.values["B_UISEL"] = float(item.start < end and item.start + item.length > start)


def _time_to_items(r: Reaper) -> None:
    items = selected_items(r.project)
    if items:
        r.project.time_selection = (min(i.start for i in items), max(i.start + i.length for i in items))


def _clear_time(r: Reaper) -> None:
    r.project.time_selection = (0.0, 0.0)


def _clear_time_and_loop(r: Reaper) -> None:
    r.project.time_selection = r.project.loop = (0.0, 0.0)


def _insert_track(r: Reaper) -> None:
    chosen = selected_tracks(r.project)
    place = r.project.tracks.index(chosen[-1]) + 1 if chosen else len(r.project.tracks)
    SetOnlyTrackSelected(r, insert_track(r, r.project, place))


def _split_at(times: Callable[[Reaper], list[float]]) -> Action:
    def run(r: Reaper) -> None:
        targets = selected_items(r.project) or r.project.all_items()
        for item in targets:
            piece: Item | None = item
            for time in sorted(times(r)):
                piece = (SplitMediaItem(r, piece, time) if piece else None) or piece

    return run


def _cursor_to(edge: Callable[[Reaper], float | None]) -> Action:
    def run(r: Reaper) -> None:
        time = edge(r)
        if time is not None:
            r.project.cursor = time

    return run


def _start_of_items(r: Reaper) -> float | None:
    return min((i.start for i in selected_items(r.project)), default=None)


def _end_of_items(r: Reaper) -> float | None:
    return max((i.start + i.length for i in selected_items(r.project)), default=None)


def _toggle(kind: str, key: str) -> Action:
    def run(r: Reaper) -> None:
        targets = selected_items(r.project) if kind == "item" else selected_tracks(r.project)
        for target in targets:
            target.values[key] = float(not target.values[key])

    return run


def _set_items(key: str, value: float) -> Action:
    def run(r: Reaper) -> None:
        for item in selected_items(r.project):
            item.values[key] = value

    return run


def _set_all_tracks(key: str, value: float) -> Action:
    def run(r: Reaper) -> None:
        for track in r.project.tracks:
            track.values[key] = value

    return run


def _reverse(r: Reaper) -> None:
    for item in selected_items(r.project):
        take = item.active_take
        if take is None or take.source is None or take.source.midi is not None:
            continue
        if take.source.type == "SECTION" and take.source.reverse and take.source.parent:
            take.source = take.source.parent
        else:
            take.source = Source(type="SECTION", parent=take.source, reverse=True)


def _offline(state: bool) -> Action:
    def run(r: Reaper) -> None:
        for item in selected_items(r.project):
            for take in item.takes:
                if take is not None and take.source is not None:
                    source = root(take.source)
                    source.offline, source.offline_by_focus = state, False

    return run


def _all_offline(state: bool) -> Action:
    def run(r: Reaper) -> None:
        for item in r.project.all_items():
            for take in item.takes:
                if take is not None and take.source is not None:
                    source = root(take.source)
                    source.offline, source.offline_by_focus = state, False

    return run


def _active_take(step: int) -> Action:
    def run(r: Reaper) -> None:
        for item in selected_items(r.project):
            if item.takes:
                item.values["I_CURTAKE"] = (item.values["I_CURTAKE"] + step) % len(item.takes)

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


def _crop_to_take(r: Reaper) -> None:
    for item in selected_items(r.project):
        kept = item.active_take
        for take in item.takes:
            if take is not None and take is not kept:
                take.alive = False
        item.takes = [kept]
        item.values["I_CURTAKE"] = 0.0


def _duplicate_items(r: Reaper) -> None:
    items = selected_items(r.project)
    span = max((i.start + i.length for i in items), default=0) - min((i.start for i in items), default=0)
    for item in items:
        twin = clone(item, item.track)
        twin.values["D_POSITION"] += span
        item.values["B_UISEL"] = 0.0


def _copy_items(r: Reaper) -> None:
    r.ui["clipboard_items"] = [(i, i.start) for i in selected_items(r.project)]


def _paste(r: Reaper) -> None:
    held = [(i, at) for i, at in r.ui.get("clipboard_items", []) if i.track is not None]
    first = min((at for _, at in held), default=0.0)
    for item, at in held:
        clone(item, item.track).values["D_POSITION"] = r.project.cursor + at - first


def _play(state: int) -> Action:
    def run(r: Reaper) -> None:
        r.project.play_state = state

    return run


def _undo(by: int) -> Action:
    def run(r: Reaper) -> None:
        r.history(r.project).step(by)

    return run


ACTIONS: dict[int, Action] = {
    40182: _select_items(True), 40289: _select_items(False), 40769: _select_nothing, 40296: _select_tracks(True),
    40297: _select_tracks(False), 40006: _remove_items, 40697: _remove_items, 40005: _remove_tracks,
    40421: _items_of_tracks, 40717: _items_in_time, 40290: _time_to_items, 40635: _clear_time, 41039: _time_to_items,
    40020: _clear_time_and_loop, 40001: _insert_track, 40012: _split_at(lambda r: [r.project.cursor]),
    40757: _split_at(lambda r: [r.project.cursor]), 40061: _split_at(lambda r: list(r.project.time_selection)),
    40759: _split_at(lambda r: [r.project.cursor]), 41173: _cursor_to(_start_of_items),
    41174: _cursor_to(_end_of_items), 40042: _cursor_to(lambda r: 0.0),
    40043: _cursor_to(lambda r: GetProjectLength(r, r.project)),
    40630: _cursor_to(lambda r: r.project.time_selection[0]), 40631: _cursor_to(lambda r: r.project.time_selection[1]),
    40175: _toggle("item", "B_MUTE"), 40719: _set_items("B_MUTE", 1.0),
    40720: _set_items("B_MUTE", 0.0),
    40636: _toggle("item", "B_LOOPSRC"), 40687: _toggle("item", "C_LOCK"), 40339: _set_all_tracks("B_MUTE", 0.0),
    40340: _set_all_tracks("I_SOLO", 0.0), 40491: _set_all_tracks("I_RECARM", 0.0), 6: _toggle("track", "B_MUTE"),
    7: _toggle("track", "I_SOLO"), 9: _toggle("track", "I_RECARM"), 41051: _reverse, 40440: _offline(True),
    40439: _offline(False),
    40100: _all_offline(True), 40101: _all_offline(False),
    40125: _active_take(1), 40126: _active_take(-1), 40129: _delete_active_take,
    40131: _crop_to_take, 41295: _duplicate_items, 40698: _copy_items, 40057: _copy_items, 40058: _paste,
    42398: _paste, 1007: _play(1), 1016: _play(0), 40044: lambda r: _play(0 if r.project.play_state else 1)(r),
    40073: _play(2), 1008: _play(2), 40029: _undo(-1), 40030: _undo(1), 40209: render_actions.apply_fx(2),
    40361: render_actions.apply_fx(1), 41993: render_actions.apply_fx(2), 41999: render_actions.render_take,
    40601: render_actions.render_take, 40362: render_actions.glue, 41588: render_actions.glue,
    42432: render_actions.glue, }  # fmt: skip
"""Command number -> what it does."""

SILENT = frozenset(
    {
        40153, 40109, 40847, 41622, 40031, 40295, 40913, 40110, 40111, 1011, 1012, 40727, 40026, 42406, 40454, 40070,
        41117, 40310, 40311, 40309, 41990, 41991, 1155, 40745, 1156, 40041, 41118, 41119, 40441, 40905, 40047, 40245,
        40048,
    }
)  # fmt: skip
"""Zoom, scroll, windows, peaks, saving and ripple modes: nothing in the model changes."""


MODES = frozenset({1156, 41117, 40310, 40311, 41990, 40745, 41118, 41119})
"""Switches among them: grouping, trim and ripple modes, envelopes' modes; each call turns them over."""


def run(r: Reaper, command: int) -> bool:
    """Whether the command is known; if so it was done."""
    action = ACTIONS.get(command) or MORE.get(command)
    if action is not None:
        action(r)
    if command in MODES:
        r.toggles[0, command] = 1 - r.toggles.get((0, command), 0)
    return action is not None or command in SILENT
