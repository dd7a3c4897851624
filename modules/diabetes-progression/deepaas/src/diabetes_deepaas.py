"""Tells the progression for each person of a table, by the model server that `DEEPCAT_MODEL` names.

Before: columns are found by their names; what follows from others is worked out where it is
lacking. After: each row has the measure with its bounds, and in words where it lies.
"""

from __future__ import annotations

import csv
import io
import json
import math
import os
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

from webargs import fields, validate

COLUMNS = ("age", "sex", "bmi", "blood_pressure", "cholesterol", "ldl", "hdl", "glucose")
# The measure that half of the people in the data stay below, and three quarters do.
HALF, THREE_QUARTERS = 140, 211
MOST_ROWS = 5000
PREFIX, KEPT_S = "labelled-", 60
TYPES = ["application/json", "text/csv"]


def get_metadata() -> dict[str, Any]:
    """What is told of the model."""
    return {
        "name": "diabetes-progression",
        "description": "Tells the progression for each person of a table.",
        "author": "The deepcat founders",
        "version": "1.0.0",
        "license": "Apache-2.0",
    }


def get_predict_args() -> dict[str, Any]:
    """What a prediction takes."""
    what = "A table as CSV, with a person a row."
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
    """What is said of each row, or the table with it."""
    given = rows(Path(table.filename).read_text("utf-8-sig"))
    said = [label(each) for each in _asked([prepared(row) for row in given])]
    if accept == "text/csv":
        return _file([{**row, **more} for row, more in zip(given, said, strict=True)])
    return {"rows": said}


def rows(text: str) -> list[dict[str, str]]:
    """The rows of a table by the names of its columns, however these are spelt."""
    try:
        by = csv.Sniffer().sniff(text[:4096], ",;\t").delimiter
    except csv.Error:
        by = ","
    head, *found = [row for row in csv.reader(io.StringIO(text), delimiter=by) if row]
    names = [name.strip().lower().replace(" ", "_") for name in head]
    if lacking := sorted(set(COLUMNS) - set(names)):
        raise ValueError(f"the table has no column {', '.join(lacking)}")
    return [dict(zip(names, row, strict=False)) for row in found[:MOST_ROWS]]


def prepared(row: dict[str, str]) -> dict[str, float]:
    """The ten numbers; `triglycerides` in mg/dl do instead of their logarithm."""
    found = {name: _number(row[name]) for name in COLUMNS}
    ratio, logarithm = row.get("cholesterol_per_hdl"), row.get("log_triglycerides")
    found["cholesterol_per_hdl"] = _number(ratio) if ratio else found["cholesterol"] / found["hdl"]
    if logarithm:
        found["log_triglycerides"] = _number(logarithm)
    else:
        found["log_triglycerides"] = math.log(_number(row["triglycerides"]))
    return found


def label(said: dict[str, Any]) -> dict[str, Any]:
    """The measure with its bounds, and where it lies."""
    measure = said["progression"]
    words = "low" if measure < HALF else "middling" if measure < THREE_QUARTERS else "high"
    return {**{name: round(value, 2) for name, value in said.items()}, "label": words}


def _asked(instances: list[Any]) -> list[dict[str, Any]]:
    """What the model server says of each row."""
    body = json.dumps({"instances": instances}).encode()
    request = urllib.request.Request(f"{os.environ['DEEPCAT_MODEL']}:predict", body)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return list(json.load(answer)["predictions"])


def _number(text: str) -> float:
    """A number as tables write it, also with a comma."""
    return float(text.strip().replace(",", "."))


def _file(table: list[dict[str, Any]]) -> io.BufferedReader:
    """A file that DEEPaaS sends as it is; it opens it by its name, and leaves it there."""
    for old in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        if time.time() - old.stat().st_mtime > KEPT_S:
            old.unlink(missing_ok=True)
    handle, name = tempfile.mkstemp(".csv", PREFIX)
    with os.fdopen(handle, "w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(table[0]) if table else list(COLUMNS))
        writer.writeheader()
        writer.writerows(table)
    return io.BufferedReader(Path(name).open("rb", buffering=0))
