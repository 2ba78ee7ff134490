"""One view of a stem and its mix.

Maps joined in log-odds, and what both say of the players.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from bridge.note_maps.maps import NoteActivations, log_odds, probability
from bridge.score.instruments.evidence import Evidence, nearest
from bridge.transcribers.band.verdict import Hearing

Array = npt.NDArray[np.float32]

MIX_SHARE = 0.25
"""Weight of the mix beside the stem. What only the mix holds (bass, singer) stays out; what both hear becomes sure."""
REPEAT_SHARE = 0.65
"""The same for an onset whose key sounds already in the stem: a separator takes a hole out of a held chord with each
stroke of the drums, and the chord looks struck again behind it; in the mix it goes on. Four chords of three keys held
under drums: 20, 19, 18 and 11 notes (piano, guitar, organ, strings) become 13, 15, 17 and 10, true are 12; pitched F of
the development set .799 to .798."""
SOUNDS_BEFORE = 6
"""Frames before an onset at which its key must sound for that: 70 ms, more than an onset blurs the frame map."""
CLIP = 4.0
"""Log-odds beyond this count no more: a stem is a mix's part with holes in it, and no proof."""
SAME_S = 0.06
"""Onsets of one key this near are one attack heard twice."""


def joined(stem: Hearing, mix: Hearing, share: float = MIX_SHARE) -> Hearing:
    """The stem as it is heard with the mix's help; both as long."""
    return Hearing(joined_maps(stem.maps, mix.maps, share), joined_evidence(stem.who, mix.who, share))


def joined_maps(stem: NoteActivations, mix: NoteActivations, share: float) -> NoteActivations:
    """Onsets, frames and ends in log-odds.

    Velocities of the stem.
    """
    out = NoteActivations(stem.keys.start, stem.keys.stop - 1)
    for a, b in zip(stem.pieces(), mix.pieces(), strict=True):
        p, q = (np.asarray(x / np.float32(255), np.float32) for x in (a, b))
        weight = np.full_like(p[:3], share)
        weight[0, SOUNDS_BEFORE:][p[1, :-SOUNDS_BEFORE] > 0.5] = max(share, REPEAT_SHARE)
        p_odds, q_odds = (np.clip(log_odds(x[:3]), -CLIP, CLIP) for x in (p, q))
        odds = (1 - weight) * p_odds + weight * q_odds
        out.add(np.concatenate([probability(odds), p[3:]]).astype(np.float32))
    return out


def joined_evidence(stem: Evidence, mix: Evidence, share: float) -> Evidence:
    """The stem's rows, with what the mix says of the same onsets, and the mix's rows that the stem lacks."""
    row = nearest(mix, stem.onset_s, stem.pitch)
    same = (row >= 0) & (np.abs(mix.onset_s[row] - stem.onset_s) <= SAME_S) if len(mix) else np.zeros(len(stem), bool)
    family, embedding = stem.family.copy(), stem.embedding.copy()
    family[same] = (1 - share) * stem.family[same] + share * mix.family[row[same]]
    embedding[same] = (1 - share) * stem.embedding[same] + share * mix.embedding[row[same]]
    embedding /= np.linalg.norm(embedding, axis=1, keepdims=True) + 1e-9
    lacking = np.ones(len(mix), bool)
    lacking[row[same]] = False
    return Evidence.joined([replace(stem, family=family, embedding=embedding), mix.rows(lacking)])
