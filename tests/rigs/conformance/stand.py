"""One catalog on a ground, and what a person does with it: through the commands alone."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import forked
from free_ports import free_ports
from loops import MODULE, NEVER, SOURCE, Broken, Loop
from wheels import pin, wheel

from conformance.ground import Ground
from deepcat.catalog.identity import identity
from deepcat.catalog.load import load
from deepcat.catalog.reading.open_tree import work_tree
from deepcat.clouds.kind import Means
from deepcat.clouds.registry import kind_of
from deepcat.plan.values import Status
from deepcat.records.store import Store

# What no code of a module may see; `learns/hostile` looks for it.
SECRET = "c4n4ry-of-the-controller"
JOB, TRAINING = "sums", "learns"
DATA, FILE = "points", "points.csv"
# In which somebody who asks without pause has the answers that a case waits for.
_ANSWERED_S = 90.0
SETTINGS = "apiVersion: deepcat/v1\ntitle: {}\nsummary: What every kind must pass.\n"


class Stand(Loop):
    """A catalog with one module, the clouds of a ground, and no wish yet.

    Args:
        folder: an empty folder of its own.
        ground: what its clouds are.
    """

    def __init__(self, folder: Path, ground: Ground) -> None:
        super().__init__(folder)
        self.ground = ground
        self.clone = folder / "catalog"
        self.environment = {**ground.environment(), "OF_NOBODY_ELSE": SECRET}
        self.said = ""
        self.marks: dict[str, float] = {}
        self.since = time.monotonic()
        self.client: Client | None = None
        self.other: Stand | None = None
        self.stayed: list[str] = []
        self.wishes: dict[str, dict[str, Any]] = {}

    @property
    def root(self) -> Path:
        return self.clone

    def begin(self) -> None:
        shutil.copytree(SOURCE / "modules" / MODULE, self.root / "modules" / MODULE)
        (self.root / "deepcat.yaml").write_text(SETTINGS.format(self.root))
        (self.root / ".gitignore").write_text("/.deepcat/\n")
        self.git("init", "-q", "-b", "main", str(self.root))
        self.git("config", "user.name", "Ada")
        self.git("config", "user.email", "ada@example.org")
        for name, data in self.ground.clouds(self.root).items():
            self.cloud(name, **data)
        self.commit("begin")

    def cloud(self, name: str, **data: Any) -> None:
        """Write a cloud's file."""
        head = {"apiVersion": "deepcat/v1", "name": name, "summary": "For the suite.", "price": 0}
        path = self.root / "clouds" / f"{name}.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(head | data, indent=1))

    def wish_for(self, name: str, **fields: Any) -> None:
        """Write a deployment's file: as it was wished before, but for some fields."""
        new = {
            "apiVersion": "deepcat/v1",
            "module": MODULE,
            "version": "^1.0.0",
            "profile": "serve",
            "placement": {"clouds": ["first"]},
            "owner": "ada",
        }
        if name not in self.wishes:
            new["inputs"] = self._ports()
        if "clouds" in fields:
            fields["placement"] = {"clouds": fields.pop("clouds")}
        self.wishes[name] = new | self.wishes.get(name, {}) | fields
        path = self.root / "deployments" / f"{name}.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(self.wishes[name], indent=1))
        self.commit(f"wish {name}")

    def _ports(self) -> dict[str, int]:
        rest, grpc = free_ports(2) if self.ground.ports else (0, 0)
        return {"rest_port": rest, "grpc_port": grpc}

    def ran(self) -> str:
        """What the runs of the job have written, a word each."""
        _, folders = self.ground.notes()
        files = (folder / self.folder.name for folder in folders)
        return "".join(file.read_text() for file in files if file.is_file())

    def job(self, inputs: dict[str, Any]) -> None:
        """Wish for the job of the module `sums`, which is brought if it is not there."""
        self._run(JOB, inputs)

    def training(self, inputs: dict[str, Any]) -> None:
        """Wish for the training of the module `learns`, which is brought if it is not there."""
        lock = self.root / "modules" / TRAINING / "requirements.lock"
        if not lock.parent.is_dir():
            made = wheel(self.folder / "wheels", "slope", "STEP = 0.5\n")
            settings = self.folder / "pip.conf"
            settings.write_text(f"[global]\nno-index = true\nfind-links = {made.parent}\n")
            self.environment["PIP_CONFIG_FILE"] = str(settings)
            self.environment["PIP_FIND_LINKS"] = str(made.parent)  # whatever this machine says
            self._bring(TRAINING)
            lock.write_text(f"{pin(made, 'slope')}\n")
        self._run(TRAINING, inputs, profile="train")

    def data(self, lines: list[str]) -> None:
        """Name data in the catalog, from now on what the module `learns` is trained with."""
        text = "".join(f"{line}\n" for line in lines)
        own = self.root / "datasets" / DATA
        own.mkdir(parents=True, exist_ok=True)
        (own / FILE).write_text(text)
        named = {
            "apiVersion": "deepcat/v1",
            "title": "Points",
            "address": f"datasets/{DATA}/{FILE}",
            "sha256": hashlib.sha256(text.encode()).hexdigest(),
            "bytes": len(text),
            "license": "CC0-1.0",
            "maintainers": ["ada"],
        }
        own.with_suffix(".yaml").write_text(json.dumps(named))
        module = self.root / "modules" / TRAINING / "module.yaml"
        reads = f"  data: {{{DATA}: {{dataset: {DATA}}}}}\n"
        if reads not in (text := module.read_text()):
            module.write_text(text.replace("  inputs:\n", f"{reads}  inputs:\n", 1))
        self.commit("data")

    def trainings(self) -> list[Mapping[str, Any]]:
        """What the first cloud tells of the trainings of `demo`."""
        cloud, kind = self._first()
        with patched(self.environment):
            return list(kind.gather(cloud, "demo", "", {}, self._means()))

    def brought(self, node: str) -> Path:
        """A new folder with what a training of `demo` made."""
        cloud, kind = self._first()
        into = Path(tempfile.mkdtemp(dir=self.folder))
        with patched(self.environment):
            kind.bring(cloud, "demo", "", {}, self._means(), node, into)
        return into

    def _first(self) -> tuple[Any, Any]:
        cloud = load(work_tree(self.root)).clouds["first"]
        return cloud, kind_of(cloud)

    def _means(self) -> Means:
        return Means(self.root, identity(self.root))

    def _bring(self, module: str) -> None:
        shutil.copytree(Path(__file__).with_name(module), self.root / "modules" / module)

    def _run(self, module: str, inputs: dict[str, Any], **fields: Any) -> None:
        there, folders = self.ground.notes()
        if not (self.root / "modules" / module).is_dir():
            self._bring(module)
        if (
            settings := self.root / "deepcat.yaml"
        ) and "allowed_folders" not in settings.read_text():
            with settings.open("a") as stream:
                both = ", ".join(f"{each}: ['{there}']" for each in (JOB, TRAINING))
                stream.write(f"allowed_folders: {{{both}}}\n")
        for folder in folders:
            folder.mkdir(exist_ok=True)
            folder.chmod(0o1777)
            if "demo" not in self.wishes:
                (folder / self.folder.name).unlink(missing_ok=True)
        given = {"ran": f"{there}/{self.folder.name}", **inputs}
        self.wish_for("demo", module=module, inputs=given, **fields)

    def unwish_for(self, name: str) -> None:
        """Delete a deployment's file."""
        (self.root / "deployments" / f"{name}.yaml").unlink(missing_ok=True)
        self.wishes.pop(name, None)
        self.commit(f"unwish {name}")

    def become(self, what: str) -> None:
        """Have `nothing` there, or `demo` `served` on the first cloud."""
        if what == "nothing":
            for name in list(self.wishes):
                self.unwish_for(name)
            if not self._is_empty():
                self._must("destroy", "--all", "--yes")
            return
        for name in self.wishes.keys() - {"demo"}:
            self.unwish_for(name)
        if self.wishes.get("demo", {}).get("placement") != {"clouds": ["first"]}:
            # Clouds of one machine share its ports; what moves comes up before the old one ends.
            self.wish_for("demo", clouds=["first"], inputs=self._ports())
        self._must("apply", "--yes")
        self.ground.hold(self.root, "demo")

    def _is_empty(self) -> bool:
        """Whether nothing is there, and no record says that anything were, or was begun."""
        if any(self.ground.there(self.root).values()):
            return False
        records = Store(self.root).read_all().values()
        return not any(each.intent or each.state.status is not Status.GONE for each in records)

    def _must(self, *argv: str) -> None:
        if self.call(*argv) != 0:
            raise Broken(f"{argv}: {self.said}")

    def call(self, *argv: str, at: int = NEVER, by: str = "") -> int:
        """Run a command; what it said is kept. Gives its exit status, negative for a signal."""
        moment = f"{at}:{by}" if by else at
        process = self.started("-C", str(self.root), *argv, at=moment)  # type: ignore[arg-type]
        self.said, _ = process.communicate(timeout=300)
        if "Traceback" in self.said or process.returncode not in (0, 1, 2, 130, -signal.SIGKILL):
            raise Broken(f"{argv} ended by {process.returncode}: {self.said}")
        return int(process.returncode)

    def rows(self) -> dict[str, dict[str, Any]]:
        """What `deepcat status` tells, by name."""
        if self.call("status", "--json") != 0:
            raise Broken(f"status: {self.said}")
        return {row["name"]: row for row in json.loads(self.said)}

    def end(self) -> None:
        if self.client is not None:
            self.client.end()
        if self.other is not None:
            self.other.end()
        self.ground.mend()
        self.ground.clear(self.root)


