"""What a foreign format becomes on its way: the shape of AI4OS v2, and what is ours alone."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from deepcat.catalog.converting.repairs import Repairs
from deepcat.catalog.reading.profile import Pointer
from deepcat.catalog.wording import listed

# A file beside the metadata, by its path; None where there is none that can be read.
Beside = Callable[[str], bytes | None]


@dataclass(frozen=True, slots=True)
class Modern:
    """Metadata in the shape of AI4OS v2.

    Attributes:
        raw: what that format has a field for.
        own: what only a module of ours has a field for, by its key.
        readme: the README that belongs to it; empty for that of the folder.
        names: what the module might be called, the best first.
    """

    raw: dict[str, Any]
    own: dict[str, Any] = field(default_factory=dict)
    readme: str = ""
    names: tuple[str, ...] = ()


def keep(
    data: Mapping[str, Any],
    taken: Collection[str],
    partly: Collection[str],
    aside: str,
    own: dict[str, Any],
    to: Repairs,
) -> None:
    """Keep what no field of ours takes under one key, and name each.

    Args:
        data: the metadata.
        taken: the keys that other fields say already.
        partly: the keys of which other fields say something.
        aside: the key under which the rest is kept.
        own: the module's data that takes it.
        to: learns what was kept.
    """
    rest = {key: value for key, value in data.items() if key not in taken and value is not None}
    if rest:
        own[aside] = {**own.get(aside, {}), **rest}
    for key in rest:
        what = f"`{key}` has no field here, and"
        if key in partly:
            what = f"not all of `{key}` has a field here; it"
        to.say((key,), "unknown", f"{what} is kept as `{aside}.{key}`")


def say_not_taken(names: list[str], file: str, pointer: Pointer, to: Repairs) -> None:
    """Say which values of another file are not taken over."""
    if names:
        to.say(pointer, "unknown", f"of `{file}` these are not taken: {listed(sorted(names))}")


def texts(value: Any) -> list[str]:
    """A text, or the texts of a list, without those that are empty."""
    values = value if isinstance(value, list) else [value]
    return [each.strip() for each in values if isinstance(each, str) and each.strip()]


def is_texts(value: Any) -> bool:
    """Whether a value is a text or a list of texts, so that `texts` tells all of it."""
    values = value if isinstance(value, list) else [value]
    return all(isinstance(each, str) for each in values)


def are_plain(values: Any, keys: set[str]) -> bool:
    """Whether values are mappings in a list, of which these keys tell all."""
    return isinstance(values, list) and all(
        isinstance(each, dict) and each.keys() <= keys for each in values
    )


def mappings(value: Any) -> list[dict[str, Any]]:
    """The mappings of a list."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
