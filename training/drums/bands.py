"""A band to play beside the drums: sampled lines through one fluidsynth, and a singer or synthesiser of ours."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import fluidsynth
import numpy as np

from training.notes.compose import Line, line
from training.notes.effects import colour
from training.notes.fonts import choose_program
from training.notes.render import OTHER_KINDS, OTHER_SHARES
from training.notes.songs import excerpt
from training.notes.synths import SynthPlayer, random_patch
from training.notes.voice import sing
from training.plan import CLIP_S, SAMPLE_RATE, ClipPlan

Rng = np.random.Generator
FRAMES = round(CLIP_S * SAMPLE_RATE)
CHANNELS = tuple(c for c in range(16) if c != 9)
"""MIDI channels of pitched instruments; the tenth belongs to drums."""
SONGS = 0.55
"""Share of the bands that play an excerpt of an arranger's song; the others make their lines up."""
SINGERS, SYNTHS = 0.3, 0.25
"""Share of the bands with a singer, and with a synthesiser of ours in the place of one line's sampled sound."""


def lines_of(plan: ClipPlan, songs: Sequence[list], rng: Rng) -> list[Line]:
    """The pitched lines of a band on the clip's grid."""
    if songs and rng.random() < SONGS:
        folder = songs[rng.integers(len(songs))]
        stems = excerpt(folder[rng.integers(len(folder))], plan, rng)
        return [x for lines in stems.values() for x in lines][: len(CHANNELS)]
    lines = [line("bass", plan, rng)] if rng.random() < 0.85 else []
    kinds = rng.choice(OTHER_KINDS, rng.choice([1, 1, 2, 2, 3, 4]), p=OTHER_SHARES)
    return [x for x in (*lines, *(line(str(kind), plan, rng) for kind in kinds)) if x.notes]


class Orchestra:
    """Soundfonts held open in one synthesiser, so that a band is rendered in one pass."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._synth = fluidsynth.Synth(samplerate=float(SAMPLE_RATE), gain=0.25)
        self._fonts = [self._synth.sfload(str(path)) for path in paths]

    def play(self, lines: Sequence[Line], rng: Rng) -> np.ndarray:
        """(frames, 2) of the lines over the whole clip, each with a sound, a level and a place of its own."""
        synth = self._synth
        synth.system_reset()
        for channel, part in zip(CHANNELS, lines, strict=False):
            font = self._fonts[int(rng.integers(len(self._fonts)))]
            if synth.program_select(channel, font, 0, choose_program(part, rng)) != 0:
                synth.program_select(channel, font, 0, 0)
            for control, value in ((7, rng.uniform(45, 127)), (10, rng.normal(64, 25)), (91, rng.choice([0, 30, 80]))):
                synth.cc(channel, control, int(np.clip(value, 0, 127)))
        pieces, position = [], 0
        for time_s, _, act in sorted(self._events(lines), key=lambda event: event[:2]):
            count = min(round(time_s * SAMPLE_RATE), FRAMES) - position
            if count > 0:
                pieces.append(synth.get_samples(count))
                position += count
            act()
        pieces.append(synth.get_samples(max(1, FRAMES - position)))
        return np.concatenate(pieces).reshape(-1, 2)[:FRAMES].astype(np.float32) / 32768

    def _events(self, lines: Sequence[Line]) -> Iterator[tuple[float, int, Callable[[], object]]]:
        """(time, order, action): ends first, so that a repeated pitch is not cut."""
        synth = self._synth
        for channel, part in zip(CHANNELS, lines, strict=False):
            for n in part.notes:
                yield n.onset_s, 1, lambda c=channel, n=n: synth.noteon(c, n.pitch, n.velocity)
                yield n.offset_s, 0, lambda c=channel, n=n: synth.noteoff(c, n.pitch)


def _at(x: np.ndarray, rms: float) -> np.ndarray:
    """The sound (frames,) at an RMS, silence as it is."""
    own = float(np.sqrt((x**2).mean()))
    return x * (rms / own) if own > 1e-6 else x


def band(plan: ClipPlan, orchestra: Orchestra, songs: Sequence[list], rng: Rng) -> np.ndarray:
    """Mono sound (frames,) of a band: sampled instruments, now and then a synthesiser or a singer with them."""
    lines = lines_of(plan, songs, rng)
    ours = [lines.pop(int(rng.integers(len(lines))))] if len(lines) > 1 and rng.random() < SYNTHS else []
    out = orchestra.play(lines, rng).mean(1)
    level = float(np.sqrt((out**2).mean())) or 0.1
    for part in ours:
        wave = SynthPlayer(random_patch(part.kind, rng), rng).render(part)
        out = out + _at(colour(wave, part.kind, rng), level * 10 ** (rng.normal(-4, 4) / 20))
    out = colour(out, "band", rng)
    if rng.random() < SINGERS:
        sung = line("voice", plan, rng)
        if sung.notes:
            out = out + _at(colour(sing(sung, rng), "voice", rng), level * 10 ** (rng.normal(0, 3.5) / 20))
    return np.asarray(out, np.float32)
