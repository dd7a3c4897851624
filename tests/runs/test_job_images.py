"""DEEP's and INDIGO's templates of jobs deploy with their images, by a real Podman.

The image is made here of one static program; no registry is asked.
"""

from __future__ import annotations

import io
import os
import shutil
import signal
import subprocess
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from containers import store
from field import OTHERS, OWN

from deepcat.host.job.end import end_of
from deepcat.host.place import Place
from deepcat.runs.values import Outcome

pytestmark = [pytest.mark.starts("Ansible"), pytest.mark.system("podman", "runc", "busybox")]

IMAGE = "localhost/deepcat-test-tool:1"
PROGRAMS = ("sh", "echo", "cat", "env", "sleep", "id")


@pytest.fixture
def podman(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Podman with a storage of its own, and one image in it."""
    with store(network="host") as variables:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        words = ["podman", "import", "--change", "ENV PATH=/bin", "-", IMAGE]
        subprocess.run(words, input=_root(), check=True, capture_output=True)
        yield


def _root() -> bytes:
    """A root file system of busybox alone."""
    content = Path(shutil.which("busybox") or "").read_bytes()
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as tar:
        info = tarfile.TarInfo("bin/busybox")
        info.size, info.mode = len(content), 0o755
        tar.addfile(info, io.BytesIO(content))
        for name in PROGRAMS:
            link = tarfile.TarInfo(f"bin/{name}")
            link.type, link.linkname = tarfile.SYMTYPE, "busybox"
            tar.addfile(link)
    return made.getvalue()


def _ended(outputs: Path) -> int:
    """The status that the owner tag tells, once the job whose outputs lie there has ended."""
    end = time.monotonic() + 120
    place = Place(outputs.parents[3])
    while (status := place.owner.get("exit_status")) is None:
        assert time.monotonic() < end, f"not told; the job: {end_of(outputs.parent)}"
        time.sleep(0.05)
    return int(status)


DEEP = {
    "docker_image": IMAGE, "onedata_space_name": "sea", "rclone_conf_host": "x",
    "run_command": 'echo "$ONEDATA_MOUNT_POINT by $ONECLIENT_PROVIDER_HOST"; echo made >out',
}  # fmt: skip
SAYS = 'echo "$INPUT_PATH $D3D_BIN"'
CHRONOS = {
    "input_space_name": "in", "input_path": "/x", "output_space_name": "out", "mem": "64 MB",
    "input_config_file": "a.mdf", "cpus": 1.0, "smart_scheduling": False, "output_filenames": "a",
    "d3d_param": "p", "d3d_value": "1",
}  # fmt: skip


@pytest.mark.parametrize(
    ("template", "inputs", "changes", "said"),
    [
        (OWN / "own-tool.yaml", {"image": IMAGE}, {"run --all": "echo sum 6; echo made >out"},
         "sum 6"),
        (OTHERS / "deep_qcg_job.yaml", DEEP, {}, "/mnt/onedata by oneprovider-beta-2.cloud"),
        (OTHERS / "lifewatch-algaebloom.yaml", CHRONOS,
         {"'indigodatacloudapps/algaebloom-barridocker'": IMAGE,
          "command: 'cd": f"command: '{SAYS}; echo made >/data/out; exit 0; cd"},
         "/x /delft3d_repository"),
    ],
    ids=["image", "Qcg.Job", "Chronos"],
)  # fmt: skip
def test_a_template_deploys(
    catalog: Any,
    podman: None,
    template: Path,
    inputs: dict[str, Any],
    changes: dict[str, str],
    said: str,
) -> None:
    if not template.is_file():
        pytest.skip("the template is beside the project")
    text = template.read_text("utf-8")
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    (catalog.module / "tosca.yaml").write_text(text)
    head = catalog.deployment.read_text().partition("inputs:")[0]
    lines = "".join(f"  {name}: {value!r}\n" for name, value in inputs.items())
    catalog.deployment.write_text(f"{head}inputs:\n{lines}owner: ada\n".replace("False", "false"))
    catalog.commit()
    (outcome,) = catalog.apply()
    assert outcome.ok, outcome.failures
    assert outcome.state is not None
    (folder,) = map(Path, outcome.state.resources["outputs"])
    assert _ended(folder) == 0
    assert said in "".join(Path(each).read_text() for each in outcome.state.resources["logs"])
    assert (folder / "out").read_text() == "made\n"
    catalog.destroy()
    assert catalog.is_clean()


def _ran(catalog: Any, line: str) -> Outcome:
    text = (OWN / "own-tool.yaml").read_text("utf-8").replace("run --all", line)
    (catalog.module / "tosca.yaml").write_text(text)
    head = catalog.deployment.read_text().partition("inputs:")[0]
    catalog.deployment.write_text(f"{head}inputs:\n  image: {IMAGE}\nowner: ada\n")
    catalog.commit()
    (outcome,) = catalog.apply()
    assert outcome.ok, outcome.failures
    return outcome


def test_a_job_that_fails_is_tried_again_and_ends(catalog: Any, podman: None) -> None:
    outcome = _ran(catalog, "sleep 2; echo tried; exit 3")
    assert outcome.state is not None
    (folder,) = map(Path, outcome.state.resources["outputs"])
    assert _ended(folder) == 3
    said = "".join(Path(each).read_text() for each in outcome.state.resources["logs"])
    assert said.count("tried") == 3
    catalog.destroy()
    assert catalog.is_clean()


@pytest.mark.parametrize("is_killed", [False, True], ids=["ended", "killed"])
def test_a_container_ends_with_its_job(catalog: Any, podman: None, is_killed: bool) -> None:
    _ran(catalog, "echo begun; sleep 600")
    end = time.monotonic() + 120
    while not _containers():
        assert time.monotonic() < end
        time.sleep(0.1)
    if is_killed:
        for each in Path("/proc").glob("[0-9]*/cmdline"):
            words = each.read_bytes().split(b"\0") if each.exists() else []
            if any(str(catalog.root).encode() in word for word in words) and any(
                word.endswith(b"once.py") for word in words
            ):
                os.kill(int(each.parent.name), signal.SIGKILL)
    catalog.destroy()
    assert catalog.is_clean()
    assert _containers() == []


def _containers() -> list[str]:
    words = ["podman", "ps", "-aq"]
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout.split()
