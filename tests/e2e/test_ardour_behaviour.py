"""dawscribe inside the real Ardour when things do not go straight; the daemon is real, the engines are fakes."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import numpy as np
import pytest

from tests.e2e.ardour import home
from tests.e2e.ardour import studio as s
from tests.e2e.ardour.desktop import Desktop
from tests.e2e.ardour.session_file import Session
from tests.support import FAKES, PLUGINS, read_json, wait_for

pytestmark = [pytest.mark.daw, pytest.mark.slow]

LENGTH_S = 4.0
LATER = 420_000
"""Samples: where the second region stands."""
PARTS = 4
"""Tracks that the fake separator's stems become."""
CONFIG = (
    FAKES
    + """
[separators.fake]
seconds = 1.0
[hosts.ardour.instruments]
other = ["Reasonable Synth"]
"""
)
"""An instrument that loads in no time."""


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[s.Studio]:
    home.require_programs()
    root = tmp_path_factory.mktemp("ardour")
    place = home.set_up(root, CONFIG, {"PYTHONPATH": str(PLUGINS)})
    t = np.arange(int(LENGTH_S * home.RATE)) / home.RATE
    session = home.make_session(place, np.stack([0.3 * np.sin(2 * np.pi * 220 * t)] * 2).astype(np.float32), more=LATER)
    with s.opened(root, place, session) as made:
        yield made


@pytest.fixture(autouse=True)
def begin(studio: s.Studio) -> None:
    studio.begin()
    studio.engines(1)


def saved(studio: s.Studio) -> Session:
    """The session as it is right now."""
    studio.desktop.save()
    return Session(studio.desktop.session)


def test_setup_refuses_while_ardour_runs(studio: s.Studio) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bridge", "setup", "ardour", "--uninstall"],
        env=studio.place.environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "Ardour is running" in done.stderr


def test_nothing_selected(studio: s.Studio) -> None:
    studio.desktop.action("Common/deselect-all")
    before = studio.jobs()
    sentence = "Select one or more audio regions"
    said = studio.sentences().count(sentence)
    studio.press_button(lambda: studio.desktop.windows(s.TITLE))
    studio.wait_sentence(sentence, said + 1)
    studio.answer("Return")
    assert studio.jobs() == before


def test_keys_and_mouse_belong_to_the_musician_during_a_job(studio: s.Studio) -> None:
    """Space plays and a click stops, as ever; the job goes on and is inserted."""
    studio.engines(6)
    before = len(saved(studio).regions())
    studio.select_region()
    job = studio.transcribe()
    studio.desktop.key("space")
    wait_for(studio.rolls, "what Space does", home.PATIENCE_S)
    assert studio.desktop.windows(s.TITLE) == []

    def stopped_by_mouse() -> bool:
        studio.desktop.click(*s.STOP)
        return not studio.rolls()

    wait_for(stopped_by_mouse, "what the mouse does", home.PATIENCE_S)
    studio.wait_inserted(job)
    assert len(saved(studio).regions()) == before + PARTS


def test_cancel(studio: s.Studio) -> None:
    """A second press opens the progress window; Cancel in it ends the job, and nothing is inserted."""
    studio.engines(300)
    before = len(saved(studio).regions())
    studio.select_region()
    job = studio.transcribe()
    studio.wait_state(job, "running")
    time.sleep(2.5)  # a press within the first second is the second half of a double click
    studio.press_button(lambda: studio.desktop.windows(s.TITLE))
    # Closed with Esc, the window goes and the job goes on.
    studio.answer("Escape")
    assert studio.status(job)["state"] == "running"
    studio.press_button(lambda: studio.desktop.windows(s.TITLE))
    studio.answer("alt+c")
    studio.wait_state(job, "cancelled")
    wait_for(lambda: job.name not in studio.waiting(), "the hook's notice", home.PATIENCE_S)
    assert not (job / "inserted").exists()
    assert len(saved(studio).regions()) == before


