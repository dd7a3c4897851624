"""Planted secrets, and the search for them in everything that is left behind or can be seen."""

from __future__ import annotations

import base64
import re
import secrets
import subprocess
import threading
import urllib.parse
from collections.abc import Iterator
from pathlib import Path

# No other run of the tests on this machine knows them, nor whoever looks at this file.
_MINE = secrets.token_hex(6)
CANARIES = {
    "GITHUB_TOKEN": f"ghs_C4n4ryOfTheForge{_MINE}",
    "VAULT_TOKEN": f"hvs.C4n4ryOfTheVault{_MINE}",
    "AWS_SECRET_ACCESS_KEY": f"C4n4ryOfTheCloud/{_MINE}+x",
    "CLOUD_TOKEN": f"C4n4ryOfTheReference{_MINE}",
    "DEEPCAT_WORKLOAD_KEY": f"C4n4ryOfTheWorkload{_MINE}",
}
TEMPLATE = """\
tosca_definitions_version: tosca_simple_yaml_1_3
imports: [deepcat]
node_types:
  own.nodes.Tool:
    derived_from: tosca.nodes.SoftwareComponent
    properties:
      secrets: {type: map, entry_schema: {type: string}}
topology_template:
  node_templates:
    host: {type: tosca.nodes.Compute}
    tool:
      type: own.nodes.Tool
      properties: {secrets: {KEY: "env:DEEPCAT_WORKLOAD_KEY"}}
      requirements: [{host: host}]
      interfaces: {Standard: {create: create.sh}}
"""
# It proves outside of all that is searched that it has the value; then it talks, as scripts do.
_BEGINS = re.compile(r"begins with ([^.]*)\.")
SCRIPT = """\
echo "begins with $(printf %s "$KEY" | cut -c1-4)."
echo "using $KEY"
echo "SHOWN=$KEY" >>"$DEEPCAT_OUTPUT"
echo "failing with $KEY" >&2
exit {status}
"""


def bring_tool(module: Path, status: int) -> None:
    """Let a module's own operation use a secret, tell everybody, and end with a status."""
    (module / "tosca.yaml").write_text(TEMPLATE)
    (module / "create.sh").write_text(SCRIPT.format(status=status))


def beginnings(root: Path) -> set[str]:
    """How the secret began that the operation was given, by what it said in a catalog's runs."""
    events = (root / ".deepcat/runs").glob("*/*/artifacts/ansible/job_events/*.json")
    return {word for path in events for word in _BEGINS.findall(path.read_text())}


def leaks(content: bytes) -> set[str]:
    """The names of the secrets in it."""
    return {name for name, value in CANARIES.items() if any(s in content for s in _spelt(value))}


def _spelt(value: str) -> set[bytes]:
    basic = f"x-access-token:{value}"
    return {
        value.encode(),
        urllib.parse.quote(value, safe="").encode(),
        base64.b64encode(value.encode()),
        base64.b64encode(basic.encode()),
        value.encode("utf-16-le"),
    }


def objects(repository: Path) -> bytes:
    """Every object of a repository, reachable or not: records, proposals, branches, messages."""
    argv = ["git", "-C", str(repository), "cat-file", "--batch-all-objects", "--batch"]
    return subprocess.run(argv, capture_output=True, check=True).stdout


def files(folder: Path) -> Iterator[tuple[Path, bytes]]:
    """Every file below a folder, but what Git keeps packed, which `objects` reads."""
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink() and "objects" not in path.parts:
            yield path, path.read_bytes()


def leaking_files(folder: Path) -> dict[str, set[str]]:
    """Path -> the secrets in it; a file's name counts too."""
    found = {str(path): leaks(text) | leaks(str(path).encode()) for path, text in files(folder)}
    return {path: names for path, names in found.items() if names}


class Arguments:
    """Looks at the arguments of every process, again and again, for as long as it lasts."""

    def __init__(self) -> None:
        self.found: set[str] = set()
        self.looks = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Arguments:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(0.002):
            self.looks += 1
            for path in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    self.found |= leaks(path.read_bytes())
                except OSError:
                    continue
