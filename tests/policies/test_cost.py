"""A catalog without policies and messages pays nothing for them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

PROGRAM = """\
import sys
import deepcat.api
catalog = deepcat.api.open({root!r})
catalog.check()
catalog.plan()
own = "policies.read policies.evaluate policies.check loop.policed notify.send"
dear = {{"cel_expr_python", "regopy", "apprise", *("deepcat." + name for name in own.split())}}
print(sorted(dear & set(sys.modules)))
"""


@pytest.mark.starts("Python")
def test_nothing_of_policies_or_messages_is_imported(
    git_tree_at: Callable[[Mapping[str, str | bytes]], Path],
) -> None:
    root = git_tree_at({"deepcat.yaml": "apiVersion: deepcat/v1\ntitle: T\n"})
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(root=str(root))],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "[]\n"
