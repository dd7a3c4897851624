"""The website of this repository's own catalog, built and shown by the commands that people use."""

from __future__ import annotations

import atexit
import math
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from deepcat.plan.values import State, Status
from deepcat.records.record import Record
from deepcat.records.store import Store
from deepcat.records.trainings import Training

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

PARTS = ("modules", "clouds", "datasets", "deployments", "site")
SETTINGS = """
repository: https://github.com/example/catalog
site_url: https://catalog.example.org/
"""
CLOUD = """apiVersion: deepcat/v1
name: institute
kind: shelves
summary: Machines below the stairs.
price: 0.5
shapes:
  - name: box
    accelerator: NVIDIA A100 80GB PCIe
    accelerators: 2
    cpus: 24
    memory: 256GiB
    count: 1
  - {name: shelf, cpus: 16, memory: 64GiB, count: 4}
"""
BROKEN = "apiVersion: deepcat/v1\nname: broken\nversion: one\ntitle: <b>Broken</b>\n"
WAIT_MS = 120_000


MORE_DATA = f"""apiVersion: deepcat/v1
title: More digits
address: https://data.example.org/digits.csv
sha256: {"a" * 64}
bytes: 1000
license: CC0-1.0
maintainers: [deepcat-founders]
"""
# The kind of the cloud above, as a package brings it: planning reads, so it need only be there.
KIND = """\
from deepcat.clouds.kinds.local.kind import Local
from deepcat.clouds.offers import Probe

class Shelves(Local):
    name = "shelves"
    is_here = False
    def probe(self, cloud, means):
        return Probe(cloud.name)

KIND = Shelves()
"""


@cache
def packages() -> str:
    """A folder with that package, as an installer leaves it."""
    folder = tempfile.TemporaryDirectory(prefix="deepcat-packages-")
    atexit.register(folder.cleanup)
    root = Path(folder.name)
    (root / "planted_shelves.py").write_text(KIND)
    facts = root / "planted_shelves-1.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: planted-shelves\nVersion: 1\n")
    (facts / "entry_points.txt").write_text("[deepcat.clouds]\nshelves = planted_shelves:KIND\n")
    return folder.name


def environment() -> dict[str, str]:
    """This process's, with a Git that knows nobody but Ada, and one more kind of cloud."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    who = {}
    for kind in ("AUTHOR", "COMMITTER"):
        who |= {f"GIT_{kind}_NAME": "Ada", f"GIT_{kind}_EMAIL": "ada@example.org"}
    path = os.pathsep.join(filter(None, (packages(), kept.get("PYTHONPATH", ""))))
    git = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    return kept | who | git | {"PYTHONPATH": path}


def trained(number: int) -> tuple[Training, str, dict[str, list[list[float]]]]:
    """A training of a module of the catalog, with what its record says, and its curves."""
    name, rate = f"{number:012x}", number / 1000
    loss = [[step, 2.0 * step, math.exp(-step * rate) + 0.01] for step in range(1, 21)]
    fault = {"detail": "It needed more memory.", "hint": "Ask for more."}
    made = Training(
        name,
        "learn",
        module="half-plus-two",
        version="1.0.0",
        state="failed" if number == 60 else "ended",
        inputs={"lr": rate, "epochs": 20, "note": "<b>plain</b>"},
        metrics={"loss": loss[-1][2], "mae": number / 7},
        failure=fault if number == 60 else {},
        began=f"2026-11-{number % 28 + 1:02}T10:00:{number % 60:02}+00:00",
        seconds=40.0 + number,
        output=({"path": "model.tar.gz", "bytes": 5213, "sha256": "0" * 64},),
    )
    return made, f"learn: training {name}", {"loss": loss}


@dataclass(frozen=True)
class Catalog:
    """A catalog in a folder of its own."""

    root: Path

    @property
    def out(self) -> Path:
        return self.root / "_site"

    def deepcat(self, *words: str, timeout_s: float = 300, code: int = 0) -> str:
        """Run a command as people do, which must end with this code; its output."""
        done = subprocess.run(
            [sys.executable, "-m", "deepcat", *words],
            cwd=self.root,
            env=environment(),
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )
        assert done.returncode == code, f"deepcat {words}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def build(self) -> str:
        return self.deepcat("site", "build")

    def write(self, path: str, content: str | bytes) -> None:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode() if isinstance(content, str) else content)

    def commit(self) -> None:
        for words in (["init", "-b", "main", "."], ["add", "-A"], ["commit", "-m", "begin"]):
            subprocess.run(
                ["git", *words],
                cwd=self.root,
                env=environment(),
                check=True,
                capture_output=True,
            )


def copy(repository: Path, root: Path, *modules: str) -> Catalog:
    """This repository's catalog, or some of its modules, below another root."""
    root.mkdir(parents=True)
    for part in PARTS:
        shutil.copytree(repository / part, root / part)
    for folder in (root / "modules").iterdir():
        if modules and folder.name not in modules:
            shutil.rmtree(folder)
    catalog = Catalog(root)
    catalog.write("deepcat.yaml", (repository / "deepcat.yaml").read_text() + SETTINGS)
    return catalog


