"""Plays as YAML in which no text of the catalog is a template. Pure.

Every text below `vars` and every `name` is written `!unsafe`, so that Ansible takes it as it is;
only an expression that the compiler made is left for Ansible to evaluate.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

_CATALOG = ("vars", "name")
_TEXT = "tag:yaml.org,2002:str"


class Unsafe(str):
    """Text that Ansible must not evaluate."""

    __slots__ = ()


def protect(value: Any) -> Any:
    """The same value with every text that the compiler did not make as `Unsafe`."""
    if isinstance(value, str):
        return value if getattr(value, "is_expression", False) else Unsafe(value)
    if isinstance(value, Mapping):
        return {protect(key): protect(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [protect(item) for item in value]
    return value


def protect_plays(value: Any) -> Any:
    """Plays, or a part of them, with what came from the catalog protected."""
    if isinstance(value, Mapping):
        return {
            key: protect(item) if key in _CATALOG and _is_ours(key, value) else protect_plays(item)
            for key, item in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [protect_plays(item) for item in value]
    return value


def _is_ours(key: str, holder: Mapping[str, Any]) -> bool:
    """Whether a key is a play's or task's own, not an argument such as a role's name."""
    return key == "vars" or "tasks_from" not in holder


def dump(value: Any) -> str:
    """YAML with `!unsafe` where it belongs."""
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1000)


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - PyYAML's interface
        return True


def _unsafe(dumper: yaml.SafeDumper, data: Unsafe) -> yaml.Node:
    # Ansible takes the quotes off what is `!unsafe`: "1.10" would become a number. A text that
    # could be read so cannot be a template either, and stays as it is when it is only quoted.
    kind = dumper.resolve(yaml.ScalarNode, str(data), (True, False))  # type: ignore[no-untyped-call]
    if kind != _TEXT:
        return dumper.represent_scalar(_TEXT, str(data), style='"')
    return dumper.represent_scalar("!unsafe", str(data), style='"')


def _text(dumper: yaml.SafeDumper, data: str) -> yaml.Node:
    return dumper.represent_scalar(_TEXT, str(data), style='"')


_Dumper.add_representer(Unsafe, _unsafe)
_Dumper.add_multi_representer(str, _text)
