"""What runs already, taken into the records without being touched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from deepcat.errors import DeepcatError
from deepcat.loop.noted import note_here
from deepcat.plan import adopted
from deepcat.plan.values import Action, Change, State, Status
from deepcat.records.record import Record

if TYPE_CHECKING:
    from deepcat.catalog.values import Sample
    from deepcat.clouds.offers import Offer
    from deepcat.loop.world import Gathered
    from deepcat.plan.values import Plan, Wish
    from deepcat.records.store import Store

_PATIENCE_S = 20.0


@dataclass(frozen=True, slots=True)
class Adoption:
    """What would be recorded.

    Attributes:
        record: of the deployment.
        found: where it was found, in words.
    """

    record: Record
    found: str


def by_tag(root: Path, name: str, store: Store) -> Adoption:
    """Adopt what lies on a cloud under this name with the catalog's owner tag, and no record.

    Raises:
        DeepcatError: it cannot be adopted (``adopt/…``).
    """
    from deepcat.catalog.load import load
    from deepcat.catalog.reading.open_tree import work_tree
    from deepcat.loop.known import wished
    from deepcat.loop.observation import is_up, observe

    _require_unknown(store, name)
    seen = observe(root, load(work_tree(root)).clouds)
    if name not in seen.found:
        unseen = f"; not looked at: {'; '.join(seen.unseen)}" if seen.unseen else ""
        raise DeepcatError(
            f"nothing that bears the catalog's owner tag is called `{name}`{unseen}",
            hint="name a server that runs elsewhere by `--address http://HOST:PORT`",
            code="adopt/nothing",
            # A name that means nothing anywhere, where all was looked at, is misuse.
            exit_code=1 if seen.unseen or name in wished(root) else 2,
        )
    state = seen.tagged().get(name)
    if state is None or state.name != name:
        raise DeepcatError(
            f"`{name}` lies there, but its owner tag cannot be read: what it is, nobody knows",
            hint="bring its owner tag back, or take it away by hand",
            code="adopt/tag",
        )
    if not is_up(seen.found[name].up, state):
        raise DeepcatError(
            f"`{name}` lies there, but not all of its programs run",
            hint=f"`deepcat apply {name}` brings it up, `deepcat destroy {name}` takes it away",
            code="adopt/not-running",
        )
    samples = _proved(_samples_at(root, state), state) if state.endpoints.get("rest") else {}
    now = _now()
    running = replace(state, status=Status.RUNNING)
    record = Record(running, samples=samples, created=now, updated=now)
    return Adoption(record, f"by its owner tag on {state.cloud}")


def by_address(
    root: Path, name: str, address: str, store: Store, cloud: str = "", shape: str = ""
) -> Adoption:
    """Adopt a model server that answers at an address as the deployment's module would.

    Args:
        root: the catalog's folder.
        name: of a wish that lies in the catalog.
        address: of its REST interface.
        store: the records.
        cloud: where it runs; the one that the plan chose when empty.
        shape: of its host, as the cloud names it; the plan's when empty.

    Raises:
        DeepcatError: it cannot be adopted (``adopt/…``).
    """
    from deepcat.host.private import is_public
    from deepcat.loop.askable import is_address
    from deepcat.loop.world import gather
    from deepcat.runs.state import intended
    from deepcat.runs.values import Job

    _require_unknown(store, name)
    if not is_public(address):
        raise DeepcatError(
            "the address holds what lets somebody in, and records are public",
            hint="give the address alone, such as http://HOST:PORT",
            code="adopt/address",
        )
    if not is_address(address):
        raise DeepcatError(
            f"`{address}` is not the address of a server",
            hint="give one such as http://HOST:PORT",
            code="adopt/address",
        )
    gathered = gather(root)
    plan = gathered.plan()
    wish = _wish(gathered, plan, name)
    offer = _offer(plan, name, cloud, shape)
    change = Change(
        Action.CREATE, name, wish.module.name, wish.module.version, "serve", offer=offer
    )
    state = intended(Job(change, wish), offer, "", gathered.commit, gathered.now)
    state = replace(
        state,
        status=Status.RUNNING,
        endpoints={"rest": address.rstrip("/")},
        resources=adopted.resources(address.rstrip("/"), adopted.models(wish.topology)),
        # What was applied to each node is not known: another wish replaces all of it.
        nodes={},
    )
    samples = _proved(wish.module.samples, state)
    now = _now()
    record = Record(state, samples=samples, price_hour=offer.price, created=now, updated=now)
    return Adoption(record, f"at {address}")


def write(root: Path, store: Store, adoption: Adoption) -> None:
    """Write the record, unless somebody else has written one meanwhile.

    Raises:
        DeepcatError: there is one now (``adopt/known``).
    """
    record = adoption.record
    state = record.state

    def change(before: Record | None) -> Record:
        if before is not None and before.state.status is not Status.GONE:
            raise _known(record.name)
        return record

    facts = {
        "Action": "adopt",
        "Run": state.run,
        "Price-Hour": f"{record.price_hour:g}",
        "Commit": state.commit,
        "Owner": state.owner,
    }
    subject = f"{record.name}: {state.module} {state.version} was adopted {adoption.found}"
    lines = [f"Deepcat-{key}: {value}" for key, value in facts.items() if value]
    store.update(record.name, change, "\n".join([subject[:200], "", *lines]))
    if address := adopted.address_of(state):
        note_here(root, record.name, address)


def _require_unknown(store: Store, name: str) -> None:
    record = store.read(name)
    if record is not None and record.state.status is not Status.GONE:
        raise _known(name)


def _known(name: str) -> DeepcatError:
    return DeepcatError(
        f"there is a record of `{name}` already",
        hint=f"see `deepcat status {name}`",
        code="adopt/known",
    )


def _wish(gathered: Gathered, plan: Plan, name: str) -> Wish:
    """The wish that the server would stand for.

    Raises:
        DeepcatError: there is none, or a server alone cannot stand for it.
    """
    wish = gathered.wishes.get(name)
    if wish is None or name in plan.refusals:
        why = "; ".join(plan.refusals.get(name, ())) or f"no file deployments/{name}.yaml says it"
        raise DeepcatError(
            f"what `{name}` is to be is not known: {why}",
            hint=f"write deployments/{name}.yaml: `deepcat new deployment {name}`",
            code="adopt/wish",
        )
    more = adopted.more_than_a_server(wish.topology)
    if wish.deployment.profile != "serve" or wish.is_job or more:
        part = f": `{more}` is another thing" if more else ""
        raise DeepcatError(
            f"`{name}` is more than a model server{part}",
            hint="what only answers at an address can stand for a model server alone",
            code="adopt/more",
        )
    if wish.deployment.access is not None:
        raise DeepcatError(
            f"`{name}` says who may call, and nobody here can have that server ask for it",
            hint=f"{wish.deployment.access.away}, or let `deepcat apply` bring it up",
            code="adopt/more",
        )
    if not wish.module.samples:
        raise DeepcatError(
            f"`{wish.module.name}` has no samples, so that nothing shows that it is what answers",
            hint="add a sample to the module",
            code="adopt/samples",
        )
    return wish


def _offer(plan: Plan, name: str, cloud: str, shape: str) -> Offer:
    """The offer that it is said to run on, of those that the wish allows."""
    change = next(each for each in plan.changes if each.deployment == name)
    allowed = [each for each in (change.offer, *change.fallbacks) if each is not None]
    for offer in allowed:
        if offer.cloud == (cloud or offer.cloud) and offer.shape == (shape or offer.shape):
            return offer
    known = ", ".join(f"{each.cloud}/{each.shape}" for each in allowed)
    raise DeepcatError(
        f"the wish allows no {cloud or 'cloud'}/{shape or 'shape'}",
        hint=f"it allows: {known or 'none'}; `deepcat match {name}` says why not others",
        code="adopt/place",
    )


def _samples_at(root: Path, state: State) -> Sequence[Sample]:
    """The samples of the very module that runs; none where its commit is not here."""
    from deepcat.catalog.load import load
    from deepcat.catalog.reading.open_tree import git_tree, work_tree

    try:
        commit = state.module_commit or state.commit
        tree = git_tree(root, commit) if commit else work_tree(root)
        module = load(tree).modules.get(state.module)
    except DeepcatError:
        return ()
    return module.samples if module else ()


def _proved(samples: Sequence[Sample], state: State) -> dict[str, object]:
    """Ask all samples; what a record says of them.

    Raises:
        DeepcatError: an answer is not the expected one, or there is none.
    """
    from deepcat.host.model_server.compare import differences
    from deepcat.loop.shown import key_for, with_hint
    from deepcat.serving.client.rest import Client

    models = state.resources.get("models") or [state.module]
    client = Client(state.endpoints["rest"], timeout_s=_PATIENCE_S, key=key_for(state))
    for sample in samples:
        try:
            answer = client.call(str(models[0]), sample.method, dict(sample.request))
        except DeepcatError as error:
            raise with_hint(error) from None
        found = differences(sample.response, answer, sample.tolerance)
        if found:
            raise DeepcatError(
                f"what answers there is not `{state.module} {state.version}`: the sample"
                f" `{sample.name}` gave another answer: {found[0][:300]}",
                hint="adopt it under the module and version that it is",
                code="adopt/sample",
            )
    return {"passed": len(samples), "failed": 0, "at": _now()} if samples else {}


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
