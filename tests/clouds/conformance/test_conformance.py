"""Every kind of cloud passes every case that it can meet."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from conformance.ground import Ground
from conformance.steps import take

from conformance.cases import Case, Column

pytestmark = [pytest.mark.starts("the kind's real parts"), pytest.mark.slow]


def test_case(
    kind: Column,
    case: Case,
    grounds: Callable[[Column], Ground],
    stands: Any,
    record_property: Callable[[str, object], None],
) -> None:
    ground = grounds(kind)
    stand = stands.begin(ground, case)
    begun = time.monotonic()
    told: list[Any] = [kind.kind, case.id, {}]
    record_property("conformance", told)
    try:
        for verb, given in case.steps:
            take(stand, verb, given)
    except BaseException:
        stands.end()
        raise
    finally:
        ground.mend()
    told[2] = {"seconds": round(time.monotonic() - begun, 1), **stand.marks}
