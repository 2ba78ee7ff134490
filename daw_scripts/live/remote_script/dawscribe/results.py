"""A result.json from the spool, checked field by field before anything of it reaches the Set."""

from __future__ import annotations

import os

from . import words
from .spool import PROTOCOL, is_id, is_number

MAX_TIME_S = 1e6
"""Seconds or beats beyond this are a mistake (11 days)."""
MAX_NOTES = 200_000
"""Notes of a part, passes or warp markers of an item: more is no music."""


class ResultError(Exception):
    """A result that cannot be used; the text is for the user."""


def check(raw, folder):
    """The result as plain checked data.

    Args:
        raw: what lay in the file.
        folder: the job's folder.

    Raises:
        ResultError: with the sentence.
    """
    if not isinstance(raw, dict):
        raise ResultError(words.DAMAGED)
    if raw.get("protocol") != PROTOCOL:
        raise ResultError(words.OTHER_VERSION)
    items = raw.get("items")
    if not is_id(raw.get("id")) or not isinstance(items, list) or not items:
        raise ResultError(words.DAMAGED)
    revision = raw.get("revision", 1)
    return {
        "id": raw["id"],
        "revision": int(revision) if is_number(revision, 1, 1e9) else 1,
        "items": [_item(item, folder) for item in items],
        "warnings": _sentences(raw.get("warnings")),
        "insertion": raw.get("insertion") if isinstance(raw.get("insertion"), dict) else {},
    }


def _item(raw, folder):
    if not isinstance(raw, dict) or not isinstance(raw.get("parts"), list):
        raise ResultError(words.DAMAGED)
    if not is_number(raw.get("length_s"), 0.001, MAX_TIME_S):
        raise ResultError(words.DAMAGED)
    live = checked_live(raw.get("live"))
    if live is None:
        raise ResultError(words.DAMAGED)
    return {
        "name": words.one_line(raw.get("name") or "clip"),
        "live": live,
        "parts": [_part(part) for part in raw["parts"]],
        "midi": job_file(folder, raw.get("midi")),
        "has_shots": isinstance(raw.get("one_shots"), list) and bool(raw["one_shots"]),
        "warnings": _sentences(raw.get("warnings")),
    }


def checked_live(raw):
    """An item's ``live``, None where it is not usable; see :mod:`.placing`."""
    if not isinstance(raw, dict):
        return None
    warp, passes, place = _rows(raw.get("warp"), 2), _rows(raw.get("passes"), 3), raw.get("place")
    rising = warp is not None and all(a[0] < b[0] and a[1] < b[1] for a, b in zip(warp, warp[1:]))
    if not rising or len(warp) == 1 or not passes or any(p[1] < p[0] for p in passes) or not isinstance(place, dict):
        return None
    numbers = {
        "start": is_number(raw.get("start_s"), 0, MAX_TIME_S),
        "rate": is_number(raw.get("rate"), 0.001, 1000),
        "semitones": is_number(raw.get("semitones"), -200, 200),
        "place": is_number(place.get("start_beats"), -MAX_TIME_S, MAX_TIME_S),
        "length": is_number(place.get("length_beats"), 0, MAX_TIME_S),
        "track": is_number(place.get("track_index"), -1, MAX_NOTES),
    }
    if not all(numbers.values()):
        return None
    scene, session = place.get("scene"), place.get("session") is True
    loop = _loop(place.get("loop")) if session else None
    if session and (loop is None or not is_number(scene, 0, MAX_NOTES)):
        return None
    return {
        "start_s": raw["start_s"], "warp": warp, "passes": passes, "rate": raw["rate"],
        "semitones": raw["semitones"], "repitch": raw.get("repitch") is True,
        "place": {
            "session": session, "scene": int(scene) if session else None, "loop": loop,
            "track": words.one_line(place.get("track", "")), "track_index": int(place["track_index"]),
            "start_beats": place["start_beats"], "length_beats": place["length_beats"],
        },
    }  # fmt: skip


def _loop(raw):
    names = ("start", "loop_start", "end")
    if not isinstance(raw, dict) or not all(is_number(raw.get(n), 0, MAX_TIME_S) for n in names):
        return None
    if not max(raw["start"], raw["loop_start"]) < raw["end"]:
        return None
    return dict({n: raw[n] for n in names}, looping=raw.get("looping") is True)


def _part(raw):
    if not isinstance(raw, dict):
        raise ResultError(words.DAMAGED)
    notes = _rows(raw.get("notes"), 4)
    if notes is None or not all(_is_note(n) for n in notes):
        raise ResultError(words.DAMAGED)
    bends = raw.get("bends")
    names = raw.get("instruments")
    role = words.one_line(raw.get("role") or "other")
    name = words.one_line(raw.get("name") or role)
    return {
        "id": words.one_line(raw["id"]) if isinstance(raw.get("id"), str) else f"{role}/{name}",
        "role": role,
        "name": name,
        "is_drums": raw.get("is_drums") is True,
        "notes": notes,
        "has_bends": isinstance(bends, list)
        and any(isinstance(b, list) and b[1:2] not in ([], [0], [0.0]) for b in bends),
        "instruments": [words.one_line(n) for n in names if isinstance(n, str)] if isinstance(names, list) else [],
    }


def _is_note(row):
    return 0 <= row[0] < row[1] and row[2] in range(128) and row[3] in range(1, 128)


def _rows(values, fields):
    """Lists of at least ``fields`` numbers, None where something else is among them."""
    if not isinstance(values, list) or len(values) > MAX_NOTES:
        return None
    for row in values:
        if not isinstance(row, list) or len(row) < fields:
            return None
        if not all(is_number(v, -MAX_TIME_S, MAX_TIME_S) for v in row[:fields]):
            return None
    return values


def _sentences(values):
    return [words.one_line(v) for v in values if isinstance(v, str)] if isinstance(values, list) else []


def job_file(folder, path):
    """A file that the job owns: a path below its folder, else None."""
    if not isinstance(path, str) or not path or "\0" in path:
        return None
    joined = os.path.normpath(os.path.join(folder, path))
    inside = joined.startswith(os.path.normpath(folder) + os.sep)
    return joined if inside else None
