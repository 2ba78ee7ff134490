"""What a clip sounds like, as an item of a request: a span of its file, and the way from there to beats."""

from __future__ import annotations

import json
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


class TooShortError(ClipError):
    """Too little of a clip is wanted; at the edge of a range that is not worth a word."""


def item_of(clip, track, track_index, song, within=None):
    """The item of a request for one audio clip, and what the user should know of it besides its notes.

    Args:
        clip: Live's clip.
        track: its track.
        track_index: that track's place.
        song: Live's song, for the tempo.
        within: (first, last) beat of the arrangement, None for the whole clip.

    Raises:
        ClipError: with the sentence.
    """
    name = words.one_line(clip.name).strip() or words.one_line(track.name).strip() or "clip"
    path = clip.file_path
    if not path:
        raise ClipError(words.NO_FILE.format(name=name))
    gain = _gain(getattr(clip, "gain_display_string", ""))
    if gain <= 0:
        raise ClipError(words.SILENT.format(name=name))
    live, analysed = _live(clip, song)
    place = _place(clip, track, track_index)
    if place["session"]:
        place["loop"] = _session(clip, live, song.tempo)
    else:
        _arrangement(clip, live, song.tempo, place, within)
    audio = dict(_span(clip, live, name), path=path, gain=gain)
    live["start_s"] = audio["start_s"]
    if live["warp"]:
        ends = [beat for begin, end, _ in live["passes"] for beat in (begin, end)]
        live["warp"] = [list(m) for m in WarpMap(live["warp"]).within(min(ends), max(ends))]
    item = {"name": name, "audio": audio, "live": dict(live, place=place)}
    try:
        json.dumps(item, allow_nan=False)
    except ValueError as e:
        raise ClipError(words.NO_NUMBER.format(name=name)) from e
    said = _remarks(name, live["semitones"], analysed)
    begin, end, at = live["passes"][-1]
    if live["warp"] and not place["session"] and at + end - begin < place["length_beats"] - 1e-6:
        said.append(words.TOO_MANY_PASSES.format(name=name, count=MAX_PASSES))
    return item, said


def _live(clip, song):
    """The clip's ``live`` without its passes, and whether Live knew where its beats are."""
    semitones = clip.pitch_coarse + clip.pitch_fine / 100.0
    if not clip.warping:
        # Without Warp a transposed clip runs faster or slower, as a tape does.
        rate = 2 ** (semitones / 12)
        return {"warp": [], "rate": rate, "semitones": semitones, "repitch": False, "passes": []}, True
    repitch = clip.warp_mode == REPITCH
    markers = in_seconds([(m.sample_time, m.beat_time) for m in clip.warp_markers], clip.sample_rate)
    analysed = True
    try:
        warp = [list(m) for m in WarpMap(markers).markers]
    except ValueError:
        # A clip that Live has not analysed yet has no markers, or one: its file runs at the Set's tempo from there.
        second, beat = next(iter(markers), (0.0, 0.0))
        warp, analysed = [[second, beat], [second + 60.0 / song.tempo, beat + 1.0]], False
    return {
        "warp": warp, "rate": 1.0, "semitones": 0.0 if repitch else semitones, "repitch": repitch, "passes": [],
    }, analysed  # fmt: skip


def _place(clip, track, track_index):
    session = bool(getattr(clip, "is_session_clip", False))
    scene = None
    if session:
        slots = list(track.clip_slots)
        scene = next((i for i, slot in enumerate(slots) if slot.has_clip and slot.clip == clip), 0)
    return {
        "session": session, "scene": scene, "track": words.one_line(track.name), "track_index": track_index,
        "start_beats": 0.0 if session else clip.start_time, "length_beats": 0.0, "loop": None,
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
        live["passes"] = cut(live["passes"], first, last, unit)
        place["start_beats"], length = clip.start_time + first, last - first
    place["length_beats"] = length


def plays_a_loop(clip):
    """Whether a clip comes to its loop; one whose start marker lies behind it plays on and never comes back."""
    return bool(clip.looping) and clip.loop_start < clip.loop_end and clip.start_marker < clip.loop_end


def warped_passes(clip, length):
    """[from, to, at] of what a warped clip plays in ``length`` beats, loop by loop."""
    start, loop_start, loop_end = clip.start_marker, clip.loop_start, clip.loop_end
    if not plays_a_loop(clip):
        return [[start, start + length, 0.0]]
    found, at = [], 0.0
    while at < length - 1e-9 and len(found) < MAX_PASSES:
        beats = min(loop_end - start, length - at)
        found.append([start, start + beats, at])
        at += beats
        start = loop_start
    return found


def cut(passes, first, last, unit):
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
    start = clip.start_marker
    looping = plays_a_loop(clip)
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
        raise TooShortError(words.TOO_SHORT.format(name=name))
    low, high = min(p[0] for p in live["passes"]), max(p[1] for p in live["passes"])
    if live["warp"]:
        warp = WarpMap(live["warp"])
        low, high = warp.to_second(low), warp.to_second(high)
    low, high = max(0.0, low), min(length_s, high)
    if high - low < MIN_LENGTH_S:
        raise TooShortError(words.TOO_SHORT.format(name=name))
    return {"start_s": low, "length_s": high - low}


def _gain(text):
    """The factor of a gain as Live shows it, "-3.2 dB"; 1 where Live shows none."""
    shown = str(text).replace("\u2212", "-").replace(",", ".")
    if "inf" in shown.lower():
        return 0.0
    found = re.search(r"[-+]?\d+(\.\d+)?", shown)
    return 10 ** (float(found.group()) / 20) if found else 1.0


def _remarks(name, semitones, analysed):
    cents = (semitones - round(semitones)) * 100
    said = [words.DETUNED.format(name=name, cents=cents)] if abs(cents) >= AUDIBLE_CENTS else []
    return said if analysed else [*said, words.NOT_ANALYSED.format(name=name)]
