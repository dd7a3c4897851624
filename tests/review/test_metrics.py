"""What a monitoring system is told, in Prometheus' text format, whatever the records say."""

from __future__ import annotations

import re
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from deepcat.catalog.values import Deployment, Placement
from deepcat.plan.values import State, Status
from deepcat.records.exposition import Family, Sample, escaped, text
from deepcat.records.record import Moment, Record
from deepcat.review.drift import Drift
from deepcat.review.metrics import Facts, families

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
STATE = State(
    "demo", "digits", "1.0.0", "d", "serve", {}, "local", "host", Status.RUNNING, "w", "c" * 40,
    owner="ada", expires="2026-04-01T00:00:00+00:00",
)  # fmt: skip
DEMO = Record(
    STATE,
    price_hour=1.5,
    updated="2026-03-31T10:00:00+00:00",
    history=(Moment("2026-03-31T10:00:00+00:00", "running", 1.5),),
)
WISH = Deployment(
    "demo", "", "digits", "^1.0.0", "serve", {}, None, Placement(), None, "ada", {}
)  # fmt: skip
# Each would end a line, a value or a label set, or be obeyed by a terminal, if it stood as it is.
HOSTILE = [
    'a"} 1\ndeepcat_up 1',
    "\\",
    "\\n",
    'trailing\\"',
    "line\r\nother\u2028third",
    "\x1b[2J\x00",
    "# HELP deepcat_info forged",
    "ü" * 1000,
    "\ud800",
    "{}{{ lookup('pipe', 'id') }}",
]
LABEL = r'[a-z_]+="(?:[^"\\\n]|\\\\|\\"|\\n)*"'
LINE = re.compile(
    rf"(?:# HELP [a-z_]+ [^\n]+|# TYPE [a-z_]+ (?:gauge|counter)"
    rf"|[a-z_]+(?:\{{{LABEL}(?:,{LABEL})*\}})? (?:NaN|[+-]Inf|-?[0-9.e+-]+))"
)


def _facts(**records: Record) -> Facts:
    return Facts("0.1.0", "EUR", NOW, records, {"demo": WISH})


def _said(facts: Facts) -> dict[str, str]:
    lines = text(families(facts)).splitlines()
    return dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))


def test_a_deployment_is_told_with_all_that_an_operator_asks() -> None:
    seen = _said(replace(_facts(demo=DEMO), in_sync=["demo"], tip="f" * 40, tip_at=DEMO.updated))
    of = 'deployment="demo"'
    assert seen['deepcat_deployments{status="running"}'] == "1"
    assert seen['deepcat_deployments{status="failed"}'] == "0"
    assert seen[f"deepcat_deployment_up{{{of}}}"] == "1"
    assert seen[f"deepcat_deployment_in_sync{{{of}}}"] == "1"
    assert seen[f'deepcat_deployment_wished_info{{{of},module="digits",version="^1.0.0"}}'] == "1"
    assert seen[f"deepcat_deployment_last_success_timestamp_seconds{{{of}}}"] == "1774951200"
    assert seen[f"deepcat_deployment_expires_timestamp_seconds{{{of}}}"] == "1775001600"
    assert seen[f'deepcat_deployment_price_per_hour{{{of},currency="EUR"}}'] == "1.5"
    assert seen[f'deepcat_deployment_cost_total{{{of},currency="EUR"}}'] == "3"
    assert seen[f'deepcat_records_tip_info{{commit="{"f" * 40}"}}'] == "1"
    assert not any("watch" in name for name in seen), "it never ran here"


FAILURES = (
    {"kind": "capacity", "cloud": "a"},
    {"kind": "capacity", "cloud": "a"},
    {"kind": "auth"},
)


def test_a_failed_apply_leaves_the_last_success_where_it_was() -> None:
    broken = replace(
        DEMO,
        state=replace(STATE, status=Status.FAILED),
        updated="2026-03-31T11:00:00+00:00",
        failures=FAILURES,
        intent={"since": "2026-03-31T11:30:00+00:00"},
    )
    seen = _said(_facts(demo=broken))
    of = 'deployment="demo"'
    assert seen[f"deepcat_deployment_last_success_timestamp_seconds{{{of}}}"] == "1774951200"
    assert seen[f'deepcat_deployment_failures{{{of},kind="capacity",cloud="a"}}'] == "2"
    assert seen[f'deepcat_deployment_failures{{{of},kind="auth",cloud=""}}'] == "1"
    assert seen[f'deepcat_deployment_price_per_hour{{{of},currency="EUR"}}'] == "0"
    assert seen[f"deepcat_deployment_locked_since_timestamp_seconds{{{of}}}"] == "1774956600"


def test_what_differs_is_counted_and_named() -> None:
    drift = Drift(dead=("demo",), changed={"b": ("x",)}, orphans=("c",), unseen=("k: away",))
    seen = _said(replace(_facts(), drift=drift, watched_at=DEMO.updated, watched_well=True))
    assert seen['deepcat_drift{kind="dead"}'] == "1"
    assert seen['deepcat_deployment_drift{deployment="b",kind="changed"}'] == "1"
    assert seen['deepcat_deployment_drift{deployment="c",kind="orphan"}'] == "1"
    assert seen["deepcat_unseen_clouds"] == "1"
    assert seen["deepcat_watch_last_run_success"] == "1"
    assert seen["deepcat_watch_last_run_timestamp_seconds"] == "1774951200"


def _hostile(words: str) -> str:
    state: dict[str, Any] = dict.fromkeys(
        ("module", "version", "profile", "cloud", "shape", "owner", "commit", "expires"), words
    )
    record = replace(
        DEMO,
        state=replace(STATE, **state),
        failures=({"kind": words, "cloud": words},),
        intent={"since": words},
        updated=words,
    )
    wish = replace(WISH, module=words, version=words)
    facts = Facts(words, words, NOW, {words: record}, {words: wish}, tip=words, tip_at=words)
    return text(families(replace(facts, drift=Drift(orphans=(words,)), watched_at=words)))


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_text_ends_no_label_and_no_line(words: str) -> None:
    given = _hostile(words)
    given.encode()
    for line in given.rstrip("\n").split("\n"):
        assert LINE.fullmatch(line), line
    assert "\ndeepcat_up" not in given
    assert max(map(len, given.split("\n"))) < 4000, "a long text is cut"


def test_what_is_escaped_is_read_as_it_was() -> None:
    assert escaped('a\\b"c') == 'a\\\\b\\"c'


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (1.0, "1"),
        (0.25, "0.25"),
        (1e21, str(10**21)),
        (float("nan"), "NaN"),
        (float("-inf"), "-Inf"),
    ],
)
def test_figures_are_written_as_prometheus_reads_them(value: float, shown: str) -> None:
    assert text([Family("x", "X.", (Sample({}, value),))]).endswith(f"x {shown}\n")


def test_a_name_is_never_text_of_others() -> None:
    with pytest.raises(ValueError, match="no name of a metric"):
        text([Family("x y", "X.", (Sample({}, 1),))])


@pytest.mark.system("promtool")
@pytest.mark.parametrize("words", ["demo", *HOSTILE])
def test_promtool_finds_nothing_wrong(words: str) -> None:
    done = subprocess.run(
        ["promtool", "check", "metrics"],
        input=_hostile(words),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
