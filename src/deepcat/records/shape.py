"""What a record's plain data may hold; whoever could write the ref, may have written it. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeAlias

from deepcat.catalog.reading.own_yaml import YamlError, loads

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}\Z")
# Of one record's text; deepcat's own take a few kilobytes.
MOST_BYTES = 4_194_304
_MOST_DEEP = 24
_MOST_VALUES = 200_000
_MOST_TEXT = 1_048_576
_MOST_LINE = 4_000
_MOST_NUMBER = 1e9
_MOST_HOSTS = 10_000
_MOST_ITEMS = 10_000

_CONTROL = r"\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069"
_NO_LINE = re.compile(f"[{_CONTROL}]")
_TRAINING = re.compile(r"[0-9a-f]{12}\Z")
_HEX = re.compile(r"[0-9a-f]{1,64}\Z|\Z")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}\Z|\Z")
_WORD = re.compile(rf"[^{_CONTROL}\s/\\.][^{_CONTROL}/\\]{{0,199}}\Z|\Z")

Check: TypeAlias = Callable[[Any], str]


def lines(value: Any) -> Any:
    """The same mappings and lists with each text as a line that may stand in a record."""
    if isinstance(value, str):
        return _NO_LINE.sub("\N{REPLACEMENT CHARACTER}", value)[:_MOST_LINE]
    if isinstance(value, Mapping):
        return {lines(key): lines(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [lines(each) for each in value]
    return value


def address(text: str) -> str:
    """The text where it is a plain address of the web that may stand in a record, else empty."""
    return "" if _address(text) else text


class ShapeError(ValueError):
    """A record that deepcat cannot have written; says what is wrong."""


def parsed(text: str, require: Callable[[Mapping[str, Any]], None]) -> dict[str, Any]:
    """The plain data in a record's text.

    Args:
        text: one YAML document.
        require: raises where the data is not what such a record may be.

    Raises:
        ShapeError: deepcat cannot have written it.
    """
    if len(text) > MOST_BYTES:
        raise ShapeError(f"larger than {MOST_BYTES:,} bytes")
    try:
        data = loads(text)
    except (YamlError, RecursionError) as error:
        raise ShapeError(f"not YAML: {error}") from None
    if not isinstance(data, dict):
        raise ShapeError("not a mapping")
    require(data)
    return data


def require_shape(data: Mapping[str, Any]) -> None:
    """Raise ShapeError unless data is what a record may be."""
    _require_bounded(data)
    for name, value in data.items():
        check = _FIELDS.get(name)
        if check is None:
            continue  # of a newer version; what it says has no meaning here
        if wrong := check(value):
            raise ShapeError(f"`{name}` {wrong}")


def is_training(text: str) -> bool:
    """Whether a text can be a training's id."""
    return bool(_TRAINING.match(text))


def require_training_shape(data: Mapping[str, Any]) -> None:
    """Raise ShapeError unless data is what a training's record may be."""
    _require_bounded(data)
    for name, value in data.items():
        check = _OF_TRAINING.get(name)
        if check is not None and (wrong := check(value)):
            raise ShapeError(f"`{name}` {wrong}")


def _require_bounded(data: Any) -> None:
    """Every value, wherever it stands: its kind, size and place; and how many there are."""
    left = [(data, 0)]
    seen = 0
    while left:
        value, depth = left.pop()
        seen += 1
        if seen > _MOST_VALUES:
            raise ShapeError(f"more than {_MOST_VALUES:,} values")
        if depth > _MOST_DEEP:
            raise ShapeError(f"nested deeper than {_MOST_DEEP}")
        if isinstance(value, dict):
            if not all(isinstance(key, str) for key in value):
                raise ShapeError("a key that is no text")
            left += [(each, depth + 1) for pair in value.items() for each in pair]
        elif isinstance(value, list):
            left += [(each, depth + 1) for each in value]
        elif wrong := _plain(value):
            raise ShapeError(wrong)


def _plain(value: Any) -> str:
    if isinstance(value, str):
        return f"a text of more than {_MOST_TEXT:,} characters" if len(value) > _MOST_TEXT else ""
    if isinstance(value, float) and not math.isfinite(value):
        return "a number that is not finite"
    return "" if value is None or isinstance(value, (bool, int, float)) else "a value of no kind"


def _text(form: re.Pattern[str], words: str) -> Check:
    return lambda value: "" if isinstance(value, str) and form.match(value) else words


def _number(least: float, most: float, *, is_whole: bool) -> Check:
    kinds = (int,) if is_whole else (int, float)
    words = f"is no {'whole ' if is_whole else ''}number from {least:g} to {most:g}"

    def check(value: Any) -> str:
        known = isinstance(value, kinds) and not isinstance(value, bool)
        return "" if known and least <= value <= most else words

    return check


def _instant(value: Any) -> str:
    try:
        if value and datetime.fromisoformat(value).tzinfo is None:
            return "is an instant without a zone"
    except (TypeError, ValueError):
        return "is no instant as ISO 8601 writes it"
    return ""


def _either(none: Check, check: Check) -> Check:
    return lambda value: none(value) if value is None else check(value)


def _list_of(check: Check) -> Check:
    def checked(value: Any) -> str:
        if not isinstance(value, list) or len(value) > _MOST_ITEMS:
            return f"is no list of at most {_MOST_ITEMS}"
        return next((f"holds one that {wrong}" for wrong in map(check, value) if wrong), "")

    return checked


