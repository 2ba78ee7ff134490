"""Which job a command means."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bridge.cli.client import Client
from bridge.jobs.store import JobStore
from tests.raising import raises_code


@pytest.fixture
def client(tmp_path: Path) -> Client:
    """A home with one job."""
    folder = tmp_path / "jobs" / "song-00001"
    folder.mkdir(parents=True)
    item = {"name": "song", "audio": {"path": "/song.wav"}}
    request = {"protocol": 1, "id": folder.name, "host": "midi_file", "items": [item], "asked": 1.0}
    (folder / "request.json").write_text(json.dumps(request))
    (folder / "status.json").write_text(json.dumps({"protocol": 1, "state": "done"}))
    return Client(tmp_path, JobStore(tmp_path))


@pytest.mark.parametrize("name", ["song-00001", "song", "s", "last"])
def test_a_job_goes_by_its_name_or_the_beginning_of_it(client: Client, name: str) -> None:
    assert client.job(name).id == "song-00001"


@pytest.mark.parametrize("name", ["", "ong", "song-000011", "*", ".", "../jobs/song-00001"])
def test_no_other_word_is_a_job(client: Client, name: str) -> None:
    # "" is a script's variable that was never set, as in: dawscribe cancel "$JOB"
    with raises_code("job-not-found"):
        client.job(name)
