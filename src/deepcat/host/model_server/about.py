"""What a server tells of its models: kept with the deployment, given to each server that starts."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from deepcat.host.place import Place, read_json, write_json

# No model can have such a name, whose folders lie beside.
_FILE = ".about"
_KEPT = "about.json"


def keep_about(place: Place, source: Path) -> None:
    """Keep what a run brings along of it; what was kept stays where it brings none."""
    if source.is_file():
        shutil.copyfile(source, place.folder / _KEPT)


def about_arguments(place: Place, folder: Path, models: Sequence[str]) -> list[str]:
    """What the command of a server is given besides, whose own folder this is."""
    card = read_json(place.folder / _KEPT)
    if not card:
        return []
    path = folder / _FILE
    write_json(path, dict.fromkeys(models, card))
    return ["--about", str(path)]