@pytest.fixture(scope="session")
def make_catalog() -> Callable[..., Catalog]:
    """Copies this repository's catalog, or some of its modules, below another root."""
    return copy


@pytest.fixture
def fresh(repository: Path, tmp_path: Path) -> Callable[..., Catalog]:
    """A function that copies the catalog, or some of its modules, to a folder of its own."""

    def make(*modules: str, name: str = "catalog") -> Catalog:
        catalog = copy(repository, tmp_path / name, *modules)
        catalog.commit()
        return catalog

    return make


@pytest.fixture(scope="session")
def catalog(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """The whole catalog with a cloud, a broken module and two records, and its website."""
    made = copy(repository, tmp_path_factory.mktemp("site") / "catalog")
    made.write("clouds/institute.yaml", CLOUD)
    made.write("modules/broken/module.yaml", BROKEN)
    made.write("datasets/more-digits.yaml", MORE_DATA)
    named = "compare: [[digits-classifier, iris-classifier]]\n"
    made.write("deepcat.yaml", (made.root / "deepcat.yaml").read_text() + named)
    _have_a_past(made)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment().items():
            patch.setenv(name, value)
        store = Store(made.root)
        for record in records():
            store.update(record.name, lambda _, record=record: record, f"{record.name}: apply")
        for number in range(1, 61):
            store.put_training(*trained(number))
    made.build()
    return made


def _have_a_past(made: Catalog) -> None:
    """Commit the catalog, one module of which has had an older version with another answer."""
    path = "modules/half-plus-two/module.yaml"
    today = (made.root / path).read_text()
    older = today.replace("version: 1.0.0", "version: 0.9.0", 1).replace(
        "[2.5, 3.0, 4.5]", "[2.5, 3.0, 5.5]"
    )
    assert older.count("0.9.0") == 1
    readme = "modules/half-plus-two/README.md"
    said = (made.root / readme).read_text()
    for content, text in ((older, f"{said}\nIt was <i>once</i> `wrong` of 7.\n"), (today, said)):
        made.write(path, content)
        made.write(readme, text)
        made.commit()


def records() -> list[Record]:
    """One deployment that runs and one that failed."""
    common: dict[str, Any] = {
        "version": "1.0.0",
        "module_digest": "a" * 64,
        "profile": "serve",
        "inputs": {"rest_port": 8501},
        "cloud": "institute",
        "shape": "box",
        "wish_digest": "b" * 64,
        "commit": "c" * 40,
        "owner": "ada",
    }
    runs = State(
        name="digits",
        module="digits-classifier",
        status=Status.RUNNING,
        endpoints={"rest": "https://digits.example.org", "grpc": "digits.example.org:8500"},
        **common,
    )
    failed = State(name="forecast", module="load-forecaster", status=Status.FAILED, **common)
    at = {"created": "2026-01-01T00:00:00Z", "updated": "2026-01-02T00:00:00Z"}
    samples = {"passed": 3, "failed": 0, "at": "2026-01-02T00:00:00Z"}
    why = ({"cloud": "institute", "kind": "capacity", "message": "<b>no</b> host is free"},)
    return [
        Record(runs, samples=samples, price_hour=0.5, **at),
        Record(failed, failures=why, **at),
    ]


@pytest.fixture(scope="session")
def site(catalog: Catalog) -> Path:
    """The folder of the built website."""
    return catalog.out


@contextmanager
def served(catalog: Catalog) -> Iterator[str]:
    """`deepcat site serve` on a free port; the website's address without a slash at its end."""
    command = [sys.executable, "-m", "deepcat", "site", "serve", "--no-build", "--port", "0"]
    with subprocess.Popen(
        command, cwd=catalog.root, env=environment(), stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            found = re.search(r"http://[\d.]+:\d+", process.stdout.readline())
            assert found, "the server did not say where it listens"
            yield found[0]
        finally:
            process.terminate()
            process.wait(120)


@pytest.fixture(scope="session")
def show() -> Callable[[Catalog], Any]:
    """Shows a catalog's built website; gives a context manager with its address."""
    return served


@pytest.fixture(scope="session")
def address(catalog: Catalog) -> Iterator[str]:
    """Where the website is shown."""
    with served(catalog) as found:
        yield found


@dataclass
class Watch:
    """What a browser asked for, and what it did that no page of ours may do."""

    origin: str
    requests: list[str] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    @property
    def foreign(self) -> list[str]:
        """Requests to another origin."""
        here = urlsplit(self.origin)
        return [
            url
            for url in self.requests
            if (parts := urlsplit(url)).scheme not in ("data", "blob")
            and (parts.scheme, parts.netloc) != (here.scheme, here.netloc)
        ]

    def follow(self, context: BrowserContext, *, scripts: bool) -> None:
        context.on("request", lambda request: self.requests.append(request.url))
        context.on("dialog", self._dialog)
        context.on("weberror", lambda error: self.errors.append(str(error.error)))
        context.on("console", self._console)
        if scripts:
            context.expose_binding(
                "deepcatViolation", lambda _, *facts: self.violations.append(" ".join(facts))
            )
            context.add_init_script(
                "addEventListener('securitypolicyviolation', (e) =>"
                " deepcatViolation(e.violatedDirective, e.blockedURI, e.documentURI))"
            )

    def _dialog(self, dialog: Any) -> None:
        self.errors.append(f"a dialogue: {dialog.message}")
        dialog.dismiss()

    def _console(self, message: Any) -> None:
        if message.type == "error":
            self.errors.append(f"{message.text} {message.location.get('url', '')}")

    def check(self) -> None:
        """Nothing of another origin was asked for, nothing was refused, and nothing failed."""
        assert self.requests
        assert self.foreign == []
        assert self.violations == []
        assert self.errors == []


@dataclass
class Visit:
    """Opens pages of one website.

    Attributes:
        go: from a path and a context's options to a page.
        watch: what all of them did; a test that means to break something may look and clear it.
    """

    go: Callable[..., Page]
    watch: Watch

    def __call__(self, path: str = "/", **options: Any) -> Page:
        return self.go(path, **options)


@contextmanager
def watched(browser: Browser, address: str) -> Iterator[Visit]:
    """What opens an address of the website in a context of its own, and watches it."""
    opened: list[BrowserContext] = []
    watch = Watch(address)

    def go(path: str = "/", **options: Any) -> Page:
        options = {"reduced_motion": "reduce", "base_url": address} | options
        context = browser.new_context(**options)
        context.set_default_timeout(WAIT_MS)
        watch.follow(context, scripts=options.get("java_script_enabled", True))
        opened.append(context)
        page = context.new_page()
        page.goto(path, wait_until="load")
        return page

    try:
        yield Visit(go, watch)
        watch.check()
    finally:
        for context in opened:
            context.close()


@pytest.fixture
def visit(browser: Browser, address: str) -> Iterator[Visit]:
    """Opens a page of the catalog's website.

    The test fails if any page asked for what is foreign, broke the policy or reported an error.
    """
    with watched(browser, address) as go:
        yield go


@pytest.fixture(scope="session")
def broken() -> Callable[..., list[str]]:
    """What axe-core finds on a page: rule, element and why; of some rules where they are named."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")

    def find(page: Page, only: list[str] | None = None) -> list[str]:
        options: dict[str, Any] = {"resultTypes": ["violations"]}
        if only:
            options["runOnly"] = only
        found = axe.Axe().run(page, options=options).response["violations"]
        return [
            f"{rule['id']}: {node['target']} {node['failureSummary']}"
            for rule in found
            for node in rule["nodes"]
        ]

    return find


@pytest.fixture
def visit_at(browser: Browser) -> Callable[[str], Any]:
    """The same for a website that is shown elsewhere; gives a context manager."""
    return lambda address: watched(browser, address)
