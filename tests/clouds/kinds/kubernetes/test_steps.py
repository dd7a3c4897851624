"""The steps of runs, one after the other, and what of them is there then."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pods.given import Run, cloud, means
from pods.stand_in import NO_NODE, Kept

from deepcat.clouds.kinds.kubernetes import steps

LOGIN = {"server": "https://k:6443", "token": "env:DEEPCAT_TRIAL_TOKEN"}


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> Kept:
    made = Kept()
    monkeypatch.setattr(steps, "Cluster", made)
    monkeypatch.setenv("DEEPCAT_TRIAL_TOKEN", "trial-token-0")
    return made


@pytest.fixture
def run(tmp_path: Path) -> Any:
    return lambda name, *given, catalog="cat", **more: Run(
        cloud(LOGIN, "lab"), means(tmp_path, catalog), name, *given, **more
    )


def selected(kept: Kept) -> str:
    (path,) = [path for path in kept.held if "/services/" in path]
    return str(kept.held[path]["spec"]["selector"]["deepcat/state"])


def test_what_was_proved_is_led_to_and_the_rest_goes(kept: Kept, run: Any) -> None:
    first = run("r1")
    told = first.made()
    assert [each.get("failed") for each in told] == [None, None, None]
    assert kept.names("services") == [], "nobody is led to what is not proved"
    proved = first.step("prove")
    assert "deepcat" not in proved, "nobody has compared a sample yet"
    assert [each["unasked"] for each in proved["ansible_facts"]["deepcat_listening"]] == [True]
    settled = first.step("settle")["deepcat"]
    (before,) = kept.names("deployments")
    assert settled["resources"]["programs"] == [before]
    assert before.endswith(selected(kept))
    second = run("r2", b"another model")
    second.made()
    assert len(kept.names("deployments")) == 2
    assert before.endswith(selected(kept)), "what serves goes on until the other is proved"
    second.step("prove")
    second.step("settle")
    assert kept.names("deployments") != [before]
    assert len(kept.names("deployments")) == 1
    assert len(kept.names("configmaps")) == 3, "tag, settings, one piece of the model"


def test_a_second_run_of_the_same_makes_no_other_pods(kept: Kept, run: Any) -> None:
    run("r1").all()
    before = kept.names("deployments")
    again = run("r2")
    assert [each["changed"] for each in again.made()] == [False, False, False]
    assert again.step("prove").get("failed") is None
    again.step("settle")
    assert kept.names("deployments") == before


def test_what_is_not_proved_goes_and_what_ran_stays(kept: Kept, run: Any) -> None:
    run("r1").all()
    before, state = dict.fromkeys(kept.held), selected(kept)
    (live,) = kept.names("deployments")
    new = run("r2", b"another model")
    new.made()
    (tried,) = set(kept.names("deployments")) - {live}
    kept.conditions = {tried: NO_NODE}
    told = new.step("prove")
    assert told["deepcat_failure"]["code"] == "run/unschedulable"
    assert told["deepcat_failure"]["kind"] == "capacity"
    assert new.step("abandon")["deepcat"] == {"left": True}
    assert dict.fromkeys(kept.held) == before
    assert selected(kept) == state


@pytest.mark.parametrize(
    "noted",
    [
        {"name": "victim"},
        {"name": "../../kube-system/services/victim"},
        {"state": "00000000,app=victim"},
    ],
)
def test_what_somebody_else_noted_leads_nobody_anywhere(
    kept: Kept, run: Any, noted: dict[str, str]
) -> None:
    run("r1").all()
    new = run("r2", b"another model")
    new.made()
    (tag,) = [each for path, each in kept.held.items() if "/configmaps/deepcat-demo" in path]
    state = json.loads(tag["data"]["state.json"])
    state["live"]["server"] |= {**noted, "last": [{"kind": "Deployment"}]}
    tag["data"]["state.json"] = json.dumps(state)
    before = dict(kept.held)
    assert new.step("abandon")["deepcat_failure"]["code"] == "run/noted"
    assert kept.held == before


def test_a_first_one_that_fails_leaves_nothing(kept: Kept, run: Any) -> None:
    kept.conditions = {"demo": NO_NODE}
    new = run("r1")
    new.made()
    assert new.step("prove")["failed"]
    kept.held = {p: o for p, o in kept.held.items() if "/pods/" not in p}
    assert new.step("abandon")["deepcat"] == {"left": False}
    assert kept.held == {}


def test_an_older_run_is_refused_and_takes_nothing_away(kept: Kept, run: Any) -> None:
    old, new = run("r1"), run("r2")
    old.made()
    new.all()
    before = dict(kept.held)
    assert old.step("settle")["deepcat_failure"]["code"] == "run/superseded"
    assert old.step("abandon") == {"changed": False, "ansible_facts": {"deepcat_failed": True}}
    assert kept.held == before


@pytest.mark.parametrize("missing", ["/configmaps/", "/deployments/"])
def test_a_namespace_that_goes_meanwhile_is_told_and_no_other_run_is_blamed(
    missing: str, kept: Kept, run: Any
) -> None:
    one = run("r1")
    one.made()
    space = {"metadata": {"name": "lab"}, "status": {"phase": "Terminating"}}
    kept.held["/api/v1/namespaces/lab"] = space
    for path in [path for path in kept.held if missing in path]:
        del kept.held[path]
    told = one.step("prove")["deepcat_failure"]
    assert (told["kind"], told["code"]) == ("cloud", "run/namespace")
    assert "`lab` is being terminated" in told["message"]


def test_what_goes_leaves_nothing_and_may_go_twice(kept: Kept, run: Any) -> None:
    run("r1").all()
    run("r1", catalog="another").all()
    assert len(kept.names("services")) == 2
    assert run("r2").step("delete")["changed"]
    assert len(kept.names("services")) == 1, "another catalog's stays"
    assert run("r3", catalog="another").step("delete")["changed"]
    assert kept.held == {}
    assert not run("r4").step("delete")["changed"]


def test_a_tag_is_there_before_all_else_and_goes_last(kept: Kept, run: Any) -> None:
    made = run("r1")
    made.all()
    writes = [path for verb, path in kept.asked if verb in ("POST", "APPLY")]
    assert "/configmaps" in writes[0]
    assert "deepcat-demo" in str(kept.names("configmaps"))
    made.step("delete")
    gone = [path for verb, path in kept.asked if verb == "DELETE"]
    assert "/configmaps/deepcat-demo" in gone[-1]
    assert "/services/" in "".join(gone[:3])


def test_a_model_that_is_another_is_the_modules_mistake(kept: Kept, run: Any) -> None:
    made = run("r1")
    made.step("begin")
    node = {"name": "m", "properties": {"name": "m", "archive": "m.tar.gz", "sha256": "0" * 64}}
    assert made.step("model", node=node)["deepcat_failure"]["code"] == "run/checksum"
    node["properties"] = {"name": "m", "archive": "../owner.json"}
    assert made.step("model", node=node)["deepcat_failure"]["code"] == "run/source"
    node["properties"] = {"name": "m", "archive": "http://a/m.tar.gz", "sha256": "0" * 64}
    assert made.step("model", node=node)["deepcat_failure"]["code"] == "run/source"


def test_a_model_keeps_its_folder_under_another_name(kept: Kept, run: Any) -> None:
    made = run("r1")
    told = made.made()[1]
    node = {"name": "server", "properties": {"model_name": "other"}}
    made.step("server", node={**node, "requirements": {"model": ["model"]}})
    folder = told["ansible_facts"]["deepcat_attributes"]["model"]["directory"]
    (lists,) = [
        each["data"]["models.config"]
        for path, each in kept.held.items()
        if "other" in str(each.get("data"))
        and "/configmaps/" in path
        and "models.config" in each["data"]
    ]
    assert f'name: "other" base_path: "{folder}"' in lists


def test_no_credentials_are_the_clouds_failure(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DEEPCAT_TRIAL_TOKEN", raising=False)
    told = run("r1").step("begin")
    assert told["deepcat_failure"]["kind"] == "auth"
    assert told["deepcat_failure"]["code"] == "run/credentials"
