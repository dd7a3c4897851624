"""The references to secrets that a unit names: which, and on which line. Pure.

Of a module they stand in its templates, of a deployment among its inputs and keys, and where it
uploads to, of a data set its credential, of a cloud anywhere, of the catalog itself among its keys.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

from deepcat.catalog.findings import Place
from deepcat.catalog.reading.document import Document
from deepcat.catalog.reading.parse import read_bytes
from deepcat.catalog.reading.profile import STRICT, TOSCA, Pointer
from deepcat.catalog.reading.tree import Tree
from deepcat.catalog.reading.units import MARKER, MODULE_FILE
from deepcat.secrets.owners import SecretOwners
from deepcat.secrets.reference import Reference, parse

HINT = (
    "name a secret of their own, or let the catalog's owners give it to them"
    " under `secrets` in `deepcat.yaml`, in a change before this one"
)
_FOLDERS = ("clouds", "datasets", "deployments", MARKER)
_WORKLOADS = ("env", "vault")
_NEAR = re.compile(rb"(?:env|vault|file|oidc|keyring):|\\")
# No template that deepcat reads is larger.
_MAX_BYTES = 1_048_576


@dataclass(frozen=True, slots=True, order=True)
class Named:
    """One secret that is named.

    Attributes:
        place: where.
        text: the reference.
        getter: what is given it, in words.
    """

    place: Place
    text: str
    getter: str


def named_secrets(tree: Tree, path: str) -> tuple[Named, ...]:
    """All references of a module's folder, or of a file: all others have one."""
    folder, _, name = path.partition("/")
    if folder == "modules":
        return tuple(sorted(_of_module(tree, path)))
    document = _read(tree, path) if folder in _FOLDERS else None
    data = document.data if document else None
    if document is None or not isinstance(data, dict):
        return ()
    if folder == MARKER:
        found = _scalars(data.get("access"), ("access",))
        return tuple(sorted(_named(document, found, "each deployment that serves", _WORKLOADS)))
    name = name.removesuffix(".yaml")
    if folder == "deployments":
        found = chain.from_iterable(_scalars(data.get(key), (key,)) for key in ("inputs", "access"))
        getter = f"the deployment `{name}` of the module `{data.get('module')}`"
        given = _named(document, found, getter, _WORKLOADS)
        return tuple(sorted(chain(given, _of_upload(document, name, data.get("upload")))))
    if folder == "datasets":
        found = _scalars(data.get("credential"), ("credential",))
        getter = f"where the data set `{name}` says that it lies"
        return tuple(sorted(_named(document, found, getter, _WORKLOADS)))
    every = [
        (pointer, value)
        for pointer, value in _scalars(data, ())
        if not value.startswith("file:") or pointer[0] == "credentials"
    ]
    return tuple(sorted(_named(document, iter(every), f"the cloud `{name}`", ())))


def people_of(path: str, data: Mapping[str, Any]) -> frozenset[str] | None:
    """Who answers for a unit, by its document; None for the catalog itself."""
    if path.startswith(("modules/", "datasets/")):
        said = data.get("maintainers")
        listed = said if isinstance(said, list) else ()
        return frozenset(each for each in listed if isinstance(each, str))
    if path.startswith("deployments/"):
        owner = data.get("owner")
        return frozenset({owner} if isinstance(owner, str) and owner else ())
    return None


def refused(
    named: tuple[Named, ...], owners: SecretOwners, who: frozenset[str] | None
) -> Iterator[tuple[Named, str]]:
    """What these people may not name, with why."""
    for each in named:
        reference = parse(each.text)
        why = owners.why_not(reference, who) if reference else ""
        if why:
            yield each, f"the secret `{each.text}` {why}"


def _of_module(tree: Tree, path: str) -> Iterator[Named]:
    name = path.partition("/")[2]
    for entry in tree.entries(path):
        is_template = entry.path.endswith((".yaml", ".yml")) and not entry.is_link
        if not is_template or entry.path == f"{path}/{MODULE_FILE}" or entry.size > _MAX_BYTES:
            continue
        document = _read(tree, entry.path, is_template=True)
        if document is not None:
            found = _scalars(document.data, ())
            yield from _named(document, found, f"the module `{name}`", _WORKLOADS)


def _of_upload(document: Document, name: str, upload: Any) -> Iterator[Named]:
    """The secret that lets a wish's files be uploaded: whoever has the address is given it."""
    if not isinstance(upload, Mapping):
        return
    asked = " by ".join(str(upload[key])[:300] for key in ("address", "endpoint") if key in upload)
    found = _scalars(upload.get("credential"), ("upload", "credential"))
    yield from _named(document, found, f"{asked}, where `{name}` uploads to", _WORKLOADS)


def _read(tree: Tree, path: str, *, is_template: bool = False) -> Document | None:
    try:
        content = tree.read(path)
    except FileNotFoundError:
        return None
    # As nearly always; what has escapes may spell a reference by them.
    if not _NEAR.search(content):
        return None
    return read_bytes(content, path, TOSCA if is_template else STRICT)[0]


def _named(
    document: Document,
    found: Iterator[tuple[Pointer, str]],
    getter: str,
    kinds: tuple[str, ...],
) -> Iterator[Named]:
    for pointer, value in found:
        reference: Reference | None = parse(value)
        if reference is not None and (not kinds or reference.kind in kinds):
            yield Named(document.place(pointer), str(reference), getter)


def _scalars(data: Any, start: Pointer) -> Iterator[tuple[Pointer, str]]:
    pending: list[tuple[Pointer, Any]] = [(start, data)]
    while pending:
        pointer, value = pending.pop()
        if isinstance(value, dict):
            pending.extend(((*pointer, key), item) for key, item in value.items())
        elif isinstance(value, list):
            pending.extend(((*pointer, index), item) for index, item in enumerate(value))
        elif isinstance(value, str):
            yield pointer, value
