"""Secrets of a workload: looked up by Ansible, given to the module's script, seen nowhere else."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from deepcat.clouds.failure import FailureKind
from deepcat.runs.execute import folder_of
from deepcat.secrets import mask

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "rigs" / "vault"))

from vault_server import vault

pytestmark = pytest.mark.starts("Ansible")

VALUE = "C4n4ry of the 'workload' $HOME\n\"0005\" {{ 7*7 }}"
PATH = "workloads/tool"
TEMPLATE = """\
tosca_definitions_version: tosca_simple_yaml_1_3
imports: [deepcat]
node_types:
  own.nodes.Tool:
    derived_from: tosca.nodes.SoftwareComponent
    properties:
      secrets: {type: map, entry_schema: {type: string}}
topology_template:
  node_templates:
    host: {type: tosca.nodes.Compute}
    tool:
      type: own.nodes.Tool
      properties: {secrets: {KEY: "REFERENCE"}}
      requirements: [{host: host}]
      interfaces:
        Standard:
          create: {implementation: create.sh, inputs: {MARK: "MARKED"}}
          delete: {implementation: delete.sh, inputs: {MARK: "MARKED"}}
"""
# It proves that it got the value, looks for it among the arguments of all that runs, and talks.
CREATE = """\
printf %s "$KEY" | sha256sum | cut -c1-64 >"$MARK"
cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' '\\n' | grep -c 'C4n4r[y]' >>"$MARK"
{ env; tr '\\0' '\\n' </proc/$PPID/environ; } | grep -c '^VAULT_' >>"$MARK"
echo "talks: $KEY"
echo "SHOWN=$KEY" | head -1 >>"$DEEPCAT_OUTPUT"
"""


@pytest.fixture
def tool(catalog: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Any]]:
    """The catalog with a module whose script asks for a secret that lies somewhere."""
    mask.forget()
    mark = catalog.root.parent / "mark"

    def make(reference: str) -> Any:
        text = TEMPLATE.replace("REFERENCE", reference).replace("MARKED", str(mark))
        (catalog.module / "tosca.yaml").write_text(text)
        (catalog.module / "create.sh").write_text(CREATE)
        (catalog.module / "delete.sh").write_text('echo "$KEY" >"$MARK.gone"\n')
        wish = re.sub(r"inputs:\n(  .*\n)*", "", catalog.deployment.read_text())
        catalog.deployment.write_text(wish)
        catalog.commit()
        return catalog

    yield make
    mask.forget()


def proof(catalog: Any) -> list[str]:
    return (catalog.root.parent / "mark").read_text().split()


def left_of(catalog: Any) -> bytes:
    """All that is left behind, Git's objects among it, save what the script itself wrote."""
    argv = ["git", "-C", str(catalog.root), "cat-file", "--batch-all-objects", "--batch"]
    objects = subprocess.run(argv, capture_output=True, check=True).stdout
    files = [path for path in catalog.root.rglob("*") if path.is_file()]
    return objects + b"".join(path.read_bytes() for path in files)


