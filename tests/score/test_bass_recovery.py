"""The bass line that the separator left in "other" is found, and nobody else's low notes are taken for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest

from bridge.app import application
from bridge.audio.recording import BLOCK_FRAMES, Array, Recording
from bridge.audio.span_import import import_span
from bridge.music.notes import Bend, Note
from bridge.music.parts import Part, Transcription
from bridge.pipeline.pipeline import Pipeline
from bridge.plugins.interfaces import AudioSource, Progress, only
from bridge.plugins.registry import BUILT_IN
from bridge.score.bass_recovery import MOVED, low_end, lowest_line, recover_bass
from bridge.spool.request import AudioSpan, ItemRequest, Request
from bridge.testing import FakeSeparator, FakeTranscriber
from tests.support import PLUGINS, Home, part_of, sine

LINE = (Note(0.0, 0.4, 40, 90), Note(0.5, 0.9, 43, 90), Note(1.0, 1.4, 45, 90))
CHORDS = (Note(0.01, 0.9, 60, 70), Note(0.01, 0.9, 64, 70), Note(1.0, 1.9, 62, 70))
DRUMS = part_of("drums", [Note(t / 4, t / 4 + 0.1, 36, 90) for t in range(8)])
OTHER = part_of("other", sorted(LINE + CHORDS))
BASS = part_of("bass")


def stems(folder: Path, bass_db: float) -> dict[str, Recording]:
    """A low tone in "other", the same at another level in the bass stem, and a high one in the drums."""
    tone = {role: sine(folder / f"{role}.wav", hz=hz) for role, hz in (("drums", 900), ("bass", 80), ("other", 80))}
    gains = {"bass": 10 ** (bass_db / 20)}
    return {r: import_span(path, folder / f"{r} copy.wav", gain=gains.get(r, 1.0)) for r, path in tone.items()}


def test_the_low_line_of_other_goes_to_a_bass_stem_that_lacks_the_low_end(tmp_path: Path) -> None:
    (drums, bass, other), warnings = recover_bass((DRUMS, BASS, OTHER), stems(tmp_path, bass_db=-20))
    assert warnings == [MOVED]
    assert bass == part_of("bass", LINE)
    assert other.notes == tuple(sorted(CHORDS))
    assert drums == DRUMS


@pytest.mark.parametrize(
    ("bass_db", "drums"),
    [(-3, DRUMS), (10, DRUMS), (-50, DRUMS), (-20, part_of("drums"))],
    ids=["both have a low end", "the bass is where it belongs", "there is no bass", "nobody drums"],
)
def test_otherwise_everything_stays(bass_db: float, drums: Part, tmp_path: Path) -> None:
    parts = (drums, BASS, OTHER)
    assert recover_bass(parts, stems(tmp_path, bass_db)) == (parts, [])


def test_a_part_that_was_not_asked_for_is_not_made(tmp_path: Path) -> None:
    parts = (DRUMS, OTHER)
    assert recover_bass(parts, stems(tmp_path, bass_db=-20)) == (parts, [])


def test_what_the_bass_plays_itself_stays_and_no_note_inherits_its_bend(tmp_path: Path) -> None:
    own = part_of("bass", (Note(0.45, 0.95, 38, 90),), (Bend(0.45, 0.0), Bend(0.6, 0.3)))
    (_, found, _), _ = recover_bass((DRUMS, own, OTHER), stems(tmp_path, bass_db=-20))
    assert [n.pitch for n in found.notes] == [40, 38, 45]
    assert found.bends == (Bend(0.0, 0.0), Bend(0.45, 0.0), Bend(0.6, 0.3), Bend(1.0, 0.0))


def test_the_last_few_samples_of_a_long_stem_are_no_harm(tmp_path: Path) -> None:
    short, long = (
        import_span(sine(tmp_path / "a.wav", seconds=(BLOCK_FRAMES + more) / 44_100, hz=80), tmp_path / f"{more}.wav")
        for more in (0, 3)
    )
    assert low_end(long) == pytest.approx(low_end(short))


def test_the_line_is_what_lies_under_everything_and_low_enough() -> None:
    fifth, high = Note(0.02, 0.4, 47, 90), Note(2.0, 2.4, 57, 90)
    assert lowest_line(sorted([*LINE, fifth, high]), []) == list(LINE)


class LeavesTheBassInOther(FakeSeparator):
    """Only a trace of the bass is in its own stem."""

    def separate(self, mix: Recording, roles: Sequence[str], progress: Progress) -> Iterator[Array]:
        """As the fake's."""
        for block in super().separate(mix, roles, progress):
            yield block * np.array([0.1 if role == "bass" else 1 for role in roles], np.float32)[:, None, None]


class HearsNothing(FakeTranscriber):
    """As traces are heard."""

    def transcribe(self, sources: Mapping[str, AudioSource], progress: Progress) -> Transcription:
        """None of its notes."""
        return Transcription.single(only(sources).role, ())


@pytest.mark.parametrize(
    ("wanted", "parts"), [(True, ["drums", "bass", "vocals"]), (False, ["drums", "vocals", "other"])]
)
def test_the_setting(wanted: bool, parts: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(PLUGINS)
    monkeypatch.setitem(BUILT_IN["separators"], "leaves", f"{__name__}:{LeavesTheBassInOther.__name__}")
    monkeypatch.setitem(BUILT_IN["transcribers"], "deaf", f"{__name__}:{HearsNothing.__name__}")
    home = Home(tmp_path / "home", "[transcribers.fake]\npitch = 45\n")
    chosen = {"score.bass_from_other": wanted, "separation.separator": "leaves", "transcription.bass": "deaf"}
    app = application(chosen, home.folder)
    request = Request("test-0001", "midi_file", (ItemRequest(AudioSpan(sine(tmp_path / "a.wav", hz=80)), "item"),))
    outcome = Pipeline(app.settings, app.context).run(request, tmp_path / "job", lambda stage, fraction: None)
    score = outcome.items[0].score
    assert [part.role for part in score.parts if part.notes] == parts
    assert (MOVED in score.warnings) == ("bass" in parts)
