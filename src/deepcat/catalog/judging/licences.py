"""SPDX licence expressions."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from deepcat.catalog.wording import nearest, shown

if TYPE_CHECKING:
    from license_expression import Licensing

# Those of most modules, known without reading the whole list.
_COMMON = frozenset(
    [
        *("AGPL-3.0-only", "AGPL-3.0-or-later", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause"),
        *("CC-BY-4.0", "CC-BY-NC-4.0", "CC-BY-NC-SA-4.0", "CC-BY-SA-4.0", "CC0-1.0", "EUPL-1.2"),
        *("GPL-2.0-only", "GPL-2.0-or-later", "GPL-3.0-only", "GPL-3.0-or-later", "ISC"),
        *("LGPL-2.1-only", "LGPL-3.0-only", "LGPL-3.0-or-later", "MIT", "MPL-2.0", "Unlicense"),
    ]
)
_UNKNOWN = {"NOASSERTION", "NONE"}
# What people write who mean one of the list.
_SPOKEN = {
    "apache": "Apache-2.0",
    "apache 2": "Apache-2.0",
    "apache 2.0": "Apache-2.0",
    "apache license 2.0": "Apache-2.0",
    "apache2": "Apache-2.0",
    "bsd": "BSD-3-Clause",
    "gpl": "GPL-3.0-only",
    "gplv3": "GPL-3.0-only",
    "gpl-3.0": "GPL-3.0-only",
    "agpl-3.0": "AGPL-3.0-only",
    "mit license": "MIT",
    "public domain": "CC0-1.0",
}


@cache
def fault(text: str) -> tuple[str, str]:
    """What is wrong with an expression, and how to mend it; two empty texts when nothing is."""
    if text in _COMMON or text in _UNKNOWN:
        return "", ""
    spoken = _SPOKEN.get(text.casefold().strip())
    if spoken:
        return f"{shown(text)} is no SPDX licence", f"did you mean `{spoken}`?"
    try:
        result = _licensing().validate(text, strict=True)
    except Exception:  # the library's own parser trips over some broken expressions
        result = None
    if result is None or (result.errors and not result.invalid_symbols):
        hint = "write one identifier, or several joined by AND, OR and WITH"
        return f"{shown(text)} is no SPDX expression", hint
    unknown = [name for name in result.invalid_symbols if not name.startswith("LicenseRef-")]
    if unknown:
        likely = _SPOKEN.get(unknown[0].casefold()) or nearest(unknown[0], _names())
        hint = f"did you mean `{likely}`?" if likely else "take an identifier of the SPDX list"
        return f"{shown(unknown[0])} is no SPDX licence", hint
    proper = result.normalized_expression
    if proper and _letters(proper) != _letters(text):
        return f"SPDX spells {shown(text)} in another way", f"write `{proper}`"
    return "", ""


def spelt(text: str) -> str:
    """The identifier of the SPDX list that differs by its capitals alone; empty for none.

    Of an identifier that the list gave up, such as `GPL-2.0`, the one that took its place.
    """
    found = _by_letters().get(text.strip().casefold(), "")
    return found if not found or not fault(found)[0] else ""


@cache
def _by_letters() -> dict[str, str]:
    names = sorted(_names())
    found = {name.casefold(): name for name in names}
    only = {name.casefold().removesuffix("-only"): name for name in names if name.endswith("-only")}
    return found | only


def _letters(expression: str) -> str:
    return "".join(expression.split()).replace("(", "").replace(")", "")


@cache
def _licensing() -> Licensing:
    from license_expression import get_spdx_licensing

    return get_spdx_licensing()


@cache
def _names() -> frozenset[str]:
    symbols: dict[str, Any] = _licensing().known_symbols
    return frozenset(name for name in symbols if not name.startswith("LicenseRef-"))
