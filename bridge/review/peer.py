"""Tell whose program is at the other end of a connection to loopback, where the system does.

The address that ``dawscribe review`` hands to the browser stands in the list of processes, which every user of a
computer may read. So its token alone lets nobody in: the program that brings it must be the user's own.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

TABLES = ("/proc/net/tcp", "/proc/net/tcp6")
"""Linux' lists of connections: with the user of each. A socket of IPv6 may call 127.0.0.1 too."""
ROOT = 0
"""May do all anyway, and carries Windows' browsers into WSL."""
LOCAL, REMOTE, STATE, USER = 1, 2, 3, 7
"""Columns of the lists."""
TIME_WAIT = "06"
"""State of a connection that has ended; it is shown as root's."""


def is_of_another_user(peer_port: int, own_port: int) -> bool:
    """Return whether the connection from one port to the other was opened by another user of this computer.

    False where the system does not tell, as on macOS and Windows.
    """
    users = {user for table in TABLES for user in _users(Path(table), peer_port, own_port)}
    return bool(users) and not users <= {ROOT, _own_user()}


def _own_user() -> int:
    return os.geteuid() if hasattr(os, "geteuid") else ROOT


def _users(table: Path, local: int, remote: int) -> Iterator[int]:
    """Yield the users of the connections in a list that lead from one port to the other."""
    try:
        lines = table.read_text(encoding="ascii").splitlines()[1:]
    except OSError:
        return
    for line in lines:
        row = line.split()
        if len(row) > USER and row[STATE] != TIME_WAIT and _port(row[LOCAL]) == local and _port(row[REMOTE]) == remote:
            yield int(row[USER])


def _port(address: str) -> int:
    return int(address.rpartition(":")[2], 16)
