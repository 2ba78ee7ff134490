"""Read stems while they are still being written.

A :class:`LiveStem` is the sound of a stem from its first sample on: each read waits until the sound is there, so that
a transcriber that reads piece by piece works behind the separation without knowing of it. Separation waits in turn
until the transcribers have caught up, so that they never compete for the processor.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from bridge.audio.recording import BLOCK_FRAMES, Array, Recording, is_silent, mono
from bridge.audio.wav_writer import Writer, raw_samples
from bridge.errors import JobCancelled
from bridge.pipeline.engine_slots import EngineSlots

ADVANCE_S = 24.0
"""Sound that is announced at a time, but for the first piece: engines read windows of up to 10 s, and with several of
them to hear no core waits long for the other."""
POLL_S = 0.2
"""Between two checks whether the job is still wanted."""


class StemFeed:
    """Progress of writing the stems of one item.

    Shared by all of them.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self.slots = EngineSlots(self._changed)
        self._waiting: list[Callable[[], bool]] = []
        """Conditions of those that have read all there is."""
        self._frames = self._written = 0
        self._final: Mapping[str, Recording] = {}
        self._stopped = False

    def advance(self, frames: int, rate: int, check_cancelled: Callable[[], None]) -> None:
        """Announce newly written frames and block until the transcribers have consumed them.

        Args:
            frames: new samples of each stem, flushed to their files.
            rate: samples a second.
            check_cancelled: called meanwhile; what it raises ends the wait.
        """
        with self._changed:
            self._written += frames
            if self._frames and self._written - self._frames < ADVANCE_S * rate:
                return
            self._frames = self._written
            self._changed.notify_all()
        while not self._caught_up():
            check_cancelled()

    def _caught_up(self) -> bool:
        """Return whether all wait for more sound, after at most :data:`POLL_S`."""
        with self._changed:
            return self._changed.wait_for(
                lambda: self.slots.is_idle and not any(holds() for holds in self._waiting), POLL_S
            )

    def hold(self) -> None:
        """Let nobody read until :meth:`settle`.

        The files are being closed and moved.
        """
        with self._changed:
            self._frames = 0

    def settle(self, final: Mapping[str, Recording]) -> None:
        """Announce the finished stems.

        From here on they are read where they lie now.
        """
        with self._changed:
            self._final = final
            self._changed.notify_all()

    def stop(self) -> None:
        """End all waits.

        Whoever waits for sound gets JobCancelled.
        """
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def final(self, name: str) -> Recording:
        """Wait for the finished recording of a stem and return it."""
        self.until(lambda: False)
        return self._final[name]

    def read(self, name: str, draft: Path, channels: int, start: int, frames: int) -> Array:
        """Return (channels, frames) of a stem as soon as they are final."""
        while True:
            self.until(lambda: self._frames >= start + frames)
            # Under the lock, so that no file is moved while it is read.
            with self._changed:
                if self._final:
                    break
                if self._frames >= start + frames:
                    return raw_samples(draft, channels, start, frames)
        return self._final[name].read(start, frames)

    def until(self, holds: Callable[[], bool]) -> None:
        """Wait until ``holds``, at the latest until everything is finished."""

        def ready() -> bool:
            return bool(self._final) or holds()

        with self._changed:
            if not self._stopped and not ready():
                self._waiting.append(ready)
                self.slots.wait_for(lambda: self._stopped or ready())
                self._waiting.remove(ready)
            if self._stopped:
                raise JobCancelled


class LiveStem:
    """The sound of a stem that is still being written; reading and measuring wait for what they need.

    Only for threads that hold a slot of its feed.

    Args:
        name: the stem's.
        writer: what writes it.
        mix: as long as the stem will be.
        feed: how far the writing is.
    """

    def __init__(self, name: str, writer: Writer, mix: Recording, feed: StemFeed) -> None:
        self._name, self._writer, self._feed = name, writer, feed
        self.rate, self.channels, self.frames = mix.rate, mix.channels, mix.frames

    @property
    def length_s(self) -> float:
        """Seconds of sound."""
        return self.frames / self.rate

    @property
    def rms(self) -> float:
        """Root mean square over all samples."""
        return self._feed.final(self._name).rms

    @property
    def peak(self) -> float:
        """Largest absolute sample of all."""
        return self._feed.final(self._name).peak

    @property
    def is_silent(self) -> bool:
        """Return whether nothing can be heard in it.

        Known as soon as something can.
        """
        self._feed.until(lambda: not is_silent(self._writer.peak))
        return is_silent(self._writer.peak)

    def blocks(self, frames: int = BLOCK_FRAMES) -> Iterator[Array]:
        """Yield consecutive blocks, each when it is there."""
        for start in range(0, self.frames, frames):
            yield self.read(start, frames)

    def read(self, start: int = 0, frames: int | None = None) -> Array:
        """Return (channels, frames) float32 from frame ``start`` on, when they are there."""
        start = min(max(0, start), self.frames)
        frames = self.frames - start if frames is None else min(frames, self.frames - start)
        return self._feed.read(self._name, self._writer.path, self.channels, start, frames)

    def mono(self, rate: int, start_s: float = 0.0, length_s: float | None = None) -> Array:
        """Return the mean of the channels at ``rate`` Hz; see :meth:`bridge.audio.recording.Recording.mono`."""
        return mono(self, rate, start_s, length_s)
