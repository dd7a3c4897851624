"""Whose keys a catalog names: only what is one person's alone is ever believed."""

from __future__ import annotations

from typing import Any

import pytest

from deepcat.forge.signatures import allowed

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA"
LINE = f'ada namespaces="git" {KEY}\n'


@pytest.mark.parametrize(
    ("keys", "lines"),
    [
        ({"Ada": [f"{KEY} ada@home"]}, LINE),
        ({"ada": [KEY, KEY]}, LINE),
        ({"ada": [KEY], "ADA": [f"{KEY} again"]}, LINE),
        ({"ada": [KEY], "eve": [KEY]}, ""),
        ({"ada": [f"{KEY} x\neve {KEY}"]}, ""),
        ({"ada": [f"cert-authority {KEY}"]}, ""),
        ({"ada,root": [KEY]}, ""),
        ({"* ": [KEY]}, ""),
        ({"ada": KEY}, ""),
        ({"ada": [None, 1, ["x"]]}, ""),
        ([KEY], ""),
        (None, ""),
        ({"ada": [f"sk-{KEY.replace(' ', '@openssh.com ')}"]}, None),
    ],
)
def test_the_file_that_git_reads_names_one_person_for_each_key(
    keys: Any, lines: str | None
) -> None:
    found = allowed(keys)
    if lines is None:
        assert found.startswith('ada namespaces="git" sk-ssh-ed25519@openssh.com ')
    else:
        assert found == lines
