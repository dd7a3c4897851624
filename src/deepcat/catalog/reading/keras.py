"""What a Keras model's file would have Keras make when it is loaded, read without Keras. Pure.

A ``.keras`` file is a zip with the model as JSON in ``config.json``. A ``.h5`` file is HDF5 with
the same JSON as an attribute; of it every pair of texts is taken as the bytes show it.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_CONFIG = "config.json"
_MOST_BYTES = 64_000_000
_HDF5 = b"\x89HDF\r\n\x1a\n"
_TEXT = rb'"((?:[^"\\]|\\.){0,400})"'
_PAIRS = re.compile(_TEXT + rb"\s*:\s*" + _TEXT, re.DOTALL)
_BROKEN = (
    *(zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, KeyError),
    *(RuntimeError, NotImplementedError, RecursionError),
)


@dataclass(frozen=True, slots=True)
class Made:
    """One thing that Keras would make.

    Attributes:
        name: its class or function.
        module: the Python module that it would be imported from; empty where none is named.
    """

    name: str
    module: str


def made(name: str, content: bytes) -> Iterator[Made]:
    """All that the file would have Keras make.

    Args:
        name: the file's, whose ending says its form.
        content: the file.

    Raises:
        ValueError: it is no such file.
    """
    if name.lower().endswith(".keras"):
        yield from _of_archive(content)
        return
    if not content.startswith(_HDF5):
        raise ValueError("it does not begin as an HDF5 file")
    for found in _PAIRS.finditer(content):
        key, value = _plain(found[1]), _plain(found[2])
        if key == "class_name":
            yield Made(value, "")
        elif key == "module":
            yield Made("", value)


def _of_archive(content: bytes) -> Iterator[Made]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if archive.getinfo(_CONFIG).file_size > _MOST_BYTES:
                raise ValueError(f"its {_CONFIG} is too large to be read")
            config = json.loads(archive.read(_CONFIG))
    except _BROKEN as error:
        raise ValueError(f"it cannot be opened: {error}") from None
    waiting: list[Any] = [config]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            if "class_name" in each or "module" in each:
                yield Made(_word(each.get("class_name")), _word(each.get("module")))
            waiting += each.values()
        elif isinstance(each, list):
            waiting += each


def _word(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _plain(text: bytes) -> str:
    """What a text of JSON says, whatever it spells by escapes."""
    try:
        return str(json.loads(b'"' + text + b'"', strict=False))
    except ValueError:
        return text.decode(errors="replace")
