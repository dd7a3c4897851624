"""What two readers do is held one against the other, on texts put together by chance.

    python bench/fuzz.py [EXAMPLES] [SEED]      (20,000 of each kind by default)

Seeded: the same call tries the same texts. `tests/catalog/reading/test_fuzz.py` tries a few of
them in each run; the output of the last long run is kept in bench/RESULTS/fuzz.txt.
"""

from __future__ import annotations

import random
import re
import sys
import time
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import comrak
import ryaml

from deepcat.catalog.reading import own_yaml, parse_events
from deepcat.catalog.reading.libyaml import PythonLoader
from deepcat.catalog.reading.markdown import links, prose
from deepcat.catalog.reading.own_yaml_writer import write
from deepcat.catalog.reading.parse import read_yaml
from deepcat.catalog.reading.parse_events import FAILED, read_events
from deepcat.catalog.reading.profile import STRICT, TOSCA

YAML = [
    "a", "b: ", "- ", "  ", "\n", "\n\n", ": ", ":", "#", " #", "'", '"', "|\n", ">-\n", "[", "]",
    "{", "}", ",", "? ", "&a ", "*a", "!a ", "<<: ", "---\n", "...\n", "%Y", "1", "0x1F", "0o7",
    "1e5", "1.5", ".nan", "yes", "true", "null", "~", "2024-01-01", "1_0", "-", "\t", "\r\n",
    "\\n", '"\\u202e"', "\u2028", "\x85", "@", "`", "=", "12:30", "é: ", "a: 1\n", "- x\n",
    "\ufeff", "é", "?", "[? ", "%YAML 1.2\n", "%YAML 1.3\n---", "https://e.org/?q=1",
    "|", ">", "|2-",
]  # fmt: skip
MARKDOWN = [
    "[", "](", ")", "]", "!", "[a](", "![b](", "x", "y/z", "javascript:a", "https://e.org/", "<",
    ">", "<a href=", "<img src=", '"', "'", " ", "\n", "\n\n", "    ", "`", "``", "```\n", "~~~\n",
    "<!--", "-->", "\\", "&#58;", "&colon;", "(", "- ", "1. ", "> ", "# ", "*", "_", "|", "<p>",
    "</p>", "<b>", "[r]: ", "[r]", "[r]: x\n", '"t"', "%20", "é", "\t", "https://f.org",
    "<mailto:a>",
]  # fmt: skip
_HIDING = ("`", "``", "```\n", "~~~\n", "<!--", "-->", "    ", "\t")
_HREF = re.compile(r'<(?:a|img)\b[^>]*?\s(?:href|src)="([^"]*)"')


def _text(chance: random.Random, pieces: list[str]) -> str:
    return "".join(chance.choices(pieces, k=chance.randint(1, 14)))


def _value(chance: random.Random, depth: int = 0) -> Any:
    kind = chance.randrange(8 if depth < 3 else 6)
    if kind == 6:
        return [_value(chance, depth + 1) for _ in range(chance.randrange(4))]
    if kind == 7:
        names = (_text(chance, YAML)[:20] for _ in range(chance.randrange(4)))
        return {name: _value(chance, depth + 1) for name in names if name.strip()}
    numbers = [chance.randint(-(2**63), 2**63), chance.uniform(-1e9, 1e9), chance.random() ** 40]
    return [None, True, *numbers, _text(chance, YAML)][kind]


def same(one: Any, other: Any) -> bool:
    """Equality that tells 1 from 1.0 and True, and holds for not-a-number."""
    return repr(one) == repr(other)


def quick_and_precise(chance: random.Random) -> str:
    """A file of the catalog, by the quick parser and event by event."""
    text, profile = _text(chance, YAML), chance.choice([STRICT, TOSCA])
    document, findings = read_yaml(text, "x.yaml", profile)
    value, _, exact = read_events(text, "x.yaml", profile)
    codes = [each.code for each in findings] == [each.code for each in exact]
    data = value is FAILED if document is None else same(document.data, value)
    return "" if codes and data else repr(text)


def with_and_without_libyaml(chance: random.Random) -> str:
    """The same event by event, by libyaml and by PyYAML alone: values, and the findings' codes.

    Nothing is left out of the texts. Of one that both refuse the codes may differ where one of them
    is `yaml/syntax`: each parser stops where it first sees that a text is no YAML, sooner or later
    than the other, and PyYAML reads on behind a tag which libyaml ends elsewhere.
    """
    text, profile = _text(chance, YAML), chance.choice([STRICT, TOSCA])
    compiled = parse_events.SafeLoader
    one, _, exact = read_events(text, "x.yaml", profile)
    parse_events.SafeLoader = PythonLoader
    try:
        other, _, slow = read_events(text, "x.yaml", profile)
    finally:
        parse_events.SafeLoader = compiled
    codes, others = ([each.code for each in found] for found in (exact, slow))
    is_same = same(one, other) and codes == others
    return "" if is_same or ("yaml/syntax" in codes and others) else repr(text)


def written_and_read(chance: random.Random) -> str:
    """Values that deepcat writes itself: `ryaml`'s text and ours, and what each reads of it."""
    value = _value(chance)
    text = write(value)
    is_same = text == ryaml.dumps(value) and same(ryaml.loads(text), own_yaml._loads(text))
    return "" if is_same else repr(value)


def shown_and_judged(chance: random.Random) -> str:
    """Every address that comrak would show is one that a check has looked at."""
    return _missed(_text(chance, [each for each in MARKDOWN if each not in _HIDING]))


def shown_beside_code(chance: random.Random) -> str:
    """The same where code and comments hide what is in them: a check may look too little.

    The website decides on every address that it shows, whatever a check has seen.
    """
    return _missed(_text(chance, MARKDOWN))


def _missed(text: str) -> str:
    options, extensions = comrak.RenderOptions(), comrak.ExtensionOptions()
    options.unsafe_ = True
    html = comrak.render_markdown(text, extensions, None, options)
    judged = {_plain(link.target) for link in links(prose(text))}
    missed = set(map(_plain, map(unescape, _HREF.findall(html)))) - judged - {""}
    return repr((text, missed)) if missed else ""


def _plain(address: str) -> str:
    return re.sub(r"\s", "", unquote(address))


KINDS: tuple[Callable[[random.Random], str], ...] = (
    quick_and_precise,
    with_and_without_libyaml,
    written_and_read,
    shown_and_judged,
)
LOOSE = (shown_beside_code,)


def differences(kind: Callable[[random.Random], str], examples: int, seed: int) -> Iterator[str]:
    """The texts of which two readers say something else."""
    chance = random.Random(f"{kind.__name__} {seed}")
    return filter(None, (kind(chance) for _ in range(examples)))


def main() -> None:
    """Try each kind, and say what was found."""
    examples, seed = (int(each) for each in (*sys.argv[1:], "20000", "1")[:2])
    lines = []
    for kind in (*KINDS, *LOOSE):
        start = time.monotonic()
        found = list(differences(kind, examples, seed))
        lines.append(f"{kind.__name__:26} {examples:8} texts, {len(found)} differences")
        lines += [f"    {each}" for each in found[:10]]
        print("\n".join(lines[-1 - min(len(found), 10) :]), f"({time.monotonic() - start:.0f} s)")
    target = Path(__file__).parent / "RESULTS" / "fuzz.txt"
    target.write_text(f"seed {seed}\n" + "\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    main()
