"""A place to develop, by the real code-server of this machine: `make code-server`."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import chromium
import code_servers
import notebooks
import pytest
from conformance.grounds.slurm import Slurm
from conformance.stand import Stand
from ssh_catalog import Catalog
from ssh_hosts import Hosts
from waiting import until

pytestmark = [
    pytest.mark.starts("Ansible and code-server"),
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("code-server") is None, reason="no code-server in PATH"),
    pytest.mark.timeout(1800),
]

NAME = "desk"
WISH = {"profile": "develop", "inputs": {}, "editor": "code-server"}
PATIENCE_S = 300.0
PATIENCE_MS = PATIENCE_S * 1000


@dataclass(frozen=True)
class Desk:
    """A catalog whose deployment `desk` is worked in with code-server.

    Attributes:
        root: of the catalog.
        there: the folder of the catalog's deployments on the host, as this machine sees it.
    """

    root: Path
    there: Callable[[], Path]

    @property
    def files(self) -> Path:
        return self.there() / ".work" / NAME / "notebook" / "files"

    @property
    def now(self) -> Mapping[str, Any]:
        found = (self.there() / NAME / "notebooks" / "notebook").glob("*/now.json")
        return dict(json.loads(next(found).read_text()))

    @property
    def status(self) -> Mapping[str, Any]:
        return dict(json.loads(self.deepcat("status", "--json"))[0])

    def deepcat(self, *words: str) -> str:
        argv = [sys.executable, "-m", "deepcat", *words]
        done = subprocess.run(argv, cwd=self.root, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def git(self, *words: str) -> str:
        done = subprocess.run(
            ["git", *words], cwd=self.root, capture_output=True, text=True, check=True
        )
        return done.stdout


@pytest.fixture
def local(request: pytest.FixtureRequest) -> Desk:
    hub = request.getfixturevalue("hub")
    hub.git("config", "deepcat.recordsRemote", "none")
    hub.wish(NAME, **WISH)
    return Desk(hub.clone, lambda: Path(hub.clone, ".deepcat", "local"))


@pytest.fixture
def ssh(tmp_path: Path) -> Iterator[Desk]:
    (tmp_path / "hosts").mkdir()
    hosts = Hosts(tmp_path / "hosts", 1)
    try:
        hosts.begin()
        (host,) = hosts.all
        code_servers.lend(host)
        catalog = Catalog(tmp_path / "catalog", host)
        catalog.begin(hosts.key)
        cloud = catalog.root / "clouds" / "bare.yaml"
        data = json.loads(cloud.read_text())
        data["ssh"]["user"] = "root"  # a box takes namespaces, which the rig's users lack
        cloud.write_text(json.dumps(data))
        before = catalog.root / "deployments" / "demo.yaml"
        wish = json.loads(before.read_text()) | WISH
        before.unlink()
        before.with_stem(NAME).write_text(json.dumps(wish))
        catalog.commit()
        places = host.root / "root" / ".deepcat"
        yield Desk(catalog.root, lambda: next(places.glob(f"*/{NAME}")).parent)
    finally:
        hosts.end()


@pytest.fixture
def slurm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    ground = Slurm(tmp_path)
    stand = Stand(tmp_path, ground)
    try:
        stand.begin()
        stand.wish_for(NAME, **WISH)
        for name, value in stand.environment.items():
            monkeypatch.setenv(name, value)
        yield Desk(stand.root, lambda: ground.folder(stand.root, "first"))
    finally:
        ground.clear(stand.root)
        ground.end()


@pytest.fixture(
    params=[
        "local",
        pytest.param("ssh", marks=pytest.mark.system("sshd", "ip", "nsenter")),
        pytest.param("slurm", marks=pytest.mark.system("slurmctld", "slurmd", "munged")),
    ]
)
def desk(request: pytest.FixtureRequest) -> Iterator[Desk]:
    found: Desk = request.getfixturevalue(request.param)
    try:
        yield found
    finally:
        argv = [sys.executable, "-m", "deepcat", "destroy", "--all", "--yes", "--discard"]
        subprocess.run(argv, cwd=found.root, check=False)


def asked(address: str, path: str = "", **headers: str) -> int:
    request = urllib.request.Request(address.partition("?")[0] + path, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as got:
            return int(got.status)
    except urllib.error.HTTPError as error:
        return error.code


def said(page: Any, line: str, done: Callable[[], bool]) -> None:
    """Say a line in the page's terminal, again where it was not heard."""
    terminal = page.locator(".terminal.xterm").first

    def heard() -> bool:
        if done():
            return True
        terminal.click()
        page.keyboard.type(f"{line}\n")
        for _ in range(20):
            page.wait_for_timeout(500)
            if done():
                return True
        return False

    until(heard, PATIENCE_S)


