"""The guides hold: every command runs in an empty folder, every template reads, all is shown."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tomllib
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

pytestmark = pytest.mark.xdist_group("guides")

GUIDES = Path(__file__).resolve().parents[3] / "site" / "pages" / "guides"
NAMES = sorted(path.stem for path in GUIDES.glob("*.md"))
# Whose commands need deepcat installed from a wheel, see `tests/forge/test_guides.py`, or hosts:
# `tests/clouds/kinds` goes their way.
ELSEWHERE = {"own-marketplace", "loop", "clouds-ssh"}
BLOCK = re.compile(r"^( *)```(\w+)\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)
ENVIRONMENT = {
    **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
    "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    "GIT_CONFIG_GLOBAL": os.devnull,
    **{f"GIT_{who}_NAME": "Ada" for who in ("AUTHOR", "COMMITTER")},
    **{f"GIT_{who}_EMAIL": "ada@example.org" for who in ("AUTHOR", "COMMITTER")},
}


def blocks(name: str, *kinds: str) -> list[str]:
    """The blocks of some languages in a guide, without their indentation."""
    text = (GUIDES / f"{name}.md").read_text("utf-8")
    return [
        re.sub(f"(?m)^{found[1]}", "", found[3])
        for found in BLOCK.finditer(text)
        if found[2] in kinds
    ]


def commands(name: str) -> list[str]:
    """The commands of a guide, in order; one that goes on in the next line is one."""
    text = "".join(blocks(name, "sh")).replace("\\\n", " ")
    return [line for line in text.splitlines() if line.strip()]


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Path]:
    """An empty folder, and what comes up in it comes down again."""
    yield tmp_path
    for marker in tmp_path.rglob("deepcat.yaml"):
        subprocess.run(
            ["deepcat", "destroy", "--all", "--yes"],
            cwd=marker.parent,
            env=ENVIRONMENT,
            capture_output=True,
            check=False,
        )


def run(line: str, folder: Path) -> Path:
    """Do what a line says; the folder that it leaves a reader in."""
    if line.startswith("cd "):
        return folder / line.removeprefix("cd ")
    if line.startswith("pip install "):
        is_ours(line)
    elif line == "deepcat site serve":
        serve(folder)
    else:
        done = subprocess.run(
            ["bash", "-ec", line],
            cwd=folder,
            env=ENVIRONMENT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
    return folder


def is_ours(line: str) -> None:
    """What is installed is this project, with extras that it has."""
    project = tomllib.loads((GUIDES.parents[2] / "pyproject.toml").read_text())["project"]
    (wanted,) = shlex.split(line)[2:]
    name, _, extra = wanted.rstrip("]").partition("[")
    assert name == project["name"]
    assert not extra or extra in project["optional-dependencies"]


def serve(folder: Path) -> None:
    """The website answers, and is ended again."""
    command = ["deepcat", "site", "serve", "--port", "0"]
    with subprocess.Popen(
        command, cwd=folder, env=ENVIRONMENT, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            lines = iter(process.stdout or ())
            address = next(found[0] for line in lines if (found := re.search(r"http://\S+/", line)))
            with urllib.request.urlopen(address) as answer:
                assert b"</html>" in answer.read()
        finally:
            process.terminate()


@pytest.mark.tensorflow
@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in NAMES if name not in ELSEWHERE])
def test_every_command_runs_as_it_stands(name: str, here: Path) -> None:
    folder = here
    for line in [*(commands("index") if name != "index" else ()), *commands(name)]:
        folder = run(line, folder)


@pytest.mark.parametrize("number", range(len(blocks("topology", "yaml"))))
def test_every_recipe_is_understood(number: int, here: Path) -> None:
    template = here / "tosca.yaml"
    template.write_text(blocks("topology", "yaml")[number])
    (here / "deepcat.yaml").write_text("apiVersion: deepcat/v1\ntitle: Recipes\n")
    run(f"deepcat topology {template}", here)


def test_every_yaml_is_sound() -> None:
    for name in NAMES:
        for block in blocks(name, "yaml"):
            assert isinstance(yaml.safe_load(block), dict), (name, block)


def test_every_guide_is_in_the_menu_and_shows_its_pictures(site: Path) -> None:
    menu = (GUIDES.parents[2] / "mkdocs.yml").read_text()
    for name in NAMES:
        assert f"guides/{name}.md" in menu
        page = site / "guides" / ("" if name == "index" else name) / "index.html"
        text = page.read_text()
        assert text.count("<img ") == (GUIDES / f"{name}.md").read_text().count("![")
        for picture, alt in re.findall(r'<img alt="([^"]*)" src="([^"]*)"', text):
            assert len(picture) > 20, "a picture needs words for who cannot see it"
            assert (page.parent / alt).is_file()
    shown = {path.name for path in (GUIDES / "pictures").iterdir()}
    told = set(
        re.findall(r"pictures/([\w.]+)", "".join(p.read_text() for p in GUIDES.glob("*.md")))
    )
    assert shown == told
