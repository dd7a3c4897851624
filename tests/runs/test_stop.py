"""A run on two clouds is stopped or killed: no script goes on alone; the next run finishes it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from waiting import until

from deepcat.plan.values import Status

pytestmark = pytest.mark.starts("Ansible")

TEMPLATE = """\
tosca_definitions_version: tosca_simple_yaml_1_3
imports: [deepcat]
topology_template:
  inputs:
    gate: {type: string}
  node_templates:
    host: {type: tosca.nodes.Compute}
    tool:
      type: tosca.nodes.SoftwareComponent
      requirements: [{host: host}]
      interfaces:
        Standard:
          create: {implementation: create.sh, inputs: {GATE: {get_input: gate}}}
"""
SCRIPT = 'test ! -p "$GATE" || read -r word <"$GATE"\n'
WISH = """\
apiVersion: deepcat/v1
module: half-plus-two
version: '>=1.0.0'
profile: serve
placement: {{clouds: [{cloud}]}}
inputs: {{gate: {gate}}}
owner: ada
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_all_ends_with_the_run_and_is_finished_by_the_next_one(
    catalog: Any, number: signal.Signals
) -> None:
    folder = catalog.root.parent / "gates"
    folder.mkdir()
    catalog.allow(folder)
    gates = {cloud: folder / f"gate-{cloud}" for cloud in ("local", "other")}
    (catalog.root / "clouds" / "other.yaml").write_text(
        "apiVersion: deepcat/v1\nname: other\nkind: local\nsummary: Here.\nprice: 0\n"
        "address: 127.0.0.2\n"
    )
    (catalog.module / "tosca.yaml").write_text(TEMPLATE)
    (catalog.module / "create.sh").write_text(SCRIPT)
    catalog.deployment.unlink()
    for cloud, gate in gates.items():
        os.mkfifo(gate)
        gate.chmod(0o666)
        wish = catalog.deployment.with_name(f"on-{cloud}.yaml")
        wish.write_text(WISH.format(cloud=cloud, gate=gate))
    catalog.commit()
    apply = [sys.executable, "-m", "deepcat", "-C", str(catalog.root), "apply", "--yes"]
    with subprocess.Popen(apply, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        # Opening a pipe for writing lasts until somebody reads: then both calls are at a script.
        held: list[int] = []
        openers = [
            threading.Thread(target=lambda gate=gate: held.append(os.open(gate, os.O_WRONLY)))
            for gate in gates.values()
        ]
        for opener in openers:
            opener.start()
        for opener in openers:
            opener.join(timeout=120)
        assert len(held) == 2
        process.send_signal(number)
        said = process.communicate(timeout=120)[0].decode()
    if number == signal.SIGKILL:
        assert process.returncode == -signal.SIGKILL
    else:
        assert process.returncode == 1, said
        assert "the run was stopped" in said
    runs = str(catalog.root / ".deepcat" / "runs")
    until(lambda: not _running(runs))  # no script goes on alone
    for handle in held:
        os.close(handle)
    assert set(catalog.store.read_all()) == {"on-local", "on-other"}
    assert all(record.intent for record in catalog.store.read_all().values())
    for gate in gates.values():
        gate.unlink()
    outcomes = catalog.apply()
    assert [outcome.ok for outcome in outcomes] == [True, True]
    records = catalog.store.read_all().values()
    assert {(r.state.status, bool(r.intent)) for r in records} == {(Status.RUNNING, False)}


def _running(word: str) -> list[str]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            argv = path.read_bytes().decode(errors="replace")
        except OSError:
            continue
        if word in argv:
            found.append(argv)
    return found
