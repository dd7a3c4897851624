"""What a review reads of a tree: only the modules and deployments that a pull request touches."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from deepcat.catalog.reading.parse import MAX_BYTES, read_bytes
from deepcat.catalog.reading.profile import TOSCA
from deepcat.catalog.reading.tree import Tree
from deepcat.forge.values import People
from deepcat.review.consent import heard
from deepcat.review.substance import answers, metrics, size
from deepcat.review.values import Changed, ModuleFacts, Submission, handle, handles

MODULES, DEPLOYMENTS = "modules/", "deployments/"
# What only describes a module: a change of these changes no answer and nothing that runs.
PROSE = frozenset(
    {
        "title", "summary", "description", "doi", "dates", "links", "libraries", "tasks",
        "categories", "tags", "data-type", "authors", "base_model", "image", "metrics", "changes",
        "version",
    }
)  # fmt: skip
# A template in an archive brings what no reviewer reads in a diff.
_PACKED = (".csar", ".zip")
# More than a catalog's file may have.
_MOST_READ = 32 << 20


def submission(
    base: Tree,
    head: Tree,
    changed: Iterable[Changed],
    people: People,
    running: Iterable[tuple[str, str]] = (),
    *,
    tip: Tree | None = None,
) -> Submission:
    """Read what a review needs of both trees; for the rest, see `Submission`.

    Args:
        base: where the branch began.
        head: what is proposed.
        changed: the files that differ between the two.
        people: who wrote it, and who says yes.
        running: (module, version) of all that is known to run.
        tip: the branch that it shall go to, as it is now, which alone says who may say yes; `base`
            when None.
    """
    tip = base if tip is None else tip
    files = tuple(sorted(changed))
    modules = touched(files, MODULES)
    wishes = {
        each.path.removeprefix(DEPLOYMENTS).removesuffix(".yaml")
        for each in files
        if each.path.startswith(DEPLOYMENTS)
    }
    return Submission(
        changed=files,
        heard=heard(people, groups(tip)),
        before=_modules(base, modules),
        after=_modules(head, modules),
        maintainers={name: facts.maintainers for name, facts in _modules(tip, modules).items()},
        owners=_owners(tip, wishes),
        owners_after=_owners(head, wishes),
        running=frozenset(running),
    )


def touched(changed: Iterable[Changed], folder: str) -> frozenset[str]:
    """The names below `folder` that have a changed file."""
    return frozenset(
        each.path.removeprefix(folder).partition("/")[0]
        for each in changed
        if each.path.startswith(folder)
    )


def module_facts(tree: Tree, name: str) -> ModuleFacts | None:
    """What is known of a module in a tree; None when it is not there.

    Of one that cannot be read, nothing is known but that it is there; so nobody owns it by mistake.
    """
    folder = f"{MODULES}{name}"
    data = _mapping(tree, f"{folder}/module.yaml")
    if data is None:
        if not tree.entries(folder):
            return None
        data = {}
    template = _inside(folder, data.get("topology", "tosca.yaml"))
    templates = _templates(tree, folder, template)
    operations = frozenset(_operations(tree, templates))
    if template.endswith(_PACKED):
        operations |= {template.removeprefix(f"{folder}/")}
    read = (*templates, *(_inside(folder, each) for each in sorted(operations)))
    behaviour = {key: value for key, value in data.items() if key not in PROSE}
    changes = data.get("changes")
    return ModuleFacts(
        name=name,
        version=str(data.get("version") or ""),
        maintainers=handles(data.get("maintainers")),
        model=_model(tree, folder, data.get("model")),
        topology=" ".join(_digest(tree, path) for path in read),
        changes=frozenset(
            str(each.get("version"))
            for each in (changes if isinstance(changes, list) else ())
            if isinstance(each, Mapping)
        ),
        behaviour=json.dumps(behaviour, sort_keys=True, default=str),
        operations=operations,
        model_bytes=size(tree, folder, data),
        metrics=metrics(data),
        answers=answers(tree, folder, data),
    )


def _modules(tree: Tree, names: Iterable[str]) -> dict[str, ModuleFacts]:
    found = {name: module_facts(tree, name) for name in names}
    return {name: facts for name, facts in sorted(found.items()) if facts is not None}


def _owners(tree: Tree, names: Iterable[str]) -> dict[str, str]:
    there = {entry.path for entry in tree.entries(DEPLOYMENTS.rstrip("/"))}
    found = {
        name: _mapping(tree, path) or {}
        for name in sorted(names)
        if (path := f"{DEPLOYMENTS}{name}.yaml") in there
    }
    return {name: handle(data.get("owner")) for name, data in found.items()}


def groups(tree: Tree) -> dict[str, frozenset[str]]:
    """The groups of people that `deepcat.yaml` names -> handles."""
    found = (_mapping(tree, "deepcat.yaml") or {}).get("groups")
    given = found if isinstance(found, Mapping) else {}
    return {str(name): handles(members) for name, members in given.items()}


def named_teams(given: Submission, tip: Tree) -> frozenset[str]:
    """The teams (`owner/team`) whose yes may count for a pull request."""
    named = frozenset[str]().union(*groups(tip).values(), *given.maintainers.values())
    owners = {*given.owners.values(), *given.owners_after.values()}
    return frozenset(each for each in named | owners if "/" in each)


def _model(tree: Tree, folder: str, model: Any) -> str:
    if not isinstance(model, Mapping):
        return ""
    facts = json.dumps(dict(model), sort_keys=True, default=str)
    path = model.get("path")
    return f"{facts} {_digest(tree, _inside(folder, path))}" if path else facts


def _templates(tree: Tree, folder: str, topology: str) -> tuple[str, ...]:
    """The module's template with all that it may import: every other YAML file of the folder."""
    if not topology:
        return ()
    return tuple(
        entry.path
        for entry in tree.entries(folder)
        if entry.path.endswith((".yaml", ".yml"))
        and entry.path != f"{folder}/module.yaml"
        and not entry.is_link
    )


