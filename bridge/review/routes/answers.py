"""What every address needs: read a body, check a number in it, give a file or a download."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from bridge.errors import InputError
from bridge.files import read_untrusted
from bridge.review.edit_log import EditLog
from bridge.spool.untrusted_json import parse_json

MAX_JSON = 1 << 28
"""Bytes of a job's own files; the result of an hour is a tenth of it."""


async def body(request: Request) -> dict[str, Any]:
    """Return what a page sends."""
    if request.headers.get("content-type", "").partition(";")[0] != "application/json":
        raise InputError("This request is not JSON; load the page again.")
    return parse_json(await request.body(), "request")


def json_file(path: Path) -> dict[str, Any]:
    """Return a file of the job folder, empty where there is none."""
    try:
        return parse_json(read_untrusted(path, MAX_JSON), path.name)
    except OSError:
        return {}


def item_number(data: dict[str, Any], log: EditLog) -> int:
    """Return the number of the item that a request is about."""
    number = data.get("item")
    if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number < len(log.sheets):
        raise InputError("There is no such item in this job; load the page again.")
    return number


def seconds(value: object) -> float:
    """Return an end of a marked range."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise InputError("Mark a range first: drag on the ruler, or use the keys [ and ].")
    return float(value)


def share(value: object) -> float:
    """Return a sensitivity."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
        raise InputError("The sensitivity lies between 0 and 1; load the page again.")
    return float(value)


def download(name: str) -> dict[str, str]:
    """Return the header that saves an answer under a name."""
    return {"content-disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}"}


def gzipped(data: bytes) -> Response:
    """Return what was packed already; the browser unpacks it."""
    return Response(data, media_type="application/octet-stream", headers={"content-encoding": "gzip"})


def missing(sentence: str) -> Response:
    """Return that something is not there."""
    return JSONResponse({"message": sentence}, 404)
