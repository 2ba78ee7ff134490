"""Writing stems to files as a separator hands them over, for those who wait and for those who hear along."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, closing
from pathlib import Path

from bridge.audio.recording import Array, Recording
from bridge.audio.wav_writer import Writer
from bridge.pipeline.live_stem import Growing, Growth
from bridge.plugins.interfaces import Stem


def write_stems(
    blocks: Generator[Sequence[Array] | Array, None, None],
    mix: Recording,
    roles: Sequence[str],
    folder: Path,
    growth: Growth | None = None,
    begin: Callable[[Sequence[Stem]], None] = lambda stems: None,
    tick: Callable[[], None] = lambda: None,
) -> list[Stem]:
    """Write ``blocks`` to ``folder``/<role>.wav; all files or none.

    Args:
        blocks: final sound in order, each (roles, channels, samples); closed whatever happens.
        mix: what was separated.
        roles: of the blocks' first axis.
        folder: for the files.
        growth: told how far they are; held at the end, until the caller has put the files in their place.
        begin: called once, before the first block, with stems that can be heard while they grow.
        tick: called while those who hear catch up; what it raises ends everything.
    """
    growth = Growth() if growth is None else growth
    with ExitStack() as stack:
        # All files or none: whatever ends this early, a cancel too, makes each writer remove its file.
        writers = [stack.enter_context(Writer(folder / f"{role}.wav", mix.rate, mix.channels)) for role in roles]
        begin([Stem(r, Growing(r, w, mix, growth), mix.rms) for r, w in zip(roles, writers, strict=True)])
        # Closed at once when a writer fails: a network must be at rest before the next job.
        for block in stack.enter_context(closing(blocks)):
            for writer, audio in zip(writers, block, strict=True):
                writer.write(audio)
                writer.flush()
            growth.advance(block[0].shape[1], mix.rate, tick)
        growth.hold()
        recordings = [writer.finish() for writer in writers]
    return [Stem(role, audio, mix.rms) for role, audio in zip(roles, recordings, strict=True)]
