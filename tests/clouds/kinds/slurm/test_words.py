"""What Slurm's words mean: nodes, limits, waits, ends, refusals."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from deepcat.catalog.values import Cloud
from deepcat.clouds.kind import Means
from deepcat.clouds.kinds.slurm import asked
from deepcat.clouds.kinds.slurm.asked import rows, seconds
from deepcat.clouds.kinds.slurm.cluster import keeper, reach
from deepcat.clouds.kinds.slurm.probe import shapes
from deepcat.clouds.kinds.slurm.there.files import Files
from deepcat.clouds.kinds.slurm.there.job import Runner
from deepcat.clouds.kinds.slurm.there.keeper import _program
from deepcat.clouds.kinds.slurm.there.queue import refusal
from deepcat.clouds.kinds.slurm.there.states import Job, ended_by, never_starts, waits_for


def said(*nodes: str) -> str:
    """Lines as `sinfo --Format` writes them: columns of fixed width."""
    widths = (64, 32, 48, 24, 24, 512, 512, 32)
    rows = (zip(node.split(), widths, strict=True) for node in nodes)
    return "\n".join("".join(cell.ljust(width) for cell, width in row) for row in rows)


SAID = said(
    "gpu* mixed 2/6/0/8 16000 4000 gpu:a100:2 gpu:a100:1(IDX:0) 1:00:00",
    "gpu* drained* 0/0/8/8 32000 0 gpu:h100:1(S:0-1) gpu:h100:0(IDX:N/A) 1:00:00",
    "long mixed- 60/4/0/64 256000+ 0 (null) gpu:0 2-00:00:00",
    "free down 0/0/4/4 8000 0 gpu:4 gpu:0 infinite",
    "full allocated 8/0/0/8 8000 100 (null) gpu:0 30:00",
)


_NODE: dict[str, Any] = {
    "name": "a", "cpus": 8, "alloc_cpus": 2, "real_memory": 16000, "alloc_memory": 4000,
    "gres": "gpu:a100:2(S:0-1)", "gres_used": "gpu:a100:1(IDX:0)", "partitions": ["gpu", "long"],
}  # fmt: skip
_UNSET = {"set": False, "infinite": False, "number": 0}
_FREE = ("mixed", 8, 6, 16000, 12000, {"a100": 2}, {"a100": 1})


@pytest.mark.parametrize(
    ("own", "is_so"),
    [
        # 21.08 and 22.05: a word, and flags beside it.
        ({"state": "mixed", "state_flags": []}, _FREE),
        ({"state": "mixed", "state_flags": ["DRAIN"]}, ("drained", *_FREE[1:])),
        # 23.02 and after: all of them words of one list; numbers may be objects.
        ({"state": ["MIXED"]}, _FREE),
        ({"state": ["MIXED", "PLANNED"]}, _FREE),
        ({"state": ["IDLE", "MAINTENANCE", "DYNAMIC_NORM"]}, ("maintenance", *_FREE[1:])),
        ({"state": ["MIXED", "NOT_RESPONDING"]}, ("not_responding", *_FREE[1:])),
        (
            {"state": ["MIXED"], "alloc_memory": {"set": True, "infinite": False, "number": 4000}},
            _FREE,
        ),
        (
            {"state": ["IDLE"], "alloc_memory": _UNSET, "alloc_cpus": 0, "gres_used": "gpu:a100:0"},
            ("idle", 8, 8, 16000, 16000, {"a100": 2}, {"a100": 0}),
        ),
        ({"state": ["DOWN"], "gres": "", "gres_used": None}, ("down", 8, 6, 16000, 12000, {}, {})),
        (
            {"state": None, "cpus": "x", "alloc_memory": -5},
            ("unknown", 0, 0, 16000, 16000, {"a100": 2}, {"a100": 1}),
        ),
    ],
)  # fmt: skip
def test_nodes_in_json_are_the_same_nodes_whatever_version_tells_them(
    own: dict[str, Any], is_so: tuple[Any, ...]
) -> None:
    said_ = json.dumps({"meta": {}, "nodes": [_NODE | own], "errors": []}, indent=1)
    gpu, long = rows(f"a warning\n{said_}\n--limit gpu 1:00:00\n--limit long 2-00:00:00\n")
    assert (gpu.partition, gpu.limit) == ("gpu", "1:00:00")
    assert (long.partition, long.limit) == ("long", "2-00:00:00")
    for row in (gpu, long):
        told = (row.state, row.cpus, row.cpus_free, row.memory_MiB, row.memory_free_MiB)
        assert (*told, row.cards, row.used) == is_so


@pytest.mark.parametrize(
    "told", ["", "{", '{"nodes": {}}', "[1]", '{"nodes": [1, null]}', "rubbish|{|", "{" * 99_999]
)
def test_what_is_no_list_of_nodes_is_none(told: str) -> None:
    assert rows(told) == []


@pytest.mark.starts("programs that stand for Slurm's")
@pytest.mark.parametrize(
    ("version", "says", "is_asked"),
    [
        ("slurm 20.02.7", "", "sinfo text"),
        ("slurm-wlm 22.05.8", "", "sinfo --json"),
        ("slurm 23.02.1", "", "scontrol --json"),
        ("slurm 25.05.0-0rc1", "", "scontrol --json"),
        ("slurm 24.11.3", "scontrol: fatal: JSON support is disabled", "sinfo text"),
        ("slurm 24.11.3", "slurm_load_node error: Unable to contact slurm controller", ""),
    ],
)
def test_nodes_are_asked_for_as_that_version_tells_them(
    tmp_path: Path, version: str, says: str, is_asked: str
) -> None:
    fails = f"echo '{says}' >&2; exit 1" if says else ""
    asks = f'case "$*" in --version) echo {version};; *--json*) {fails}\necho "$0 --json";;'
    for name in ("sinfo", "scontrol"):
        _does(tmp_path / name, f'{asks} *--Node*) echo "$0 text";; esac')
    words = ["sh", "-c", asked.script({}).partition("echo --deepcat")[0]]
    path = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
    done = subprocess.run(words, env=path, capture_output=True, text=True, check=False)
    assert done.stdout.replace(f"{tmp_path}/", "").strip() == is_asked
    assert (done.returncode == 0) == bool(is_asked)
    assert bool(is_asked) or says in done.stderr


def test_nodes_become_shapes_with_each_number_of_gpus() -> None:
    nodes = rows("sinfo: a line of something else\n" + SAID)
    found = {each.name: each for each in shapes(nodes, {"time": 20}, {}, None)}
    assert sorted(found) == [
        "free", "free.gpu.1", "free.gpu.2", "free.gpu.3", "free.gpu.4", "full",
        "gpu", "gpu.a100.1", "gpu.a100.2", "gpu.h100.1", "long",
    ]  # fmt: skip
    one, two = found["gpu.a100.1"], found["gpu.a100.2"]
    assert (two.accelerator, two.accelerators, two.cpus, two.memory_MiB) == ("a100", 2, 8, 16000)
    assert (one.free, two.free, two.most_s, two.down) == (1, 0, 3600, "")
    assert found["gpu.h100.1"].down == "no node of it is up: drained"
    assert (found["long"].accelerators, found["long"].most_s, found["long"].free) == (0, 172_800, 4)
    assert (found["free"].most_s, found["full"].free) == (None, 0)


def test_what_would_be_refused_is_said_of_its_shapes() -> None:
    nodes = rows(SAID)
    said_ = "sbatch: error: Batch job submission failed: Invalid qos specification"
    found = {each.name: each.down for each in shapes(nodes, {"time": 45}, {"long": said_}, 7200.0)}
    assert found["full"] == "`time` asks for 45 minutes a job, and it gives 30"
    assert "Invalid qos" in found["long"]
    assert found["gpu"] == ""
    short = {each.name: each.most_s for each in shapes(nodes, {}, {}, 7200.0)}
    assert (short["long"], short["gpu"]) == (7200, 3600)


@pytest.mark.parametrize(
    ("told", "is_so"),
    [
        ("sbatch: Job 5 to start at 2026-11-28T20:10:00 using 1 processors on nodes a", 600.0),
        ("sbatch: Job 5 to start at 2026-11-28T19:59:59 using 1 processors on nodes a", 0.0),
        ("allocation failure: Requested node configuration is not available", None),
        ("", None),
    ],
)
def test_an_expected_start_in_seconds_from_now(told: str, is_so: float | None) -> None:
    assert asked.wait(told, "2026-11-28T20:00:00") == is_so


def test_the_least_of_all_limits_counts_and_what_others_use_is_taken_off() -> None:
    assoc = "|5||gres/gpu=8||normal\nada||4||cpu=9,gres/gpu=6|high"
    qos = "normal||||\u007c\nhigh|1-00:00:00|3||gres/gpu=5|"
    jobs = "deepcat:0a|gres:gpu:a100:1\n(null)|gres:gpu:a100:2\n"
    assert asked.limits(assoc, qos, jobs, {}) == {"accelerators": 3.0, "deployments": 2.0}
    assert asked.limits("", "", "", {}) == {}
    assert asked.longest(qos, {"qos": "high"}) == 86_400
    assert asked.longest(qos, {}) is None


@pytest.mark.parametrize(
    ("limit", "is_so"),
    [
        ("30", 1800 / 60),
        ("10:00", 600),
        ("1:00:00", 3600),
        ("2-00:00:00", 172_800),
        ("infinite", None),
        ("UNLIMITED", None),
        ("n/a", None),
    ],
)
def test_a_time_limit_in_seconds(limit: str, is_so: float | None) -> None:
    assert seconds(limit) == is_so


@pytest.mark.parametrize(
    ("reason", "kind", "never"),
    [
        ("Resources", "capacity", False),
        ("Priority", "capacity", False),
        ("ReqNodeNotAvail", "capacity", False),
        ("PartitionTimeLimit", "quota", True),
        ("AssocMaxJobsLimit", "quota", True),
        ("AssocGrpJobsLimit", "quota", True),
        ("QOSMaxCpuPerUserLimit", "quota", True),
        ("AssocGrpGRES", "quota", True),
        ("QOSMaxGRESPerUser", "quota", True),
        ("DependencyNeverSatisfied", "capacity", True),
        ("BeginTime", "capacity", False),
        ("JobHeldAdmin", "auth", True),
        ("JobHoldMaxRequeue", "auth", True),
        ("InvalidAccount", "auth", True),
        ("JobHeldUser", "auth", True),
        ("JobHeldAdmin", "auth", True),
        ("job requeued in held state", "auth", True),
        ("launch failed requeued held", "cloud", True),
        ("BeginTime", "capacity", False),
        ("JobArrayTaskLimit", "capacity", False),
        ("Job's account not permitted to use this partition (gpu allows a not b)", "auth", True),
        ("Job's QOS not permitted to use this partition (gpu allows a not b)", "auth", True),
    ],
)
def test_a_wait_that_is_of_no_use_is_told_as_what_it_is(
    reason: str, kind: str, never: bool
) -> None:
    assert (waits_for(reason), never_starts(reason)) == (kind, never)
    program = _program("demo~server~1", None, [Job(7, "PENDING", reason)])
    assert (program.state, program.kind) == ("FATAL" if never else "STARTING", kind)
    assert reason in program.reason


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        ("FAILED", ""),
        ("OUT_OF_MEMORY", "module"),
        ("TIMEOUT", "quota"),
        ("NODE_FAIL", "cloud"),
        ("PREEMPTED", "capacity"),
        ("CANCELLED by 0", "cloud"),
        ("BOOT_FAIL", "cloud"),
        ("DEADLINE", "capacity"),
        ("LAUNCH_FAILED", "cloud"),
        ("COMPLETED", ""),
    ],
)
def test_an_end_is_typed(state: str, kind: str) -> None:
    assert ended_by(state) == kind
    assert _program("demo~server~1", None, [Job(7, state)]).state == "EXITED"


@pytest.mark.parametrize(
    "state", ["REQUEUED", "REQUEUE_HOLD", "RESIZING", "SIGNALING", "SPECIAL_EXIT", "SUSPENDED"]
)
def test_what_goes_on_or_will_is_not_over(state: str) -> None:
    assert not Job(7, state).is_over
    assert _program("demo~server~1", None, [Job(7, state)]).is_up


def test_a_job_that_is_held_after_it_was_put_back_does_not_wait_for_ever() -> None:
    held = Job(7, "REQUEUE_HOLD", "job requeued in held state")
    program = _program("demo~server~1", None, [held])
    assert (program.state, program.kind) == ("FATAL", "auth")


@pytest.mark.parametrize(
    ("said", "kind", "code"),
    [
        ("Invalid account or account/partition combination specified", "auth", "run/denied"),
        ("Job violates accounting/QOS policy (job submit limit)", "quota", "run/quota"),
        ("Requested time limit is invalid (exceeds some limit)", "quota", "run/quota"),
        ("Requested node configuration is not available", "capacity", "run/capacity"),
        ("Unable to contact slurm controller (connect failure)", "cloud", "run/slurm"),
    ],
)
def test_a_refusal_is_typed_by_its_own_words(said: str, kind: str, code: str) -> None:
    failure = refusal("sbatch", f"sbatch: error: {said}")
    assert (failure.kind, failure.code) == (kind, code)
    assert said in failure.message


def test_only_the_job_that_told_where_it_listens_is_up(tmp_path: Path) -> None:
    files = Files(tmp_path)
    old, new = Job(7, "RUNNING"), Job(8, "RUNNING")
    assert _program("d", files, [old]).state == "STARTING"
    files.publish("7", "10.0.0.1", 1, 2)
    before = _program("d", files, [old, new])
    assert (before.state, before.pid) == ("RUNNING", 7)
    files.publish("8", "10.0.0.2", 3, 4)
    after = _program("d", files, [old, new])
    assert after.listens is not None
    assert (after.pid, after.listens.address, after.listens.rest) == (8, "10.0.0.2", 3)
    assert _program("d", files, [Job(8, "FAILED")]).state == "EXITED"
    assert _program("d", files, []).state == "EXITED"


def test_a_job_that_slurm_starts_anew_is_not_up_where_it_listened(tmp_path: Path) -> None:
    files, anew = Files(tmp_path), Job(7, "RUNNING")
    files.publish("7", "10.0.0.1", 1, 2)
    files.retract("6")
    assert _program("d", files, [anew]).state == "RUNNING"
    files.retract("7")
    assert _program("d", files, [anew]).state == "STARTING"
    files.publish("7", "10.0.0.2", 3, 4)
    listens = _program("d", files, [anew]).listens
    assert listens is not None
    assert (listens.address, listens.rest) == ("10.0.0.2", 3)


@pytest.mark.starts("a program that stands for sbatch")
def test_a_job_asks_again_for_one_that_takes_over_and_ends_once_it_listens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = Files(tmp_path / "own")
    files.folder.mkdir()
    files.write({"argv": [], "options": [], "tag": "", "once": False, "comment": "ours"})
    (files.folder / "job.sh").write_text("#!/bin/sh\n")
    monkeypatch.setenv("PATH", str(tmp_path))
    job = Runner(files.folder)
    job._hand_over(100.0)
    assert job.successor == ""
    _says(tmp_path / "sbatch", "8;deepcat")
    _says(tmp_path / "squeue", "8|RUNNING|None|demo|ours")
    job._hand_over(104.0)
    assert job.successor == ""
    job._hand_over(105.0)
    assert (job.successor, files.last) == ("8", 8)
    job._hand_over(120.0)
    assert job.successor == "8"
    _says(tmp_path / "squeue", "8|FAILED|NonZeroExitCode|demo|ours")
    job._hand_over(135.0)
    assert job.successor == ""
    job._hand_over(144.0)
    assert job.successor == ""
    job._hand_over(145.0)
    assert job.successor == "8"
    _says(tmp_path / "squeue", "8|RUNNING|None|demo|ours")
    job._hand_over(400.0)
    files.publish("8", "10.0.0.2", 3, 4)
    job._hand_over(401.0)
    job._hand_over(405.0)
    assert not job.is_ended
    job._hand_over(406.0)
    assert job.is_ended


def _says(program: Path, line: str) -> None:
    _does(program, f"echo '{line}'")


def _does(program: Path, script: str) -> None:
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


def _cloud(**own: Any) -> Cloud:
    return Cloud("hpc", "clouds/hpc.yaml", "slurm", {"slurm": own})


def test_a_shape_says_the_partition_and_the_gpus_of_a_job(tmp_path: Path) -> None:
    cloud = _cloud(account="lab", qos="high", time=30, renew=90, wait=5)
    found = keeper(cloud, "gpu.a100.2")
    options = ["--partition=gpu", "--gres=gpu:a100:2", "--account=lab", "--qos=high"]
    assert found["options"] == options
    assert (found["time_min"], found["renew_s"], found["wait_s"]) == (30, 90, 5)
    assert keeper(_cloud(), "long")["options"] == ["--partition=long"]
    here = reach(_cloud(folder="/shared/x"), Means(tmp_path, "id"), "demo", "gpu")
    assert (here.place, here.link) == ("/shared/x/id/demo", None)
    assert here.connection["ansible_connection"] == "local"


def test_what_a_command_says_in_several_lines_is_one() -> None:
    assert refusal("squeue", "squeue: error: one\n\nsqueue: fatal: two\n").message == (
        "`squeue` says: squeue: error: one; squeue: fatal: two"
    )
