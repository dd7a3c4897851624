"""`deepcat new module` and `deepcat new deployment`."""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from new_catalogs import codes, findings, run

from deepcat.cli.main import cli
from deepcat.errors import DeepcatError, UsageError
from deepcat.host.archive import unpack

ANSWERS = ("--summary", "Does it.", "--source-code", "https://example.org/x")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A new catalog."""
    result = run(tmp_path, "catalog", "my-catalog")
    assert result.exit_code == 0, result.output
    return tmp_path / "my-catalog"


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


def test_all_that_is_missing_is_named_at_once(root: Path) -> None:
    result = run(root, "module", "a", "--title", "A")
    assert isinstance(result.exception, UsageError)
    assert result.exception.message == (
        "no answer to: what it does, in one sentence; the address of its code"
    )
    assert result.exception.hint == "give it with `--summary`, `--source-code`"
    assert not (root / "modules" / "a").exists()


def test_a_licence_that_nobody_said_is_not_made_up(root: Path) -> None:
    assert run(root, "module", "a", *ANSWERS).exit_code == 0
    assert "license" not in yaml.safe_load((root / "modules/a/module.yaml").read_text())
    assert any("module/no-licence" in said for said in findings(root))


@pytest.fixture
def saved(tmp_path: Path, repository: Path) -> Path:
    """A SavedModel's folder."""
    unpack(repository / "modules" / "half-plus-two" / "model.tar.gz", tmp_path / "saved")
    return next((tmp_path / "saved").rglob("saved_model.pb")).parent


def test_a_module_takes_a_folder_in_as_an_archive(
    root: Path, saved: Path, repository: Path
) -> None:
    assert run(root, "module", "a", *ANSWERS, "--model", str(saved)).exit_code == 0
    (saved / "fingerprint.pb").write_bytes(b"random")
    os.utime(saved / "saved_model.pb", (1, 1))
    (saved.parent / "served").mkdir()
    saved.rename(saved.parent / "served" / "1")
    assert (
        run(root, "module", "b", *ANSWERS, "--model", str(saved.parent / "served")).exit_code == 0
    )
    packed = [(root / "modules" / name / "model.tar.gz").read_bytes() for name in "ab"]
    assert packed[0] == packed[1]
    assert codes(root) == set()
    ours = yaml.safe_load((root / "modules/a/module.yaml").read_text())["model"]["signature"]
    theirs = yaml.safe_load((repository / "modules/half-plus-two/module.yaml").read_text())
    assert set(theirs["model"]["signature"]) <= set(ours)


def test_a_folder_that_holds_no_model_or_a_link_is_not_taken(root: Path, saved: Path) -> None:
    def refused(path: Path) -> str:
        error = run(root, "module", "a", *ANSWERS, "--model", str(path)).exception
        assert isinstance(error, UsageError)
        return error.message

    assert "no saved_model.pb" in refused(root)
    (saved / "assets").mkdir(exist_ok=True)
    (saved / "assets" / "passwd").symlink_to("/etc/passwd")
    assert "is a link" in refused(saved)
    for number in "12":
        (saved.parent / "two" / number).mkdir(parents=True)
        (saved.parent / "two" / number / "saved_model.pb").write_bytes(b"")
    assert "several, `1`, `2`" in refused(saved.parent / "two")


OTHERS = [
    ("model.onnx", b"x", "is in no form that can be served", "onnx2tf"),
    ("model.pt", b"x", "is in no form", "litert-torch"),
    ("model.pkl", b"x", "is in no form", "program of Python's"),
    ("saved_model.pb", b"x", "is in no form", "give the folder"),
    ("model.rar", b"x", "is in no form", ".keras"),
    ("model.tflite", b"x", "cannot be read: it does not begin as a TensorFlow Lite file", "anew"),
    ("model.h5", b"x", "cannot be read: it does not begin as an HDF5 file", "anew"),
    ("model.keras", b"x", "cannot be read: it cannot be opened", "anew"),
]


@pytest.mark.parametrize(("name", "content", "says", "hint"), OTHERS)
def test_a_model_in_another_form_is_refused_by_name(
    name: str, content: bytes, says: str, hint: str, root: Path, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(content)
    error = run(root, "module", "a", *ANSWERS, "--model", str(tmp_path / name)).exception
    assert isinstance(error, UsageError)
    assert says in error.message
    assert hint in error.hint
    assert not (root / "modules" / "a").exists()


def test_a_keras_file_that_brings_code_is_not_loaded(root: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.keras", "w") as archive:
        layer = {"class_name": "Lambda", "module": "keras.layers"}
        archive.writestr("config.json", json.dumps({"config": {"layers": [layer]}}))
    error = run(root, "module", "a", *ANSWERS, "--model", str(tmp_path / "a.keras")).exception
    assert isinstance(error, UsageError)
    assert error.message == "`Lambda` in `a.keras` runs code that the file brings"
