"""Manifests: valid for every cluster of these years, shut as the restricted standard asks for."""

from __future__ import annotations

import base64
import functools
import hashlib
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from jsonschema import Draft202012Validator, ValidationError
from kubernetes_validate import latest_version, utils
from referencing import Registry, Resource

from deepcat.clouds.manifests import cards, fetching, forms, objects, pods
from deepcat.clouds.manifests.values import LONGEST, Card, Guard, Model, Served, fit, short

IMAGE = f"registry.example:5000/deepcat/serving@sha256:{'0' * 64}"
CONTENT = b"an archive" * 100
HALF = Model("half", 1, hashlib.sha256(CONTENT).hexdigest(), content=CONTENT)
FAR = Model("far", 3, "f" * 64, "https://example.org/far.tar.gz")
PLAIN = Served("demo", IMAGE, (HALF,), cpus=0.5, memory_MiB=700)
FULL = replace(
    PLAIN,
    models=(HALF, FAR),
    namespace="lab",
    fetcher="registry.example/fetch:2",
    batching={"max_batch_size": 32},
    environment={"TF_NUM": "$(HOME) {{ .Values.x }}"},
    replicas=2,
    most=5,
    card=cards.card(2, model="A100-40GB", product="NVIDIA-A100-PCIE-40GB"),
    pull_secret="registry",
    annotations={"deepcat/module": "x"},
)
GUARDED = replace(
    PLAIN, guard=Guard("demo-access", ("--keys=/access/keys.toml",), True, "https://id.example")
)
OLDEST = 28
VERSIONS = [f"1.{minor}" for minor in range(OLDEST, int(latest_version().split(".")[1]) + 1)]
CASES = {"plain": PLAIN, "full": FULL, "guarded": GUARDED}


@functools.cache
def definitions(version: str) -> Registry:
    """What the schemas of a version refer to, read once."""
    folder = f"kubernetes-json-schema/v{version}.0-local-strict"
    found = utils.schema_contents(f"{folder}/_definitions.json", version)
    return (Resource.from_contents(found) @ Registry()).crawl()


def validate(document: dict[str, Any], version: str) -> None:
    """As `kubernetes_validate.validate` with `strict`, which reads all definitions for each."""
    folder = f"kubernetes-json-schema/v{version}.0-local-strict"
    api = re.sub(r"^([^./]*)(?:\.[^/]*)?/", r"\1-", document["apiVersion"])
    name = f"{folder}/{document['kind'].lower()}-{api}.json"
    schema = utils.schema_contents(name, version)
    Draft202012Validator(schema, registry=definitions(version)).validate(document)


def documents(text: str) -> list[dict[str, Any]]:
    return [each for each in yaml.safe_load_all(text) if each]


def of_kind(served: Served, kind: str) -> list[dict[str, Any]]:
    return [each for each in objects.objects(served) if each["kind"] == kind]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("served", CASES.values(), ids=CASES)
def test_every_object_is_valid_in_every_version(served: Served, version: str) -> None:
    (text,) = forms.plain(served).values()
    found = documents(text)
    assert found == objects.objects(served)
    for document in found:
        validate(document, version)


@pytest.mark.parametrize("version", [each for each in VERSIONS if int(each[2:]) >= 34])
def test_a_claim_is_valid_where_its_group_is_stable(version: str) -> None:
    card = Card("nvidia.com/gpu", 2, {}, "gpu.nvidia.com", "true")
    served = replace(PLAIN, card=card)
    validate(pods.claim(served, "v1"), version)
    (made,) = of_kind(served, "Deployment")
    validate(made, version)
    pod = made["spec"]["template"]["spec"]
    (given,) = pod["resourceClaims"]
    assert given["resourceClaimTemplateName"] == pods.claim(served, "v1")["metadata"]["name"]
    assert pod["containers"][0]["resources"]["claims"] == [{"name": given["name"]}]
    assert "nvidia.com/gpu" not in pod["containers"][0]["resources"]["limits"]
    assert pods.claim(replace(served, state="1" * 8), "v1")["metadata"]["name"] != given["name"]


@pytest.mark.parametrize("where", [("spec", "replica"), ("spec", "template", "spec", "tolerate")])
def test_a_word_that_no_cluster_knows_would_be_seen(where: tuple[str, ...]) -> None:
    (made,) = of_kind(PLAIN, "Deployment")
    *above, last = where
    inner = made
    for each in above:
        inner = inner[each]
    inner[last] = 1
    with pytest.raises(ValidationError):
        validate(made, VERSIONS[-1])


