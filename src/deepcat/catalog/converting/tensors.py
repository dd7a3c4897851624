"""What a model takes and gives, as a table of Markdown for readers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_MOST = 100
_CELL = re.compile(r"[|`\s]+")


@dataclass(frozen=True, slots=True)
class Tensor:
    """One input or output.

    Attributes:
        name: what it is called.
        dtype: the type of its values, in the words of its format.
        shape: its axes and sizes, in words.
        note: what else is said of it.
    """

    name: str
    dtype: str
    shape: str = ""
    note: str = ""


def section(inputs: Sequence[Tensor], outputs: Sequence[Tensor]) -> str:
    """A section of Markdown with both; empty where neither is known."""
    parts = []
    for title, tensors in (("Inputs", inputs), ("Outputs", outputs)):
        if tensors:
            parts.append(f"## {title}\n\n{_table(tensors)}")
    return "\n\n".join(parts)


def _table(tensors: Sequence[Tensor]) -> str:
    rows = [(each.name, each.dtype, each.shape, each.note) for each in tensors[:_MOST]]
    lines = [_line(("Name", "Type", "Shape", "Note")), _line(["---"] * 4)]
    lines += [_line((*map(_code, row[:3]), _cell(row[3]))) for row in rows]
    if len(tensors) > _MOST:
        lines.append(_line((f"and {len(tensors) - _MOST} more", "", "", "")))
    return "\n".join(lines)


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(text: str) -> str:
    return _CELL.sub(" ", text).strip()[:200].replace("<", "&lt;")


def _code(text: str) -> str:
    cell = _CELL.sub(" ", text).strip()[:200]
    return f"`{cell}`" if cell else ""
