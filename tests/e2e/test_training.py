"""A module's training as a deployment: in its lock's environment, once for its inputs."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from waiting import until
from wheels import pin, wheel

from deepcat.catalog.load import load
from deepcat.catalog.reading.open_tree import work_tree
from deepcat.clouds.kind import Collecting, Means
from deepcat.clouds.registry import kind_of

pytestmark = [pytest.mark.starts("Ansible and a training"), pytest.mark.slow]

MODULE = "half-plus-two"
# Of a package that its lock alone brings, it learns a slope; it goes on from its last checkpoint.
SCRIPT = '''\
"""Learn a slope."""
import json, os, pathlib, sys, time
from slope import STEP

inputs = json.loads(pathlib.Path(os.environ["DEEPCAT_INPUTS"]).read_text())
kept = pathlib.Path(os.environ["DEEPCAT_CHECKPOINTS"])
begun = max((int(each.name) for each in kept.iterdir() if each.name.isdigit()), default=0)
print("begins after", begun, "in", pathlib.Path.cwd().name, flush=True)
if "DEEPCAT_FROM" in os.environ:
    model = pathlib.Path(os.environ["DEEPCAT_FROM"])
    print("begins from", sorted(each.name for each in model.iterdir()), flush=True)
with open(os.environ["DEEPCAT_METRICS"], "a") as metrics:
    for epoch in range(begun + 1, inputs["epochs"] + 1):
        (kept / "new.partial").write_text(str(epoch))
        (kept / "new.partial").rename(kept / str(epoch))
        metrics.write(json.dumps({"step": epoch, "loss": inputs["rate"] / epoch}) + "\\n")
        metrics.flush()
        time.sleep(inputs["pause"] / inputs["rate"])
if inputs["does"]:
    getattr(__import__("badly"), inputs["does"])()
assert os.environ["DEEPCAT_INPUT_EPOCHS"] == str(inputs["epochs"])
try:
    import click
except ImportError:
    print("of the host's packages there is none", flush=True)
output = pathlib.Path(os.environ["DEEPCAT_OUTPUT"])
(output / "model.json").write_text(json.dumps({"slope": STEP * inputs["epochs"]}))
'''
# What a script may do instead of ending well.
BADLY = """\
import json, os, pathlib, sys, time

def tells(value, times=9):
    with open(os.environ["DEEPCAT_METRICS"], "a") as metrics:
        for step in range(times):
            print(json.dumps({"step": 9 + step, "loss": value}), file=metrics, flush=True)
            time.sleep(0.1)
    time.sleep(600)

def waits():
    time.sleep(600)

def diverges():
    tells(float("nan"))

def stalls():
    (pathlib.Path(os.environ["DEEPCAT_OUTPUT"]) / "model.json").write_text("{}")
    tells(1.0)

def fills():
    for at in range(500):
        (pathlib.Path(os.environ["DEEPCAT_OUTPUT"]) / str(at)).write_bytes(os.urandom(1 << 20))
        time.sleep(0.02)

def eats():
    had = []
    while True:
        had.append(b"x" * (16 << 20))

def exits():
    print("\\033[31mno such layer\\033[0m")
    sys.exit(3)
"""
EPOCHS = {"type": "integer", "default": 3, "minimum": 1, "maximum": 50, "description": "Rounds."}
TRAINING = {
    "command": "python train.py",
    "environment": "requirements.lock",
    "inputs": {
        "epochs": EPOCHS,
        "pause": {"type": "number", "default": 0},
        "rate": {"type": "number", "default": 1},
        "does": {"type": "string", "default": ""},
    },
}


@pytest.fixture
def catalog(hub: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A hub whose module is trained by a script, with a folder of wheels in place of an index."""
    hub.git("config", "deepcat.recordsRemote", "none")
    made = wheel(tmp_path / "wheels", "slope", "STEP = 0.5\n")
    settings = tmp_path / "home" / ".config" / "pip" / "pip.conf"
    settings.parent.mkdir(parents=True)
    settings.write_text(f"[global]\nno-index = true\nfind-links = {made.parent}\n")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    folder = hub.clone / "modules" / MODULE
    data = yaml.safe_load((folder / "module.yaml").read_text()) | {"training": TRAINING}
    (folder / "module.yaml").write_text(yaml.safe_dump(data, sort_keys=False))
    (folder / "train.py").write_text(SCRIPT)
    (folder / "badly.py").write_text(BADLY)
    (folder / "requirements.lock").write_text(f"{pin(made, 'slope')}\n")
    try:
        yield hub
    finally:
        hub.deepcat("destroy", "--all", "--yes", at=hub.clone, ok=None)


