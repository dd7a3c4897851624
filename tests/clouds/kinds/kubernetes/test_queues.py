"""What Kueue says of what waits, and what of it will never be let in."""

from __future__ import annotations

from typing import Any

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


class Says:
    """A cluster whose Kueue says one thing of one object."""

    namespace = "lab"

    def __init__(self, uid: str, words: str) -> None:
        self.uid, self.words = uid, words

    def ask(self, verb: str, path: str) -> dict[str, object]:
        return {"preferredVersion": {"version": "v1beta2"}}

    def list(self, path: str, labelSelector: str) -> list[dict[str, object]]:
        assert path == "/apis/kueue.x-k8s.io/v1beta2/namespaces/lab/workloads"
        condition = {"type": "QuotaReserved", "status": "False", "message": self.words}
        is_own = labelSelector == f"kueue.x-k8s.io/job-uid={self.uid}"
        return [{"status": {"conditions": [condition]}}] if is_own else []


@pytest.mark.parametrize(("words", "kind"), [(LARGE, "quota"), (LATER, "capacity")])
def test_pods_that_it_keeps_say_why(words: str, kind: str) -> None:
    cluster: Any = Says("u2", words)
    gates = [{"name": "kueue.x-k8s.io/admission"}]
    free = {"metadata": {"uid": "u1"}, "spec": {}}
    kept = {"metadata": {"uid": "u2"}, "spec": {"schedulingGates": gates}}
    other = {"metadata": {"uid": "u2"}, "spec": {"schedulingGates": [{"name": "a/b"}]}}
    found = queues.why(cluster, [free, kept])
    assert found is not None
    assert (found.kind.value, words in found.message) == (kind, True)
    assert queues.why(cluster, [free, other]) is None
