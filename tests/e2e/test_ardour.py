"""The test that counts: a click in the real Ardour, the real daemon, real models, and tracks that sound in place."""

from __future__ import annotations

import logging
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.e2e.ardour import home
from tests.e2e.ardour import studio as s
from tests.e2e.ardour.session_file import SavedRegion, Session
from tests.support import read_json

pytestmark = [pytest.mark.daw, pytest.mark.model, pytest.mark.slow]

log = logging.getLogger(__name__)

LENGTH_S = 7.0
"""Within what the separator hears in one pass."""
TOLERANCE_S = 0.001
"""What no ear can tell; Ardour's tick is 0.2 to 0.4 ms in this session."""


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[s.Studio]:
    """A set-up Ardour with seven seconds of the demo song at 3.5 s."""
    home.require_programs()
    song = Path(__file__).parents[2] / "bridge" / "data" / "demo.ogg"
    models = os.environ.get("DAWSCRIBE_MODELS", "")
    if not list(Path(models or "/nonexistent").glob("htdemucs*")):
        reason = "needs DAWSCRIBE_MODELS: 'dawscribe models fetch' and 'sh install/check.sh'"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    root = tmp_path_factory.mktemp("ardour")
    place = home.set_up(root, "", {"DAWSCRIBE_MODELS": models})
    with soundfile.SoundFile(song) as file:
        file.seek(4 * file.samplerate)
        assert file.samplerate == home.RATE
        audio = file.read(int(LENGTH_S * home.RATE), dtype="float32", always_2d=True).T
    session = home.make_session(place, audio)
    with s.opened(root, place, session) as made:
        yield made


def test_click_to_tracks(studio: s.Studio) -> None:
    """Tracks below the source, in one undo step, each note within a millisecond of the result."""
    desktop = studio.desktop
    studio.select_region()
    started = time.monotonic()
    job = studio.transcribe()
    studio.wait_inserted(job)
    assert studio.desktop.windows(s.TITLE) == []
    log.info("from click to tracks: %.1f s", time.monotonic() - started)
    desktop.picture(studio.place.root / "inserted.png")
    if kept := os.environ.get("DAWSCRIBE_ARDOUR_PICTURE"):
        shutil.copy(studio.place.root / "inserted.png", kept)
    studio.wait_soundfonts()
    saved = Session(desktop.session)
    assert saved.check_ramps() < 1e-6
    regions = saved.regions()
    parts = read_json(job / "result.json")["items"][0]["parts"]
    assert saved.track_names == ["Master", "Song", *(f"{p['name']} (Song)" for p in parts)]
    worst = max(compare(region, part) for region, part in zip(regions, parts, strict=True))
    log.info("largest timing error: %.3f ms over %d notes", 1000 * worst, sum(len(r.notes) for r in regions))
    assert worst < TOLERANCE_S

    desktop.key("ctrl+z")
    studio.wait_regions(lambda found: found == [], "the undo")
    desktop.key("ctrl+shift+z")
    studio.wait_regions(lambda found: found == regions, "the redo")


def compare(region: SavedRegion, part: dict[str, object]) -> float:
    """The largest distance in seconds between a note of the result and the one Ardour saved."""
    assert region.position_s == home.POSITION / home.RATE
    assert region.length_s == pytest.approx(LENGTH_S, abs=1e-9)
    assert region.color != 0
    assert region.plugins == ("urn:ardour:a-fluidsynth",)
    assert region.programs == ((part["channel"], part["program"]),)
    # By key: strokes closer than a tick begin at the same one, so that their order says nothing.
    expected = sorted(expected_notes(part["notes"]), key=lambda n: (n[1], n[0]))  # type: ignore[arg-type]
    found = sorted(region.notes, key=lambda n: (n.pitch, n.onset_s))
    assert [(n.pitch, n.velocity) for n in found] == [(pitch, velocity) for _, pitch, _, velocity in expected]
    assert {n.channel for n in found} <= {part["channel"]}
    distances = [0.0]
    for note, (onset, _, offset, _) in zip(found, expected, strict=True):
        distances += [abs(note.onset_s - region.position_s - onset), abs(note.offset_s - region.position_s - offset)]
    return max(distances)


def expected_notes(rows: list[list[float]]) -> list[tuple[float, int, float, int]]:
    """(onset, pitch, offset, velocity) as a keyboard can play them: a key is let go before it is struck again."""
    notes = sorted((onset, int(pitch), offset, int(velocity)) for onset, offset, pitch, velocity, *_ in rows)
    played = []
    for onset, pitch, offset, velocity in notes:
        again = [n[0] for n in notes if n[1] == pitch and n[0] > onset]
        # Shorter than a tick is not possible.
        end = max(min([offset, LENGTH_S, *again]), onset)
        played.append((onset, pitch, end, velocity))
    return played


def test_killed_daemon(studio: s.Studio) -> None:
    """A daemon killed midway is started again by the hook, and the job ends in one insertion."""
    studio.desktop.save()
    before = len(Session(studio.desktop.session).regions())
    # Else the daemon would know the answer already.
    shutil.rmtree(studio.place.spool / "cache", ignore_errors=True)
    studio.select_region()
    job = studio.transcribe()
    studio.wait_state(job, "running")
    killed = read_json(studio.place.spool / "daemon.json")["pid"]
    home.kill_daemon(studio.place)
    studio.wait_inserted(job)
    assert read_json(studio.place.spool / "daemon.json")["pid"] != killed
    studio.wait_soundfonts()
    parts = read_json(job / "result.json")["items"][0]["parts"]
    assert len(Session(studio.desktop.session).regions()) == before + len(parts)


def test_sounds_in_place(studio: s.Studio) -> None:
    """Ardour's own export without the song is silent before the region and sounds in it."""
    studio.wait_soundfonts()
    studio.desktop.close()
    mix = home.export(studio.place, studio.desktop.session, "Song", home.POSITION + int(LENGTH_S * home.RATE))
    assert np.abs(mix[: home.POSITION - 64]).max() < 1e-4
    assert np.abs(mix[home.POSITION :]).max() > 0.02
