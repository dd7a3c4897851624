"""What changes in the plays that bring a deployment up, as a unified diff for a person. Pure.

Both sides are in one normal form: keys sorted, one line a value, texts of the catalog marked
`!unsafe`. A secret stands in plays as a look-up that names where it lies, never as its value.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import unified_diff
from typing import Any

from deepcat.catalog.wording import count
from deepcat.plain import plain
from deepcat.runs.dump import dump, protect_plays

# Lines of one side that are compared; what lies behind them is counted, not shown.
_COMPARED = 4_000
_LONG = 300
_CONTEXT = 3


@dataclass(frozen=True, slots=True)
class Rendered:
    """The plays that bring one deployment up, as it runs and as it shall run.

    Attributes:
        deployment: its name.
        before: of what runs; empty where nothing does.
        after: of what shall run; empty where nothing shall.
        unknown: why what runs cannot be read, in words; empty when it can.
    """

    deployment: str
    before: Sequence[Mapping[str, Any]]
    after: Sequence[Mapping[str, Any]]
    unknown: str = ""


def play_diff(rendered: Iterable[Rendered], most: int) -> str:
    """The diffs of all that differ, one after another; empty where no play changes.

    Args:
        rendered: the plays.
        most: at most so many characters; a last line says how many lines are left out.
    """
    lines = [line for each in rendered for line in _of(each)]
    room = most - len("… and 1000000 more lines\n")
    shown: list[str] = []
    for line in lines:
        room -= len(line) + 1
        if room < 0:
            break
        shown.append(line)
    left = len(lines) - len(shown)
    more = [f"… and {count(left, 'more line')}"] if left else []
    return "".join(f"{line}\n" for line in [*shown, *more])


def _of(rendered: Rendered) -> Iterator[str]:
    name = plain(rendered.deployment)
    if rendered.unknown:
        yield f"# {name}: what runs now is not compared: {plain(rendered.unknown)[:_LONG]}"
    old, new = normal(rendered.before), normal(rendered.after)
    titles = (f"{name}, as it runs", f"{name}, as it shall run")
    found = unified_diff(old[:_COMPARED], new[:_COMPARED], *titles, n=_CONTEXT, lineterm="")
    yield from (line[:_LONG] for line in found)
    left = max(len(old), len(new)) - _COMPARED
    if left > 0:
        yield f"# {name}: {left} more lines of its plays are not compared"


def normal(plays: Sequence[Mapping[str, Any]]) -> list[str]:
    """Plays as lines of YAML in which only what differs in meaning differs."""
    if not plays:
        return []
    return [plain(line) for line in dump(_sorted(protect_plays(list(plays)))).splitlines()]


def _sorted(value: Any) -> Any:
    """The same with all keys in order; a task's name and a play's hosts stay first."""
    if isinstance(value, Mapping):
        keys = sorted(value, key=lambda key: (key not in ("name", "hosts"), str(key)))
        return {key: _sorted(value[key]) for key in keys}
    if isinstance(value, list | tuple):
        return [_sorted(item) for item in value]
    return value
