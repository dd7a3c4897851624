"""The last step of an import: what does not keep the schema is set aside, so that the rest does."""

from __future__ import annotations

from typing import Any

from deepcat.catalog.converting.repairs import Repairs, set_aside
from deepcat.catalog.judging.schema import Violation, load_schema, violations
from deepcat.catalog.reading.document import Document
from deepcat.catalog.reading.profile import Pointer
from deepcat.catalog.reading.units import UnitKind
from deepcat.catalog.wording import shown
from deepcat.errors import DeepcatError

_ROUNDS = 10


def settle(module: dict[str, Any], repairs: Repairs) -> None:
    """Change a module's data until it keeps the schema.

    Args:
        module: changed in place.
        repairs: learns what was set aside, and under which key.

    Raises:
        DeepcatError: it cannot be had, for a value that must be there is missing.
    """
    for _ in range(_ROUNDS):
        found = violations(UnitKind.MODULE, Document("module.yaml", module, ""))
        if not found:
            return
        # From the last to the first, for items of lists move when one is taken out.
        for violation in sorted(found, key=lambda v: [str(p).zfill(9) for p in v.pointer])[::-1]:
            _mend(module, violation, repairs)
    wrong = violations(UnitKind.MODULE, Document("module.yaml", module, ""))[0]
    where = ".".join(str(part) for part in wrong.pointer)
    raise DeepcatError(
        f"`{where}` cannot be brought into the form of a module: {shown(wrong.value)}",
        hint=f"correct it in the source; an example is `{wrong.example}`",
        code="import/form",
    )


def _mend(module: dict[str, Any], violation: Violation, repairs: Repairs) -> None:
    pointer = violation.pointer
    if violation.keyword == "required" or not pointer:
        # The one way out is to set aside what lacks a part, unless the module itself does.
        pointer = pointer[:-1]
        if not pointer:
            return
    if violation.keyword == "maxLength" and pointer[-1] in {"title", "summary", "description"}:
        _shorten(module, str(pointer[-1]), violation.limit, repairs)
    elif violation.keyword == "maxItems" and len(pointer) == 1:
        _take_out(module, pointer, slice(violation.limit, None), repairs)
    else:
        _set_aside(module, pointer, repairs)


def _shorten(module: dict[str, Any], key: str, limit: int, repairs: Repairs) -> None:
    name = set_aside(module, key, module[key])
    module[key] = module[key][: limit - 1].rstrip() + "…"
    message = f"`{key}` is longer than {limit} characters; the whole is kept as `{name}`"
    repairs.say((key,), "length", message, "write a shorter one")


def _set_aside(module: dict[str, Any], pointer: Pointer, repairs: Repairs) -> None:
    """Move the value, or the nearest one above that may be moved, under a key with `x-`."""
    holders: list[Any] = [module]
    for part in pointer[:-1]:
        try:
            holders.append(holders[-1][part])
        except (KeyError, IndexError, TypeError):
            return
    for depth in range(len(pointer) - 1, -1, -1):
        holder, key = holders[depth], pointer[depth]
        if isinstance(holder, list) and depth == 1 and isinstance(key, int):
            if key < len(holder):
                _take_out(module, pointer[:1], slice(key, key + 1), repairs)
            return
        if isinstance(holder, dict) and key in holder and _may_hold(pointer[:depth]):
            name = set_aside(holder, str(key), holder.pop(str(key)))
            _report(holder, pointer[: depth + 1], name, repairs)
            return


def _may_hold(pointer: Pointer) -> bool:
    """Whether a mapping of the module may hold keys that begin with `x-`."""
    node: Any = load_schema(UnitKind.MODULE)
    for part in pointer:
        if isinstance(part, int):
            return False
        node = node.get("properties", {}).get(part, {})
        if "$ref" in node:
            node = load_schema(UnitKind.MODULE)["$defs"][node["$ref"].rpartition("/")[2]]
    return "patternProperties" in node


def _take_out(module: dict[str, Any], pointer: Pointer, part: slice, repairs: Repairs) -> None:
    """Move items of a list to a list of their own."""
    key = str(pointer[0])
    kept: list[Any] = module[key]
    taken = kept[part]
    del kept[part]
    aside = module.get(f"x-{key}")
    if isinstance(aside, list):
        aside[:0] = taken
    else:
        _report(module, pointer, set_aside(module, key, taken), repairs)


def _report(holder: dict[str, Any], pointer: Pointer, name: str, repairs: Repairs) -> None:
    message = f"{shown(holder[name])} does not fit `{pointer[-1]}`, and is kept as `{name}`"
    repairs.say(pointer, "form", message)
