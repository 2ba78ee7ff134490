"""dawscribe in Ableton Live: a control surface that turns audio clips into MIDI tracks.

Live finds this folder among the Remote Scripts of the user library and calls :func:`create_instance` when
"dawscribe" is chosen as a control surface. All modules are plain Python 3.7 or later of the standard library, since
nothing else exists inside Live; nothing here waits, and nothing that is read from the spool is run.
"""

from __future__ import annotations


def create_instance(c_instance):
    """Make the control surface; Live's entry."""
    from .surface import Dawscribe

    return Dawscribe(c_instance)
