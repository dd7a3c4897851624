"""What `deepcat site serve` tells of trainings that run on this machine."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

import pytest
from tests.site.test_trainings import NAME, curves_of, ids, training

from deepcat.loop.trainings import Seen
from deepcat_site.going import KEPT_S, Going

(ID,) = ids(1)
HERE = f"/modules/{NAME}/trainings/{ID}"


@dataclass
class Looking:
    """Looks that are counted, at a time that is set."""

    seen: Seen
    looks: int = 0
    now: float = 0.0
    going: Going = field(init=False)

    def __post_init__(self) -> None:
        self.going = Going(self._look, lambda: self.now)

    def _look(self) -> Seen:
        self.looks += 1
        return self.seen


@pytest.fixture
def looking() -> Looking:
    one = training(0, state="running", progress=0.25, message="<b>step 5</b>\nof 20")
    return Looking(Seen({ID: one}, {ID: curves_of(0)}))


def told(looking: Looking, path: str) -> dict[str, object]:
    found = looking.going.answer(path)
    assert found is not None
    return dict(json.loads(found))


def test_a_page_is_told_how_its_training_goes(looking: Looking) -> None:
    state = told(looking, f"{HERE}/state.json?at=1")
    assert (state["state"], state["progress"]) == ("running", 0.25)
    assert state["message"] == "<b>step 5</b> of 20"
    assert [len(each) for each in told(looking, f"{HERE}/curves.json").values()] == [20, 20]  # type: ignore[arg-type]


def test_hosts_are_asked_once_for_all_readers_until_it_is_too_old(looking: Looking) -> None:
    for _ in range(50):
        told(looking, f"{HERE}/state.json")
    assert looking.looks == 1
    looking.now = KEPT_S
    told(looking, f"{HERE}/curves.json")
    assert looking.looks == 2


@pytest.mark.parametrize(
    "path",
    [
        "/",
        f"{HERE}/",
        f"{HERE}/index.html",
        f"{HERE}/../{ID}/state.json",
        f"/modules/other/trainings/{ID}/state.json",
        f"/modules/{NAME}/trainings/{'0' * 12}/state.json",
        f"{HERE}/state.json/",
    ],
)
def test_all_else_is_left_to_the_files(looking: Looking, path: str) -> None:
    assert looking.going.answer(path) is None


def test_what_a_script_forges_is_bounded() -> None:
    names = {f"{n:03}\x1b[31m" + "x" * 100: [[1, 0, float("nan")], [2, 1, 1.0]] for n in range(200)}
    one = training(0, state="running", message="x" * 10**6, metrics=dict.fromkeys(names, 1.0))
    going = Looking(Seen({ID: one}, {ID: names}))
    for what in ("state", "curves"):
        found = going.going.answer(f"{HERE}/{what}.json")
        assert found is not None and len(found) < 20_000 and b"NaN" not in found
        assert b"\x1b" not in found and b"\\u001b" not in found
