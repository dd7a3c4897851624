"""What the files of a new catalog, module or deployment share. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

API = "deepcat/v1"


def quoted(text: str) -> str:
    """A text as a string of JSON, which is one of YAML."""
    return json.dumps(text, ensure_ascii=False)


def plain(text: str) -> str:
    """A text that Markdown shows as it is written."""
    signs = set("\\`*_[]<>#|{}!")
    return "".join(f"\\{sign}" if sign in signs else sign for sign in " ".join(text.split()))


def as_json(body: Mapping[str, Any]) -> str:
    """A body as the text of a file."""
    return json.dumps(body, indent=2) + "\n"