def test_a_script_gets_its_secret_and_nobody_else_sees_it(
    tool: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEEPCAT_WORKLOAD_KEY", VALUE)
    catalog = tool("env:DEEPCAT_WORKLOAD_KEY")
    (outcome,) = catalog.apply()
    assert outcome.ok, outcome.failures
    assert proof(catalog) == [hashlib.sha256(VALUE.encode()).hexdigest(), "0", "0"]
    assert folder_of(catalog.root, outcome.run).is_dir()
    assert b"env:DEEPCAT_WORKLOAD_KEY" in left_of(catalog)
    assert b"C4n4ry" not in left_of(catalog)
    catalog.deployment.unlink()
    catalog.commit()
    (outcome,) = catalog.apply()
    assert outcome.ok, outcome.failures
    gone = (catalog.root.parent / "mark.gone").read_text()
    assert gone == f"{VALUE}\n", "what takes it down may have it too"


def test_a_reference_given_to_an_input_is_looked_up_like_any_other(
    tool: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """By `get_input`, from the deployment's own file: the script gets the secret, not the text."""
    monkeypatch.setenv("DEEPCAT_WORKLOAD_KEY", VALUE)
    catalog = tool("env:DEEPCAT_WORKLOAD_KEY")
    template = catalog.module / "tosca.yaml"
    text = template.read_text().replace(
        "topology_template:\n", "topology_template:\n  inputs: {key: {type: string}}\n"
    )
    text = text.replace('{secrets: {KEY: "env:DEEPCAT_WORKLOAD_KEY"}}', "{secrets: {}}")
    template.write_text(
        text.replace("create.sh, inputs: {", "create.sh, inputs: {KEY: {get_input: key}, ")
    )
    wish = catalog.deployment.read_text()
    catalog.deployment.write_text(wish + 'inputs: {key: "env:DEEPCAT_WORKLOAD_KEY"}\n')
    catalog.commit()
    assert catalog.gather().plan().refusals == {}
    (outcome,) = catalog.apply()
    assert outcome.ok, outcome.failures
    assert proof(catalog) == [hashlib.sha256(VALUE.encode()).hexdigest(), "0", "0"]
    assert b"C4n4ry" not in left_of(catalog)


def test_taking_down_needs_no_secret(
    tool: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What brought it up may be gone by then; the module's own script runs without it."""
    monkeypatch.setenv("DEEPCAT_WORKLOAD_KEY", VALUE)
    catalog = tool("env:DEEPCAT_WORKLOAD_KEY")
    (outcome,) = catalog.apply()
    assert outcome.ok, outcome.failures
    monkeypatch.delenv("DEEPCAT_WORKLOAD_KEY")
    catalog.deployment.unlink()
    catalog.commit()
    (outcome,) = catalog.apply()
    assert outcome.ok, outcome.failures
    assert (catalog.root.parent / "mark.gone").read_text() == "\n"
    assert catalog.is_clean()


def test_a_secret_that_is_not_there_stops_it_before_anything_is_touched(
    tool: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DEEPCAT_WORKLOAD_KEY", raising=False)
    catalog = tool("env:DEEPCAT_WORKLOAD_KEY")
    (outcome,) = catalog.apply()
    (failure,) = outcome.failures
    assert (failure.kind, failure.code) == (FailureKind.AUTH, "secret/missing")
    assert not (catalog.root.parent / "mark").exists()
    assert catalog.is_clean()


@pytest.mark.parametrize("reference", ["env:GITHUB_TOKEN", "file:/etc/shadow", "oidc:x", "hunter2"])
def test_what_is_not_meant_for_workloads_is_refused_by_the_plan(
    tool: Callable[[str], Any], reference: str
) -> None:
    plan = tool(reference).gather().plan()
    assert plan.changes == ()
    (reasons,) = plan.refusals.values()
    assert "secret" in " ".join(reasons) or "workload" in " ".join(reasons)


def test_a_server_of_ours_cannot_be_given_secrets_and_says_so(catalog: Any) -> None:
    old = "      properties:\n        model_name:"
    new = old.replace("s:\n", "s:\n        secrets: {KEY: 'env:DEEPCAT_WORKLOAD_KEY'}\n", 1)
    catalog.edit("modules/half-plus-two/tosca.yaml", old, new)
    catalog.commit()
    ((reason,),) = catalog.gather().plan().refusals.values()
    assert "nothing here can give `server`, a `deepcat.nodes.ModelServer`, its secrets" in reason


def test_vault_is_asked_by_the_play_itself(
    tool: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    with vault({PATH: {"key": VALUE}, "clouds/x": {"key": "other"}}) as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("DEEPCAT_WORKLOAD_VAULT", "secret/data/workloads/")
        catalog = tool(f"vault:secret/data/{PATH}#key")
        (outcome,) = catalog.apply()
        assert outcome.ok, outcome.failures
        assert proof(catalog) == [hashlib.sha256(VALUE.encode()).hexdigest(), "0", "0"]
        assert (server.read, server.refused) == ([PATH], [])
        config = next(folder_of(catalog.root, outcome.run).glob("*/ansible.cfg")).read_text()
        assert "collections_path = ./tmp" not in config
        assert b"C4n4ry" not in left_of(catalog), "neither the secret nor Vault's token"

        catalog = tool(f"vault:secret/data/{PATH}#none")
        (outcome,) = catalog.apply()
        assert [(f.kind, f.code) for f in outcome.failures] == [
            (FailureKind.AUTH, "secret/missing")
        ]
        assert server.token not in str(outcome.failures)

        # What is meant for others is not even asked for.
        catalog = tool("vault:secret/data/clouds/x#key")
        (outcome,) = catalog.apply()
        assert [(f.kind, f.code) for f in outcome.failures] == [
            (FailureKind.AUTH, "secret/forbidden")
        ]
        assert set(server.read) == {PATH}
