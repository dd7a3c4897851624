"""The services of OpenStack from the package index, installed once and kept outside the tree."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
_PROGRAMS = ("mariadbd", "mariadb-install-db", "mariadb", "/usr/lib/rabbitmq/bin/rabbitmq-server")


def cache() -> Path:
    """The folder that holds what is kept, by the services' versions."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    wanted = hashlib.sha256((HERE / "requirements.txt").read_bytes()).hexdigest()[:16]
    return base / "deepcat" / "openstack" / wanted


def environment() -> Path:
    """The environment that holds the services, made if it is not there yet.

    Raises:
        RuntimeError: MariaDB or RabbitMQ is not here, or the services cannot be installed.
    """
    lacking = [each for each in _PROGRAMS if shutil.which(each) is None]
    if lacking:
        raise RuntimeError(f"not here: {', '.join(lacking)} (mariadb-server, rabbitmq-server)")
    folder = cache()
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        found = folder / "environment"
        if not (found / "ready").is_file():
            _install(found)
    return found


def _install(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    _run(sys.executable, "-m", "venv", str(folder))
    python = str(folder / "bin" / "python")
    _run(python, "-m", "pip", "install", "-q", "-r", str(HERE / "requirements.txt"))
    # A service that finds no bytecode compiles all it imports, each time anew.
    subprocess.run([python, "-m", "compileall", "-q", str(folder / "lib")], check=False)
    (folder / "ready").touch()


def _run(*words: str) -> None:
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(words[:4])}: {(done.stdout + done.stderr)[-4000:]}")
