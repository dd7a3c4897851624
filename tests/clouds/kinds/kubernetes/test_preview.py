"""What a run would alter on a cluster is told field by field, and nothing changes by the asking."""

from __future__ import annotations

import copy
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from pods.given import Run, cloud, means
from pods.stand_in import Kept

from deepcat.clouds.kinds.kubernetes import preview as previewing
from deepcat.clouds.kinds.kubernetes import steps
from deepcat.clouds.kinds.kubernetes.differs import differences
from deepcat.clouds.kinds.kubernetes.preview import preview
from deepcat.clouds.kinds.kubernetes.refused import refused

LOGIN = {"server": "https://k:6443", "token": "env:DEEPCAT_TRIAL_TOKEN"}
ENV = [{"name": "TOKEN", "value": "old secret"}, {"name": "LEVEL", "value": "1"}]


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> Kept:
    made = Kept()
    for each in (steps, previewing):
        monkeypatch.setattr(each, "Cluster", made)
    monkeypatch.setenv("DEEPCAT_TRIAL_TOKEN", "trial-token-0")
    return made


def tried(root: Path, content: bytes, **properties: Any) -> tuple[str, ...]:
    """What a run with this model would alter."""
    made = Run(cloud(LOGIN, "lab"), means(root), "plan", content)
    sha256 = hashlib.sha256(content).hexdigest()
    model = {"name": "half", "version": 1, "archive": "m.tar.gz", "sha256": sha256}
    server = {"name": "server", "properties": properties, "requirements": {"model": ["model"]}}
    values = {**made.values, "run": ""}
    return preview(
        made.cloud,
        made.means,
        [
            {**values, "step": "model", "node": {"name": "model", "properties": model}},
            {**values, "step": "server", "node": server},
        ],
    )


def test_what_is_new_is_named_and_nothing_is_made(kept: Kept, tmp_path: Path) -> None:
    told = tried(tmp_path, b"a model")
    assert all(line.startswith("+ ") for line in told), told
    assert {line.split()[1] for line in told} == {
        *("ConfigMap", "Deployment", "Service", "PodDisruptionBudget", "NetworkPolicy")
    }
    assert kept.held == {}


def test_what_stays_is_not_told(kept: Kept, tmp_path: Path) -> None:
    Run(cloud(LOGIN, "lab"), means(tmp_path), "r1").all()
    before = copy.deepcopy(kept.held)
    assert tried(tmp_path, b"a model") == ()
    assert kept.held == before


def test_fields_that_differ_are_told_of_the_state_that_follows(kept: Kept, tmp_path: Path) -> None:
    Run(cloud(LOGIN, "lab"), means(tmp_path), "r1").all()
    before = copy.deepcopy(kept.held)
    told = tried(tmp_path, b"another model", environment={"TOKEN": "a secret"})
    (old,) = kept.names("deployments")
    (new,) = {line.split()[2].rstrip(",") for line in told if "+ Deployment" in line}
    assert any(line.startswith(f"~ Deployment {new}, after {old}: spec.") for line in told)
    (selected,) = [line for line in told if line.startswith("~ Service")]
    assert f"{old[-8:]} → {new[-8:]}" in selected
    assert f"- Deployment {old}" in told
    assert not any("a secret" in line for line in told)
    assert kept.held == before


def test_what_somebody_altered_since_is_told(kept: Kept, tmp_path: Path) -> None:
    Run(cloud(LOGIN, "lab"), means(tmp_path), "r1").all()
    (path,) = [path for path in kept.held if "/deployments/" in path]
    kept.held[path]["spec"]["replicas"] = 7
    (told,) = tried(tmp_path, b"a model")
    assert told.endswith("spec.replicas: 7 → 1")


def test_what_a_role_does_not_allow_is_said(
    kept: Kept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        message = 'services "demo" is forbidden: User "ada" cannot patch resource "services"'
        raise refused(403, {"message": message})

    monkeypatch.setattr(previewing.Held, "tried", refuse)
    (told,) = tried(tmp_path, b"a model")
    assert told.startswith("what more of its objects would change is not known: the cluster says")
    assert "cannot patch resource" in told


def test_a_cluster_that_is_not_to_be_had_is_said(tmp_path: Path) -> None:
    (told,) = tried(tmp_path, b"a model")
    assert "is not known" in told


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ({"spec": {"replicas": 1}}, {"spec": {"replicas": 2}}, ["spec.replicas: 1 → 2"]),
        ({"metadata": {"uid": "a"}, "status": {"x": 1}}, {"metadata": {"uid": "b"}}, []),
        ({"kind": "Secret", "data": {"k": "b2xk"}}, {"kind": "Secret", "data": {"k": "bmV3"}},
         ["data.k: (not shown)"]),
        ({"kind": "Secret", "stringData": {"k": "v"}}, {"kind": "Secret"},
         ['stringData: {"k": "(not shown)"} → (none)']),
        ({"spec": {"c": [{"name": "s", "env": ENV}]}},
         {"spec": {"c": [{"name": "s", "env": [{"name": "TOKEN", "value": "new"}, ENV[1]]}]}},
         ["spec.c[s].env[TOKEN].value: (not shown)"]),
        ({"spec": {"c": [{"name": "s", "env": ENV}]}}, {"spec": {"c": [{"name": "s"}]}},
         [
                'spec.c[s].env: [{"name": "TOKEN", "value": "(not shown)"},'
                ' {"name": "LEVEL", "value": "(not sh… → (none)'
            ]),
        ({"binaryData": {"00": "QQ=="}}, {"binaryData": {"00": "Qg=="}},
         ["binaryData.00: other bytes"]),
        ({"spec": {"c": [{"name": "a"}]}}, {"spec": {"c": [{"name": "b", "image": "i"}]}},
         ['spec.c[a]: {"name": "a"} → (none)',
          'spec.c[b]: (none) → {"image": "i", "name": "b"}']),
        ({"spec": {"args": ["a", "b"]}}, {"spec": {"args": ["a"]}},
         ['spec.args: ["a", "b"] → ["a"]']),
        ({"spec": "x" * 200}, {"spec": ""}, [f"spec: {'x' * 79}… → "]),
    ],
)  # fmt: skip
def test_a_difference_in_words(before: Any, after: Any, told: list[str]) -> None:
    assert list(differences(before, after)) == told


def test_a_container_that_comes_or_goes_keeps_its_variables_to_itself() -> None:
    before = {"spec": {"c": [{"name": "s", "env": ENV}]}}
    assert "old secret" not in json.dumps(list(differences(before, {"spec": {"c": []}})))
    assert "old secret" not in json.dumps(list(differences(before, {"spec": {}})))
    assert "old secret" not in json.dumps(list(differences({}, before)))
