"""The box of a model server: what it may read, where it may listen, and what it may use."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from deepcat.host.box.argv import boxed, write
from deepcat.host.box.grant import Grant
from deepcat.host.box.layers import available, lacking
from deepcat.host.box.needs import of_python
from deepcat.host.cards import device_files
from deepcat.host.failure import StepError
from deepcat.host.machine import CARDS, devices
from deepcat.host.model_server import keys
from deepcat.host.model_server.options import Options
from deepcat.host.model_server.serving import HERE, Serving
from deepcat.host.processes import VARIABLE
from deepcat.host.python import words

# No model can have such a name, whose folders lie beside.
_FILE = ".box"
# Of the machine's own variables: which of its cards to use, where their libraries lie.
_MACHINE = re.compile(
    r"(TZ|LD_LIBRARY_PATH|(CUDA|NVIDIA|ROCR|HIP|GPU)_(VISIBLE_DEVICES|DEVICE_ORDER)|CUDA_HOME)\Z"
)
_TASKS = 4096
_OPEN_FILES = 65_536
# Of its `/tmp`, in which libraries of graphics cards share memory.
_SHARED_BYTES = 1 << 30


def box_of(place: Path) -> str:
    """Whose box the servers of a deployment run in."""
    return f"server {place}"


def grant(
    place: Path,
    folder: Path,
    options: Options,
    given: Mapping[str, str],
    serving: Serving = HERE,
    *,
    program: str = "",
    cards: tuple[str, ...] = (),
    is_elsewhere: bool = False,
) -> Grant:
    """What a server may have: it listens, and calls nobody but for the keys of tokens.

    Args:
        place: the deployment's folder.
        folder: the server's own, with its models' versions.
        options: how it runs.
        given: the variables of the process that starts it.
        serving: by what it is started.
        program: its name, where it asks for keys.
        cards: UUIDs of the graphics cards that are its own; empty where it has what there is.
        is_elsewhere: whether another machine makes the box.
    """
    own = {name: value for name, value in given.items() if _MACHINE.match(name)}
    asked = (str(keys.folder_of(place, program)),) if options.access.reads else ()
    files = CARDS if is_elsewhere else devices()
    if cards:
        own["CUDA_VISIBLE_DEVICES"] = ",".join(cards)
        files = device_files(files, cards)
    return Grant(
        name=box_of(place),
        reads=(
            *(*of_python(), *_of_its_own(serving), *serving.path, *serving.reads),
            *(str(place / "models"), str(folder), *asked),
        ),
        devices=files if options.devices else (),
        listens=True,
        connects=bool(options.access.issuer),
        memory_bytes=options.memory_bytes,
        processes=_TASKS,
        disk_bytes=_SHARED_BYTES,
        open_files=_OPEN_FILES,
        variables={**own, **dict(options.environment)},
    )


def around(
    place: Path,
    folder: Path,
    options: Options,
    serving: Serving,
    arguments: list[str],
    *,
    program: str = "",
    cards: tuple[str, ...] = (),
    is_elsewhere: bool = False,
) -> list[str]:
    """The command that runs a server in its box.

    Args:
        place: the deployment's folder.
        folder: the server's own, with its models' versions.
        options: how it runs.
        serving: by what it is started.
        arguments: of `deepcat serve`.
        program: as `grant` takes it.
        cards: as `grant` takes them.
        is_elsewhere: whether another machine makes the box, which then finds out what it gives;
            the arguments may name what is known only there.

    Raises:
        StepError: this host gives no box, and nobody said that it may run without (``run/box``).
    """
    if len(serving.python) == 1:  # by its true name, for a box has none of the links to it
        serving = replace(serving, python=(str(Path(serving.python[0]).resolve()),))
    command = [*(serving.command if serving.python else _own()), *arguments]
    given = grant(
        *(place, folder, options, os.environ, serving),
        program=program, cards=cards, is_elsewhere=is_elsewhere,
    )  # fmt: skip
    layers = None if is_elsewhere else available()
    if layers is not None and not layers.suffices and not options.unboxed:
        why = "; ".join(lacking(layers))
        hint = "mend the host, or say `unboxed: true` in deepcat.yaml, if you trust every module"
        raise StepError("cloud", "run/box", f"this host gives no box for a server: {why}", hint)
    write(folder / _FILE, given, layers, () if is_elsewhere else command)
    unboxed = ["--unboxed"] if options.unboxed else []
    after = command if is_elsewhere else []
    return boxed(f"--keep={VARIABLE}", *unboxed, folder / _FILE, *after)


def _of_its_own(serving: Serving) -> tuple[str, ...]:
    """What a Python of the host needs that is not the very one that asks: itself, its libraries."""
    if len(serving.python) != 1:
        return ()
    program = Path(serving.python[0]).resolve()
    folders = (program.parent.with_name(name) for name in ("lib", "lib64"))
    return (str(program), *(str(folder) for folder in folders if folder.is_dir()))


def _own() -> tuple[str, ...]:
    """Of `deepcat serve` where deepcat is installed; its folder is not one to import from."""
    return (*words(), "-P", "-m", "deepcat", "serve")
