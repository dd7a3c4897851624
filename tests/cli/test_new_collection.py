"""`deepcat new collection`: what it writes passes the check; what cannot be is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from new_catalogs import codes, run

from deepcat.cli.main import cli
from deepcat.errors import UsageError

MORE = ("--summary", "Does it.", "--source-code", "https://example.org/x")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A new catalog of two modules."""
    for folder, argv in ((tmp_path, ("catalog", "cat")), (tmp_path / "cat", ("module", "other"))):
        made = run(folder, *argv, *(MORE if argv[0] == "module" else ()))
        assert made.exit_code == 0, made.output
    return tmp_path / "cat"


def test_what_it_writes_passes_the_check(root: Path) -> None:
    said = ("--description", "Why: *these* two.\n\n- one\n", "--title", "First steps: two")
    made = run(root, "collection", "first-steps", "other", "half-plus-two", *said, "--compare")
    assert made.exit_code == 0, made.output
    assert yaml.safe_load((root / "collections" / "first-steps.yaml").read_text()) == {
        "apiVersion": "deepcat/v1",
        "title": "First steps: two",
        "description": "Why: *these* two.\n\n- one\n",
        "modules": ["other", "half-plus-two"],
        "compare": True,
    }
    assert codes(root) == set()


def test_what_is_not_said_has_a_default(root: Path) -> None:
    assert run(root, "collection", "first-steps", "other").exit_code == 0
    assert yaml.safe_load((root / "collections" / "first-steps.yaml").read_text()) == {
        "apiVersion": "deepcat/v1",
        "title": "First steps",
        "modules": ["other"],
    }
    assert codes(root) == set()


def test_a_person_is_asked(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deepcat.cli.new.ask._is_terminal", lambda: True)
    answers = ["other, half-plus-two", "Both", "They are all that there is."]
    argv = ["-C", str(root), "new", "collection", "all"]
    made = CliRunner().invoke(cli, argv, input="\n".join([*answers, ""]))
    assert made.exit_code == 0, made.output
    data = yaml.safe_load((root / "collections" / "all.yaml").read_text())
    assert data["modules"] == ["other", "half-plus-two"]
    assert (data["title"], data["description"]) == ("Both", "They are all that there is.")


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (("few",), "no answer to: Modules"),
        (("My Name", "other"), "is no name for a collection"),
        (("few", "othr"), "there is no module `othr`"),
        (("few", "other", "other"), "would not pass the check"),
        (("few", "other", "--title", "t" * 121), "would not pass the check"),
        (("few", "other", "--compare"), "one module cannot be compared"),
    ],
)
def test_what_cannot_be_is_refused(argv: tuple[str, ...], says: str, root: Path) -> None:
    made = run(root, "collection", *argv)
    assert isinstance(made.exception, UsageError)
    assert says in str(made.exception)
    assert not (root / "collections").exists()


def test_a_collection_that_is_there_is_kept(root: Path) -> None:
    run(root, "collection", "few", "other")
    before = (root / "collections" / "few.yaml").read_bytes()
    again = run(root, "collection", "few", "half-plus-two")
    assert isinstance(again.exception, UsageError)
    assert (root / "collections" / "few.yaml").read_bytes() == before
