"""The commands say and write the same where no compiled library could be installed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

pytestmark = [pytest.mark.starts("a program"), pytest.mark.slow]

# What the extra `fast` brings, and PyYAML's half in C: to import them fails as if they were not.
BLOCKED = ("ryaml", "jsonschema_rs", "yaml.cyaml", "yaml._yaml", "_yaml")
DATA = ("deepcat.yaml", "mkdocs.yml", "modules", "clouds", "datasets", "deployments")
BROKEN_MODULE = """\
apiVersion: deepcat/v1
name: broken
version: "1.0.0\\n"
title: 3
summary: ""
unknown: true
tags: [a, a]
links: {source_code: "http://["}
metrics: [{name: a, value: .nan}]
dates: {created: 2024-02-30}
"""
BROKEN = {
    "modules/broken/module.yaml": BROKEN_MODULE,
    "deployments/bomb.yaml": "a: &a [*a]\nb: 0x10\nb: yes\n",
    "clouds/tagged.yaml": "kind: !!python/name:os.system ''\n",
}
METADATA = """\
metadata_version: 2.0.0
title: Rose finder
summary: Finds roses.
description: Finds roses on photographs.
dates: {created: "2024-01-02", updated: "2024-03-04"}
links: {source_code: https://example.org/roses}
tags: [roses]
tasks: [Computer vision]
categories: [AI4 inference]
libraries: [TensorFlow]
license: Apache 2.0
"""
# What a build remembers of the disk: each file's time.
OWN = {".deepcat-site"}


@pytest.fixture
def catalogs(tmp_path: Path, repository: Path) -> Mapping[str, Path]:
    """One catalog twice: for the quick libraries, and for none."""
    roots = {}
    for name in ("quick", "slow"):
        root = roots[name] = tmp_path / name / "catalog"
        root.mkdir(parents=True)
        for part in DATA:
            source = repository / part
            (shutil.copytree if source.is_dir() else shutil.copy)(source, root / part)
    return roots


@pytest.fixture
def slow(tmp_path: Path) -> str:
    """A folder that Python reads first, and that takes the compiled libraries away."""
    return away(tmp_path, *BLOCKED)


def away(tmp_path: Path, *names: str) -> str:
    folder = tmp_path / "blocked"
    folder.mkdir()
    lines = ["import sys", *(f"sys.modules[{name!r}] = None" for name in names)]
    (folder / "sitecustomize.py").write_text("\n".join(lines))
    return str(folder)


def broken(tmp_path: Path, name: str) -> str:
    """As `away`, but it is there and was built for another machine."""
    folder = tmp_path / "blocked"
    folder.mkdir()
    (folder / f"{name}.py").write_text("raise ImportError('version `GLIBC_9.9` not found')")
    return str(folder)


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (("ryaml",), "without ryaml all works the same"),
        (("jsonschema_rs",), "without jsonschema-rs all works the same"),
        (("yaml.cyaml", "yaml._yaml", "_yaml"), "without PyYAML with libyaml all works the same"),
        (("ryaml",), ""),
        (("jsonschema_rs",), ""),
    ],
    ids=["ryaml", "jsonschema-rs", "libyaml", "ryaml broken", "jsonschema-rs broken"],
)
def test_each_may_be_lacking_alone(
    names: tuple[str, ...], told: str, catalogs: Mapping[str, Path], tmp_path: Path
) -> None:
    path = away(tmp_path, *names) if told else broken(tmp_path, *names)
    for arguments in (
        ("check", "--format", "json"),
        ("plan", "--json"),
        ("check", "--explain", "run/box"),
        ("topology", "half-plus-two"),
    ):
        said = [
            run(root, where, *arguments)
            for root, where in zip(catalogs.values(), ("", path), strict=True)
        ]
        assert said[0] == said[1], arguments
        assert said[0][0] == 0, said
    assert told in " ".join(run(catalogs["slow"], path, "doctor")[1].split())


def run(root: Path, path: str, *arguments: str) -> tuple[int, str]:
    environment = {**os.environ, "PYTHONPATH": path, "COLUMNS": "100", "NO_COLOR": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "deepcat", "-C", str(root), *arguments],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, (done.stdout + done.stderr).replace(str(root), "ROOT")


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.relative_to(folder).parts[0] != ".deepcat"
        if path.name not in OWN
    }


def test_the_libraries_are_away(tmp_path: Path, slow: str) -> None:
    code = "import yaml; print(yaml.__with_libyaml__); import ryaml"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": slow}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout == "False\n"
    assert "ModuleNotFoundError" in done.stderr


def test_a_parser_s_own_words_differ_but_not_their_code_and_place(
    catalogs: Mapping[str, Path], slow: str
) -> None:
    found = []
    for root, path in zip(catalogs.values(), ("", slow), strict=True):
        (root / "deployments" / "unread.yaml").write_text("a: b: c\n")
        code, text = run(root, path, "check", "deployments/unread.yaml", "--format", "json")
        (one,) = json.loads(text)["findings"]
        found.append((code, *(one[key] for key in ("code", "path", "line", "column"))))
    assert found[0] == found[1]
    assert found[0][:2] == (1, "yaml/syntax")


@pytest.mark.parametrize("broken", [False, True], ids=["sound", "broken"])
def test_every_command_says_and_writes_the_same(
    catalogs: Mapping[str, Path], slow: str, tmp_path: Path, broken: bool
) -> None:
    for root in catalogs.values():
        for path, content in (BROKEN if broken else {}).items():
            (root / path).parent.mkdir(exist_ok=True)
            (root / path).write_text(content)
    source = tmp_path / "metadata.yaml"
    source.write_text(METADATA)
    for arguments in (
        ("check",),
        ("check", "--format", "json"),
        ("check", "--explain", "schema/type"),
        ("plan",),
        ("plan", "--json"),
        ("topology", "modules/iris-classifier/tosca.yaml"),
        ("import", str(source)),
        ("new", "deployment", "more", "--module", "iris-classifier"),
        ("new", "module", "made", "--summary", "Does.", "--source-code", "https://example.org/x"),
        ("export", "iris-classifier", "--to", "ai4os"),
        ("check",),
        ("site", "build"),
    ):
        told = [
            run(root, path, *arguments)
            for root, path in zip(catalogs.values(), ("", slow), strict=True)
        ]
        assert told[0] == told[1], arguments
        assert broken or told[0][0] == 0, told
    quick, slowly = (files(root) for root in catalogs.values())
    assert quick == slowly
