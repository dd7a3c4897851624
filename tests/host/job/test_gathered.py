"""What is known of a training from outside of its box, whatever its script writes."""

from __future__ import annotations

import json
import os
import resource
import sqlite3
import struct
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from waiting import until

from deepcat.errors import DeepcatError
from deepcat.host.box.argv import write
from deepcat.host.box.grant import Grant
from deepcat.host.box.layers import available
from deepcat.host.job import memory, once, outputs, watching
from deepcat.host.job.curves import MOST_POINTS, Curves, fewer
from deepcat.host.job.end import end_of
from deepcat.host.job.gathered import trainings
from deepcat.host.job.reading import Followed
from deepcat.host.place import Place
from deepcat.host.taking_away import take_away
from deepcat.remote.collecting import bring_here

GOAL = "4f2a" * 16


def read(folder: Path, at: float = 1.0) -> Curves:
    found = Followed(folder, Curves())
    found.read(at, is_over=True)
    return found.curves


def test_lines_become_curves() -> None:
    curves = Curves()
    for step in range(3):
        curves.take(json.dumps({"step": step, "loss": 1 / (step + 1)}), step * 2.0)
    curves.take('{"progress": 0.4, "message": "half \\u001b[31mred\\u0007"}', 6.0)
    told = curves.as_dict()
    assert told["metrics"]["loss"]["points"] == [[0, 0.0, 1.0], [1, 2.0, 0.5], [2, 4.0, 0.333333]]
    assert (told["progress"], told["message"]) == (0.4, "half red")
    assert Curves.from_dict(json.loads(json.dumps(told))).as_dict() == told


@pytest.mark.parametrize(
    "line",
    [
        "no json",
        "[1, 2]",
        '{"__proto__": 1}',
        '{"<script>": 1}',
        '{"a\\nb": 1}',
        '{"' + "n" * 65 + '": 1}',
        '{"loss": true}',
        '{"loss": [1]}',
        '{"loss": {"a": 1}}',
        "[" * 100_000,
        '{"progress": 7}',
        '{"progress": NaN}',
    ],
)
def test_a_line_that_says_nothing_is_passed_over(line: str) -> None:
    curves = Curves()
    curves.take(line, 0.0)
    assert curves.as_dict() == {"metrics": {}, "progress": None, "message": ""}


@pytest.mark.parametrize(
    ("values", "diverged"),
    [
        (["NaN", "NaN", "NaN"], "loss"),
        (["NaN", "1", "NaN", "NaN"], ""),
        (["Infinity", '"nan"', "1e999"], "loss"),
        (["1", "NaN", "-Infinity", "NaN"], "loss"),
    ],
)
def test_three_in_a_row_that_are_no_numbers(values: list[str], diverged: str) -> None:
    curves = Curves()
    for value in values:
        curves.take(f'{{"loss": {value}}}', 0.0)
    assert curves.diverged == diverged
    json.dumps(curves.as_dict(), allow_nan=False)


def test_names_and_points_are_bounded() -> None:
    curves = Curves()
    for number in range(200):
        curves.take(json.dumps({f"m{number}": 1}), 0.0)
    for step in range(5000):
        curves.take(json.dumps({"step": step, "m0": float(step == 4321)}), step / 10)
    told = curves.as_dict()["metrics"]
    assert len(told) == 50
    assert len(told["m0"]["points"]) == MOST_POINTS
    assert [4321, 432.1, 1.0] in told["m0"]["points"]  # the one that matters is not lost


def test_an_attempt_that_goes_on_takes_the_place_of_what_came_after_its_checkpoint() -> None:
    curves = Curves()
    for step in range(6):
        curves.take(json.dumps({"step": step, "loss": 1.0}), step)
    after = Curves.from_dict(curves.as_dict())
    for step in (3, 4):
        after.take(json.dumps({"step": step, "loss": 0.5}), 10.0 + step)
    told = after.as_dict()["metrics"]["loss"]["points"]
    assert [(step, value) for step, _, value in told] == [
        (0, 1), (1, 1), (2, 1), (3, 0.5), (4, 0.5),
    ]  # fmt: skip


