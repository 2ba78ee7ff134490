"""Puts a checked result into the Set: one undo step, in slices, and nothing at all where something fails."""

from __future__ import annotations

from . import instruments, words
from .placing import Placing
from .selection import place_of
from .tracks import RefusedError, fill, fingerprint, make_clip, make_track, mark, settle


class Summary:
    """What was done."""

    def __init__(self):
        self.tracks = 0
        self.notes = 0
        self.warnings = []


def groups(result):
    """The tracks to make: {(source track, part): [(item's number, item, part)]}, in the order of the parts."""
    found = {}
    for number, item in enumerate(result["items"]):
        place = item["live"]["place"]
        for part in item["parts"]:
            key = (place["track_index"], place["track"], place["session"], part["id"])
            found.setdefault(key, []).append((number, item, part))
    return found


def insert(live, application, song, result, sources):
    """Make the tracks of a result; a generator of pauses that returns a :class:`Summary`.

    Args:
        live: Live's module.
        application: Live's application.
        song: the Set.
        result: as :func:`.results.check` gives it.
        sources: (clip, track) per item where they are still known, else None.

    Raises:
        RefusedError: with the sentence; what was made is taken out again.
    """
    summary, made = Summary(), []
    view = (song.view.selected_track, song.view.detail_clip)
    follow(song, result, sources)
    song.begin_undo_step()
    try:
        last = {}
        for key, entries in groups(result).items():
            index = last.get(key[:3], _below(song, entries[0][1]["live"]["place"], sources, entries[0][0]))
            track = make_track(song, index, _name(entries), entries[0][2]["role"])
            made.append(track)
            last[key[:3]] = (place_of(song, track) or 0) + 1
            yield from _fill_track(live, application, song, track, result, entries, summary)
        summary.tracks = len(made)
    except Exception as e:
        _take_out(song, made)
        if isinstance(e, RefusedError):
            raise
        raise RefusedError(words.NOT_INSERTED.format(reason=words.one_line(e) or type(e).__name__)) from e
    finally:
        _restore(song, view)
        song.end_undo_step()
    remark(summary, song, result)
    return summary


def _name(entries):
    _, item, part = entries[0]
    return words.one_line("{} ({})".format(part["name"], item["name"]))


def follow(song, result, sources):
    """Send the result to where its clips are now: the user went on working, and may have moved them."""
    for item, source in zip(result["items"], sources or ()):
        place = item["live"]["place"]
        clip, track = source
        # A deleted object equals None in Live's Python.
        index = None if track is None or track == None else place_of(song, track)  # noqa: E711
        if index is not None:
            place["track_index"], place["track"] = index, words.one_line(track.name)
        moved = getattr(clip, "start_time", None) if clip is not None and clip != None else None  # noqa: E711
        if not place["session"] and moved is not None and place.get("asked_beats") is not None:
            place["start_beats"] += moved - place["asked_beats"]


def _below(song, place, sources, number):
    """Where the first new track of an item goes: right below its source, else at the end."""
    tracks = list(song.tracks)
    index = place["track_index"]
    if 0 <= index < len(tracks) and words.one_line(tracks[index].name) == place["track"]:
        return index + 1
    found = next((i for i, t in enumerate(tracks) if words.one_line(t.name) == place["track"]), None)
    return -1 if found is None else found + 1


def _fill_track(live, application, song, track, result, entries, summary):
    """The clips of one track, and its instrument."""
    prints = []
    for number, item, part in entries:
        place = item["live"]["place"]
        notes = Placing(item["live"], song.tempo).notes(part["notes"], part["is_drums"])
        yield
        clip, settled = make_clip(song, track, place)
        fill(live, clip, notes)
        clip.name = words.one_line("{} {}".format(item["name"], part["name"]))
        clip.color = track.color
        if not settled:
            clip, settled = settle(track, clip, place)
        if not settled and words.IN_SESSION not in summary.warnings:
            summary.warnings.append(words.IN_SESSION)
        prints.append([number, fingerprint(notes)])
        summary.notes += len(notes)
        yield
    _, _, part = entries[0]
    mark(track, {"job": result["id"], "part": part["id"], "revision": result["revision"], "clips": prints})
    if result["insertion"].get("instruments") is not False:
        name = track.name
        summary.warnings += yield from instruments.add(application, song, track, part)
        # Live may rename a track after its first device.
        track.name = name


def _take_out(song, made):
    for track in reversed(made):
        index = place_of(song, track)
        if index is not None:
            song.delete_track(index)


def _restore(song, view):
    """The selection as it was; Live refuses what is gone by now."""
    track, clip = view
    try:
        song.view.selected_track = track
        song.view.detail_clip = clip
    except Exception:  # whatever Live raises for a deleted track or clip
        return


def tempo_is_automated(song):
    """Whether the tempo follows an envelope; Live shows that one exists, not what it holds."""
    try:
        return int(song.master_track.mixer_device.song_tempo.automation_state) != 0
    except (AttributeError, RuntimeError, TypeError, ValueError):
        return False


def remark(summary, song, result):
    """Add what the user should know of the result to a summary."""
    bent = [part["name"] for item in result["items"] for part in item["parts"] if part["has_bends"]]
    midi = next((item["midi"] for item in result["items"] if item["midi"]), None)
    if bent and midi:
        summary.warnings.append(words.BENDS.format(midi=midi, parts=", ".join(dict.fromkeys(bent))))
    if tempo_is_automated(song) and not all(item["live"]["warp"] for item in result["items"]):
        summary.warnings.append(words.TEMPO.format(bpm=song.tempo))
    for item in result["items"]:
        summary.warnings += item["warnings"]
    summary.warnings += result["warnings"]