def test_rolling_transport_and_a_torn_result(studio: s.Studio) -> None:
    """While the transport rolls a result waits in silence; torn meanwhile, it is refused and changes nothing."""
    before = saved(studio)
    said = studio.sentences().count("damaged")
    studio.select_region()
    studio.engines(10)
    job = studio.transcribe()
    studio.start_transport()
    studio.wait_state(job, "done")
    time.sleep(1.5)  # several looks of the hook
    assert not (job / "inserted").exists()
    assert studio.desktop.windows(s.TITLE) == []
    midi = job / "ardour.mid"
    midi.write_bytes(midi.read_bytes()[:-20])
    studio.stop_transport()
    studio.wait_sentence("damaged", said + 1)
    studio.answer("Return")
    assert not (job / "inserted").exists()
    after = saved(studio)
    assert (after.track_names, len(after.regions())) == (before.track_names, len(before.regions()))


def test_command_from_outside_in_one_undo_step(studio: s.Studio) -> None:
    """One undo takes back the insertion, the next one the musician's own edit before it; redo brings both again."""
    studio.select_region()
    before = saved(studio)
    studio.desktop.action("Region/boost-region-gain")
    wait_for(lambda: saved(studio).gain("Song") > before.gain("Song"), "the musician's own edit", home.PATIENCE_S)
    louder = Session(studio.desktop.session).gain("Song")
    job = studio.new_job(lambda: home.dawscribe(studio.place, "selected", "ardour"))
    studio.wait_inserted(job)
    assert read_json(job / "request.json")["items"][0]["position"] == home.POSITION
    after = saved(studio).regions()
    assert len(after) == len(before.regions()) + PARTS
    assert after[0].plugins == ("https://community.ardour.org/node/7596",)

    studio.desktop.key("ctrl+z")
    studio.wait_regions(lambda found: found == before.regions(), "the undo")
    assert Session(studio.desktop.session).gain("Song") == louder
    studio.desktop.key("ctrl+z")
    wait_for(lambda: saved(studio).gain("Song") == before.gain("Song"), "the second undo", home.PATIENCE_S)
    studio.desktop.key("ctrl+shift+z")
    wait_for(lambda: saved(studio).gain("Song") == louder, "the redo", home.PATIENCE_S)
    studio.desktop.key("ctrl+shift+z")
    studio.wait_regions(lambda found: found == after, "the second redo")


def pitches(session: Session) -> dict[str, list[int]]:
    """The keys on each MIDI track."""
    return {r.track: [n.pitch for n in r.notes] for r in session.regions()}


def test_a_correction_takes_the_place_of_untouched_notes_in_one_undo_step(studio: s.Studio) -> None:
    """A region that the musician has moved stays, with the new notes on a track beside it and a sentence."""
    studio.select_region()
    known = saved(studio).track_names
    job = studio.transcribe()
    studio.wait_inserted(job)
    first = saved(studio)
    ours = [name for name in first.track_names if name not in known]
    bass, drums = (next(n for n in ours if n.startswith(part)) for part in ("Bass", "Drums"))
    put = {"op": "notes", "put": [["n1", 0.5, 1.0, 33, 80, 1.0]]}
    studio.correct(job, {**put, "part": "bass"})
    second = saved(studio)
    assert second.track_names == first.track_names
    assert 33 not in pitches(first)[bass]
    assert 33 in pitches(second)[bass]
    assert pitches(second)[drums] == pitches(first)[drums]
    studio.desktop.key("ctrl+z")
    studio.wait_regions(lambda found: found == first.regions(), "the undo of the update")
    studio.desktop.key("ctrl+shift+z")
    studio.wait_regions(lambda found: found == second.regions(), "the redo of the update")

    studio.nudge(second.row(bass))
    moved = studio.wait_regions(lambda found: found != second.regions(), "the musician's own edit")
    said = studio.sentences().count("was changed since")
    studio.correct(job, {**put, "part": "bass"}, {**put, "part": "drums"})
    studio.wait_sentence("was changed since", said + 1)
    studio.answer("Return")
    third = saved(studio)
    (beside,) = (n for n in third.track_names if n not in second.track_names)
    assert beside == "Bass (Song) (2)"
    assert [r for r in third.regions() if r.track == bass] == [r for r in moved if r.track == bass]
    assert 33 in pitches(third)[drums]
    assert 33 in pitches(third)[beside]


