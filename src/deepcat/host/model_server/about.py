"""What a server tells of its models: kept with the deployment, given to each server that starts."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from deepcat.host.place import Place, read_json, write_json

# No model can have such a name, whose folders lie beside.
_FILE = ".about"
_KEPT = "about.json"
# Which `model.tflite` answered which samples; the server looks for it beside its own file.
_PROOFS, _ENDING = "proofs.json", ".proofs"
_MOST = 63


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
    _give(place, folder)
    return ["--about", str(path)]


def keep_proofs(place: Place, folder: Path, told: Mapping[str, str]) -> None:
    """Keep what a server told of its models' forms, and give it to its next start.

    Args:
        place: the deployment's.
        folder: the server's own.
        told: a proof's name -> why LiteRT does not serve, or nothing.
    """
    if told:
        known = read_json(place.folder / _PROOFS) or {}
        kept = [pair for pair in known.items() if pair[0] not in told]
        write_json(place.folder / _PROOFS, dict([*kept[-_MOST:], *told.items()]))
        _give(place, folder)


def _give(place: Place, folder: Path) -> None:
    """Lay what is known where the server, whose box cannot write, reads it."""
    if known := read_json(place.folder / _PROOFS):
        write_json(folder / f"{_FILE}{_ENDING}", known)
