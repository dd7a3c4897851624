"""`deepcat new` writes what passes the check, or nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from deepcat.catalog.check import examine
from deepcat.catalog.reading.open_tree import work_tree
from deepcat.cli.main import cli
from deepcat.errors import DeepcatError, UsageError
from deepcat.loop.templates import topologies

ANSWERS = ("--summary", "Does it.", "--source-code", "https://example.org/x")


def run(directory: Path, *arguments: str) -> Result:
    return CliRunner().invoke(cli, ["-C", str(directory), "new", *arguments])


def codes(root: Path) -> set[str]:
    findings = examine(work_tree(root), topologies()).findings
    return {finding.code for finding in findings if finding.is_error}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A new catalog."""
    result = run(tmp_path, "catalog", "my-catalog")
    assert result.exit_code == 0, result.output
    return tmp_path / "my-catalog"


def test_a_catalog_passes_the_check_and_is_a_repository(root: Path) -> None:
    assert codes(root) == set()
    assert (root / ".git").is_dir()
    assert yaml.safe_load((root / "deepcat.yaml").read_text())["title"] == "My catalog"
    assert (root / "modules" / "half-plus-two" / "model.tar.gz").is_file()
    assert not [path for path in root.parent.iterdir() if path.name.startswith(".")]


def test_a_catalog_without_an_example(tmp_path: Path) -> None:
    assert (
        run(tmp_path, "catalog", "bare", "--no-example", "--title", "Bare: {{ x }}").exit_code == 0
    )
    assert codes(tmp_path / "bare") == set()


def test_a_catalog_is_not_written_over_another(root: Path) -> None:
    before = sorted(root.rglob("*"))
    result = run(root.parent, "catalog", "my-catalog")
    assert isinstance(result.exception, UsageError)
    assert sorted(root.rglob("*")) == before
    (root.parent / "empty").mkdir()
    assert run(root.parent, "catalog", "empty").exit_code == 0
    assert isinstance(run(root.parent, "catalog", "none/inner").exception, UsageError)


def test_a_module_without_a_model(root: Path) -> None:
    result = run(root, "module", "plant-names", *ANSWERS, "--task", "computer vision")
    assert result.exit_code == 0, result.output
    assert codes(root) == set()
    data = yaml.safe_load((root / "modules" / "plant-names" / "module.yaml").read_text())
    assert (data["title"], data["tasks"]) == ("Plant names", ["Computer Vision"])


@pytest.mark.parametrize("name", ["iris-classifier", "half-plus-two", "photo-denoiser"])
def test_a_module_takes_a_model_in(name: str, root: Path, repository: Path) -> None:
    archive = repository / "modules" / name / "model.tar.gz"
    result = run(root, "module", "taken", *ANSWERS, "--model", str(archive), "--maintainer", "ada")
    assert result.exit_code == 0, result.output
    assert codes(root) == set()
    folder = root / "modules" / "taken"
    ours = yaml.safe_load((folder / "module.yaml").read_text())["model"]
    theirs = yaml.safe_load((archive.parent / "module.yaml").read_text())["model"]
    assert ours["sha256"] == theirs["sha256"]
    assert set(theirs["signature"]) <= set(ours["signature"])
    assert (folder / "model.tar.gz").read_bytes() == archive.read_bytes()
    assert "curl" in (folder / "README.md").read_text()


@pytest.mark.parametrize(
    "arguments",
    [
        ("../x", *ANSWERS),
        ("con", *ANSWERS),
        ("Upper", *ANSWERS),
        ("half-plus-two", *ANSWERS),
        ("a",),
        ("a", "--summary", "x", "--source-code", "javascript:x"),
        ("a", *ANSWERS, "--licence", "Mine"),
        ("a", *ANSWERS, "--author", "A", "--orcid", "0000-0002-1825-0098"),
        ("a", *ANSWERS, "--title", "x\u202ey"),
        ("a", *ANSWERS, "--model", __file__),
    ],
)
def test_what_would_not_pass_is_not_written(arguments: tuple[str, ...], root: Path) -> None:
    before = sorted(root.rglob("*"))
    result = run(root, "module", *arguments)
    assert isinstance(result.exception, DeepcatError)
    assert result.exception.hint
    assert sorted(root.rglob("*")) == before


def test_hostile_answers_arrive_as_text(root: Path) -> None:
    title = "a: {b} #c `d` <script> {{ e }} \"f\" 'g' | h"
    result = run(root, "module", "quoted", *ANSWERS, "--title", title)
    assert result.exit_code == 0, result.output
    assert codes(root) == set()
    data = yaml.safe_load((root / "modules" / "quoted" / "module.yaml").read_text())
    assert data["title"] == title


def test_a_deployment(root: Path) -> None:
    result = run(
        root, "deployment", "mine", "--module", "half-plus-two", "--cloud", "local", "--owner",
        "ada", "--lifetime", "12h", "--input", "rest_port=0", "--max-price", "1.5",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert codes(root) == set()
    data = yaml.safe_load((root / "deployments" / "mine.yaml").read_text())
    assert data == {
        "apiVersion": "deepcat/v1", "module": "half-plus-two", "version": "^1.0.0",
        "profile": "serve", "inputs": {"rest_port": 0},
        "placement": {"clouds": ["local"], "max_price": 1.5}, "lifetime": "12h", "owner": "ada",
    }  # fmt: skip


@pytest.mark.parametrize(
    "arguments",
    [
        ("half-plus-two",),
        ("mine",),
        ("mine", "--module", "half-plus-tow"),
        ("mine", "--module", "half-plus-two", "--version", "^9.0.0"),
        ("mine", "--module", "half-plus-two", "--cloud", "locl"),
        ("mine", "--module", "half-plus-two", "--lifetime", "long"),
        ("mine", "--module", "half-plus-two", "--input", "rest_port"),
        ("../mine", "--module", "half-plus-two"),
    ],
)
def test_a_deployment_that_cannot_be(arguments: tuple[str, ...], root: Path) -> None:
    before = sorted((root / "deployments").iterdir())
    result = run(root, "deployment", *arguments)
    assert isinstance(result.exception, UsageError)
    assert result.exception.hint
    assert sorted((root / "deployments").iterdir()) == before


def test_in_a_terminal_it_asks(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deepcat.cli.new.ask._is_terminal", lambda: True)
    answers = [
        "Iris names", "Names irises.", "https://example.org/iris", "MIT", "keras, TensorFlow",
        "classification", "", "tabular", "Ada Lovelace",
    ]  # fmt: skip
    result = CliRunner().invoke(
        cli, ["-C", str(root), "new", "module", "iris"], input="\n".join([*answers, ""])
    )
    assert result.exit_code == 0, result.output
    data = yaml.safe_load((root / "modules" / "iris" / "module.yaml").read_text())
    assert (data["title"], data["license"]) == ("Iris names", "MIT")
    assert data["libraries"] == ["Keras", "TensorFlow"]
    assert data["categories"] == ["AI4 inference"]
    assert data["authors"] == [{"name": "Ada Lovelace"}]
    assert codes(root) == set()
