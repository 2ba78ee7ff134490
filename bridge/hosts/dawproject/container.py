"""The .dawproject file itself.

A ZIP with project.xml, metadata.xml and the sound.

All sound in it has one sample rate, since Cubase does not convert a file of another one: a 44.1 kHz WAV goes in as it
is, anything else as the copy that was heard. Sound is stored, not packed: packing saves a tenth and takes minutes.
"""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

import soundfile

from bridge.audio.container_checks import sound_path
from bridge.audio.recording import WORK_RATE
from bridge.audio.span_import import ChannelSource, import_span
from bridge.errors import InputError, writing
from bridge.hosts.dawproject.document import Sound, metadata, project
from bridge.spool.request import AudioSpan
from bridge.spool.result import ItemResult

STAMP = (1980, 1, 1, 0, 0, 0)
"""The time of every entry, ZIP's earliest: the same result makes the same bytes."""


def write_project(item: ItemResult, span: AudioSpan, path: Path, *, with_stems: bool = True) -> Path:
    """Write the project of one transcribed item to ``path``, whole or not at all.

    Args:
        item: what was heard, its stems if they were kept.
        span: the audio that it was heard in.
        path: the .dawproject file.
        with_stems: whether the stems go in too.

    Raises:
        InputError: the audio cannot be read.
        StoreError: the file cannot be written.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with writing(path, "project-unwritable"):
            path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(prefix=".dawscribe-", dir=path.parent) as folder:
                song = _song(span, Path(folder))
                stems = [_stem(number, role, file) for number, (role, file) in enumerate(item.stems, 1) if with_stems]
                _write(draft, item, song, stems)
            draft.replace(path)
    finally:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
    return path


def _song(span: AudioSpan, folder: Path) -> Sound:
    """The audio that was heard: the file itself where every DAW plays it as it is, else a copy of the span."""
    if not span.channels and span.gain == 1.0:
        whole = _sound("audio/song.wav", span.path, span.start_s, span.length_s)
        if whole.rate == WORK_RATE and _is_wav(span.path):
            return whole
    sources = [ChannelSource(path, number) for path, number in span.channels] or span.path
    copy = folder / "song.wav"
    import_span(sources, copy, start_s=span.start_s, length_s=span.length_s, gain=span.gain)
    return _sound("audio/song.wav", copy)


def _stem(number: int, role: str, path: Path) -> tuple[str, Sound]:
    """Return a stem with a place in the ZIP that no other sound has, whatever a plugin calls it."""
    sound = _sound(f"stems/{number}_{re.sub(r'[^A-Za-z0-9-]', '_', role)}.wav", path)
    if not sound.rate:
        raise InputError(
            f"The stem {path.name} is no sound any more; transcribe the item again.", code="stem-unreadable"
        )
    return role, sound


def _is_wav(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(12)
    return head[:4] == b"RIFF" and head[8:] == b"WAVE"


def _sound(name: str, path: Path, start_s: float = 0.0, length_s: float | None = None) -> Sound:
    try:
        info = soundfile.info(sound_path(path))
    except (soundfile.LibsndfileError, OSError):
        # Not every file is libsndfile's to read: Sound.rate 0 sends it through dawscribe's own reader.
        if not path.is_file():
            raise InputError(f"{path.name} cannot be read; export the audio again.", code="file-unreadable") from None
        return Sound(name, path, 0, 0, 0.0)
    left = max(0.0, info.duration - start_s)
    length = left if length_s is None else min(left, length_s)
    return Sound(name, path, info.samplerate, info.channels, info.duration, start_s, length)


def _write(draft: Path, item: ItemResult, song: Sound, stems: Sequence[tuple[str, Sound]]) -> None:
    with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED) as box:
        for name, root in (("metadata.xml", metadata(item.name)), ("project.xml", project(item, song, stems))):
            ElementTree.indent(root)
            text = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
            box.writestr(zipfile.ZipInfo(name, STAMP), text, zipfile.ZIP_DEFLATED)
        for sound in (song, *(s for _, s in stems)):
            _add(box, sound)


def _add(box: zipfile.ZipFile, sound: Sound) -> None:
    entry = zipfile.ZipInfo(sound.name, STAMP)
    entry.file_size = sound.path.stat().st_size
    with sound.path.open("rb") as source, box.open(entry, "w") as target:
        while block := source.read(1 << 20):
            target.write(block)
