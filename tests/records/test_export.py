"""What an auditor's programs read of the records' history."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from deepcat.cli.main import cli
from deepcat.clouds.failure import Failure, FailureKind
from deepcat.clouds.offers import Offer
from deepcat.errors import DeepcatError
from deepcat.plan.values import Action, Change, State, Status
from deepcat.records.audit_row import row
from deepcat.records.journal import RecordJournal
from deepcat.records.lease import Holder, Lease
from deepcat.records.locks import release_message
from deepcat.records.ocsf import event
from deepcat.records.record import Moment, Record
from deepcat.records.store import Store
from deepcat.records.trail import Signed, Step
from deepcat.runs.values import Job, Outcome

Make = Callable[..., Record]
OFFER = Offer("local", "host", "local")
FAILURE = Failure(FailureKind.MODULE, "run/sample", "wrong answer", cloud="local")
HOSTILE = 'x\n{"forged": true}\x1b[2J\u2028::error::y'


@pytest.fixture
def catalog(repo: Path) -> Path:
    """A catalog with one commit by Ada."""
    (repo / "deepcat.yaml").write_text("apiVersion: deepcat/v1\ntitle: T\nsummary: S.\n")
    subprocess.run(["git", "-C", repo, "add", "-A"], check=True)
    words = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "commit", "-qm", "begin"]
    subprocess.run(["git", "-C", repo, *words], check=True)
    return repo


def _head(repo: Path) -> str:
    done = subprocess.run(
        ["git", "-C", repo, "rev-parse", "HEAD"], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def _job(action: Action, before: State | None = None) -> Job:
    offer = None if action is Action.DELETE else OFFER
    return Job(Change(action, "demo", "plants", "1.0.0", "serve", offer=offer), None, before)


def _live(repo: Path, make_record: Make) -> None:
    """Created, failed to be replaced, its lock released, taken down."""
    store = Store(repo)
    state = make_record("demo", run="r1", commit=_head(repo), owner="ada").state
    journal = RecordJournal(store, by="grace", approved=("bob", "carol \nDeepcat-By: eve"))
    journal.begin(_job(Action.CREATE), "r1", OFFER)
    journal.finish(Outcome(_job(Action.CREATE), state, True, seconds=2.5, run="r1", price_hour=1.5))
    again = _job(Action.REPLACE, state)
    journal.begin(again, "r2", OFFER)
    journal.finish(Outcome(again, state, False, failures=(FAILURE,), run="r2"))
    lease = Lease(store, Holder("elsewhere", 1, "1"), 90)
    intent = {"action": "delete", "run": "r3", "since": "2026-01-01T00:00:00+00:00"}
    lease.take("demo", intent, lambda: make_record("demo"), "demo: begin")
    lease._beaten["demo"] = -1000.0
    lease.keep("demo")  # a sign of life, which is no news
    Lease(store).release("demo", lambda held: release_message(held, forced=True), force=True)
    delete = _job(Action.DELETE, state)
    journal.begin(delete, "r4", None)
    journal.finish(Outcome(delete, None, True, run="r4"))


def _export(repo: Path, *argv: str) -> list[dict[str, Any]]:
    done = CliRunner().invoke(cli, ["-C", str(repo), "records", "export", *argv])
    if done.exception:
        raise done.exception
    return [json.loads(line) for line in done.output.splitlines()]


def test_each_change_is_a_row(catalog: Path, make_record: Make) -> None:
    _live(catalog, make_record)
    rows = _export(catalog)
    assert [(each["what"], each["outcome"], each.get("run")) for each in rows] == [
        ("delete", "success", "r4"),
        ("delete", "begun", "r4"),
        ("release", "success", "r3"),
        ("delete", "begun", None),
        ("replace", "failure", "r2"),
        ("replace", "begun", "r2"),
        ("create", "success", "r1"),
        ("create", "begun", "r1"),
    ]
    made, failed, gone = rows[6], rows[4], rows[0]
    assert made["who"]["actor"] == "grace"
    assert made["who"]["author"] == "Ada <ada@example.org>"
    assert made["who"]["owner"] == "ada"
    assert made["who"]["approved"] == ["bob", "carol", "Deepcat-By:", "eve"], "on its own line"
    assert made["catalog_commit"] == _head(catalog)
    assert (made["before"]["status"], made["after"]["status"]) == ("pending", "running")
    assert (made["after"]["version"], made["after"]["cloud"]) == ("1.0.0", "local")
    assert (made["seconds"], made["price_hour"]) == (2.5, 1.5)
    assert failed["failures"][0]["code"] == "run/sample"
    assert "after" not in gone
    assert {each["signature"] for each in rows} == {"unsigned"}
    newest = subprocess.run(
        ["git", "-C", catalog, "rev-parse", "records"], capture_output=True, text=True, check=True
    )
    assert gone["records_commit"] == newest.stdout.strip()


def test_nothing_is_exported_where_nothing_was(catalog: Path) -> None:
    assert _export(catalog) == []


def test_a_move_to_folders_is_no_change(catalog: Path, make_record: Make) -> None:
    store = Store(catalog)
    few, more = ([f"d{n:03}" for n in range(*span)] for span in ((200,), (200, 300)))
    store.update_all(few, lambda name, _: make_record(name), "few: begin")
    store.update_all(more, lambda name, _: make_record(name), "more: begin")
    files = store.read_texts()
    assert all(path.count("/") == 2 for path in files), "all moved, when they became many"
    assert [each["deployment"] for each in _export(catalog)] == [*more, *few]


def test_a_catalog_in_a_folder_tells_of_its_own_records(catalog: Path, make_record: Make) -> None:
    inner = catalog / "ö inner"
    inner.mkdir()
    (inner / "deepcat.yaml").write_text("apiVersion: deepcat/v1\ntitle: T\nsummary: S.\n")
    Store(catalog).update("outer", lambda _: make_record("outer"), "outer: runs")
    Store(inner).update("mine", lambda _: make_record("mine"), "mine: runs")
    assert [each["deployment"] for each in _export(inner)] == ["mine"]


@pytest.mark.parametrize(("since", "count"), [("2000-01-01", 1), ("2999-01-01T00:00:00+00:00", 0)])
def test_what_is_older_is_left_out(
    catalog: Path, make_record: Make, since: str, count: int
) -> None:
    Store(catalog).update("demo", lambda _: make_record("demo"), "demo: by hand")
    rows = _export(catalog, "--since", since)
    assert [each["what"] for each in rows] == ["write"] * count


@pytest.mark.parametrize("since", ["yesterday", "2026-13-01", "-1"])
def test_what_is_no_date_is_refused(catalog: Path, since: str) -> None:
    with pytest.raises(DeepcatError) as caught:
        _export(catalog, f"--since={since}")
    assert caught.value.exit_code == 2


def test_a_record_that_cannot_be_read_is_told(catalog: Path, make_record: Make) -> None:
    store = Store(catalog)
    store.update("demo", lambda _: make_record("demo"), "demo: runs")
    _forge(catalog, "deployments/demo.yaml", "not: a record\n", "demo: forged")
    (forged, _) = _export(catalog)
    assert (forged["what"], forged["outcome"]) == ("write", "unknown")
    assert "cannot be read" in forged["damaged"]
    assert forged["before"]["status"] == "running"


def test_a_commit_that_changes_no_record_is_told(catalog: Path, make_record: Make) -> None:
    Store(catalog).update("demo", lambda _: make_record("demo"), "demo: runs")
    _forge(catalog, "stray.txt", "x", "Merge something in")
    (stray, _) = _export(catalog)
    assert (stray["what"], stray["message"]) == ("write", "Merge something in")
    assert "deployment" not in stray


@pytest.mark.parametrize(
    "change", [{"price_hour": 9.0}, {"spent": 9.0}, {"history": ()}, {"samples": {"passed": 9}}]
)
def test_only_a_sign_of_life_is_left_out(make_record: Make, change: dict[str, Any]) -> None:
    moment = Moment("2026-01-01T00:00:00+00:00", "running")
    working = replace(make_record("demo"), intent={"run": "r1", "beat": 1}, history=(moment,))
    alive = replace(working, intent={"run": "r1", "beat": 2})
    assert row(_step(working, alive), None) is None
    assert row(_step(working, replace(alive, **change)), None) is not None


def _forge(repo: Path, path: str, text: str, message: str) -> None:
    stream = (
        "commit refs/heads/records\ncommitter Mallory <m@example.org> 1800000000 +0000\n"
        f"data {len(message)}\n{message}\nfrom refs/heads/records^0\n"
        f"M 100644 inline {path}\ndata {len(text)}\n{text}\n"
    )
    subprocess.run(
        ["git", "-C", repo, "fast-import", "--quiet"], input=stream, text=True, check=True
    )


def _step(before: Record | None, after: Record | None, body: str = "", words: str = "m") -> Step:
    return Step(
        Signed("a" * 40, words, words, "2026-01-01T00:00:00+00:00", words, body, True),
        "demo",
        before,
        after,
    )


def _hostile(make_record: Make) -> Step:
    parts = dict.fromkeys(
        ("module", "version", "cloud", "shape", "owner", "run", "commit"), HOSTILE
    )
    bad = make_record("demo", inputs={HOSTILE: HOSTILE, "nan": float("nan")}, **parts)
    record = replace(
        bad, price_hour=float("inf"), failures=({"code": HOSTILE, "message": HOSTILE},)
    )
    keys = ("Action", "By", "Failure", "Commit")
    body = "\n".join([*(f"Deepcat-{key}: {HOSTILE}" for key in keys), "Deepcat-Cost: nan"])
    return _step(record, record, body, HOSTILE)


def test_hostile_text_stays_in_its_line(make_record: Make) -> None:
    found = row(_hostile(make_record), None)
    assert found is not None
    for each in (found, event(found, "0.1.0")):
        line = json.dumps(each, allow_nan=False)
        assert line.isascii()
        assert line.isprintable()
        assert json.loads(line) == each


def test_who_signed_is_told(make_record: Make) -> None:
    found = row(_step(None, make_record("demo")), None)
    assert found is not None
    assert found["signature"] == "signed"
    assert row(_step(None, make_record("demo")), None, verdict="good")["signature"] == "good"


@pytest.fixture(scope="session")
def ocsf_schema(validators: Callable[..., subprocess.CompletedProcess[str]]) -> dict[str, Any]:
    """The schema of the class, as OCSF's project publishes it."""
    script = Path(__file__).parents[1] / "site" / "validators" / "ocsf.py"
    done = validators("python", script, "1.6.0", "3004")
    if "No module named 'ocsf_json_schema'" in done.stderr:
        if os.environ.get("CI"):
            pytest.fail("the validators are old, which `make test` must renew", pytrace=False)
        pytest.skip("the validators are old; `make .venv/.validators` renews them")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.starts("a validator")
