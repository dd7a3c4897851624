"""`deepcat plan` and `deepcat match` on real catalogs in Git."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import replace
from html import escape
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result
from jsonschema import Draft202012Validator

from deepcat.cli.main import cli
from deepcat.loop.world import gather
from deepcat.plan.digests import applied_nodes, wish_digest
from deepcat.plan.values import State, Status
from deepcat.records.record import Record
from deepcat.records.store import Store
from deepcat.resources import schemas
from deepcat.runs.state import tag

Build = Callable[[Mapping[str, str | bytes]], Path]

pytestmark = pytest.mark.usefixtures("outside_kind")

HOSTILE = "{{ lookup('pipe', 'touch owned') }}"
MODULE = """\
apiVersion: deepcat/v1
name: plants
version: 1.2.0
title: Plants
summary: Names plants.
description: Names plants.
license: Apache-2.0
categories: [AI4 tools]
libraries: [TensorFlow]
links: {source_code: "https://example.org/plants"}
tags: [plants]
tasks: [Other]
"""
TOPOLOGY = """\
tosca_definitions_version: tosca_simple_yaml_1_3
imports: [deepcat]
topology_template:
  inputs:
    rest_port: {type: integer, default: 8501}
  node_templates:
    host:
      type: tosca.nodes.Compute
      capabilities: {host: {properties: {num_cpus: 1, mem_size: 1 GB}}}
    model:
      type: deepcat.nodes.Model
      properties: {name: plants, version: 1, archive: model.tar.gz}
    server:
      type: deepcat.nodes.ModelServer
      properties: {model_name: plants, rest_port: {get_input: rest_port}}
      requirements: [{host: host}, {model: model}]
"""
CLOUD = """\
apiVersion: deepcat/v1
name: institute
kind: outside
sla: 0.99
shapes:
  - {name: cpu, cpus: 8, memory: 32GiB, price: 0.2}
  - name: gpu
    accelerator: Tesla V100
    accelerator_memory: 32GiB
    accelerators: 2
    cpus: 16
    memory: 128GiB
    price: 1.6
