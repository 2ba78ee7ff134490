"""Update in DAW, all the way: from the page in Chromium by the daemon to the tracks of the real Ardour.

Nothing is simulated: the page is driven by its keys, and the notes are read from what Ardour saved.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from tests.e2e.ardour import home
from tests.e2e.ardour import studio as s
from tests.e2e.ardour.session_file import SavedRegion, Session
from tests.review.conftest import address, open_tab, until
from tests.support import FAKES, PLUGINS, wait_for

pytestmark = [pytest.mark.daw, pytest.mark.slow]

LENGTH_S = 6.0
CONFIG = FAKES + '[separators.fake]\nseconds = 1.0\n[hosts.ardour.instruments]\nother = ["Reasonable Synth"]\n'
"""An instrument that loads in no time."""
TOLERANCE_S = 0.001
REVIEW = "LuaAction/script-5"
"""The button that 'dawscribe setup ardour' puts beside those that transcribe."""


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[s.Studio]:
    """A set-up Ardour with a second of A3, a second of silence, and so on."""
    home.require_programs()
    root = tmp_path_factory.mktemp("ardour")
    browser = root / "browser"
    browser.write_text(f'#!/bin/sh\nprintf %s "$1" > {root}/opened.new\nmv {root}/opened.new {root}/opened\n')
    browser.chmod(0o755)
    place = home.set_up(root, CONFIG, {"PYTHONPATH": str(PLUGINS), "BROWSER": f"{browser} %s"})
    t = np.arange(int(LENGTH_S * home.RATE)) / home.RATE
    tone = 0.3 * np.sin(2 * np.pi * 220 * t) * (t % 2 < 1)
    with s.opened(root, place, home.make_session(place, np.stack([tone] * 2).astype(np.float32))) as made:
        yield made


def from_the_button(studio: s.Studio) -> str:
    """The address that Ardour's button opens in the musician's browser."""
    opened = studio.place.root / "opened"
    studio.desktop.action(REVIEW)
    wait_for(opened.exists, "the browser's start")
    return opened.read_text()


def regions(studio: s.Studio) -> dict[str, SavedRegion]:
    """The regions of our tracks by part, as the session is saved now."""
    studio.desktop.save()
    return {r.track.partition(" (")[0]: r for r in Session(studio.desktop.session).regions()}


def heard(region: SavedRegion) -> list[tuple[float, int, int]]:
    """Onset in seconds from the item's start, key and velocity."""
    at = home.POSITION / home.RATE
    return sorted((round(n.onset_s - at, 4), n.pitch, n.velocity) for n in region.notes)


def close(notes: list[tuple[float, int, int]]) -> Any:
    """These notes, to what no ear can tell."""
    return [(pytest.approx(on, abs=TOLERANCE_S), pitch, velocity) for on, pitch, velocity in notes]


def choose(tab: Any, part: str) -> None:
    """Go to a part with its first note still to come."""
    tab.evaluate(f"dawscribe.store.choosePart(dawscribe.store.item.parts.findIndex(p => p.id === '{part}'))")
    tab.locator("#roll").focus()
    tab.keyboard.press("Home")


def test_a_note_that_is_edited_on_the_page_comes_to_the_tracks_in_ardour(studio: s.Studio, chromium: Any) -> None:
    studio.select_region()
    job = studio.transcribe()
    studio.wait_inserted(job)
    first = regions(studio)
    names = Session(studio.desktop.session).track_names
    bass, drums = heard(first["Bass"]), heard(first["Drums"])
    url = from_the_button(studio)
    assert url == address(studio.place.spool, job.name)
    tab = open_tab(chromium, url, [])
    # The bass: its first note goes, its second is a fifth higher. The drums get a stroke.
    choose(tab, "bass")
    for key in ["ArrowRight", "Delete", "ArrowRight", *["Alt+ArrowUp"] * 7]:
        tab.keyboard.press(key)
    choose(tab, "drums")
    tab.evaluate("dawscribe.transport.seek(1.5)")
    tab.keyboard.press("n")
    stroke = tab.evaluate("(({ on, pitch, vel }) => [on, pitch, vel])(dawscribe.store.selected[0])")
    tab.keyboard.press("Control+Enter")
    until(tab, "document.getElementById('status').textContent.startsWith('Version 2 is ready')")
    studio.wait_revision(job, 2)
    second = regions(studio)
    onset, pitch, velocity = bass[1]
    assert heard(second["Bass"]) == close([(onset, pitch + 7, velocity), *bass[2:]])
    assert heard(second["Drums"]) == close(sorted([*drums, tuple(stroke)]))
    # The same tracks, with the instruments that they had.
    assert Session(studio.desktop.session).track_names == names
    assert {k: r.plugins for k, r in second.items()} == {k: r.plugins for k, r in first.items()}
    # One step back in Ardour; then the page, still open, takes its stroke back.
    studio.desktop.key("ctrl+z")
    studio.wait_regions(lambda found: found == list(first.values()), "the undo of the update")
    studio.desktop.key("ctrl+shift+z")
    studio.wait_regions(lambda found: found == list(second.values()), "the redo of the update")
    tab.keyboard.press("Control+z")
    tab.keyboard.press("Control+Enter")
    until(tab, "document.getElementById('status').textContent.startsWith('Version 3 is ready')")
    studio.wait_revision(job, 3)
    third = regions(studio)
    assert heard(third["Drums"]) == close(drums)
    assert heard(third["Bass"]) == heard(second["Bass"])
    tab.context.close()
