"""One view of a stem and its mix.

Maps joined in log-odds, and what both say of the players.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from bridge.note_maps.maps import NoteActivations, log_odds
from bridge.score.instruments.evidence import Evidence, nearest
from bridge.transcribers.band.listen import Hearing

Array = npt.NDArray[np.float32]

MIX_SHARE = 0.25
"""Weight of the mix beside the stem. What only the mix holds (bass, singer) stays out; what both hear becomes sure."""
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
        weighed = ((1 - share, p), (share, q))
        odds = sum(w * np.clip(log_odds(x[:3]), -CLIP, CLIP) for w, x in weighed)
        out.add(np.concatenate([1 / (1 + np.exp(-odds)), p[3:]]).astype(np.float32))
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
