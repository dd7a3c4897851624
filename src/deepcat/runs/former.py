"""How the operations of what ran before are carried out: which, and by which plays. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from deepcat.catalog.reading.tree import Tree
from deepcat.plan.compile import compile_plays
from deepcat.plan.former import Content, made_again
from deepcat.plan.values import Action, Wish
from deepcat.runs import plays
from deepcat.runs.stage import module_files
from deepcat.runs.values import Former


def kept(former: Former, wish: Wish | None, tree: Tree) -> frozenset[str]:
    """The nodes whose operations must not run, for the new version has the same thing.

    Args:
        former: what ran before.
        wish: what takes over; None when nothing does.
        tree: what is planned.
    """
    if wish is None:
        return frozenset()
    before, after = _content(former.tree, former.wish), _content(wish.lies_in(tree), wish)
    return made_again(former.wish.topology, wish.topology, before, after)


def compiled(
    former: Former, but: frozenset[str], files: str, *, with_attributes: bool = False
) -> tuple[list[Any], list[str]]:
    """The plays that take down what only this version knows, and what cannot be done.

    Args:
        former: what ran before.
        but: nodes that are left out.
        files: the folder where the module's files will lie; where the run's do when empty.
        with_attributes: whether the attributes that a run knows now are this version's.

    Raises:
        DeepcatError: as `deepcat.plan.compile.compile_plays`.
    """
    wish, notes, found = former.wish, [], []
    whole = compile_plays(wish.topology, wish.deployment, wish.module, Action.DELETE)
    for play in plays.own_operations(whole, files):
        tasks = []
        for task in play["tasks"]:
            node = task["vars"]["deepcat_node"]
            if node["name"] in but:
                continue
            if not with_attributes and _is_known_on_host_alone(node):
                notes.append(
                    f"`{node['name']}: {node['operation']}` of {wish.module.version} was left out:"
                    " it is given what was known only while that version came up"
                )
                continue
            tasks.append(task)
        if tasks:
            found.append({**play, "tasks": tasks})
    plays.require_hosts(found)
    return found, notes


def _is_known_on_host_alone(value: Any) -> bool:
    """Whether an attribute is asked for: by now it is the new version's."""
    if isinstance(value, Mapping):
        return any(_is_known_on_host_alone(item) for item in value.values())
    if isinstance(value, (list, tuple)):
        return any(_is_known_on_host_alone(item) for item in value)
    return bool(getattr(value, "is_expression", False))


def _content(tree: Tree, wish: Wish) -> Content:
    held: dict[str, bytes] = {}

    def content(path: str) -> str:
        if not held:
            held.update(module_files(tree, wish))
        found = held.get(path.removeprefix(f"{wish.module.path}/"))
        return hashlib.sha256(found).hexdigest() if found is not None else ""

    return content


def note(why: str, version: str) -> str:
    """That what the old version made may stay, and why, for a person."""
    return f"what {version or 'the old version'} made by itself may be left: {why}"
