"""Letters of one script that look like those of another, and texts that look the same. Pure.

After Unicode Technical Standard #39, Unicode Security Mechanisms: what is mixed within a word, and
what its table of confusable characters says of the scripts that Latin letters are mixed up with.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache

# Those whose letters pass for Latin ones. A word of any other script may hold Latin letters, as
# words of Chinese, Japanese, Korean, Arabic, Hebrew or Thai do that name a product.
_SCRIPTS = ("CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC", "LISU")
_LOOKS_LIKE = {
    **dict(
        zip(
            "АВЕКМНОРСТУХаеорсухѕіјԁһӏԛԝЅІЈԚԜҮүЬ",
            "ABEKMHOPCTYXaeopcyxsijdhlqwSIJQWYvb",
            strict=True,
        )
    ),
    **dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧοανριυ", "ABEZHIKMNOPTYXoavpiu", strict=True)),
    **dict(zip("օսհոՕՍցզ", "ouhnOUgq", strict=True)),
    **dict(zip("ᎪᏴᏟᎠᎬᏀᎻᎫᏦᏞᎷᏢᎡᏚᎢᏙᎳᏃ", "ABCDEGHJKLMPRSTVWZ", strict=True)),
    **dict(zip("ⲞⲟⲢⲣⲤⲥⲔⲕ", "OoPpCcKk", strict=True)),
}
# Greek letters are symbols, too: `hν`, `TNFα`, `αvβ3`. These count in longer words only.
_SYMBOLS = frozenset("ανριυ")
_LEAST_LETTERS = 3
_WORD = re.compile(r"[^\W\d_]+")
_HIDDEN = re.compile("[\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180e\u200e\u200f\u3164\uffa0\u2800]")
# They join letters of Arabic, of Indic scripts and of emoji; between these they do nothing.
_JOINER = re.compile(r"(?<=[A-Za-z\u0370-\u052f])[\u200c\u200d](?=[A-Za-z\u0370-\u052f])")
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufefc]")
_IGNORED = dict.fromkeys([0xAD, 0x34F, *range(0x200B, 0x2010), *range(0x2060, 0x2065), 0xFEFF])


def disguises(text: str) -> Iterator[str]:
    """What in a name or title may pass for something else, each in words; most texts have none."""
    if text.isascii():
        return
    hidden = _HIDDEN.search(text) or _JOINER.search(text)
    if hidden and not (hidden[0] in "\u200e\u200f" and _RIGHT_TO_LEFT.search(text)):
        yield f"the character U+{ord(hidden[0]):04X} cannot be seen"
    words = _WORD.findall(text)
    others = [word for word in words if not word.isascii()]
    spelt = [word for word in others if _in_letters_of_signs(word)]
    if spelt and not any(_is_east_asian(letter) for letter in text):
        plain = unicodedata.normalize("NFKC", spelt[0])
        yield f"`{spelt[0]}` is written in letters that are signs, not those of `{plain}`"
    for word in others:
        if mixed := _mixed(word):
            yield mixed
    if any(letter.isascii() for word in words for letter in word):
        yield from _posing(others)


def looks(text: str) -> str:
    """How a text looks: two that give the same cannot be told apart by eye."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text).translate(_IGNORED)
        text = "".join(_LOOKS_LIKE.get(letter, letter) for letter in text)
    return " ".join(text.casefold().replace("0", "o").replace("1", "l").split())


@cache
def script(letter: str) -> str:
    """The script that a letter belongs to, by the first word of its name, as Unicode gives it."""
    return "LATIN" if letter.isascii() else unicodedata.name(letter, "").partition(" ")[0]


def _mixed(word: str) -> str:
    """What a word of two scripts says of itself; empty for a word that is as it looks."""
    foreign = {name for letter in word if (name := script(letter)) in _SCRIPTS}
    latin = [letter for letter in word if script(letter) == "LATIN"]
    if not foreign or (not latin and len(foreign) == 1):
        return ""
    small = sum(letter.islower() for letter in latin)
    posing = [
        letter
        for letter in word
        if letter in _LOOKS_LIKE and (letter not in _SYMBOLS or small >= _LEAST_LETTERS)
    ]
    if not posing:
        return ""
    names = sorted({script(letter).capitalize() for letter in posing})
    shown = ", ".join(f"U+{ord(letter):04X}" for letter in dict.fromkeys(posing))
    return f"`{word}` mixes Latin letters with look-alikes of another script: {shown}, {names[0]}"


def _posing(words: list[str]) -> Iterator[str]:
    """Words all of whose letters pass for Latin, where no other word is of their script."""
    for name in _SCRIPTS:
        mine = [word for word in words if all(script(letter) == name for letter in word)]
        if mine and all(letter in _LOOKS_LIKE for word in mine for letter in word):
            posing = next((w for w in mine if len(w) > 1 or w not in _SYMBOLS), "")
            if posing:
                yield f"`{posing}` is {name.capitalize()}, though it looks like `{looks(posing)}`"


def _in_letters_of_signs(word: str) -> bool:
    """Whether a word is written in full-width letters, or in those of mathematics."""
    signs = sum(
        "\uff21" <= letter <= "\uff5a" or "\U0001d400" <= letter <= "\U0001d7ff" for letter in word
    )
    return signs > 1


def _is_east_asian(letter: str) -> bool:
    return script(letter) in {"CJK", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO"}