@contextmanager
def patched(own: Mapping[str, str]) -> Iterator[None]:
    """These variables, for what is asked in this process."""
    before = dict(os.environ)
    os.environ.update(own)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


class Client:
    """Somebody who asks a deployment without pause, and notes every answer."""

    def __init__(self, stand: Stand, name: str) -> None:
        self._stand = stand
        self._name = name
        self._stop = threading.Event()
        self._tunnel: forked.Popen | None = None
        self.answers = 0
        self.failures: list[str] = []
        self._url = self._address()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def waits_for(self, answers: int) -> bool:
        """Whether so many answers came, in good time."""
        until = time.monotonic() + _ANSWERED_S
        while self.answers < answers and time.monotonic() < until:
            time.sleep(0.05)
        return self.answers >= answers

    def end(self) -> None:
        self._stop.set()
        self._thread.join()
        if self._tunnel is not None:
            self._tunnel.send_signal(signal.SIGINT)
            self._tunnel.communicate(timeout=120)
            self._tunnel = None

    def _address(self) -> str:
        row = self._stand.rows()[self._name]
        is_far = self._stand.ground.is_far and row["cloud"] == "first"
        if not (is_far or row["out_of_reach"] or row.get("tunnel")):
            return str(row["endpoints"]["rest"])
        words = ("-C", str(self._stand.root), "tunnel", self._name)
        self._tunnel = self._stand.started(*words)
        assert self._tunnel.stdout is not None
        for line in self._tunnel.stdout:
            for word in line.split():
                if word.startswith("http://"):
                    return word
        raise Broken("the tunnel opened nothing")

    def _run(self) -> None:
        from deepcat.serving.client.rest import Client as Rest

        client = Rest(self._url, timeout_s=120)
        while not self._stop.is_set():
            try:
                client.call(MODULE, "predict", {"instances": [1.0]})
                self.answers += 1
            except Exception as error:
                self.failures.append(repr(error))
            self._stop.wait(0.005)
