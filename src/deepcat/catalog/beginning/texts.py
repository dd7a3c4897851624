"""What the files of a new catalog, module or deployment share. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

API = "deepcat/v1"


# What YAML takes for the end of a line, or does not take, within quotes.
_UNSEEN = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")


def quoted(value: Any) -> str:
    """A text, or any value, in one line of JSON which YAML reads as the same."""
    text = json.dumps(value, ensure_ascii=False)
    return _UNSEEN.sub(lambda sign: f"\\u{ord(sign[0]):04x}", text)


def plain(text: str) -> str:
    """A text that Markdown shows as it is written."""
    signs = set("\\`*_[]<>#|{}!")
    return "".join(f"\\{sign}" if sign in signs else sign for sign in " ".join(text.split()))


def as_json(body: Mapping[str, Any]) -> str:
    """A body as the text of a file."""
    return json.dumps(body, indent=2) + "\n"
