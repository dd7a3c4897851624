"""What a review showed of a plan, kept in its comment, so that the merge can be held to it. Pure.

It stands first in the comment, where nothing cuts it, and names the commit that it is of. What does
not fit, or cannot be read, bounds at nothing: a merge then stops, and says so.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from deepcat.foreign import read_json

MAX_KEPT = 24_000
_MOST_PRICE = 1e6
_MOST_TEXT = 200
REST = "*"
_KEPT = re.compile(r"<!-- deepcat-shown: ([A-Za-z0-9+/=]+) -->")


@dataclass(frozen=True, slots=True)
class Shown:
    """Where the review said that a deployment would run.

    Attributes:
        cloud: the cloud's name.
        accelerator: canonical name; empty for none.
        price_hour: in the catalog's currency.
        price_most: of the dearest offer that it named, should the first ones fail.
    """

    cloud: str
    accelerator: str
    price_hour: float
    price_most: float = 0.0


NOTHING = Shown("", "", 0.0)


def kept(head: str, shown: Mapping[str, Shown]) -> str:
    """What was shown, as a line that no reader sees."""
    rows: dict[str, list[Any]] = {}
    room = MAX_KEPT * 3 // 4 - 200
    for name, each in sorted(shown.items()):
        row = [each.cloud, each.accelerator, each.price_hour, each.price_most]
        room -= len(json.dumps({name: row}))
        if room < 0:
            rows[REST] = ["", "", 0.0, 0.0]
            break
        rows[name] = row
    data = json.dumps({"head": head, "shown": rows}, separators=(",", ":"))
    return f"<!-- deepcat-shown: {base64.b64encode(data.encode()).decode()} -->"


def read(body: str, head: str) -> dict[str, Shown]:
    """What a comment of ours showed of a commit; of any other, nothing at all was shown."""
    found = _KEPT.search(body)
    try:
        data = read_json(base64.b64decode(found[1], validate=True)) if found else None
    except ValueError:
        data = None
    if not isinstance(data, dict) or data.get("head") != head:
        return {REST: NOTHING}
    rows = data.get("shown")
    return {str(name): _row(row) for name, row in (rows.items() if isinstance(rows, dict) else ())}


def of(shown: Mapping[str, Shown] | None, name: str) -> Shown | None:
    """What was shown of a deployment; None where no review showed anything."""
    return (shown or {}).get(name) or (shown or {}).get(REST)


def _row(row: Any) -> Shown:
    parts: Iterable[Any] = row if isinstance(row, list) and len(row) == 4 else ("", "", 0, 0)
    cloud, accelerator, hour, most = parts
    return Shown(_text(cloud), _text(accelerator), _price(hour), _price(most))


def _text(value: Any) -> str:
    is_line = isinstance(value, str) and len(value) <= _MOST_TEXT and value.isprintable()
    return value if is_line else ""


def _price(value: Any) -> float:
    """A price; what is none, or has no end, is nothing."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and 0 <= value <= _MOST_PRICE else 0.0
