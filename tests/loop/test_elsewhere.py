"""What a clone runs on its own machine: known in every other one, and changed in that one alone."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import forked
import pytest
from click.testing import CliRunner

import deepcat
from deepcat.catalog.values import Cloud
from deepcat.cli.main import cli
from deepcat.clouds.kind import Listing
from deepcat.errors import DeepcatError
from deepcat.host.machine import machine
from deepcat.loop.askable import out_of_reach, tunnel
from deepcat.loop.away import away
from deepcat.loop.observation import Observation
from deepcat.plan.values import State, Status
from deepcat.records.here import clone
from deepcat.records.record import Record
from deepcat.records.remote import UNPUSHED
from deepcat.records.store import Store

STATE = State(
    "demo", "tool", "1.0.0", "d", "serve", {}, "near", "host", Status.RUNNING, "wish", "",
    endpoints={"rest": "http://127.0.0.1:8501", "grpc": "127.0.0.1:8500"},
)  # fmt: skip
NEAR = {"near": Cloud("near", "clouds/near.yaml", "local", {"kind": "local"})}


def tagged(place: Path) -> None:
    place.mkdir(parents=True)
    (place / "owner.json").write_text("{}")


@pytest.mark.parametrize(
    ("at", "place", "by", "words"),
    [
        ("here", "catalog/.deepcat/local/demo", "", ""),
        (
            "here",
            "other/.deepcat/local/demo",
            "",
            "in another clone on this machine, at `{}/other`",
        ),
        # Its folder was moved, or deleted with all that ran in it: who looks here looks after it.
        ("here", "moved/.deepcat/local/demo", "", ""),
        ("here", "", "", ""),
        ("far", "catalog/.deepcat/local/demo", "", "on another machine (far)"),
        ("", "", "", ""),
        ("", "", "other", "in another clone"),
        ("", "", "here", ""),
    ],
)
def test_whose_machine_has_it_is_known(
    tmp_path: Path, at: str, place: str, by: str, words: str
) -> None:
    root = tmp_path / "catalog"
    for name in ("catalog", "other"):
        tagged(tmp_path / name / ".deepcat" / "local" / "demo")
        (tmp_path / name / "deepcat.yaml").touch()
    resources = {
        "machine": machine() if at == "here" else at,
        "place": place and str(tmp_path / place),
    }
    intent = {"run": "r", "clone": clone(root) if by == "here" else by} if by else {}
    record = Record(replace(STATE, resources=resources if at else {}), intent=intent)
    found = away(root, record, NEAR)
    assert (found.words if found else "") == words.format(tmp_path)
    far = {"near": replace(NEAR["near"], kind="outside")}
    assert at == "here" or away(root, record, far) is None, "any clone can reach such a cloud"


def test_what_lies_in_another_clone_on_this_machine_is_not_looked_for_in_this_one(
    tmp_path: Path,
) -> None:
    other = tmp_path / "other" / "demo"
    tagged(other)
    (tmp_path / "empty" / "demo").mkdir(parents=True)
    seen = Observation((Listing(machine="m", folder=str(tmp_path / "here")),))

    def covers(place: Path) -> bool:
        return seen.covers(replace(STATE, resources={"machine": "m", "place": str(place)}))

    assert covers(tmp_path / "here" / "demo")
    assert not covers(other)
    assert covers(tmp_path / "moved" / "demo")
    assert covers(tmp_path / "empty" / "demo"), "a folder without an owner tag is no deployment"


def test_an_endpoint_on_another_machines_loopback_is_out_of_reach() -> None:
    state = replace(STATE, resources={"machine": "far"})
    assert out_of_reach(state, "far") == ()
    assert out_of_reach(state, "here") == ("rest", "grpc")
    assert out_of_reach(replace(state, endpoints={"rest": "http://10.0.0.5:80"}), "here") == ()
    assert out_of_reach(STATE, "here") == (), "nobody knows on which machine it is"
    assert tunnel({"rest": "http://10.0.0.5:80/v1"}) == "ssh -N -L 80:10.0.0.5:80 HOST"
    assert tunnel(STATE.endpoints) == ("ssh -N -L 8501:127.0.0.1:8501 -L 8500:127.0.0.1:8500 HOST")


CATALOG = {
    "deepcat.yaml": "apiVersion: deepcat/v1\ntitle: T\n",
    "clouds/near.yaml": "apiVersion: deepcat/v1\nname: near\nkind: local\nsummary: S.\nprice: 0\n",
}
TUNNEL = "ssh -N -L 8501:127.0.0.1:8501 -L 8500:127.0.0.1:8500 HOST"


@pytest.mark.starts("a program")
@pytest.mark.parametrize(
    ("argv", "status", "words"),
    [
        (("status",), 0, ("is on another machine (far)", f"open a way to that machine: {TUNNEL}")),
        (("status", "--json"), 0, ('"out_of_reach": [', '"away": "on another machine (far)"')),
        (("predict", "demo", "--data", "-"), 1, ("cannot be reached from here", TUNNEL)),
        (("logs", "demo"), 1, ("`demo` cannot be reached", "run `deepcat logs demo` there")),
        (("plan",), 1, ("`demo` is on another machine (far), so that nothing can be done",)),
        (("apply", "--yes"), 1, ("`demo` is on another machine (far)",)),
        (("destroy", "demo", "--yes"), 1, ("can be taken down there alone",)),
        (("destroy", "--all", "--yes"), 1, ("is left as it is: it is on another machine",)),
        (("records", "forget", "demo", "--yes"), 0, ("demo: forgotten.",)),
    ],
)
def test_what_another_machine_has_is_said_by_every_command(
    git_tree_at: Callable[[Mapping[str, str]], Path],
    argv: tuple[str, ...],
    status: int,
    words: tuple[str, ...],
) -> None:
    root = git_tree_at(CATALOG)
    record = Record(replace(STATE, resources={"machine": "far", "place": "/far/demo"}))
    Store(root).update("demo", lambda _: record, "demo: runs")
    done = CliRunner().invoke(cli, ["-C", str(root), *argv], input='{"instances": [1]}')
    error = done.exception if isinstance(done.exception, DeepcatError) else None
    said = done.output + (f"{error.message} {error.hint}" if error else "")
    assert (error.exit_code if error else done.exit_code) == status
    for each in words:
        assert each in said
    kept = Store(root).read("demo")
    assert kept == (None if "forget" in argv else record)


@pytest.fixture
def clones(tool: Any, tmp_path: Path) -> Iterator[tuple[Any, Any]]:
    """The catalog of `tool` with a remote, and a second clone of that."""
    bare, other = tmp_path / "hub.git", tmp_path / "other"
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", bare], check=True)
    tool.git("remote", "add", "origin", str(bare))
    tool.git("push", "-q", "-u", "origin", "main")
    subprocess.run(["git", "clone", "-q", bare, other], check=True)
    second = type(tool)(other)
    yield tool, second
    second.deepcat("destroy", "--all", "--yes", ok=None)


@pytest.mark.starts("Ansible")
def test_a_second_clone_knows_it_and_leaves_it_alone(clones: tuple[Any, Any]) -> None:
    a, b = clones
    a.deepcat("apply", "--yes")
    (told,) = json.loads(b.deepcat("status", "--json"))
    assert (told["status"], told["away"]) == (
        "running",
        f"in another clone on this machine, at `{a.root}`",
    )
    assert "Plan: nothing to change" in b.deepcat("plan")
    assert "Nothing to do" in b.deepcat("apply", "--yes")
    said = b.deepcat("logs", "demo", ok=False)
    assert "logs/elsewhere" in said
    assert f"deepcat -C {a.root} logs demo" in said
    assert "run/elsewhere" in b.deepcat("destroy", "demo", "--yes", ok=False)
    assert "is left as it is" in b.deepcat("destroy", "--all", "--yes", ok=False)
    b.release("1.1.0", "mark")
    assert "`demo` is in another clone" in b.deepcat("plan", ok=False)
    b.write({"deployments/demo.yaml": None})
    assert "`demo` is in another clone" in b.deepcat("apply", "--yes", ok=False)
    assert a.mark("mark").exists()
    assert "records/here" in a.deepcat("records", "forget", "demo", "--yes", ok=False)
    a.deepcat("destroy", "demo", "--yes")
    assert not a.mark("mark").exists()


@pytest.mark.starts("Ansible")
def test_what_ran_in_a_clone_that_is_no_more_is_brought_up_or_forgotten(
    clones: tuple[Any, Any],
) -> None:
    a, b = clones
    a.deepcat("apply", "--yes")
    b.deepcat("records", "forget", "demo", "--yes")
    assert "Nothing is deployed." in b.deepcat("status")
    # Where it is known that it is gone, nothing needs to be forgotten.
    a.deepcat("apply", "--yes")
    shutil.rmtree(a.root / ".deepcat")
    b.git("fetch", "-q")
    (b.root / ".git" / "deepcat-fetched").unlink()
    assert "should run, but does not" in b.deepcat("status")
    b.deepcat("apply", "--yes")
    assert "running" in b.deepcat("status")


@pytest.mark.starts("Ansible")
def test_what_two_planned_only_one_does(clones: tuple[Any, Any]) -> None:
    a, b = clones
    catalog = deepcat.open(b.root)
    planned = catalog._world(None)
    a.deepcat("apply", "--yes")
    from deepcat.loop.carry_out import carry_out
    from deepcat.loop.jobs import jobs

    (outcome,) = carry_out(
        b.root,
        planned.tree,
        planned.commit,
        planned.catalog.clouds,
        jobs(planned.plan().changes, planned),
    )
    assert not outcome.begun
    assert outcome.failures[-1].code == "run/moved"
    assert "Nothing to do" in b.deepcat("apply", "--yes")


@pytest.mark.starts("Ansible")
def test_three_that_apply_at_once_do_it_once(clones: tuple[Any, Any]) -> None:
    a, b = clones
    argv = [sys.executable, "-m", "deepcat"]
    calls = [
        (a.root, "apply", "--yes"),
        (b.root, "apply", "--yes"),
        (b.root, "ci", "merge"),
    ]
    running = [
        forked.Popen([*argv, *words], cwd=at, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        for at, *words in calls
    ]
    said = [each.communicate()[0] for each in running]
    assert not [each for each in said if "Traceback" in each], said
    ends = (
        a.git("log", "--format=%s", "refs/remotes/origin/records") if a.git("fetch") == "" else ""
    )
    assert ends.count(" runs on ") == 1, (ends, said)
    assert sum("✓ demo" in each for each in said) == 1, said


@pytest.mark.starts("Ansible")
def test_who_may_not_push_is_told_before_anything_is_made(clones: tuple[Any, Any]) -> None:
    a, _ = clones
    hook = Path(a.git("remote", "get-url", "origin").strip(), "hooks", "pre-receive")
    hook.write_text("#!/bin/sh\necho 'records are the runner`s' >&2\nexit 1\n")
    hook.chmod(0o755)
    said = a.deepcat("apply", "--yes", ok=False)
    assert "records/refused" in said
    assert "records are the runner`s" in said
    assert not a.mark("mark").exists()
    a.git("config", "deepcat.recordsRemote", "none")
    a.deepcat("apply", "--yes")
    assert a.mark("mark").exists()


@pytest.mark.starts("Ansible")
def test_an_outcome_that_the_network_kept_from_the_remote_gets_there(
    clones: tuple[Any, Any], caplog: pytest.LogCaptureFixture
) -> None:
    a, b = clones
    bare = Path(a.git("remote", "get-url", "origin").strip())
    lost = bare.with_name("away.git")

    def lose(_: object) -> None:
        if bare.exists():
            bare.rename(lost)

    (outcome,) = deepcat.open(a.root).apply(progress=lose)
    assert outcome.ok
    assert "is recorded in this clone alone" in caplog.text
    assert "running" in a.deepcat("status")
    lost.rename(bare)
    assert "begun: create, not finished" in b.deepcat("status")
    (a.root / ".git" / "deepcat-fetched").unlink(missing_ok=True)
    assert "what was done here is at `origin` now" in a.deepcat("status")
    assert UNPUSHED not in a.git("for-each-ref")
    (b.root / ".git" / "deepcat-fetched").unlink()
    assert "running" in b.deepcat("status")
