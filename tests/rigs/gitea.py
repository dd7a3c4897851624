"""A real Gitea on loopback with TLS, built once from Go's module registry and kept."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from credentials import Authority
from free_ports import free_ports
from stores import served

MODULE, VERSION = "code.gitea.io/gitea", "v1.27.3"
SUM = "h1:SRnjvw24ASELKCqyYvAWIlzwOqyFMgfD+UkqQ9SE5eU="
OWNER, NAME = "ada", "catalog"
# It refuses to be root's but for a word of this length.
_SETTINGS = """\
I_AM_BEING_UNSAFE_RUNNING_AS_ROOT = true
RUN_MODE = prod
WORK_PATH = {folder}
[server]
PROTOCOL = https
CERT_FILE = {certificate}
KEY_FILE = {key}
HTTP_ADDR = 127.0.0.1
HTTP_PORT = {port}
ROOT_URL = https://127.0.0.1:{port}/
STATIC_ROOT_PATH = {sources}
DISABLE_SSH = true
OFFLINE_MODE = true
LFS_START_SERVER = true
LFS_JWT_SECRET = RMqF2b4ImoyjK5nRQ0kqBLCWJPWAHCRSAqwKbbGyDkM
[database]
DB_TYPE = sqlite3
PATH = {folder}/gitea.db
[security]
INSTALL_LOCK = true
SECRET_KEY = of-a-test
INTERNAL_TOKEN = of-a-test
[oauth2]
ENABLED = false
[log]
MODE = console
LEVEL = warn
"""


@dataclass(frozen=True)
class Gitea:
    """One that answers, with one repository that everybody may read.

    Attributes:
        at: its host and port.
        token: of who owns the repository.
        root: the folder where it keeps files.
    """

    at: str
    token: str
    root: Path

    def ask(self, method: str, path: str, given: Any = None) -> Any:
        """What its interface answers."""
        content = None if given is None else json.dumps(given).encode()
        told = {"Authorization": f"token {self.token}", "Content-Type": "application/json"}
        url = f"https://{self.at}/api/v1/{path}"
        asked = urllib.request.Request(url, content, told, method=method)
        with urllib.request.urlopen(asked, timeout=60) as answer:
            return json.loads(answer.read() or b"null")


def program() -> tuple[Path, Path]:
    """The program, built if it is not there yet, and the folder of its sources.

    Raises:
        RuntimeError: there is no Go, or the build fails.
    """
    if shutil.which("go") is None:
        raise RuntimeError("Gitea is built by Go 1.26 or newer, which is not here")
    asked = ["go", "mod", "download", "-json", f"{MODULE}@{VERSION}"]
    told = json.loads(subprocess.run(asked, check=True, capture_output=True).stdout)
    if told["Sum"] != SUM:
        raise RuntimeError(f"{MODULE} {VERSION} is not what it was")
    sources = Path(told["Dir"])
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "deepcat" / "gitea" / VERSION
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "gitea").is_file():
            own = {"CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly -buildvcs=false"}
            words = ["go", "build", "-trimpath", "-ldflags=-s -w", "-o", str(folder / ".new"), "."]
            done = subprocess.run(
                words, cwd=sources, env={**os.environ, **own}, capture_output=True, text=True,
                check=False,
            )  # fmt: skip
            if done.returncode:
                raise RuntimeError(done.stderr[-4000:])
            (folder / ".new").replace(folder / "gitea")
    return folder / "gitea", sources


@contextmanager
def running(folder: Path, authority: Authority) -> Iterator[Gitea]:
    """Gitea with its files in a folder, until the end."""
    built, sources = program()
    certificate, key = authority.sign("localhost", "gitea")
    (port,) = free_ports(1)
    folder.mkdir()
    settings = folder / "app.ini"
    settings.write_text(
        _SETTINGS.format(folder=folder, certificate=certificate, key=key, port=port,
                         sources=sources)
    )  # fmt: skip
    # What tests tell Git of itself is none of its matter.
    words = ["env", "-i", f"PATH={os.environ['PATH']}", f"HOME={folder}", "USER=root"]
    words += [str(built), f"--config={settings}"]
    with served([*words, "web"], port, {}, folder / "log"):
        user = ["admin", "user", "create", f"--username={OWNER}", "--password=open-sesame-1"]
        user += ["--email=ada@example.org", "--must-change-password=false"]
        user += ["--access-token", "--access-token-scopes=all"]
        done = subprocess.run([*words, *user], capture_output=True, text=True, check=True)
        token = next(
            line.split()[-1] for line in done.stdout.splitlines() if "token" in line.lower()
        )
        found = Gitea(f"127.0.0.1:{port}", token, folder)
        made = {"name": NAME, "auto_init": True, "default_branch": "main"}
        found.ask("POST", "user/repos", made)
        yield found
