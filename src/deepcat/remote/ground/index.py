"""Have a host itself fetch its runtime from a package index that it reaches. Pure.

It takes the same files of the same wheels, held against the same checksums, and nothing is sent.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from shlex import quote

from deepcat.remote.ground.facts import PARTS

_FETCH = f"""
import compileall, json, os, shutil, subprocess, sys, tempfile
asked = json.load(sys.stdin)
os.umask(0o022); os.chdir(asked["base"])
new = tempfile.mkdtemp(dir="{PARTS}", suffix=".new")
try:
    with open(new + "/lock", "w") as out:
        out.write(asked["lock"])
    done = subprocess.run(
        [sys.executable, "-I", "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
         "--no-input", "--no-cache-dir", "--no-compile", "--no-deps", "--only-binary", ":all:",
         "--require-hashes", "--index-url", asked["index"], "--target", new + "/all",
         "-r", new + "/lock"], stderr=subprocess.PIPE)
    if done.returncode:
        sys.stderr.buffer.write(done.stderr); sys.exit(1)
    os.mkdir(new + "/tree")
    for name in asked["files"]:
        if os.path.isfile(new + "/all/" + name):
            os.renames(new + "/all/" + name, new + "/tree/site/" + name)
    compileall.compile_dir(new + "/tree", quiet=2, stripdir=new + "/tree")
    os.chmod(new + "/tree", 0o755)
    if not os.path.exists(asked["target"]):
        os.rename(new + "/tree", asked["target"])
finally:
    shutil.rmtree(new, ignore_errors=True)
"""


def fetching(
    python: str, base: str, target: str, index: str, lock: str, files: Iterable[str]
) -> tuple[str, bytes]:
    """The script for the host's shell, and what it is given.

    Args:
        python: the host's, with pip, of the version that the runtime is for.
        base: the folder of ours there, by its whole path.
        target: as ``runtime/ID``.
        index: the package index's address.
        lock: what is installed, with its checksums, as pip reads it.
        files: of that, what is kept.
    """
    asked = {"base": base, "target": target, "index": index, "lock": lock, "files": list(files)}
    return f"export LC_ALL=C; exec {quote(python)} -I -c {quote(_FETCH)}", json.dumps(
        asked
    ).encode()
