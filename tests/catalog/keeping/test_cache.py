"""Verdicts are kept, and never believed when they should not be."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from deepcat.catalog import check
from deepcat.catalog.check import examine
from deepcat.catalog.reading.open_tree import git_tree, work_tree
from deepcat.catalog.reading.tree import Tree
from deepcat.catalog.reading.units import Unit

OLD = 1_700_000_000


@pytest.fixture
def root(git_tree_at: Callable[..., Path], base_files: Mapping[str, bytes]) -> Path:
    """The base catalog on the disk, written some time ago."""
    root = git_tree_at(base_files)
    for path in root.rglob("*"):
        if path.is_file() and ".git" not in path.parts:
            os.utime(path, (OLD, OLD))
    return root


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths of the units that are judged anew."""
    seen: list[str] = []
    before = check.judge_all

    def spy(tree: Tree, units: Sequence[Unit], settings: Mapping[str, object]) -> object:
        seen.extend(unit.path for unit in units)
        return before(tree, units, settings)

    monkeypatch.setattr(check, "judge_all", spy)
    return seen


def kept(root: Path) -> Path:
    return root / ".deepcat" / "cache" / "check-work.txt"


def test_only_what_changed_is_judged_anew(root: Path, judged: list[str]) -> None:
    first = examine(work_tree(root)).findings
    assert len(judged) == 5
    judged.clear()
    assert examine(work_tree(root)).findings == first
    assert judged == []
    (root / "modules" / "other" / "README.md").write_text("<script>")
    found = examine(work_tree(root)).findings
    assert judged == ["modules/other"]
    assert [finding.code for finding in found] == ["markdown/html"]
    judged.clear()
    assert examine(work_tree(root), cached=False).findings == found
    assert len(judged) == 5


def test_findings_survive_the_cache(root: Path, judged: list[str]) -> None:
    (root / "modules" / "other" / "module.yaml").write_text("name: {{ a }}\ntitle: 3\n")
    os.utime(root / "modules" / "other" / "module.yaml", (OLD, OLD))
    first = examine(work_tree(root)).findings
    judged.clear()
    assert examine(work_tree(root)).findings == first
    assert judged == []
    assert first


def test_the_catalogs_own_limits_count(root: Path, judged: list[str]) -> None:
    examine(work_tree(root))
    judged.clear()
    marker = root / "deepcat.yaml"
    marker.write_text(marker.read_text() + "limits: {weights_MB: 0.001}\n")
    found = examine(work_tree(root)).findings
    assert len(judged) == 5
    assert "file/size" in {finding.code for finding in found}


def test_a_unit_that_went_takes_its_findings_along(root: Path) -> None:
    (root / "clouds" / "far.yaml").write_text("a")
    assert examine(work_tree(root)).findings
    (root / "clouds" / "far.yaml").unlink()
    assert examine(work_tree(root)).findings == ()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda content: b"",
        lambda content: b"[" * 100_000,
        lambda content: content[:-1],
        lambda content: content.partition(b"\n")[0],
        lambda content: content.partition(b"\n")[2],
        lambda content: content.replace(b"plain", b"plane"),
        lambda content: content.replace(b"{", b"[", 1),
        lambda content: b"\xff" + content,
    ],
)
def test_a_broken_cache_is_passed_over(
    spoil: Callable[[bytes], bytes], root: Path, judged: list[str]
) -> None:
    wanted = examine(work_tree(root)).findings
    kept(root).write_bytes(spoil(kept(root).read_bytes()))
    judged.clear()
    assert examine(work_tree(root)).findings == wanted
    assert len(judged) == 5


def test_another_version_of_deepcat_starts_anew(
    root: Path, judged: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    examine(work_tree(root))
    judged.clear()
    monkeypatch.setattr("deepcat.catalog.keeping.cache._code_fingerprint", lambda: "another")
    examine(work_tree(root))
    assert len(judged) == 5


def test_a_cache_that_cannot_be_written_costs_nothing(root: Path) -> None:
    (root / ".deepcat").write_text("no folder")
    assert examine(work_tree(root)).findings == ()


def test_a_commit_has_a_cache_of_its_own(root: Path, judged: list[str]) -> None:
    examine(git_tree(root, "HEAD"))
    judged.clear()
    (root / "modules" / "other" / "README.md").write_text("# More")
    subprocess.run(["git", "-C", str(root), "commit", "-qam", "more"], check=True)
    examine(git_tree(root, "HEAD"))
    assert judged == ["modules/other"]
    examine(work_tree(root))
    assert kept(root).is_file()


def test_what_changes_while_it_is_read_is_not_kept(
    root: Path, judged: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    readme = root / "modules" / "other" / "README.md"
    before = check.judge_all

    def edit(tree: Tree, units: Sequence[Unit], settings: Mapping[str, object]) -> object:
        if "modules/other" in [unit.path for unit in units]:
            readme.write_text("<script>")
        return before(tree, units, settings)

    monkeypatch.setattr(check, "judge_all", edit)
    assert examine(work_tree(root)).findings
    monkeypatch.setattr(check, "judge_all", before)
    subprocess.run(["git", "-C", str(root), "checkout", "-q", "."], check=True)
    assert examine(work_tree(root)).findings == ()


def test_a_finding_of_the_whole_moves_with_its_line(root: Path) -> None:
    marker = root / "modules" / "other" / "module.yaml"
    gone = "deprecated: {since: '2024-01-01', replaced_by: nobody}\n"
    text = marker.read_text()
    marker.write_text(text + gone)
    [first] = [f for f in examine(work_tree(root)).findings if f.code == "module/replaced-by"]
    marker.write_text("# A remark.\n" + text + gone)
    [then] = [f for f in examine(work_tree(root)).findings if f.code == "module/replaced-by"]
    assert then.place.line == first.place.line + 1


def test_what_another_day_would_judge_otherwise_is_judged_each_time(
    root: Path, judged: list[str]
) -> None:
    path = root / "modules" / "plain" / "module.yaml"
    path.write_text(path.read_text().replace("updated: ", "updated: '2999-01-01' # "))
    os.utime(path, (OLD, OLD))
    first = examine(work_tree(root)).findings
    assert [finding.code for finding in first] == ["module/future"]
    judged.clear()
    assert examine(work_tree(root)).findings == first
    assert judged == ["modules/plain"]
