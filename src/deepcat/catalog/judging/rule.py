"""Rules: each one file under `rules/`, whose docstring is its page.

A docstring begins with one sentence that says what must hold; then come `Why:`, `Mend:`, `Bad:`
and `Good:`, each on a line of its own with its text indented below.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from textwrap import dedent
from typing import Any

from deepcat.catalog.findings import Place, Severity
from deepcat.catalog.reading.units import UnitKind


class Source(StrEnum):
    """Who finds what a rule is about."""

    PARSER = "parser"
    SCHEMA = "schema"
    UNIT = "unit"
    CATALOG = "catalog"
    OUTSIDE = "outside"


@dataclass(frozen=True, slots=True)
class Flaw:
    """What a rule found: the finding without the rule's own code and severity."""

    place: Place
    message: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    Attributes:
        code: stable, `room/what`.
        title: what must hold, one sentence.
        why: why it must hold.
        mend: how to mend what breaks it.
        bad: an example that breaks it; may be empty.
        good: the same example, mended; may be empty.
        severity: of its findings.
        source: who finds them.
        kinds: the kinds of units that it judges, where units are judged one by one.
        find: unit rules take a `View`, schema rules a `Violation`, rules of the catalog a
            `CatalogView`; None where the parser or another room finds.
        needs: a top-level key without which there is nothing to judge; empty for always.
        by_day: whether what it finds may no longer be so on another day.
    """

    code: str
    title: str
    why: str
    mend: str
    bad: str
    good: str
    severity: Severity
    source: Source
    kinds: frozenset[UnitKind]
    find: Callable[[Any], Iterable[Flaw]] | None
    needs: str = ""
    by_day: bool = False


# By code, filled as the files of `rules/` are imported; ask `rule_registry`.
REGISTERED: dict[str, Rule] = {}
_PARTS = ("Why", "Mend", "Bad", "Good")

Finder = Callable[[Any], Iterable[Flaw]]


def _add(
    page: str | None,
    code: str,
    severity: Severity,
    source: Source,
    kinds: tuple[UnitKind, ...],
    find: Finder | None,
    needs: str = "",
    *,
    by_day: bool = False,
) -> None:
    if code in REGISTERED:
        raise ValueError(f"two rules have the code {code}")
    title, parts = _sections(page or "")
    why, mend, bad, good = (parts.get(part, "") for part in _PARTS)
    where = frozenset(kinds)
    texts = (code, title, why, mend, bad, good)
    REGISTERED[code] = Rule(*texts, severity, source, where, find, needs, by_day)


def unit_rule(
    page: str | None,
    code: str,
    *kinds: UnitKind,
    severity: Severity = Severity.ERROR,
    needs: str = "",
    by_day: bool = False,
) -> Callable[[Finder], Finder]:
    """Register a rule that judges one unit; it takes a `View` and gives flaws."""

    def register(find: Finder) -> Finder:
        _add(page, code, severity, Source.UNIT, kinds, find, needs, by_day=by_day)
        return find

    return register


def schema_rule(page: str | None, code: str) -> Callable[[Finder], Finder]:
    """Register a rule that words one kind of violation of a schema; it takes a `Violation`."""

    def register(find: Finder) -> Finder:
        _add(page, code, Severity.ERROR, Source.SCHEMA, (), find)
        return find

    return register


def catalog_rule(
    page: str | None, code: str, severity: Severity = Severity.ERROR
) -> Callable[[Finder], Finder]:
    """Register a rule that judges all units together; it takes a `CatalogView`."""

    def register(find: Finder) -> Finder:
        _add(page, code, severity, Source.CATALOG, (), find)
        return find

    return register


def parser_rule(page: str | None, code: str) -> None:
    """Register the page of what the parser finds."""
    _add(page, code, Severity.ERROR, Source.PARSER, (), None)


def outside_rule(page: str | None, code: str, severity: Severity = Severity.ERROR) -> None:
    """Register the page of what another room finds."""
    _add(page, code, severity, Source.OUTSIDE, (), None)


def _sections(page: str) -> tuple[str, dict[str, str]]:
    head, _, rest = page.strip().partition("\n\n")
    title = " ".join(head.split())
    parts: dict[str, list[str]] = {}
    current: list[str] = []
    for line in rest.splitlines():
        if line.rstrip(":") in _PARTS and line.endswith(":"):
            current = parts.setdefault(line[:-1], [])
        else:
            current.append(line)
    return title, {name: dedent("\n".join(lines)).strip("\n") for name, lines in parts.items()}
