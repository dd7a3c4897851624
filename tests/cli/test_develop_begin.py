"""Modules that `deepcat develop` begins: of a template, and of a stranger's repository."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from deepcat.catalog.beginning.begun import TEMPLATES
from deepcat.cli.develop.begin import from_address, from_template
from deepcat.cli.main import cli
from deepcat.errors import DeepcatError, UsageError

CODE = "https://example.org/code"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "catalog"
    folder.mkdir()
    (folder / "deepcat.yaml").write_text("apiVersion: deepcat/v1\ntitle: Ours\nsummary: A few.\n")
    return folder


def git(at: Path, *argv: str) -> None:
    subprocess.run(["git", *argv], cwd=at, check=True)


@pytest.fixture
def theirs(tmp_path: Path) -> Path:
    """A repository with what must not come along."""
    folder = tmp_path / "Their Code.git"
    (folder / "lib" / ".github").mkdir(parents=True)
    (folder / "train.py").write_text("print(1)\n")
    (folder / "requirements.lock").write_text("slope==1 --hash=sha256:" + "0" * 64 + "\n")
    (folder / "lib" / "slope.py").write_text("STEP = 1\n")
    (folder / "lib" / ".github" / "run.yml").write_text("on: push\n")
    (folder / "lib" / "deepcat.yaml").write_text("unboxed: true\n")
    (folder / ".gitattributes").write_text("* filter=theirs\n")
    (folder / "big.bin").write_bytes(bytes(1_500_000))
    (folder / "link").symlink_to("/etc/passwd")
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "theirs")
    git(folder, "branch", "other")
    return folder


@pytest.mark.parametrize("template", sorted(TEMPLATES))
def test_a_template_passes_the_check(root: Path, template: str) -> None:
    assert from_template(root, "mine", template, CODE) == "mine"
    data = yaml.safe_load((root / "modules" / "mine" / "module.yaml").read_text())
    assert data["links"]["source_code"] == CODE
    assert ("training" in data) == (template != "empty")
    with pytest.raises(UsageError, match="there is a module `mine` already"):
        from_template(root, "mine", template, CODE)


@pytest.mark.starts("TensorFlow")
@pytest.mark.slow
def test_a_template_s_script_makes_a_model(root: Path, tmp_path: Path) -> None:
    from_template(root, "mine", "sklearn", CODE)
    output = tmp_path / "output"
    own = {"DEEPCAT_OUTPUT": str(output), "DEEPCAT_INPUT_EPOCHS": "3"}
    own["DEEPCAT_METRICS"] = str(tmp_path / "metrics.jsonl")
    script = root / "modules" / "mine" / "train.py"
    subprocess.run([sys.executable, str(script)], env={**os.environ, **own}, check=True)
    assert (output / "model" / "saved_model.pb").is_file()
    assert "accuracy" in (output / "metrics.json").read_text()
    assert len((tmp_path / "metrics.jsonl").read_text().splitlines()) == 3


@pytest.mark.starts("a box")
def test_of_a_repository_only_plain_files_come(
    root: Path, theirs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    address = f"file://{theirs}".replace(" ", "%20")
    git(theirs, "checkout", "-q", "other")
    assert from_address(root, address, "other", "mine", CODE) == "mine"
    folder = root / "modules" / "mine"
    came = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    own = {"module.yaml", "README.md"}
    assert came == own | {"train.py", "requirements.lock", "lib/slope.py"}
    data = yaml.safe_load((folder / "module.yaml").read_text())
    assert data["training"] == {"command": "python train.py", "environment": "requirements.lock"}
    assert str(theirs) not in (folder / "module.yaml").read_text()
    said = capsys.readouterr().out
    assert "left out: big.bin: it is too large" in said
    assert "left out: .gitattributes: it is Git's" in said


@pytest.mark.starts("a box")
def test_what_holds_a_module_is_imported_instead(root: Path, theirs: Path) -> None:
    (theirs / "module.yaml").write_text("name: theirs\n")
    git(theirs, "add", "-A")
    git(theirs, "commit", "-q", "-m", "a module")
    address = f"file://{theirs}".replace(" ", "%20")
    with pytest.raises(UsageError, match="holds a module already"):
        from_address(root, address, "", "mine", CODE)
    with pytest.raises(DeepcatError, match="cannot be fetched"):
        from_address(root, address, "nowhere", "mine", CODE)
    with pytest.raises(UsageError, match="fetched in no way that is known"):
        from_address(root, "ext::sh", "", "mine", CODE)
    assert not (root / "modules").exists()


def test_the_template_of_pytorch_brings_tensorflow_in_a_process_of_its_own(root: Path) -> None:
    """Each brings an LLVM, and in one process the second one aborts it."""
    from_template(root, "mine", "pytorch", CODE)
    whole = ast.parse((root / "modules" / "mine" / "train.py").read_text())
    brings = {
        part.name if isinstance(part, ast.FunctionDef) else "": name
        for part in whole.body
        for each in ast.walk(part)
        if isinstance(each, ast.Import)
        for name in (alias.name for alias in each.names)
        if name in {"torch", "tensorflow"}
    }
    assert brings == {"train": "torch", "save": "tensorflow"}
    assert "target=save" in ast.unparse(whole)


def test_a_module_s_name_means_its_own_deployment_and_a_new_one_is_bound_to_a_cloud(
    root: Path,
) -> None:
    def refused(*argv: str) -> str:
        done = CliRunner().invoke(cli, ["-C", str(root), "develop", *argv], prog_name="deepcat")
        assert isinstance(done.exception, DeepcatError), done.output
        return done.exception.message

    git(root, "init", "-q", "-b", "main")
    from_template(root, "mine", "empty", CODE)
    assert refused("mine", "--on", "nowhere") == "there is no cloud `nowhere`"
    assert refused("save", "mine") == "`mine` has no place to develop"
    (root / "clouds").mkdir()
    local = "apiVersion: deepcat/v1\nname: local\nkind: local\nsummary: Here.\n"
    (root / "clouds" / "local.yaml").write_text(local)
    refused("mine", "--on", "local")  # there is no terminal to say yes at
    written = yaml.safe_load((root / "deployments" / "develop-mine.yaml").read_text())
    assert written["placement"] == {"clouds": ["local"]}
    for verb in ("save", "stop"):
        assert refused(verb, "mine") == "`develop-mine` is wished, and was never brought up"
    other = refused("mine", "--on", "elsewhere")
    assert other == "`develop-mine` is there already, and is not bound to `elsewhere`"
