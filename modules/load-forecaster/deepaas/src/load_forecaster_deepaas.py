"""Forecasts a load, by the model server that `DEEPCAT_MODEL` names.

Before: the last 72 hours are taken from a table, and gaps are filled. After: the next 24 hours with
their bounds, as JSON or drawn.
"""

from __future__ import annotations

import csv
import io
import json
import os
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont
from webargs import fields, validate

PAST, NEXT = 72, 24
SIZE, EDGE = (720, 320), 30
PREFIX, KEPT_S = "labelled-", 60
TYPES = ["application/json", "image/png"]


def get_metadata() -> dict[str, Any]:
    """What is told of the model."""
    return {
        "name": "load-forecaster",
        "description": "Forecasts the next 24 hours of a load, and draws them.",
        "author": "The deepcat founders",
        "version": "1.0.0",
        "license": "Apache-2.0",
    }


def get_predict_args() -> dict[str, Any]:
    """What a prediction takes."""
    what = "A table as CSV whose last column is the load of each hour, oldest first."
    told = {"type": "file", "location": "form", "description": what}
    return {
        "table": fields.Field(required=True, metadata=told),
        "accept": fields.Str(
            load_default=TYPES[0],
            metadata={"location": "headers"},
            validate=validate.OneOf(list(TYPES)),
        ),
    }


def predict(table: Any, accept: str = TYPES[0], **_: Any) -> Any:
    """The forecast of 24 hours, or a drawing of it."""
    past = hours(Path(table.filename).read_text("utf-8-sig"))
    said = _asked(past)
    if accept == "image/png":
        return _file(drawn(past, said))
    found = {
        name: [round(value, 4) for value in said[name]] for name in ("low", "forecast", "high")
    }
    return {**found, "peak_in_hours": 1 + said["forecast"].index(max(said["forecast"]))}


def hours(text: str) -> list[float]:
    """The last 72 hours of a table; a gap has the value before it."""
    found: list[float] = []
    for row in csv.reader(io.StringIO(text)):
        cell = row[-1].strip() if row else ""
        try:
            found.append(float(cell))
        except ValueError:
            if found:  # the head of the table has no number before it
                found.append(found[-1])
    if len(found) < PAST:
        raise ValueError(f"the table has {len(found)} hours, and {PAST} are needed")
    return found[-PAST:]


def drawn(past: list[float], said: dict[str, list[float]]) -> Image.Image:
    """What was, and what is to be expected, with its bounds."""
    most = max(*past, *said["high"]) or 1.0
    wide = (SIZE[0] - 2 * EDGE) / (PAST + NEXT - 1)

    def at(hour: int, value: float) -> tuple[float, float]:
        high = SIZE[1] - EDGE - value / most * (SIZE[1] - 2 * EDGE)
        return EDGE + hour * wide, high

    image = Image.new("RGB", SIZE, "white")
    draw = ImageDraw.Draw(image)
    band = [at(PAST + n, value) for n, value in enumerate(said["high"])]
    band += [at(PAST + n, said["low"][n]) for n in reversed(range(NEXT))]
    draw.polygon(band, fill="#cfe3ff")
    draw.line([at(n, value) for n, value in enumerate(past)], fill="#333333", width=2)
    draw.line([at(PAST + n, v) for n, v in enumerate(said["forecast"])], fill="#0055cc", width=3)
    peak = max(said["forecast"])
    text = f"peak of {peak:.3g} in {1 + said['forecast'].index(peak)} hours"
    draw.text((EDGE, 6), text, fill="black", font=ImageFont.load_default(14))
    return image


def _asked(past: list[float]) -> dict[str, list[float]]:
    """What the model server says of one load."""
    body = json.dumps({"instances": [past]}).encode()
    request = urllib.request.Request(f"{os.environ['DEEPCAT_MODEL']}:predict", body)
    with urllib.request.urlopen(request, timeout=60) as answer:
        (said,) = json.load(answer)["predictions"]
    return dict(said)


def _file(image: Image.Image) -> io.BufferedReader:
    """A file that DEEPaaS sends as it is; it opens it by its name, and leaves it there."""
    for old in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        if time.time() - old.stat().st_mtime > KEPT_S:
            old.unlink(missing_ok=True)
    handle, name = tempfile.mkstemp(".png", PREFIX)
    with os.fdopen(handle, "wb") as stream:
        image.save(stream, "PNG")
    return io.BufferedReader(Path(name).open("rb", buffering=0))
