"""A server's options reach the real server, and a change of them starts it again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from deepcat.clouds.kinds.local.hosts import local_folder
from deepcat.host.supervisor import Supervisor
from deepcat.plan.values import Action

pytestmark = pytest.mark.tensorflow

TOPOLOGY = "modules/half-plus-two/tosca.yaml"
NAMED = "        model_name: half-plus-two\n"


def test_options_reach_the_server_and_a_change_starts_it_again(catalog: Any) -> None:
    asked = "        batching: {max_batch_size: 8, batch_timeout_micros: 100}\n"
    asked += '        environment: {LEVEL: "debug % ; {{ x }}"}\n'
    catalog.edit(TOPOLOGY, NAMED, NAMED + asked)
    catalog.commit()
    (outcome,) = catalog.apply()
    assert outcome.ok, outcome.failures
    before = _process(catalog)
    assert b"LEVEL=debug % ; {{ x }}" in (before / "environ").read_bytes().split(b"\0")
    words = (before / "cmdline").read_bytes().split(b"\0")
    told = Path(words[words.index(b"--batching") + 1].decode())
    assert told.read_text().splitlines() == [
        "batch_timeout_micros { value: 100 }",
        "max_batch_size { value: 8 }",
    ]
    assert catalog.ask() == [3.0]

    catalog.edit(TOPOLOGY, "debug % ;", "other % ;")
    catalog.commit()
    assert catalog.changes()["demo"].action is Action.REPLACE
    port = catalog.record.state.endpoints["rest"]
    (outcome,) = catalog.apply()
    assert outcome.ok, outcome.failures
    assert catalog.record.state.endpoints["rest"] == port
    after = _process(catalog)
    assert after != before
    assert b"LEVEL=other % ; {{ x }}" in (after / "environ").read_bytes().split(b"\0")
    assert catalog.ask() == [3.0]
    assert catalog.destroy()[0].ok
    assert catalog.is_clean()


def _process(catalog: Any) -> Path:
    (program,) = Supervisor(local_folder(catalog.root)).programs().values()
    return Path("/proc") / str(program.pid)
