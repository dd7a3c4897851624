"""Text of others as text alone: on one line, with nothing that a terminal or a workflow obeys."""

from __future__ import annotations

# What only parts words, such as the no-break space of French; `isprintable` knows the space alone.
_BLANKS = frozenset("\u00a0\u1680\u202f\u205f\u3000").union(map(chr, range(0x2000, 0x200B)))


def plain(text: str) -> str:
    r"""The text with every character that does not print written out, as ``\u001b``.

    Line breaks, escapes and what turns the direction of writing are among them. Inside a string of
    JSON what is written out still means the same.
    """
    return text if text.isprintable() else "".join(map(_shown, text))


def _shown(character: str) -> str:
    if character.isprintable() or character in _BLANKS:
        return character
    return escaped(character)


def escaped(character: str) -> str:
    r"""A character written out, as JSON has it: ``\u001b``."""
    units = character.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))
