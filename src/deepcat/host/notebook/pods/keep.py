"""EDGE of a pod: keeps a notebook there, and answers who brought it up.

It waits for what is brought, begins JupyterLab, stops what nobody uses, or whose time has come, and
says why with its last words, which its cluster keeps. The work lies on a claim: what is written
there is saved. Ended from outside it fails, so that its cluster puts another one in its place.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from deepcat.host.box.needs import VARIABLES
from deepcat.host.notebook import keep, laid, values
from deepcat.host.notebook.pods import bringing
from deepcat.host.notebook.pods import values as own
from deepcat.host.notebook.pods.answering import Answers, serving
from deepcat.host.place import read_json, write_json

# What changes in a pod, and goes with it.
_FOLDER, _OWN = Path("/tmp/notebook"), Path("/tmp/own")  # noqa: S108 - of the container
_LAST_WORDS = Path("/dev/termination-log")
# What the image brings, where a module has no environment of its own.
_SITE = "/site"
_BOUNDS = ".asked.json"
_LOOK_S, _READS_S = 0.3, 900.0
_MOST_SEEN = 20_000
_FAILS = 125


class _Keep(keep.Keep):
    """One notebook whose box is the pod.

    Args:
        folder: its own.
        token: that lets in.
    """

    has_terminals = False

    def __init__(self, folder: Path, token: str) -> None:
        super().__init__(folder)
        self._given = token
        self._seen = 0.0

    def _admits(self) -> str:
        return self._given

    def _environment(self) -> dict[str, str]:
        return {**os.environ, **self._told["variables"], "JUPYTER_TOKEN": self._token}

    def _saved(self) -> Mapping[str, Any]:
        newest, before = _newest(self._kept / values.FILES), self._seen
        self._seen = newest
        return {"changed": bool(before) and newest != before}

    @property
    def stopped(self) -> bool:
        """Whether it stopped by itself, or by somebody's wish, and not with its pod."""
        return not self._over.is_set()

    @property
    def known(self) -> dict[str, Any]:
        """What is known of it."""
        return self._now


def main() -> None:
    """Keep a notebook until it is stopped."""
    signal.signal(signal.SIGTERM, lambda *_: os._exit(own.ENDED))
    told = json.loads(os.environ.pop(own.VARIABLE))
    version = ".".join(map(str, sys.version_info[:2]))
    if told["python"] != version:
        _fail(
            "run/environment",
            f"the image has Python {version}, and the notebook's environments were made for"
            f" {told['python']}",
        )
    token = (own.SECRET / own.TOKEN).read_text().strip()
    for path in (_FOLDER, _OWN):
        path.mkdir(parents=True, exist_ok=True)
    try:
        (own.KEPT / values.HOME).mkdir(exist_ok=True)
    except OSError as error:
        _fail("run/notebook", f"nothing can be written to the claim: {error}")
    answers = Answers(_FOLDER, own.KEPT, own.KEPT / _BOUNDS, _wanted(told))
    server = serving(answers, token, ("127.0.0.1", own.PORT))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.exit(_read(answers) if told["reads"] else _run(told, token, answers))


def _wanted(told: Mapping[str, Any]) -> list[str]:
    """The checksums of what must lie there; the files only where nobody works on any yet."""
    if told["reads"]:
        return []
    known = [told[part] for part in own.PARTS if part != own.FILES]
    is_begun = (own.KEPT / values.FILES).is_dir()
    return [each for each in (*known, "" if is_begun else told[own.FILES]) if each]


def _read(answers: Answers) -> int:
    """Hand the work out, for as long as somebody asks."""
    while time.monotonic() - answers.asked < _READS_S:
        time.sleep(_LOOK_S)
    return 0


def _run(told: Mapping[str, Any], token: str, answers: Answers) -> int:
    while answers.lacks():
        time.sleep(_LOOK_S)
    try:
        _lay(told)
    except OSError as error:
        why = str(error.strerror or error)[:300]
        _fail("run/notebook", f"the claim does not take the module's files: {why}")
    keeping = _Keep(_FOLDER, token)
    os.chdir(_OWN)
    status = asyncio.run(keeping.run())
    known = keeping.known
    said = {key: known.get(key) for key in ("state", "why", "since", "saved")}
    _LAST_WORDS.write_text(json.dumps(said))
    return status if keeping.stopped else own.ENDED


def _lay(told: Mapping[str, Any]) -> None:
    """Let the work begin with the module's files, and write down what it is."""
    brought, files = own.KEPT / own.BROUGHT, own.KEPT / values.FILES
    if not files.is_dir():
        begin(bringing.path_of(brought, told[own.FILES]), own.KEPT / own.BASE, files)
    environment = str(bringing.path_of(brought, told[own.LAB]))
    kernel = str(bringing.path_of(brought, told[own.OWN])) if told[own.OWN] else _SITE
    set_ = _FOLDER / values.SET
    set_.mkdir(exist_ok=True)
    laid.write(set_, environment, kernel, bringing.path_of(brought, told[own.PAGE]))
    name = told["deployment"]
    found = laid.variables(own.KEPT, set_, environment, VARIABLES["PATH"])
    write_json(
        _FOLDER / values.FILE,
        {
            "argv": [
                *laid.command(environment, set_, name, own.KEPT),
                "--ServerApp.terminals_enabled=False",  # the image has no shell
            ],
            "variables": {**told["environment"], **found},
            "deployment": name,
            "address": "127.0.0.1",
            "port": told["port"],
            "prefix": values.prefix_of(name),
            "kept": str(own.KEPT),
            "own": str(_OWN),
            "idle_s": told["idle_s"],
            "leaves": True,
            "lasts_s": 0,
            "unboxed": True,
            "words": f"It is stopped, and the work is kept. Start it: deepcat develop {name}\n",
        },
    )
    write_json(_FOLDER / values.ASKED, read_json(own.KEPT / _BOUNDS))
    bringing.sweep(brought, [told[part] for part in own.PARTS])


def begin(begun: Path, *targets: Path) -> None:
    """Let folders have what lies in one, each whole or not at all, whoever was cut off before.

    Raises:
        OSError: there is no room.
    """
    for target in targets:
        draft = target.with_name(f".{target.name}.new")
        for old in (draft, target):
            shutil.rmtree(old, ignore_errors=True)
        shutil.copytree(begun, draft)
        draft.replace(target)


def _newest(folder: Path) -> float:
    """When something in a folder changed last, seconds since 1970."""
    found, ahead, seen = 0.0, [str(folder)], 0
    while ahead and seen < _MOST_SEEN:
        try:
            with os.scandir(ahead.pop()) as entries:
                for entry in entries:
                    seen += 1
                    if entry.name == ".ipynb_checkpoints":
                        continue
                    found = max(found, entry.stat(follow_symlinks=False).st_mtime)
                    if entry.is_dir(follow_symlinks=False):
                        ahead.append(entry.path)
        except OSError:
            continue
    return found


def _fail(code: str, words: str) -> None:
    """Say why it cannot be, where who describes the pod reads it, and end."""
    line = f"error [{code}]: {words}"
    print(line, file=sys.stderr, flush=True)
    sys.exit(_FAILS)
