"""The data of a training: named in the catalog, on its host before it begins, known by its hash."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from credentials import Authority
from stores import webdav
from waiting import until

from deepcat.host.data import mounting

pytestmark = [pytest.mark.starts("Ansible and a training"), pytest.mark.slow]

MODULE = "half-plus-two"
SCRIPT = '''\
"""Count what there is to learn from."""
import json, os, pathlib

folder = pathlib.Path(os.environ["DEEPCAT_DATA_POINTS"])
lines = (folder / "points.csv").read_text().splitlines()
try:
    (folder / "mine").write_text("x")
except OSError:
    print("nobody writes there", flush=True)
output = pathlib.Path(os.environ["DEEPCAT_OUTPUT"])
(output / "model.json").write_text(json.dumps({"lines": len(lines)}))
'''
SECRET = "pa:ss"
POINTS = "1,2.5\n2,3\n"


def dataset(text: str, **more: Any) -> str:
    data = {
        "apiVersion": "deepcat/v1",
        "title": "Points",
        "address": "datasets/points/points.csv",
        "sha256": hashlib.sha256(text.encode()).hexdigest(),
        "bytes": len(text),
        "license": "CC0-1.0",
        "maintainers": ["deepcat-founders"],
    }
    return yaml.safe_dump(data | more)


@pytest.fixture
def catalog(hub: Any) -> Any:
    """A hub whose module is trained with data of the catalog."""
    hub.git("config", "deepcat.recordsRemote", "none")
    folder = hub.clone / "modules" / MODULE
    training = {"command": "python train.py", "data": {"points": {"dataset": "points"}}}
    data = yaml.safe_load((folder / "module.yaml").read_text()) | {"training": training}
    (folder / "module.yaml").write_text(yaml.safe_dump(data, sort_keys=False))
    (folder / "train.py").write_text(SCRIPT)
    write(hub, POINTS)
    try:
        yield hub
    finally:
        hub.deepcat("destroy", "--all", "--yes", at=hub.clone, ok=None)


def write(hub: Any, text: str) -> None:
    own = hub.clone / "datasets" / "points"
    own.mkdir(parents=True, exist_ok=True)
    (own / "points.csv").write_text(text)
    own.with_suffix(".yaml").write_text(dataset(text))


def status(hub: Any) -> dict[str, Any]:
    found = json.loads(hub.deepcat("status", "--json", at=hub.clone, ok=None))
    return dict(next(each for each in found if each["name"] == "learn"))


def trained(hub: Any) -> dict[str, Any]:
    hub.deepcat("apply", "--yes", at=hub.clone)
    until(lambda: status(hub)["status"] == "ended", pause_s=0.5)
    (output,) = status(hub)["outputs"]
    return dict(json.loads(Path(output, "model.json").read_text()))


def test_a_training_reads_the_data_that_the_catalog_names(catalog: Any) -> None:
    catalog.wish("learn", profile="train", inputs={})
    assert trained(catalog) == {"lines": 2}
    assert "nobody writes there" in catalog.deepcat("logs", "learn", at=catalog.clone)
    # The same data is the same training; other data is another one.
    assert "Nothing to do" in catalog.deepcat("apply", "--yes", at=catalog.clone)
    write(catalog, f"{POINTS}3,3.5\n")
    planned = catalog.deepcat("plan", at=catalog.clone, ok=None)
    assert "data" in planned
    assert trained(catalog) == {"lines": 3}

    # Data of one's own, by a command alone: a folder, which is known by what lies there now.
    own = catalog.clone / "datasets" / "mine"
    own.mkdir()
    (own / "points.csv").write_text("1,2.5\n")
    asked = ("train", MODULE, "--data", "points=datasets/mine", "--owner", "ada", "--json", "--yes")
    settings = yaml.safe_load((catalog.clone / "deepcat.yaml").read_text())
    results = catalog.clone.parent / "results"
    settings |= {"allowed_uploads": {"folders": [str(results)]}}
    (catalog.clone / "deepcat.yaml").write_text(yaml.safe_dump(settings))
    uploading = (*asked, "--follow", "--upload", f"file://{results}")
    results.write_text("no folder")
    said = catalog.deepcat(*uploading, at=catalog.clone, ok=False)
    assert "upload/failed" in said and "`deepcat propose train-" in said
    results.unlink()
    catalog.deepcat(*uploading, at=catalog.clone)
    (uploaded,) = results.glob("train-*/*/model.json")
    assert json.loads(uploaded.read_text()) == {"lines": 1}
    found = json.loads(catalog.deepcat("status", "--json", at=catalog.clone, ok=None))
    (first,) = (each for each in found if each["name"].startswith("train-"))
    assert json.loads(Path(first["outputs"][0], "model.json").read_text()) == {"lines": 1}
    (own / "points.csv").write_text("9,9\n" * 4)
    planned = catalog.deepcat(*(each for each in asked if each != "--json"), "--dry-run",
                              at=catalog.clone)  # fmt: skip
    assert "create" in planned


def test_a_training_reads_what_is_mounted(catalog: Any, tmp_path: Path, monkeypatch: Any) -> None:
    """With the secret going to the host alone, and none of it left there."""
    if why := mounting.lacking():
        pytest.skip("; ".join(why))
    monkeypatch.setenv("DEEPCAT_WORKLOAD_STORE", f"ada:{SECRET}")
    authority = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.path))
    with webdav(tmp_path, authority) as place:
        (tmp_path / "files" / "points").mkdir()
        (tmp_path / "files" / "points" / "points.csv").write_text(f"{POINTS}3,3.5\n")
        address = place.address.replace("/models", "/points")
        with (catalog.clone / "deepcat.yaml").open("a") as stream:
            stream.write(f"allowed_data: {{mounts: ['{urlsplit(address).netloc}']}}\n")
        data = yaml.safe_load(dataset("", address=address, how="mount"))
        data |= {"credential": "env:DEEPCAT_WORKLOAD_STORE", "bytes": 100}
        del data["sha256"]
        (catalog.clone / "datasets" / "shop.yaml").write_text(yaml.safe_dump(data))
        catalog.wish("learn", profile="train", inputs={}, data={"points": {"dataset": "shop"}})
        asked = catalog.deepcat("plan", at=catalog.clone, ok=None)
        assert "mounted, not summed: `shop`" in asked
        assert trained(catalog) == {"lines": 3}
    for path in catalog.clone.rglob("*"):
        assert path.name not in ("mounts.json", "mounted")
        if path.is_file() and not path.is_symlink():
            assert f"ada:{SECRET}".encode() not in path.read_bytes(), path
    (run,) = json.loads(catalog.deepcat("trainings", MODULE, "--json", at=catalog.clone))[
        "trainings"
    ]
    told = run["data"]["points"]
    assert (told["how"], told["listed"]["files"], told["listed"]["bytes"]) == ("mount", 1, 16)
