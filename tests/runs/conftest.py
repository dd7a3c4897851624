"""A small catalog under Git whose deployments really run: Ansible, supervisord, `deepcat serve`."""

from __future__ import annotations

import gzip
import hashlib
import io
import re
import shutil
import subprocess
import tarfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import cloud_packages
import pytest
from free_ports import free_ports

from deepcat.catalog.reading.tree import Entry, Tree
from deepcat.clouds.kinds.local.hosts import local_folder
from deepcat.host.supervisor import Supervisor
from deepcat.loop.jobs import jobs, take_down
from deepcat.loop.observed import observed
from deepcat.loop.world import Gathered, gather
from deepcat.plan.values import Change
from deepcat.records.journal import RecordJournal
from deepcat.records.record import Record
from deepcat.records.store import Store
from deepcat.runs.execute import execute
from deepcat.runs.folders import new_run
from deepcat.runs.values import Event, Ground, Job, Journal, Outcome

TEMPLATE = Path(cloud_packages.__file__).parents[1] / "clouds" / "template_kind"


def repacked(
    archive: Path, change: Callable[[str, bytes], bytes], extra: dict[str, bytes]
) -> bytes:
    """A model's archive with other content."""
    members: dict[str, bytes] = {}
    with tarfile.open(archive) as tar:
        for member in tar:
            stream = tar.extractfile(member) if member.isfile() else None
            if stream is not None:
                members[member.name] = change(member.name, stream.read())
    members |= extra
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as tar:
        for name, content in sorted(members.items()):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return gzip.compress(raw.getvalue(), mtime=0)


@dataclass
class Tampered:
    """A tree in which some files have another content."""

    tree: Tree
    files: dict[str, bytes]

    @property
    def commit(self) -> str:
        return self.tree.commit

    def entries(self, under: str = "") -> tuple[Entry, ...]:
        return self.tree.entries(under)

    def read(self, path: str) -> bytes:
        return self.files[path] if path in self.files else self.tree.read(path)


@dataclass
class Catalog:
    """One catalog, and what a person would do with it."""

    root: Path
    tampered: dict[str, bytes] = field(default_factory=dict)

    @property
    def store(self) -> Store:
        return Store(self.root)

    @property
    def record(self) -> Record | None:
        return self.store.read("demo")

    @property
    def module(self) -> Path:
        return self.root / "modules" / "half-plus-two"

    @property
    def rest_port(self) -> int:
        found = re.search(r"rest_port: (\d+)", self.deployment.read_text())
        assert found
        return int(found[1])

    @property
    def deployment(self) -> Path:
        return self.root / "deployments" / "demo.yaml"

    def commit(self, message: str = "change") -> None:
        subprocess.run(["git", "-C", str(self.root), "add", "-A"], check=True)
        subprocess.run(
            ["git", "-C", str(self.root), "commit", "-q", "--allow-empty", "-m", message],
            check=True,
        )

    def edit(self, path: str, old: str, new: str) -> None:
        file = self.root / path
        text = file.read_text()
        assert old in text
        file.write_text(text.replace(old, new))

    def edit_module(self, old: str, new: str) -> None:
        self.edit("modules/half-plus-two/module.yaml", old, new)

    def pack(self, content: bytes, *, honest: bool = True) -> None:
        """Give the module another archive, with its checksum unless it shall be wrong."""
        archive = self.module / "model.tar.gz"
        old = hashlib.sha256(archive.read_bytes()).hexdigest()
        archive.write_bytes(content)
        new = hashlib.sha256(content if honest else b"another").hexdigest()
        for name in ("module.yaml", "tosca.yaml"):
            self.edit(f"modules/half-plus-two/{name}", old, new)

    def allow(self, folder: Path) -> None:
        """Let the module's own scripts change a folder of the host."""
        with (self.root / "deepcat.yaml").open("a") as stream:
            stream.write(f"allowed_folders: {{half-plus-two: [{folder}]}}\n")

    def new_model(self, note: str = "2") -> None:
        """The same model in another archive: another checksum, the same answers."""
        archive = self.module / "model.tar.gz"
        self.pack(repacked(archive, lambda _, content: content, {"1/note.txt": note.encode()}))

    def tamper(self, path: str, content: bytes) -> None:
        """Let a run find another content than the plan did."""
        self.tampered[path] = content

    def broken_model(self) -> None:
        archive = self.module / "model.tar.gz"
        spoil = {"1/variables/variables.index": b"no index"}  # the graph passes every check
        self.pack(repacked(archive, lambda _, content: content, spoil))

    def gather(self) -> Gathered:
        gathered = gather(self.root)
        return replace(gathered, records=observed(self.root, gathered.records))

    def changes(self) -> dict[str, Change]:
        return {change.deployment: change for change in self.gather().plan().changes}

    def jobs(self, gathered: Gathered) -> list[Job]:
        world = replace(gathered, records=self.store.read_all())
        return jobs(gathered.plan().changes, world)

    def apply(
        self, journal: Journal | None = None, say: Callable[[Event], None] = lambda _: None
    ) -> tuple[Outcome, ...]:
        gathered = self.gather()
        ground = Ground(
            self.root,
            Tampered(gathered.tree, self.tampered),
            gathered.commit,
            gathered.catalog.clouds,
            journal or RecordJournal(self.store),
            say,
            timeout_s=120,
        )
        due = self.jobs(gathered)
        return execute(due, ground, new_run()) if due else ()

    def destroy(self, names: Sequence[str] = ("demo",)) -> tuple[Outcome, ...]:
        gathered = self.gather()
        records = self.store.read_all()
        known = [records[name] for name in names if name in records]
        due = [take_down(record, gathered.formers) for record in known]
        journal = RecordJournal(self.store)
        clouds = gathered.catalog.clouds
        ground = Ground(self.root, gathered.tree, "", clouds, journal, timeout_s=120)
        return execute(due, ground, new_run()) if due else ()

    def ask(self, port: int = 0) -> Any:
        from deepcat.serving.client.rest import Client

        client = Client(f"http://127.0.0.1:{port or self.rest_port}")
        return client.call("half-plus-two", "predict", {"instances": [2.0]})["predictions"]

    def programs(self) -> list[str]:
        return sorted(Supervisor(local_folder(self.root)).programs())

    def is_clean(self) -> bool:
        return not local_folder(self.root).exists()


