"""Keep what was computed once.

Stems, activations and transcriptions, by the sound itself and all that shaped them.

The least recently used goes first when the limit of the settings is reached. A damaged or half-written entry, or one
that somebody edited, is a miss, never an error: stems in job folders are links to the very files that lie here.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import soundfile

from bridge.audio.recording import Recording
from bridge.errors import InputError, writing
from bridge.files import read_untrusted, sync_file, write_json
from bridge.music.general_midi import Instrument
from bridge.music.notes import Bend, Note
from bridge.music.parts import Candidate, Part, Transcription
from bridge.pipeline.activation_files import read_activations, write_activations
from bridge.plugins.interfaces import Activations
from bridge.spool.untrusted_json import parse_json

MAX_TRANSCRIPTION_BYTES = 64 << 20
"""An hour of dense music is 5 MB."""
META = "stems.json"


def content_key(recording: Recording) -> str:
    """Return a key of the samples alone.

    The same sound under another name has the same key.
    """
    digest = hashlib.sha256(f"{recording.rate} {recording.channels}".encode())
    for block in recording.blocks():
        digest.update(block.tobytes())
    return digest.hexdigest()


def derived_key(*parts: object) -> str:
    """Return a key of everything in ``parts``."""
    return hashlib.sha256(json.dumps([str(p) for p in parts]).encode()).hexdigest()


class Cache:
    """Stems, activations and transcriptions of earlier jobs.

    Args:
        folder: where they lie.
        limit: bytes that all of them may take.
    """

    def __init__(self, folder: Path, limit: float) -> None:
        self._stems, self._activations, self._notes = (folder / n for n in ("stems", "activations", "notes"))
        self.limit = limit

    def stems(self, key: str) -> dict[str, Recording]:
        """Return the separated stems of a key by name; empty where there are none, or not as they were written."""
        folder = self._stems / key
        try:
            meta = parse_json(read_untrusted(folder / META, 1 << 20), META)
            stems = {name: _unchanged(folder / f"{name}.wav", **fields) for name, fields in meta.items()}
            os.utime(folder)
        except (OSError, InputError, TypeError, ValueError, soundfile.SoundFileError):
            return {}
        return stems

    def stem_draft(self, key: str) -> Path:
        """Return an empty folder for the stems of a key, to be kept or discarded."""
        draft = self._stems / f".{key}.{os.getpid()}"
        shutil.rmtree(draft, ignore_errors=True)
        return draft

    def keep_stems(self, key: str, draft: Path, stems: Mapping[str, Recording]) -> dict[str, Recording]:
        """Keep the finished stems of a draft.

        They become visible at once, or never.

        Raises:
            StoreError: the disk is full or the folder cannot be written.
        """
        target = self._stems / key
        with writing(self._stems, "cache-unwritable", "free some disk space"):
            meta = {name: {"recording": {**asdict(r), "path": ""}, **_state(r.path)} for name, r in stems.items()}
            for recording in stems.values():
                sync_file(recording.path)
            write_json(draft / META, meta)
            shutil.rmtree(target, ignore_errors=True)
            draft.rename(target)
        self._trim(spare=target)
        return self.stems(key)

    def activations(self, key: str) -> Activations | None:
        """Return the activations of a key, None where there are none."""
        path = self.activations_file(key)
        with suppress(OSError):
            os.utime(path)
        return read_activations(path)

    def activations_file(self, key: str) -> Path:
        """Return where the activations of a key lie."""
        return self._activations / key

    def keep_activations(self, key: str, activations: Activations) -> None:
        """Keep activations.

        A full disk only means that they are not kept.
        """
        with suppress(OSError):
            write_activations(self.activations_file(key), activations)

    def transcription(self, key: str) -> Transcription | None:
        """Return the transcription of a key, None where there is none."""
        path = self._notes / f"{key}.json"
        try:
            data = parse_json(read_untrusted(path, MAX_TRANSCRIPTION_BYTES), "notes")
            os.utime(path)
            found = Transcription(tuple(_part(p) for p in data["parts"]), tuple(data["warnings"]))
            return found if _is_sound(found) else None
        except (OSError, InputError, KeyError, TypeError, ValueError):
            return None

    def keep_transcription(self, key: str, transcription: Transcription) -> None:
        """Keep a transcription.

        A full disk only means that it is not kept.
        """
        data = {"parts": [_part_json(p) for p in transcription.parts], "warnings": list(transcription.warnings)}
        with suppress(OSError):
            self._notes.mkdir(parents=True, exist_ok=True)
            write_json(self._notes / f"{key}.json", data, durable=False)

    def _trim(self, spare: Path) -> None:
        """Remove the least recently used until the rest fits; ``spare`` is in use and stays, however large."""
        entries = sorted(self._entries())
        total = sum(size for _, size, _ in entries)
        for _, size, path in entries:
            if total <= self.limit:
                return
            if path == spare:
                continue
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
            total -= size

    def _entries(self) -> Iterator[tuple[float, int, Path]]:
        """Yield (last use, bytes, path) of everything kept."""
        for folder in (self._stems, self._activations, self._notes):
            for path in folder.iterdir() if folder.is_dir() else ():
                with suppress(OSError):
                    inside = list(path.iterdir()) if path.is_dir() else [path]
                    yield path.stat().st_mtime, sum(p.stat().st_size for p in inside), path


def _part_json(part: Part) -> dict[str, Any]:
    return {
        "id": part.id,
        "stem": part.stem,
        "instrument": asdict(part.instrument),
        "notes": [_row(n) for n in part.notes],
        "bends": [[b.time_s, b.semitones] for b in part.bends],
        "candidates": [[*_row(c.note), c.reason] for c in part.candidates],
    }


def _is_sound(found: Transcription) -> bool:
    """Return whether all that was read has the type it should have; a damaged entry is one that is not there."""
    notes = [n for p in found.parts for n in (*p.notes, *(c.note for c in p.candidates))]
    numbers = [n for note in notes for n in (note.onset_s, note.offset_s, note.confidence)]
    numbers += [n for p in found.parts for bend in p.bends for n in (bend.time_s, bend.semitones)]
    whole = [n for note in notes for n in (note.pitch, note.velocity)] + [p.program for p in found.parts]
    texts = [t for p in found.parts for t in (p.id, p.stem, p.name, p.family)]
    return (
        all(isinstance(t, str) for t in (*found.warnings, *texts))
        and all(type(n) in (int, float) and math.isfinite(n) for n in numbers)
        and all(type(n) is int for n in whole)
        and all(type(p.is_drums) is bool for p in found.parts)
    )


def _part(data: Mapping[str, Any]) -> Part:
    return Part(
        data["id"],
        data["stem"],
        Instrument(**data["instrument"]),
        tuple(Note(*row) for row in data["notes"]),
        tuple(Bend(*row) for row in data["bends"]),
        tuple(Candidate(Note(*row), reason) for *row, reason in data["candidates"]),
    )


def _row(n: Note) -> list[float]:
    return [n.onset_s, n.offset_s, n.pitch, n.velocity, n.confidence]


def _state(path: Path) -> dict[str, int]:
    """Return what changes when somebody writes to a file."""
    status = path.stat()
    return {"size": status.st_size, "mtime_ns": status.st_mtime_ns}


def _unchanged(path: Path, recording: Mapping[str, Any], **state: int) -> Recording:
    """Return the recording in ``path`` as it was kept; ValueError where the file is another by now."""
    if _state(path) != state:
        raise ValueError(path.name)
    found = Recording(**{**recording, "path": path, "warnings": tuple(recording.get("warnings", ()))})
    found.read(frames=1)  # a power loss may leave a file of the right size with nothing in it
    return found


def remove_drafts(folder: Path) -> None:
    """Remove what a process that was killed was writing to the cache in ``folder``; only while none writes."""
    for draft in folder.glob("*/.*"):
        if draft.is_dir():
            shutil.rmtree(draft, ignore_errors=True)
        else:
            with suppress(OSError):
                draft.unlink()


def link(source: Path, target: Path) -> None:
    """Make ``target`` the same file as ``source``, by a link where the file system has them.

    Raises:
        StoreError: the disk is full or the folder cannot be written.
    """
    with writing(target, "stems-unwritable"):
        target.parent.mkdir(parents=True, exist_ok=True)
        with suppress(OSError):
            os.link(source, target)
            return
        shutil.copyfile(source, target)
