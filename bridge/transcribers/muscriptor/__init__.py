"""MuScriptor, on PyTorch.

By Rouard et al., Kyutai and Mirelo; code MIT, weights CC BY-NC 4.0. A transformer that writes the notes of all
instruments down, token by token.
"""

from __future__ import annotations

from bridge.transcribers.muscriptor.engine import MuScriptorTranscriber

__all__ = ["MuScriptorTranscriber"]
