"""What Kueue says of what waits, and what of it will never be let in."""

from __future__ import annotations

import pytest

from deepcat.clouds.kinds.kubernetes import queues

LARGE = (
    "couldn't assign flavors to pod set main: insufficient quota for cpu in flavor a, previously"
    " considered podsets requests (0) + current podset request (5) > maximum capacity (1)"
)
LATER = "insufficient unused quota for cpu in flavor b, 600m more needed"
ROWS = [
    ("large", LARGE, ("quota", "run/quota")),
    ("uncovered", "resource ephemeral-storage unavailable in ClusterQueue", ("quota", "run/quota")),
    ("missing", "LocalQueue none doesn't exist", ("cloud", "run/queue")),
    ("later", LATER, None),
    ("another-flavor-has-room-later", f"{LARGE}, {LATER}", None),
    ("stopped", "ClusterQueue all is inactive", None),
    ("silent", "", None),
]


@pytest.mark.parametrize(("words", "told"), [row[1:] for row in ROWS], ids=[r[0] for r in ROWS])
def test_what_will_never_be_let_in_is_told(words: str, told: tuple[str, str] | None) -> None:
    found = queues.trouble(words)
    assert ((found.kind.value, found.code) if found else None) == told
    if found:
        assert words in found.message


def test_why_it_waits_is_read_from_what_has_no_quota() -> None:
    reserved = {"type": "QuotaReserved", "status": "True", "message": "Quota reserved"}
    waits = {"type": "QuotaReserved", "status": "False", "message": "no\n room"}
    finished = {"type": "Finished", "status": "False", "message": "other"}
    assert queues.said([]) == ""
    assert queues.said([{"metadata": {}}, {"status": {"conditions": [reserved]}}]) == ""
    assert queues.said([{"status": {"conditions": [finished, waits]}}]) == "no room"
