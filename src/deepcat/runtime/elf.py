"""Shared libraries as they are loaded. Pure."""

from __future__ import annotations

import struct

_MAGIC = b"\x7fELF\x02\x01"
_SECTIONS_AT, _SEGMENTS_AT = 40, 32


def is_elf(head: bytes) -> bool:
    """Whether a file that begins so is a program or library of 64 bits, little end first."""
    return head.startswith(_MAGIC)


def loaded(content: bytes | memoryview) -> bytes:
    """A library without what stands behind its last segment: no loader reads that.

    It is the table of symbols for debuggers, a quarter of TensorFlow's own library. Cutting here,
    by the file's own header, needs no linker's tools and gives the same bytes everywhere.
    """
    header = bytearray(content[:64])
    (segments,) = struct.unpack_from("<Q", header, _SEGMENTS_AT)
    size, count = struct.unpack_from("<HH", header, 54)
    end = segments + size * count
    for number in range(count):
        place = segments + number * size
        offset, _, _, in_file = struct.unpack_from("<QQQQ", content, place + 8)
        end = max(end, offset + in_file)
    struct.pack_into("<Q", header, _SECTIONS_AT, 0)
    struct.pack_into("<HH", header, 60, 0, 0)
    return bytes(header) + bytes(content[64:end])