def status(hub: Any) -> dict[str, Any]:
    found = json.loads(hub.deepcat("status", "--json", at=hub.clone, ok=None))
    return dict(next(each for each in found if each["name"] == "learn"))


def ended(hub: Any) -> bool:
    return bool(status(hub)["status"] == "ended")


def gathered(hub: Any) -> dict[str, Any]:
    """What the kind tells of it, as records take it."""
    catalog = load(work_tree(hub.clone))
    cloud = next(each for each in catalog.clouds.values() if each.kind == "local")
    kind = kind_of(cloud)
    assert isinstance(kind, Collecting)
    (found,) = kind.gather(cloud, "learn", "", {}, Means(hub.clone))
    return dict(found)


def output(hub: Any) -> Path:
    (found,) = status(hub)["outputs"]
    return Path(found)


def test_it_runs_once_for_its_inputs_and_keeps_what_it_made(catalog: Any) -> None:
    catalog.deepcat("check", at=catalog.clone)
    catalog.wish("learn", profile="train", inputs={})
    said = catalog.deepcat("plan", at=catalog.clone)
    assert "learn: create" in said
    catalog.deepcat("apply", "--yes", at=catalog.clone)
    until(lambda: ended(catalog), pause_s=0.5)
    made = output(catalog)
    assert json.loads((made / "model.json").read_text()) == {"slope": 1.5}
    steps = [json.loads(line)["step"] for line in (made / "metrics.jsonl").read_text().splitlines()]
    assert steps == [1, 2, 3]
    told = gathered(catalog)
    assert (told["state"], told["attempt"], told["node"]) == ("ended", 1, "training")
    assert [point[0] for point in told["metrics"]["loss"]["points"]] == [1, 2, 3]
    assert {row["path"] for row in told["output"]} == {"metrics.jsonl", "model.json"}
    log = catalog.deepcat("logs", "learn", at=catalog.clone)
    assert "begins after 0 in work" in log
    assert "of the host's packages there is none" in log
    assert "Nothing to do" in catalog.deepcat("apply", "--yes", at=catalog.clone)

    catalog.wish("learn", profile="train", inputs={"epochs": 4}, **{"from": "0.9.0"})
    said = catalog.deepcat("plan", at=catalog.clone, ok=False)
    assert "it is to begin from 0.9.0, and gets half-plus-two 1." in said
    version = yaml.safe_load((catalog.clone / "modules" / MODULE / "module.yaml").read_text())
    catalog.wish("learn", profile="train", inputs={"epochs": 4}, **{"from": version["version"]})
    catalog.deepcat("apply", "--yes", at=catalog.clone)
    until(lambda: ended(catalog) and output(catalog) != made, pause_s=0.5)
    assert json.loads((output(catalog) / "model.json").read_text()) == {"slope": 2.0}
    assert "begins from ['" in (log := catalog.deepcat("logs", "learn", at=catalog.clone)), log
    assert "saved_model.pb" in log
    newest = next(iter(status(catalog)["trainings"]))
    assert newest["begins_from"] == version["version"]

    environments = catalog.clone / ".deepcat" / "local" / ".environments"
    assert len([path for path in environments.iterdir() if path.is_dir()]) == 1  # of both
    catalog.deepcat("destroy", "learn", "--yes", at=catalog.clone)
    assert not environments.exists()

    catalog.wish("learn", profile="train", inputs={"epochs": 99})
    said = catalog.deepcat("check", at=catalog.clone, ok=False)
    assert "deployments/learn.yaml:" in said
    assert "`99` breaks the constraint less_or_equal 50 [deployment/inputs]" in said


