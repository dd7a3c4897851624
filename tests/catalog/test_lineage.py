"""Which versions modules have had, as Git's history of the branch tells."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from deepcat.catalog.lineage import MOST, Lineage, lineage
from deepcat.catalog.reading.open_tree import work_tree


class Repository:
    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir()
        self.git("init", "-q", "-b", "main")

    def git(self, *words: str) -> str:
        who = {f"GIT_{kind}_{part}": "a@b.c" for kind in ("AUTHOR", "COMMITTER")
               for part in ("NAME", "EMAIL")}  # fmt: skip
        environment = {**os.environ, **who, "GIT_CONFIG_GLOBAL": os.devnull}
        done = subprocess.run(
            ["git", *words], cwd=self.root, env=environment, capture_output=True, check=True
        )
        return done.stdout.decode().strip()

    def commit(self, **versions: str) -> str:
        """Change modules: to a version, `-` takes one away, another word goes into its README."""
        for name, version in versions.items():
            folder = self.root / "modules" / name
            folder.mkdir(parents=True, exist_ok=True)
            if version == "-":
                self.git("rm", "-rq", f"modules/{name}")
            elif version[0].isdigit():
                (folder / "module.yaml").write_text(f"name: {name}\nversion: {version}\n")
            else:
                (folder / "README.md").write_text(version)
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", "change")
        return self.git("rev-parse", "HEAD")

    def told(self, file: Path | None = None) -> dict[str, list[str]]:
        found = lineage(self.root, self.git("rev-parse", "HEAD"), file)
        return {name: [each.version for each in versions] for name, versions in found.items()}


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "catalog")


def test_versions_stand_the_newest_first_and_one_alone_is_none(repository: Repository) -> None:
    first = repository.commit(a="1.0.0", b="1.0.0")
    repository.commit(a="words")
    last = repository.commit(a="1.1.0")
    assert repository.told() == {"a": ["1.1.0", "1.0.0"]}
    found = lineage(repository.root, last, None)["a"]
    assert found[0].commit == last
    assert found[1].commit not in (first, last), "the words came while it was 1.0.0"
    assert found[0].date[4] == "-"


def test_what_is_kept_is_told_again_and_what_came_since_is_added(
    repository: Repository, tmp_path: Path
) -> None:
    file = tmp_path / "kept" / "lineage.txt"
    repository.commit(a="1.0.0", b="1.0.0")
    assert repository.told(file) == {}
    repository.commit(a="1.1.0")
    assert repository.told(file) == {"a": ["1.1.0", "1.0.0"]}
    repository.commit(a="1.2.0", b="words")
    repository.commit(b="2.0.0")
    whole = {"a": ["1.2.0", "1.1.0", "1.0.0"], "b": ["2.0.0", "1.0.0"]}
    assert repository.told(file) == repository.told(None) == whole
    assert repository.told(file) == whole


def test_another_branch_does_not_mix_with_what_is_kept(
    repository: Repository, tmp_path: Path
) -> None:
    file = tmp_path / "lineage.txt"
    repository.commit(a="1.0.0")
    repository.git("checkout", "-qb", "side")
    repository.commit(a="1.5.0")
    assert repository.told(file) == {"a": ["1.5.0", "1.0.0"]}
    repository.commit(a="2.0.0")
    repository.git("checkout", "-q", "main")
    assert repository.told(file) == {}
    repository.git("merge", "-q", "--no-ff", "side")
    assert repository.told(file) == {"a": ["2.0.0", "1.0.0"]}, "1.5.0 was never on this branch"


def test_a_module_that_went_and_came_again(repository: Repository, tmp_path: Path) -> None:
    file = tmp_path / "lineage.txt"
    for version in ("1.0.0", "1.1.0", "-", "3.0.0"):
        repository.commit(a=version)
        repository.told(file)
    assert repository.told(file) == repository.told(None) == {"a": ["3.0.0", "1.1.0", "1.0.0"]}


def test_what_is_no_version_and_no_name_is_left_out(repository: Repository) -> None:
    folder = repository.root / "modules" / "a"
    folder.mkdir(parents=True)
    for version in ("../x", "1.0.0", "[1]", "1.0.0/..", "2.0.0"):
        (folder / "module.yaml").write_text(f"version: {version}\n")
        repository.commit(**{"B_d": "1.0.0"})
    assert repository.told() == {"a": ["2.0.0", "1.0.0"]}


def test_only_the_newest_are_told(repository: Repository) -> None:
    for number in range(MOST + 3):
        repository.commit(a=f"1.{number}.0")
    found = repository.told()["a"]
    assert (len(found), found[0]) == (MOST, f"1.{MOST + 2}.0")


@pytest.mark.parametrize("more", ["model: text", "samples: 7", "title: [", "version: 9.9.9", ""])
def test_what_the_schema_does_not_take_is_not_opened(repository: Repository, more: str) -> None:
    repository.commit(a="1.0.0")
    file = repository.root / "modules" / "a" / "module.yaml"
    file.write_text(f"{file.read_text()}{more}\n")
    repository.commit()
    repository.commit(a="2.0.0")
    commit = repository.git("rev-parse", "HEAD")
    known = lineage(repository.root, commit, None)
    past = Lineage(repository.root, work_tree(repository.root), known)
    assert [past.opened(name, each) for name, found in known.items() for each in found] in (
        [None, None],
        [],
    )


def test_without_git_nothing_is_told(tmp_path: Path) -> None:
    assert lineage(tmp_path, "", None) == {}
    assert lineage(tmp_path, "0" * 40, None) == {}
