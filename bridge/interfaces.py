"""The contracts of plugins, for plugins of others.

See :mod:`bridge.plugins.interfaces`.
"""

from __future__ import annotations

from bridge.plugins.interfaces import *  # noqa: F403