def test_a_lost_one_goes_on_from_its_last_checkpoint(catalog: Any) -> None:
    asked = {"inputs": {"epochs": 12, "pause": 0.5}}
    catalog.wish("learn", profile="train", **asked, retries={"capacity": 0})
    catalog.deepcat("apply", "--yes", at=catalog.clone)
    place = catalog.clone / ".deepcat" / "local" / "learn"
    until(lambda: [*place.glob("checkpoints/*/*/2")])
    for pid in _tagged(place):
        os.kill(pid, signal.SIGKILL)
    until(lambda: status(catalog)["status"] == "failed", pause_s=0.5)
    before = max(int(each.name) for each in place.glob("checkpoints/*/*/*"))
    assert "taken away once, and `retries.capacity` is 0" in catalog.deepcat(
        "apply", "--yes", at=catalog.clone, ok=False
    )
    catalog.wish("learn", profile="train", **asked, retries={"capacity": 1})
    catalog.deepcat("apply", "--yes", at=catalog.clone)
    until(lambda: ended(catalog), pause_s=0.5)
    begun = [line for line in _said(catalog) if line.startswith("begins after")]
    assert begun[-1] == f"begins after {before} in work"
    told = gathered(catalog)
    assert (told["attempt"], told["metrics"]["loss"]["points"][-1][0]) == (2, 12)
    assert json.loads((output(catalog) / "model.json").read_text()) == {"slope": 6.0}


def _said(hub: Any) -> list[str]:
    lines = hub.deepcat("logs", "learn", at=hub.clone).splitlines()
    return [line[line.find("begins") :] for line in lines if "begins" in line]


def _tagged(place: Path) -> tuple[int, ...]:
    from deepcat.host import processes

    return tuple(each.pid for each in processes.tagged(place.parent))


def test_a_lock_that_names_no_checksum_is_refused_and_nothing_runs(catalog: Any) -> None:
    lock = catalog.clone / "modules" / MODULE / "requirements.lock"
    lock.write_text("slope>=0.1\n")
    catalog.wish("learn", profile="train", inputs={})
    said = catalog.deepcat("apply", "--yes", at=catalog.clone, ok=False)
    assert "'slope>=0.1' is no pinned package" in said
    time.sleep(0.1)
    assert not [*(catalog.clone / ".deepcat" / "local" / "learn").glob("jobs/*/*")]


# What it does -> what its wish says besides, how it ends, and what is told of that.
ENDS: dict[str, tuple[dict[str, Any], str, str, str]] = {
    "costs": ({"limits": {"cost": 5}, "does": "waits"}, "job/cost", "cost what it may", "cost"),
    "fills": ({"limits": {"time": "1h", "disk": "20MB"}}, "job/disk", "written more", "disk"),
    "diverges": ({}, "job/diverged", "loss was no number", "learning rate"),
    "eats": ({}, "job/out-of-memory", "of the 2147 MB that it may have", "memory"),
    "exits": ({}, "job/exit", "status 3", "see what it said"),
    "stalls": ({"stop": {"metric": "loss", "patience": 3, "mode": "min"}}, "", "", ""),
}


def test_each_bad_end_has_its_code_and_what_helps(catalog: Any) -> None:
    module = catalog.clone / "modules" / MODULE / "module.yaml"
    data = yaml.safe_load(module.read_text())
    data["resources"]["training"]["memory_MB"] = 256  # a box gives 2 GiB at least
    module.write_text(yaml.safe_dump(data, sort_keys=False))
    cloud = catalog.clone / "clouds" / "local.yaml"
    cloud.write_text(cloud.read_text().replace("price: 0", "price: 3600"))
    for name, (given, *_) in ENDS.items():
        own = {"limits": {"time": "1h"}} | given
        does = own.pop("does", name)
        catalog.wish(name, profile="train", inputs={"does": does}, **own)
    catalog.wish("endless", profile="train", inputs={})
    said = catalog.deepcat("apply", "--yes", at=catalog.clone, ok=False)
    assert "endless: refused" in said and "nothing ends the training: say `limits" in said
    assert "Traceback" not in said

    def all_of_them() -> dict[str, Any]:
        found = json.loads(catalog.deepcat("status", "--json", at=catalog.clone, ok=None))
        return {each["name"]: each["trainings"][0] for each in found if each["trainings"]}

    def are_over() -> bool:
        found = all_of_them()
        return len(found) == len(ENDS) and not {"running", "waiting"} & {
            each["state"] for each in found.values()
        }

    until(are_over, pause_s=0.5)
    for name, found in all_of_them().items():
        _, code, detail, hint = ENDS[name]
        if not code:
            assert (found["state"], found["stopped"], found["failure"]) == ("ended", "stopped", {})
            continue
        failure = found["failure"]
        assert (found["state"], failure["code"]) == ("failed", code), found
        assert detail in failure["detail"] and hint in failure["hint"], failure
        assert "\x1b" not in failure["detail"]
    assert all_of_them()["exits"]["failure"]["last"][-1] == "no such layer"
    assert "  | no such layer\n" in catalog.deepcat("status", at=catalog.clone, ok=None)