def test_few_points_keep_the_first_and_the_last() -> None:
    points = [(float(step), 0.0, float(step % 7)) for step in range(1000)]
    kept = fewer(points, 10)
    assert (kept[0], kept[-1], len(kept)) == (points[0], points[-1], 10)
    assert fewer(points[:10], 10) == points[:10]


@pytest.mark.parametrize("kind", ["fifo", "link", "folder", "device", "nothing"])
def test_what_is_no_file_of_metrics_is_not_opened(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "metrics.jsonl"
    (tmp_path / "secret").write_text('{"loss": 1}\n')
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "link":
        path.symlink_to("secret")
    elif kind == "folder":
        path.mkdir()
    elif kind == "device":
        path.symlink_to("/dev/zero")
    assert read(tmp_path).metrics == {}


def test_a_file_is_followed_as_it_grows(tmp_path: Path) -> None:
    found = Followed(tmp_path, Curves())
    path = tmp_path / "metrics.jsonl"
    path.write_text('{"loss": 1}\n{"loss"')
    found.read(1.0)
    assert [point[2] for point in found.curves.metrics["loss"].points] == [1.0]
    with path.open("a") as stream:
        stream.write(': 2}\n{"loss": 3}')
    found.read(2.0)
    found.read(3.0, is_over=True)
    assert [point[1:] for point in found.curves.metrics["loss"].points] == [
        (1.0, 1.0), (2.0, 2.0), (3.0, 3.0),
    ]  # fmt: skip


def test_a_line_without_an_end_costs_little(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    with path.open("wb") as stream:
        stream.truncate(1 << 30)  # of zeros, on no disk
        stream.seek(0, 2)
        stream.write(b'\n{"loss": 7}\n')
    found = Followed(tmp_path, Curves())
    for _ in range(3):
        found.read(0.0)
    assert found.curves.metrics["loss"].last == 7


def _event(step: int, tag: bytes, value: bytes) -> bytes:
    one = b"\x0a" + bytes([len(tag)]) + tag + value
    summary = b"\x0a" + bytes([len(one)]) + one
    event = b"\x09" + struct.pack("<d", 1.0) + b"\x10" + bytes([step])
    event += b"\x2a" + bytes([len(summary)]) + summary
    return struct.pack("<QI", len(event), 0) + event + struct.pack("<I", 0)


def test_event_files_of_tensorboard_are_read(tmp_path: Path) -> None:
    (tmp_path / "tb" / "train").mkdir(parents=True)
    simple = b"\x15" + struct.pack("<f", 0.5)
    tensor = b"\x08\x01\x22\x04" + struct.pack("<f", 0.25)
    path = tmp_path / "tb" / "train" / "events.out.tfevents.1.host"
    path.write_bytes(_event(1, b"loss", simple) + _event(2, b"loss", b"\x42\x08" + tensor))
    with path.open("ab") as stream:
        stream.write(_event(3, b"loss", simple)[:-3])  # not whole yet
    curves = read(tmp_path)
    assert [(p[0], p[2]) for p in curves.metrics["loss"].points] == [(1, 0.5), (2, 0.25)]
    path.write_bytes(struct.pack("<QI", 1 << 60, 0) + b"x" * 100)
    assert read(tmp_path).metrics == {}


@pytest.mark.starts("a program")
def test_mlflows_database_is_read(tmp_path: Path) -> None:
    base = sqlite3.connect(tmp_path / "mlflow.db")
    base.execute("CREATE TABLE metrics (key, value, timestamp, run_uuid, step, is_nan)")
    rows = [("acc", 0.5, 1, "r", 1, 0), ("acc", 0.75, 2, "r", 2, 0), ("acc", 0, 3, "r", 3, 1)]
    base.executemany("INSERT INTO metrics VALUES (?, ?, ?, ?, ?, ?)", rows)
    base.commit()
    base.close()
    curve = read(tmp_path).metrics["acc"]
    assert [(p[0], p[2]) for p in curve.points] == [(1, 0.5), (2, 0.75)]
    assert curve.odd == 1


@pytest.mark.starts("a program")
def test_a_database_that_never_ends_is_asked_briefly(tmp_path: Path) -> None:
    base = sqlite3.connect(tmp_path / "mlflow.db")
    base.execute(
        "CREATE VIEW metrics AS WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r)"
        " SELECT n AS rowid, 'x' AS key, 1 AS value, 1 AS step, 0 AS is_nan FROM r WHERE n < 0"
    )
    base.commit()
    base.close()
    assert read(tmp_path).metrics == {}
    (tmp_path / "mlflow.db").write_bytes(b"SQLite format 3\0" + os.urandom(4096))
    assert read(tmp_path).metrics == {}


@pytest.mark.starts("a program")
@pytest.mark.parametrize("column", ["key", "value", "step"])
def test_a_database_whose_one_value_takes_all_there_is_holds_nobody_up(
    tmp_path: Path, column: str
) -> None:
    huge = "replace(hex(zeroblob(200000000)), '0', 'a')"
    columns = {"key": "'x'", "value": "1", "step": "1"} | {column: huge}
    told = ", ".join(f"{each} AS {name}" for name, each in columns.items())
    base = sqlite3.connect(tmp_path / "mlflow.db")
    base.execute(f"CREATE VIEW metrics AS SELECT 1 AS rowid, {told}, 0 AS is_nan")
    base.commit()
    base.close()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.monotonic()
    assert read(tmp_path).metrics == {}
    assert time.monotonic() - began < 30
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000


def test_event_files_of_many_small_parts_hold_nobody_up(tmp_path: Path) -> None:
    parts = b"\x08\x00" * 400_000
    inner = b"\x0a" + b"\x80\xea\x30" + parts
    record = b"\x2a" + b"\x84\xea\x30" + inner
    content = struct.pack("<QI", len(record), 0) + record + b"\0" * 4
    for number in range(4):
        (tmp_path / f"x.tfevents.{number}").write_bytes(content * 5)
    small = _event(1, b"a", b"\x15\x00\x00\x00\x3f")
    many = b"\x08\x00" * 15_000
    framed = struct.pack("<QI", len(many), 0) + many + b"\0" * 4
    (tmp_path / "y.tfevents").write_bytes(small + framed * 100)
    began = time.process_time()
    read(tmp_path)
    assert time.process_time() - began < 10


@pytest.mark.starts("a program")
def test_a_folder_that_is_deeper_than_python_goes_is_counted_and_taken_away(
    tmp_path: Path,
) -> None:
    made = tmp_path / "made"
    made.mkdir()
    deep = (
        "import os\nfor _ in range(1500):\n    os.mkdir('d'); os.chdir('d')\n"
        "open('file', 'w').close()\nos.chmod('.', 0)"
    )
    subprocess.run([sys.executable, "-c", deep], cwd=made, check=True)
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "file").write_text("x")
    (made / "link").symlink_to(kept)
    assert watching._size(made) > 1 << 60
    rows, left = outputs.listed(made)
    assert not rows
    assert any("too deep" in each for each in left)
    take_away(made)
    assert not made.exists()
    assert (kept / "file").read_text() == "x"
    take_away(made)  # what is gone is gone


def test_of_an_output_plain_files_alone_are_listed(tmp_path: Path) -> None:
    made = tmp_path / "output"
    (made / "model").mkdir(parents=True)
    (made / "model" / "a.bin").write_bytes(b"a")
    (made / "twice").write_bytes(b"b")
    os.link(made / "twice", made / "again")
    os.mkfifo(made / "pipe")
    (made / "link").symlink_to("/etc/passwd")
    (made / "above").symlink_to("..")
    (made / "odd\nname").write_bytes(b"c")
    (made / os.fsdecode(b"\xff")).mkdir()
    (made / "back\\slash").write_bytes(b"d")
    rows, left = outputs.listed(made)
    assert [(row["path"], row["bytes"]) for row in rows] == [("model/a.bin", 1)]
    assert sorted(each.partition(": ")[2] for each in left) == [
        "a hard link", "a hard link", "a link", "a link", "an odd name", "an odd name",
        "an odd name", "no plain file",
    ]  # fmt: skip
    assert all(each.isascii() and each.isprintable() for each in left)
    assert outputs.rows_of(json.loads(json.dumps(rows))) == rows


@pytest.mark.parametrize(
    "row",
    [
        {"path": "../a"},
        {"path": "/etc/passwd"},
        {"path": "a/../b"},
        {"path": "a//b"},
        {"path": ""},
        {"path": "a\nb"},
        {"path": "a", "bytes": -1},
        {"path": "a", "bytes": 1 << 50},
        {"path": "a", "sha256": "x"},
    ],
)
def test_rows_that_lead_elsewhere_are_none(row: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        outputs.rows_of([{"path": "a", "bytes": 1, "sha256": "0" * 64} | row])


def test_two_files_of_one_name_are_none() -> None:
    row = {"path": "a", "bytes": 1, "sha256": "0" * 64}
    for other in ("a", "a/b"):
        with pytest.raises(ValueError, match="two files"):
            outputs.rows_of([row, row | {"path": other}])


def test_the_newest_checkpoint_is_one_that_was_renamed_into_place(tmp_path: Path) -> None:
    for number, name in enumerate(("1", "2", "3.partial", ".4")):
        (tmp_path / name).mkdir()
        os.utime(tmp_path / name, (number, number))
    (tmp_path / "5").symlink_to("1")
    assert memory.checkpoint(tmp_path) == ("2", 1.0)
    assert memory.checkpoint(tmp_path / "none") is None


def test_only_the_newest_checkpoints_are_kept_and_no_link_is_followed(tmp_path: Path) -> None:
    kept, elsewhere = tmp_path / "kept", tmp_path / "elsewhere"
    for name in ("1", "2", "3", "4.partial"):
        (kept / name).mkdir(parents=True)
        (kept / name / "weights").write_text(name)
        os.utime(kept / name, (int(name[0]), int(name[0])))
    (kept / "0").write_text("a file")
    os.utime(kept / "0", (0, 0))
    elsewhere.mkdir()
    (kept / ".x.deepcat-gone").symlink_to(elsewhere)
    memory.thin(kept, 2)
    assert sorted(each.name for each in kept.iterdir()) == ["2", "3", "4.partial"]
    assert elsewhere.is_dir()
    memory.thin(tmp_path / "none", 2)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "demo" / "jobs" / "train" / "1"
    for name in ("work", "output"):
        (made / name).mkdir(parents=True)
    place = Place(tmp_path / "demo")
    live = {"folder": "jobs/train/1", "program": "demo~train~1~job", "goal": GOAL, "cards": []}
    place.save({"jobs": {"train": {"live": live}}})
    place.tag({"name": "demo", "is_job": True, "status": "running", "run": "r"})
    (tmp_path / "demo" / "logs").mkdir()
    return made


def train(
    folder: Path,
    script: str,
    *,
    limits: dict[str, Any] | None = None,
    then: dict[str, Any] | None = None,
    **more: Any,
) -> int:
    """Let once run a script in a box, as a keeper would, with its log.

    Args:
        folder: of the job.
        script: for a shell.
        limits: that hold from its beginning on.
        then: that hold once there is a file `ready` where it works.
        more: of the job's file.
    """
    place = folder.parents[2]
    kept, checkpoints = place / "trainings" / "train" / GOAL[:16], place / "checkpoints"
    memory.limit(kept, limits or {})
    checkpoints.mkdir(exist_ok=True)
    work, output = str(folder / "work"), str(folder / "output")
    own = {
        "DEEPCAT_OUTPUT": output,
        "DEEPCAT_CHECKPOINTS": str(checkpoints),
        "DEEPCAT_METRICS": f"{output}/metrics.jsonl",
    }
    grant = Grant(
        name=f"job {folder}",
        writes=(work, output, str(checkpoints)),
        folder=work,
        variables=own,
        memory_bytes=more.get("memory_bytes", 0),
    )
    write(folder / "grant.json", grant, available(), ["/bin/sh", "-c", script])
    log = place / "logs" / "demo~train~1~job.log"
    job = {
        **dict.fromkeys(("image",), ""),
        **{"place": str(place), "retries": 0, "time_s": 0, "options": [], "outputs": []},
        **{"grant": str(folder / "grant.json"), "environment": {}, "uuids": [], "log": str(log)},
        **{"kept": str(kept), "output": "output", "checkpoints": str(checkpoints)},
        **more,
    }
    (folder / "job.json").write_text(json.dumps(job))
    words = [sys.executable, "-I", "-S", once.__file__, str(folder / "job.json")]
    with log.open("ab") as stream, subprocess.Popen(words, stdout=stream, stderr=stream) as running:
        if then is not None:
            until((folder / "work" / "ready").exists)
            memory.limit(kept, then)
        return running.wait()


def told(folder: Path) -> dict[str, Any]:
    (found,) = trainings(folder.parents[2])
    json.dumps(found, allow_nan=False)
    return found


GOOD = """
printf '{"step": 1, "loss": 0.5, "progress": 1}\\n' >"$DEEPCAT_METRICS"
mkdir "$DEEPCAT_CHECKPOINTS/1"; echo model >"$DEEPCAT_OUTPUT/model.txt"
"""


@pytest.mark.starts("jobs")
def test_one_that_somebody_stops_keeps_its_checkpoint(folder: Path) -> None:
    script = """
trap 'mkdir "$DEEPCAT_CHECKPOINTS/7"; exit 0' TERM
touch ready
while :; do sleep 0.1; done
"""
    assert train(folder, script, then={"halt": True}) == 143
    found = told(folder)
    assert (found["state"], found["stopped"], found["exit_status"]) == ("failed", "halted", 143)
    assert found["checkpoint"]["name"] == "7"
    assert "deepcat resume" in found["failure"]["hint"]


@pytest.mark.starts("jobs")
def test_one_that_ends_well_is_told_and_brought(folder: Path, tmp_path: Path) -> None:
    assert train(folder, GOOD) == 0
    found = told(folder)
    assert (found["state"], found["exit_status"], found["attempt"]) == ("ended", 0, 1)
    assert (found["training"], found["node"]) == (GOAL[:12], "train")
    assert found["metrics"]["loss"]["last"] == 0.5
    assert found["checkpoint"]["name"] == "1"
    assert found["failure"] is None and found["peak_MB"] > 0
    assert [row["path"] for row in found["output"]] == ["metrics.jsonl", "model.txt"]
    assert found["hardware"]["cores"] >= 1
    assert set(found["energy"]) <= {"processors_J", "processors_s"}
    into = tmp_path / "into"
    bring_here(folder.parents[2], "train", into)
    assert (into / "model.txt").read_text() == "model\n"
    with pytest.raises(DeepcatError, match="not empty"):
        bring_here(folder.parents[2], "train", into)
    (folder / "output" / "model.txt").write_text("other\n")
    with pytest.raises(DeepcatError, match="not what was listed"):
        bring_here(folder.parents[2], "train", tmp_path / "again")
    assert not any((tmp_path / "again").iterdir())
    with pytest.raises(DeepcatError, match="no training"):
        bring_here(folder.parents[2], "../x", tmp_path / "none")


@pytest.mark.starts("jobs")
@pytest.mark.parametrize(
    ("script", "limits", "code", "says"),
    [
        ("printf 'bad\\033[31m luck\\n'; exit 3", {}, "job/exit", "status 3\nbad luck"),
        ("echo '{\"l\": 1}' >$DEEPCAT_METRICS", {}, "job/no-output", "empty"),
        ("sleep 60", {"time_s": 1}, "job/time", "time is over"),
        ("sleep 60", {"cost_s": 1}, "job/cost", "cost"),
        (
            "head -c 30M /dev/urandom >$DEEPCAT_OUTPUT/a; sleep 60",
            {"disk_bytes": 10 << 20},
            "job/disk",
            "written more",
        ),
        (
            "for i in 1 2 3; do echo '{\"loss\": NaN}' >>$DEEPCAT_METRICS; done; sleep 60",
            {},
            "job/diverged",
            "loss",
        ),
        ("echo MemoryError; exit 1", {}, "job/out-of-memory", "MemoryError"),
    ],
)
def test_how_it_failed_is_typed(
    folder: Path, script: str, limits: dict[str, Any], code: str, says: str
) -> None:
    train(folder, script, limits=limits)
    failure = told(folder)["failure"]
    assert failure["code"] == code
    assert says in failure["detail"]
    assert failure["hint"]


@pytest.mark.starts("jobs")
def test_at_its_end_it_may_save_what_it_has(folder: Path) -> None:
    saves = """
    trap 'mkdir "$DEEPCAT_CHECKPOINTS/9"; exit 0' TERM
    touch ready
    while :; do sleep 0.1; done
    """
    assert train(folder, saves, then={"time_s": 0.1}) == 124
    found = told(folder)
    assert (found["state"], found["stopped"]) == ("failed", "time")
    assert found["checkpoint"]["name"] == "9"


@pytest.mark.starts("jobs")
def test_one_that_gets_no_better_is_stopped_and_counts(folder: Path) -> None:
    stalls = """
    trap 'echo best >"$DEEPCAT_OUTPUT/model"; exit 0' TERM
    for v in 0.1 0.5 0.4 0.4 0.3; do echo "{\\"acc\\": $v}" >>$DEEPCAT_METRICS; done
    touch ready
    while :; do sleep 0.1; done
    """
    stop = {"metric": "acc", "patience": 3, "higher_is_better": True}
    assert train(folder, stalls, then={"stop": stop}) == 0
    found = told(folder)
    assert (found["state"], found["stopped"], found["failure"]) == ("ended", "stopped", None)


@pytest.mark.starts("jobs")
def test_older_checkpoints_go_and_the_next_one_is_awaited(folder: Path) -> None:
    keeps = """
    for c in 1 2 3; do mkdir $DEEPCAT_CHECKPOINTS/$c; touch -d @$c $DEEPCAT_CHECKPOINTS/$c; done
    while test -e $DEEPCAT_CHECKPOINTS/1; do sleep 0.1; done
    echo x >$DEEPCAT_OUTPUT/model
    """
    assert train(folder, keeps, limits={"checkpoint": {"every_s": 600, "keep": 2}}) == 0
    assert sorted(each.name for each in (folder.parents[2] / "checkpoints").iterdir()) == ["2", "3"]
    found = told(folder)["checkpoint"]
    assert found["name"] == "3" and found["due"] > found["at"]


@pytest.mark.starts("jobs")
def test_the_next_attempt_goes_on(folder: Path) -> None:
    script = """
    echo "resumes ${DEEPCAT_RESUME##*/}"
    echo '{"step": 2, "loss": 0.2}' >>$DEEPCAT_METRICS; mkdir -p $DEEPCAT_CHECKPOINTS/2
    test -n "$DEEPCAT_RESUME" && echo x >$DEEPCAT_OUTPUT/m
    """
    train(folder, script)
    assert told(folder)["failure"]["code"] == "job/exit"
    for name in ("begun.json", "end.json"):
        (folder / name).unlink()
    assert train(folder, script) == 0
    found = told(folder)
    # Of a step that came again the later value counts.
    assert (found["attempt"], len(found["metrics"]["loss"]["points"])) == (2, 1)
    log = folder.parents[2] / "logs" / "demo~train~1~job.log"
    assert log.read_text().splitlines() == ["resumes ", "resumes 2"]
    assert end_of(folder) is not None


@pytest.mark.starts("jobs")
def test_what_it_says_of_itself_bears_no_secret(folder: Path) -> None:
    script = (
        """printf '{"message": "with %s", "loss": 1, "%s": 1}\\n' """
        '"$TOKEN" "$TOKEN" >"$DEEPCAT_METRICS"; mkdir "$DEEPCAT_CHECKPOINTS/$TOKEN"; '
        'echo "$KEY"; exit 3'
    )
    secret, key = "s3cretW0rd99", "BEGIN KEY\nabcdefghijkl\nEND KEY ONE"
    assert (
        train(
            folder,
            f"TOKEN={secret}; KEY='{key}'; {script}",
            environment={"TOKEN": secret, "KEY": key},
        )
        == 3
    )
    found = told(folder)
    assert secret not in json.dumps(found)
    assert "abcdefghijkl" not in json.dumps(found)
    assert (found["message"], list(found["metrics"])) == ("with •••", ["loss"])
    assert found["checkpoint"]["name"] == "•••"

    # What it told after it was last looked at is kept before its folder goes.
    with (folder / "output" / "metrics.jsonl").open("a") as stream:
        stream.write(f'{{"step": 2, "loss": 0.5, "{secret}": 1, "message": "{secret}"}}\n')
    watching.catch_up(json.loads((folder / "job.json").read_text()), folder)
    again = told(folder)
    assert secret not in json.dumps(again)
    assert [point[2] for point in again["metrics"]["loss"]["points"]] == [1.0, 0.5]
