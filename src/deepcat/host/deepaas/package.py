"""What an author's plug-in is, as its files say it: it is read, and none of its code is run.

The folder is a Python package as everywhere: `pyproject.toml` names the entry point, `src/` or the
folder itself has the code, and `requirements.lock` pins what it needs, each with its checksums.
"""

from __future__ import annotations

import hashlib
import importlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deepcat.host.environments.pins import pins_of
from deepcat.host.failure import StepError

GROUP = "deepaas.v2.model"
# The type of a topology's nodes that stand for one.
GATEWAY = "deepcat.nodes.DEEPaaSGateway"
# Of a module's files.
FOLDER = "deepaas"
PROJECT, LOCK, SAMPLES = "pyproject.toml", "requirements.lock", "samples.json"
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,62}[A-Za-z0-9])?\Z")
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9.!+_-]{0,62}\Z")
_OBJECT = re.compile(r"[A-Za-z_][\w.]*(:[A-Za-z_][\w.]*)?\Z", re.ASCII)
# What locks of DEEPaaS name and it never uses: it has no wheel, and to build it would run its code.
_LEFT_OUT = ("pyinotify==",)


@dataclass(frozen=True)
class Plugin:
    """An author's plug-in.

    Attributes:
        name: of the package.
        version: of the package.
        model: the entry point's name, which is the model's in the API.
        target: the module, or the object in it, that the entry point names.
        pins: what it needs, each by its version and its checksums.
        code: the folder that its modules are imported from.
    """

    name: str
    version: str
    model: str
    target: str
    pins: tuple[str, ...]
    code: Path

    @property
    def lock(self) -> str:
        """What it needs, as pip reads it."""
        return "".join(f"{pin}\n" for pin in self.pins)


def plugin_of(folder: Path, model: str = "") -> Plugin:
    """The plug-in that a folder holds.

    Args:
        folder: the package's.
        model: the entry point's name, where the package has several.

    Raises:
        StepError: it is no such package (``run/plugin``).
    """
    return read(lambda name: _text(folder, name), code_of(folder), model)


def read(text: Callable[[str], str], code: Path, model: str = "") -> Plugin:
    """The plug-in that a package's files tell of.

    Args:
        text: gives a file of the package by its name.
        code: as the plug-in has it.
        model: as `plugin_of` takes it.

    Raises:
        StepError: as there; `text` may raise it, too.
    """
    project = _project(text(PROJECT))
    entries = _entries(project)
    if not model and len(entries) != 1:
        names = ", ".join(f"`{name}`" for name in sorted(entries)) or "none"
        hint = f'write one into [project.entry-points."{GROUP}"], or name one by `model_name`'
        raise unfit(f"the plug-in has to have one entry point `{GROUP}`; it has {names}", hint)
    chosen = model or next(iter(entries))
    if chosen not in entries:
        raise unfit(f"the plug-in has no entry point `{chosen}`", f"name it in {PROJECT}")
    target = entries[chosen]
    if not _NAME.match(chosen) or not isinstance(target, str) or not _OBJECT.match(target):
        raise unfit(f"`{chosen} = {target}` is no entry point", "write it as `name = module`")
    name, version = str(project.get("name") or ""), str(project.get("version") or "0")
    if not _NAME.match(name) or not _VERSION.match(version):
        hint = f"give `name` and `version` under [project] of {PROJECT}"
        raise unfit("the plug-in's package has no plain name and version", hint)
    return Plugin(name, version, chosen, target, lock_of(text(LOCK)), code)


def names(project: str) -> list[str]:
    """The entry points of a package, by the text of its `pyproject.toml`.

    Raises:
        StepError: it cannot be read (``run/plugin``).
    """
    return sorted(_entries(_project(project)))


def code_of(folder: Path) -> Path:
    """The folder that a package's modules are imported from."""
    return folder / "src" if (folder / "src").is_dir() else folder


def unfit(message: str, hint: str) -> StepError:
    """A package that is no plug-in."""
    return StepError("module", "run/plugin", message, hint)


def lacks(name: str) -> StepError:
    """A package without one of its files."""
    hint = f"a plug-in is a package: {PROJECT}, its code, and {LOCK} with checksums"
    return unfit(f"the plug-in has no `{name}`", hint)


def lock_of(text: str) -> tuple[str, ...]:
    """The pins of a plug-in's lock.

    Raises:
        StepError: a line is none, or DEEPaaS is not among them (``run/plugin``).
    """
    found = pins_of(text, LOCK, "run/plugin")
    if not any(line.startswith("deepaas==") for line in found):
        raise unfit(f"{LOCK} does not pin `deepaas` itself", "add it: it is what runs the plug-in")
    return tuple(line for line in found if not line.startswith(_LEFT_OUT))


def metadata(plugin: Plugin) -> Mapping[str, str]:
    """File name -> text, of what tells Python of an installed package."""
    folder = f"{plugin.name.replace('-', '_')}-{plugin.version}.dist-info"
    told = f"Metadata-Version: 2.1\nName: {plugin.name}\nVersion: {plugin.version}\n"
    entry = f"[{GROUP}]\n{plugin.model} = {plugin.target}\n"
    return {f"{folder}/METADATA": told, f"{folder}/entry_points.txt": entry}


def digest(plugin: Plugin, folder: Path) -> str:
    """What tells one plug-in from another: all files of its folder."""
    known = hashlib.sha256(f"{plugin.model}\0".encode())
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            known.update(f"{path.relative_to(folder).as_posix()}\0".encode())
            known.update(hashlib.sha256(path.read_bytes()).digest())
    return known.hexdigest()


def _project(text: str) -> Mapping[str, Any]:
    try:
        data = importlib.import_module("tomllib").loads(text)
    except ImportError:
        message = "this host's Python cannot read the plug-in's settings"
        hint = "give the host Python 3.11 or newer"
        raise StepError("cloud", "run/host", message, hint) from None
    except (ValueError, RecursionError) as error:
        raise unfit(f"{PROJECT} of the plug-in cannot be read: {error}", "correct it") from None
    project = data.get("project")
    return project if isinstance(project, dict) else {}


def _entries(project: Mapping[str, Any]) -> Mapping[str, Any]:
    groups = project.get("entry-points")
    found = groups.get(GROUP) if isinstance(groups, dict) else None
    return found if isinstance(found, dict) else {}


def _text(folder: Path, name: str) -> str:
    try:
        return (folder / name).read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        raise lacks(name) from None
