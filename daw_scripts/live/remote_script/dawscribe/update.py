"""Brings tracks that were inserted before to a later revision of their result, and leaves alone what a person changed.

A track carries in the Set which job and part it holds, and a fingerprint per clip. A clip whose notes still have it is
written anew, wherever it was moved; one whose notes were changed stays as it is, and the user is told.
"""

from __future__ import annotations

from . import words
from .insertion import Summary, _fill_track, _name, below, end_step, groups, placed, remark, take_out
from .spool import is_id, is_number
from .tracks import RefusedError, clips_of, empty, fill, fingerprint, heard_in, make_track, mark, marked, same


def holding(song, job):
    """The tracks of the Set that hold parts of a job: {(part id, first item): [(track, mark)]}.

    Of several the user made the others as copies.
    """
    found = {}
    for track in song.tracks:
        data = _mark_of(track)
        if data.get("job") == job:
            found.setdefault((data.get("part"), data["clips"][0][0]), []).append((track, data))
    return found


def jobs_in(song):
    """{job: lowest revision} of what the Set holds."""
    found = {}
    for track in song.tracks:
        data = _mark_of(track)
        if data:
            found[data["job"]] = min(found.get(data["job"], data["revision"]), data["revision"])
    return found


def _mark_of(track):
    """A track's mark, empty where it is none that can be used: anybody may have written it."""
    data = marked(track)
    clips, part = data.get("clips"), data.get("part")
    rows = isinstance(clips, list) and all(isinstance(r, list) and len(r) == 2 for r in clips)
    usable = rows and clips and all(is_number(r[0], 0, 1e9) for r in clips) and isinstance(part, str)
    return data if usable and is_id(data.get("job")) and is_number(data.get("revision"), 0, 1e9) else {}


def update(live, application, song, result):
    """Bring a job's tracks to this revision in one undo step; a generator of pauses that returns a summary.

    Raises:
        RefusedError: with the sentence.
    """
    summary, made = Summary(), []
    before = holding(song, result["id"])
    song.begin_undo_step()
    try:
        for entries in groups(result).values():
            number, _, part = entries[0]
            known = before.pop((part["id"], number), ())
            for one in known:
                yield from _rewrite(live, song, result, entries, one, summary)
                yield
            if not known:
                index = _behind(song, result["id"])
                made.append(make_track(song, index, _name(entries), part["role"]))
                summary.tracks += 1
                yield from _fill_track(live, application, song, made[-1], result, entries, summary)
        for tracks in before.values():
            for track, data in tracks:
                _leave_out(track, data, result, summary)
    except BaseException as e:  # also where the Set closes
        take_out(song, made)
        if isinstance(e, RefusedError) or not isinstance(e, Exception):
            raise
        reason = words.one_line(e) or type(e).__name__
        raise RefusedError(words.NOT_UPDATED.format(revision=result["revision"], reason=reason)) from e
    finally:
        end_step(song)
    remark(summary, song, result)
    return summary


def _behind(song, job):
    """The place below the last track of a job."""
    return below(song, [track for track in song.tracks if _mark_of(track).get("job") == job])


def _rewrite(live, song, result, entries, known, summary):
    """Bring one track to the result; a generator of pauses."""
    track, data = known
    if track.is_frozen:
        summary.warnings.append(words.FROZEN_PART.format(part=words.one_line(track.name)))
        mark(track, dict(data, revision=result["revision"]))
        return
    old = {row[0]: row[1] for row in data["clips"]}
    present = [(clip, fingerprint(heard_in(clip))) for clip in clips_of(track) if clip.is_midi_clip]
    prints = []
    for number, item, part in entries:
        notes = yield from placed(item, part, song, summary)
        # The user may have set the clip down a second time.
        clips = [c for c, now in present if same(old.get(number), now)]
        if not clips:
            warning = words.CHANGED.format(part=part["name"])
            if warning not in summary.warnings:
                summary.warnings.append(warning)
            prints.append([number, old.get(number)])
            continue
        for clip in clips:
            yield from _replace(live, clip, notes)
        prints.append([number, fingerprint(notes)])
        summary.notes += len(notes)
    mark(track, {"job": result["id"], "part": data["part"], "revision": result["revision"], "clips": prints})


def _replace(live, clip, notes):
    """Put notes in place of those that a clip holds, or leave it as it was; a generator of pauses."""
    before = heard_in(clip)
    try:
        empty(clip)
        yield from fill(live, clip, notes)
    except Exception:
        empty(clip)
        for _ in fill(live, clip, before):
            pass
        raise


def _leave_out(track, data, result, summary):
    """A part that is no more: muted, not deleted, since the user may have worked on its track."""
    if not track.mute:
        track.mute = True
        summary.warnings.append(words.LEFT_OUT.format(part=words.one_line(track.name)))
    mark(track, dict(data, revision=result["revision"]))
