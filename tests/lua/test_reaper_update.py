"""Corrected results on the tracks of the first one; inserting again what is not there any more."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.lua.desk import RESULT, SCRIPTS, Desk, names
from tests.reaper_sim.api_undo_api import Undo_DoUndo2
from tests.reaper_sim.rpp_file import text as rpp_text
from tests.reaper_sim.rpp_load import read as read_rpp


def parts(**bass: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(json.dumps(RESULT["items"][0]["parts"]))
    found[1].update(bass)
    return found


def revise(desk: Desk, asked: dict[str, Any], revision: int, rows: list[dict[str, Any]]) -> None:
    item = {k: v for k, v in asked["items"][0].items() if k != "audio"}
    desk.finish(asked, revision=revision, items=[{**item, "length_s": 3.0, "parts": rows, "stems": []}])
    desk.status(asked["id"], "done", revision=revision)
    desk.run("Insert finished transcriptions")
    desk.reaper.idle()


def keys(desk: Desk, track: int) -> list[list[int]]:
    return [[n.pitch for n in item.takes[0].source.midi.notes] for item in desk.project.tracks[track].items]  # type: ignore[union-attr]


CORRECTED = [[0.0, 0.5, 41, 96, 1.0], [0.6, 1.1, 43, 90, 1.0], [1.2, 1.4, 45, 70, 1.0]]


def test_a_correction_replaces_the_notes_on_the_same_tracks_in_one_step(desk: Desk) -> None:
    asked = desk.transcribe()
    before, tracks = rpp_text(desk.project), list(desk.project.tracks)
    desk.project.tracks[3].name = "My bass"
    desk.reaper.history(desk.project).add("rename")
    effects = [fx.guid for fx in desk.project.tracks[3].fx]
    revise(desk, asked, 2, parts(notes=CORRECTED))
    assert desk.project.tracks == tracks
    assert keys(desk, 3) == [[41, 43, 45]]
    assert desk.project.tracks[3].name == "My bass"
    assert [fx.guid for fx in desk.project.tracks[3].fx] == effects
    history = desk.reaper.history(desk.project)
    assert history.names == ["Transcribe song", "rename", "Update transcription of song"]
    assert json.loads((desk.home / "jobs" / asked["id"] / "inserted").read_text()) == {"revision": 2}
    history.step(-1)
    history.step(-1)
    assert rpp_text(desk.project) == before


def test_what_the_user_has_edited_stays_and_the_correction_goes_beside_it(desk: Desk) -> None:
    asked = desk.transcribe()
    desk.reaper.call(
        "MIDI_SetNote", desk.project.tracks[3].items[0].takes[0], 0, None, None, None, None, None, 50, None
    )
    desk.reaper.history(desk.project).add("edit")
    revise(desk, asked, 2, parts(notes=CORRECTED))
    assert names(desk.project) == [
        ("Song", 0), ("song (transcribed)", 1), ("Drums", 0), ("Bass", 0), ("Bass (2)", -1), ("Other", 0),
    ]  # fmt: skip
    assert keys(desk, 3) == [[50, 43]]
    assert keys(desk, 4) == [[41, 43, 45]]
    assert '"Bass" was changed since' in desk.said
    # The next one goes onto the track beside it.
    revise(desk, asked, 3, parts(notes=CORRECTED[:1]))
    assert len(desk.project.tracks) == 6
    assert keys(desk, 3) == [[50, 43]]
    assert keys(desk, 4) == [[41]]


def test_a_new_part_gets_a_track_and_one_that_is_gone_an_empty_one(desk: Desk) -> None:
    asked = desk.transcribe()
    rows = parts(id="other/strings", name="Strings", role="other")
    revise(desk, asked, 2, rows)
    assert names(desk.project) == [
        ("Song", 0), ("song (transcribed)", 1), ("Drums", 0), ("Bass", 0), ("Strings", -1), ("Other", 0),
    ]  # fmt: skip
    assert keys(desk, 3) == []
    assert '"Bass" is not in the new version' in desk.said


def test_an_older_or_equal_revision_changes_nothing(desk: Desk) -> None:
    asked = desk.transcribe()
    revise(desk, asked, 2, parts(notes=CORRECTED))
    before = rpp_text(desk.project)
    for revision in (1, 2):
        revise(desk, asked, revision, parts(notes=CORRECTED[:1]))
    assert rpp_text(desk.project) == before


def test_an_empty_mark_of_an_earlier_version_means_the_first_revision(desk: Desk) -> None:
    asked = desk.transcribe()
    (desk.home / "jobs" / asked["id"] / "inserted").write_text("")
    revise(desk, asked, 2, parts(notes=CORRECTED))
    assert keys(desk, 3) == [[41, 43, 45]]


@pytest.mark.parametrize("why", ["undo", "crash"])
def test_what_is_gone_can_be_inserted_again(desk: Desk, why: str) -> None:
    saved, path = rpp_text(desk.project), desk.project.path
    asked = desk.transcribe()
    if why == "undo":
        Undo_DoUndo2(desk.reaper, desk.project)
        desk.project.tracks[1].name = "renamed"
        desk.reaper.history(desk.project).add("rename")
    else:
        desk.reaper.open(read_rpp(saved, path))
    desk.run("Insert finished transcriptions")
    desk.reaper.idle()
    assert "Insert again" in desk.said
    assert len(desk.project.tracks) == 2
    again = desk.reaper.run(SCRIPTS / "dawscribe_Insert again.lua", menu=[1])
    desk.reaper.idle()
    assert names(desk.project)[1] == ("song (transcribed)", 1)
    assert again.menus[0].startswith(asked["items"][0]["name"])


def test_insert_again_offers_nothing_that_is_there(desk: Desk) -> None:
    desk.transcribe()
    desk.run("Insert again")
    assert "No earlier transcription" in desk.said
