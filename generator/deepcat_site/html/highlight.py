"""Code to highlighted HTML: a few quick lexers of our own, since a page holds many small blocks.

Classes are Pygments' short names, so that the hand-written pages, which Pygments highlights, and
the made ones look alike. What no lexer knows is shown plain. Pure.
"""

from __future__ import annotations

import re
from functools import lru_cache
from html import escape

from markupsafe import Markup

MAX_CHARACTERS = 20_000

_STRING = r"\"(?:[^\"\\\n]|\\.)*\"?|'(?:[^'\\\n]|\\.)*'?"
_NUMBER = r"\b(?:0x[\da-fA-F_]+|\d[\d_]*(?:\.\d[\d_]*)?(?:[eE][+-]?\d+)?)\b"


def _words(words: str) -> str:
    return rf"\b(?:{'|'.join(words.split())})\b"


_PYTHON = (
    ("c", r"\#[^\n]*"),
    ("s", r"(?:\b[rbuf]{1,2})?(?:\"\"\"[\s\S]*?(?:\"\"\"|\Z)|'''[\s\S]*?(?:'''|\Z))"),
    ("s", rf"(?:\b[rbuf]{{1,2}})?(?:{_STRING})"),
    ("nd", r"^\s*@[\w.]+"),
    (
        "k",
        _words(
            "and as assert async await break class continue def del elif else except finally for"
            " from global if import in is lambda nonlocal not or pass raise return try while with"
            " yield match case"
        ),
    ),
    ("kc", _words("True False None self cls")),
    ("m", _NUMBER),
    ("nf", r"\b[A-Za-z_]\w*(?=\()"),
)
_SHELL = (
    ("c", r"(?:(?<=\s)|^)\#[^\n]*"),
    ("s", r"\"(?:[^\"\\]|\\.)*\"?|'[^']*'?"),
    ("nv", r"\$\{?\w+\}?|\$\([^)]*\)"),
    ("k", _words("if then else elif fi for in do done while case esac function export return")),
    ("nf", r"(?:(?<=\n)|^|(?<=\| )|(?<=&& ))[\w./-]+"),
    ("na", r"(?<=\s)--?[A-Za-z][\w-]*"),
    ("m", _NUMBER),
)
_JSON = (
    ("nt", r"\"(?:[^\"\\\n]|\\.)*\"(?=\s*:)"),
    ("s", r"\"(?:[^\"\\\n]|\\.)*\"?"),
    ("kc", _words("true false null")),
    ("m", r"-?\b\d+(?:\.\d+)?(?:[eE][+-]?\d+)?"),
)
_YAML = (
    ("c", r"(?:(?<=\s)|^)\#[^\n]*"),
    ("nt", r"(?:^|(?<=\n)|(?<=[{,]))[ \t]*(?:- +)*[\w.\"'/-]+(?=\s*:(?:\s|$))"),
    ("s", _STRING),
    ("kc", r"(?<=: )(?:true|false|null|~)\b"),
    ("m", r"(?<=[:\-,\[] )-?\d+(?:\.\d+)*\b"),
)
_SCRIPT = (
    ("c", r"//[^\n]*|/\*[\s\S]*?(?:\*/|\Z)"),
    ("s", rf"{_STRING}|`(?:[^`\\]|\\.)*`?"),
    (
        "k",
        _words(
            "async await break case catch class const continue default delete do else export"
            " extends finally for from function if import in instanceof let new of return static"
            " switch throw try typeof var void while yield interface type enum struct public"
            " private func package go defer fn impl mut pub use match int float double char bool"
            " string"
        ),
    ),
    ("kc", _words("true false null undefined this None nil")),
    ("m", _NUMBER),
    ("nf", r"\b[A-Za-z_$][\w$]*(?=\()"),
)
_MARKUP = (
    ("c", r"<!--[\s\S]*?(?:-->|\Z)"),
    ("nt", r"</?[A-Za-z][\w:-]*|/?>"),
    ("na", r"\b[\w:-]+(?==)"),
    ("s", _STRING),
)
_INI = (
    ("c", r"(?:(?<=\n)|^)[ \t]*[#;][^\n]*"),
    ("k", r"(?:(?<=\n)|^)\[[^\]\n]*\]+"),
    ("na", r"(?:(?<=\n)|^)[ \t]*[\w.-]+(?=\s*=)"),
    ("s", _STRING),
    ("m", _NUMBER),
)
_DOCKER = (
    ("c", r"(?:(?<=\n)|^)[ \t]*\#[^\n]*"),
    ("k", r"(?:(?<=\n)|^)[A-Z]{2,}\b"),
    ("s", _STRING),
    ("nv", r"\$\{?\w+\}?"),
)
_SQL_WORDS = (
    "select from where group by order limit insert into update set delete create table join"
    " on as and or not null primary key values distinct left right inner outer having"
)
_SQL = (
    ("c", r"--[^\n]*"),
    ("s", r"'[^']*'?"),
    (
        "k",
        f"(?i:{_words(_SQL_WORDS)})",
    ),
    ("m", _NUMBER),
)

