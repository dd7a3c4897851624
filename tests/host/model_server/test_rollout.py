"""How a server comes to serve something else: decisions alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from deepcat.host.model_server.options import Options
from deepcat.host.model_server.rollout import (
    Served,
    Server,
    from_dict,
    is_trial,
    mode,
    number,
    port,
)

OPTIONS = Options(None, (("MODEL_LEVEL", "debug"),))
ONE = Served("m", 1, "a" * 64, "models/m/a")
LIVE = Server("d~s~1", "servers/s/1", (ONE,), "127.0.0.1", 8501, 8500)


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (LIVE, "same"),
        (replace(LIVE, models=(replace(ONE, sha256="b" * 64, version=2),)), "models"),
        (replace(LIVE, models=(replace(ONE, name="n"),)), "restart"),
        (replace(LIVE, models=(ONE, replace(ONE, name="n"))), "restart"),
        (replace(LIVE, rest_port=1), "restart"),
        (replace(LIVE, options=OPTIONS), "restart"),
        (replace(LIVE, options=OPTIONS, models=(replace(ONE, sha256="b" * 64),)), "restart"),
        (replace(LIVE, options=OPTIONS, rest_port=1, grpc_port=2), "beside"),
        (replace(LIVE, rest_port=1, grpc_port=2), "beside"),
        (replace(LIVE, rest_port=8500, grpc_port=8501), "restart"),
    ],
)
def test_the_mode_follows_from_what_differs(wanted: Server, expected: str) -> None:
    assert mode(LIVE, wanted) == expected
    assert mode(None, wanted) == "fresh"


def test_only_what_takes_the_live_servers_ports_is_a_trial() -> None:
    trials = {m for m in ("fresh", "same", "beside", "models", "restart") if _trial(m)}
    assert trials == {"models", "restart"}


def _trial(name: str) -> bool:
    return is_trial(replace(LIVE, mode=name))


@pytest.mark.parametrize(
    ("wanted", "sha256", "expected"),
    [(1, "a" * 64, 1), (7, "a" * 64, 1), (1, "b" * 64, 2), (7, "b" * 64, 7)],
)
def test_a_new_model_takes_a_higher_version(wanted: int, sha256: str, expected: int) -> None:
    (found,) = number((replace(ONE, version=wanted, sha256=sha256),), LIVE)
    assert found.version == expected
    assert number((replace(ONE, version=wanted),), None)[0].version == wanted


@pytest.mark.parametrize(
    ("wanted", "fixed", "held", "free", "expected"),
    [
        (8501, [8501], 0, True, 8501),
        (8501, [8501], 0, False, None),
        (8501, [8501], 8501, False, 8501),
        (8501, [], 0, True, 8501),
        (8501, [], 0, False, 0),
        (8501, [], 9000, True, 9000),
        (0, [], 0, True, 0),
        (0, [], 9000, False, 9000),
        (0, [0], 0, True, 0),
    ],
)
def test_ports(wanted: int, fixed: list[int], held: int, free: bool, expected: int | None) -> None:
    assert port(wanted, fixed, held, lambda _: free) == expected


def test_a_server_survives_being_written_down() -> None:
    assert from_dict(LIVE.as_dict()) == LIVE
    assert from_dict({}) is None
    assert from_dict(None) is None
