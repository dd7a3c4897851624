"""A merge is killed at every moment; the next one converges, and tells of it once."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import forked
import pytest

from deepcat.clouds.kinds.local.hosts import local_folder
from deepcat.host.supervisor import Supervisor
from deepcat.loop.observation import observe

pytestmark = [pytest.mark.tensorflow, pytest.mark.slow]

FOLDER = "modules/half-plus-two"
KILLED = Path(__file__).resolve().parents[2] / "rigs" / "killed.py"


@pytest.fixture
def clone(place: Callable[..., Any], wish: Callable[..., str], hub: Any) -> Iterator[Any]:
    """A clone whose main has a wish, on a forge."""
    found = place({"deployments/demo.yaml": wish()})
    found.at(hub)
    try:
        yield found
    finally:
        found.environment.clear()
        found.deepcat("destroy", "--all", "--yes")


def merge(clone: Any, at: int) -> int:
    """`deepcat ci merge`, killed at a moment; its exit status."""
    argv = [sys.executable, str(KILLED), str(at), "-C", str(clone.root), "ci", "merge"]
    outer = {name: text for name, text in os.environ.items() if not name.startswith("GITHUB_")}
    done = forked.run(
        [*argv, "--base", "HEAD~1"],
        env=outer | clone.environment,
        cwd=clone.root,
        capture_output=True,
    )
    assert done.returncode in (0, 1, -signal.SIGKILL), done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.returncode


def until_it_ends(clone: Any) -> tuple[int, int]:
    """Merge until it is no longer killed: at how many moments it was, and its exit status."""
    at = 1
    while (code := merge(clone, at)) == -signal.SIGKILL:
        at += 1
    return at - 1, code


def settled(clone: Any) -> Any:
    """The one deployment as recorded on the forge; what lies here is that and nothing else."""
    text = clone.git("show", "records:deployments/demo.yaml", at=clone.origin)
    assert "intent" not in text
    (state,) = json.loads(clone.deepcat("status", "--json").text)
    assert set(observe(clone.root, {}).found) == {"demo"}
    assert len(Supervisor(local_folder(clone.root)).programs()) == 1
    assert len(list((local_folder(clone.root) / "demo" / "servers").glob("*/*"))) == 1
    assert "2.5" in clone.deepcat("predict", "demo", "--sample", "1").text
    return state


def test_killed_at_every_moment_of_a_merge(clone: Any, hub: Any) -> None:
    moments, code = until_it_ends(clone)
    assert moments > 8
    assert code == 0
    assert settled(clone)["version"] == "1.0.0"
    assert hub.state.issues == {}

    # A broken version: killed while it is tried, undone, recorded and told of.
    clone.edit(f"{FOLDER}/module.yaml", "[2.5, 3.0, 4.5]", "[9.5, 3.0, 4.5]")
    clone.edit(f"{FOLDER}/module.yaml", "version: 1.0.0\n", "version: 1.0.1\n")
    clone.commit("broken")
    hub.commit(dict.fromkeys(clone.git("ls-files").split(), "x"), "heads/main")
    moments, code = until_it_ends(clone)
    # Less and less is left to be told, so that later runs have fewer moments.
    assert moments > 12
    assert code == 1
    state = settled(clone)
    assert (state["status"], state["version"]) == ("running", "1.0.0")
    (pull,) = hub.state.pulls.values()
    assert pull["title"] == "Take demo back to what runs"
    assert [each.get("state") for each in hub.state.issues.values()] == ["open"]
