"""A few of the MIDI editor's own actions."""

from __future__ import annotations

from dataclasses import replace

from tests.reaper_sim import timeline
from tests.reaper_sim.api_midi import data_of, store
from tests.reaper_sim.api_midi_edit import MIDI_SelectAll
from tests.reaper_sim.engine import Reaper
from tests.reaper_sim.errors import ApiError
from tests.reaper_sim.midi_events import MidiData
from tests.reaper_sim.model import Take

TRANSPOSE = {40177: 1, 40178: -1, 40179: 12, 40180: -12}
SILENT = {2, 40042, 40477, 40726}
"""Close, zoom and similar: nothing in the project changes."""


def run(r: Reaper, take: Take, command: int) -> bool:
    """Obeys a MIDI editor command."""
    data = data_of(take)
    if command in (40003, 40006):
        MIDI_SelectAll(r, take, True)
    elif command == 40214:
        MIDI_SelectAll(r, take, False)
    elif command in (40002, 40667):
        notes = tuple(n for n in data.notes if not n.selected)
        ccs = tuple(c for c in data.ccs if not c.selected)
        store(take, MidiData(notes, ccs, data.texts, data.end))
    elif command in (40047, 40048):
        step = r.ui.get("midi_grid", 0.25)
        here = timeline.to_qn(r.project, r.project.cursor) + (step if command == 40048 else -step)
        r.project.cursor = max(0.0, timeline.to_time(r.project, here))
    elif command in TRANSPOSE:
        by = TRANSPOSE[command]
        notes = tuple(replace(n, pitch=max(0, min(127, n.pitch + by))) if n.selected else n for n in data.notes)
        store(take, replace(data, notes=notes))
    elif command not in SILENT:
        raise ApiError(f"MIDI editor action {command} is not simulated")
    return True
