"""Every stable code with its page: the check's rules, and what other rooms say (`codes.yaml`)."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from deepcat.catalog.findings import Severity
from deepcat.catalog.judging.rule import Rule, Source
from deepcat.catalog.judging.rule_registry import all_rules, rule_of
from deepcat.catalog.reading.own_yaml import loads

_FILE = Path(__file__).with_name("codes.yaml")


@cache
def others() -> dict[str, Rule]:
    """What no rule of the check finds, by its code, sorted."""
    rows = loads(_FILE.read_text("utf-8"))
    return {
        code: Rule(
            code,
            row["is"],
            row.get("why", ""),
            row["mend"],
            bad="",
            good="",
            severity=Severity.ERROR,
            source=Source.OUTSIDE,
            kinds=frozenset(),
            find=None,
        )
        for code, row in sorted(rows.items())
    }


def explained() -> dict[str, Rule]:
    """Every code that has a page, sorted."""
    return dict(sorted({**all_rules(), **others()}.items()))


def page_of(code: str) -> Rule:
    """The page of a code; what an import mended shares one.

    Raises:
        KeyError: nobody says this.
    """
    if code in others():
        return others()[code]
    if code.startswith("import/"):
        return others()["import/repair"]
    return rule_of(code)
