"""Labels the lines of a log, by the model server that `DEEPCAT_MODEL` names.

Before: a log is cut into lines, without dates and empty lines. After: each line with its topic, or
how many lines each topic has.
"""

from __future__ import annotations

import io
import json
import os
import re
import tempfile
import time
import urllib.request
from collections import Counter
from pathlib import Path
from typing import Any

from webargs import fields, validate

MOST_LINES, AT_ONCE = 5000, 500
PREFIX, KEPT_S = "labelled-", 60
TYPES = ["application/json", "text/plain"]
# Dates, and what syslog puts before a message: a host and a program.
_HEAD = re.compile(
    r"^(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\S*|[A-Z][a-z]{2} +\d+ \d\d:\d\d:\d\d)"
    r"( \S+ [\w./-]+(\[\d+\])?:)?\s+"
)


def get_metadata() -> dict[str, Any]:
    """What is told of the model."""
    return {
        "name": "log-triage",
        "description": "Labels the lines of a log by what they are about.",
        "author": "The deepcat founders",
        "version": "1.0.0",
        "license": "Apache-2.0",
    }


def get_predict_args() -> dict[str, Any]:
    """What a prediction takes."""
    told = {"type": "file", "location": "form", "description": "A log as text."}
    return {
        "log": fields.Field(required=True, metadata=told),
        "accept": fields.Str(
            load_default=TYPES[0],
            metadata={"location": "headers"},
            validate=validate.OneOf(list(TYPES)),
        ),
    }


def predict(log: Any, accept: str = TYPES[0], **_: Any) -> Any:
    """How many lines each topic has, or the log with a topic before each line."""
    given = lines(Path(log.filename).read_text("utf-8", "replace"))
    topics: list[str] = []
    for at in range(0, len(given), AT_ONCE):
        topics += _asked(given[at : at + AT_ONCE])
    if accept == "text/plain":
        pairs = zip(topics, given, strict=True)
        return _file("".join(f"{topic:8} {line}\n" for topic, line in pairs))
    return {"lines": len(given), "topics": dict(sorted(Counter(topics).items()))}


def lines(text: str) -> list[str]:
    """The messages of a log."""
    found = (_HEAD.sub("", line.strip()) for line in text.splitlines())
    return [line for line in found if line][:MOST_LINES]


def _asked(given: list[str]) -> list[str]:
    """The topic of each line."""
    body = json.dumps({"instances": given}).encode()
    request = urllib.request.Request(f"{os.environ['DEEPCAT_MODEL']}:predict", body)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return [said["topic"] for said in json.load(answer)["predictions"]]


def _file(text: str) -> io.BufferedReader:
    """A file that DEEPaaS sends as it is; it opens it by its name, and leaves it there."""
    for old in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        if time.time() - old.stat().st_mtime > KEPT_S:
            old.unlink(missing_ok=True)
    handle, name = tempfile.mkstemp(".txt", PREFIX)
    os.close(handle)
    Path(name).write_text(text, "utf-8")
    return io.BufferedReader(Path(name).open("rb", buffering=0))
