"""How this very Python is started again, also one that a loader of its own starts."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from runtimes import runtimes, unpacked

from deepcat.host.python import words
from deepcat.runtime.interpreter import command

SOURCES = Path(__file__).resolve().parents[2] / "src"
ASK = f"""
import json, sys
sys.path.insert(0, {str(SOURCES)!r})
from deepcat.host.python import words
print(json.dumps(words()))
"""


def test_an_installed_one_is_its_own_program() -> None:
    assert words() == (sys.executable,)


@pytest.mark.slow
@pytest.mark.starts("Python")
def test_one_that_was_brought_is_started_by_its_loader(tmp_path: Path) -> None:
    brought = runtimes().python
    assert brought is not None
    begin = list(command(str(unpacked(brought, tmp_path))))
    for options in ([], ["-I", "-S"], ["-I", "-S", "-W", "error"]):
        done = subprocess.run(
            [*begin, *options, "-c", ASK, "more", "words"], capture_output=True, check=True
        )
        found = json.loads(done.stdout)
        assert found == begin
        again = subprocess.run([*found, "-c", "print(1)"], capture_output=True, check=True)
        assert again.stdout == b"1\n"
