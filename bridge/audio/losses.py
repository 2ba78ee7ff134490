"""Tell the musician in sentences the losses of a file."""

from __future__ import annotations

from collections.abc import Sequence

from bridge.audio.ffmpeg_file import Loss

MAX_NAMED = 3
"""Places that are named; a file that is damaged at more is better exported again."""


def loss_sentences(name: str, losses: Sequence[Loss], end: Loss | None, start_s: float = 0.0) -> list[str]:
    """One sentence for the damage in a file and one for an end that came too early.

    Args:
        name: the file's.
        losses: pieces that are missing within it.
        end: the piece that is missing at its end.
        start_s: where the item begins in the file; places are told from there on.
    """
    said = []
    losses = [loss for loss in losses if loss.start_s + loss.length_s >= start_s]
    if losses:
        named = ", ".join(f"{_clock(loss.start_s - start_s)} ({_length(loss)})" for loss in losses[:MAX_NAMED])
        more = f" and {len(losses) - MAX_NAMED} more places" if len(losses) > MAX_NAMED else ""
        silence = "; what is missing there is silence" if any(map(_is_gap, losses)) else ""
        said.append(f"{name} is damaged at {named}{more}{silence}. Export it again if you can.")
    if end is not None:
        said.append(f"{name} ends too early: its last {end.length_s:.1f} s are missing. Export it again if you can.")
    return said


def _clock(place_s: float) -> str:
    minutes, seconds = divmod(max(0.0, place_s), 60)
    return f"{minutes:.0f}:{seconds:04.1f}"


def _length(loss: Loss) -> str:
    return f"{loss.length_s:.2f} s missing" if _is_gap(loss) else "nothing missing"


def _is_gap(loss: Loss) -> bool:
    """Return whether the piece is long enough to be told in hundredths of a second."""
    return loss.length_s >= 0.005
