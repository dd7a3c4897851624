"""`deepcat check` as a person or a workflow calls it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from deepcat.catalog.judging.rule_registry import all_rules
from deepcat.cli.main import cli
from deepcat.errors import UsageError

WISH = "apiVersion: deepcat/v1\nmodule: plain\nversion: ^1.0.0\nowner: ada\n"


@pytest.fixture
def root(
    git_tree_at: Callable[[Mapping[str, str | bytes]], Path], repository: Path, shared_base: Path
) -> Path:
    """The base catalog of the tests of rules, in Git."""
    model = (repository / "modules" / "half-plus-two" / "model.tar.gz").read_bytes()
    digest = hashlib.sha256(model).hexdigest().encode()
    files: dict[str, str | bytes] = {
        path.relative_to(shared_base).as_posix(): path.read_bytes().replace(b"SHA256", digest)
        for path in shared_base.rglob("*")
        if path.is_file()
    }
    return git_tree_at(files | {"modules/plain/model.tar.gz": model})


@pytest.fixture
def shared_base(repository: Path) -> Path:
    return repository / "tests" / "catalog" / "base"


def run(root: Path, *arguments: str) -> Result:
    return CliRunner().invoke(cli, ["-C", str(root), "check", *arguments])


@pytest.mark.starts("processes")
def test_a_sound_catalog(root: Path) -> None:
    result = run(root)
    assert result.exit_code == 0, result.output
    assert result.output.startswith(
        "Nothing to mend in 1 catalog, 1 cloud, 1 deployment, 2 modules"
    )


def test_errors_make_the_exit_status_one_and_hints_do_not(root: Path) -> None:
    (root / "modules" / "other" / "README.md").unlink()
    result = run(root)
    assert result.exit_code == 0
    assert "modules/other: hint:" in result.output
    assert "0 errors and 1 hint" in result.output
    assert "hint:" not in run(root, "--no-hints").output
    (root / "modules" / "other" / "module.yaml").write_text("name: other\n")
    assert run(root).exit_code == 1


@pytest.mark.parametrize("form", ["json", "github", "sarif"])
def test_other_forms(form: str, root: Path) -> None:
    (root / "deployments" / "plain.yaml").write_text(WISH.replace("plain", "plan"))
    result = run(root, "--format", form)
    assert result.exit_code == 1
    assert "deployment/module" in result.output
    if form != "github":
        assert json.loads(result.output)


def test_paths_narrow_what_is_reported(root: Path) -> None:
    (root / "modules" / "other" / "module.yaml").write_text("name: other\n")
    assert run(root, "modules/plain", "clouds").exit_code == 0
    assert run(root, "modules/other").exit_code == 1
    assert run(root / "modules", "other/module.yaml").exit_code == 1
    assert run(root / "modules", ".").exit_code == 1


def test_a_path_that_is_not_there_is_misuse(root: Path) -> None:
    result = run(root, "modules/plane")
    assert isinstance(result.exception, UsageError)
    assert "modules/plain" in result.exception.hint
    assert isinstance(run(root, "../elsewhere").exception, UsageError)


def test_a_commit_is_checked_as_it_was(root: Path) -> None:
    (root / "modules" / "other" / "module.yaml").write_text("name: other\n")
    assert run(root).exit_code == 1
    assert run(root, "--commit", "HEAD").exit_code == 0


def test_templates_are_read_and_can_be_left_unread(root: Path) -> None:
    template = root / "modules" / "plain" / "tosca.yaml"
    template.write_text(template.read_text().replace("nodes.ModelServer", "nodes.ModelServr"))
    result = run(root)
    assert result.exit_code == 1
    assert "modules/plain/tosca.yaml:13:" in result.output
    assert "[tosca/" in result.output
    assert run(root).output == result.output
    assert run(root, "--no-tosca").exit_code == 0


@pytest.mark.parametrize("inputs", ["rest_prt: 1", "rest_port: high", "rest_port: '{{ a }}'"])
def test_inputs_are_held_against_the_template(inputs: str, root: Path) -> None:
    wish = root / "deployments" / "plain.yaml"
    wish.write_text(f"{WISH}inputs:\n  {inputs}\n")
    result = run(root)
    assert result.exit_code == 1
    assert "deployments/plain.yaml:6:3: error:" in result.output
    assert "[deployment/inputs]" in result.output
    wish.write_text(f"{WISH}inputs:\n  rest_port: 8600\n")
    assert run(root).exit_code == 0


def test_every_rule_is_listed_and_explained(tmp_path: Path) -> None:
    listed = run(tmp_path, "--rules").output
    for code, rule in all_rules().items():
        assert f"{code} " in listed
        assert rule.title in listed
    assert run(tmp_path, "--explain", "module/licence").output.startswith("module/licence (error)")
    assert "higher quota" in run(tmp_path, "--explain", "review/quota").output
    wrong = run(tmp_path, "--explain", "module/license")
    assert isinstance(wrong.exception, UsageError)
    assert "module/licence" in wrong.exception.hint


def test_outside_a_catalog_it_says_what_to_do(tmp_path: Path) -> None:
    result = run(tmp_path)
    assert isinstance(result.exception, UsageError)
    assert "deepcat new catalog" in result.exception.hint


def test_names_that_are_no_text_can_be_printed(root: Path) -> None:
    (root / "modules" / "other" / "x\udcff\u202e.md").write_text("<script>")
    result = run(root)
    assert result.exit_code == 1
    assert "x\\udcff\\u202e.md" in result.output


@pytest.mark.starts("processes")
def test_the_author_hears_what_nothing_carries_out(root: Path) -> None:
    template = root / "modules" / "plain" / "tosca.yaml"
    text = template.read_text()
    line = text[: text.index("model_name")].count("\n") + 1
    template.write_text(text.replace("model_name: plain,", "model_name: plain, image: own,"))
    result = run(root)
    assert result.exit_code == 0, result.output
    where = f"modules/plain/tosca.yaml:{line}:39"
    assert f"{where}: hint: `server`: nothing here carries out `image`" in result.output
    assert "[plan/property]" in result.output
    assert "0 errors and 1 hint" in result.output
