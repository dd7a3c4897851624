"""What runs already is taken into the records as it is, and what is something else is refused."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import forked
import pytest

from deepcat.clouds.kinds.local.hosts import local_folder
from deepcat.host.archive import unpack
from deepcat.host.supervisor import Supervisor
from deepcat.loop.noted import note_here
from deepcat.records.audit import facts
from deepcat.records.store import Store
from deepcat.serving.client.rest import Client

pytestmark = [pytest.mark.tensorflow, pytest.mark.slow]

MODULE = "half-plus-two"
ASK = {"instances": [1.0]}


class Catalog:
    """A catalog with one module, a local cloud and the wish `demo`."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def __call__(self, *argv: str, ok: bool = True) -> str:
        done = forked.run(
            [sys.executable, "-m", "deepcat", "-C", self.root, *argv],
            capture_output=True,
            timeout=120,
        )
        assert (done.returncode == 0) is ok, done.stdout + done.stderr
        return done.stdout + done.stderr

    def status(self) -> dict[str, dict[str, Any]]:
        return {each["name"]: each for each in json.loads(self("status", "--json"))}

    def wish(self, name: str, **fields: Any) -> None:
        data = {
            "apiVersion": "deepcat/v1",
            "module": MODULE,
            "inputs": {"rest_port": 0, "grpc_port": 0},
            "owner": "ada",
        } | fields
        path = self.root / "deployments" / f"{name}.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(data))
        self.commit()

    def commit(self) -> None:
        for words in (("add", "-A"), ("commit", "-q", "-m", "change")):
            subprocess.run(["git", "-C", self.root, *words], check=True)


@pytest.fixture
def catalog(tmp_path: Path, repository: Path) -> Iterator[Catalog]:
    root = tmp_path / "catalog"
    shutil.copytree(repository / "modules" / MODULE, root / "modules" / MODULE)
    shutil.copytree(repository / "clouds", root / "clouds")
    shutil.copy(repository / "deepcat.yaml", root)
    (root / ".gitignore").write_text("/.deepcat/\n")
    subprocess.run(["git", "init", "-q", "-b", "main", str(root)], check=True)
    found = Catalog(root)
    found.wish("demo")
    yield found
    found("destroy", "--all", "--yes")


