"""Several files in one run.

All are looked at before the first starts, and a bad one stops nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from bridge.audio.audio_file import AudioFile
from bridge.errors import ConfigError, DawscribeError, ModelError
from bridge.spool.untrusted_json import one_line

FAILED = 2
"""Exit status where at least one file could not be transcribed."""


class ManyFiles:
    """The files of a run, and which of them failed; a single one fails as an error.

    Args:
        files: the audio files; each is opened once, so that a misspelt name is told at once and not in the night.
    """

    def __init__(self, files: Sequence[Path]) -> None:
        self._files = files
        self._failed: dict[int, str] = {}
        for number, file in enumerate(files):
            with self.trying(number), closing(AudioFile(file)):
                pass
        for number, sentence in self._failed.items():
            _say(f"{files[number]} is left out: {sentence}")

    def __iter__(self) -> Iterator[int]:
        """Give the numbers of the files that have not failed so far."""
        return (number for number in range(len(self._files)) if number not in self._failed)

    @contextmanager
    def trying(self, number: int) -> Iterator[None]:
        """Remember a failure of the file inside.

        What would fail for every file is raised.
        """
        try:
            yield
        except (ConfigError, ModelError):
            raise
        except DawscribeError as e:
            if len(self._files) == 1:
                raise
            self._failed[number] = str(e)
        except Exception as e:
            if len(self._files) == 1:
                raise
            self._failed[number] = f"something inside dawscribe went wrong ({type(e).__name__}); please report it."

    def end(self) -> int:
        """Name all that failed; the exit status."""
        if not self._failed:
            return 0
        count = len(self._failed)
        _say(f"{count} of {len(self._files)} files could not be transcribed:")
        for number, sentence in sorted(self._failed.items()):
            _say(f"  {self._files[number]}: {sentence}", bare=True)
        return FAILED


def _say(sentence: str, *, bare: bool = False) -> None:
    print(("" if bare else "dawscribe: ") + one_line(sentence), file=sys.stderr)
