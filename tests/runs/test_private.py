"""A host tells an address with a token: who is on it may ask for it, and nobody else sees it."""

from __future__ import annotations

import json
import secrets
import stat
import sys
from pathlib import Path
from typing import Any

import forked
import pytest

from deepcat.loop.private import private
from deepcat.runs.execute import summary
from deepcat.runs.folders import folder_of

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "rigs"))

from canaries import files, objects

pytestmark = pytest.mark.starts("Ansible")

TOKEN = f"C4n4ryOfTheNotebook{secrets.token_hex(6)}"
ADDRESS = f"http://127.0.0.1:8888/lab?token={TOKEN}"
TEMPLATE = """\
tosca_definitions_version: tosca_simple_yaml_1_3
imports: [deepcat]
topology_template:
  node_templates:
    host: {type: tosca.nodes.Compute}
    tool:
      type: tosca.nodes.SoftwareComponent
      requirements: [{host: host}]
      interfaces: {Standard: {create: create.sh}}
"""
# It makes up its token on the host, as a notebook does, and talks about it, as a notebook does.
CREATE = """\
address="http://127.0.0.1:8888/lab?token=$(printf %s%s FIRST SECOND)"
echo "notebook=$address" >>"$DEEPCAT_PRIVATE"
echo "open $address"
echo "url=$address" >>"$DEEPCAT_OUTPUT"
"""


@pytest.fixture
def told(catalog: Any) -> Any:
    """The catalog with one deployment whose script has told a private address."""
    create = CREATE.replace("FIRST", TOKEN[:8]).replace("SECOND", TOKEN[8:])
    (catalog.module / "tosca.yaml").write_text(TEMPLATE)
    (catalog.module / "create.sh").write_text(create)
    wish = catalog.deployment.read_text().partition("inputs:")[0]
    catalog.deployment.write_text(f"{wish}owner: ada\n")
    catalog.commit()
    return catalog


def deepcat(catalog: Any, *argv: str) -> str:
    command = [sys.executable, "-m", "deepcat", *argv]
    done = forked.run(command, cwd=catalog.root, capture_output=True, check=True)
    return done.stdout + done.stderr


def test_a_private_address_stays_on_its_host(told: Any) -> None:
    (outcome,) = told.apply()
    assert outcome.ok, outcome.failures
    state = told.record.state
    assert (state.private, dict(state.endpoints)) == (("notebook",), {})

    said = [deepcat(told, "site", "build", "--out", "out"), json.dumps(summary(outcome))]
    for argv in (
        ("status",), ("status", "--json"), ("plan", "--json"), ("plan", "--markdown"),
        ("records", "log", "--json"), ("records", "show", "demo"), ("records", "verify"),
    ):  # fmt: skip
        said.append(deepcat(told, *argv))
    assert "notebook is private" in said[2]
    assert json.loads(said[3])[0]["private"] == ["notebook"]
    assert TOKEN not in "".join(said)
    assert TOKEN.encode() not in objects(told.root)
    place = told.root / ".deepcat/local/demo"
    left = {path for path, text in files(told.root) if TOKEN.encode() in text}
    assert left == {place / "private"}
    assert stat.S_IMODE((place / "private").stat().st_mode) == 0o600
    # All that is named here was there to be searched, and the script's words were masked.
    assert (told.root / "out/status/demo/index.html").is_file()
    assert "--private" in (told.root / "out/status/demo/index.html").read_text()
    events = folder_of(told.root, outcome.run).glob("*/artifacts/ansible/job_events/*.json")
    assert any("open \\u2022\\u2022\\u2022" in path.read_text() for path in events)

    assert private(told.root, state) == {"notebook": ADDRESS}
    assert ADDRESS in deepcat(told, "status", "demo", "--private")
    (shown,) = json.loads(deepcat(told, "status", "demo", "--private", "--json"))
    assert shown["private_endpoints"] == {"notebook": ADDRESS}
    told.destroy()
    assert not any(TOKEN.encode() in text for _, text in files(told.root))
