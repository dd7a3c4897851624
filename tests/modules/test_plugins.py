"""Every module's own plug-in, run by the real DEEPaaS before a real server, answers its samples."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from deepcat.host import archive
from deepcat.host.deepaas import inside, package
from deepcat.host.deepaas.prove import check_samples
from deepcat.host.deepaas.values import Running
from deepcat.host.ports import free_port

MODULES = Path(__file__).resolve().parents[2] / "modules"
NAMES = sorted(path.parent.name for path in MODULES.glob("*/deepaas"))
READY_S = 120


@pytest.fixture(scope="session")
def served(
    tmp_path_factory: pytest.TempPathFactory, start_server: Callable[..., Any]
) -> Callable[[str], str]:
    """Module -> the address of its model, on one server."""
    folder = tmp_path_factory.mktemp("plugins")
    words: list[str] = []
    for name in NAMES:
        archive.unpack(MODULES / name / "model.tar.gz", folder / f".{name}")
        (folder / name).mkdir()
        archive.model_folder(folder / f".{name}").rename(folder / name / "1")
        words += ["--model", f"{name}={folder / name}"]
    port = start_server(*words).rest_port
    return lambda name: f"http://127.0.0.1:{port}/v1/models/{name}"


@pytest.fixture
def plugin(
    request: pytest.FixtureRequest, served: Callable[[str], str], tmp_path: Path
) -> Iterator[Running]:
    """A module's plug-in as it runs."""
    if not Path(sys.prefix, ".deepaas").is_file():
        if os.environ.get("CI"):
            pytest.fail("no DEEPaaS, which `make test` must install", pytrace=False)
        pytest.skip("no DEEPaaS; `make .venv/.deepaas` installs it")
    (packages,) = Path(sys.prefix, "deepaas", "lib").glob("python3*/site-packages")
    found = package.plugin_of(MODULES / request.param / "deepaas")
    for name, text in package.metadata(found).items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    for path in found.code.glob("*.py"):
        (tmp_path / path.name).symlink_to(path)
    port = free_port("127.0.0.1")
    words = [sys.executable, "-I", "-S", str(inside.__file__), str(packages), str(tmp_path)]
    words += ["--listen-port", str(port), "--model-name", found.model]
    log = tmp_path / "log"
    with (
        log.open("w") as file,
        subprocess.Popen(
            words, stdout=file, stderr=file, env={"DEEPCAT_MODEL": served(request.param)}
        ) as process,
    ):
        until = time.monotonic() + READY_S
        while not answers(port, found.model):
            if process.poll() is not None or time.monotonic() > until:
                process.kill()
                pytest.fail(log.read_text(), pytrace=False)
            time.sleep(0.05)
        yield Running("", "", found.model, "", port, 0, "", 0, "", "")
        process.kill()


def answers(port: int, model: str) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=READY_S)
    try:
        connection.request("GET", f"/v2/models/{model}/")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def test_every_module_brings_one() -> None:
    assert sorted(path.parent.name for path in MODULES.glob("*/module.yaml")) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_its_lock_is_the_one_that_tests_install(name: str) -> None:
    kept = Path(__file__).parents[1] / "serving" / "server" / "deepaas" / package.LOCK
    assert (MODULES / name / package.FOLDER / package.LOCK).read_bytes() == kept.read_bytes()


@pytest.mark.slow
@pytest.mark.tensorflow
@pytest.mark.starts("a model server, and DEEPaaS")
@pytest.mark.parametrize("plugin", NAMES, indirect=True)
def test_it_answers_its_samples(plugin: Running) -> None:
    folder = MODULES / plugin.model / package.FOLDER
    samples = json.loads((folder / package.SAMPLES).read_text("utf-8"))
    assert {"application/json"} < {each.get("accept", "application/json") for each in samples}
    assert check_samples(plugin, samples, folder) == [each["name"] for each in samples]
