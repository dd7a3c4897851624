"""Somebody who works in a notebook of a stand, by the commands and by JupyterLab's address."""

from __future__ import annotations

import json
import signal
import threading
import urllib.request
from collections.abc import Mapping
from typing import Any

import notebooks
from loops import MODULE, Broken

from conformance.stand import Stand

NAME = "demo"
_FORBIDDEN, _WELL = 403, 200
# It may have to be brought there first.
_OPENED_S = 280.0
_STOPPED_S = 90.0


def notebook(stand: Stand, given: Mapping[str, Any]) -> None:
    """Somebody wishes for a notebook in place of `demo`, where one can be: fields of its wish."""
    stand.ground.lend(stand.root)
    (stand.root / "modules" / MODULE / "train.py").write_text("print(1)\n")
    stand.wish_for(
        NAME, profile="develop", inputs={}, **{"clouds": [stand.ground.desk], **(given or {})}
    )


def opened(stand: Stand, given: Mapping[str, Any]) -> None:
    """Somebody opens it, is let in by its token alone, and works: a file that `has`, `writes`.

    With `idle` nobody uses it then, until it stops by itself; else the way there is closed.
    """
    idle = given.get("idle")
    words = ("develop", NAME, "--json", "--yes", *(("--idle", idle) if idle else ()))
    process = stand.started("-C", str(stand.root), *words)
    watch = threading.Timer(_OPENED_S, process.kill)
    watch.start()
    assert process.stdout is not None
    said: list[str] = []
    try:
        said = _until_answer(process.stdout)
        if not said[-1:] or not said[-1].startswith("{"):
            raise Broken(f"it was not opened: {''.join(said)}")
        _works(json.loads(said[-1])["address"], given)
        if idle:
            process.wait(_STOPPED_S)
            rest = process.stdout.read()
            if "was stopped" not in rest and "does not run any more" not in rest:
                raise Broken(f"it did not stop for nobody used it: {rest}")
    finally:
        watch.cancel()
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)


def _until_answer(lines: Any) -> list[str]:
    found = []
    for line in lines:
        found.append(line)
        if line.startswith("{"):
            break
    return found


def _works(address: str, given: Mapping[str, Any]) -> None:
    """Come in with the token alone, and read and write a file by JupyterLab's own interface."""
    own = {"Authorization": f"token {notebooks.token(address)}"}
    for headers, wanted in (({}, _FORBIDDEN), ({"Authorization": "token no"}, _FORBIDDEN)):
        if notebooks.status(address, "api/contents", **headers) != wanted:
            raise Broken("it lets in whoever has no token of it")
    if notebooks.status(address, "api/contents", **own) != _WELL:
        raise Broken("it does not let in who has its token")
    base = f"{address.partition('lab?')[0]}api/contents/notes.txt"
    if "has" in given:
        with urllib.request.urlopen(urllib.request.Request(base, headers=own), timeout=60) as got:
            text = json.load(got)["content"]
        if text != given["has"]:
            raise Broken(f"its work is {text!r}, not {given['has']!r}")
    if "writes" in given:
        body = {"type": "file", "format": "text", "content": given["writes"]}
        request = urllib.request.Request(
            base,
            json.dumps(body).encode(),
            {**own, "Content-Type": "application/json"},
            method="PUT",
        )
        with urllib.request.urlopen(request, timeout=60):
            pass


STEPS = {"notebook": notebook, "opened": opened}
