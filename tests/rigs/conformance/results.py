"""What a run of the suite found, written where the package and the documentation take it from."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from datetime import UTC, datetime

from conformance.cases import Case, Column
from deepcat.clouds.conformance import read

Figures = Mapping[str, float]


def write(
    kind: Column, cases: tuple[Case, ...], passed: Mapping[str, Figures], tried: Collection[str]
) -> None:
    """Write one kind's file; what was not tried now stays as it was found before.

    Args:
        kind: what it says of itself.
        cases: all, in their order.
        passed: case -> figures of those that passed in this run.
        tried: the cases of this run.
    """
    before = {case: told for case, told in read(kind.results).passed.items() if case not in tried}
    known = {**before, **passed}
    due = [case for case in cases if kind.is_due(case)]
    found = {
        "date": datetime.now(UTC).date().isoformat(),
        "passed": {case.id: known[case.id] for case in due if case.id in known},
        "cannot": {case.id: why for case in cases if (why := kind.why_not(case))},
        "fails": {case.id: kind.fails[case.id] for case in due if case.id in kind.fails},
        "open": [case.id for case in due if case.id not in {*known, *kind.fails}],
    }
    kind.results.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", "utf-8")
