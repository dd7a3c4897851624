"""EDGE of `deepcat ci`: one module's model on an embedded server of its own, for a moment."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from deepcat.errors import DeepcatError

if TYPE_CHECKING:
    from deepcat.catalog.reading.tree import Tree
    from deepcat.catalog.values import Module
    from deepcat.serving.client.rest import Client

_PATIENCE_S = 120.0
_ADDRESS = re.compile(r"http://[0-9.]+:[0-9]+")


@contextmanager
def served(tree: Tree, module: Module) -> Iterator[str]:
    """The address of a server that serves the module's model.

    Raises:
        StepError: the archive cannot be had.
        DeepcatError: the model does not load.
    """
    from deepcat.host.archive import fetch, saved_model, unpack

    model = module.model
    assert model is not None  # noqa: S101 - the caller's contract
    with tempfile.TemporaryDirectory(prefix="deepcat-samples-") as name:
        folder = Path(name)
        source = model.source
        if model.path:
            source = "archive"
            (folder / source).write_bytes(tree.read(f"{module.path}/{model.path}"))
        fetch(source, model.sha256, folder, folder / "fetched")
        unpack(folder / "fetched", folder / "model")
        where = saved_model(folder / "model")
        argv = [sys.executable, "-m", "deepcat", "serve", "--model", f"{module.name}={where}"]
        log = folder / "log"
        with log.open("wb") as sink:
            process = subprocess.Popen(
                [*argv, "--rest-port", "0", "--no-grpc", "--poll-seconds", "0"],
                stdout=subprocess.PIPE,
                stderr=sink,
                cwd=folder,
            )
            try:
                yield _address(process, log, module.name)
            finally:
                process.kill()
                process.wait()
                if process.stdout:
                    process.stdout.close()


def _address(process: subprocess.Popen[bytes], log: Path, name: str) -> str:
    """Where the server listens, once the model answers."""
    from deepcat.serving.client.rest import Client

    assert process.stdout  # noqa: S101 - asked for above
    line = process.stdout.readline().decode(errors="replace")
    found = _ADDRESS.search(line)
    if found and _wait(Client(found[0], timeout_s=10), name, process):
        return found[0]
    said = [each for each in log.read_text(errors="replace").splitlines() if each.strip()]
    raise DeepcatError(
        f"the model could not be served: {said[-1][:300] if said else 'no reason was given'}",
        code="review/sample",
    )


def _wait(client: Client, name: str, process: subprocess.Popen[bytes]) -> bool:
    deadline = time.monotonic() + _PATIENCE_S
    while time.monotonic() < deadline and process.poll() is None:
        if client.available(name):
            return True
        time.sleep(0.05)
    return False
