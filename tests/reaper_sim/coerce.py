"""How Lua values become arguments and results become Lua values: the rules of REAPER's own binding."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.reaper_sim import model
from tests.reaper_sim.errors import ApiError
from tests.reaper_sim.model import Handle, Project
from tests.reaper_sim.reaper_array import ReaperArray
from tests.reaper_sim.signatures import Signature

CLASSES: dict[str, type[Handle]] = {
    "MediaTrack": model.Track,
    "MediaItem": model.Item,
    "MediaItem_Take": model.Take,
    "PCM_source": model.Source,
    "TrackEnvelope": model.Envelope,
}

MISSING = object()


def text_from_lua(value: str) -> str:
    """Lua's bytes, carried as Latin-1, read as UTF-8 (undecodable bytes survive the round trip)."""
    return value.encode("latin-1").decode("utf-8", "surrogateescape")


def text_to_lua(value: str | bytes) -> str:
    """A string for Lua, one character per byte."""
    data = value if isinstance(value, bytes) else value.encode("utf-8", "surrogateescape")
    return data.decode("latin-1")


def _type_name(value: Any) -> str:
    if value is MISSING:
        return "no value"
    if value is None:
        return "nil"
    for kind, name in ((bool, "boolean"), ((int, float), "number"), (str, "string"), (Handle, "userdata")):
        if isinstance(value, kind):
            return name
    return "function" if "Function" in type(value).__name__ else "table"


class _Wrong(Exception):  # noqa: N818 - never leaves this module
    """The value does not fit; the text says what was expected."""


def _expected(kind: str, value: Any) -> _Wrong:
    return _Wrong(f"{kind} expected, got {_type_name(value)}")


def _number(value: Any) -> float | int:
    if isinstance(value, bool):
        raise _expected("number", value)
    if isinstance(value, (int, float)):
        return value
    if isinstance(value, str):
        stripped = value.strip().lower()
        try:
            return int(stripped, 16) if "0x" in stripped else _plain_number(stripped)
        except ValueError:
            raise _expected("number", value) from None
    raise _expected("number", value)


def _plain_number(text: str) -> float | int:
    try:
        return int(text)
    except ValueError:
        return float(text)


def _integer(value: Any) -> int:
    number = _number(value)
    if int(number) != number:
        raise _Wrong("number has no integer representation")
    return int(number)


def _float(value: Any) -> float:
    return float(_number(value))


def _boolean(value: Any) -> bool:
    if value is MISSING or value is None:
        return False
    if isinstance(value, bool):
        return value
    if isinstance(value, (int, float)):
        return value != 0
    raise _expected("boolean", value)


def _string(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise _expected("string", value)
    return text_from_lua(value) if isinstance(value, str) else f"{value:.14g}"


def _function(value: Any) -> Any:
    if _type_name(value) != "function":
        raise _expected("function", value)
    return value


def _array(value: Any) -> ReaperArray:
    if not isinstance(value, ReaperArray):
        raise _Wrong("reaper.array expected")
    return value


def _anything(value: Any) -> Any:
    return None if value is MISSING else value


CONVERTERS: dict[str, Callable[[Any], Any]] = {
    "integer": _integer,
    "number": _float,
    "boolean": _boolean,
    "string": _string,
    "function": _function,
    "reaper.array": _array,
}


def _handle(kind: str, value: Any, current: Project) -> Any:
    if kind == "ReaProject":
        if value is MISSING or value is None or (isinstance(value, (int, float)) and value in (0, -1)):
            return current
        if isinstance(value, Project) and value.alive:
            return value
        raise _Wrong("ReaProject expected")
    wanted = CLASSES[kind]
    if not isinstance(value, wanted):
        raise _Wrong(f"{kind} expected")
    if not value.alive:
        raise _Wrong(f"{kind} expected, this one was deleted")
    return value


def arguments(signature: Signature, given: tuple[Any, ...], current: Project) -> list[Any]:
    """Lua's arguments as the function wants them.

    Raises:
        ApiError: one does not fit; the text is the one REAPER shows.
    """
    found: list[Any] = []
    for index, declared in enumerate(signature.args):
        value = given[index] if index < len(given) else MISSING
        kind = declared.rstrip("?")
        try:
            if declared.endswith("?") and value in (None, MISSING):
                found.append(None)
            elif kind in CLASSES or kind == "ReaProject":
                found.append(_handle(kind, value, current))
            else:
                found.append(CONVERTERS.get(kind, _anything)(value))
        except _Wrong as wrong:
            text = f"bad argument #{index + 1} to '{signature.name.removeprefix('gfx.')}' ({wrong})"
            raise ApiError(text) from None
    return found


def _result(kind: str, value: Any) -> Any:
    if value is None:
        return None
    if isinstance(value, Handle):
        return value.serial
    if isinstance(value, (str, bytes)):
        return text_to_lua(value)
    if kind == "number":
        return float(value)
    if kind == "integer":
        return int(value)
    if kind == "boolean":
        return bool(value)
    return value


def results(signature: Signature, value: Any) -> tuple[Any, ...]:
    """What the function returned, as Lua's results; handles become their serial numbers."""
    if not signature.returns:
        return ()
    values = value if isinstance(value, tuple) else (value,)
    kinds = [kind.rstrip("?") for kind in signature.returns]
    return tuple(_result(kind, value) for kind, value in zip(kinds, values, strict=False))