def test_new_tracks_show_their_keys(studio: s.Studio) -> None:
    """Ardour saves the range that each track shows: it is that of the notes, not that of the preferences."""
    known = saved(studio).track_names
    studio.select_region()
    studio.wait_inserted(studio.transcribe())
    new = set(saved(studio).track_names) - set(known)
    assert new

    def with_ranges() -> Session | None:
        # Only Ardour's own action saves what its window looks like.
        studio.desktop.action("Common/Save")
        session = Session(studio.desktop.session)
        return session if new <= session.note_ranges().keys() else None

    shown = wait_for(with_ranges, "the saved ranges", home.PATIENCE_S).note_ranges()
    for region in saved(studio).regions():
        if region.track in new:
            low, high = shown[region.track]
            assert low <= min(n.pitch for n in region.notes), region.track
            assert high >= max(n.pitch for n in region.notes), region.track


def test_a_range_leaves_out_a_covered_take(studio: s.Studio) -> None:
    studio.select_region()
    studio.desktop.action("Region/set-selection-from-region")
    time.sleep(1)  # the command takes a second as well, so that the selection stands
    job = studio.new_job(lambda: home.dawscribe(studio.place, "selected", "ardour"))
    studio.wait_inserted(job)
    assert [i["name"] for i in read_json(job / "request.json")["items"]] == ["Song"]


def test_several_regions_at_once(studio: s.Studio) -> None:
    """All regions of a track share its new tracks; the covered take is among them, for it was selected itself."""
    before = saved(studio)
    studio.select_region()
    # Everything in the selected tracks is selected, so Song must be.
    studio.desktop.action("Region/set-selection-from-region")
    studio.desktop.action("Editor/select-all-objects")
    time.sleep(1)
    job = studio.new_job(lambda: home.dawscribe(studio.place, "selected", "ardour"))
    studio.wait_inserted(job)
    items = read_json(job / "request.json")["items"]
    assert sorted(i["name"] for i in items) == ["Hidden take", "Later", "Song"]
    after = saved(studio)
    assert len(after.track_names) == len(before.track_names) + PARTS
    new = [r for r in after.regions() if r.name.startswith("Later")]
    assert {r.position_s for r in new} == {LATER / home.RATE}
    assert len(after.regions()) == len(before.regions()) + 3 * PARTS


def test_closed_session(studio: s.Studio) -> None:
    """What came while Ardour was closed is offered: once more where the question was closed, never after an answer."""
    offer = "was not inserted yet"
    before = len(saved(studio).regions())
    studio.engines(10)
    studio.select_region()
    jobs = [studio.new_job(studio.command) for _ in range(2)]
    studio.desktop.close(signal.SIGKILL)
    for job in jobs:
        studio.wait_state(job, "done")
        assert not (job / "inserted").exists()
    reopen(studio)
    studio.wait_sentence(offer, 1)
    studio.answer("Escape")
    studio.wait_sentence(offer, 2)
    studio.answer("alt+y")
    studio.wait_inserted(jobs[1])
    assert studio.waiting() == [jobs[0].name]
    assert len(saved(studio).regions()) == before + PARTS
    studio.desktop.close()
    reopen(studio)
    studio.wait_sentence(offer, 3)
    studio.answer("alt+n")
    wait_for(lambda: studio.waiting() == [], "the discarding", home.PATIENCE_S)
    assert studio.sentences().count(offer) == 3
    assert len(saved(studio).regions()) == before + PARTS


def reopen(studio: s.Studio) -> None:
    studio.desktop = Desktop(studio.place, studio.desktop.session, studio.desktop.display)
