"""What was mended on the way, as findings that name the place in the source."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from deepcat.catalog.findings import Finding, Place, Severity
from deepcat.catalog.reading.profile import Pointer
from deepcat.secrets.addresses import masked, without_user


@dataclass(slots=True)
class Repairs:
    """A list that grows while a file is converted.

    Attributes:
        place_of: the place of a value of the source by its pointer there.
        findings: what was mended so far.
        moved: pointer now -> pointer in the source, for what an older format keeps elsewhere.
    """

    place_of: Callable[[Pointer], Place]
    findings: list[Finding] = field(default_factory=list)
    moved: dict[Pointer, Pointer] = field(default_factory=dict)

    def say(self, pointer: Pointer, what: str, message: str, hint: str = "") -> None:
        """Report a repair.

        Args:
            pointer: the value that was mended.
            what: the second half of the code, such as ``licence``.
            message: what was done, one sentence.
            hint: what a person may do better, one sentence.
        """
        place = self.place_of(self.source(pointer))
        self.findings.append(Finding(place, f"import/{what}", message, hint, Severity.HINT))

    def source(self, pointer: Pointer) -> Pointer:
        """Where a value stood in the source."""
        for length in range(len(pointer), 0, -1):
            if pointer[:length] in self.moved:
                return self.moved[pointer[:length]] + pointer[length:]
        return pointer


def set_aside(holder: dict[str, Any], key: str, value: Any) -> str:
    """Keep a value under `x-KEY`, or under a longer name when that is taken; gives the name."""
    name = f"x-{key}"
    while name in holder:
        name = f"x-{name}"
    holder[name] = value
    return name


def cleaned(value: Any, repairs: Repairs, pointer: Pointer = ()) -> Any:
    """The same data without the passwords and tokens that addresses in it hold; each is told.

    What is no number at all becomes text: nothing is equal to it, so that nobody could compare.
    """
    if isinstance(value, dict):
        return {k: cleaned(item, repairs, (*pointer, k)) for k, item in value.items()}
    if isinstance(value, list):
        return [cleaned(item, repairs, (*pointer, i)) for i, item in enumerate(value)]
    if isinstance(value, float) and math.isnan(value):
        return ".nan"
    if not isinstance(value, str) or (clean := masked(value)) == value:
        return value
    hint = "withdraw it where it was issued: whoever read the source knows it"
    repairs.say(pointer, "credentials", "an address holds a password or a token; left out", hint)
    return clean if any(map(str.isspace, value)) else masked(without_user(value))
