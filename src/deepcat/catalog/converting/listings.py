"""Catalogs that are a list of repositories: DEEP's `MODULES.yml`, AI4OS's `.gitmodules`. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from deepcat.catalog.converting.origin import Origin, beside
from deepcat.catalog.reading.parse import read_bytes
from deepcat.catalog.wording import listed

# Catalogs that are known by a word, and where they keep their lists.
KNOWN = {
    "deep": "https://github.com/deephdc/deep-oc",
    "ai4os": "https://github.com/ai4os-hub/modules-catalog",
}
SUBMODULES = ".gitmodules"
LISTS = ("MODULES.yml", "MODULES.yaml", "modules.yaml", "modules.yml")
MOST = 2_000
_ADDRESS_KEYS = ("module", "url", "repository", "source", "git")


@dataclass(frozen=True, slots=True)
class Listing:
    """What a catalog lists.

    Attributes:
        origins: the modules' repositories, each once.
        refused: what stands in the list and is no repository that is fetched.
    """

    origins: tuple[Origin, ...]
    refused: tuple[str, ...] = ()

    def said(self) -> str:
        """What is refused, for a reader; empty for nothing."""
        return f"not fetched: {listed(self.refused)}" if self.refused else ""


def of_list(content: bytes, path: str, catalog: Origin) -> Listing:
    """The repositories of a list in YAML: addresses, or mappings that hold one.

    Args:
        content: the list.
        path: how it is named in findings.
        catalog: the repository that it lies in.
    """
    document, _ = read_bytes(content, path)
    data: Any = document.data if document else None
    if isinstance(data, dict):
        data = data.get("modules", list(data.values()))
    items = data if isinstance(data, list) else []
    return _listing(((_address(item), _ref(item)) for item in items), catalog)


def of_submodules(config: bytes, catalog: Origin) -> Listing:
    """The repositories of `.gitmodules`, as `git config -z --list` prints it."""
    modules: dict[str, dict[str, str]] = {}
    for entry in config.decode(errors="replace").split("\0"):
        key, _, value = entry.partition("\n")
        if key.startswith("submodule.") and key.count(".") > 1:
            name, _, field = key.removeprefix("submodule.").rpartition(".")
            modules.setdefault(name, {})[field] = value
    told = ((each.get("url", ""), each.get("branch", "")) for each in modules.values())
    return _listing(told, catalog)


def _address(item: Any) -> str:
    if isinstance(item, dict):
        item = next((item[key] for key in _ADDRESS_KEYS if isinstance(item.get(key), str)), "")
    return item if isinstance(item, str) else ""


def _ref(item: Any) -> str:
    told = item.get("branch") or item.get("ref") if isinstance(item, dict) else ""
    return told if isinstance(told, str) else ""


def _listing(told: Iterable[tuple[str, str]], catalog: Origin) -> Listing:
    found: dict[tuple[str, str], Origin] = {}
    refused = []
    for address, ref in told:
        origin = beside(catalog, address)
        if origin is None or len(found) >= MOST:
            refused.append(address[:100] or "an entry without an address")
            continue
        if ref and ref != "." and not origin.ref:
            origin = replace(origin, ref=ref)
        found.setdefault((origin.key, origin.path), origin)
    return Listing(tuple(found.values()), tuple(refused))
