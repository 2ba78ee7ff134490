"""What a clip's band plays: excerpts of songs with their own or other instruments, or composed parts of a style."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pretty_midi

from training.band.families import DRUMLESS, FAMILIES, KINDS, PROGRAMS, SHARES, STYLE_SHARES, STYLES, family_index
from training.band.players import LENGTH_S
from training.drums.grooves import groove
from training.notes.compose import Line, Played, line, tidy
from training.plan import ClipPlan

Rng = np.random.Generator

SONGS = 0.5
"""Share of the clips that are an excerpt of a song; every folder of songs is as likely."""

OWN_PROGRAM = 0.55
"""Share of a song's tracks that keep their instrument; the others change within the family or to any."""

MAX_PARTS = 9

HELD = 0.25
"""Share of the composed clips whose chords are held while drums play: a stroke of the drums is no stroke of a chord."""

GM_KEY = {"kick": 36, "snare": 38, "rimshot": 40, "side_stick": 37, "clap": 39, "hat_closed": 42, "hat_pedal": 44,
          "hat_half": 46, "hat_open": 46, "tom_low": 41, "tom_mid": 47, "tom_high": 50, "crash": 49, "china": 52,
          "splash": 55, "ride": 51, "ride_bell": 53, "tambourine": 54, "shaker": 70, "cowbell": 56,
          "percussion": 63}  # fmt: skip
"""General MIDI key of an articulation of training.drums."""


@dataclass(frozen=True, slots=True)
class Part:
    """One instrument of the band."""

    family: str
    program: int
    kind: str
    notes: tuple[Played, ...]


@dataclass(frozen=True, slots=True)
class Band:
    """A clip's parts, its drums (GM keys) and the sung line."""

    parts: tuple[Part, ...]
    drums: tuple[Played, ...]
    sung: Line | None


def within(notes: Sequence[Played]) -> tuple[Played, ...]:
    """The notes that begin in the clip, cut at its end."""
    return tuple(
        replace(n, offset_s=min(n.offset_s, LENGTH_S))
        for n in notes
        if 0 <= n.onset_s < LENGTH_S - 0.25 and 21 <= n.pitch <= 108
    )


def any_program(rng: Rng) -> int:
    """Of any family, by its share."""
    return int(rng.choice(PROGRAMS[str(rng.choice(FAMILIES, p=SHARES))]))


def cast(program: int, rng: Rng) -> int:
    """The instrument that plays a song's track in this clip."""
    draw, family = rng.random(), FAMILIES[family_index(program)]
    if draw < OWN_PROGRAM and program < 112:
        return program
    if family == "bass" or draw < OWN_PROGRAM + 0.25:
        return int(rng.choice(PROGRAMS[family]))
    return any_program(rng)


def kind_of(notes: Sequence[Played], program: int) -> str:
    """The manner of a song's track, for its level and colour."""
    family = FAMILIES[family_index(program)]
    if family == "bass":
        return "bass"
    starts = np.array([n.onset_s for n in notes])
    together = len(np.unique(np.round(starts / 0.03))) / len(starts)
    if together > 0.85:
        return "lead" if np.mean([n.pitch for n in notes]) > 58 else "arp"
    return "pad" if np.mean([n.offset_s - n.onset_s for n in notes]) > 1.2 else "chords"


def from_song(song: pretty_midi.PrettyMIDI, rng: Rng) -> Band | None:
    """A window of the song at a tempo and key of its own; None where too little plays."""
    speed, shift = float(np.exp(rng.uniform(-0.3, 0.3))), int(rng.integers(-5, 7))
    start = rng.uniform(0, max(0.1, song.get_end_time() - LENGTH_S * speed))
    parts, drums = [], []
    for track in song.instruments:
        moved = [
            Played(
                (n.start - start) / speed,
                (n.end - start) / speed,
                n.pitch + (0 if track.is_drum else shift),
                n.velocity,
            )
            for n in track.notes
            if start <= n.start < start + LENGTH_S * speed
        ]
        if track.is_drum:
            drums += moved
            continue
        notes = tidy(list(within(moved)))
        if len(notes) < 2 or track.program >= 112:
            continue
        program = cast(track.program, rng)
        parts.append(Part(FAMILIES[family_index(program)], program, kind_of(notes, program), within(notes)))
    if not parts:
        return None
    chosen = rng.permutation(len(parts))[:MAX_PARTS]
    keep_drums = rng.random() > 0.12
    return Band(
        tuple(parts[i] for i in sorted(chosen)), tuple(sorted(within(drums), key=_onset)) if keep_drums else (), None
    )


def _onset(note: Played) -> float:
    return note.onset_s


def composed(plan: ClipPlan, rng: Rng) -> Band:
    """A band of one style, or now and then of any instruments, over the plan's harmony."""
    style, parts = str(rng.choice(list(STYLE_SHARES), p=list(STYLE_SHARES.values()))), []
    if rng.random() < 0.22:
        style = ""
        for family in rng.choice(FAMILIES, rng.choice([1, 2, 3, 3, 4]), p=SHARES, replace=False):
            parts.append((str(family), int(rng.choice(PROGRAMS[family])), str(rng.choice(KINDS[family]))))
        if rng.random() < 0.7:
            parts.append(("bass", int(rng.choice(PROGRAMS["bass"])), "bass"))
    else:
        for seat in STYLES[style]:
            if rng.random() < seat.chance:
                programs = seat.programs if seat.programs and rng.random() < 0.85 else PROGRAMS[seat.family]
                parts.append((seat.family, int(rng.choice(programs)), str(rng.choice(seat.kinds))))
    if not parts:
        parts = [("keys", 0, "chords")]
    is_held = rng.random() < HELD
    if is_held:
        parts = [(f, p, "pad" if k == "chords" else k) for f, p, k in parts]
    made = [Part(f, p, k, within(line(k, plan, rng).notes)) for f, p, k in parts[:MAX_PARTS]]
    hits = groove(plan, rng) if is_held or rng.random() > DRUMLESS.get(style, 0.08) else []
    drums = [Played(h.onset_s, h.onset_s + 0.1, GM_KEY[h.articulation], int(1 + 126 * h.velocity)) for h in hits]
    return Band(tuple(p for p in made if p.notes), tuple(n for n in drums if n.onset_s < LENGTH_S - 0.1), None)


def band_of(plan: ClipPlan, songs: list[list[pretty_midi.PrettyMIDI]], rng: Rng) -> Band:
    """The clip's band; a sung line in four of ten."""
    band = None
    if songs and rng.random() < SONGS:
        folder = songs[rng.integers(len(songs))]
        for _ in range(3):
            band = band or from_song(folder[rng.integers(len(folder))], rng)
    band = band or composed(plan, rng)
    if rng.random() < 0.4:
        sung = line("voice", plan, rng)
        band = replace(band, sung=replace(sung, notes=within(sung.notes)))
    return band
