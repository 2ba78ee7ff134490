"""Turn a span of any audio file into the working WAV.

Any format, rate and channel count becomes stereo float at the working rate.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import soxr

from bridge.audio.audio_file import AudioFile
from bridge.audio.losses import loss_sentences
from bridge.audio.recording import BLOCK_FRAMES, CANCELLED, WORK_RATE, Array, Recording
from bridge.audio.wav_writer import FRAME_BYTES, Writer, check_room, invert_right
from bridge.errors import InputError

MIN_LENGTH_S = 0.1
"""Under this no engine can tell a pitch; a sixteenth note at 150 BPM lasts as long."""
TURNED = "Left and right cancel each other here, as where one side is inverted; the right one was turned round."


@dataclass(frozen=True, slots=True)
class ChannelSource:
    """One channel of one file.

    DAWs that keep stereo as two mono files name two of these.
    """

    path: Path
    channel: int = 0


def import_span(
    sources: Path | Sequence[ChannelSource],
    target: Path,
    *,
    start_s: float = 0.0,
    length_s: float | None = None,
    gain: float = 1.0,
    report: Callable[[str, float], None] = lambda stage, fraction: None,
) -> Recording:
    """Decode a span of audio to a stereo float WAV of :data:`WORK_RATE` at ``target``.

    What a damaged file lacks is silence there, or an earlier end; the recording's warnings say so. Mono is doubled;
    more than two channels fold to two by the mean of the odd and of the even ones.

    Args:
        sources: a file, or one source per channel.
        target: the working copy; nothing is left there on failure.
        start_s: where the span starts in the file, seconds.
        length_s: its length, None for the rest of the file.
        gain: linear factor.
        report: progress and cancel, stage "read".

    Raises:
        InputError: missing, empty, too short, not audio, or samples that are not numbers.
        StoreError: the working copy cannot be written.
    """
    if not all(math.isfinite(n) for n in (start_s, gain, length_s or 0.0)):
        raise InputError(
            "The start, length or gain of this item is not a number; glue or bounce the item first.",
            code="item-not-a-number",
        )
    paths = [sources] if isinstance(sources, Path) else [s.path for s in sources]
    picks = None if isinstance(sources, Path) else [s.channel for s in sources]
    with ExitStack() as stack:
        files = [stack.enter_context(closing(AudioFile(p))) for p in paths]
        rate = files[0].rate
        if any(f.rate != rate for f in files):
            message = "The channels of this item have different sample rates; glue or bounce the item first."
            raise InputError(message, code="item-rates-differ")
        first, asked = round(start_s * rate), None if length_s is None else round(length_s * rate)
        known = [f.frames - first for f in files if f.frames is not None]
        wanted = min([*known, *([] if asked is None else [asked])], default=None)
        if first < 0 or (wanted is not None and wanted < MIN_LENGTH_S * rate):
            raise _too_little(paths[0], wanted or 0, rate)
        if wanted is not None:
            check_room(target, round(wanted / rate * WORK_RATE) * FRAME_BYTES)
        for f in files:
            f.skip(first)
        with Writer(target, WORK_RATE, 2) as writer:
            sides = _Sides()
            for block in _decoded(files, picks, wanted, report):
                sides.add(block)
                writer.write(block * np.float32(gain) if gain != 1.0 else block)
            recording = writer.finish()
            if recording.length_s < MIN_LENGTH_S:
                raise _too_little(paths[0], recording.frames, WORK_RATE)
            said = []
            if sides.cancel:
                invert_right(target)
                said.append(TURNED)
            is_cut = asked is None or round(recording.length_s * rate) < asked - rate * MIN_LENGTH_S
            for f in {f.path: f for f in files}.values():
                end = f.end_loss() if is_cut else None
                said += loss_sentences(f.path.name, f.losses, end, first / rate)
            return replace(recording, warnings=tuple(said))


class _Sides:
    """The relation of a sound's left and right."""

    def __init__(self) -> None:
        self._mean = self._each = 0.0

    def add(self, block: Array) -> None:
        """Take (2, frames) into account."""
        mean = block.mean(0)
        self._mean += float(np.vdot(mean, mean))
        self._each += float(np.vdot(block, block)) / 2

    @property
    def cancel(self) -> bool:
        """Return whether hardly anything is left of the sound where both are added, as where one is inverted."""
        return self._mean < CANCELLED * self._each


def _too_little(path: Path, frames: int, rate: int) -> InputError:
    return InputError(
        f"There is too little audio to transcribe in {path.name} "
        f"({max(0.0, frames / rate):.2f} s); select at least {MIN_LENGTH_S} s.",
        code="audio-too-short",
    )


def _decoded(
    files: Sequence[AudioFile], picks: list[int] | None, wanted: int | None, report: Callable[[str, float], None]
) -> Iterator[Array]:
    """Stereo blocks at the working rate; refuses numbers that are none.

    ``wanted`` is the number of frames to read, None for all that come.
    """
    path, rate = files[0].path, files[0].rate
    resampler = None if rate == WORK_RATE else soxr.ResampleStream(rate, WORK_RATE, 2, dtype="float32")
    most = _block_frames(rate, sum(f.channels for f in files))
    done, ended = 0, False
    while not ended:
        count = most if wanted is None else min(most, wanted - done)
        columns = [f.read(count) for f in files]
        found = min(map(len, columns))
        done += found
        ended = found < count or done == wanted
        block = _stereo([c[:found] for c in columns], picks)
        if not np.isfinite(block).all():
            message = f"{path.name} holds samples that are not numbers (NaN or infinity); export the audio again."
            raise InputError(message, code="audio-not-numbers")
        if resampler is not None:
            block = resampler.resample_chunk(block, last=ended)
        yield np.ascontiguousarray(block.T)
        # Where the length is not known, the bar grows ever more slowly.
        report("read", done / (wanted or done + BLOCK_FRAMES))


def _block_frames(rate: int, channels: int) -> int:
    """Frames to read at a time: no more samples than usual, counted before resampling, after it, or by channel."""
    return max(1, int(BLOCK_FRAMES * min(1.0, rate / WORK_RATE, 2 / channels)))


def _stereo(columns: list[Array], picks: list[int] | None) -> Array:
    """(frames, 2) of what was read from one file or from one per channel."""
    if picks is None:
        block = columns[0]
    else:
        block = np.stack([c[:, min(p, c.shape[1] - 1)] for c, p in zip(columns, picks, strict=True)], 1)
    if block.shape[1] == 1:
        return np.repeat(block, 2, 1)
    if block.shape[1] == 2:
        return block
    return np.stack([block[:, 0::2].mean(1), block[:, 1::2].mean(1)], 1)
