"""What brings models into a pod before its server starts: our image's `deepcat-fetch`.

It is told by one variable, `DEEPCAT_MODELS`, as JSON: a list of models, each with ``name``,
``version``, ``sha256`` and ``source``, an https address, or ``pieces``, a folder that holds the
archive in parts; what is ``plain`` are the files of a job, and no model. What goes wrong is the
last line that it says, as `deepcat serve` words errors.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from deepcat.host import archive
from deepcat.host.failure import StepError

VARIABLE = "DEEPCAT_MODELS"
MODELS = Path("/models")
_NEVER = "/nowhere"


def main() -> None:
    """Bring them all; ends with status 1 where one cannot be had."""
    try:
        bring(json.loads(os.environ.get(VARIABLE) or "[]"), MODELS)
    except StepError as error:
        sys.exit(f"error [{error.code}]: {error.message}")
    except (OSError, ValueError, KeyError, TypeError) as error:
        sys.exit(f"error [run/values]: {type(error).__name__}: {error}")


def bring(wanted: Sequence[Mapping[str, Any]], into: Path) -> None:
    """Fetch models, hold each against its checksum, and lay it where a server looks for it.

    Args:
        wanted: as the module's docstring has it.
        into: the folder that gets a folder for each name, and in it one for each version.

    Raises:
        StepError: one cannot be fetched, or is not what it should be.
    """
    for each in wanted:
        target = into / str(each["name"]) / str(int(each["version"]))
        if target.is_dir():
            continue  # the step was started again
        with tempfile.TemporaryDirectory() as scratch:
            packed = Path(scratch, "archive")
            source, folder = str(each.get("source") or ""), Path(_NEVER)
            if not source:
                folder, source = Path(scratch), "whole"
                _join(Path(each["pieces"]), folder / source)
            archive.fetch(source, str(each["sha256"]), folder, packed)
            unpacked = into / f".{each['name']}"
            archive.unpack(packed, unpacked)
        target.parent.mkdir(parents=True, exist_ok=True)
        (_runnable(unpacked) if each.get("plain") else archive.model_folder(unpacked)).replace(
            target
        )
        shutil.rmtree(unpacked, ignore_errors=True)
        print(f"{each['name']} {each['version']} is verified", flush=True)


def _runnable(folder: Path) -> Path:
    """A folder, once its scripts may be run."""
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as stream:
                if stream.read(2) == b"#!":
                    path.chmod(0o755)
    return folder


def _join(pieces: Path, whole: Path) -> None:
    with whole.open("wb") as out:
        for piece in sorted(pieces.glob("[0-9]*")):
            with piece.open("rb") as stream:
                shutil.copyfileobj(stream, out)
