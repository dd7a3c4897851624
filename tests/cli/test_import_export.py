"""`deepcat import` and `deepcat export`, as a person calls them."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from deepcat.cli.main import cli
from deepcat.errors import DeepcatError, UsageError

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
def source(tmp_path: Path) -> Path:
    """A folder as AI4OS's repositories are."""
    folder = tmp_path / "roses"
    folder.mkdir()
    (folder / "ai4-metadata.yml").write_text(METADATA)
    (folder / "README.md").write_text("# Roses\n\nA rose is a rose.\n")
    return folder


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


def test_a_readme_whose_pictures_are_not_here_shows_their_names(
    run: Run, catalog: Path, source: Path
) -> None:
    (source / "README.md").write_text("# Roses\n\n![one](docs/rose.png) <script>x</script>\n")
    result = run("import", source)
    assert result.exit_code == 0
    assert "modules/roses/README.md: hint: links to files that are not here" in result.stdout
    shown = "# Roses\n\none (`docs/rose.png`) &lt;script>x&lt;/script>\n"
    assert (catalog / "modules/roses/README.md").read_text() == shown
    assert run("check").exit_code == 0


def test_a_readme_with_errors_stays_behind(run: Run, catalog: Path, source: Path) -> None:
    token = f"ghp_{'a1' * 20}"
    (source / "README.md").write_text(f"# Roses\n\n{token}\n")
    result = run("import", source)
    assert result.exit_code == 0
    assert "`README.md` is left out: this looks like a secret" in result.stdout
    assert token not in result.output
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
    assert "[sample/file]" in result.stderr
    assert not (catalog / "modules").exists()
    shown = run("import", source, "--dry-run")
    assert shown.exit_code == 1
    assert yaml.safe_load(shown.stdout)["samples"] == samples


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


@pytest.fixture
def exported(repository: Path, tmp_path: Path) -> Path:
    """A folder of another format, with what the module has besides."""
    out = tmp_path / "out" / "ai4-metadata.yml"
    out.parent.mkdir()
    result = CliRunner().invoke(
        cli, ["-C", str(repository), "export", "half-plus-two", "--to", "ai4os", "-o", str(out)]
    )
    assert result.exit_code == 0, result.output
    for name in ("tosca.yaml", "model.tar.gz", "train.py", "README.md"):
        (out.parent / name).write_bytes((repository / "modules/half-plus-two" / name).read_bytes())
    shutil.copytree(repository / "modules/half-plus-two/deepaas", out.parent / "deepaas")
    return out.parent


def test_there_and_back_again(run: Run, catalog: Path, repository: Path, exported: Path) -> None:
    bytecode = exported / "deepaas/src/__pycache__/half.cpython-311.pyc"
    bytecode.parent.mkdir(exist_ok=True)
    bytecode.write_bytes(b"made")
    (exported / "deepaas/secret").symlink_to("/etc/hostname")
    result = run("import", exported)
    assert result.exit_code == 0, result.output
    original = yaml.safe_load((repository / "modules/half-plus-two/module.yaml").read_text())
    assert module(catalog, "half-plus-two") == original
    came = catalog / "modules/half-plus-two/deepaas"
    found = {str(each.relative_to(came)) for each in came.rglob("*") if each.is_file()}
    assert found == {
        *("as-people-write.txt", "pyproject.toml", "requirements.in", "requirements.lock"),
        *("samples.json", "src/half_plus_two_deepaas.py"),
    }
    assert "0 errors" in run("check").stdout or "Nothing to mend" in run("check").stdout


def test_a_plug_in_that_is_too_large_is_refused(run: Run, catalog: Path, exported: Path) -> None:
    for number in range(200):
        (exported / f"deepaas/{number}.txt").write_text("x")
    with pytest.raises(DeepcatError, match="is larger than 200 files") as caught:
        run("import", exported)
    assert caught.value.code == "import/plugin"
    assert not (catalog / "modules/half-plus-two").exists()


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


def many(tmp_path: Path) -> Path:
    """A folder of metadata of several formats, some of it broken."""
    folder = tmp_path / "many"
    (folder / "below").mkdir(parents=True)
    texts = {
        "a.yml": METADATA,
        "b.json": json.dumps(yaml.safe_load(METADATA) | {"title": "B"}),
        "card.md": "---\nlicense: mit\nlibrary_name: keras\n---\n# A card\n\nOf leaves.\n",
        "below/MLmodel": "flavors: {sklearn: {}}\n",
        "broken-ai4-metadata.yml": "title: [\n",
        "notes.md": "# Notes\n",
        "other.yaml": "name: value\n",
    }
    for name, text in texts.items():
        (folder / name).write_text(text)
    return folder


