"""A corrected result takes the place of the one before: all of its files or none, whenever the process dies."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from bridge.app import Application, application
from bridge.jobs import replacement, versions
from bridge.jobs.revisions import revise
from bridge.jobs.store import DRAFT, JobStore
from tests.raising import raises_code
from tests.support import read_json

PROTOCOL = Path(__file__).parents[1] / "data" / "protocol"
JOB = "reaper-1763850000-0001"
RENAME = {"label": "rename", "item": 0, "ops": [{"op": "part", "part": "drums", "name": "Kit"}]}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with one finished job."""
    folder = tmp_path / "home" / "jobs" / JOB
    folder.mkdir(parents=True)
    request = json.loads((PROTOCOL / "request.json").read_text())
    # A host without files of its own: its stems and sounds are not here.
    (folder / "request.json").write_text(json.dumps({**request, "host": "midi_file", "asked": 1.0}))
    result = json.loads((PROTOCOL / "result.json").read_text())
    (folder / "result.json").write_text(json.dumps({**result, "host": "midi_file"}))
    status = {"protocol": 1, "state": "done", "fraction": 1.0, "revision": 1}
    (folder / "status.json").write_text(json.dumps(status))
    return tmp_path / "home"


def revised(home: Path) -> int:
    app: Application = application(home=home)
    return revise(JobStore(home), JOB, [RENAME], app.settings, app.context)


def files(folder: Path) -> dict[str, bytes]:
    """Content of what readers see: everything but drafts and the kept first version."""
    return {
        str(p.relative_to(folder)): p.read_bytes()
        for p in sorted(folder.rglob("*"))
        if p.is_file()
        and not any(part.startswith(".") for part in p.relative_to(folder).parts)
        and p.relative_to(folder).parts[0] != "revisions"
    }


def test_a_revision_has_the_next_number_and_all_its_files(home: Path) -> None:
    assert revised(home) == 2
    folder = home / "jobs" / JOB
    result = read_json(folder / "result.json")
    assert result["revision"] == 2
    assert result["items"][0]["parts"][0]["name"] == "Kit"
    assert len(list(folder.glob("*.mid"))) == len(result["items"])
    assert [v.name for v in versions.all_of(folder)] == ["1", "2"]
    assert revised(home) == 3
    assert not [p for p in folder.iterdir() if p.name.startswith(".")]


def test_edits_that_do_not_fit_change_nothing(home: Path) -> None:
    folder = home / "jobs" / JOB
    before = files(folder)
    app = application(home=home)
    with raises_code("edit-invalid"):
        revise(JobStore(home), JOB, [{"label": "?", "item": 0, "ops": [{"op": "explode"}]}], app.settings, app.context)
    with raises_code("job-not-found"):
        revise(JobStore(home), "reaper-1763850000-9999", [RENAME], app.settings, app.context)
    assert files(folder) == before


class Killed(BaseException):
    """The process died here."""


def dies(after: int) -> Callable[..., None]:
    """A replacing of files that dies after some."""
    done = 0
    place = replacement._place

    def replace(source: Path, target: Path) -> None:
        nonlocal done
        if done == after:
            raise Killed
        done += 1
        place(source, target)

    return replace


def test_a_kill_before_the_moment_leaves_the_old_revision_whole(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    revised(home)
    folder = home / "jobs" / JOB
    before = files(folder)

    def killed(*_: object) -> None:
        raise Killed

    monkeypatch.setattr("bridge.jobs.revisions.commit", killed)
    # A process that is killed removes no draft.
    monkeypatch.setattr("bridge.jobs.revisions.shutil.rmtree", lambda *_, **__: None)
    with pytest.raises(Killed):
        revised(home)
    monkeypatch.undo()
    assert files(folder) == before
    assert list(folder.glob(f"{DRAFT}*"))
    store = JobStore(home)
    store.remove_drafts()
    store.complete_revisions()
    assert files(folder) == before
    assert not list(folder.glob(f"{DRAFT}*"))
    assert [v.name for v in versions.all_of(folder)] == ["1", "2"]


@pytest.mark.parametrize("after", [0, 1, 2])
def test_a_kill_after_the_moment_is_completed(home: Path, after: int, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = home.parent / "whole"
    shutil.copytree(home, whole)
    revised(whole)
    monkeypatch.setattr(replacement, "_place", dies(after))
    with pytest.raises(Killed):
        revised(home)
    monkeypatch.undo()
    folder = home / "jobs" / JOB
    assert read_json(folder / "result.json")["revision"] == 1, "it says last that the others are there"
    JobStore(home).complete_revisions()
    expected = files(whole / "jobs" / JOB)
    found = files(folder)
    assert found.keys() == expected.keys()
    assert found["result.json"].replace(str(home).encode(), b"") == expected["result.json"].replace(
        str(whole).encode(), b""
    )
    assert read_json(folder / "status.json")["revision"] == 2
    assert not (folder / replacement.COMMITTED).exists()
    assert revised(home) == 3
