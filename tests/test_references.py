"""The reference pages say what the program does: they are written from it, and held against it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SCRIPT = ROOT / "docs" / "reference" / "write.py"
PAGES = ROOT / "site" / "pages" / "reference"
# Read by name, as a mapping or by a method of one; and all names of our own.
READ = re.compile(r'environ(?:ment)?(?:\.get\(|\.pop\(|\[)\s*"([A-Z][A-Z0-9_]+)"')
OURS = re.compile(r"\b(DEEPCAT_[A-Z_]*[A-Z])\b")
# Examples of the prefixes that the page names, and Git's, which we set for the Git that we call.
NO_VARIABLES = re.compile(
    r"DEEPCAT_(WORKLOAD_(?!VAULT$)\w+|WORKLOAD|GIVEN_\w+|NOTIFY_(KEY|MAIL)|SSH_KEY)|GIT_CONFIG_GLOBAL|KERAS_BACKEND"
    r"|HOME|TMPDIR|UDOCKER_RUN_COMMAND|DOCKER_IMAGE"
)
SUFFIXES = {".py", ".yml", ".yaml", ".json"}


@pytest.mark.starts("a program")
def test_the_pages_are_as_the_program_writes_them() -> None:
    program = (
        f"import json, runpy, sys\nprint(json.dumps(runpy.run_path({str(SCRIPT)!r})['written']()))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    for name, text in json.loads(done.stdout).items():
        assert (PAGES / name).read_text("utf-8") == text, f"run {sys.executable} {SCRIPT}"


def _files() -> list[Path]:
    folders = ("src", "generator/deepcat_site", "playbooks")
    return [
        path
        for folder in folders
        for path in (ROOT / folder).rglob("*")
        if path.suffix in SUFFIXES and path.is_file()
    ]


def test_every_variable_that_is_read_is_told_and_every_one_told_is_there() -> None:
    page = (PAGES / "environment.md").read_text("utf-8")
    told = set(re.findall(r"^`([A-Z][A-Z0-9_]*)…?`$", page, re.MULTILINE))
    texts = [path.read_text("utf-8") for path in _files()]
    asked = "".join(path.read_text("utf-8") for path in _files() if path.parts[-3] != "tosca")
    read = {*READ.findall(asked), *OURS.findall("".join(texts))}
    assert {name for name in read if not NO_VARIABLES.fullmatch(name)} - told == set()
    assert {name for name in told if not any(name in text for text in texts)} == set()


def test_the_pages_are_in_the_navigation() -> None:
    frame = (ROOT / "mkdocs.yml").read_text("utf-8")
    for page in PAGES.glob("*.md"):
        assert f": reference/{page.name}\n" in frame