def test_the_newest_version_is_among_them() -> None:
    assert len(VERSIONS) >= 10
    assert VERSIONS[-1] == ".".join(latest_version().split(".")[:2])


@pytest.mark.parametrize("served", CASES.values(), ids=CASES)
def test_a_pod_is_restricted(served: Served) -> None:
    """All that the restricted Pod Security Standard asks for, and two things more."""
    pod = objects.pod(served)
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] > 0
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["automountServiceAccountToken"] is False
    assert not pod.keys() & {"hostNetwork", "hostPID", "hostIPC"}
    assert {next(k for k in v if k != "name") for v in pod["volumes"]} <= {
        "configMap", "emptyDir", "projected", "secret",
    }  # fmt: skip
    for container in (*pod["initContainers"], *pod["containers"]):
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "runAsNonRoot": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert not any("hostPort" in port for port in container.get("ports", ()))


def test_a_model_comes_along_in_pieces_that_a_cluster_takes() -> None:
    content = CONTENT * 2_000
    full = replace(FULL, models=(replace(HALF, content=content), FAR))
    pieces = [each["binaryData"] for each in of_kind(full, "ConfigMap") if "binaryData" in each]
    assert len(pieces) == 3
    whole = b"".join(base64.b64decode(text) for each in pieces for text in each.values())
    assert whole == content
    assert max(len(base64.b64decode(t)) for each in pieces for t in each.values()) < 2**20
    (fetch,) = objects.pod(full)["initContainers"]
    half, far = json.loads(fetch["env"][0]["value"])
    assert half["sha256"] == HALF.sha256
    assert half["pieces"] in {mount["mountPath"] for mount in fetch["volumeMounts"]}
    assert (far["source"], far["version"]) == (FAR.source, 3)
    assert fetch["image"] == FULL.fetcher


def test_what_is_too_large_does_not_come_along() -> None:
    large = replace(HALF, content=bytes(fetching.MOST_CARRIED + 1))
    with pytest.raises(ValueError, match=r"8\.0 MB, and 8 MB can come along"):
        objects.objects(replace(PLAIN, models=(large,)))


def test_a_server_calls_nobody_unless_its_model_lies_elsewhere() -> None:
    (shut,), (fetching,) = (of_kind(each, "NetworkPolicy") for each in (PLAIN, FULL))
    assert shut["spec"]["egress"] == []
    assert {port["port"] for port in fetching["spec"]["egress"][0]["ports"]} == {53, 443}
    own = replace(FAR, source="https://u:1@store.example:8443/a:9/b.tar.gz")
    (odd,) = of_kind(replace(PLAIN, models=(own,)), "NetworkPolicy")
    assert {port["port"] for port in odd["spec"]["egress"][0]["ports"]} == {53, 8443}


