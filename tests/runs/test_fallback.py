"""What one cloud cannot take goes to the next one, after cleaning up; a mistake goes nowhere."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

from deepcat.clouds.failure import FailureKind
from deepcat.loop.observation import observe
from deepcat.plan.values import Status
from deepcat.runs.values import Event

pytestmark = pytest.mark.tensorflow

# Clouds of this machine, cheapest first; the machine does not have the first one's address.
ADDRESSES = {"far": "203.0.113.7", "local": "127.0.0.1", "other": "127.0.0.2"}


@pytest.fixture
def clouds(catalog: Any) -> Any:
    """The catalog with three clouds."""
    for price, (name, address) in enumerate(ADDRESSES.items()):
        (catalog.root / "clouds" / f"{name}.yaml").write_text(
            f"apiVersion: deepcat/v1\nname: {name}\nkind: local\nsummary: Here.\n"
            f"price: {price}\naddress: {address}\n"
        )
    catalog.commit()
    return catalog


@contextmanager
def taken(catalog: Any, *clouds: str) -> Iterator[None]:
    """Somebody else listens on the deployment's port there."""
    with ExitStack() as stack:
        for cloud in clouds:
            holder = stack.enter_context(socket.socket())
            holder.bind((ADDRESSES[cloud], catalog.rest_port))
            holder.listen()
        yield


def begun(catalog: Any) -> list[str]:
    """On which clouds the history says that something was begun, oldest first."""
    subjects = [entry.subject for entry in reversed(catalog.store.log("demo"))]
    return [subject.rpartition(" on ")[2] for subject in subjects if ": begin" in subject]


def test_the_next_cloud_is_tried_after_cleaning_up(clouds: Any) -> None:
    events: list[Event] = []
    left: list[set[str]] = []

    def say(event: Event) -> None:
        events.append(event)
        if event.step == "take the place for this run" and event.kind == "start":
            left.append(set(observe(clouds.root, {}).found))

    with taken(clouds, "local"):
        (outcome,) = clouds.apply(say=say)
    assert outcome.ok, outcome.failures
    assert begun(clouds) == ["far", "local", "other"]
    assert left == [set(), set(), set()], "nothing of the one before was left"
    record = clouds.record
    assert (record.state.status, record.state.cloud) == (Status.RUNNING, "other")
    assert record.price_hour == 2
    assert record.failures == ()
    assert clouds.programs() == record.state.resources["programs"]


def test_every_cloud_tried_is_recorded_with_its_cause_and_the_old_one_goes_on(
    clouds: Any, spare_ports: list[int]
) -> None:
    with taken(clouds, "local", "other"):
        (outcome,) = clouds.apply()
    assert not outcome.ok
    causes = [(f["cloud"], f["kind"], f["code"]) for f in clouds.record.failures]
    assert causes == [
        ("far", "cloud", "run/address"),
        ("local", "capacity", "run/port"),
        ("other", "capacity", "run/port"),
    ]
    assert clouds.is_clean()

    (clouds.root / "clouds" / "far.yaml").unlink()
    clouds.commit()
    (outcome,) = clouds.apply()
    assert outcome.ok, outcome.failures
    before, port = clouds.record.state, clouds.rest_port
    clouds.edit("deployments/demo.yaml", f"rest_port: {port}", f"rest_port: {spare_ports[0]}")
    clouds.commit()
    with taken(clouds, "local", "other"):
        (outcome,) = clouds.apply()
    assert not outcome.ok
    assert {(f["cloud"], f["code"]) for f in clouds.record.failures} >= {("local", "run/port")}
    assert clouds.record.state == before
    assert clouds.ask(port) == [3.0]
    assert clouds.programs() == before.resources["programs"]


def test_a_mistake_in_the_module_is_tried_nowhere_else(clouds: Any) -> None:
    (clouds.root / "clouds" / "far.yaml").unlink()
    clouds.edit_module("predictions: [2.5, 3.0, 4.5]", "predictions: [2.5, 3.0, 4.6]")
    clouds.commit()
    (outcome,) = clouds.apply()
    assert outcome.job.change.fallbacks, "there was another one"
    assert [(f.cloud, f.kind) for f in outcome.failures] == [("local", FailureKind.MODULE)]
    assert begun(clouds) == ["local"]
    assert clouds.is_clean()
