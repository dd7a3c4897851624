"""README's commands run as they stand, and how deepcat is installed is said in one place."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from free_ports import free_ports

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
INSTALL = ROOT / "site/pages/guides/install.md"
# Where README's curl asks.
REST_PORT = "8511"
EXTRAS = set(
    tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
) - {"dev"}
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PIP = re.compile(r"""pip install (?:-\S+ )*(["']?deepcat[^\s`'"]*["']?)""")
# What people read that is written by hand, or by us for them.
TEXTS = sorted(
    path
    for pattern in (
        "*.md", "docs/**/*.md", "site/pages/**/*.md", "site/text/*.yaml", "playbooks/**/*.*",
        "src/deepcat/**/*.py", "src/deepcat/**/*.yaml", "generator/deepcat_site/**/*.py",
        "generator/deepcat_site/templates/*.html",
    )
    for path in ROOT.glob(pattern)
    if path not in (ROOT / "CHANGELOG.md", INSTALL) and path.is_file()
    if path.suffix != ".pyc"
)  # fmt: skip


def test_how_to_install_is_said_in_one_place() -> None:
    """Elsewhere pip is only asked to give an installed deepcat an extra."""
    said = [(path, each) for path in TEXTS for each in PIP.findall(path.read_text("utf-8"))]
    assert len(said) > 10
    for path, each in said:
        begins = {"local", "all"} if path.suffix == ".md" else set()
        allowed = {f"'deepcat[{extra}]'" for extra in {*EXTRAS, "{extra}"} - begins}
        assert each in allowed, path


def test_the_place_is_linked_from_where_people_begin() -> None:
    assert "(site/pages/guides/install.md)" in README.read_text("utf-8")
    for name in ("index", "own-marketplace"):
        assert "(install.md)" in (INSTALL.parent / f"{name}.md").read_text("utf-8")


def test_every_extra_is_told() -> None:
    rows = re.findall(r"^\| (`.+?) \|", INSTALL.read_text("utf-8"), re.MULTILINE)
    assert {name for row in rows for name in re.findall(r"`([a-z]+)`", row)} == EXTRAS


class Shell:
    """Somebody at a terminal, in a clone of this repository that has a fork of its own."""

    def __init__(self, folder: Path) -> None:
        self.here = self.clone = folder / "clone"
        self.environment = os.environ | {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "DEEPCAT_UNBOXED": "1",
        }
        listed = self.git(ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
        for name in filter(None, listed.split("\0")):
            if (ROOT / name).is_file() and not name.startswith(("docs/", "bench/", "tests/")):
                (self.clone / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / name, self.clone / name)
        self._take_free_ports()
        model = self.clone / "modules/half-plus-two/model.tar.gz"
        shutil.copy(model, self.clone / "my-savedmodel.tar.gz")
        self.git(folder, "init", "-q", "--bare", "fork.git")
        self.git(folder, "init", "-q", "-b", "main", "clone")
        self.git(self.clone, "remote", "add", "origin", str(folder / "fork.git"))
        self.git(self.clone, "add", "-A")
        self.git(self.clone, "commit", "-q", "-m", "Begin")
        self.git(self.clone, "push", "-q", "origin", "main")

    def _take_free_ports(self) -> None:
        """Let the demonstration's deployments stand beside what else runs on this machine."""
        self.port = ""
        for path in sorted((self.clone / "deployments").glob("*.yaml")):
            text = path.read_text()
            for port in re.findall(r"_port: (\d+)", text):
                free = str(free_ports(1)[0])
                text = text.replace(port, free)
                self.port = free if port == REST_PORT else self.port
            path.write_text(text)

    @staticmethod
    def git(folder: Path, *argv: str) -> str:
        return subprocess.run(
            ["git", *argv], cwd=folder, check=True, capture_output=True, text=True
        ).stdout

    def run(self, line: str) -> str:
        """What a line of README says; it leaves this shell where it leaves its reader."""
        done = subprocess.run(
            ["bash", "-ec", f"{line}\npwd >&2"], cwd=self.here, env=self.environment,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
        self.here = Path(done.stderr.splitlines()[-1])
        return done.stdout

    def serve(self, line: str) -> None:
        """What comes before a website is done; the website answers, and is ended again."""
        before, _, last = line.rpartition(" && ")
        self.run(before)
        with subprocess.Popen(
            [*last.split(), "--port", "0"], cwd=self.here, env=self.environment,
            stdout=subprocess.PIPE, text=True,
        ) as process:  # fmt: skip
            try:
                said = (re.search(r"http://\S+/", each) for each in process.stdout or ())
                address = next(found[0] for found in said if found)
                with urllib.request.urlopen(address) as answer:
                    assert b"</html>" in answer.read()
            finally:
                process.terminate()


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    made = Shell(tmp_path)
    yield made
    made.here = made.clone
    made.run("deepcat destroy --all --yes")


def is_left_out(line: str) -> bool:
    """What makes an environment, and begins one: the tests run in theirs."""
    return line.startswith(("make ", ". .venv/", "pip "))


@pytest.mark.tensorflow
@pytest.mark.slow
@pytest.mark.system("curl")
def test_every_command_of_readme_runs_as_it_stands(shell: Shell) -> None:
    found = "".join(BLOCK.findall(README.read_text("utf-8"))).splitlines()
    lines = [line.removeprefix("$ ").partition("   ")[0] for line in found]
    assert len(lines) > 10
    shell.run("deepcat apply iris-classifier --yes")  # as `make demo` leaves it
    name = "NAME"
    for line in (each.replace(REST_PORT, shell.port).replace("NAME", name) for each in lines):
        if is_left_out(line):
            continue
        if line.endswith(" site serve"):
            shell.serve(line)
        elif line.startswith("deepcat new module"):
            # At a terminal it asks for these.
            more = "--summary 'Adds.' --source-code https://example.org/mine --maintainer ada"
            shell.run(f"{line} {more}")
        elif "--gpu" in line:
            # This machine has none, and says so with the exit status of a refusal.
            assert "2 × A100 40 GiB asked" in shell.run(f"{line} || test $? = 1")
        else:
            # At a terminal it asks first.
            asks = line.startswith(("deepcat apply", "deepcat destroy", "deepcat train "))
            said = shell.run(f"{line} --yes" if asks else line)
            if line.startswith("deepcat train "):
                name = said.split()[1].rstrip(":")
    assert "my-model" in shell.git(shell.clone, "ls-remote", "origin")
