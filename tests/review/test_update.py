"""Update in DAW, all the way: from the page in Chromium by the daemon to REAPER's tracks, in one undo step.

REAPER is the simulation of tests/reaper_sim; its scripts, the daemon and the page are the real ones.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.lua.desk import AttendedReaper
from tests.reaper_sim.defaults import new_track
from tests.reaper_sim.demo import audio_item
from tests.reaper_sim.model import Project, Track
from tests.reaper_sim.rpp_file import text as rpp_text
from tests.review.conftest import Page, open_tab, song, until
from tests.support import Home, read_json

pytestmark = pytest.mark.slow

SCRIPTS = Path(__file__).parents[2] / "daw_scripts" / "reaper"
POSITION_S = 2.0
LENGTH_S = 6.0


@pytest.fixture
def reaper(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AttendedReaper:
    """A REAPER with an item that was transcribed by the real daemon."""
    for key, value in home.env.items():
        monkeypatch.setenv(key, value)
    home.start()
    (tmp_path / "resources").mkdir()
    made = AttendedReaper(tmp_path / "resources")
    made.tick_s = 0.01
    project = Project(path=str(tmp_path / "song.rpp"))
    project.tracks = [new_track("Song"), new_track("Below")]
    made.open(project)
    item = audio_item(project.tracks[0], song(tmp_path / "take.wav"), POSITION_S, LENGTH_S)
    item.values["B_UISEL"] = 1.0
    run(made, "Transcribe selected items")
    assert made.history(project).names == ["Transcribe take"]
    return made


def run(reaper: AttendedReaper, action: str) -> None:
    reaper.run(SCRIPTS / f"dawscribe_{action}.lua")
    reaper.idle(240.0)
    assert reaper.violations == []


def notes(reaper: AttendedReaper, track: Track) -> list[tuple[float, int, int]]:
    """Onset in seconds from the item's start, key and velocity."""
    (item,) = track.items
    take: Any = item.takes[0]
    at = [reaper.call("MIDI_GetProjTimeFromPPQPos", take, n.start)[0] - POSITION_S for n in take.source.midi.notes]
    return [(round(t, 3), n.pitch, n.velocity) for t, n in zip(at, take.source.midi.notes, strict=True)]


def send(tab: Any, version: int) -> None:
    tab.locator("#send").click()
    until(tab, f"document.getElementById('status').textContent.startsWith('Version {version} is ready')")


def test_what_is_corrected_on_the_page_comes_to_the_same_tracks_in_one_step(
    reaper: AttendedReaper, home: Home, chromium: Any
) -> None:
    (job,) = (p.name for p in (home.folder / "jobs").iterdir())
    project = reaper.project
    tracks, before = list(project.tracks), rpp_text(project)
    bass = next(t for t in tracks if t.name == "Bass")
    heard = notes(reaper, bass)
    effects = [fx.guid for fx in bass.fx]
    tab = open_tab(chromium, Page(home, job).url, [])
    # By hand: the bass' first note goes, its second is a fifth higher; the drums get a stroke.
    tab.evaluate("dawscribe.store.choosePart(dawscribe.store.item.parts.findIndex(p => p.id === 'bass'))")
    tab.locator("#roll").focus()
    for pressed in ["ArrowRight", "Delete", "ArrowRight", *["Alt+ArrowUp"] * 7]:
        tab.keyboard.press(pressed)
    tab.evaluate(
        "dawscribe.transport.seek(1.5);dawscribe.store.choosePart(dawscribe.store.item.parts.findIndex(p => p.isDrums))"
    )
    tab.keyboard.press("n")
    send(tab, 2)
    assert rpp_text(project) == before
    run(reaper, "Insert finished transcriptions")
    assert project.tracks == tracks
    onset, key, velocity = heard[1]
    assert notes(reaper, bass) == [(onset, key + 7, velocity), *heard[2:]]
    drums = next(t for t in tracks if t.name == "Drums")
    assert 1.5 in [n[0] for n in notes(reaper, drums)]
    assert [fx.guid for fx in bass.fx] == effects
    history = reaper.history(project)
    assert history.names == ["Transcribe take", "Update transcription of take"]
    assert read_json(home.folder / "jobs" / job / "inserted") == {"revision": 2}
    # The stroke is taken back in the page that is still open.
    tab.evaluate("dawscribe.store.undo()")
    send(tab, 3)
    run(reaper, "Insert finished transcriptions")
    assert 1.5 not in [n[0] for n in notes(reaper, drums)]
    assert history.names[1:] == ["Update transcription of take"] * 2
    history.step(-1)
    history.step(-1)
    assert rpp_text(project) == before
    tab.context.close()
