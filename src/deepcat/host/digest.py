"""The checksum of what is read, as `hashlib.file_digest` of newer Pythons gives it."""

from __future__ import annotations

import hashlib
from typing import IO

_CHUNK = 1 << 20


def sha256_of(stream: IO[bytes]) -> str:
    """The sha256 of all that a stream gives, in hexadecimal digits."""
    found = hashlib.sha256()
    while chunk := stream.read(_CHUNK):
        found.update(chunk)
    return found.hexdigest()
