"""A notebook's desk on a cluster, and what becomes of its objects, in the order of steps alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pods.given import Run, cloud, means
from pods.stand_in import Kept, _Cluster

from deepcat.clouds.kinds.kubernetes import desk, names, notebook_wanted, notebooks, steps
from deepcat.clouds.kinds.kubernetes.held import Held
from deepcat.clouds.kinds.kubernetes.kind import KIND
from deepcat.clouds.kinds.kubernetes.refused import refused
from deepcat.clouds.manifests import notebooks as manifests
from deepcat.clouds.manifests.values import Served
from deepcat.errors import DeepcatError

NOTEBOOK = manifests.Notebook(
    Served("demo-1", "registry.example/deepcat@sha256:" + "0" * 64, (), "lab"),
    {"deployment": "demo", "port": 8888, "own": "o" * 64, "reads": False},
    "demo-work",
    "1Gi",
    "",
    "demo-token",
)
WHAT = NOTEBOOK.what
NODE = {"name": "notebook", "type": "deepcat.nodes.Notebook"}


def notebook(**what: Any) -> manifests.Notebook:
    """What a run of the deployment asks for."""
    name = names.server_name("cat", "demo", "notebook")
    return replace(manifests.named(NOTEBOOK, name), what=replace(WHAT, name=name, **what))


def begins(run: str, folder: Path) -> Run:
    """A run that has taken its place."""
    lab = cloud({"kubeconfig": "none"}, "lab", notebooks={"storage": "1Gi"})
    made = Run(lab, means(folder), run, servers=0)
    assert not made.step("begin").get("failed")
    return made


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> Kept:
    made = Kept()
    monkeypatch.setattr(desk, "Cluster", made)
    monkeypatch.setattr(steps, "Cluster", made)
    return made


JOBS = "/apis/batch/v1/namespaces/lab/jobs"
CLAIMS = "/api/v1/namespaces/lab/persistentvolumeclaims"


def test_two_who_save_a_stopped_one_at_once_end_nothing_of_each_other(
    kept: Kept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = desk.PodDesk(cloud({}, "lab"), means(tmp_path), "demo", "notebook", "demo-1")
    kept.put(f"{JOBS}/demo-1", manifests.job(NOTEBOOK))
    monkeypatch.setattr(notebooks, "is_over", lambda job: job["metadata"]["name"] == "demo-1")
    monkeypatch.setattr(desk.PodDesk, "_pod", lambda self, held, pods: None)
    monkeypatch.setattr(desk.PodDesk, "_running", lambda self, held, name: name)
    held: Any = Held(kept(cloud({}, "lab"), None), "cat", "demo")  # type: ignore[arg-type]
    one: Any = asked._hands(held)
    with one as first:
        other: Any = asked._hands(held)
        with other as second:
            assert kept.names("jobs") == sorted(["demo-1", first, second])
        assert kept.names("jobs") == ["demo-1", first]
        assert kept.held[f"{JOBS}/{first}"]["spec"]["ttlSecondsAfterFinished"]
    assert kept.names("jobs") == ["demo-1"]


def test_what_hands_the_work_out_goes_before_it_is_begun_again(kept: Kept, tmp_path: Path) -> None:
    asked = desk.PodDesk(cloud({}, "lab"), means(tmp_path), "demo", "notebook", "demo-1")
    own = replace(NOTEBOOK, what=replace(WHAT, labels=names.labels("cat", "demo")))
    job = kept.put(f"{JOBS}/demo-1", manifests.job(manifests.named(own, "demo-1")))
    for name in ("demo-1-reads1a2b", "demo-1-reads3c4d", "demo-2"):
        kept.put(f"{JOBS}/{name}", manifests.job(manifests.named(own, name)))
    held: Any = Held(kept(cloud({}, "lab"), None), "cat", "demo")  # type: ignore[arg-type]
    asked._begin(held, job)
    assert kept.names("jobs") == ["demo-1", "demo-2"]


def test_work_whose_owner_tag_is_gone_is_told_and_goes_with_its_deployment(
    kept: Kept, tmp_path: Path
) -> None:
    lab = cloud({"kubeconfig": "none"}, "lab", notebooks={"storage": "1Gi"})
    assert KIND.desk(lab, means(tmp_path), "demo", "cpu") is None  # type: ignore[attr-defined]
    head = names.server_name("cat", "demo", "notebook")
    named = (notebook_wanted.claim_name(head), notebook_wanted.secret_name(head))
    own = replace(NOTEBOOK, what=replace(WHAT, labels=names.labels("cat", "demo")), claim=named[0])
    kept.put(f"{CLAIMS}/{named[0]}", manifests.claim(own))
    for name in (named[1], "token"):
        kept.put(f"/api/v1/namespaces/lab/secrets/{name}", {"metadata": {"name": name}})
    with pytest.raises(DeepcatError, match=f"the work lies on the claim {named[0]}") as caught:
        KIND.desk(lab, means(tmp_path), "demo", "cpu")  # type: ignore[attr-defined]
    assert caught.value.code == "develop/work"
    assert Run(lab, means(tmp_path), "r1", servers=0).step("delete")["changed"]
    assert kept.names("persistentvolumeclaims") == []
    assert kept.names("secrets") == ["token"]


def test_a_claim_that_is_not_taken_ends_no_notebook(
    kept: Kept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = notebook()
    monkeypatch.setattr(notebooks, "_asked_for", lambda held, values: (own, ""))
    first = begins("r1", tmp_path)
    assert not first.step("notebook", node=NODE).get("failed")
    (before,) = kept.names("jobs")
    own = replace(own, told={**NOTEBOOK.told, "own": "b" * 64})
    apply = _Cluster.apply

    def refusing(self: _Cluster, path: str, wanted: Any, **more: Any) -> Any:
        if "persistentvolumeclaims" in path:
            raise refused(422, {"message": "spec is immutable"})
        return apply(self, path, wanted, **more)

    monkeypatch.setattr(_Cluster, "apply", refusing)
    assert begins("r2", tmp_path).step("notebook", node=NODE)["failed"]
    assert kept.names("jobs") == [before]


def test_a_run_that_fails_leaves_the_work_that_was_there_before_its_tag(
    kept: Kept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = notebook(labels=names.labels("cat", "demo"))
    monkeypatch.setattr(notebooks, "_asked_for", lambda held, values: (own, ""))

    def begun(run: str) -> Run:
        made = begins(run, tmp_path)
        assert not made.step("notebook", node=NODE).get("failed")
        return made

    begun("r1")
    claims = kept.names("persistentvolumeclaims")
    assert len(claims) == 1
    del kept.held[f"/api/v1/namespaces/lab/configmaps/{names.tag_name('cat', 'demo')}"]
    second = begun("r2")
    assert second.step("abandon")["deepcat"] == {"left": False}
    assert kept.names("persistentvolumeclaims") == claims
    assert kept.names("jobs") == kept.names("configmaps") == []
    assert second.step("delete")["changed"]
    assert begun("r3").step("abandon")["deepcat"] == {"left": False}
    assert kept.names("persistentvolumeclaims") == []
