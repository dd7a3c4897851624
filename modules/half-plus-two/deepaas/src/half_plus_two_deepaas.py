"""Answers numbers as people write them, by the model server that `DEEPCAT_MODEL` names.

Before: each line of a text is read as a number, be it `-4,5`, `3/4`, `1 1/2`, `50 %` or `2e3`.
After: each comes back with what it was taken for, and half of that plus two.
"""

from __future__ import annotations

import csv
import io
import json
import os
import tempfile
import time
import urllib.request
from fractions import Fraction
from pathlib import Path
from typing import Any

from webargs import fields, validate

MOST_ROWS = 5000
COLUMNS = ("written", "x", "y")
PREFIX, KEPT_S = "labelled-", 60
TYPES = ["application/json", "text/csv"]


def get_metadata() -> dict[str, Any]:
    """What is told of the model."""
    return {
        "name": "half-plus-two",
        "description": "Answers half of each number, plus two.",
        "author": "The deepcat founders",
        "version": "1.0.0",
        "license": "Apache-2.0",
    }


def get_predict_args() -> dict[str, Any]:
    """What a prediction takes."""
    told = {"type": "file", "location": "form", "description": "A text with a number a line."}
    return {
        "numbers": fields.Field(required=True, metadata=told),
        "accept": fields.Str(
            load_default=TYPES[0],
            metadata={"location": "headers"},
            validate=validate.OneOf(list(TYPES)),
        ),
    }


def predict(numbers: Any, accept: str = TYPES[0], **_: Any) -> Any:
    """What is said of each line, as JSON or as a table."""
    lines = written(Path(numbers.filename).read_text("utf-8-sig"))
    given = [number(line) for line in lines]
    said = [
        {"written": line, "x": x, "y": y}
        for line, x, y in zip(lines, given, _asked(given), strict=True)
    ]
    return _file(said) if accept == "text/csv" else {"rows": said}


def written(text: str) -> list[str]:
    """The lines that hold something, without a heading."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if lines and not any(character.isdigit() for character in lines[0]):
        del lines[0]
    return lines[:MOST_ROWS]


def number(text: str) -> float:
    """The number that a line means."""
    plain = text.replace("\N{MINUS SIGN}", "-").replace(",", ".")
    value = plain.removesuffix("%").strip()
    whole, _, part = value.rpartition(" ")
    try:
        exact = Fraction(part)
        if whole:
            exact = abs(Fraction(whole)) + exact
            exact = -exact if whole.startswith("-") else exact
    except (ValueError, ZeroDivisionError):
        raise ValueError(f"{text[:40]!r} is no number") from None
    return float(exact / 100 if plain.endswith("%") else exact)


def _asked(instances: list[float]) -> list[float]:
    """What the model server says of each number."""
    if not instances:
        return []
    body = json.dumps({"instances": instances}).encode()
    request = urllib.request.Request(f"{os.environ['DEEPCAT_MODEL']}:predict", body)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return list(json.load(answer)["predictions"])


def _file(table: list[dict[str, Any]]) -> io.BufferedReader:
    """A file that DEEPaaS sends as it is; it opens it by its name, and leaves it there."""
    for old in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        if time.time() - old.stat().st_mtime > KEPT_S:
            old.unlink(missing_ok=True)
    handle, name = tempfile.mkstemp(".csv", PREFIX)
    with os.fdopen(handle, "w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, COLUMNS)
        writer.writeheader()
        writer.writerows(table)
    return io.BufferedReader(Path(name).open("rb", buffering=0))
