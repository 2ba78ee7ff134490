"""``python -m bridge``: the command line."""

from __future__ import annotations

import sys

from bridge.cli.entry import main

if __name__ == "__main__":
    sys.exit(main())