def test_events_are_what_the_schema_of_ocsf_says(
    catalog: Path, make_record: Make, ocsf_schema: dict[str, Any]
) -> None:
    _live(catalog, make_record)
    Store(catalog).update("other", lambda _: make_record("other"), "other: by hand")
    ended = make_record("demo", status=Status.ENDED, exit_status=0, is_job=True)
    odd = [
        row(_hostile(make_record), None),
        row(_step(make_record("demo"), ended), None),
        row(Step(_step(None, None).commit, "", None, None), None),
    ]
    events = _export(catalog, "--format", "ocsf") + [event(each, "0.1.0") for each in odd if each]
    check = Draft202012Validator(ocsf_schema)
    for each in events:
        assert [error.message for error in check.iter_errors(each)] == []
        assert each["type_uid"] == each["class_uid"] * 100 + each["activity_id"]
    shown = [(each["activity_name"], each["status"], each["severity"]) for each in events]
    assert shown == [
        ("Create", "Unknown", "Informational"),
        ("Delete", "Success", "Informational"),
        ("Delete", "Begun", "Informational"),
        ("release", "Success", "Informational"),
        ("Delete", "Begun", "Informational"),
        ("Update", "Failure", "Medium"),
        ("Update", "Begun", "Informational"),
        ("Create", "Success", "Informational"),
        ("Create", "Begun", "Informational"),
        (events[9]["activity_name"], "Failure", "Medium"),
        ("end", "Success", "Informational"),
        ("write", "Unknown", "Informational"),
    ]


