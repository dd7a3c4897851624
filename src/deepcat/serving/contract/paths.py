"""TensorFlow Serving's REST addresses; pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote

from deepcat.serving.contract.status import invalid

_WHICH = r"(?:/versions/(?P<version>[0-9]+)|/labels/(?P<label>[^/:]+))?"
_POST = re.compile(
    rf"/v1/models/(?P<name>[^/:]+){_WHICH}:(?P<method>classify|regress|predict)", re.I
)
_GET = re.compile(rf"/v1/models(?:/(?P<name>[^/:]+))?{_WHICH}(?:/(?P<sub>metadata))?", re.I)
METHODS = ("classify", "regress", "predict")
# Paths that are kept once they are read.
_SHORT = 256


@dataclass(frozen=True, slots=True)
class Target:
    """What a request is about.

    Attributes:
        name: the model; may be empty for a GET.
        version: None when the request names none.
        label: empty when the request names none.
        method: ``predict``, ``classify``, ``regress``, ``metadata``, or ``status``.
    """

    name: str
    version: int | None
    label: str
    method: str


def parse_path(verb: str, path: str) -> Target:
    """Read the path of a request, still percent-encoded and without its query.

    Raises:
        ServingError: INVALID_ARGUMENT, worded as TensorFlow Serving does.
    """
    return _kept(verb, path) if len(path) <= _SHORT else _parsed(verb, path)


def _parsed(verb: str, path: str) -> Target:
    pattern = {"POST": _POST, "GET": _GET}.get(verb)
    match = pattern.fullmatch(path) if pattern else None
    if match is None:
        raise invalid(f"Malformed request: {verb} {path}")
    parts = match.groupdict()
    method = parts["method"] if verb == "POST" else (parts["sub"] or "status")
    if verb == "POST" and method not in METHODS:
        raise invalid(f"Malformed request: {verb} {path}")
    return Target(
        name=unquote(parts["name"] or ""),
        version=_version(parts["version"]),
        label=unquote(parts["label"] or ""),
        method=method.lower(),
    )


_kept = lru_cache(256)(_parsed)


def _version(text: str | None) -> int | None:
    if text is None:
        return None
    if len(text) > 19 or int(text) >= 2**63:
        raise invalid(f"Failed to convert version: {text} to numeric.")
    return int(text)
