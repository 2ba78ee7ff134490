"""More of REAPER's own commands: grouping, takes, trimming, navigation, project tabs."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable

from tests.reaper_sim import audio
from tests.reaper_sim.api_envelopes import ensure
from tests.reaper_sim.api_items import clone, kill
from tests.reaper_sim.api_selection import SetOnlyTrackSelected, selected_items, selected_tracks
from tests.reaper_sim.defaults import new_item, sort_items
from tests.reaper_sim.engine import Reaper
from tests.reaper_sim.model import Handle, Item, Project, Track, _serials, new_guid
from tests.reaper_sim.undo import free

Action = Callable[[Reaper], None]


def _touch_first(r: Reaper) -> None:
    chosen = selected_tracks(r.project)
    if chosen:
        r.ui["last_touched_track"] = chosen[0]


def _group(r: Reaper) -> None:
    number = int(max((i.values["I_GROUPID"] for i in r.project.all_items()), default=0)) + 1
    for item in selected_items(r.project):
        item.values["I_GROUPID"] = number


def _ungroup(r: Reaper) -> None:
    for item in selected_items(r.project):
        item.values["I_GROUPID"] = 0.0


def _select_groups(r: Reaper) -> None:
    groups = {i.values["I_GROUPID"] for i in selected_items(r.project)} - {0.0}
    for item in r.project.all_items():
        if item.values["I_GROUPID"] in groups:
            item.values["B_UISEL"] = 1.0


def _select_on_tracks_in_time(r: Reaper) -> None:
    start, end = r.project.time_selection
    for item in r.project.all_items():
        inside = item.start < end and item.start + item.length > start
        item.values["B_UISEL"] = float(inside and bool(item.track.values["I_SELECTED"]))


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


def _stop_and_delete(r: Reaper) -> None:
    r.project.play_state = 0


def duplicate_track(r: Reaper, track: Track) -> Track:
    """A copy right below, with handles and GUIDs of its own."""
    twin: Track = copy.deepcopy(track)
    handles: list[Handle] = [twin, *twin.envelopes]
    for item in twin.items:
        handles.append(item)
        for take in item.takes:
            handles += [take, *take.envelopes] if take else []
    for handle in handles:
        handle.serial, handle.guid = next(_serials), new_guid()
    r.project.tracks.insert(r.project.tracks.index(track) + 1, twin)
    return twin


def _duplicate_tracks(r: Reaper) -> None:
    for track in selected_tracks(r.project):
        duplicate_track(r, track)
        track.values["I_SELECTED"] = 0.0


def _insert_empty_item(r: Reaper) -> None:
    start, end = r.project.time_selection
    for track in selected_tracks(r.project)[:1]:
        new_item(track, start, end - start)


def _cursor_to_mouse(r: Reaper) -> None:
    time = r.ui.get("mouse_time", -1.0)
    if time >= 0:
        r.project.cursor = time


def _select_under_mouse(r: Reaper) -> None:
    item = r.ui.get("mouse_item")
    if item is not None:
        for other in r.project.all_items():
            other.values["B_UISEL"] = float(other is item)


def _select_track_under_mouse(r: Reaper) -> None:
    if r.ui.get("mouse_track") is not None:
        SetOnlyTrackSelected(r, r.ui["mouse_track"])


def _edge(forward: bool) -> Action:
    def run(r: Reaper) -> None:
        tracks = selected_tracks(r.project) or r.project.tracks
        edges = sorted({t for track in tracks for i in track.items for t in (i.start, i.start + i.length)})
        here = r.project.cursor
        found = [e for e in edges if (e > here + 1e-9 if forward else e < here - 1e-9)]
        if found:
            r.project.cursor = found[0] if forward else found[-1]

    return run


def _step_item(by: int) -> Action:
    def run(r: Reaper) -> None:
        for item in selected_items(r.project)[:1]:
            items = item.track.items
            place = items.index(item) + by
            if 0 <= place < len(items):
                for other in r.project.all_items():
                    other.values["B_UISEL"] = float(other is items[place])
                r.project.cursor = items[place].start

    return run


def _step_track(by: int) -> Action:
    def run(r: Reaper) -> None:
        tracks = r.project.tracks
        chosen = selected_tracks(r.project)
        place = tracks.index(chosen[0]) + by if chosen else 0
        if tracks:
            SetOnlyTrackSelected(r, tracks[max(0, min(place, len(tracks) - 1))])

    return run


def _move_items(by: int) -> Action:
    def run(r: Reaper) -> None:
        tracks = r.project.tracks
        moves = [(i, tracks.index(i.track) + by) for i in selected_items(r.project)]
        for item, place in moves:
            if 0 <= place < len(tracks):
                item.track.items.remove(item)
                item.track = tracks[place]
                item.track.items.append(item)
                sort_items(item.track)

    return run


def _implode(items: list[Item]) -> None:
    if len(items) < 2:
        return
    first, rest = items[0], items[1:]
    for item in rest:
        for take in item.takes:
            if take is not None:
                take.item = first
            first.takes.append(take)
        item.takes = []
        item.track.items.remove(item)
        kill(item)


def _implode_same_track(r: Reaper) -> None:
    for _, items in itertools.groupby(selected_items(r.project), key=lambda i: i.track.serial):
        _implode(list(items))


def _implode_across(r: Reaper) -> None:
    _implode(selected_items(r.project))


def _explode_across(r: Reaper) -> None:
    tracks = r.project.tracks
    for item in selected_items(r.project):
        for number in range(1, len(item.takes)):
            place = tracks.index(item.track) + number
            if place < len(tracks):
                twin = clone(item, tracks[place])
                twin.takes = [twin.takes[number]]
                twin.values["I_CURTAKE"] = 0.0
        item.takes = item.takes[:1]
        item.values["I_CURTAKE"] = 0.0


def _trim(left: bool) -> Action:
    def run(r: Reaper) -> None:
        for item in selected_items(r.project):
            cursor, end = r.project.cursor, item.start + item.length
            if not item.start < cursor < end:
                continue
            if left:
                for take in item.takes:
                    if take is not None:
                        take.values["D_STARTOFFS"] += (cursor - item.start) * take.values["D_PLAYRATE"]
                item.values["D_POSITION"], item.values["D_LENGTH"] = cursor, end - cursor
            else:
                item.values["D_LENGTH"] = cursor - item.start

    return run


def _all_media(offline: bool) -> Action:
    def run(r: Reaper) -> None:
        for item in r.project.all_items():
            for take in item.takes:
                if take is not None and take.source is not None:
                    audio.root(take.source).offline = offline

    return run


def _colour(value: float | None) -> Action:
    def run(r: Reaper) -> None:
        for number, item in enumerate(selected_items(r.project)):
            item.values["I_CUSTOMCOLOR"] = 0x1000000 | (number * 7919 + 12345) & 0xFFFFFF if value is None else value

    return run


def _to_one_track(r: Reaper) -> None:
    items = selected_items(r.project)
    for item in items[1:]:
        item.track.items.remove(item)
        item.track = items[0].track
        item.track.items.append(item)
        sort_items(item.track)


def _toggle_envelope(name: str) -> Action:
    def run(r: Reaper) -> None:
        for track in selected_tracks(r.project):
            present = next((e for e in track.envelopes if e.name == name), None)
            if present is None:
                ensure(track, name)
            else:
                present.visible = not present.visible

    return run


def _source_length(r: Reaper) -> None:
    for item in selected_items(r.project):
        take = item.active_take
        if take is not None and take.source is not None and take.source.midi is None:
            item.values["D_LENGTH"] = audio.length_of(take.source) / take.values["D_PLAYRATE"]


def _crossfade_overlaps(r: Reaper) -> None:
    for track in r.project.tracks:
        items = [i for i in track.items if i.values["B_UISEL"]]
        for left, right in itertools.pairwise(items):
            overlap = left.start + left.length - right.start
            if overlap > 0:
                left.values["D_FADEOUTLEN_AUTO"] = right.values["D_FADEINLEN_AUTO"] = overlap


def _record(r: Reaper) -> None:
    r.project.play_state = 0 if r.project.play_state & 4 else 5


def _toggle_solo(r: Reaper) -> None:
    for track in selected_tracks(r.project):
        # 2 is solo in place.
        track.values["I_SOLO"] = 0.0 if track.values["I_SOLO"] else 2.0


def _toggle_free_positioning(r: Reaper) -> None:
    for track in selected_tracks(r.project):
        track.values["B_FREEMODE"] = float(not track.values["B_FREEMODE"])


MORE: dict[int, Action] = {
    40914: _touch_first, 40032: _group, 40033: _ungroup, 40034: _select_groups, 40718: _select_on_tracks_in_time,
    40859: _new_tab, 40860: _close_tab,
    40668: _stop_and_delete, 40062: _duplicate_tracks, 40142: _insert_empty_item, 40513: _cursor_to_mouse,
    40514: _cursor_to_mouse, 40528: _select_under_mouse, 41110: _select_track_under_mouse, 40319: _edge(True),
    40318: _edge(False), 40416: _step_item(-1), 40417: _step_item(1), 40285: _step_track(1), 40286: _step_track(-1),
    40117: _move_items(-1), 40118: _move_items(1), 40543: _implode_same_track, 40438: _implode_across,
    40224: _explode_across, 41305: _trim(left=True), 41311: _trim(left=False), 40101: _all_media(False),
    40100: _all_media(True), 40705: _colour(None), 40706: _colour(0x1000000 | 0x336699), 40707: _colour(0.0),
    40434: lambda r: None, 40644: _to_one_track, 40406: _toggle_envelope("Volume"), 40407: _toggle_envelope("Pan"),
    40408: _toggle_envelope("Volume (Pre-FX)"), 40409: _toggle_envelope("Pan (Pre-FX)"),
    40867: _toggle_envelope("Mute"), 1013: _record,
    40612: _source_length, 41059: _crossfade_overlaps, 40641: _toggle_free_positioning, 40728: _toggle_solo,
}  # fmt: skip
"""Command number -> what it does."""
