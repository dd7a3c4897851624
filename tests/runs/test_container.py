"""Our image, pushed to a registry and pulled by its digest: it serves by podman, and as a pod."""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from containers import podman, registry, store
from lite_files import doubling
from runtimes import runtimes

from deepcat.clouds.kind import Ground
from deepcat.clouds.manifests import objects
from deepcat.clouds.manifests.values import Model
from deepcat.clouds.manifests.values import Served as Shown
from deepcat.host import archive
from deepcat.host.model_server.client import Client
from deepcat.host.model_server.container import command
from deepcat.host.model_server.rollout import Served, Server
from deepcat.host.model_server.serving import serving_of
from deepcat.host.place import open_up
from deepcat.remote.agent import agent
from deepcat.remote.ground.choose import GroundError
from deepcat.runs import grounding
from deepcat.runtime.build import lock_of
from deepcat.runtime.image import Whole, oci
from deepcat.runtime.installed import names
from deepcat.runtime.lite import without_tensorflow
from deepcat.runtime.parts import parts
from deepcat.runtime.push import image_of, pushed
from deepcat.runtime.reference import parse
from deepcat.runtime.registry import Registry

pytestmark = [
    pytest.mark.starts("podman, docker-registry"), pytest.mark.slow,
    pytest.mark.system("podman", "runc", "docker-registry"), pytest.mark.xdist_group("podman"),
]  # fmt: skip
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A registry, which podman trusts; nothing is in podman's store."""
    with (
        pytest.MonkeyPatch.context() as patched,
        registry(tmp_path_factory.mktemp("registry")) as address,
        store(os.environ.get("TFSERVING_REGISTRY", address)) as variables,
    ):
        for name, value in variables.items():
            patched.setenv(name, value)
        yield address


