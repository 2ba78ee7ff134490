"""The errors a musician may read.

    DawscribeError
      InputError      the audio, the file or the request is at fault
      ConfigError     a setting is at fault
      ModelError      a model is missing, damaged or cannot be downloaded
      PluginError     an engine cannot be loaded or failed
      HostError       the DAW cannot be reached or refused
      StoreError      a folder or disk refuses to take what must be written

Their text goes to the DAW as it is: one sentence that says what is wrong and what to do next. Their ``code`` is a
short name of the cause, such as "file-not-audio", that scripts and tests can rely on; docs/protocol.md lists where it
stands, tests/data/errors.json lists all of them.
Anything else that is raised is a fault of ours: logged with its traceback, shown as "internal error".
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path


class DawscribeError(Exception):
    """Base of all errors whose text is meant for the user.

    Args:
        sentence: what is wrong and what to do next.
        code: the cause; without one, that of the class, so that plugins of others need none.
    """

    default_code = "error"

    def __init__(self, sentence: object = "", *, code: str = "") -> None:
        super().__init__(sentence)
        self.code = code or self.default_code


class InputError(DawscribeError):
    """The audio, file or request cannot be used."""

    default_code = "input"


class ConfigError(DawscribeError):
    """A setting is unknown or has a value that makes no sense."""

    default_code = "setting"


class ModelError(DawscribeError):
    """A model file is missing, has the wrong content or cannot be downloaded."""

    default_code = "model"


class PluginError(DawscribeError):
    """An engine cannot be loaded, or failed while it worked."""

    default_code = "plugin"


class HostError(DawscribeError):
    """A DAW cannot be reached, or refused what was asked of it."""

    default_code = "host"


class StoreError(DawscribeError):
    """A folder cannot be written, or the disk is full."""

    default_code = "store"


class JobCancelled(BaseException):
    """The user cancelled the job.

    Derives from BaseException so that no ``except Exception`` swallows it.
    """


def nearest(word: str, known: Iterable[str]) -> str:
    """Return the known word that is most like another; empty where none is."""
    return next(iter(difflib.get_close_matches(word, list(known), n=1)), "")


def did_you_mean(word: str, known: Iterable[str], otherwise: str) -> str:
    """Return the end of a sentence about a word that is not known: the nearest that is, or else ``otherwise``."""
    near = nearest(word, known)
    return f'did you mean "{near}"?' if near else otherwise


ADVICE = "check the free space and the permissions there"


@contextmanager
def writing(
    place: Path, code: str, advice: str = ADVICE, *, also: tuple[type[Exception], ...] = (), exact: bool = False
) -> Iterator[None]:
    """Say in a sentence that ``place`` cannot be written, where the system refuses what is done inside.

    Args:
        place: a file or a folder, as the user knows it.
        code: of the error.
        advice: what to do about it.
        also: errors of libraries that mean the same as an OSError.
        exact: name the very file that was refused, where the system says which.

    Raises:
        StoreError: something could not be written.
    """
    refusals: tuple[type[Exception], ...] = (OSError, *also)
    try:
        yield
    except refusals as e:
        reason = str(getattr(e, "strerror", None) or e).rstrip(".")
        named = getattr(e, "filename", None) if exact else None
        raise StoreError(f"{named or place} cannot be written ({reason}); {advice}.", code=code) from e
