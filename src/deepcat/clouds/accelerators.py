"""One table of accelerators, and how clouds spell them. Pure but for reading its own data file.

A model may come in variants that differ in memory or form; their common name is the family. So
``A100`` is a family, ``A100-80GB`` a variant, and "NVIDIA-A100-SXM4-80GB" one way to spell it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

_FILE = Path(__file__).with_name("accelerators.json")
# Words that say nothing of which model it is.
_NOISE = frozenset(
    {"nvidia", "tesla", "amd", "instinct", "intel", "habana", "google", "cloud", "geforce",
     "corporation", "gpu", "gpus", "graphics", "card", "accelerator", "hbm", "hbm2", "hbm2e",
     "hbm3", "hbm3e", "gddr5", "gddr6", "gddr6x", "ecc", "ac", "oam", "type", "vga", "compatible",
     "controller", "3d"}
)  # fmt: skip
_FORMS = {
    "sxm": "sxm", "pcie": "pcie", "pci": "pcie", "nvl": "nvl",
    "nvlink": "sxm", "hgx": "sxm", "dgx": "sxm",
}  # fmt: skip
_FORM = re.compile(r"(sxm|pcie|pci|nvlink|nvl|hgx|dgx)[0-9]?\Z")
# Of those forms, what may stand before the model.
_SYSTEMS = ("hgx", "dgx")
_MEMORY = re.compile(r"([0-9]{1,4})(?:gb|gib|g)\Z")
_SHARED = re.compile(r"[\s_-]+shared\Z", re.IGNORECASE)
_MIG = re.compile(r"[\s_-]*(?:mig[\s_-]+|(?<=[\s_-]))([0-9]+g\.[0-9]+gb\S*)\s*\Z", re.IGNORECASE)
# What people leave out before a number: `3090`, `1080ti`, `a6000`; and what they write as one word.
_LEFT_OUT = ("rtx", "gtx")
_SHORT = re.compile(r"([1-5]0[5-9]0|a[2456][05]00)[a-z]*\Z")
_GLUED = re.compile(r"(tesla|nvidia|geforce|amd)(?=[a-z]*[0-9])")
NEAR = 0.12


@dataclass(frozen=True, slots=True)
class Accelerator:
    """One row of the table.

    Attributes:
        name: canonical.
        family: the name that all variants share.
        vendor: ``nvidia``, ``amd``, ``intel`` or ``google``.
        memory_MiB: of one accelerator as the system sees it, nominal.
        compute_capability: CUDA's; None for other vendors.
        year: when it was announced.
        form: ``sxm``, ``pcie``, ``nvl``, where variants differ by it; else empty.
        aliases: other spellings that normalising alone does not bring to the name.
        sources: keys of `sources()`.
        power_W: that its maker says it may take, the most of its forms; 0 where unknown.
        rare: made for a few; never what a spelling means that does not say so.
    """

    name: str
    family: str
    vendor: str
    memory_MiB: int
    compute_capability: tuple[int, int] | None
    year: int
    form: str
    aliases: tuple[str, ...]
    sources: tuple[str, ...]
    power_W: int
    rare: bool


@dataclass(frozen=True, slots=True)
class _Spelling:
    """A spelling taken apart: what names the model, and what tells variants apart."""

    core: str
    form: str
    memory_gib: int


@cache
def table() -> Mapping[str, Accelerator]:
    """All rows by canonical name, in the file's order."""
    return {row["name"]: _row(row) for row in _read()["accelerators"]}


@cache
def sources() -> Mapping[str, Mapping[str, str]]:
    """Where the rows' facts come from: key -> {"title", "url"}."""
    found: Mapping[str, Mapping[str, str]] = _read()["sources"]
    return found


def canonical(spelling: str, memory: int = 0) -> str | None:
    """The canonical name of an accelerator as a cloud or a person spells it; None if unknown.

    Args:
        spelling: such as "Tesla V100-SXM2-32GB" or "nvidia-tesla-v100".
        memory: MiB of each, where it is known otherwise. A spelling that leaves the memory open
            means the variant with the least, so that nobody is promised more than there is.
    """
    rows = _variants(spelling, memory)
    return rows[0].name if rows else None


def variants(spelling: str) -> tuple[str, ...]:
    """All canonical names that a spelling may mean, the least memory first; empty if unknown."""
    return tuple(row.name for row in _variants(spelling, 0))


def memory_of(name: str | None) -> int:
    """MiB of one accelerator by its canonical name; 0 if unknown."""
    row = table().get(name or "")
    return row.memory_MiB if row else 0


def watts_of(name: str | None) -> float:
    """The power of one accelerator by its canonical name; 0 if unknown."""
    row = table().get(name or "")
    return float(row.power_W) if row else 0.0


def vendor(name: str) -> str:
    """The vendor by the canonical name; empty if unknown."""
    row = table().get(name)
    return row.vendor if row else ""


def compute_capability(name: str) -> tuple[int, int] | None:
    """CUDA's compute capability by the canonical name; None if unknown or not CUDA's."""
    row = table().get(name)
    return row.compute_capability if row else None


