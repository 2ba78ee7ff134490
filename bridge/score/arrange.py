"""From what the engines heard to a score: clean up, find the beat, quantise, make parts."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bridge.audio.recording import Recording
from bridge.music.notes import Score, Transcription
from bridge.music.tempo import TempoMap
from bridge.score.beat.tracker import track_beats
from bridge.score.cleanup.clean import clean
from bridge.score.parts import build_parts
from bridge.score.quantise import Grid, quantise

UNCERTAIN_BEAT = "The beat is not certain, so the MIDI file keeps 120 BPM; the notes stay where they sound."


def arrange(
    heard: Mapping[str, Transcription],
    mix: Recording,
    *,
    grid: Grid | None,
    strength: float,
    find_tempo: bool,
    report: Callable[[str, float], None],
) -> Score:
    """The score of an item.

    Args:
        heard: transcription by role.
        mix: the whole mix, for the beat.
        grid: snap onsets to it, None to leave them where they sound; where no beat was asked for, at 120 BPM.
        strength: 0..1, how far.
        find_tempo: whether to look for the beat.
        report: progress, stage "score".
    """
    report("score", 0.0)
    cleaned = clean(heard)
    warnings = [w for t in heard.values() for w in t.warnings]
    tempo = TempoMap()
    if find_tempo:
        tempo = track_beats(mix, cleaned, report)
        if not tempo.confident:
            warnings.append(UNCERTAIN_BEAT)
    if grid is not None:
        if tempo.confident or not find_tempo:
            cleaned = {role: quantise(t, tempo, grid, strength, mix.length_s) for role, t in cleaned.items()}
        else:
            warnings.append("Nothing was quantised, because the beat is not certain.")
    report("score", 1.0)
    parts = build_parts(cleaned, mix.length_s)
    if not any(p.notes for p in parts):
        warnings.append("No notes were heard in this item.")
    return Score(parts, mix.length_s, tempo, tuple(warnings))
