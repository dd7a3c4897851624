"""The recipes for contributors are true: each is carried out in a copy of the tree."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
RECIPES = sorted((ROOT / "docs" / "recipes").glob("*.md"))
# A fenced block: its language, the file that it stands for, its text.
BLOCK = re.compile(r'^( *)```(\w+)(?: title="([^"]+)")?\n(.*?)^\1```$', re.MULTILINE | re.DOTALL)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """What Git knows of this checkout, as files of their own."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout.split("\0")  # fmt: skip
    for name in filter(None, listed):
        if "/pictures/" not in name and not name.startswith(
            ("docs/recipes/", "docs/screenshots/", "bench/RESULTS/")
        ):
            target = tmp_path / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, target, follow_symlinks=False)
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize("recipe", RECIPES, ids=lambda path: path.stem)
def test_a_recipe_runs_as_it_stands(recipe: Path, tree: Path) -> None:
    commands = []
    for _, language, name, text in BLOCK.findall(recipe.read_text("utf-8")):
        content = textwrap.dedent(text)
        if language == "console":
            commands += [line[2:] for line in content.splitlines() if line.startswith("$ ")]
        elif language == "diff":
            exchange(tree / name, content)
        elif name:
            target = tree / name
            assert not target.exists(), f"{name} is there already"
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(content, "utf-8")
    assert commands, "a recipe ends with commands that show it"
    for command in commands:
        run(command, tree)


def exchange(path: Path, diff: str) -> None:
    """Exchange the lines that begin with `-` for those that begin with `+`.

    A last line of context may be the beginning of a longer one.
    """
    lines = [line for line in diff.splitlines() if line]
    old = "\n".join(line[1:] for line in lines if line[0] in "- ")
    new = "\n".join(line[1:] for line in lines if line[0] in "+ ")
    before = path.read_text("utf-8")
    assert before.count(old) == 1, f"{path.name} holds this {before.count(old)} times:\n{old}"
    path.write_text(before.replace(old, new), "utf-8")


def run(command: str, tree: Path) -> None:
    """Run a line of a recipe in the tree, with the tree's own code."""
    places = os.pathsep.join(str(tree / part) for part in ("src", "generator"))
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {**os.environ, "PYTHONPATH": places, "PATH": path}
    done = subprocess.run(
        ["/bin/sh", "-c", command], cwd=tree, env=environment, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"$ {command}\n{done.stdout[-4000:]}{done.stderr[-2000:]}"


def test_every_change_has_its_folder_and_every_recipe_its_row() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    table = re.search(r"^\| to add \|.*?\n\n", text, re.MULTILINE | re.DOTALL)
    assert table, "CONTRIBUTING.md has no table of changes"
    rows = [line.split("|")[1:-1] for line in table[0].strip().splitlines()[2:]]
    assert len(rows) >= 10
    for what, folder, *_ in rows:
        place = folder.strip().strip("`")
        assert (ROOT / place).is_dir(), f"{what.strip()}: there is no folder {place}"
    linked = set(re.findall(r"\(docs/recipes/([\w-]+)\.md\)", table[0]))
    assert linked == {path.stem for path in RECIPES}
