"""From what the engines heard to a score.

Clean up, find the beat, quantise, put the parts in order.

Apart, so that a score can be redone with the tempo that was found, without the audio.
"""

from __future__ import annotations

from collections.abc import Sequence

from bridge.music.parts import Part, Score
from bridge.music.project_beats import ProjectBeats
from bridge.music.tempo import TempoMap
from bridge.score.beat.features import beat_evidence
from bridge.score.beat.hints import Hints
from bridge.score.beat.onset_strength import OnsetStrength
from bridge.score.beat.tracker import beat_map
from bridge.score.parts import ordered_parts
from bridge.score.quantise import Grid, quantise
from bridge.score.song import groove_of, with_song

NO_BEAT = "No beat was found, so the MIDI file keeps 120 BPM; the notes stay where they sound."
GUESSED_BEAT = (
    "The beat is not certain; {bpm:.4g} BPM is a guess, and the notes stay where they sound. "
    "Say what you know with --bpm, --tempo x2 or --tempo x1/2."
)
NOT_QUANTISED = "Nothing was quantised, because the beat is not certain."
NO_NOTES = "No notes were heard in this item."


def find_tempo(
    strength: OnsetStrength,
    parts: Sequence[Part],
    length_s: float,
    hints: Hints = Hints(),  # noqa: B008 - frozen
) -> TempoMap:
    """Return the tempo map of an item.

    Not ``confident`` where the beat is a guess, 120 BPM where there is none.

    Args:
        strength: of the whole mix.
        parts: cleaned up.
        length_s: of the mix.
        hints: facts about the beat.
    """
    return beat_map(strength, beat_evidence(parts), length_s, hints)


def arrange(
    parts: Sequence[Part],
    length_s: float,
    tempo: TempoMap,
    *,
    grid: Grid | None = None,
    project: ProjectBeats | None = None,
    strength: float = 1.0,
    tempo_wanted: bool = True,
    warnings: Sequence[str] = (),
) -> Score:
    """Return the score of an item.

    Args:
        parts: cleaned up.
        length_s: the item's length.
        tempo: of :func:`find_tempo`, or 120 BPM where no beat was looked for.
        grid: snap onsets to it, None to leave them where they sound.
        project: beats that the grid divides in place of the song's.
        strength: 0..1, how far.
        tempo_wanted: whether a beat was looked for; where none was certain, nothing is quantised.
        warnings: sentences of the transcribers.
    """
    said = list(warnings)
    if tempo_wanted and not tempo.confident:
        said.append(NO_BEAT if tempo == TempoMap() else GUESSED_BEAT.format(bpm=tempo.points[-1].bpm))
    if grid is not None and project is not None:
        parts = [quantise(part, project, grid, strength, length_s) for part in parts]
    elif grid is not None:
        if tempo.confident or not tempo_wanted:
            parts = quantised(parts, length_s, tempo, grid, strength)
        else:
            said.append(NOT_QUANTISED)
    ordered, hidden = ordered_parts(parts, length_s)
    if not ordered:
        said.append(NO_NOTES)
    return with_song(Score(ordered, length_s, tempo, tuple(said), hidden=hidden))


def quantised(parts: Sequence[Part], length_s: float, tempo: TempoMap, grid: Grid, strength: float) -> list[Part]:
    """Return the parts with their onsets moved towards the grid, in the groove of all of them."""
    groove = groove_of(parts, tempo)
    return [quantise(part, tempo, grid, strength, length_s, groove) for part in parts]