def _mapping_of(checks: Mapping[str, Check], others: Check) -> Check:
    def checked(value: Any) -> str:
        if not isinstance(value, dict) or len(value) > _MOST_ITEMS:
            return f"is no mapping of at most {_MOST_ITEMS}"
        for key, each in value.items():
            if wrong := checks.get(key, others)(each):
                return f"has a `{key[:100]}` that {wrong}"
        return ""

    return checked


def _anything(value: Any) -> str:  # noqa: ARG001 - it was bounded already
    return ""


_truth: Check = lambda value: "" if isinstance(value, bool) else "is neither true nor false"  # noqa: E731
_name = _text(NAME, "is no name")
_id = _text(_ID, "is no id")
_word = _text(_WORD, "is no name")
_hex = _text(_HEX, "is no hash")
_line = _text(re.compile(rf"[^{_CONTROL}]{{0,{_MOST_LINE}}}\Z"), "is no line of text")
_address = _text(re.compile(r"https?://[A-Za-z0-9._~:/-]{1,400}\Z|\Z"), "is no address")
_price = _number(0, _MOST_NUMBER, is_whole=False)
_hosts = _number(0, _MOST_HOSTS, is_whole=True)
_status = _number(-1_000, 1_000, is_whole=True)
_long = _text(re.compile(r"(?s).*\Z"), "is no text")
_mapping = _mapping_of({}, _anything)
_part = _mapping_of(
    {"part": _line, "shape": _line, "hosts": _hosts, "price_hour": _price}, _anything
)
_moment = _mapping_of({"at": _instant, "status": _word, "price_hour": _price}, _anything)
_failure = _mapping_of({"commit": _hex}, _either(_anything, _long))
_intent = _mapping_of(
    {
        "lease_s": _number(0, 86_400, is_whole=False),
        "beat": _number(0, _MOST_NUMBER, is_whole=True),
        "begun": _list_of(_hex),
        "run": _id,
    },
    _line,
)
_resources = _mapping_of(
    {"programs": _list_of(_line), "models": _list_of(_word), "cards": _list_of(_line)}, _anything
)

_FIELDS: Mapping[str, Check] = {
    "name": _name,
    "module": _word,
    "version": _line,
    "module_digest": _line,
    "profile": _word,
    "inputs": _mapping,
    "cloud": _word,
    "shape": _line,
    "status": _word,
    "wish_digest": _line,
    "commit": _hex,
    "module_commit": _hex,
    "endpoints": _mapping_of({}, _line),
    "resources": _resources,
    "expires": _instant,
    "owner": _line,
    "run": _id,
    "nodes": _mapping_of({}, _mapping),
    "model_sha256": _line,
    "hosts": _hosts,
    "is_job": _truth,
    "ended": _instant,
    "exit_status": _either(_anything, _status),
    "private": _list_of(_line),
    "placements": _list_of(_part),
    "catalog": _id,
    "access": _mapping,
    "asked": _mapping,
    "intent": _intent,
    "samples": _mapping,
    "price_hour": _price,
    "silent": _number(0, 1000, is_whole=True),
    "log": _address,
    "created": _instant,
    "updated": _instant,
    "failures": _list_of(_failure),
    "history": _list_of(_moment),
    "spent": _number(0, 1e12, is_whole=False),
}

_real = _number(-1e300, 1e300, is_whole=False)
_held = _mapping_of({}, _line)
_attempt = _mapping_of(
    {
        "seconds": _number(0, _MOST_NUMBER, is_whole=False),
        "began": _instant,
        "ended": _instant,
    },
    _line,
)
_count = _number(0, 1e18, is_whole=True)
_file = _mapping_of({"path": _line, "bytes": _count, "sha256": _hex}, _line)
_OF_TRAINING: Mapping[str, Check] = {
    "training": _text(_TRAINING, "is no id of a training"),
    "deployment": _name,
    "node": _line,
    "module": _word,
    "version": _line,
    "commit": _hex,
    "state": _word,
    "run": _id,
    "by": _word,
    "inputs": _mapping,
    "data": _mapping,
    "lock": _hex,
    "seed": _either(_anything, _number(-1e18, 1e18, is_whole=True)),
    "metric": _line,
    "cloud": _word,
    "shape": _line,
    "attempt": _number(1, 1e6, is_whole=True),
    "attempts": _list_of(_attempt),
    "began": _instant,
    "ended": _instant,
    "exit_status": _either(_anything, _status),
    "stopped": _line,
    "waits": _line,
    "progress": _either(_anything, _number(0, 1, is_whole=False)),
    "message": _line,
    "expected_end": _instant,
    "metrics": _mapping_of({}, _real),
    "checkpoint": _held,
    "failure": _mapping_of({"last": _list_of(_line)}, _line),
    "hardware": _mapping,
    "output": _list_of(_file),
    "plots": _mapping,
    "peak_MB": _number(0, 1e12, is_whole=False),
    "seconds": _number(0, _MOST_NUMBER, is_whole=False),
    "price_hour": _price,
    "cost": _number(0, 1e12, is_whole=False),
    "limits": _mapping,
    "sweep": _line,
    "proposal": _mapping,
    "uploaded": _mapping_of({"files": _count, "bytes": _count, "at": _instant}, _line),
    "reproduced": _mapping,
    "created": _instant,
    "updated": _instant,
}
