"""Update in DAW: revisions, what they are made of, going back, and files of the result as it is corrected."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import mido
import pytest

from tests.review.conftest import Page
from tests.support import read_json


@pytest.fixture
def page(fresh: Page) -> Page:
    """A job that no other test has touched, with the cookie."""
    fresh.enter()
    return fresh


def post(page: Page, path: str, data: object, status: int = 200) -> Any:
    found, body, _ = page.ask("POST", f"{page.api}/{path}", data)
    assert found == status, body
    return json.loads(body)


def document(page: Page) -> Any:
    return json.loads(page.ask("GET", page.api)[1])


def result(page: Page) -> dict[str, Any]:
    return read_json(page.folder / "result.json")


def change(page: Page, *ops: dict[str, Any], label: str = "Change") -> None:
    edit = {"label": label, "item": 0, "ops": list(ops)}
    post(page, "edits", {"seq": document(page)["seq"], "action": "append", "edit": edit})


def send(page: Page) -> int:
    return int(post(page, "send", {"seq": document(page)["seq"]})["revision"])


def notes_of(item: dict[str, Any]) -> dict[str, list[Any]]:
    return {p["id"]: [n[:4] for n in p["notes"]] for p in item["parts"]}


def test_a_revision_holds_the_corrections_and_its_files_too(page: Page) -> None:
    before = result(page)
    bass = before["items"][0]["parts"][1]
    change(page, {"op": "notes", "part": bass["id"], "put": [["e1", 0.25, 0.5, 41, 99, 1.0]], "shelve": ["1.0"]})
    change(page, {"op": "part", "part": bass["id"], "name": "Tuba", "program": 58})
    assert send(page) == 2
    after = result(page)
    assert after["revision"] == 2
    assert page.home.status(page.job)["revision"] == 2
    made = after["items"][0]["parts"][1]
    assert (made["id"], made["name"], made["program"], made["channel"]) == (bass["id"], "Tuba", 58, bass["channel"])
    assert [0.25, 0.5, 41, 99] in [n[:4] for n in made["notes"]]
    assert made["candidates"][-1][5] == "removed"
    # What was not touched is as it was; files and counts are made anew.
    remade = ("parts", "note_count", "part_files")
    unchanged = {k: v for k, v in before["items"][0].items() if k not in remade}
    assert {k: v for k, v in after["items"][0].items() if k not in remade} == unchanged
    song = mido.MidiFile(page.folder / "song.mid")
    (track,) = [t for t in song.tracks if t.name == "Tuba"]
    assert any(m.type == "note_on" and m.note == 41 and m.velocity == 99 for m in track)
    assert any(m.type == "program_change" and m.program == 58 for m in track)


def test_going_back_loses_nothing(page: Page) -> None:
    first = notes_of(result(page)["items"][0])
    part = next(iter(first))
    change(page, {"op": "notes", "part": part, "shelve": ["0.0"]}, label="Remove note")
    assert send(page) == 2
    second = notes_of(result(page)["items"][0])
    change(page, {"op": "remove_part", "part": part}, label="Remove part")
    versions = document(page)["versions"]
    assert [v["name"] for v in versions] == ["1", "2"]
    assert "Remove note" in versions[1]["label"]
    post(page, "restore", {"seq": document(page)["seq"], "version": "1"})
    assert document(page)["cursor"] == 0
    # The change that was never sent is a draft now.
    drafts = [v["name"] for v in document(page)["versions"] if not v["revision"]]
    assert len(drafts) == 1
    assert send(page) == 3
    assert notes_of(result(page)["items"][0]) == first
    post(page, "restore", {"seq": document(page)["seq"], "version": "2"})
    assert send(page) == 4
    assert notes_of(result(page)["items"][0]) == second
    post(page, "restore", {"seq": document(page)["seq"], "version": drafts[0]})
    assert [e["label"] for e in document(page)["edits"]] == ["Remove note", "Remove part"]


@pytest.mark.parametrize("name", ["3", "../2", "draft-1", "", None, 7, "1.json"])
def test_a_version_that_is_none_is_refused(page: Page, name: object) -> None:
    post(page, "restore", {"seq": 0, "version": name}, 400)


def test_what_is_sent_must_be_what_was_seen(page: Page) -> None:
    post(page, "send", {"seq": 5}, 409)
    assert result(page)["revision"] == 1


@pytest.mark.slow
def test_a_full_revision_folder_leaves_the_result_as_it_was(page: Page) -> None:
    folder = page.folder
    part = result(page)["items"][0]["parts"][0]["id"]
    change(page, {"op": "notes", "part": part, "shelve": ["0.0"]})
    (folder / "revisions").write_text("in the way")
    post(page, "send", {"seq": document(page)["seq"]}, 507)
    assert result(page)["revision"] == 1
    (folder / "revisions").unlink()
    assert send(page) == 2


def test_files_hold_the_result_as_it_is_corrected(page: Page) -> None:
    parts = result(page)["items"][0]["parts"]
    change(page, {"op": "notes", "part": parts[1]["id"], "put": [["e1", 0.25, 0.5, 41, 99, 1.0]]})
    status, body, headers = page.ask("GET", f"{page.api}/items/0/export/midi")
    assert status == 200
    assert "song.mid" in headers["content-disposition"]
    song = mido.MidiFile(file=io.BytesIO(body))
    assert any(m.type == "note_on" and m.note == 41 for m in song)
    status, body, _ = page.ask("GET", f"{page.api}/items/0/export/midi?part={parts[0]['id']}")
    assert len([t for t in mido.MidiFile(file=io.BytesIO(body)).tracks if any(m.type == "note_on" for m in t)]) == 1
    for kind in ("rpp", "dawproject"):
        status, body, _ = page.ask("GET", f"{page.api}/items/0/export/{kind}")
        assert status == 200, body
        assert len(body) > 500
    status, body, headers = page.ask("GET", f"{page.api}/items/0/stem/bass")
    assert body[:4] == b"RIFF"
    for path in ("export/exe", "export/midi?part=none", "stem/none"):
        assert page.ask("GET", f"{page.api}/items/0/{path}")[0] == 400


def test_the_daw_scripts_can_open_a_job(page: Page, tmp_path: Path) -> None:
    launcher = read_json(page.home.folder / "launcher.json")["review"]
    assert launcher[-2:] == ["--home", str(page.home.folder)]
    said = page.home.run("review", page.job, "--no-browser", "--home", str(page.home.folder)).stdout.strip()
    assert said == page.url
