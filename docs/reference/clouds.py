"""The reference of the kinds of cloud: what each passed of the suite that all must pass."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from deepcat.clouds.conformance import Conformance, read

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests" / "rigs"))

from conformance.cases import Case, Column, cases, columns

_HEAD = """\
# What each kind of cloud passes

<!-- Written by docs/reference/write.py, from what `make conformance` found. -->

A kind of cloud is done when it passes the suite in `tests/clouds/conformance/`: each case is done
through the commands, on real parts, and what is left there is counted by the cloud's own means. The
figures are seconds for the whole case on a machine of two cores; behind a colon is how long after
the fault something was so. A kind that cannot meet a case says why; a
case that is open was not passed as it stands, or not tried yet.

"""
_TITLES = {
    "life": "A deployment's life",
    "controllers": "Whoever works on it is killed, stopped, or not alone",
    "failing": "A cloud is full, broken, or refuses",
    "reaching": "A cloud cannot be reached, or says nothing",
    "account": "What is in the account, and whose it is",
    "jobs": "A batch job",
    "trainings": "A training",
    "notebooks": "A place to develop",
    "limits": "What a cloud does not allow",
}


def page() -> str:
    """The page."""
    kinds = [(kind, read(kind.results)) for kind in columns()]
    found = tuple(cases())
    themes = list(dict.fromkeys(case.theme for case in found))
    parts = [_HEAD, "| kind | |\n|---|---|\n"]
    parts += [f"| `{kind.kind}` | {told.words} |\n" for kind, told in kinds]
    for theme in themes:
        rows = [case for case in found if case.theme == theme]
        parts.append(f"\n## {_TITLES[theme]}\n\n{_table(rows, kinds)}")
    whys = list(_whys(found, kinds))
    if whys:
        parts.append("\n## Why not\n\n" + "".join(f"- {line}\n" for line in whys))
    return "".join(parts)


def _table(rows: Sequence[Case], kinds: Sequence[tuple[Column, Conformance]]) -> str:
    head = "| case |" + "".join(f" {kind.kind} |" for kind, _ in kinds) + "\n"
    line = "|---|" + "---|" * len(kinds) + "\n"
    body = "".join(
        f"| {case.text} |" + "".join(f" {_cell(case, told)} |" for _, told in kinds) + "\n"
        for case in rows
    )
    return head + line + body


def _cell(case: Case, told: Conformance) -> str:
    figures = told.passed.get(case.id)
    if figures is None:
        return "not yet" if case.id in told.fails else "open" if case.id in told.open else "–"
    more = (f"{name}: {figure:g}" for name, figure in figures.items() if name != "seconds")
    return "<br>".join([f"{figures['seconds']:g}", *more])


def _whys(found: Sequence[Case], kinds: Sequence[tuple[Column, Conformance]]) -> Iterator[str]:
    """Each reason once, with the cases that it stands for."""
    texts = {case.id: case.text.rstrip(".") for case in found}
    for kind, told in kinds:
        for words, whys in (("does not apply", told.cannot), ("is not met yet", told.fails)):
            for why in dict.fromkeys(whys.values()):
                named = "; ".join(texts[case] for case, each in whys.items() if each == why)
                yield f"`{kind.kind}`: {why}. Therefore {words}: {named}."
