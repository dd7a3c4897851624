"""EDGE of the host: the programs that run images of containers, and what each is told.

Only `found` and `remove` touch the world.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Mapping
from typing import Any, Protocol

# Where a job finds its own folder in a container.
WORK = "/work"
# The status of an engine that failed itself, and not what it ran.
OWN = 125
MISSING = "no program here runs images of containers; podman or apptainer would"


class Engine(Protocol):
    """A program that runs an image with nothing of the host but what it is told."""

    def command(self, job: Mapping[str, Any]) -> list[str]:
        """The command that runs a job in its image; its variables are the process's own."""

    def removal(self, job: Mapping[str, Any]) -> list[str]:
        """The command that ends what a job that was stopped may have left."""


def found() -> Engine | None:
    """The first that is there; None where there is none."""
    return next((made(word) for word, made in _KNOWN.items() if shutil.which(word)), None)


def remove(job: Mapping[str, Any]) -> None:
    """End what a job's container may have left, should who ran it have been killed."""
    engine = found() if job.get("image") else None
    if engine is not None:
        subprocess.run(engine.removal(job), check=False, capture_output=True)


class Apptainer:
    """Apptainer, or Singularity as it was called."""

    def __init__(self, word: str) -> None:
        self._word = word

    def command(self, job: Mapping[str, Any]) -> list[str]:
        """See `Engine`."""
        binds = [f"--bind={source}:{target}" for source, target in _binds(job)]
        image = job["image"]
        source = image if "://" in image or image.startswith(("/", ".")) else f"docker://{image}"
        own = ["--nv"] if job["cards"] else []
        own += [] if job["connects"] else ["--net", "--network=none"]
        variables = [f"--env={name}={value}" for name, value in job["environment"].items()]
        fixed = ["--containall", "--no-home", "--writable-tmpfs", f"--pwd={WORK}"]
        words = [self._word, "--quiet", "exec", *fixed, *own, *binds, *variables, source]
        return [*words, "/bin/sh", "-c", job["line"]]

    def removal(self, job: Mapping[str, Any]) -> list[str]:
        """Nothing is left: it ends with its process."""
        del job
        return ["true"]


class Podman:
    """Podman, with or without root."""

    def __init__(self, word: str) -> None:
        self._word = word

    def command(self, job: Mapping[str, Any]) -> list[str]:
        """See `Engine`."""
        binds = [f"--volume={source}:{target}" for source, target in _binds(job)]
        fixed = ["--rm", "--cap-drop=all", "--security-opt=no-new-privileges", f"--workdir={WORK}"]
        bounds = [f"--memory={job['memory_bytes']}b"] if job["memory_bytes"] else []
        network = [] if job["connects"] else ["--network=none"]
        variables = [f"--env={name}" for name in job["environment"]]
        cards = job["uuids"] or (["all"] if job["cards"] else [])
        network += [f"--device=nvidia.com/gpu={each}" for each in cards]
        words = [self._word, "run", f"--name={_name(job)}", "--replace", *fixed, *bounds, *network]
        words += [
            *binds,
            *variables,
            "--entrypoint=/bin/sh",
            job["image"].removeprefix("docker://"),
        ]
        return [*words, "-c", job["line"]]

    def removal(self, job: Mapping[str, Any]) -> list[str]:
        """A container outlives the command that began it."""
        return [self._word, "rm", "--force", "--ignore", "--time=5", _name(job)]


_KNOWN: Mapping[str, type[Apptainer] | type[Podman]] = {
    "apptainer": Apptainer,
    "singularity": Apptainer,
    "podman": Podman,
}


def _binds(job: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Folders of the host, and where a container finds them."""
    return [(job["work"], WORK), *((job["work"], target) for target in job["volumes"])]


def _name(job: Mapping[str, Any]) -> str:
    return "deepcat-" + re.sub(r"[^A-Za-z0-9_.-]", "-", job["program"])
