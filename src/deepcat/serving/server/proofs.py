"""Which `model.tflite` answered which samples, kept by content so that nobody asks again.

A proof's name is the checksum of the file, of the samples with what they expect, and of LiteRT's
version; it holds why LiteRT may not serve the file, or nothing. It lies beside the file that tells
of the models. A server in a box cannot write there: it says the name, and whoever started it keeps
it. Who forges one has only LiteRT load a file that would be loaded to be asked.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from deepcat.serving.engine.forms import LITE, version_of_lite

if TYPE_CHECKING:
    from deepcat.openapi.card import Sample

_ENDING = ".proofs"
_MOST, _MOST_BYTES = 64, 1 << 17


class Proofs:
    """What was found before.

    Args:
        about: the file that tells of the models; None for what is forgotten at the end.
    """

    def __init__(self, about: Path | None = None) -> None:
        self._file = about.with_name(about.name + _ENDING) if about else None
        self._found = _read(self._file) if self._file else {}

    def why_not(self, name: str) -> str | None:
        """Why LiteRT may not serve, empty where it may; None where nobody has asked."""
        return self._found.get(name)

    def keep(self, name: str, why: str) -> None:
        """Keep what was found, where it can be written."""
        kept = [(key, value) for key, value in self._found.items() if key != name]
        self._found = dict([*kept[1 - _MOST :], (name, why)])
        if self._file is not None:
            beside = self._file.with_name(f"{self._file.name}.{os.getpid()}")
            with suppress(OSError):
                beside.write_text(json.dumps(self._found))
                beside.replace(self._file)


def name_of(folder: Path, samples: Sequence[Sample]) -> str:
    """The name of the proof of a version's `model.tflite`; empty where it cannot be read."""
    found = hashlib.sha256()
    try:
        with (folder / LITE).open("rb") as stream:
            found.update(hashlib.file_digest(stream, "sha256").digest())
    except OSError:
        return ""
    found.update(version_of_lite().encode())
    for each in samples:
        said = [each.name, each.method, each.request, each.response, each.tolerance]
        found.update(json.dumps(said, sort_keys=True).encode())
    return found.hexdigest()


def _read(file: Path) -> dict[str, str]:
    try:
        with file.open("rb") as stream:
            found = json.loads(stream.read(_MOST_BYTES))
    except (OSError, ValueError):
        return {}
    rows = found.items() if isinstance(found, dict) else ()
    return {name: why for name, why in rows if isinstance(why, str)}