_FAMILIES = {
    "python": (_PYTHON, "py python3 pycon ipython"),
    "bash": (_SHELL, "sh shell zsh console shell-session"),
    "json": (_JSON, "json5 jsonc geojson"),
    "yaml": (_YAML, "yml"),
    "javascript": (
        _SCRIPT,
        "js ts typescript jsx tsx c cpp c++ java go rust rs csharp kotlin swift",
    ),
    "html": (_MARKUP, "xml svg"),
    "ini": (_INI, "toml cfg conf properties"),
    "dockerfile": (_DOCKER, "docker containerfile"),
    "sql": (_SQL, ""),
}
_LEXERS: dict[str, re.Pattern[str]] = {}
_CLASSES: dict[str, tuple[str, ...]] = {}


def _lexer(language: str) -> re.Pattern[str] | None:
    if not _LEXERS:
        for name, (rules, aliases) in _FAMILIES.items():
            # What is no token is passed over word by word, not letter by letter.
            kinds = [*(f"({rule})" for _, rule in rules), r"\w+"]
            pattern = re.compile("|".join(kinds), re.M)
            for alias in (name, *aliases.split()):
                _LEXERS[alias] = pattern
                _CLASSES[alias] = tuple(kind for kind, _ in rules)
    return _LEXERS.get(language)


@lru_cache(maxsize=512)
def highlight(code: str, language: str) -> Markup:
    """Code as escaped HTML with its words classed.

    Args:
        code: any text.
        language: as people write it after three backticks; unknown ones stay plain.
    """
    language = language.lower()
    lexer = _lexer(language) if len(code) <= MAX_CHARACTERS else None
    if lexer is None:
        return Markup(escape(code, quote=False))  # noqa: S704 - escaped
    return Markup(_coloured(code, lexer, _CLASSES[language]))  # noqa: S704 - escaped


def _coloured(code: str, lexer: re.Pattern[str], classes: tuple[str, ...]) -> str:
    parts = []
    done = 0
    for match in lexer.finditer(code):
        start, end = match.span()
        if end == start or match.lastindex is None:
            continue
        if start > done:
            parts.append(escape(code[done:start], quote=False))
        kind = classes[match.lastindex - 1]
        parts.append(f'<span class="{kind}">{escape(code[start:end], quote=False)}</span>')
        done = end
    parts.append(escape(code[done:], quote=False))
    return "".join(parts)


def fill(pattern: str, language: str, values: dict[str, str]) -> Markup:
    """Highlighted code with values put in afterwards, so that the pattern is coloured once.

    Args:
        pattern: code that holds the values' names where they belong.
        language: as for `highlight`.
        values: name -> text of anybody.
    """
    html = str(highlight(pattern, language))
    names = re.compile("|".join(values))
    filled = names.sub(lambda name: escape(values[name[0]], quote=False), html)
    return Markup(filled)  # noqa: S704 - escaped
