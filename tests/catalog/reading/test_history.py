"""Which versions of a module history tells of; the cases are data and become real repositories."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from deepcat.catalog.reading.history import Carried, History

CASES = yaml.safe_load((Path(__file__).parents[1] / "history.yaml").read_text())
NAME = "demo"


class Story:
    """A repository in which things happen, and the commits that have a name."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = root / "modules" / NAME
        self.commits: dict[str, str] = {}
        self.git("init", "-q", "-b", "main", ".")

    def git(self, *argv: str) -> str:
        argv = ("git", "-C", str(self.root), *argv)
        return subprocess.run(argv, check=True, capture_output=True, text=True).stdout.strip()

    def do(self, step: Mapping[str, Any]) -> None:
        (word, value) = next(iter(step.items()))
        getattr(self, f"_{word.replace('-', '_')}")(value)
        if word not in ("branch", "merge", "tag", "revert", "back", "octopus", "shallow"):
            self.git("add", "-A")
            self.git("commit", "-q", "--allow-empty", "-m", word)
        if "as" in step:
            self.commits[step["as"]] = self.git("rev-parse", "HEAD")

    def put(self, path: str, text: str) -> None:
        file = self.root / "modules" / path
        if file.parent.is_file():
            file.parent.unlink()
        file.parent.mkdir(parents=True, exist_ok=True)
        file.unlink(missing_ok=True)
        file.write_text(text)

    def _write(self, version: str) -> None:
        self.put(f"{NAME}/module.yaml", f"name: {NAME}\nversion: {version}\n")

    def _text(self, text: str) -> None:
        self.put(f"{NAME}/module.yaml", text)

    def _touch(self, name: str) -> None:
        self.put(f"{NAME}/{name}", "changed\n")

    def _other(self, version: str) -> None:
        self.put("other/module.yaml", f"name: other\nversion: {version}\n")

    def _other_becomes(self, name: str) -> None:
        self.git("mv", "modules/other", f"modules/{name}")

    def _remove(self, _: bool) -> None:
        self.git("rm", "-rq", f"modules/{NAME}")

    def _rename(self, name: str) -> None:
        self.git("mv", f"modules/{NAME}", f"modules/{name}")

    def _drop(self, name: str) -> None:
        self.put(f"{NAME}/README.md", "stays\n")
        (self.folder / name).unlink()

    def _link(self, name: str) -> None:
        self.put(f"{NAME}/real.yaml", (self.folder / name).read_text())
        (self.folder / name).unlink()
        (self.folder / name).symlink_to("real.yaml")

    def _file_instead(self, _: bool) -> None:
        self._remove(True)
        self.folder.parent.mkdir(exist_ok=True)
        self.folder.write_text("no folder\n")

    def _nothing(self, _: bool) -> None:
        pass

    def _tag(self, name: str) -> None:
        self.git("tag", "-f", name)

    def _branch(self, name: str) -> None:
        self.git("switch", "-q", "-c", name)

    def _back(self, _: bool) -> None:
        self.git("switch", "-q", "main")

    def _merge(self, name: str) -> None:
        self._back(True)
        self.git("merge", "-q", "--no-ff", "-m", "merge", name)

    def _octopus(self, names: list[str]) -> None:
        self.git("merge", "-q", "--no-ff", "-m", "merge", *names)

    def _revert(self, name: str) -> None:
        self.git("revert", "--no-edit", self.commits[name])

    def _shallow(self, depth: int) -> None:
        other = self.root / "cut"
        subprocess.run(
            ["git", "clone", "-q", "--depth", str(depth), f"file://{self.root}", str(other)],
            check=True,
        )
        self.root = other


@pytest.mark.parametrize("case", [pytest.param(each, id=each["name"]) for each in CASES])
def test_versions_in_history(case: Mapping[str, Any], tmp_path: Path) -> None:
    story = Story(tmp_path)
    for step in case["do"]:
        story.do(step)
    head = story.git("rev-parse", "HEAD")
    names = {commit: name for name, commit in story.commits.items()}
    found = History(story.root, head).of([NAME])[NAME]
    assert [f"{each.version or 'none'} {names.get(each.commit)}" for each in found] == case["tell"]
    for each in found:
        if each.folder:
            assert each.folder == story.git("rev-parse", f"{each.commit}:modules/{NAME}")
    assert _step_by_step(story, head) == found


def _step_by_step(story: Story, head: str) -> tuple[Carried, ...]:
    """What is found when every commit is asked in turn, with what was kept of those before."""
    rows: dict[str, str] = {}
    found: tuple[Carried, ...] = ()
    for commit in reversed(story.git("rev-list", "--first-parent", head).split()):
        history = History(story.root, commit)
        history.rows = rows
        found = history.of([NAME])[NAME]
        rows = history.rows
    return found


