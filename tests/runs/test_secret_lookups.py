"""Secrets of a workload: looked up by Ansible, given to the module's script, seen nowhere else."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from deepcat.clouds.failure import FailureKind
from deepcat.runs.folders import folder_of
from deepcat.secrets import mask

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "rigs" / "vault"))

from vault_server import vault

pytestmark = pytest.mark.starts("Ansible")

VALUE = "C4n4ry of the 'workload' $HOME\n\"0005\" {{ 7*7 }}"
PATH = "workloads/tool"
GONE = re.compile(r"gone with ([0-9a-f]{64})")
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
          create: create.sh
          delete: delete.sh
"""
# It proves that it got the value, lets others look for it among the arguments of all that runs, and
# talks.
CREATE = """\
printf %s "$KEY" | sha256sum | cut -c1-64 >mark
{ env; cat /proc/[0-9]*/environ | tr '\\0' '\\n'; } | grep -c '^VAULT_' >>mark
sleep 0.3
echo "talks: $KEY"
echo "SHOWN=$KEY" | head -1 >>"$DEEPCAT_OUTPUT"
"""
# What it writes goes with it; what it says stays in the run's folder.
DELETE = """\
printf 'gone with %s\\n' "$(printf %s "$KEY" | sha256sum | cut -c1-64)"
"""


@pytest.fixture
def tool(catalog: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Any]]:
    """The catalog with a module whose script asks for a secret that lies somewhere."""
    mask.forget()

    def make(reference: str) -> Any:
        text = TEMPLATE.replace("REFERENCE", reference)
        (catalog.module / "tosca.yaml").write_text(text)
        (catalog.module / "create.sh").write_text(CREATE)
        (catalog.module / "delete.sh").write_text(DELETE)
        wish = re.sub(r"inputs:\n(  .*\n)*", "", catalog.deployment.read_text())
        catalog.deployment.write_text(wish)
        catalog.commit()
        return catalog

    yield make
    mask.forget()


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def mark(catalog: Any) -> Path:
    return catalog.root / ".deepcat/local/demo/own/mark"


def proof(catalog: Any) -> list[str]:
    """The checksum of the value that the script got, and how often it saw what is not for it."""
    return mark(catalog).read_text().split()


def gone_with(catalog: Any, run: str) -> str:
    """The checksum of the value that the script had that takes down."""
    events = folder_of(catalog.root, run).glob("*/artifacts/ansible/job_events/*.json")
    (found,) = {each for path in events for each in GONE.findall(path.read_text())}
    return found


@contextmanager
def looking_at_arguments() -> Iterator[set[str]]:
    """What stands among the arguments of all that runs on the machine meanwhile."""
    seen: set[str] = set()
    over = threading.Event()

    def look() -> None:
        while not over.wait(0.05):
            for path in Path("/proc").glob("[0-9]*/cmdline"):
                with suppress(OSError):
                    seen.add(path.read_text(errors="replace"))

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()


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
    with looking_at_arguments() as seen:
        (outcome,) = catalog.apply()
    assert outcome.ok, outcome.failures
    assert any("create.sh" in each for each in seen), "it was looked at"
    assert not any("C4n4ry" in each for each in seen)
    assert proof(catalog) == [sha256(VALUE), "0"]
    assert folder_of(catalog.root, outcome.run).is_dir()
    assert b"env:DEEPCAT_WORKLOAD_KEY" in left_of(catalog)
    assert b"C4n4ry" not in left_of(catalog)
    catalog.deployment.unlink()
    catalog.commit()
    (outcome,) = catalog.apply()
    assert outcome.ok, outcome.failures
    assert gone_with(catalog, outcome.run) == sha256(VALUE), "what takes it down may have it too"


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
        text.replace(
            "create: create.sh",
            "create: {implementation: create.sh, inputs: {KEY: {get_input: key}}}",
        )
    )
    wish = catalog.deployment.read_text()
    catalog.deployment.write_text(wish + 'inputs: {key: "env:DEEPCAT_WORKLOAD_KEY"}\n')
    catalog.commit()
    assert catalog.gather().plan().refusals == {}
    (outcome,) = catalog.apply()
    assert outcome.ok, outcome.failures
    assert proof(catalog) == [sha256(VALUE), "0"]
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
    assert gone_with(catalog, outcome.run) == sha256("")
    assert catalog.is_clean()


def test_a_secret_that_is_not_there_stops_it_before_anything_is_touched(
    tool: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DEEPCAT_WORKLOAD_KEY", raising=False)
    catalog = tool("env:DEEPCAT_WORKLOAD_KEY")
    (outcome,) = catalog.apply()
    (failure,) = outcome.failures
    assert (failure.kind, failure.code) == (FailureKind.AUTH, "secret/missing")
    assert not mark(catalog).exists()
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
        assert proof(catalog) == [sha256(VALUE), "0"]
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
