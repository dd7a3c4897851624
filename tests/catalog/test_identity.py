"""A catalog's id: one for all clones, another for every other catalog, none where it is unknown."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from deepcat.catalog.identity import identity

_SETTINGS = "apiVersion: deepcat/v1\ntitle: {title}\n"
_WHO = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "commit.gpgsign=false")


def _git(root: Path, *argv: str) -> None:
    subprocess.run(["git", "-C", str(root), *_WHO, *argv], check=True, capture_output=True)


def _commit(root: Path, words: str) -> None:
    _git(root, "add", "--all")
    _git(root, "commit", "--quiet", "--allow-empty", "-m", words)


@pytest.fixture
def catalog(tmp_path: Path) -> Path:
    root = tmp_path / "catalog"
    root.mkdir()
    (root / "deepcat.yaml").write_text(_SETTINGS.format(title="One"), "utf-8")
    _git(root, "init", "--quiet", "-b", "main")
    _commit(root, "Begin")
    return root


def test_clones_share_the_id_however_far_they_have_gone(catalog: Path, tmp_path: Path) -> None:
    own = identity(catalog)
    assert len(own) == 12
    assert set(own) <= set("0123456789abcdef")
    _commit(catalog, "Go on")
    _git(tmp_path, "clone", "--quiet", str(catalog), "clone")
    _git(tmp_path, "clone", "--quiet", "--bare", str(catalog), "bare.git")
    places = (catalog, tmp_path / "clone", tmp_path / "bare.git")
    assert [identity(each) for each in (*places, *places)] == [own] * 6


def test_a_fork_under_another_title_is_another_catalog(catalog: Path, tmp_path: Path) -> None:
    _git(tmp_path, "clone", "--quiet", str(catalog), "fork")
    (tmp_path / "fork" / "deepcat.yaml").write_text(_SETTINGS.format(title="Two"), "utf-8")
    assert identity(tmp_path / "fork") != identity(catalog)


def test_another_history_in_the_same_folder_is_another_catalog(catalog: Path) -> None:
    before = identity(catalog)
    shutil.rmtree(catalog / ".git")
    _git(catalog, "init", "--quiet", "-b", "main")
    _commit(catalog, "Begin anew")
    assert identity(catalog) not in ("", before)


def test_the_file_may_give_it(catalog: Path) -> None:
    text = _SETTINGS.format(title="One")
    (catalog / "deepcat.yaml").write_text(f"{text}id: our-catalog\n", "utf-8")
    assert identity(catalog) == "our-catalog"
    (catalog / "deepcat.yaml").write_text(f"{text}id: ../elsewhere\n", "utf-8")
    assert "/" not in identity(catalog)


def test_a_clone_that_is_cut_off_does_not_know_it(catalog: Path, tmp_path: Path) -> None:
    _commit(catalog, "Go on")
    _git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{catalog}", "cut")
    cut = tmp_path / "cut"
    assert identity(cut) == ""
    _git(cut, "fetch", "--quiet", "--unshallow")
    assert identity(cut) == identity(catalog)


def test_a_folder_that_is_not_in_git_has_one_of_its_own(tmp_path: Path) -> None:
    found = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "deepcat.yaml").write_text(_SETTINGS.format(title="One"), "utf-8")
        found.append(identity(tmp_path / name))
    assert len(set(found)) == 2
    assert identity(tmp_path / "one") == found[0]
