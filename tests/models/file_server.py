"""A small web server on this machine whose faults a test can choose."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class FileServer:
    """What is served and what went over the wire."""

    content: bytes
    cut_after: list[int] = field(default_factory=list)
    """Bytes sent by the first, second ... response before the connection is cut; later ones send all."""
    hangs: bool = False
    """Whether a cut connection is not closed but goes silent."""
    status: int = 200
    """Anything but 200 is answered without content."""
    redirect: str = ""
    ranges: bool = True
    """Whether the server knows how to continue."""
    asked: list[str] = field(default_factory=list)
    """The Range header of every request, "" for none."""
    url: str = ""


@contextmanager
def serving(server: FileServer) -> Iterator[FileServer]:
    """Run ``server`` on a free port of the loopback."""

    over = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            wanted = self.headers.get("Range", "")
            server.asked.append(wanted)
            if server.redirect:
                self._head(302, 0, Location=server.redirect)
            elif server.status != 200:
                self._head(server.status, 0)
            else:
                self._send(int(wanted[6:-1]) if wanted and server.ranges else 0)

        def _send(self, start: int) -> None:
            body = server.content[start:]
            total = len(server.content)
            if start:
                self._head(206, len(body), **{"Content-Range": f"bytes {start}-{total - 1}/{total}"})
            else:
                self._head(200, len(body))
            if server.cut_after:
                self.wfile.write(body[: server.cut_after.pop(0)])
                self.close_connection = True
                if server.hangs:
                    self.wfile.flush()
                    over.wait()
            else:
                self.wfile.write(body)

        def _head(self, status: int, length: int, **headers: str) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(length))
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
            """Keep the test's output clean."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: Any, client_address: Any) -> None:
            """A client that has heard enough hangs up; that is its right."""
            if not isinstance(sys.exc_info()[1], ConnectionError):
                super().handle_error(request, client_address)

    web = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=web.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    server.url = f"http://127.0.0.1:{web.server_port}/model.onnx"
    try:
        yield server
    finally:
        over.set()
        web.shutdown()
        thread.join()
        web.server_close()
