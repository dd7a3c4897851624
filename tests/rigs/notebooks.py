"""JupyterLab's environment for tests: made once from the package index, and kept beside archives.

A test's catalog is given links to its files, so that none waits for the index.
"""

from __future__ import annotations

import functools
import json
import os
import shutil
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from deepcat.host.environments import shared
from deepcat.host.environments.pins import pins_of
from deepcat.runtime import build, jupyter


@functools.cache
def environment() -> Path:
    """Where it lies, made if it was not; a test's own index and home have no say in it."""
    pins = pins_of(jupyter.lock().decode(), "jupyter.lock", "run/environment")
    folder = build.folder() / "jupyter"
    return folder / shared.FOLDER / shared.made(folder, pins)


def lend(local: Path) -> None:
    """Let a catalog's deployments find JupyterLab's environment in their folder."""
    source = environment()
    target = local / shared.FOLDER / source.name
    if target.is_dir():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        shutil.copytree(source, target, copy_function=os.link)
    except OSError:  # on another file system
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(source, target)


@contextmanager
def opened(catalog: Path, name: str, *more: str) -> Iterator[Mapping[str, Any]]:
    """`deepcat develop NAME`, held: what its first line says."""
    argv = [sys.executable, "-m", "deepcat", "develop", name, "--json", *more]
    with subprocess.Popen(argv, cwd=catalog, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            lines = iter(process.stdout)
            yield json.loads(next(line for line in lines if line.startswith("{")))
        finally:
            process.send_signal(signal.SIGINT)
            process.stdout.close()
            process.wait(60)


def status(address: str, path: str, **headers: str) -> int:
    """How JupyterLab answers.

    Args:
        address: as `deepcat develop` tells it.
        path: behind the prefix; with a token only where it names one.
        headers: of the request.
    """
    url = address.partition("lab?")[0] + path
    try:
        with urllib.request.urlopen(
            urllib.request.Request(url, headers=headers), timeout=60
        ) as got:
            return int(got.status)
    except urllib.error.HTTPError as error:
        return error.code


def token(address: str) -> str:
    """Of an address."""
    return address.partition("token=")[2]
