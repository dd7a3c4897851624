"""The whole way on the local cloud, with the real parts."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import threading
from collections.abc import Callable
from typing import Any

import pytest
from waiting import until

from deepcat.clouds.failure import FailureKind
from deepcat.clouds.kinds.local.hosts import local_folder
from deepcat.errors import DeepcatError
from deepcat.host.supervisor import Supervisor
from deepcat.plan.values import Action, Status
from deepcat.records.journal import RecordJournal
from deepcat.runs.execute import execute
from deepcat.runs.folders import folder_of, new_run
from deepcat.runs.values import Event, Ground

pytestmark = pytest.mark.tensorflow


def test_a_deployment_is_brought_up_proved_recorded_and_taken_down(catalog: Any) -> None:
    events: list[Event] = []
    (outcome,) = catalog.apply(say=events.append)
    assert outcome.ok, outcome.failures
    assert catalog.ask() == [3.0]
    record = catalog.record
    assert record.state.status is Status.RUNNING
    assert record.state.endpoints["rest"] == f"http://127.0.0.1:{catalog.rest_port}"
    assert record.samples["passed"] == 5
    assert not record.intent
    ends = [event for event in events if event.kind == "end"]
    assert [event.done for event in ends] == list(range(1, ends[-1].total + 1))
    assert catalog.changes()["demo"].action is Action.NONE
    folder = folder_of(catalog.root, outcome.run)
    assert {"plan.json", "outcome.json", "local"} <= {path.name for path in folder.iterdir()}

    (outcome,) = catalog.destroy()
    assert outcome.ok
    assert catalog.is_clean()
    assert catalog.record is None
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", catalog.rest_port))


def test_a_new_model_takes_over_without_a_failed_request(catalog: Any) -> None:
    catalog.apply()
    before = catalog.record.state
    catalog.new_model()
    catalog.commit()
    failed: list[Exception] = []
    stop = threading.Event()

    def keep_asking() -> None:
        while not stop.is_set():
            try:
                assert catalog.ask() == [3.0]
            except Exception as error:
                failed.append(error)

    asker = threading.Thread(target=keep_asking)
    asker.start()
    try:
        (outcome,) = catalog.apply()
    finally:
        stop.set()
        asker.join()
    assert outcome.ok, outcome.failures
    assert outcome.job.change.action is Action.REPLACE
    assert not failed
    after = catalog.record.state
    assert after.endpoints == before.endpoints
    assert after.resources["programs"] == before.resources["programs"]
    assert after.model_sha256 != before.model_sha256
    from deepcat.serving.client.rest import Client

    client = Client(after.endpoints["rest"])
    assert client.available("half-plus-two", 2)
    assert not client.available("half-plus-two", 1)

    # A new version that is wrong leaves what runs as it is.
    running = catalog.record.state
    catalog.broken_model()
    catalog.commit()
    (outcome,) = catalog.apply()
    assert not outcome.ok
    assert [f.code for f in outcome.failures] == ["run/model"]
    assert catalog.record.state == running
    assert catalog.record.failures[0]["code"] == "run/model"
    assert catalog.ask() == [3.0]
    assert catalog.programs() == running.resources["programs"]


def test_a_model_that_does_not_load_leaves_nothing(catalog: Any) -> None:
    catalog.broken_model()
    catalog.commit()
    (outcome,) = catalog.apply()
    assert not outcome.ok
    (failure,) = outcome.failures
    assert (failure.kind, failure.code) == (FailureKind.MODULE, "run/model")
    assert catalog.record.state.status is Status.FAILED
    assert catalog.is_clean()


class _Breaks:
    """A catalog's files, of which some raise what nobody foresaw."""

    def __init__(self, tree: Any, part: str) -> None:
        self._tree, self._part = tree, part

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tree, name)

    def read(self, path: str) -> Any:
        if self._part in path:
            raise RuntimeError(f"{path} is in flames")
        return self._tree.read(path)


