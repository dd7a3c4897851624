"""What `deepcat runtime build --form` and `push` share: an image, its list of parts beside it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from deepcat import __version__
from deepcat.cli.say import say
from deepcat.errors import DeepcatError, UsageError

if TYPE_CHECKING:
    from deepcat.runtime.image import Whole

_OPTIONS = (
    click.option(
        "--python", default="", metavar="PROGRAM", help="The Python it is for.  [default: this one]"
    ),
    click.option("--gpu", is_flag=True, help="With the libraries of NVIDIA's graphics cards."),
)
_LITE = click.option(
    "--lite",
    is_flag=True,
    help="Without TensorFlow's libraries: LiteRT alone serves, `model.tflite`.",
)


def variants(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options that say what is built."""
    for option in (_LITE, *reversed(_OPTIONS)):
        command = option(command)
    return command


def told(line: str) -> None:
    """Say what takes time, where what a program reads does not go."""
    say("{}", line, err=True)


def whole(python: str, *, gpu: bool, lite: bool) -> Whole:
    """All that an image holds, built unless it lies there already.

    Raises:
        DeepcatError: it cannot be built (``runtime/build``).
    """
    from dataclasses import replace

    from deepcat.remote.agent import agent
    from deepcat.runtime.build import built, folder
    from deepcat.runtime.image import Whole
    from deepcat.runtime.lite import without_tensorflow

    if gpu and lite:
        raise UsageError(
            "`--gpu` and `--lite` exclude each other", hint="LiteRT uses no cards here"
        )
    made = built(python, gpu=gpu, with_python=True, say=told)
    if lite:
        made = replace(made, site=without_tensorflow(made.site, told))
    return Whole(made, agent(folder()).archive, __version__, lite)


def sbom_beside(image: Whole, digest: str, path: Path, python: str) -> Path | None:
    """Write the list of parts beside an image; None, said, where the extra is not there."""
    from deepcat.extras import is_there
    from deepcat.runtime import interpreter
    from deepcat.runtime.parts import parts
    from deepcat.runtime.sbom import sbom

    target = beside(path)
    target.unlink(missing_ok=True)  # it would be of another image
    if not is_there("cyclonedx"):
        told("no list of parts: the extra `sbom` is not installed (pip install 'deepcat[sbom]')")
        return None
    about = interpreter.about(python or getattr(sys, "_base_executable", sys.executable))
    target.write_bytes(sbom(image, digest, parts(image, about["release"])))
    return target


def list_beside(archive: Path, digest: str) -> bytes:
    """The list of parts that lies beside an image; empty where none does.

    Raises:
        DeepcatError: it is of another image (``registry/archive``).
    """
    from deepcat.runtime.sbom import is_of

    path = beside(archive)
    if not path.is_file():
        return b""
    content = path.read_bytes()
    if not is_of(content, digest):
        raise DeepcatError(
            f"`{path}` lists the parts of another image than `{archive}`",
            hint="take it away, or build the image anew",
            code="registry/archive",
        )
    return content


def beside(path: Path) -> Path:
    """Where an image's list of parts lies."""
    return path.with_name(f"{path.name.partition('.tar')[0]}.cdx.json")
