"""Two merges are carried out at once: what one works on, the other waits for, and nothing more."""

from __future__ import annotations

import os
import subprocess
import threading
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

# A node whose script waits for as long as nobody opens the gate, a named pipe.
TEMPLATE = """\
tosca_definitions_version: tosca_simple_yaml_1_3
imports: [deepcat]
topology_template:
  inputs:
    gate: {type: string, default: ""}
    mark: {type: string}
  node_templates:
    host:
      type: tosca.nodes.Compute
    tool:
      type: tosca.nodes.SoftwareComponent
      requirements: [{host: host}]
      interfaces:
        Standard:
          create:
            implementation: create.sh
            inputs: {GATE: {get_input: gate}, MARK: {get_input: mark}}
"""
SCRIPT = 'echo "$MARK" >>"$MARK"\ntest -z "$GATE" || read -r word <"$GATE"\n'


class Push:
    """`git push` of main, going on beside the test; its lines as the server says them."""

    def __init__(self, clone: Path) -> None:
        self._process = subprocess.Popen(
            ["git", "push", "origin", "main"],
            cwd=clone,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.said = ""

    def until(self, words: str) -> None:
        """Read on until the server says it."""
        assert self._process.stderr
        while words not in self.said:
            line = self._process.stderr.readline()
            assert line, f"it ended without {words!r}: {self.said}"
            self.said += line

    def end(self) -> str:
        """All that the server said."""
        stderr = self._process.stderr
        assert stderr
        if not stderr.closed:
            self.said += stderr.read()
            stderr.close()
        assert self._process.wait() == 0, self.said
        return self.said


@pytest.fixture
def gated(hub: Any) -> Any:
    """A hub whose one module does nothing but to wait at a gate."""
    folder = hub.clone / "modules/half-plus-two"
    (folder / "tosca.yaml").write_text(TEMPLATE)
    (folder / "create.sh").write_text(SCRIPT)
    held = hub.folder / "held"
    held.mkdir()
    with (hub.clone / "deepcat.yaml").open("a") as stream:
        stream.write(f"allowed_folders: {{half-plus-two: [{held}]}}\n")
    return hub


def test_a_merge_waits_for_what_another_one_works_on_and_carries_out_the_rest(gated: Any) -> None:
    gate, marks = gated.folder / "held/gate", gated.folder / "held/marks"
    os.mkfifo(gate)
    gate.chmod(0o666)
    marks.mkdir()
    marks.chmod(0o777)
    gated.wish("one", inputs={"gate": str(gate), "mark": str(marks / "one")})
    gated.commit("one")
    first = Push(gated.clone)
    # Opening a pipe for writing lasts until somebody reads: now the first run is at its script.
    opened: list[int] = []
    opener = threading.Thread(target=lambda: opened.append(os.open(gate, os.O_WRONLY)))
    opener.start()
    opener.join(timeout=120)
    assert opened

    gated.wish("one", inputs={"mark": str(marks / "one-again")})
    gated.wish("two", inputs={"mark": str(marks / "two")})
    gated.commit("one again, and two")
    second = Push(gated.clone)
    try:
        second.until("waiting: `one` is being worked on")
        second.until("✓ two")
        assert (marks / "two").read_text().count("\n") == 1
        assert not (marks / "one-again").exists()
    finally:
        os.write(opened[0], b"go\n")
        os.close(opened[0])
        first.end()
        second.end()
    assert "✓ one" in first.end()
    said = second.end()
    assert said.count("waiting: ") == 1
    assert said.count("✓ two") == 1
    assert "✓ one" in said.partition("✓ two")[2]
    assert "what to mend is said" not in said
    assert "✗" not in said
    assert (marks / "one-again").exists()
    assert (marks / "two").read_text().count("\n") == 1
    status = gated.status()
    assert {name: each["status"] for name, each in status.items()} == {
        "one": "running",
        "two": "running",
    }
    assert gated.branches() == {"main", "records"}
