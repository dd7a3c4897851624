"""What a real cluster does to jobs: others come first, the queue forgets an end."""

from __future__ import annotations

from typing import Any

import pytest
from conformance.grounds.slurm import Slurm
from conformance.stand import Stand
from conformance.steps import take

from deepcat.clouds.kinds.slurm.there.keeper import Keeper
from deepcat.host.keeper import Once

pytestmark = [
    pytest.mark.starts("a Slurm, and servers as its jobs"),
    pytest.mark.system("slurmctld", "slurmd", "slurmdbd", "munged", "mariadbd"),
    pytest.mark.xdist_group("conformance slurm "),
]
STEPS = """\
#!/bin/sh
# Counts to 60, goes on from where it was, and tells from where.
step=$(cat "$DEEPCAT_WORK/step" 2>/dev/null || echo 0)
echo "from $step"
while [ "$step" -lt 60 ]; do
    step=$((step + 1))
    echo "$step" >"$DEEPCAT_WORK/next" && mv "$DEEPCAT_WORK/next" "$DEEPCAT_WORK/step"
    sleep 0.2
done
echo "from $step" >>"$RAN"
"""


def test_a_job_that_others_drive_out_goes_on_from_its_last_checkpoint(
    stand: Stand, ground: Slurm, says: Any, until: Any, now: Any
) -> None:
    stand.job({})
    script = stand.root / "modules" / "sums" / "scripts" / "sum.sh"
    script.write_text(STEPS)
    stand.commit("count")
    assert stand.call("apply", "--yes") == 0, stand.said
    number = says("squeue", "-ho", "%A").strip()
    (work,) = ground.folder(stand.root, "first").glob("demo/jobs/*/*/work")
    until(lambda: (work / "step").is_file() and int((work / "step").read_text()) > 4)
    all_of = ("--partition=urgent", "--nodes=2", "--exclusive", "--time=1", "--output=/dev/null")
    urgent = says("sbatch", "--parsable", *all_of, "--wrap=sleep 600").strip()
    until(lambda: says("squeue", "-ho", "%T", "-j", urgent).strip() == "RUNNING")
    at = int((work / "step").read_text())
    assert 4 < at < 60
    assert says("squeue", "-ho", "%T", "-j", number).strip() == "PENDING"
    take(stand, "status", {"demo": "running"})  # as it will be, without anybody's help
    says("scancel", urgent)
    now(number)
    take(stand, "until", {"within_s": 180, "steps": {"status": {"demo": {"status": "ended"}}}})
    assert stand.ran() == "from 60\n"
    assert stand.call("logs", "demo") == 0
    assert [line for line in stand.said.splitlines() if line.startswith("from ")] == [
        "from 0",
        f"from {at}",
    ]
    assert stand.call("destroy", "demo", "--yes") == 0


@pytest.mark.parametrize(
    ("line", "state", "kind"),
    [
        ("exit 3", "FAILED", ""),
        (":", "COMPLETED", ""),
        ("scancel $DEEPCAT_TICKET; sleep 600", "CANCELLED", "cloud"),
    ],
)
def test_how_a_job_ended_is_known_when_the_queue_has_forgotten_it(
    stand: Stand, ground: Slurm, says: Any, until: Any, line: str, state: str, kind: str
) -> None:
    own = {"options": ["--partition=gpu", "--account=lab"], "time_min": 9}
    keeper = Keeper(ground.folder(stand.root, "first"), own)
    keeper.add("demo~job~1", ["/bin/sh", "-c", line], stand.folder / "log", once=Once())
    (number,) = says("squeue", "--states=all", "--name=demo~job~1", "-ho", "%A").split()
    until(lambda: number not in says("squeue", "--states=all", "-ho", "%A").split())
    found = keeper.programs()["demo~job~1"]
    assert (found.state, found.kind) == ("EXITED", kind)
    assert found.reason.startswith(f"its job is {state}")
    keeper.remove("demo~job~1")
    assert keeper.programs() == {}


@pytest.mark.system("modulecmd")
def test_a_job_has_what_modules_of_the_node_set_and_does_not_begin_without(
    stand: Stand, ground: Slurm, says: Any, until: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = stand.folder / "privatemodules" / "cuda"
    files.mkdir(parents=True)
    (files / "12").write_text("#%Module1.0\nprepend-path LD_LIBRARY_PATH /opt/cuda-12/lib\n")
    monkeypatch.setenv("HOME", str(stand.folder))  # there are one's own
    line = ["/bin/sh", "-c", "echo has $LD_LIBRARY_PATH, $DEEPCAT_GIVEN_LD_LIBRARY_PATH"]
    for modules, told in (
        (["use.own", "cuda/12"], "has /opt/cuda-12/lib, /opt/cuda-12/lib"),
        (["use.own", "cuda/13"], "the modules use.own cuda/13 cannot be loaded on this node"),
    ):
        own = {"options": ["--partition=gpu", "--account=lab"], "modules": modules}
        keeper = Keeper(ground.folder(stand.root, "first"), own)
        log = stand.folder / f"{modules[-1][-2:]}.log"
        keeper.add("demo~job~1", line, log, once=Once())
        until(lambda keeper=keeper: not keeper.programs()["demo~job~1"].is_up)
        assert told in log.read_text().splitlines()
        keeper.remove("demo~job~1")
