"""Hostile and broken templates, made here: each must end in a finding, and in nothing else.

`cases()` gives name -> files. A file's content is text or bytes; a `Link` is a symbolic link and
`FIFO` a named pipe. The template is `modules/m/tosca.yaml`, or `modules/m/tosca.csar` where there
is one. Beside the folder of all cases lies `outside/secret.yaml`, which nobody may open.
"""

from __future__ import annotations

from hostile_templates.base import FIFO, Files, Link, dump, good
from hostile_templates.contents import functions, inputs, requirements, values
from hostile_templates.files import archives, files_named, jinja, large, names, rest, substitutions
from hostile_templates.grammar import imports, types, versions, yaml_tricks

__all__ = ["FIFO", "Link", "cases", "dump", "good"]


def cases() -> dict[str, Files]:
    """All cases by name."""
    found: dict[str, Files] = {}
    for group in (
        versions, yaml_tricks, imports, types, inputs, values, functions, requirements,
        files_named, names, jinja, large, archives, substitutions, rest,
    ):  # fmt: skip
        for name, files in group():
            full = f"{group.__name__}-{name}"
            assert full not in found, full
            found[full] = files
    return found
