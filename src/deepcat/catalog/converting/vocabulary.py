"""Words of a vocabulary, licences, dates, amounts: each into the form that the schema asks for."""

from __future__ import annotations

import datetime
import re
from functools import cache
from typing import Any

from deepcat.catalog.converting.repairs import Repairs
from deepcat.catalog.judging.licences import fault, spelt
from deepcat.catalog.judging.schema import load_schema
from deepcat.catalog.reading.profile import Pointer
from deepcat.catalog.reading.units import UnitKind
from deepcat.catalog.wording import shown

VOCABULARIES = ("libraries", "tasks", "categories", "data-type")
UNKNOWN_LICENCE = "NOASSERTION"

# What people write who mean a licence of the SPDX list; letters and digits only.
_LICENCES = {
    "agpl3": "AGPL-3.0-only",
    "agplv3": "AGPL-3.0-only",
    "apache": "Apache-2.0",
    "apache2": "Apache-2.0",
    "apache20": "Apache-2.0",
    "apachelicense2": "Apache-2.0",
    "apachelicense20": "Apache-2.0",
    "apachelicenseversion20": "Apache-2.0",
    "apachev2": "Apache-2.0",
    "bsd2": "BSD-2-Clause",
    "bsd2clause": "BSD-2-Clause",
    "bsd3": "BSD-3-Clause",
    "bsd3clause": "BSD-3-Clause",
    "cc0": "CC0-1.0",
    "ccby4": "CC-BY-4.0",
    "ccby40": "CC-BY-4.0",
    "ccbysa40": "CC-BY-SA-4.0",
    "eupl12": "EUPL-1.2",
    "gpl3": "GPL-3.0-only",
    "gpl30": "GPL-3.0-only",
    "gplv2": "GPL-2.0-only",
    "gplv3": "GPL-3.0-only",
    "lgpl3": "LGPL-3.0-only",
    "lgplv3": "LGPL-3.0-only",
    "mit": "MIT",
    "mitlicense": "MIT",
    "mozillapubliclicense20": "MPL-2.0",
    "mpl2": "MPL-2.0",
    "odbl": "ODbL-1.0",
    "odcby": "ODC-By-1.0",
    "pddl": "PDDL-1.0",
    "publicdomain": "CC0-1.0",
    "themitlicense": "MIT",
}
_DATE = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ].*)?\Z")
_DAY_FIRST = re.compile(r"(\d{1,2})[./](\d{1,2})[./](\d{4})\Z")
_AMOUNT = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)\s*([kKMGT]?)(i?)B?\Z")
_POWERS = {"": 0, "k": 1, "K": 1, "M": 2, "G": 3, "T": 4}


@cache
def vocabulary(field: str) -> dict[str, str]:
    """The allowed words of a field by their letters and digits alone."""
    words = load_schema(UnitKind.MODULE)["properties"][field]["items"]["enum"]
    return {_bare(word): word for word in words}


def _bare(word: str) -> str:
    return re.sub(r"[\W_]+", "", word).casefold()


def known_word(field: str, word: Any) -> str:
    """The word of the vocabulary that is meant, whatever its capitals and hyphens; or empty."""
    return vocabulary(field).get(_bare(word), "") if isinstance(word, str) else ""


def licence(value: Any, pointer: Pointer, repairs: Repairs) -> str:
    """An SPDX expression; `NOASSERTION` when nobody can tell what is meant."""
    text = value.strip() if isinstance(value, str) else ""
    if text and not fault(text)[0]:
        return text
    spoken = _LICENCES.get(_bare(text), "") or spelt(text)
    if spoken:
        repairs.say(pointer, "licence", f"{shown(text)} is called `{spoken}` by SPDX")
        return spoken
    hint = "ask its authors, and write the SPDX identifier"
    repairs.say(pointer, "licence", f"{shown(value)} is no licence of the SPDX list", hint)
    return UNKNOWN_LICENCE


def date(value: Any) -> str:
    """A day as `YYYY-MM-DD`; empty when the value is none."""
    text = value.strip() if isinstance(value, str) else ""
    found, late = _DATE.match(text), _DAY_FIRST.match(text)
    parts = found.groups() if found else late.groups()[::-1] if late else ()
    # With the day first, only a day above 12 tells that it is no month.
    if not parts or (late and not found and int(parts[2]) <= 12):
        return ""
    try:
        return datetime.date(*(int(part) for part in parts)).isoformat()
    except ValueError:
        return ""


def megabytes(value: Any) -> int | None:
    """An amount such as `16GB` in megabytes of a million bytes; None when it is none."""
    found = _AMOUNT.match(value.strip()) if isinstance(value, str) else None
    if not found:
        return None
    number, prefix, binary = found.groups()
    size = float(number) * (1024 if binary else 1000) ** _POWERS[prefix]
    return round(size / 1e6) if prefix else None


def whole_number(value: Any) -> int | None:
    """A number of things, also when it is written as text; None when it is none."""
    if isinstance(value, str) and re.fullmatch(r"\s*\d{1,9}\s*", value):
        return int(value)
    if isinstance(value, float) and value.is_integer() and 0 <= value < 1e9:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None
