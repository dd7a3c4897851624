"""EDGE of the host: code-server as the host has it, and how it begins in its box."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deepcat.host.failure import StepError
from deepcat.host.notebook import editing, values
from deepcat.host.place import write_json
from deepcat.host.python import words

PROGRAM = "code-server"
_SETTINGS = "settings.json"


@dataclass(frozen=True)
class Found:
    """What a host has.

    Attributes:
        node: the program of Node.js that runs it.
        package: its folder.
        reads: what a box needs of both.
    """

    node: str
    package: str
    reads: tuple[str, ...]


def found(path: str | None = None) -> Found:
    """The code-server of this host.

    Args:
        path: where programs lie; that of this process where none is given.

    Raises:
        StepError: there is none (``run/editor``).
    """
    program = shutil.which(PROGRAM, path=path)
    package = next(filter(_is_package, Path(program).resolve().parents), None) if program else None
    if package is None:
        hint = (
            "install it there with the Node.js that it names (`npm install --global code-server`)"
            ", or say `editor: jupyterlab`"
        )
        message = f"this host has no program `{PROGRAM}` in its PATH"
        raise StepError("cloud", "run/editor", message, hint)
    node = next(_nodes(package, path), None)
    if node is None:
        message = f"this host has no Node.js in its PATH to run `{PROGRAM}`"
        hint = "put the program `node` that it was installed with into PATH"
        raise StepError("cloud", "run/editor", message, hint)
    # Beside it npm lays what it needs.
    whole = package.parent if package.parent.name == "node_modules" else package
    return Found(str(node), str(package), (str(whole), str(node)))


def lacking() -> tuple[str, ...]:
    """What keeps this host from having it, in a sentence with how to get it."""
    try:
        found()
    except StepError as error:
        return (f"{error.message}; {error.hint}",)
    return ()


def _is_package(folder: Path) -> bool:
    with suppress(OSError, ValueError):
        told = json.loads((folder / "package.json").read_text())
        return isinstance(told, dict) and told.get("name") == PROGRAM
    return False


def _nodes(package: Path, path: str | None) -> Iterator[Path]:
    """Programs that may run it: its own first."""
    own = package / "lib" / "node"
    if own.is_file() and os.access(own, os.X_OK):
        yield own
    if named := shutil.which("node", path=path):
        yield Path(named).resolve()


def command(host: Found, set_: Path, kept: Path) -> list[str]:
    """What begins it in its box.

    Args:
        host: what the host has.
        set_: the folder that `write` filled.
        kept: what outlives it.
    """
    data = kept / values.HOME / ".local" / "share" / PROGRAM
    begin = [*words(), "-I", "-S", str(editing.__file__), str(set_ / _SETTINGS), str(data)]
    return [
        *begin,
        host.node,
        host.package,
        f"--config={set_ / 'config.yaml'}",
        f"--user-data-dir={data}",
        f"--extensions-dir={data / 'extensions'}",
        "--auth=none",
        "--disable-telemetry",
        "--disable-update-check",
        "--disable-workspace-trust",
        "--disable-getting-started-override",
        "--disable-proxy",
        "--ignore-last-opened",
        str(kept / values.FILES),
    ]


def write(set_: Path) -> None:
    """Its settings, which name the module's Python, in a folder that its box only reads."""
    settings: dict[str, Any] = {
        "python.defaultInterpreterPath": str(set_ / "bin" / "python"),
        "telemetry.telemetryLevel": "off",
        "extensions.autoCheckUpdates": False,
        "extensions.autoUpdate": False,
        "workbench.startupEditor": "none",
        "workbench.secondarySideBar.defaultVisibility": "hidden",
        "chat.disableAIFeatures": True,
    }
    write_json(set_ / _SETTINGS, settings)
    (set_ / "config.yaml").write_text("auth: none\n")