def lost(browser: Any) -> None:
    """End a browser as one that is lost: a page that is closed ends its terminals, if heard."""
    from playwright.sync_api import Error

    with suppress(Error):
        browser.new_browser_cdp_session().send("Browser.crash")
    until(lambda: not browser.is_connected(), PATIENCE_S)


def works(page: Any, desk: Desk) -> None:
    """Write a file in the editor and save it, and others in a terminal."""
    row = page.locator(".explorer-folders-view .monaco-list-row", has_text="README.md").first
    row.click()
    text = page.locator(".editor-instance .view-lines").first
    text.click()
    page.keyboard.press("Control+Home")
    page.keyboard.type("By hand. ")
    page.keyboard.press("Control+s")
    until(lambda: (desk.files / "README.md").read_text().startswith("By hand. "), PATIENCE_S)
    page.keyboard.press("Control+`")
    page.locator(".terminal.xterm").first.wait_for()
    made, variables = desk.files / "made.txt", desk.files / "env.txt"
    line = "env > env.txt; python -c 'print(6 * 7)' > made.txt"
    said(page, line, lambda: made.is_file() and made.read_text() == "42\n")
    assert variables.stat().st_size > 0


def test_it_opens_is_worked_in_and_stops_when_nobody_does(desk: Desk, tmp_path: Path) -> None:
    from playwright.sync_api import sync_playwright

    assert "work in code-server" in desk.deepcat("plan")
    program = chromium.write(tmp_path / "chromium")
    with notebooks.opened(desk.root, NAME) as told, sync_playwright() as driver:
        address = told["address"]
        token = notebooks.token(address)
        shown = {"Authorization": f"token {token}"}
        assert asked(address, "healthz") == 403
        assert asked(address, "healthz", **shown) == 200
        assert asked(address, "healthz", **shown, Host="evil.example") == 403
        assert asked(address, "healthz", **shown, Origin="http://127.0.0.1:1") == 403
        browser = driver.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.set_default_timeout(PATIENCE_MS)
        page.goto(address, wait_until="commit")
        page.locator(".explorer-folders-view", has_text="module.yaml").first.wait_for()
        assert "token" not in page.url
        works(page, desk)
        if folder := os.environ.get("DEEPCAT_SCREENSHOTS"):
            page.wait_for_timeout(3000)
            page.screenshot(path=f"{folder}/code-server.png")
        assert token not in (desk.files / "env.txt").read_text()
        begun = desk.now["used"]
        until(lambda: desk.now["used"] > begun, PATIENCE_S)  # for a page is open
        said(page, "touch busy.txt; sleep 3600", (desk.files / "busy.txt").is_file)
        lost(browser)
        left = desk.now["used"]
        until(lambda: desk.now["used"] > left + 10, PATIENCE_S)  # for a terminal is busy
        assert desk.status["status"] == "running"
        desk.deepcat("develop", "stop", NAME)
        assert desk.status["status"] == "stopped"
    with notebooks.opened(desk.root, NAME) as told:
        address, other = told["address"], notebooks.token(told["address"])
        assert other != token
        assert asked(address, "healthz", **shown) == 403
        assert asked(address, "healthz", Authorization=f"token {other}") == 200
    with notebooks.opened(desk.root, NAME, "--idle", "20s"):
        until(lambda: desk.now["why"] == "nobody used it", PATIENCE_S)
    desk.deepcat("develop", "save", NAME, "-m", "By code-server")
    branch = f"deepcat/develop/{NAME}"
    named = desk.git("diff", "--name-only", "main", branch)
    assert "made.txt" in named
    assert ".local" not in named
    assert "By hand. " in desk.git("diff", "main", branch)
