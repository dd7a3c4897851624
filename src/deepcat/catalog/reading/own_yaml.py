"""YAML that deepcat itself wrote: records, types, roles; never a file that somebody else gave.

`ryaml` does it where it is installed (the extra `fast` brings it), else PyYAML; both read the same
values and write the same text, so that a record does not change when another machine writes it.
"""

from __future__ import annotations

from typing import Any


class YamlError(ValueError):
    """The text is not YAML; says why."""


def loads(text: str) -> Any:
    """The value of one YAML document.

    Raises:
        YamlError: it is none.
    """
    try:
        import ryaml
    except ImportError:
        return _loads(text)
    try:
        return ryaml.loads(text)
    except (ryaml.InvalidYamlError, ValueError) as error:
        raise YamlError(str(error)) from None


def _loads(text: str) -> Any:
    from deepcat.catalog.reading.parse_events import read_events
    from deepcat.catalog.reading.profile import STRICT

    value, _, findings = read_events(text, "", STRICT)
    if findings:
        first = findings[0]
        raise YamlError(f"{first.message} at line {first.place.line}")
    return value


def dumps(value: Any) -> str:
    """The text of plain values: mappings with text keys, lists, text, numbers, truth, None."""
    try:
        import ryaml
    except ImportError:
        return _dumps(value)
    return str(ryaml.dumps(value))


def _dumps(value: Any) -> str:
    from deepcat.catalog.reading.own_yaml_writer import write

    return write(value)
