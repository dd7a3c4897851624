"""PyYAML's writer in `ryaml`'s style, for where `ryaml` is not installed."""

from __future__ import annotations

import re
from decimal import Decimal
from math import inf, isfinite
from typing import Any

import yaml

# Of every scalar, so that nothing is told from its look: each comes in the form it is to have.
_TAG = "tag:yaml.org,2002:str"
# Text that YAML 1.2 would read as another thing.
_NUMBER = re.compile(
    r"[-+]?(?:0x[0-9a-fA-F]+|0o[0-7]+|0b[01]+)\Z"
    r"|[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?\Z"
)
_WORD = re.compile(r"(?:|~|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))\Z")
_WORDS = {
    form for word in ("null", "true", "false") for form in (word, word.capitalize(), word.upper())
}

_ENDS = tuple(f"{end}...\n" for end in "\n\u2028\u2029")


class _Writer(yaml.SafeDumper):
    """Text is plain where YAML 1.2 reads it as text, a block where it has lines, else quoted."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - PyYAML's interface
        return True

    def analyze_scalar(self, scalar: str) -> yaml.emitter.ScalarAnalysis:
        """What a text's form may be; one that holds a carriage return is of many lines."""
        found = super().analyze_scalar(scalar)
        found.multiline = found.multiline or "\r" in scalar
        return found


def _text(writer: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    style = '"' if "\x85" in value else "|" if "\n" in value else "'" if _is_other(value) else None
    return writer.represent_scalar(_TAG, value, style=style)


def _is_other(text: str) -> bool:
    if text in _WORDS or _WORD.match(text):
        return True
    if not _NUMBER.match(text):
        return False
    return text.lstrip("+-")[:2] in ("0x", "0o", "0b") or isfinite(float(text))


def _digits(value: float) -> str:
    """The shortest digits that are this number, as Rust writes them."""
    if not isfinite(value):
        return {inf: ".inf", -inf: "-.inf"}.get(value, ".nan")
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    assert isinstance(exponent, int)  # noqa: S101 - it is finite
    text = "".join(map(str, digits))
    point = len(text) + exponent
    if value == 0:
        text = "0.0"
    elif exponent >= 0 and point <= 16:
        text += "0" * exponent + ".0"
    elif 0 < point <= 16:
        text = f"{text[:point]}.{text[point:]}"
    elif -5 < point <= 0:
        text = f"0.{'0' * -point}{text}"
    else:
        text = f"{text[0]}{'.' if text[1:] else ''}{text[1:]}e{point - 1}"
    return f"-{text}" if sign else text


def _other(writer: yaml.SafeDumper, value: float | None) -> yaml.ScalarNode:
    if isinstance(value, float):
        return writer.represent_scalar(_TAG, _digits(value))
    return writer.represent_scalar(_TAG, "null" if value is None else str(value).lower())


_Writer.yaml_implicit_resolvers = {}
_Writer.add_representer(str, _text)
for _type in (type(None), bool, int, float):
    _Writer.add_representer(_type, _other)


def write(value: Any) -> str:
    """The text of plain values.

    Raises:
        YAMLError: a value is of another type.
    """
    text: str = yaml.dump(
        value, Dumper=_Writer, sort_keys=False, allow_unicode=True, width=float("inf")
    )
    # The document's end, which PyYAML writes after plain text alone; never a line of a text.
    return text[:-4] if text.endswith(_ENDS) else text
