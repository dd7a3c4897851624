"""EDGE: how much of an answer its client has taken, as far as it can be told.

What a way in clear has not taken lies in its transport. An encrypted one hands all on at once, to
a transport below that nobody sees; there the kernel is asked.
"""

from __future__ import annotations

import socket
import struct
from typing import Any

_TCP_INFO: int | None = getattr(socket, "TCP_INFO", None)
_TCP_CLOSED = 7
# Where `tcpi_unacked`, `tcpi_bytes_acked` and `tcpi_notsent_bytes` lie, and where they end.
_UNACKNOWLEDGED, _ACKNOWLEDGED, _UNSENT, _END = 24, 120, 144, 148
_INTERNET = (socket.AF_INET, socket.AF_INET6)


def left(transport: Any) -> tuple[int, int]:
    """Whether there is something left to be taken, and a number that falls as it is taken."""
    size = transport.get_write_buffer_size()
    if transport.get_extra_info("ssl_object") is None:
        return size, size
    told = _told(transport.get_extra_info("socket"), _END)
    if len(told) < _END:
        return size, size
    (segments,) = struct.unpack_from("I", told, _UNACKNOWLEDGED)
    (taken,) = struct.unpack_from("Q", told, _ACKNOWLEDGED)
    (unsent,) = struct.unpack_from("I", told, _UNSENT)
    return size + segments + unsent, -taken


def is_reset(transport: Any) -> bool:
    """Whether the kernel knows that nobody is there any more."""
    told = _told(transport.get_extra_info("socket"), 1)
    return bool(told) and told[0] == _TCP_CLOSED


def _told(opened: Any, size: int) -> bytes:
    """What the kernel tells of a connection; nothing where it tells of none."""
    if _TCP_INFO is None or opened.family not in _INTERNET:
        return b""
    try:
        return bytes(opened.getsockopt(socket.IPPROTO_TCP, _TCP_INFO, size))
    except OSError:
        return b""
