"""Real prose for measuring the search: what people wrote, as found on this machine; none is kept.

Read are manual pages, the documentation of installed packages, READMEs, and what Python's modules
say of themselves (docstrings). Each text is cut into READMEs of a catalog's usual length; the title
and the first sentence become a module's. How much there is depends on the machine.
"""

from __future__ import annotations

import ast
import gzip
import importlib.metadata
import random
import re
import sys
import sysconfig
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Characters of a README, about: what the READMEs of the demonstration and of catalogs in use have.
LONG, SHORT = 5_500, 1_200
# Of one source no more than this share, so that no one way to write stands for all.
SHARE = 0.4
_ROFF = re.compile(r"\\f(?:\[[^]]*\]|\(..|.)|\\[&|^%/,)]|\\s[-+]?\d|\\\*(?:\[[^]]*\]|\(..|.)")
_REQUEST = re.compile(r"^[.'] *([A-Za-z]+) ?(.*)$")
_SHOWN = {"B", "I", "BR", "RB", "IR", "RI", "BI", "IB", "Nm", "Fl", "Ar", "Em", "Li", "Nd", "Xr"}
_BREAKS = {"PP", "P", "LP", "TP", "IP", "HP", "Pp", "It", "br", "sp"}
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")
_WORDS = re.compile("[a-z]{3}.*[a-z]{3}")
# What it links to is not in the module's folder.
_UNLINKED = re.compile(r"\](?:\([^)]*\)|:\s*\S+)")
_UNKEPT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True, slots=True)
class Document:
    """What one module says.

    Attributes:
        title: of the text.
        summary: its first sentence.
        paragraphs: Markdown.
    """

    title: str
    summary: str
    paragraphs: tuple[str, ...]


def _manual(path: Path) -> tuple[str, list[str]]:
    """A page of the manual, from troff's macros: its title and its paragraphs."""
    with gzip.open(path, "rt", encoding="utf-8", errors="replace") as file:
        lines = file.read(400_000).splitlines()
    paragraphs, words, is_code = [""], [], False
    for line in lines:
        if not (found := _REQUEST.match(line)):
            words.append("" if is_code else line)
            continue
        request, rest = found[1], found[2].strip('" ')
        if request in {"nf", "EX", "de", "ie", "if", "el"}:
            is_code = request in {"nf", "EX"}
        elif request in {"fi", "EE"}:
            is_code = False
        elif request in {"SH", "SS", "Sh", "Ss"} or request in _BREAKS:
            paragraphs.append(" ".join(words))
            words = []
            if request.lower() in {"sh", "ss"} and rest:
                paragraphs.append(f"## {rest.capitalize()}")
        elif request in _SHOWN:
            words.append(rest.replace('"', ""))
    paragraphs.append(" ".join(words))
    told = [_ROFF.sub("", text).replace("\\-", "-").replace("\\(aq", "'") for text in paragraphs]
    kept = [re.sub(r"\\\(?..?", " ", text) for text in told]
    names = (text for text in kept if " - " in text[:200] and not text.startswith("#"))
    title = next(names, "").partition(" - ")[2]
    return title, kept


