"""Read BibTeX as a reference manager does: one entry, whole, with fields that we write.

    python bibtex.py FILE…

Runs where `requirements.lock` is installed.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import bibtexparser

FIELDS = {"author", "title", "year", "version", "doi", "url"}


def faults(text: str) -> Iterator[str]:
    library = bibtexparser.parse_string(text)
    yield from (f"not read: {block.raw[:80]}" for block in library.failed_blocks)
    if len(library.blocks) != 1 or len(library.entries) != 1:
        yield f"{len(library.blocks)} blocks, {len(library.entries)} entries"
    for entry in library.entries:
        if entry.entry_type != "software":
            yield f"it is of the type {entry.entry_type}"
        if unknown := set(entry.fields_dict) - FIELDS:
            yield f"it has the fields {sorted(unknown)}"
        if missing := {"title", "version"} - set(entry.fields_dict):
            yield f"it lacks {sorted(missing)}"


def main(names: list[str]) -> int:
    bad = {name: list(faults(Path(name).read_text("utf-8"))) for name in names}
    print(json.dumps(bad, indent=1))
    return 1 if any(bad.values()) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
