"""What one servable holds of the runs that clients ask it for."""

from __future__ import annotations

import gc
import itertools
import weakref
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from deepcat.serving.contract.protos import meta_graph_pb2
from deepcat.serving.models.servable import Servable

OUTPUTS = [f"out:{number}" for number in range(8)]


class Run:
    def __init__(self, fetches: Sequence[str]) -> None:
        self._fetches = fetches

    def __call__(self, arrays: Sequence[Any], _timeout_ms: int) -> list[Any]:
        return [np.array(int(name[-1]) + int(arrays[0])) for name in self._fetches]


class Numbers:
    """A session of which each output is the input and the output's number."""

    def __init__(self) -> None:
        graph = meta_graph_pb2.MetaGraphDef()
        signature = graph.signature_def["serving_default"]
        signature.inputs["x"].name = "x:0"
        for name in OUTPUTS:
            signature.outputs[name.replace(":", "_")].name = name
        self.meta_graph = graph.SerializeToString()
        self.made = 0
        self.alive: weakref.WeakSet[Run] = weakref.WeakSet()

    def runner(self, feeds: tuple[str, ...], fetches: tuple[str, ...]) -> Run:
        self.made += 1
        run = Run(fetches)
        self.alive.add(run)
        return run

    def fill(self, variables: Mapping[str, str]) -> None:
        raise AssertionError(variables)

    def close(self) -> None:
        self.alive.clear()


def asked(servable: Servable, fetches: Sequence[str]) -> list[int]:
    return [int(array) for array in servable.run({"x:0": np.array(10)}, fetches)]


def test_the_order_of_outputs_makes_no_new_runner() -> None:
    session = Numbers()
    servable = Servable("m", 1, session)
    for fetches in itertools.permutations(OUTPUTS[:4]):
        assert asked(servable, fetches) == [10 + int(name[-1]) for name in fetches]
    assert asked(servable, ["out:3", "out:0", "out:3", "out:1", "out:2"]) == [13, 10, 13, 11, 12]
    assert session.made == 1


def test_runners_that_clients_choose_are_bounded() -> None:
    session = Numbers()
    servable = Servable("m", 1, session)
    assert asked(servable, OUTPUTS) == list(range(10, 18))
    for size in range(1, 5):
        for fetches in itertools.combinations(OUTPUTS, size):
            assert asked(servable, fetches) == [10 + int(name[-1]) for name in fetches]
    assert session.made == 1 + 8 + 28 + 56 + 70
    gc.collect()
    assert len(session.alive) == 65
    assert asked(servable, OUTPUTS) == list(range(10, 18))
    assert session.made == 163, "the default signature's runner stays"