def test_what_one_change_makes_fail_the_others_do_not_pay_for(catalog: Any) -> None:
    other = catalog.root / "modules" / "second"
    shutil.copytree(catalog.module, other)
    for file in ("module.yaml", "tosca.yaml"):
        text = (other / file).read_text().replace("half-plus-two", "second")
        (other / file).write_text(text)
    wish = catalog.deployment.read_text().replace("half-plus-two", "second")
    ports = re.sub(r"_port: [0-9]+", "_port: 0", wish)
    (catalog.root / "deployments" / "other.yaml").write_text(ports)
    catalog.commit()
    gathered = catalog.gather()
    ground = Ground(
        catalog.root,
        _Breaks(gathered.tree, "modules/second/"),
        gathered.commit,
        gathered.catalog.clouds,
        RecordJournal(catalog.store),
        timeout_s=120,
    )
    demo, second = execute(catalog.jobs(gathered), ground, new_run())
    assert demo.ok
    assert catalog.ask() == [3.0]
    assert (second.ok, second.is_known) == (False, False)
    assert [(each.code, each.message) for each in second.failures] == [
        ("deepcat/bug", "RuntimeError: modules/second/model.tar.gz is in flames")
    ]
    assert catalog.store.read("other").intent["action"] == "create", "the next run finishes it"
    assert all(outcome.ok for outcome in catalog.apply())


def _wrong_checksum(catalog: Any) -> None:
    catalog.tamper("modules/half-plus-two/model.tar.gz", b"another archive")


def _wrong_sample(catalog: Any) -> None:
    catalog.edit_module("predictions: [2.5, 3.0, 4.5]", "predictions: [2.5, 3.0, 4.6]")


@pytest.mark.parametrize(
    ("spoil", "code"), [(_wrong_checksum, "run/checksum"), (_wrong_sample, "run/sample")]
)
def test_a_mistake_in_the_module_is_not_recorded_as_running(
    catalog: Any, spoil: Callable[[Any], None], code: str
) -> None:
    spoil(catalog)
    catalog.commit()
    (outcome,) = catalog.apply()
    assert not outcome.ok
    assert [(f.kind, f.code) for f in outcome.failures] == [(FailureKind.MODULE, code)]
    assert catalog.record.state.status is Status.FAILED
    assert catalog.is_clean()