def test_a_new_pod_is_ready_before_an_old_one_goes_and_that_one_drains() -> None:
    (made,) = of_kind(PLAIN, "Deployment")
    assert made["spec"]["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}
    pod = made["spec"]["template"]["spec"]
    (server,) = pod["containers"]
    assert server["lifecycle"]["preStop"]["exec"]["command"] == ["sleep", str(objects.DRAIN_S)]
    assert pod["terminationGracePeriodSeconds"] > objects.DRAIN_S
    assert server["readinessProbe"]["httpGet"]["path"] == "/v1/models/half/metadata"


def test_accelerators_are_asked_for_and_their_taint_is_taken() -> None:
    pod = objects.pod(FULL)
    asked = pod["containers"][0]["resources"]
    assert asked["limits"]["nvidia.com/gpu"] == asked["requests"]["nvidia.com/gpu"] == "2"
    assert pod["nodeSelector"] == {"nvidia.com/gpu.product": "NVIDIA-A100-PCIE-40GB"}
    assert pod["tolerations"][0]["key"] == "nvidia.com/gpu"
    assert "nodeSelector" not in objects.pod(PLAIN)


@pytest.mark.parametrize(
    ("vendor", "model", "mig", "resource"),
    [
        ("", "", "", "nvidia.com/gpu"),
        ("", "MI300X", "", "amd.com/gpu"),
        ("amd", "", "", "amd.com/gpu"),
        ("intel", "", "", "gpu.intel.com/i915"),
        ("", "A100-40GB", "1g.5gb", "nvidia.com/mig-1g.5gb"),
    ],
)
def test_each_vendor_has_its_resource(vendor: str, model: str, mig: str, resource: str) -> None:
    assert cards.card(1, vendor, model, mig).resource == resource


def test_what_no_node_advertises_is_said() -> None:
    with pytest.raises(ValueError, match="no accelerators of `google`"):
        cards.card(1, "google")


def test_a_scaler_says_how_many_where_there_is_one() -> None:
    (scaler,), (made,) = (of_kind(FULL, kind) for kind in ("HorizontalPodAutoscaler", "Deployment"))
    assert (scaler["spec"]["minReplicas"], scaler["spec"]["maxReplicas"]) == (2, 5)
    assert "replicas" not in made["spec"]
    assert not of_kind(PLAIN, "HorizontalPodAutoscaler")


def test_a_name_that_is_too_long_is_cut_and_told_from_others() -> None:
    long = "a" * 200
    assert len(short(long)) <= LONGEST
    assert short(long) != short(f"{long}b")
    assert short("demo") == fit("demo") == "demo"
    assert fit("3d") == "d-3d"  # the name of a service begins with a letter
    for each in objects.objects(replace(PLAIN, name=short("n" * 80))):
        assert len(each["metadata"]["name"]) <= LONGEST


def test_a_kustomization_lists_every_file() -> None:
    files = forms.kustomize(FULL)
    listed = yaml.safe_load(files.pop("kustomization.yaml"))
    assert sorted(listed["resources"]) == sorted(files)
    assert listed["images"] == [
        {"name": "registry.example:5000/deepcat/serving", "digest": f"sha256:{'0' * 64}"}
    ]
    assert [yaml.safe_load(text) for text in files.values()] == objects.objects(FULL)


@pytest.mark.parametrize(
    ("image", "parts"),
    [
        ("a/b:1", ("a/b", "1")),
        ("host:5000/b", ("host:5000/b", "latest")),
        ("host:5000/b:2", ("host:5000/b", "2")),
    ],
)
def test_a_port_is_no_tag(image: str, parts: tuple[str, str]) -> None:
    assert forms.split(image) == parts


def test_a_chart_takes_its_values_and_no_text_of_the_catalog_is_a_template() -> None:
    files = forms.helm(FULL)
    text = "".join(text for path, text in files.items() if path.startswith("templates/"))
    assert text.count("{{ .Values.image | quote }}") == 1
    assert text.count("{{ .Values.fetcher | quote }}") == 1
    assert "{{ .Values.x }}" not in text
    assert '{{ "{{" }} .Values.x }}' in text
    assert "namespace:" not in text
    values = yaml.safe_load(files["values.yaml"])
    assert values["image"] == IMAGE
    assert values["resources"]["limits"]["nvidia.com/gpu"] == "2"
    # One whose server is not scaled says how many there are.
    assert "replicas: {{ .Values.replicas }}" in forms.helm(PLAIN)["templates/deployment-demo.yaml"]


def test_kserve_runs_the_same_pod() -> None:
    (text,) = forms.kserve(FULL).values()
    *given, wanted = documents(text)
    assert {each["kind"] for each in given} == {"ConfigMap"}
    assert wanted["apiVersion"] == "serving.kserve.io/v1beta1"
    predictor = wanted["spec"]["predictor"]
    assert (predictor["minReplicas"], predictor["maxReplicas"]) == (2, 5)
    (container,) = predictor["containers"]
    assert container["name"] == "kserve-container"
    assert [port["containerPort"] for port in container["ports"]] == [objects.REST]
    assert predictor["initContainers"] == objects.pod(FULL)["initContainers"]


def test_no_variable_is_put_in_by_the_cluster() -> None:
    (variable,) = objects.pod(FULL)["containers"][0]["env"]
    assert variable["value"] == "$$(HOME) {{ .Values.x }}"


def test_each_form_writes_below_its_folder() -> None:
    for make in forms.FORMS.values():
        for path in make(FULL):
            assert not Path(path).is_absolute()
            assert ".." not in Path(path).parts


def test_ours_says_what_theirs_says() -> None:
    """What reads the definitions once, held to the library's own word for one object of each."""
    for document in (*of_kind(PLAIN, "Deployment"), *of_kind(PLAIN, "Service")):
        kubernetes_validate.validate(document, VERSIONS[0], strict=True)
        with pytest.raises(kubernetes_validate.ValidationError):
            kubernetes_validate.validate({**document, "extra": 1}, VERSIONS[0], strict=True)
        with pytest.raises(ValidationError):
            validate({**document, "extra": 1}, VERSIONS[0])