@pytest.fixture(scope="module")
def image(address: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """By its digest our image, under upstream's name, or what `TFSERVING_IMAGE` names."""
    named = os.environ.get("TFSERVING_IMAGE")
    if named is None:
        return at_a_registry(f"{address}/tensorflow/serving", tmp_path_factory.mktemp("image"))
    try:
        podman({}, "pull", "-q", named)
    except AssertionError as error:
        pytest.skip(f"{named} cannot be pulled: {error}")
    return podman({}, "image", "inspect", "--format", "{{index .RepoDigests 0}}", named)


def at_a_registry(name: str, folder: Path, *, lite: bool = False) -> str:
    """Push an image of ours; gives it by its digest."""
    made, file = runtimes(), folder / f"image-{lite}.tar"
    if lite:
        made = replace(made, site=without_tensorflow(made.site))
    whole = Whole(made, agent(folder).archive, "1", lite)
    assert oci(whole, next(iter(made.site.packed)), file) == image_of(file).digest
    assert file.stat().st_size < (60e6 if lite else 250e6)
    if lite:
        found = [each for each in parts(whole, "3") if each.is_package]
        assert {each.name for each in found if not each.licence or not each.version} == set()
        assert len(found) == len(names(lock_of(gpu=False)))
    where = parse(f"{name}:1")
    *_, last = pushed(Registry(where, None), where, image_of(file))
    return f"{name}@{last.digest}"


def seen_by_others(folder: Path) -> None:
    """Let a user of a container read a folder of a test, and come to it."""
    open_up(folder)
    for above in (folder.parent, folder.parent.parent):
        above.chmod(above.stat().st_mode | 0o111)


def given(tmp_path: Path) -> grounding.Given:
    ours = agent(tmp_path)
    base = tmp_path / "base"
    return grounding.Given(
        ours.archive, f"{base}/agent/{ours.digest}", f"{base}/0a1b/demo", None, "run-1"
    )


def test_a_named_image_serves_instead(image: str, tmp_path: Path, free_port: int) -> None:
    ground, host = grounding.host_of(asdict(Ground(str(tmp_path / "base"), image=image)), {})
    done = grounding.bring(ground, host, given(tmp_path))
    assert done["facts"]["deepcat_serving"] == {"engine": "podman", "image": image}
    assert host.sent < 3_000_000  # our own code: the libraries are the image's

    place = Path(given(tmp_path).place)
    archive.unpack(ROOT / "modules" / "half-plus-two" / "model.tar.gz", place / "models" / "m")
    folder = place / "servers" / "1" / "m"
    folder.mkdir(parents=True)
    (folder / "1").symlink_to(archive.model_folder(place / "models" / "m"))
    serving = serving_of(done["facts"]["deepcat_serving"])
    server = Server(
        "demo~1", "servers/1", (Served("m", 1, "", ""),), "127.0.0.1", free_port, free_port + 1,
        serving=serving,
    )  # fmt: skip
    seen_by_others(tmp_path)
    with subprocess.Popen(command(place, server, "1")) as process:
        client, until = Client(f"http://127.0.0.1:{free_port}"), time.monotonic() + 120
        while not client.available("m"):
            assert process.poll() is None
            assert time.monotonic() < until
            time.sleep(0.1)
        assert client.call("m", "predict", {"instances": [1.0]}) == {"predictions": [2.5]}
        process.terminate()
    assert process.returncode == 0

    gone = f"{image.rpartition('@')[0]}@sha256:{'0' * 64}"
    only = asdict(Ground(str(tmp_path / "base"), image=gone, ways=("registry",)))
    with pytest.raises(GroundError, match="cannot be pulled"):
        grounding.bring(*grounding.host_of(only, {}), given(tmp_path))


def words(pod: dict[str, Any], container: dict[str, Any], volumes: dict[str, Path]) -> list[str]:
    """A container of a pod as podman is told to run it, shut as the pod says."""
    own, shared = container["securityContext"], pod["securityContext"]
    assert own["readOnlyRootFilesystem"]
    assert not own["allowPrivilegeEscalation"]
    found = ["--rm", "--read-only", "--read-only-tmpfs=false", "--security-opt=no-new-privileges"]
    found += [f"--user={shared['runAsUser']}:{shared['runAsGroup']}"]
    found += [f"--cap-drop={each.lower()}" for each in own["capabilities"]["drop"]]
    found += [f"--env={each['name']}={each['value']}" for each in container.get("env", ())]
    for mount in container["volumeMounts"]:
        mode = "ro" if mount.get("readOnly") else "rw"
        found.append(f"--volume={volumes[mount['name']]}:{mount['mountPath']}:{mode}")
    entry, *arguments = [*container["command"], *container.get("args", ())]
    return [*found, f"--entrypoint={entry}", container["image"], *arguments]


def laid_out(served: Shown, folder: Path) -> dict[str, Path]:
    """The volumes of a pod as a cluster lays them out, by name."""
    maps = {each["metadata"]["name"]: each for each in objects.objects(served)}
    found = {}
    for volume in objects.pod(served)["volumes"]:
        path = found[volume["name"]] = folder / volume["name"]
        path.mkdir()
        sources = volume.get("projected", {"sources": [volume]})["sources"]
        for name in [each["configMap"]["name"] for each in sources if "configMap" in each]:
            given = maps[name]
            for key, text in given.get("data", {}).items():
                (path / key).write_text(text)
            for key, text in given.get("binaryData", {}).items():
                (path / key).write_bytes(base64.b64decode(text))
        path.chmod(0o777)
    return found


UPSTREAM = "TFSERVING_IMAGE" in os.environ
ONLY_OURS = pytest.mark.skipif(UPSTREAM, reason="upstream's image fetches no model")


@ONLY_OURS
def test_an_image_without_tensorflow_serves_and_runs_jobs(
    address: str, tmp_path: Path, free_port: int
) -> None:
    image = at_a_registry(f"{address}/lab/deepcat", tmp_path, lite=True)
    seen_by_others(tmp_path)
    for name in ("lite", "graph"):
        (tmp_path / name / "1").mkdir(parents=True)
    (tmp_path / "lite" / "1" / "model.tflite").write_bytes(doubling())
    archive.unpack(ROOT / "modules" / "half-plus-two" / "model.tar.gz", tmp_path / "m")
    shutil.copytree(
        archive.model_folder(tmp_path / "m"), tmp_path / "graph" / "1", dirs_exist_ok=True
    )
    shut = ["--rm", "--read-only", "--cap-drop=all", "--security-opt=no-new-privileges"]
    run = ["podman", "run", *shut, f"--volume={tmp_path}:/models:ro"]
    config = "".join(
        f'config {{ name: "{name}" base_path: "/models/{name}" model_platform: "tensorflow" }} '
        for name in ("lite", "graph")
    )
    (tmp_path / "models.config").write_text(f"model_config_list {{ {config} }}")
    flags = ["--rest_api_port=8501", "--model_config_file=/models/models.config"]
    served = [*run, "--name=lite", f"--publish=127.0.0.1:{free_port}:8501", image, *flags]
    said = tmp_path / "said"
    with said.open("wb") as log, subprocess.Popen(served, stderr=log) as process:
        client, until = Client(f"http://127.0.0.1:{free_port}"), time.monotonic() + 120
        while not client.available("lite") or b"LiteRT alone" not in said.read_bytes():
            assert process.poll() is None, said.read_text()
            assert time.monotonic() < until, said.read_text()
            time.sleep(0.1)
        assert client.call("lite", "predict", {"instances": [3.0]}) == {"predictions": [6.0]}
        assert not client.available("graph")
        process.terminate()
    assert process.returncode == 0

    job = tmp_path / "job.py"
    job.write_text(
        "import os, numpy; from ai_edge_litert.interpreter import Interpreter as I\n"
        "m = I('/models/lite/1/model.tflite'); m.allocate_tensors()\n"
        "y = m.get_signature_runner('serving_default')(x=numpy.float32([4]))['y']\n"
        "import ssl; trusted = ssl.create_default_context().cert_store_stats()['x509_ca']\n"
        "print(os.getuid(), y[0], trusted > 0)\n"
    )
    done = [*run, "--network=none", "--entrypoint=python3", image, "/models/job.py"]
    assert subprocess.run(done, check=True, capture_output=True).stdout == b"65534 8.0 True\n"


@ONLY_OURS
def test_a_pod_as_manifests_say_it_fetches_verifies_and_serves(
    image: str, tmp_path: Path, free_port: int
) -> None:
    content = (ROOT / "modules" / "half-plus-two" / "model.tar.gz").read_bytes()
    model = Model("half", 1, hashlib.sha256(content).hexdigest(), content=content)
    served = Shown("demo", image, (model,), batching={"max_batch_size": 8})
    seen_by_others(tmp_path)
    pod, volumes = objects.pod(served), laid_out(served, tmp_path)
    (fetch,), (server,) = pod["initContainers"], pod["containers"]
    run = ["podman", "run"]
    done = subprocess.run([*run, *words(pod, fetch, volumes)], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    ports = [f"--publish=127.0.0.1:{free_port}:{objects.REST}", "--name=demo-pod"]
    with subprocess.Popen([*run, *ports, *words(pod, server, volumes)]) as process:
        client, until = Client(f"http://127.0.0.1:{free_port}"), time.monotonic() + 120
        while not client.available("half"):
            assert process.poll() is None
            assert time.monotonic() < until
            time.sleep(0.1)
        assert client.metadata("half")  # what readiness is told by
        assert client.call("half", "predict", {"instances": [1.0]}) == {"predictions": [2.5]}
        drain = server["lifecycle"]["preStop"]["exec"]["command"]
        subprocess.run(["podman", "exec", "demo-pod", *drain[:1], "0"], check=True)
        process.terminate()
    assert process.returncode == 0

    (volumes["given-" + model.sha256[:16]] / "00").write_bytes(content + b"!")
    (volumes["models"] / "half").rename(tmp_path / "gone")
    done = subprocess.run([*run, *words(pod, fetch, volumes)], capture_output=True, check=False)
    assert done.returncode == 1
    assert b"error [run/checksum]" in done.stderr
