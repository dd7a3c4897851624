"""Where a value stands, and what is found wrong on the way. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from deepcat.catalog.findings import Finding, Place, Severity
from deepcat.catalog.reading.document import Document
from deepcat.catalog.reading.profile import Pointer
from deepcat.secrets.addresses import masked

MAX_FINDINGS = 100
MAX_SHOWN = 60


class Spot(NamedTuple):
    """A value's place in its document; made very often, hence a tuple."""

    document: Document
    pointer: Pointer = ()

    def __truediv__(self, key: str | int) -> Spot:
        return Spot(self.document, (*self.pointer, key))

    @property
    def place(self) -> Place:
        """File, line and column, as a finding wants them."""
        return self.document.place(self.pointer)

    @property
    def written(self) -> str | None:
        """What was written for a number, a boolean or null; None for everything else."""
        return self.document.texts.get(self.pointer)


class CopySpot(Spot):
    """The place of what may be copied: what is not written here is at one of the sources."""

    depth: int
    sources: tuple[Pointer, ...]

    @classmethod
    def of(cls, spot: Spot, sources: tuple[Pointer, ...], depth: int = 0) -> CopySpot:
        """The place `spot`, copied from `sources`, the nearest first."""
        made = cls(*spot)
        made.depth, made.sources = depth or len(spot.pointer), sources
        return made

    def __truediv__(self, key: str | int) -> Spot:
        return CopySpot.of(super().__truediv__(key), self.sources, self.depth)

    @property
    def written(self) -> str | None:
        """As of every place; else as at the nearest source that has it."""
        texts, below = self.document.texts, self.pointer[self.depth :]
        places = (self.pointer, *((*source, *below) for source in self.sources))
        return next((texts[place] for place in places if place in texts), None)


def words(text: str) -> frozenset[str]:
    """A set of key names, written with blanks between them."""
    return frozenset(text.split())


_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.:-]{0,127}\Z")


class TooManyError(Exception):
    """More findings than anyone reads; the rest of the template is not looked at."""


@dataclass(slots=True)
class Report:
    """Collects findings, each once, and no more than `MAX_FINDINGS`."""

    found: dict[Finding, None] = field(default_factory=dict)

    def error(self, spot: Spot, code: str, message: str, hint: str = "") -> None:
        """Add an error.

        Raises:
            TooManyError: there are `MAX_FINDINGS` errors already.
        """
        self._add(Finding(spot.place, f"tosca/{code}", message, hint))

    def hint(self, spot: Spot, code: str, message: str, hint: str = "") -> None:
        """Add a hint, which never fails a check."""
        self._add(Finding(spot.place, f"tosca/{code}", message, hint, Severity.HINT))

    def add(self, findings: Iterable[Finding]) -> None:
        """Add findings that were made elsewhere."""
        for finding in findings:
            self._add(finding)

    def name(self, spot: Spot, what: str, name: str, *, is_used: bool = True) -> bool:
        """Whether a name is plain; what a template names becomes hosts, variables and files."""
        if _NAME.match(name):
            return True
        message = f"the {what} `{shown(name)}` has no plain name"
        hint = "use up to 128 ASCII letters, digits, `_`, `-`, `.`, a letter or `_` first"
        (self.error if is_used else self.hint)(spot, "name", message, hint)
        return False

    def _add(self, finding: Finding) -> None:
        if len(self.found) >= MAX_FINDINGS and finding not in self.found:
            if not finding.is_error:
                return
            # Errors take the place of hints, so that hints alone never end the reading.
            hints = [known for known in self.found if not known.is_error]
            if not hints:
                raise TooManyError
            del self.found[hints[-1]]
        self.found[finding] = None

    @property
    def errors(self) -> int:
        """How many errors were found."""
        return sum(finding.is_error for finding in self.found)

    @property
    def failed(self) -> bool:
        """Whether an error was found."""
        return any(finding.is_error for finding in self.found)

    def findings(self) -> tuple[Finding, ...]:
        """All findings, by place."""
        return tuple(sorted(self.found))


def shown(value: Any, most: int = MAX_SHOWN) -> str:
    """A value for a message: short, on one line, without control characters."""
    text = masked(value if isinstance(value, str) else repr(value))
    text = "".join(c if c.isprintable() else "�" for c in text[: most + 1])
    return f"{text[:most]}…" if len(text) > most else text


def one(noun: str) -> str:
    """A noun with its article."""
    return f"{'an' if noun[:1] in 'aeiou' else 'a'} {noun}"


def nearest(word: Any, allowed: Iterable[str], otherwise: str = "") -> str:
    """A hint with the nearest allowed word, or all of them when they are few."""
    from difflib import get_close_matches

    words = [name for name in allowed if isinstance(name, str)]
    match = get_close_matches(str(word)[:200], words[:2000], 1, 0.6)
    if match:
        return f"did you mean `{shown(match[0])}`?"
    if 0 < len(words) <= 8:
        return "use one of " + ", ".join(f"`{shown(name)}`" for name in words)
    return otherwise