def test_ports_and_addresses(catalog: Any, spare_ports: list[int]) -> None:
    """A port that the wish names must be free; other clouds are tried; a new one means a move."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", catalog.rest_port))
        holder.listen()
        (outcome,) = catalog.apply()
        assert [(f.kind, f.code) for f in outcome.failures] == [(FailureKind.CAPACITY, "run/port")]
        assert catalog.is_clean()
        assert catalog.record.state.status is Status.FAILED

        # Another cloud on this machine listens elsewhere, so there the port is free.
        (catalog.root / "clouds" / "other.yaml").write_text(
            "apiVersion: deepcat/v1\nname: other\nkind: local\nsummary: Here.\nprice: 5\n"
            "address: 127.0.0.2\n"
        )
        catalog.commit()
        (outcome,) = catalog.apply()
    assert outcome.ok, outcome.failures
    state = catalog.record.state
    assert state.cloud == "other"
    assert state.endpoints["rest"] == f"http://127.0.0.2:{catalog.rest_port}"
    first = state.resources["programs"]

    old = catalog.rest_port
    catalog.edit("deployments/demo.yaml", f"rest_port: {old}", f"rest_port: {spare_ports[0]}")
    grpc = state.endpoints["grpc"].partition(":")[2]
    catalog.edit("deployments/demo.yaml", f"grpc_port: {grpc}", f"grpc_port: {spare_ports[1]}")
    (catalog.root / "clouds" / "other.yaml").unlink()
    catalog.commit()
    (outcome,) = catalog.apply()
    assert outcome.ok, outcome.failures
    state = catalog.record.state
    assert state.endpoints == {
        "rest": f"http://127.0.0.1:{spare_ports[0]}",
        "grpc": f"127.0.0.1:{spare_ports[1]}",
    }
    assert catalog.programs() == state.resources["programs"] != first
    assert catalog.ask() == [3.0]

    # One port stays, one goes: the server is started again, after a trial.
    catalog.edit(
        "deployments/demo.yaml", f"grpc_port: {spare_ports[1]}", f"grpc_port: {spare_ports[2]}"
    )
    (outcome,) = catalog.apply()
    assert outcome.ok, outcome.failures
    assert catalog.record.state.endpoints["grpc"] == f"127.0.0.1:{spare_ports[2]}"
    assert catalog.ask() == [3.0]
    assert len(catalog.programs()) == 1


def test_what_died_or_was_renamed_is_brought_up_again(catalog: Any) -> None:
    (outcome,) = catalog.apply()
    assert outcome.ok
    supervisor = Supervisor(local_folder(catalog.root))
    (program,) = supervisor.programs().values()

    # Killed: the supervisor starts it again.
    os.kill(program.pid, signal.SIGKILL)
    # What the old one began may answer a moment longer, while the new one has no id yet.
    until(lambda: _other(supervisor, program.pid) and _answers(catalog))
    (again,) = supervisor.programs().values()
    assert catalog.changes()["demo"].action is Action.NONE

    # The supervisor itself was killed, as when the machine was switched off.
    os.kill(supervisor.pid(), signal.SIGKILL)
    os.kill(again.pid, signal.SIGKILL)
    until(lambda: not supervisor.programs())
    assert catalog.changes()["demo"].action is Action.CREATE
    (outcome,) = catalog.apply()
    assert outcome.ok, outcome.failures
    assert catalog.ask() == [3.0]

    # Its file gets another name: it moves, with the same ports.
    catalog.deployment.rename(catalog.deployment.with_name("other.yaml"))
    catalog.commit()
    (outcome,) = catalog.apply()
    assert outcome.ok, outcome.failures
    assert list(catalog.store.read_all()) == ["other"]
    assert [name.partition("~")[0] for name in catalog.programs()] == ["other"]

    # Its file goes: so does it.
    (catalog.root / "deployments" / "other.yaml").unlink()
    catalog.commit()
    (outcome,) = catalog.apply()
    assert outcome.ok, outcome.failures
    assert catalog.is_clean()
    assert catalog.store.read_all() == {}


def _answers(catalog: Any) -> bool:
    try:
        return bool(catalog.ask() == [3.0])
    except DeepcatError:
        return False


def _other(supervisor: Supervisor, pid: int) -> bool:
    (program,) = supervisor.programs().values()
    return program.pid not in (0, pid)


SCRIPTS = """\
tosca_definitions_version: tosca_simple_yaml_1_3
imports: [deepcat]
topology_template:
  node_templates:
    host:
      type: tosca.nodes.Compute
    tool:
      type: tosca.nodes.SoftwareComponent
      requirements: [{host: host}]
      interfaces:
        Standard:
          create:
            implementation: create.sh
            inputs: {WHERE: "@", TITLE: "{{ lookup('pipe', 'touch @.run') }} $(touch @.run)"}
          delete: {implementation: delete.sh, inputs: {WHERE: "@"}}
"""


def test_a_modules_own_scripts_bring_up_and_take_down(catalog: Any) -> None:
    mark = catalog.root.parent / "marks" / "mark"
    mark.parent.mkdir()
    mark.parent.chmod(0o777)
    catalog.allow(mark.parent)
    (catalog.module / "tosca.yaml").write_text(SCRIPTS.replace("@", str(mark)))
    (catalog.module / "create.sh").write_text('printf %s "$TITLE" > "$WHERE"\n')
    (catalog.module / "delete.sh").write_text('rm "$WHERE"; exit 1\n')
    text = catalog.deployment.read_text()
    inputs = text[text.index("inputs:") : text.index("owner:")]
    catalog.deployment.write_text(text.replace(inputs, ""))
    catalog.commit()
    (outcome,) = catalog.apply()
    assert outcome.ok, outcome.failures
    assert mark.read_text().startswith("{{ lookup(")
    assert not mark.with_name("mark.run").exists()
    assert catalog.record.state.status is Status.RUNNING
    catalog.deployment.unlink()
    catalog.commit()
    (outcome,) = catalog.apply()
    assert outcome.ok, outcome.failures
    assert not mark.exists()
    assert catalog.is_clean()
    assert catalog.store.read_all() == {}
