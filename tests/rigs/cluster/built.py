"""The parts of a cluster as one program, built once from Go's module registry and kept; and the
controllers of others that clusters have besides.

`build/main.go` calls the parts' own packages; `go.mod` and `go.sum` pin all that goes into it. It
needs Go 1.24 or newer. A controller is the one `tool` of its own `go.mod` below `controllers`; they
need Go 1.26. What is built lies outside the tree, named by what it was built from.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

SOURCES = Path(__file__).with_name("build")
CONTROLLERS = Path(__file__).with_name("controllers")
PARTS = (
    "etcd", "kube-apiserver", "kube-controller-manager", "kube-proxy", "kube-scheduler", "kubelet",
)  # fmt: skip
_STAMPED = ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")


def version(sources: Path = SOURCES) -> str:
    """Of the parts, such as ``v1.34.4``, as a `go.mod` pins it."""
    found = re.search(r"^require k8s\.io/kubernetes (v\S+)|^\tk8s\.io/kubernetes (v\S+)",
                      (sources / "go.mod").read_text(), re.MULTILINE)  # fmt: skip
    assert found, "go.mod names no version"
    return found[1] or found[2]


def programs() -> Path:
    """The folder that holds each part under its own name, built if it is not there yet.

    Raises:
        RuntimeError: there is no Go, or the build fails.
    """
    program = _kept("cluster", SOURCES, ".", _stamps())
    for name in PARTS:
        with suppress(FileExistsError):
            (program.parent / name).symlink_to(program.name)
    return program.parent


def controller(name: str) -> Path:
    """The program of a controller, by the name of its folder, built if it is not there yet.

    Raises:
        RuntimeError: there is no Go, or the build fails.
    """
    found = re.search(r"^tool (\S+)", (CONTROLLERS / name / "go.mod").read_text(), re.MULTILINE)
    assert found, f"the go.mod of {name} names no tool"
    return _kept(name, CONTROLLERS / name, found[1])


def tools(name: str) -> Path:
    """The folder that holds each `tool` of a `go.mod` below `controllers`, of the parts' version.

    Raises:
        RuntimeError: there is no Go, or the build fails.
    """
    sources = CONTROLLERS / name
    assert version(sources) == version(), f"the go.mod of {name} is of another version"
    named = re.findall(r"^tool (\S+)", (sources / "go.mod").read_text(), re.MULTILINE)
    kept = [_kept(Path(each).name, sources, each, _stamps()) for each in named]
    return kept[0].parent


def source(name: str, module: str) -> Path:
    """The folder of a module that something is built from, as with its definitions."""
    done = subprocess.run(
        ["go", "mod", "download", "-json", module], cwd=CONTROLLERS / name, env=_environment(),
        check=True, capture_output=True,
    )  # fmt: skip
    return Path(json.loads(done.stdout)["Dir"])


def _stamps() -> list[str]:
    """What tells a program of the parts its version."""
    major, minor = version().removeprefix("v").split(".")[:2]
    values = {"gitVersion": version(), "gitMajor": major, "gitMinor": minor}
    return [f"-X {each}.{key}={value}" for each in _STAMPED for key, value in values.items()]


def _kept(name: str, sources: Path, package: str, stamps: Sequence[str] = ()) -> Path:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    files = sorted(path for path in sources.rglob("*") if path.is_file())
    content = b"".join(path.read_bytes() for path in files)
    folder = cache / "deepcat" / "cluster" / hashlib.sha256(content).hexdigest()[:16]
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / name).is_file():
            _build(folder / name, sources, package, stamps)
    return folder / name


def _build(program: Path, sources: Path, package: str, stamps: Sequence[str]) -> None:
    if shutil.which("go") is None:
        raise RuntimeError("a cluster is built by Go, which is not here")
    new = program.with_name(".new")
    words = ["go", "build", "-trimpath", "-ldflags", " ".join(["-s", "-w", *stamps])]
    done = subprocess.run(
        [*words, "-o", str(new), package], cwd=sources, env=_environment(),
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(done.stderr[-4000:])
    new.replace(program)


def _environment() -> dict[str, str]:
    own = {"CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOFLAGS": "-mod=readonly -buildvcs=false"}
    return {**os.environ, **own}
