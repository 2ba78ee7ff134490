"""The sentences about damage: none says that something is missing where nothing is."""

from __future__ import annotations

from bridge.audio.ffmpeg_file import Loss
from bridge.audio.losses import loss_sentences


def test_silence_is_told_where_there_is_some() -> None:
    assert loss_sentences("a.mp3", [Loss(41.3, 0.05)], None) == [
        "a.mp3 is damaged at 0:41.3 (0.05 s missing); what is missing there is silence. Export it again if you can."
    ]
    assert loss_sentences("a.mp3", [Loss(41.3, 0.001)], None) == [
        "a.mp3 is damaged at 0:41.3 (nothing missing). Export it again if you can."
    ]
    both = loss_sentences("a.mp3", [Loss(1.0, 0.0), Loss(2.0, 1.0)], Loss(9.0, 1.0))
    assert "(nothing missing), 0:02.0 (1.00 s missing); what is missing there is silence." in both[0]
    assert "last 1.0 s are missing" in both[1]
