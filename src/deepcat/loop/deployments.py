"""Deployments that are known: found, asked for a prediction, and what they say in their logs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepcat.errors import DeepcatError, UsageError

if TYPE_CHECKING:
    from deepcat.catalog.reading.tree import Tree
    from deepcat.catalog.values import Cloud, Sample
    from deepcat.loop.away import Away
    from deepcat.loop.observed import Sight
    from deepcat.plan.values import State
    from deepcat.records.record import Record

# Enough to see whether a cloud's file must be read.
_KIND = re.compile(r"^\s*[\"']?kind[\"']?:\s*[\"']?([\w-]+)", re.MULTILINE)


def known(root: Path) -> Sight:
    """The records as they hold now by what is really there, what differs, and what is away."""
    from deepcat.loop.away import all_away
    from deepcat.loop.observed import sight
    from deepcat.records.clone import open_store

    records = open_store(root).read_all()
    clouds = _asked(root, records)
    return replace(sight(root, records, clouds), away=all_away(root, records, clouds))


def _asked(root: Path, records: Mapping[str, Record]) -> Mapping[str, Cloud]:
    """The clouds to ask what runs; what this machine runs, it lists without their files."""
    from deepcat.catalog.load import load_clouds
    from deepcat.catalog.reading.open_tree import work_tree
    from deepcat.host.machine import machine
    from deepcat.plan.values import Status

    here = machine()
    asked = (r for r in records.values() if r.intent or r.state.status is Status.RUNNING)
    away = any(each.state.resources.get("machine") != here for each in asked)
    return load_clouds(work_tree(root)) if away or not all(map(_is_here, _files(root))) else {}


def _files(root: Path) -> Iterator[Path]:
    """Those of clouds."""
    return (path for path in (root / "clouds").glob("*.yaml") if path.is_file())


def _is_here(file: Path) -> bool:
    """Whether a cloud's file is surely of a kind that is this very machine."""
    from deepcat.catalog import cloud_kinds

    named = _KIND.search(file.read_text("utf-8", "replace"))
    found = cloud_kinds.installed(named[1]) if named else None
    return bool(found and found.kind and found.kind.is_here)


def running(root: Path, name: str) -> State:
    """The deployment of this name, which can be asked.

    Raises:
        DeepcatError: nothing is known of it (``predict/unknown``), it does not run
            (``predict/not-running``), or nothing of it answers where its record says
            (``predict/address``).
    """
    from deepcat.loop.askable import askable
    from deepcat.loop.known import recorded

    record = recorded(root, name, "predict/unknown")
    if not record.state.endpoints:
        raise DeepcatError(
            f"`{name}` does not run: it is {record.state.status.value}",
            hint="bring it up with `deepcat apply`",
            code="predict/not-running",
        )
    endpoints = askable(root, record.state)
    if not endpoints:
        raise _not_askable(root, record)
    return replace(record.state, endpoints=endpoints)


def _not_askable(root: Path, record: Record) -> DeepcatError:
    """Why nothing of a deployment is asked from here, and where it can be."""
    from deepcat.loop.askable import tunnel

    state, where = record.state, away_of(root, record)
    addresses = ", ".join(f"`{each}`" for each in state.endpoints.values())
    if where is None:
        return DeepcatError(
            f"`{state.name}` is not asked: its record names {addresses}, and it does not listen"
            " there",
            hint="ask on the machine that it runs on, or see `deepcat records verify`",
            code="predict/address",
        )
    hint = f"run `{where.command(f'predict {state.name} …')}` there"
    hint += "" if where.folder else f"; or open a way there: `{tunnel(state.endpoints)}`"
    return DeepcatError(
        f"`{state.name}` cannot be reached from here: it is {where.words}, and listens on"
        f" {addresses} there",
        hint=hint,
        code="predict/address",
    )


def require_away(root: Path, record: Record) -> Away:
    """Where a deployment is that this clone cannot touch.

    Raises:
        DeepcatError: this clone can (``records/here``).
    """
    where = away_of(root, record)
    if where is None:
        raise DeepcatError(
            f"`{record.name}` is no other clone's",
            hint=f"take it down: `deepcat destroy {record.name}`",
            code="records/here",
        )
    return where


def away_of(root: Path, record: Record) -> Away | None:
    """Where another clone has a deployment; None where it is none of another's."""
    from deepcat.loop.away import away

    cloud = cloud_of(root, record.state)
    return away(root, record, {cloud.name: cloud} if cloud else {})


