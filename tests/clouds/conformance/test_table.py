"""The suite's data hold together: cases, kinds, what each passed, and what its ground can do."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest
from conformance.steps import STEPS

from conformance.cases import Case, Column, cases, columns
from deepcat.clouds.conformance import FILE, Conformance, conformance, read

CASES = tuple(cases())
COLUMNS = columns()


# Kinds whose ground takes longer to build than CI has; `deepcat clouds` says so.
UNTRIED: set[str] = set()


def _verbs(case: Case) -> set[str]:
    nested = [given for _, given in case.steps if isinstance(given, dict)]
    inner = {
        verb for given in nested for key in ("meanwhile", "steps") for verb in given.get(key, ())
    }
    return {verb for verb, _ in case.steps} | inner


def test_a_case_has_a_name_of_its_own_and_known_verbs() -> None:
    assert len({case.id for case in CASES}) == len(CASES)
    for case in CASES:
        assert _verbs(case) <= STEPS.keys(), case.id
        assert case.begins in ("nothing", "served"), case.id
        assert case.text.endswith("."), case.id


def test_every_kind_of_ours_is_tried(repository: Path) -> None:
    folders = (repository / "src/deepcat/clouds/kinds").glob("*/kind.py")
    assert {kind.kind for kind in COLUMNS} | UNTRIED == {path.parent.name for path in folders}
    assert not UNTRIED & {kind.kind for kind in COLUMNS}


@pytest.mark.parametrize("kind", COLUMNS, ids=lambda kind: kind.kind)
def test_a_kind_meets_every_case_or_says_why(kind: Column, tmp_path: Path) -> None:
    known = {case.id for case in CASES}.union(*(case.faults | case.takes for case in CASES))
    assert kind.cannot.keys() | kind.fails.keys() <= known, "it says why of what nobody asks"
    module = importlib.import_module(f"conformance.grounds.{kind.kind}")
    ground = module.GROUND(tmp_path)
    ground.end()
    faults = ground.faults
    for case in CASES:
        if kind.is_due(case):
            assert case.faults - case.needs <= faults.keys(), (
                f"{case.id}: what it takes is not there"
            )


def test_what_a_costly_ground_leaves_is_tried_on_another() -> None:
    cheap = [kind for kind in COLUMNS if not kind.one]
    for case in CASES:
        if case.general:
            assert any(kind.is_due(case) for kind in cheap), case.id


@pytest.mark.parametrize("kind", COLUMNS, ids=lambda kind: kind.kind)
def test_what_it_passed_is_kept(kind: Column) -> None:
    kept = read(kind.results)
    due = {case.id for case in CASES if kind.is_due(case)}
    assert kept.passed.keys() == due - kind.fails.keys(), "run `make conformance`"
    assert kept.open == ()
    assert kept.cannot == {case.id: why for case in CASES if (why := kind.why_not(case))}
    assert kept.fails == dict(kind.fails)
    assert conformance(kind.kind) == kept


def test_a_kind_says_in_words_how_it_fared(tmp_path: Path) -> None:
    told = Conformance("2026-01-02", {"a": {"seconds": 1.0}}, {"b": "no"}, {"c": "no"}, ("d",))
    assert told.words == "passed 1 of 3 cases on 2026-01-02; 1 do not apply"
    for text in ("", "[]", '{"date": "2026-01-02"}', "{"):
        (tmp_path / FILE).write_text(text)
        assert read(tmp_path / FILE) == Conformance()
    assert Conformance().words == "never tried by the suite that all kinds must pass"
    assert conformance("no-such-kind") == Conformance()
