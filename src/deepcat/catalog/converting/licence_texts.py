"""Which licence a text is, told by words that stand in its text and in no other's. Pure.

The words are those of the texts that the SPDX list publishes. A text of several licences, or one
that was changed where it counts, is told as none.
"""

from __future__ import annotations

import re

NAMES = ("LICENSE", "LICENCE", "COPYING", "UNLICENSE")
_TAG = re.compile(r"SPDX-License-Identifier:\s*([\w.+-]{1,60}(?: (?:OR|AND|WITH) [\w.+-]{1,60})*)")
_LONGEST = 200_000
_NOT_WORDS = re.compile(r"[\W_]+")
# All of the first must stand in a text, and none of the second.
_BY_WORDS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "Apache-2.0": (("apache license", "version 2 0 january 2004", "grant of patent license"), ()),
    "MIT": (
        (
            "permission is hereby granted free of charge to any person obtaining a copy",
            "the above copyright notice and this permission notice shall be included in all",
        ),
        ("except as contained in this notice", "the software shall be used for good"),
    ),
    "BSD-3-Clause": (
        (
            "redistribution and use in source and binary forms",
            "redistributions in binary form must reproduce the above copyright",
            "may be used to endorse or promote products derived from",
        ),
        ("all advertising materials",),
    ),
    "BSD-2-Clause": (
        (
            "redistribution and use in source and binary forms",
            "redistributions in binary form must reproduce the above copyright",
        ),
        ("endorse or promote", "all advertising materials", "this software nor"),
    ),
    "GPL-3.0-only": (
        ("gnu general public license version 3 29 june 2007", "protecting users legal rights"),
        (),
    ),
    "GPL-2.0-only": (("gnu general public license version 2 june 1991",), ()),
    "LGPL-3.0-only": (("gnu lesser general public license version 3 29 june 2007",), ()),
    "LGPL-2.1-only": (("gnu lesser general public license version 2 1 february 1999",), ()),
    "AGPL-3.0-only": (("gnu affero general public license version 3 19 november 2007",), ()),
    "MPL-2.0": (("mozilla public license version 2 0", "covered software"), ()),
    "EUPL-1.2": (("european union public licence v 1 2",), ()),
    "CC0-1.0": (("cc0 1 0 universal", "affirmer"), ()),
    "CC-BY-4.0": (("attribution 4 0 international", "licensor"), ()),
    "CC-BY-SA-4.0": (("attribution sharealike 4 0 international", "licensor"), ()),
    "CC-BY-NC-4.0": (("attribution noncommercial 4 0 international", "licensor"), ()),
    "CC-BY-NC-SA-4.0": (("attribution noncommercial sharealike 4 0 international",), ()),
    "ISC": (
        ("permission to use copy modify and or distribute this software for any purpose",),
        (),
    ),
    "Unlicense": (("this is free and unencumbered software released into the public domain",), ()),
}
# The texts of the GPL and AGPL name one another; the one whose title comes first is meant.
_TITLED = ("GPL-3.0-only", "AGPL-3.0-only", "LGPL-3.0-only", "GPL-2.0-only", "LGPL-2.1-only")


def licence_of(content: bytes) -> str:
    """The SPDX identifier of a licence's text; empty where none, or more than one, is told."""
    text = content[:_LONGEST].decode(errors="replace")
    if len(tags := set(_TAG.findall(text))) == 1:
        return str(tags.pop())
    words = _NOT_WORDS.sub(" ", text.casefold())
    found = [
        name
        for name, (all_of, none_of) in _BY_WORDS.items()
        if all(each in words for each in all_of) and not any(each in words for each in none_of)
    ]
    titled = [name for name in found if name in _TITLED]
    if titled and len(titled) == len(found):
        return min(titled, key=lambda name: words.index(_BY_WORDS[name][0][0]))
    return found[0] if len(found) == 1 else ""


def is_licence(path: str) -> bool:
    """Whether a file of a folder's root is named as licences are."""
    return path.upper().partition(".")[0] in NAMES
