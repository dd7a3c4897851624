"""`deepcat import` and `deepcat export`, as a person calls them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from deepcat.cli.main import cli
from deepcat.errors import DeepcatError, UsageError

SETTINGS = "apiVersion: deepcat/v1\ntitle: Mine\nsummary: A catalog.\n"
METADATA = """\
metadata_version: 2.0.0
title: Rose finder
summary: Finds roses.
description: Finds roses on photographs.
dates: {created: "2024-01-02", updated: "2024-03-04"}
links: {source_code: https://example.org/roses, training_data: null}
tags: [roses]
tasks: [Computer vision]
categories: [AI4 inference]
libraries: [TensorFlow]
license: Apache 2.0
"""

Run = Callable[..., Result]


@pytest.fixture
def catalog(tmp_path: Path) -> Path:
    """An empty catalog."""
    root = tmp_path / "catalog"
    root.mkdir()
    (root / "deepcat.yaml").write_text(SETTINGS)
    return root


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A folder as AI4OS's repositories are."""
    folder = tmp_path / "roses"
    folder.mkdir()
    (folder / "ai4-metadata.yml").write_text(METADATA)
    (folder / "README.md").write_text("# Roses\n\nA rose is a rose.\n")
    return folder


@pytest.fixture
def run(catalog: Path) -> Run:
    """Call the command line on the catalog; errors for people are raised."""

    def call(*arguments: str | Path) -> Result:
        result = CliRunner().invoke(cli, ["-C", str(catalog), *map(str, arguments)])
        if isinstance(result.exception, DeepcatError):
            raise result.exception
        assert result.exception is None or isinstance(result.exception, SystemExit)
        return result

    return call


def module(catalog: Path, name: str = "roses") -> dict[str, object]:
    found = yaml.safe_load((catalog / "modules" / name / "module.yaml").read_text("utf-8"))
    assert isinstance(found, dict)
    return found


def test_a_folder_becomes_a_module_that_passes_the_check(
    run: Run, catalog: Path, source: Path
) -> None:
    result = run("import", source)
    assert result.exit_code == 0
    path = source / "ai4-metadata.yml"
    assert f"{path}:6:49: hint: `training_data` leads nowhere" in result.stdout
    assert f"{path}:11:1: hint: `Apache 2.0` is called `Apache-2.0` by SPDX" in result.stdout
    assert "Imported ai4-v2 as modules/roses: README.md, module.yaml." in result.stdout
    assert module(catalog)["tasks"] == ["Computer Vision"]
    assert (catalog / "modules/roses/README.md").read_text() == "# Roses\n\nA rose is a rose.\n"
    assert run("check").exit_code == 0
    assert sorted(p.name for p in catalog.iterdir()) == [".deepcat", "deepcat.yaml", "modules"]
    assert not list((catalog / ".deepcat").glob("import-*"))


def test_a_dry_run_writes_nothing(run: Run, catalog: Path, source: Path) -> None:
    result = run("import", "--dry-run", source)
    assert result.exit_code == 0
    assert yaml.safe_load(result.stdout)["license"] == "Apache-2.0"
    assert "[import/licence]" in result.stderr
    assert [p.name for p in catalog.iterdir()] == ["deepcat.yaml"]


def test_json(run: Run, catalog: Path, source: Path) -> None:
    body = json.loads(run("import", "--json", "--name", "tulips", source).stdout)
    assert (body["format"], body["name"], body["path"]) == (
        "deepcat-import/v1",
        "tulips",
        "modules/tulips",
    )
    assert body["generation"] == "ai4-v2"
    assert body["written"] == ["README.md", "module.yaml"]
    assert body["errors"] == 0 and body["hints"] == len(body["findings"]) > 0
    assert body["module"] == module(catalog, "tulips")
    broken = source / "broken.json"
    broken.write_text('{"title": }')
    result = run("import", "--json", broken)
    assert result.exit_code == 1
    assert json.loads(result.stdout)["findings"][0]["code"] == "import/syntax"


def test_it_overwrites_only_by_force(run: Run, catalog: Path, source: Path) -> None:
    run("import", source)
    (catalog / "modules/roses/extra.txt").write_text("mine")
    (catalog / "modules/roses/module.yaml").write_text("mine")
    with pytest.raises(UsageError, match="already"):
        run("import", source)
    assert (catalog / "modules/roses/module.yaml").read_text() == "mine"
    assert run("import", "--force", source).exit_code == 0
    assert module(catalog)["name"] == "roses"
    assert (catalog / "modules/roses/extra.txt").read_text() == "mine"


def test_a_readme_with_errors_stays_behind(run: Run, catalog: Path, source: Path) -> None:
    (source / "README.md").write_text("# Roses\n\n![one](docs/rose.png)\n")
    result = run("import", source)
    assert result.exit_code == 0
    assert "`README.md` is left out: there is no `docs/rose.png`" in result.stdout
    assert not (catalog / "modules/roses/README.md").exists()
    assert run("check").exit_code == 0


def test_what_is_no_source(run: Run, tmp_path: Path) -> None:
    for name in ("https://example.org/metadata.json", "missing.json", str(tmp_path)):
        with pytest.raises(UsageError):
            run("import", name)


def test_a_huge_file_is_refused_unread(run: Run, tmp_path: Path) -> None:
    with (tmp_path / "metadata.json").open("wb") as stream:
        stream.truncate(100_000_000)
    with pytest.raises(DeepcatError, match="100,000,000 bytes"):
        run("import", tmp_path / "metadata.json")


def test_broken_yaml_writes_nothing(run: Run, catalog: Path, source: Path) -> None:
    (source / "ai4-metadata.yml").write_text("description: |-\n    one\n  two\ntitle: x\n")
    result = run("import", source)
    assert result.exit_code == 1
    assert "ai4-metadata.yml:3:3: error: line 3 is indented by 2" in result.stderr
    assert not (catalog / "modules").exists()


def test_links_out_of_the_folder_are_not_followed(run: Run, catalog: Path, source: Path) -> None:
    secret = catalog.parent / "secret"
    secret.write_text("secret")
    (source / "README.md").unlink()
    (source / "README.md").symlink_to(secret)
    (source / "sub").symlink_to(catalog.parent)
    samples = [
        {"name": n, "method": "predict", "request_file": path, "response": {}}
        for n, path in (("a", "../secret"), ("b", "sub/secret"), ("c", str(secret)))
    ]
    extra = {"x-deepcat": {"apiVersion": "deepcat/v1", "samples": samples}}
    with (source / "ai4-metadata.yml").open("a") as stream:
        stream.write(yaml.safe_dump(extra))
    result = run("import", source)
    assert result.exit_code == 1, "the samples' files are missing, which is an error"
    assert [p.name for p in (catalog / "modules/roses").iterdir()] == ["module.yaml"]


def test_a_module_that_is_a_link_is_not_written_through(
    run: Run, catalog: Path, source: Path
) -> None:
    outside = catalog.parent / "outside"
    outside.mkdir()
    (catalog / "modules").mkdir()
    (catalog / "modules/roses").symlink_to(outside)
    with pytest.raises(UsageError, match="is a link"):
        run("import", "--force", source)
    (catalog / "modules/roses").unlink()
    (catalog / "modules").rmdir()
    (catalog / "modules").symlink_to(outside)
    with pytest.raises(UsageError, match="is a link"):
        run("import", source)
    assert list(outside.iterdir()) == []


def test_a_disk_that_refuses_is_said(run: Run, catalog: Path, source: Path) -> None:
    (catalog / "modules").write_text("no folder")
    with pytest.raises(DeepcatError, match="cannot be written"):
        run("import", source)
    assert not list((catalog / ".deepcat").glob("import-*"))


def test_there_and_back_again(run: Run, catalog: Path, repository: Path, tmp_path: Path) -> None:
    out = tmp_path / "out" / "ai4-metadata.yml"
    out.parent.mkdir()
    result = CliRunner().invoke(
        cli, ["-C", str(repository), "export", "half-plus-two", "--to", "ai4os", "-o", str(out)]
    )
    assert result.exit_code == 0, result.output
    for name in ("tosca.yaml", "model.tar.gz", "train.py", "README.md"):
        (out.parent / name).write_bytes((repository / "modules/half-plus-two" / name).read_bytes())
    assert run("import", out.parent).exit_code == 0
    original = yaml.safe_load((repository / "modules/half-plus-two/module.yaml").read_text())
    assert module(catalog, "half-plus-two") == original
    assert "0 errors" in run("check").stdout or "Nothing to mend" in run("check").stdout


def test_export_to_the_terminal(run: Run, source: Path) -> None:
    run("import", source)
    as_yaml = yaml.safe_load(run("export", "roses", "--to", "ai4os").stdout)
    as_json = json.loads(run("export", "roses", "--to", "ai4os", "--json").stdout)
    assert as_yaml == as_json
    assert as_json["metadata_version"] == "2.3.0"
    assert as_json["x-deepcat"]["name"] == "roses"


def test_export_says_what_is_wrong(run: Run, catalog: Path, source: Path) -> None:
    run("import", source)
    with pytest.raises(UsageError) as caught:
        run("export", "rose", "--to", "ai4os")
    assert caught.value.hint == "did you mean `roses`?"
    target = catalog / "out.yml"
    target.write_text("mine")
    with pytest.raises(UsageError, match="already"):
        run("export", "roses", "--to", "ai4os", "--output", target)
    run("export", "roses", "--to", "ai4os", "--output", target, "--force")
    assert yaml.safe_load(target.read_text())["title"] == "Rose finder"
    with pytest.raises(DeepcatError, match="cannot be written"):
        run("export", "roses", "--to", "ai4os", "--output", catalog / "no" / "out.yml")
    (catalog / "modules/roses/module.yaml").write_text("title: [")
    with pytest.raises(DeepcatError, match="has errors"):
        run("export", "roses", "--to", "ai4os")
