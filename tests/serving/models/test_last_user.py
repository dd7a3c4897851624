"""A retired version is closed by its last user, who does not wait for it."""

from __future__ import annotations

import threading
from typing import Any

from deepcat.serving.contract.protos import meta_graph_pb2
from deepcat.serving.models.servable import Servable


class Slow:
    """A session that takes as long to close as it is told."""

    meta_graph = meta_graph_pb2.MetaGraphDef().SerializeToString()

    def __init__(self) -> None:
        self.go_on = threading.Event()

    def close(self) -> None:
        assert self.go_on.wait(120)


def test_the_last_user_does_not_wait_for_the_close() -> None:
    session: Any = Slow()
    servable = Servable("m", 1, session)
    assert servable.enter()
    servable.retire()
    assert not servable.enter()
    servable.leave()
    assert not servable.wait_closed(0)
    session.go_on.set()
    assert servable.wait_closed(120)
