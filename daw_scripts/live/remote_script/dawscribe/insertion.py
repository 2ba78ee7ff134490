"""Puts a checked result into the Set: one undo step, in slices, and nothing at all where something fails."""

from __future__ import annotations

from . import instruments, words
from .placing import MAX_PLACED, Placing
from .selection import place_of
from .sources import follow, is_gone
from .tracks import RefusedError, UndoneError, fill, fingerprint, make_clip, make_track, mark, settle


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
        sources: :class:`.sources.Source` per item where they are still known, else None.

    Raises:
        RefusedError: with the sentence; what was made is taken out again.
    """
    summary, made = Summary(), []
    view = (song.view.selected_track, song.view.detail_clip)
    follow(song, result, sources)
    wanted = groups(result)
    # Tracks, not their places: these change with every new track, and with what the user does meanwhile.
    above = {key[:3]: [_source_track(song, entries[0][1]["live"]["place"])] for key, entries in wanted.items()}
    song.begin_undo_step()
    try:
        for key, entries in wanted.items():
            if _are_gone(made):
                raise UndoneError(words.UNDONE)
            made.append(make_track(song, below(song, above[key[:3]]), _name(entries), entries[0][2]["role"]))
            above[key[:3]].append(made[-1])
            yield from _fill_track(live, application, song, made[-1], result, entries, summary)
        if _are_gone(made):
            raise UndoneError(words.UNDONE)
        summary.tracks = len(made)
        summary.warnings += [words.NO_TRACK] if any(tracks[0] is None for tracks in above.values()) else []
    except BaseException as e:  # also where the Set closes, or another control surface is chosen
        undone = _are_gone(made)
        take_out(song, made)
        if isinstance(e, RefusedError) or not isinstance(e, Exception):
            raise
        if undone:
            raise UndoneError(words.UNDONE) from e
        raise RefusedError(words.NOT_INSERTED.format(reason=words.one_line(e) or type(e).__name__)) from e
    finally:
        _restore(song, view)
        end_step(song)
    remark(summary, song, result)
    return summary


def _are_gone(made):
    """Whether all tracks that were made are gone: with a step of Undo that the user took while more were made."""
    return bool(made) and all(is_gone(track) for track in made)


def placed(item, part, song, summary):
    """The notes of a part in beats of its clip; a generator of pauses."""
    notes = yield from Placing(item["live"], song.tempo).notes(part["notes"], part["is_drums"])
    if len(notes) >= MAX_PLACED:
        summary.warnings.append(words.TOO_MANY_NOTES.format(part=part["name"], count=MAX_PLACED))
    yield
    return notes


def _name(entries):
    _, item, part = entries[0]
    return words.one_line("{} ({})".format(part["name"], item["name"]))


def _source_track(song, place):
    """The track that an item came from, by its place or else by its name; None where it is gone."""
    tracks, index = list(song.tracks), place["track_index"]
    if 0 <= index < len(tracks) and words.one_line(tracks[index].name) == place["track"]:
        return tracks[index]
    return next((t for t in tracks if words.one_line(t.name) == place["track"]), None)


def below(song, tracks):
    """The place below the last of some tracks that is there; -1, the end, where none is."""
    places = [place for place in (place_of(song, track) for track in tracks) if place is not None]
    return places[-1] + 1 if places else -1


def _fill_track(live, application, song, track, result, entries, summary):
    """The clips of one track, and its instrument."""
    prints = []
    for number, item, part in entries:
        place = item["live"]["place"]
        notes = yield from placed(item, part, song, summary)
        clip, settled = make_clip(song, track, place)
        yield from fill(live, clip, notes)
        clip.name = words.one_line("{} {}".format(item["name"], part["name"]))
        clip.color = track.color
        if not settled:
            clip, settled = settle(track, clip, place)
        if not settled and words.IN_SESSION not in summary.warnings:
            summary.warnings.append(words.IN_SESSION)
        prints.append([number, fingerprint(notes)])
        summary.notes += len(notes)
        yield
    _, item, part = entries[0]
    mark(track, {"job": result["id"], "part": part["id"], "revision": result["revision"], "clips": prints})
    # The extension can load the song's own drum sounds, which no script can: it waits for its turn.
    waits = part["is_drums"] and item["has_shots"] and result["insertion"].get("kit") == "extension"
    if result["insertion"].get("instruments") is not False and not waits:
        name = track.name
        summary.warnings += yield from instruments.add(application, song, track, part)
        # Live may rename a track after its first device.
        track.name = name


def take_out(song, made):
    """Take tracks out again, as far as they and their Set are there."""
    for track in reversed(made):
        try:
            index = place_of(song, track)
            if index is not None:
                song.delete_track(index)
        except Exception:  # whatever Live raises for a Set that is closed
            return


def end_step(song):
    """End the undo step; one of a closed Set ended with it."""
    try:
        song.end_undo_step()
    except Exception:  # as above
        return


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