@pytest.mark.parametrize(
    ("name", "value"),
    [("activity_id", 77), ("class_uid", 6003), ("time", "now"), ("entity", {}), ("severity_id", 9)],
)
@pytest.mark.starts("a validator")
def test_the_schema_refuses_what_is_not_so(
    make_record: Make, ocsf_schema: dict[str, Any], name: str, value: object
) -> None:
    found = row(_step(None, make_record("demo")), None)
    assert found is not None
    spoilt = event(found, "0.1.0") | {name: value}
    assert not Draft202012Validator(ocsf_schema).is_valid(spoilt)


@pytest.mark.starts("a program")
def test_a_long_history_takes_no_more_memory_than_a_short_one(
    catalog: Path, make_record: Make
) -> None:
    store = Store(catalog)
    store.update("demo", lambda _: make_record("demo"), "demo: begin")
    few = _peak(catalog)
    text = subprocess.run(
        ["git", "-C", catalog, "show", "records:deployments/demo.yaml"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    parts = []
    for number in range(3000):
        words = f"{text}price_hour: {number}.5\n"
        start = "from refs/heads/records^0\n" if number == 0 else ""
        parts.append(
            f"commit refs/heads/records\ncommitter R <r@example.org> {1800000000 + number} +0000\n"
            f"data 12\ndemo: dearer\n{start}M 100644 inline deployments/demo.yaml\n"
            f"data {len(words)}\n{words}\n"
        )
    subprocess.run(
        ["git", "-C", catalog, "fast-import", "--quiet"],
        input="".join(parts),
        text=True,
        check=True,
    )
    many = _peak(catalog)
    assert many[0] == few[0] + 3000
    assert many[1] < few[1] + 8 * 1024, "kibibytes, at most"


def _peak(repo: Path) -> tuple[int, int]:
    """Rows, and the most memory that the export had, in KiB."""
    script = (
        "import resource, sys\nfrom pathlib import Path\n"
        "from deepcat.cli.records_export import _rows\nfrom deepcat.records.store import Store\n"
        "count = sum(1 for _ in _rows(Store(Path(sys.argv[1])), None))\n"
        "print(count, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, repo], capture_output=True, text=True, check=True
    )
    count, peak = map(int, done.stdout.split())
    return count, peak
