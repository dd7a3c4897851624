"""Trees of the disk and of Git: the same files, and never one outside."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from deepcat.catalog.reading.open_tree import git_tree, work_tree
from deepcat.catalog.reading.tree import Tree, outline
from deepcat.errors import DeepcatError

GitTreeAt = Callable[[Mapping[str, str | bytes]], Path]
FILES: Mapping[str, str | bytes] = {
    "deepcat.yaml": "title: x\n",
    "modules/a/module.yaml": "name: a\n",
    "modules/a/ünï code.bin": b"\x00\xff" * 1000,
    "modules/a/empty": "",
    "modules/a/__pycache__/x.pyc": "junk",
    ".deepcat/cache/x": "junk",
    "_site/index.html": "junk",
}


def both(root: Path) -> tuple[Tree, Tree]:
    return work_tree(root), git_tree(root, "HEAD")


def test_both_trees_list_and_read_the_same(git_tree_at: GitTreeAt) -> None:
    root = git_tree_at(FILES)
    disk, commit = both(root)
    assert [e.path for e in disk.entries()] == [e.path for e in commit.entries()]
    assert [e.path for e in disk.entries("modules")] == [
        "modules/a/empty",
        "modules/a/module.yaml",
        "modules/a/ünï code.bin",
    ]
    for entry in disk.entries():
        assert disk.read(entry.path) == commit.read(entry.path)
        assert disk.size(entry.path) == commit.size(entry.path) == len(disk.read(entry.path))
    assert disk.commit == commit.commit


def test_a_commit_stays_as_it_was(git_tree_at: GitTreeAt) -> None:
    root = git_tree_at(FILES)
    before = git_tree(root, "main")
    (root / "deepcat.yaml").write_text("title: y\n")
    subprocess.run(["git", "-C", str(root), "commit", "-qam", "more"], check=True)
    assert before.read("deepcat.yaml") == b"title: x\n"
    assert git_tree(root, "main").read("deepcat.yaml") == b"title: y\n"
    assert git_tree(root, "main~1").commit == before.commit


def test_a_catalog_in_a_folder_of_a_repository(git_tree_at: GitTreeAt) -> None:
    root = git_tree_at({f"inner/{name}": content for name, content in FILES.items()}) / "inner"
    assert [e.path for e in git_tree(root, "HEAD").entries("modules")] == [
        e.path for e in work_tree(root).entries("modules")
    ]


@pytest.mark.parametrize(
    "path",
    [
        "../outside", "/etc/passwd", "modules/../deepcat.yaml", ".git/config", "modules",
        "modules/a/../../../x", "", ".", "deepcat.yaml/x", "modules//a/module.yaml", "a\0b",
        ".deepcat/cache/x", "modules/a/__pycache__/x.pyc", "link", "loop/module.yaml", "fifo",
    ],
)  # fmt: skip
def test_nothing_else_can_be_read(path: str, git_tree_at: GitTreeAt) -> None:
    root = git_tree_at(FILES)
    (root / "link").symlink_to("/etc/passwd")
    (root / "loop").symlink_to("modules/a", target_is_directory=True)
    os.mkfifo(root / "fifo")
    (root.parent / "outside").write_text("secret")
    for tree in both(root):
        with pytest.raises(FileNotFoundError):
            tree.read(path)
        assert tree.size(path) is None


def test_links_are_listed_and_not_followed(git_tree_at: GitTreeAt) -> None:
    root = git_tree_at(FILES)
    (root / "modules" / "b").symlink_to("a", target_is_directory=True)
    (root / "modules" / "a" / "far").symlink_to("/etc")
    subprocess.run(["git", "-C", str(root), "add", "-A"], check=True)
    subprocess.run(["git", "-C", str(root), "commit", "-qm", "links"], check=True)
    for tree in both(root):
        links = [entry.path for entry in tree.entries("modules") if entry.is_link]
        assert links == ["modules/a/far", "modules/b"]
        assert not any(entry.path.startswith("modules/b/") for entry in tree.entries())
        assert tree.entries("modules/b") == ()


def test_what_git_ignores_is_left_out(git_tree_at: GitTreeAt) -> None:
    root = git_tree_at(FILES | {".gitignore": "/modules/a/checkpoints/\n*.tmp\n"})
    (root / "modules" / "a" / "checkpoints").mkdir()
    (root / "modules" / "a" / "checkpoints" / "large.h5").write_text("x")
    (root / "modules" / "a" / "x.tmp").write_text("x")
    (root / "modules" / "a" / "new.txt").write_text("x")
    names = {entry.path.rpartition("/")[2] for entry in work_tree(root).entries("modules")}
    assert "new.txt" in names
    assert names.isdisjoint({"large.h5", "x.tmp"})


def test_without_git_the_disk_is_read_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "modules" / "a").mkdir(parents=True)
    (tmp_path / "modules" / "a" / "x").write_text("x")
    tree = work_tree(tmp_path)
    assert [entry.path for entry in tree.entries()] == ["modules/a/x"]
    assert tree.commit == ""


def test_a_fingerprint_changes_with_the_content(git_tree_at: GitTreeAt) -> None:
    root = git_tree_at(FILES)
    path = root / "modules" / "a" / "module.yaml"

    def fingerprint() -> str:
        entries = work_tree(root).entries("modules/a")
        return next(entry.fingerprint for entry in entries if entry.path.endswith("module.yaml"))

    before = fingerprint()
    path.write_text("name: b\n")
    assert fingerprint() != before


@pytest.mark.parametrize("name", ["none", "--help", "HEAD:deepcat.yaml", "", "main^{tree}"])
def test_no_such_commit(name: str, git_tree_at: GitTreeAt) -> None:
    root = git_tree_at(FILES)
    with pytest.raises(DeepcatError) as caught:
        git_tree(root, name)
    assert caught.value.code == "catalog/commit"
    assert caught.value.hint


def test_a_folder_that_git_vouches_for_is_not_looked_into(git_tree_at: GitTreeAt) -> None:
    root = git_tree_at(FILES | {"modules/b/x": "x", "modules/c/x": "x", "modules/note": "n"})
    (root / "modules" / "b" / "x").write_text("y")
    (root / "modules" / "d").mkdir()
    (root / "modules" / "d" / "new").write_text("n")
    (root / "modules" / "c" / "more").write_text("m")
    disk, commit = (outline(tree, "modules") for tree in both(root))
    assert set(disk.settled) == {"a"}
    assert [entry.path for entry in disk.entries] == [
        "modules/b/x", "modules/c/more", "modules/c/x", "modules/d/new", "modules/note",
    ]  # fmt: skip
    assert set(commit.settled) == {"a", "b", "c"}
    assert [entry.path for entry in commit.entries] == ["modules/note"]
    assert disk.settled["a"] == commit.settled["a"]


def test_a_folder_is_looked_into_where_git_cannot_vouch(git_tree_at: GitTreeAt) -> None:
    root = git_tree_at({f"inner/{name}": content for name, content in FILES.items()}) / "inner"
    assert set(outline(work_tree(root), "modules").settled) == {"a"}
    (root / "modules" / "a" / "empty").unlink()
    assert not outline(work_tree(root), "modules").settled
    subprocess.run(["git", "-C", str(root), "checkout", "-q", "."], check=True)
    assert outline(work_tree(root), "modules").settled
    subprocess.run(["git", "-C", str(root), "sparse-checkout", "set", "inner"], check=True)
    assert not outline(work_tree(root), "modules").settled


def test_an_outline_is_made_anew_and_ahead(git_tree_at: GitTreeAt) -> None:
    root = git_tree_at(FILES)
    tree = work_tree(root)
    tree.ask_ahead()
    assert outline(tree, "modules").settled
    entries = tree.entries("modules/a")
    assert tree.is_steady(entries)
    (root / "modules" / "a" / "empty").write_text("no more")
    assert not tree.is_steady(entries)
    assert not outline(tree, "modules").settled
    tree.ask_ahead()  # an answer that nobody takes ends with the tree
