"""Git as a workflow or a hook uses it, on real repositories."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from deepcat.catalog.reading.open_tree import git_tree
from deepcat.errors import DeepcatError
from deepcat.forge.bare import Bare
from deepcat.forge.git import Repository, Slice, signed_in
from deepcat.forge.values import Issue, Part, Proposal

Build = Callable[[Mapping[str, str | bytes]], Path]
FILES = {
    "deployments/a.yaml": "1",
    "modules/m/module.yaml": "1",
    "modules/m/old.bin": b"\0",
    "x": "y",
}


def commit(root: Path, files: Mapping[str, str | None]) -> str:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink() if text is None else path.write_text(text)
    git = Repository(root)
    git("add", "-A")
    git("commit", "-q", "-m", "more")
    return git.commit("HEAD")


def test_a_slice_is_as_the_whole_tree(git_tree_at: Build) -> None:
    root = git_tree_at(FILES)
    (root / "modules/m/link").symlink_to("/etc/passwd")
    head = commit(root, {})
    part, whole = Slice(Repository(root), head), git_tree(root, head)
    for under in ("", "modules/m", "modules", "none"):
        assert part.entries(under) == whole.entries(under)
    assert part.read("modules/m/old.bin") == b"\0"
    assert (part.size("x"), part.size("none")) == (1, None)
    odd = (
        "none",
        "modules",
        "",
        "../x",
        "modules/../x",
        "/x",
        "x\0",
        "./x",
        "modules/m/link",
        "x/",
    )
    for path in odd:
        with pytest.raises(FileNotFoundError):
            part.read(path)


def test_changes_are_told_without_guessing_at_renames(git_tree_at: Build) -> None:
    root = git_tree_at(FILES)
    before = Repository(root).commit("HEAD")
    after = commit(root, {"x": None, "z": "y", "deployments/a.yaml": "2", "odd\tname é": "1"})
    assert Repository(root).changed(before, after) == (
        ("M", "deployments/a.yaml"),
        ("A", "odd\tname é"),
        ("D", "x"),
        ("A", "z"),
    )


def test_a_commit_of_parts_brings_folders_and_files_back(git_tree_at: Build) -> None:
    root = git_tree_at(FILES)
    git = Repository(root)
    good = git.commit("HEAD")
    main = commit(
        root,
        {"modules/m/module.yaml": "2", "modules/m/new": "2", "deployments/a.yaml": "2", "new": ""},
    )
    parts: dict[str, Part | None] = {
        "modules/m": git.part(good, "modules/m"),
        "deployments/a.yaml": git.part(good, "deployments/a.yaml"),
        "new": None,
    }
    status = git("status", "--porcelain")
    sha = git.put_commit("deepcat/revert/a", main, parts, "Back\n\nWords.")
    assert Repository(root).changed(good, sha) == ()
    assert git.put_commit("deepcat/revert/a", main, parts, "Back\n\nWords.") == sha
    assert git.put_commit("deepcat/revert/a", main, parts, "Other words") != sha
    assert git.put_commit("deepcat/none", good, parts | {"new": None}, "x") == ""
    assert git("status", "--porcelain") == status
    # Seen from a folder inside, the parts are named from the repository's root all the same.
    inside = Repository(root / "modules")
    assert inside.prefix == "modules/"
    assert inside.put_commit("deepcat/inside", main, parts, "x")
    assert git.changed(good, "deepcat/inside") == ()
    git.delete_branch("deepcat/inside")
    assert git.branches("deepcat") == ("deepcat/revert/a",)


def test_a_bare_repository_is_an_inbox(git_tree_at: Build) -> None:
    root = git_tree_at(FILES)
    git = Repository(root)
    inbox = Bare(git)
    assert inbox.put_issue(Issue("mend/a", "a fails", "No GPU.")) == "deepcat/mend/a"
    words = git("log", "-1", "--format=%B", "deepcat/mend/a").decode()
    assert words.strip() == "a fails\n\nNo GPU."
    assert git.changed("main", "deepcat/mend/a") == ()
    gone = Proposal("revert/a", "main", "Back", "b", {"deployments/a.yaml": None})
    assert inbox.put_proposal(gone) == "deepcat/revert/a"
    assert inbox.open_keys() == {"mend/a", "revert/a"}
    inbox.close("mend/a", "mended")
    inbox.close("mend/a", "mended")
    assert inbox.open_keys() == {"revert/a"}
    nothing = Proposal("revert/b", "main", "Back", "b", {"deployments/none.yaml": None})
    assert inbox.put_proposal(nothing) == ""


def test_what_git_refuses_is_told_in_its_words(git_tree_at: Build, tmp_path: Path) -> None:
    root = git_tree_at(FILES)
    with pytest.raises(DeepcatError) as caught:
        Repository(root)("checkout", "no-such-branch")
    assert caught.value.code == "git/failed"
    assert "no-such-branch" in caught.value.message
    with pytest.raises(DeepcatError):
        Repository(root).fetch("/nowhere", "main")


def test_git_s_own_variables_do_not_lead_astray(
    git_tree_at: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = git_tree_at(FILES)
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    monkeypatch.setenv("GIT_INDEX_FILE", "/nowhere/index")
    assert Repository(root).commit("main")


def test_a_token_is_shown_to_its_server_alone_and_stands_in_no_environment(
    git_tree_at: Build,
) -> None:
    root = git_tree_at(FILES)
    before = os.environ.get("GIT_CONFIG_GLOBAL")
    with signed_in("https://forge.example", "ghs_secret"):
        path = Path(os.environ["GIT_CONFIG_GLOBAL"])
        assert path.stat().st_mode & 0o077 == 0
        assert all("ghs_secret" not in value for value in os.environ.values())
        urls = (
            "https://forge.example/a/b",
            "https://forge.example.evil/a",
            "https://other.example/",
        )
        found = [
            subprocess.run(
                ["git", "-C", str(root), "config", "--get-urlmatch", "http.extraheader", url],
                capture_output=True, text=True, check=False,
            ).stdout
            for url in urls
        ]  # fmt: skip
        assert found[0].startswith("AUTHORIZATION: basic ")
        assert found[1:] == ["", ""]
    assert os.environ.get("GIT_CONFIG_GLOBAL") == before
    assert not path.exists()


def test_which_commits_came_later(git_tree_at: Build) -> None:
    root = git_tree_at(FILES)
    git = Repository(root)
    first = git.commit("HEAD")
    second, third = commit(root, {"x": "1"}), commit(root, {"x": "2"})
    git("checkout", "-q", "-b", "aside", first)
    aside = commit(root, {"x": "3"})
    others = [first, third, aside, "", "0" * 40, "not a commit"[:0]]
    assert git.later(second, others) == {third}
    assert git.later(first, others) == {third, aside}
    assert git.later(third, others) == frozenset()
    assert git.later(first, []) == frozenset()
