"""The hook of a bare repository: what it writes, and what a push sets going."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from deepcat.cli.main import cli
from deepcat.errors import DeepcatError


def install(*argv: str) -> Any:
    return CliRunner().invoke(cli, ["ci", "hook", "install", *argv])


def test_it_writes_a_hook_that_names_this_very_python(place: Callable[..., Any]) -> None:
    found = place()
    assert install(str(found.origin)).exit_code == 0
    hook = found.origin / "hooks" / "post-receive"
    assert os.access(hook, os.X_OK)
    assert sys.executable in hook.read_text()
    # It may be written again, and says the branch and the website's folder.
    assert install(str(found.origin), "--branch", "trunk; id", "--site", "x y").exit_code == 0
    assert "'trunk; id'" in hook.read_text()
    assert f"'{Path('x y').resolve()}'" in hook.read_text()


@pytest.mark.parametrize("name", ["pre-receive", "post-receive"])
def test_it_does_not_take_the_place_of_somebody_else_s(
    place: Callable[..., Any], name: str
) -> None:
    found = place()
    hook = found.origin / "hooks" / name
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nmail -s pushed root\n")
    done = install(str(found.origin))
    assert isinstance(done.exception, DeepcatError)
    assert "somebody else" in done.exception.message
    assert "mail" in hook.read_text()
    assert [each.name for each in hook.parent.glob("*-receive")] == [name]
    assert install(str(found.origin), "--force").exit_code == 0


@pytest.mark.parametrize("where", ["clone", "nothing"])
def test_only_a_bare_repository_has_such_a_hook(place: Callable[..., Any], where: str) -> None:
    found = place()
    folder = found.root if where == "clone" else found.folder
    done = install(str(folder))
    assert isinstance(done.exception, DeepcatError)
    assert done.exception.exit_code == 2


def push(found: Any, *argv: str) -> str:
    done = subprocess.run(
        ["git", "push", "origin", *argv], cwd=found.root, capture_output=True, text=True, check=True
    )
    return done.stderr


def test_a_branch_is_reviewed_and_nothing_is_applied(
    place: Callable[..., Any], wish: Callable[..., str]
) -> None:
    found = place()
    install(str(found.origin))
    found.git("checkout", "-q", "-b", "mine/with-a-slash")
    found.write({"deployments/demo.yaml": wish(profile="serv")})
    found.commit("mistake")
    said = push(found, "mine/with-a-slash")
    assert "deployments/demo.yaml:" in said
    assert "did you mean `serve`?" in said
    assert "records" not in found.git("for-each-ref", at=found.origin)


@pytest.mark.tensorflow
def test_a_branch_is_planned_and_its_samples_are_tried(
    place: Callable[..., Any], wish: Callable[..., str]
) -> None:
    """What a review says on a forge, it says here: findings, samples, plan, and who is asked."""
    found = place()
    install(str(found.origin))
    found.git("checkout", "-q", "-b", "mine")
    found.edit("modules/half-plus-two/module.yaml", "[2.5, 3.0, 4.5]", "[9.5, 3.0, 4.5]")
    found.write({"deployments/demo.yaml": wish()})
    found.commit("rewritten")
    said = push(found, "mine")
    assert "half-plus-two 1.0.0: 4 passed" in said
    assert "the sample `three-numbers` of version 1.0.0 fails" in said
    assert "+ demo: create (half-plus-two 1.0.0)" in said
    assert "modules/half-plus-two changes a module of others: deepcat-founders may" in said
    assert "mine: 1 thing to mend" in said


def test_a_tag_is_left_alone(place: Callable[..., Any]) -> None:
    found = place()
    install(str(found.origin))
    assert "remote:" not in push(found, "main:refs/tags/v1")
    assert "remote:" not in push(found, "--delete", "v1")


def test_a_repository_without_a_catalog_takes_pushes_as_ever(tmp_path: Path) -> None:
    bare, clone = tmp_path / "b.git", tmp_path / "c"
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(bare)], check=True)
    install(str(bare))
    subprocess.run(["git", "init", "-q", "-b", "main", str(clone)], check=True)
    git = ["git", "-C", str(clone)]
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "x"], check=True)
    argv = [*git, "push", str(bare), "main"]
    done = subprocess.run(argv, capture_output=True, text=True, check=True)
    assert "no catalog here" in done.stderr


def test_a_refused_wish_waits_as_a_branch_that_says_why(
    place: Callable[..., Any], wish: Callable[..., str]
) -> None:
    found = place()
    install(str(found.origin))
    wanted = wish(accelerator={"models": ["H100"], "count": 8})
    found.write({"deployments/demo.yaml": wanted})
    found.commit("wish")
    said = push(found, "main")
    assert "! demo: refused" in said
    assert "H100" in said, "the pusher reads why"
    assert "demo: what to mend is said: deepcat/mend/demo" in said
    words = found.git("log", "-1", "--format=%B", "deepcat/mend/demo", at=found.origin)
    assert "H100" in words
    base = found.git("rev-parse", "main", at=found.origin)
    assert found.git("rev-parse", "deepcat/mend/demo~1", at=found.origin) == base
    # The wish is taken back: nothing has to be mended any more.
    found.write({"deployments/demo.yaml": None})
    found.commit("no more")
    push(found, "main")
    assert "deepcat/mend" not in found.git("for-each-ref", at=found.origin)


def test_what_a_killed_checkout_left_does_not_stop_the_next_one(place: Callable[..., Any]) -> None:
    found = place()
    install(str(found.origin))
    for text in ("one\n", "two\n"):
        found.write({"README.md": text})
        found.commit(text)
        said = push(found, "main")
        assert "Nothing is due." in said
        assert (found.origin / "catalog/README.md").read_text() == text
        lock = found.git("rev-parse", "--git-path", "index.lock", at=found.origin / "catalog")
        Path(lock.strip()).touch()
