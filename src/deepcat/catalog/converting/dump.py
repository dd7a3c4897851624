"""YAML text of plain values, which our strict reader reads as the same values."""

from __future__ import annotations

import re
from typing import Any

import yaml

from deepcat.catalog.reading.parse import read_yaml
from deepcat.errors import DeepcatError

# What YAML 1.2 or 1.1 might take for something else than text.
_DOUBTFUL = re.compile(r"[-+]?[.0-9]|(true|false|null|yes|no|on|off|y|n|~|=|<<)\Z", re.IGNORECASE)


# Ends of lines that a block would not keep apart from others.
_BREAK = re.compile("[\x85\u2028\u2029]")


class _Dumper(yaml.SafeDumper):
    """Text that might be mistaken is quoted, text of many lines is a block, nothing is an alias."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - PyYAML's interface
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
        super().increase_indent(flow, False)


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    style = None
    if _BREAK.search(value):
        style = '"'
    elif "\n" in value:
        style = "|"
    elif _DOUBTFUL.match(value):
        style = '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _text)


def dump(data: dict[str, Any]) -> str:
    """The YAML text of a document.

    Raises:
        DeepcatError: the values cannot be written so that they are read again.
    """
    text: str = yaml.dump(
        data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100, indent=2
    )
    document, findings = read_yaml(text, "module.yaml")
    if document is None or findings or document.data != data:
        said = f": {findings[0].message}" if findings else ""
        raise DeepcatError(
            f"the values cannot be written as YAML{said}",
            hint="make the source flatter and smaller",
            code="import/form",
        )
    return text
