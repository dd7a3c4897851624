"""Short names of contents, and small numbers by a name. Pure."""

from __future__ import annotations

import hashlib


def digest(content: bytes) -> str:
    """A short name for a content."""
    return hashlib.blake2b(content, digest_size=12).hexdigest()


def shard_of(name: str, count: int) -> int:
    """A number below `count` by a name: FNV-1a; the browser's `shardOf` gives the same."""
    value = 0x811C9DC5
    for byte in name.encode():
        value = ((value ^ byte) * 0x01000193) & 0xFFFFFFFF
    return value % count
