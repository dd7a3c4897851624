"""The parts of a cluster as one program, built once from Go's module registry and kept.

`build/main.go` calls the parts' own packages; `go.mod` and `go.sum` pin all that goes into it. It
needs Go 1.24 or newer. What is built lies outside the tree, named by what it was built from.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
from pathlib import Path

SOURCES = Path(__file__).with_name("build")
PARTS = (
    "etcd", "kube-apiserver", "kube-controller-manager", "kube-proxy", "kube-scheduler", "kubelet",
)  # fmt: skip
_STAMPED = ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")


def version() -> str:
    """Of the parts, such as ``v1.34.4``."""
    found = re.search(r"^require k8s\.io/kubernetes (v\S+)|^\tk8s\.io/kubernetes (v\S+)",
                      (SOURCES / "go.mod").read_text(), re.MULTILINE)  # fmt: skip
    assert found, "go.mod names no version"
    return found[1] or found[2]


def programs() -> Path:
    """The folder that holds each part under its own name, built if it is not there yet.

    Raises:
        RuntimeError: there is no Go, or the build fails.
    """
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    content = b"".join(path.read_bytes() for path in sorted(SOURCES.glob("[gm]*")))
    folder = cache / "deepcat" / "cluster" / hashlib.sha256(content).hexdigest()[:16]
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        program = folder / "cluster"
        if not program.is_file():
            _build(program)
        for name in PARTS:
            if not (folder / name).is_symlink():
                (folder / name).symlink_to(program.name)
    return folder


def _build(program: Path) -> None:
    if shutil.which("go") is None:
        raise RuntimeError("a cluster is built by Go 1.24 or newer, which is not here")
    major, minor = version().removeprefix("v").split(".")[:2]
    values = {"gitVersion": version(), "gitMajor": major, "gitMinor": minor}
    stamps = [f"-X {each}.{key}={value}" for each in _STAMPED for key, value in values.items()]
    new = program.with_name(".new")
    words = ["go", "build", "-trimpath", "-ldflags", " ".join(["-s", "-w", *stamps])]
    own = {"CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOFLAGS": "-mod=readonly -buildvcs=false"}
    done = subprocess.run(
        [*words, "-o", str(new), "."], cwd=SOURCES, env={**os.environ, **own},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(done.stderr[-4000:])
    new.replace(program)
