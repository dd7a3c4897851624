"""Kinds of cloud of somebody else, made visible as an installer would."""

from __future__ import annotations

import shutil
import sys
import tomllib
from pathlib import Path

from deepcat import plugins
from deepcat.catalog import cloud_kinds

_NAMES = ("deepcat_outside", "deepcat_folders")
OUTSIDE = Path(__file__).resolve().parents[1] / "clouds" / "kinds" / "outside"


def unpack(package: Path, folder: Path) -> Path:
    """Lay a package out as its unpacked wheel: its modules, and metadata beside them."""
    project = tomllib.loads((package / "pyproject.toml").read_text("utf-8"))["project"]
    for module in package.glob("*.py"):
        shutil.copy(module, folder)
    for below in package.glob("deepcat_*/"):
        shutil.copytree(below, folder / below.name)
    name, version = project["name"], project["version"]
    info = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.4\nName: {name}\nVersion: {version}\n")
    lines = [
        line
        for group, entries in project["entry-points"].items()
        for line in (f"[{group}]", *(f"{key} = {value}" for key, value in entries.items()))
    ]
    (info / "entry_points.txt").write_text("\n".join(lines) + "\n")
    return folder


def forget() -> None:
    """Look again at what is installed."""
    plugins.refresh()
    cloud_kinds.installed.cache_clear()
    for name in [name for name in sys.modules if name.startswith(_NAMES)]:
        del sys.modules[name]
