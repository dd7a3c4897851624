"""`deepcat topology`: any template, in four forms."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result

from deepcat.cli.main import cli
from deepcat.tosca.writing.normal import FORMAT

TEMPLATE = """tosca_definitions_version: tosca_simple_yaml_1_3
imports: [deepcat]
topology_template:
  inputs:
    cpus: {type: float, default: 1}
    ports: {type: list, entry_schema: {type: integer}, default: []}
    os: {type: version, default: "1.0"}
    needed: {type: string}
  node_templates:
    box: {type: tosca.nodes.Compute, capabilities: {os: {properties: {version: {get_input: os}}}}}
    model: {type: deepcat.nodes.Model, properties: {name: m, archive: {get_input: needed}}}
    server: {type: deepcat.nodes.ModelServer, requirements: [{host: box}, {model: model}]}
  outputs:
    ports: {value: {get_input: ports}}
"""
Build = Callable[[Mapping[str, str]], Path]


@pytest.fixture
def root(git_tree_at: Build) -> Path:
    return git_tree_at(
        {
            "deepcat.yaml": "apiVersion: deepcat/v1\ntitle: T\n",
            "modules/m/tosca.yaml": TEMPLATE,
            "modules/other/module.yaml": "topology: my/app.yaml\n",
            "modules/other/my/app.yaml": TEMPLATE,
            "modules/broken/tosca.yaml": TEMPLATE.replace(
                "deepcat.nodes.Model,", "deepcat.nodes.Modl,"
            ),
        }
    )


def run(root: Path, *arguments: str) -> Result:
    return CliRunner().invoke(cli, ["-C", str(root), "topology", *arguments])


@pytest.mark.parametrize("name", ["m", "other", "modules/m", "modules/m/tosca.yaml"])
def test_a_module_by_name_and_by_path(root: Path, name: str) -> None:
    result = run(root, name)
    assert result.exit_code == 0, result.output
    assert "server  ModelServer" in result.stdout
    assert "needed = ⟨input needed⟩" in result.stdout


def test_a_file_outside_every_catalog(tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    (folder / "app.yml").write_text(TEMPLATE)
    result = run(folder, str(folder / "app.yml"), "--json")
    assert result.exit_code == 0, result.output
    data = json.loads(result.stdout)
    assert data["format"] == FORMAT
    assert data["path"] == "app.yml"
    assert [workload["name"] for workload in data["workloads"]] == ["server"]


def test_inputs_are_read_by_their_types(root: Path) -> None:
    result = run(
        root,
        "m",
        "--json",
        "-i",
        "cpus=2",
        "-i",
        "ports=[1, 2]",
        "-i",
        "os=16.10",
        "-i",
        "needed=7",
    )
    assert result.exit_code == 0, result.output
    inputs = json.loads(result.stdout)["inputs"]
    assert inputs == {"cpus": 2.0, "ports": [1, 2], "os": "16.10", "needed": "7"}


def test_svg_and_mermaid(root: Path, tmp_path: Path) -> None:
    target = tmp_path / "picture.svg"
    assert run(root, "m", "--svg", "-o", str(target)).exit_code == 0
    assert ElementTree.fromstring(target.read_text()).tag.endswith("svg")
    assert run(root, "m", "--mermaid").stdout.startswith("flowchart LR\n")


def test_findings_are_shown_and_fail(root: Path) -> None:
    result = CliRunner().invoke(cli, ["-C", str(root), "topology", "broken"])
    assert result.exit_code == 1
    assert "modules/broken/tosca.yaml:11:13: error [tosca/unknown-type]" in result.stderr
    assert "did you mean `deepcat.nodes.Model`?" in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize(
    "arguments",
    [["nobody"], ["m", "-i", "cpus"], ["m", "-i", "=1"], ["m", "-i", "cpus=1", "-i", "cpus=2"]],
)
def test_misuse(root: Path, arguments: list[str]) -> None:
    result = run(root, *arguments)
    assert getattr(result.exception, "exit_code", None) == 2


def test_templates_of_the_field(shared_data: Path) -> None:
    folder = shared_data / "tosca" / "templates"
    result = run(folder, str(folder / "slurm_cluster.yaml"), "-i", "wn_num=3")
    assert result.exit_code == 0, result.output
    assert "front_end: cluster, 1 CPU, 954 MiB, × 3" in result.stdout
