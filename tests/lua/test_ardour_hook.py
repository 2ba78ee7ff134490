"""The hook on Ardour's timer and the button: what they do with jobs in every state."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bridge.plugins import registry as plugins
from bridge.plugins.interfaces import Context
from bridge.spool.request import Request
from tests.lua.test_ardour import load

STAGE = """
clock, rolling, windows, cancelled, launches, inserted = 1000, false, 0, false, 0, {}
os.time = function() return clock end
os.forkexec = function() launches = launches + 1; return false end
LuaDialog.ProgressWindow = function()
  windows = windows + 1
  return { progress = function(_, fraction, text) shown_at, line = fraction, text end,
    canceled = function() return cancelled end, done = function() windows = windows - 1 end }
end
outcome = { {}, 4 }
app.insert = { possible = function() return not rolling end, run = function(id, is_update)
  inserted[#inserted + 1] = is_update and id .. ' again' or id
  if type(outcome) == 'string' then app.messages.refuse(outcome) end
  return table.unpack(outcome)
end }
spans = { { name = 'Take', track = { id = '7', name = 'Song' }, position = 48000, length = 24000,
  source_start = 0, gain = 1, channels = { { path = '/a.wav', channel = 0 } } } }
app.selection = { spans = function()
  if #spans == 0 then app.messages.refuse('Select something.') end
  return spans
end }
for _, name in ipairs({ 'request', 'progress', 'daemon', 'job_outcome', 'hook' }) do app[name] = module(name) end
-- The session was opened at 1000.
clock = 3000
function look() for _ = 1, 3 do app.hook.tick() end end
function settle() for _ = 1, 12 do look() end end
"""
MODULES = ("spool", "messages", "tempo_table", "pending", "rendering")


class Stage:
    """A session in a fake Ardour, and the spool beside it."""

    def __init__(self, home: Path) -> None:
        self.home = home
        for name in ("inbox", "hosts", "jobs", "logs"):
            (home / name).mkdir(exist_ok=True)
        (home / "launcher.json").write_text('{"command": ["/usr/bin/dawscribe"]}')
        self.open()
        self.daemon(1e12)

    def open(self) -> None:
        """Open the session, as after a start of Ardour."""
        self.lua: Any = load(self.home, *MODULES)
        self.lua.execute(STAGE)

    def daemon(self, heartbeat: float, problem: str = "") -> None:
        content = {"heartbeat": heartbeat, "protocol": 1, "version": "1", "problem": problem}
        (self.home / "daemon.json").write_text(json.dumps(content))

    def job(self, state: str, asked: int = 2000, message: str = "3 notes.") -> str:
        """A job of this session in some state."""
        made = f"ardour-{asked}-{len(list((self.home / 'jobs').iterdir())):06d}"
        (self.home / "jobs" / made).mkdir()
        self.status(made, state, message)
        self.lua.globals().app.pending.add(made)
        return made

    def status(self, job: str, state: str, message: str = "3 notes.") -> None:
        content = {"state": state, "stage": "separate", "fraction": 0.5, "message": message}
        (self.home / "jobs" / job / "status.json").write_text(json.dumps(content))

    def correct(self, job: str, revision: int, session: dict[str, str]) -> None:
        """What the daemon does when a result is corrected."""
        folder = self.home / "jobs" / job
        host = plugins.create("hosts", "ardour", {}, Context(lambda name: self.home / name, self.home, self.home))
        host.deliver([], Request(job, "ardour", (), extra={"session": session}), folder)
        content = {"state": "done", "message": "3 notes.", "revision": revision}
        (folder / "status.json").write_text(json.dumps(content))

    def announce(self, job: str, session: dict[str, str]) -> None:
        """What the daemon does when a job of a session ends well."""
        folder = self.home / "jobs" / job
        folder.mkdir()
        host = plugins.create("hosts", "ardour", {}, Context(lambda name: self.home / name, self.home, self.home))
        host.deliver([], Request(job, "ardour", (), extra={"session": session}), folder)
        self.status(job, "done")

    def call(self, name: str) -> None:
        """Give the session another name, as Rename and Save As do."""
        self.lua.execute(f"Session.name = function() return '{name}' end")
        self.lua.execute(f"Session.path = function() return '/{name}' end")

    def press(self) -> None:
        self.lua.execute("app.messages.guard(app.request.press)")

    def look(self) -> None:
        self.lua.execute("look()")

    def names(self, expression: str) -> list[str]:
        return list(self.lua.eval(expression).values())

    @property
    def session(self) -> dict[str, str]:
        """What a request says of the session."""
        found: dict[str, str] = json.loads(self.lua.eval("app.json.encode(app.pending.session())"))
        return found

    @property
    def shown(self) -> list[str]:
        return self.names("shown")

    @property
    def waiting(self) -> list[str]:
        return self.names("app.pending.ids()")


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


def test_no_window_comes_up_by_itself(stage: Stage) -> None:
    """It is modal and Space presses its Cancel, so it would keep the user from playing and lose the job."""
    job = stage.job("running")
    stage.lua.execute("rolling = true")
    stage.look()
    stage.status(job, "done")
    stage.look()
    assert (stage.lua.globals().windows, stage.shown, stage.names("inserted")) == (0, [], [])
    stage.lua.execute("rolling = false")
    stage.look()
    assert stage.names("inserted") == [job]
    assert stage.waiting == []


def test_a_failure_waits_for_the_transport_too(stage: Stage) -> None:
    stage.job("failed", message="No room.")
    stage.lua.execute("rolling = true; look()")
    assert stage.shown == []
    stage.lua.execute("rolling = false; look()")
    assert stage.shown == ["No room."]


def test_a_second_press_shows_how_far_it_is(stage: Stage) -> None:
    stage.press()
    (job,) = stage.waiting
    stage.press()
    stage.look()
    assert stage.lua.globals().windows == 0, "the second half of a double click"
    stage.lua.execute("clock = clock + 2")
    stage.press()
    stage.look()
    assert (stage.lua.globals().windows, stage.waiting) == (1, [job])
    stage.lua.execute("cancelled = true; look()")
    assert (stage.lua.globals().windows, stage.waiting) == (0, [])
    assert not list((stage.home / "inbox").iterdir())


def test_the_window_says_why_the_daemon_cannot_take_the_request_over(stage: Stage) -> None:
    stage.press()
    stage.daemon(1e12, problem="The job could not be written; free some disk space.")
    stage.lua.execute("clock = clock + 2")
    stage.press()
    stage.look()
    assert stage.lua.globals().line == "The job could not be written; free some disk space."
    stage.daemon(1e12)
    stage.look()
    assert stage.lua.globals().line == "Waiting for its turn"


def test_the_window_goes_before_its_job_ends(stage: Stage) -> None:
    job = stage.job("running")
    stage.lua.execute("spans = {}")
    stage.press()
    stage.look()
    assert (stage.lua.globals().windows, stage.lua.globals().shown_at) == (1, 0.5)
    stage.status(job, "done", "0 notes. It is silent.")
    stage.lua.execute("outcome = { {}, 0 }; app.messages.show = function(text) seen = windows .. text end; look()")
    assert stage.lua.eval("seen") == "0It is silent."


def test_another_selection_is_another_job(stage: Stage) -> None:
    stage.press()
    stage.lua.execute("clock = clock + 5; spans[1].position = 96000")
    stage.press()
    assert len(stage.waiting) == 2
    # Once it has ended, the same selection is a new job as well.
    for job in stage.waiting:
        (stage.home / "jobs" / job).mkdir()
        stage.status(job, "done")
    stage.lua.execute("look(); clock = clock + 5")
    stage.press()
    assert len(stage.waiting) == 1


def test_a_result_that_waits_for_the_transport_is_not_asked_for_again(stage: Stage) -> None:
    stage.press()
    (job,) = stage.waiting
    (stage.home / "jobs" / job).mkdir()
    stage.status(job, "done")
    stage.lua.execute("rolling = true; clock = clock + 9; look()")
    stage.press()
    assert (stage.waiting, stage.lua.globals().windows) == ([job], 0)
    assert "as soon as the transport stops" in stage.shown[0]


def test_cancelled_too_late_is_cancelled_all_the_same(stage: Stage) -> None:
    job = stage.job("running")
    stage.lua.execute("spans = {}")
    stage.press()
    stage.lua.execute("cancelled = true; look()")
    stage.status(job, "done")
    stage.look()
    assert (stage.names("inserted"), stage.waiting) == ([], [])


def test_a_job_that_is_gone_holds_up_no_other(stage: Stage) -> None:
    stage.lua.execute("app.pending.add('ardour-2000-999999')")
    job = stage.job("done")
    stage.look()
    assert stage.names("inserted") == [job]
    assert stage.shown == []
    stage.lua.execute("clock = clock + 6; look()")
    assert "was removed before" in stage.shown[0]
    stage.look()
    assert (len(stage.shown), stage.waiting) == (1, [])


def test_every_job_that_has_ended_is_handled(stage: Stage) -> None:
    """A broken one and one in work hold up nothing."""
    running = stage.job("running")
    stage.lua.execute("outcome = 'Damaged.'")
    broken = stage.job("done")
    stage.look()
    stage.lua.execute("outcome = { {}, 4 }")
    failed, good = stage.job("failed", message="No room."), stage.job("done")
    stage.look()
    assert stage.shown == ["Damaged.", "No room."]
    assert stage.names("inserted") == [broken, good]
    assert stage.waiting == [running, broken]
    assert failed not in stage.waiting


def test_warnings_are_shown_once_an_evening(stage: Stage) -> None:
    stage.lua.execute("outcome = { { 'X is not ready here.' }, 4 }")
    stage.job("done", message="3 notes. The drums are faint.")
    stage.look()
    assert stage.shown == ["The drums are faint.\nX is not ready here."]
    stage.job("done")
    stage.look()
    assert len(stage.shown) == 1


@pytest.mark.parametrize(
    ("message", "said"), [("0 notes. It is silent.", "It is silent."), ("0 notes.", "No notes were heard")]
)
def test_nothing_to_insert_is_said(stage: Stage, message: str, said: str) -> None:
    stage.lua.execute("outcome = { {}, 0 }")
    stage.job("done", message=message)
    stage.look()
    assert said in stage.shown[0]


def test_an_old_result_is_offered_until_the_user_says_no(stage: Stage) -> None:
    job = stage.job("done", asked=500)
    stage.look()
    assert stage.shown == [], "the session still opens"
    # Closed without an answer: it waits until the session opens again.
    stage.lua.execute("settle()")
    assert (len(stage.shown), stage.waiting, stage.names("inserted")) == (1, [job], [])
    stage.open()
    stage.lua.execute("answer = LuaDialog.Response.No; settle()")
    assert (len(stage.shown), stage.waiting, stage.names("inserted")) == (1, [], [])
    stage.open()
    stage.lua.execute("settle()")
    assert stage.shown == []


def test_an_old_result_is_inserted_when_the_user_says_yes(stage: Stage) -> None:
    job = stage.job("done", asked=500)
    stage.lua.execute("answer = LuaDialog.Response.Yes; settle()")
    assert stage.names("inserted") == [job]


def test_a_result_of_another_try_is_inserted(stage: Stage) -> None:
    """'dawscribe retry' gives a job a new id; the daemon announces its result to the session."""
    job = "ardour-2000-000001-again-7"
    stage.announce(job, stage.session)
    stage.status(job, "running")
    stage.look()
    assert stage.waiting == []
    stage.status(job, "done")
    stage.look()
    stage.look()
    assert stage.names("inserted") == [job]


def test_a_renamed_session_takes_its_jobs_along(stage: Stage) -> None:
    first = stage.job("running")
    stage.look()
    before = stage.session
    for name in ("second", "third"):
        stage.call(name)
        stage.look()
    assert stage.waiting == [first]
    second = stage.job("running")
    # Also after Ardour was closed.
    stage.open()
    stage.call("third")
    stage.look()
    assert stage.waiting == [first, second]
    is_ours = stage.lua.eval("app.pending.is_ours")
    for session in (before, {"path": "/second", "name": "second"}, {"path": "/third", "name": "third"}):
        assert is_ours(stage.lua.table_from(session)), session
    assert not is_ours(stage.lua.table_from({"path": "/other", "name": "third"}))
    # Another session knows nothing of it.
    stage.open()
    assert stage.waiting == []


def test_another_try_follows_a_session_that_was_renamed(stage: Stage) -> None:
    """Its request holds the name of when it was first sent, and so does the daemon's announcement."""
    stage.job("failed")
    before = stage.session
    stage.look()
    for name in ("second", "third"):
        stage.call(name)
        stage.look()
    # The last job of all takes no former name with it.
    stage.job("cancelled")
    stage.look()
    stage.open()
    stage.call("third")
    again, later = "ardour-2000-000000-again-7", "ardour-4000-000000-again-8"
    stage.announce(again, before)
    assert stage.waiting == [again]
    # Save As leaves a session behind, which may go on with jobs of its own.
    stage.announce(later, before)
    assert stage.waiting == [again]
    stage.open()
    assert stage.waiting == [again, later]
    stage.open()
    stage.call("third")
    stage.look()
    assert stage.names("inserted") == [again]


@pytest.mark.parametrize("former", ['"x"', '{"key": 7}', '{"key": "../../secrets"}', '{"key": "0123456789ab"}'])
def test_a_damaged_record_of_former_names_is_passed_over(stage: Stage, former: str) -> None:
    file = stage.home / "hosts" / f"ardour-{stage.session['key']}.json"
    file.write_text(f'{{"jobs": [], "former": [{former}]}}')
    job = stage.job("running")
    stage.look()
    assert (stage.waiting, stage.shown) == ([job], [])


def test_renderings_go_with_what_is_inserted_or_withdrawn_and_stay_for_another_try(stage: Stage) -> None:
    def rendered(job: str) -> Path:
        file = stage.home / "hosts" / f"{job}-2-1.wav"
        file.touch()
        return file

    for state, left in (("done", False), ("failed", True), ("cancelled", True)):
        file = rendered(stage.job(state))
        stage.look()
        assert file.exists() == left, state
    refused = rendered("ardour-2000-999999")
    (stage.home / "refused").mkdir()
    (stage.home / "refused" / "ardour-2000-999999.json").write_text('{"message": "No."}')
    stage.lua.execute("app.pending.add('ardour-2000-999999'); look()")
    assert not refused.exists()
    stage.press()
    withdrawn = rendered(stage.waiting[0])
    stage.lua.execute("clock = clock + 2; spans = {}; cancelled = true")
    stage.press()
    stage.look()
    assert not withdrawn.exists()


def test_the_daemon_is_launched_once(stage: Stage) -> None:
    stage.daemon(0)
    stage.press()
    for _ in range(4):
        stage.lua.execute("look(); clock = clock + 15")
    assert (stage.lua.globals().launches, stage.shown) == (1, [])
    stage.lua.execute("clock = clock + 15; look(); look()")
    assert stage.lua.globals().launches == 1
    (sentence,) = stage.shown
    assert "dawscribe doctor" in sentence
    # A new request is a new reason to try.
    stage.lua.execute("spans[1].position = 96000")
    stage.press()
    stage.look()
    assert stage.lua.globals().launches == 2


def test_a_daemon_that_died_is_started_again(stage: Stage) -> None:
    stage.press()
    stage.look()
    stage.daemon(0)
    stage.look()
    assert stage.lua.globals().launches == 1


def test_a_correction_comes_without_a_question_and_once(stage: Stage) -> None:
    job = stage.job("done", asked=500)
    (stage.home / "jobs" / job / "inserted").write_text('{"revision": 1}')
    stage.lua.execute("settle()")
    assert (stage.names("inserted"), stage.waiting) == ([], [])
    stage.correct(job, 2, stage.session)
    assert stage.waiting == [job]
    stage.lua.execute("outcome = { {}, 3 }")
    stage.lua.execute("settle()")
    assert (stage.names("inserted"), stage.shown) == ([f"{job} again"], [])
    assert json.loads((stage.home / "jobs" / job / "inserted").read_text()) == {"revision": 2}


def test_a_correction_that_fails_leaves_the_mark_of_what_is_there(stage: Stage) -> None:
    job = stage.job("done")
    (stage.home / "jobs" / job / "inserted").write_text('{"revision": 1}')
    stage.correct(job, 2, stage.session)
    stage.lua.execute("outcome = 'Damaged.'")
    stage.lua.execute("settle()")
    assert stage.shown == ["Damaged."]
    assert json.loads((stage.home / "jobs" / job / "inserted").read_text()) == {"revision": 1}
    stage.lua.execute("outcome = { { '\"Bass\" was changed.' }, 3 }")
    stage.correct(job, 3, stage.session)
    stage.lua.execute("settle()")
    assert stage.shown == ["Damaged.", '"Bass" was changed.']
