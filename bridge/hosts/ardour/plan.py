"""Plan for Ardour's hook: tracks with their regions, each region a track of the .mid file, and ranges."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from bridge.hosts.ardour.harmony import CHORDS, COLOUR, NAME, chord_voices, section_ranges
from bridge.hosts.ardour.session_position import SessionPosition
from bridge.hosts.ardour.smf import Voice
from bridge.midi.part_events import channels
from bridge.music.parts import Part
from bridge.spool.result import ItemResult

Dress = Callable[[Part, str], dict[str, Any]]
"""Name, colour and instruments of a part's track, by the part and the name of its source track."""


def track_name(part_name: str, source_name: str) -> str:
    """Return a track's name; a colon would end the name of its ports."""
    return re.sub(r"[:/\\]", "_", f"{part_name} ({source_name})")


class Plan:
    """Tracks and regions, item by item; those of one part and one source track share a track."""

    def __init__(self, dress: Dress, *, has_chords: bool) -> None:
        self.voices: list[Voice] = []
        self._dress, self._has_chords = dress, has_chords
        self._tracks: dict[tuple[str, str], dict[str, Any]] = {}
        self._tempo: list[dict[str, Any]] = []
        self._ranges: list[dict[str, Any]] = []

    def add(self, item: ItemResult, place: SessionPosition) -> None:
        """Add the parts of an item, and its chords and sections where they are wanted."""
        self._tempo.append({"position": place.position, "table": place.table})
        if self._has_chords:
            self._add_harmony(item, place)
        for part, channel in zip(item.score.parts, channels(item.score), strict=True):
            dress = self._dress(part, place.track_name)
            self.voices.append(Voice(part, channel, place, dress["names_kits"]))
            region = {"smf_track": len(self.voices), "name": f"{item.name} {part.name}", "notes": len(part.notes)}
            self._add_regions(part.id, place, dress, [region | {"position": place.position, "length": place.length}])

    def _add_harmony(self, item: ItemResult, place: SessionPosition) -> None:
        self._ranges += section_ranges(item.score, place)
        dress = {"name": track_name(NAME, place.track_name), "color": COLOUR, "instruments": []}
        for voice, regions in chord_voices(item.score, place):
            self.voices.append(voice)
            numbered = [{"smf_track": len(self.voices)} | region for region in regions]
            self._add_regions(CHORDS, place, dress, numbered)

    def _add_regions(
        self, part_id: str, place: SessionPosition, dress: dict[str, Any], regions: list[dict[str, Any]]
    ) -> None:
        fresh = {"key": f"{place.track_id}/{part_id}", "after": place.track_id, "regions": []}
        self._tracks.setdefault((place.track_id, part_id), dress | fresh)["regions"] += regions

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object, for ``plan.lua``."""
        return {
            "smf_tracks": len(self.voices),
            "tempo": self._tempo,
            "tracks": list(self._tracks.values()),
            "ranges": self._ranges,
        }
