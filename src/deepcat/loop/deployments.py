"""Deployments that are known: found, asked for a prediction, and what they say in their logs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepcat.errors import DeepcatError, UsageError

if TYPE_CHECKING:
    from deepcat.catalog.reading.tree import Tree
    from deepcat.catalog.values import Cloud, Sample
    from deepcat.plan.values import State
    from deepcat.records.record import Record


def known(root: Path) -> dict[str, tuple[Record, Record]]:
    """Name -> what is recorded, and how it holds now by what is really there; sorted by name."""
    from deepcat.loop.observed import observed
    from deepcat.records.store import Store

    records = Store(root).read_all()
    seen = observed(root, records, _asked(root, records))
    return {name: (records[name], seen[name]) for name in sorted(seen)}


def _asked(root: Path, records: Mapping[str, Record]) -> Mapping[str, Cloud]:
    """The clouds to ask what runs; what this machine runs, it lists without their files."""
    from deepcat.catalog.load import load
    from deepcat.catalog.reading.open_tree import work_tree
    from deepcat.host.machine import machine
    from deepcat.plan.values import Status

    running = (r.state for r in records.values() if r.state.status is Status.RUNNING)
    away = [state for state in running if state.resources.get("machine") != machine()]
    return load(work_tree(root)).clouds if away else {}


def running(root: Path, name: str) -> State:
    """The deployment of this name, which can be asked.

    Raises:
        DeepcatError: nothing is known of it (``predict/unknown``), or it does not run
            (``predict/not-running``).
    """
    from deepcat.records.store import Store

    record = Store(root).read(name)
    if record is None:
        raise DeepcatError(
            f"nothing is known of a deployment `{name}`",
            hint="see `deepcat status`, or bring it up with `deepcat apply`",
            code="predict/unknown",
        )
    if not record.state.endpoints:
        raise DeepcatError(
            f"`{name}` does not run: it is {record.state.status.value}",
            hint="bring it up with `deepcat apply`",
            code="predict/not-running",
        )
    return record.state


def ask(
    state: State, body: Mapping[str, Any], method: str = "predict", *, by_grpc: bool = False
) -> dict[str, Any]:
    """What a running deployment answers.

    Args:
        state: of the deployment.
        body: of the request, as TensorFlow Serving's REST API has it.
        method: ``predict``, ``classify`` or ``regress``.
        by_grpc: whether to ask by gRPC instead of REST.

    Raises:
        DeepcatError: it has no such endpoint, does not answer, or refuses the request.
    """
    models = state.resources.get("models") or [state.module]
    if by_grpc:
        from deepcat.serving.client import grpc

        return grpc.call(_endpoint(state, "grpc"), models[0], method, dict(body))
    from deepcat.serving.client.rest import Client

    return Client(_endpoint(state, "rest")).call(models[0], method, dict(body))


def _endpoint(state: State, kind: str) -> str:
    for name, address in state.endpoints.items():
        if name == kind or name.endswith(f"-{kind}"):
            return address
    raise DeepcatError(f"`{state.name}` has no {kind} endpoint", code="predict/endpoint")


def sample(root: Path, state: State, wanted: str) -> Sample:
    """A sample, by number or name, of the very module that runs, or of the one that is there now.

    Raises:
        UsageError: there is none.
    """
    from deepcat.catalog.load import load
    from deepcat.catalog.reading.open_tree import git_tree, work_tree

    tree: Tree = work_tree(root)
    with suppress(DeepcatError):  # a commit that this clone does not hold
        tree = git_tree(root, state.commit) if state.commit else tree
    module = load(tree).modules.get(state.module)
    samples = module.samples if module else ()
    for number, each in enumerate(samples, 1):
        if wanted in (str(number), each.name):
            return each
    names = ", ".join(f"{number} ({each.name})" for number, each in enumerate(samples, 1))
    raise UsageError(
        f"`{state.module}` has no sample `{wanted}`", hint=f"known are: {names or 'none'}"
    )


def log(root: Path, name: str, last: int, follow: bool = False) -> Iterator[str]:
    """What it says where it runs, as its kind of cloud has it; else what its last run left.

    Args:
        root: the catalog's folder.
        name: of the deployment.
        last: at most so many lines of each of its programs.
        follow: whether to go on with new lines until somebody ends it.

    Raises:
        DeepcatError: nothing is known of it (``logs/unknown``).
    """
    from deepcat.records.store import Store
    from deepcat.runs.execute import folder_of

    record = Store(root).read(name)
    if record is None:
        raise DeepcatError(
            f"nothing is known of a deployment `{name}`",
            hint="see `deepcat status`",
            code="logs/unknown",
        )
    state = record.state
    if state.resources:
        yield from _said(root, state, last, follow)
        return
    folder = folder_of(root, state.run) if state.run else root / "none"
    for path in sorted([*folder.glob(f"*/{name}.log"), *folder.glob("*/artifacts/*/stdout")]):
        yield from path.read_text("utf-8", "replace").splitlines()[-last:]


def _said(root: Path, state: State, last: int, follow: bool) -> Iterator[str]:
    from deepcat.clouds.kind import Means
    from deepcat.clouds.registry import answering, kind_of

    cloud = _cloud(root, state)
    if cloud is not None:
        with answering(cloud):
            yield from kind_of(cloud).logs(cloud, state.resources, Means(root), last, follow)


def _cloud(root: Path, state: State) -> Cloud | None:
    """The cloud that it runs on: as its file is now, else as it was when it was brought up."""
    from deepcat.catalog.load import load
    from deepcat.catalog.reading.open_tree import git_tree, work_tree

    now = load(work_tree(root)).clouds.get(state.cloud)
    if now is None and state.commit:
        with suppress(DeepcatError):  # a commit that this clone does not hold
            return load(git_tree(root, state.commit)).clouds.get(state.cloud)
    return now
