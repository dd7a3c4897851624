"""The models that are served: which versions there are, their states, who may use them."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from deepcat.serving.contract.policy import (
    CHANGING,
    Due,
    ModelConfig,
    Past,
    Present,
    due,
    to_unload,
)
from deepcat.serving.contract.status import Code, ServingError, invalid
from deepcat.serving.models.folders import Look, Looks, found_versions
from deepcat.serving.models.servable import Servable
from deepcat.serving.models.versions import Entry, Patience, State, VersionStatus

_LOG = logging.getLogger("deepcat.serving")

# Loads one version of a model; it raises ServingError.
Loader = Callable[[str, int, Path], Servable]


class Models:
    """The table of models. One thread calls `refresh`; any thread may use and ask.

    Args:
        load: loads one version.
        labels_need_version: whether a label may only point to a version that is available.
        patience: when a version is looked at or tried again.
    """

    def __init__(
        self,
        load: Loader,
        *,
        labels_need_version: bool = True,
        patience: Patience | None = None,
    ) -> None:
        self._load = load
        self._labels_need_version = labels_need_version
        self._patience = patience or Patience()
        self._lock = threading.RLock()
        self._refreshing = threading.Lock()
        self._reloading = threading.Lock()
        self._looks = Looks()
        self._due: set[tuple[str, int]] = set()
        self._configs: Mapping[str, ModelConfig] = MappingProxyType({})
        self._table: dict[str, dict[int, Entry]] = {}
        # model -> why no version of it is to be had.
        self._faults: dict[str, str] = {}
        # model -> its available versions, largest first; read without a lock.
        self._available: dict[str, dict[int, Servable]] = {}

    def configure(self, configs: Sequence[ModelConfig]) -> None:
        """Take the first configuration, whose labels are free; `refresh` then carries it out.

        Raises:
            ServingError: a name twice.
        """
        named = _by_name(configs)
        with self._lock:
            self._configs = MappingProxyType(named)

    def reload(self, configs: Sequence[ModelConfig], *, wait: bool = False) -> float | None:
        """Replace the configuration and carry it out; labels change once their versions are there.

        Args:
            configs: the new configuration.
            wait: for one that is being carried out.

        Returns:
            as `refresh`.

        Raises:
            ServingError: a name twice, or UNAVAILABLE where one is being carried out; nothing has
                then changed. Or a label to a version that is not available: the labels are then
                those from before.
        """
        named = _by_name(configs)
        # Two at once would leave the configuration of one and the versions of the other.
        if not self._reloading.acquire(blocking=wait):
            raise ServingError(Code.UNAVAILABLE, "Another configuration is being carried out")
        try:
            return self._reload(configs, named)
        finally:
            self._reloading.release()

    def _reload(
        self, configs: Sequence[ModelConfig], named: Mapping[str, ModelConfig]
    ) -> float | None:
        with self._lock:
            before = self._configs
            kept = {name: before[name].labels if name in before else {} for name in named}
            self._configs = MappingProxyType(
                {name: replace(config, labels=kept[name]) for name, config in named.items()}
            )
        again_s = self.refresh()
        with self._lock:
            for config in configs:
                self._check_labels(config, before.get(config.name))
            self._configs = MappingProxyType(named)
        return again_s

    def check_available(self, names: Sequence[str]) -> None:
        """See to it that models can be asked.

        Raises:
            ServingError: UNKNOWN, as TensorFlow Serving tells which cannot, and why.
        """
        lost = [name for name in names if not self.is_available(name)]
        if not lost:
            return
        shown = ""
        for name in lost:
            with self._lock:
                entries = dict(self._table.get(name, {}))
            for version, entry in sorted(entries.items(), reverse=True)[:1]:
                why = entry.status.message
                shown += f"{{{{name: {name} version: {version}}}"
                shown += f" due to error: {entry.status.code.name}: {why}}}, " if why else "}, "
            if not entries:
                shown += f"{{{{name: {name}}} due to error: no version is found}}, "
        raise ServingError(
            Code.UNKNOWN, f"{len(lost)} model(s) did not become available: {{{shown}}}"
        )

    def _check_labels(self, config: ModelConfig, before: ModelConfig | None) -> None:
        known = before.labels if before else {}
        available = self._available.get(config.name, {})
        for label, version in config.labels.items():
            free = not self._labels_need_version and label not in known
            if version not in available and not free and known.get(label) != version:
                raise ServingError(
                    Code.FAILED_PRECONDITION,
                    f"Request to assign label to version {version} of model "
                    f"{config.name}, which is not currently available for inference",
                )

    @property
    def configs(self) -> Mapping[str, ModelConfig]:
        """The configuration in force, by name."""
        return self._configs

    def refresh(self) -> float | None:
        """Look at the folders, load what is new, end what is no longer wanted.

        Returns:
            in how many seconds something asks to be looked at again; None where nothing does.
        """
        with self._refreshing:
            configs = self._configs
            for name in list(self._table):
                if name not in configs:
                    self._faults.pop(name, None)
                    self._end_versions(name, list(self._table[name]))
            # Notice all versions first, so that the last has a state while the first loads.
            noticed = {config.name: self._notice(config) for config in configs.values()}
            for name, (folders, wanted) in noticed.items():
                self._carry_out(name, folders, wanted)
            self._looks.forget({p for folders, _ in noticed.values() for p in folders.values()})
            return self._again_s()

    def _again_s(self) -> float | None:
        now = time.monotonic()
        waits: list[float] = []
        for entry in (e for name in self._configs for e in self._table.get(name, {}).values()):
            if entry.status.message.endswith(CHANGING):
                waits.append(self._patience.settle_s)
            if entry.retry_at:
                waits.append(max(0.0, entry.retry_at - now))
        return min(waits, default=None)

    def _notice(self, config: ModelConfig) -> tuple[dict[int, Path], list[int]]:
        name = config.name
        first = name not in self._table
        folders, fault = found_versions(Path(config.base_path))
        self._fault(config, fault)
        wanted = config.policy.wanted(folders)
        with self._lock:
            table = self._table.setdefault(name, {})
            for version in [v for v, e in table.items() if v not in wanted and e.tried is None]:
                # It was never loaded, and nobody waits for it any more.
                del table[version]
        for version in wanted:
            entry = table.get(version)
            look = self._looks.look(folders[version])
            present = Present(
                look.content, look.stamp, look.lacking, look.sure,
                still=look.still_s >= self._patience.settle_s,
            )  # fmt: skip
            past = entry.past(time.monotonic()) if entry else Past()
            step, why = due(past, present, first=first)
            if step is Due.WAIT:
                self._wait(name, version, entry, why, folders[version])
            elif step is Due.LOAD:
                self._start(name, version, entry, look)
        return folders, wanted

    def _fault(self, config: ModelConfig, fault: str) -> None:
        with self._lock:
            before = self._faults.pop(config.name, "")
            if fault:
                self._faults[config.name] = f"{fault}: {config.base_path}"
        if fault and self._faults[config.name] != before:
            _LOG.warning("%s has no version: %s", config.name, self._faults[config.name])

    def _wait(self, name: str, version: int, entry: Entry | None, why: str, folder: Path) -> None:
        """Say why a version is not loaded; what serves goes on, and keeps its state."""
        if entry is not None and entry.servable is not None:
            message = f"its files have changed, and what was loaded before serves: {why}"
            status = VersionStatus(version, State.AVAILABLE, Code.OK, message)
        elif why == CHANGING:
            status = VersionStatus(version, State.START, Code.OK, why)
        else:
            status = VersionStatus(version, State.END, Code.FAILED_PRECONDITION, why)
        if entry is None or entry.status != status:
            level = logging.INFO if why == CHANGING else logging.WARNING
            _LOG.log(level, "%s version %d waits: %s, in %s", name, version, why, folder)
        entry = entry or Entry(status)
        self._set(name, replace(entry, status=status, retry_at=0.0))

    def _start(self, name: str, version: int, entry: Entry | None, look: Look) -> None:
        """Mark a version as one to be loaded; what serves goes on meanwhile."""
        servable = entry.servable if entry else None
        same = entry is not None and entry.tried is not None and entry.tried.stamp == look.stamp
        tries = entry.tries if entry and same else 0
        state = State.AVAILABLE if servable else State.START
        self._set(
            name, Entry(VersionStatus(version, state), servable, look, failed=True, tries=tries)
        )
        self._due.add((name, version))

    def _carry_out(self, name: str, folders: Mapping[int, Path], wanted: Sequence[int]) -> None:
        for version in sorted(wanted):
            if (name, version) in self._due:
                self._due.discard((name, version))
                self._load_version(name, version, folders[version])
        self._end_versions(name, to_unload(list(self._available.get(name, {})), wanted))

    def _load_version(self, name: str, version: int, path: Path) -> None:
        entry = self._table[name][version]
        before = entry.servable
        if before is None:
            self._set(name, replace(entry, status=VersionStatus(version, State.LOADING)))
        try:
            servable = self._load(name, version, path)
        except Exception as error:
            self._failed(name, entry, error)
            return
        _LOG.info("%s version %d is available", name, version)
        status = VersionStatus(version, State.AVAILABLE)
        self._set(name, Entry(status, servable, entry.tried))
        if before is not None:
            before.retire()

    def _failed(self, name: str, entry: Entry, error: Exception) -> None:
        version = entry.status.version
        known = isinstance(error, ServingError)
        code = error.code if isinstance(error, ServingError) else Code.INTERNAL
        message = str(error) or type(error).__name__
        _LOG.warning("%s version %d does not load: %s", name, version, message, exc_info=not known)
        status = VersionStatus(version, State.END, code, message)
        if entry.servable is not None:
            message = f"its files have changed, and what was loaded before serves: {message}"
            status = VersionStatus(version, State.AVAILABLE, Code.OK, message)
        tries = entry.tries + 1
        again = tries <= self._patience.retries
        retry_at = time.monotonic() + self._patience.retry_s if again else 0.0
        self._set(name, replace(entry, status=status, tries=tries, retry_at=retry_at))

    def _end_versions(self, name: str, versions: Sequence[int]) -> None:
        for version in versions:
            entry = self._table[name][version]
            if entry.servable is None:
                continue
            ended = VersionStatus(version, State.END)
            self._set(
                name, replace(entry, status=replace(ended, state=State.UNLOADING), servable=None)
            )
            entry.servable.retire()
            self._set(name, replace(entry, status=ended, servable=None, failed=False, retry_at=0.0))
            _LOG.info("%s version %d has ended", name, version)

    def _set(self, name: str, entry: Entry) -> None:
        with self._lock:
            table = self._table.setdefault(name, {})
            table[entry.status.version] = entry
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
            fault = self._faults.get(name, "")
        if not found:
            why = f": {fault}" if fault else ""
            raise ServingError(Code.NOT_FOUND, f"Could not find any versions of model {name}{why}")
        if version is None:
            return found
        found = [status for status in found if status.version == version]
        if not found:
            raise ServingError(Code.NOT_FOUND, f"Could not find version {version} of model {name}")
        return found

    def is_available(self, name: str) -> bool:
        """Whether a version of a model can be asked."""
        return bool(self._available.get(name))

    def prompt(self, name: str, request: bytes) -> bool:
        """Whether any version of a model answers a request so soon that others may wait for it."""
        versions = self._available.get(name, {}).values()
        return bool(versions) and all(each.prompt(request) for each in versions)

    def meant(self, name: str, version: int | None) -> int | None:
        """The version that is meant: some clients name 0 when their user names none."""
        return version if version or 0 in self._available.get(name, {}) else None

    def labelled(self, name: str, label: str) -> int:
        """The version that a label points to.

        Raises:
            ServingError: INVALID_ARGUMENT.
        """
        config = self._configs.get(name)
        if config is None or label not in config.labels:
            raise invalid(f"Unrecognized servable version label: {label}")
        return config.labels[label]

    def use(self, name: str, version: int | None = None, label: str = "") -> Servable:
        """A version, entered: ``with`` holds it while a request needs it.

        Without a version it is the largest one.

        Raises:
            ServingError: NOT_FOUND, or INVALID_ARGUMENT for an unknown label.
        """
        if label:
            version = self.labelled(name, label)
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


def _by_name(configs: Sequence[ModelConfig]) -> dict[str, ModelConfig]:
    named: dict[str, ModelConfig] = {}
    for config in configs:
        if config.name in named:
            raise invalid(f"Illegal to list model {config.name} multiple times in config list")
        named[config.name] = config
    return named
