"""A server's options reach the real server, and a change of them starts it again."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from deepcat.clouds.kinds.local.hosts import local_folder
from deepcat.host.supervisor import Supervisor
from deepcat.plan.values import Action

pytestmark = pytest.mark.tensorflow

TOPOLOGY = "modules/half-plus-two/tosca.yaml"
NAMED = "        model_name: half-plus-two\n"


def test_options_reach_the_server_and_a_change_starts_it_again(
    catalog: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "C4n4ry")
    asked = "        batching: {max_batch_size: 8, batch_timeout_micros: 100}\n"
    asked += '        environment: {MODEL_LEVEL: "debug % ; {{ x }}"}\n'
    catalog.edit(TOPOLOGY, NAMED, NAMED + asked)
    catalog.commit()
    (outcome,) = catalog.apply()
    assert outcome.ok, outcome.failures
    before = _process(catalog)
    assert b"MODEL_LEVEL=debug % ; {{ x }}" in (before / "environ").read_bytes().split(b"\0")
    assert _is_boxed(before, catalog)
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
    assert _is_boxed(after, catalog)
    assert b"MODEL_LEVEL=other % ; {{ x }}" in (after / "environ").read_bytes().split(b"\0")
    assert catalog.ask() == [3.0]
    assert catalog.destroy()[0].ok
    assert catalog.is_clean()


def _is_boxed(process: Path, catalog: Any) -> bool:
    """Whether it has no rights and no variable of ours, and sees of the catalog only its model."""
    said = dict(line.split(":\t") for line in (process / "status").read_text().splitlines())
    names = {each.split(b"=")[0] for each in (process / "environ").read_bytes().split(b"\0")}
    root = Path(f"{process}/root{catalog.root}")
    seen = sorted(path.relative_to(root).as_posix() for path in root.glob(".deepcat/local/demo/*"))
    return (
        (said["NoNewPrivs"], said["Seccomp"]) == ("1", "2")
        and int(said["CapEff"], 16) == int(said["CapBnd"], 16) == 0
        and (os.getuid() > 0 or int(said["Uid"].split()[0]) > 1 << 30)
        and names <= {b"", b"HOME", b"LANG", b"MODEL_LEVEL", b"PATH", b"TMPDIR"}
        and [path.name for path in root.iterdir()] == [".deepcat"]
        and seen == [".deepcat/local/demo/models", ".deepcat/local/demo/servers"]
    )


def _process(catalog: Any) -> Path:
    """The server, which is the innermost process of its box."""
    (program,) = Supervisor(local_folder(catalog.root)).programs().values()
    pid, below = program.pid, [program.pid]
    while below:
        pid = below[0]
        below = [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return Path("/proc") / str(pid)