@pytest.fixture
def catalog(tmp_path: Path, repository: Path) -> Iterator[Catalog]:
    """A catalog with the module half-plus-two and one deployment of it, `demo`."""
    root = tmp_path / "catalog"
    rest, grpc = free_ports(2)
    shutil.copytree(
        repository / "modules" / "half-plus-two",
        root / "modules" / "half-plus-two",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    for folder in ("deployments", "clouds"):
        (root / folder).mkdir()
    (root / "deepcat.yaml").write_text("apiVersion: deepcat/v1\ntitle: Test\nsummary: Test.\n")
    (root / ".gitignore").write_text("/.deepcat/\n")
    (root / "clouds" / "local.yaml").write_text(
        "apiVersion: deepcat/v1\nname: local\nkind: local\nsummary: Here.\nprice: 0\n"
    )
    (root / "deployments" / "demo.yaml").write_text(
        "apiVersion: deepcat/v1\nmodule: half-plus-two\nversion: '>=1.0.0'\nprofile: serve\n"
        f"inputs:\n  rest_port: {rest}\n  grpc_port: {grpc}\nowner: ada\n"
    )
    subprocess.run(["git", "init", "-q", "-b", "main", str(root)], check=True)
    made = Catalog(root)
    made.commit("begin")
    try:
        yield made
    finally:
        supervisor = Supervisor(local_folder(root))
        if supervisor.pid():
            supervisor.remove(*supervisor.programs())


@pytest.fixture
def spare_ports() -> list[int]:
    """Three more free ports."""
    return free_ports(3)


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The kind `folders` is installed; gives it, whose answers a test may change."""
    from deepcat.catalog import cloud_kinds

    place = tmp_path / "installed"
    place.mkdir()
    with monkeypatch.context() as patch:
        patch.syspath_prepend(str(cloud_packages.unpack(TEMPLATE, place)))
        cloud_packages.forget()
        found = cloud_kinds.installed("folders")
        assert found
        yield found.kind
    cloud_packages.forget()
