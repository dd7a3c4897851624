"""A whole life of a deployment whose records are signed, by the command line."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest

KEY = "deepcat.recordsKey"


@pytest.mark.system("ssh-keygen")
@pytest.mark.starts("Ansible")
def test_every_record_of_a_life_is_signed_and_others_are_refused(tool: Any) -> None:
    key = tool.root.parent / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    public = key.with_suffix(".pub").read_text().strip()
    before = (tool.root / "deepcat.yaml").read_text()
    text = f"{before}signers: [{{name: runner, key: '{public}'}}]\n"
    tool.write({"deepcat.yaml": text})
    tool.commit("signers")
    said = tool.deepcat("apply", "--yes", ok=False)
    assert "this machine has no key to sign records by" in said
    assert not tool.mark("mark").exists()
    tool.git("config", KEY, str(key))
    tool.deepcat("apply", "--yes")
    assert tool.mark("mark").exists()
    said = tool.deepcat("records", "verify")
    assert "1 record, nothing wrong." in said
    assert "Nothing proves" not in said
    commits = tool.git("rev-list", "records").split()
    raw = [tool.git("cat-file", "commit", each) for each in commits]
    assert all("BEGIN SSH SIGNATURE" in each for each in raw)
    # Somebody says that it runs no more: nobody believes it, and nothing is done by it.
    forged = tool.git(
        "commit-tree", "-p", "records", "-m", "demo: is gone", f"{commits[0]}^{{tree}}"
    ).strip()
    tool.git("update-ref", "refs/heads/records", forged)
    why = f"no signer of `deepcat.yaml` signed their commit {forged[:12]}"
    for argv in (
        ["status"],
        ["plan"],
        ["apply", "--yes"],
        ["destroy", "demo", "--yes"],
        ["site", "build"],
    ):
        assert why in tool.deepcat(*argv, ok=False), argv
    assert f"[records/signature] the records cannot be believed: {why}" in tool.deepcat(
        "records", "verify", ok=False
    )
    assert tool.mark("mark").exists()
    tool.deepcat("records", "repair", "--yes")
    tool.deepcat("destroy", "demo", "--yes")
    assert not tool.mark("mark").exists()
    assert "nothing wrong" in tool.deepcat("records", "verify")
