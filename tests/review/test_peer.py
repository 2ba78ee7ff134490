"""A token that another user of the computer has read from the list of processes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bridge.review import peer
from tests.review.conftest import Page

HEAD = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
ROW = "   0: {}:{:04X} {}:{:04X} {} 00000000:00000000 00:00000000 00000000 {:5} 0 1 1 0 20 4 0 10 -1\n"
V4, V6 = "0100007F", "0000000000000000FFFF00000100007F"
PAGE, BROWSER, MINE, THEIRS = 50_000, 40_000, 1000, 1001

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there are no numbers of users")


@pytest.mark.parametrize(
    ("address", "state", "user", "is_refused"),
    [
        (V4, "01", THEIRS, True),
        (V6, "01", THEIRS, True),
        (V4, "05", THEIRS, True),
        (V4, "01", MINE, False),
        (V6, "01", MINE, False),
        (V4, "01", 0, False),
        (V4, peer.TIME_WAIT, THEIRS, False),
    ],
)
def test_a_connection_is_its_users(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str, state: str, user: int, is_refused: bool
) -> None:
    table = tmp_path / "tcp"
    monkeypatch.setattr(peer, "TABLES", (str(tmp_path / "none"), str(table)))
    monkeypatch.setattr(os, "geteuid", lambda: MINE)
    near, far = (address, BROWSER), (address, PAGE)
    # The server's own end of the connection stands there too, and somebody else's to another port.
    rows = [(*far, *near, "01", MINE), (address, BROWSER, address, PAGE + 1, "01", THEIRS), (*near, *far, state, user)]
    table.write_text(HEAD + "".join(ROW.format(*row) for row in rows) + "cut off")
    assert peer.is_of_another_user(BROWSER, PAGE) is is_refused


def test_where_the_system_tells_nothing_nobody_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peer, "TABLES", (str(tmp_path / "none"),))
    assert not peer.is_of_another_user(BROWSER, PAGE)


ASK = """
import os, socket, sys
port, token = int(sys.argv[1]), sys.argv[2]
os.setuid(65534)
body = '{"token": "%s"}' % token
head = f"POST /session HTTP/1.1\\r\\nHost: 127.0.0.1:{port}\\r\\nOrigin: http://127.0.0.1:{port}\\r\\n"
head += f"Content-Type: application/json\\r\\nContent-Length: {len(body)}\\r\\n\\r\\n"
connection = socket.socket()
connection.connect(("127.0.0.1", port))
connection.sendall((head + body).encode())
print(connection.recv(10_000).decode())
"""


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="only Linux tells")
def test_a_stolen_token_opens_nothing(fresh: Page) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can be somebody else")
    command = [sys.executable, "-c", ASK, str(fresh.port), fresh.token]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.startswith("HTTP/1.1 403")
    assert "set-cookie" not in done.stdout
    fresh.enter()
