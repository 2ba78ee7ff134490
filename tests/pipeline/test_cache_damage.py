"""Stems in job folders are links to the cache: what is edited there, or was cut short, is never handed out again."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from bridge.audio.recording import Recording
from bridge.audio.span_import import import_span
from bridge.music.general_midi import Instrument
from bridge.music.notes import Bend, Note
from bridge.music.parts import Candidate, Part, Transcription
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


def test_no_value_of_another_kind_comes_through(cache: Cache) -> None:
    """Every value of an entry in turn as every kind of JSON: it is a miss, or one that could have been written."""
    note = Note(0.5, 1.0, 40, 90)
    part = Part(
        "bass", "bass", Instrument("Bass", 33, "bass"), (note,), (Bend(0.5, 0.25),), (Candidate(note, "bleed"),)
    )
    heard = Transcription((part,), ("Said.",))
    cache.keep_transcription("key", heard)
    (entry,) = cache._notes.iterdir()
    good = json.loads(entry.read_text())
    hits = 0
    for way in _ways(good):
        for odd in (None, True, 7, 40.5, -1, 1e300, "text", [], ["a"], [1, 2], {}, {"a": 1}):
            entry.write_text(json.dumps(_changed(good, way, odd)))
            found = cache.transcription("key")
            if found is None:
                continue
            hits += 1
            cache.keep_transcription("again", found)
            assert cache.transcription("again") == found, (way, odd)
            assert _odd(found) == [], (way, odd)
    assert hits > 20


def _ways(data: object, way: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    inside = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in inside:
        yield (*way, key)
        yield from _ways(value, (*way, key))


def _changed(data: object, way: tuple[str | int, ...], value: object) -> object:
    if not way:
        return value
    copy: Any = dict(data) if isinstance(data, dict) else list(data)  # type: ignore[call-overload]
    copy[way[0]] = _changed(copy[way[0]], way[1:], value)
    return copy


def _odd(found: Transcription) -> list[object]:
    """What is not of the type that it should have."""
    notes = [n for p in found.parts for n in (*p.notes, *(c.note for c in p.candidates))]
    texts = [*found.warnings, *(t for p in found.parts for t in (p.id, p.stem, p.name, p.family))]
    whole = [*(p.program for p in found.parts), *(k for n in notes for k in (n.pitch, n.velocity))]
    numbers = [t for n in notes for t in (n.onset_s, n.offset_s, n.confidence)]
    numbers += [t for p in found.parts for b in p.bends for t in (b.time_s, b.semitones)]
    odd: list[object] = [t for t in texts if type(t) is not str]
    return odd + [n for n in whole if type(n) is not int] + [n for n in numbers if type(n) not in (int, float)]
