"""How long it takes until JupyterLab answers beside a module's files, beside bare `jupyter lab`.

On this machine. Cold is a catalog's first notebook: its environments are made, of wheels that the
installer has kept. Warm is one that was stopped and is begun again.
"""

from __future__ import annotations

import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from importlib import import_module
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests" / "rigs")]
notebooks = import_module("notebooks")
until = import_module("waiting").until

ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 3
MODULE, NAME = "half-plus-two", "develop-half-plus-two"
GOAL_S = 6.0


def catalog(folder: Path) -> Path:
    """A clone of this one, as it is committed."""
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(folder)], check=True)
    return folder


def begun(at: Path, which: str) -> float:
    """Seconds until `deepcat develop` says where JupyterLab is, which answers then."""
    start = time.perf_counter()
    with notebooks.opened(at, which) as told:
        seconds = time.perf_counter() - start
        address = told["address"]
        if notebooks.status(address, f"api?token={notebooks.token(address)}") != 200:
            raise SystemExit("JupyterLab does not answer")
    return seconds


def deepcat(at: Path, *words: str) -> None:
    argv = [sys.executable, "-m", "deepcat", *words]
    subprocess.run(argv, cwd=at, check=True, stdout=subprocess.DEVNULL)


def bare(folder: Path) -> float:
    """Seconds until `jupyter lab` of the same environment answers, begun by hand."""
    folder.mkdir()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    own = notebooks.environment()
    argv = [sys.executable, "-S", "-m", "jupyterlab", "--no-browser", "--allow-root"]
    argv += [f"--port={port}", "--ServerApp.port_retries=0"]
    given = {
        **os.environ,
        "HOME": str(folder),
        "PYTHONPATH": str(own),
        "JUPYTER_TOKEN": "bare",
        "JUPYTER_PATH": str(own / "share" / "jupyter"),
        "JUPYTER_CONFIG_PATH": str(own / "etc" / "jupyter"),
    }
    quiet: Any = subprocess.DEVNULL
    start = time.perf_counter()
    with subprocess.Popen(argv, cwd=folder, env=given, stdout=quiet, stderr=quiet) as process:
        try:
            until(lambda: answers(f"http://127.0.0.1:{port}/api?token=bare"), pause_s=0.05)
            return time.perf_counter() - start
        finally:
            process.terminate()


def answers(address: str) -> bool:
    """Whether an address answers well."""
    try:
        with urllib.request.urlopen(address, timeout=5) as got:
            return int(got.status) == 200
    except (urllib.error.URLError, OSError):
        return False


def measured(folder: Path) -> list[str]:
    """The lines."""
    notebooks.environment()  # from here on the installer has its wheels
    alone = statistics.median(bare(folder / f"bare{each}") for each in range(ROUNDS))
    at = catalog(folder / "catalog")
    warm = []
    try:
        cold = begun(at, MODULE)
        for _ in range(ROUNDS):
            deepcat(at, "develop", "stop", NAME)
            warm.append(begun(at, NAME))
    finally:
        deepcat(at, "destroy", NAME, "--yes", "--discard")
    again = statistics.median(warm)
    return [
        f"cold: a catalog's first notebook          {cold:6.2f} s (once)",
        f"warm: one that was stopped, begun again   {again:6.2f} s (median of {ROUNDS}; "
        f"goal: {GOAL_S:.0f} s, on a calm machine)",
        f"bare `jupyter lab` of its environment     {alone:6.2f} s (median of {ROUNDS})",
        f"deepcat's own part of a warm start        {again - alone:6.2f} s",
    ]


def main() -> None:
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    with tempfile.TemporaryDirectory() as name:
        lines = measured(Path(name))
    lines.append(f"load when it was over: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    print("\n".join(lines))
    (ROOT / "bench" / "RESULTS" / "notebook.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
