"""Writing stems to files as a separator hands them over, for those who wait and for those who hear along."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path

from bridge.audio import Array, Recording, Writer
from bridge.growing import Growing, Growth
from bridge.interfaces import Stem


def write_stems(
    blocks: Iterable[Sequence[Array] | Array],
    mix: Recording,
    roles: Sequence[str],
    folder: Path,
    growth: Growth | None = None,
    begin: Callable[[Sequence[Stem]], None] = lambda stems: None,
) -> list[Stem]:
    """Write ``blocks`` to ``folder``/<role>.wav; all files or none.

    Args:
        blocks: final sound in order, each (roles, channels, samples).
        mix: what was separated.
        roles: of the blocks' first axis.
        folder: for the files.
        growth: told how far they are; held at the end, until the caller has put the files in their place.
        begin: called once, before the first block, with stems that can be heard while they grow.
    """
    with ExitStack() as stack:
        # All files or none: whatever ends this early, a cancel too, makes each writer remove its file.
        writers = [stack.enter_context(Writer(folder / f"{role}.wav", mix.rate, mix.channels)) for role in roles]
        if growth is not None:
            begin([Stem(r, Growing(r, w, mix, growth), mix.rms) for r, w in zip(roles, writers, strict=True)])
        for block in blocks:
            for writer, audio in zip(writers, block, strict=True):
                writer.write(audio)
            if growth is not None:
                for writer in writers:
                    writer.flush()
                growth.advance(block[0].shape[1])
        if growth is not None:
            growth.hold()
        recordings = [writer.finish() for writer in writers]
    return [Stem(role, audio, mix.rms) for role, audio in zip(roles, recordings, strict=True)]
