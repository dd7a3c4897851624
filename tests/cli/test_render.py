"""`deepcat render`: a wish as manifests; what they cannot carry out is refused by name."""

from __future__ import annotations

import hashlib
import io
import random
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import Result

from deepcat.errors import DeepcatError

WISH = "apiVersion: deepcat/v1\nmodule: half-plus-two\nprofile: serve\nowner: '@ada'\n"
IMAGE = "registry.example/deepcat/serving:2.1"
TOLD = {"module": "half-plus-two", "version": "1.0.0"}
Run = Callable[..., Result]


@pytest.fixture(autouse=True)
def _module(catalog: Path, repository: Path) -> None:
    """The catalog holds one module and one wish for it."""
    shutil.copytree(repository / "modules/half-plus-two", catalog / "modules/half-plus-two")
    (catalog / "deployments").mkdir()
    (catalog / "deployments/demo.yaml").write_text(WISH)


def topology(catalog: Path, before: str, after: str) -> None:
    path = catalog / "modules/half-plus-two/tosca.yaml"
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after))


def by_kind(text: str) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for each in yaml.safe_load_all(text):
        found.setdefault(each["kind"], []).append(each)
    return found


def test_a_wish_becomes_what_a_cluster_takes(run: Run, catalog: Path) -> None:
    said = run("render", "demo", "--to", "kubernetes", "--image", IMAGE, "--namespace", "lab")
    found = by_kind(said.output)
    assert set(found) == {
        "ConfigMap", "Deployment", "Service", "PodDisruptionBudget", "NetworkPolicy",
    }  # fmt: skip
    assert {each["metadata"]["namespace"] for own in found.values() for each in own} == {"lab"}
    told = {f"deepcat/{key}": value for key, value in TOLD.items()}
    template = found["Deployment"][0]["spec"]["template"]
    assert template["metadata"]["annotations"] == told
    assert found["Service"][0]["metadata"]["annotations"] == told
    pod = template["spec"]
    assert pod["containers"][0]["image"] == IMAGE
    archive = (catalog / "modules/half-plus-two/model.tar.gz").read_bytes()
    (fetch,) = pod["initContainers"]
    (model,) = yaml.safe_load(fetch["env"][0]["value"])
    assert (model["name"], model["version"]) == ("half-plus-two", 1)
    assert model["sha256"] == hashlib.sha256(archive).hexdigest()
    assert pod["containers"][0]["resources"]["requests"]["cpu"] == "1000m"


def test_files_go_into_a_folder(run: Run, tmp_path: Path) -> None:
    run("render", "demo", "--to", "kustomize", "--image", IMAGE, "-o", tmp_path / "base")
    listed = yaml.safe_load((tmp_path / "base/kustomization.yaml").read_text())
    assert all((tmp_path / "base" / name).is_file() for name in listed["resources"])


def test_a_folder_of_files_needs_a_place(run: Run) -> None:
    with pytest.raises(DeepcatError, match="`helm` is a folder of files"):
        run("render", "demo", "--to", "helm", "--image", IMAGE)


def test_a_model_with_an_address_is_fetched_from_there(run: Run, catalog: Path) -> None:
    topology(catalog, "archive: model.tar.gz", "archive: https://example.org/m.tar.gz")
    found = by_kind(run("render", "demo", "--to", "kserve", "--image", IMAGE).output)
    assert len(found["ConfigMap"]) == 1  # its settings
    (fetch,) = found["InferenceService"][0]["spec"]["predictor"]["initContainers"]
    assert "https://example.org/m.tar.gz" in fetch["env"][0]["value"]


def test_what_needs_a_host_is_refused_by_name(run: Run, catalog: Path) -> None:
    (catalog / "deployments/demo.yaml").write_text(f"{WISH}inputs: {{written: true}}\n")
    with pytest.raises(DeepcatError, match="`demo` has a plug-in") as refused:
        run("render", "demo", "--to", "kubernetes", "--image", IMAGE)
    assert refused.value.code == "render/workload"


