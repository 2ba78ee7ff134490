"""Hints of the user about the beat.

The tracker keeps to it and finds the rest.
"""

from __future__ import annotations

from dataclasses import dataclass

from bridge.errors import InputError

SLOWEST_BPM, FASTEST_BPM = 20.0, 400.0
"""Tempi that make sense as a hint; DAWs take more, music does not."""
MAX_BEATS_PER_BAR = 32
FACTORS = {"x2": 2.0, "x1/2": 0.5, "x0.5": 0.5, "x1": 1.0}
"""Factors that may be said of the tempo that was found."""


@dataclass(frozen=True, slots=True)
class Hints:
    """Facts about the beat, None where the tracker is to find out.

    Raises:
        InputError: a value that no music has.
    """

    bpm: float | None = None
    """Beats a minute, exactly."""
    factor: float = 1.0
    """Two where the tempo that is found is to be doubled, a half where it is to be halved."""
    beats_per_bar: int | None = None
    first_downbeat_s: float | None = None
    """A moment at which a bar begins, in seconds from the start."""

    def __post_init__(self) -> None:
        if self.bpm is not None and not SLOWEST_BPM <= self.bpm <= FASTEST_BPM:
            message = f"A tempo of {self.bpm:g} BPM makes no sense; give one from {SLOWEST_BPM:g} to {FASTEST_BPM:g}."
            raise InputError(message, code="tempo-out-of-range")
        if self.beats_per_bar is not None and not 1 <= self.beats_per_bar <= MAX_BEATS_PER_BAR:
            message = f"A bar of {self.beats_per_bar} beats makes no sense; give 1 to {MAX_BEATS_PER_BAR}."
            raise InputError(message, code="metre-out-of-range")
        if self.first_downbeat_s is not None and not 0 <= self.first_downbeat_s < 1e6:
            message = (
                f"The first downbeat cannot be at {self.first_downbeat_s:g} s; give seconds from the item's start."
            )
            raise InputError(message, code="downbeat-out-of-range")

    def check(self, length_s: float) -> None:
        """Refuse what does not lie in a song of this length.

        Raises:
            InputError: the first downbeat comes after its end.
        """
        if self.first_downbeat_s is not None and self.first_downbeat_s > length_s:
            message = (
                f"The first downbeat at {self.first_downbeat_s:g} s comes after the item's end at {length_s:.1f} s; "
                "give seconds from the item's start."
            )
            raise InputError(message, code="downbeat-behind-end")

    @property
    def any(self) -> bool:
        """Return whether anything is known."""
        return self != Hints()


def parse_factor(text: str) -> float:
    """The factor called ``text``: "x2" or "x1/2".

    Raises:
        InputError: another word.
    """
    factor = FACTORS.get(text.strip().lower())
    if factor is None:
        raise InputError(
            f'"{text[:20]}" is no change of tempo; use x2 for twice as fast or x1/2 for half as fast.',
            code="tempo-factor-invalid",
        )
    return factor
