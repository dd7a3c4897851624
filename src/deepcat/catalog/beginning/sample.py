"""A new sample in a module: the files that change, their other text left as it is. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from deepcat.catalog.beginning.edit import with_item
from deepcat.catalog.beginning.module import sample_note
from deepcat.catalog.beginning.texts import as_json, quoted
from deepcat.catalog.reading.units import MODULE_FILE
from deepcat.errors import UsageError

# A body that is longer is a file by itself.
_LONGEST = 600
# One that is longer still stands on one line: nobody reads it.
_SPREAD = 10_000
# Programs that read YAML 1.1 take such a number for text.
_EXPONENT = re.compile(r"\d[eE][-+]?\d")


@dataclass(frozen=True, slots=True)
class NewSample:
    """What becomes a sample.

    Attributes:
        name: the sample's.
        method: of the call.
        request: the body that was sent.
        response: the body that came back.
        tolerance: the largest difference that counts as equal.
        file: where in the module's folder the request lies already; empty for nowhere.
    """

    name: str
    method: str
    request: Mapping[str, Any]
    response: Mapping[str, Any]
    tolerance: float
    file: str = ""


def add_sample(module: str, files: Mapping[str, bytes], new: NewSample) -> dict[str, bytes]:
    """The files of a module's folder that a sample adds or changes, by their paths in it.

    Args:
        module: the module's name.
        files: of the folder.
        new: the sample.

    Raises:
        UsageError: a file is in its way.
        DeepcatError: `module.yaml` cannot be changed in this way (``edit/form``).
    """
    made: dict[str, bytes] = {}
    rows = [f"name: {quoted(new.name)}", f"method: {new.method}"]
    item: dict[str, Any] = {"name": new.name, "method": new.method}
    for part, body in (("request", new.request), ("response", new.response)):
        text = quoted(body)
        file = new.file if part == "request" else ""
        if not file and len(text) <= _LONGEST and not _EXPONENT.search(text):
            rows.append(f"{part}: {text}")
            item[part] = body
            continue
        path = file or f"samples/{_slug(new.name)}.{part}.json"
        if not file:
            written = as_json(body) if len(text) <= _SPREAD else f"{text}\n"
            made[path] = _free(files, path, written.encode())
        rows.append(f"{part}_file: {path}")
        item[f"{part}_file"] = path
    rows.append(f"tolerance: {Decimal(repr(new.tolerance)):f}")
    item["tolerance"] = new.tolerance
    text = files[MODULE_FILE].decode().replace(sample_note(module), "")
    made[MODULE_FILE] = with_item(text, MODULE_FILE, "samples", item, rows).encode()
    return made


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:60] or "sample"


def _free(files: Mapping[str, bytes], path: str, content: bytes) -> bytes:
    if files.get(path, content) != content:
        raise UsageError(f"there is a file `{path}` already", hint="choose another name")
    return content