def test_limits_hold_and_a_new_version_trains_nothing_again(catalog: Any) -> None:
    wish = {"inputs": {"epochs": 40, "pause": 0.5}, "limits": {"time": "8s"}}
    catalog.wish("learn", profile="train", **wish)
    assert "end it after 8s" in catalog.deepcat("plan", at=catalog.clone)
    catalog.deepcat("apply", "--yes", at=catalog.clone)
    until(lambda: status(catalog)["status"] == "failed", pause_s=0.5)
    (found,) = status(catalog)["trainings"]
    assert (found["state"], found["stopped"], found["failure"]["code"]) == (
        "failed", "time", "job/time",
    )  # fmt: skip
    said = catalog.deepcat("status", at=catalog.clone)
    assert "[job/time]" in said and "checkpoint" in said

    catalog.wish("learn", profile="train", inputs={"epochs": 2})
    catalog.deepcat("apply", "--yes", at=catalog.clone)
    until(lambda: ended(catalog), pause_s=0.5)
    path = catalog.clone / "modules" / MODULE / "module.yaml"
    data = yaml.safe_load(path.read_text()) | {"summary": "What came of a training."}
    path.write_text(yaml.safe_dump(data, sort_keys=False))
    assert "Nothing to do" in catalog.deepcat("apply", "--yes", at=catalog.clone)
    kept = json.loads(catalog.deepcat("trainings", MODULE, "--json", at=catalog.clone))
    assert sorted(each["state"] for each in kept["trainings"]) == ["ended", "failed"]


def test_a_training_without_a_file_stays_and_is_stopped_resumed_and_retried(catalog: Any) -> None:
    asked = ("train", MODULE, "--set", "epochs=50", "--set", "pause=0.8", "--name", "learn")
    said = catalog.deepcat(*asked, "--dry-run", at=catalog.clone)
    assert "learn: create" in said
    assert json.loads(catalog.deepcat("status", "--json", at=catalog.clone)) == []
    done = json.loads(catalog.deepcat(*asked, "--yes", "--json", at=catalog.clone))
    (first,) = done["trainings"]
    assert (first["by"], first["state"]) == ("command", "running")
    assert "Nothing to do" in catalog.deepcat("apply", "--yes", at=catalog.clone)
    place = catalog.clone / ".deepcat" / "local" / "learn"
    until(lambda: [*place.glob("checkpoints/*/*/2")])

    said = catalog.deepcat("stop", "learn", "--yes", at=catalog.clone)
    assert "stopped" in said and "by `deepcat stop`" in said
    assert "Nothing to do" in catalog.deepcat("apply", "--yes", at=catalog.clone)
    before = max(int(each.name) for each in place.glob("checkpoints/*/*/*") if each.name.isdigit())
    said = catalog.deepcat("resume", "learn", "--yes", "--follow", at=catalog.clone)
    assert first["training"] in said
    assert f"begins after {before} in work" in _said(catalog)
    assert json.loads((output(catalog) / "model.json").read_text()) == {"slope": 25.0}
    assert "trained already" in catalog.deepcat(*asked, "--yes", at=catalog.clone)

    said = catalog.deepcat("retry", "learn", "--yes", "--json", at=catalog.clone)
    (again,) = json.loads(said)["trainings"]
    assert (again["training"], again["state"]) == (first["training"], "running")
    until(lambda: "begins after 0 in work" in _said(catalog))
    catalog.deepcat("stop", "learn", "--yes", at=catalog.clone)
    catalog.deepcat("destroy", "learn", "--yes", at=catalog.clone)
    (kept,) = json.loads(catalog.deepcat("trainings", "--json", at=catalog.clone))["trainings"]
    assert (kept["state"], len(kept["attempts"])) == ("stopped", 3)


