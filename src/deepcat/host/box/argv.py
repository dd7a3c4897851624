"""A command in a box, for whoever begins it: supervisord, Ansible, a shell."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

from deepcat.host.box.grant import Grant
from deepcat.host.box.layers import Layers
from deepcat.host.python import words as python

ENTER = str(Path(__file__).with_name("enter.py"))


def boxed(*words: str | Path) -> list[str]:
    """The command that runs a program in a box.

    Args:
        words: of `enter.py`: its options, the grant's file, the program by a path that is granted
            or a name in ``PATH``, and its arguments.
    """
    return [*python(), "-I", "-S", ENTER, *map(str, words)]


def content(grant: Grant, layers: Layers | None, argv: Sequence[str] = ()) -> str:
    """What a grant's file holds; where the layers are not known they are tried out on entry."""
    given = layers.as_dict() if layers else None
    return json.dumps({"grant": grant.as_dict(), "layers": given, "argv": list(argv)})


def write(path: Path, grant: Grant, layers: Layers | None, argv: Sequence[str] = ()) -> None:
    """Write a grant's file, which only its owner may read, whole or not at all.

    Args:
        path: the file.
        grant: what the program may have.
        layers: what the machine gives.
        argv: the program and its arguments, where the command that enters the box names none.
    """
    new = path.with_name(f".{path.name}.new")
    new.unlink(missing_ok=True)
    handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as stream:
        stream.write(content(grant, layers, argv))
    new.replace(path)
