"""What is decided of a version from what was known of it and what lies there now."""

from __future__ import annotations

import pytest

from deepcat.serving.contract.policy import CHANGING, Due, Past, Present, due

NOW = Present(b"a", b"1")
LACKS = Present(b"a", b"1", lacking="variables are lacking")
UNSURE = Present(b"a", b"1", sure=False)
STILL = Present(b"a", b"1", sure=False, still=True)
NEW = Past()
LOADED = Past(b"a", b"1")
OTHER = Past(b"b", b"0")
FAILED = Past(b"a", b"1", failed=True)


@pytest.mark.parametrize(
    ("past", "present", "first", "step", "why"),
    [
        (NEW, NOW, False, Due.LOAD, ""),
        (NEW, LACKS, False, Due.WAIT, "variables are lacking"),
        (NEW, LACKS, True, Due.WAIT, "variables are lacking"),
        (NEW, UNSURE, False, Due.WAIT, CHANGING),
        (NEW, UNSURE, True, Due.LOAD, ""),
        (NEW, STILL, False, Due.LOAD, ""),
        (LOADED, NOW, False, Due.NOTHING, ""),
        # Times moved, contents did not.
        (LOADED, Present(b"a", b"2"), False, Due.NOTHING, ""),
        # Replaced in place: only once nothing moves any more, for what is there may be a mixture.
        (OTHER, NOW, False, Due.WAIT, CHANGING),
        (OTHER, STILL, False, Due.LOAD, ""),
        (OTHER, LACKS, False, Due.WAIT, "variables are lacking"),
        # It ended, since another was wanted, and is wanted again.
        (Past(b"a", b"1", ended=True), NOW, False, Due.LOAD, ""),
        (Past(b"b", b"1", ended=True), NOW, False, Due.LOAD, ""),
        # What failed waits for other files, or for its next try.
        (FAILED, NOW, False, Due.NOTHING, ""),
        (FAILED, Present(b"a", b"2"), False, Due.WAIT, CHANGING),
        (FAILED, Present(b"a", b"2", still=True), False, Due.LOAD, ""),
        (Past(b"a", b"1", failed=True, retry=True), NOW, False, Due.LOAD, ""),
        (Past(b"b", b"0", failed=True, retry=True), NOW, False, Due.WAIT, CHANGING),
        (Past(b"b", b"0", failed=True), STILL, False, Due.LOAD, ""),
    ],
)
def test_what_is_due(past: Past, present: Present, first: bool, step: Due, why: str) -> None:
    assert due(past, present, first=first) == (step, why)
