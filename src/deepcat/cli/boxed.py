"""EDGE of `deepcat ci`: one module's model asked for its samples, in a box without a network."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from deepcat.catalog.reading.tree import Tree
from deepcat.catalog.values import Module
from deepcat.host.archive import Most, fetch, model_folder, unpack
from deepcat.host.box import needs, run
from deepcat.host.box.grant import Grant
from deepcat.host.failure import StepError
from deepcat.quantities import human_memory
from deepcat.review.tried import judged, refused
from deepcat.review.values import SampleResult

_MiB = 1 << 20
_MOST_OUTPUT = 16 * _MiB
_MOST_UNPACKED = 4096 * _MiB
_FETCHED = Most(size=2048 * _MiB, wall_s=600)
GRANT = Grant(
    "review",
    memory_bytes=4096 * _MiB,
    cpu_s=600,
    processes=512,
    file_bytes=64 * _MiB,
    disk_bytes=256 * _MiB,
    open_files=1024,
    wall_s=180,
)
_BOUNDS = {
    resource.RLIMIT_CPU: GRANT.cpu_s,
    resource.RLIMIT_DATA: GRANT.memory_bytes,
    resource.RLIMIT_FSIZE: _MOST_OUTPUT,
}
_ONCE = (sys.executable, "-I", "-m", "deepcat.serving.server.once")


def try_samples(
    tree: Tree, module: Module, *, unboxed: bool, grant: Grant = GRANT, most: int = _MOST_OUTPUT
) -> SampleResult:
    """Load a module's model, and hold its answers against its samples.

    Args:
        tree: the catalog.
        module: with a model and samples.
        unboxed: whether the program may run with nothing but bounds; for a machine that has no box,
            where the catalog's owners want it.
        grant: the box's, without what it may read.
        most: bytes that may come out.
    """
    try:
        out, bound = ask_samples(tree, module, unboxed=unboxed, grant=grant, most=most)
    except StepError as error:
        if error.code == "run/box":
            return refused(module, (error.message,))
        return SampleResult(module.name, module.version, 0, {"": error.message})
    return judged(module, out, bound)


def ask_samples(
    tree: Tree, module: Module, *, unboxed: bool, grant: Grant = GRANT, most: int = _MOST_OUTPUT
) -> tuple[bytes, str]:
    """What a module's model says to its samples, and the bound that ended it, if one did.

    Raises:
        StepError: the archive cannot be had, or there is no box (``run/box``).
    """
    with tempfile.TemporaryDirectory(prefix="deepcat-samples-") as name:
        folder = Path(name)
        where = _unpacked(tree, module, folder)
        asked = {
            "name": module.name,
            "folder": str(where),
            "requests": [[each.method, each.request] for each in module.samples],
        }
        said = json.dumps(asked).encode()
        if unboxed:
            return _without_box(said, folder)
        # Nobody else's user, nor that of another review.
        reads = (str(where), *needs.of_python())
        grant = replace(grant, name=f"review {where}", reads=reads)
        done = run.run(_ONCE, grant, stdin=said, most_output=most)
    if done.ended == "box":
        raise StepError("cloud", "run/box", done.why, "see `deepcat doctor`")
    return done.out, _bound(done.ended, grant, most) or _status(done.rc)


def _unpacked(tree: Tree, module: Module, folder: Path) -> Path:
    """The folder of the module's model, which everybody may read.

    Raises:
        StepError: the archive cannot be had.
    """
    model = module.model
    assert model is not None  # noqa: S101 - the caller's contract
    source = model.source
    if model.path:
        source = "archive"
        (folder / source).write_bytes(tree.read(f"{module.path}/{model.path}"))
    fetch(source, model.sha256, folder, folder / "fetched", _FETCHED)
    unpack(folder / "fetched", folder / "model", limit=_MOST_UNPACKED)
    for path in (folder, folder / "model", *(folder / "model").rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return model_folder(folder / "model")


def _bound(ended: str, grant: Grant, most: int) -> str:
    """Which bound ended it, as the end of "it …"; empty for none."""
    if ended == "time":
        return f"was ended after {grant.wall_s:.0f} s, or {grant.cpu_s} s of a processor"
    if ended == "memory":
        return f"was ended, for it needs more than {human_memory(grant.memory_bytes >> 20)}"
    if ended == "output":
        return f"was ended, for it says more than {human_memory(most >> 20)}"
    return ended and f"was ended: {ended}"


def _without_box(said: bytes, folder: Path) -> tuple[bytes, str]:
    """What the program wrote and what ended it, with a few bounds and none of our variables."""
    own = {"HOME": str(folder), "TMPDIR": str(folder)}
    with (folder / "out").open("w+b") as out:
        process = subprocess.Popen(
            _ONCE,
            env=needs.VARIABLES | own,
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=out,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            for which, bound in _BOUNDS.items():
                resource.prlimit(process.pid, which, (bound, bound))
            process.communicate(said, GRANT.wall_s)
            ended = _status(process.returncode)
        except subprocess.TimeoutExpired:
            ended = _bound("time", GRANT, _MOST_OUTPUT)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        out.seek(0)
        return out.read(), ended


def _status(code: int) -> str:
    return f"ended with the exit status {code}" if code else ""
