"""Expect an error by its code: its words may change, its cause may not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from bridge.errors import DawscribeError


@contextmanager
def raises_code(*codes: str) -> Iterator[pytest.ExceptionInfo[DawscribeError]]:
    """Fail unless the block raises an error with one of these codes."""
    with pytest.raises(DawscribeError) as caught:
        yield caught
    assert caught.value.code in codes, f"{caught.value.code}: {caught.value}"