def ask(
    root: Path,
    state: State,
    body: Mapping[str, Any],
    method: str = "predict",
    *,
    by_grpc: bool = False,
    key: str = "",
) -> dict[str, Any]:
    """What a running deployment answers.

    Args:
        root: the catalog's folder.
        state: of the deployment.
        body: of the request, as TensorFlow Serving's REST API has it.
        method: ``predict``, ``classify`` or ``regress``.
        by_grpc: whether to ask by gRPC instead of REST.
        key: an API key, or a token, that is shown; empty for none.

    Raises:
        DeepcatError: it lets nobody in without a key that counts (``serving/access``), has no such
            endpoint, does not answer, or refuses the request.
    """
    from deepcat.loop.askable import leads_here, tunnel

    address = _endpoint(state, "grpc" if by_grpc else "rest")
    trust = _trust(root, state, address) if address.startswith("https://") else {}
    try:
        return _asked_at(address, state, body, method, by_grpc=by_grpc, trust=trust, key=key)
    except DeepcatError as error:
        if error.code != "serving/unreachable" or leads_here(address):
            raise
        raise DeepcatError(
            f"{error.message}; it may be that this machine cannot reach it",
            hint="ask on a machine of that network, or open a way to one:"
            f" `{tunnel({'': address})}`; `deepcat status {state.name}` says where it runs",
            code=error.code,
        ) from None


def _asked_at(
    address: str,
    state: State,
    body: Mapping[str, Any],
    method: str,
    *,
    by_grpc: bool,
    trust: Mapping[str, Any],
    key: str,
) -> dict[str, Any]:
    models = state.resources.get("models") or [state.module]
    if by_grpc:
        from deepcat.serving.client import grpc

        return grpc.call(address, models[0], method, dict(body), key=key, **trust)
    from deepcat.serving.client.rest import Client

    return Client(address, key=key, **trust).call(models[0], method, dict(body))


def _trust(root: Path, state: State, address: str) -> dict[str, Any]:
    """Whose certificate counts: the one that it was given, else one of its cloud's authorities.

    Raises:
        DeepcatError: it shows another one than it was given (``serving/unreachable``).
    """
    given = state.resources.get("certificate")
    if given:
        from deepcat.serving.client.pinned import certificate

        return {"only": certificate(address, str(given[0]))}
    cloud = cloud_of(root, state)
    return {"trust": str(cloud.data.get("trust") or "") if cloud else ""}


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
        commit = state.module_commit or state.commit
        tree = git_tree(root, commit) if commit else tree
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
        DeepcatError: nothing is known of it (``logs/unknown``), or another clone's machine has it
            (``logs/elsewhere``).
    """
    from collections import deque

    from deepcat.host.within import open_within
    from deepcat.loop.known import recorded
    from deepcat.runs.folders import folder_of

    record = recorded(root, name, "logs/unknown")
    state = record.state
    if where := away_of(root, record):
        raise DeepcatError(
            f"the log of `{name}` cannot be reached from here: it is {where.words}",
            hint=f"run `{where.command(f'logs {name}')}` there",
            code="logs/elsewhere",
        )
    if state.resources:
        yield from _said(root, state, last, follow)
        return
    folder = folder_of(root, state.run) if state.run else root / "none"
    for path in sorted([*folder.glob(f"*/{name}.log"), *folder.glob("*/artifacts/*/stdout")]):
        if stream := open_within(folder, path):
            with stream:
                lines = deque(stream, maxlen=last)
            yield from b"".join(lines).decode("utf-8", "replace").splitlines()


def _said(root: Path, state: State, last: int, follow: bool) -> Iterator[str]:
    from deepcat.clouds.means import means
    from deepcat.clouds.registry import answering, kind_of

    cloud = cloud_of(root, state)
    if cloud is not None:
        with answering(cloud):
            known = (cloud, state.name, state.shape, state.resources, means(root))
            yield from kind_of(cloud).logs(*known, last, follow)


def cloud_of(root: Path, state: State) -> Cloud | None:
    """The cloud that it runs on: as its file is now, else as it was when it was brought up."""
    from deepcat.catalog.load import load
    from deepcat.catalog.reading.open_tree import git_tree, work_tree

    now = load(work_tree(root)).clouds.get(state.cloud)
    if now is None and state.commit:
        with suppress(DeepcatError):  # a commit that this clone does not hold
            return load(git_tree(root, state.commit)).clouds.get(state.cloud)
    return now