def _operations(tree: Tree, templates: Iterable[str]) -> Iterator[str]:
    """What operations of the module's own run, as its templates name it."""
    for path in templates:
        if (tree.size(path) or 0) > MAX_BYTES:
            continue  # which no reader of templates takes
        document, _ = read_bytes(tree.read(path), path, TOSCA)
        pending: list[Any] = [document.data] if document else []
        while pending:
            value = pending.pop()
            if isinstance(value, Mapping):
                for interface in _values(value.get("interfaces")):
                    for operation in (*_values(interface), *_values(_key(interface, "operations"))):
                        yield from _implementation(operation)
                pending.extend(value.values())
            elif isinstance(value, list):
                pending.extend(value)


def _implementation(operation: Any) -> Iterator[str]:
    found = _key(operation, "implementation") if isinstance(operation, Mapping) else operation
    found = _key(found, "primary") or _key(found, "file") or found
    found = _key(found, "file") or found
    if isinstance(found, str):
        yield found


def _values(value: Any) -> tuple[Any, ...]:
    return tuple(value.values()) if isinstance(value, Mapping) else ()


def _key(value: Any, key: str) -> Any:
    return value.get(key) if isinstance(value, Mapping) else None


def _mapping(tree: Tree, path: str) -> Mapping[str, Any] | None:
    if (tree.size(path) or 0) > MAX_BYTES:
        return None
    try:
        document, _ = read_bytes(tree.read(path), path)
    except FileNotFoundError:
        return None
    return document.data if document and isinstance(document.data, dict) else None


def _inside(folder: str, path: Any) -> str:
    return f"{folder}/{path}" if isinstance(path, str) and path else ""


def _digest(tree: Tree, path: str) -> str:
    if path and (length := tree.size(path) or 0) > _MOST_READ:
        return f"{length} bytes"  # which check refuses
    try:
        return hashlib.sha256(tree.read(path)).hexdigest() if path else ""
    except FileNotFoundError:
        return ""
