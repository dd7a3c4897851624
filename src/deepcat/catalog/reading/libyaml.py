"""PyYAML's loader: in C where this PyYAML was built with libyaml, else in Python."""

from __future__ import annotations

from typing import Any

import yaml
from yaml.scanner import ScannerError


class PythonLoader(yaml.SafeLoader):
    """PyYAML's own, which here refuses an escape of what is no character, as libyaml does."""

    def scan_flow_scalar_non_spaces(self, double: bool, start_mark: yaml.Mark) -> list[str]:
        """A piece of a quoted text."""
        try:
            chunks: list[str] = super().scan_flow_scalar_non_spaces(double, start_mark)
        except (ValueError, OverflowError):
            chunks = ["\ud800"]
        if any("\ud800" <= sign <= "\udfff" for chunk in chunks for sign in chunk):
            raise ScannerError(
                "while parsing a quoted scalar",
                start_mark,
                "found invalid Unicode character escape code",
                self.get_mark(),
            )
        return chunks


SafeLoader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", PythonLoader)


def load(text: str) -> Any:
    """The plain values of a YAML 1.1 document.

    Raises:
        yaml.YAMLError: it is none, or holds a tag.
    """
    return yaml.load(text, Loader=SafeLoader)  # noqa: S506 - both are safe
