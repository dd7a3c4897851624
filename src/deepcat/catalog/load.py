"""A tree as the catalog's values; what has errors is left out and has its findings."""

from __future__ import annotations

import marshal
from collections.abc import Iterator, Mapping, Sequence
from typing import overload

from deepcat.catalog import build
from deepcat.catalog.check import Examination, examine
from deepcat.catalog.findings import Finding
from deepcat.catalog.judging.judge import judge
from deepcat.catalog.reading.parse import read_bytes
from deepcat.catalog.reading.tree import Tree
from deepcat.catalog.reading.units import Unit, UnitKind, cloud_units, dataset_units
from deepcat.catalog.settings import read_settings
from deepcat.catalog.values import Catalog, Cloud, Collection, Dataset, Deployment, Module
from deepcat.errors import DeepcatError

# So many modules are kept once they were read.
_KEPT = 512


def load(tree: Tree) -> Catalog:
    """Everything in a tree that has no errors, with the findings of all of it.

    Modules are read when they are asked for; their names and digests are known at once.
    """
    seen = examine(tree, documents=True)
    sound = _sound(seen)
    modules = [unit for unit in sound if unit.kind is UnitKind.MODULE]
    clouds = [_cloud(tree, unit) for unit in sound if unit.kind is UnitKind.CLOUD]
    groups = [_collection(tree, unit) for unit in sound if unit.kind is UnitKind.COLLECTION]
    sets = [_dataset(tree, unit) for unit in sound if unit.kind is UnitKind.DATASET]
    wishes = [_deployment(tree, unit) for unit in sound if unit.kind is UnitKind.DEPLOYMENT]
    return Catalog(
        modules=_Modules(tree, modules, seen),
        clouds={cloud.name: cloud for cloud in clouds},
        deployments={wish.name: wish for wish in wishes},
        findings=_Findings(seen),
        digests={unit.name: seen.verdicts.digest(unit.path) for unit in modules},
        findings_fingerprint=seen.findings_fingerprint,
        bases=_Bases(modules, seen),
        collections={group.name: group for group in groups},
        datasets={each.name: each for each in sets},
        reads=_Reads(modules, seen) if sets else {},
    )


def load_clouds(tree: Tree) -> dict[str, Cloud]:
    """The clouds alone that have no errors by themselves, by name; nothing else is looked at."""
    settings = read_settings(tree)
    found = cloud_units(tree)
    return {unit.name: _cloud(tree, unit) for unit in found if judge(tree, unit, settings).sound}


def load_module(tree: Tree, unit: Unit, digest: str, read: bytes = b"") -> Module:
    """One module's value.

    Args:
        tree: where it lies.
        unit: its folder.
        digest: over all its files.
        read: its document, where it was read already; see `Examination`.

    Raises:
        DeepcatError: it changed since it was examined, and can no longer be read.
    """
    try:
        data = marshal.loads(read) if read else _data(tree, unit)  # noqa: S302 - made just now
        return build.module(unit, data, digest, lambda name: tree.read(f"{unit.path}/{name}"))
    except (KeyError, TypeError, ValueError, FileNotFoundError) as error:
        raise _changed(unit) from error


class _Modules(Mapping[str, Module]):
    """Modules by name, each read when it is asked for; those asked for last are kept."""

    def __init__(self, tree: Tree, units: list[Unit], seen: Examination) -> None:
        self._tree = tree
        self._units = {unit.name: unit for unit in units}
        self._seen = seen
        self._read: dict[str, Module] = {}

    def __getitem__(self, name: str) -> Module:
        if name not in self._read:
            if len(self._read) >= _KEPT:
                del self._read[next(iter(self._read))]
            unit = self._units[name]
            digest = self._seen.verdicts.digest(unit.path)
            document = self._seen.documents.get(unit.path, b"")
            self._read[name] = load_module(self._tree, unit, digest, document)
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._units)

    def __len__(self) -> int:
        return len(self._units)

    def __contains__(self, name: object) -> bool:
        return name in self._units


class _Bases(Mapping[str, str]):
    """What modules were made from, each looked up when it is asked for."""

    def __init__(self, units: list[Unit], seen: Examination) -> None:
        self._paths = {unit.name: unit.path for unit in units}
        self._seen = seen

    def __getitem__(self, name: str) -> str:
        return str(self._seen.verdicts[self._paths[name]].facts["base_model"])

    def __iter__(self) -> Iterator[str]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)


class _Reads(Mapping[str, tuple[str, ...]]):
    """The data sets that modules are trained with, looked up when they are asked for."""

    def __init__(self, units: list[Unit], seen: Examination) -> None:
        self._paths = {unit.name: unit.path for unit in units}
        self._seen = seen

    def __getitem__(self, name: str) -> tuple[str, ...]:
        found = self._seen.verdicts[self._paths[name]].facts["data"].values()
        return tuple(sorted({str(each) for each in found if each}))

    def __iter__(self) -> Iterator[str]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)


class _Findings(Sequence[Finding]):
    """All findings, put together when somebody looks at them."""

    def __init__(self, seen: Examination) -> None:
        self._seen = seen

    @overload
    def __getitem__(self, index: int) -> Finding: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Finding]: ...
    def __getitem__(self, index: int | slice) -> Finding | Sequence[Finding]:
        return self._seen.findings[index]

    def __len__(self) -> int:
        return len(self._seen.findings)

    def __iter__(self) -> Iterator[Finding]:
        return iter(self._seen.findings)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and self._seen.findings == tuple(other)

    __hash__ = None  # type: ignore[assignment]


def _sound(seen: Examination) -> list[Unit]:
    """The units without an error, by themselves or in the whole."""
    broken = {finding.place.path for finding in seen.others if finding.is_error}
    return [
        unit
        for path, unit in seen.units.items()
        if seen.verdicts.is_sound(path) and unit.document not in broken
    ]


def _cloud(tree: Tree, unit: Unit) -> Cloud:
    return build.cloud(unit, _data(tree, unit))


def _deployment(tree: Tree, unit: Unit) -> Deployment:
    return build.deployment(unit, _data(tree, unit))


def _collection(tree: Tree, unit: Unit) -> Collection:
    return build.collection(unit, _data(tree, unit))


def load_datasets(tree: Tree) -> dict[str, Dataset]:
    """The data sets alone that have no errors by themselves, by name; nothing else is looked at."""
    settings = read_settings(tree)
    found = (unit for unit in dataset_units(tree) if judge(tree, unit, settings).sound)
    return {unit.name: _dataset(tree, unit) for unit in found}


def _dataset(tree: Tree, unit: Unit) -> Dataset:
    return build.dataset(unit, _data(tree, unit), tree.read)


def _data(tree: Tree, unit: Unit) -> dict[str, object]:
    document, findings = read_bytes(tree.read(unit.document), unit.document)
    if document is None or any(finding.is_error for finding in findings):
        raise _changed(unit)
    data: dict[str, object] = document.data
    return data


def _changed(unit: Unit) -> DeepcatError:
    return DeepcatError(
        f"`{unit.path}` changed while it was read",
        hint="run the command again",
        code="tree/changed",
    )