@pytest.fixture
def story(tmp_path: Path) -> Story:
    """Two versions, then a branch beside main that holds a third."""
    story = Story(tmp_path)
    for step in (
        {"write": "1.0.0", "as": "a"},
        {"write": "1.1.0", "as": "b"},
        {"branch": "side"},
        {"write": "9.9.9", "as": "side"},
        {"back": True},
    ):
        story.do(step)
    return story


@pytest.mark.parametrize(
    ("commit", "name", "version"),
    [
        ("a", NAME, "1.0.0"),
        ("b", NAME, "1.1.0"),
        ("side", NAME, None),  # nobody agreed to it: it did not lead here
        ("a", "other", None),
        ("a", "../demo", None),
        ("main", NAME, None),  # a record names a hash
        ("", NAME, None),
        ("--help", NAME, None),
        ("0" * 40, NAME, None),
    ],
)
def test_a_module_at_a_commit(story: Story, commit: str, name: str, version: str | None) -> None:
    history = History(story.root, story.git("rev-parse", "main"))
    found = history.at(story.commits.get(commit, commit), name)
    assert (found.version if found else None) == version


@pytest.mark.parametrize("name", ["..", "a/../demo", ":(glob)*", ":!demo", "-x", "demo\n", ""])
def test_names_that_are_none_are_not_asked(story: Story, name: str) -> None:
    history = History(story.root, story.git("rev-parse", "main"))
    assert history.of([name]) == {}


CONFIGURED = (
    ("log.follow", "true"), ("log.showRoot", "false"), ("log.diffMerges", "combined"),
    ("log.showSignature", "true"), ("diff.renames", "copies"), ("diff.relative", "true"),
    ("diff.orderFile", "/dev/null"), ("core.quotePath", "true"), ("color.ui", "always"),
    ("log.date", "relative"), ("format.pretty", "fuller"), ("core.abbrev", "7"),
)  # fmt: skip


def test_a_persons_configuration_changes_nothing(story: Story) -> None:
    story.do({"merge": "side", "as": "m"})
    head = story.git("rev-parse", "HEAD")
    plain = History(story.root, head).of([NAME])[NAME]
    assert [each.version for each in plain] == ["9.9.9", "1.1.0", "1.0.0"]
    for key, value in CONFIGURED:
        story.git("config", key, value)
        assert History(story.root, head).of([NAME])[NAME] == plain, key


def test_a_catalog_in_a_folder_of_the_repository(tmp_path: Path) -> None:
    story = Story(tmp_path)
    (tmp_path / "inner").mkdir()
    story.do({"write": "7.0.0"})
    inner = Story.__new__(Story)
    inner.root, inner.folder, inner.commits = (
        tmp_path / "inner", tmp_path / "inner/modules" / NAME, {},
    )  # fmt: skip
    inner.do({"write": "1.0.0", "as": "a"})
    inner.do({"write": "1.1.0", "as": "b"})
    history = History(inner.root, inner.git("rev-parse", "HEAD"))
    assert [each.version for each in history.of([NAME])[NAME]] == ["1.1.0", "1.0.0"]
    found = history.at(inner.commits["a"], NAME)
    assert found is not None
    assert found.version == "1.0.0"
    (path,) = history.entries(NAME, found.folder)
    assert path == f"modules/{NAME}/module.yaml"


def test_what_is_kept_of_another_history_is_not_believed(story: Story) -> None:
    head, side = story.git("rev-parse", "main"), story.commits["side"]
    other = History(story.root, side)
    assert [each.version for each in other.of([NAME])[NAME]] == ["9.9.9", "1.1.0", "1.0.0"]
    history = History(story.root, head)
    history.rows = dict(other.rows)
    assert [each.version for each in history.of([NAME])[NAME]] == ["1.1.0", "1.0.0"]
    assert {key.partition(" ")[2] for key in history.rows} == {head, side}


def test_one_call_for_all_modules(
    git_tree_at: Callable[[Mapping[str, str]], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many modules are asked for, Git walks the history once, and not again later."""
    names = [f"m{number}" for number in range(40)]
    root = git_tree_at({f"modules/{name}/module.yaml": "version: 1.0.0\n" for name in names})
    log = root / "trace.txt"
    monkeypatch.setenv("GIT_TRACE", str(log))
    commit = (root / ".git/refs/heads/main").read_text().strip()
    history = History(root, commit)
    assert {each[0].version for each in history.of(names).values()} == {"1.0.0"}
    again = History(root, commit)
    again.rows = history.rows
    assert again.of(names) == history.of(names)
    assert log.read_text().count("built-in: git log") == 1
