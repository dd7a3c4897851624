"""What another machine asks of this one: JSON comes on the standard input, JSON goes back.

The code begins as one line that names this module, for a host need have no deepcat of its own; see
`deepcat.remote.steps`. Nothing of what is asked stands in an argument or in a file.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepcat.host.python import words

if TYPE_CHECKING:
    import tarfile

# What is asked names folders as who asks knows them: from the home of who answers.
_PATHS = ("place", "files", "folder")


def main(asked: Mapping[str, Any]) -> None:
    """Answer one question, on a line of its own after a word that who asks has chosen.

    Args:
        asked: `call` names the question, `mark` is that word; the rest is the question's own.
    """
    whole = {name: _whole(name, value) for name, value in asked.items()}
    answer = _CALLS[whole["call"]](whole)
    sys.stdout.write(f"\n{asked['mark']}{json.dumps(answer)}\n")
    sys.stdout.flush()
    if whole["call"] == "bring" and isinstance(answer, list):
        _pour(whole, answer)


def _step(asked: Mapping[str, Any]) -> Any:
    """A step of a run, as `deepcat.host.steps.take` gives it."""
    from deepcat.host.parent_death import end_with_parent
    from deepcat.host.steps import take

    end_with_parent()
    _remember_python()
    return take(asked)


def _remember_python() -> None:
    """Write down beside our code, where that was brought, by which Python it runs."""
    path, said = Path(__file__).parents[2] / "python", shlex.join(words()) + "\n"
    with suppress(OSError):
        if not path.is_file() or path.read_text() != said:
            new = path.with_name(f".{path.name}.{os.getpid()}")
            new.write_text(said)
            new.replace(path)


def _listing(asked: Mapping[str, Any]) -> Any:
    """All deployments of a catalog here; see `deepcat.host.listing`."""
    from deepcat.host.listing import listing

    return [each.as_dict() for each in listing(Path(asked["folder"]), asked.get("keepers") or ())]


def _facts(_: Mapping[str, Any]) -> Any:
    """What this machine lacks for a box, mounts and editors, and the Python that says so."""
    from deepcat.host.box.layers import missing
    from deepcat.host.data.mounting import lacking
    from deepcat.host.notebook import code_server

    version = list(sys.version_info[:3])
    return {
        "lacks": list(missing()),
        "unmounts": list(lacking()),
        "unedits": list(code_server.lacking()),
        "python": version,
    }


def _files(asked: Mapping[str, Any]) -> Any:
    """Put the files of a tar archive, which follows what was asked, into a folder of ours.

    A script's box is entered with them: `enter` is by which file, `open` lets its user read them.
    """
    import tarfile

    from deepcat.host.box.argv import ENTER
    from deepcat.host.place import open_up

    folder = Path(asked["folder"])
    folder.mkdir(parents=True, exist_ok=True)
    if asked["tar"]:
        with tarfile.open(fileobj=sys.stdin.buffer, mode="r|") as tar:
            for member in tar:
                _unpacked(tar, member, folder)
    if asked.get("open"):
        open_up(folder / "module")
    return {"folder": str(folder), "place": asked.get("place"), "enter": ENTER}


def _unpacked(tar: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> None:
    """Write one plain file of an archive.

    Raises:
        ValueError: it is something else, or would not lie in the folder.
    """
    path = folder / member.name
    stream = tar.extractfile(member)
    if stream is None or not path.resolve().is_relative_to(folder.resolve()):
        raise ValueError(f"{member.name!r} is no plain file of the folder")
    path.parent.mkdir(parents=True, exist_ok=True)
    with stream, path.open("wb") as out:
        shutil.copyfileobj(stream, out)
    path.chmod(member.mode)


def _gather(asked: Mapping[str, Any]) -> Any:
    """The trainings of a deployment; see `deepcat.host.job.gathered`."""
    from deepcat.host.failure import StepError
    from deepcat.host.job.gathered import trainings

    try:
        return trainings(Path(asked["place"]))
    except StepError as error:
        return {"failure": error.as_dict()}


def _bring(asked: Mapping[str, Any]) -> Any:
    """The files that a training made, as rows; what is in them follows the answer, in order."""
    from deepcat.host.failure import StepError
    from deepcat.host.job.gathered import output

    try:
        return output(Path(asked["place"]), asked["node"])[1]
    except StepError as error:
        return {"failure": error.as_dict()}


def _start(asked: Mapping[str, Any]) -> Any:
    """Start the notebooks of a deployment again that have left their machines."""
    from deepcat.host.failure import StepError
    from deepcat.host.notebook.steps import start

    try:
        start(Path(asked["place"]), float(asked["timeout"]))
    except StepError as error:
        return {"failure": error.as_dict()}
    return []


def _pour(asked: Mapping[str, Any], rows: list[dict[str, Any]]) -> None:
    """Write what files hold, each as long as its row says; one that is shorter ends it all."""
    from deepcat.host.job.gathered import output
    from deepcat.host.job.outputs import poured

    poured(output(Path(asked["place"]), asked["node"])[0], rows, sys.stdout.buffer)


_CALLS: dict[str, Callable[[Mapping[str, Any]], Any]] = {
    "step": _step,
    "listing": _listing,
    "facts": _facts,
    "files": _files,
    "gather": _gather,
    "bring": _bring,
    "start": _start,
}


def _whole(name: str, value: Any) -> Any:
    """A folder by its whole path."""
    if name in _PATHS and isinstance(value, str):
        return os.path.expanduser(value)  # noqa: PTH111 - a home that is not known stays as it is
    return value
