"""Lengths of the frames of bare MPEG and AAC streams, by their headers."""

from __future__ import annotations

RATES = {3: (44_100, 48_000, 32_000, 0), 2: (22_050, 24_000, 16_000, 0), 0: (11_025, 12_000, 8_000, 0)}
"""Version of MPEG sound -> samples a second by two bits of a frame's header."""
MPEG_1 = (
    (0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448, 0),
    (0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 0),
    (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0),
)
MPEG_2 = (
    (0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256, 0),
    (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0),
)
"""Thousand bits a second by layer and four bits of a frame's header."""


def mpeg_frame_bytes(head: bytes) -> int:
    """Length of the MPEG frame that begins so, by its header (ISO 11172-3, 2.4.2.3); 0 where it is none."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return 0
    version, layer = head[1] >> 3 & 3, 4 - (head[1] >> 1 & 3)
    rate = RATES.get(version, (0, 0, 0, 0))[head[2] >> 2 & 3]
    row = MPEG_1[layer - 1] if version == 3 and layer < 4 else MPEG_2[min(layer, 2) - 1]
    bits = row[head[2] >> 4] * 1000
    if not rate or not bits or layer > 3:
        return 0
    padding = head[2] >> 1 & 1
    if layer == 1:
        return (12 * bits // rate + padding) * 4
    return (144 if layer == 2 or version == 3 else 72) * bits // rate + padding


def adts_frame_bytes(head: bytes) -> int:
    """The same for a frame of AAC (ISO 13818-7, 6.2)."""
    return (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5 if len(head) > 5 and head[0] == 0xFF else 0


FRAME_BYTES = {"mp3": mpeg_frame_bytes, "aac": adts_frame_bytes}
"""Bare streams of frames -> how long one is."""
