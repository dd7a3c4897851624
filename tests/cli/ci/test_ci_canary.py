"""Planted secrets are searched for in all that goes to a forge, and in what is left on the way."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import forked
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "rigs"))

from canaries import CANARIES, Arguments, beginnings, bring_tool, leaking_files, leaks, objects

FOLDER = "modules/half-plus-two"


def deepcat(place: Any, *argv: str) -> str:
    """Run a command in a process of its own, as a workflow does."""
    outer = {name: text for name, text in os.environ.items() if not name.startswith("GITHUB_")}
    done = forked.run(
        [sys.executable, "-m", "deepcat", "-C", str(place.root), *argv],
        env=outer | place.environment | CANARIES,
        cwd=place.root,
        capture_output=True,
    )
    assert "Traceback" not in done.stderr
    return done.stdout + done.stderr


@pytest.mark.slow
def test_no_planted_secret_reaches_the_forge(
    place: Callable[..., Any], wish: Callable[..., str], hub: Any
) -> None:
    found = place()
    found.git("checkout", "-q", "-b", "mine")
    bring_tool(found.root / FOLDER, 1)
    found.write({"deployments/tool.yaml": wish(inputs={})})
    head = found.commit("a tool that tells all")
    out = found.root / ".deepcat/ci"
    review = ("ci", "pr", "--base", "main", "--author", "ada", "--out", str(out / "review"))
    with Arguments() as arguments:
        said = [deepcat(found, *review)]
        number = hub.open_pull("ada", "mine", head)
        found.git("push", "-q", "origin", f"mine:refs/pull/{number}/head")
        found.at(hub)
        said.append(deepcat(found, "ci", "comment", "--number", str(number), "--out", str(out)))
        # It is merged all the same: its script fails, and people are told.
        base = found.git("rev-parse", "main").strip()
        found.git("checkout", "-q", "-B", "main")
        found.git("push", "-q", "origin", "main")
        hub.commit(dict.fromkeys(found.git("ls-files").split(), "x"), "heads/main")
        said.append(deepcat(found, "ci", "merge", "--base", base, "--out", str(out)))
        said.append(deepcat(found, "ci", "watch", "--out", str(out)))
        hub.fail("GET /repos/{owner}/{repo}/issues", 401, times=9, message="Bad credentials")
        said.append(deepcat(found, "ci", "watch", "--out", str(out)))
    assert beginnings(found.root) == {CANARIES["DEEPCAT_WORKLOAD_KEY"][:4]}
    assert "the forge answered 401" in said[-1]
    writes = [(call, body) for call, body in hub.calls if body]
    kinds = {call.partition(" ")[2].rpartition("/")[2] for call, _ in writes}
    assert {"comments", "check-runs", "pulls"} <= kinds
    assert "review/module-operations" in json.dumps(writes)
    assert leaks(json.dumps(hub.calls).encode()) == set()
    assert leaks("\n".join(said).encode()) == set()
    for repository in (found.origin, found.root):
        assert leaks(objects(repository)) == set()
    assert leaking_files(found.folder) == {}
    assert (arguments.found, arguments.looks > 20) == (set(), True)
    for name in ("review/review.json", "review/review.md", "merge.json", "watch.json"):
        assert (out / name).is_file()