def test_many_at_once_each_whole_or_not_at_all(run: Run, catalog: Path, tmp_path: Path) -> None:
    result = run("import", many(tmp_path), "--source-code", "https://example.org/x")
    assert result.exit_code == 1
    rows = [line.split()[:3] for line in result.stdout.splitlines()[1:6]]
    assert rows == [
        ["imported", "x", "ai4-v2"],
        ["failed", "x", "ai4-v2"],
        ["imported", "a-card", "hugging-face"],
        ["failed", "-", "-"],
        ["imported", "below", "mlflow"],
    ]
    assert "5 sources: 3 imported, 2 failed." in result.stdout
    assert "`x` is the name of" in result.stderr and "--name" in result.stderr
    assert "below: no field here for `x-mlflow.flavors`" in result.stderr
    assert sorted(p.name for p in (catalog / "modules").iterdir()) == ["a-card", "below", "x"]
    assert "0 errors" in run("check").stdout


def test_many_as_json_and_in_a_trial(run: Run, catalog: Path, tmp_path: Path) -> None:
    folder = many(tmp_path)
    options = ("--source-code", "https://example.org/x", "--dry-run", "--json")
    body = json.loads(run("import", folder / "*.md", folder / "a.yml", *options).stdout)
    assert body["format"] == "deepcat-imports/v1"
    assert (body["imported"], body["failed"]) == (2, 1)
    assert [(each["state"], each["name"], each["code"]) for each in body["sources"]] == [
        ("imported", "a-card", ""),
        ("failed", "", "import/shape"),
        ("imported", "x", ""),
    ]
    assert [each["written"] for each in body["sources"]] == [[], [], []]
    assert not (catalog / "modules").exists()
    with pytest.raises(UsageError, match="for one module"):
        run("import", folder, "--name", "one")


def test_what_is_named_and_is_not_there_fails_alone(run: Run, source: Path) -> None:
    result = run("import", source, "nosuch.yaml", "no/such/*.md", "ext::x")
    assert result.exit_code == 1
    assert "4 sources: 1 imported, 3 failed." in result.stdout
    for said in ("there is no file `nosuch.yaml`", "no file matches `no/such/*.md`", "`ext::x` is"):
        assert said in result.stderr


def test_a_clone_tells_its_repository(run: Run, catalog: Path, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    clone.mkdir()
    (clone / "MLmodel").write_text("flavors: {sklearn: {}}\n")
    (clone / "LICENSE").write_text("SPDX-License-Identifier: MIT\n")
    for argv in (["init", "-q"], ["remote", "add", "origin", "git@example.org:me/prices.git"]):
        subprocess.run(["git", *argv], cwd=clone, check=True)
    assert run("import", clone).exit_code == 0
    found = module(catalog, "clone")
    assert found["links"] == {"source_code": "https://example.org/me/prices"}
    assert found["license"] == "MIT" and "provenance" not in found


def test_a_format_that_is_not_there(run: Run, source: Path) -> None:
    with pytest.raises(UsageError, match="no metadata of the format `mlflow`"):
        run("import", source, "--from", "mlflow")
    assert run("import", source, "--from", "ai4-v2", "--dry-run").exit_code == 0


def test_a_module_of_ours_is_no_foreign_metadata(run: Run, repository: Path) -> None:
    with pytest.raises(DeepcatError, match="a file of deepcat's own already"):
        run("import", repository / "modules/half-plus-two/module.yaml")


def test_a_card_goes_without_a_repository_and_ai4os_does_not(run: Run, tmp_path: Path) -> None:
    card = tmp_path / "cards" / "card.md"
    card.parent.mkdir()
    card.write_text("---\nlicense: apache-2.0\nlibrary_name: keras\n---\n# Leaves\n")
    run("import", card)
    assert "0 errors" in run("check", "modules/leaves").stdout
    with pytest.raises(DeepcatError, match="AI4OS asks for") as caught:
        run("export", "leaves", "--to", "ai4os")
    assert caught.value.code == "export/source" and "modules/leaves" in caught.value.hint
