"""What the watch does where it cannot reach the people whom it would tell."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from ended_trainings import here as catalog

from deepcat.cli.ci.watch import propose_trainings, propose_wishes
from deepcat.forge.failures import ForgeError
from deepcat.forge.github_workflow import inbox
from deepcat.forge.scene import Scene
from deepcat.plan.values import State, Status
from deepcat.records.record import Record
from deepcat.records.store import Store

__all__ = ["catalog"]


@pytest.mark.parametrize("api", ["", "nowhere", "ftp://forge", "http://[", "https://"])
def test_an_address_that_is_none_is_refused(api: str) -> None:
    with pytest.raises(ForgeError, match="is no address"), inbox(Scene(api=api, token="t")):
        pass


def test_an_inbox_that_cannot_be_opened_is_said_and_the_watch_goes_on(
    catalog: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    subprocess.run(["git", "remote", "add", "origin", str(catalog)], cwd=catalog, check=True)
    state = State(
        "desk", "m", "1.0.0", "d" * 64, "develop", {}, "here", "host", Status.RUNNING,
        "w" * 64, "c" * 40, resources={"work": ["/nowhere"]},
    )  # fmt: skip
    here = Scene(forge="github", repository="a/b", token="t", api="nowhere", may_write=True)
    assert not propose_wishes(catalog, here, "main")  # there is nothing to propose
    Store(catalog).update("desk", lambda _: Record(state), "desk: runs")
    assert propose_wishes(catalog, here, "main")
    assert propose_trainings(catalog, here, "main")
    said = capsys.readouterr().out.splitlines()
    assert [line.partition(":")[0] for line in said] == [
        "work in notebooks is not proposed",
        "trainings are not proposed",
    ]
    assert all("GITHUB_API_URL" in line and "[forge/not-found]" in line for line in said)
