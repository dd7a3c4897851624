"""What no face caught is one answer and one line of the log, wherever the face was asked."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

import pytest

from deepcat.serving.server.access import Access
from deepcat.serving.server.admission import Admission, Room
from deepcat.serving.server.edge import Application, Rules
from deepcat.serving.server.faces import Answer, Request


class Faulty:
    """A face that has a fault.

    Args:
        where: the method that raises.
    """

    light = True

    def __init__(self, where: str) -> None:
        self._where = where

    def takes(self, path: str) -> bool:
        if self._where == "takes":
            raise KeyError(path)
        return True

    def respond(self, request: Request) -> Answer:
        raise ZeroDivisionError(request.path)


def answers(where: str, *, prompt: bool) -> list[Any]:
    """The messages that two requests on end get."""

    async def ask() -> list[Any]:
        admission = Admission(Room(1), asyncio.get_running_loop())
        rules = Rules(2**20, models=lambda: ["m"], prompt=lambda _model, _body: prompt)
        application = Application([Faulty(where)], admission, Access(), rules)
        sent: list[Any] = []

        async def receive() -> Any:
            return {"type": "http.request", "body": b"{}"}

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {"type": "http", "method": "POST", "raw_path": b"/v1/models/m:predict"}
        for _ in range(2):
            await application(scope | {"headers": [], "query_string": b""}, receive, send)
        assert (admission.running, admission.held) == (0, 0)
        return sent

    return asyncio.run(ask())


@pytest.mark.parametrize(
    ("where", "prompt"),
    [("respond", True), ("respond", False), ("takes", False)],
    ids=["on the event loop", "in a thread", "before there was room"],
)
def test_a_fault_of_a_face(where: str, prompt: bool, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        sent = answers(where, prompt=prompt)
    assert [each["type"] for each in sent] == ["http.response.start", "http.response.body"] * 2
    for start, body in (sent[:2], sent[2:]):
        assert (start["status"], json.loads(body["body"])) == (
            500,
            {"error": "Internal error of the server"},
        )
        assert (b"content-type", b"application/json") in start["headers"]
    told = [
        (each.levelname, each.getMessage()) for each in caplog.records if each.name != "asyncio"
    ]
    assert told == [("ERROR", "POST /v1/models/m:predict failed")] * 2
    assert all(each.exc_info for each in caplog.records if each.levelname == "ERROR")
