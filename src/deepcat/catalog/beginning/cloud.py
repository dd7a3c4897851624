"""A cloud to begin with: from answers, as its kind's schema names them, to its file. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from deepcat.catalog.beginning.texts import API
from deepcat.catalog.wording import nearest
from deepcat.errors import UsageError

# The lines that pin keys of hosts, wherever a kind has a place for them.
PINNED = "known_hosts"


def cloud_data(
    name: str, kind: str, summary: str, price: float | None, settings: Mapping[str, Any]
) -> dict[str, Any]:
    """The content of a cloud's file; what is empty is left out."""
    head = {"apiVersion": API, "name": name, "kind": kind, "summary": summary}
    fixed = {} if price is None else {"price": price}
    return head | fixed | ({kind: dict(settings)} if settings else {})


def option(path: Sequence[str]) -> str:
    """The option that gives a setting: ``login.known_hosts`` is `--login.known-hosts`."""
    return "--" + ".".join(path).replace("_", "-")


def required(schema: Mapping[str, Any], given: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Name and description of the settings that must be there and are not; but for pinned keys."""
    known = schema.get("properties", {})
    lacking = [name for name in schema.get("required", ()) if name not in (*given, PINNED)]
    return [(name, str(known.get(name, {}).get("description", name))) for name in lacking]


def settings(schema: Mapping[str, Any], words: Sequence[str]) -> dict[str, Any]:
    """What the words of a line say of the settings that a schema has.

    Args:
        schema: of the kind's section.
        words: as `--user ada --host a --host b --login.port=22`.

    Raises:
        UsageError: a word is no option of this kind, or its value is none of its type.
    """
    found: dict[str, Any] = {}
    for path, kind, value in _pairs(schema, words):
        held = found
        for key in path[:-1]:
            held = held.setdefault(key, {})
        if _is(kind, "array"):
            held.setdefault(path[-1], []).append(value)
        elif _is(kind, "object"):
            held.setdefault(path[-1], {}).update(value)
        else:
            held[path[-1]] = value
    return found


def pinned(
    schema: Mapping[str, Any], given: Mapping[str, Any], lines: Sequence[str]
) -> dict[str, Any]:
    """The settings with the keys of hosts wherever the schema has a place for them."""
    known = schema.get("properties", {})
    found = dict(given)
    if PINNED in known:
        found[PINNED] = [*dict.fromkeys((*given.get(PINNED, ()), *lines))]
    for name, below in known.items():
        if isinstance(given.get(name), Mapping) and PINNED in below.get("properties", {}):
            found[name] = pinned(below, given[name], lines)
    return found


def _pairs(
    schema: Mapping[str, Any], words: Sequence[str]
) -> Iterator[tuple[list[str], Mapping[str, Any], Any]]:
    """Where each setting stands, its schema, and its value."""
    rest = list(words)
    while rest:
        name, sign, text = rest.pop(0).partition("=")
        path, kind = _place(schema, name)
        if not sign:
            is_alone = not rest or rest[0].startswith("--")
            if is_alone and not _is(kind, "boolean"):
                raise UsageError(f"`{name}` is given no value", hint=f"write `{name} VALUE`")
            text = "true" if is_alone else rest.pop(0)
        yield path, kind, _value(name, kind.get("items", kind), text)


def _place(schema: Mapping[str, Any], name: str) -> tuple[list[str], Mapping[str, Any]]:
    """Where a setting stands, by its option; one that is named by whoever writes stands as it is.

    Raises:
        UsageError: there is no such setting.
    """
    path: list[str] = []
    at = schema
    for part in name.removeprefix("--").split(".") if name.startswith("--") else [""]:
        known = {key.replace("_", "-"): key for key in at.get("properties", {})}
        more = at.get("additionalProperties")
        if part in known:
            path.append(known[part])
            at = at["properties"][known[part]]
        elif part and isinstance(more, Mapping):
            path.append(part)
            at = more
        else:
            raise _unknown(schema, name)
    return path, at


def _unknown(schema: Mapping[str, Any], name: str) -> UsageError:
    known = [option(path) for path in _paths(schema)]
    like = nearest(name, known)
    if name in ("--yes", "-y"):
        like = "--accept-host-keys"  # all that is asked of who writes a cloud's file
    hint = f"did you mean `{like}`?" if like else f"it takes {', '.join(sorted(known)) or 'none'}"
    return UsageError(f"`{name}` is no setting of this kind of cloud", hint=hint)


def _paths(schema: Mapping[str, Any]) -> Iterator[list[str]]:
    for name, below in schema.get("properties", {}).items():
        yield [name]
        yield from ([name, *more] for more in _paths(below))


def _is(schema: Mapping[str, Any], kind: str) -> bool:
    """Whether a schema takes values of a type."""
    named = schema.get("type")
    return kind in (named if isinstance(named, list) else [named])


def _value(name: str, schema: Mapping[str, Any], text: str) -> Any:
    reader = next((read for kind, read in _READERS.items() if _is(schema, kind)), str)
    try:
        return reader(text)
    except ValueError:
        raise UsageError(f"`{text}` will not do for `{name}`", hint=_hint(schema)) from None


def _hint(schema: Mapping[str, Any]) -> str:
    examples = schema.get("examples")
    return f"such as `{examples[0]}`" if examples else f"it is of the type {schema.get('type')}"


def _truth(text: str) -> bool:
    return {"true": True, "false": False}[text] if text in ("true", "false") else _no(text)


def _no(text: str) -> bool:
    raise ValueError(text)


def _object(text: str) -> dict[str, Any]:
    """`host=a,user=ada`; a name alone is one of which nothing more is said."""
    pairs = [part.partition("=") for part in text.split(",")]
    if not all(key for key, _, _ in pairs):
        raise ValueError(text)
    return {key: value if sign else {} for key, sign, value in pairs}


_READERS: Mapping[str, Any] = {
    "integer": int,
    "number": float,
    "boolean": _truth,
    "object": _object,
}