def test_who_may_call_is_refused_and_not_left_out(run: Run, catalog: Path) -> None:
    said = "access: {keys: {ada: {secret: 'env:DEEPCAT_WORKLOAD_ADA'}}}\n"
    (catalog / "deployments/demo.yaml").write_text(WISH + said)
    with pytest.raises(DeepcatError, match="`demo` says who may call") as refused:
        run("render", "demo", "--to", "kubernetes", "--image", IMAGE)
    assert refused.value.code == "render/workload"


@pytest.mark.parametrize("text", ["profile: nope", "profile: serve\ninputs: {nope: 1}"])
def test_a_wish_that_cannot_be_read_says_why(run: Run, catalog: Path, text: str) -> None:
    (catalog / "deployments/demo.yaml").write_text(WISH.replace("profile: serve", text))
    with pytest.raises(DeepcatError, match="`demo` cannot be read"):
        run("render", "demo", "--to", "kubernetes", "--image", IMAGE)


def test_a_deployment_that_is_not_there(run: Run) -> None:
    with pytest.raises(DeepcatError, match="no deployment `dem`"):
        run("render", "dem", "--to", "kubernetes", "--image", IMAGE)


SERVER = "        model_name: half-plus-two\n"


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        (SERVER, f"{SERVER}        environment: {{LD_PRELOAD: x}}\n", "`LD_PRELOAD` is not for a"),
        ("archive: model.tar.gz", "archive: none.tar.gz", "the module has no file `none.tar.gz`"),
    ],
)
def test_what_a_topology_may_not_say_is_refused_by_name(
    run: Run, catalog: Path, before: str, after: str, says: str
) -> None:
    topology(catalog, before, after)
    with pytest.raises(DeepcatError, match=says):
        run("render", "demo", "--to", "kubernetes", "--image", IMAGE)


def _with_noise(path: Path, size: int) -> None:
    """A model's archive with a file that cannot be packed smaller."""
    noise = random.Random(path.name).randbytes(size)
    extra = tarfile.TarInfo("1/assets/noise")
    extra.size = size
    with tarfile.open(path.with_name("model.tar.gz")) as tar, tarfile.open(path, "w:gz") as new:
        for each in tar.getmembers():
            new.addfile(each, tar.extractfile(each))
        new.addfile(extra, io.BytesIO(noise))


@pytest.mark.parametrize(
    ("sizes", "says"),
    [((4_500_000, 4_500_000), r"9\.0 MB, and 8 MB can"), ((8_500_000,), "takes more than 8 MB")],
)
def test_models_that_are_too_large_to_come_along_are_refused(
    run: Run, catalog: Path, sizes: tuple[int, ...], says: str
) -> None:
    nodes, needs = "", ""
    for name, size in zip("ab", sizes, strict=False):
        _with_noise(catalog / f"modules/half-plus-two/{name}.tar.gz", size)
        properties = f"{{name: {name}, archive: {name}.tar.gz}}"
        nodes += f"    {name}: {{type: deepcat.nodes.Model, properties: {properties}}}\n"
        needs += f"        - model: {name}\n"
    topology(catalog, "    server:\n", f"{nodes}    server:\n")
    topology(catalog, "        - model: model\n", f"        - model: model\n{needs}")
    topology(catalog, SERVER, "")
    with pytest.raises(DeepcatError, match=says) as refused:
        run("render", "demo", "--to", "kubernetes", "--image", IMAGE)
    assert refused.value.code == "render/model"


def test_variables_and_a_name_are_what_a_cluster_takes(run: Run, catalog: Path) -> None:
    topology(catalog, SERVER, f"{SERVER}        environment: {{MODEL_A: true, MODEL_B: x}}\n")
    (catalog / "deployments/demo.yaml").rename(catalog / "deployments/3d.yaml")
    found = by_kind(run("render", "3d", "--to", "kubernetes", "--image", IMAGE).output)
    assert found["Service"][0]["metadata"]["name"] == "d-3d"
    (server,) = found["Deployment"][0]["spec"]["template"]["spec"]["containers"]
    assert {each["name"]: each["value"] for each in server["env"]} == {
        "MODEL_A": "true",
        "MODEL_B": "x",
    }
