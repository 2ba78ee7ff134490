"""Sections: what comes again has the same letter, and cuts lie where it begins."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from bridge.score.harmony.evidence import note_array
from bridge.score.sections import find_sections

Row = tuple[float, float, int, float]
PASSAGES = {
    "verse": [0, 9, 5, 7],
    "chorus": [5, 5, 0, 7],
    "bridge": [2, 4, 10, 3],
}


def _song(order: list[str], bars: int = 8) -> tuple[list[Row], list[Row], np.ndarray, list[float]]:
    rng = np.random.default_rng(3)
    pitched: list[Row] = []
    drums: list[Row] = []
    starts = []
    bar = 0
    for name in order:
        starts.append(bar * 2.0)
        roots, _steps = PASSAGES[name], (0, 3, 7) if name == "verse" else (0, 4, 7)
        for i in range(bars):
            root = roots[i % len(roots)]
            for beat in range(4):
                t = bar * 2.0 + beat * 0.5 + rng.normal(0, 0.005)
                pitched.append((t, t + 0.4, 36 + root, 0.8))
                pitched += [
                    (t, t + 0.4, 60 + (root + s) % 12, 0.6) for s in ((0, 4, 7) if name != "verse" else (0, 3, 7))
                ]
                drums.append((t, t + 0.1, 36 if beat % 2 == 0 else 38, 0.8))
                if name == "chorus":
                    drums.append((t + 0.25, t + 0.3, 46, 0.8))
            bar += 1
    return pitched, drums, np.arange(bar + 1) * 2.0, starts


def test_a_song_form_is_found() -> None:
    order = ["verse", "chorus", "verse", "chorus", "bridge", "chorus"]
    pitched, drums, lines, starts = _song(order)
    found = find_sections(note_array(pitched), note_array(drums), lines)
    assert [s.name for s in found] == ["A", "B", "A", "B", "C", "B"]
    assert [s.onset_s for s in found] == starts


def test_sections_tile_the_song() -> None:
    rng = np.random.default_rng(5)
    for count in (1, 7, 8, 19, 40):
        lines = np.cumsum(np.concatenate([[0.3], rng.uniform(1.5, 2.5, count)]))
        start = rng.uniform(0, lines[-1], 200)
        rows = zip(start, start + 0.3, rng.integers(30, 90, 200), rng.random(200), strict=True)
        notes = note_array([(float(a), float(b), int(p), float(v)) for a, b, p, v in rows])
        found = find_sections(notes, notes[:0], lines)
        assert found[0].onset_s == lines[0] and found[-1].offset_s == lines[-1]
        assert all(a.offset_s == b.onset_s for a, b in pairwise(found))


def test_one_loop_is_one_letter() -> None:
    pitched, drums, lines, _ = _song(["verse", "verse", "verse"])
    assert {s.name for s in find_sections(note_array(pitched), note_array(drums), lines)} == {"A"}


def test_nothing_is_nothing() -> None:
    empty = note_array([])
    assert find_sections(empty, empty, np.array([0.0])) == []