def nearest(spelling: str) -> str | None:
    """A known name that looks like the spelling, for hints; None when none does."""
    from difflib import get_close_matches

    known = {_join(name): name for row in table().values() for name in (row.family, row.name)}
    found = get_close_matches(_join(spelling), known, n=1, cutoff=0.6)
    return known[found[0]] if found else None


def profile_of(spelling: str) -> str:
    """The MIG profile where a spelling means a part of a card, such as ``1g.5gb``; else empty."""
    found = _MIG.search(spelling.strip())
    return found[1].lower() if found else ""


def memory_of_profile(profile: str) -> int:
    """MiB of a part of a card by its MIG profile; 0 when it says none."""
    found = re.match(r"[0-9]+g\.([0-9]+)gb", profile)
    return int(found[1]) * 1024 if found else 0


@lru_cache(maxsize=4096)
def _variants(spelling: str, memory: int) -> tuple[Accelerator, ...]:
    spelling = _MIG.sub("", _SHARED.sub("", spelling.strip()))
    whole = _aliases().get(_join(spelling))
    if whole is not None:
        return (whole,)
    parts = _known(_take_apart(spelling))
    rows = _families().get(parts.core, ())
    said = parts.memory_gib * 1024
    if len(rows) < 2:
        # What has less than the one there is, is something else, whatever it is called.
        return tuple(row for row in rows if not said or said >= (1 - NEAR) * row.memory_MiB)
    rows = tuple(row for row in rows if parts.form in ("", row.form)) or rows
    wanted = said or memory
    if wanted:
        near = tuple(r for r in rows if abs(r.memory_MiB - wanted) <= NEAR * r.memory_MiB)
        rows = near or (() if said else rows)
        rows = tuple(sorted(rows, key=lambda row: (abs(row.memory_MiB - wanted), row.rare)))
    return rows


def _known(parts: _Spelling) -> _Spelling:
    """The same as somebody meant it who left out what goes without saying."""
    families = _families()
    if parts.core in families:
        return parts
    short = _GLUED.sub("", parts.core)
    left_out = _LEFT_OUT if _SHORT.match(short) else ()
    for core in (short, *(f"{word}{short}" for word in left_out)):
        if core in families:
            return _Spelling(core, parts.form, parts.memory_gib)
    # `a100-80`: a number behind a model is its memory, where it has a variant with so much.
    for size in (2, 3):
        core, digits = short[:-size], short[-size:]
        sizes = {row.memory_MiB // 1024 for row in families.get(core, ())}
        if digits.isdigit() and int(digits) in sizes and len(sizes) > 1:
            return _Spelling(core, parts.form, int(digits))
    return parts


def _take_apart(spelling: str) -> _Spelling:
    core: list[str] = []
    form = ""
    memory = 0
    for word in _words(spelling):
        shape, size = _FORM.match(word), _MEMORY.match(word)
        if shape and (core or shape[1] in _SYSTEMS):
            form = _FORMS[shape[1]]
        elif size and core:
            memory = int(size[1])
        else:
            core.append(word)
    return _Spelling("".join(core), form, memory)


def _words(spelling: str) -> list[str]:
    spelling = re.sub(r"([0-9])\s+(gb|gib)\b", r"\1\2", spelling.lower())
    return [word for word in re.split(r"[^a-z0-9.]+", spelling) if word and word not in _NOISE]


def _join(spelling: str) -> str:
    return "".join(_words(spelling))


@cache
def _aliases() -> Mapping[str, Accelerator]:
    """Every whole spelling that means one row, joined."""
    found: dict[str, Accelerator] = {}
    for row in table().values():
        found[_join(row.name)] = row
        found |= {_join(alias): row for alias in row.aliases}
    return found


@cache
def _families() -> Mapping[str, tuple[Accelerator, ...]]:
    """Rows by their family and by their aliases, the least memory first."""
    found: dict[str, list[Accelerator]] = {}
    for row in sorted(table().values(), key=lambda row: (row.rare, row.memory_MiB, row.name)):
        keys = {_join(row.family), *(_take_apart(alias).core for alias in row.aliases)}
        for key in keys:
            found.setdefault(key, []).append(row)
    return {key: tuple(rows) for key, rows in found.items()}


@cache
def _read() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(_FILE.read_text(encoding="utf-8"))
    return found


def _row(row: Mapping[str, Any]) -> Accelerator:
    capability = str(row.get("compute_capability") or "")
    major, _, minor = capability.partition(".")
    return Accelerator(
        name=str(row["name"]),
        family=str(row["family"]),
        vendor=str(row["vendor"]),
        memory_MiB=int(row["memory_GiB"]) * 1024,
        compute_capability=(int(major), int(minor)) if capability else None,
        year=int(row["year"]),
        form=str(row.get("form") or ""),
        aliases=tuple(row.get("aliases", ())),
        sources=tuple(row["source"]),
        power_W=int(row.get("power_W", 0)),
        rare=bool(row.get("rare")),
    )
