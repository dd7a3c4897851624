"""`deepcat.yaml`: whoever shows a catalog reads on; whoever acts by it stops at a mistake."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner

from deepcat.catalog.reading.open_tree import git_tree, work_tree
from deepcat.catalog.settings import UNBOXED, does_without_box, read_settings, require_settings
from deepcat.cli.main import cli
from deepcat.errors import DeepcatError

Build = Callable[[Mapping[str, str | bytes]], Path]

SOUND = "apiVersion: deepcat/v1\ntitle: T\nquotas: {ada: {accelerators: 2}}\n"
BROKEN: dict[str, str | bytes] = {
    "no YAML": "quotas: [\n",
    "no mapping": "- quotas\n",
    "empty": "",
    "not text": b"\xff\xfe",
    "a key twice": SOUND + "title: U\n",
    "a quota in words": SOUND.replace(": 2", ": two"),
    "a mistyped quota": SOUND.replace("accelerators", "acelerators"),
    "mistyped quotas": SOUND.replace("quotas", "qoutas"),
    "nobody who may call": SOUND + "access: {}\n",
    "no keys": SOUND + "access: {keys: {}}\n",
    "limits of nobody": SOUND + "access: {limits: {rate: 1}}\n",
    "a key in the file": SOUND + "access: {keys: {ada: {secret: hunter2}}}\n",
}


def test_what_is_sound_is_read(git_tree_at: Build) -> None:
    tree = work_tree(git_tree_at({"deepcat.yaml": SOUND}))
    assert require_settings(tree)["quotas"] == {"ada": {"accelerators": 2}}
    assert require_settings(tree) == read_settings(tree)
    guarded = f"{SOUND}access: {{keys: {{ada: {{secret: env:DEEPCAT_WORKLOAD_A}}}}}}\n"
    assert "access" in require_settings(work_tree(git_tree_at({"deepcat.yaml": guarded})))


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_a_mistake_stops_whoever_acts_by_it(git_tree_at: Build, text: str | bytes) -> None:
    root = git_tree_at({"deepcat.yaml": text})
    with pytest.raises(DeepcatError) as caught:
        require_settings(work_tree(root))
    assert caught.value.code == "catalog/settings"
    assert caught.value.message.startswith("deepcat.yaml")
    assert caught.value.hint
    assert isinstance(read_settings(work_tree(root)), Mapping)


def test_a_commit_from_before_the_catalog_began(git_tree_at: Build) -> None:
    root = git_tree_at({"note": "hello\n"})
    with pytest.raises(DeepcatError, match="holds no") as caught:
        require_settings(git_tree(root, "HEAD"))
    assert caught.value.code == "catalog/none"
    assert read_settings(git_tree(root, "HEAD")) == {}
    commit = git_tree(root, "HEAD").commit
    (root / "deepcat.yaml").write_text(SOUND)
    for command in (["plan"], ["apply", "--yes"], ["ci", "merge"], ["ci", "watch"]):
        done = CliRunner().invoke(cli, ["-C", str(root), *command, "--commit", commit])
        assert isinstance(done.exception, DeepcatError), (command, done.output)
        assert (done.exception.code, done.exception.exit_code) == ("catalog/none", 1)


@pytest.mark.parametrize(
    ("settings", "variable", "without"),
    [
        ({}, None, False),
        ({"unboxed": True}, None, True),
        ({"unboxed": "yes"}, None, False),
        ({"unboxed": False}, "1", True),
        ({}, "0", False),
        ({}, "true", False),
    ],
)
def test_code_runs_without_a_box_only_where_that_is_said(
    settings: dict[str, object],
    variable: str | None,
    without: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv(UNBOXED, raising=False)
    if variable is not None:
        monkeypatch.setenv(UNBOXED, variable)
    assert does_without_box(settings) is without