@pytest.fixture
def served(tmp_path: Path, repository: Path) -> Iterator[str]:
    """The address of a server that nobody but this test started."""
    unpack(repository / "modules" / MODULE / "model.tar.gz", tmp_path / "model")
    saved = next((tmp_path / "model").rglob("saved_model.pb")).parent
    command = [sys.executable, "-m", "deepcat", "serve", "--no-grpc", "--rest-port", "0"]
    with subprocess.Popen(
        [*command, "--model", f"{MODULE}={saved}"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            lines = iter(process.stdout or ())
            yield next(found[0] for each in lines if (found := re.search(r"http://[\w.:]+", each)))
        finally:
            process.terminate()


def _answer(address: str) -> Any:
    return Client(address).call(MODULE, "predict", ASK)["predictions"]


def test_a_server_at_an_address_is_adopted_and_never_ended(
    catalog: Catalog, served: str, free_port: int
) -> None:
    assert "would be adopted" in catalog("adopt", "demo", "--address", served, "--dry-run")
    assert catalog.status() == {}
    said = catalog("adopt", "demo", "--address", served)
    assert f"demo: {MODULE} 1." in said
    assert re.search(r", [1-9]\d* samples passed", said)
    shown = catalog.status()["demo"]
    assert (shown["status"], shown["endpoints"]) == ("running", {"rest": served})
    assert "The answers agree." in catalog("predict", "demo", "--sample", "1")
    assert "nothing to change" in catalog("plan")
    told = facts(Store(catalog.root).log("demo", 1)[0].body)
    assert (told["action"], told["owner"]) == ("adopt", "ada")

    assert "there is a record of `demo` already" in catalog(
        "adopt", "demo", "--address", served, ok=False
    )
    # Another wish brings up one of our own, and says what it leaves behind.
    catalog.wish("demo", inputs={"rest_port": free_port, "grpc_port": 0})
    (change,) = json.loads(catalog("plan", "demo", "--json"))["changes"]
    assert change["action"] == "replace"
    assert any(f"what was adopted at {served} is not" in step for step in change["steps"])
    assert f"note: what was adopted at {served}" in catalog("apply", "demo", "--yes")
    assert catalog.status()["demo"]["endpoints"]["rest"] != served
    assert _answer(served) == [2.5]


def test_it_is_taken_out_of_the_records_but_goes_on(catalog: Catalog, served: str) -> None:
    catalog("adopt", "demo", "--address", served)
    said = catalog("destroy", "demo", "--yes")
    assert f"note: what was adopted at {served} is not deepcat's to end" in said
    assert catalog.status() == {}
    assert _answer(served) == [2.5]


def test_one_that_no_longer_answers_has_failed(
    catalog: Catalog, served: str, free_port: int
) -> None:
    catalog("adopt", "demo", "--address", served)
    assert catalog.status()["demo"]["status"] == "running"
    dead = f"http://127.0.0.1:{free_port}"
    _move(Store(catalog.root), dead)
    assert catalog.status()["demo"]["status"] == "running", (
        "a record alone lets nothing here be asked"
    )
    assert "[predict/address]" in catalog("predict", "demo", "--sample", "1", ok=False)
    note_here(catalog.root, "demo", dead)
    assert catalog.status()["demo"]["status"] == "failed"


def _move(store: Store, address: str) -> None:
    def change(record: Any) -> Any:
        resources = {**record.state.resources, "adopted": address}
        state = replace(record.state, resources=resources, endpoints={"rest": address})
        return replace(record, state=state)

    store.update("demo", change, "demo: forged")


def test_what_answers_otherwise_is_refused(catalog: Catalog, served: str) -> None:
    module = catalog.root / "modules" / MODULE
    for path in [module / "module.yaml", *module.rglob("*.json")]:
        text = path.read_text()
        if "2.5" in text:
            path.write_text(text.replace("2.5", "7.5"))
    catalog.commit()
    said = catalog("adopt", "demo", "--address", served, ok=False)
    assert "[adopt/sample]" in said
    assert catalog.status() == {}


@pytest.mark.parametrize(
    ("argv", "code"),
    [
        (["nobody", "--address", "SERVED"], "adopt/wish"),
        (["demo", "--address", "http://127.0.0.1:9"], "serving/unreachable"),
        (["demo", "--address", "ftp://127.0.0.1"], "adopt/address"),
        (["demo", "--address", "http://169.254.169.254"], "adopt/address"),
        (["demo", "--address", "http://ada:secret@127.0.0.1:1"], "adopt/address"),
        (["demo", "--address", "http://127.0.0.1:1/?token=x"], "adopt/address"),
        (["demo", "--address", "SERVED", "--cloud", "nowhere"], "adopt/place"),
        (["demo"], "adopt/nothing"),
    ],
)
def test_what_cannot_be_adopted_is_refused_with_why(
    catalog: Catalog, served: str, argv: list[str], code: str
) -> None:
    said = catalog("adopt", *(served if word == "SERVED" else word for word in argv), ok=False)
    assert f"error [{code}]" in said
    assert "secret" not in said
    assert catalog.status() == {}


def test_what_bears_our_tag_is_adopted_without_a_restart(catalog: Catalog) -> None:
    catalog("apply", "demo", "--yes")
    before = _pids(catalog)
    record = Store(catalog.root).read("demo")
    assert record is not None
    Store(catalog.root).update("demo", lambda _: None, "demo: lost")
    assert "would be adopted by its owner tag" in catalog("adopt", "demo", "--dry-run")
    catalog("adopt", "demo")
    again = Store(catalog.root).read("demo")
    assert again is not None
    assert again.state == record.state
    assert again.samples["passed"] == record.samples["passed"]
    assert _pids(catalog) == before
    assert "nothing to change" in catalog("plan")

    Store(catalog.root).update("demo", lambda _: None, "demo: lost again")
    owner = next((catalog.root / ".deepcat/local/demo").glob("owner*"))
    kept = owner.read_text()
    owner.write_text("{")
    assert "error [adopt/tag]" in catalog("adopt", "demo", ok=False)
    owner.write_text(kept)
    Supervisor(local_folder(catalog.root)).remove(*before)
    assert "error [adopt/not-running]" in catalog("adopt", "demo", ok=False)


def _pids(catalog: Catalog) -> dict[str, int]:
    programs = Supervisor(local_folder(catalog.root)).programs()
    return {name: program.pid for name, program in programs.items()}