"""
WISH = "apiVersion: deepcat/v1\nmodule: plants\n"
FILES = {
    "deepcat.yaml": "apiVersion: deepcat/v1\ntitle: T\nsummary: S.\ncurrency: EUR\n",
    "modules/plants/module.yaml": MODULE,
    "modules/plants/README.md": "# Plants\n",
    "modules/plants/tosca.yaml": TOPOLOGY,
    "modules/plants/model.tar.gz": b"not a model",
    "clouds/institute.yaml": CLOUD,
    "deployments/garden.yaml": f"{WISH}version: ^1.0.0\nowner: ada\n",
}


@pytest.fixture
def root(git_tree_at: Build) -> Path:
    return git_tree_at(FILES)


def call(root: Path, *argv: str) -> Result:
    result = CliRunner().invoke(cli, ["-C", str(root), *argv])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def carry_out(root: Path, name: str = "garden", **changes: Any) -> State:
    """Write the record of a deployment as if it had been applied."""
    wish = gather(root).wishes[name]
    state = State(
        name=name,
        module=wish.module.name,
        version=wish.module.version,
        module_digest=wish.module.digest,
        profile="serve",
        inputs=dict(wish.topology.inputs),
        cloud="institute",
        shape="cpu",
        status=Status.RUNNING,
        wish_digest=wish_digest(wish.deployment),
        commit="c" * 40,
        owner="ada",
        nodes=applied_nodes(wish.topology),
    )
    state = replace(state, **changes)
    Store(root).update(state.name, lambda _: Record(state), f"Carry out {name}")
    there = root / ".deepcat" / "outside" / f"{state.name}.json"
    there.parent.mkdir(parents=True, exist_ok=True)
    there.write_text(json.dumps(tag(state)), "utf-8")
    return state


def commit_all(root: Path) -> str:
    subprocess.run(["git", "-C", root, "add", "-A"], check=True)
    subprocess.run(["git", "-C", root, "commit", "-q", "-m", "change"], check=True)
    found = subprocess.run(
        ["git", "-C", root, "rev-parse", "HEAD"], check=True, capture_output=True, text=True
    )
    return found.stdout.strip()


def test_a_new_deployment_is_created(root: Path) -> None:
    result = call(root, "plan")
    assert result.exit_code == 0
    assert result.output.splitlines()[:2] == [
        "+ garden: create (plants 1.2.0)",
        "    on institute/cpu, 0.20 EUR an hour, 146.00 EUR a month",
    ]
    assert "commit " in result.output.splitlines()[-1]
    assert not (root / ".deepcat" / "runs").exists()


def test_the_json_is_what_its_schema_says(root: Path) -> None:
    found = json.loads(call(root, "plan", "--json", "--plays").output)
    schema = json.loads((schemas() / "plan.schema.json").read_text("utf-8"))
    Draft202012Validator(schema).validate(found)
    (change,) = found["changes"]
    assert change["nodes"] == {"host": "create", "model": "create", "server": "create"}
    assert [play["hosts"] for play in change["plays"]] == ["garden.host"]


def test_a_plan_is_bound_to_its_commit(root: Path) -> None:
    clean = json.loads(call(root, "plan", "--json").output)
    assert len(clean["commit"]) == 40
    (root / "deployments" / "garden.yaml").write_text(
        "apiVersion: deepcat/v1\nmodule: plants\nowner: grace\n"
    )
    dirty = json.loads(call(root, "plan", "--json").output)
    assert dirty["commit"] == ""
    assert dirty["digest"] != clean["digest"]
    assert json.loads(call(root, "plan", "--json", "--commit", "HEAD").output) == clean
    assert json.loads(call(root, "plan", "--json", "--commit", commit_all(root)).output)["commit"]


def test_what_runs_as_wished_stays(root: Path) -> None:
    carry_out(root)
    result = call(root, "plan", "--quiet")
    assert result.output.startswith("Plan: nothing to change; 0.20 EUR an hour")


def test_a_file_that_is_gone_is_destroyed_and_one_with_a_mistake_is_not(root: Path) -> None:
    carry_out(root)
    file = root / "deployments" / "garden.yaml"
    file.write_text("apiVersion: deepcat/v1\nmodul: plants\n")
    broken = call(root, "plan")
    assert broken.exit_code == 1
    assert "! garden: refused" in broken.output
    assert "0.20 EUR an hour" in broken.output
    file.unlink()
    gone = call(root, "plan")
    assert gone.exit_code == 0
    assert "- garden: delete" in gone.output


def test_a_cloud_with_a_mistake_takes_nothing_down(root: Path) -> None:
    carry_out(root)
    (root / "clouds" / "institute.yaml").write_text("apiVersion: deepcat/v1\nkind: [\n")
    result = call(root, "plan")
    assert result.exit_code == 1
    assert "its cloud cannot be read" in result.output
    assert "delete" not in result.output
    assert "replace" not in result.output


def test_a_renamed_file_is_a_renamed_deployment(root: Path) -> None:
    carry_out(root)
    (root / "deployments" / "garden.yaml").rename(root / "deployments" / "park.yaml")
    found = json.loads(call(root, "plan", "--json").output)
    (change,) = found["changes"]
    assert (change["deployment"], change["renamed_from"]) == ("park", "garden")
    assert change["runs_on"] == "institute/cpu"


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({"deployments/garden.yaml": "apiVersion: deepcat/v1\nmodule: nothing\n"}, "no module"),
        (
            {"deployments/garden.yaml": f"{WISH}version: ^2.0.0\n"},
            "nothing meets `^2.0.0`",
        ),
        (
            {"modules/plants/tosca.yaml": TOPOLOGY.replace("ModelServer", "ModelServr")},
            "ModelServ",
        ),
        (
            {"modules/plants/tosca.yaml": TOPOLOGY.partition("    model:\n")[0]},
            "nothing here can run `host`",
        ),
    ],
)
def test_what_cannot_be_carried_out_is_refused(
    root: Path, files: Mapping[str, str], why: str
) -> None:
    for name, text in files.items():
        (root / name).write_text(text)
    result = call(root, "plan")
    assert result.exit_code == 1
    assert "! garden: refused" in result.output
    assert why in result.output


def test_plays_are_shown_with_the_catalogs_text_marked_unsafe(root: Path) -> None:
    address = f"https://example.org/{HOSTILE}"
    wanted = f'archive: "{address}", sha256: {"a" * 64}'
    hostile = TOPOLOGY.replace("archive: model.tar.gz", wanted)
    (root / "modules" / "plants" / "tosca.yaml").write_text(hostile)
    output = call(root, "plan", "--plays").output
    assert f'!unsafe "{address}"' in output
    unmarked = [line for line in output.splitlines() if HOSTILE in line and "!unsafe" not in line]
    assert unmarked == []


def test_markdown_begins_with_the_summary(root: Path) -> None:
    assert call(root, "plan", "--markdown").output.startswith("**Plan: 1 to create; ")


def test_markdown_shows_plays_as_plain_text(root: Path) -> None:
    output = call(root, "plan", "--markdown", "--plays").output
    assert output.startswith(call(root, "plan", "--markdown").output)
    _, _, plays = output.partition("<pre>\n")
    assert "!unsafe &quot;name&quot;" in plays
    assert plays.endswith("</pre>\n</details>\n")
    assert plays.count("<") == 2


def _lines(output: str, sign: str) -> list[str]:
    lines = output[output.index("\n--- ") :].splitlines()
    return [line for line in lines if line.startswith(sign) and not line.startswith(sign * 3)]


def test_the_diff_is_of_the_plays_of_what_runs_and_of_what_shall_run(root: Path) -> None:
    carry_out(root, commit=gather(root).commit)
    assert call(root, "plan", "--diff").output.endswith("\nNo play changes.\n")
    file = root / "deployments" / "garden.yaml"
    file.write_text(file.read_text() + "inputs: {rest_port: 8601}\n")
    output = call(root, "plan", "--diff").output
    assert "--- garden, as it runs\n+++ garden, as it shall run\n" in output
    (old,), (new,) = _lines(output, "-"), _lines(output, "+")
    assert ("8501" in old, "8601" in new) == (True, True)
    assert _lines(call(root, "plan", "--diff", "--markdown").output, "+") == [escape(new)]
    file.unlink()
    gone = call(root, "plan", "--diff").output
    assert _lines(gone, "+") == []
    assert len(_lines(gone, "-")) > 10


def test_the_diff_of_what_runs_from_a_lost_commit_says_so(root: Path) -> None:
    carry_out(root, commit="d" * 40, module_digest="e" * 64, wish_digest="e" * 64)
    output = call(root, "plan", "--diff").output
    assert "# garden: what runs now is not compared: the commit dddddddddddd" in output


def test_a_diff_is_not_for_programs(root: Path) -> None:
    from deepcat.errors import UsageError

    with pytest.raises(UsageError):
        call(root, "plan", "--diff", "--json")


def test_match_without_a_deployment(root: Path) -> None:
    found = call(root, "match", "--gpu", "V100:2", "--memory", "32GiB")
    assert found.exit_code == 0
    assert "institute/gpu" in found.output
    assert "institute/cpu: has no accelerator; 2 × V100 32 GiB asked" in found.output


def test_match_of_a_deployment_as_json(root: Path) -> None:
    found = json.loads(call(root, "match", "garden", "--json").output)
    schema = json.loads((schemas() / "match.schema.json").read_text("utf-8"))
    Draft202012Validator(schema).validate(found)
    assert [offer["shape"] for offer in found["ranked"]] == ["cpu", "gpu"]


def test_nothing_that_matches_is_status_one(root: Path) -> None:
    found = call(root, "match", "--gpu", "A100:2", "--memory", "40GiB")
    assert found.exit_code == 1
    assert found.output.startswith("No offer meets the request.")
    assert "has 2 × V100-32GB; A100 asked; has 2 × V100-32GB; 40 GiB asked" in found.output


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["garden", "--gpu", "A100"], "not both"),
        (["nowhere"], "no deployment `nowhere`"),
        (["--gpu", "V10O"], "no accelerator is known as `V10O`"),
        (["--gpu", "V100:1", "--gpu", "A100:2"], "another count"),
        (["--gpu", "A100:two"], "`A100:two` names no count"),
        (["--gpu", "A100:0"], "`A100:0` names no count"),
        (["--memory", "much"], "is no size"),
        (["--capability", "high"], "is no compute capability"),
    ],
)
def test_misuse_of_match_is_said(root: Path, argv: list[str], words: str) -> None:
    from deepcat.errors import UsageError

    with pytest.raises(UsageError) as said:
        call(root, "match", *argv)
    assert words in said.value.message
    assert said.value.hint


def test_quotas_of_the_catalog_hold(root: Path) -> None:
    settings = yaml.safe_load(FILES["deepcat.yaml"])
    settings["quotas"] = {"*": {"deployments": 0}}
    (root / "deepcat.yaml").write_text(yaml.safe_dump(settings))
    result = call(root, "plan")
    assert result.exit_code == 1
    assert "of deployments over all clouds ada may have 0" in result.output
