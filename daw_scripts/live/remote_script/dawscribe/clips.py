"""What a clip sounds like, as an item of a request: a span of its file, and the way from there to beats."""

from __future__ import annotations

import re

from . import words
from .warp import WarpMap, in_seconds

REPITCH = 3
"""Live's number of the warp mode Re-Pitch."""
MIN_LENGTH_S = 0.1
"""The daemon hears nothing shorter."""
MAX_PASSES = 5000
"""Passes of a loop in one clip; a longer clip of a shorter loop is a machine gun, not music."""
AUDIBLE_CENTS = 15
"""Detuning below this is not worth a word: ears notice from about ten cents on, one tone after the other."""


class ClipError(Exception):
    """A clip that cannot be transcribed; the text is for the user."""


def item_of(clip, track, track_index, song, within=None):
    """The item of a request for one audio clip.

    Args:
        clip: Live's clip.
        track: its track.
        track_index: that track's place.
        song: Live's song, for the tempo.
        within: (first, last) beat of the arrangement, None for the whole clip.

    Raises:
        ClipError: with the sentence.
    """
    name = words.one_line(clip.name or track.name or "clip")
    path = clip.file_path
    if not path:
        raise ClipError(words.NO_FILE.format(name=name))
    gain = _gain(getattr(clip, "gain_display_string", ""))
    if gain <= 0:
        raise ClipError(words.SILENT.format(name=name))
    live = _live(clip, song)
    place = _place(clip, track, track_index)
    if place["session"]:
        place["loop"] = _session(clip, live, song.tempo)
    else:
        _arrangement(clip, live, song.tempo, place, within)
    audio = dict(_span(clip, live, name), path=path, gain=gain)
    live["start_s"] = audio["start_s"]
    return {"name": name, "audio": audio, "live": dict(live, place=place)}


def _live(clip, song):
    semitones = clip.pitch_coarse + clip.pitch_fine / 100.0
    if not clip.warping:
        # Without Warp a transposed clip runs faster or slower, as a tape does.
        return {"warp": [], "rate": 2 ** (semitones / 12), "semitones": semitones, "repitch": False, "passes": []}
    repitch = clip.warp_mode == REPITCH
    markers = in_seconds([(m.sample_time, m.beat_time) for m in clip.warp_markers], clip.sample_rate)
    try:
        warp = [list(m) for m in WarpMap(markers).markers]
    except ValueError:
        # A clip that Live has not analysed yet has no markers: its file runs at the Set's tempo.
        warp = [[0.0, 0.0], [60.0 / song.tempo, 1.0]]
    return {
        "warp": warp, "rate": 1.0, "semitones": 0.0 if repitch else semitones, "repitch": repitch, "passes": [],
    }  # fmt: skip


def _place(clip, track, track_index):
    session = bool(getattr(clip, "is_session_clip", False))
    scene = None
    if session:
        slots = list(track.clip_slots)
        scene = next((i for i, slot in enumerate(slots) if slot.has_clip and slot.clip == clip), 0)
    return {
        "session": session, "scene": scene, "track": words.one_line(track.name), "track_index": track_index,
        "start_beats": 0.0 if session else clip.start_time, "length_beats": 0.0, "loop": None,
        "asked_beats": None if session else clip.start_time,
    }  # fmt: skip


def _arrangement(clip, live, bpm, place, within):
    """Fill in the passes and the place of a clip of the Arrangement."""
    length = clip.end_time - clip.start_time
    if live["warp"]:
        live["passes"] = warped_passes(clip, length)
    else:
        first = clip.start_marker
        live["passes"] = [[first, first + length * 60.0 / bpm * live["rate"], 0.0]]
    if within is not None:
        first, last = max(0.0, within[0] - clip.start_time), min(length, within[1] - clip.start_time)
        unit = 1.0 if live["warp"] else 60.0 / bpm * live["rate"]
        live["passes"] = _cut(live["passes"], first, last, unit)
        place["start_beats"], length = clip.start_time + first, last - first
    place["length_beats"] = length


def warped_passes(clip, length):
    """[from, to, at] of what a warped clip plays in ``length`` beats, loop by loop."""
    start, loop_start, loop_end = clip.start_marker, clip.loop_start, clip.loop_end
    # A start marker behind the loop: the clip plays on and never comes back to it.
    if not clip.looping or loop_end <= loop_start or start >= loop_end:
        return [[start, start + length, 0.0]]
    found, at = [], 0.0
    while at < length - 1e-9 and len(found) < MAX_PASSES:
        beats = min(loop_end - start, length - at)
        found.append([start, start + beats, at])
        at += beats
        start = loop_start
    return found


def _cut(passes, first, last, unit):
    """The passes that sound from ``first`` to ``last`` beats after the clip's start, counted anew from there."""
    out = []
    for begin, end, at in passes:
        skipped = max(0.0, first - at)
        kept = min(last, at + (end - begin) / unit) - at
        if kept > skipped:
            out.append([begin + skipped * unit, begin + kept * unit, at + skipped - first])
    return out


def _session(clip, live, bpm):
    """Fill in the passes of a Session clip: its content once, and the loop that the new clip gets, in its beats."""
    looping = bool(clip.looping) and clip.loop_end > clip.loop_start
    start = clip.start_marker
    low = min(start, clip.loop_start) if looping else start
    high = clip.loop_end if looping else clip.end_marker
    live["passes"] = [[low, high, 0.0]]
    unit = 1.0 if live["warp"] else live["rate"] * 60.0 / bpm
    loop_start = clip.loop_start if looping else start
    return {
        "looping": looping, "start": (start - low) / unit, "loop_start": (loop_start - low) / unit,
        "end": (high - low) / unit,
    }  # fmt: skip


def _span(clip, live, name):
    """The part of the file that sounds, in seconds."""
    length_s = clip.sample_length / clip.sample_rate if clip.sample_rate else 0.0
    if not live["passes"]:
        raise ClipError(words.TOO_SHORT.format(name=name))
    low, high = min(p[0] for p in live["passes"]), max(p[1] for p in live["passes"])
    if live["warp"]:
        warp = WarpMap(live["warp"])
        low, high = warp.to_second(low), warp.to_second(high)
    low, high = max(0.0, low), min(length_s, high)
    if high - low < MIN_LENGTH_S:
        raise ClipError(words.TOO_SHORT.format(name=name))
    return {"start_s": low, "length_s": high - low}


def _gain(text):
    """The factor of a gain as Live shows it, "-3.2 dB"; 1 where Live shows none."""
    shown = str(text).replace("\u2212", "-").replace(",", ".")
    if "inf" in shown.lower():
        return 0.0
    found = re.search(r"[-+]?\d+(\.\d+)?", shown)
    return 10 ** (float(found.group()) / 20) if found else 1.0


def remarks(item):
    """What the user should know of an item besides its notes."""
    semitones = item["live"]["semitones"]
    cents = (semitones - round(semitones)) * 100
    if abs(cents) >= AUDIBLE_CENTS:
        return [words.DETUNED.format(name=item["name"], cents=cents)]
    return []
