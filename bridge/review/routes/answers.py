"""Helpers of every address: read a body, check a number in it, give a file or a download."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from bridge.errors import InputError
from bridge.files import read_untrusted
from bridge.review.edit_log import EditLog
from bridge.score.beat.hints import Hints
from bridge.spool.untrusted_json import parse_json

MAX_JSON = 1 << 28
"""Bytes of a job's own files; the result of an hour is a tenth of it."""

MAX_BEATS = 1e6
"""In a bar, before anyone looks whether music has so many."""


async def body(request: Request) -> dict[str, Any]:
    """Return the JSON that a page sends."""
    if request.headers.get("content-type", "").partition(";")[0] != "application/json":
        raise InputError("This request is not JSON; load the page again.", code="request-not-json")
    return parse_json(await request.body(), "request")


def json_file(path: Path) -> dict[str, Any]:
    """Return a file of the job folder, empty where there is none."""
    try:
        return parse_json(read_untrusted(path, MAX_JSON), path.name)
    except OSError:
        return {}


def item_number(data: dict[str, Any], log: EditLog) -> int:
    """Return the number of the item that a request is about."""
    index = data.get("item")
    if isinstance(index, bool) or not isinstance(index, int) or not 0 <= index < len(log.sheets):
        raise InputError("There is no such item in this job; load the page again.", code="item-not-found")
    return index


def number(value: object, sentence: str, code: str) -> float:
    """Return a number of JSON; InputError with sentence and code where it is none, or larger than any."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise InputError(sentence, code=code)
    try:
        return float(value)
    except OverflowError as e:
        raise InputError(sentence, code=code) from e


def seconds(value: object) -> float:
    """Return an end of a marked range."""
    return number(value, "Mark a range first: drag on the ruler, or use the keys [ and ].", "range-missing")


def share(value: object) -> float:
    """Return a sensitivity."""
    sentence = "The sensitivity lies between 0 and 1; load the page again."
    sensitivity = number(value, sentence, "sensitivity-out-of-range")
    if not 0 <= sensitivity <= 1:
        raise InputError(sentence, code="sensitivity-out-of-range")
    return sensitivity


def hints(data: dict[str, Any]) -> Hints:
    """Return the known facts of the beat; a value of None is to be found out."""
    names = ("bpm", "beats_per_bar", "first_downbeat")
    sentence, code = "This tempo cannot be understood; load the page again.", "tempo-invalid"
    bpm, beats, downbeat = (None if data.get(n) is None else number(data[n], sentence, code) for n in names)
    return Hints(bpm, 1.0, None if beats is None else round(max(-1.0, min(beats, MAX_BEATS))), downbeat)


def download(name: str) -> dict[str, str]:
    """Return the header that saves an answer under a name."""
    return {"content-disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}"}


def gzipped(data: bytes) -> Response:
    """Return data that is packed already; the browser unpacks it."""
    return Response(data, media_type="application/octet-stream", headers={"content-encoding": "gzip"})


def missing(sentence: str, code: str = "not-found") -> Response:
    """Return that something is not there."""
    return JSONResponse({"message": sentence, "code": code}, 404)
