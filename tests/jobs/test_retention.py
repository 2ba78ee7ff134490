"""Finished jobs go by age and by what they take; what waits for its DAW stays."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from bridge.jobs.retention import Limits, expired_jobs
from bridge.jobs.store import Job, JobStore
from bridge.spool.status import Status
from tests.support import Home, wait_for

pytestmark = pytest.mark.slow

DAY_S = 86_400
MEGABYTE = 1_000_000


class Store:
    """Job folders of known age and size."""

    def __init__(self, home: Path) -> None:
        self.store = JobStore(home)
        self.jobs: list[Job] = []

    def add(self, name: str, days: float, *, host: str = "midi_file", state: str = "done", size: int = 0) -> Path:
        folder = self.store.path(name)
        folder.mkdir(parents=True)
        (folder / "stem.wav").write_bytes(bytes(size))
        (folder / "status.json").touch()
        ended = time.time() - days * DAY_S
        os.utime(folder / "status.json", (ended, ended))
        self.jobs.append(Job(name, host, name, ended, Status(state)))
        return folder

    def expired_jobs(self, days: float = 30.0, size: float = MEGABYTE) -> list[str]:
        return expired_jobs(self.store, self.jobs, Limits(days, size))


@pytest.fixture
def kept(tmp_path: Path) -> Store:
    return Store(tmp_path)


def test_jobs_go_when_they_are_old(kept: Store) -> None:
    kept.add("new-job-01", 29)
    kept.add("old-job-01", 31)
    kept.add("failed-001", 31, host="reaper", state="failed")
    assert sorted(kept.expired_jobs()) == ["failed-001", "old-job-01"]


def test_a_result_that_waits_for_its_daw_stays_a_season(kept: Store) -> None:
    kept.add("waiting-01", 89, host="reaper", size=2 * MEGABYTE)
    kept.add("waiting-02", 91, host="reaper")
    (kept.add("inserted-1", 31, host="reaper") / "inserted").touch()
    assert kept.expired_jobs() == ["waiting-02", "inserted-1"]


def test_the_oldest_go_until_the_rest_fits_but_none_that_has_just_ended(kept: Store) -> None:
    for number in range(4):
        kept.add(f"large-000{number}", 4 - number, size=MEGABYTE // 2)
    assert kept.expired_jobs() == ["large-0000", "large-0001"]
    kept.add("just-0001", 0, size=5 * MEGABYTE)
    assert kept.expired_jobs() == [f"large-000{number}" for number in range(4)]
    assert "just-0001" not in kept.expired_jobs(days=0.0, size=0.0)


def test_what_is_shared_counts_once_and_what_the_cache_holds_counts_there(kept: Store, tmp_path: Path) -> None:
    first = kept.add("shared-001", 3, size=MEGABYTE)
    for number in (2, 3):
        again = kept.add(f"shared-00{number}", 3 - number / 2)
        (again / "stem.wav").unlink()
        os.link(first / "stem.wav", again / "stem.wav")
    assert kept.expired_jobs() == [], "three links to one file of the size allowed"
    assert len(kept.expired_jobs(size=MEGABYTE - 1)) == 3, "only with the last link is the space free"
    os.link(first / "stem.wav", tmp_path / "cached.wav")
    assert kept.expired_jobs(size=0.5 * MEGABYTE) == []


def test_the_daemon_removes_them_at_its_start_and_after_each_job(home: Home, wav: Path) -> None:
    home.configure("[jobs]\nkeep_days = 1.0\n[triggers.osc]\nenabled = false\n")
    daemon = home.start()
    jobs = [home.submit(home.request(f"aged-000{n}", wav, host="midi_file")) for n in range(3)]
    for job in jobs:
        home.wait_end(job)

    def age(job: str) -> None:
        ended = time.time() - 2 * DAY_S
        os.utime(home.folder / "jobs" / job / "status.json", (ended, ended))

    age(jobs[0])
    home.wait_end(home.submit(home.request("fresh-0001", wav, host="midi_file")))
    wait_for(lambda: not (home.folder / "jobs" / jobs[0]).exists(), "the removal after a job")
    age(jobs[1])
    daemon.kill()
    daemon.wait()
    home.start()
    wait_for(lambda: not (home.folder / "jobs" / jobs[1]).exists(), "the removal at the start")
    assert (home.folder / "jobs" / jobs[2] / "result.json").exists()
    assert home.run("jobs").stdout.count("aged-") == 1
