"""Excerpts of MIDI songs, laid on a clip's shared grid, with instruments swapped and transposed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pretty_midi

from training.notes.compose import Line, Played, tidy
from training.plan import ClipPlan

KEPT_APART = ("keep_on_rolling", "busy_schedule", "modern_motion")
"""Songs of the evaluation set: never trained on."""

KEEP_PROGRAM = 0.35
"""Share of the tracks that keep the song's own instrument; the others widen the timbre."""


def load_songs(folder: Path) -> list[pretty_midi.PrettyMIDI]:
    """All readable songs of a folder but those that the evaluation set holds."""
    return [pretty_midi.PrettyMIDI(str(p)) for p in sorted(folder.glob("*.mid")) if p.stem not in KEPT_APART]


def excerpt(song: pretty_midi.PrettyMIDI, plan: ClipPlan, rng: np.random.Generator) -> dict[str, list[Line]]:
    """Lines by stem ("bass", "other") of a random window, beat by beat on the plan's grid."""
    beats = song.get_end_time() and song.time_to_tick(song.get_end_time()) / song.resolution
    first = float(np.floor(rng.uniform(0, max(1, beats - len(plan.beats_s)))))
    shift = int(rng.integers(-5, 7))

    def when(time_s: float) -> float:
        beat = song.time_to_tick(time_s) / song.resolution - first
        return plan.at(beat) if beat >= 0 else -1.0

    stems: dict[str, list[Line]] = {"bass": [], "other": []}
    for instrument in song.instruments:
        if instrument.is_drum:
            continue
        notes = [
            Played(when(n.start), when(n.end), n.pitch + shift, n.velocity)
            for n in instrument.notes
            if when(n.start) >= 0
        ]
        kept = tidy(notes)
        if not kept:
            continue
        low = 32 <= instrument.program < 40 or np.mean([n.pitch for n in kept]) < 46
        own = instrument.program if rng.random() < KEEP_PROGRAM else None
        stems["bass" if low else "other"].append(Line("bass" if low else "chords", kept, own))
    return stems
