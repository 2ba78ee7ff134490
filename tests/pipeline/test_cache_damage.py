"""Stems in job folders are links to the cache: what is edited there, or was cut short, is never handed out again."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from bridge.audio.recording import Recording
from bridge.audio.span_import import import_span
from bridge.music.notes import Bend, Note
from bridge.music.parts import Transcription
from bridge.pipeline.cache import Cache, link
from tests.raising import raises_code
from tests.support import Home, read_json

OFF = "[triggers.osc]\nenabled = false\n"


def edit(stem: Path) -> None:
    """What an audio editor does that saves in place."""
    with soundfile.SoundFile(stem, "r+") as file:
        file.write(np.zeros((file.frames, file.channels)))


def cut(stem: Path) -> None:
    os.truncate(stem, stem.stat().st_size // 2)


def empty(stem: Path) -> None:
    """What a power loss leaves on some file systems: the size and the time are right, the content is not there."""
    state = stem.stat()
    stem.write_bytes(bytes(state.st_size))
    os.utime(stem, ns=(state.st_atime_ns, state.st_mtime_ns))


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cache", limit=1e9)


def keep(cache: Cache, wav: Path) -> dict[str, Recording]:
    draft = cache.stem_draft("key")
    return cache.keep_stems("key", draft, {"drums": import_span(wav, draft / "drums.wav")})


@pytest.mark.parametrize("damage", [edit, cut, empty, Path.unlink])
def test_a_changed_entry_is_a_miss_and_can_be_made_again(
    cache: Cache, wav: Path, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    made = keep(cache, wav)
    link(made["drums"].path, tmp_path / "job" / "drums.wav")
    assert cache.stems("key") == made
    damage(tmp_path / "job" / "drums.wav" if damage is edit else made["drums"].path)
    assert cache.stems("key") == {}
    again = keep(cache, wav)
    assert again["drums"].read().any()
    assert cache.stems("key") == again


def test_a_stem_edited_in_a_job_folder_leaves_the_next_job_as_it_was(home: Home, wav: Path) -> None:
    home.start()
    parts = []
    for number in range(2):
        job = home.submit(home.request(f"edited-000{number}", wav))
        assert home.wait_end(job)["state"] == "done"
        result = read_json(home.folder / "jobs" / job / "result.json")
        parts.append([(p["role"], len(p["notes"])) for p in result["items"][0]["parts"]])
        for stem in (home.folder / "jobs" / job / "stems").iterdir():
            edit(stem)
        # Other notes, so that they are heard anew in the stems.
        home.configure(f"[transcribers.fake]\npitch = 61\n{OFF}")
    assert parts[0] == parts[1]


def test_a_stem_that_cannot_be_written_to_the_job_is_said_in_a_sentence(
    cache: Cache, wav: Path, tmp_path: Path
) -> None:
    made = keep(cache, wav)
    (tmp_path / "job").write_text("a file where the folder should be")
    with raises_code("stems-unwritable"):
        link(made["drums"].path, tmp_path / "job" / "drums.wav")


@pytest.mark.parametrize(
    ("old", "new"),
    [('"warnings":[]', '"warnings":[7]'), ("[0.5,1.0,40,", "[0.5,1.0,40.5,"), ("[0.5,0.25]", '["0.5",0.25]')],
    ids=["a warning that is a number", "half a key", "a bend that is a text"],
)
def test_notes_of_a_wrong_type_are_a_miss(cache: Cache, old: str, new: str) -> None:
    heard = Transcription.single("bass", (Note(0.5, 1.0, 40, 90),), (Bend(0.5, 0.25),))
    cache.keep_transcription("key", heard)
    assert cache.transcription("key") == heard
    (entry,) = cache._notes.iterdir()
    content = entry.read_text()
    assert old in content, content
    entry.write_text(content.replace(old, new))
    assert cache.transcription("key") is None
