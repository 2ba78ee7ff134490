"""Plays a result on a MIDI port.

By its own clock, or slaved to a DAW's MIDI clock and song position.

By its own clock notes sound when they sounded. Slaved, they sound on the beats that the result's own tempo map gives
them, so that a DAW at any tempo can record them on its grid.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

CLOCKS_PER_QN = 24
"""MIDI clock messages in a quarter note (MIDI 1.0)."""
CLOCKS_PER_SPP = 6
"""Song position counts sixteenths."""
TICK_S = 0.001
"""Between two looks at the clock: MIDI over a cable takes as long for one note."""
LOST_CLOCKS = 4.0
"""When the next clock is this many intervals late, the position stands still instead of running on."""
SMOOTHING = 0.2
"""Share of a new interval in the running mean: five clocks, a fifth of a beat, follow a tempo change."""
ALL_NOTES_OFF = 123


@dataclass(frozen=True, slots=True)
class Event:
    """A message and when it is due, in seconds or in quarter notes."""

    due: float
    message: Any


@dataclass(slots=True)
class ClockFollower:
    """A DAW's position, from its clock messages."""

    position_qn: float = 0.0
    """At the last clock."""
    rolling: bool = False
    _last_s: float | None = field(default=None)
    _interval_s: float | None = field(default=None)

    def feed(self, message: Any, now_s: float) -> bool:
        """Take a message in and return whether it made the position jump or stop."""
        if message.type == "clock":
            self._clock(now_s)
            return False
        if message.type in ("start", "continue"):
            if message.type == "start":
                self.position_qn = 0.0
            self.rolling, self._last_s = True, None
            return True
        if message.type == "stop":
            self.rolling = False
            return True
        if message.type == "songpos":
            self.position_qn = message.pos * CLOCKS_PER_SPP / CLOCKS_PER_QN
            self._last_s = None
            return True
        return False

    def _clock(self, now_s: float) -> None:
        if not self.rolling:
            return
        if self._last_s is not None:
            # The first clock after start marks the position itself; only those behind it move on.
            interval_s = now_s - self._last_s
            mean_s = interval_s if self._interval_s is None else self._interval_s
            self._interval_s = mean_s + SMOOTHING * (interval_s - mean_s)
            self.position_qn += 1.0 / CLOCKS_PER_QN
        self._last_s = now_s

    def position(self, now_s: float) -> float | None:
        """Quarter notes at ``now_s``, between clocks by the last intervals; None while the DAW does not roll."""
        if not self.rolling or self._last_s is None:
            return None
        if not self._interval_s:
            # Too few clocks yet, or all of them came in one go: no tempo to go on between them.
            return self.position_qn
        late = min((now_s - self._last_s) / self._interval_s, LOST_CLOCKS)
        # Never past the next clock: a slower tempo must not make the position run ahead and back.
        return self.position_qn + min(late, 1.0) / CLOCKS_PER_QN


def play(events: Sequence[Event], send: Callable[[Any], None], stopped: Callable[[], bool]) -> None:
    """Send events, ``due`` in seconds from now, until all are sent or ``stopped`` says so."""
    started_s = time.perf_counter()
    try:
        for event in events:
            while (wait_s := started_s + event.due - time.perf_counter()) > 0:
                if stopped():
                    return
                time.sleep(min(wait_s, 0.05))
            send(event.message)
    finally:
        silence(send)


def follow(
    events: Sequence[Event],
    send: Callable[[Any], None],
    receive: Callable[[], Sequence[Any]],
    stopped: Callable[[], bool],
) -> None:
    """Send events, ``due`` in quarter notes, as the messages from ``receive`` move on, until ``stopped`` says so."""
    clock = ClockFollower()
    dues = [e.due for e in events]
    following: int | None = None
    while not stopped():
        now_s = time.perf_counter()
        for message in receive():
            if clock.feed(message, now_s):
                silence(send)
                following = None
        position_qn = clock.position(now_s)
        if position_qn is not None:
            if following is None:
                following = bisect_left(dues, position_qn)
                _prepare(events[:following], send)
            while following < len(events) and dues[following] <= position_qn:
                send(events[following].message)
                following += 1
        time.sleep(TICK_S)
    silence(send)


def _prepare(past: Sequence[Event], send: Callable[[Any], None]) -> None:
    """Send the last program, controller and bend of what was jumped over, so that the rest sounds right."""
    last: dict[tuple[Any, ...], Any] = {}
    for event in past:
        m = event.message
        if m.type in ("program_change", "pitchwheel"):
            last[m.type, m.channel] = m
        elif m.type == "control_change":
            # RPN messages are a sequence: their order is kept because each keeps its first place.
            last[m.type, m.channel, m.control] = m
    for message in last.values():
        send(message)


def silence(send: Callable[[Any], None]) -> None:
    """All notes off on every channel."""
    import mido

    for channel in range(16):
        send(mido.Message("control_change", channel=channel, control=ALL_NOTES_OFF, value=0))