def test_a_command_asks_for_an_early_end(catalog: Any) -> None:
    asked = ("train", MODULE, "--set", "does=stalls", "--stop-metric", "loss", "--name", "learn")
    said = catalog.deepcat(*asked, "--patience", "3", "--dry-run", at=catalog.clone, ok=False)
    assert "so which way is better?" in said and "say `mode: min` or `mode: max`" in said
    bounds = ("--patience", "3", "--stop-mode", "min", "--retries", "1", "--restarts", "2")
    said = catalog.deepcat(*asked, *bounds, "--yes", "--follow", at=catalog.clone)
    assert "try it 2 times; begin it again 2 times at most when its place is lost" in said
    assert "its metric got no better" in said


def test_a_sweep_trains_each_point_once_and_tells_the_best(catalog: Any) -> None:
    asked = ("sweep", MODULE, "--over", "epochs=2..9", "--over", "pause=0,0.01", "--metric", "loss")
    foreseen = catalog.deepcat(*asked, "--trials", "3", "--dry-run", at=catalog.clone)
    assert foreseen.count("train-half-plus-two-") == 3
    told = json.loads(catalog.deepcat(*asked, "--trials", "3", "--json", "--yes", at=catalog.clone))
    assert [each["deployment"] for each in told["trials"]] == [
        line.split()[0] for line in foreseen.splitlines() if line.startswith("train-")
    ]
    values = {each["deployment"]: each["value"] for each in told["trials"]}
    assert all(each["state"] == "ended" for each in told["trials"])
    assert told["best"] == max(values, key=lambda name: values[name])

    said = catalog.deepcat(*asked, "--trials", "4", "--yes", at=catalog.clone)
    assert "The best of 4 by loss: " in said
    kept = json.loads(catalog.deepcat("trainings", "--json", at=catalog.clone))["trainings"]
    assert len(kept) == 4 and {len(each["attempts"]) for each in kept} == {1}
    assert len({each["sweep"] for each in kept}) == 1


def test_a_wish_for_a_sweep_is_carried_on_until_the_best_is_known(catalog: Any) -> None:
    sweep = {"over": {"rate": [0.8, 1, 0.9, 0.01]}, "method": "grid", "metric": "loss"}
    given = {"epochs": 10, "pause": 0.05}
    catalog.wish("learn", profile="train", inputs=given, sweep={**sweep, "prune": True})
    said = catalog.deepcat("plan", "learn", at=catalog.clone)
    assert said.count(": create") == 2 and "training 1 of at most 4 of the sweep `learn`" in said
    catalog.deepcat("apply", "--yes", at=catalog.clone)
    until(lambda: [each["state"] for each in kept(catalog)] == ["ended", "ended"], pause_s=0.5)
    catalog.commit("sweep")
    catalog.deepcat("ci", "watch", at=catalog.clone)
    assert len(kept(catalog)) == 4, "the watch begins the others"
    told = json.loads(
        catalog.deepcat("apply", "--yes", "--follow", "--json", "learn", at=catalog.clone)
    )
    (course,) = told["sweeps"]
    trainings = kept(catalog)
    found = {each["inputs"]["rate"]: (each["state"], each["stopped"]) for each in trainings}
    assert found == {
        0.8: ("ended", ""), 1: ("ended", ""), 0.9: ("ended", ""), 0.01: ("stopped", "pruned"),
    }  # fmt: skip
    assert {each["by"] for each in trainings} == {"file"}
    assert {each["sweep"] for each in trainings} == {course["sweep"]}
    best = next(each for each in trainings if each["inputs"]["rate"] == 1)
    assert (course["best"], course["over"]) == (best["deployment"], True)

    said = catalog.deepcat("apply", "--yes", at=catalog.clone)
    assert "learn: 4 of at most 4 tried, 0 going on" in said
    assert f"the best by loss: {best['deployment']} with 0.1" in said
    assert {len(each["attempts"]) for each in kept(catalog)} == {1}
    told = json.loads(catalog.deepcat("status", "learn", "--json", at=catalog.clone))
    assert {each["name"] for each in told} == {each["deployment"] for each in trainings}
    (catalog.clone / "deployments" / "learn.yaml").unlink()
    catalog.deepcat("apply", "--yes", at=catalog.clone)
    assert json.loads(catalog.deepcat("status", "--json", at=catalog.clone)) == []
    assert len(kept(catalog)) == 4


def kept(hub: Any) -> list[dict[str, Any]]:
    return list(json.loads(hub.deepcat("trainings", "--json", at=hub.clone))["trainings"])
