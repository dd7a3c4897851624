"""A module's own plug-in: the real DEEPaaS takes a photo and gives it back labelled."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import sys
import threading
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import pytest

from deepcat.host.deepaas.package import plugin_of
from deepcat.host.environments import shared

pytestmark = [
    pytest.mark.starts("Ansible, a model server, and DEEPaaS"),
    pytest.mark.tensorflow,
    pytest.mark.slow,
]

MODULE = "digits-classifier"
SOURCE = Path(__file__).resolve().parents[2] / "modules"
BATCHING = "{max_batch_size: 8}"
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def packages() -> Path:
    """What the lock of the modules' plug-ins names, which lies there for other tests, too."""
    if not Path(sys.prefix, ".deepaas").is_file():
        if os.environ.get("CI"):
            pytest.fail("no DEEPaaS, which `make test` must install", pytrace=False)
        pytest.skip("no DEEPaaS; `make .venv/.deepaas` installs it")
    (found,) = Path(sys.prefix, "deepaas", "lib").glob("python3*/site-packages")
    return found


class Caller:
    """Sends the photo without a pause, by one connection that it keeps and by one for each call."""

    def __init__(self, url: str, photo: Path) -> None:
        self.digits: list[int] = []
        self.faults: list[str] = []
        self._port = urlsplit(url).port
        head = 'Content-Disposition: form-data; name="photo"; filename="a.png"\r\n'
        body = f"--b\r\n{head}Content-Type: image/png\r\n\r\n".encode()
        self._body = body + photo.read_bytes() + b"\r\n--b--\r\n"
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._call)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()

    def _call(self) -> None:
        kept = self.connection()
        while not self._is_over.is_set():
            for each in (kept, self.connection()):
                try:
                    status, said = self.asked("application/json", each)
                    assert status == 200, said
                    self.digits.append(json.loads(said)["predictions"]["digit"])
                except (OSError, http.client.HTTPException, AssertionError) as error:
                    self.faults.append(repr(error))
                if each is not kept:
                    each.close()
        kept.close()

    def connection(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self._port, timeout=120)

    def asked(self, accept: str, connection: http.client.HTTPConnection) -> tuple[int, bytes]:
        headers = {"Accept": accept, "Content-Type": "multipart/form-data; boundary=b"}
        connection.request("POST", f"/v2/models/{MODULE}/predict/", self._body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read()


def test_a_photo_goes_in_and_a_labelled_photo_comes_out(hub: Any, packages: Path) -> None:
    hub.git("config", "deepcat.recordsRemote", "none")
    folder = hub.clone / "modules" / MODULE
    shutil.copytree(SOURCE / MODULE, folder)
    shutil.copytree(SOURCE.parent / "datasets", hub.clone / "datasets")
    local = hub.clone / ".deepcat" / "local"
    made = shared.path_of(local, shared.key_of(plugin_of(folder / "deepaas").pins))
    shutil.copytree(packages, made, copy_function=os.link)
    inputs = {"rest_port": 0, "grpc_port": 0, "photos": True, "photos_port": 0}
    path = hub.wish("demo", module=MODULE, inputs=inputs)

    def endpoints() -> dict[str, str]:
        return dict(json.loads((local / "demo" / "owner.json").read_text())["endpoints"])

    try:
        assert "4 samples passed" in hub.deepcat("apply", "demo", "--yes", at=hub.clone)
        assert set(endpoints()) == {"deepaas", "grpc", "rest"}
        caller = Caller(endpoints()["deepaas"], folder / "deepaas" / "a-seven.png")
        connection = caller.connection()
        status, said = caller.asked("image/png", connection)
        connection.close()
        assert status == 200
        assert said.startswith(PNG)
        assert "Nothing to do" in hub.deepcat("apply", "demo", "--yes", at=hub.clone)

        with caller:
            # A plug-in that fails does not take over.
            code = folder / "deepaas" / "src" / "digits_deepaas.py"
            code.write_text(code.read_text().replace('"digit": said["digit"]', '"digit": 8'))
            said_by = hub.deepcat("apply", "demo", "--yes", at=hub.clone, ok=False)
            assert "sample `a-seven`: $.predictions.digit: expected 7, got 8" in said_by
            assert set(caller.digits) == {7}

            # Another does where the first one answered, with other options of its server.
            samples = folder / "deepaas" / "samples.json"
            samples.write_text(samples.read_text().replace('"digit": 7', '"digit": 8'))
            topology = folder / "tosca.yaml"
            more = "        model_name: digits-classifier\n"
            text = topology.read_text()
            assert more in text
            topology.write_text(text.replace(more, f"{more}        batching: {BATCHING}\n"))
            hub.deepcat("apply", "demo", "--yes", at=hub.clone)
        assert caller.faults == []
        assert set(caller.digits) == {7, 8}
        assert caller.digits[-2:] == [8, 8]

        # Without it the server alone goes on.
        data = json.loads(path.read_text())
        data["inputs"]["photos"] = False
        path.write_text(json.dumps(data))
        hub.deepcat("apply", "demo", "--yes", at=hub.clone)
        assert set(endpoints()) == {"grpc", "rest"}
        assert not made.exists()
    finally:
        hub.deepcat("destroy", "--all", "--yes", at=hub.clone, ok=None)
    assert not list(local.glob("*"))
