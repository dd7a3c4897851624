"""The models that are served: which versions there are, their states, who may use them."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import IntEnum
from pathlib import Path
from types import MappingProxyType

from deepcat.serving.contract.policy import ModelConfig, to_unload
from deepcat.serving.contract.status import Code, ServingError, invalid
from deepcat.serving.models.folders import Fingerprint, fingerprint, version_folders
from deepcat.serving.models.servable import Servable

_LOG = logging.getLogger("deepcat.serving")

# Loads one version of a model; it raises ServingError.
Loader = Callable[[str, int, Path], Servable]


class State(IntEnum):
    """A version's life, by TensorFlow Serving's numbers."""

    UNKNOWN = 0
    START = 10
    LOADING = 20
    AVAILABLE = 30
    UNLOADING = 40
    END = 50


@dataclass(frozen=True, slots=True)
class VersionStatus:
    """One version of a model as seen from outside."""

    version: int
    state: State
    code: Code = Code.OK
    message: str = ""


@dataclass(frozen=True, slots=True)
class _Entry:
    """One version inside the table; replaced whole when it changes."""

    status: VersionStatus
    servable: Servable | None = None
    seen: Fingerprint = ()


def _again(entry: _Entry, seen: Fingerprint) -> bool:
    """Whether to load a version that has ended: it was well, or its files have changed."""
    ended = entry.status.state is State.END
    return ended and (entry.status.code is Code.OK or entry.seen != seen)


class Models:
    """The table of models. One thread calls `refresh`; any thread may use and ask.

    Args:
        load: loads one version.
        labels_need_version: whether a label may only point to a version that is available.
    """

    def __init__(self, load: Loader, *, labels_need_version: bool = True) -> None:
        self._load = load
        self._labels_need_version = labels_need_version
        self._lock = threading.RLock()
        self._refreshing = threading.Lock()
        self._configs: Mapping[str, ModelConfig] = MappingProxyType({})
        self._table: dict[str, dict[int, _Entry]] = {}
        # model -> its available versions, largest first; read without a lock.
        self._available: dict[str, dict[int, Servable]] = {}

    def configure(self, configs: Sequence[ModelConfig], *, first: bool = False) -> None:
        """Replace the configuration; `refresh` then carries it out.

        Raises:
            ServingError: a name twice, or a label to a version that is not available; nothing has
                then changed.
        """
        named = {config.name: config for config in configs}
        if len(named) != len(configs):
            raise invalid("Illegal to list model with same name multiple times in config")
        with self._lock:
            for config in configs:
                self._check_labels(config, first)
            self._configs = MappingProxyType(named)

    def _check_labels(self, config: ModelConfig, first: bool) -> None:
        before = self._configs.get(config.name)
        known = before.labels if before else {}
        available = self._available.get(config.name, {})
        for label, version in config.labels.items():
            free = first or (not self._labels_need_version and label not in known)
            if version not in available and not free and known.get(label) != version:
                raise ServingError(
                    Code.FAILED_PRECONDITION,
                    f"Request to assign label {label} to version {version} of model "
                    f"{config.name}, which is not currently available for inference",
                )

    @property
    def configs(self) -> Mapping[str, ModelConfig]:
        """The configuration in force, by name."""
        return self._configs

    def refresh(self) -> None:
        """Look at the folders, load what is new, end what is no longer wanted."""
        with self._refreshing:
            configs = self._configs
            for name in list(self._table):
                if name not in configs:
                    self._end_versions(name, list(self._table[name]))
            # Notice all versions first, so that the last has a state while the first loads.
            noticed = {config.name: self._notice(config) for config in configs.values()}
            for name, (folders, wanted) in noticed.items():
                self._carry_out(name, folders, wanted)

    def _notice(self, config: ModelConfig) -> tuple[dict[int, Path], list[int]]:
        folders = version_folders(Path(config.base_path))
        wanted = config.policy.wanted(folders)
        table = self._table.setdefault(config.name, {})
        for version in wanted:
            entry = table.get(version)
            seen = fingerprint(folders[version])
            if entry is None or _again(entry, seen):
                self._set(config.name, VersionStatus(version, State.START), seen=seen)
        return folders, wanted

    def _carry_out(self, name: str, folders: Mapping[int, Path], wanted: Sequence[int]) -> None:
        table = self._table[name]
        for version in sorted(wanted):
            if table[version].status.state is State.START:
                self._load_version(name, version, folders[version])
        serving = list(self._available.get(name, {}))
        pending = [version for version in wanted if version not in serving]
        self._end_versions(name, to_unload(serving, wanted, pending))

    def _load_version(self, name: str, version: int, path: Path) -> None:
        seen = self._table[name][version].seen
        self._set(name, VersionStatus(version, State.LOADING), seen=seen)
        try:
            servable = self._load(name, version, path)
        except Exception as error:
            known = isinstance(error, ServingError)
            code = error.code if isinstance(error, ServingError) else Code.INTERNAL
            message = str(error) or type(error).__name__
            _LOG.warning(
                "%s version %d does not load: %s", name, version, message, exc_info=not known
            )
            status = VersionStatus(version, State.END, code, message)
            self._set(name, status, seen=seen)
            return
        _LOG.info("%s version %d is available", name, version)
        self._set(name, VersionStatus(version, State.AVAILABLE), servable, seen)

    def _end_versions(self, name: str, versions: Sequence[int]) -> None:
        for version in versions:
            entry = self._table[name][version]
            if entry.servable is None:
                continue
            self._set(name, replace(entry.status, state=State.UNLOADING))
            entry.servable.retire()
            self._set(name, replace(entry.status, state=State.END))
            _LOG.info("%s version %d has ended", name, version)

    def _set(
        self,
        name: str,
        status: VersionStatus,
        servable: Servable | None = None,
        seen: Fingerprint = (),
    ) -> None:
        with self._lock:
            table = self._table.setdefault(name, {})
            table[status.version] = _Entry(status, servable, seen)
            self._available[name] = {
                version: entry.servable
                for version, entry in sorted(table.items(), reverse=True)
                if entry.servable is not None
            }

    def statuses(self, name: str, version: int | None = None) -> list[VersionStatus]:
        """The versions of a model, largest first.

        Raises:
            ServingError: NOT_FOUND.
        """
        with self._lock:
            table = self._table.get(name, {})
            found = [table[number].status for number in sorted(table, reverse=True)]
        if not found:
            raise ServingError(Code.NOT_FOUND, f"Could not find any versions of model {name}")
        if version is None:
            return found
        found = [status for status in found if status.version == version]
        if not found:
            raise ServingError(Code.NOT_FOUND, f"Could not find version {version} of model {name}")
        return found

    def labelled(self, name: str, label: str) -> int:
        """The version that a label points to.

        Raises:
            ServingError: INVALID_ARGUMENT.
        """
        config = self._configs.get(name)
        if config is None or label not in config.labels:
            raise invalid(f"Unrecognized servable version label: {label}")
        return config.labels[label]

    @contextmanager
    def use(self, name: str, version: int | None = None, label: str = "") -> Iterator[Servable]:
        """Hold a version while a request needs it; without a version, the largest one.

        Raises:
            ServingError: NOT_FOUND, or INVALID_ARGUMENT for an unknown label.
        """
        if label:
            version = self.labelled(name, label)
        servable = self._enter(name, version)
        try:
            yield servable
        finally:
            servable.leave()

    def _enter(self, name: str, version: int | None) -> Servable:
        while True:
            available = self._available.get(name, {})
            servable = next(iter(available.values()), None) if version is None else None
            if version is not None:
                servable = available.get(version)
            if servable is None:
                asked = f"Latest({name})" if version is None else f"Specific({name}, {version})"
                raise ServingError(Code.NOT_FOUND, f"Servable not found for request: {asked}")
            if servable.enter():
                return servable

    def close(self, timeout_s: float = 10.0) -> None:
        """End every version, and wait for those that are still in use."""
        with self._lock:
            servables = [s for versions in self._available.values() for s in versions.values()]
            self._available = {}
        for servable in servables:
            servable.retire()
        for servable in servables:
            servable.wait_closed(timeout_s)
