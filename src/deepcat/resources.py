"""Where deepcat's own data lies: inside the wheel, or beside the sources in a checkout."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def playbooks() -> Path:
    """The folder that holds Ansible's `roles/` and `plugins/`."""
    packed = _PACKAGE / "playbooks"
    return packed if packed.is_dir() else _PACKAGE.parents[1] / "playbooks"


def schemas() -> Path:
    """The folder that holds the published JSON Schemas."""
    return _PACKAGE / "catalog" / "schemas"


def example() -> Path:
    """The folder of the module that a new catalog begins with."""
    packed = _PACKAGE / "example" / "half-plus-two"
    return packed if packed.is_dir() else _PACKAGE.parents[1] / "modules" / "half-plus-two"


def licence() -> Path:
    """The licence that a new catalog is given under: Apache 2.0, as deepcat's own."""
    packed = _PACKAGE / "example" / "LICENSE"
    return packed if packed.is_file() else _PACKAGE.parents[1] / "LICENSE"


def types() -> Path:
    """The folder that holds our TOSCA type library."""
    return _PACKAGE / "tosca" / "types"
