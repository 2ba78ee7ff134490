"""From General MIDI drum keys to the keys of a drum instrument, as tables.

Engines write General MIDI; an instrument with keys of its own gets them here, last of all, so that
everything before may rely on one meaning per key.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bridge.errors import ConfigError
from bridge.music.notes import Note
from bridge.music.parts import Part, Score
from bridge.score.cleanup.clean import cut_overlaps, moved

GENERAL_MIDI: Mapping[int, str] = {
    35: "kick", 36: "kick", 37: "side stick", 38: "snare", 39: "clap", 40: "snare",
    41: "low tom", 42: "closed hat", 43: "low tom", 44: "pedal hat", 45: "mid tom", 46: "open hat",
    47: "mid tom", 48: "high tom", 49: "crash", 50: "high tom", 51: "ride", 52: "china",
    53: "ride bell", 54: "tambourine", 55: "splash", 56: "cowbell", 57: "crash", 59: "ride",
    70: "shaker",
}  # fmt: skip
"""The keys of the General MIDI percussion map that a drummer or a percussionist beside has, and what they strike."""

KEYS: Mapping[str, Mapping[str, int]] = {
    # Left alone: the keys of the General MIDI 1 percussion map.
    "gm": {},
    # Toontrack's standard layout agrees with General MIDI; its usual kits have toms on 48, 47 and 43.
    "superior": {"high tom": 48, "mid tom": 47, "low tom": 43},
    "ezdrummer": {"high tom": 48, "mid tom": 47, "low tom": 43},
    # XLN's published keymap of Addictive Drums 2 (June 2021); nothing there claps, so a rim click does, and what is
    # shaken or hit beside the kit is played on hat and bell.
    "addictive": {
        "kick": 36, "snare": 38, "side stick": 42, "clap": 44, "closed hat": 49, "open hat": 56,
        "pedal hat": 48, "low tom": 65, "mid tom": 69, "high tom": 71, "crash": 77, "china": 81,
        "splash": 79, "ride": 60, "ride bell": 61, "tambourine": 49, "shaker": 49, "cowbell": 61,
    },
    # MT Power Drum Kit 2: General MIDI with three toms, on 48, 45 and 41.
    "mt_power": {"high tom": 48, "mid tom": 45, "low tom": 41},
    # The AVL kits (Black Pearl, Red Zeppelin) that come with Ardour: two toms, a crash on either side,
    # the open hat on 48; read from the soundfonts' own sample names.
    "avl": {"high tom": 45, "mid tom": 45, "low tom": 41, "open hat": 48, "china": 57,
            "shaker": 64},
}  # fmt: skip
"""Per instrument, the keys that differ; what a table leaves out keeps its General MIDI key."""


def drum_keys(name: str) -> dict[int, int]:
    """General MIDI key -> the key of the instrument ``name``, for every key of :data:`GENERAL_MIDI`.

    Raises:
        ConfigError: there is no map of that name.
    """
    try:
        own = KEYS[name]
    except KeyError as e:
        message = f'There is no drum map "{name}"; choose one of: {", ".join(sorted(KEYS))}.'
        raise ConfigError(message, code="drum-map-unknown") from e
    return {key: own.get(what, key) for key, what in GENERAL_MIDI.items()}


def drum_pieces(name: str) -> dict[int, str]:
    """Key of the instrument ``name`` -> what it strikes; where two pieces share a key, the first in the table.

    Raises:
        ConfigError: there is no map of that name.
    """
    keys, own = drum_keys(name), KEYS[name]
    # The instrument's own keys come last: they may lie on one that General MIDI gives to a piece it does not have.
    last_first = list(GENERAL_MIDI.items())[::-1]
    return {keys[key]: piece for key, piece in sorted(last_first, key=lambda row: row[1] in own)}


def mapped_part(part: Part, name: str) -> Part:
    """Return a drum part on the keys of the instrument ``name``; unknown keys stay as they are.

    Two pieces may share a key, so a note ends where its key is struck again.

    Raises:
        ConfigError: there is no map of that name.
    """
    keys = drum_keys(name)

    def mapped(note: Note) -> Note:
        return replace(note, pitch=keys.get(note.pitch, note.pitch))

    candidates = tuple(replace(c, note=mapped(c.note)) for c in part.candidates)
    notes, left_out = cut_overlaps(mapped(note) for note in part.notes)
    return moved(replace(part, candidates=candidates, pieces=drum_pieces(name)), notes, left_out)


def mapped_score(score: Score, name: str) -> Score:
    """Return the score with its drum parts on the keys of the instrument ``name``.

    Raises:
        ConfigError: there is no map of that name.
    """
    drum_keys(name)
    parts, hidden = (
        tuple(mapped_part(p, name) if p.is_drums else p for p in parts) for parts in (score.parts, score.hidden)
    )
    return replace(score, parts=parts, hidden=hidden)
