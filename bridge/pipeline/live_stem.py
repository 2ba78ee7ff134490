"""Stems that are heard while they are still being written.

A :class:`Growing` stands for a stem's recording: reading it waits until the sound is there, so that an engine that
reads piece by piece works behind the separation without knowing of it. Engines run in threads of their own, two at a
time, and hand on where they wait; what separates waits in turn until they have caught up. Beside a network that runs
on all cores they would hold up its threads, which wait for each other at every layer: 4 minutes on two cores took 39 s
that way and take 36.5 s this way. No engine runs in two threads at a time, so it need not be safe for them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from bridge.audio.recording import BLOCK_FRAMES, Array, Recording, is_silent
from bridge.audio.wav_writer import Writer, raw_samples
from bridge.errors import JobCancelled

LANES = 2
"""Engines that run together: a third would wait for those that hear two stems."""
HEAP_S = 24.0
"""Sound that is handed on at a time, but for the first piece: engines read windows of up to 10 s, and with several of
them to hear no core waits long for the other."""
TICK_S = 0.2
"""Between two looks at whether the job is still wanted."""


class Growth:
    """How far the stems of one item are; shared by all of them."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._running: set[str] = set()
        self._ready = 0
        """Threads that wait for a turn and for nothing else."""
        self._sleeping: list[Callable[[], bool]] = []
        """What those wait for that have heard all there is."""
        self._own = threading.local()
        self._frames = self._written = 0
        self._final: Mapping[str, Recording] = {}
        self._stopped = False

    @contextmanager
    def turn(self, engine: str) -> Iterator[None]:
        """Hold a turn: nothing else of ``engine`` runs while what is inside does, but for its waits."""
        self._own.engine = engine
        self._take()
        try:
            yield
        finally:
            self._hand_on()

    def _take(self) -> None:
        engine: str = self._own.engine
        with self._changed:
            self._ready += 1
            self._changed.wait_for(lambda: engine not in self._running and len(self._running) < LANES)
            self._ready -= 1
            self._running.add(engine)

    def _hand_on(self) -> None:
        with self._changed:
            self._running.remove(self._own.engine)
            self._changed.notify_all()

    def advance(self, frames: int, rate: int, tick: Callable[[], None]) -> None:
        """``frames`` more of every stem are in their files, flushed; returns when the engines have heard what they may.

        Args:
            frames: samples of each stem.
            rate: samples a second.
            tick: called meanwhile; what it raises ends the wait.
        """
        with self._changed:
            self._written += frames
            if self._frames and self._written - self._frames < HEAP_S * rate:
                return
            self._frames = self._written
            self._changed.notify_all()
        while not self._caught_up():
            tick()

    def _caught_up(self) -> bool:
        """Whether all wait for more sound, after at most :data:`TICK_S`."""
        with self._changed:
            return self._changed.wait_for(
                lambda: not (self._running or self._ready or any(awake() for awake in self._sleeping)), TICK_S
            )

    def hold(self) -> None:
        """Let nobody read until :meth:`settle`: the files are being closed and moved."""
        with self._changed:
            self._frames = 0

    def settle(self, final: Mapping[str, Recording]) -> None:
        """All stems are finished; from here on they are read where they lie now."""
        with self._changed:
            self._final = final
            self._changed.notify_all()

    def stop(self) -> None:
        """There will be no more sound: whoever waits for it gets JobCancelled."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def final(self, role: str) -> Recording:
        """The finished recording, once it is there."""
        self._wait(lambda: bool(self._final))
        return self._final[role]

    def read(self, role: str, draft: Path, channels: int, start: int, frames: int) -> Array:
        """(channels, frames) of a stem as soon as they are final."""
        while True:
            self._wait(lambda: bool(self._final) or self._frames >= start + frames)
            # Under the lock, so that no file is moved while it is read.
            with self._changed:
                if self._final:
                    break
                if self._frames >= start + frames:
                    return raw_samples(draft, channels, start, frames)
        return self._final[role].read(start, frames)

    def until(self, holds: Callable[[], bool]) -> None:
        """Wait until ``holds``, at the latest until everything is finished."""
        self._wait(lambda: bool(self._final) or holds())

    def _wait(self, holds: Callable[[], bool]) -> None:
        with self._changed:
            if self._stopped:
                raise JobCancelled
            if holds():
                return
            self._hand_on()
            self._sleeping.append(holds)
            self._changed.wait_for(lambda: self._stopped or holds())
            self._sleeping.remove(holds)
            self._take()
            if self._stopped:
                raise JobCancelled


class Growing(Recording):
    """A stem's recording from its first sample on; reading and measuring wait for what they need.

    Only for threads that hold a turn of its growth.

    Args:
        role: the stem's.
        writer: what writes it.
        mix: as long as the stem will be.
        growth: how far the writing is.
    """

    _role: str
    _writer: Writer
    _growth: Growth

    def __init__(self, role: str, writer: Writer, mix: Recording, growth: Growth) -> None:
        known = {"rate": mix.rate, "channels": mix.channels, "frames": mix.frames}
        for name, value in {**known, "_role": role, "_writer": writer, "_growth": growth}.items():
            # A recording is frozen for everybody else.
            object.__setattr__(self, name, value)

    @property
    def path(self) -> Path:
        """The finished file."""
        return self._growth.final(self._role).path

    @property
    def rms(self) -> float:
        """Root mean square over all samples."""
        return self._growth.final(self._role).rms

    @property
    def peak(self) -> float:
        """Largest absolute sample of all."""
        return self._growth.final(self._role).peak

    @property
    def is_silent(self) -> bool:
        """Whether nothing can be heard in it; known as soon as something can."""
        self._growth.until(lambda: not is_silent(self._writer.peak))
        return is_silent(self._writer.peak)

    def blocks(self, frames: int = BLOCK_FRAMES) -> Iterator[Array]:
        """As of a recording, each block when it is there."""
        for start in range(0, self.frames, frames):
            yield self.read(start, frames)

    def read(self, start: int = 0, frames: int | None = None) -> Array:
        """As of a recording, when it is there."""
        start = min(max(0, start), self.frames)
        frames = self.frames - start if frames is None else min(frames, self.frames - start)
        return self._growth.read(self._role, self._writer.path, self.channels, start, frames)
