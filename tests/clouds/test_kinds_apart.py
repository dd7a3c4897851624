"""A kind of cloud is named in its own folder, and in data that people may write otherwise."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from deepcat.clouds import kinds

# Files that may name one: data that people or standards write, and what a new catalog begins with.
ALLOWED = {
    "site/text/en.yaml",
    "src/deepcat/catalog/beginning/catalog.py",
    "src/deepcat/catalog/judging/rules/cloud_kind.py",
    "src/deepcat/catalog/schemas/cloud.schema.json",
    "src/deepcat/catalog/schemas/deployment.schema.json",
    "src/deepcat/tosca/types/grycap.yaml",
    "src/deepcat/tosca/types/grycap_older.yaml",
    "src/deepcat/tosca/types/indigo.yaml",
}
# The same word for something else: Ansible's own connection, a file of the supervisor's, the
# program `ssh`, and the command that is called as it is; a form of manifests, and an extra; a cloud
# among the examples of what commands print.
ALIKE = {
    "src/deepcat/catalog/schemas/match.schema.json",
    "src/deepcat/catalog/schemas/plan.schema.json",
    "src/deepcat/catalog/converting/origin.py",
    "src/deepcat/cli/main.py",
    "src/deepcat/cli/ssh.py",
    "src/deepcat/cli/render.py",
    "src/deepcat/clouds/kind.py",
    "src/deepcat/clouds/kinds/slurm/cluster.py",
    "src/deepcat/clouds/manifests/forms.py",
    "src/deepcat/extras.py",
    "src/deepcat/git.py",
    "src/deepcat/remote/__init__.py",
    "src/deepcat/remote/config.py",
    "src/deepcat/remote/ground/shore.py",
    "src/deepcat/remote/link.py",
    "src/deepcat/remote/ssh.py",
    "src/deepcat/remote/trouble.py",
    "src/deepcat/remote/words.py",
    "playbooks/plugins/action/deepcat_host.py",
    "playbooks/plugins/action/deepcat_operation.py",
    "src/deepcat/host/supervisor.py",
    "src/deepcat/doctor/parts.py",
    "src/deepcat/remote/private_key.py",
    "src/deepcat/runs/plays.py",
}
ROOTS = ("src", "generator/deepcat_site", "playbooks", "site/text")
ENDINGS = {".py", ".html", ".yaml", ".yml", ".json", ".xml"}
FOLDERS = [
    path for path in Path(next(iter(kinds.__path__))).iterdir() if (path / "kind.py").is_file()
]


def sources(repository: Path) -> Iterator[tuple[str, str]]:
    """Every file that could name a kind, by its path, outside the kinds' folders."""
    for root in ROOTS:
        for path in sorted((repository / root).rglob("*")):
            is_source = path.suffix in ENDINGS and path.is_file()
            if is_source and not any(path.is_relative_to(folder) for folder in FOLDERS):
                yield path.relative_to(repository).as_posix(), path.read_text("utf-8")


def names(word: str, text: str) -> bool:
    """Whether a text has a word as a value of its own, or as the end of a path."""
    return bool(re.search(rf"[\"'`/]{word}[\"'`]|\bkind: {word}\b", text))


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_a_kind_is_named_in_its_folder_alone(folder: Path, repository: Path) -> None:
    found = {path for path, text in sources(repository) if names(folder.name, text)}
    assert found <= ALLOWED | ALIKE
    assert not [path for path in ALLOWED if not (repository / path).is_file()]


@pytest.mark.parametrize("text", ['if kind == "here":', "root / '.deepcat/here'", "kind: here"])
def test_a_name_would_be_seen(text: str) -> None:
    assert names("here", text)
    assert not names("here", "it is here, and what lies here = here(x)")
