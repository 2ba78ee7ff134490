"""Write stems to files as a separator yields them, readable by transcribers meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

from bridge.audio.recording import Array, Recording
from bridge.audio.wav_writer import Writer
from bridge.pipeline.live_stem import LiveStem, StemFeed


class StemSink:
    """Writes ``folder``/<stem>.wav for every stem.

    As a context it leaves all files or none.

    Args:
        stems: names, in the order of the blocks' first axis.
        mix: what is separated.
        folder: for the files.
        feed: where newly written sound is announced.
    """

    def __init__(self, stems: Sequence[str], mix: Recording, folder: Path, feed: StemFeed) -> None:
        self._feed, self._open = feed, ExitStack()
        with ExitStack() as opening:
            # Whatever ends this early, a cancel too, makes each writer remove its file.
            paths = [folder / f"{stem}.wav" for stem in stems]
            self._writers = [opening.enter_context(Writer(path, mix.rate, mix.channels)) for path in paths]
            self._open = opening.pop_all()
        self.stems = {s: LiveStem(s, w, mix, feed) for s, w in zip(stems, self._writers, strict=True)}
        """Sounds that can be read while they are written."""

    def write(self, block: Sequence[Array] | Array) -> int:
        """Append (stems, channels, samples); returns how many samples."""
        for writer, audio in zip(self._writers, block, strict=True):
            writer.write(audio)
            writer.flush()
        return int(block[0].shape[1])

    def finish(self) -> dict[str, Recording]:
        """Close the files.

        Nobody reads them until the feed is settled.
        """
        self._feed.hold()
        return {stem: writer.finish() for stem, writer in zip(self.stems, self._writers, strict=True)}

    def __enter__(self) -> StemSink:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._open.__exit__(kind, error, at)
