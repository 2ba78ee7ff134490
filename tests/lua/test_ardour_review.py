"""Ardour's button for the review page: which job it opens, and what it says where there is none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.lua.test_ardour import load

SESSION = """
launched = {}
os.forkexec = function(...) launched[#launched + 1] = table.concat({ ... }, ' '); return false end
local function with_id(id)
  local named = { to_s = function() return id end }
  return { to_stateful = function() return { id = function() return named end } end }
end
local function list(ids)
  return { iter = function()
    local index = 0
    return function() index = index + 1; return ids[index] and with_id(ids[index]) end
  end }
end
tracks, regions = {}, {}
Editor = { get_selection = function() return {
  tracks = { routelist = function() return list(tracks) end },
  regions = { regionlist = function() return list(regions) end },
} end }
"""
MODULES = ("spool", "messages", "pending", "placed", "review")
WORDS = ["/usr/bin/dawscribe", "review", "--home", "/h"]


@pytest.fixture
def lua(tmp_path: Path) -> Any:
    for name in ("hosts", "jobs", "logs"):
        (tmp_path / name).mkdir()
    (tmp_path / "launcher.json").write_text(json.dumps({"command": ["/usr/bin/dawscribe"], "review": WORDS}))
    made = load(tmp_path, *MODULES)
    made.execute(SESSION)
    return made


def inserted(lua: Any, home: Path, number: int, source: str, track: str, region: str) -> str:
    """A job whose notes stand on a track."""
    job = f"ardour-2000-{number:06d}"
    folder = home / "jobs" / job
    folder.mkdir(exist_ok=True)
    (folder / "status.json").write_text('{"state": "done", "message": "3 notes."}')
    (folder / "request.json").write_text(json.dumps({"items": [{"name": "Take", "track": {"id": source}}]}))
    row = f"{{ key = '1/bass', track = '{track}', regions = {{ {{ id = '{region}', state = '' }} }}, former = {{}} }}"
    lua.execute(f"app.placed.remember('{job}', {{ {row} }})")
    return job


def opened(lua: Any, *, tracks: str = "", regions: str = "") -> str:
    """What the button starts with these selected; what it says where it starts nothing."""
    lua.execute(f"tracks, regions = {{ {tracks} }}, {{ {regions} }}; launched, shown = {{}}, {{}}")
    lua.execute("app.messages.guard(app.review.open)")
    return "\n".join([*lua.globals().launched.values(), *lua.globals().shown.values()])


def test_the_page_of_what_is_selected_is_opened_else_that_of_the_last(lua: Any, tmp_path: Path) -> None:
    first = inserted(lua, tmp_path, 1, "7", "11", "21")
    second = inserted(lua, tmp_path, 2, "8", "12", "22")
    # A correction of the first came last.
    assert inserted(lua, tmp_path, 1, "7", "11", "21") == first
    said = {name: f"{' '.join(WORDS)} {name}" for name in (first, second)}
    assert opened(lua) == said[first]
    assert opened(lua, tracks="'99'") == said[first]
    assert opened(lua, tracks="'12'") == said[second]
    assert opened(lua, regions="'22'") == said[second]
    # The region that it was heard in.
    assert opened(lua, tracks="'8'") == said[second]
    assert opened(lua, tracks="'11', '12'") == said[first]


def test_a_job_that_is_gone_is_passed_over(lua: Any, tmp_path: Path) -> None:
    first, second = (inserted(lua, tmp_path, n, "7", "11", "21") for n in (1, 2))
    (tmp_path / "jobs" / second / "status.json").unlink()
    assert opened(lua, tracks="'11'").endswith(first)


def test_a_running_job_can_be_watched(lua: Any, tmp_path: Path) -> None:
    inserted(lua, tmp_path, 1, "7", "11", "21")
    job = "ardour-3000-000009"
    (tmp_path / "jobs" / job).mkdir()
    (tmp_path / "jobs" / job / "status.json").write_text('{"state": "running"}')
    lua.execute(f"app.pending.add('{job}')")
    assert opened(lua).endswith(job)


def test_without_a_transcription_or_a_page_it_says_what_to_do(lua: Any, tmp_path: Path) -> None:
    assert "transcribe it first" in opened(lua)
    inserted(lua, tmp_path, 1, "7", "11", "21")
    (tmp_path / "launcher.json").write_text('{"command": ["/usr/bin/dawscribe"]}')
    assert "setup ardour" in opened(lua)
