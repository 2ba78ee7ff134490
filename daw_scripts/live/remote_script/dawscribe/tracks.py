"""New tracks and clips in a Set, and the mark that says whose they are."""

from __future__ import annotations

import json

from . import words
from .placing import AT_A_TIME

COLOURS = {
    "drums": 0xD66B53, "bass": 0x4D85BD, "vocals": 0xDEA544, "guitar": 0x669E5C, "piano": 0x9470B3, "other": 0x60A0A0,
}  # fmt: skip
"""Per role, as in the other DAWs; Live takes the nearest of its palette."""
KEY = "dawscribe"
"""Under this name the mark lies in the Set itself."""
MAX_BEAT = 1576800.0
"""Live's own end of the Arrangement."""


class RefusedError(Exception):
    """Live would not make a track or a clip; the text is for the user."""


class UndoneError(RefusedError):
    """The user pressed Undo while the tracks were made: what was undone stays undone."""


def make_track(song, index, name, role):
    """A new MIDI track at ``index``, -1 for the end."""
    track = song.create_midi_track(index)
    track.name = name
    track.color = COLOURS.get(role, COLOURS["other"])
    return track


def mark(track, data):
    """Note in the Set what a track holds."""
    if hasattr(track, "set_data"):
        track.set_data(KEY, json.dumps(data))


def marked(track):
    """What :func:`mark` noted; empty where it is not ours."""
    if not hasattr(track, "get_data"):
        return {}
    try:
        found = json.loads(track.get_data(KEY, "{}"))
    except (TypeError, ValueError, RuntimeError):
        return {}
    return found if isinstance(found, dict) else {}


def make_clip(song, track, place):
    """An empty MIDI clip where the source's clip is; (clip, whether it lies where it should)."""
    if place["session"]:
        return _session_clip(song, track, place), True
    start, length = place["start_beats"], place["length_beats"]
    if not 0 <= start < start + length <= MAX_BEAT:
        raise RefusedError(words.FROZEN)
    if hasattr(track, "create_midi_clip"):
        return track.create_midi_clip(start, length), True
    # Before Live 12.2: a clip is made in the Session, and a copy of it goes to the Arrangement once it is filled.
    return _empty_slot(song, track).create_clip(length), False


def settle(track, clip, place):
    """Bring a filled Session clip to the Arrangement; (clip, whether it got there)."""
    if not hasattr(track, "duplicate_clip_to_arrangement"):
        return clip, False
    made = track.duplicate_clip_to_arrangement(clip, place["start_beats"])
    for slot in track.clip_slots:
        if slot.has_clip and slot.clip == clip:
            slot.delete_clip()
    return made, True


def _empty_slot(song, track):
    slot = next((s for s in track.clip_slots if not s.has_clip), None)
    if slot is None:
        song.create_scene(-1)
        slot = list(track.clip_slots)[-1]
    return slot


def _session_clip(song, track, place):
    slots = list(track.clip_slots)
    slot = slots[place["scene"]] if place["scene"] < len(slots) else None
    if slot is None or slot.has_clip:
        slot = _empty_slot(song, track)
    loop = place["loop"]
    clip = slot.create_clip(loop["end"])
    # Ends first: Live refuses a start that lies behind its end.
    clip.loop_end = loop["end"]
    clip.end_marker = loop["end"]
    clip.loop_start = loop["loop_start"] if loop["looping"] else loop["start"]
    clip.start_marker = loop["start"]
    clip.looping = loop["looping"]
    return clip


def fill(live, clip, notes):
    """Write (pitch, start, duration, velocity) into a clip; a generator of pauses."""
    if hasattr(clip, "add_new_notes"):
        make = live.Clip.MidiNoteSpecification
        for first in range(0, len(notes), AT_A_TIME):
            some = notes[first : first + AT_A_TIME]
            clip.add_new_notes(tuple(make(pitch=p, start_time=s, duration=d, velocity=v) for p, s, d, v in some))
            yield
    else:
        clip.set_notes(tuple((p, s, d, v, False) for p, s, d, v in notes))


def empty(clip):
    """Take all notes out of a clip, also those before its start."""
    clip.remove_notes_extended(0, 128, -MAX_BEAT, 2 * MAX_BEAT)


def heard_in(clip):
    """[(pitch, start, duration, velocity)] of a clip as it is now."""
    if not hasattr(clip, "get_notes_extended"):
        return []
    notes = clip.get_notes_extended(0, 128, -MAX_BEAT, 2 * MAX_BEAT)
    return [(n.pitch, n.start_time, n.duration, n.velocity) for n in notes]


def fingerprint(notes):
    """Sums that tell whether a person changed the notes; Live may round them, so they are compared with patience."""
    return [
        len(notes), sum(n[0] for n in notes), sum(n[1] for n in notes), sum(n[2] for n in notes),
        sum(n[3] for n in notes), sum(n[0] * n[1] for n in notes),
    ]  # fmt: skip


def same(one, other):
    """Whether two fingerprints are of the same notes: a thousandth of a beat a note is Live's own rounding."""
    if not isinstance(one, list) or len(one) != 6 or one[0] != other[0]:
        return False
    patience = 1e-3 * (1 + other[0])
    return all(
        isinstance(a, (int, float)) and abs(a - b) <= patience * scale
        for a, b, scale in zip(one, other, (1, 1, 1, 1, 1, 128))
    )


def clips_of(track):
    """All clips of a track."""
    found = list(getattr(track, "arrangement_clips", ()))
    return found + [slot.clip for slot in track.clip_slots if slot.has_clip]
