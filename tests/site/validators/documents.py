"""Hold XML documents against their grammars, and feeds against a feed reader.

    python documents.py GRAMMAR.rng FILE…

Runs where `requirements.lock` is installed.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import feedparser
from lxml import etree


def main(grammar: str, names: list[str]) -> int:
    schema = etree.RelaxNG(etree.parse(grammar))
    bad = {}
    for name in names:
        tree = etree.parse(name)
        found = [] if schema.validate(tree) else [str(each) for each in schema.error_log]
        if Path(grammar).stem == "atom":
            read = feedparser.parse(Path(name).read_bytes())
            if read.bozo or read.version != "atom10" or not read.entries:
                found.append(f"a reader sees {read.version}: {read.get('bozo_exception')}")
        bad[name] = found
    print(json.dumps(bad, indent=1))
    return 1 if any(bad.values()) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
