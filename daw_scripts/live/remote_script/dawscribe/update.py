"""Brings tracks that were inserted before to a later revision of their result, and leaves alone what a person changed.

A track carries in the Set which job and part it holds, and a fingerprint per clip. A clip whose notes still have it is
written anew, wherever it was moved; one whose notes were changed stays as it is, and the user is told.
"""

from __future__ import annotations

from . import words
from .insertion import Summary, _fill_track, _name, groups, remark
from .placing import Placing
from .selection import place_of
from .tracks import clips_of, empty, fill, fingerprint, heard_in, make_track, mark, marked, same


def holding(song, job):
    """The tracks of the Set that hold parts of a job: {(part id, first item): (track, mark)}."""
    found = {}
    for track in song.tracks:
        data = marked(track)
        if data.get("job") == job and isinstance(data.get("clips"), list) and data["clips"]:
            first = data["clips"][0]
            if isinstance(first, list) and len(first) == 2:
                found[(data.get("part"), first[0])] = (track, data)
    return found


def jobs_in(song):
    """{job: lowest revision} of what the Set holds."""
    found = {}
    for track in song.tracks:
        data = marked(track)
        if isinstance(data.get("job"), str) and isinstance(data.get("revision"), int):
            found[data["job"]] = min(found.get(data["job"], data["revision"]), data["revision"])
    return found


def update(live, application, song, result):
    """Bring a job's tracks to this revision in one undo step; a generator of pauses that returns a summary."""
    summary = Summary()
    before = holding(song, result["id"])
    song.begin_undo_step()
    try:
        for entries in groups(result).values():
            number, _, part = entries[0]
            known = before.pop((part["id"], number), None)
            if known is not None:
                _rewrite(live, song, result, entries, known, summary)
            else:
                index = _behind(song, result["id"])
                track = make_track(song, index, _name(entries), part["role"])
                summary.tracks += 1
                yield from _fill_track(live, application, song, track, result, entries, summary)
            yield
        for track, data in before.values():
            _leave_out(track, data, result, summary)
    finally:
        song.end_undo_step()
    remark(summary, song, result)
    return summary


def _behind(song, job):
    """The place below the last track of a job."""
    places = [i for i, track in enumerate(song.tracks) if marked(track).get("job") == job]
    return max(places) + 1 if places else -1


def _rewrite(live, song, result, entries, known, summary):
    track, data = known
    old = {row[0]: row[1] for row in data["clips"] if isinstance(row, list) and len(row) == 2}
    present = [(clip, fingerprint(heard_in(clip))) for clip in clips_of(track) if clip.is_midi_clip]
    prints = []
    for number, item, part in entries:
        notes = Placing(item["live"], song.tempo).notes(part["notes"], part["is_drums"])
        clip = next((c for c, now in present if same(old.get(number), now)), None)
        if clip is None:
            warning = words.CHANGED.format(part=part["name"])
            if warning not in summary.warnings:
                summary.warnings.append(warning)
            prints.append([number, old.get(number)])
            continue
        empty(clip)
        fill(live, clip, notes)
        prints.append([number, fingerprint(notes)])
        summary.notes += len(notes)
    mark(track, {"job": result["id"], "part": data["part"], "revision": result["revision"], "clips": prints})


def _leave_out(track, data, result, summary):
    """A part that is no more: muted, not deleted, since the user may have worked on its track."""
    if not track.mute:
        track.mute = True
        summary.warnings.append(words.LEFT_OUT.format(part=words.one_line(track.name)))
    mark(track, dict(data, revision=result["revision"]))


__all__ = ["holding", "jobs_in", "place_of", "update"]