def _docstrings(path: Path) -> tuple[str, list[str]]:
    """What a module of Python, its classes and functions say of themselves."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = ast.parse(path.read_text("utf-8", "replace"))
    paragraphs = []
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef)
    for node in ast.walk(tree):
        if not isinstance(node, kinds) or not (text := ast.get_docstring(node)):
            continue
        if not isinstance(node, ast.Module):
            paragraphs.append("## " + node.name.strip("_").replace("_", " "))
        paragraphs += re.split(r"\n\s*\n", text)
    title = next((text for text in paragraphs if not text.startswith("#")), "")
    return title.partition("\n")[0], paragraphs


def _plain(path: Path) -> tuple[str, list[str]]:
    """A text, Markdown or reStructuredText."""
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8", errors="replace") as file:
        text = str(file.read(400_000))
    paragraphs = re.split(r"\n\s*\n", re.sub(r"^(```|~~~).*?^\1", "", text, flags=re.M | re.S))
    title = next((p for p in paragraphs if re.search("[a-z]{3}", p)), "").partition("\n")[0]
    return title, paragraphs


def _described(name: str) -> tuple[str, list[str]]:
    """What an installed distribution of Python says of itself."""
    facts = importlib.metadata.distribution(name).metadata
    text = str(facts.json.get("description", ""))
    return facts["Summary"] or "", re.split(r"\n\s*\n", text)


Source = list[Callable[[], tuple[str, list[str]]]]


def _sources() -> list[Source]:
    """Each way to write, as the readers of its texts."""

    def files(read: Callable[[Path], tuple[str, list[str]]], found: list[Path]) -> Source:
        return [lambda path=path: read(path) for path in sorted(found)]  # type: ignore[misc]

    shared, packages = Path("/usr/share"), Path(sysconfig.get_path("purelib"))
    names = sorted({d.metadata["Name"] for d in importlib.metadata.distributions()})
    manuals = [
        path
        for path in shared.glob("man/man[1-8]/*.gz")
        # One large program has each of its pages three times.
        if not path.is_symlink() and not re.search("_(alpha|beta)_", path.name)
    ]
    docs = [
        path
        for end in ("README*", "*.txt", "*.txt.gz", "*.md", "*.md.gz", "*.rst.gz", "NEWS*.gz")
        for path in shared.glob(f"doc/**/{end}")
        if path.is_file() and "html" not in path.suffixes
    ]
    modules = [*packages.rglob("*.py"), *Path(sysconfig.get_path("stdlib")).glob("**/*.py")]
    read_me = [p for g in ("generator", "tests/rigs") for p in (ROOT / g).rglob("README.md")]
    return [
        files(_manual, manuals),
        files(_docstrings, [p for p in modules if p.stat().st_size > 6_000]),
        files(_plain, [*docs, *read_me, *packages.rglob("*.rst"), *(ROOT / "site").rglob("*.md")]),
        [lambda name=name: _described(name) for name in names],  # type: ignore[misc]
    ]


def _is_prose(paragraph: str) -> bool:
    """Whether words make up most of it."""
    letters = sum(letter.isalpha() or letter.isspace() for letter in paragraph)
    return bool(paragraph) and letters > 0.8 * len(paragraph)


def _line(text: str, most: int) -> str:
    """One line without Markdown's signs, of whole words."""
    line = " ".join(re.sub(r"[`*_#>|\[\]{}\\]+|[-=~]{2,}", " ", text).split())
    return line if len(line) <= most else line[:most].rpartition(" ")[0]


def _cut(title: str, paragraphs: list[str]) -> Iterator[Document]:
    """A text as READMEs, one after the other."""
    cleaned = (_UNLINKED.sub("]", _UNKEPT.sub("", text)).strip() for text in paragraphs)
    kept = [" ".join(text.replace("<", "‹").split()) for text in cleaned if _is_prose(text)]
    part: list[str] = []
    for text in (*kept, ""):
        part.append(text)
        size = sum(map(len, part))
        if size < LONG and (text or size < SHORT):
            continue
        prose = [each for each in part if not each.startswith("#") and len(each) > 40]
        if size >= SHORT and len(prose) > 2:
            summary = _line(_SENTENCE.split(prose[0])[0], 240)
            named = _line(title, 70)
            yield Document(
                named if _WORDS.search(named) else _line(summary, 50), summary, tuple(part)
            )
        title = next((each for each in part if each.startswith("#")), "")
        part = []


def documents(count: int, seed: int = 11) -> list[Document]:
    """So many READMEs of different texts, in an order that the seed says.

    Exits with a message where this machine holds fewer.
    """
    dice = random.Random(seed)
    found: dict[tuple[str, ...], Document] = {}
    for readers in _sources():
        dice.shuffle(readers)
        mine = 0
        for read in readers:
            if mine >= SHARE * count or len(found) >= 1.2 * count:
                break
            try:
                texts = list(_cut(*read()))
            except (OSError, SyntaxError, ValueError, RecursionError):
                continue
            # A long text, such as the manual of a shell, would be many modules alike.
            for text in texts[:4]:
                mine += text.paragraphs not in found
                found.setdefault(text.paragraphs, text)
    if len(found) < count:
        sys.exit(f"this machine has texts for {len(found):,} modules, not for {count:,}")
    return dice.sample(list(found.values()), count)
