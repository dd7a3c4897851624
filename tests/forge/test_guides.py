"""The guides to a catalog of one's own are true: their commands run from an empty directory."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from workflow_runner import programs

pytestmark = [
    pytest.mark.starts("a program"),
    pytest.mark.slow,
    pytest.mark.xdist_group("installed"),
]

ROOT = Path(__file__).resolve().parents[2]
GUIDES = ROOT / "site" / "pages" / "guides"
LIBRARIES = next(path for path in sys.path if path.endswith("site-packages"))
INSTALL = GUIDES / "install.md"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def shell(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path, str], str]:
    """A shell of somebody who has installed the wheel, and can reach no package index."""
    home = tmp_path_factory.mktemp("home")
    given = programs(home)
    environment = {
        **given,
        "GIT_CONFIG_NOSYSTEM": "1",
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "PATH": f"{home}/env/bin:{Path(sys.executable).parent}:{given['PATH']}",
    }

    def run(cwd: Path, script: str) -> str:
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-e", "-x", "-c", script],
            cwd=cwd, env=environment, capture_output=True, text=True, check=False,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
        return done.stdout

    run(home, f"{home}/bin/python3 -m venv env && env/bin/pip install --no-deps {wheel}")
    run(home, "git config --global user.name Ada && git config --global user.email ada@example.org")
    return run


def script(guide: str, *languages: str) -> str:
    """What a guide lets people type, with its files written where it shows them."""
    lines = []
    for language, text in BLOCK.findall((GUIDES / guide).read_text("utf-8")):
        if language == "yaml" and text.startswith("# "):
            name = text.partition("\n")[0].removeprefix("# ")
            lines.append(f"cat >{name} <<'END_OF_FILE'\n{text}END_OF_FILE")
        elif language in languages:
            lines.append(text)
    return "\n".join(lines)


def test_a_catalog_of_one_s_own(shell: Callable[[Path, str], str], tmp_path: Path) -> None:
    asked = script("own-marketplace.md", "sh")
    assert "deepcat new workflows --github" in asked
    shell(tmp_path, asked)
    root = tmp_path / "my-catalog"
    assert (root / "_site/about/index.html").is_file()
    for path in (".github/workflows/check.yml", ".gitlab-ci.yml", ".forgejo/workflows/check.yml"):
        assert (root / path).is_file()
    (kept,) = root.glob(".github/deepcat/*.whl")
    assert kept.name in (root / ".github/deepcat/review.lock").read_text()


def test_the_loop_on_a_bare_repository(shell: Callable[[Path, str], str], tmp_path: Path) -> None:
    asked = script("loop.md", "sh").replace("/srv/www", str(tmp_path / "www"))
    begin, _, after = asked.partition("deepcat records log ")
    shell(tmp_path, begin)
    # The example's wish is left out: what runs is for other tests.
    shell(
        tmp_path,
        "deepcat new catalog mine --owner ada; cd mine; git rm -q deployments/*.yaml\n"
        "git commit -qm 'Wish for nothing'; git push -q ../catalog.git main",
    )
    assert (tmp_path / "www/index.html").is_file()
    assert "deepcat records verify" in after
    catalog = tmp_path / "catalog.git" / "catalog"
    shell(catalog, f"deepcat records log {after.replace('log NAME', 'log')}")


def test_deepcat_is_installed_in_each_way_that_is_told(
    shell: Callable[[Path, str], str], wheel: Path, tmp_path: Path
) -> None:
    """From a Git address, a clone and a wheel; what they need besides is here already."""
    text = re.sub(r" +# .*", "", "\n".join(text for _, text in BLOCK.findall(INSTALL.read_text())))
    begin, *ways = [
        line.removeprefix("$ ")
        for line in text.splitlines()
        if "pip install" in line or "venv" in line
    ]
    assert len(ways) == 3
    tree = tmp_path / "tree"
    shell(tmp_path, f"git clone -q {ROOT} tree && git -C tree checkout -q -B main")
    knows = f"echo '{LIBRARIES}' >$(echo deepcat-env/lib/*/site-packages)/tests.pth"
    offline = "export PIP_NO_DEPS=1 PIP_NO_BUILD_ISOLATION=0 PIP_DISABLE_PIP_VERSION_CHECK=1"
    for number, way in enumerate(ways):
        here = tmp_path / f"{number}"
        here.mkdir()
        shutil.copy(wheel, here)
        asked = way.replace("ADDRESS", f"file://localhost{tree}").replace("COMMIT", "main")
        asked = re.sub(r"deepcat-[\d.]+-py3", wheel.name.partition("-py3")[0] + "-py3", asked)
        shell(here, f"{begin}\n{knows}")
        shell(here, f"{offline}\n{begin}\n{asked}")
        said = shell(here, f"{begin}\ncommand -v deepcat; deepcat --version")
        assert re.search(r"/deepcat-env/bin/deepcat\ndeepcat, version ", said)
